// SPDX-License-Identifier: MIT
//
// Asks both, compares.

#include "space_checks.h"

#include "corpus/material.h"

#include <inttypes.h>

// More than this is not searched naively.
enum { MAX_BYTES = 4 << 20, MAX_HITS = 20000, MAX_ADDRESSES = 64 };

// == The engine's spaces ==

static void open_spaces(struct subject *subject, bool map)
{
    const struct space_query *query = subject->query;
    struct ms_open_options open = {.flags = map ? MS_OPEN_MAP : 0};
    struct ms_spaces_options options = {.root = &subject->roots[0],
                                        .paging = ms_paging_name(subject->paging),
                                        .kernel = query->kernel ? &query->kernel : NULL};
    struct ms_error error;

    CHECK(ms_image_open(subject->built.path, &open, &subject->image, &error) == MS_OK, "open: %s",
          error.text);
    CHECK(ms_spaces_create(subject->image, &options, &subject->spaces, &error) == MS_OK,
          "spaces: %s", error.text);
    CHECK(ms_spaces_n_roots(subject->spaces) >= 1, "no root");
    for (size_t i = 0; i < query->n_names; i++) {
        struct known_view view;
        char name[sizeof(subject->names[0])];

        subject_name_view(subject, i, &view, name);
        CHECK(ms_spaces_add(subject->spaces, name, &error) == MS_OK, "%s: %s", name, error.text);
    }
}

static void close_spaces(struct subject *subject)
{
    ms_spaces_free(subject->spaces);
    ms_image_close(subject->image);
}

// The next byte that the engine has not told of.
struct visited {
    const struct known_view *view;
    size_t next;   // mapping
    uint64_t done; // of its bytes
    bool any;
    struct ms_mapping_info last;
};

static bool has_physical(enum ms_mapping_state state)
{
    return state == MS_MAPPED_PRESENT || state == MS_MAPPED_ABSENT;
}

// That the mapping says of its bytes what is known of them. It may be in other parts, where flags
// are not known.
static void check_bytes(struct visited *visited, const struct ms_mapping_info *mapping)
{
    const struct known_view *view = visited->view;

    for (uint64_t at = mapping->first;;) {
        const struct known_mapping *known = &view->space.mappings[visited->next];
        uint64_t last;

        CHECK(visited->next < view->space.n, "%s: 0x%" PRIx64 " is not mapped", view->name, at);
        CHECK(known->first + visited->done == at, "%s: 0x%" PRIx64 " comes, not 0x%" PRIx64,
              view->name, at, known->first + visited->done);
        CHECK(known->state == mapping->state, "%s: 0x%" PRIx64 " is %s, not %s", view->name, at,
              ms_mapping_state_name(mapping->state), ms_mapping_state_name(known->state));
        CHECK(!has_physical(known->state) || mapping->physical + (at - mapping->first) ==
                                                 known->physical + (at - known->first),
              "%s: 0x%" PRIx64 " is at 0x%" PRIx64 ", not 0x%" PRIx64, view->name, at,
              mapping->physical + (at - mapping->first), known->physical + (at - known->first));
        CHECK(!known->sure || known->flags == mapping->flags,
              "%s: 0x%" PRIx64 " (%s) has the flags %u, not %u", view->name, at,
              ms_mapping_state_name(known->state), mapping->flags, known->flags);
        last = known->last < mapping->last ? known->last : mapping->last;
        visited->done = last == known->last ? 0 : last - known->first + 1;
        visited->next += last == known->last;
        if (last == mapping->last)
            return;
        at = last + 1;
    }
}

static int on_mapping(void *user, const struct ms_mapping_info *mapping)
{
    struct visited *visited = user;
    const struct ms_mapping_info *last = &visited->last;

    CHECK(mapping->first <= mapping->last, "%s: empty", visited->view->name);
    CHECK(!visited->any || last->last < mapping->first, "%s: not ascending", visited->view->name);
    CHECK(!visited->any || last->last + 1 != mapping->first || last->state != mapping->state ||
              last->flags != mapping->flags ||
              (has_physical(last->state) &&
               last->physical + (mapping->first - last->first) != mapping->physical),
          "%s: 0x%" PRIx64 " continues what was before it", visited->view->name, mapping->first);
    check_bytes(visited, mapping);
    visited->any = true;
    visited->last = *mapping;
    return 0;
}

