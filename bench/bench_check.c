// SPDX-License-Identifier: MIT
//
// Whether the rows find what is there: what the image builder says it planted, and as much as the
// scalar engine finds. A rate means nothing if the answer is wrong.

#include "bench_sections.h"

#include <stdlib.h>
#include <string.h>

#define MAX_PLANT 128 // bytes

// The scalar engine tries each pattern at each address.
#define MAX_SCALAR_WORK ((uint64_t)1 << 30)

struct stretch {
    uint64_t start;
    uint64_t end;
};

struct finds {
    struct stretch *items;
    size_t n;
    size_t capacity;
    bool failed;
};

static int add_find(void *user, const struct ms_hit *hit)
{
    struct finds *finds = user;
    uint64_t end = hit->address + (hit->repeat - 1) * hit->stride + hit->length;

    if (finds->n == finds->capacity) {
        size_t capacity = finds->capacity ? 2 * finds->capacity : 1024;
        struct stretch *items = realloc(finds->items, capacity * sizeof(*items));

        finds->failed = !items;
        if (!items)
            return 1;
        finds->items = items;
        finds->capacity = capacity;
    }
    finds->items[finds->n++] = (struct stretch){hit->address, end};
    return 0;
}

// Searches the image by the engines of the mask, and keeps all matches if `finds` is given.
static bool search(const struct row *row, const struct row_pattern *patterns,
                   const struct bench_image *image, unsigned engine_mask, struct finds *finds,
                   uint64_t *hits_ret)
{
    const struct ms_open_options open_options = {.format = "raw"};
    struct ms_search_callbacks callbacks = {.hit = finds ? add_find : NULL, .user = finds};
    const struct spaces_setup *setup = spaces_setup_of(row);
    struct ms_search_options options;
    struct ms_search_result result;
    struct prepared_search prepared;
    struct ms_spaces *spaces = NULL;
    struct ms_image *opened;
    bool ok;

    if (!search_prepare(row, patterns, engine_mask, &prepared))
        return false;
    if (ms_image_open(image->path, &open_options, &opened, NULL)) {
        search_release(&prepared);
        return false;
    }
    ms_search_options_init(&options);
    options.threads = row->threads;
    options.count_only = !finds;
    if (setup)
        options.spaces = spaces = spaces_make(setup, opened);
    ok = (spaces || !setup) &&
         ms_search(opened, prepared.matcher, &options, &callbacks, &result, NULL) == MS_OK;
    if (ok) {
        *hits_ret = result.hits;
        ms_search_result_release(&result);
    }
    ms_spaces_free(spaces);
    ms_image_close(opened);
    search_release(&prepared);
    return ok;
}

// == Plants ==

static bool is_expected(const struct row *row, uint32_t align, uint64_t offset, const char *name)
{
    char word[72];

    snprintf(word, sizeof(word), " %s ", name);
    return row->more && strstr(row->more, word) && offset % align == 0;
}

// A regex may begin before its plant and go on behind it; a tag may be a part of it.
static bool is_found(const struct finds *finds, uint64_t start)
{
    size_t low = 0, high = finds->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (finds->items[middle].start <= start)
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t i = low; i > 0 && i + 64 > low; i--) {
        if (finds->items[i - 1].end > start)
            return true;
    }
    return false;
}

// Whether the line of the truth file is a plant where the row searches.
static bool parse_plant(const struct row *row, const char *line, unsigned long long *address,
                        char name[64])
{
    if (row->section == SECTION_SPACES)
        return sscanf(line, "vplant kernel %llx %*u %*s %63s", address, name) == 2;
    return sscanf(line, "plant %*s %llx %*u %*s %63s", address, name) == 2;
}

static bool check_plants(const struct row *row, uint32_t align, const struct bench_image *image,
                         const struct finds *finds)
{
    FILE *truth = fopen(image->truth, "r");
    char line[1024], name[64];
    unsigned long long offset;
    unsigned n = 0, missed = 0;

    if (!truth) {
        perror(image->truth);
        return false;
    }
    while (fgets(line, sizeof(line), truth)) {
        if (!parse_plant(row, line, &offset, name) || !is_expected(row, align, offset, name))
            continue;
        n++;
        if (is_found(finds, offset))
            continue;
        if (missed++ == 0)
            fprintf(stderr, "memscan-bench: %s: misses the plant %s at 0x%llx\n", row->name, name,
                    offset);
    }
    fclose(truth);
    printf("%-16s %u plants, %u missed", row->name, n, missed);
    if (row->more && n == 0)
        fprintf(stderr, "memscan-bench: %s: the image has none of its plants\n", row->name);
    return missed == 0 && (n > 0 || !row->more);
}

// == The whole row ==

static bool check_opening(const struct row *row, const struct bench_image *image)
{
    const struct ms_open_options options = {.format = "raw"};
    struct ms_image *opened;
    struct ms_spaces *spaces;
    bool ok;

    if (ms_image_open(image->path, &options, &opened, NULL))
        return false;
    spaces = spaces_make(spaces_setup_of(row), opened);
    ok = spaces && ms_spaces_n_warnings(spaces) == 0;
    printf("%-14s %s\n", row->name, ok ? "found" : "not found, or with warnings");
    ms_spaces_free(spaces);
    ms_image_close(opened);
    return ok;
}

static bool check_count(const struct row *row, const struct row_pattern *patterns,
                        const struct bench_image *image, uint64_t hits)
{
    uint64_t expected;

    if (patterns[0].kind == MS_REGEX || image->size > MAX_SCALAR_WORK / row->n_patterns) {
        printf(", %llu hits\n", (unsigned long long)hits);
        return true;
    }
    if (!search(row, patterns, image, 1u << MS_ENGINE_SCALAR, NULL, &expected))
        return false;
    printf(", %llu hits, the scalar engine %llu\n", (unsigned long long)hits,
           (unsigned long long)expected);
    if (hits != expected)
        fprintf(stderr, "memscan-bench: %s: %llu hits, but the scalar engine finds %llu\n",
                row->name, (unsigned long long)hits, (unsigned long long)expected);
    return hits == expected;
}

bool check_row(const struct row *row, const struct row_pattern *patterns,
               const struct bench_image *image)
{
    struct finds finds = {0};
    uint64_t hits = 0;
    bool ok;

    if (row->section == SECTION_SPACES && row->n_patterns == 0)
        return check_opening(row, image);
    ok = search(row, patterns, image, 0, &finds, &hits);
    if (!ok)
        fprintf(stderr, "memscan-bench: %s: the search failed\n", row->name);
    ok = ok && check_plants(row, pattern_alignment(&patterns[0]), image, &finds);
    ok = check_count(row, patterns, image, hits) && ok;
    if (row->section == SECTION_LIBRARY && hits == 0) {
        fprintf(stderr, "memscan-bench: %s: finds nothing\n", row->name);
        ok = false;
    }
    free(finds.items);
    return ok;
}
