// SPDX-License-Identifier: MIT
//
// The base of the kernel's image. Pointers into it are followed down to its first page; without
// any, the pages where loaders put it are looked at, then others, up to a number of pages that
// bounds the time.
//
// Facts: MemProcFS (vmmwininit.c), Volatility 3 (automagic/pdbscan.py).

#include "base/bytes.h"
#include "base/extent.h"
#include "image/memory.h"
#include "space/find_root.h"
#include "windows/nt.h"

#include <string.h>
#include <strings.h>

#define MAX_BELOW  UINT64_C(0x2000000) // bytes from the base to what points into the kernel
#define STEP       UINT64_C(0x200000)  // where none of so many bytes are there, it does not go on
#define MAX_PAGES  UINT64_C(0x80000)   // that are looked at
#define MAX_IMAGES 4096                // beginnings of PE images that are looked at, in all
#define MAX_NAME   64

static const uint8_t mz[2] = {'M', 'Z'};

// == Whether it is one ==

static const char *const own_names[] = {"ntoskrnl.exe", "ntkrnlpa.exe", "ntkrnlmp.exe",
                                        "ntkrpamp.exe", "ntkrla57.exe", NULL};
static const char *const pdb_names[] = {"ntoskrnl.pdb", "ntkrnlpa.pdb", "ntkrnlmp.pdb",
                                        "ntkrpamp.pdb", "ntkrla57.pdb", NULL};

static bool is_named(const char *const *names, const uint8_t *name, size_t length)
{
    for (; *names; names++) {
        if (strlen(*names) == length && strncasecmp(*names, (const char *)name, length) == 0)
            return true;
    }
    return false;
}

bool ms_nt_is_pdb(const uint8_t *name, size_t length)
{
    return is_named(pdb_names, name, length);
}

static bool has_own_name(const struct ms_pe *pe)
{
    uint8_t name[MAX_NAME];
    struct ms_pe_text text;

    ms_pe_own_name(pe, name, sizeof(name), &text);
    return text.state == MS_PE_WHOLE && is_named(own_names, text.bytes, text.length);
}

static bool has_pdb_name(const struct ms_pe *pe)
{
    struct ms_pe_pdb pdb;
    uint32_t start;

    if (ms_pe_pdb(pe, &pdb) != MS_PE_WHOLE)
        return false;
    start = pdb.path_length;
    while (start > 0 && pdb.path[start - 1] != '\\' && pdb.path[start - 1] != '/')
        start--;
    return ms_nt_is_pdb(pdb.path + start, pdb.path_length - start);
}

// No other image has a section of that name.
static bool has_pool_code(const struct ms_pe *pe)
{
    for (size_t i = 0; i < pe->n_sections; i++) {
        if (memcmp(pe->sections[i].name, "POOLCODE", 8) == 0)
            return true;
    }
    return false;
}

bool ms_nt_is_kernel(const struct ms_kernel_memory *memory, uint64_t base, struct ms_nt *nt)
{
    struct ms_vmem vmem = ms_kernel_vmem(memory);
    enum ms_status status;
    struct ms_pe *pe;
    uint8_t bytes[2];

    if (!ms_kernel_get(memory, base, bytes, 2) || memcmp(bytes, mz, 2) != 0 ||
        nt->n_images == MAX_IMAGES)
        return false;
    nt->n_images++;
    status = ms_pe_open(&vmem, base, &pe, NULL);
    nt->no_memory |= status == MS_NOMEM;
    if (status != MS_OK)
        return false;
    if (pe->bits == memory->bits && (has_pool_code(pe) || has_own_name(pe) || has_pdb_name(pe))) {
        nt->pe = pe;
        return true;
    }
    ms_pe_close(pe);
    return false;
}

// == By what points into it ==

static bool any_present(const struct ms_kernel_memory *memory, uint64_t first)
{
    struct ms_vmem vmem = ms_kernel_vmem(memory);
    uint8_t byte;
    bool present;

    for (uint64_t page = first; page - first < STEP; page += MS_KERNEL_PAGE) {
        if (vmem.read(vmem.user, page, &byte, &present, 1) > 0)
            return true;
    }
    return false;
}

static bool find_below(const struct ms_kernel_memory *memory, uint64_t hint, const char *origin,
                       struct ms_nt *nt)
{
    uint64_t page = hint & ~(MS_KERNEL_PAGE - 1);
    uint64_t lowest = ms_max_u64(memory->first, hint - ms_min_u64(hint, MAX_BELOW));

