// SPDX-License-Identifier: MIT
//
// WinDbg writes no backtick in addresses of pool. What it does not know, which pool a block that
// was found lies in and whether it is but a guess, stands behind its columns.

#include "pool_rows.h"

#include "escape.h"
#include <string.h>

#define TEXT_BYTES  400
#define SIZE_DIGITS 4

const struct columns pool_block_columns = {
    .type = "pool",
    .count = 18,
    .names = {"image", "space", "address", "size", "tag", "tag_value", "pool", "state", "form",
              "previous_size", "data", "data_size", "session", "protected", "guessed", "at",
              "driver", "text"},
};

static bool is_in(const struct ms_pool_info *block, uint64_t address)
{
    return address >= block->address && address - block->address < block->size;
}

// What is known of a block's tag; without any the texts are "".
static struct ms_pool_tag_info meaning(const struct pool_rows *rows,
                                       const struct ms_pool_info *block)
{
    struct ms_pool_tag_info info = {.driver = "", .text = ""};

    if (block->form != MS_POOL_DAMAGED)
        ms_pool_tags_find(rows->tags, block->tag, &info);
    return info;
}

// == Fields ==

// `at`: the address that was asked for; NULL: none was, or it is in another block.
static void print_fields(const struct pool_rows *rows, const struct ms_pool_info *block,
                         const uint64_t *at)
{
    const struct listing *listing = rows->listing;
    struct ms_pool_tag_info info = meaning(rows, block);
    bool damaged = block->form == MS_POOL_DAMAGED, small = block->form == MS_POOL_SMALL;
    char tag[TAG_CHARACTERS + 1];

    listing_print_row(rows->listing,
                      (const struct field[]){
                          field_text(listing->opened.path),
                          field_text(view_space(&listing->view, rows->space).name),
                          field_address(block->address),
                          field_number(block->size),
                          damaged ? field_none() : field_text(format_tag(tag, block->tag)),
                          damaged ? field_none() : field_address(block->tag),
                          block->kind == MS_POOL_KIND_UNKNOWN
                              ? field_none()
                              : field_text(ms_pool_kind_name(block->kind)),
                          field_text(pool_state(block)),
                          field_text(ms_pool_form_name(block->form)),
                          small ? field_number(block->previous_size) : field_none(),
                          damaged ? field_none() : field_address(block->data),
                          damaged ? field_none() : field_number(block->data_size),
                          field_flag(block->is_session),
                          field_flag(block->is_protected),
                          field_flag(block->guessed),
                          at != NULL ? field_address(*at) : field_none(),
                          field_known(info.driver),
                          field_known(info.text),
                      });
}

// == Text ==

void print_tag_text(struct output *out, const char *text)
{
    char escaped[TEXT_BYTES];

    output_bytes(out, escaped,
                 (size_t)(format_escaped(escaped, text, strlen(text), TEXT_BYTES) - escaped));
}

static void print_address(const struct pool_rows *rows, uint64_t address)
{
    const struct view *view = &rows->listing->view;
    char text[VIEW_ADDRESS_ROOM];
    char *end = view_format_address(text, view, rows->space, address);

    for (const char *at = text; at < end; at++)
        if (*at != '`')
            output_char(&rows->listing->out, *at);
}

// " size:   40", right-aligned.
static void print_size(struct output *out, const char *title, uint64_t size)
{
    char text[FORMAT_NUMBER_ROOM];
    size_t length = (size_t)(format_hex(text, size) - text);

    output_text(out, title);
    output_blanks(out, length, SIZE_DIGITS);
    output_bytes(out, text, length);
}

static void print_tag(struct output *out, const struct ms_pool_info *block)
{
    char tag[TAG_CHARACTERS + 1];

    output_text(out, format_tag(tag, block->tag));
    if (block->is_protected)
        output_text(out, " (Protected)");
}

static void print_meaning(const struct pool_rows *rows, const struct ms_pool_info *block)
{
    struct ms_pool_tag_info info = meaning(rows, block);
    struct output *out = &rows->listing->out;
    char tag[TAG_CHARACTERS + 1];

    listing_print_prefix(rows->listing);
    if (info.text[0] == '\0' && info.driver[0] == '\0') {
        output_text(out, "\t\tOwning component : Unknown (a file of --tags may tell)\n");
        return;
    }
    output_text(out, "\t\tPooltag ");
    output_text(out, format_tag(tag, block->tag));
    output_text(out, " : ");
    print_tag_text(out, info.text);
    if (info.driver[0] != '\0') {
        output_text(out, ", Binary : ");
        print_tag_text(out, info.driver);
    }
    output_char(out, '\n');
}

static const char *state_column(const struct ms_pool_info *block)
{
    return block->allocated ? "(Allocated) " : "(Free)      ";
}

