// SPDX-License-Identifier: MIT
//
// Gathers the pages of special pool: those that lie alone and look like it.

#include "windows/special_case.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

enum ms_status ms_special_case_create(struct ms_special_case **special_ret, struct ms_error *error)
{
    *special_ret = calloc(1, sizeof(**special_ret));
    return *special_ret ? MS_OK : ms_fail_nomem(error);
}

void ms_special_case_free(struct ms_special_case *special)
{
    if (!special)
        return;
    free(special->dumps.items);
    free(special->rows.items);
    free(special->kept.items);
    free(special->stretches.items);
    free(special->words.items);
    free(special->owners.items);
    free(special);
}

// == Gathering ==

enum { ASK_EVERY = 256 }; // pages

struct gathering {
    struct ms_special_case *special;
    struct ms_special_kept_dump *dump;
    const struct ms_kernel_memory *memory;
    const struct ms_special_callbacks *callbacks;
    size_t n_looked_at;
    size_t n_kept;
    uint8_t bytes[MS_SPECIAL_BYTES]; // of the page that is looked at
    bool present[MS_SPECIAL_BYTES];
};

#define STOPPED   1
#define NO_MEMORY 2

static bool add_stretches(struct gathering *gathering, const struct ms_special_page *page,
                          struct ms_special_kept *kept)
{
    struct ms_special_case *special = gathering->special;
    struct ms_special_stretch stretch = {0};

    kept->first_stretch = special->stretches.n;
    while (ms_special_page_garbage(page, gathering->bytes, gathering->present, stretch.end,
                                   &stretch)) {
        if (!ms_vec_push(&special->stretches, stretch))
            return false;
        kept->n_stretches++;
    }
    return true;
}

static bool keep_garbage(struct gathering *gathering, struct ms_special_row *row)
{
    struct ms_special_case *special = gathering->special;
    struct ms_special_kept *kept;

    if (gathering->n_kept == MS_SPECIAL_MAX_KEPT) {
        gathering->dump->counts.n_uncompared++;
        return true;
    }
    if (!ms_vec_reserve(&special->kept, 1))
        return false;
    kept = &special->kept.items[special->kept.n];
    *kept = (struct ms_special_kept){.row = special->rows.n};
    memcpy(kept->bytes, gathering->bytes, sizeof(kept->bytes));
    row->kept = special->kept.n++;
    gathering->n_kept++;
    return add_stretches(gathering, &row->page, kept);
}

static bool add_page(struct gathering *gathering, const struct ms_special_page *page)
{
    struct ms_special_case *special = gathering->special;
    struct ms_special_dump *counts = &gathering->dump->counts;
    struct ms_special_row row = {.page = *page, .dump = special->dumps.n, .kept = MS_NOT_KEPT};

    counts->n_pages++;
    counts->n_overwritten += page->n_overwritten > 0;
    if (gathering->dump->n_rows == MS_SPECIAL_MAX_ROWS) {
        counts->n_untold++;
        counts->n_uncompared += page->n_overwritten > 0;
        return true;
    }
    if (page->n_overwritten > 0 && !keep_garbage(gathering, &row))
        return false;
    gathering->dump->n_rows++;
    return ms_vec_push(&special->rows, row);
}

static bool is_stopped(const struct gathering *gathering)
{
    const struct ms_special_callbacks *callbacks = gathering->callbacks;
    struct ms_progress progress = {.done_bytes = gathering->n_looked_at * MS_SPECIAL_BYTES};

    return callbacks && callbacks->progress && callbacks->progress(callbacks->user, &progress);
}

static int look_at(void *user, uint64_t address, uint64_t physical)
{
    struct gathering *gathering = user;
    const struct ms_kernel_memory *memory = gathering->memory;
    struct ms_special_page page;

    if (gathering->n_looked_at++ % ASK_EVERY == 0 && is_stopped(gathering))
        return STOPPED;
    if (gathering->n_looked_at > MS_SPECIAL_MAX_LOOKS) {
        gathering->dump->counts.n_passed_over++;
        return 0;
    }
    ms_image_read(ms_spaces_image(memory->spaces), physical, gathering->bytes, gathering->present,
                  MS_SPECIAL_BYTES);
    if (!ms_special_page_judge(address, gathering->bytes, gathering->present, memory->bits, &page))
        return 0;
    return add_page(gathering, &page) ? 0 : NO_MEMORY;
}

enum ms_status ms_special_case_add(struct ms_special_case *special,
                                   const struct ms_modules *modules,
                                   const struct ms_special_callbacks *callbacks,
                                   struct ms_error *error)
{
    struct ms_special_kept_dump dump = {.modules = modules, .first_row = special->rows.n};
    struct gathering gathering = {
        .special = special, .dump = &dump, .memory = &modules->memory, .callbacks = callbacks};
    size_t n_kept = special->kept.n, n_stretches = special->stretches.n;
    int result = ms_special_lone_pages(gathering.memory, look_at, &gathering);

    if (result == 0 && ms_vec_push(&special->dumps, dump))
        return MS_OK;
    special->rows.n = dump.first_row;
    special->kept.n = n_kept;
    special->stretches.n = n_stretches;
    return result == STOPPED ? ms_fail(error, MS_STOPPED, "stopped") : ms_fail_nomem(error);
}

size_t ms_special_case_n_dumps(const struct ms_special_case *special)
{
    return special->dumps.n;
}

struct ms_special_dump ms_special_case_dump(const struct ms_special_case *special, size_t dump)
{
    return special->dumps.items[dump].counts;
}

// == Pages ==

size_t ms_special_case_n_pages(const struct ms_special_case *special)
{
    return special->rows.n;
}

struct ms_special_page_info ms_special_case_page(const struct ms_special_case *special,
                                                 size_t index)
{
    const struct ms_special_row *row = &special->rows.items[index];
    const struct ms_special_page *page = &row->page;

    return (struct ms_special_page_info){
        .dump = row->dump,
        .address = page->address,
        .header = page->address + page->header,
        .data = page->address + page->data,
        .size = page->size,
        .tag = page->tag,
        .fill = page->fill,
        .is_protected = page->is_protected,
        .is_paged = page->is_paged,
        .is_underrun = page->is_underrun,
        .is_freed = page->is_freed,
        .n_missing = page->n_missing,
        .n_overwritten = page->n_overwritten,
        .n_garbage = row->kept == MS_NOT_KEPT ? 0 : special->kept.items[row->kept].n_stretches,
    };
}

struct ms_special_garbage ms_special_case_garbage(const struct ms_special_case *special,
                                                  size_t page, size_t index)
{
    const struct ms_special_row *row = &special->rows.items[page];
    const struct ms_special_kept *kept = &special->kept.items[row->kept];
    const struct ms_special_stretch *stretch =
        &special->stretches.items[kept->first_stretch + index];

    return (struct ms_special_garbage){
        .address = row->page.address + stretch->first,
        .length = stretch->end - stretch->first,
        .bytes = kept->bytes + stretch->first,
    };
}

const struct ms_special_row *ms_special_row_at(const struct ms_special_case *special, size_t dump,
                                               uint64_t address)
{
    const struct ms_special_kept_dump *kept = &special->dumps.items[dump];
    uint64_t page = address & ~(uint64_t)(MS_SPECIAL_BYTES - 1);
    size_t low = kept->first_row, high = low + kept->n_rows;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (special->rows.items[middle].page.address < page)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == kept->first_row + kept->n_rows || special->rows.items[low].page.address != page)
        return NULL;
    return &special->rows.items[low];
}
