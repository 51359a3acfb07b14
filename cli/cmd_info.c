// SPDX-License-Identifier: MIT
//
// memscan info: what the headers of an image say, and its page tables. Addresses of runs and holes
// have both ends inclusive, as everywhere in memscan.

#include "command.h"

#include "escape.h"
#include "image_open.h"
#include "info_system.h"
#include "json.h"
#include "message.h"
#include <stdio.h>
#include <string.h>

#define NAME_WIDTH  14
#define BYTES_WIDTH 15
#define FIELD_BYTES 1024

// == Runs and holes ==

// A stretch of the physical address space: a run, or what lies in none.
struct stretch {
    uint64_t first;
    uint64_t last;
    const struct ms_run *run; // NULL: a hole
};

// `index` counts the stretches that one function has been given.
typedef void (*stretch_function)(struct output *out, const struct ms_image *image,
                                 const struct stretch *stretch, size_t index);

// Calls back for each run and for each hole below the last run, by ascending address. Either
// function may be NULL.
static void each_stretch(struct output *out, const struct ms_image *image, stretch_function on_run,
                         stretch_function on_hole)
{
    size_t n_holes = 0;
    uint64_t next = 0;

    for (size_t i = 0; i < ms_image_n_runs(image); i++) {
        struct ms_run run = ms_image_run(image, i);
        struct stretch hole = {next, run.start - 1, NULL};
        struct stretch held = {run.start, run.start + run.length - 1, &run};

        if (run.start > next && on_hole != NULL)
            on_hole(out, image, &hole, n_holes++);
        if (on_run != NULL)
            on_run(out, image, &held, i);
        next = held.last + 1;
    }
}

static bool is_raw(const struct ms_image *image)
{
    return strcmp(ms_image_format(image), "raw") == 0;
}

static uint64_t sum_runs(const struct ms_image *image, enum ms_presence presence)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < ms_image_n_runs(image); i++) {
        struct ms_run run = ms_image_run(image, i);

        if (run.presence == presence)
            sum += run.length;
    }
    return sum;
}

// == Text ==

// A name in its column, and a text that may come from the image.
static void print_fact(struct output *out, const char *name, const char *text)
{
    char escaped[FIELD_BYTES], *at = escaped;

    at = format_escaped(at, name, strlen(name), (size_t)NAME_WIDTH * 4);
    output_bytes(out, escaped, (size_t)(at - escaped));
    output_blanks(out, (size_t)(at - escaped), NAME_WIDTH - 2);
    output_text(out, "  ");
    at = format_escaped(escaped, text, strlen(text), sizeof(escaped));
    output_bytes(out, escaped, (size_t)(at - escaped));
    output_char(out, '\n');
}

static void print_bytes_fact(struct output *out, const char *name, uint64_t bytes)
{
    char text[FORMAT_NUMBER_ROOM + 8];

    *format_text(format_decimal(text, bytes), " bytes") = '\0';
    print_fact(out, name, text);
}

static void print_stretch(struct output *out, const struct ms_image *image,
                          const struct stretch *stretch, size_t index)
{
    unsigned bits = ms_image_address_bits(image);
    char line[128], *at = line, *bytes;

    at = format_address(format_text(at, "p:"), stretch->first, bits);
    at = format_address(format_text(at, "-p:"), stretch->last, bits);
    (void)index;
    output_bytes(out, line, (size_t)(at - line));
    // A run of all 2^64 bytes cannot come from a file; the sum below would be 0.
    bytes = format_decimal(line, stretch->last - stretch->first + 1);
    output_char(out, ' '); // always one: holes of 64-bit memory are wider than the column
    output_blanks(out, (size_t)(bytes - line), BYTES_WIDTH - 1);
    output_bytes(out, line, (size_t)(bytes - line));
    if (stretch->run == NULL) {
        output_text(out, "  hole\n");
    } else if (stretch->run->presence == MS_ABSENT) {
        output_text(out, "  absent\n");
    } else {
        output_text(out, "  at ");
        output_hex(out, stretch->run->offset);
        output_char(out, '\n');
    }
}

