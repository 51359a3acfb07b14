// SPDX-License-Identifier: MIT
//
// The simple translator, written from the processors' and Windows' descriptions of entries.

#include "known_space.h"

#include "fuzz.h"

// == Physical memory ==

UNWATCHED const struct memory_run *known_run_at(const struct known_memory *memory, uint64_t address)
{
    for (size_t i = 0; i < memory->n; i++) {
        if (address >= memory->runs[i].start &&
            address - memory->runs[i].start < memory->runs[i].length)
            return &memory->runs[i];
    }
    return NULL;
}

UNWATCHED bool known_read(const struct known_memory *memory, uint64_t address, uint8_t *bytes,
                          size_t length)
{
    for (size_t i = 0; i < length; i++) {
        const struct memory_run *run = known_run_at(memory, address + i);

        if (!run)
            return false;
        bytes[i] = run->bytes[address + i - run->start];
    }
    return true;
}

UNWATCHED static bool read_entry(const struct known_memory *memory, uint64_t address, size_t width,
                                 uint64_t *entry)
{
    uint8_t bytes[8] = {0};

    *entry = 0;
    if (!known_read(memory, address, bytes, width))
        return false;
    for (size_t i = 0; i < width; i++)
        *entry |= (uint64_t)bytes[i] << 8 * i;
    return true;
}

// == Translation ==

// Where the index of each level lies in an address, the root's first.
struct known_mode {
    size_t width;
    uint64_t root_mask;
    unsigned shifts[6], bits[6]; // ends with a shift of 0
    unsigned large[3];           // shifts of levels that have large pages
    uint64_t transition_mask;
};

static const struct known_mode modes[] = {
    [MS_PAGING_X86] = {4, 0xfffff000, {22, 12}, {10, 10}, {22}, 0xfffff000},
    [MS_PAGING_PAE] = {8, 0xffffffe0, {30, 21, 12}, {2, 9, 9}, {21}, UINT64_C(0x3ffffff000)},
    // Bit 45 of a transition entry is no part of the frame.
    [MS_PAGING_X64] = {8,
                       UINT64_C(0xffffffffff000),
                       {39, 30, 21, 12},
                       {9, 9, 9, 9},
                       {30, 21},
                       UINT64_C(0xdffffffff000)},
    [MS_PAGING_X64_5] = {8,
                         UINT64_C(0xffffffffff000),
                         {48, 39, 30, 21, 12},
                         {9, 9, 9, 9, 9},
                         {30, 21},
                         UINT64_C(0xdffffffff000)},
};

#define PHYSICAL_MASK UINT64_C(0xffffffffff000) // bits 12 to 51
#define ALL_FLAGS     (MS_PAGE_WRITABLE | MS_PAGE_EXECUTABLE | MS_PAGE_USER)

static unsigned flags_of(const struct known_mode *mode, uint64_t entry)
{
    unsigned flags = MS_PAGE_EXECUTABLE;

    if (entry & 2)
        flags |= MS_PAGE_WRITABLE;
    if (entry & 4)
        flags |= MS_PAGE_USER;
    if (mode->width == 8 && entry >> 63)
        flags &= ~(unsigned)MS_PAGE_EXECUTABLE;
    return flags;
}

// Bits 5 to 7 of an entry in transition: 1 to 7 are read, execute, execute and read, read and
// write, write a copy, execute and write, execute and write a copy. Who may write a copy may not
// write.
static unsigned flags_of_protection(const struct known_mode *mode, uint64_t entry)
{
    uint64_t protection = entry >> 5 & 7;
    unsigned flags = MS_PAGE_USER;

    if (protection == 4 || protection == 6)
        flags |= MS_PAGE_WRITABLE;
    if (mode->width == 4 || protection == 2 || protection == 3 || protection >= 6)
        flags |= MS_PAGE_EXECUTABLE;
    return flags;
}

static bool is_large(const struct known_mode *mode, unsigned shift, uint64_t entry)
{
    for (size_t i = 0; i < 3; i++) {
        if (mode->large[i] == shift && entry & 0x80)
            return true;
    }
    return false;
}

// Whether an entry of the lowest level points to a prototype: to the kernel's half, to a multiple
// of the size of entries.
static bool is_prototype(const struct known_tables *tables, uint64_t entry)
{
    if (tables->paging == MS_PAGING_X86)
        return (entry & 0x401) == 0x400;
    if (tables->paging == MS_PAGING_PAE)
        return (entry & UINT64_C(0x8000000700000401)) == UINT64_C(0x8000000000000400);
    return (entry & UINT64_C(0x8000000000070401)) == UINT64_C(0x8000000000000400);
}

