// SPDX-License-Identifier: MIT
//
// The pages of a table, all at once, and as a cursor has them.

#include "small_machine.h"
#include "space/space.h"

TestSuite(page_runs, .timeout = 60);

#define KERNEL UINT64_C(0xfffff80000000000) // entry 1f0 of the topmost table

// == As text ==

struct runs_text {
    char text[8192];
    size_t used;
};

static void add_run(struct runs_text *text, const struct ms_page_run *run)
{
    text->used +=
        (size_t)snprintf(text->text + text->used, sizeof(text->text) - text->used, "%s%x+%x=%zx",
                         text->used ? " " : "", run->at, run->n, run->page);
}

// "AT+N=PAGE", one behind the other. False: they are not told.
static bool runs_of(const struct ms_spaces *spaces, const struct ms_mapping_info *table,
                    struct runs_text *text)
{
    struct ms_page_run runs[MS_MAX_PAGE_RUNS];
    size_t n = 0;

    *text = (struct runs_text){0};
    if (!ms_spaces_page_runs(spaces, table, runs, &n))
        return false;
    for (size_t i = 0; i < n; i++)
        add_run(text, &runs[i]);
    return true;
}

// == Tables by hand ==

// A LiME image of the machine without [hole, end).
static struct ms_image *open_with_hole(const struct small_machine *machine, uint64_t hole,
                                       uint64_t end)
{
    const uint64_t starts[] = {0, end}, ends[] = {hole, machine->size};
    struct small_machine file = machine_of(machine->size + 64);
    struct ms_image *image;
    uint64_t at = 0;

    for (unsigned i = 0; i < 2; i++) {
        put_text(&file, at, "EMiL");
        put_number(&file, at + 4, 1, 4);
        put_number(&file, at + 8, starts[i], 8);
        put_number(&file, at + 16, ends[i] - 1, 8);
        memcpy(file.bytes + at + 32, machine->bytes + starts[i], ends[i] - starts[i]);
        at += 32 + (ends[i] - starts[i]);
    }
    image = open_bytes(file.bytes, at, NULL);
    free(file.bytes);
    return image;
}

struct table_case {
    const char *name;
    uint64_t hole, end;
    uint64_t entries[8];
    const char *runs; // NULL: not told
};

static const struct table_case cases[] = {
    {"neighbours", 0xf000, 0xf001, {0x8063, 0x9063, 0xa063}, "0+3=8"},
    {"whatever their flags", 0xf000, 0xf001, {0x8063, 0x9061, 0xa067}, "0+3=8"},
    {"apart in memory", 0xf000, 0xf001, {0x8063, 0xa063, 0x9063}, "0+1=8 1+1=a 2+1=9"},
    {"apart in the table", 0xf000, 0xf001, {0x8063, 0, 0x9063}, "0+1=8 2+1=9"},
    {"one twice", 0xf000, 0xf001, {0x8063, 0x8063}, "0+1=8 1+1=8"},
    {"not in the image", 0xf000, 0xf001, {0x8063, 0x200063, 0x9063}, "0+1=8 2+1=9"},
    {"nothing", 0xf000, 0xf001, {0}, ""},
    {"over a hole of memory", 0x9000, 0xc000, {0x8063, 0xc063}, "0+1=8 1+1=9"},
    {"back over it", 0x9000, 0xc000, {0xc063, 0x8063, 0xd063}, "0+1=9 1+1=8 2+1=a"},
    {"in the hole", 0x9000, 0xc000, {0x8063, 0x9063 + 0x1000, 0xc063}, "0+1=8 2+1=9"},
    {"into the hole", 0x9000, 0xc000, {0x8063, 0x9063}, NULL},
    {"out of the hole", 0x9000, 0xc000, {0xb063, 0xc063}, NULL},
    {"a page that ends early", 0x8800, 0x9000, {0x8063}, NULL},
    {"a page that begins late", 0x8000, 0x9001, {0x9063}, NULL},
};

static void check(const struct table_case *row)
{
    struct small_machine machine = machine_of(0x10000);
    const struct ms_range all = {.first = 0, .last = UINT64_MAX};
    struct ms_mapping_cursor cursor;
    struct ms_mapping_info table;
    struct runs_text text;
    struct ms_spaces *spaces;
    struct ms_image *image;
    bool told;

    put64(&machine, 0x1000, 0x1f0, 0x2067);
    put64(&machine, 0x2000, 0, 0x3067);
    put64(&machine, 0x3000, 0, 0x4067);
    for (unsigned i = 0; i < 8; i++)
        put64(&machine, 0x4000, i, row->entries[i]);
    put64(&machine, 0x4000, 511, 0x5063); // so that no table is empty
    image = open_with_hole(&machine, row->hole, row->end);
    spaces = spaces_of(image, 0x1000, "x64", "kernel");
    ms_mapping_cursor_start(&cursor, spaces, 0, &all);
    cursor.whole_below = 1u << 30;
    cr_assert(ms_mapping_cursor_next(&cursor, &table));
    cr_assert(table.state == MS_MAPPED_TABLE);
    cr_assert(eq(u64, table.first, KERNEL));
    told = runs_of(spaces, &table, &text);
    cr_expect(told == (row->runs != NULL), "%s", row->name);
    if (told && row->runs) {
        char expected[64];

        snprintf(expected, sizeof(expected), "%s%s1ff+1=5", row->runs, row->runs[0] ? " " : "");
        cr_expect(eq(str, text.text, expected), "%s", row->name);
    }
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(machine.bytes);
}

