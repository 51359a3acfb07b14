// SPDX-License-Identifier: MIT
//
// KUSER_SHARED_DATA: offsets as in Windows' public symbols.

#include "base/bytes.h"
#include "base/extent.h"
#include "space/find_root.h"

#define SHARED_DATA_64     UINT64_C(0xfffff78000000000)
#define SHARED_DATA_32     UINT64_C(0xffdf0000)
#define SYSTEM_ROOT        0x30  // UTF-16: C:\Windows
#define PRODUCT_TYPE       0x264 // 1 to 3
#define MAJOR_VERSION      0x26c
#define MINOR_VERSION      0x270
#define SHARED_DATA_LENGTH 0x280

struct ms_walker ms_root_walker(const struct ms_root_search *search,
                                const struct ms_paging_mode *mode, uint64_t root, bool is_windows)
{
    return (struct ms_walker){
        .view = search->view,
        .mode = mode,
        .root = root & mode->root_mask,
        .rules = {.windows = is_windows, .top = search->top},
    };
}

// A drive, a colon, a backslash and the beginning of a name.
static bool is_system_root(const uint8_t *text)
{
    unsigned drive = ms_le16(text) | 0x20u, name = ms_le16(text + 6);

    return drive >= 'a' && drive <= 'z' && ms_le16(text + 2) == ':' && ms_le16(text + 4) == '\\' &&
           name > ' ' && name < 0x7f;
}

bool ms_root_maps_shared_data(const struct ms_walker *walker)
{
    uint64_t address = walker->mode->address_bits == 64 ? SHARED_DATA_64 : SHARED_DATA_32;
    uint8_t data[SHARED_DATA_LENGTH];
    uint32_t product, major;

    if (!ms_walk_read(walker, address, data, sizeof(data)))
        return false;
    product = ms_le32(data + PRODUCT_TYPE);
    major = ms_le32(data + MAJOR_VERSION);
    return is_system_root(data + SYSTEM_ROOT) && product >= 1 && product <= 3 && major >= 5 &&
           major <= 20 && ms_le32(data + MINOR_VERSION) < 100;
}

// The number of present entries of a table from `first` on; of those that are tables, also what
// these have, `depth` levels down.
static unsigned count_tables(const struct ms_walker *walker, unsigned level, uint64_t physical,
                             unsigned first, unsigned depth)
{
    const struct ms_paging_mode *mode = walker->mode;
    unsigned n = 1u << mode->levels[level].bits, found = 0;
    uint8_t bytes[MS_MAX_TABLE_BYTES];

    if (!ms_memory_view_read(&walker->view, physical, bytes, (size_t)n * mode->entry_bytes))
        return 0;
    for (unsigned i = first; i < n; i++) {
        struct ms_pte pte = ms_pte_decode(mode, level, &walker->rules, ms_pte_load(mode, bytes, i));

        found += pte.kind == MS_PTE_TABLE || pte.kind == MS_PTE_PAGE;
        if (pte.kind == MS_PTE_TABLE && depth > 0)
            found += count_tables(walker, level - 1, pte.physical, 0, depth - 1);
    }
    return found;
}

unsigned ms_root_kernel_tables(const struct ms_walker *walker)
{
    unsigned top = walker->mode->n_levels - 1;

    return count_tables(walker, top, walker->root, 1u << (walker->mode->levels[top].bits - 1),
                        top > 1);
}
