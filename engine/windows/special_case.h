// SPDX-License-Identifier: MIT
//
// What struct ms_special_case holds. Images come from strangers: of each dump so many pages are
// listed, and the garbage of so many is kept; the rest is counted.

#ifndef MS_WINDOWS_SPECIAL_CASE_H
#define MS_WINDOWS_SPECIAL_CASE_H

#include "base/vec.h"
#include "windows/modules.h"
#include "windows/special_page.h"
#include <memscan/special_pool.h>

#define MS_SPECIAL_MAX_LOOKS 0x1000000u // pages that lie alone, of a dump: 64 GiB
#define MS_SPECIAL_MAX_ROWS  0x10000u   // pages of a dump
#define MS_SPECIAL_MAX_KEPT  1024u      // overwritten ones of a dump
#define MS_SPECIAL_MAX_WORDS 1024u      // a page has no more

struct ms_special_kept_dump {
    const struct ms_modules *modules;
    struct ms_special_dump counts;
    size_t first_row, n_rows;
};

#define MS_NOT_KEPT SIZE_MAX

struct ms_special_row {
    struct ms_special_page page;
    size_t dump;
    size_t kept; // index; MS_NOT_KEPT
};

// An overwritten page.
struct ms_special_kept {
    uint8_t bytes[MS_SPECIAL_BYTES];
    size_t row;
    size_t first_stretch, n_stretches;
};

struct ms_special_case {
    MS_VEC(struct ms_special_kept_dump) dumps;
    MS_VEC(struct ms_special_row) rows; // by dump, then by address
    MS_VEC(struct ms_special_kept) kept;
    MS_VEC(struct ms_special_stretch) stretches; // by kept page
    MS_VEC(struct ms_special_word) words;
    size_t n_words_untold;
    MS_VEC(struct ms_special_owner) owners;
    uint64_t n_unowned;
};

// The row of a dump's page that an address lies in; NULL: there is none.
const struct ms_special_row *ms_special_row_at(const struct ms_special_case *special, size_t dump,
                                               uint64_t address);

// == Searching: special_search.c ==

// Where a value is in the kernel memory of a dump.
struct ms_special_hit {
    uint64_t address; // of the first
    uint64_t repeat;  // so many, 4 bytes apart
    uint64_t untold;  // further places of the same bytes, which are not told
    size_t value;     // index
};

struct ms_special_search {
    const struct ms_special_case *special;
    size_t dump;
    const uint32_t *values;
    size_t n_values;
    bool fold; // three or more in a row are one hit
    // False: no memory, which ends it.
    bool (*hit)(void *user, const struct ms_special_hit *hit);
    void *user;
    const struct ms_special_callbacks *callbacks; // NULL is allowed
};

// Tells all places of the values at multiples of 4. MS_NOMEM, MS_STOPPED, and what ms_search()
// fails with.
enum ms_status ms_special_search(const struct ms_special_search *search, struct ms_error *error);

// == Comparing: special_words.c ==

// Fills `words` with what garbage shares, but for `elsewhere`, those of most dumps and pages first.
bool ms_special_share(struct ms_special_case *special);

#endif
