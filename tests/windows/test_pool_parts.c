// SPDX-License-Identifier: MIT
//
// Pages of pool of which the image holds a part, and pages that are mapped at many addresses.

#include "windows/found_pool.h"
#include "windows/turns.h"

TestSuite(pool_parts);

// == Parts of pages ==

struct hole {
    uint64_t first, end; // offsets in the kernel's memory
};

// LiME: the machine without its holes, which ascend. A hole that is empty ends them.
static struct ms_image *open_with_holes(const struct small_machine *machine,
                                        const struct hole *holes)
{
    struct small_machine file = machine_of(machine->size + 0x4000);
    struct ms_image *image;
    uint64_t at = 0, first = 0;

    for (size_t i = 0; first < machine->size; i++) {
        bool is_last = holes[i].first == holes[i].end;
        uint64_t end = is_last ? machine->size : MEMORY + holes[i].first;

        put_text(&file, at, "EMiL");
        put_number(&file, at + 4, 1, 4);
        put_number(&file, at + 8, first, 8);
        put_number(&file, at + 16, end - 1, 8);
        memcpy(file.bytes + at + 32, machine->bytes + first, end - first);
        at += 32 + (end - first);
        first = is_last ? machine->size : MEMORY + holes[i].end;
    }
    image = open_bytes(file.bytes, (size_t)at, NULL);
    free(file.bytes);
    return image;
}

static struct found_pool find_in(const struct windows *windows, const struct hole *holes)
{
    struct found_pool found = {.windows.image = open_with_holes(&windows->machine, holes)};
    struct ms_error error = {0};

    found.windows.spaces = spaces_of(found.windows.image, ROOT, "x64", "kernel");
    cr_assert(ms_modules_create(found.windows.spaces, 0, NULL, &found.windows.modules, &error) ==
                  MS_OK,
              "%s", error.text);
    cr_assert(ms_pool_create(found.windows.modules, &found.pool, &error) == MS_OK, "%s",
              error.text);
    return found;
}

static struct ms_pool_usage_work count(const struct found_pool *found)
{
    struct ms_pool_usage *usage;
    struct ms_pool_usage_work work;

    cr_assert(ms_pool_usage_create(found->pool, MS_POOL_USAGE_COUNTED, NULL, &usage, NULL) ==
              MS_OK);
    work = ms_pool_usage_work(usage);
    ms_pool_usage_free(usage);
    return work;
}

#define SE_A  "block 100000+100 Se   paged data 100010+f0"
#define ABCD  "block 100100+800 Abcd nonpaged data 100110+7f0"
#define GLA1  "block 100900+20 Gla1 session paged data 100910+10"
#define SE_B  "block 100920+6e0 Se   paged free data 100930+6d0"
#define WHOLE SE_A "\n" ABCD "\n" GLA1 "\n" SE_B
#define OTHER "block 101000+20 Abcd nonpaged data 101010+10"

// What is told of the page SMALL. Blocks are told whose headers are there, whatever else is.
static const struct {
    const char *name;
    struct hole holes[4];
    const char *rows;
    uint64_t n_pages; // that are counted: two, unless none of it is there
} parts[] = {
    {"all", {{0}}, WHOLE, 2},
    {"data in the middle", {{SMALL + 0x140, SMALL + 0x180}}, WHOLE, 2},
    {"two holes", {{SMALL + 0x140, SMALL + 0x180}, {SMALL + 0x200, SMALL + 0x201}}, WHOLE, 2},
    {"the end of its last block", {{SMALL + 0x940, SMALL + PAGE}}, WHOLE, 2},
    {"and the page before it", {{SMALL - PAGE, SMALL}, {SMALL + 0x940, SMALL + PAGE}}, WHOLE, 2},
    {"the last byte of the page before it", {{SMALL - 1, SMALL}}, WHOLE, 2},
    {"a header", {{SMALL + 0x904, SMALL + 0x905}}, NULL, 2},
    {"all but data", {{SMALL - PAGE, SMALL + 0x200}, {SMALL + 0x300, SMALL + PAGE}}, "", 1},
    {"its page", {{SMALL, SMALL + PAGE}}, "", 1},
};

