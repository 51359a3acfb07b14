// SPDX-License-Identifier: MIT
//
// The left half of a line is that of !poolused. The kernel counts allocations as they are made and
// freed; the right half is what lies in the image. Where the two differ, blocks are in pages that
// the image does not hold, or somebody wrote over one of the two.

#include "pool_used.h"

#include "message.h"
#include <stdlib.h>
#include <string.h>

// Of the tag and the four columns of each half.
#define TAG_WIDTH 5
static const size_t widths[] = {10, 13, 11, 13};

const struct columns pool_used_columns = {
    .type = "tag",
    .count = 21,
    .names = {"image",
              "space",
              "tag",
              "tag_value",
              "source",
              "nonpaged_allocs",
              "nonpaged_bytes",
              "paged_allocs",
              "paged_bytes",
              "nonpaged_frees",
              "paged_frees",
              "counted_nonpaged_allocs",
              "counted_nonpaged_bytes",
              "counted_paged_allocs",
              "counted_paged_bytes",
              "session_allocs",
              "session_bytes",
              "guessed",
              "differs",
              "driver",
              "text"},
};

// == Rows ==

typedef const struct ms_pool_usage_row usage_row;

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

static bool differs(usage_row *row)
{
    return row->has_tracker && memcmp(&row->tracker, &row->counted, sizeof(row->tracker)) != 0;
}

// Bytes, of which a sum may pass the largest number.
static uint64_t difference(usage_row *row)
{
    uint64_t nonpaged = distance(row->tracker.nonpaged_bytes, row->counted.nonpaged_bytes);
    uint64_t paged = distance(row->tracker.paged_bytes, row->counted.paged_bytes);

    return nonpaged > UINT64_MAX - paged ? UINT64_MAX : nonpaged + paged;
}

static bool is_zero(const struct ms_pool_totals *totals)
{
    static const struct ms_pool_totals zero;

    return memcmp(totals, &zero, sizeof(zero)) == 0;
}

// Whether a tag has nothing, and nobody says that it has.
static bool is_empty(usage_row *row)
{
    return is_zero(&row->tracker) && is_zero(&row->counted) && row->session_allocs == 0;
}

// What a row counts with: the kernel's table, or where that does not have it the blocks.
static const struct ms_pool_totals *totals_of(usage_row *row)
{
    return row->has_tracker ? &row->tracker : &row->counted;
}

static uint64_t sort_key(usage_row *row, enum tag_order order)
{
    switch (order) {
    case BY_NONPAGED:
        return totals_of(row)->nonpaged_bytes;
    case BY_PAGED:
        return totals_of(row)->paged_bytes;
    case BY_DIFFERENCE:
        return row->has_tracker ? difference(row) : 0;
    case BY_TAG:
        break;
    }
    return 0;
}

struct sorted_row {
    usage_row *row;
    uint64_t key;
    size_t index; // rows come by tag
};

// The largest first.
static int compare_rows(const void *a, const void *b)
{
    const struct sorted_row *left = a, *right = b;

    if (left->key != right->key)
        return left->key > right->key ? -1 : 1;
    return left->index < right->index ? -1 : left->index > right->index;
}

// Like !poolused, text leaves out tags of which all is free again.
static bool is_wanted(const struct settings *settings, usage_row *row)
{
    if (settings->format == FORMAT_TEXT && !settings->verbose && is_empty(row))
        return false;
    for (size_t i = 0; i < settings->n_tags; i++)
        if (ms_pool_tag_matches(settings->tags[i], row->tag))
            return true;
    return settings->n_tags == 0;
}

// Sets *n_ret. NULL without memory.
static struct sorted_row *sort_rows(const struct settings *settings,
                                    const struct ms_pool_usage *usage, size_t *n_ret)
{
    size_t count = ms_pool_usage_count(usage), n = 0;
    struct sorted_row *sorted = calloc(count + 1, sizeof(*sorted));

    for (size_t i = 0; sorted != NULL && i < count; i++) {
        usage_row *row = ms_pool_usage_row(usage, i);

        if (is_wanted(settings, row))
            sorted[n++] = (struct sorted_row){row, sort_key(row, settings->sort), i};
    }
    if (n > 0)
        qsort(sorted, n, sizeof(*sorted), compare_rows);
    *n_ret = n;
    return sorted;
}