static void check_mappings(const struct subject *subject, size_t number)
{
    const struct ms_range all = {.first = 0, .last = UINT64_MAX};
    const struct known_view *view = &subject->views[number];
    struct visited visited = {.view = view};

    CHECK(ms_spaces_visit(subject->spaces, number, &all, on_mapping, &visited) == 0, "visit");
    CHECK(visited.next == view->space.n, "%s: 0x%" PRIx64 " is not told of", view->name,
          view->space.mappings[visited.next].first);
}

// What is at an address; NULL: nothing.
static const struct known_mapping *mapping_at(const struct known_space *space, uint64_t address)
{
    for (size_t i = 0; i < space->n; i++) {
        if (address >= space->mappings[i].first && address <= space->mappings[i].last)
            return &space->mappings[i];
    }
    return NULL;
}

static void check_address(const struct subject *subject, size_t number, uint64_t address)
{
    const struct known_view *view = &subject->views[number];
    const struct known_mapping *known = mapping_at(&view->space, address);
    struct ms_mapping_info mapping;
    bool found = ms_spaces_translate(subject->spaces, number, address, &mapping);
    bool held = known && known->state == MS_MAPPED_PRESENT, present;
    uint8_t byte, known_byte = 0;

    CHECK(found == (known != NULL), "%s: 0x%" PRIx64, view->name, address);
    CHECK(!found || (mapping.state == known->state && address >= mapping.first &&
                     address <= mapping.last && mapping.first / PAGE_SIZE == address / PAGE_SIZE &&
                     mapping.last / PAGE_SIZE == address / PAGE_SIZE),
          "%s: 0x%" PRIx64, view->name, address);
    CHECK(!found || !has_physical(known->state) ||
              mapping.physical + (address - mapping.first) ==
                  known->physical + (address - known->first),
          "%s: 0x%" PRIx64 " is at 0x%" PRIx64, view->name, address, mapping.physical);
    ms_spaces_read(subject->spaces, number, address, &byte, &present, 1);
    CHECK(present == held, "%s: 0x%" PRIx64 " can%s be read", view->name, address,
          present ? "" : "not");
    if (held)
        known_read(&subject->memory, known->physical + (address - known->first), &known_byte, 1);
    CHECK(byte == known_byte, "%s: the byte at 0x%" PRIx64, view->name, address);
}

// The borders of mappings, and what lies around them.
static void check_addresses(const struct subject *subject, size_t number)
{
    const struct known_space *space = &subject->views[number].space;
    size_t step = space->n / MAX_ADDRESSES + 1;

    for (size_t i = 0; i < space->n; i += step) {
        const struct known_mapping *mapping = &space->mappings[i];

        check_address(subject, number, mapping->first);
        check_address(subject, number, mapping->last);
        check_address(subject, number, mapping->first - 1);
        check_address(subject, number, mapping->last + 1);
    }
    check_address(subject, number, 0);
    check_address(subject, number, UINT64_MAX);
}

static void check_views(const struct subject *subject)
{
    CHECK(ms_spaces_count(subject->spaces) == subject->n_views, "%zu spaces, not %zu",
          ms_spaces_count(subject->spaces), subject->n_views);
    for (size_t i = 0; i < subject->n_views; i++) {
        struct ms_space_info info = ms_spaces_info(subject->spaces, i);

        CHECK(strcmp(info.name, subject->views[i].name) == 0, "space %zu is %s, not %s", i,
              info.name, subject->views[i].name);
        CHECK(info.kind == subject->views[i].kind, "%s: kind %d", info.name, (int)info.kind);
        check_mappings(subject, i);
        check_addresses(subject, i);
    }
}

// == Searching ==

static const char digits[] = "0123456789abcdef";

static size_t write_hex(const struct needle *needle, char *text)
{
    for (size_t i = 0; i < needle->length; i++) {
        unsigned mask = needle->mask ? needle->mask[i] : 0xff;

        text[2 * i] = mask & 0xf0 ? digits[needle->bytes[i] >> 4] : '?';
        text[2 * i + 1] = mask & 0x0f ? digits[needle->bytes[i] & 15] : '?';
    }
    return 2 * needle->length;
}

// Bytes that count and bytes that do not; the first one may be repeated.
static size_t write_regex(const struct needle *needle, char *text)
{
    size_t n = 0;

    for (size_t i = 0; i < needle->length; i++) {
        if (needle->mask && needle->mask[i] == 0) {
            text[n++] = '.';
            continue;
        }
        text[n++] = '\\';
        text[n++] = 'x';
        text[n++] = digits[needle->bytes[i] >> 4];
        text[n++] = digits[needle->bytes[i] & 15];
        if (i == 0 && needle->most > 0)
            n += (size_t)sprintf(text + n, "{1,%" PRIu32 "}", needle->most);
    }
    return n;
}

