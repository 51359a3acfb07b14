// SPDX-License-Identifier: MIT
//
// Lines about one image begin with its name where there are several, as everywhere.

#include "special_text.h"

#include "escape.h"
#include "pool_owner.h"
#include "row.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum {
    LINE_ROOM = 256,
    PATH_ROOM = 1024,
    FEW_ROWS = 4,   // of the garbage of a page
    FEW_WORDS = 16, // that are shared
};

const char *special_slop_name(const struct ms_special_page_info *page)
{
    return page->n_overwritten > 0 ? "overwritten" : "intact";
}

static void print(struct special_printer *printer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void print(struct special_printer *printer, const char *format, ...)
{
    char line[LINE_ROOM];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    output_text(printer->out, line);
}

static void print_prefix(struct special_printer *printer, size_t dump)
{
    const char *path = printer->dumps[dump].path;
    char prefix[PATH_ROOM + 1], *behind;

    if (printer->n_images < 2)
        return;
    behind = format_escaped(prefix, path, strlen(path), PATH_ROOM);
    *behind++ = ':';
    output_bytes(printer->out, prefix, (size_t)(behind - prefix));
}

static void print_address(struct special_printer *printer, size_t dump, uint64_t address)
{
    char text[VIEW_ADDRESS_ROOM];
    const char *behind = view_format_address(text, printer->dumps[dump].view, 0, address);

    output_bytes(printer->out, text, (size_t)(behind - text));
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

// == Pages ==

void special_text_counts(struct special_printer *printer, size_t dump)
{
    struct ms_special_dump counts = ms_special_case_dump(printer->special, dump);

    print_prefix(printer, dump);
    print(printer, "special pool: %zu page%s, %zu overwritten\n", counts.n_pages,
          plural(counts.n_pages), counts.n_overwritten);
}

static void print_row_of_memory(struct special_printer *printer, size_t dump, uint64_t address,
                                uint64_t end)
{
    const struct view *view = printer->dumps[dump].view;
    struct row row = {.address = address, .n_bytes = ROW_BYTES};
    char text[ROW_ROOM];

    if (end - address < ROW_BYTES)
        row.n_bytes = (uint32_t)(end - address);
    view_read(view, 0, address, row.bytes, row.present, row.n_bytes);
    print_prefix(printer, dump);
    output_text(printer->out, "    ");
    print_address(printer, dump, address);
    output_text(printer->out, "  ");
    output_bytes(printer->out, text, (size_t)(row_format(text, MS_DWORD, &row, 0) - text));
    output_char(printer->out, '\n');
}

// Rows of whole DWORDs, as memscan dump -d prints them. The first few, unless all are wanted.
static void print_garbage(struct special_printer *printer, size_t index,
                          const struct ms_special_page_info *page)
{
    unsigned n_rows = 0, n_shown = 0;

    for (size_t i = 0; i < page->n_garbage; i++) {
        struct ms_special_garbage garbage = ms_special_case_garbage(printer->special, index, i);
        uint64_t address = garbage.address & ~UINT64_C(3);
        uint64_t left = ((garbage.address + garbage.length - 1) | 3) - address;

        for (;; address += ROW_BYTES, left -= ROW_BYTES) {
            if (printer->settings->verbose || n_rows < FEW_ROWS) {
                print_row_of_memory(printer, page->dump, address, address + left + 1);
                n_shown++;
            }
            n_rows++;
            if (left < ROW_BYTES)
                break;
        }
    }
    if (n_shown < n_rows) {
        print_prefix(printer, page->dump);
        print(printer, "    ... %u more row%s: -v prints all\n", n_rows - n_shown,
              plural(n_rows - n_shown));
    }
}

// As !pool: "82940ff0 size:   10 nonpaged special pool, Tag is xxxx".
void special_text_page(struct special_printer *printer, size_t index,
                       const struct ms_special_page_info *page)
{
    char tag[TAG_CHARACTERS + 1];

    print_prefix(printer, page->dump);
    print_address(printer, page->dump, page->data);
    print(printer, " size: %4" PRIx32 " %s special pool, Tag is %s%s%s%s, ", page->size,
          page->is_paged ? "paged" : "nonpaged", format_tag(tag, page->tag),
          page->is_protected ? " (Protected)" : "", page->is_underrun ? " (Underrun)" : "",
          page->is_freed ? " (Free)" : "");
    if (page->n_overwritten == 0)
        print(printer, "slop intact");
    else
        print(printer, "slop OVERWRITTEN: %u byte%s", page->n_overwritten,
              plural(page->n_overwritten));
    print(printer, " (fill %02x)", page->fill);
    if (page->n_missing > 0)
        print(printer, ", %u byte%s of it not in the image", page->n_missing,
              plural(page->n_missing));
    output_char(printer->out, '\n');
    print_garbage(printer, index, page);
}

// == Words ==

// Whether a shell takes a word as it is.
static bool is_plain(const char *word)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+:@%,-";

    return word[0] != '\0' && word[0] != '-' && word[strspn(word, plain)] == '\0';
}

// A file's name as a shell takes it, if it has no control characters.
static void print_argument(struct special_printer *printer, const char *word)
{
    char text[PATH_ROOM];
    const char *behind = format_escaped(text, word, strlen(word), sizeof(text));

    output_char(printer->out, ' ');
    if (is_plain(word)) {
        output_text(printer->out, word);
        return;
    }
    output_char(printer->out, '\'');
    for (const char *at = text; at < behind; at++) {
        if (*at == '\'')
            output_text(printer->out, "'\\''");
        else
            output_char(printer->out, *at);
    }
    output_char(printer->out, '\'');
}

static void print_search(struct special_printer *printer, uint32_t value)
{
    print(printer, "memscan -d %08" PRIx32, value);
    for (size_t i = 0; i < ms_special_case_n_dumps(printer->special); i++)
        print_argument(printer, printer->dumps[i].path);
    output_char(printer->out, '\n');
}

static void print_comparison(struct special_printer *printer, size_t n_words)
{
    size_t n_pages = ms_special_case_n_compared(printer->special);

    output_char(printer->out, '\n');
    if (n_pages == 1)
        print(printer, "One page is overwritten: there is none to compare it with.%s\n",
              n_words > 0 ? " Its DWORDs:" : " Its garbage has no DWORD worth a search.");
    else
        print(printer, "The garbage of %zu pages %s\n", n_pages,
              n_words > 0 ? "shares these DWORDs:" : "shares no DWORD worth a search.");
}

void special_text_words(struct special_printer *printer)
{
    size_t n = ms_special_case_n_words(printer->special), n_shown = n;

    if (ms_special_case_n_compared(printer->special) == 0)
        return;
    print_comparison(printer, n);
    if (n == 0)
        return;
    if (!printer->settings->verbose && n > FEW_WORDS)
        n_shown = FEW_WORDS;
    print(printer, "   DWORD  dumps  pages  elsewhere\n");
    for (size_t i = 0; i < n_shown; i++) {
        struct ms_special_word word = ms_special_case_word(printer->special, i);

        print(printer, "%08" PRIx32 " %6zu %6zu %10" PRIu64 "\n", word.value, word.n_dumps,
              word.n_pages, word.elsewhere);
    }
    if (n_shown < n)
        print(printer, "... %zu more: -v prints all\n", n - n_shown);
    output_char(printer->out, '\n');
    print_search(printer, ms_special_case_word(printer->special, 0).value);
}

// == Owners ==

static const char *module_of(const struct special_printer *printer,
                             const struct ms_special_owner *owner)
{
    return ms_modules_info(printer->dumps[owner->dump].modules, owner->module).name;
}

static void print_owner(struct special_printer *printer, const struct ms_special_owner *owner)
{
    char tag[TAG_CHARACTERS + 1];

    print_prefix(printer, owner->dump);
    print(printer, "%8" PRIu64 "  ", owner->n_hits);
    print_address(printer, owner->dump, owner->first);
    output_text(printer->out, "  ");
    if (owner->kind == MS_SPECIAL_IN_MODULE) {
        struct ms_module_info info =
            ms_modules_info(printer->dumps[owner->dump].modules, owner->module);

        output_text(printer->out, info.name);
        print(printer, "+0x%" PRIx64 "%s%s", owner->first - info.base,
              owner->section[0] != '\0' ? " " : "", owner->section);
    } else if (owner->kind == MS_SPECIAL_ELSEWHERE) {
        output_text(printer->out, "no module, no pool that is known");
    } else if (owner->kind == MS_SPECIAL_IN_SPECIAL_POOL) {
        print(printer, "special pool, tag %s", format_tag(tag, owner->tag));
    } else {
        print(printer, "%s pool, tag %s", ms_pool_kind_name(owner->pool),
              format_tag(tag, owner->tag));
    }
    output_char(printer->out, '\n');
}

// Whether an owner is the first of its module, in its dump or in all of them.
static bool is_first_of_module(const struct special_printer *printer, size_t index, bool in_dump)
{
    struct ms_special_owner owner = ms_special_case_owner(printer->special, index);

    for (size_t i = 0; i < index; i++) {
        struct ms_special_owner other = ms_special_case_owner(printer->special, i);

        if (other.kind == MS_SPECIAL_IN_MODULE && (!in_dump || other.dump == owner.dump) &&
            strcmp(module_of(printer, &other), module_of(printer, &owner)) == 0)
            return false;
    }
    return true;
}

static size_t count_dumps(const struct special_printer *printer, const char *module)
{
    size_t n = 0;

    for (size_t i = 0; i < ms_special_case_n_owners(printer->special); i++) {
        struct ms_special_owner owner = ms_special_case_owner(printer->special, i);

        n += owner.kind == MS_SPECIAL_IN_MODULE &&
             strcmp(module_of(printer, &owner), module) == 0 &&
             is_first_of_module(printer, i, true);
    }
    return n;
}

// The answer: which drivers hold the value, and in how many of the dumps.
static void print_drivers(struct special_printer *printer)
{
    size_t n_dumps = ms_special_case_n_dumps(printer->special);
    bool any = false;

    for (size_t i = 0; i < ms_special_case_n_owners(printer->special); i++) {
        struct ms_special_owner owner = ms_special_case_owner(printer->special, i);

        if (owner.kind != MS_SPECIAL_IN_MODULE || !is_first_of_module(printer, i, false))
            continue;
        output_text(printer->out, any ? ", " : "\nheld by ");
        output_text(printer->out, module_of(printer, &owner));
        print(printer, " (%zu of %zu dump%s)", count_dumps(printer, module_of(printer, &owner)),
              n_dumps, plural(n_dumps));
        any = true;
    }
    output_text(printer->out, any ? "\n" : "\nheld by no driver\n");
}

void special_text_owners(struct special_printer *printer, uint32_t value)
{
    print(printer, "\n%08" PRIx32 " in kernel memory: how often, where first, whose\n", value);
    for (size_t i = 0; i < ms_special_case_n_owners(printer->special); i++) {
        struct ms_special_owner owner = ms_special_case_owner(printer->special, i);

        print_owner(printer, &owner);
    }
    print_drivers(printer);
}