static uint64_t prototype_address(const struct known_tables *tables, uint64_t entry)
{
    if (tables->paging == MS_PAGING_X86)
        return 0x80000000 | (entry >> 1 & 0x7ffffc00) | (entry << 1 & 0x3ff);
    if (tables->paging == MS_PAGING_PAE)
        return entry >> 32;
    return entry >> 16 | UINT64_C(0xffff) << 48;
}

static struct known_page look_up(const struct known_tables *tables, uint64_t address,
                                 bool may_be_prototype);

// The page behind an entry of the lowest level that points to a prototype.
static struct known_page behind_prototype(const struct known_tables *tables, uint64_t entry,
                                          uint64_t address)
{
    const struct known_mode *mode = &modes[tables->paging];
    struct known_tables kernel = *tables;
    struct known_page page, gone = {.state = KNOWN_PAGED_OUT, .size = 4096, .flags = ALL_FLAGS};

    kernel.root = tables->kernel_root;
    page = look_up(&kernel, prototype_address(tables, entry), false);
    if (page.state != KNOWN_MEMORY ||
        !read_entry(tables->memory, page.physical, mode->width, &entry))
        return gone;
    page = (struct known_page){.state = KNOWN_MEMORY, .size = 4096, .flags = ALL_FLAGS};
    if (entry & 1)
        page.physical = (entry & PHYSICAL_MASK & (mode->width == 4 ? 0xffffffff : UINT64_MAX)) |
                        (address & 0xfff);
    else if ((entry & 0xc00) == 0x800)
        page.physical = (entry & mode->transition_mask) | (address & 0xfff);
    else
        return gone;
    return page;
}

// An entry with bit 0 clear, on Windows.
static struct known_page software_page(const struct known_tables *tables, uint64_t entry,
                                       uint64_t address, unsigned flags, bool may_be_prototype)
{
    const struct known_mode *mode = &modes[tables->paging];
    struct known_page page = {.size = 4096, .flags = flags, .sure = true};

    if (entry == 0) {
        page.state = KNOWN_UNMAPPED;
    } else if ((entry & 0xc00) == 0x800) {
        page.state = KNOWN_MEMORY;
        page.physical = (entry & mode->transition_mask) | (address & 0xfff);
        page.flags &= flags_of_protection(mode, entry);
    } else if (is_prototype(tables, entry) && may_be_prototype) {
        page = behind_prototype(tables, entry, address);
        page.flags &= flags;
    } else {
        page.state = KNOWN_PAGED_OUT;
        page.sure = false;
    }
    return page;
}

// Where a table is: false if there is none, and what that means.
static bool software_table(const struct known_mode *mode, uint64_t entry, uint64_t *table,
                           enum known_state *state)
{
    // Where the number of the page file stands depends on the build; no page is at its offset 0.
    uint64_t offset = mode->width == 4 ? entry >> 12 : entry >> 32;

    *state = KNOWN_UNMAPPED;
    if ((entry & 0xc00) == 0x800) {
        *table = entry & mode->transition_mask;
        return true;
    }
    if (!(entry & 0x400) && offset != 0)
        *state = KNOWN_UNREADABLE;
    return false;
}

UNWATCHED static struct known_page look_up(const struct known_tables *tables, uint64_t address,
                                           bool may_be_prototype)
{
    const struct known_mode *mode = &modes[tables->paging];
    struct known_page page = {.flags = ALL_FLAGS, .sure = true};
    uint64_t table = tables->root & mode->root_mask;

    for (size_t i = 0;; i++) {
        unsigned shift = mode->shifts[i];
        uint64_t index = address >> shift & ((1u << mode->bits[i]) - 1), entry;

        page.size = UINT64_C(1) << shift;
        page.state = KNOWN_UNREADABLE;
        if (!read_entry(tables->memory, table + index * mode->width, mode->width, &entry))
            return page;
        page.state = KNOWN_UNMAPPED;
        if (!(entry & 1)) {
            if (!tables->windows)
                return page;
            if (shift == 12)
                return software_page(tables, entry, address, page.flags, may_be_prototype);
            if (!software_table(mode, entry, &table, &page.state))
                return page;
            continue;
        }
        if (tables->paging != MS_PAGING_PAE || shift != 30)
            page.flags &= flags_of(mode, entry);
        table = entry & PHYSICAL_MASK & (mode->width == 4 ? 0xffffffff : UINT64_MAX);
        if (shift != 12 && !is_large(mode, shift, entry))
            continue;
        page.state = KNOWN_MEMORY;
        page.physical = (table & ~(page.size - 1)) | (address & (page.size - 1));
        if (shift == 22)
            page.physical |= (entry >> 13 & 0xff) << 32;
        return page;
    }
}

struct known_page known_lookup(const struct known_tables *tables, uint64_t address)
{
    return look_up(tables, address, true);
}

// == Spaces ==

