// SPDX-License-Identifier: MIT
//
// --format text and kd: WinDbg's lines. kd has nothing else on them; text says in front of an
// address what kind it is, where that is not plain, and behind the columns which pattern it was,
// how often it repeats and where else it is mapped. With context, the row of the match is marked,
// and a line "--" stands between matches, as in grep.

#include "print.h"

#include "escape.h"
#include "row.h"
#include <string.h>

// Of the places that a hit stands for, so many are named.
#define MAX_PLACES 4

// The image's name and what grep puts behind it: ':' for a match, '-' for context.
static void print_prefix(struct print_context *context, char behind)
{
    if (context->image_prefix == NULL)
        return;
    output_text(context->out, context->image_prefix);
    output_char(context->out, behind);
}

// As a debugger takes it.
static char *format_plain(char *at, const struct view *view, size_t space, uint64_t address)
{
    return format_address(at, address, view_space(view, space).address_bits);
}

// How a format writes a row; the two differ in this.
struct row_line {
    char *(*format_address)(char *at, const struct view *view, size_t space, uint64_t address);
    bool marks;   // > in front of the row of a match
    bool remarks; // behind the columns
};

static const struct row_line text_line = {view_format_address, true, true};
static const struct row_line kd_line = {format_plain, false, false};

static void print_row(struct print_context *context, const struct row_line *style,
                      enum ms_pattern_kind kind, const struct row *row, uint32_t highlight)
{
    char line[VIEW_ADDRESS_ROOM + 2 + ROW_ROOM], *at = line;

    at = style->format_address(at, context->view, context->window->space, row->address);
    at = format_text(at, "  ");
    at = row_format(at, kind, row, context->color ? highlight : 0);
    output_bytes(context->out, line, (size_t)(at - line));
}

static void print_address(struct print_context *context, size_t space, uint64_t address)
{
    char text[VIEW_ADDRESS_ROOM];

    output_bytes(context->out, text,
                 (size_t)(view_format_address(text, context->view, space, address) - text));
}

// "mapped 70 times, also at A, B, C, D and elsewhere"
static void print_places(struct print_context *context, const struct ms_hit *hit)
{
    struct output *out = context->out;
    size_t i = 1; // the first is the hit itself

    output_text(out, "mapped ");
    output_decimal(out, hit->n_mappings);
    output_text(out, " times, also at ");
    for (; i < hit->n_listed && i <= MAX_PLACES; i++) {
        if (i > 1)
            output_text(out, ", ");
        print_address(context, hit->mappings[i].space, hit->mappings[i].address);
    }
    if (i < hit->n_mappings)
        output_text(out, " and elsewhere");
}

static void print_partial(struct print_context *context, const struct ms_hit *hit)
{
    bool before = hit->missing_before > 0;

    output_text(context->out, "partial, ");
    output_decimal(context->out, before ? hit->missing_before : hit_missing_behind(context, hit));
    output_text(context->out, before ? " bytes missing before" : " bytes missing behind");
}

static void begin_remark(struct print_context *context, bool *any)
{
    output_text(context->out, *any ? ", " : "   ");
    *any = true;
}

static void print_remarks(struct print_context *context, const struct ms_hit *hit)
{
    const struct owner *owner = attribution_find(context->attribution, hit->space, hit->address);
    bool any = false;

    if (owner != NULL) {
        begin_remark(context, &any);
        print_owner(context->out, owner, hit->address);
    }
    if (context->labels != NULL) {
        begin_remark(context, &any);
        output_text(context->out, context->labels[hit->pattern]);
    }
    if (hit->repeat > 1) {
        begin_remark(context, &any);
        output_text(context->out, "repeated ");
        output_decimal(context->out, hit->repeat);
        output_text(context->out, " times");
    }
    if (hit->partial) {
        begin_remark(context, &any);
        print_partial(context, hit);
    }
    if (hit->n_mappings > 1) {
        begin_remark(context, &any);
        print_places(context, hit);
    }
}

static void print_match_row(struct print_context *context, const struct row_line *style,
                            enum ms_pattern_kind kind, const struct ms_hit *hit)
{
    struct row row;

    print_prefix(context, ':');
    if (style->marks && context->settings->context_given)
        output_text(context->out, "> ");
    row_read(&row, context->window, hit->address, ROW_BYTES);
    print_row(context, style, kind, &row, hit->length < ROW_BYTES ? hit->length : ROW_BYTES);
    if (style->remarks)
        print_remarks(context, hit);
    output_char(context->out, '\n');
}

