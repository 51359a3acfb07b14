// SPDX-License-Identifier: MIT
//
// A small machine with a Windows kernel and pages of pool, and the tables that tell of pool, all of
// which the input writes to. Whoever can hand a user an image feeds this.
//
//     how       as of the target `objects`: bit 0: 32 bits with PAE, else x64; bits 2-4: the build;
//               bit 1: a page is there at a second address, too                        1 byte
//     blocks    of each of three pages, until it is full or a size is 0: size, type, tag   3 each
//     changes   as of the target `objects`, until the input ends
//
// What a page is taken for is held to a naive walk: blocks that are linked from end to end are all
// told; what is told is linked or a guess, ascends, and leaves no gap where damage is told. All
// blocks with a tag are those of all tags that have it, found the one way or the other; each is
// told of its own bytes; what each tag has is their sum.

#include "objects_machine.h"

#include "windows/pool_page.h"
#include "windows/pool_tags.h"

#include <inttypes.h>

enum {
    VARIABLES = 0x9720, // in the kernel's data: pointers to the two tables
    KDBG_TRACKERS = 0x9200 + 0x1b8,
    POOL = 0x16000, // pages of blocks
    N_POOL = 3,
    BIG_TABLE = 0x1a000,
    TRACKERS = 0x1b000,
    BIG = 0x1c000, // an allocation of two pages
    TWIN = 39,     // the page that is the first one of blocks again
    MAX_ROWS = MAX_PAGES * 512 + 4096,
};

static const char tags[8][5] = {"Se  ", "Abcd", "Proc",     "Pro\xe3",
                                "Free", "....", "\1\2\3\4", "Thre"};

// == The machine ==

static unsigned granule_of(const struct machine *machine)
{
    return machine->wide ? 16 : 8;
}

static void make_page(struct machine *machine, size_t page, struct input *input)
{
    unsigned n = 4096 / granule_of(machine), previous = 0;

    for (unsigned at = 0; at < n;) {
        unsigned size = (unsigned)take(input, 1), type = (unsigned)take(input, 1) & 0x7f;
        size_t header = page + (size_t)at * granule_of(machine);

        if (size == 0 || size > n - at)
            size = n - at;
        if (machine->wide && size > 255)
            size = 255;
        put(machine, header, machine->wide ? previous : previous & 0x1ff, 2);
        put(machine, header + 2, machine->wide ? size | type << 8 : size | type << 9, 2);
        memcpy(machine->bytes + TABLES + header + 4, tags[take(input, 1) % 8], 4);
        previous = size;
        at += size;
    }
}

static void make_tables(struct machine *machine)
{
    size_t w = word(machine), entry = machine->wide ? 0x18 : 0x10;

    if (machine->build == 2600 && !machine->wide)
        entry = 0xc;
    put(machine, KDBG_TRACKERS, machine->base + VARIABLES, 8);
    put(machine, VARIABLES, machine->base + TRACKERS, w);
    put(machine, VARIABLES + w, machine->base + BIG_TABLE, w);
    for (size_t i = 0; i < 4096 / entry; i++)
        put(machine, BIG_TABLE + i * entry,
            i == 3 || i == 9 ? machine->base + BIG + 0x400 * (i - 3) : 1, w);
    for (size_t i = 3; i <= 9; i += 6) {
        memcpy(machine->bytes + TABLES + BIG_TABLE + i * entry + w, tags[i == 3], 4);
        put(machine, BIG_TABLE + i * entry + entry - w, machine->build == 2600 ? 1 : 0x1000, 4);
    }
    memcpy(machine->bytes + TABLES + TRACKERS, tags[0], 4);
}

