// SPDX-License-Identifier: MIT
//
// Entries of tables of tags.

#include "windows/pool.h"

#include "base/bytes.h"

static bool has(const struct ms_nt_layout *layout, enum ms_nt_field field, size_t width)
{
    return ms_nt_has(layout, field) && layout->at[field] + width <= layout->at[MS_TRACKER_BYTES];
}

bool ms_pool_tracker_is_known(const struct ms_kernel_memory *memory)
{
    static const enum ms_nt_field counts[] = {MS_TRACKER_NONPAGED_ALLOCS, MS_TRACKER_NONPAGED_FREES,
                                              MS_TRACKER_PAGED_ALLOCS, MS_TRACKER_PAGED_FREES};
    const struct ms_nt_layout *layout = &memory->layout;
    size_t width = memory->bits / 8, count_width = layout->at[MS_TRACKER_COUNT_BYTES];
    bool known = ms_nt_has(layout, MS_TRACKER_BYTES) && layout->at[MS_TRACKER_BYTES] > 0 &&
                 layout->at[MS_TRACKER_BYTES] <= MS_POOL_TABLE_ENTRY_BYTES &&
                 (count_width == 4 || count_width == 8) && has(layout, MS_TRACKER_KEY, 4) &&
                 has(layout, MS_TRACKER_NONPAGED_BYTES, width) &&
                 has(layout, MS_TRACKER_PAGED_BYTES, width);

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        known = known && has(layout, counts[i], count_width);
    return known;
}

static uint64_t field(const struct ms_kernel_memory *memory, const uint8_t *bytes,
                      enum ms_nt_field field, uint32_t width)
{
    return ms_le(bytes + memory->layout.at[field], width);
}

struct ms_pool_table ms_pool_tracker_table(const struct ms_pool *pool, uint64_t address, uint64_t n)
{
    const struct ms_kernel_memory *memory = ms_pool_memory(pool);

    return (struct ms_pool_table){memory, address, memory->layout.at[MS_TRACKER_BYTES], n};
}

struct ms_pool_tracker ms_pool_tracker_parse(const struct ms_pool *pool, const uint8_t *bytes)
{
    const struct ms_kernel_memory *memory = ms_pool_memory(pool);
    uint32_t width = memory->bits / 8, count_width = memory->layout.at[MS_TRACKER_COUNT_BYTES];
    uint32_t tag = (uint32_t)field(memory, bytes, MS_TRACKER_KEY, 4);

    return (struct ms_pool_tracker){
        .tag = pool->rules.has_protected ? tag & INT32_MAX : tag,
        .nonpaged_allocs = field(memory, bytes, MS_TRACKER_NONPAGED_ALLOCS, count_width),
        .nonpaged_frees = field(memory, bytes, MS_TRACKER_NONPAGED_FREES, count_width),
        .nonpaged_bytes = field(memory, bytes, MS_TRACKER_NONPAGED_BYTES, width),
        .paged_allocs = field(memory, bytes, MS_TRACKER_PAGED_ALLOCS, count_width),
        .paged_frees = field(memory, bytes, MS_TRACKER_PAGED_FREES, count_width),
        .paged_bytes = field(memory, bytes, MS_TRACKER_PAGED_BYTES, width),
    };
}

// The difference of two counters, which may be below 0.
static int64_t less(const struct ms_kernel_memory *memory, uint64_t allocs, uint64_t frees)
{
    return memory->layout.at[MS_TRACKER_COUNT_BYTES] == 4 ? (int32_t)(uint32_t)(allocs - frees)
                                                          : (int64_t)(allocs - frees);
}

// Whether counters could be those of one kind of pool: where blocks are left bytes are, too, and as
// many at least. Of one processor both may be below 0.
static bool agree(const struct ms_kernel_memory *memory, uint64_t allocs, uint64_t frees,
                  uint64_t bytes)
{
    int64_t n = less(memory, allocs, frees);
    int64_t n_bytes = memory->bits == 32 ? (int32_t)(uint32_t)bytes : (int64_t)bytes;

    return n == 0 ? n_bytes == 0 : n > 0 ? n_bytes >= n : n_bytes <= n;
}

bool ms_pool_tracker_is_usual(const struct ms_kernel_memory *memory,
                              const struct ms_pool_tracker *tracker)
{
    return ms_pool_tag_is_text(tracker->tag) &&
           (tracker->nonpaged_allocs | tracker->paged_allocs | tracker->nonpaged_frees |
            tracker->paged_frees) != 0 &&
           agree(memory, tracker->nonpaged_allocs, tracker->nonpaged_frees,
                 tracker->nonpaged_bytes) &&
           agree(memory, tracker->paged_allocs, tracker->paged_frees, tracker->paged_bytes);
}
