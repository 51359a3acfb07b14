// SPDX-License-Identifier: MIT
//
// Rows of several kinds share one table of columns, so that CSV has one header: its first column
// says of which kind a row is, as the type of an object of JSON does.

#include "special_rows.h"

#include "pool_owner.h"
#include "row.h"
#include "special_text.h"
#include <stdio.h>

enum column {
    COLUMN_ROW,
    COLUMN_IMAGE,
    COLUMN_ADDRESS,
    COLUMN_DATA,
    COLUMN_SIZE,
    COLUMN_TAG,
    COLUMN_POOL,
    COLUMN_MODE,
    COLUMN_STATE,
    COLUMN_FILL,
    COLUMN_SLOP,
    COLUMN_OVERWRITTEN,
    COLUMN_MISSING,
    COLUMN_LENGTH,
    COLUMN_BYTES,
    COLUMN_VALUE,
    COLUMN_DUMPS,
    COLUMN_PAGES,
    COLUMN_ELSEWHERE,
    COLUMN_KIND,
    COLUMN_MODULE,
    COLUMN_OFFSET,
    COLUMN_SECTION,
    COLUMN_HITS,
    COLUMN_PROTECTED,
    N_COLUMNS,
};

// Of all rows.
static const struct columns columns = {
    .count = N_COLUMNS,
    .names =
        {
            [COLUMN_ROW] = "row",
            [COLUMN_IMAGE] = "image",
            [COLUMN_ADDRESS] = "address",
            [COLUMN_DATA] = "data",
            [COLUMN_SIZE] = "size",
            [COLUMN_TAG] = "tag",
            [COLUMN_POOL] = "pool",
            [COLUMN_MODE] = "mode",
            [COLUMN_STATE] = "state",
            [COLUMN_FILL] = "fill",
            [COLUMN_SLOP] = "slop",
            [COLUMN_OVERWRITTEN] = "overwritten",
            [COLUMN_MISSING] = "missing",
            [COLUMN_LENGTH] = "length",
            [COLUMN_BYTES] = "bytes",
            [COLUMN_VALUE] = "value",
            [COLUMN_DUMPS] = "dumps",
            [COLUMN_PAGES] = "pages",
            [COLUMN_ELSEWHERE] = "elsewhere",
            [COLUMN_KIND] = "kind",
            [COLUMN_MODULE] = "module",
            [COLUMN_OFFSET] = "offset",
            [COLUMN_SECTION] = "section",
            [COLUMN_HITS] = "hits",
            [COLUMN_PROTECTED] = "protected",
        },
};

#define MOST_BYTES 64 // of garbage, in a row

static bool is_text(const struct special_printer *printer)
{
    return printer->settings->format == FORMAT_TEXT;
}

// An object says its type anyway.
static void print_row(struct special_printer *printer, const char *type, struct field *fields)
{
    struct columns of_type = columns;

    of_type.type = type;
    if (printer->settings->format == FORMAT_CSV)
        fields[COLUMN_ROW] = field_text(type);
    fields_row(printer->out, printer->settings->format, &of_type, fields);
}

void special_print_header(struct special_printer *printer)
{
    fields_header(printer->out, printer->settings->format, &columns);
}

// == Pages ==

static void print_page_fields(struct special_printer *printer,
                              const struct ms_special_page_info *page)
{
    char tag[TAG_CHARACTERS + 1], fill[8];
    struct field fields[N_COLUMNS] = {
        [COLUMN_IMAGE] = field_text(printer->dumps[page->dump].path),
        [COLUMN_ADDRESS] = field_address(page->address),
        [COLUMN_DATA] = field_address(page->data),
        [COLUMN_SIZE] = field_number(page->size),
        [COLUMN_TAG] = field_text(format_tag(tag, page->tag)),
        [COLUMN_POOL] = field_text(page->is_paged ? "paged" : "nonpaged"),
        [COLUMN_MODE] = field_text(page->is_underrun ? "underrun" : "overrun"),
        [COLUMN_STATE] = field_text(page->is_freed ? "free" : "allocated"),
        [COLUMN_FILL] = field_text(fill),
        [COLUMN_SLOP] = field_text(special_slop_name(page)),
        [COLUMN_OVERWRITTEN] = field_number(page->n_overwritten),
        [COLUMN_MISSING] = field_number(page->n_missing),
        [COLUMN_PROTECTED] = field_flag(page->is_protected),
    };

    snprintf(fill, sizeof(fill), "0x%02x", page->fill);
    print_row(printer, "special", fields);
}

