// SPDX-License-Identifier: MIT

#include "scan/places.h"

#include "base/extent.h"

#include <string.h>

// Pages whose places are listed at a time: 16 MiB.
#define MAX_LISTS 16384

// The stretches of records whose matches are folded: one for each page, none of them a segment's.
#define FOLDED ((size_t)1 << (sizeof(size_t) * 8 - 1))

struct list {
    size_t page;
    size_t n; // listed
    struct ms_hit_place places[MS_MAX_MAPPINGS];
};

// A marked page that a table maps as a whole.
struct marked {
    uint64_t offset; // in what the table spans
    size_t page;
};

// The most that is kept of a table: where there is more, walking it again costs little beside.
#define MAX_MARKED 32

struct marked_table {
    enum { NOT_LISTED, LISTED, TOO_MANY } state;
    uint32_t n;
    size_t first; // in ms_places.marked
};

// What is being listed of a table.
struct listing {
    uint64_t base;
    struct marked marked[MAX_MARKED];
    uint32_t n;
};

struct ms_places {
    const struct ms_matcher *matcher;
    const struct ms_marks *marks;
    const struct ms_places_source *sources;
    size_t n_sources;
    uint64_t most;

    struct marked_table *tables; // by table of the set of spaces
    MS_VEC(struct marked) marked;
    struct listing *listing;
    uint32_t *counts;                            // by page: places
    ms_bits *seen;                               // by page: the first place has been come to
    ms_bits *wanted;                             // by page: its places are to be listed
    MS_VEC(struct list) lists;                   // ascending by page
    struct ms_folded_pages *entered;             // where entered pages go
    const struct ms_folded_pages *at;            // of what is being reported; NULL
    struct ms_hit_place listed[MS_MAX_MAPPINGS]; // of the last hit
};

// == Walking ==

// A page that a place maps as a whole.
struct whole {
    uint64_t address;
    size_t page;
};

// Whether the image holds all of the page.
static bool is_whole(const struct ms_present *present, uint64_t physical)
{
    size_t i = ms_present_find(present, physical, 0);

    return i < present->stretches.n && present->stretches.items[i].first <= physical &&
           present->stretches.items[i].last - physical >= MS_PAGE_BYTES - 1;
}

typedef bool visit_fn(struct ms_places *places, const struct ms_view *view,
                      const struct whole *whole);

// Visits the marked whole pages of a present mapping. False: `visit` has ended it.
static bool visit_mapping(struct ms_places *places, const struct ms_view *view,
                          const struct ms_mapping_info *mapping, visit_fn *visit)
{
    const ms_bits *bits = places->marks->bits;
    uint64_t skip = -mapping->physical % MS_PAGE_BYTES;
    uint64_t bytes = mapping->last - mapping->first + 1;
    size_t first, n;

    if (bytes < skip || bytes - skip < MS_PAGE_BYTES)
        return true;
    first = (size_t)ms_present_number(places->marks->present, mapping->physical + skip);
    n = (size_t)((bytes - skip) / MS_PAGE_BYTES);
    for (size_t i = ms_bits_find(bits, first, first + n, true); i < first + n;
         i = ms_bits_find(bits, i + 1, first + n, true)) {
        struct whole whole = {mapping->first + skip + (uint64_t)(i - first) * MS_PAGE_BYTES, i};

        if (!visit(places, view, &whole))
            return false;
    }
    return true;
}

static bool visit_table(struct ms_places *places, const struct ms_view *view,
                        const struct ms_mapping_info *table, visit_fn *visit);

// Tables of fewer than `whole_below` bytes, all of them in the range, are walked at one place, and
// remembered.
static bool visit_range(struct ms_places *places, const struct ms_view *view, uint64_t first,
                        uint64_t last, uint64_t whole_below, visit_fn *visit)
{
    struct ms_view_cursor cursor;
    struct ms_mapping_info mapping;
    bool ok = true;

    ms_view_cursor_start_whole(&cursor, view, first, last, whole_below);
    while (ok && ms_view_cursor_next(&cursor, &mapping)) {
        if (mapping.state == MS_MAPPED_TABLE)
            ok = visit_table(places, view, &mapping, visit);
        else if (mapping.state == MS_MAPPED_PRESENT)
            ok = visit_mapping(places, view, &mapping, visit);
    }
    return ok;
}

