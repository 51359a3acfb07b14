// SPDX-License-Identifier: MIT
//
// The table of functions of x64 images (.pdata). Source: Microsoft's "x64 exception handling":
// RUNTIME_FUNCTION, UNWIND_INFO.

#include "windows/pe.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "windows/pe_window.h"

#include <stdlib.h>

enum {
    ENTRY_BYTES = 12, // begin, end, unwind information
    UNWIND_BYTES = 4, // version and flags, size of the prologue, number of codes, frame
    FLAG_CHAINED = 4 << 3,
    MAX_CHAIN = 32, // compilers chain a few

    // Pages of unwind information that are read at once: it lies close together, in the order of
    // the functions, so this leaves much room.
    FREE_PAGES = 64,
    ENTRIES_A_PAGE = 8,
};

struct entry {
    uint32_t begin, end, unwind;
    bool after_missing; // entries between the one before and this are not in memory
    bool is_primary;    // known to be chained to no other; else the information has to be read
};

struct ms_pe_functions {
    MS_VEC(struct entry) entries; // ascending by begin
    bool end_missing;             // as `after_missing`, behind the last one; or there are too many
    bool is_unsorted;             // the table was: missing ones may be anywhere
    enum ms_pe_state state;
    struct ms_pe_lost lost;
};

// == Reading ==

static void take(struct entry *entry, const uint8_t *bytes)
{
    entry->begin = ms_le32(bytes);
    entry->end = ms_le32(bytes + 4);
    entry->unwind = ms_le32(bytes + 8);
}

// Adds an entry behind the others; one that makes no sense is counted. False without memory.
static bool add(struct ms_pe_functions *functions, const struct ms_pe *pe, const uint8_t *bytes,
                bool after_missing)
{
    struct entry entry = {.after_missing = after_missing};

    take(&entry, bytes);
    if (entry.begin == entry.end) // padding; linkers also leave entries of functions without code
        return true;
    if (entry.begin > entry.end || entry.end > pe->size_of_image) {
        functions->lost.bad++;
        return true;
    }
    if (functions->entries.n > 0 &&
        entry.begin < functions->entries.items[functions->entries.n - 1].begin)
        functions->is_unsorted = true;
    return ms_vec_push(&functions->entries, entry);
}

static bool read_entries(struct ms_pe_functions *functions, const struct ms_pe *pe,
                         const struct ms_pe_directory *directory)
{
    uint32_t n = ms_pe_limit(pe, directory->rva, ENTRY_BYTES, directory->size / ENTRY_BYTES,
                             MS_PE_MAX_FUNCTIONS, &functions->lost);
    struct ms_pe_window window;
    bool missing = false; // since the last entry that was added

    ms_pe_window_start(&window, pe);
    for (uint32_t i = 0; i < n;) {
        uint64_t at = directory->rva + (uint64_t)i * ENTRY_BYTES;
        uint32_t n_missing = ms_pe_window_missing(&window, at, ENTRY_BYTES);
        size_t n_before = functions->entries.n;
        uint8_t bytes[ENTRY_BYTES];

        if (n_missing == 0 && ms_pe_window_get(&window, at, bytes, sizeof(bytes)) == MS_PE_MISSING)
            n_missing = 1;
        if (n_missing > n - i)
            n_missing = n - i;
        functions->lost.missing += n_missing;
        if (n_missing == 0 && !add(functions, pe, bytes, missing))
            return false;
        missing = n_missing > 0 || (missing && functions->entries.n == n_before);
        i += n_missing > 0 ? n_missing : 1;
    }
    functions->end_missing = missing || functions->lost.left_out > 0;
    return true;
}

static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;

    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    return a->end < b->end ? -1 : a->end > b->end;
}

// Finds out which entries are chained to no other, as most are: a look-up of theirs then reads
// nothing. Where the information is scattered, it is left to the look-ups.
static void mark_primary(struct ms_pe_functions *functions, const struct ms_pe *pe)
{
    size_t left = FREE_PAGES + functions->entries.n / ENTRIES_A_PAGE;
    uint32_t page = UINT32_MAX;
    struct ms_pe_window window;

    ms_pe_window_start(&window, pe);
    for (size_t i = 0; i < functions->entries.n && left > 0; i++) {
        struct entry *entry = &functions->entries.items[i];
        uint8_t bytes[UNWIND_BYTES];

        if (entry->unwind & 1)
            continue;
        left -= entry->unwind / MS_PE_WINDOW_BYTES != page;
        page = entry->unwind / MS_PE_WINDOW_BYTES;
        entry->is_primary =
            ms_pe_window_get(&window, entry->unwind, bytes, sizeof(bytes)) == MS_PE_WHOLE &&
            !(bytes[0] & FLAG_CHAINED);
    }
}

