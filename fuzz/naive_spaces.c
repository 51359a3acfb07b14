// SPDX-License-Identifier: MIT
//
// The naive search.

#include "naive_spaces.h"

#include "fuzz.h"

static void *grown(void *items, size_t n, size_t *capacity, size_t size)
{
    if (n < *capacity)
        return items;
    *capacity = *capacity ? 2 * *capacity : 64;
    items = reallocarray(items, *capacity, size);
    if (!items)
        abort();
    return items;
}

// == Ranges ==

static bool is_physical(const struct known_view *view)
{
    return view->kind == MS_SPACE_PHYSICAL || view->kind == MS_SPACE_UNMAPPED;
}

static bool range_is_for(const struct ms_range *range, const struct known_view *view)
{
    return range->physical == is_physical(view);
}

UNWATCHED static bool in_one_range(const struct naive_question *question,
                                   const struct known_view *view, uint64_t first, uint64_t last)
{
    for (size_t i = 0; i < question->n_ranges; i++) {
        const struct ms_range *range = &question->ranges[i];

        if (range_is_for(range, view) && first >= range->first && last <= range->last)
            return true;
    }
    return question->n_ranges == 0;
}

static int compare_ranges(const void *left, const void *right)
{
    const struct ms_range *a = left, *b = right;

    return (a->first > b->first) - (a->first < b->first);
}

// The view's ranges without what they share, by address; without ranges, the address space.
static size_t merged_ranges(const struct naive_question *question, const struct known_view *view,
                            struct ms_range *merged)
{
    size_t n = 0, kept = 0;

    if (question->n_ranges == 0) {
        merged[0] = (struct ms_range){.first = 0, .last = UINT64_MAX};
        return 1;
    }
    for (size_t i = 0; i < question->n_ranges; i++) {
        if (range_is_for(&question->ranges[i], view))
            merged[n++] = question->ranges[i];
    }
    qsort(merged, n, sizeof(*merged), compare_ranges);
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || merged[i].first > merged[kept - 1].last)
            merged[kept++] = merged[i];
        else if (merged[i].last > merged[kept - 1].last)
            merged[kept - 1].last = merged[i].last;
    }
    return kept;
}

// == Coverage ==

void naive_add_gap(struct naive_answer *answer, struct ms_gap gap)
{
    struct ms_gap *last = answer->n_gaps ? &answer->gaps[answer->n_gaps - 1] : NULL;

    if (last && last->space == gap.space && last->reason == gap.reason &&
        last->range.last + 1 == gap.range.first) {
        last->range.last = gap.range.last;
        return;
    }
    answer->gaps = grown(answer->gaps, answer->n_gaps, &answer->gaps_capacity, sizeof(gap));
    answer->gaps[answer->n_gaps++] = gap;
}

static void cover(struct naive_answer *answer, size_t view, uint64_t first, uint64_t last,
                  int reason)
{
    struct ms_coverage *coverage = &answer->coverage[view];
    uint64_t bytes = last - first + 1;

    coverage->asked += bytes;
    switch (reason) {
    case MS_GAP_UNMAPPED:
        coverage->unmapped += bytes;
        break;
    case MS_GAP_PAGED_OUT:
        coverage->paged_out += bytes;
        break;
    case MS_GAP_ABSENT:
        coverage->absent += bytes;
        break;
    case MS_GAP_UNREADABLE:
        coverage->unreadable += bytes;
        break;
    default:
        coverage->scanned += bytes;
        return;
    }
    naive_add_gap(answer, (struct ms_gap){.range = {.first = first, .last = last},
                                          .reason = (enum ms_gap_reason)reason,
                                          .space = view});
}

// Whether the mapping is one for the question: others are as unmapped.
static bool counts(const struct naive_question *question, const struct known_view *view,
                   const struct known_mapping *mapping)
{
    return is_physical(view) || (mapping->flags & question->page_flags) == question->page_flags;
}

