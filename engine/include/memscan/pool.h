// SPDX-License-Identifier: MIT
//
// Kernel pool: which block an address lies in, the blocks of a page, the blocks with a tag, and
// what each tag has allocated.

#ifndef MEMSCAN_POOL_H
#define MEMSCAN_POOL_H

#include <memscan/modules.h>
#include <memscan/search.h>

#ifdef __cplusplus
extern "C" {
#endif

// A tag is a number whose lowest byte is its first character: "Se  " is 0x20206553. Where bit 31
// says that a block is protected (before Windows 8), it is not part of it. See memscan/pool_tags.h
// for what tags mean, and for patterns of them.
//
// Modules' memory is never pool. Blocks with a header that are in pages which the image does not
// hold are in no row.

// == Opening ==

// The pool of the kernel that modules were found of. It keeps what it read last: one thread at a
// time may use it.
struct ms_pool;

// Reads the tables that tell of big allocations; `modules` must outlive the result. What is not
// found becomes a note. MS_MISSING: there is no Windows kernel. MS_NOMEM.
MS_API enum ms_status ms_pool_create(const struct ms_modules *modules, struct ms_pool **pool_ret,
                                     struct ms_error *error);
MS_API void ms_pool_free(struct ms_pool *pool); // NULL is allowed

// What was not found or passed over, one line each. ms_pool_find() and ms_pool_usage_create() may
// add lines; lines that are there stay as they are.
MS_API size_t ms_pool_n_notes(const struct ms_pool *pool);
MS_API const char *ms_pool_note(const struct ms_pool *pool, size_t index);

// What is known of the pool as a whole.
struct ms_pool_system {
    uint32_t build;   // whose rules are applied; 0: not known, and those of Windows 7 are
    bool has_chains;  // blocks are linked by their sizes. Without (10.18362 and later), headers are
                      // told by how they look: all small blocks are guesses
    uint32_t granule; // bytes that blocks begin at multiples of, and of a header: 8 or 16
    uint64_t big_pages;         // address of the table of big allocations; 0: not found
    const char *big_origin;     // who said so: "symbols", "search of nt", ""
    size_t n_big;               // allocations in it
    uint64_t trackers;          // address of the table of tags; 0: not found
    const char *tracker_origin; // "KDBG", "symbols", "search of nt", ""
};
MS_API struct ms_pool_system ms_pool_system(const struct ms_pool *pool);

// == Blocks ==

enum ms_pool_kind {
    MS_POOL_KIND_UNKNOWN, // of free blocks alone, where neither the page nor a range tells
    MS_POOL_NONPAGED,
    MS_POOL_PAGED,
};

// "unknown", "nonpaged", "paged".
MS_API const char *ms_pool_kind_name(enum ms_pool_kind kind);

enum ms_pool_form {
    MS_POOL_SMALL,   // a block with a header, in one page
    MS_POOL_BIG,     // whole pages without a header, of the table of big allocations
    MS_POOL_SPECIAL, // a page of special pool: one allocation of Driver Verifier's
    MS_POOL_DAMAGED, // bytes between blocks of a page of which no header tells: there was one
};

// "block", "big", "special", "damaged".
MS_API const char *ms_pool_form_name(enum ms_pool_form form);

struct ms_pool_info {
    enum ms_pool_form form;
    uint64_t address;       // first byte: of the header; of a page, where the form has none
    uint64_t size;          // bytes from there on: header included; of special pool, the page's
    uint32_t header_bytes;  // before the data; 0 where there is no header
    uint32_t previous_size; // MS_POOL_SMALL: of the block before it, as its header has it
    uint32_t tag;           // means nothing where the form is damaged
    bool is_protected;
    bool allocated; // else free. Means nothing where the form is damaged
    bool is_session;
    enum ms_pool_kind kind;
    bool guessed;  // nothing but its looks speaks for the header: a segment heap's, or one beside
                   // damage. What it says may be old: a segment heap's block may be free by now
    uint64_t data; // first byte of what was allocated
    uint64_t data_size; // bytes; where the header tells but granules, up to the end of the last one
};

// The block that an address lies in. False: in none that is known. Of addresses that are near each
// other a page is read once.
MS_API bool ms_pool_at(struct ms_pool *pool, uint64_t address, struct ms_pool_info *info_ret);

// The last address up to which all addresses, from the given one on, lie in the same block, or in
// none. In none: of the pages behind the address's own only those of big allocations are looked at;
// the first bytes of the others, which are headers, differ from whatever repeats up to them.
MS_API uint64_t ms_pool_last(struct ms_pool *pool, uint64_t address);

enum ms_pool_page_state {
    MS_POOL_PAGE_NONE,    // no pool that is known
    MS_POOL_PAGE_ABSENT,  // not in the image, and of no big allocation
    MS_POOL_PAGE_WHOLE,   // blocks from its first to its last byte
    MS_POOL_PAGE_DAMAGED, // blocks, and in between what is none
    MS_POOL_PAGE_GUESSED, // a segment heap's: headers that look right; in between may be anything
    MS_POOL_PAGE_BIG,     // part of a big allocation, which is its one row
    MS_POOL_PAGE_SPECIAL, // likewise
};

struct ms_pool_page {
    uint64_t address;
    enum ms_pool_page_state state;
    enum ms_pool_kind kind;          // of its blocks
    bool is_session;                 // the same
    const struct ms_pool_info *rows; // by ascending address
    size_t n;
};

// The blocks of the page that an address lies in. Rows live until the next call of any function
// with this pool.
MS_API struct ms_pool_page ms_pool_page(struct ms_pool *pool, uint64_t address);

// == All blocks with a tag ==

// How all memory is gone through. NULL in its place means one that is all zeros.
struct ms_pool_pass {
    unsigned threads; // for searches; 0: one per processor
    // Called on the thread that called, never two at once. Either may be NULL. A value other than 0
    // ends the pass with MS_STOPPED. Of the functions with this pool they may call ms_pool_system()
    // and those of notes alone.
    int (*block)(void *user, const struct ms_pool_info *info);
    int (*progress)(void *user, const struct ms_progress *progress); // often
    void *user;
};

// Tells all blocks whose tag fits a pattern (see ms_pool_tag_matches()), by ascending address; big
// allocations and special pool among them. A page that is mapped at several addresses is told at
// each; at more than MS_MAX_MAPPINGS, it may be told at one. Reads all of the kernel's memory: as a
// search for one value does where the pattern tells two characters of the tag or more, else page by
// page. MS_ARGUMENT: there is no such tag; MS_NOMEM, MS_STOPPED, and what ms_search() fails with.
MS_API enum ms_status ms_pool_find(struct ms_pool *pool, const char *pattern,
                                   const struct ms_pool_pass *pass, struct ms_error *error);

// == What each tag has ==

struct ms_pool_totals {
    uint64_t nonpaged_allocs, nonpaged_bytes;
    uint64_t paged_allocs, paged_bytes;
};

// The kernel's table tells neither of sessions' pool nor of special pool: these are counted apart.
struct ms_pool_usage_row {
    uint32_t tag;
    bool has_tracker; // the kernel's table has it
    // By the table: allocations that were not freed, and their bytes. Counters of 32 bits wrap
    // around, which the difference of two does not mind.
    struct ms_pool_totals tracker;
    uint64_t nonpaged_frees, paged_frees;   // since the system was started
    struct ms_pool_totals counted;          // blocks that the image holds, and big allocations
    uint64_t session_allocs, session_bytes; // the same, of sessions' pool
    uint64_t special_allocs, special_bytes; // pages of special pool that the image holds
    uint64_t guessed;                       // blocks of all these that are guesses
};

enum ms_pool_usage_flags {
    MS_POOL_USAGE_TRACKER = 1u << 0, // read the kernel's table
    MS_POOL_USAGE_COUNTED = 1u << 1, // count the blocks: reads all of the kernel's memory
};

struct ms_pool_usage;

// The callback `block` of the pass is not called. Where the kernel's table is not found, or a part
// of it is not in the image, notes of the pool tell. Pages that are mapped at several addresses are
// counted once. MS_NOMEM, MS_STOPPED.
MS_API enum ms_status ms_pool_usage_create(struct ms_pool *pool, unsigned flags,
                                           const struct ms_pool_pass *pass,
                                           struct ms_pool_usage **usage_ret,
                                           struct ms_error *error);
MS_API void ms_pool_usage_free(struct ms_pool_usage *usage); // NULL is allowed

// By ascending bytes of the tag, as text is sorted.
MS_API size_t ms_pool_usage_count(const struct ms_pool_usage *usage);
MS_API const struct ms_pool_usage_row *ms_pool_usage_row(const struct ms_pool_usage *usage,
                                                         size_t index);

// What was gone through.
struct ms_pool_usage_work {
    bool has_tracker;         // the kernel's table was found
    uint64_t pages;           // with small blocks, or of special pool
    uint64_t damaged_pages;   // of them
    uint64_t repeated_pages;  // not counted: they are there at another address, too
    uint64_t free_blocks;     // small ones
    uint64_t free_bytes;      // of these
    uint64_t untold_blocks;   // of tags beyond those that there was room for
    uint64_t untold_trackers; // the same of the table
};
MS_API struct ms_pool_usage_work ms_pool_usage_work(const struct ms_pool_usage *usage);

#ifdef __cplusplus
}
#endif

#endif
