// SPDX-License-Identifier: MIT
//
// What each tag has: by the kernel's table, and by counting.

#include "windows/pool.h"

#include "base/cleanup.h"
#include "space/spaces.h"

#include <inttypes.h>

#define MAX_TAGS  0x10000u // a system has some thousand
#define SLOT_BITS 17       // twice as many

struct ms_pool_usage {
    MS_VEC(struct ms_pool_usage_row) rows;
    struct ms_pool_usage_work work;
    uint32_t *slots; // a hash of tags: indexes of rows, and 1 more; 0: none
    bool no_memory;
};

// The row of a tag, made if there is none. NULL: there is no room for it.
static struct ms_pool_usage_row *row_of(struct ms_pool_usage *usage, uint32_t tag)
{
    const uint32_t mask = (UINT32_C(1) << SLOT_BITS) - 1;
    uint32_t at = tag * UINT32_C(0x9e3779b1) >> (32 - SLOT_BITS);

    for (; usage->slots[at]; at = (at + 1) & mask) {
        struct ms_pool_usage_row *row = &usage->rows.items[usage->slots[at] - 1];

        if (row->tag == tag)
            return row;
    }
    if (usage->rows.n >= MAX_TAGS)
        return NULL;
    if (!ms_vec_push(&usage->rows, (struct ms_pool_usage_row){.tag = tag})) {
        usage->no_memory = true;
        return NULL;
    }
    usage->slots[at] = (uint32_t)usage->rows.n;
    return &usage->rows.items[usage->rows.n - 1];
}

// == By the table ==

// Allocations are without those freed only once all tables are added up.
static void add_tracker(void *user, const struct ms_pool_tracker *tracker)
{
    struct ms_pool_usage *usage = user;
    struct ms_pool_usage_row *row = row_of(usage, tracker->tag);

    if (!row) {
        usage->work.untold_trackers++;
        return;
    }
    row->has_tracker = true;
    row->tracker.nonpaged_allocs += tracker->nonpaged_allocs;
    row->tracker.nonpaged_bytes += tracker->nonpaged_bytes;
    row->tracker.paged_allocs += tracker->paged_allocs;
    row->tracker.paged_bytes += tracker->paged_bytes;
    row->nonpaged_frees += tracker->nonpaged_frees;
    row->paged_frees += tracker->paged_frees;
}

static uint64_t mask_of(size_t width)
{
    return width == 4 ? UINT32_MAX : UINT64_MAX;
}

static void settle_trackers(const struct ms_pool *pool, struct ms_pool_usage *usage)
{
    const struct ms_kernel_memory *memory = ms_pool_memory(pool);
    uint64_t counts = mask_of(memory->layout.at[MS_TRACKER_COUNT_BYTES]);
    uint64_t bytes = mask_of(memory->bits / 8);

    for (size_t i = 0; i < usage->rows.n; i++) {
        struct ms_pool_usage_row *row = &usage->rows.items[i];
        struct ms_pool_totals *totals = &row->tracker;

        totals->nonpaged_allocs = (totals->nonpaged_allocs - row->nonpaged_frees) & counts;
        totals->paged_allocs = (totals->paged_allocs - row->paged_frees) & counts;
        totals->nonpaged_bytes &= bytes;
        totals->paged_bytes &= bytes;
        row->nonpaged_frees &= counts;
        row->paged_frees &= counts;
    }
}

static bool read_trackers(struct ms_pool *pool, struct ms_pool_usage *usage)
{
    usage->work.has_tracker = pool->trackers.table != 0;
    if (!ms_pool_trackers_read(pool, add_tracker, usage) || usage->no_memory)
        return false;
    settle_trackers(pool, usage);
    return true;
}

// == By counting ==

struct counting {
    struct ms_pool *pool;
    struct ms_pool_usage *usage;
    struct ms_pool_view view;
    uint64_t *seen; // a bit for each page of the image: it was counted
    uint64_t n_of_unknown_kind;
};

// Whether a page was counted already; it is, from now on.
static bool was_seen(struct counting *counting, uint64_t physical)
{
    const struct ms_spaces *spaces = ms_pool_memory(counting->pool)->spaces;
    uint64_t number = ms_present_number(&spaces->present, physical);
    uint64_t bit = UINT64_C(1) << number % 64, *word = &counting->seen[number / 64];
    bool seen = *word & bit;

    *word |= bit;
    return seen;
}

static void add_totals(struct counting *counting, struct ms_pool_usage_row *row,
                       const struct ms_pool_info *info)
{
    if (info->is_session) {
        row->session_allocs++;
        row->session_bytes += info->size;
    } else if (info->kind == MS_POOL_PAGED) {
        row->counted.paged_allocs++;
        row->counted.paged_bytes += info->size;
    } else {
        counting->n_of_unknown_kind += info->kind == MS_POOL_KIND_UNKNOWN;
        row->counted.nonpaged_allocs++;
        row->counted.nonpaged_bytes += info->size;
    }
    row->guessed += info->guessed;
}

static void count_block(struct counting *counting, const struct ms_pool_info *info)
{
    struct ms_pool_usage *usage = counting->usage;
    struct ms_pool_usage_row *row;

    if (info->form == MS_POOL_DAMAGED)
        return;
    if (!info->allocated && info->form == MS_POOL_SMALL) {
        usage->work.free_blocks++;
        usage->work.free_bytes += info->size;
    }
    if (!info->allocated)
        return;
    row = row_of(usage, info->tag);
    if (!row) {
        usage->work.untold_blocks++;
    } else if (info->form == MS_POOL_SPECIAL) {
        row->special_allocs++;
        row->special_bytes += info->data_size;
    } else {
        add_totals(counting, row, info);
    }
}