static void cover_range(const struct naive_question *question, size_t number,
                        const struct ms_range *range, struct naive_answer *answer)
{
    static const int reasons[] = {[MS_MAPPED_PRESENT] = -1,
                                  [MS_MAPPED_ABSENT] = MS_GAP_ABSENT,
                                  [MS_MAPPED_PAGED_OUT] = MS_GAP_PAGED_OUT,
                                  [MS_MAPPED_UNREADABLE] = MS_GAP_UNREADABLE};
    const struct known_view *view = &question->views[number];
    bool rest = question->n_ranges > 0; // what is unmapped has been asked for
    uint64_t next = range->first;

    for (size_t i = 0; i < view->space.n; i++) {
        const struct known_mapping *mapping = &view->space.mappings[i];
        uint64_t first = mapping->first > range->first ? mapping->first : range->first;
        uint64_t last = mapping->last < range->last ? mapping->last : range->last;

        if (first > last || !counts(question, view, mapping))
            continue;
        if (rest && first > next)
            cover(answer, number, next, first - 1, MS_GAP_UNMAPPED);
        cover(answer, number, first, last, reasons[mapping->state]);
        next = last + 1;
        if (last == range->last)
            return;
    }
    if (rest)
        cover(answer, number, next, range->last, MS_GAP_UNMAPPED);
}

// == Matches ==

// Memory without a hole, as a space shows it.
struct piece {
    uint64_t address;
    uint64_t length;
    uint64_t physical;
    const uint8_t *bytes;
};

struct segment {
    struct piece *pieces;
    size_t n, capacity;
    uint64_t first;
    uint64_t length;
};

UNWATCHED static bool matches(const struct needle *needle, const uint8_t *bytes)
{
    if (!needle->mask)
        return memcmp(bytes, needle->bytes, needle->length) == 0;
    for (size_t i = 0; i < needle->length; i++) {
        if ((bytes[i] & needle->mask[i]) != needle->bytes[i])
            return false;
    }
    return true;
}

// Whether the view's pages have any byte of [first, last].
UNWATCHED static bool touches(const struct known_view *view, uint64_t first, uint64_t last)
{
    for (size_t i = 0; i < view->space.n; i++) {
        if (view->space.mappings[i].first <= last && view->space.mappings[i].last >= first)
            return true;
    }
    return false;
}

static uint64_t physical_of(const struct segment *segment, uint64_t address)
{
    for (size_t i = 0; i < segment->n; i++) {
        const struct piece *piece = &segment->pieces[i];

        if (address >= piece->address && address - piece->address < piece->length)
            return piece->physical + (address - piece->address);
    }
    return 0;
}

// A view's segments as they are searched.
struct view_search {
    const struct naive_question *question;
    size_t number;
    const struct ms_range *merged; // the view's ranges
    size_t n_merged;
    size_t n_segments; // so far
    struct naive_answer *answer;
};

// The merged range that has the address, which one has.
static size_t range_at(const struct view_search *search, uint64_t address)
{
    size_t i = 0;

    while (i + 1 < search->n_merged && search->merged[i].last < address)
        i++;
    return i;
}

// The length of the match at the start of the bytes; 0: none. Of a regex a match is left out which
// one more of the bytes before, `extends`, would make longer.
UNWATCHED static uint64_t match_length(const struct needle *needle, const uint8_t *bytes,
                                       uint64_t left, bool extends)
{
    struct needle rest = {.bytes = needle->bytes + 1, .length = needle->length - 1};
    uint64_t length = 0;

    if (needle->most == 0)
        return needle->length <= left && matches(needle, bytes) ? needle->length : 0;
    for (uint64_t n = 1; n <= needle->most && n + rest.length <= left; n++) {
        if (bytes[n - 1] != needle->bytes[0])
            break;
        if (matches(&rest, bytes + n) && (!extends || n == needle->most))
            length = n + rest.length;
    }
    return length;
}

