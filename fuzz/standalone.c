// SPDX-License-Identifier: MIT
//
// main() for compilers without libFuzzer: runs the target once on each file named, and on each file
// of each folder named, in the order of their names. Each name is printed before its run, so that a
// crash or a hang has one.

#include "fuzz.h"

#include <dirent.h>
#include <sys/stat.h>

#define SECONDS_PER_INPUT 30

static unsigned n_run;

static bool run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = NULL;
    struct stat facts;
    size_t size = 0;
    bool ok = file && fstat(fileno(file), &facts) == 0;

    if (ok) {
        // Exactly as large as the file, so that a sanitizer sees what is read behind it.
        bytes = malloc(facts.st_size > 0 ? (size_t)facts.st_size : 1);
        ok =
            bytes && (size = fread(bytes, 1, (size_t)facts.st_size, file)) == (size_t)facts.st_size;
    }
    if (ok) {
        printf("%s (%zu bytes)\n", path, size);
        fflush(stdout);
        alarm(SECONDS_PER_INPUT);
        LLVMFuzzerTestOneInput(bytes, size);
        alarm(0);
        n_run++;
    } else {
        perror(path);
    }
    free(bytes);
    if (file)
        fclose(file);
    return ok;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool run_folder(const char *path)
{
    struct dirent **entries;
    int n = scandir(path, &entries, is_visible, alphasort);
    bool ok = n >= 0;

    if (!ok)
        perror(path);
    for (int i = 0; i < n; i++) {
        char name[4096];

        snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
        ok = run_file(name) && ok;
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return ok;
}

int main(int argc, char **argv)
{
    bool ok = true;

    for (int i = 1; i < argc; i++) {
        struct stat facts;
        bool folder = stat(argv[i], &facts) == 0 && S_ISDIR(facts.st_mode);

        ok = (folder ? run_folder(argv[i]) : run_file(argv[i])) && ok;
    }
    printf("%u inputs\n", n_run);
    return ok && n_run > 0 ? 0 : 1;
}