static struct ms_matcher *make_matcher(const struct space_query *query, unsigned engine_mask)
{
    struct ms_matcher_options options = {.engine_mask = engine_mask};
    struct ms_patterns *patterns;
    struct ms_matcher *matcher;
    struct ms_error error;

    CHECK(ms_patterns_create(&patterns, &error) == MS_OK, "patterns: %s", error.text);
    for (size_t i = 0; i < query->n_needles; i++) {
        const struct needle *needle = &query->needles[i];
        struct ms_pattern_options pattern = {.align = needle->align};
        char *text = malloc(4 * needle->length + sizeof("{1,4294967295}"));

        CHECK(text, "memory");
        CHECK(ms_patterns_add(patterns, needle->regex ? MS_REGEX : MS_HEX, text,
                              needle->regex ? write_regex(needle, text) : write_hex(needle, text),
                              &pattern, &error) == MS_OK,
              "pattern %zu: %s", i, error.text);
        free(text);
    }
    CHECK(ms_matcher_create(patterns, &options, &matcher, &error) == MS_OK, "matcher: %s",
          error.text);
    ms_patterns_free(patterns);
    return matcher;
}

// A search, and what it must give.
struct searched {
    const struct subject *subject;
    const struct space_way *way;
    size_t first; // it begins with this space, at this address
    uint64_t from;
    struct naive_fold fold;
    size_t n_hits; // that were given
    const struct naive_partial *partials;
    size_t n_partials, next_partial;
    struct naive_answer covered;  // coverage and gaps
    size_t next_view, next_range; // whose coverage comes next, or one behind it
    struct naive_answer gaps;     // as the engine tells them
    unsigned n_progress, stop_at;
};

static void check_places(const struct searched *searched, const struct ms_hit *hit,
                         const struct folded_hit *known)
{
    uint64_t inside = known->hit->physical % PAGE_SIZE;

    CHECK(hit->n_mappings == known->n_places, "0x%" PRIx64 " stands for %" PRIu64 ", not %zu",
          hit->address, hit->n_mappings, known->n_places);
    CHECK(hit->n_listed == (known->n_places < MS_MAX_MAPPINGS ? known->n_places : MS_MAX_MAPPINGS),
          "0x%" PRIx64 " lists %zu of %zu", hit->address, hit->n_listed, known->n_places);
    for (size_t i = 0; i < hit->n_listed; i++) {
        const struct naive_place *place = &searched->fold.places[known->first_place + i];

        CHECK(hit->mappings[i].space == place->view &&
                  hit->mappings[i].address == place->address + inside,
              "0x%" PRIx64 ": place %zu", hit->address, i);
    }
}

static void check_partial(struct searched *searched, const struct ms_hit *hit)
{
    const struct naive_partial *known = &searched->partials[searched->next_partial];

    CHECK(searched->next_partial < searched->n_partials,
          "one partial hit too many: space %zu, 0x%" PRIx64 ", pattern %u", hit->space,
          hit->address, hit->pattern);
    CHECK(hit->space == known->view && hit->address == known->address &&
              hit->pattern == known->needle && hit->physical == known->physical &&
              hit->length == known->length && hit->missing_before == known->missing_before &&
              hit->repeat == 1 && hit->n_mappings == 0,
          "partial hit %zu is 0x%" PRIx64 " in space %zu, pattern %u, %u bytes behind %u, not "
          "0x%" PRIx64 " in space %zu, pattern %u, %u bytes behind %u",
          searched->next_partial, hit->address, hit->space, hit->pattern, hit->length,
          hit->missing_before, known->address, known->view, known->needle, known->length,
          known->missing_before);
    searched->next_partial++;
}

