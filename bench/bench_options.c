// SPDX-License-Identifier: MIT

#include "bench_options.h"

#include "bench_result.h"
#include "bench_tools.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "Usage: memscan-bench [library|cold|spaces|modules|command|peers]... [OPTIONS]\n"
    "Measures searches against the rate at which this machine reads.\n"
    "\n"
    "  library          searches by libmemscan, beside bare Hyperscan\n"
    "  cold             searches of a file that is not in the page cache, beside reading it\n"
    "  spaces           searches of address spaces, beside those of physical memory\n"
    "  modules          modules and pool of a Windows kernel: finding, attributing hits\n"
    "  command          searches by memscan, as processes\n"
    "  peers            memscan beside ripgrep, grep, YARA, Hyperscan: answers and times\n"
    "                   Without any of them: library and command.\n"
    "\n"
    "  --size SIZE      of the images, 1G by default\n"
    "  --dir DIR        where they are made and kept, the current folder by default\n"
    "  --rows GLOB      only rows whose names match: --rows 'dword-*'\n"
    "  --rounds N       5 by default; odd numbers give medians that were measured\n"
    "  --patience SEC   what takes longer is measured in the first round only; 5 by default\n"
    "  --give-up SEC    peers: what takes longer is stopped, and shown so; 60 by default\n"
    "  --most N         only rows of at most so many patterns\n"
    "  --cpu            goes by processor time: on a busy machine, for rows of one thread\n"
    "  --simd NAME      forces a kernel\n"
    "  --json FILE      writes every single time as JSON too\n"
    "  --markdown       tables as Markdown\n"
    "  --check          answers only, no times: library against the truth file, peers against\n"
    "                   each other\n"
    "  --spec FILE      the image's spec instead of the usual ones\n"
    "  --mkimage FILE   the image builder\n"
    "  --memscan FILE   the command\n"
    "  --list           the rows\n";

static _Noreturn void list_rows(void)
{
    for (size_t i = 0; i < n_rows; i++)
        printf("%-8s %-17s %s\n", section_names[rows[i].section], rows[i].name, rows[i].title);
    exit(0);
}

static _Noreturn void bad_usage(void)
{
    fputs(usage, stderr);
    exit(2);
}

static _Noreturn void show_usage(void)
{
    exit(fputs(usage, stdout) < 0);
}

static void set_rounds(struct options *options, const char *text)
{
    unsigned long n = strtoul(text, NULL, 10);

    if (n < 1 || n > MAX_ROUNDS)
        bad_usage();
    options->n_rounds = (unsigned)n;
}

static void set_seconds(double *seconds, const char *text)
{
    char *end;

    *seconds = strtod(text, &end);
    if (end == text || *end != '\0' || !(*seconds >= 0))
        bad_usage();
}

static void set_most(struct options *options, const char *text)
{
    char *end;

    options->most_patterns = strtoul(text, &end, 10);
    if (end == text || *end != '\0')
        bad_usage();
}

enum { OPTION_CHECK = 256, OPTION_CPU, OPTION_MARKDOWN, OPTION_LIST, OPTION_HELP };

static const struct option long_options[] = {
    {"size", required_argument, NULL, 's'},     {"dir", required_argument, NULL, 'd'},
    {"rows", required_argument, NULL, 'r'},     {"rounds", required_argument, NULL, 'n'},
    {"patience", required_argument, NULL, 'p'}, {"simd", required_argument, NULL, 'k'},
    {"json", required_argument, NULL, 'j'},     {"spec", required_argument, NULL, 'c'},
    {"mkimage", required_argument, NULL, 'm'},  {"memscan", required_argument, NULL, 'x'},
    {"give-up", required_argument, NULL, 'g'},  {"most", required_argument, NULL, 'o'},
    {"cpu", no_argument, NULL, OPTION_CPU},     {"markdown", no_argument, NULL, OPTION_MARKDOWN},
    {"check", no_argument, NULL, OPTION_CHECK}, {"list", no_argument, NULL, OPTION_LIST},
    {"help", no_argument, NULL, OPTION_HELP},   {0},
};

static void set_option(struct options *options, int option)
{
    const char **texts[] = {
        ['s'] = &options->image.size,    ['d'] = &options->image.dir,  ['r'] = &options->glob,
        ['j'] = &options->json,          ['c'] = &options->image.spec, ['x'] = &tools_memscan,
        ['m'] = &options->image.mkimage,
    };

    switch (option) {
    case 'n':
        set_rounds(options, optarg);
        return;
    case 'p':
        set_seconds(&options->patience, optarg);
        return;
    case 'g':
        set_seconds(&options->give_up, optarg);
        return;
    case 'o':
        set_most(options, optarg);
        return;
    case 'k': // by the environment, so that processes follow it, too
        setenv("MEMSCAN_SIMD", optarg, 1);
        return;
    case OPTION_CHECK:
        options->check = true;
        return;
    case OPTION_CPU:
        options->by_processor = true;
        return;
    case OPTION_MARKDOWN:
        options->markdown = true;
        return;
    case OPTION_LIST:
        list_rows();
    case OPTION_HELP:
        show_usage();
    }
    if ((size_t)option >= sizeof(texts) / sizeof(texts[0]) || !texts[option])
        bad_usage();
    *texts[option] = optarg;
}

static void choose_section(struct options *options, const char *name)
{
    for (size_t i = 0; i < N_SECTIONS; i++) {
        if (strcmp(section_names[i], name) == 0) {
            options->sections[i] = true;
            return;
        }
    }
    bad_usage();
}

void options_parse(struct options *options, int argc, char **argv)
{
    int option;

    *options = (struct options){
        .image = {.dir = ".", .size = "1G", .mkimage = BENCH_MKIMAGE},
        .n_rounds = 5,
        .patience = 5,
        .give_up = 60,
        .most_patterns = SIZE_MAX,
    };
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
        set_option(options, option);
    for (int i = optind; i < argc; i++)
        choose_section(options, argv[i]);
    if (optind == argc)
        options->sections[SECTION_LIBRARY] = options->sections[SECTION_COMMAND] = true;
}