static void make_machine(struct machine *machine, unsigned how, struct input *input)
{
    objects_machine_make(machine, how);
    for (size_t i = 0; i < N_POOL; i++)
        make_page(machine, POOL + 4096 * i, input);
    memset(machine->bytes + TABLES + BIG_TABLE, 0, 0x2000);
    make_tables(machine);
    while (input->left > 0)
        objects_machine_change(machine, input);
    kernel_machine_map(machine);
    if (how & 2) {
        size_t table = machine->wide ? 0x3000 : 0x2000;

        memcpy(machine->bytes + table + (size_t)8 * TWIN, machine->bytes + table + POOL / 512, 8);
    }
}

// == Pages ==

struct plain_header {
    unsigned previous, size, type;
    uint32_t tag;
};

static struct plain_header header_of(const uint8_t *at, unsigned granule)
{
    unsigned first = at[0] | (unsigned)at[1] << 8, second = at[2] | (unsigned)at[3] << 8;
    uint32_t tag = at[4] | (uint32_t)at[5] << 8 | (uint32_t)at[6] << 16 | (uint32_t)at[7] << 24;

    if (granule == 16)
        return (struct plain_header){first & 0xff, second & 0xff, second >> 8, tag};
    return (struct plain_header){first & 0x1ff, second & 0x1ff, second >> 9, tag};
}

// Whether headers are linked from the first byte to the last; how many, and how many have names.
static bool is_linked(const uint8_t *page, unsigned granule, unsigned *n_ret)
{
    unsigned previous = 0;

    *n_ret = 0;
    for (unsigned at = 0; at < 4096 / granule; ++*n_ret) {
        struct plain_header header = header_of(page + (size_t)at * granule, granule);

        if (header.size == 0 || header.previous != previous || at + header.size > 4096 / granule)
            return false;
        previous = header.size;
        at += header.size;
    }
    return true;
}

static void check_entry(const struct ms_pool_rules *rules, const uint8_t *page,
                        const struct ms_pool_entry *entry, uint64_t offset)
{
    struct plain_header header = header_of(page + offset, rules->granule);
    uint64_t end = offset + entry->block.size;
    bool linked = offset == 0 || end == 4096;

    CHECK(header.size * rules->granule == entry->block.size, "size at %" PRIx64, offset);
    CHECK(header.previous * rules->granule == entry->block.previous_size, "at %" PRIx64, offset);
    CHECK(header.type == entry->block.type, "type at %" PRIx64, offset);
    CHECK((header.tag & INT32_MAX) == (entry->block.tag & INT32_MAX), "tag at %" PRIx64, offset);
    if (offset >= entry->block.previous_size && header.previous > 0)
        linked |= header_of(page + offset - entry->block.previous_size, rules->granule).size ==
                  header.previous;
    // The block behind it, or behind damage that begins where it ends.
    for (uint64_t at = end; at + 8 <= 4096; at += rules->granule) {
        unsigned previous = header_of(page + at, rules->granule).previous;

        linked |= previous == header.size || previous * rules->granule == at - end;
    }
    CHECK(linked || entry->guessed || !rules->has_chains, "alone at %" PRIx64, offset);
}

static void check_page(const struct ms_pool_rules *rules, const uint8_t *page, bool is_pool)
{
    static struct ms_pool_entries entries;
    const uint64_t address = UINT64_C(0x80400000);
    uint64_t end = address;
    unsigned n;

    ms_pool_page_judge(rules, address, page, NULL, is_pool, &entries);
    CHECK((entries.state == MS_POOL_PAGE_NONE) == (entries.n == 0), "%zu rows", entries.n);
    for (size_t i = 0; i < entries.n; i++) {
        const struct ms_pool_entry *entry = &entries.items[i];

        CHECK(entry->block.size > 0 && entry->block.address >= end, "row %zu", i);
        CHECK(entries.state == MS_POOL_PAGE_GUESSED || entry->block.address == end, "gap %zu", i);
        end = entry->block.address + entry->block.size;
        if (!entry->damaged)
            check_entry(rules, page, entry, entry->block.address - address);
    }
    CHECK(end <= address + 4096, "rows leave the page");
    if (entries.state == MS_POOL_PAGE_WHOLE || entries.state == MS_POOL_PAGE_DAMAGED)
        CHECK(end == address + 4096, "rows end at %" PRIx64, end);
    if (entries.state == MS_POOL_PAGE_WHOLE)
        CHECK(is_linked(page, rules->granule, &n) && n == entries.n, "not linked");
    else if (is_linked(page, rules->granule, &n))
        CHECK(entries.state != MS_POOL_PAGE_GUESSED || !rules->has_chains, "linked");
}

