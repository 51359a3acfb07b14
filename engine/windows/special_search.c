// SPDX-License-Identifier: MIT
//
// Searches the kernel memory of a dump for many DWORDs at once.

#include "windows/special_case.h"

#include "base/error.h"
#include <memscan/search.h>

#include <inttypes.h>
#include <stdio.h>

struct searching {
    const struct ms_special_search *search;
    size_t space;
    bool is_only; // space of the set
    bool no_memory;
};

static enum ms_status make_matcher(const struct ms_special_search *search,
                                   struct ms_matcher **matcher_ret, struct ms_error *error)
{
    struct ms_patterns *patterns = NULL;
    enum ms_status status = ms_patterns_create(&patterns, error);

    for (size_t i = 0; !status && i < search->n_values; i++) {
        char text[16];
        int length = snprintf(text, sizeof(text), "%08" PRIx32, search->values[i]);

        status = ms_patterns_add(patterns, MS_DWORD, text, (size_t)length, NULL, error);
    }
    if (!status)
        status = ms_matcher_create(patterns, NULL, matcher_ret, error);
    ms_patterns_free(patterns);
    return status;
}

static bool tell(struct searching *searching, const struct ms_special_hit *hit)
{
    searching->no_memory = !searching->search->hit(searching->search->user, hit);
    return !searching->no_memory;
}

// A search takes a whole set of spaces. A page that is mapped more often than a search lists is
// told once, with its first places.
static int take_hit(void *user, const struct ms_hit *hit)
{
    struct searching *searching = user;
    struct ms_special_hit told = {hit->address, hit->repeat, 0, hit->pattern};

    if (hit->n_mappings == 0)
        return hit->space == searching->space && !tell(searching, &told);
    if (searching->is_only)
        told.untold = (hit->n_mappings - hit->n_listed) * hit->repeat;
    for (size_t i = 0; i < hit->n_listed; i++) {
        if (hit->mappings[i].space != searching->space)
            continue;
        told.address = hit->mappings[i].address;
        if (!tell(searching, &told))
            return 1;
        told.untold = 0;
    }
    return 0;
}

static int take_progress(void *user, const struct ms_progress *progress)
{
    const struct searching *searching = user;
    const struct ms_special_callbacks *callbacks = searching->search->callbacks;

    return callbacks && callbacks->progress ? callbacks->progress(callbacks->user, progress) : 0;
}

static enum ms_status run(struct searching *searching, const struct ms_matcher *matcher,
                          const struct ms_kernel_memory *memory, struct ms_error *error)
{
    struct ms_search_options options;
    struct ms_search_callbacks callbacks = {
        .hit = take_hit, .progress = take_progress, .user = searching};
    struct ms_search_result result = {0};
    enum ms_status status;

    ms_search_options_init(&options);
    options.fold = searching->search->fold;
    status = ms_kernel_run_search(memory, matcher, &options, &callbacks, &result, error);
    ms_search_result_release(&result);
    return searching->no_memory ? ms_fail_nomem(error) : status;
}

enum ms_status ms_special_search(const struct ms_special_search *search, struct ms_error *error)
{
    const struct ms_kernel_memory *memory =
        &search->special->dumps.items[search->dump].modules->memory;
    struct searching searching = {
        .search = search,
        .space = memory->space,
        .is_only = ms_spaces_count(memory->spaces) == 1,
    };
    struct ms_matcher *matcher = NULL;
    enum ms_status status = make_matcher(search, &matcher, error);

    if (!status)
        status = run(&searching, matcher, memory, error);
    ms_matcher_free(matcher);
    return status;
}
