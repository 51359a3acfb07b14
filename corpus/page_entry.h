// SPDX-License-Identifier: MIT
//
// Page-table entries: how each paging mode numbers its tables, and what it writes into them.
//
// Levels count from below: an entry of level 0 decides a page of 4 KiB, one of level 1 what a whole
// page table does, and so on; the root's is the highest.

#ifndef CORPUS_PAGE_ENTRY_H
#define CORPUS_PAGE_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

enum paging { PAGING_X86, PAGING_PAE, PAGING_X64, PAGING_X64_5, PAGING_COUNT };

enum { MAX_LEVELS = 5 };

struct paging_mode {
    const char *name;
    unsigned address_bits;
    unsigned entry_bytes;
    unsigned n_levels;
    unsigned shifts[MAX_LEVELS + 1]; // an entry of level L decides 1 << shifts[L] bytes
    unsigned top_page_level;         // the highest that may hold a page
    uint64_t frame_mask;             // of addresses in entries
    uint64_t page_limit;             // pages lie below it
    uint64_t root_align;
    uint64_t self_index; // where systems have their self map
};

extern const struct paging_mode paging_modes[PAGING_COUNT];

/** The names as "x86, pae, ..." for messages. */
extern const char paging_names[];

enum map_flags { MAP_READ_ONLY = 1, MAP_NO_EXECUTE = 2, MAP_USER = 4 };

/** Bytes that an entry of a level decides. */
uint64_t paging_span(const struct paging_mode *mode, unsigned level);

/** Which entry of its table of that level decides the address. */
unsigned paging_index(const struct paging_mode *mode, unsigned level, uint64_t address);

/** True if the mode has such virtual addresses. */
bool paging_has_address(const struct paging_mode *mode, uint64_t address);

/* ---- entries that processors know ----------------------------------------------------- */

uint64_t pte_table(const struct paging_mode *mode, unsigned level, uint64_t table, bool user);
uint64_t pte_page(const struct paging_mode *mode, unsigned level, uint64_t page, unsigned flags);

bool pte_is_table(const struct paging_mode *mode, unsigned level, uint64_t entry);
bool pte_is_page(const struct paging_mode *mode, unsigned level, uint64_t entry);

/** The address of the page that the entry maps. */
uint64_t pte_page_address(const struct paging_mode *mode, unsigned level, uint64_t entry);

/* ---- entries of pages that are not present, as Windows writes them --------------------- */

uint64_t pte_transition(uint64_t page, unsigned flags);
uint64_t pte_prototype(const struct paging_mode *mode, uint64_t address);
uint64_t pte_demand_zero(unsigned flags);

/** `build` is Windows': the number of the page file has moved. */
uint64_t pte_pagefile(const struct paging_mode *mode, uint64_t build, uint64_t file,
                      uint64_t offset, unsigned flags);

bool pte_is_transition(uint64_t entry);
bool pte_is_prototype(uint64_t entry);

/** The virtual address of the prototype. */
uint64_t pte_prototype_address(const struct paging_mode *mode, uint64_t entry);

#endif
