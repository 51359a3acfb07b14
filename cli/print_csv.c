// SPDX-License-Identifier: MIT
//
// --format csv (RFC 4180 but for the line ends, which are those of the system's other tools): a
// header line, then one line a hit, or with -c one line a pattern.

#include "print.h"

#include "escape.h"
#include <string.h>

static const struct columns owner_columns = {.count = N_OWNER_COLUMNS, .names = {OWNER_COLUMNS}};

static void print_field(struct print_context *context, const char *text, size_t length)
{
    output_csv_field(context->out, text, length);
    output_char(context->out, ',');
}

static void print_number(struct print_context *context, uint64_t number)
{
    output_decimal(context->out, number);
    output_char(context->out, ',');
}

static void start(struct print_context *context)
{
    output_text(context->out, "image,space,address,physical,pattern,kind,name,length,repeat,stride,"
                              "bytes,n_mappings,mappings,partial,");
    fields_header(context->out, FORMAT_CSV, &owner_columns);
}

// A path may be long, and each line begins with it.
static void begin(struct print_context *context)
{
    context->image_plain = csv_is_plain(context->image_name, strlen(context->image_name));
}

static void print_image(struct print_context *context)
{
    size_t length = strlen(context->image_name);

    if (context->image_plain)
        output_bytes(context->out, context->image_name, length);
    else
        output_csv_field(context->out, context->image_name, length);
    output_char(context->out, ',');
}

static void print_address(struct print_context *context, uint64_t address)
{
    output_hex(context->out, address);
    output_char(context->out, ',');
}

// How many places there are, and those that are listed: "kernel:0x1000 root:0x5000:0x1000".
static void print_mappings(struct print_context *context, const struct ms_hit *hit)
{
    output_char(context->out, ',');
    if (hit->n_mappings > 0)
        output_decimal(context->out, hit->n_mappings);
    output_char(context->out, ',');
    for (size_t i = 0; i < hit->n_listed; i++) {
        if (i > 0)
            output_char(context->out, ' ');
        output_text(context->out, view_space(context->view, hit->mappings[i].space).name);
        output_char(context->out, ':');
        output_hex(context->out, hit->mappings[i].address);
    }
    output_char(context->out, ',');
}

// Bytes that are missing: "4 before", "4 behind".
static void print_partial(struct print_context *context, const struct ms_hit *hit)
{
    bool before = hit->missing_before > 0;

    if (!hit->partial)
        return;
    output_decimal(context->out, before ? hit->missing_before : hit_missing_behind(context, hit));
    output_text(context->out, before ? " before" : " behind");
}

// The rest of the line; empty fields where nobody owns it.
static void print_owner_fields(struct print_context *context, const struct ms_hit *hit)
{
    static const char nobody[] = ",,,,,,,,,,,,,,\n";
    const struct owner *owner = attribution_find(context->attribution, hit->space, hit->address);
    struct field fields[N_OWNER_COLUMNS];

    _Static_assert(sizeof(nobody) == N_OWNER_COLUMNS + 1, "a comma between two fields");
    if (owner == NULL) {
        output_bytes(context->out, nobody, sizeof(nobody) - 1);
        return;
    }
    owner_fields(fields, owner, hit->address);
    fields_row(context->out, FORMAT_CSV, &owner_columns, fields);
}

static void print_hit(struct print_context *context, const struct ms_hit *hit)
{
    struct output *out = context->out;
    struct ms_pattern_info info = ms_patterns_info(context->patterns, hit->pattern);

    print_image(context);
    output_text(out, view_space(context->view, hit->space).name);
    output_char(out, ',');
    print_address(context, hit->address);
    print_address(context, hit->physical);
    print_number(context, hit->pattern);
    output_text(out, ms_pattern_kind_name(info.kind));
    output_char(out, ',');
    print_field(context, info.name, strlen(info.name));
    print_number(context, hit->length);
    print_number(context, hit->repeat);
    print_number(context, hit->stride);
    print_hit_bytes(context, hit);
    print_mappings(context, hit);
    print_partial(context, hit);
    output_char(out, ',');
    print_owner_fields(context, hit);
}

static void start_counts(struct print_context *context)
{
    output_text(context->out, "image,pattern,kind,text,name,hits\n");
}

static void end_counts(struct print_context *context, const struct print_end *end)
{
    for (size_t i = 0; i < end->result->n_patterns; i++) {
        struct ms_pattern_info info = ms_patterns_info(context->patterns, i);

        print_field(context, context->image_name, strlen(context->image_name));
        print_number(context, i);
        output_text(context->out, ms_pattern_kind_name(info.kind));
        output_char(context->out, ',');
        print_field(context, info.text, info.text_length);
        print_field(context, info.name, strlen(info.name));
        output_decimal(context->out, end->result->pattern_hits[i]);
        output_char(context->out, '\n');
    }
}

const struct printer csv_printer = {
    .folds = true,
    .edge = true,
    .closing = true,
    .start = start,
    .begin = begin,
    .hit = print_hit,
};

const struct printer csv_count_printer = {
    .closing = true,
    .start = start_counts,
    .end = end_counts,
};
