// SPDX-License-Identifier: MIT
//
// What one root maps and another one does not. Tables that both share are the same table, so that
// of roots of one kernel few have to be compared; how many are is bounded for those of strangers.

#include "space/table_draft.h"

#define MAX_COMPARED   1024u // pairs of tables
#define COMPARED_OFTEN "tables that are compared too often"

struct subtraction {
    struct ms_table_reading reading;
    unsigned n_left; // pairs that may still be compared
};

static enum ms_status subtract(struct subtraction *subtraction, unsigned level, uint64_t base,
                               uint32_t table, uint32_t other, struct ms_table_draft *draft);

static bool is_kind(ms_table_extent extent, enum ms_extent_kind kind)
{
    return ms_extent_kind(extent) == kind;
}

// One entry of an extent.
static ms_table_extent entry_of(const struct ms_paging_level *level, ms_table_extent extent,
                                unsigned index)
{
    uint64_t step =
        is_kind(extent, MS_EXTENT_PAGES) ? UINT64_C(1) << (level->shift - MS_PAGE_SHIFT) : 0;

    return ms_extent_make(index, 1, ms_extent_flags(extent), ms_extent_kind(extent),
                          ms_extent_target(extent) + (index - ms_extent_index(extent)) * step);
}

// A table that maps what a large page does.
static enum ms_status split(const struct subtraction *subtraction, unsigned level,
                            ms_table_extent page, uint32_t *table_ret)
{
    const struct ms_table_reading *reading = &subtraction->reading;
    const struct ms_paging_level *below = &reading->mode->levels[level - 1];
    struct ms_table_draft draft = {.n = 0};

    for (unsigned i = 0; i < 1u << below->bits; i++)
        ms_table_draft_add(reading, level - 1, &draft,
                           ms_extent_make(i, 1, ms_extent_flags(page), MS_EXTENT_PAGES,
                                          ms_extent_target(page) +
                                              ((uint64_t)i << (below->shift - MS_PAGE_SHIFT))));
    ms_table_draft_weigh(reading->tables, below, &draft);
    return ms_table_keep(reading->tables, 0, &draft, table_ret, reading->error);
}

// Adds the entry of a table, which `table` is below it, without what `other` maps.
static enum ms_status add_below(struct subtraction *subtraction, unsigned level, uint64_t base,
                                struct ms_table_draft *draft, ms_table_extent entry, uint32_t table,
                                uint32_t other)
{
    const struct ms_table_reading *reading = &subtraction->reading;
    const struct ms_paging_level *at = &reading->mode->levels[level];
    uint64_t first = base + ((uint64_t)ms_extent_index(entry) << at->shift);
    struct ms_table_draft below;
    enum ms_status status;
    uint32_t child;

    if (subtraction->n_left == 0) {
        ms_table_draft_add(reading, level, draft,
                           ms_extent_make(ms_extent_index(entry), 1, ms_extent_flags(entry),
                                          MS_EXTENT_UNREADABLE, 0));
        return ms_tables_warn(reading, COMPARED_OFTEN, "is compared with too many others",
                              reading->tables->tables.items[table].key & ~UINT64_C(31), first,
                              UINT64_C(1) << at->shift);
    }
    subtraction->n_left--;
    status = subtract(subtraction, level - 1, first, table, other, &below);
    if (status || below.n == 0)
        return status;
    ms_table_draft_weigh(reading->tables, at - 1, &below);
    status = ms_table_keep(reading->tables, 0, &below, &child, reading->error);
    if (!status)
        ms_table_draft_add(reading, level, draft,
                           ms_extent_make(ms_extent_index(entry), 1, ms_extent_flags(entry),
                                          MS_EXTENT_TABLE, child));
    return status;
}

// Whether nothing tells what is mapped there.
static bool is_unknown(unsigned level, ms_table_extent entry)
{
    return is_kind(entry, MS_EXTENT_UNREADABLE) ||
           (level > 0 && is_kind(entry, MS_EXTENT_PAGED_OUT));
}

// Adds what an entry maps and another one, of the same addresses, does not.
static enum ms_status add_difference(struct subtraction *subtraction, unsigned level, uint64_t base,
                                     struct ms_table_draft *draft, ms_table_extent entry,
                                     ms_table_extent other)
{
    uint32_t table = (uint32_t)ms_extent_target(entry);
    enum ms_status status = MS_OK;

    if (is_unknown(level, entry) || is_unknown(level, other)) {
        ms_table_draft_add(&subtraction->reading, level, draft, entry);
        return MS_OK;
    }
    if (!is_kind(other, MS_EXTENT_TABLE) ||
        (is_kind(entry, MS_EXTENT_TABLE) && ms_extent_target(entry) == ms_extent_target(other)))
        return MS_OK;
    if (is_kind(entry, MS_EXTENT_PAGES))
        status = split(subtraction, level, entry, &table);
    return status ? status
                  : add_below(subtraction, level, base, draft, entry, table,
                              (uint32_t)ms_extent_target(other));
}

// The extents stay where they are while tables are added; the tables do not.
static enum ms_status subtract(struct subtraction *subtraction, unsigned level, uint64_t base,
                               uint32_t table, uint32_t other, struct ms_table_draft *draft)
{
    const struct ms_table_reading *reading = &subtraction->reading;
    const struct ms_paging_level *at = &reading->mode->levels[level];
    const struct ms_table mine = reading->tables->tables.items[table];
    const struct ms_table others = reading->tables->tables.items[other];
    enum ms_status status = MS_OK;
    unsigned k = 0;

    draft->n = 0;
    for (unsigned i = 0; !status && i < mine.n_extents; i++) {
        unsigned first = ms_extent_index(mine.extents[i]);
        unsigned end = first + ms_extent_count(mine.extents[i]);

        for (unsigned index = first; !status && index < end; index++) {
            ms_table_extent entry = entry_of(at, mine.extents[i], index);

            while (k < others.n_extents &&
                   ms_extent_index(others.extents[k]) + ms_extent_count(others.extents[k]) <= index)
                k++;
            if (k == others.n_extents || ms_extent_index(others.extents[k]) > index)
                ms_table_draft_add(reading, level, draft, entry);
            else
                status = add_difference(subtraction, level, base, draft, entry,
                                        entry_of(at, others.extents[k], index));
        }
    }
    return status;
}

enum ms_status ms_tables_subtract(struct ms_tables *tables, const struct ms_paging_mode *mode,
                                  uint32_t root, uint32_t other, uint32_t *table_ret,
                                  struct ms_error *error)
{
    struct subtraction subtraction = {{tables, mode, error}, MAX_COMPARED};
    struct ms_table_draft draft;
    enum ms_status status = subtract(&subtraction, mode->n_levels - 1, 0, root, other, &draft);

    if (status)
        return status;
    ms_table_draft_weigh(tables, &mode->levels[mode->n_levels - 1], &draft);
    return ms_table_keep(tables, 0, &draft, table_ret, error);
}
