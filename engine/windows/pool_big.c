// SPDX-License-Identifier: MIT
//
// The table is a hash of addresses: entries that are in use stand anywhere between those that are
// not.

#include "windows/pool.h"

#include "base/bytes.h"

#include <inttypes.h>
#include <stdlib.h>

#define MAX_ENTRIES   UINT64_C(0x1000000) // gone through; a machine with much memory has a million
#define MOST_EMPTY    8192u               // in a row, where the table's end is not known
#define PROOF_ENTRIES 1024u               // looked at for a proof
#define PROOF_SANE    64u                 // ... of which so many in a row make sense
#define PROOF_TAKEN   2u                  // ... and so many are in use

enum entry_state { ENTRY_EMPTY, ENTRY_TAKEN, ENTRY_WRONG };

struct reading {
    const struct ms_kernel_memory *memory;
    bool has_protected; // bit 31 of tags
    bool must_be_sane;  // the first entry that is not ends the table
    struct ms_pool_bigs *bigs;
    bool no_memory;
    uint64_t n_empty; // in a row
    uint64_t n_sane, n_taken, n_missing, n_wrong, n_left_out;
};

// Whether a field lies in an entry.
static bool has(const struct ms_nt_layout *layout, enum ms_nt_field field, size_t width)
{
    return ms_nt_has(layout, field) &&
           layout->at[field] + width <= layout->at[MS_BIG_PAGE_ENTRY_BYTES];
}

static bool is_known(const struct ms_kernel_memory *memory)
{
    const struct ms_nt_layout *layout = &memory->layout;
    size_t width = memory->bits / 8;

    return ms_nt_has(layout, MS_BIG_PAGE_ENTRY_BYTES) &&
           layout->at[MS_BIG_PAGE_ENTRY_BYTES] <= MS_POOL_TABLE_ENTRY_BYTES &&
           has(layout, MS_BIG_PAGE_VA, width) && has(layout, MS_BIG_PAGE_KEY, 4) &&
           (has(layout, MS_BIG_PAGE_N_BYTES, width) || has(layout, MS_BIG_PAGE_N_PAGES, 4));
}

static uint32_t type_of(const struct ms_nt_layout *layout, const uint8_t *bytes)
{
    uint16_t bit = layout->at[MS_BIG_PAGE_TYPE_BIT];
    uint32_t value;

    if (!has(layout, MS_BIG_PAGE_TYPE, 4))
        return 0;
    value = ms_le32(bytes + layout->at[MS_BIG_PAGE_TYPE]);
    return bit == 0 || bit > 31 ? value : value >> bit & 0xfff;
}

static uint64_t size_of(const struct ms_nt_layout *layout, const uint8_t *bytes, uint32_t width)
{
    if (has(layout, MS_BIG_PAGE_N_BYTES, width))
        return ms_le(bytes + layout->at[MS_BIG_PAGE_N_BYTES], width);
    return MS_KERNEL_PAGE * ms_le32(bytes + layout->at[MS_BIG_PAGE_N_PAGES]);
}

static enum entry_state parse(const struct reading *reading, const uint8_t *bytes,
                              struct ms_pool_big *big_ret)
{
    const struct ms_kernel_memory *memory = reading->memory;
    const uint16_t *at = memory->layout.at;
    uint32_t width = memory->bits / 8;
    uint32_t tag = ms_le32(bytes + at[MS_BIG_PAGE_KEY]);

    *big_ret = (struct ms_pool_big){
        .address = ms_le(bytes + at[MS_BIG_PAGE_VA], width),
        .size = size_of(&memory->layout, bytes, width),
        .tag = reading->has_protected ? tag & INT32_MAX : tag,
        .is_protected = reading->has_protected && tag > INT32_MAX,
        .has_type = has(&memory->layout, MS_BIG_PAGE_TYPE, 4),
        .type = type_of(&memory->layout, bytes),
    };
    if (big_ret->address == 0 || big_ret->address % 2 == 1)
        return ENTRY_EMPTY;
    return big_ret->address % MS_KERNEL_PAGE == 0 &&
                   ms_in_kernel(memory, big_ret->address, big_ret->size)
               ? ENTRY_TAKEN
               : ENTRY_WRONG;
}

static bool keep(struct reading *reading, const struct ms_pool_big *big)
{
    if (reading->bigs->list.n >= MS_POOL_MAX_BIG)
        reading->n_left_out++;
    else if (!ms_vec_push(&reading->bigs->list, *big))
        reading->no_memory = true;
    return !reading->no_memory;
}

static int take_entry(void *user, const uint8_t *bytes)
{
    struct reading *reading = user;
    struct ms_pool_big big;
    enum entry_state state;

    if (!bytes) {
        reading->n_missing++;
        return reading->must_be_sane;
    }
    state = parse(reading, bytes, &big);
    if (state == ENTRY_WRONG) {
        reading->n_wrong++;
        return reading->must_be_sane;
    }
    reading->n_sane++;
    if (state == ENTRY_EMPTY)
        return ++reading->n_empty > MOST_EMPTY && reading->must_be_sane;
    reading->n_empty = 0;
    reading->n_taken++;
    return reading->bigs && !keep(reading, &big);
}