static void count_view(struct counting *counting)
{
    const struct ms_pool_view *view = &counting->view;
    struct ms_pool_info info;

    if (view->state == MS_POOL_PAGE_SPECIAL) {
        info = ms_pool_info_of_special(&view->special);
        count_block(counting, &info);
        return;
    }
    for (size_t i = 0; i < view->entries.n; i++) {
        info = ms_pool_info_of_entry(counting->pool, view, &view->entries.items[i]);
        count_block(counting, &info);
    }
}

static int count_page(void *user, const struct ms_pool_pass_page *page)
{
    struct counting *counting = user;
    struct ms_pool_usage_work *work = &counting->usage->work;

    ms_pool_view_judge(counting->pool, page->address, page->bytes, page->present, page->is_whole,
                       &counting->view);
    if (counting->view.state == MS_POOL_PAGE_NONE)
        return 0;
    if (was_seen(counting, page->physical)) {
        work->repeated_pages++;
        return 0;
    }
    work->pages++;
    work->damaged_pages += counting->view.state == MS_POOL_PAGE_DAMAGED;
    count_view(counting);
    return counting->usage->no_memory ? MS_NOMEM : MS_OK;
}

static void count_bigs(struct counting *counting)
{
    const struct ms_pool_bigs *bigs = &counting->pool->bigs;

    for (size_t i = 0; i < bigs->list.n; i++) {
        struct ms_pool_info info = ms_pool_info_of_big(counting->pool, &bigs->list.items[i]);

        count_block(counting, &info);
    }
}

static enum ms_status count(struct ms_pool *pool, const struct ms_pool_pass *pass,
                            struct ms_pool_usage *usage)
{
    uint64_t n_pages = ms_pool_memory(pool)->spaces->present.n_pages;
    MS_FREE struct counting *counting = calloc(1, sizeof(*counting));
    MS_FREE uint64_t *seen = calloc((size_t)(n_pages / 64 + 1), sizeof(*seen));
    enum ms_status status;

    if (!counting || !seen)
        return MS_NOMEM;
    counting->pool = pool;
    counting->usage = usage;
    counting->seen = seen;
    status = (enum ms_status)ms_pool_visit_pages(pool, pass, count_page, counting);
    if (!status)
        count_bigs(counting);
    if (!status && counting->n_of_unknown_kind > 0 &&
        !ms_pool_add_note(pool,
                          "big pool allocations that nothing tells the kind of are counted as "
                          "nonpaged: %" PRIu64,
                          counting->n_of_unknown_kind))
        status = MS_NOMEM;
    return usage->no_memory ? MS_NOMEM : status;
}

// == All ==

static int compare(const void *a, const void *b)
{
    const struct ms_pool_usage_row *x = a, *y = b;
    uint32_t x_text = __builtin_bswap32(x->tag), y_text = __builtin_bswap32(y->tag);

    return x_text < y_text ? -1 : x_text > y_text;
}

static bool note_untold(struct ms_pool *pool, const struct ms_pool_usage_work *work)
{
    return work->untold_blocks + work->untold_trackers == 0 ||
           ms_pool_add_note(pool,
                            "there are more than %u pool tags: %" PRIu64 " blocks and %" PRIu64
                            " entries of tables with others are left out",
                            MAX_TAGS, work->untold_blocks, work->untold_trackers);
}

static enum ms_status fill(struct ms_pool *pool, unsigned flags, const struct ms_pool_pass *pass,
                           struct ms_pool_usage *usage)
{
    enum ms_status status = MS_OK;

    usage->slots = calloc((size_t)1 << SLOT_BITS, sizeof(*usage->slots));
    if (!usage->slots || ((flags & MS_POOL_USAGE_TRACKER) && !read_trackers(pool, usage)))
        return MS_NOMEM;
    if (flags & MS_POOL_USAGE_COUNTED)
        status = count(pool, pass, usage);
    if (!status && usage->rows.n > 0)
        qsort(usage->rows.items, usage->rows.n, sizeof(*usage->rows.items), compare);
    return status || note_untold(pool, &usage->work) ? status : MS_NOMEM;
}

enum ms_status ms_pool_usage_create(struct ms_pool *pool, unsigned flags,
                                    const struct ms_pool_pass *pass,
                                    struct ms_pool_usage **usage_ret, struct ms_error *error)
{
    struct ms_pool_usage *usage = calloc(1, sizeof(*usage));
    enum ms_status status = usage ? fill(pool, flags, pass, usage) : MS_NOMEM;

    if (status == MS_OK) {
        *usage_ret = usage;
        return MS_OK;
    }
    ms_pool_usage_free(usage);
    return status == MS_NOMEM ? ms_fail_nomem(error) : ms_fail(error, status, "stopped");
}

void ms_pool_usage_free(struct ms_pool_usage *usage)
{
    if (!usage)
        return;
    free(usage->rows.items);
    free(usage->slots);
    free(usage);
}

size_t ms_pool_usage_count(const struct ms_pool_usage *usage)
{
    return usage->rows.n;
}

const struct ms_pool_usage_row *ms_pool_usage_row(const struct ms_pool_usage *usage, size_t index)
{
    return &usage->rows.items[index];
}

struct ms_pool_usage_work ms_pool_usage_work(const struct ms_pool_usage *usage)
{
    return usage->work;
}
