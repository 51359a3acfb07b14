// SPDX-License-Identifier: MIT
//
// memscan-bench: throughput of searches against the rate at which the machine can read the same
// bytes (R), and against Hyperscan alone. Each round measures each row once, R first, the search,
// the peer, so that a load that comes and goes meets all three.

#include "bench.h"

#include <fnmatch.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

struct options {
    struct image_options image;
    const char *glob;
    const char *json;
    const char *simd;
    unsigned n_rounds;
    bool check;
    bool peers;
};

static const char usage[] =
    "Usage: memscan-bench [OPTIONS]\n"
    "Measures searches against the rate at which this machine reads.\n"
    "\n"
    "  --size SIZE      of the images, 1G by default; 8G for figures to publish\n"
    "  --dir DIR        where they are made and kept, the current folder by default\n"
    "  --rows GLOB      only rows whose names match: --rows 'dword-*'\n"
    "  --rounds N       5 by default; odd numbers give medians that were measured\n"
    "  --simd NAME      forces a kernel\n"
    "  --json FILE      writes the results as JSON too\n"
    "  --no-peers       without Hyperscan alone\n"
    "  --check          measures nothing: do all rows find what the truth file says?\n"
    "  --spec FILE      the image's spec instead of the usual ones\n"
    "  --mkimage FILE   the image builder\n"
    "  --list           the rows\n";

static bool is_chosen(const struct options *options, const struct row *row)
{
    return !options->glob || fnmatch(options->glob, row->name, 0) == 0;
}

static int list_rows(void)
{
    for (size_t i = 0; i < n_rows; i++)
        printf("%-14s %s\n", rows[i].name, rows[i].title);
    return 0;
}

enum { OPTION_CHECK = 256, OPTION_NO_PEERS, OPTION_LIST, OPTION_HELP };

static const struct option long_options[] = {
    {"size", required_argument, NULL, 's'},
    {"dir", required_argument, NULL, 'd'},
    {"rows", required_argument, NULL, 'r'},
    {"rounds", required_argument, NULL, 'n'},
    {"simd", required_argument, NULL, 'k'},
    {"json", required_argument, NULL, 'j'},
    {"spec", required_argument, NULL, 'c'},
    {"mkimage", required_argument, NULL, 'm'},
    {"no-peers", no_argument, NULL, OPTION_NO_PEERS},
    {"check", no_argument, NULL, OPTION_CHECK},
    {"list", no_argument, NULL, OPTION_LIST},
    {"help", no_argument, NULL, OPTION_HELP},
    {0},
};

static void bad_usage(void)
{
    fputs(usage, stderr);
    exit(2);
}

static void set_rounds(struct options *options, const char *text)
{
    unsigned long n = strtoul(text, NULL, 10);

    if (n < 1 || n > MAX_ROUNDS)
        bad_usage();
    options->n_rounds = (unsigned)n;
}

static void set_option(struct options *options, int option)
{
    const char **texts[] = {
        ['s'] = &options->image.size,    ['d'] = &options->image.dir, ['r'] = &options->glob,
        ['k'] = &options->simd,          ['j'] = &options->json,      ['c'] = &options->image.spec,
        ['m'] = &options->image.mkimage,
    };

    if (option == 'n')
        set_rounds(options, optarg);
    else if (option == OPTION_CHECK)
        options->check = true;
    else if (option == OPTION_NO_PEERS)
        options->peers = false;
    else if (option == OPTION_LIST)
        exit(list_rows());
    else if (option == OPTION_HELP)
        exit(fputs(usage, stdout) < 0);
    else if (option > 0 && (size_t)option < sizeof(texts) / sizeof(texts[0]) && texts[option])
        *texts[option] = optarg;
    else
        bad_usage();
}

// == Measuring ==

struct running_row {
    struct row_result *result;
    struct row_pattern *patterns;
    const struct bench_image *image;
};

// R, the search, the peer: one after the other, so that they meet the same load.
static bool measure(const struct running_row *running, const struct prepared_search *search,
                    const struct peer *peer, unsigned round)
{
    struct row_result *result = running->result;
    struct measurement measured;

    if (!read_image(running->image, result->row->threads, &measured))
        return false;
    result->read_seconds[round] = measured.seconds;
    if (!search_image(search, running->image, result->row->threads, &measured))
        return false;
    result->seconds[round] = measured.seconds;
    result->hits = measured.hits;
    if (measured.peak_bytes > result->peak_bytes)
        result->peak_bytes = measured.peak_bytes;
    if (peer && !peer_scan_image(peer, running->image, &measured))
        return false;
    result->peer_seconds[round] = measured.seconds;
    result->peer_hits = measured.hits;
    return true;
}