static bool add_to_listing(struct ms_places *places, const struct ms_view *view,
                           const struct whole *whole)
{
    struct listing *listing = places->listing;

    (void)view;
    if (listing->n == MAX_MARKED)
        return false;
    listing->marked[listing->n++] = (struct marked){whole->address - listing->base, whole->page};
    return true;
}

// Lists a table; what there is no memory for counts as too many.
static void list_table(struct ms_places *places, const struct ms_view *view,
                       const struct ms_mapping_info *table)
{
    struct marked_table *list = &places->tables[table->physical];
    struct listing listing = {.base = table->first}, *above = places->listing;
    bool ok = true;

    places->listing = &listing;
    if (ms_marks_may_have(places->marks, view->spaces, table))
        ok = visit_range(places, view, table->first, table->last, table->last - table->first + 1,
                         add_to_listing);
    places->listing = above;
    list->first = places->marked.n;
    list->n = listing.n;
    for (uint32_t i = 0; ok && i < listing.n; i++)
        ok = ms_vec_push(&places->marked, listing.marked[i]);
    list->state = ok ? LISTED : TOO_MANY;
}

static bool visit_table(struct ms_places *places, const struct ms_view *view,
                        const struct ms_mapping_info *table, visit_fn *visit)
{
    const struct marked_table *list = &places->tables[table->physical];

    if (list->state == NOT_LISTED)
        list_table(places, view, table);
    if (list->state == TOO_MANY)
        return visit_range(places, view, table->first, table->last, table->last - table->first + 1,
                           visit);
    for (size_t i = list->first; i < list->first + list->n; i++) {
        const struct marked *marked = &places->marked.items[i];
        struct whole whole = {table->first + marked->offset, marked->page};

        if (!visit(places, view, &whole))
            return false;
    }
    return true;
}

static bool visit_source(struct ms_places *places, const struct ms_places_source *source,
                         uint64_t last, visit_fn *visit)
{
    for (size_t g = 0; g < source->ranges->groups.n; g++) {
        const struct ms_range_group *group = &source->ranges->groups.items[g];

        if (group->first <= last && !visit_range(places, source->view, group->first,
                                                 ms_min_u64(group->last, last), UINT64_MAX, visit))
            return false;
    }
    return true;
}

static bool visit_all(struct ms_places *places, visit_fn *visit)
{
    for (size_t s = 0; s < places->n_sources; s++) {
        if (!visit_source(places, &places->sources[s], UINT64_MAX, visit))
            return false;
    }
    return true;
}

// == Counting ==

static bool count(struct ms_places *places, const struct ms_view *view, const struct whole *whole)
{
    (void)view;
    places->counts[whole->page] += places->counts[whole->page] < UINT32_MAX;
    return true;
}

static bool is_folded(const struct ms_places *places, size_t page)
{
    return places->counts[page] > places->most;
}

static bool see(struct ms_places *places, const struct ms_view *view, const struct whole *whole)
{
    (void)view;
    ms_bits_set(places->seen, whole->page);
    return true;
}

// The places before the page of source `first` at `from`.
static void see_before(struct ms_places *places, size_t first, uint64_t from)
{
    for (size_t s = 0; s < first && s < places->n_sources; s++)
        visit_source(places, &places->sources[s], UINT64_MAX, see);
    if (first < places->n_sources && from >= MS_PAGE_BYTES)
        visit_source(places, &places->sources[first], ms_page_start(from) - 1, see);
}

// == Lists ==