// Rows from `address` on, `length` bytes, of which the first `highlight` belong to the match.
static void print_context_rows(struct print_context *context, const struct row_line *style,
                               enum ms_pattern_kind kind, uint64_t address, uint64_t length,
                               uint64_t highlight)
{
    struct row row;

    while (length > 0) {
        row_read(&row, context->window, address, length);
        print_prefix(context, '-');
        if (style->marks)
            output_text(context->out, "  ");
        print_row(context, style, kind, &row,
                  highlight < ROW_BYTES ? (uint32_t)highlight : ROW_BYTES);
        output_char(context->out, '\n');
        if (context->window->top - address < ROW_BYTES)
            return; // the top of the space
        address += row.n_bytes;
        length -= row.n_bytes;
        highlight -= highlight < ROW_BYTES ? highlight : ROW_BYTES;
    }
}

static uint64_t round_up_rows(uint64_t n_bytes)
{
    return (n_bytes + ROW_BYTES - 1) / ROW_BYTES * ROW_BYTES;
}

// Whole rows, in step with the row of the match; at address 0 the first may be shorter.
static void print_before(struct print_context *context, const struct row_line *style,
                         enum ms_pattern_kind kind, uint64_t address)
{
    uint64_t before = round_up_rows(context->settings->context);

    if (before > address) {
        print_context_rows(context, style, kind, 0, address % ROW_BYTES, 0);
        before = address - address % ROW_BYTES;
    }
    print_context_rows(context, style, kind, address - before, before, 0);
}

static void print_after(struct print_context *context, const struct row_line *style,
                        enum ms_pattern_kind kind, const struct ms_hit *hit)
{
    uint64_t shown = round_up_rows((uint64_t)hit->length + context->settings->context);
    uint64_t highlight = hit->length > ROW_BYTES ? hit->length - ROW_BYTES : 0;

    if (context->window->top - hit->address >= ROW_BYTES)
        print_context_rows(context, style, kind, hit->address + ROW_BYTES, shown - ROW_BYTES,
                           highlight);
}

static void print_hit(struct print_context *context, const struct row_line *style,
                      const struct ms_hit *hit)
{
    enum ms_pattern_kind kind = ms_patterns_info(context->patterns, hit->pattern).kind;

    if (!context->settings->context_given) {
        print_match_row(context, style, kind, hit);
        return;
    }
    if (context->any_printed)
        output_text(context->out, "--\n");
    print_before(context, style, kind, hit->address);
    print_match_row(context, style, kind, hit);
    print_after(context, style, kind, hit);
    context->any_printed = true;
}

static void text_hit(struct print_context *context, const struct ms_hit *hit)
{
    print_hit(context, &text_line, hit);
}

static void kd_hit(struct print_context *context, const struct ms_hit *hit)
{
    print_hit(context, &kd_line, hit);
}

static void text_gap(struct print_context *context, const struct ms_gap *gap)
{
    print_prefix(context, ':');
    print_address(context, gap->space, gap->range.first);
    output_char(context->out, '-');
    print_address(context, gap->space, gap->range.last);
    output_text(context->out, "  gap: ");
    output_decimal(context->out, gap->range.last - gap->range.first + 1);
    output_text(context->out, " bytes ");
    output_text(context->out, ms_gap_reason_name(gap->reason));
    output_char(context->out, '\n');
}

// -1
static void text_address_hit(struct print_context *context, const struct ms_hit *hit)
{
    print_prefix(context, ':');
    print_address(context, hit->space, hit->address);
    output_char(context->out, '\n');
}

static void kd_address_hit(struct print_context *context, const struct ms_hit *hit)
{
    char line[VIEW_ADDRESS_ROOM], *at = format_text(line, "0x");

    print_prefix(context, ':');
    at = format_plain(at, context->view, hit->space, hit->address);
    *at++ = '\n';
    output_bytes(context->out, line, (size_t)(at - line));
}

// -c: "COUNT  KIND TEXT [NAME]"
static void count_end(struct print_context *context, const struct print_end *end)
{
    for (size_t i = 0; i < end->result->n_patterns; i++) {
        struct ms_pattern_info info = ms_patterns_info(context->patterns, i);
        char line[FORMAT_NUMBER_ROOM + 2 * LABEL_ROOM + 4], *at = line;

        at = format_text(format_decimal(at, end->result->pattern_hits[i]), "  ");
        at = format_pattern(at, &info);
        if (info.name[0] != '\0')
            at = format_pattern_name(format_text(at, " "), &info);
        *at++ = '\n';
        print_prefix(context, ':');
        output_bytes(context->out, line, (size_t)(at - line));
    }
}

const struct printer text_printer = {
    .folds = true,
    .context = true,
    .gaps = true,
    .edge = true,
    .closing = true,
    .hit = text_hit,
    .gap = text_gap,
};

const struct printer text_address_printer = {.closing = true, .hit = text_address_hit};

const struct printer kd_printer = {.context = true, .closing = true, .hit = kd_hit};

const struct printer kd_address_printer = {.closing = true, .hit = kd_address_hit};

const struct printer count_printer = {.closing = true, .end = count_end};