static void print_garbage_fields(struct special_printer *printer,
                                 const struct ms_special_page_info *page,
                                 const struct ms_special_garbage *garbage)
{
    uint32_t length = garbage->length < MOST_BYTES ? garbage->length : MOST_BYTES;
    bool present[MOST_BYTES];
    char bytes[2 * MOST_BYTES + 1];
    struct field fields[N_COLUMNS] = {
        [COLUMN_IMAGE] = field_text(printer->dumps[page->dump].path),
        [COLUMN_ADDRESS] = field_address(garbage->address),
        [COLUMN_LENGTH] = field_number(garbage->length),
        [COLUMN_BYTES] = field_text(bytes),
    };

    memset(present, true, sizeof(present));
    *format_hex_bytes(bytes, garbage->bytes, present, length) = '\0';
    print_row(printer, "garbage", fields);
}

static void print_page(struct special_printer *printer, size_t index)
{
    struct ms_special_page_info page = ms_special_case_page(printer->special, index);

    if (is_text(printer)) {
        special_text_page(printer, index, &page);
        return;
    }
    print_page_fields(printer, &page);
    for (size_t i = 0; i < page.n_garbage; i++) {
        struct ms_special_garbage garbage = ms_special_case_garbage(printer->special, index, i);

        print_garbage_fields(printer, &page, &garbage);
    }
}

void special_print_dump(struct special_printer *printer, size_t dump)
{
    size_t n = ms_special_case_n_pages(printer->special), first = n;

    while (first > 0 && ms_special_case_page(printer->special, first - 1).dump == dump)
        first--;
    if (is_text(printer))
        special_text_counts(printer, dump);
    for (size_t i = first; i < n; i++)
        print_page(printer, i);
}

// == Words ==

static void print_word_fields(struct special_printer *printer, const struct ms_special_word *word)
{
    struct field fields[N_COLUMNS] = {
        [COLUMN_VALUE] = field_address(word->value),
        [COLUMN_DUMPS] = field_number(word->n_dumps),
        [COLUMN_PAGES] = field_number(word->n_pages),
        [COLUMN_ELSEWHERE] = field_number(word->elsewhere),
    };

    print_row(printer, "shared", fields);
}

void special_print_words(struct special_printer *printer)
{
    if (is_text(printer)) {
        special_text_words(printer);
        return;
    }
    for (size_t i = 0; i < ms_special_case_n_words(printer->special); i++) {
        struct ms_special_word word = ms_special_case_word(printer->special, i);

        print_word_fields(printer, &word);
    }
}

// == Owners ==

static void print_owner_fields(struct special_printer *printer, uint32_t value,
                               const struct ms_special_owner *owner)
{
    const struct special_dump *dump = &printer->dumps[owner->dump];
    char tag[TAG_CHARACTERS + 1];
    struct field fields[N_COLUMNS] = {
        [COLUMN_IMAGE] = field_text(dump->path),
        [COLUMN_ADDRESS] = field_address(owner->first),
        [COLUMN_VALUE] = field_address(value),
        [COLUMN_KIND] = field_text(ms_special_owner_kind_name(owner->kind)),
        [COLUMN_HITS] = field_number(owner->n_hits),
    };

    if (owner->module != MS_NO_MODULE) {
        struct ms_module_info info = ms_modules_info(dump->modules, owner->module);

        fields[COLUMN_MODULE] = field_text(info.name);
        fields[COLUMN_OFFSET] = field_address(owner->first - info.base);
        fields[COLUMN_SECTION] = field_known(owner->section);
    } else if (owner->kind != MS_SPECIAL_ELSEWHERE) {
        fields[COLUMN_TAG] = field_text(format_tag(tag, owner->tag));
        if (owner->kind == MS_SPECIAL_IN_POOL)
            fields[COLUMN_POOL] = field_text(ms_pool_kind_name(owner->pool));
    }
    print_row(printer, "owner", fields);
}

void special_print_owners(struct special_printer *printer, uint32_t value)
{
    size_t n = ms_special_case_n_owners(printer->special);

    if (is_text(printer)) {
        special_text_owners(printer, value);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        struct ms_special_owner owner = ms_special_case_owner(printer->special, i);

        print_owner_fields(printer, value, &owner);
    }
}