// == All blocks ==

struct rows {
    size_t n;
    struct ms_pool_info items[MAX_ROWS];
};

static int add_row(void *user, const struct ms_pool_info *info)
{
    struct rows *rows = user;

    CHECK(rows->n < MAX_ROWS, "too many blocks");
    rows->items[rows->n++] = *info;
    return 0;
}

static void find(struct ms_pool *pool, const char *pattern, struct rows *rows)
{
    const struct ms_pool_pass pass = {.threads = 1, .block = add_row, .user = rows};
    struct ms_error error = {0};

    rows->n = 0;
    CHECK(ms_pool_find(pool, pattern, &pass, &error) == MS_OK, "find %s: %s", pattern, error.text);
}

static bool is_same(const struct ms_pool_info *a, const struct ms_pool_info *b)
{
    return a->form == b->form && a->address == b->address && a->size == b->size &&
           a->tag == b->tag && a->allocated == b->allocated && a->kind == b->kind &&
           a->is_session == b->is_session && a->guessed == b->guessed && a->data == b->data &&
           a->data_size == b->data_size && a->previous_size == b->previous_size &&
           a->is_protected == b->is_protected;
}

// Big allocations may lie over each other; of others each byte is its own.
static void check_rows(struct ms_pool *pool, const struct rows *rows)
{
    for (size_t i = 0; i < rows->n; i++) {
        const struct ms_pool_info *row = &rows->items[i];
        uint64_t places[] = {row->address, row->address + row->size / 2,
                             row->address + row->size - 1};
        struct ms_pool_info at;

        CHECK(i == 0 || rows->items[i - 1].address < row->address, "row %zu", i);
        CHECK(row->form != MS_POOL_DAMAGED && row->size > 0, "row %zu", i);
        CHECK(row->data >= row->address && row->data_size <= row->size &&
                  row->data - row->address <= row->size - row->data_size,
              "data of row %zu", i);
        for (size_t k = 0; row->form != MS_POOL_BIG && k < 3; k++)
            CHECK(ms_pool_at(pool, places[k], &at) && is_same(&at, row), "at %" PRIx64, places[k]);
    }
}

static void check_tag(struct ms_pool *pool, const struct rows *all, const char *pattern)
{
    static struct rows rows;
    size_t n = 0;

    find(pool, pattern, &rows);
    for (size_t i = 0; i < all->n; i++) {
        if (!ms_pool_tag_matches(pattern, all->items[i].tag))
            continue;
        CHECK(n < rows.n && is_same(&rows.items[n], &all->items[i]), "find %s: lacks %" PRIx64,
              pattern, all->items[i].address);
        n++;
    }
    CHECK(n == rows.n, "find %s: %zu rows, not %zu", pattern, rows.n, n);
}

static void check_pages(struct ms_pool *pool, const struct machine *machine)
{
    for (size_t i = 0; i < MAX_PAGES; i++) {
        uint64_t address = machine->base + 4096 * i, end = address;
        struct ms_pool_page page = ms_pool_page(pool, address + i);

        CHECK(page.address == address, "page %zu", i);
        CHECK(page.n == 0 || page.state != MS_POOL_PAGE_NONE, "page %zu", i);
        if (page.state == MS_POOL_PAGE_BIG)
            continue;
        for (size_t k = 0; k < page.n; k++) {
            CHECK(page.rows[k].address >= end && page.rows[k].size <= 4096, "page %zu", i);
            end = page.rows[k].address + page.rows[k].size;
        }
        CHECK(end <= address + 4096, "page %zu", i);
    }
}