static int on_hit(void *user, const struct ms_hit *hit)
{
    struct searched *searched = user;
    const struct subject *subject = searched->subject;
    const struct folded_hit *folded = &searched->fold.hits[searched->n_hits];
    const struct naive_hit *known = folded->hit;

    if (hit->partial) {
        check_partial(searched, hit);
        return 0;
    }
    CHECK(searched->n_hits < searched->fold.n_hits,
          "one hit too many: space %zu, 0x%" PRIx64 ", pattern %u", hit->space, hit->address,
          hit->pattern);
    CHECK(hit->space == known->view && hit->address == known->address &&
              hit->pattern == known->needle,
          "hit %zu is 0x%" PRIx64 " in space %zu, pattern %u, not 0x%" PRIx64
          " in space %zu, pattern %u",
          searched->n_hits, hit->address, hit->space, hit->pattern, known->address, known->view,
          known->needle);
    CHECK(hit->physical == known->physical, "0x%" PRIx64 " is at 0x%" PRIx64 ", not 0x%" PRIx64,
          hit->address, hit->physical, known->physical);
    CHECK(hit->repeat == folded->repeat, "0x%" PRIx64 ": %" PRIu64 " in a row, not %" PRIu64,
          hit->address, hit->repeat, folded->repeat);
    CHECK(hit->length == known->length &&
              hit->stride == subject->query->needles[hit->pattern].align,
          "hit %zu", searched->n_hits);
    check_places(searched, hit, folded);
    searched->n_hits++;
    return 0;
}

static int on_gap(void *user, const struct ms_gap *gap)
{
    struct searched *searched = user;

    naive_add_gap(&searched->gaps, *gap);
    return 0;
}

static int on_progress(void *user, const struct ms_progress *progress)
{
    struct searched *searched = user;

    CHECK(progress->done_bytes <= progress->all_bytes, "%" PRIu64 " bytes of %" PRIu64,
          progress->done_bytes, progress->all_bytes);
    return ++searched->n_progress == searched->stop_at;
}

static void check_coverage(const struct ms_coverage *got, const struct ms_coverage *known,
                           const char *name)
{
    CHECK(got->asked == known->asked && got->scanned == known->scanned &&
              got->unmapped == known->unmapped && got->paged_out == known->paged_out &&
              got->absent == known->absent && got->unreadable == known->unreadable,
          "%s: asked %" PRIu64 "/%" PRIu64 " scanned %" PRIu64 "/%" PRIu64 " unmapped %" PRIu64
          "/%" PRIu64 " paged out %" PRIu64 "/%" PRIu64 " absent %" PRIu64 "/%" PRIu64
          " unreadable %" PRIu64 "/%" PRIu64,
          name, got->asked, known->asked, got->scanned, known->scanned, got->unmapped,
          known->unmapped, got->paged_out, known->paged_out, got->absent, known->absent,
          got->unreadable, known->unreadable);
}

// Goes on to the next range that is for its space. False: there is none.
static bool find_next_range(struct searched *searched)
{
    const struct subject *subject = searched->subject;
    const struct space_query *query = subject->query;

    for (; searched->next_view < subject->n_views; searched->next_view++, searched->next_range = 0)
        for (; searched->next_range < query->n_ranges; searched->next_range++)
            if (query->ranges[searched->next_range].physical !=
                known_view_has_tables(&subject->views[searched->next_view]))
                return true;
    return false;
}

static int on_range(void *user, const struct ms_range_coverage *got)
{
    struct searched *searched = user;
    struct naive_question question = searched->subject->question;
    struct naive_answer alone = {0};
    size_t view = got->space;

    CHECK(find_next_range(searched) && view == searched->next_view &&
              got->range == searched->next_range,
          "coverage of range %zu in space %zu", got->range, view);
    question.ranges = &searched->subject->query->ranges[got->range];
    question.n_ranges = 1;
    question.n_views = view + 1;
    naive_cover(&question, view, view == searched->first ? searched->from : 0, &alone);
    check_coverage(&got->coverage, &alone.coverage[view], "a range");
    naive_answer_release(&alone);
    searched->next_range++;
    return 0;
}

static void check_gaps(const struct searched *searched)
{
    const struct naive_answer *known = &searched->covered, *got = &searched->gaps;

    for (size_t i = 0; i < known->n_gaps && i < got->n_gaps; i++) {
        const struct ms_gap *a = &got->gaps[i], *b = &known->gaps[i];

        CHECK(a->space == b->space && a->reason == b->reason && a->range.first == b->range.first &&
                  a->range.last == b->range.last,
              "gap %zu is 0x%" PRIx64 " to 0x%" PRIx64 " (%s), not 0x%" PRIx64 " to 0x%" PRIx64
              " (%s)",
              i, a->range.first, a->range.last, ms_gap_reason_name(a->reason), b->range.first,
              b->range.last, ms_gap_reason_name(b->reason));
    }
    if (known->n_gaps != got->n_gaps) {
        const struct naive_answer *more = known->n_gaps > got->n_gaps ? known : got;
        size_t i = known->n_gaps > got->n_gaps ? got->n_gaps : known->n_gaps;

        CHECK(false, "%zu gaps, not %zu: space %zu 0x%" PRIx64 " to 0x%" PRIx64 " (%s)",
              got->n_gaps, known->n_gaps, more->gaps[i].space, more->gaps[i].range.first,
              more->gaps[i].range.last, ms_gap_reason_name(more->gaps[i].reason));
    }
}

