// SPDX-License-Identifier: MIT

#include "scan/survey.h"

#include "base/extent.h"
#include "scan/coverage.h"

// The walk of one group of ranges.
struct walk {
    const struct ms_survey *survey;
    const struct ms_present *present;
    struct ms_gap gap; // not told yet, as it may go on
    bool has_gap;
    bool stopped;

    // The last mapping, if it is present.
    uint64_t last;
    uint64_t physical_last;
    bool has_last;
};

static const struct {
    enum ms_gap_reason reason;
    size_t counter; // in struct ms_coverage
} reasons[] = {
    [MS_MAPPED_ABSENT] = {MS_GAP_ABSENT, offsetof(struct ms_coverage, absent)},
    [MS_MAPPED_PAGED_OUT] = {MS_GAP_PAGED_OUT, offsetof(struct ms_coverage, paged_out)},
    [MS_MAPPED_UNREADABLE] = {MS_GAP_UNREADABLE, offsetof(struct ms_coverage, unreadable)},
};

static void tell_gap(struct walk *walk)
{
    if (walk->has_gap && walk->survey->gap)
        walk->stopped = walk->survey->gap(walk->survey->user, &walk->gap) != 0;
    walk->has_gap = false;
}

static void add_gap(struct walk *walk, uint64_t first, uint64_t last, enum ms_gap_reason reason)
{
    if (walk->has_gap && walk->gap.reason == reason && walk->gap.range.last + 1 == first) {
        walk->gap.range.last = last;
        return;
    }
    tell_gap(walk);
    walk->has_gap = true;
    walk->gap = (struct ms_gap){
        .range = {.first = first, .last = last},
        .reason = reason,
        .space = walk->survey->view->space,
    };
}

static void count(struct walk *walk, uint64_t bytes, size_t counter)
{
    struct ms_coverage *coverage = walk->survey->coverage;

    if (!coverage)
        return;
    coverage->asked += bytes;
    *(uint64_t *)((char *)coverage + counter) += bytes;
}

static void add_hole(struct walk *walk, uint64_t first, uint64_t last)
{
    if (!walk->survey->asks_holes)
        return;
    count(walk, last - first + 1, offsetof(struct ms_coverage, unmapped));
    add_gap(walk, first, last, MS_GAP_UNMAPPED);
}

static void add_needed(struct walk *walk, size_t page, size_t n)
{
    size_t margin = walk->survey->margin_pages, all = (size_t)walk->present->n_pages;
    size_t first = page > margin ? page - margin : 0;
    size_t end = all - (page + n) > margin ? page + n + margin : all;

    ms_bits_set_range_alone(walk->survey->needed, first, end);
}

static bool add_present(struct walk *walk, const struct ms_mapping_info *mapping)
{
    const struct ms_survey *survey = walk->survey;
    uint64_t physical_last = mapping->physical + (mapping->last - mapping->first);
    size_t page = 0;

    count(walk, mapping->last - mapping->first + 1, offsetof(struct ms_coverage, scanned));
    if (survey->needed || survey->seams)
        page = (size_t)ms_present_number(walk->present, mapping->physical);
    if (survey->needed)
        add_needed(walk, page,
                   (size_t)((mapping->physical % MS_PAGE_BYTES + (mapping->last - mapping->first)) /
                            MS_PAGE_BYTES) +
                       1);
    // At the top of the address space nothing follows: `first` is never 0 behind a last mapping.
    if (survey->seams && walk->has_last && walk->last + 1 == mapping->first &&
        walk->physical_last + 1 != mapping->physical &&
        !ms_seams_add(survey->seams, (size_t)ms_present_number(walk->present, walk->physical_last),
                      page))
        return false;
    walk->has_last = true;
    walk->last = mapping->last;
    walk->physical_last = physical_last;
    return true;
}

static bool add_mapping(struct walk *walk, const struct ms_mapping_info *mapping)
{
    if (mapping->state == MS_MAPPED_PRESENT)
        return add_present(walk, mapping);
    walk->has_last = false;
    count(walk, mapping->last - mapping->first + 1, reasons[mapping->state].counter);
    add_gap(walk, mapping->first, mapping->last, reasons[mapping->state].reason);
    return true;
}

static bool walk_range(struct walk *walk, uint64_t first, uint64_t last, uint64_t whole_below);

