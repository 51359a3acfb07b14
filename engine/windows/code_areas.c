// SPDX-License-Identifier: MIT
//
// First all that is code, then what of it is asked for.

#include "windows/code_areas.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/extent.h"

static bool add(ms_code_area_vec *areas, uint64_t first, uint64_t last, unsigned page_flags)
{
    struct ms_code_area area = {.range = {.first = first, .last = last}, .page_flags = page_flags};

    return ms_vec_push(areas, area);
}

static int compare_areas(const void *left, const void *right)
{
    const struct ms_code_area *a = left, *b = right;

    if (a->range.first != b->range.first)
        return a->range.first < b->range.first ? -1 : 1;
    return a->range.last < b->range.last ? -1 : a->range.last > b->range.last;
}

// Sorts areas; of those that overlap one is made, whose pages need what all of them need.
static void make_disjoint(ms_code_area_vec *areas)
{
    size_t n = 0;

    if (areas->n > 1)
        qsort(areas->items, areas->n, sizeof(*areas->items), compare_areas);
    for (size_t i = 0; i < areas->n; i++) {
        struct ms_code_area area = areas->items[i], *before = n > 0 ? &areas->items[n - 1] : NULL;

        if (before && area.range.first <= before->range.last) {
            before->range.last = ms_max_u64(before->range.last, area.range.last);
            before->page_flags &= area.page_flags;
        } else {
            areas->items[n++] = area;
        }
    }
    areas->n = n;
}

// == What is code ==

static enum ms_status add_module(ms_code_area_vec *areas, const struct ms_modules *modules,
                                 size_t module, struct ms_error *error)
{
    struct ms_module_info info = ms_modules_info(modules, module);
    const struct ms_module_section *sections;
    size_t n;
    enum ms_status status = ms_modules_sections(modules, module, &sections, &n, error);
    bool ok = true;

    if (status != MS_OK)
        return status;
    if (!info.has_header)
        ok = add(areas, info.base, info.end - 1, MS_PAGE_EXECUTABLE);
    for (size_t i = 0; i < n && ok; i++) {
        if (sections[i].flags & MS_SECTION_EXECUTABLE)
            ok = add(areas, sections[i].start, sections[i].end - 1, 0);
    }
    return ok ? MS_OK : ms_fail_nomem(error);
}

// What no module holds. `modules` ascend by their bases.
static bool add_outside(ms_code_area_vec *areas, const struct ms_modules *modules, size_t n)
{
    uint64_t next = 0;

    for (size_t i = 0; i < n; i++) {
        struct ms_module_info info = ms_modules_info(modules, i);

        if (info.base > next && !add(areas, next, info.base - 1, MS_PAGE_EXECUTABLE))
            return false;
        next = ms_max_u64(next, info.end);
    }
    return add(areas, next, UINT64_MAX, MS_PAGE_EXECUTABLE);
}

static enum ms_status list_code(const struct ms_code_refs_options *options, ms_code_area_vec *areas,
                                struct ms_error *error)
{
    size_t n = options->modules ? ms_modules_count(options->modules) : 0;

    for (size_t i = 0; i < n; i++) {
        enum ms_status status = add_module(areas, options->modules, i, error);

        if (status != MS_OK)
            return status;
    }
    if (options->everywhere && !add_outside(areas, options->modules, n))
        return ms_fail_nomem(error);
    make_disjoint(areas);
    return MS_OK;
}

// == What is asked for ==

static bool list_ranges(const struct ms_code_refs_options *options, ms_code_area_vec *ranges)
{
    for (size_t i = 0; i < options->n_ranges; i++) {
        if (!add(ranges, options->ranges[i].first, options->ranges[i].last, 0))
            return false;
    }
    make_disjoint(ranges);
    return true;
}

// What two lists of areas share.
static bool intersect(ms_code_area_vec *areas, const ms_code_area_vec *code,
                      const ms_code_area_vec *ranges)
{
    for (size_t i = 0, k = 0; i < code->n && k < ranges->n;) {
        const struct ms_code_area *a = &code->items[i], *b = &ranges->items[k];
        uint64_t first = ms_max_u64(a->range.first, b->range.first);
        uint64_t last = ms_min_u64(a->range.last, b->range.last);

        if (first <= last && !add(areas, first, last, a->page_flags))
            return false;
        if (a->range.last < b->range.last)
            i++;
        else
            k++;
    }
    return true;
}

enum ms_status ms_code_areas_list(const struct ms_code_refs_options *options,
                                  ms_code_area_vec *areas, struct ms_error *error)
{
    ms_code_area_vec code = {0}, ranges = {0};
    enum ms_status status = list_code(options, options->everywhere ? areas : &code, error);

    if (status == MS_OK && !options->everywhere &&
        (!list_ranges(options, &ranges) || !intersect(areas, &code, &ranges)))
        status = ms_fail_nomem(error);
    for (size_t i = 0; i < areas->n; i++)
        areas->items[i].page_flags |= options->page_flags;
    free(code.items);
    free(ranges.items);
    return status;
}
