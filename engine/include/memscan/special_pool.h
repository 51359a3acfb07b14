// SPDX-License-Identifier: MIT
//
// Special pool, in which Driver Verifier puts each allocation on a page of its own: which of these
// pages were overwritten, in one image or in several, and with what. A driver that writes where it
// must not often writes the same there each time, and has it among its own data: the DWORDs that
// the garbage of many pages shares lead to it.

#ifndef MEMSCAN_SPECIAL_POOL_H
#define MEMSCAN_SPECIAL_POOL_H

#include <memscan/modules.h>
#include <memscan/pool.h>

#ifdef __cplusplus
extern "C" {
#endif

// == Gathering ==

// What is known of some images' special pool. One thread at a time may use it.
struct ms_special_case;

MS_API enum ms_status ms_special_case_create(struct ms_special_case **special_ret,
                                             struct ms_error *error);
MS_API void ms_special_case_free(struct ms_special_case *special); // NULL is allowed

// Called on the thread that called, now and then. A value other than 0 ends what goes on with
// MS_STOPPED; what a case then holds is not whole. May be NULL. Where nobody knows how much there
// is, all_bytes is 0.
struct ms_special_callbacks {
    int (*progress)(void *user, const struct ms_progress *progress);
    void *user;
};

// Adds the special pool of the kernel that modules were found of, as a dump with the next number
// from 0 on. `modules`, with its spaces and its image, must outlive the case; where these spaces
// are several, memory that is mapped at more than 64 places may be counted at too few. That there
// is no special pool is not an error. MS_NOMEM, MS_STOPPED: nothing was added.
MS_API enum ms_status ms_special_case_add(struct ms_special_case *special,
                                          const struct ms_modules *modules,
                                          const struct ms_special_callbacks *callbacks,
                                          struct ms_error *error);

struct ms_special_dump {
    size_t n_pages;       // of special pool
    size_t n_overwritten; // of them
    size_t n_untold;      // of them, for which the list of pages has no room
    size_t n_uncompared;  // of the overwritten ones, whose garbage there is no room for
    size_t n_passed_over; // pages that may be of special pool, but were not looked at: there are
                          // more than any machine has
};
MS_API size_t ms_special_case_n_dumps(const struct ms_special_case *special);
MS_API struct ms_special_dump ms_special_case_dump(const struct ms_special_case *special,
                                                   size_t dump);

// == Pages ==

// Bytes that should be the fill, and are not. A stretch goes on over up to 3 bytes that are.
struct ms_special_garbage {
    uint64_t address;
    uint32_t length;
    const uint8_t *bytes; // valid until something is added to the case
};

struct ms_special_page_info {
    size_t dump;
    uint64_t address;  // of the page
    uint64_t header;   // of the allocation: the page's first bytes, or its last ones
    uint64_t data;     // the allocation
    uint32_t size;     // of it, in bytes
    uint32_t tag;      // its first character is the lowest byte
    uint8_t fill;      // the byte that fills the rest of the page
    bool is_protected; // bit 31 of the tag, which then is no part of it
    bool is_paged;
    bool is_underrun;       // the allocation begins the page ("Verify Start"); else it ends it
    bool is_freed;          // a record of that lies at the page's start
    unsigned n_missing;     // bytes of the fill that the image does not hold
    unsigned n_overwritten; // ... that have another value; 0: it is intact, as far as it is there
    size_t n_garbage;       // stretches; 0 where there is no room for them
};

// By dump, then by ascending address.
MS_API size_t ms_special_case_n_pages(const struct ms_special_case *special);
MS_API struct ms_special_page_info ms_special_case_page(const struct ms_special_case *special,
                                                        size_t index);

// The stretches of a page, by ascending address.
MS_API struct ms_special_garbage ms_special_case_garbage(const struct ms_special_case *special,
                                                         size_t page, size_t index);

// == What garbage shares ==

// A DWORD that stands at a multiple of 4 in the garbage of several pages.
struct ms_special_word {
    uint32_t value;
    size_t n_dumps;     // in whose garbage it is
    size_t n_pages;     // likewise
    uint64_t elsewhere; // at multiples of 4 of the kernel memory of all dumps, but not in pages of
                        // special pool that were overwritten
};

// Compares the garbage of all pages, and searches the kernel memory of all dumps for what it
// shares: one search a dump, whatever the number of values. Where only one page was overwritten,
// its own DWORDs are taken.
//
// Left out is what leads nowhere: values of which both halves are the same, for so memory is
// filled; those of which three bytes are 00, or three are ff, for they are small numbers and flags;
// addresses of memory that the dump maps, and what looks like the upper half of one; tags of
// special pool.
//
// MS_NOMEM, MS_STOPPED, and what ms_search() fails with: there are no words then.
MS_API enum ms_status ms_special_case_compare(struct ms_special_case *special,
                                              const struct ms_special_callbacks *callbacks,
                                              struct ms_error *error);

// The words: those of most dumps first, then of most pages, then those that are rarest elsewhere;
// but behind all of their kind those that are nowhere else, for a search of them finds nothing.
// The first 1024 of most dumps and pages are told.
MS_API size_t ms_special_case_n_words(const struct ms_special_case *special);
MS_API struct ms_special_word ms_special_case_word(const struct ms_special_case *special,
                                                   size_t index);

// How many overwritten pages were compared, and the words there were beyond those that are told.
MS_API size_t ms_special_case_n_compared(const struct ms_special_case *special);
MS_API size_t ms_special_case_n_words_untold(const struct ms_special_case *special);

// == Who holds one ==

enum ms_special_owner_kind {
    MS_SPECIAL_IN_MODULE,
    MS_SPECIAL_IN_POOL,
    MS_SPECIAL_IN_SPECIAL_POOL,
    MS_SPECIAL_ELSEWHERE, // stacks, page tables, pool that is not recognised
};

// "module", "pool", "special pool", "other".
MS_API const char *ms_special_owner_kind_name(enum ms_special_owner_kind kind);

struct ms_special_owner {
    size_t dump;
    enum ms_special_owner_kind kind;
    size_t module;          // of the dump's; MS_NO_MODULE: in none
    char section[9];        // of the module; "": in none
    uint32_t tag;           // in pool and special pool
    enum ms_pool_kind pool; // in pool
    uint64_t n_hits;
    uint64_t first; // the lowest address
};

// Searches the kernel memory of all dumps for a value, at multiples of 4, and sorts its places by
// whose they are. MS_NOMEM, MS_STOPPED, and what ms_search() fails with: there are no owners then.
MS_API enum ms_status ms_special_case_find(struct ms_special_case *special, uint32_t value,
                                           const struct ms_special_callbacks *callbacks,
                                           struct ms_error *error);

// The owners of the last value: by dump, then by kind, those with most hits first.
MS_API size_t ms_special_case_n_owners(const struct ms_special_case *special);
MS_API struct ms_special_owner ms_special_case_owner(const struct ms_special_case *special,
                                                     size_t index);

// The places that were found beyond those that there was room for.
MS_API uint64_t ms_special_case_n_unowned(const struct ms_special_case *special);

#ifdef __cplusplus
}
#endif

#endif