// Each part of a page gives the page, once, for each that looks.
Test(pool_parts, of_a_page)
{
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        struct windows windows = pool_machine();
        struct found_pool found = find_in(&windows, parts[i].holes);
        struct ms_pool_usage_work work = count(&found);
        char by_search[8192], by_pages[8192];

        snprintf(by_search, sizeof(by_search), "%s", rows_of(&found, "Abcd"));
        snprintf(by_pages, sizeof(by_pages), "%s", rows_of(&found, "A*"));
        cr_assert(eq(str, by_search, by_pages), "%s", parts[i].name);
        snprintf(by_pages, sizeof(by_pages), "%s\n" OTHER, parts[i].rows ? parts[i].rows : "");
        if (parts[i].rows)
            cr_assert(strncmp(rows_of(&found, "*"), by_pages + !parts[i].rows[0],
                              strlen(by_pages) - !parts[i].rows[0]) == 0,
                      "%s: %s", parts[i].name, rows_of(&found, "*"));
        cr_assert(eq(u64, work.pages, parts[i].n_pages + 1), "%s", parts[i].name); // and special
        cr_assert(eq(u64, work.repeated_pages, 0), "%s", parts[i].name);
        release_pool(&found, &windows);
    }
}

// Whoever has enough is told no more, also of a page of which there is a part.
Test(pool_parts, stopped)
{
    static const struct hole holes[] = {{SMALL + 0x940, SMALL + 0x950}, {0}};
    struct windows windows = pool_machine();
    struct found_pool found = find_in(&windows, holes);
    struct rows rows = {.n_left = 2};
    const struct ms_pool_pass pass = {.block = add_row, .user = &rows};

    cr_assert(eq(int, ms_pool_find(found.pool, "*", &pass, NULL), MS_STOPPED));
    cr_assert(eq(str, rows.text, SE_A "\n" ABCD));
    release_pool(&found, &windows);
}

// Modules are no pool, nor is what is there of them.
Test(pool_parts, of_a_module)
{
    static const struct hole holes[] = {{NT_IMAGE + 0x2940, NT_IMAGE + 0x2950}, {0}};
    struct windows windows = pool_machine();
    struct found_pool found;

    memcpy(windows.machine.bytes + MEMORY + NT_IMAGE + 0x2000,
           windows.machine.bytes + MEMORY + SMALL, PAGE);
    found = find_in(&windows, holes);
    cr_assert(eq(str, rows_of(&found, "Gla1"), GLA1));
    cr_assert(eq(str, rows_of(&found, "*1"), GLA1));
    release_pool(&found, &windows);
}

// == Pages that are mapped often ==

enum { OFTEN = 0x180000 }; // where SMALL is once more, and again

static void map_often(struct windows *windows, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        put64(&windows->machine, 0x4000, OFTEN / PAGE + i, (MEMORY + SMALL) | 0x63);
}

static size_t n_lines(const char *text)
{
    size_t n = *text != '\0';

    for (; *text; text++)
        n += *text == '\n';
    return n;
}

// Told at each of the places, counted once; of too many places one, and that others were left out.
Test(pool_parts, mapped_often)
{
    for (unsigned n = MS_MAX_MAPPINGS - 1; n <= MS_MAX_MAPPINGS; n++) {
        struct windows windows = pool_machine();
        struct found_pool found;
        bool is_left_out = n == MS_MAX_MAPPINGS; // and the first one

        map_often(&windows, n);
        found = find_pool(&windows, NULL);
        cr_assert(eq(sz, n_lines(rows_of(&found, "Gla1")), is_left_out ? 1 : n + 1));
        cr_assert(has_pool_note(found.pool, "are left out because their page is at more than 64 "
                                            "others, too: 64") == is_left_out);
        cr_assert(eq(sz, n_lines(rows_of(&found, "*1")), n + 1), "by pages");
        cr_assert(eq(u64, count(&found).repeated_pages, n));
        release_pool(&found, &windows);
    }
}

