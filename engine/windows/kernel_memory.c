// SPDX-License-Identifier: MIT
//
// Reading and searching the kernel's half. Other spaces of the set are searched with it where there
// are any, because a search takes a whole set; what they find is dropped.

#include "windows/kernel_memory.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/extent.h"
#include "space/spaces.h"

#define WATCHED_PAGES 64 // so often; from a disk that seeks each of them, half a second

void ms_kernel_memory_start(struct ms_kernel_memory *memory, const struct ms_spaces *spaces,
                            size_t space)
{
    struct ms_space_info info = ms_spaces_info(spaces, space);
    bool is_64 = info.address_bits == 64;

    *memory = (struct ms_kernel_memory){
        .spaces = spaces,
        .space = space,
        .bits = info.address_bits,
        .first = is_64 ? UINT64_C(0xffff800000000000) : spaces->kernel_first,
        .last = is_64 ? UINT64_MAX : UINT32_MAX,
    };
    ms_nt_layout_for(memory->bits, 0, &memory->layout);
    if (is_64 && info.paging == MS_PAGING_X64_5)
        memory->first = UINT64_C(0xff00000000000000);
}

static size_t read_space(void *user, uint64_t address, uint8_t *bytes, bool *present, size_t length)
{
    const struct ms_kernel_memory *memory = user;

    return ms_spaces_read(memory->spaces, memory->space, address, bytes, present, length);
}

struct ms_vmem ms_kernel_vmem(const struct ms_kernel_memory *memory)
{
    return (struct ms_vmem){.read = read_space, .user = (void *)(uintptr_t)memory};
}

bool ms_in_kernel(const struct ms_kernel_memory *memory, uint64_t address, uint64_t size)
{
    return size > 0 && address >= memory->first && address <= memory->last &&
           size - 1 <= memory->last - address;
}

bool ms_kernel_get(const struct ms_kernel_memory *memory, uint64_t address, uint8_t *bytes,
                   size_t length)
{
    struct ms_vmem vmem = ms_kernel_vmem(memory);

    return ms_in_kernel(memory, address, length) && ms_vmem_get(&vmem, address, bytes, length);
}

bool ms_kernel_pointer(const struct ms_kernel_memory *memory, uint64_t address,
                       uint64_t *pointer_ret)
{
    uint8_t bytes[8];

    if (!ms_kernel_get(memory, address, bytes, memory->bits / 8))
        return false;
    *pointer_ret = ms_le(bytes, memory->bits / 8);
    return true;
}

// == Who waits for it ==

bool ms_watch_stops(struct ms_watch *watch, uint64_t done_bytes, uint64_t all_bytes)
{
    struct ms_progress progress = {done_bytes, all_bytes};

    if (!watch->stopped && watch->progress)
        watch->stopped = watch->progress(watch->user, &progress) != 0;
    return watch->stopped;
}

bool ms_watch_page(struct ms_watch *watch)
{
    if (watch->n_pages++ % WATCHED_PAGES == 0)
        ms_watch_stops(watch, watch->n_pages * MS_KERNEL_PAGE, 0);
    return watch->stopped;
}

enum ms_status ms_watch_status(const struct ms_watch *watch, struct ms_error *error)
{
    return watch->stopped ? ms_fail(error, MS_STOPPED, "stopped") : MS_OK;
}

// == Pages ==

struct page_walk {
    const struct ms_kernel_memory *memory;
    const uint8_t *begins;
    uint64_t *budget;
    struct ms_watch *watch;
    int (*visit)(void *user, uint64_t address);
    void *user;
};

#define ENDED_EARLY (-1)

// Straight from the image: a look-up of each address would cost more than the reading.
static int walk_mapping(void *user, const struct ms_mapping_info *mapping)
{
    const struct page_walk *walk = user;
    const struct ms_image *image = ms_spaces_image(walk->memory->spaces);
    uint64_t page = ms_round_up(mapping->first, MS_KERNEL_PAGE);
    uint64_t left = mapping->last - page; // bytes behind the first one, if there is a page at all

    if (mapping->state != MS_MAPPED_PRESENT || page < mapping->first || page > mapping->last)
        return 0;
    for (;; page += MS_KERNEL_PAGE, left -= MS_KERNEL_PAGE) {
        uint8_t bytes[2];
        bool present[2];
        int result;

        if (*walk->budget == 0 || ms_watch_page(walk->watch))
            return ENDED_EARLY;
        --*walk->budget;
        ms_image_read(image, mapping->physical + (page - mapping->first), bytes, present, 2);
        result = bytes[0] == walk->begins[0] && bytes[1] == walk->begins[1]
                     ? walk->visit(walk->user, page)
                     : 0;
        if (result || left < MS_KERNEL_PAGE)
            return result;
    }
}