static bool run_round(const struct options *options, struct running_row *running, unsigned round)
{
    struct row_result *result = running->result;
    struct prepared_search search;
    struct peer *peer = NULL;
    bool ok;

    // Made anew in each round: a matcher that stays would count in the memory of the other rows.
    if (!search_prepare(result->row, running->patterns, options->simd, 0, &search))
        return false;
    if (options->peers)
        peer = peer_create(result->row, running->patterns, &result->peer_compile_seconds);
    result->compile_seconds = search.compile_seconds;
    result->has_peer = peer != NULL;
    ok = measure(running, &search, peer, round);
    result->n_rounds = round + 1;
    peer_free(peer);
    search_release(&search);
    return ok;
}

static bool run_rounds(const struct options *options, struct running_row *running, size_t n)
{
    bool ok = true;

    for (unsigned round = 0; round < options->n_rounds && ok; round++) {
        fprintf(stderr, "round %u of %u\n", round + 1, options->n_rounds);
        for (size_t i = 0; i < n && ok; i++)
            ok = run_round(options, &running[i], round);
    }
    return ok;
}

static bool check_all(const struct running_row *running, size_t n)
{
    bool ok = true;

    for (size_t i = 0; i < n; i++)
        ok = check_row(running[i].result->row, running[i].patterns, running[i].image) && ok;
    return ok;
}

// The first pass over a file is not measured: it brings it into the page cache.
static bool warm_up(const struct bench_image images[N_IMAGES])
{
    struct measurement measured;
    bool ok = true;

    for (size_t i = 0; i < N_IMAGES && ok; i++)
        ok = images[i].size == 0 || read_image(&images[i], 1, &measured);
    return ok;
}

static bool report(const struct options *options, const struct bench_image images[N_IMAGES],
                   const struct row_result *results, size_t n)
{
    report_machine(stdout, images, options->n_rounds);
    report_heading();
    for (size_t i = 0; i < n; i++)
        report_row(&results[i]);
    return !options->json || report_json(options->json, images, results, n);
}

static bool prepare(const struct options *options, struct bench_image images[N_IMAGES],
                    struct running_row *running, struct row_result *results, size_t *n_ret)
{
    for (size_t i = 0; i < n_rows; i++) {
        struct bench_image *image = &images[rows[i].image];
        struct running_row *next = &running[*n_ret];

        if (!is_chosen(options, &rows[i]))
            continue;
        if (image->size == 0 && !image_make(&options->image, rows[i].image, image))
            return false;
        *next = (struct running_row){&results[*n_ret], row_patterns(&rows[i]), image};
        next->result->row = &rows[i];
        next->result->image_bytes = image->size;
        ++*n_ret;
        if (!next->patterns)
            return false;
    }
    if (*n_ret == 0)
        fprintf(stderr, "memscan-bench: no row is called %s; --list names them\n", options->glob);
    return *n_ret > 0;
}

static bool run(const struct options *options, struct running_row *running,
                struct row_result *results)
{
    static struct bench_image images[N_IMAGES];
    size_t n = 0;
    bool ok = prepare(options, images, running, results, &n);

    if (ok && options->check)
        ok = check_all(running, n);
    else if (ok)
        ok = warm_up(images) && run_rounds(options, running, n) &&
             report(options, images, results, n);
    for (size_t i = 0; i < n; i++)
        free(running[i].patterns);
    return ok;
}

int main(int argc, char **argv)
{
    struct options options = {
        .image = {.dir = ".", .size = "1G", .mkimage = BENCH_MKIMAGE},
        .n_rounds = 5,
        .peers = true,
    };
    struct row_result *results = calloc(n_rows, sizeof(*results));
    struct running_row *running = calloc(n_rows, sizeof(*running));
    bool ok = results && running;
    int option;

    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
        set_option(&options, option);
    if (optind < argc)
        bad_usage();
    ok = ok && run(&options, running, results);
    free(results);
    free(running);
    return ok ? 0 : 1;
}