static void count_table(struct walk *walk, const struct ms_mapping_info *table)
{
    const struct ms_table_bytes *bytes =
        ms_spaces_table_bytes(walk->survey->view->spaces, (size_t)table->physical);
    uint64_t mapped = bytes->present + bytes->absent + bytes->paged_out + bytes->unreadable;

    count(walk, bytes->present, offsetof(struct ms_coverage, scanned));
    count(walk, bytes->absent, offsetof(struct ms_coverage, absent));
    count(walk, bytes->paged_out, offsetof(struct ms_coverage, paged_out));
    count(walk, bytes->unreadable, offsetof(struct ms_coverage, unreadable));
    if (walk->survey->asks_holes)
        count(walk, table->last - table->first + 1 - mapped,
              offsetof(struct ms_coverage, unmapped));
}

// What a table maps is told of its pages alone, if it can be. The seams at its two ends are not.
static bool add_pages(struct walk *walk, const struct ms_mapping_info *table, bool *ok_ret)
{
    const struct ms_survey *survey = walk->survey;
    struct ms_page_run runs[MS_MAX_PAGE_RUNS];
    size_t n;

    *ok_ret = true;
    if (!survey->needed && !survey->seams)
        return true;
    if (!ms_spaces_page_runs(survey->view->spaces, table, runs, &n))
        return false;
    for (size_t i = 0; i < n && *ok_ret; i++) {
        if (survey->needed)
            add_needed(walk, runs[i].page, runs[i].n);
        if (survey->seams && i > 0 && runs[i - 1].at + runs[i - 1].n == runs[i].at)
            *ok_ret =
                ms_seams_add(survey->seams, runs[i - 1].page + runs[i - 1].n - 1, runs[i].page);
    }
    return true;
}

// Walks the first and the last page of a table that has been surveyed, for the seams there.
static bool add_ends(struct walk *walk, const struct ms_mapping_info *table)
{
    struct ms_coverage before = {0}, *coverage = walk->survey->coverage;
    bool ok;

    if (!walk->survey->seams)
        return true;
    if (coverage)
        before = *coverage;
    ok = walk_range(walk, table->first, table->first + (MS_PAGE_BYTES - 1), 0) &&
         walk_range(walk, table->last - (MS_PAGE_BYTES - 1), table->last, 0);
    if (coverage)
        *coverage = before;
    return ok;
}

static bool add_table(struct walk *walk, const struct ms_mapping_info *table)
{
    uint8_t *surveyed = &walk->survey->surveyed[table->physical];
    bool ok = true, told = *surveyed || add_pages(walk, table, &ok);

    *surveyed = true;
    if (!told)
        return walk_range(walk, table->first, table->last, table->last - table->first + 1);
    count_table(walk, table);
    return ok && add_ends(walk, table);
}

// Tables of fewer than `whole_below` bytes, all of them in the range, are walked once in a search.
static bool walk_range(struct walk *walk, uint64_t first, uint64_t last, uint64_t whole_below)
{
    struct ms_mapping_info mapping;
    struct ms_view_cursor cursor;
    uint64_t at = first;

    ms_view_cursor_start_whole(&cursor, walk->survey->view, first, last, whole_below);
    while (!walk->stopped && ms_view_cursor_next(&cursor, &mapping)) {
        if (mapping.first > at)
            add_hole(walk, at, mapping.first - 1);
        if (mapping.state == MS_MAPPED_TABLE ? !add_table(walk, &mapping)
                                             : !add_mapping(walk, &mapping))
            return false;
        if (mapping.last == last)
            return true;
        at = mapping.last + 1;
    }
    if (!walk->stopped)
        add_hole(walk, at, last);
    return true;
}

enum ms_status ms_survey_run(const struct ms_survey *survey, struct ms_error *error)
{
    struct walk walk = {.survey = survey, .present = ms_spaces_present(survey->view->spaces)};

    for (size_t i = 0; i < survey->ranges->groups.n && !walk.stopped; i++) {
        const struct ms_range_group *group = &survey->ranges->groups.items[i];

        walk.has_last = false;
        if (group->last >= survey->from &&
            !walk_range(&walk, ms_max_u64(group->first, survey->from), group->last,
                        survey->surveyed ? UINT64_MAX : 0))
            return ms_fail_nomem(error);
    }
    if (!walk.stopped)
        tell_gap(&walk);
    if (survey->coverage)
        ms_coverage_saturate(survey->coverage);
    return walk.stopped ? MS_STOPPED : MS_OK;
}
