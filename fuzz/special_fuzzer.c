// SPDX-License-Identifier: MIT
//
// One or two small machines with pages of special pool that the input writes to. Whoever can hand a
// user images feeds this.
//
//     how       bit 0: 32 bits with PAE, else x64; bit 1: two machines              1 byte
//     machines  each: how many pages (0 to 7), and each of them:
//               how     bits 0-1 pages that are not mapped in front of it; bit 2 paged, bit 3
//                       underrun, bit 4 freed, bit 5 all zeros, bit 6 no header     1 byte
//               size    of the allocation                                           2
//               fill    the byte                                                    1
//               tag     one of four                                                 1
//               changes how many (0 to 15), and each of them: offset, DWORD         1 + 6 each
//
// What a page is taken for is held to: its parts do not overlap, their sums are right, garbage is
// what a loop finds; unchanged pages are what they are. What garbage shares, and where it is
// elsewhere, is what a loop over all memory counts; places have as many owners as there are.

#include "fuzz.h"

#include "windows/special_page.h"

#include <inttypes.h>
#include <memscan/special_pool.h>

enum {
    MAX_PAGES = 7,
    MAX_DUMPS = 2,
    TABLES = 4, // pages of tables, in front of the others
    BYTES = MS_SPECIAL_BYTES,
    SIZE = (TABLES + MAX_PAGES) * BYTES,
    MAX_CHANGES = 15,
};

struct page {
    uint64_t address;
    bool lone;
    bool whole; // nobody changed it
    bool is_special;
    struct ms_special_page special;
    bool garbage[BYTES];
};

struct dump {
    size_t n;
    struct page pages[MAX_PAGES];
    uint8_t bytes[SIZE];
    struct memory_file file;
    struct ms_image *image;
    struct ms_spaces *spaces;
    struct ms_modules *modules;
};

struct subject {
    unsigned bits;
    size_t n;
    struct dump dumps[MAX_DUMPS];
    struct ms_special_case *special;
};

UNWATCHED static uint8_t *page_bytes(struct dump *dump, size_t index)
{
    return dump->bytes + (TABLES + index) * BYTES;
}

static void put(uint8_t *bytes, size_t at, uint64_t value, size_t width)
{
    for (size_t i = 0; i < width && at + i < BYTES; i++)
        bytes[at + i] = (uint8_t)(value >> 8 * i);
}

UNWATCHED static uint32_t dword_at(const uint8_t *bytes, size_t at)
{
    uint32_t value;

    memcpy(&value, bytes + at, sizeof(value));
    return value;
}

// == The machines ==

static void write_header(uint8_t *bytes, unsigned bits, unsigned how, unsigned size, uint8_t fill,
                         const char *tag)
{
    uint8_t *header = bytes + (how & 8 ? BYTES - bits / 4 : 0);

    memset(header, 0, bits / 4);
    put(header, 0, size | (how & 4 ? 0x8000 : 0), 2);
    header[2] = fill;
    memcpy(header + 4, tag, 4);
}

static void write_record(uint8_t *bytes, unsigned bits, uint64_t data, unsigned size)
{
    unsigned at = bits / 4, pointer = bits / 8;

    put(bytes, at, 0x98764321, 4);
    put(bytes, at + 8, size, 4);
    put(bytes, at + 0x10, data, pointer);
    memset(bytes + at + 0x10 + pointer, 0, 3 * (size_t)pointer);
}

static void take_page(struct input *input, struct dump *dump, size_t index, unsigned bits,
                      uint64_t *next)
{
    static const char *const tags[] = {"FMsl", "Abc ", "    ", "\1\2\3\4"};
    struct page *page = &dump->pages[index];
    uint8_t *bytes = page_bytes(dump, index);
    unsigned how = (unsigned)take(input, 1), size = (unsigned)take(input, 2) % 0x1100;
    uint8_t fill = (uint8_t)take(input, 1);
    unsigned tag = (unsigned)take(input, 1) & 3, n_changes = (unsigned)take(input, 1) & MAX_CHANGES;
    unsigned data = how & 8 ? 0 : (BYTES - size) / (bits / 4) * (bits / 4);

    page->address = *next + BYTES * (uint64_t)(how & 3);
    page->lone = true;
    if (index > 0 && (how & 3) == 0)
        page->lone = dump->pages[index - 1].lone = false;
    *next = page->address + BYTES;
    memset(bytes, how & 0x20 ? 0 : fill, BYTES);
    if (!(how & 0x40))
        write_header(bytes, bits, how, size, fill, tags[tag]);
    if (how & 0x10)
        write_record(bytes, bits, page->address + data, size);
    page->whole = !(how & 0x60) && size > 0 && size <= BYTES - bits / 4 - 64 && tag < 2 &&
                  n_changes == 0 && fill != 0;
    for (; n_changes > 0; n_changes--) {
        size_t at = take(input, 2) % BYTES;

        put(bytes, at, take(input, 4), 4);
    }
}