UNWATCHED static void search_at(const struct view_search *search, const struct segment *segment,
                                const uint8_t *bytes, uint64_t at)
{
    const struct naive_question *question = search->question;
    const struct known_view *view = &question->views[search->number];
    struct naive_answer *answer = search->answer;
    uint64_t address = segment->first + at, length;

    for (uint32_t i = 0; i < question->n_needles; i++) {
        const struct needle *needle = &question->needles[i];

        // The first byte always counts.
        if (bytes[at] != needle->bytes[0] || address % needle->align != 0)
            continue;
        length = match_length(needle, bytes + at, segment->length - at,
                              at > 0 && bytes[at - 1] == needle->bytes[0]);
        if (length == 0 || !in_one_range(question, view, address, address + (length - 1)) ||
            (view->kind == MS_SPACE_UNMAPPED && !touches(view, address, address + (length - 1))))
            continue;
        answer->hits =
            grown(answer->hits, answer->n_hits, &answer->hits_capacity, sizeof(*answer->hits));
        answer->hits[answer->n_hits++] = (struct naive_hit){
            .view = search->number,
            .address = address,
            .physical = physical_of(segment, address),
            .needle = i,
            .length = (uint32_t)length,
            .segment = search->n_segments * search->n_merged + range_at(search, address),
        };
        answer->needle_hits[i]++;
    }
}

// == Edges ==

enum { LEAST_OF_PARTIAL = 8 };

static bool part_matches(const struct needle *needle, size_t from, const uint8_t *bytes,
                         size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if ((bytes[i] & (needle->mask ? needle->mask[from + i] : 0xff)) != needle->bytes[from + i])
            return false;
    }
    return true;
}

static void add_partial(const struct view_search *search, const struct segment *segment,
                        uint64_t address, uint32_t needle, size_t length, size_t missing_before)
{
    struct naive_answer *answer = search->answer;

    answer->partials = grown(answer->partials, answer->n_partials, &answer->partials_capacity,
                             sizeof(*answer->partials));
    answer->partials[answer->n_partials++] =
        (struct naive_partial){search->number, address,          physical_of(segment, address),
                               needle,         (uint32_t)length, (uint32_t)missing_before};
}

// A match that began in the hole before `first`: the longest, at least half of it being there.
static void try_before(const struct view_search *search, const struct segment *segment,
                       const uint8_t *bytes, uint64_t first, uint64_t last, uint32_t number)
{
    const struct needle *needle = &search->question->needles[number];

    for (size_t missing = 1; missing <= needle->length / 2 && missing <= first; missing++) {
        size_t length = needle->length - missing;

        if ((first - missing) % needle->align != 0 || length - 1 > last - first ||
            !part_matches(needle, missing, bytes + (first - segment->first), length))
            continue;
        add_partial(search, segment, first, number, length, missing);
        return;
    }
}

// A match at the address that goes on in the hole behind `last`.
static void try_behind(const struct view_search *search, const struct segment *segment,
                       const uint8_t *bytes, uint64_t address, uint64_t last, uint32_t number)
{
    const struct needle *needle = &search->question->needles[number];
    uint64_t length = last - address + 1;

    if (length < needle->length && length >= needle->length - needle->length / 2 &&
        address % needle->align == 0 &&
        part_matches(needle, 0, bytes + (address - segment->first), length))
        add_partial(search, segment, address, number, length, 0);
}

static bool can_be_partial(const struct needle *needle)
{
    return !needle->regex && needle->length >= LEAST_OF_PARTIAL;
}

