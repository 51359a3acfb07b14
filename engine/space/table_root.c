// SPDX-License-Identifier: MIT
//
// The topmost table of a space: a part of a root's, within the bound of what a space may map.

#include "space/table_draft.h"

#include <string.h>

#define MAPS_TOO_MUCH "tables that map too much"

static uint64_t extent_first(const struct ms_paging_level *level, uint64_t base,
                             ms_table_extent extent)
{
    return base + ((uint64_t)ms_extent_index(extent) << level->shift);
}

static unsigned heaviest(const struct ms_tables *tables, const struct ms_paging_level *level,
                         const struct ms_table_draft *draft)
{
    uint64_t most = 0;
    unsigned found = 0;

    for (unsigned i = 0; i < draft->n; i++) {
        uint64_t weight = ms_extent_weight(tables, level, draft->extents[i]);

        if (weight > most) {
            most = weight;
            found = i;
        }
    }
    return found;
}

// Leaves out the entries of an extent from its entry `keep_count` on.
static enum ms_status leave_out(const struct ms_table_reading *reading, unsigned level,
                                uint64_t base, struct ms_table_draft *draft, unsigned at,
                                unsigned keep_count)
{
    const struct ms_paging_level *paging = &reading->mode->levels[level];
    ms_table_extent extent = draft->extents[at];
    unsigned index = ms_extent_index(extent), count = ms_extent_count(extent);
    uint64_t target = ms_extent_target(extent);
    ms_table_extent rest = ms_extent_make(index + keep_count, count - keep_count,
                                          ms_extent_flags(extent), MS_EXTENT_UNREADABLE, 0);

    if (ms_extent_kind(extent) == MS_EXTENT_TABLE)
        target = reading->tables->tables.items[target].key & ~UINT64_C(31);
    if (keep_count > 0) {
        draft->extents[at++] = ms_extent_make(index, keep_count, ms_extent_flags(extent),
                                              ms_extent_kind(extent), ms_extent_target(extent));
        memmove(&draft->extents[at + 1], &draft->extents[at],
                (draft->n - at) * sizeof(draft->extents[0]));
        draft->n++;
    }
    draft->extents[at] = rest;
    return ms_tables_warn(
        reading, MAPS_TOO_MUCH, "maps the image's memory more often than is followed", target,
        extent_first(paging, base, rest), (uint64_t)(count - keep_count) << paging->shift);
}

static enum ms_status lighten(const struct ms_table_reading *reading, unsigned level, uint64_t base,
                              struct ms_table_draft *draft, uint64_t limit);

// Makes the heaviest extent of a draft light enough that the draft weighs at most `limit`, if that
// is enough; else leaves it out.
static enum ms_status lighten_extent(const struct ms_table_reading *reading, unsigned level,
                                     uint64_t base, struct ms_table_draft *draft, unsigned at,
                                     uint64_t limit)
{
    struct ms_tables *tables = reading->tables;
    const struct ms_paging_level *paging = &reading->mode->levels[level];
    ms_table_extent extent = draft->extents[at];
    uint64_t weight = ms_extent_weight(tables, paging, extent), others = draft->weight - weight;
    const struct ms_table *table;
    struct ms_table_draft below;
    uint32_t child = 0;
    enum ms_status status;

    if (ms_extent_kind(extent) != MS_EXTENT_TABLE || others >= limit)
        return leave_out(reading, level, base, draft, at, 0);
    table = &tables->tables.items[ms_extent_target(extent)];
    if (table->weight <= limit - others || ms_extent_count(extent) > 1 || level == 1)
        return leave_out(reading, level, base, draft, at,
                         (unsigned)((limit - others) / table->weight));
    ms_table_draft_copy(table, &reading->mode->levels[level - 1], 0, UINT64_MAX, &below);
    status =
        lighten(reading, level - 1, extent_first(paging, base, extent), &below, limit - others);
    if (!status && below.weight > limit - others)
        return leave_out(reading, level, base, draft, at, 0);
    if (!status)
        status = ms_table_keep(tables, 0, &below, &child, reading->error);
    if (!status)
        draft->extents[at] = ms_extent_make(ms_extent_index(extent), 1, ms_extent_flags(extent),
                                            MS_EXTENT_TABLE, child);
    return status;
}

// Leaves out the heaviest extents until the rest is within the limit, or light throughout.
static enum ms_status lighten(const struct ms_table_reading *reading, unsigned level, uint64_t base,
                              struct ms_table_draft *draft, uint64_t limit)
{
    const struct ms_paging_level *paging = &reading->mode->levels[level];
    enum ms_status status = MS_OK;

    ms_table_draft_weigh(reading->tables, paging, draft);
    while (!status && draft->weight > limit) {
        unsigned at = heaviest(reading->tables, paging, draft);

        if (ms_extent_weight(reading->tables, paging, draft->extents[at]) <= MS_LEAST_WEIGHT)
            break;
        status = lighten_extent(reading, level, base, draft, at, limit);
        ms_table_draft_weigh(reading->tables, paging, draft);
    }
    return status;
}

enum ms_status ms_tables_make_root(struct ms_tables *tables, const struct ms_paging_mode *mode,
                                   uint32_t root, uint64_t first, uint64_t last,
                                   uint32_t *table_ret, struct ms_error *error)
{
    const struct ms_table_reading reading = {tables, mode, error};
    const struct ms_paging_level *paging = &mode->levels[mode->n_levels - 1];
    uint64_t limit = UINT64_MAX;
    struct ms_table_draft draft;
    enum ms_status status;

    if (tables->present->bytes < UINT64_MAX / MS_MAX_TIMES_MAPPED)
        limit = MS_MAX_TIMES_MAPPED * tables->present->bytes;
    *table_ret = root;
    if (first == 0 && last == ms_linear_last(mode) && tables->tables.items[root].weight <= limit)
        return MS_OK;
    ms_table_draft_copy(&tables->tables.items[root], paging, first, last, &draft);
    status = lighten(&reading, mode->n_levels - 1, 0, &draft, limit);
    return status ? status : ms_table_keep(tables, 0, &draft, table_ret, error);
}