// x64: the root, then three tables; PAE: the root's four entries, and two tables.
static void make_tables(struct dump *dump, unsigned bits, uint64_t base)
{
    uint8_t *tables = dump->bytes, *last = tables + (bits == 64 ? 3 : 2) * BYTES;

    put(tables, bits == 64 ? 8 * 0x1f0 : 8 * 2, bits == 64 ? 0x1063 : 0x1001, 8);
    put(tables + BYTES, 0, 0x2063, 8);
    if (bits == 64)
        put(tables + 2 * BYTES, 0, 0x3063, 8);
    for (size_t i = 0; i < dump->n; i++)
        put(last, 8 * ((dump->pages[i].address - base) / BYTES), (TABLES + i) * BYTES + 0x63, 8);
}

static void take_dump(struct input *input, struct dump *dump, unsigned bits)
{
    uint64_t base = bits == 64 ? UINT64_C(0xfffff80000000000) : 0x80000000, next = base;

    dump->n = take(input, 1) & 7;
    for (size_t i = 0; i < dump->n; i++)
        take_page(input, dump, i, bits, &next);
    make_tables(dump, bits, base);
}

static void open_dump(struct dump *dump, unsigned bits)
{
    const struct ms_open_options raw = {.format = "raw"};
    const uint64_t root = 0;
    const struct ms_spaces_options options = {.root = &root, .paging = bits == 64 ? "x64" : "pae"};
    struct ms_error error = {0};

    dump->file = memory_file_open(dump->bytes, SIZE);
    CHECK(ms_image_open(dump->file.path, &raw, &dump->image, &error) == MS_OK, "%s", error.text);
    CHECK(ms_spaces_create(dump->image, &options, &dump->spaces, &error) == MS_OK, "%s",
          error.text);
    CHECK(ms_spaces_add(dump->spaces, "kernel", &error) == MS_OK, "%s", error.text);
    CHECK(ms_modules_create(dump->spaces, 0, NULL, &dump->modules, &error) == MS_OK, "%s",
          error.text);
}

static void close_dump(struct dump *dump)
{
    ms_modules_free(dump->modules);
    ms_spaces_free(dump->spaces);
    ms_image_close(dump->image);
    memory_file_close(&dump->file);
}

// == A page ==

static bool is_in(const struct ms_special_page *page, unsigned at)
{
    return (at >= page->areas[0].first && at < page->areas[0].end) ||
           (at >= page->areas[1].first && at < page->areas[1].end);
}

static void check_parts(const struct ms_special_page *page, const uint8_t *bytes, unsigned bits)
{
    unsigned n = 0, overwritten = 0;

    CHECK(page->size > 0 && page->data + page->size <= BYTES, "data %x+%x", page->data, page->size);
    for (unsigned at = 0; at < BYTES; at++) {
        bool header = at >= page->header && at < page->header + bits / 4;
        bool data = at >= page->data && at < page->data + page->size;

        CHECK(!(header && data), "header and data at %x", at);
        CHECK(!is_in(page, at) || !(header || data), "fill at %x", at);
        CHECK(is_in(page, at) || header || data || page->is_freed, "nothing at %x", at);
        n += is_in(page, at);
        overwritten += is_in(page, at) && bytes[at] != page->fill;
    }
    CHECK(page->n_fill == n && page->n_missing == 0, "%u bytes of fill", page->n_fill);
    CHECK(page->n_overwritten == overwritten, "%u bytes overwritten", page->n_overwritten);
}

// What differs, and up to 3 bytes between two that do.
UNWATCHED static void mark_garbage(struct page *page, const uint8_t *bytes)
{
    for (unsigned area = 0; area < 2; area++) {
        unsigned end = page->special.areas[area].end, last = BYTES;

        for (unsigned at = page->special.areas[area].first; at < end; at++) {
            if (bytes[at] == page->special.fill)
                continue;
            page->garbage[at] = true;
            for (unsigned between = last + 1; at - last <= 4 && between < at; between++)
                page->garbage[between] = true;
            last = at;
        }
    }
}

static void check_garbage(const struct page *page, const uint8_t *bytes, const bool *present)
{
    bool garbage[BYTES] = {false};
    struct ms_special_stretch stretch = {0};
    unsigned from = 0;

    while (ms_special_page_garbage(&page->special, bytes, present, from, &stretch)) {
        CHECK(stretch.first >= from && stretch.end > stretch.first && stretch.end <= BYTES,
              "garbage %x-%x", stretch.first, stretch.end);
        memset(garbage + stretch.first, true, stretch.end - stretch.first);
        from = stretch.end;
    }
    CHECK(memcmp(garbage, page->garbage, BYTES) == 0, "garbage of %" PRIx64, page->address);
}

