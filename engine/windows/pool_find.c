// SPDX-License-Identifier: MIT
//
// Blocks by their tag. What tells enough of it is searched for as any value is, and only pages that
// hold it are looked at; else all pages are. Either way the same judgement says what is a block.

#include "windows/pool.h"

#include "base/cleanup.h"
#include "base/extent.h"
#include "windows/pool_tags.h"

#include <inttypes.h>
#include <stdio.h>

#define TAG_OFFSET 4 // in a header
#define PROTECTED  UINT32_C(0x80000000)

struct finding {
    struct ms_pool *pool;
    const struct ms_pool_pass *pass;
    struct ms_tag_spelling spellings[MS_TAG_SPELLINGS];
    size_t n_spellings;
    size_t next_big;   // of the table: the first that was not told yet
    uint64_t left_out; // places of pages that are mapped too often
    bool stopped;
};

static bool is_wanted(const struct finding *finding, uint32_t tag)
{
    for (size_t i = 0; i < finding->n_spellings; i++) {
        if ((tag & finding->spellings[i].mask) == finding->spellings[i].value)
            return true;
    }
    return false;
}

static bool tell(struct finding *finding, const struct ms_pool_info *info)
{
    const struct ms_pool_pass *pass = finding->pass;

    if (pass->block && pass->block(pass->user, info))
        finding->stopped = true;
    return !finding->stopped;
}

// Those that begin at or below an address.
static bool tell_bigs(struct finding *finding, uint64_t address)
{
    const struct ms_pool_bigs *bigs = &finding->pool->bigs;

    for (; finding->next_big < bigs->list.n; finding->next_big++) {
        const struct ms_pool_big *big = &bigs->list.items[finding->next_big];
        struct ms_pool_info info;

        if (big->address > address)
            break;
        info = ms_pool_info_of_big(finding->pool, big);
        if (is_wanted(finding, info.tag) && !tell(finding, &info))
            return false;
    }
    return true;
}

// == Of a page ==

// Blocks whose tag stands in [first, last].
static bool tell_blocks(struct finding *finding, const struct ms_pool_view *view, uint64_t first,
                        uint64_t last)
{
    for (size_t i = 0; i < view->entries.n; i++) {
        const struct ms_pool_entry *entry = &view->entries.items[i];
        uint64_t place = entry->block.address + TAG_OFFSET;
        struct ms_pool_info info;

        if (place < first || place > last || entry->damaged ||
            !is_wanted(finding, entry->block.tag))
            continue;
        info = ms_pool_info_of_entry(finding->pool, view, entry);
        if (!tell(finding, &info))
            return false;
    }
    return true;
}

static bool tell_view(struct finding *finding, const struct ms_pool_view *view, uint64_t first,
                      uint64_t last)
{
    uint64_t place = view->address + view->special.header + TAG_OFFSET;
    struct ms_pool_info info;

    if (view->state != MS_POOL_PAGE_SPECIAL)
        return tell_blocks(finding, view, first, last);
    info = ms_pool_info_of_special(&view->special);
    return place < first || place > last || !is_wanted(finding, info.tag) || tell(finding, &info);
}

// == By a search ==

static bool tell_page(struct finding *finding, uint64_t page, uint64_t first, uint64_t last)
{
    const struct ms_pool *pool = finding->pool;

    if (!tell_bigs(finding, page))
        return false;
    return ms_modules_at(pool->modules, page) != MS_NO_MODULE ||
           ms_pool_big_at(&pool->bigs, page) ||
           tell_view(finding, ms_pool_view_at(finding->pool, page), first, last);
}

// All values from one place to another are what was searched for.
static bool tell_places(struct finding *finding, uint64_t first, uint64_t last)
{
    uint64_t page = first & ~(MS_KERNEL_PAGE - 1);

    for (; last - page >= MS_KERNEL_PAGE; page += MS_KERNEL_PAGE) {
        if (!tell_page(finding, page, first, last))
            return false;
    }
    return tell_page(finding, page, first, last);
}

// Of what is there more often than a search tells one by one, one place is enough: no pool is. The
// kernel's places come before those of other spaces.
static int take_hit(void *user, const struct ms_hit *hit)
{
    struct finding *finding = user;
    uint64_t more = (hit->repeat - 1) * hit->stride;

    if (hit->space != ms_pool_memory(finding->pool)->space)
        return 0;
    if (hit->n_mappings > 0)
        finding->left_out += hit->n_mappings - 1;
    return !tell_places(finding, hit->address, hit->address + more);
}

static int take_progress(void *user, const struct ms_progress *progress)
{
    const struct finding *finding = user;

    return finding->pass->progress(finding->pass->user, progress);
}