// "p:001ad000 x64, crash-dump header; what speaks against it"
static void print_root(struct output *out, const struct ms_image *image, const struct ms_root *root,
                       const char *name)
{
    char text[FIELD_BYTES], *at = text;

    at = format_address(format_text(at, "p:"), root->address, ms_image_address_bits(image));
    snprintf(at, sizeof(text) - (size_t)(at - text), " %s, %s%s%s", ms_paging_name(root->paging),
             root->origin, root->remark[0] != '\0' ? "; " : "", root->remark);
    print_fact(out, name, text);
}

// How addresses follow from offsets in the file of a raw image, where that has been found out.
static void print_layout(struct output *out, const struct opened *opened)
{
    unsigned bits = ms_image_address_bits(opened->image);
    char text[128], *at = format_text(text, "without p:");

    if (opened->hole == NULL) {
        if (is_raw(opened->image))
            print_fact(out, "layout", "an offset in the file is a physical address");
        return;
    }
    at = format_address(at, opened->hole->first, bits);
    at = format_address(format_text(at, "-p:"), opened->hole->last, bits);
    *format_text(at, opened->hole_found ? ", as the page tables want it" : ", as given") = '\0';
    print_fact(out, "layout", text);
}

static void print_roots(struct output *out, const struct opened *opened)
{
    if (ms_spaces_n_roots(opened->spaces) == 0)
        print_fact(out, "page tables", "none were found");
    for (size_t i = 0; i < ms_spaces_n_roots(opened->spaces); i++) {
        struct ms_root root = ms_spaces_root(opened->spaces, i);

        print_root(out, opened->image, &root, i == 0 ? "page tables" : "runner-up");
    }
    if (opened->hole != NULL || ms_spaces_n_roots(opened->spaces) > 0)
        print_layout(out, opened);
}

// Nothing where there is no Windows kernel.
static void print_system(struct output *out, const struct ms_modules *modules,
                         const struct settings *settings, unsigned bits)
{
    char text[SYSTEM_TEXT_BYTES];

    if (modules == NULL)
        return;
    system_format_kernel(text, modules, bits);
    print_fact(out, "kernel", text);
    system_format_kdbg(text, modules, bits);
    if (text[0] != '\0')
        print_fact(out, "KDBG", text);
    system_format_modules(text, modules, bits);
    print_fact(out, "modules", text);
    for (size_t i = 0; i < settings->n_symbol_paths; i++) {
        if (system_format_symbols(text, modules, settings, i))
            print_fact(out, "symbols", text);
    }
    for (size_t i = 0; i < ms_modules_n_notes(modules); i++)
        print_fact(out, "note", ms_modules_note(modules, i));
}

static void print_text(struct output *out, const struct opened *opened,
                       const struct ms_modules *modules, const struct settings *settings)
{
    const struct ms_image *image = opened->image;

    print_fact(out, "image", opened->path);
    print_fact(out, "format", ms_image_format(image));
    print_fact(out, "machine", ms_image_machine(image));
    print_bytes_fact(out, "file size", ms_image_file_size(image));
    for (size_t i = 0; i < ms_image_n_facts(image); i++) {
        struct ms_fact fact = ms_image_fact(image, i);

        print_fact(out, fact.name, fact.text);
    }
    print_roots(out, opened);
    print_system(out, modules, settings,
                 modules != NULL ? ms_spaces_info(opened->spaces, 0).address_bits : 0);
    print_bytes_fact(out, "present", sum_runs(image, MS_PRESENT));
    print_bytes_fact(out, "absent", sum_runs(image, MS_ABSENT));
    output_text(out, "memory\n");
    each_stretch(out, image, print_stretch, print_stretch);
}

// == JSON ==

static void print_json_stretch(struct output *out, const struct ms_image *image,
                               const struct stretch *stretch, size_t index)
{
    (void)image;
    output_text(out, index > 0 ? ",{\"bytes\":" : "{\"bytes\":");
    output_decimal(out, stretch->last - stretch->first + 1);
    json_address(out, "start", stretch->first);
    json_address(out, "end", stretch->last);
    if (stretch->run != NULL) {
        bool present = stretch->run->presence == MS_PRESENT;

        json_text(out, "presence", present ? "present" : "absent");
        if (present)
            json_address(out, "offset", stretch->run->offset);
    }
    output_char(out, '}');
}

