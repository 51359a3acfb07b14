// SPDX-License-Identifier: MIT

#include "windows/pool_tables.h"

#include "base/bytes.h"
#include "base/extent.h"

#include <string.h>

// == Going through one ==

#define CHUNK 0x4000u

// Whether a table ends in the kernel's half; else fewer entries do.
static uint64_t count_inside(const struct ms_pool_table *table)
{
    const struct ms_kernel_memory *memory = table->memory;

    if (!ms_in_kernel(memory, table->address, table->entry_bytes))
        return 0;
    return ms_min_u64(table->n, (memory->last - table->address) / table->entry_bytes);
}

static int visit_chunk(const struct ms_pool_table *table, const uint8_t *bytes, const bool *present,
                       size_t n, int (*visit)(void *user, const uint8_t *entry), void *user)
{
    int result = 0;

    for (size_t i = 0; result == 0 && i < n; i++) {
        size_t at = i * table->entry_bytes;
        bool there = !memchr(present + at, 0, table->entry_bytes);

        result = visit(user, there ? bytes + at : NULL);
    }
    return result;
}

int ms_pool_table_visit(const struct ms_pool_table *table,
                        int (*visit)(void *user, const uint8_t *entry), void *user)
{
    const uint64_t n = count_inside(table), most = CHUNK / table->entry_bytes;
    struct ms_vmem vmem = ms_kernel_vmem(table->memory);
    uint8_t bytes[CHUNK];
    bool present[CHUNK];
    int result = 0;

    for (uint64_t i = 0; result == 0 && i < n; i += most) {
        size_t n_here = (size_t)ms_min_u64(most, n - i);

        vmem.read(vmem.user, table->address + i * table->entry_bytes, bytes, present,
                  n_here * table->entry_bytes);
        result = visit_chunk(table, bytes, present, n_here, visit, user);
    }
    return result;
}

// == Variables ==

uint64_t ms_pool_variable(const struct ms_modules *modules, const char *name)
{
    uint64_t address = ms_nt_symbol(&modules->nt, name), value;

    return address && ms_kernel_pointer(&modules->memory, address, &value) ? value : 0;
}

// == Searching the kernel's variables ==

// A real kernel has two megabytes of them, and few pointers to pages.
#define MAX_SECTION_BYTES UINT64_C(0x4000000)
#define MAX_CANDIDATES    0x4000u

struct searching {
    const struct ms_modules *modules;
    bool (*proves)(void *user, uint64_t variable, uint64_t pointer);
    void *user;
    unsigned n_candidates;
};

static bool is_candidate(const struct searching *searching, uint64_t pointer)
{
    return pointer % MS_KERNEL_PAGE == 0 &&
           ms_in_kernel(&searching->modules->memory, pointer, MS_KERNEL_PAGE) &&
           ms_modules_at(searching->modules, pointer) == MS_NO_MODULE;
}

static uint64_t search_bytes(struct searching *searching, uint64_t address, const uint8_t *bytes,
                             size_t length)
{
    const uint32_t width = searching->modules->memory.bits / 8;

    for (size_t at = 0; at + width <= length; at += width) {
        uint64_t pointer = ms_le(bytes + at, width);

        if (!is_candidate(searching, pointer))
            continue;
        if (searching->n_candidates++ >= MAX_CANDIDATES)
            return 0;
        if (searching->proves(searching->user, address + at, pointer))
            return pointer;
    }
    return 0;
}

// What is not in the image reads as zeros, which lead nowhere.
static uint64_t search_section(struct searching *searching, const struct ms_module_section *section)
{
    struct ms_vmem vmem = ms_kernel_vmem(&searching->modules->memory);
    uint64_t size = ms_min_u64(section->end - section->start, MAX_SECTION_BYTES), found = 0;
    uint8_t bytes[CHUNK];
    bool present[CHUNK];

    for (uint64_t at = 0; !found && at < size; at += CHUNK) {
        size_t length = (size_t)ms_min_u64(CHUNK, size - at);

        if (vmem.read(vmem.user, section->start + at, bytes, present, length) > 0)
            found = search_bytes(searching, section->start + at, bytes, length);
    }
    return found;
}

uint64_t ms_pool_table_search(const struct ms_modules *modules,
                              bool (*proves)(void *user, uint64_t variable, uint64_t pointer),
                              void *user, bool *no_memory_ret)
{
    struct searching searching = {.modules = modules, .proves = proves, .user = user};
    size_t nt = ms_modules_at(modules, modules->nt.base), n = 0;
    const struct ms_module_section *sections;
    uint64_t found = 0;

    if (nt == MS_NO_MODULE)
        return 0;
    if (ms_modules_sections(modules, nt, &sections, &n, NULL) != MS_OK) {
        *no_memory_ret = true;
        return 0;
    }
    for (size_t i = 0; !found && i < n; i++) {
        if (sections[i].flags & MS_SECTION_WRITABLE)
            found = search_section(&searching, &sections[i]);
    }
    return found;
}