int ms_kernel_pages(const struct ms_kernel_memory *memory, uint64_t first, uint64_t last,
                    const uint8_t begins[2], uint64_t *budget, struct ms_watch *watch,
                    int (*visit)(void *user, uint64_t address), void *user)
{
    struct page_walk walk = {memory, begins, budget, watch, visit, user};
    struct ms_range range = {.first = ms_max_u64(first, memory->first),
                             .last = ms_min_u64(last, memory->last)};
    int result;

    if (range.first > range.last)
        return 0;
    result = ms_spaces_visit(memory->spaces, memory->space, &range, walk_mapping, &walk);
    return result == ENDED_EARLY ? 0 : result;
}

// == Searching ==

struct collecting {
    const struct ms_kernel_memory *memory;
    struct ms_kernel_matches *matches;
    struct ms_watch *watch;
    bool no_memory;
};

static void collect_place(struct collecting *collecting, uint32_t pattern, size_t space,
                          uint64_t address)
{
    struct ms_kernel_match match = {address, pattern};

    if (space == collecting->memory->space && !ms_vec_push(&collecting->matches->list, match))
        collecting->no_memory = true;
}

// A page that is mapped more often than a search lists is told once, with the first places.
static int collect(void *user, const struct ms_hit *hit)
{
    struct collecting *collecting = user;

    if (hit->n_mappings == 0)
        collect_place(collecting, hit->pattern, hit->space, hit->address);
    for (size_t i = 0; i < hit->n_listed; i++)
        collect_place(collecting, hit->pattern, hit->mappings[i].space, hit->mappings[i].address);
    collecting->matches->left_out += hit->n_mappings - hit->n_listed;
    return collecting->no_memory;
}

static int show_progress(void *user, const struct ms_progress *progress)
{
    const struct ms_watch *watch = ((const struct collecting *)user)->watch;

    return watch->progress ? watch->progress(watch->user, progress) : 0;
}

static void free_patterns(struct ms_patterns **patterns)
{
    ms_patterns_free(*patterns);
}

static enum ms_status make_matcher(const struct ms_kernel_pattern *patterns, size_t n_patterns,
                                   struct ms_matcher **matcher_ret, struct ms_error *error)
{
    MS_CLEANUP(free_patterns) struct ms_patterns *set = NULL;
    enum ms_status status = ms_patterns_create(&set, error);

    for (size_t i = 0; !status && i < n_patterns; i++) {
        struct ms_pattern_options options = {.align = patterns[i].align};

        status = ms_patterns_add(set, MS_DWORD, patterns[i].dword, strlen(patterns[i].dword),
                                 &options, error);
    }
    return status ? status : ms_matcher_create(set, NULL, matcher_ret, error);
}

enum ms_status ms_kernel_run_search(const struct ms_kernel_memory *memory,
                                    const struct ms_matcher *matcher,
                                    const struct ms_search_options *options,
                                    const struct ms_search_callbacks *callbacks,
                                    struct ms_search_result *result, struct ms_error *error)
{
    const struct ms_range range = {.first = memory->first, .last = memory->last};
    struct ms_search_options here = *options;

    here.spaces = memory->spaces;
    here.ranges = &range;
    here.n_ranges = 1;
    here.first_space = memory->space;
    return ms_search(ms_spaces_image(memory->spaces), matcher, &here, callbacks, result, error);
}

static enum ms_status run_search(struct collecting *collecting, const struct ms_matcher *matcher,
                                 uint64_t limit, struct ms_error *error)
{
    struct ms_search_options options;
    struct ms_search_callbacks callbacks = {
        .hit = collect, .progress = show_progress, .user = collecting};
    struct ms_search_result result = {0};
    enum ms_status status;

    ms_search_options_init(&options);
    options.fold = false;
    options.max_hits = limit;
    status =
        ms_kernel_run_search(collecting->memory, matcher, &options, &callbacks, &result, error);
    collecting->matches->left_out += result.max_hits_held;
    ms_search_result_release(&result);
    if (collecting->no_memory)
        return ms_fail_nomem(error);
    collecting->watch->stopped = status == MS_STOPPED;
    return status == MS_STOPPED ? MS_OK : status;
}

enum ms_status ms_kernel_search(const struct ms_kernel_memory *memory,
                                const struct ms_kernel_pattern *patterns, size_t n_patterns,
                                uint64_t limit, struct ms_watch *watch,
                                struct ms_kernel_matches *matches, struct ms_error *error)
{
    struct collecting collecting = {.memory = memory, .matches = matches, .watch = watch};
    struct ms_matcher *matcher = NULL;
    enum ms_status status;

    if (ms_watch_stops(watch, 0, 0))
        return MS_OK;
    status = make_matcher(patterns, n_patterns, &matcher, error);
    if (!status)
        status = run_search(&collecting, matcher, limit, error);
    ms_matcher_free(matcher);
    return status;
}
