// SPDX-License-Identifier: MIT
//
// One page-table entry: what it says.
//
// An entry that the processor takes as not present is decoded as Windows uses it only where the
// system is known to be Windows; anywhere else it maps nothing. Of Windows' software entries:
//   - transition pages are memory; at a higher level, transition tables are tables;
//   - prototype entries point to another entry, which the caller reads, and which is decoded with
//     ms_pte_decode_prototype();
//   - at the lowest level, all others that are not zero are paged out: in a page file,
//     demand-zero, in a file, or broken;
//   - at a higher level, one in a page file is a table that cannot be read, others map nothing.
// The flags of software entries are what their protection would give the page. Where an entry does
// not say (prototypes), they forbid nothing.
//
// Facts: Intel SDM volume 3, chapter 4; Windows' public symbols (MMPTE_HARDWARE, MMPTE_SOFTWARE,
// MMPTE_TRANSITION, MMPTE_PROTOTYPE), MemProcFS and Volatility 3.

#ifndef MS_SPACE_PTE_H
#define MS_SPACE_PTE_H

#include "base/bytes.h"
#include "space/paging.h"

enum ms_pte_kind {
    MS_PTE_NONE,       // maps nothing
    MS_PTE_TABLE,      // `physical` is that of the table one level below
    MS_PTE_PAGE,       // `physical` is that of the page
    MS_PTE_PROTOTYPE,  // `prototype` is the virtual address of the entry that tells
    MS_PTE_PAGED_OUT,  // a page that is not in memory
    MS_PTE_UNREADABLE, // a table that is not in memory
};

struct ms_pte {
    enum ms_pte_kind kind;
    unsigned flags; // enum ms_page_flags that this entry allows
    uint64_t physical;
    uint64_t prototype;
};

#define MS_PTE_ALL_FLAGS (MS_PAGE_WRITABLE | MS_PAGE_EXECUTABLE | MS_PAGE_USER)

// What software entries are decoded by.
struct ms_pte_rules {
    bool windows;
    uint64_t top; // the last physical address of the image: beyond it, bit 45 of a transition entry
                  // is not part of the frame
};

// The entry at an index of a table's bytes.
static inline uint64_t ms_pte_load(const struct ms_paging_mode *mode, const uint8_t *table,
                                   unsigned index)
{
    return mode->entry_bytes == 8 ? ms_le64(table + 8 * (size_t)index)
                                  : ms_le32(table + 4 * (size_t)index);
}

// == As the processor sees it ==

#define MS_PTE_PRESENT    UINT64_C(0x001)
#define MS_PTE_WRITABLE   UINT64_C(0x002)
#define MS_PTE_USER       UINT64_C(0x004)
#define MS_PTE_LARGE      UINT64_C(0x080)
#define MS_PTE_NO_EXECUTE (UINT64_C(1) << 63)

// Inline, as is what else each entry of each table goes through.
static inline unsigned ms_pte_flags(const struct ms_paging_level *level, uint64_t entry)
{
    unsigned flags = MS_PTE_ALL_FLAGS;

    if (level->has_flags && !(entry & MS_PTE_WRITABLE))
        flags &= ~(unsigned)MS_PAGE_WRITABLE;
    if (level->has_flags && !(entry & MS_PTE_USER))
        flags &= ~(unsigned)MS_PAGE_USER;
    if (level->no_execute && (entry & MS_PTE_NO_EXECUTE))
        flags &= ~(unsigned)MS_PAGE_EXECUTABLE;
    return flags;
}

// The low bits of a large page's frame hold its PAT bit and, with PSE-36, higher bits.
static inline uint64_t ms_pte_frame(const struct ms_paging_mode *mode, unsigned level,
                                    uint64_t entry)
{
    uint64_t bytes = UINT64_C(1) << mode->levels[level].shift;
    uint64_t frame = entry & mode->frame_mask & ~(bytes - 1);

    if (level > 0 && mode->pse36)
        frame |= (entry >> 13 & 0xff) << 32;
    return frame;
}

static inline struct ms_pte ms_pte_decode_present(const struct ms_paging_mode *mode, unsigned level,
                                                  uint64_t entry)
{
    struct ms_pte pte = {.kind = MS_PTE_TABLE,
                         .flags = ms_pte_flags(&mode->levels[level], entry),
                         .physical = entry & mode->frame_mask};

    if (level == 0 || (mode->levels[level].large && (entry & MS_PTE_LARGE))) {
        pte.kind = MS_PTE_PAGE;
        pte.physical = ms_pte_frame(mode, level, entry);
    }
    return pte;
}

// == All ==

// Decodes an entry that is not present.
struct ms_pte ms_pte_decode_absent(const struct ms_paging_mode *mode, unsigned level,
                                   const struct ms_pte_rules *rules, uint64_t entry);

static inline struct ms_pte ms_pte_decode(const struct ms_paging_mode *mode, unsigned level,
                                          const struct ms_pte_rules *rules, uint64_t entry)
{
    return entry & MS_PTE_PRESENT ? ms_pte_decode_present(mode, level, entry)
                                  : ms_pte_decode_absent(mode, level, rules, entry);
}

// Decodes the entry that a prototype entry points to: a page, or paged out.
struct ms_pte ms_pte_decode_prototype(const struct ms_paging_mode *mode,
                                      const struct ms_pte_rules *rules, uint64_t entry);

#endif