// Whether a place is before the one where a stopped search is to go on.
static bool is_done(const struct ms_search_result *result, size_t space, uint64_t address)
{
    return result->complete || space < result->next_space ||
           (space == result->next_space && address < result->next);
}

// All that is to be told has been told, up to where the search has come.
static void check_counts(const struct searched *searched, const struct ms_search_result *result)
{
    uint64_t hits = 0, known = 0;
    size_t n = 0;

    for (size_t i = 0; i < searched->subject->query->n_needles; i++)
        hits += result->pattern_hits[i];
    CHECK(hits == result->hits, "%" PRIu64 " hits of all patterns", hits);
    while (n < searched->fold.n_hits &&
           is_done(result, searched->fold.hits[n].hit->view, searched->fold.hits[n].hit->address))
        known += searched->fold.hits[n++].repeat;
    CHECK(result->hits == known, "%" PRIu64 " hits, not %" PRIu64, result->hits, known);
    CHECK(searched->n_hits == (searched->way->count_only ? 0 : n), "%zu hits were given, not %zu",
          searched->n_hits, n);
}

static void check_complete(struct searched *searched, const struct ms_search_result *result)
{
    const struct subject *subject = searched->subject;

    CHECK(result->complete, "not complete");
    CHECK(searched->next_partial == searched->n_partials &&
              result->n_partial == searched->n_partials,
          "%zu partial hits, not %zu", searched->next_partial, searched->n_partials);
    check_gaps(searched);
    CHECK(!find_next_range(searched), "no coverage of range %zu in space %zu", searched->next_range,
          searched->next_view);
    CHECK(result->n_spaces == subject->n_views, "coverage of %zu spaces", result->n_spaces);
    for (size_t i = 0; i < subject->n_views; i++)
        check_coverage(&result->space_coverage[i], &searched->covered.coverage[i],
                       subject->views[i].name);
}

// What the search must give.
static void expect(struct searched *searched)
{
    const struct subject *subject = searched->subject;
    const struct naive_answer *answer = &subject->answer;
    const struct space_way *way = searched->way;

    naive_fold(&subject->question, answer, way->once ? 1 : MS_MAX_MAPPINGS, &searched->fold);
    naive_fold_from(&searched->fold, searched->first, searched->from);
    if (way->fold)
        naive_fold_rows(&subject->question, &searched->fold);
    naive_cover(&subject->question, searched->first, searched->from, &searched->covered);
    if (way->edge && !way->count_only)
        searched->n_partials = answer->n_partials;
    searched->partials = answer->partials;
    while (searched->n_partials > 0 && (searched->partials->view < searched->first ||
                                        (searched->partials->view == searched->first &&
                                         searched->partials->address < searched->from))) {
        searched->partials++;
        searched->n_partials--;
    }
}

static void release(struct searched *searched)
{
    naive_fold_release(&searched->fold);
    naive_answer_release(&searched->covered);
    naive_answer_release(&searched->gaps);
}

// Searches from a place on. True: it was stopped, and where to go on.
static bool search_from(const struct subject *subject, const struct space_way *way,
                        const struct ms_matcher *matcher, unsigned stop_at, size_t *space,
                        uint64_t *address)
{
    struct searched searched = {.subject = subject,
                                .way = way,
                                .first = *space,
                                .from = *address,
                                .next_view = *space,
                                .stop_at = stop_at};
    const struct ms_search_callbacks callbacks = {.hit = on_hit,
                                                  .gap = on_gap,
                                                  .range_coverage = on_range,
                                                  .progress = on_progress,
                                                  .user = &searched};
    struct ms_search_options options;
    struct ms_search_result result;
    struct ms_error error;
    enum ms_status status;

    ms_search_options_init(&options);
    options.spaces = subject->spaces;
    options.ranges = subject->query->ranges;
    options.n_ranges = subject->query->n_ranges;
    options.page_flags = subject->page_flags;
    options.threads = way->threads;
    options.chunk_bytes = way->chunk_bytes;
    options.fold = way->fold;
    options.once = way->once;
    options.edge = way->edge;
    options.count_only = way->count_only;
    options.first_space = *space;
    options.from = *address;
    expect(&searched);
    status = ms_search(subject->image, matcher, &options, &callbacks, &result, &error);
    CHECK(status == MS_OK || (status == MS_STOPPED && stop_at > 0), "search: %s", error.text);
    check_counts(&searched, &result);
    if (status == MS_OK)
        check_complete(&searched, &result);
    *space = result.next_space;
    *address = result.next;
    release(&searched);
    ms_search_result_release(&result);
    return status == MS_STOPPED;
}

