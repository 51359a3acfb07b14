// SPDX-License-Identifier: MIT

#include "scan/space_search.h"

#include "base/extent.h"
#include "scan/coverage.h"
#include "scan/run.h"
#include "scan/second_pass.h"

#include <stdlib.h>
#include <unistd.h>

// Needed pages that lie no further apart are searched together with what lies between: that costs
// less than beginning again.
#define JOIN_PAGES 16

struct search {
    const struct ms_image *image;
    const struct ms_matcher *matcher;
    const struct ms_search_options *options;
    size_t chunk_bytes;
    const struct ms_present *present;

    struct ms_part *parts;
    size_t n_parts;
    struct ms_candidates candidates;
    ms_bits *needed; // by page

    // Of the spaces but `unmapped`: bytes that they map, and the pages that these lie in.
    uint64_t mapped_bytes;
    size_t n_mapped_pages;

    uint8_t *surveyed, *settled; // by table of the spaces: of struct ms_survey, ms_confirm
    struct ms_seams seams;
    bool at_once; // the first pass only reads, and the second one searches all that is mapped
    struct ms_marks marks;
    struct ms_places_source *sources; // of places
    struct ms_places *places;
    struct ms_report report;
};

// == What to search ==

static bool is_physical(enum ms_space_kind kind)
{
    return kind == MS_SPACE_PHYSICAL || kind == MS_SPACE_UNMAPPED;
}

static enum ms_status make_parts(struct search *search, struct ms_error *error)
{
    const struct ms_search_options *options = search->options;
    size_t n = ms_spaces_count(options->spaces);

    search->parts = calloc(n, sizeof(*search->parts));
    if (!search->parts)
        return ms_fail_nomem(error);
    for (size_t i = 0; i < n; i++) {
        struct ms_part *part = &search->parts[search->n_parts++];
        bool physical;

        part->kind = ms_spaces_info(options->spaces, i).kind;
        physical = is_physical(part->kind);
        part->view = (struct ms_view){
            .spaces = options->spaces,
            .space = i,
            .page_flags = physical ? 0 : options->page_flags,
            .lost = &search->report.unreadable,
        };
        part->from = i == options->first_space ? options->from : 0;
        if (!ms_ranges_build(&part->ranges, options->ranges, options->n_ranges,
                             physical ? MS_RANGES_PHYSICAL : MS_RANGES_VIRTUAL))
            return ms_fail_nomem(error);
    }
    return MS_OK;
}

static enum ms_status allocate(struct search *search, struct ms_error *error)
{
    struct ms_search_result *result = search->report.result;
    size_t n = (size_t)search->present->n_pages;
    size_t n_tables = ms_spaces_n_tables(search->options->spaces);

    result->space_coverage = calloc(search->n_parts, sizeof(*result->space_coverage));
    search->needed = ms_bits_create(n);
    search->surveyed = calloc(n_tables + 1, 1);
    search->settled = calloc(n_tables + 1, 1);
    search->marks = (struct ms_marks){
        .present = search->present,
        .bits = ms_bits_create(n),
        .seams = &search->seams,
        .tables = calloc(n_tables + 1, 1),
    };
    if (!result->space_coverage || !search->needed || !search->surveyed || !search->settled ||
        !search->marks.bits || !search->marks.tables)
        return ms_fail_nomem(error);
    result->n_spaces = search->n_parts;
    return ms_seams_init(&search->seams, n, search->candidates.reach, error);
}

// Pages that a match which has a byte in an unmapped page may lie in, besides that page.
static size_t margin_pages(const struct search *search)
{
    return ms_matcher_margins(search->matcher).after / MS_PAGE_BYTES + 1;
}

// What the second pass goes over: where the space is `unmapped`, all memory.
static enum ms_status add_to_progress(struct search *search, const struct ms_part *part,
                                      const struct ms_coverage *coverage, struct ms_error *error)
{
    struct ms_survey what = ms_part_survey(part, search->options);
    struct ms_coverage all = {.scanned = coverage->scanned};
    struct ms_view view = part->view;
    enum ms_status status = MS_OK;

    if (part->kind == MS_SPACE_UNMAPPED) {
        all.scanned = 0;
        view.all_memory = true;
        what.view = &view;
        what.coverage = &all;
        status = ms_survey_run(&what, error);
    }
    search->report.all_bytes += all.scanned;
    return status;
}

