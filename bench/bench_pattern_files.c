// SPDX-License-Identifier: MIT

#include "bench_pattern_files.h"

#include <stdlib.h>

void write_memscan_patterns(FILE *file, const struct row_pattern *patterns, size_t n)
{
    static const char letters[MS_N_PATTERN_KINDS] = "bwdqauxe";

    for (size_t i = 0; i < n; i++) {
        const struct row_pattern *pattern = &patterns[i];

        fputc(letters[pattern->kind], file);
        if (pattern->ignore_case)
            fputs("/i", file);
        if (pattern->align)
            fprintf(file, "/align=%u", pattern->align);
        fprintf(file, " '%s'\n", pattern_text(pattern));
    }
}

void write_expressions(FILE *file, const struct row_pattern *patterns, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char *expression = pattern_expression(&patterns[i]);

        fprintf(file, "%s\n", expression ? expression : "");
        free(expression);
    }
}

void write_bytes(FILE *file, const struct row_pattern *patterns, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        fwrite(pattern_bytes(&patterns[i]), 1, patterns[i].n_bytes, file);
        fputc('\n', file);
    }
}

void write_yara_rule(FILE *file, const struct row_pattern *patterns, size_t n)
{
    fputs("rule row\n{\n    strings:\n", file);
    for (size_t i = 0; i < n; i++) {
        char *expression = pattern_expression(&patterns[i]);

        fprintf(file, "        $p%zu = /", i);
        for (const char *c = expression; c && *c; c++)
            fprintf(file, *c == '/' ? "\\%c" : "%c", *c);
        free(expression);
        fputs(patterns[i].ignore_case ? "/i\n" : "/\n", file);
    }
    fputs("    condition:\n        any of them\n}\n", file);
}

bool pattern_file_make(struct memory_file *file, pattern_writer *write, const struct row *row,
                       const struct row_pattern *patterns)
{
    FILE *stream;

    if (!memory_file_make(file))
        return false;
    stream = memory_file_stream(file, "w");
    if (!stream)
        return false;
    write(stream, patterns, row->n_patterns);
    if (fclose(stream) == 0)
        return true;
    perror("memscan-bench: a file of patterns");
    return false;
}