    if (!ms_in_kernel(memory, hint, 1))
        return false;
    for (; page >= lowest && page > 0 && !ms_watch_page(nt->watch); page -= MS_KERNEL_PAGE) {
        if (page % STEP == 0 && page >= STEP && !any_present(memory, page - STEP))
            lowest = page;
        if (ms_nt_is_kernel(memory, page, nt)) {
            nt->base = page;
            nt->base_origin = origin;
            return true;
        }
    }
    return false;
}

static bool find_by_header(const struct ms_kernel_memory *memory, const struct ms_system *system,
                           struct ms_nt *nt)
{
    for (size_t i = 0; i < system->n_kernel_addresses; i++) {
        if (find_below(memory, system->kernel_addresses[i], "crash-dump header", nt))
            return true;
    }
    return false;
}

// The address that an entry of the interrupt table leads to.
static bool read_gate(const struct ms_kernel_memory *memory, uint64_t table, unsigned vector,
                      uint64_t *address_ret)
{
    size_t bytes_each = memory->bits == 64 ? 16 : 8;
    uint8_t bytes[16];

    if (!ms_kernel_get(memory, table + vector * bytes_each, bytes, bytes_each))
        return false;
    *address_ret = ms_le16(bytes) | (uint64_t)ms_le16(bytes + 6) << 16;
    if (memory->bits == 64)
        *address_ret |= (uint64_t)ms_le32(bytes + 8) << 32;
    return true;
}

static bool find_by_processor(const struct ms_kernel_memory *memory,
                              const struct ms_processor *processor, struct ms_nt *nt)
{
    static const unsigned vectors[] = {0, 3, 14};

    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        uint64_t address;

        if (read_gate(memory, processor->idt, vectors[i], &address) &&
            find_below(memory, address, "interrupt table", nt))
            return true;
    }
    return processor->level == 0 && find_below(memory, processor->rip, "running instruction", nt);
}

// Few of them: all have the same table, or one that leads to the same kernel.
static bool find_by_processors(const struct ms_kernel_memory *memory,
                               const struct ms_system *system, struct ms_nt *nt)
{
    for (size_t i = 0; i < system->processors.n && i < 4; i++) {
        if (find_by_processor(memory, &system->processors.items[i], nt))
            return true;
    }
    return false;
}

static bool find_by_low_stub(const struct ms_kernel_memory *memory, struct ms_nt *nt)
{
    const struct ms_image *image = ms_spaces_image(memory->spaces);
    uint64_t address = MS_LOW_STUB_FIRST;
    uint8_t bytes[MS_LOW_STUB_ROOT + 8];
    bool present[sizeof(bytes)];

    for (; memory->bits == 64 && address <= MS_LOW_STUB_LAST; address += MS_KERNEL_PAGE) {
        if (ms_image_read(image, address, bytes, present, sizeof(bytes)) == sizeof(bytes) &&
            ms_is_low_stub(bytes, address) &&
            find_below(memory, ms_le64(bytes + MS_LOW_STUB_KERNEL), "low stub", nt))
            return true;
    }
    return false;
}

// == By looking for it ==

struct base_search {
    const struct ms_kernel_memory *memory;
    struct ms_nt *nt;
};

static int try_page(void *user, uint64_t address)
{
    struct base_search *search = user;

    if (!ms_nt_is_kernel(search->memory, address, search->nt))
        return search->nt->n_images == MAX_IMAGES;
    search->nt->base = address;
    search->nt->base_origin = "search";
    return 1;
}

static bool find_by_search(const struct ms_kernel_memory *memory, struct ms_nt *nt)
{
    static const struct ms_range likely[] = {
        {.first = UINT64_C(0xfffff80000000000), .last = UINT64_C(0xfffff807ffffffff)},
        {.first = UINT64_C(0x80000000), .last = UINT64_C(0x87ffffff)},
    };
    const struct ms_range *first = &likely[memory->bits == 32];
    const struct ms_range ranges[] = {
        *first,
        {.first = memory->first, .last = first->first - 1},
        {.first = first->last + 1, .last = memory->last},
    };
    struct base_search search = {.memory = memory, .nt = nt};
    uint64_t budget = MAX_PAGES;

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (ms_kernel_pages(memory, ranges[i].first, ranges[i].last, mz, &budget, nt->watch,
                            try_page, &search))
            break;
    }
    return nt->base != 0;
}

bool ms_nt_find_base(const struct ms_kernel_memory *memory, struct ms_nt *nt)
{
    const struct ms_system *system = &ms_image_layout(ms_spaces_image(memory->spaces))->system;

    return find_by_header(memory, system, nt) || find_by_processors(memory, system, nt) ||
           find_by_low_stub(memory, nt) || find_by_search(memory, nt);
}