static void check_page(struct dump *dump, size_t index, unsigned bits)
{
    struct page *page = &dump->pages[index];
    const uint8_t *bytes = page_bytes(dump, index);
    bool present[BYTES];

    memset(present, true, sizeof(present));
    page->is_special = ms_special_page_judge(page->address, bytes, present, bits, &page->special);
    CHECK(page->is_special || !page->whole, "page %zu is none", index);
    if (!page->is_special)
        return;
    check_parts(&page->special, bytes, bits);
    CHECK(!page->whole || page->special.n_overwritten == 0, "page %zu is overwritten", index);
    mark_garbage(page, bytes);
    check_garbage(page, bytes, present);
}

// == All pages ==

UNWATCHED static bool is_counted(const struct page *page)
{
    return page->lone && page->is_special;
}

UNWATCHED static bool is_overwritten(const struct page *page)
{
    return is_counted(page) && page->special.n_overwritten > 0;
}

static void check_list(const struct subject *subject)
{
    size_t n = 0;

    for (size_t i = 0; i < subject->n; i++)
        for (size_t k = 0; k < subject->dumps[i].n; k++) {
            const struct page *page = &subject->dumps[i].pages[k];
            struct ms_special_page_info info;

            if (!is_counted(page))
                continue;
            CHECK(n < ms_special_case_n_pages(subject->special), "%zu pages", n);
            info = ms_special_case_page(subject->special, n++);
            CHECK(info.dump == i && info.address == page->address, "page %" PRIx64, info.address);
            CHECK(info.n_overwritten == page->special.n_overwritten, "page %" PRIx64, info.address);
        }
    CHECK(n == ms_special_case_n_pages(subject->special), "%zu pages", n);
}

// == What is shared ==

UNWATCHED static bool is_mapped(const struct dump *dump, uint64_t address)
{
    for (size_t i = 0; i < dump->n; i++)
        if (address - dump->pages[i].address < BYTES)
            return true;
    return false;
}

UNWATCHED static bool is_tag(const struct subject *subject, uint32_t value)
{
    value &= 0x7fffffff;
    for (size_t i = 0; i < subject->n; i++)
        for (size_t k = 0; k < subject->dumps[i].n; k++)
            if (is_counted(&subject->dumps[i].pages[k]) &&
                subject->dumps[i].pages[k].special.tag == value)
                return true;
    return false;
}

UNWATCHED static bool leads_nowhere(const struct subject *subject, struct dump *dump, size_t page,
                                    size_t at)
{
    const uint8_t *bytes = page_bytes(dump, page);
    uint32_t value = dword_at(bytes, at);
    uint64_t address = value;

    for (unsigned i = 0; i < 4; i++) {
        uint32_t others = value & ~(UINT32_C(0xff) << 8 * i);

        if (others == 0 || others == ~(UINT32_C(0xff) << 8 * i))
            return true;
    }
    if (subject->bits == 64)
        memcpy(&address, bytes + at / 8 * 8, 8);
    return value >> 16 == (value & 0xffff) || is_tag(subject, value) || is_mapped(dump, address) ||
           (subject->bits == 64 && value >= 0xffff8000);
}

UNWATCHED static bool holds(const struct subject *subject, struct dump *dump, size_t page,
                            uint32_t value)
{
    const bool *garbage = dump->pages[page].garbage;

    if (!is_overwritten(&dump->pages[page]))
        return false;
    for (size_t at = 0; at < BYTES; at += 4)
        if (garbage[at] && garbage[at + 1] && garbage[at + 2] && garbage[at + 3] &&
            dword_at(page_bytes(dump, page), at) == value &&
            !leads_nowhere(subject, dump, page, at))
            return true;
    return false;
}

UNWATCHED static struct ms_special_word count_word(struct subject *subject, uint32_t value)
{
    struct ms_special_word word = {.value = value};

    for (size_t i = 0; i < subject->n; i++) {
        struct dump *dump = &subject->dumps[i];
        size_t before = word.n_pages;

        for (size_t k = 0; k < dump->n; k++) {
            word.n_pages += holds(subject, dump, k, value);
            for (size_t at = 0; at < BYTES && !is_overwritten(&dump->pages[k]); at += 4)
                word.elsewhere += dword_at(page_bytes(dump, k), at) == value;
        }
        word.n_dumps += word.n_pages > before;
    }
    return word;
}