// == Fields ==

static void print_fields(const struct pool_rows *rows, usage_row *row,
                         const struct ms_pool_tag_info *info)
{
    const struct listing *listing = rows->listing;
    const struct ms_pool_totals *totals = totals_of(row);
    bool tracker = row->has_tracker;
    char tag[TAG_CHARACTERS + 1];

    listing_print_row(rows->listing, (const struct field[]){
                                         field_text(listing->opened.path),
                                         field_text(view_space(&listing->view, rows->space).name),
                                         field_text(format_tag(tag, row->tag)),
                                         field_address(row->tag),
                                         field_text(tracker ? "tracker" : "counted"),
                                         field_number(totals->nonpaged_allocs),
                                         field_number(totals->nonpaged_bytes),
                                         field_number(totals->paged_allocs),
                                         field_number(totals->paged_bytes),
                                         tracker ? field_number(row->nonpaged_frees) : field_none(),
                                         tracker ? field_number(row->paged_frees) : field_none(),
                                         field_number(row->counted.nonpaged_allocs),
                                         field_number(row->counted.nonpaged_bytes),
                                         field_number(row->counted.paged_allocs),
                                         field_number(row->counted.paged_bytes),
                                         field_number(row->session_allocs),
                                         field_number(row->session_bytes),
                                         field_number(row->guessed),
                                         field_flag(differs(row)),
                                         field_known(info->driver),
                                         field_known(info->text),
                                     });
}

// == Text ==

// Columns that are too narrow for a number still begin with a blank.
static void print_right(struct output *out, size_t width, const char *text, size_t length)
{
    output_blanks(out, length < width ? length : width - 1, width);
    output_bytes(out, text, length);
}

// `used` characters of the first column are taken. NULL: nobody knows.
static void print_totals(struct output *out, const struct ms_pool_totals *totals, size_t used)
{
    const uint64_t numbers[] = {
        totals != NULL ? totals->nonpaged_allocs : 0, totals != NULL ? totals->nonpaged_bytes : 0,
        totals != NULL ? totals->paged_allocs : 0, totals != NULL ? totals->paged_bytes : 0};
    char text[FORMAT_NUMBER_ROOM];

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        size_t length = totals != NULL ? (size_t)(format_decimal(text, numbers[i]) - text) : 1;

        print_right(out, widths[i] - (i == 0 ? used : 0), totals != NULL ? text : "-", length);
    }
}

static void print_number(struct output *out, const char *before, uint64_t number,
                         const char *behind)
{
    output_text(out, before);
    output_decimal(out, number);
    output_text(out, behind);
}

// Neither of the two counts has what sessions allocated.
static void print_session(struct output *out, usage_row *row)
{
    if (row->session_allocs == 0)
        return;
    print_number(out, ", session pool: ", row->session_allocs,
                 row->session_allocs == 1 ? " allocation, " : " allocations, ");
    print_number(out, "", row->session_bytes, " bytes");
}

static void print_meaning(struct output *out, usage_row *row, const struct ms_pool_tag_info *info)
{
    char tag[TAG_CHARACTERS + 1];

    output_char(out, '\t');
    if (info->text[0] == '\0' && info->driver[0] == '\0') {
        output_text(out, "UNKNOWN pooltag '");
        output_text(out, format_tag(tag, row->tag));
        output_char(out, '\'');
        return;
    }
    print_tag_text(out, info->text);
    if (info->driver[0] != '\0') {
        output_text(out, " , Binary: ");
        print_tag_text(out, info->driver);
    }
}

// --verbose: what !poolused has no column for.
static void print_details(const struct pool_rows *rows, usage_row *row)
{
    struct output *out = &rows->listing->out;

    listing_print_prefix(rows->listing);
    if (row->has_tracker) {
        print_number(out, "      frees: ", row->nonpaged_frees, " nonpaged, ");
        print_number(out, "", row->paged_frees, " paged");
    } else {
        output_text(out, "      not in the kernel's table");
    }
    if (row->guessed > 0)
        print_number(out, "; ", row->guessed, " of the blocks counted are guesses");
    output_char(out, '\n');
}