// Of a segment as far as a range has it. Where the range ends there is no hole.
static void search_edges(const struct view_search *search, const struct segment *segment,
                         const uint8_t *bytes, const struct ms_range *range)
{
    const struct naive_question *question = search->question;
    uint64_t end = segment->first + (segment->length - 1);
    uint64_t first = segment->first > range->first ? segment->first : range->first;
    uint64_t last = end < range->last ? end : range->last, at, longest = 0;

    if (first > last)
        return;
    for (uint32_t i = 0; i < question->n_needles; i++) {
        if (!can_be_partial(&question->needles[i]))
            continue;
        longest = question->needles[i].length > longest ? question->needles[i].length : longest;
        if (first != range->first)
            try_before(search, segment, bytes, first, last, i);
    }
    if (last == range->last || longest == 0)
        return;
    for (at = last - first < longest ? first : last - longest;; at++) {
        for (uint32_t i = 0; i < question->n_needles; i++) {
            if (can_be_partial(&question->needles[i]))
                try_behind(search, segment, bytes, at, last, i);
        }
        if (at == last)
            return;
    }
}

// == Segments ==

static void search_segment(struct view_search *search, struct segment *segment)
{
    uint8_t *bytes = malloc(segment->length ? segment->length : 1);

    if (!bytes)
        abort();
    for (size_t i = 0; i < segment->n; i++)
        memcpy(bytes + (segment->pieces[i].address - segment->first), segment->pieces[i].bytes,
               segment->pieces[i].length);
    for (uint64_t at = 0; at < segment->length; at++)
        search_at(search, segment, bytes, at);
    for (size_t i = 0; segment->length > 0 && i < search->n_merged; i++) {
        if (search->question->views[search->number].kind != MS_SPACE_UNMAPPED)
            search_edges(search, segment, bytes, &search->merged[i]);
    }
    free(bytes);
    search->n_segments++;
    segment->n = 0;
    segment->length = 0;
}

static void add_pieces(const struct known_memory *memory, const struct known_mapping *mapping,
                       struct segment *segment)
{
    uint64_t length = mapping->last - mapping->first + 1;

    // A mapping may go over runs that touch.
    for (uint64_t done = 0; done < length;) {
        const struct memory_run *run = known_run_at(memory, mapping->physical + done);
        uint64_t inside = mapping->physical + done - run->start;
        uint64_t part = run->length - inside < length - done ? run->length - inside : length - done;

        segment->pieces =
            grown(segment->pieces, segment->n, &segment->capacity, sizeof(*segment->pieces));
        segment->pieces[segment->n++] = (struct piece){
            mapping->first + done, part, mapping->physical + done, run->bytes + inside};
        done += part;
    }
    segment->length += length;
}

static void search_view(struct view_search *search)
{
    const struct naive_question *question = search->question;
    const struct known_view *view = &question->views[search->number];
    struct known_space whole = {0}; // whose stretches matches lie in
    const struct known_space *space = &view->space;
    struct segment segment = {0};

    if (view->kind == MS_SPACE_UNMAPPED) {
        known_space_physical(&whole, question->memory);
        space = &whole;
    }
    for (size_t i = 0; i < space->n; i++) {
        const struct known_mapping *mapping = &space->mappings[i];

        if (mapping->state != MS_MAPPED_PRESENT || !counts(question, view, mapping))
            continue;
        if (segment.length > 0 && segment.first + segment.length != mapping->first)
            search_segment(search, &segment);
        if (segment.length == 0)
            segment.first = mapping->first;
        add_pieces(question->memory, mapping, &segment);
    }
    search_segment(search, &segment);
    free(segment.pieces);
    known_space_release(&whole);
}

// == Places ==

enum { PAGE_BYTES = 4096 };

static int compare_places(const void *left, const void *right)
{
    const struct naive_place *a = left, *b = right;

    if (a->physical != b->physical)
        return a->physical < b->physical ? -1 : 1;
    if (a->view != b->view)
        return a->view < b->view ? -1 : 1;
    return (a->address > b->address) - (a->address < b->address);
}

