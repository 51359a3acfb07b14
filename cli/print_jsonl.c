// SPDX-License-Identifier: MIT
//
// --format jsonl, schema 1: one JSON object a line, begin ... end for each image. Members may be
// added, but none may change its meaning without another schema number.

#include "print.h"

#include "escape.h"
#include "json.h"

#define SCHEMA 1

static void print_pattern(struct output *out, size_t index, const struct ms_pattern_info *info)
{
    output_text(out, index > 0 ? ",{\"id\":" : "{\"id\":");
    output_decimal(out, index);
    json_text(out, "kind", ms_pattern_kind_name(info->kind));
    json_key(out, "text");
    output_json_string(out, info->text, info->text_length);
    json_text(out, "name", info->name);
    output_char(out, '}');
}

static void print_spaces(struct print_context *context)
{
    json_key(context->out, "spaces");
    for (size_t i = 0; i < view_count(context->view); i++) {
        output_char(context->out, i == 0 ? '[' : ',');
        output_json_text(context->out, view_space(context->view, i).name);
    }
    output_char(context->out, ']');
}

static void print_space(struct print_context *context, size_t space)
{
    json_text(context->out, "space", view_space(context->view, space).name);
}

static void begin(struct print_context *context)
{
    struct output *out = context->out;

    output_text(out, "{\"type\":\"begin\"");
    json_number(out, "schema", SCHEMA);
    json_text(out, "version", ms_version());
    json_text(out, "image", context->image_name);
    json_text(out, "format", ms_image_format(context->view->image));
    json_text(out, "machine", ms_image_machine(context->view->image));
    print_spaces(context);
    output_text(out, ",\"patterns\":[");
    for (size_t i = 0; i < ms_patterns_count(context->patterns); i++) {
        struct ms_pattern_info info = ms_patterns_info(context->patterns, i);

        print_pattern(out, i, &info);
    }
    output_text(out, "]}\n");
}

static void print_bytes(struct print_context *context, const char *name, uint64_t address,
                        uint64_t length)
{
    json_key(context->out, name);
    output_char(context->out, '"');
    print_memory(context, address, length);
    output_char(context->out, '"');
}

// The bytes around the first match, as far as the space reaches.
static void print_context(struct print_context *context, const struct ms_hit *hit)
{
    uint64_t before = context->settings->context;
    uint64_t top = context->window->top;
    bool at_top = top - hit->address < hit->length;

    if (before > hit->address)
        before = hit->address;
    print_bytes(context, "before", hit->address - before, before);
    print_bytes(context, "after", at_top ? top : hit->address + hit->length,
                at_top ? 0 : context->settings->context);
}

// All places, the hit's own among them; of very many the first ones and how many there are.
static void print_mappings(struct print_context *context, const struct ms_hit *hit)
{
    struct output *out = context->out;

    json_key(out, "mappings");
    for (size_t i = 0; i < hit->n_listed; i++) {
        output_text(out, i == 0 ? "[{\"space\":" : ",{\"space\":");
        output_json_text(out, view_space(context->view, hit->mappings[i].space).name);
        json_address(out, "address", hit->mappings[i].address);
        output_char(out, '}');
    }
    output_char(out, ']');
    if (hit->n_mappings > hit->n_listed)
        json_number(out, "n_mappings", hit->n_mappings);
}

static void print_hit(struct print_context *context, const struct ms_hit *hit)
{
    struct output *out = context->out;
    const struct owner *owner = attribution_find(context->attribution, hit->space, hit->address);

    output_text(out, "{\"type\":\"hit\"");
    print_space(context, hit->space);
    json_address(out, "address", hit->address);
    json_address(out, "physical", hit->physical);
    json_number(out, "pattern", hit->pattern);
    json_number(out, "length", hit->length);
    output_text(out, ",\"bytes\":\"");
    print_hit_bytes(context, hit);
    output_char(out, '"');
    if (owner != NULL)
        json_owner(out, owner, hit->address);
    if (context->settings->context_given)
        print_context(context, hit);
    if (hit->repeat > 1) {
        json_number(out, "repeat", hit->repeat);
        json_number(out, "stride", hit->stride);
    }
    if (hit->n_mappings > 0)
        print_mappings(context, hit);
    if (hit->partial) {
        output_text(out, ",\"partial\":true");
        json_number(out, "missing_before", hit->missing_before);
        json_number(out, "missing_behind", hit_missing_behind(context, hit));
    }
    output_text(out, "}\n");
}