// == Where it is ==

static struct ms_pool_table table_at(const struct ms_kernel_memory *memory, uint64_t address,
                                     uint64_t n)
{
    return (struct ms_pool_table){memory, address, memory->layout.at[MS_BIG_PAGE_ENTRY_BYTES], n};
}

// In use, and with a tag that is a text: for a proof.
static int prove_entry(void *user, const uint8_t *bytes)
{
    struct reading *reading = user;
    struct ms_pool_big big;

    if (bytes && parse(reading, bytes, &big) == ENTRY_TAKEN && !ms_pool_tag_is_text(big.tag))
        return 1;
    return take_entry(user, bytes);
}

static bool is_table(void *user, uint64_t variable, uint64_t address)
{
    const struct ms_pool *pool = user;
    const struct ms_kernel_memory *memory = ms_pool_memory(pool);
    struct reading reading = {
        .memory = memory, .has_protected = pool->rules.has_protected, .must_be_sane = true};
    struct ms_pool_table table = table_at(memory, address, PROOF_ENTRIES);

    (void)variable;
    ms_pool_table_visit(&table, prove_entry, &reading);
    return reading.n_sane >= PROOF_SANE && reading.n_taken >= PROOF_TAKEN;
}

static bool find(struct ms_pool *pool, struct ms_pool_bigs *bigs, uint64_t *n_ret)
{
    bool no_memory = false;

    bigs->table = ms_pool_variable(pool->modules, "PoolBigPageTable");
    *n_ret = ms_pool_variable(pool->modules, "PoolBigPageTableSize");
    bigs->origin = "symbols";
    if (bigs->table)
        return true;
    *n_ret = 0;
    bigs->table = ms_pool_table_search(pool->modules, is_table, pool, &no_memory);
    bigs->origin = bigs->table ? "search of nt" : "";
    return !no_memory;
}

// == Reading ==

static bool tell(struct ms_pool *pool, uint64_t n, const char *what)
{
    return n == 0 || ms_pool_add_note(pool,
                                      "entries of the table of big pool allocations that %s: "
                                      "%" PRIu64,
                                      what, n);
}

static int compare(const void *a, const void *b)
{
    const struct ms_pool_big *x = a, *y = b;

    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    return x->size < y->size ? -1 : x->size > y->size;
}

static void sort(struct ms_pool_bigs *bigs)
{
    struct ms_pool_big *items = bigs->list.items;
    size_t n = 0;

    if (bigs->list.n == 0)
        return;
    qsort(items, bigs->list.n, sizeof(*items), compare);
    for (size_t i = 1; i < bigs->list.n; i++) {
        if (items[i].address != items[n].address)
            items[++n] = items[i];
    }
    bigs->list.n = n + 1;
}

static bool read_table(struct ms_pool *pool, struct ms_pool_bigs *bigs, uint64_t n)
{
    struct reading reading = {.memory = ms_pool_memory(pool),
                              .has_protected = pool->rules.has_protected,
                              .must_be_sane = n == 0,
                              .bigs = bigs};
    struct ms_pool_table table =
        table_at(reading.memory, bigs->table, n == 0 || n > MAX_ENTRIES ? MAX_ENTRIES : n);

    ms_pool_table_visit(&table, take_entry, &reading);
    sort(bigs);
    if (reading.no_memory)
        return false;
    if (n > MAX_ENTRIES)
        reading.n_left_out += n - MAX_ENTRIES;
    if (reading.n_sane == 0 && reading.n_wrong == 0)
        return ms_pool_add_note(pool, "the table of big pool allocations is not in the image");
    if (reading.must_be_sane) // the one that ended the table
        reading.n_missing = reading.n_wrong = 0;
    return tell(pool, reading.n_missing, "are not in the image") &&
           tell(pool, reading.n_wrong, "make no sense") &&
           tell(pool, reading.n_left_out, "are left out because there are too many");
}

bool ms_pool_bigs_read(struct ms_pool *pool, struct ms_pool_bigs *bigs)
{
    const struct ms_nt *nt = &pool->modules->nt;
    uint64_t n;

    bigs->origin = "";
    if (!is_known(ms_pool_memory(pool)))
        return ms_pool_add_note(pool,
                                "big pool allocations are not known: nor is the layout of their "
                                "table in build %" PRIu32,
                                nt->build);
    if (!find(pool, bigs, &n))
        return false;
    if (!bigs->table)
        return ms_pool_add_note(pool, "big pool allocations are not known: PoolBigPageTable was "
                                      "not found (a symbol file of the kernel tells where it is)");
    return read_table(pool, bigs, n);
}

// == Whose an address is ==

size_t ms_pool_bigs_below(const struct ms_pool_bigs *bigs, uint64_t address)
{
    size_t low = 0, high = bigs->list.n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (bigs->list.items[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct ms_pool_big *ms_pool_big_at(const struct ms_pool_bigs *bigs, uint64_t address)
{
    size_t below = ms_pool_bigs_below(bigs, address);
    const struct ms_pool_big *big;

    if (below == 0)
        return NULL;
    big = &bigs->list.items[below - 1];
    return address - big->address < big->size ? big : NULL;
}
