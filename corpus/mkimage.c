// SPDX-License-Identifier: MIT
//
// memscan-mkimage: makes a memory image, and the truth about it, from a readable spec.
//
// It is written from the formats' descriptions alone and shares no code with memscan, so that a
// misunderstanding in one of the two shows as a failing test. See README.md for the language.

#include "container.h"
#include "truth.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
    const struct container *container;
    const char *seed;
    const char *truth; // NULL: none; "-": standard output
    const char *spec;
    const char *out;
    struct variables variables;
    size_t n_forced; // variables that --set gave
};

static void print_name(const char *name)
{
    printf(" %s", name);
}

static _Noreturn void print_help(void)
{
    fputs("Usage: memscan-mkimage [OPTIONS] SPEC OUT\n"
          "Makes the memory image OUT from the text file SPEC (- is standard input).\n\n"
          "  --format NAME     the container, raw by default\n"
          "  --seed N          overrides the spec's seed\n"
          "  --set NAME=VALUE  gives ${NAME} in the spec a value; may be repeated\n"
          "  --truth FILE      writes what is in the image, and where (- is standard output)\n"
          "  --help            this text\n\n"
          "Containers:",
          stdout);
    container_each(print_name);
    fputs("\n\nExit status: 0, or 2 and a message on an error; then OUT is not touched.\n", stdout);
    exit(fflush(stdout) == 0 ? 0 : 2);
}

static void take_format(struct arguments *arguments, const char *name)
{
    arguments->container = container_find(name);
    if (!arguments->container)
        fail("there is no format '%s': see --help", name);
}

static void take_variable(struct arguments *arguments, char *text)
{
    char *equals = strchr(text, '=');
    if (!equals || equals == text)
        fail("--set needs NAME=VALUE, not '%s'", text);
    *equals = '\0';
    if (variables_find(&arguments->variables, text))
        fail("--set %s is given twice", text);
    variables_define(&arguments->variables, text, equals + 1);
    arguments->n_forced = arguments->variables.count;
}

static void take_option(struct arguments *arguments, int option)
{
    switch (option) {
    case 'f':
        take_format(arguments, optarg);
        break;
    case 'r':
        arguments->seed = optarg;
        break;
    case 's':
        take_variable(arguments, optarg);
        break;
    case 't':
        arguments->truth = optarg;
        break;
    case 'h':
        print_help();
    default:
        exit(2); // getopt has said why
    }
}

static void read_arguments(struct arguments *arguments, int argc, char **argv)
{
    static const struct option options[] = {
        {"format", required_argument, NULL, 'f'}, {"seed", required_argument, NULL, 'r'},
        {"set", required_argument, NULL, 's'},    {"truth", required_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},         {0},
    };
    int option;
    take_format(arguments, "raw");
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1)
        take_option(arguments, option);
    if (argc - optind != 2)
        fail("two arguments are needed, SPEC and OUT: see --help");
    arguments->spec = argv[optind];
    arguments->out = argv[optind + 1];
}

static void read_spec(struct spec *spec, struct arguments *arguments)
{
    if (arguments->seed) {
        char *end;
        errno = 0;
        spec->seed = strtoull(arguments->seed, &end, 0);
        spec->seed_forced = true;
        if (*end || end == arguments->seed || errno || *arguments->seed == '-')
            fail("--seed needs a number, not '%s'", arguments->seed);
    }
    spec_read(spec, arguments->spec, &arguments->variables);
    for (size_t i = 0; i < arguments->n_forced; i++) {
        if (!arguments->variables.items[i].used)
            fail("--set %s: the spec has no ${%s}", arguments->variables.items[i].name,
                 arguments->variables.items[i].name);
    }
}

static void write_truth_stream(const struct image *image, FILE *stream, const char *path)
{
    truth_write(image, stream);
    if (fflush(stream) != 0 || ferror(stream))
        fail("cannot write %s: %s", path, strerror(errno));
}

/** Writes the truth into a file that takes its name only after the image has. */
static void write_truth(const struct image *image, struct outfile *file)
{
    char *text;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    if (!stream)
        fail("out of memory");
    write_truth_stream(image, stream, file->path);
    fclose(stream);
    outfile_write(file, text, length, 0);
    free(text);
}

static void make(const struct spec *spec, const struct arguments *arguments)
{
    struct image image;
    struct outfile out = {.fd = -1};
    struct outfile truth = {.fd = -1};
    bool to_file = arguments->truth && strcmp(arguments->truth, "-") != 0;
    image_plan(&image, spec, arguments->container);
    if (to_file)
        outfile_open(&truth, arguments->truth);
    outfile_open(&out, arguments->out);
    image_write(&image, &out);
    if (to_file)
        write_truth(&image, &truth);
    else if (arguments->truth)
        write_truth_stream(&image, stdout, "standard output");
    outfile_commit(&out);
    if (to_file)
        outfile_commit(&truth);
    image_release(&image);
}

int main(int argc, char **argv)
{
    struct arguments arguments = {0};
    struct spec spec = {.seed = 1};
    read_arguments(&arguments, argc, argv);
    read_spec(&spec, &arguments);
    make(&spec, &arguments);
    spec_release(&spec);
    variables_release(&arguments.variables);
    return 0;
}