// The whole pages of a mapping that lie in one range.
static void add_places(const struct naive_question *question, size_t number,
                       const struct known_mapping *mapping, struct naive_fold *fold)
{
    uint64_t first = (mapping->first + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;

    if (first < mapping->first)
        return; // the top of the address space
    for (uint64_t at = first; mapping->last - at >= PAGE_BYTES - 1 && at <= mapping->last;
         at += PAGE_BYTES) {
        if (in_one_range(question, &question->views[number], at, at + (PAGE_BYTES - 1))) {
            fold->places =
                grown(fold->places, fold->n_places, &fold->places_capacity, sizeof(*fold->places));
            fold->places[fold->n_places++] =
                (struct naive_place){number, at, mapping->physical + (at - mapping->first)};
        }
        if (at + (PAGE_BYTES - 1) == mapping->last)
            return;
    }
}

static void list_places(const struct naive_question *question, struct naive_fold *fold)
{
    for (size_t i = 0; i < question->n_views; i++) {
        const struct known_view *view = &question->views[i];

        // What is unmapped is mapped by nobody else.
        for (size_t k = 0; view->kind != MS_SPACE_UNMAPPED && k < view->space.n; k++) {
            if (view->space.mappings[k].state == MS_MAPPED_PRESENT &&
                counts(question, view, &view->space.mappings[k]))
                add_places(question, i, &view->space.mappings[k], fold);
        }
    }
    if (fold->n_places > 0)
        qsort(fold->places, fold->n_places, sizeof(*fold->places), compare_places);
}

// The places of a page: their number, and the first of them.
static size_t find_places(const struct naive_fold *fold, uint64_t physical, size_t *first)
{
    size_t low = 0, high = fold->n_places, n = 0;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (fold->places[middle].physical < physical)
            low = middle + 1;
        else
            high = middle;
    }
    while (low + n < fold->n_places && fold->places[low + n].physical == physical)
        n++;
    *first = low;
    return n;
}

static bool is_place(const struct naive_place *place, const struct naive_hit *hit)
{
    return place->view == hit->view && hit->address >= place->address &&
           hit->address - place->address < PAGE_BYTES;
}

// Whether the hit is given: another one stands for it unless its place is the first.
static bool is_given(const struct naive_question *question, const struct naive_fold *fold,
                     size_t most, struct folded_hit *folded)
{
    const struct naive_hit *hit = folded->hit;
    const struct needle *needle = &question->needles[hit->needle];
    size_t first, n = find_places(fold, hit->physical / PAGE_BYTES * PAGE_BYTES, &first);
    bool is_whole = false;

    if (n <= most || needle->regex || hit->physical % PAGE_BYTES + needle->length > PAGE_BYTES)
        return true;
    for (size_t i = first; i < first + n; i++)
        is_whole = is_whole || is_place(&fold->places[i], hit);
    if (!is_whole)
        return true;
    folded->first_place = first;
    folded->n_places = n;
    return is_place(&fold->places[first], hit);
}

void naive_fold(const struct naive_question *question, const struct naive_answer *answer,
                size_t most, struct naive_fold *fold)
{
    *fold = (struct naive_fold){0};
    fold->hits = calloc(answer->n_hits + 1, sizeof(*fold->hits));
    if (!fold->hits)
        abort();
    list_places(question, fold);
    for (size_t i = 0; i < answer->n_hits; i++) {
        struct folded_hit folded = {.hit = &answer->hits[i], .repeat = 1};

        if (is_given(question, fold, most, &folded))
            fold->hits[fold->n_hits++] = folded;
    }
}

void naive_fold_from(struct naive_fold *fold, size_t first, uint64_t from)
{
    size_t left_out = 0;

    while (left_out < fold->n_hits &&
           (fold->hits[left_out].hit->view < first ||
            (fold->hits[left_out].hit->view == first && fold->hits[left_out].hit->address < from)))
        left_out++;
    fold->n_hits -= left_out;
    memmove(fold->hits, fold->hits + left_out, fold->n_hits * sizeof(*fold->hits));
}