// What another space maps often, and the kernel does not, is no pool that is left out.
Test(pool_parts, mapped_often_elsewhere)
{
    struct windows windows = pool_machine();
    struct small_machine *machine = &windows.machine;
    struct found_pool found;
    struct ms_error error = {0};

    // A second root, which has those pages at KERNEL; the first one has them nowhere.
    put64(machine, 0x9000, 0x1f0, 0xa063);
    put64(machine, 0xa000, 0, 0xb063);
    put64(machine, 0xb000, 0, 0xc063);
    for (unsigned i = 0; i < 2 * MS_MAX_MAPPINGS; i++)
        put64(machine, 0xc000, i, 0xd063);
    memcpy(machine->bytes + 0xd000, machine->bytes + MEMORY + SMALL, PAGE);
    found.symbols = NULL;
    found.windows.image = open_machine(machine);
    found.windows.spaces = spaces_of(found.windows.image, ROOT, "x64", "kernel");
    cr_assert(ms_spaces_add(found.windows.spaces, "root:9000", &error) == MS_OK, "%s", error.text);
    cr_assert(ms_modules_create(found.windows.spaces, 0, NULL, &found.windows.modules, NULL) ==
              MS_OK);
    cr_assert(ms_pool_create(found.windows.modules, &found.pool, NULL) == MS_OK);
    cr_assert(eq(str, rows_of(&found, "Gla1"), GLA1));
    cr_assert(eq(sz, ms_pool_n_notes(found.pool), 0), "%s", ms_pool_note(found.pool, 0));
    release_pool(&found, &windows);
}

// That places were left out is told, or that there is no memory for it.
Test(pool_parts, mapped_often_without_memory)
{
    struct windows windows = pool_machine();
    struct turn turn = first_turn();

    map_often(&windows, MS_MAX_MAPPINGS);
    do {
        struct found_pool found = find_pool(&windows, NULL);
        enum ms_status status;

        begin_turn(&turn);
        status = ms_pool_find(found.pool, "Gla1", NULL, NULL);
        end_turn(&turn, status);
        cr_assert(status != MS_OK || has_pool_note(found.pool, "are left out because"));
        ms_pool_free(found.pool);
        release_found(&found.windows);
        leaves_nothing(&turn);
    } while (turn.failed);
    free(windows.machine.bytes);
}

// Tags side by side are told as one, which may begin in one page and end in another: of each page
// only what stands between is looked at.
Test(pool_parts, tags_across_pages)
{
    struct windows windows = pool_machine();
    struct found_pool found;
    char by_pages[8192];

    for (uint64_t at = SMALL + 0xf00; at < SMALL + 3 * PAGE; at += 4)
        poke(&windows, at, tag_of("Abcd"), 4);
    poke_block(&windows, SMALL + 3 * PAGE, 0, 0x800, 2, "Abcd");
    poke_block(&windows, SMALL + 3 * PAGE + 0x800, 0x800, 0x800, 2, "Abcd");
    found = find_pool(&windows, NULL);
    snprintf(by_pages, sizeof(by_pages), "%s", rows_of(&found, "A*"));
    cr_assert(eq(str, rows_of(&found, "Abcd"), by_pages));
    cr_assert(strstr(by_pages, "block 103000+800 Abcd") != NULL, "%s", by_pages);
    cr_assert(strstr(by_pages, "block 103800+800 Abcd") != NULL, "%s", by_pages);
    release_pool(&found, &windows);
}

static int last_progress(void *user, const struct ms_progress *progress)
{
    *(struct ms_progress *)user = *progress;
    return 0;
}

// Where there is little but parts of pages, too, it tells how far it is.
Test(pool_parts, progress)
{
    struct windows windows = pool_machine();
    struct hole holes[0x100] = {{0}};
    struct ms_progress progress = {0};
    const struct ms_pool_pass pass = {.progress = last_progress, .user = &progress};
    struct found_pool found;

    for (uint64_t i = 0; i < 0xff; i++)
        holes[i] = (struct hole){SMALL + PAGE * i + 0x800, SMALL + PAGE * i + 0x801};
    found = find_in(&windows, holes);
    cr_assert(eq(int, ms_pool_find(found.pool, "*", &pass, NULL), MS_OK));
    cr_assert(ge(u64, progress.done_bytes, SMALL));
    release_pool(&found, &windows);
}