static struct list *find_list(const struct ms_places *places, size_t page)
{
    size_t low = 0, high = places->lists.n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (places->lists.items[middle].page < page)
            low = middle + 1;
        else
            high = middle;
    }
    return low < places->lists.n && places->lists.items[low].page == page
               ? &places->lists.items[low]
               : NULL;
}

static bool add_to_list(struct ms_places *places, const struct ms_view *view,
                        const struct whole *whole)
{
    struct list *list = find_list(places, whole->page);

    if (list && list->n < MS_MAX_MAPPINGS)
        list->places[list->n++] = (struct ms_hit_place){view->space, whole->address};
    return true;
}

// Lists the places of the pages that are wanted.
static enum ms_status make_lists(struct ms_places *places, struct ms_error *error)
{
    size_t n = (size_t)places->marks->present->n_pages;

    places->lists.n = 0;
    for (size_t page = ms_bits_find(places->wanted, 0, n, true); page < n;
         page = ms_bits_find(places->wanted, page + 1, n, true)) {
        if (!ms_vec_push(&places->lists, (struct list){.page = page}))
            return ms_fail_nomem(error);
    }
    visit_all(places, add_to_list);
    return MS_OK;
}

static enum ms_status list_one(struct ms_places *places, size_t page, struct ms_error *error)
{
    for (size_t i = 0; i < places->lists.n; i++)
        atomic_store_explicit(&places->wanted[places->lists.items[i].page / 64], 0,
                              memory_order_relaxed);
    ms_bits_set(places->wanted, page);
    for (size_t i = 0; places->at && i < places->at->pages.n; i++) {
        if (places->at->pages.items[i].stands)
            ms_bits_set(places->wanted, places->at->pages.items[i].page);
    }
    return make_lists(places, error);
}

// == Making ==

static bool allocate(struct ms_places *places, size_t n, size_t n_tables)
{
    places->tables = calloc(n_tables + 1, sizeof(*places->tables));
    places->counts = calloc(n, sizeof(*places->counts));
    places->seen = ms_bits_create(n);
    places->wanted = ms_bits_create(n);
    return places->tables && places->counts && places->seen && places->wanted;
}

// Wants all pages that are folded. Returns how many there are.
static size_t want_folded(struct ms_places *places, size_t n)
{
    const ms_bits *bits = places->marks->bits;
    size_t n_folded = 0;

    for (size_t page = ms_bits_find(bits, 0, n, true); page < n;
         page = ms_bits_find(bits, page + 1, n, true)) {
        if (!is_folded(places, page))
            continue;
        n_folded++;
        if (n_folded <= MAX_LISTS)
            ms_bits_set(places->wanted, page);
    }
    return n_folded;
}

static enum ms_status fill(struct ms_places *places, bool *any_ret, struct ms_error *error)
{
    size_t n = (size_t)places->marks->present->n_pages, n_folded;
    size_t n_tables =
        places->n_sources > 0 ? ms_spaces_n_tables(places->sources[0].view->spaces) : 0;

    if (!allocate(places, n, n_tables))
        return ms_fail_nomem(error);
    visit_all(places, count);
    n_folded = want_folded(places, n);
    *any_ret = n_folded > 0;
    return n_folded > 0 ? make_lists(places, error) : MS_OK;
}

enum ms_status ms_places_create(const struct ms_matcher *matcher, const struct ms_marks *marks,
                                const struct ms_places_source *sources, size_t n_sources,
                                uint64_t most, size_t first, uint64_t from,
                                struct ms_places **places_ret, struct ms_error *error)
{
    struct ms_places *places = calloc(1, sizeof(*places));
    enum ms_status status;
    bool any = false;

    *places_ret = NULL;
    if (!places)
        return ms_fail_nomem(error);
    places->matcher = matcher;
    places->marks = marks;
    places->sources = sources;
    places->n_sources = n_sources;
    places->most = most;
    status = fill(places, &any, error);
    if (status != MS_OK || !any) {
        ms_places_free(places);
        return status;
    }
    see_before(places, first, from);
    *places_ret = places;
    return MS_OK;
}