void pool_row_found(const struct pool_rows *rows, const struct ms_pool_info *block)
{
    static const char *const forms[] = {[MS_POOL_SMALL] = "",
                                        [MS_POOL_BIG] = ", big",
                                        [MS_POOL_SPECIAL] = "",
                                        [MS_POOL_DAMAGED] = ""};
    struct output *out = &rows->listing->out;

    if (rows->listing->settings->format != FORMAT_TEXT) {
        print_fields(rows, block, NULL);
        return;
    }
    listing_print_prefix(rows->listing);
    print_address(rows, block->address);
    print_size(out, " size: ", block->size);
    print_size(out, " previous size: ", block->previous_size);
    output_text(out, "  ");
    output_text(out, state_column(block));
    print_tag(out, block);
    output_text(out, "   ");
    print_pool_kind(out, block);
    output_text(out, forms[block->form]);
    output_text(out, block->guessed ? ", guessed\n" : "\n");
    if (rows->listing->settings->verbose)
        print_meaning(rows, block);
}

// == Text: a page ==

// "Paged pool"
static void print_region(struct output *out, const struct ms_pool_page *page)
{
    static const char *const kinds[] = {[MS_POOL_KIND_UNKNOWN] = "Unknown",
                                        [MS_POOL_NONPAGED] = "Nonpaged",
                                        [MS_POOL_PAGED] = "Paged"};
    static const char *const remarks[] = {
        [MS_POOL_PAGE_DAMAGED] = ", damaged",
        [MS_POOL_PAGE_GUESSED] = " of the segment heap: blocks are guessed by their headers",
    };

    if (page->state == MS_POOL_PAGE_SPECIAL) {
        output_text(out, "Special pool");
        return;
    }
    output_text(out, kinds[page->kind]);
    output_text(out, page->is_session ? " session pool" : " pool");
    if (page->state < sizeof(remarks) / sizeof(remarks[0]) && remarks[page->state] != NULL)
        output_text(out, remarks[page->state]);
}

void pool_page_title(const struct pool_rows *rows, uint64_t address,
                     const struct ms_pool_page *page)
{
    struct output *out = &rows->listing->out;

    if (rows->listing->settings->format != FORMAT_TEXT)
        return;
    listing_print_prefix(rows->listing);
    output_text(out, "Pool page ");
    print_address(rows, address);
    output_text(out, " region is ");
    print_region(out, page);
    output_char(out, '\n');
}

static void print_small(const struct pool_rows *rows, const struct ms_pool_info *block, char mark)
{
    struct output *out = &rows->listing->out;

    print_size(out, " size: ", block->size);
    print_size(out, " previous size: ", block->previous_size);
    output_text(out, "  ");
    output_text(out, state_column(block));
    output_char(out, mark);
    print_tag(out, block);
}

static void print_big(const struct pool_rows *rows, const struct ms_pool_info *block, char mark)
{
    struct output *out = &rows->listing->out;

    (void)mark;
    output_text(out, " : large page allocation, tag is ");
    print_tag(out, block);
    output_text(out, ", size is ");
    output_hex(out, block->size);
    output_text(out, " bytes");
}

static void print_special(const struct pool_rows *rows, const struct ms_pool_info *block, char mark)
{
    struct output *out = &rows->listing->out;

    print_size(out, " size: ", block->data_size);
    output_text(out, " data: ");
    print_address(rows, block->data);
    output_text(out, block->kind == MS_POOL_PAGED      ? " (Paged) "
                     : block->kind == MS_POOL_NONPAGED ? " (NonPaged) "
                                                       : " ");
    output_char(out, mark);
    print_tag(out, block);
    output_text(out, block->allocated ? "" : " (Free)");
}

static void print_damaged(const struct pool_rows *rows, const struct ms_pool_info *block, char mark)
{
    (void)mark;
    print_size(&rows->listing->out, " size: ", block->size);
    output_text(&rows->listing->out, "  no valid header");
}

void pool_row_of_page(const struct pool_rows *rows, const struct ms_pool_info *block,
                      uint64_t address)
{
    static void (*const prints[])(const struct pool_rows *, const struct ms_pool_info *, char) = {
        [MS_POOL_SMALL] = print_small,
        [MS_POOL_BIG] = print_big,
        [MS_POOL_SPECIAL] = print_special,
        [MS_POOL_DAMAGED] = print_damaged,
    };
    bool marked = is_in(block, address);
    struct output *out = &rows->listing->out;

    if (rows->listing->settings->format != FORMAT_TEXT) {
        print_fields(rows, block, marked ? &address : NULL);
        return;
    }
    listing_print_prefix(rows->listing);
    output_char(out, marked ? '*' : ' ');
    print_address(rows, block->address);
    prints[block->form](rows, block, marked ? '*' : ' ');
    output_text(out, block->guessed ? "  guessed\n" : "\n");
    if (block->form != MS_POOL_DAMAGED && (marked || rows->listing->settings->verbose))
        print_meaning(rows, block);
}