static void functions_free_local(struct ms_pe_functions **functions)
{
    ms_pe_functions_free(*functions);
}

enum ms_status ms_pe_functions_read(const struct ms_pe *pe, struct ms_pe_functions **functions_ret,
                                    struct ms_error *error)
{
    const struct ms_pe_directory *directory = &pe->directories[MS_PE_DIRECTORY_EXCEPTION];
    MS_CLEANUP(functions_free_local)
    struct ms_pe_functions *functions = calloc(1, sizeof(*functions));

    if (!functions)
        return ms_fail_nomem(error);
    if (pe->machine == MS_PE_MACHINE_AMD64 && pe->bits == 64)
        functions->state = directory->state;
    if (functions->state == MS_PE_WHOLE && !read_entries(functions, pe, directory))
        return ms_fail_nomem(error);
    if (functions->is_unsorted)
        qsort(functions->entries.items, functions->entries.n, sizeof(*functions->entries.items),
              compare_entries);
    mark_primary(functions, pe);
    *functions_ret = ms_keep(functions);
    return MS_OK;
}

void ms_pe_functions_free(struct ms_pe_functions *functions)
{
    if (!functions)
        return;
    free(functions->entries.items);
    free(functions);
}

size_t ms_pe_functions_bytes(const struct ms_pe_functions *functions)
{
    return sizeof(*functions) + functions->entries.capacity * sizeof(*functions->entries.items);
}

size_t ms_pe_functions_count(const struct ms_pe_functions *functions)
{
    return functions->entries.n;
}

enum ms_pe_state ms_pe_functions_state(const struct ms_pe_functions *functions)
{
    return functions->state;
}

struct ms_pe_lost ms_pe_functions_lost(const struct ms_pe_functions *functions)
{
    return functions->lost;
}

// == Looking up ==

// The entry that unwind information leads on to. NONE: it does not.
static enum ms_pe_state follow(const struct ms_pe *pe, uint32_t unwind, struct entry *next)
{
    uint8_t bytes[ENTRY_BYTES];
    uint64_t at = unwind;
    enum ms_pe_state state;

    if (unwind & 1) { // it is no information, but the place of another entry
        at = unwind - 1;
    } else {
        state = ms_pe_read(pe, at, bytes, UNWIND_BYTES);
        if (state != MS_PE_WHOLE)
            return state;
        if (!(bytes[0] & FLAG_CHAINED))
            return MS_PE_NONE;
        // Codes have 2 bytes; their number is made even.
        at += UNWIND_BYTES + 2 * (((uint64_t)bytes[2] + 1) & ~UINT64_C(1));
    }
    state = ms_pe_read(pe, at, bytes, sizeof(bytes));
    if (state == MS_PE_WHOLE) {
        take(next, bytes);
        if (next->begin >= next->end || next->end > pe->size_of_image)
            return MS_PE_BAD;
    }
    return state;
}

static void find_primary(const struct ms_pe *pe, uint32_t unwind, struct ms_pe_function *function)
{
    for (int i = 0; i < MAX_CHAIN; i++) {
        struct entry next;
        enum ms_pe_state state = follow(pe, unwind, &next);

        if (state != MS_PE_WHOLE) {
            function->primary_state = state == MS_PE_NONE ? MS_PE_WHOLE : state;
            return;
        }
        function->primary = next.begin;
        unwind = next.unwind;
    }
    function->primary_state = MS_PE_BAD;
}

// The index of the first entry that begins above an RVA.
static size_t find_above(const struct ms_pe_functions *functions, uint32_t rva)
{
    size_t low = 0, high = functions->entries.n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (functions->entries.items[middle].begin <= rva)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

enum ms_pe_state ms_pe_function_at(const struct ms_pe_functions *functions, const struct ms_pe *pe,
                                   uint32_t rva, struct ms_pe_function *function_ret)
{
    size_t above = find_above(functions, rva);
    bool missing;

    *function_ret = (struct ms_pe_function){0};
    if (functions->state != MS_PE_WHOLE)
        return functions->state;
    if (above > 0 && rva < functions->entries.items[above - 1].end) {
        const struct entry *entry = &functions->entries.items[above - 1];

        *function_ret = (struct ms_pe_function){
            .begin = entry->begin,
            .end = entry->end,
            .primary = entry->begin,
            .primary_state = MS_PE_WHOLE,
        };
        if (!entry->is_primary)
            find_primary(pe, entry->unwind, function_ret);
        return MS_PE_WHOLE;
    }
    if (functions->is_unsorted || above == functions->entries.n)
        missing = functions->is_unsorted ? functions->lost.missing > 0 : functions->end_missing;
    else
        missing = functions->entries.items[above].after_missing;
    return missing ? MS_PE_MISSING : MS_PE_NONE;
}