static void count_mapped(struct search *search, uint64_t bytes)
{
    search->mapped_bytes += bytes;
    search->n_mapped_pages = ms_bits_count(search->needed, (size_t)search->present->n_pages);
}

// Whether the file is mapped, and the machine has twice as much memory.
static bool stays_in_memory(const struct ms_source *source)
{
    uint64_t size = ms_source_size(source);
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);

    return pages > 0 && page > 0 && size / (uint64_t)page < (uint64_t)pages / 2 &&
           ms_source_view(source, 0, (size_t)size);
}

// What is searched in the second pass is copied: that costs an eighth of a search, or less where so
// much lies around seams, which is copied, too.
#define COPYING 8

// Where matches reach far and hardly two pages are neighbours in memory as they are in spaces, to
// look around all seams takes longer than to search each page where it is mapped, if most are
// mapped once. Only in a mapping of an image that stays in memory: then nothing is read twice.
static bool is_cheaper_at_once(const struct search *search)
{
    uint64_t pages = ms_bits_count(search->needed, (size_t)search->present->n_pages);
    uint64_t unmapped = (pages - search->n_mapped_pages) * MS_PAGE_BYTES;
    uint64_t around = (uint64_t)search->seams.n * 2 * search->seams.reach;
    uint64_t in_two_passes = pages * MS_PAGE_BYTES + around;

    return around > 0 &&
           search->mapped_bytes + unmapped < in_two_passes / (COPYING + 1) * COPYING &&
           stays_in_memory(ms_image_source(search->image));
}

// Finds out what is there, what of it is needed, and how to search around the seams.
static enum ms_status survey(struct search *search, struct ms_error *error)
{
    enum ms_status status = MS_OK;

    for (size_t i = search->options->first_space; i < search->n_parts && status == MS_OK; i++) {
        const struct ms_part *part = &search->parts[i];
        struct ms_coverage *coverage = &search->report.result->space_coverage[i];
        struct ms_survey what = ms_part_survey(part, search->options);

        what.coverage = coverage;
        what.needed = search->needed;
        what.surveyed = search->surveyed;
        if (part->kind == MS_SPACE_UNMAPPED)
            what.margin_pages = margin_pages(search);
        else if (search->seams.reach > 0)
            what.seams = &search->seams;
        status = ms_survey_run(&what, error);
        if (part->kind != MS_SPACE_UNMAPPED)
            count_mapped(search, coverage->scanned);
        if (status == MS_OK)
            status = add_to_progress(search, part, coverage, error);
        coverage->scanned = 0; // yet
    }
    if (status == MS_OK && !ms_seams_ready(&search->seams))
        status = ms_fail_nomem(error);
    search->at_once = status == MS_OK && is_cheaper_at_once(search);
    if (status == MS_OK && !search->at_once)
        status = ms_candidates_divide(&search->candidates, search->matcher, search->seams.n, error);
    return status;
}

// == The first pass ==

typedef MS_VEC(struct ms_range) range_vec;

static bool add_needed(struct search *search, range_vec *ranges, size_t first, size_t end)
{
    struct ms_range range = {
        .first = ms_present_address(search->present, first),
        .last = ms_present_address(search->present, end - 1) + (MS_PAGE_BYTES - 1),
    };

    return ms_vec_push(ranges, range);
}

// The stretches of needed pages.
static bool list_needed(struct search *search, range_vec *ranges)
{
    size_t n = (size_t)search->present->n_pages, end;

    for (size_t page = ms_bits_find(search->needed, 0, n, true); page < n;) {
        size_t first = page;

        do {
            end = ms_bits_find(search->needed, page, n, false);
            page = ms_bits_find(search->needed, end, n, true);
        } while (page < n && page - end <= JOIN_PAGES);
        if (!add_needed(search, ranges, first, end))
            return false;
    }
    return true;
}

static enum ms_status take_result(void *user, const struct ms_job_result *result,
                                  struct ms_error *error)
{
    struct ms_report *report = user;

