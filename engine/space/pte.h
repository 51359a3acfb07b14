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

struct ms_pte ms_pte_decode(const struct ms_paging_mode *mode, unsigned level,
                            const struct ms_pte_rules *rules, uint64_t entry);

// Decodes the entry that a prototype entry points to: a page, or paged out.
struct ms_pte ms_pte_decode_prototype(const struct ms_paging_mode *mode,
                                      const struct ms_pte_rules *rules, uint64_t entry);

#endif