Test(page_runs, join_what_lies_one_behind_the_other)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check(&cases[i]);
}

// == Beside a cursor ==

struct seen {
    const struct ms_present *present;
    uint64_t base; // of the table
    struct runs_text text;
    struct ms_page_run run; // the last one, not told yet
    uint64_t behind;        // it, in memory
    bool in_part;           // what can keep runs from being told
};

static void add_present(struct seen *seen, const struct ms_mapping_info *mapping)
{
    unsigned at = (unsigned)((mapping->first - seen->base) / 0x1000);
    unsigned n = (unsigned)((mapping->last - mapping->first) / 0x1000 + 1);

    if (seen->run.n > 0 && seen->run.at + seen->run.n == at && seen->behind == mapping->physical) {
        seen->run.n += n;
    } else {
        if (seen->run.n > 0)
            add_run(&seen->text, &seen->run);
        seen->run = (struct ms_page_run){
            (size_t)ms_present_number(seen->present, mapping->physical), at, n};
    }
    seen->behind = mapping->physical + 0x1000 * (uint64_t)n;
}

static int see(void *user, const struct ms_mapping_info *mapping)
{
    struct seen *seen = user;

    if (mapping->state == MS_MAPPED_PRESENT)
        add_present(seen, mapping);
    if (mapping->state == MS_MAPPED_ABSENT)
        seen->in_part = true;
    return 0;
}

static void compare(const struct ms_spaces *spaces, const struct ms_mapping_info *table,
                    unsigned *n_told)
{
    const struct ms_range range = {.first = table->first, .last = table->last};
    struct seen seen = {.present = ms_spaces_present(spaces), .base = table->first};
    struct runs_text text;

    ms_spaces_visit(spaces, 0, &range, see, &seen);
    if (seen.run.n > 0)
        add_run(&seen.text, &seen.run);
    if (!runs_of(spaces, table, &text)) {
        cr_assert(seen.in_part || table->last - table->first > 0x3fffff);
        return;
    }
    cr_assert(eq(str, text.text, seen.text.text));
    ++*n_told;
}

// Fills memory with tables: a page, the page behind the last one, or nothing. Of the pages the
// upper half is not in the image.
static void fill(struct small_machine *machine, size_t entry_bytes, uint64_t *seed)
{
    uint64_t n_pages = machine->size >> 12, frame = 0;

    for (size_t at = 0; at < machine->size; at += entry_bytes) {
        *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        if (*seed >> 63 && (frame + 1 != n_pages || *seed % 0x100000000 >> 22 == 0))
            frame++;
        else
            frame = (*seed >> 40) % (2 * n_pages);
        if (*seed >> 61 != 0)
            put_number(machine, at, frame << 12 | (*seed >> 32 & 6) | 0x61, entry_bytes);
    }
}

Test(page_runs, are_what_a_cursor_has)
{
    const struct ms_range all = {.first = 0, .last = UINT64_MAX};
    unsigned n_told[MS_N_PAGINGS] = {0};
    uint64_t seed = 7;

    for (unsigned round = 0; round < 100; round++) {
        struct small_machine machine = machine_of(0x10000);
        unsigned paging = round % MS_N_PAGINGS;
        struct ms_mapping_cursor cursor;
        struct ms_mapping_info mapping;
        struct ms_spaces *spaces;
        struct ms_image *image;

        fill(&machine, paging == MS_PAGING_X86 ? 4 : 8, &seed);
        image = open_machine(&machine);
        spaces = spaces_of(image, 0x1000, ms_paging_name(paging), "root:1000");
        ms_mapping_cursor_start(&cursor, spaces, 0, &all);
        cursor.whole_below = 1u << 23;
        while (ms_mapping_cursor_next(&cursor, &mapping)) {
            if (mapping.state == MS_MAPPED_TABLE)
                compare(spaces, &mapping, &n_told[paging]);
        }
        ms_spaces_free(spaces);
        ms_image_close(image);
        free(machine.bytes);
    }
    for (unsigned i = 0; i < MS_N_PAGINGS; i++)
        cr_assert(n_told[i] > 20, "%s: %u", ms_paging_name(i), n_told[i]);
}
