// SPDX-License-Identifier: MIT
//
// memscan-bench: searches against the rate at which the machine can read the same bytes (R), and
// against other programs.

#include "bench_sections.h"

#include "bench_hyperscan.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

// ctest's "skipped".
#define EXIT_SKIPPED 77

// Patterns at any address that can be searched for without Hyperscan, one by one.
#define MOST_WITHOUT_HYPERSCAN 10000

// Whether this build can: regexes need Hyperscan.
static bool is_possible(const struct row *row)
{
    struct row_pattern first = {0};
    bool is_regex, is_slow;

    if (row->make)
        row->make(&first, 0);
    is_regex = first.kind == MS_REGEX || (row->more && strncmp(row->more, "-e ", 3) == 0);
    is_slow = pattern_alignment(&first) == 1 && row->n_patterns > MOST_WITHOUT_HYPERSCAN;
    return bare_is_built || (!is_regex && !is_slow);
}

static bool is_chosen(const struct options *options, const struct row *row)
{
    return is_possible(row) && options->sections[row->section] &&
           row->n_patterns <= options->most_patterns &&
           (!options->glob || fnmatch(options->glob, row->name, 0) == 0);
}

// The first pass over a file is not measured: it brings it into the page cache. By a process, so
// that the file's pages do not count in the memory of this one, and of those that it starts. The
// large images are not read, only opened.
static bool warm_up(struct bench *bench, enum image_kind kind, const struct bench_image *image)
{
    const char *const arguments[] = {BENCH_READ, "1", image->path, NULL};
    struct measurement measured;

    return kind == IMAGE_LARGE || kind == IMAGE_MODULES_LARGE ||
           process_run(arguments, NULL, &bench->error, &measured);
}

static bool add_row(struct bench *bench, const struct row *row)
{
    struct bench_image *image = &bench->images[row->image];
    struct running *running = &bench->running[bench->n];

    if (image->size == 0 && (!image_make(&bench->options.image, row->image, image) ||
                             !warm_up(bench, row->image, image)))
        return false;
    *running = (struct running){
        .result = &bench->results[bench->n],
        .patterns = row_patterns(row),
        .image = image,
    };
    bench->n++;
    running->result->row = row;
    running->result->image_bytes = image->size;
    running->result->by_processor = bench->options.by_processor;
    return running->patterns != NULL;
}

static bool add_rows(struct bench *bench)
{
    for (size_t i = 0; i < n_rows; i++) {
        if (is_chosen(&bench->options, &rows[i]) && !add_row(bench, &rows[i]))
            return false;
    }
    if (bench->n == 0)
        fprintf(stderr, "memscan-bench: no row is called %s; --list names them\n",
                bench->options.glob);
    return bench->n > 0;
}

static bool run_rounds(struct bench *bench, enum section section, unsigned n_rounds)
{
    static bool (*const measure[N_SECTIONS])(struct bench *, struct running *) = {
        [SECTION_LIBRARY] = measure_library, [SECTION_COLD] = measure_cold,
        [SECTION_SPACES] = measure_spaces,   [SECTION_MODULES] = measure_modules,
        [SECTION_COMMAND] = measure_command, [SECTION_PEERS] = measure_peers,
    };

    if (!bench->options.sections[section])
        return true;
    for (unsigned round = 0; round < n_rounds; round++) {
        fprintf(stderr, "%s: round %u of %u\n", section_names[section], round + 1, n_rounds);
        for (size_t i = 0; i < bench->n; i++) {
            struct running *running = &bench->running[i];

            if (running->result->row->section == section && !measure[section](bench, running))
                return false;
        }
    }
    return true;
}

static bool check(struct bench *bench)
{
    bool ok = true;

    for (size_t i = 0; i < bench->n; i++) {
        const struct running *running = &bench->running[i];

        if (running->result->row->section == SECTION_LIBRARY ||
            running->result->row->section == SECTION_SPACES)
            ok = check_row(running->result->row, running->patterns, running->image) && ok;
        if (running->result->row->section == SECTION_MODULES)
            ok = check_modules(running->result->row, running->image) && ok;
    }
    return run_rounds(bench, SECTION_PEERS, 1) && ok;
}

static bool measure(struct bench *bench)
{
    // This process last: it maps the image here, and what a process has had in memory is counted in
    // what its children have had.
    static const enum section order[N_SECTIONS] = {SECTION_COMMAND, SECTION_PEERS,
                                                   SECTION_LIBRARY, SECTION_SPACES,
                                                   SECTION_MODULES, SECTION_COLD};
    const char *programs[N_TOOLS + 1] = {NULL};
    const struct run_facts facts = {
        .images = bench->images,
        .n_rounds = bench->options.n_rounds,
        .by_processor = bench->options.by_processor,
        .programs = programs,
    };
    size_t n = 0;

    for (size_t i = 0; i < N_SECTIONS; i++) {
        if (!run_rounds(bench, order[i], bench->options.n_rounds))
            return false;
    }
    for (size_t i = 0; i < N_TOOLS; i++) {
        if (bench->versions[i][0])
            programs[n++] = bench->versions[i];
    }
    report_print(&facts, bench->results, bench->n, bench->options.markdown);
    return !bench->options.json ||
           report_json(bench->options.json, &facts, bench->results, bench->n);
}

static bool run(struct bench *bench)
{
    return memory_file_make(&bench->out) && memory_file_make(&bench->error) && add_rows(bench) &&
           (bench->options.check ? check(bench) : measure(bench)) && !bench->disagreed;
}

static void release(struct bench *bench)
{
    for (size_t i = 0; i < bench->n; i++) {
        free(bench->running[i].patterns);
        hits_release(&bench->running[i].all);
    }
    free(bench->running);
    free(bench->results);
    memory_file_release(&bench->out);
    memory_file_release(&bench->error);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    bool ok;

    options_parse(&bench.options, argc, argv);
    // grep, above all, takes bytes for characters otherwise.
    setenv("LC_ALL", "C", 1);
    if (bench.options.sections[SECTION_PEERS] && !peers_find(&bench))
        return EXIT_SKIPPED;
    bench.results = calloc(n_rows, sizeof(*bench.results));
    bench.running = calloc(n_rows, sizeof(*bench.running));
    ok = bench.results && bench.running && run(&bench);
    release(&bench);
    return ok ? 0 : 1;
}