static bool continues(const struct known_mapping *last, const struct known_mapping *next)
{
    bool has_physical = next->state == MS_MAPPED_PRESENT || next->state == MS_MAPPED_ABSENT;

    return last->last + 1 == next->first && last->state == next->state &&
           last->flags == next->flags && last->sure == next->sure &&
           (!has_physical || last->physical + (next->first - last->first) == next->physical);
}

void known_space_add(struct known_space *space, struct known_mapping mapping)
{
    if (space->n > 0 && continues(&space->mappings[space->n - 1], &mapping)) {
        space->mappings[space->n - 1].last = mapping.last;
        return;
    }
    if (space->n == space->capacity) {
        space->capacity = space->capacity ? 2 * space->capacity : 64;
        space->mappings = reallocarray(space->mappings, space->capacity, sizeof(*space->mappings));
        if (!space->mappings)
            abort();
    }
    space->mappings[space->n++] = mapping;
}

// Where what is at a physical address ends, whether the image holds it or not.
static uint64_t end_at(const struct known_memory *memory, uint64_t address, bool *held)
{
    const struct memory_run *run = known_run_at(memory, address);
    uint64_t end = UINT64_MAX;

    *held = run;
    if (run)
        return run->start + (run->length - 1);
    for (size_t i = 0; i < memory->n; i++) {
        if (memory->runs[i].start > address && memory->runs[i].start - 1 < end)
            end = memory->runs[i].start - 1;
    }
    return end;
}

static void add_memory(struct known_space *space, const struct known_memory *memory,
                       struct known_mapping mapping)
{
    uint64_t last = mapping.last;

    for (;;) {
        bool held;
        uint64_t left = end_at(memory, mapping.physical, &held) - mapping.physical;

        mapping.state = held ? MS_MAPPED_PRESENT : MS_MAPPED_ABSENT;
        mapping.last = last - mapping.first < left ? last : mapping.first + left;
        known_space_add(space, mapping);
        if (mapping.last == last)
            return;
        mapping.physical += mapping.last - mapping.first + 1;
        mapping.first = mapping.last + 1;
    }
}

static void add_page(struct known_space *space, const struct known_memory *memory,
                     const struct known_page *page, uint64_t first, uint64_t last)
{
    struct known_mapping mapping = {.first = first,
                                    .last = last,
                                    .physical = page->physical,
                                    .flags = page->flags,
                                    .sure = page->sure};

    if (page->state == KNOWN_MEMORY) {
        add_memory(space, memory, mapping);
    } else if (page->state != KNOWN_UNMAPPED) {
        mapping.state = page->state == KNOWN_PAGED_OUT ? MS_MAPPED_PAGED_OUT : MS_MAPPED_UNREADABLE;
        mapping.sure = mapping.sure && page->state == KNOWN_PAGED_OUT;
        known_space_add(space, mapping);
    }
}

// The address after one that is the last of the lower half.
static uint64_t after(enum ms_paging paging, uint64_t address)
{
    if (paging == MS_PAGING_X64 && address == UINT64_C(0x7fffffffffff))
        return UINT64_C(0xffff800000000000);
    if (paging == MS_PAGING_X64_5 && address == UINT64_C(0xffffffffffffff))
        return UINT64_C(0xff00000000000000);
    return address + 1;
}

bool known_space_walk(struct known_space *space, const struct known_tables *tables, uint64_t first,
                      uint64_t last, size_t budget)
{
    for (uint64_t address = first;;) {
        struct known_page page = known_lookup(tables, address);
        uint64_t end = address | (page.size - 1);

        if (budget-- == 0)
            return false;
        end = end < last ? end : last;
        add_page(space, tables->memory, &page, address, end);
        if (end == last)
            return true;
        address = after(tables->paging, end);
    }
}

static void add_physical(struct known_space *space, uint64_t first, uint64_t last,
                         enum ms_mapping_state state)
{
    known_space_add(
        space,
        (struct known_mapping){
            .first = first, .last = last, .physical = first, .flags = ALL_FLAGS, .state = state});
}

void known_space_physical(struct known_space *space, const struct known_memory *memory)
{
    size_t held = 0, absent = 0;

    while (held < memory->n || absent < memory->n_absent) {
        const struct memory_run *run = &memory->runs[held];
        const struct ms_range *range = &memory->absent[absent];

        if (absent == memory->n_absent || (held < memory->n && run->start < range->first)) {
            add_physical(space, run->start, run->start + (run->length - 1), MS_MAPPED_PRESENT);
            held++;
        } else {
            add_physical(space, range->first, range->last, MS_MAPPED_ABSENT);
            absent++;
        }
    }
}

void known_space_release(struct known_space *space)
{
    free(space->mappings);
    *space = (struct known_space){0};
}