// Whether a may stand in front of b.
static bool is_ordered(const struct ms_special_word *a, const struct ms_special_word *b)
{
    if (a->n_dumps != b->n_dumps)
        return a->n_dumps > b->n_dumps;
    if (a->n_pages != b->n_pages)
        return a->n_pages > b->n_pages;
    if (a->elsewhere != b->elsewhere)
        return b->elsewhere == 0 || (a->elsewhere > 0 && a->elsewhere < b->elsewhere);
    return a->value < b->value;
}

static void check_words(struct subject *subject)
{
    size_t n = ms_special_case_n_words(subject->special);

    for (size_t i = 0; i < n; i++) {
        struct ms_special_word word = ms_special_case_word(subject->special, i), next;
        struct ms_special_word expected = count_word(subject, word.value);

        CHECK(word.n_dumps == expected.n_dumps && word.n_pages == expected.n_pages &&
                  word.elsewhere == expected.elsewhere,
              "%08" PRIx32 ": %zu/%zu, elsewhere %" PRIu64 ", not %zu/%zu, %" PRIu64, word.value,
              word.n_dumps, word.n_pages, word.elsewhere, expected.n_dumps, expected.n_pages,
              expected.elsewhere);
        if (i + 1 == n)
            break;
        next = ms_special_case_word(subject->special, i + 1);
        CHECK(is_ordered(&word, &next), "%08" PRIx32 " before %08" PRIx32, word.value, next.value);
    }
}

UNWATCHED static bool is_told(const struct subject *subject, uint32_t value)
{
    for (size_t i = 0; i < ms_special_case_n_words(subject->special); i++)
        if (ms_special_case_word(subject->special, i).value == value)
            return true;
    return false;
}

// What is in the garbage of enough pages is told.
UNWATCHED static void check_none_lost(struct subject *subject)
{
    size_t least = ms_special_case_n_compared(subject->special) > 1 ? 2 : 1;
    uint32_t last = 0; // leads nowhere

    for (size_t i = 0; i < subject->n; i++)
        for (size_t k = 0; k < subject->dumps[i].n; k++)
            for (size_t at = 0; at < BYTES; at += 4) {
                uint32_t value = dword_at(page_bytes(&subject->dumps[i], k), at);

                if (!subject->dumps[i].pages[k].garbage[at] || value == last ||
                    is_told(subject, value))
                    continue;
                last = value;
                CHECK(count_word(subject, value).n_pages < least, "%08" PRIx32 " is lost", value);
            }
}

static void check_find(struct subject *subject)
{
    uint32_t value = ms_special_case_word(subject->special, 0).value;
    uint64_t n = 0, expected = 0;

    CHECK(ms_special_case_find(subject->special, value, NULL, NULL) == MS_OK, "find");
    for (size_t i = 0; i < ms_special_case_n_owners(subject->special); i++) {
        struct ms_special_owner owner = ms_special_case_owner(subject->special, i);

        n += owner.n_hits;
        CHECK(owner.module == MS_NO_MODULE && owner.dump < subject->n, "owner %zu", i);
    }
    for (size_t i = 0; i < subject->n; i++)
        for (size_t at = TABLES * BYTES; at < (TABLES + subject->dumps[i].n) * BYTES; at += 4)
            expected += dword_at(subject->dumps[i].bytes, at) == value;
    CHECK(n == expected, "%" PRIu64 " places, not %" PRIu64, n, expected);
}

static void check_case(struct subject *subject)
{
    struct ms_error error = {0};

    CHECK(ms_special_case_create(&subject->special, &error) == MS_OK, "%s", error.text);
    for (size_t i = 0; i < subject->n; i++)
        CHECK(ms_special_case_add(subject->special, subject->dumps[i].modules, NULL, &error) ==
                  MS_OK,
              "%s", error.text);
    check_list(subject);
    CHECK(ms_special_case_compare(subject->special, NULL, &error) == MS_OK, "%s", error.text);
    check_words(subject);
    check_none_lost(subject);
    if (ms_special_case_n_words(subject->special) > 0)
        check_find(subject);
    ms_special_case_free(subject->special);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    unsigned how = (unsigned)take(&input, 1);
    struct subject *subject = calloc(1, sizeof(*subject));

    if (!subject)
        return 0;
    subject->bits = how & 1 ? 32 : 64;
    subject->n = how & 2 ? 2 : 1;
    for (size_t i = 0; i < subject->n; i++) {
        take_dump(&input, &subject->dumps[i], subject->bits);
        for (size_t k = 0; k < subject->dumps[i].n; k++)
            check_page(&subject->dumps[i], k, subject->bits);
        open_dump(&subject->dumps[i], subject->bits);
    }
    check_case(subject);
    for (size_t i = 0; i < subject->n; i++)
        close_dump(&subject->dumps[i]);
    free(subject);
    return 0;
}