// == What each tag has ==

static void check_usage(struct ms_pool *pool, const struct rows *all, bool is_twice)
{
    const unsigned flags = MS_POOL_USAGE_TRACKER | MS_POOL_USAGE_COUNTED;
    uint64_t bytes = 0, special = 0, counted = 0, counted_special = 0;
    struct ms_pool_usage *usage;

    CHECK(ms_pool_usage_create(pool, flags, NULL, &usage, NULL) == MS_OK, "usage");
    for (size_t i = 0; i < ms_pool_usage_count(usage); i++) {
        const struct ms_pool_usage_row *row = ms_pool_usage_row(usage, i);

        CHECK(i == 0 || __builtin_bswap32(row->tag) >
                            __builtin_bswap32(ms_pool_usage_row(usage, i - 1)->tag),
              "tag %zu", i);
        counted += row->counted.nonpaged_bytes + row->counted.paged_bytes + row->session_bytes;
        counted_special += row->special_bytes;
    }
    for (size_t i = 0; i < all->n; i++) {
        if (all->items[i].form == MS_POOL_SPECIAL && all->items[i].allocated)
            special += all->items[i].data_size;
        else if (all->items[i].allocated)
            bytes += all->items[i].size;
    }
    if (!is_twice)
        CHECK(bytes == counted && special == counted_special, "%" PRIu64 " bytes, not %" PRIu64,
              counted, bytes);
    CHECK(counted <= bytes && counted_special <= special, "more than there is");
    ms_pool_usage_free(usage);
}

// == All ==

static void check_pool(struct ms_pool *pool, const struct machine *machine, bool is_twice)
{
    static const char *const patterns[] = {"Abcd", "Pro?", "S*", "*e*", "Proc", "...."};
    static struct rows all;
    struct ms_pool_info info;

    for (size_t i = 0; i < ms_pool_n_notes(pool); i++)
        check_line(ms_pool_note(pool, i), "note");
    find(pool, "*", &all);
    check_rows(pool, &all);
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
        check_tag(pool, &all, patterns[i]);
    check_pages(pool, machine);
    check_usage(pool, &all, is_twice);
    ms_pool_at(pool, 0, &info);
    ms_pool_at(pool, UINT64_MAX, &info);
}

static void check_machine(const struct machine *machine, bool is_twice)
{
    struct ms_image *image = NULL;
    struct ms_spaces *spaces = NULL;
    struct ms_modules *modules = NULL;
    struct ms_pool *pool = NULL;
    struct ms_error error = {0};
    enum ms_status status;

    kernel_machine_open(machine, &image, &spaces);
    CHECK(ms_modules_create(spaces, 0, NULL, &modules, NULL) == MS_OK, "modules");
    status = ms_pool_create(modules, &pool, &error);
    CHECK(status == (ms_modules_system(modules).found ? MS_OK : MS_MISSING), "pool: %s",
          error.text);
    if (pool)
        check_pool(pool, machine, is_twice);
    ms_pool_free(pool);
    ms_modules_free(modules);
    ms_spaces_free(spaces);
    ms_image_close(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct machine machine;
    struct input input = {data, size};
    unsigned how = (unsigned)take(&input, 1);
    struct ms_pool_rules rules;

    make_machine(&machine, how, &input);
    rules = ms_pool_rules_of(machine.wide ? 64 : 32, machine.build);
    for (size_t i = 0; i < N_POOL; i++) {
        const uint8_t *page = machine.bytes + TABLES + POOL + 4096 * i;

        check_page(&rules, page, false);
        check_page(&rules, page, true);
    }
    check_machine(&machine, how & 2);
    return 0;
}
