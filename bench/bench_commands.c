// SPDX-License-Identifier: MIT
//
// The command as a process: start-up, patterns, printing and all. Output goes to /dev/null.

#include "bench_sections.h"

#include "bench_pattern_files.h"

#include <string.h>

bool measure_read_process(struct bench *bench, struct running *running)
{
    char threads[16];
    const char *const arguments[] = {BENCH_READ, threads, running->image->path, NULL};
    struct measurement measured;

    snprintf(threads, sizeof(threads), "%u", row_threads(running->result->row));
    if (!process_run(arguments, NULL, &bench->error, &measured))
        return false;
    runner_add(result_runner(running->result, "R"), &measured);
    return true;
}

// "memscan: IMAGE: 12 hits, scanned ...": on standard error, where the format says it.
static uint64_t hits_said(const struct memory_file *error)
{
    FILE *stream = memory_file_stream(error, "r");
    unsigned long long hits = 0;
    char line[4096 + 256];

    while (stream && fgets(line, sizeof(line), stream)) {
        const char *colon = strstr(line, " hit") ? strrchr(line, ':') : NULL;

        if (colon && sscanf(colon, ": %llu hit", &hits) == 1)
            break;
    }
    if (stream)
        fclose(stream);
    return hits;
}

// Cuts the row's arguments at blanks.
static void split(char *text, const char *patterns, const char **arguments)
{
    char *rest = NULL;
    size_t n = 0;

    for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        arguments[n++] = strcmp(word, "@") == 0 ? patterns : word;
}

bool measure_command(struct bench *bench, struct running *running)
{
    const struct row *row = running->result->row;
    const char *arguments[MAX_ARGUMENTS + 1] = {tools_memscan};
    struct memory_file patterns = {0};
    struct measurement measured;
    char text[256];
    size_t n = 1;
    bool ok;

    snprintf(text, sizeof(text), "%s", row->more);
    ok = measure_read_process(bench, running) &&
         pattern_file_make(&patterns, write_memscan_patterns, row, running->patterns);
    split(text, patterns.path, arguments + 1);
    while (arguments[n])
        n++;
    arguments[n] = running->image->path;
    ok = ok && process_run(arguments, NULL, &bench->error, &measured);
    memory_file_release(&patterns);
    if (!ok)
        return false;
    measured.hits = hits_said(&bench->error);
    runner_add(result_runner(running->result, "memscan"), &measured);
    return true;
}