static void free_patterns(struct ms_patterns **patterns)
{
    ms_patterns_free(*patterns);
}

static enum ms_status add_pattern(struct ms_patterns *patterns, uint32_t value, uint32_t mask,
                                  struct ms_error *error)
{
    char text[9];

    for (unsigned i = 0; i < 4; i++) {
        unsigned shift = 24 - 8 * i;

        if (mask >> shift & 0xff)
            snprintf(text + (size_t)2 * i, 3, "%02" PRIx32, value >> shift & 0xff);
        else
            snprintf(text + (size_t)2 * i, 3, "??");
    }
    return ms_patterns_add(patterns, MS_DWORD, text, strlen(text), NULL, error);
}

static enum ms_status make_matcher(const struct finding *finding, struct ms_matcher **matcher_ret,
                                   struct ms_error *error)
{
    struct ms_tag_spelling spelling = finding->spellings[0];
    MS_CLEANUP(free_patterns) struct ms_patterns *patterns = NULL;
    enum ms_status status = ms_patterns_create(&patterns, error);

    if (!status)
        status = add_pattern(patterns, spelling.value, spelling.mask, error);
    if (!status && finding->pool->rules.has_protected && spelling.mask >> 24)
        status = add_pattern(patterns, spelling.value | PROTECTED, spelling.mask, error);
    return status ? status : ms_matcher_create(patterns, NULL, matcher_ret, error);
}

static enum ms_status run_search(struct finding *finding, const struct ms_matcher *matcher,
                                 struct ms_error *error)
{
    struct ms_search_options options;
    struct ms_search_callbacks callbacks = {.hit = take_hit, .user = finding};
    struct ms_search_result result = {0};
    enum ms_status status;

    if (finding->pass->progress)
        callbacks.progress = take_progress;
    ms_search_options_init(&options);
    options.threads = finding->pass->threads;
    status = ms_kernel_run_search(ms_pool_memory(finding->pool), matcher, &options, &callbacks,
                                  &result, error);
    ms_search_result_release(&result);
    return status;
}

static enum ms_status find_by_search(struct finding *finding, struct ms_error *error)
{
    struct ms_matcher *matcher = NULL;
    enum ms_status status = make_matcher(finding, &matcher, error);

    if (!status)
        status = run_search(finding, matcher, error);
    ms_matcher_free(matcher);
    if (!status && finding->left_out > 0 &&
        !ms_pool_add_note(finding->pool,
                          "places of pool tags that are left out because their page is at more "
                          "than %d others, too: %" PRIu64,
                          MS_MAX_MAPPINGS, finding->left_out))
        status = ms_fail_nomem(error);
    return status;
}

// == By all pages ==

static int take_page(void *user, const struct ms_pool_pass_page *page)
{
    struct finding *finding = user;
    struct ms_pool_view *view = &finding->pool->view;

    if (!tell_bigs(finding, page->address))
        return MS_STOPPED;
    ms_pool_view_judge(finding->pool, page->address, page->bytes, page->present, page->is_whole,
                       view);
    return tell_view(finding, view, 0, UINT64_MAX) ? 0 : MS_STOPPED;
}

static enum ms_status find_by_pages(struct finding *finding)
{
    return (enum ms_status)ms_pool_visit_pages(finding->pool, finding->pass, take_page, finding);
}

// == All ==

// One that is most of what memory has would lead to all pages, too, and take longer.
static bool is_searched(const struct finding *finding)
{
    unsigned n_known = 0;

    for (uint32_t mask = finding->spellings[0].mask; mask; mask >>= 8)
        n_known += mask & 1;
    return finding->n_spellings == 1 && n_known >= 2;
}

enum ms_status ms_pool_find(struct ms_pool *pool, const char *pattern,
                            const struct ms_pool_pass *pass, struct ms_error *error)
{
    static const struct ms_pool_pass no_pass = {0};
    struct finding finding = {.pool = pool, .pass = pass ? pass : &no_pass};
    enum ms_status status;

    finding.n_spellings = ms_tag_spellings(pattern, strlen(pattern), finding.spellings);
    if (finding.n_spellings == 0)
        return ms_fail(error, MS_ARGUMENT,
                       "no pool tag fits: tags have four characters, of which the pattern may "
                       "tell fewer, but not more");
    status = is_searched(&finding) ? find_by_search(&finding, error) : find_by_pages(&finding);
    if (!status && !tell_bigs(&finding, UINT64_MAX))
        status = MS_STOPPED;
    return status == MS_STOPPED ? ms_fail(error, MS_STOPPED, "stopped") : status;
}