    report->done_bytes += result->scanned + result->unreadable;
    return ms_report_lost(report, result) ? MS_OK : ms_fail_nomem(error);
}

static enum ms_status show_progress(void *user)
{
    return ms_report_progress(user);
}

static enum ms_status run_plan(struct search *search, const struct ms_scan_plan *plan,
                               struct ms_error *error)
{
    struct ms_runner runner = {
        .shared =
            {
                .image = search->image,
                .matcher = search->candidates.matcher,
                .plan = plan,
                .marks = &search->marks,
                .candidates = &search->candidates,
                .only_reads = search->at_once,
            },
        .job = ms_job_run,
        .n_units = plan->units.n - 1,
        .counters = &search->report.result->counters,
        .report = take_result,
        .progress = show_progress,
        .user = &search->report,
    };

    search->report.all_bytes += plan->own_bytes;
    return ms_runner_run(&runner, search->options->threads, error);
}

static enum ms_status mark(struct search *search, struct ms_error *error)
{
    struct ms_scan_plan plan = {0};
    range_vec ranges = {0};
    enum ms_status status = MS_OK;

    if (!list_needed(search, &ranges))
        status = ms_fail_nomem(error);
    if (status == MS_OK && ranges.n > 0) {
        struct ms_search_options options = {.ranges = ranges.items, .n_ranges = ranges.n};

        status = ms_scan_plan_build(&plan, ms_image_memory(search->image), &options,
                                    search->chunk_bytes, error);
        if (status == MS_OK)
            status = run_plan(search, &plan, error);
    }
    if (search->at_once)
        ms_bits_set_range(search->marks.bits, 0, (size_t)search->present->n_pages);
    ms_scan_plan_release(&plan);
    free(ranges.items);
    return status;
}

// == The second pass ==

// Whether any page can have more places than that. Each place but a page's first is a page that is
// mapped and not needed anew; pages that are mapped only in part, at the ends of ranges and of what
// the image holds, have been counted without such a place.
static bool may_have_places(const struct search *search, uint64_t most)
{
    uint64_t pages = search->mapped_bytes / MS_PAGE_BYTES, in_part = 0;

    if (search->options->first_space > 0 || search->options->from > 0)
        return true; // then not all was surveyed
    for (size_t i = 0; i < search->n_parts; i++)
        in_part += 2 * (search->parts[i].ranges.groups.n + search->present->stretches.n);
    return pages + in_part >= search->n_mapped_pages + most;
}

static enum ms_status count_places(struct search *search, struct ms_error *error)
{
    uint64_t most = search->options->once ? 1 : MS_MAX_MAPPINGS;
    size_t n = 0;

    if (!may_have_places(search, most))
        return MS_OK;

    search->sources = calloc(search->n_parts, sizeof(*search->sources));
    if (!search->sources)
        return ms_fail_nomem(error);
    for (size_t i = 0; i < search->n_parts; i++) {
        if (search->parts[i].kind != MS_SPACE_UNMAPPED)
            search->sources[n++] =
                (struct ms_places_source){&search->parts[i].view, &search->parts[i].ranges};
    }
    return ms_places_create(search->matcher, &search->marks, search->sources, n, most,
                            search->options->first_space, search->options->from, &search->places,
                            error);
}

static enum ms_status confirm(struct search *search, struct ms_error *error)
{
    struct ms_second_pass pass = {
        .image = search->image,
        .matcher = search->matcher,
        .options = search->options,
        .chunk_bytes = search->chunk_bytes,
        .marks = &search->marks,
        .candidates = &search->candidates,
        .places = search->places,
        .settled = search->settled,
        .parts = search->parts,
        .n_parts = search->n_parts,
        .report = &search->report,
    };

    return ms_second_pass_run(&pass, error);
}

// == The call ==

static enum ms_status pass_gaps(struct search *search, struct ms_error *error)
{
    enum ms_status status = MS_OK;

    for (size_t i = search->options->first_space; i < search->n_parts && status == MS_OK; i++) {
        struct ms_survey what = ms_part_survey(&search->parts[i], search->options);

        what.gap = search->report.callbacks->gap;
        what.user = search->report.callbacks->user;
        status = ms_survey_run(&what, error);
    }
    return status;
}

