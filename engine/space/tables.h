// SPDX-License-Identifier: MIT
//
// Page tables as they were read: each table of the image once per level that it is used at, however
// many entries and roots point to it. A table is a list of extents, neighbouring entries that
// continue each other; an extent of tables is one child, repeated. So tables form a directed graph
// without cycles, because the level decreases with each step, also where entries point back to
// their own table.
//
// Tables come from strangers. Two bounds keep what they cost in proportion to the image:
//   - All of them together take up at most 32 MiB and a 32nd of the bytes that the image holds. An
//     extent takes 8 bytes, so that an honest table that maps no two neighbours takes as many as it
//     does in the image; page tables are seldom more than a 100th of memory.
//   - A space maps at most MS_MAX_TIMES_MAPPED times the bytes that the image holds. A page of
//     which less is there counts as one of 4 KiB, and so does each other extent, so that this
//     bounds the number of steps that it takes to walk a space.
// What passes a bound is left out with a warning, and is unreadable.

#ifndef MS_SPACE_TABLES_H
#define MS_SPACE_TABLES_H

#include "format/format.h"
#include "space/present.h"
#include "space/pte.h"
#include "space/space.h"
#include "space/walk.h"

#define MS_MAX_TIMES_MAPPED 256

// == Extents ==

enum ms_extent_kind {
    MS_EXTENT_PAGES,     // physically contiguous, from a frame on
    MS_EXTENT_TABLE,     // one table, for each entry
    MS_EXTENT_PAGED_OUT, //
    MS_EXTENT_UNREADABLE,
};

// From bit 0 on: index of the first entry (10 bits), number of entries less 1 (8), flags (3), kind
// (3), number of the frame of 4 KiB or of the table (40).
typedef uint64_t ms_table_extent;

#define MS_EXTENT_MAX_ENTRIES  256
#define MS_EXTENT_ONE_MORE     (UINT64_C(1) << 10) // entry
#define MS_EXTENT_TARGET_SHIFT 24

static inline unsigned ms_extent_index(ms_table_extent extent)
{
    return extent & 0x3ff;
}

static inline unsigned ms_extent_count(ms_table_extent extent)
{
    return (extent >> 10 & 0xff) + 1;
}

static inline unsigned ms_extent_flags(ms_table_extent extent)
{
    return extent >> 18 & 7;
}

static inline enum ms_extent_kind ms_extent_kind(ms_table_extent extent)
{
    return (enum ms_extent_kind)(extent >> 21 & 7);
}

static inline uint64_t ms_extent_target(ms_table_extent extent)
{
    return extent >> MS_EXTENT_TARGET_SHIFT;
}

static inline ms_table_extent ms_extent_make(unsigned index, unsigned count, unsigned flags,
                                             enum ms_extent_kind kind, uint64_t target)
{
    return index | (uint64_t)(count - 1) << 10 | (uint64_t)flags << 18 | (uint64_t)kind << 21 |
           target << MS_EXTENT_TARGET_SHIFT;
}

// == Tables ==

struct ms_table {
    uint64_t key; // physical address, mode and level; of one that was made for a space, 0
    const ms_table_extent *extents; // by index
    uint64_t weight;                // bytes mapped below, as the bound counts them
    struct ms_table_bytes bytes;    // mapped below
    unsigned n_extents;
    bool marked; // free for whoever goes over the tables
};

struct ms_tables {
    // Set by the caller, before the first table is read.
    const struct ms_image *image;
    const struct ms_present *present;
    struct ms_layout *warnings;
    struct ms_walker kernel; // by which prototype entries are read, where the system is Windows

    // The rest is zero-initialised.
    MS_VEC(struct ms_table) tables;
    uint32_t *slots; // numbers of tables + 1, by their keys' hashes; 0: free
    size_t n_slots;
    MS_VEC(ms_table_extent *) blocks;
    size_t n_in_block; // extents used of the last block
    uint64_t cost;     // extents, and tables as some of them
    struct {
        uint64_t page; // virtual address
        struct ms_pte pte;
        bool valid;
    } last_prototype; // the page that held the last prototype entry
};

void ms_tables_release(struct ms_tables *tables);

// Reads the tables from a root on; the number of the topmost goes to `table_ret`. `root` has the
// mode's root mask applied.
enum ms_status ms_tables_read(struct ms_tables *tables, const struct ms_paging_mode *mode,
                              uint64_t root, uint32_t *table_ret, struct ms_error *error);

// The topmost table of a space: what `root` has in [first, last] (linear), to whole entries, and
// within the bound of what a space may map. May be `root` itself. table_root.c.
enum ms_status ms_tables_make_root(struct ms_tables *tables, const struct ms_paging_mode *mode,
                                   uint32_t root, uint64_t first, uint64_t last,
                                   uint32_t *table_ret, struct ms_error *error);

// The topmost table of what `root` maps and `other`, a root of the same mode, does not. What the
// second one's tables do not tell, the first one's do. table_subtract.c.
enum ms_status ms_tables_subtract(struct ms_tables *tables, const struct ms_paging_mode *mode,
                                  uint32_t root, uint32_t other, uint32_t *table_ret,
                                  struct ms_error *error);

#endif