static void print_gap(struct print_context *context, const struct ms_gap *gap)
{
    struct output *out = context->out;

    output_text(out, "{\"type\":\"gap\"");
    print_space(context, gap->space);
    json_address(out, "start", gap->range.first);
    json_address(out, "end", gap->range.last);
    json_number(out, "bytes", gap->range.last - gap->range.first + 1);
    json_text(out, "reason", ms_gap_reason_name(gap->reason));
    output_text(out, "}\n");
}

// The six counts, without braces.
static void print_counts(struct output *out, const struct ms_coverage *coverage)
{
    output_text(out, "\"asked\":");
    output_decimal(out, coverage->asked);
    json_number(out, "scanned", coverage->scanned);
    json_number(out, "unmapped", coverage->unmapped);
    json_number(out, "paged_out", coverage->paged_out);
    json_number(out, "absent", coverage->absent);
    json_number(out, "unreadable", coverage->unreadable);
}

static void print_coverage_of(struct print_context *context, size_t space, const char *module,
                              const struct ms_coverage *coverage)
{
    output_text(context->out, "{\"type\":\"coverage\"");
    print_space(context, space);
    if (module != NULL)
        json_text(context->out, "module", module);
    output_char(context->out, ',');
    print_counts(context->out, coverage);
    output_text(context->out, "}\n");
}

static void print_coverage(struct print_context *context, size_t space,
                           const struct ms_coverage *coverage)
{
    print_coverage_of(context, space, NULL, coverage);
}

// Modules are those of the one space that is searched.
static void print_module_coverage(struct print_context *context, const char *module,
                                  const struct ms_coverage *coverage)
{
    print_coverage_of(context, 0, module, coverage);
}

static void print_pattern_hits(struct output *out, const struct ms_search_result *result)
{
    json_key(out, "pattern_hits");
    for (size_t i = 0; i < result->n_patterns; i++) {
        output_char(out, i == 0 ? '[' : ',');
        output_decimal(out, result->pattern_hits[i]);
    }
    output_char(out, ']');
}

static void print_end(struct print_context *context, const struct print_end *end)
{
    struct output *out = context->out;
    const struct ms_search_result *result = end->result;

    output_text(out, "{\"type\":\"end\",\"hits\":");
    output_decimal(out, result->hits);
    print_pattern_hits(out, result);
    if (end->code != NULL) {
        json_number(out, "code_hits", end->code->hits);
        json_number(out, "uncertain", end->code->uncertain);
    }
    output_text(out, ",\"coverage\":{");
    print_counts(out, &result->coverage);
    output_char(out, '}');
    if (result->max_hits_held > 0)
        json_number(out, "held_back", result->max_hits_held);
    if (result->n_partial > 0)
        json_number(out, "partial", result->n_partial);
    if (end->interrupted) {
        output_text(out, ",\"interrupted\":true");
        if (context->view->spaces != NULL)
            json_text(out, "next_space", view_space(context->view, result->next_space).name);
        json_address(out, "next", result->next);
    }
    output_text(out, "}\n");
}

const struct printer jsonl_printer = {
    .folds = true,
    .context = true,
    .gaps = true,
    .edge = true,
    .begin = begin,
    .hit = print_hit,
    .gap = print_gap,
    .coverage = print_coverage,
    .module_coverage = print_module_coverage,
    .end = print_end,
};

const struct printer jsonl_count_printer = {.begin = begin, .end = print_end};