static enum ms_status pass_range(struct search *search, const struct ms_part *part, size_t range,
                                 struct ms_error *error)
{
    struct ms_range_coverage covered = {.space = part->view.space, .range = range};
    struct ms_survey what = ms_part_survey(part, search->options);
    struct ms_ranges alone = {0};
    enum ms_status status = MS_NOMEM;

    what.ranges = &alone;
    what.coverage = &covered.coverage;
    what.surveyed = search->surveyed;
    if (ms_ranges_build(&alone, &search->options->ranges[range], 1,
                        is_physical(part->kind) ? MS_RANGES_PHYSICAL : MS_RANGES_VIRTUAL))
        status = ms_survey_run(&what, error);
    else
        ms_fail_nomem(error);
    if (status == MS_OK && alone.groups.n > 0 &&
        search->report.callbacks->range_coverage(search->report.callbacks->user, &covered))
        status = MS_STOPPED;
    ms_ranges_release(&alone);
    return status;
}

static enum ms_status pass_ranges(struct search *search, struct ms_error *error)
{
    enum ms_status status = MS_OK;

    for (size_t i = search->options->first_space; i < search->n_parts; i++)
        for (size_t k = 0; k < search->options->n_ranges && status == MS_OK; k++)
            status = pass_range(search, &search->parts[i], k, error);
    return status;
}

static void add_coverage(struct search *search)
{
    struct ms_search_result *result = search->report.result;

    result->coverage = (struct ms_coverage){0};
    for (size_t i = 0; i < result->n_spaces; i++)
        ms_coverage_add(&result->coverage, &result->space_coverage[i]);
}

static enum ms_status run(struct search *search, struct ms_error *error)
{
    enum ms_status status = ms_candidates_create(search->matcher, &search->candidates, error);

    if (status == MS_OK)
        status = make_parts(search, error);
    if (status == MS_OK)
        status = allocate(search, error);
    if (status == MS_OK)
        status = survey(search, error);
    search->report.result->next_space = search->options->first_space;
    search->report.result->next = search->options->from;
    if (status == MS_OK)
        status = mark(search, error);
    if (status == MS_OK)
        status = count_places(search, error);
    if (status == MS_OK)
        status = confirm(search, error);
    if (status == MS_OK && search->report.callbacks->gap)
        status = pass_gaps(search, error);
    if (status == MS_OK && search->report.callbacks->range_coverage)
        status = pass_ranges(search, error);
    return status;
}

static void release(struct search *search)
{
    for (size_t i = 0; i < search->n_parts; i++)
        ms_ranges_release(&search->parts[i].ranges);
    free(search->parts);
    free((void *)search->needed);
    free(search->surveyed);
    free(search->settled);
    free((void *)search->marks.bits);
    free(search->marks.tables);
    ms_seams_release(&search->seams);
    ms_places_free(search->places);
    free(search->sources);
    ms_candidates_release(&search->candidates);
    ms_report_release(&search->report);
}

enum ms_status ms_space_search(const struct ms_image *image, const struct ms_matcher *matcher,
                               const struct ms_search_options *options, size_t chunk_bytes,
                               const struct ms_search_callbacks *callbacks,
                               struct ms_search_result *result, struct ms_error *error)
{
    struct search search = {
        .image = image,
        .matcher = matcher,
        .options = options,
        .chunk_bytes = chunk_bytes,
    };
    enum ms_status status;

    if (!options->spaces || ms_spaces_count(options->spaces) == 0)
        return ms_fail(error, MS_ARGUMENT, "there is no space to search");
    if (options->first_space >= ms_spaces_count(options->spaces))
        return ms_fail(error, MS_ARGUMENT, "there is no space of the number to begin with");
    search.present = ms_spaces_present(options->spaces);
    status = ms_report_init(&search.report, matcher, options, callbacks, result, error);
    if (status == MS_OK)
        status = run(&search, error);
    result->complete = status == MS_OK;
    add_coverage(&search);
    release(&search);
    return status;
}