static void print_json_facts(struct output *out, const struct ms_image *image)
{
    json_key(out, "facts");
    output_char(out, '{');
    for (size_t i = 0; i < ms_image_n_facts(image); i++) {
        struct ms_fact fact = ms_image_fact(image, i);

        if (i > 0)
            output_char(out, ',');
        output_json_text(out, fact.name);
        output_char(out, ':');
        output_json_text(out, fact.text);
    }
    output_char(out, '}');
}

static void print_json_warnings(struct output *out, const struct ms_image *image)
{
    json_key(out, "warnings");
    output_char(out, '[');
    for (size_t i = 0; i < ms_image_n_warnings(image); i++) {
        if (i > 0)
            output_char(out, ',');
        output_json_text(out, ms_image_warning(image, i));
    }
    output_char(out, ']');
}

static void print_json_roots(struct output *out, const struct opened *opened)
{
    json_key(out, "roots");
    output_char(out, '[');
    for (size_t i = 0; i < ms_spaces_n_roots(opened->spaces); i++) {
        struct ms_root root = ms_spaces_root(opened->spaces, i);

        output_text(out, i == 0 ? "{\"paging\":" : ",{\"paging\":");
        output_json_text(out, ms_paging_name(root.paging));
        json_address(out, "address", root.address);
        json_text(out, "origin", root.origin);
        json_text(out, "remark", root.remark);
        output_char(out, '}');
    }
    output_char(out, ']');
}

static void print_json_layout(struct output *out, const struct opened *opened)
{
    output_text(out, ",\"left_out\":{\"source\":");
    output_json_text(out, opened->hole_found ? "page tables" : "given");
    json_address(out, "start", opened->hole->first);
    json_address(out, "end", opened->hole->last);
    output_char(out, '}');
}

static void print_json(struct output *out, const struct opened *opened,
                       const struct ms_modules *modules, const struct settings *settings)
{
    const struct ms_image *image = opened->image;

    output_text(out, "{\"type\":\"info\"");
    json_text(out, "image", opened->path);
    json_text(out, "format", ms_image_format(image));
    json_text(out, "machine", ms_image_machine(image));
    json_number(out, "address_bits", ms_image_address_bits(image));
    json_number(out, "file_size", ms_image_file_size(image));
    json_number(out, "present", sum_runs(image, MS_PRESENT));
    json_number(out, "absent", sum_runs(image, MS_ABSENT));
    output_text(out, ",\"runs\":[");
    each_stretch(out, image, print_json_stretch, NULL);
    output_text(out, "],\"holes\":[");
    each_stretch(out, image, NULL, print_json_stretch);
    output_char(out, ']');
    print_json_facts(out, image);
    print_json_warnings(out, image);
    print_json_roots(out, opened);
    if (opened->hole != NULL)
        print_json_layout(out, opened);
    if (modules != NULL)
        system_print_json(out, modules, settings);
    output_text(out, "}\n");
}

// == The command ==

static void print_info(struct output *out, const char *path, const struct settings *settings,
                       struct outcome *outcome)
{
    struct opened opened;
    bool ok = image_open(&opened, path, settings);
    struct ms_modules *modules = ok ? system_find(&opened, settings) : NULL;

    if (ok && settings->format == FORMAT_JSONL) {
        print_json(out, &opened, modules, settings);
    } else if (ok) {
        if (outcome->found)
            output_char(out, '\n');
        print_text(out, &opened, modules, settings);
    }
    outcome->found = outcome->found || ok;
    if (!ok || !system_check_symbols(modules, settings, path))
        outcome->error = true;
    if (ok)
        image_tell_unread(path, ms_image_unread(opened.image), settings);
    ms_modules_free(modules);
    image_close(&opened);
}

int command_info(const struct settings *settings)
{
    struct output out;
    struct outcome outcome = {0};

    if (settings->n_operands == 0) {
        message("no image: name the files to describe: see memscan info --help");
        return EXIT_ERROR;
    }
    if (!command_output_open(&out))
        return EXIT_ERROR;
    for (size_t i = 0; i < settings->n_operands; i++)
        print_info(&out, settings->operands[i], settings, &outcome);
    return command_finish(&outcome, &out);
}