static void print_row(const struct pool_rows *rows, usage_row *row,
                      const struct ms_pool_tag_info *info)
{
    struct output *out = &rows->listing->out;
    char tag[TAG_CHARACTERS + 1];

    listing_print_prefix(rows->listing);
    output_char(out, ' ');
    output_text(out, format_tag(tag, row->tag));
    print_totals(out, row->has_tracker ? &row->tracker : NULL, 0);
    output_text(out, differs(row) ? " !=" : "   ");
    print_totals(out, &row->counted, 0);
    print_meaning(out, row, info);
    print_session(out, row);
    output_char(out, '\n');
    if (rows->listing->settings->verbose)
        print_details(rows, row);
}

static void print_line(const struct pool_rows *rows, const char *text)
{
    listing_print_prefix(rows->listing);
    output_text(&rows->listing->out, text);
    output_char(&rows->listing->out, '\n');
}

static void print_header(const struct pool_rows *rows, const struct ms_pool_system *system)
{
    static const char *const titles[] = {
        [BY_TAG] = " Sorting by Tag",
        [BY_NONPAGED] = " Sorting by NonPaged Pool Consumed",
        [BY_PAGED] = " Sorting by Paged Pool Consumed",
        [BY_DIFFERENCE] = " Sorting by Difference of the Two Counts",
    };

    print_line(rows, titles[rows->listing->settings->sort]);
    if (!system->has_chains)
        print_line(rows, " A segment heap: blocks are counted by headers that look right");
    print_line(rows, "");
    print_line(rows, "               NonPaged                  Paged"
                     "          Counted: NonPaged                  Paged");
    print_line(rows, " Tag     Allocs         Used     Allocs         Used"
                     "       Allocs         Used     Allocs         Used");
}

static void add_totals(struct ms_pool_totals *sum, const struct ms_pool_totals *part)
{
    sum->nonpaged_allocs += part->nonpaged_allocs;
    sum->nonpaged_bytes += part->nonpaged_bytes;
    sum->paged_allocs += part->paged_allocs;
    sum->paged_bytes += part->paged_bytes;
}

static void print_total(const struct pool_rows *rows, const struct sorted_row *sorted, size_t n)
{
    struct ms_pool_totals tracker = {0}, counted = {0};
    struct output *out = &rows->listing->out;
    static const char total[] = " TOTAL";
    bool has_tracker = false;

    for (size_t i = 0; i < n; i++) {
        has_tracker = has_tracker || sorted[i].row->has_tracker;
        add_totals(&tracker, &sorted[i].row->tracker);
        add_totals(&counted, &sorted[i].row->counted);
    }
    listing_print_prefix(rows->listing);
    output_text(out, total);
    print_totals(out, has_tracker ? &tracker : NULL, sizeof(total) - 1 - TAG_WIDTH);
    output_text(out, "   ");
    print_totals(out, &counted, 0);
    output_char(out, '\n');
}

// == All ==

static void print_rows(const struct pool_rows *rows, const struct sorted_row *sorted, size_t n)
{
    const struct settings *settings = rows->listing->settings;

    for (size_t i = 0; i < n && i < settings->top; i++) {
        struct ms_pool_tag_info info = {.driver = "", .text = ""};

        ms_pool_tags_find(rows->tags, sorted[i].row->tag, &info);
        if (settings->format == FORMAT_TEXT)
            print_row(rows, sorted[i].row, &info);
        else
            print_fields(rows, sorted[i].row, &info);
        rows->listing->outcome.found = true;
    }
}

bool pool_used_print(const struct pool_rows *rows, const struct ms_pool_system *system,
                     const struct ms_pool_usage *usage)
{
    const struct settings *settings = rows->listing->settings;
    size_t n;
    struct sorted_row *sorted = sort_rows(settings, usage, &n);

    if (sorted == NULL) {
        message_no_memory();
        return false;
    }
    if (n > 0 && settings->format == FORMAT_TEXT)
        print_header(rows, system);
    print_rows(rows, sorted, n);
    if (n > 0 && settings->format == FORMAT_TEXT)
        print_total(rows, sorted, n);
    free(sorted);
    return true;
}