void ms_places_free(struct ms_places *places)
{
    if (!places)
        return;
    free(places->tables);
    free(places->marked.items);
    free(places->counts);
    free((void *)places->seen);
    free((void *)places->wanted);
    free(places->lists.items);
    free(places);
}

// == The search ==

static bool enter_page(struct ms_places *places, const struct ms_view *view,
                       const struct whole *whole)
{
    bool stands = !ms_bits_test(places->seen, whole->page);

    (void)view;
    if (!is_folded(places, whole->page))
        return true;
    ms_bits_set(places->seen, whole->page);
    return ms_vec_push(&places->entered->pages,
                       (struct ms_folded_page){whole->address, whole->page, stands});
}

enum ms_status ms_places_enter(struct ms_places *places, const struct ms_view *view, uint64_t first,
                               uint64_t last, struct ms_folded_pages *folded,
                               struct ms_error *error)
{
    folded->places = places;
    places->entered = folded;
    return visit_range(places, view, first, last, 0, enter_page) ? MS_OK : ms_fail_nomem(error);
}

static const struct ms_folded_page *find_folded(const struct ms_folded_pages *folded,
                                                uint64_t address)
{
    uint64_t page = ms_page_start(address);
    size_t low = 0, high = folded->pages.n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (folded->pages.items[middle].address < page)
            low = middle + 1;
        else
            high = middle;
    }
    return low < folded->pages.n && folded->pages.items[low].address == page
               ? &folded->pages.items[low]
               : NULL;
}

static bool is_in_page(uint64_t address, uint32_t length)
{
    return address % MS_PAGE_BYTES + length <= MS_PAGE_BYTES;
}

static bool can_fold(const struct ms_places *places, uint32_t pattern, uint64_t address,
                     uint32_t length)
{
    return is_in_page(address, length) &&
           ms_matcher_pattern(places->matcher, pattern)->kind != MS_REGEX;
}

static bool allows(void *user, uint32_t pattern, uint64_t address, uint32_t length, size_t *stretch)
{
    const struct ms_folded_pages *folded = user;
    const struct ms_folded_page *page;

    if (folded->pages.n == 0 || !can_fold(folded->places, pattern, address, length))
        return true;
    page = find_folded(folded, address);
    if (!page)
        return true;
    *stretch = FOLDED | page->page;
    return page->stands;
}

struct ms_judge ms_places_judge(struct ms_folded_pages *folded)
{
    return (struct ms_judge){allows, folded};
}

void ms_places_turn_to(struct ms_places *places, const struct ms_folded_pages *folded)
{
    places->at = folded;
}

// The list of a page that is folded. NULL without memory.
static struct list *get_list(struct ms_places *places, size_t page, struct ms_error *error)
{
    struct list *list = find_list(places, page);

    if (!list && list_one(places, page, error) == MS_OK)
        list = find_list(places, page);
    return list;
}

enum ms_status ms_places_list(struct ms_places *places, struct ms_hit *hit, struct ms_error *error)
{
    const struct ms_present *present = places->marks->present;
    uint64_t in_page = hit->address % MS_PAGE_BYTES;
    struct list *list;
    size_t page;

    if (!can_fold(places, hit->pattern, hit->address, hit->length) ||
        !is_whole(present, hit->physical - in_page))
        return MS_OK;
    page = (size_t)ms_present_number(present, hit->physical);
    if (!is_folded(places, page))
        return MS_OK;
    list = get_list(places, page, error);
    if (!list)
        return MS_NOMEM;
    // Where the page is asked for in part only, the hit stands for itself.
    if (list->n == 0 || list->places[0].space != hit->space ||
        list->places[0].address != hit->address - in_page)
        return MS_OK;
    for (size_t i = 0; i < list->n; i++)
        places->listed[i] =
            (struct ms_hit_place){list->places[i].space, list->places[i].address + in_page};
    hit->n_mappings = places->counts[page];
    hit->n_listed = list->n;
    hit->mappings = places->listed;
    return MS_OK;
}
