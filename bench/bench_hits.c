// SPDX-License-Identifier: MIT

#include "bench_hits.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

void hits_release(struct hit_set *set)
{
    free(set->items);
    *set = (struct hit_set){0};
}

void hits_clear(struct hit_set *set)
{
    set->n = 0;
}

bool hits_add(struct hit_set *set, uint64_t start, uint64_t end)
{
    if (set->n == set->capacity) {
        size_t capacity = set->capacity ? 2 * set->capacity : 1024;
        struct found *items = realloc(set->items, capacity * sizeof(*items));

        if (!items) {
            fprintf(stderr, "memscan-bench: no memory for %zu hits\n", capacity);
            return false;
        }
        set->items = items;
        set->capacity = capacity;
    }
    set->items[set->n++] = (struct found){start, end};
    return true;
}

static int compare_found(const void *left, const void *right)
{
    const struct found *a = left, *b = right;

    return a->start < b->start ? -1 : a->start > b->start;
}

void hits_sort(struct hit_set *set)
{
    size_t kept = 0;

    if (set->n == 0)
        return;
    qsort(set->items, set->n, sizeof(*set->items), compare_found);
    for (size_t i = 1; i < set->n; i++) {
        if (set->items[i].start != set->items[kept].start)
            set->items[++kept] = set->items[i];
        else if (set->items[i].end > set->items[kept].end)
            set->items[kept].end = set->items[i].end;
    }
    set->n = kept + 1;
}

// == Where they come from ==

static int add_hit(void *user, const struct ms_hit *hit)
{
    struct hit_set *set = user;

    return !hits_add(set, hit->address, hit->address + hit->length);
}

static bool search_all(struct hit_set *set, const struct prepared_search *search,
                       const struct ms_image *image)
{
    const struct ms_search_callbacks callbacks = {.hit = add_hit, .user = set};
    struct ms_search_options options;
    struct ms_search_result result;
    struct ms_error error = {.text = "stopped"};

    ms_search_options_init(&options);
    options.fold = false;
    if (ms_search(image, search->matcher, &options, &callbacks, &result, &error)) {
        fprintf(stderr, "memscan-bench: searching: %s\n", error.text);
        return false;
    }
    ms_search_result_release(&result);
    return true;
}

bool hits_of_library(struct hit_set *set, const struct row *row, const struct row_pattern *patterns,
                     const struct bench_image *image)
{
    const struct ms_open_options open_options = {.format = "raw"};
    struct row_pattern *unaligned = row_patterns(row);
    struct prepared_search search = {0};
    struct ms_image *opened = NULL;
    bool ok = unaligned != NULL;

    for (size_t i = 0; ok && i < row->n_patterns; i++) {
        unaligned[i] = patterns[i];
        unaligned[i].align = 1;
    }
    ok = ok && search_prepare(row, unaligned, 0, &search);
    if (ok && ms_image_open(image->path, &open_options, &opened, NULL) != MS_OK) {
        fprintf(stderr, "memscan-bench: %s: cannot be opened\n", image->path);
        ok = false;
    }
    ok = ok && search_all(set, &search, opened);
    ms_image_close(opened);
    search_release(&search);
    free(unaligned);
    hits_sort(set);
    return ok;
}

// WinDbg's way: 1`00000000.
static uint64_t parse_address(const char *at)
{
    uint64_t address = 0;

    for (; isxdigit((unsigned char)*at) || *at == '`'; at++) {
        const char digit[] = {*at, '\0'};

        if (*at != '`')
            address = address << 4 | strtoul(digit, NULL, 16);
    }
    return address;
}

// False: the line says nothing about a hit.
static bool parse_offset(const char *line, uint64_t *ret)
{
    char *end;

    if (strncmp(line, "p:", 2) == 0) {
        *ret = parse_address(line + 2);
        return true;
    }
    if (strncmp(line, "0x", 2) == 0) {
        *ret = strtoull(line, NULL, 16);
        return true;
    }
    *ret = strtoull(line, &end, 10);
    return end > line && *end == ':';
}

bool hits_of_output(struct hit_set *set, const struct memory_file *output)
{
    FILE *stream = memory_file_stream(output, "r");
    char *line = NULL;
    size_t size = 0;
    uint64_t offset;
    bool ok = stream != NULL;

    while (ok && getline(&line, &size, stream) >= 0)
        ok = !parse_offset(line, &offset) || hits_add(set, offset, offset);
    free(line);
    if (stream)
        fclose(stream);
    hits_sort(set);
    return ok;
}

// == Comparing ==

// The next of the set from *at on that is in view, and moves *at behind it; NULL at the end.
static const struct found *next_in_view(const struct hit_set *all, const struct view *view,
                                        size_t *at, uint64_t *end)
{
    while (*at < all->n) {
        const struct found *hit = &all->items[(*at)++];

        if (view->leftmost && hit->start < *end)
            continue;
        *end = hit->end;
        if (hit->start % view->align == 0)
            return hit;
    }
    return NULL;
}

static bool disagree(const char *row, const char *program, const char *what, uint64_t start)
{
    fprintf(stderr, "memscan-bench: %s: %s %s 0x%llx\n", row, program, what,
            (unsigned long long)start);
    return false;
}

bool hits_agree(const struct hit_set *all, const struct view *view, const struct hit_set *found,
                const char *row, const char *program)
{
    size_t at = 0, i = 0;
    uint64_t end = 0;
    const struct found *hit;

    while ((hit = next_in_view(all, view, &at, &end))) {
        if (i == found->n || found->items[i].start > hit->start)
            return disagree(row, program, "does not find the hit at", hit->start);
        if (found->items[i].start < hit->start)
            break;
        i++;
    }
    if (i < found->n)
        return disagree(row, program, "finds what the library does not, at", found->items[i].start);
    return true;
}