// Whether the hit is the next in the row that ends with `last`.
static bool continues(const struct naive_question *question, const struct folded_hit *last,
                      const struct folded_hit *next)
{
    const struct naive_hit *a = last->hit, *b = next->hit;

    return a->needle == b->needle && a->view == b->view && a->segment == b->segment &&
           a->address + question->needles[a->needle].align == b->address &&
           (last->n_places > 0) == (next->n_places > 0) &&
           (last->n_places == 0 || a->physical / PAGE_BYTES == b->physical / PAGE_BYTES);
}

// The row from hit `first` on: its length. `take`: it becomes one hit.
static uint64_t row_from(const struct naive_question *question, struct naive_fold *fold,
                         size_t first, bool take)
{
    const struct folded_hit *last = &fold->hits[first];
    uint64_t farthest = question->needles[last->hit->needle].align, n = 1;

    for (size_t i = first + 1; i < fold->n_hits && fold->hits[i].hit->view == last->hit->view &&
                               fold->hits[i].hit->address - last->hit->address <= farthest;
         i++) {
        if (!continues(question, last, &fold->hits[i]))
            continue;
        last = &fold->hits[i];
        n++;
        if (take)
            fold->hits[i].repeat = 0;
    }
    return n;
}

void naive_fold_rows(const struct naive_question *question, struct naive_fold *fold)
{
    size_t kept = 0;

    for (size_t i = 0; i < fold->n_hits; i++) {
        if (fold->hits[i].repeat == 1 && row_from(question, fold, i, false) >= 3)
            fold->hits[i].repeat = row_from(question, fold, i, true);
    }
    for (size_t i = 0; i < fold->n_hits; i++) {
        if (fold->hits[i].repeat > 0)
            fold->hits[kept++] = fold->hits[i];
    }
    fold->n_hits = kept;
}

void naive_fold_release(struct naive_fold *fold)
{
    free(fold->hits);
    free(fold->places);
    *fold = (struct naive_fold){0};
}

// == All ==

static struct ms_range *make_merged(const struct naive_question *question)
{
    struct ms_range *merged = calloc(question->n_ranges + 1, sizeof(*merged));

    if (!merged)
        abort();
    return merged;
}

void naive_cover(const struct naive_question *question, size_t first, uint64_t from,
                 struct naive_answer *answer)
{
    struct ms_range *merged = make_merged(question);

    answer->coverage = calloc(question->n_views + 1, sizeof(*answer->coverage));
    if (!answer->coverage)
        abort();
    for (size_t i = first; i < question->n_views; i++) {
        size_t n = merged_ranges(question, &question->views[i], merged);

        for (size_t k = 0; k < n; k++) {
            if (i == first && merged[k].first < from)
                merged[k].first = from;
            if (merged[k].first <= merged[k].last)
                cover_range(question, i, &merged[k], answer);
        }
    }
    free(merged);
}

void naive_answer(const struct naive_question *question, struct naive_answer *answer)
{
    struct ms_range *merged = make_merged(question);
    struct view_search search = {.question = question, .merged = merged, .answer = answer};

    *answer = (struct naive_answer){0};
    answer->needle_hits = calloc(question->n_needles + 1, sizeof(*answer->needle_hits));
    if (!answer->needle_hits)
        abort();
    for (search.number = 0; search.number < question->n_views; search.number++) {
        search.n_merged = merged_ranges(question, &question->views[search.number], merged);
        search.n_segments = 0;
        search_view(&search);
    }
    naive_cover(question, 0, 0, answer);
    free(merged);
}

void naive_answer_release(struct naive_answer *answer)
{
    free(answer->hits);
    free(answer->needle_hits);
    free(answer->partials);
    free(answer->coverage);
    free(answer->gaps);
    *answer = (struct naive_answer){0};
}
