// SPDX-License-Identifier: MIT
//
// --format text and kd: WinDbg's lines. kd has nothing else on them; text marks addresses as
// physical, and says behind the columns which pattern it was and how often it repeats. With
// context, the row of the match is marked, and a line "--" stands between matches, as in grep.

#include "print.h"

#include "escape.h"
#include "row.h"
#include <string.h>

// What is in front of the columns, or alone with -1.
#define ADDRESS_ROOM 32

// The image's name and what grep puts behind it: ':' for a match, '-' for context.
static void print_prefix(struct print_context *context, char behind)
{
    if (context->image_prefix == NULL)
        return;
    output_text(context->out, context->image_prefix);
    output_char(context->out, behind);
}

static char *format_physical(char *at, const struct print_context *context, uint64_t address)
{
    at = format_text(at, "p:");
    return format_address(at, address, ms_image_address_bits(context->image));
}

// How a format writes a row; the two differ in this.
struct row_line {
    const char *physical; // in front of the address
    bool marks;           // > in front of the row of a match
    bool remarks;         // behind the columns
};

static const struct row_line text_line = {"p:", true, true};
static const struct row_line kd_line = {"", false, false};

static void print_row(struct print_context *context, const struct row_line *style,
                      enum ms_pattern_kind kind, const struct row *row, uint32_t highlight)
{
    char line[ADDRESS_ROOM + ROW_ROOM], *at = line;

    at = format_text(at, style->physical);
    at = format_address(at, row->address, ms_image_address_bits(context->image));
    at = format_text(at, "  ");
    at = row_format(at, kind, row, context->color ? highlight : 0);
    output_bytes(context->out, line, (size_t)(at - line));
}

static void print_remarks(struct print_context *context, const struct ms_hit *hit)
{
    if (context->labels != NULL) {
        output_text(context->out, "   ");
        output_text(context->out, context->labels[hit->pattern]);
    }
    if (hit->repeat > 1) {
        output_text(context->out, context->labels != NULL ? ", repeated " : "   repeated ");
        output_decimal(context->out, hit->repeat);
        output_text(context->out, " times");
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
        if (UINT64_MAX - address < ROW_BYTES)
            return; // the top of the address space
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

    if (UINT64_MAX - hit->address >= ROW_BYTES)
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
    char line[2 * ADDRESS_ROOM], *at = format_physical(line, context, gap->range.first);

    print_prefix(context, ':');
    *at++ = '-';
    at = format_physical(at, context, gap->range.last);
    output_bytes(context->out, line, (size_t)(at - line));
    output_text(context->out, "  gap: ");
    output_decimal(context->out, gap->range.last - gap->range.first + 1);
    output_text(context->out, " bytes ");
    output_text(context->out, ms_gap_reason_name(gap->reason));
    output_char(context->out, '\n');
}

// -1
static void text_address_hit(struct print_context *context, const struct ms_hit *hit)
{
    char line[ADDRESS_ROOM], *at = format_physical(line, context, hit->address);

    print_prefix(context, ':');
    *at++ = '\n';
    output_bytes(context->out, line, (size_t)(at - line));
}

static void kd_address_hit(struct print_context *context, const struct ms_hit *hit)
{
    char line[ADDRESS_ROOM], *at = format_text(line, "0x");

    print_prefix(context, ':');
    at = format_address(at, hit->address, ms_image_address_bits(context->image));
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
    .closing = true,
    .hit = text_hit,
    .gap = text_gap,
};

const struct printer text_address_printer = {.closing = true, .hit = text_address_hit};

const struct printer kd_printer = {.context = true, .closing = true, .hit = kd_hit};

const struct printer kd_address_printer = {.closing = true, .hit = kd_address_hit};

const struct printer count_printer = {.closing = true, .end = count_end};
