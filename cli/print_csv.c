// SPDX-License-Identifier: MIT
//
// --format csv (RFC 4180 but for the line ends, which are those of the system's other tools): a
// header line, then one line a hit, or with -c one line a pattern.

#include "print.h"

#include "escape.h"
#include <string.h>

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
    output_text(context->out,
                "image,space,address,physical,pattern,kind,name,length,repeat,stride,bytes\n");
}

static void print_hit(struct print_context *context, const struct ms_hit *hit)
{
    struct output *out = context->out;
    struct ms_pattern_info info = ms_patterns_info(context->patterns, hit->pattern);

    print_field(context, context->image_name, strlen(context->image_name));
    output_text(out, "physical,");
    output_hex(out, hit->address);
    output_char(out, ',');
    output_hex(out, hit->address);
    output_char(out, ',');
    print_number(context, hit->pattern);
    output_text(out, ms_pattern_kind_name(info.kind));
    output_char(out, ',');
    print_field(context, info.name, strlen(info.name));
    print_number(context, hit->length);
    print_number(context, hit->repeat);
    print_number(context, hit->stride);
    print_hit_bytes(context, hit);
    output_char(out, '\n');
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
    .closing = true,
    .start = start,
    .hit = print_hit,
};

const struct printer csv_count_printer = {
    .closing = true,
    .start = start_counts,
    .end = end_counts,
};
