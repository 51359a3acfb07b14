// SPDX-License-Identifier: MIT
//
// memscan-bench-hs [-i] EXPRESSIONS FILE: bare Hyperscan as a program, the least that prints the
// right answer. EXPRESSIONS is a file with a regex a line; -i ignores case. Prints the offset of
// each match, several times if it has several ends.

#include "bench_hyperscan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool add_line(struct bare_expressions *expressions, const char *line)
{
    const char **texts = realloc(expressions->texts, (expressions->n + 1) * sizeof(*texts));
    char *copy = strdup(line);

    if (texts)
        expressions->texts = texts;
    if (!texts || !copy) {
        free(copy);
        return false;
    }
    texts[expressions->n++] = copy;
    return true;
}

static bool read_expressions(struct bare_expressions *expressions, const char *path)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;
    bool ok = file != NULL;

    while (ok && getline(&line, &size, file) > 0) {
        line[strcspn(line, "\n")] = '\0';
        ok = add_line(expressions, line);
    }
    free(line);
    if (file)
        fclose(file);
    return ok && expressions->n > 0;
}

static void release_expressions(struct bare_expressions *expressions)
{
    for (size_t i = 0; i < expressions->n; i++)
        free((void *)(uintptr_t)expressions->texts[i]);
    free(expressions->texts);
}

static void print_start(void *user, uint64_t start, uint64_t end)
{
    uint64_t *last = user;

    (void)end;
    if (start + 1 != *last)
        printf("0x%llx\n", (unsigned long long)start);
    *last = start + 1; // never 0: so that the first is printed
}

int main(int argc, char **argv)
{
    struct bare_expressions expressions = {.starts = true};
    struct bare *bare = NULL;
    uint64_t last = 0;
    bool ok;

    expressions.ignore_case = argc == 4 && strcmp(argv[1], "-i") == 0;
    ok = argc == 3 + expressions.ignore_case;
    if (!ok)
        fputs("Usage: memscan-bench-hs [-i] EXPRESSIONS FILE\n", stderr);
    ok = ok && read_expressions(&expressions, argv[argc - 2]);
    ok = ok && (bare = bare_create(&expressions));
    ok = ok && bare_scan_file(bare, argv[argc - 1], print_start, &last);
    ok = fflush(stdout) == 0 && ok;
    bare_free(bare);
    release_expressions(&expressions);
    return ok ? 0 : 2;
}