// A place where a search may begin: at a hit or just behind it, or in what is mapped.
static void draw_place(const struct subject *subject, uint32_t draw, size_t *space,
                       uint64_t *address)
{
    const struct naive_answer *answer = &subject->answer;
    const struct known_space *mapped;

    if (draw & 1 && answer->n_hits > 0) {
        const struct naive_hit *hit = &answer->hits[(draw >> 3) % answer->n_hits];

        *space = hit->view;
        *address = hit->address + (draw >> 1 & 3);
        return;
    }
    *space = (draw >> 1) % subject->n_views;
    mapped = &subject->views[*space].space;
    *address = draw >> 16;
    if (mapped->n > 0)
        *address += mapped->mappings[(draw >> 3 & 0x1fff) % mapped->n].first;
}

static void check_search(const struct subject *subject, const struct space_way *way)
{
    struct ms_matcher *matcher = make_matcher(subject->query, way->engine_mask);
    size_t space = 0;
    uint64_t address = 0;

    if (way->resume)
        draw_place(subject, way->resume, &space, &address);
    if (search_from(subject, way, matcher, way->stop_at, &space, &address))
        CHECK(!search_from(subject, way, matcher, 0, &space, &address), "stopped again");
    ms_matcher_free(matcher);
}

// == All ==

static void count(const struct subject *subject, struct space_counts *counts)
{
    counts->hits += subject->answer.n_hits;
    counts->gaps += subject->answer.n_gaps;
    for (size_t i = 0; i < subject->n_views; i++)
        counts->mappings += subject->views[i].space.n;
    for (size_t i = 0; i < subject->answer.n_hits; i++) {
        const struct naive_hit *hit = &subject->answer.hits[i];
        const struct known_view *view = &subject->views[hit->view];
        const struct known_mapping *mapping = mapping_at(&view->space, hit->address);

        counts->seams +=
            known_view_has_tables(view) && mapping->last - hit->address < hit->length - 1;
    }
}

static void check_ways(struct subject *subject)
{
    bool opened_mapped = false;

    for (size_t i = 0; i < subject->query->n_ways; i++) {
        const struct space_way *way = &subject->query->ways[i];

        if (i > 0 && way->map == opened_mapped) {
            check_search(subject, way);
            continue;
        }
        if (i > 0)
            close_spaces(subject);
        open_spaces(subject, way->map);
        opened_mapped = way->map;
        check_views(subject);
        check_search(subject, way);
    }
    close_spaces(subject);
}

void check_spaces(const struct spec *spec, const struct space_query *query, uint64_t expect_hits,
                  struct space_counts *counts)
{
    static struct subject subject; // large

    subject = (struct subject){.spec = spec, .query = query};
    subject_open(&subject);
    if (!subject_walk(&subject) ||
        (expect_hits == UINT64_MAX && subject_present_bytes(&subject) > MAX_BYTES)) {
        counts->discarded++;
        subject_close(&subject);
        return;
    }
    subject.page_flags = subject_has_flags(&subject) ? query->page_flags : 0;
    subject.question = (struct naive_question){
        .memory = &subject.memory,
        .views = subject.views,
        .n_views = subject.n_views,
        .needles = query->needles,
        .n_needles = query->n_needles,
        .ranges = query->ranges,
        .n_ranges = query->n_ranges,
        .page_flags = subject.page_flags,
    };
    naive_answer(&subject.question, &subject.answer);
    CHECK(expect_hits == UINT64_MAX || subject.answer.n_hits == expect_hits,
          "the naive search has %zu hits", subject.answer.n_hits);
    if (expect_hits != UINT64_MAX || subject.answer.n_hits <= MAX_HITS)
        check_ways(&subject);
    else
        counts->discarded++;
    count(&subject, counts);
    subject_close(&subject);
}
