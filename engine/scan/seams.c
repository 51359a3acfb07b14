// SPDX-License-Identifier: MIT

#include "scan/seams.h"

#include <stdlib.h>
#include <string.h>

size_t ms_seams_round_reach(size_t reach)
{
    size_t rounded = 32;

    while (rounded < reach)
        rounded *= 2;
    return rounded;
}

enum ms_status ms_seams_init(struct ms_seams *seams, size_t n_frames, size_t reach,
                             struct ms_error *error)
{
    *seams = (struct ms_seams){0};
    if (reach == 0)
        return MS_OK;
    if (n_frames >= UINT32_MAX)
        return ms_fail(error, MS_UNSUPPORTED,
                       "the image has 16 TiB of memory or more: search its physical space");
    seams->reach = ms_seams_round_reach(reach);
    seams->next = calloc(n_frames, sizeof(*seams->next));
    seams->marked = ms_bits_create(n_frames);
    return seams->next && seams->marked ? MS_OK : ms_fail_nomem(error);
}

void ms_seams_release(struct ms_seams *seams)
{
    free(seams->next);
    free((void *)seams->marked);
    free(seams->more.items);
    free((void *)seams->more_marked);
    free(seams->slots);
}

// == The hash table of further seams ==

static size_t first_slot(const struct ms_seams *seams, const struct ms_seam *seam)
{
    uint64_t key = (uint64_t)seam->before << 32 | seam->behind;

    return (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (seams->n_slots - 1);
}

// Where the seam is, or is to be.
static uint32_t *find_slot(struct ms_seams *seams, const struct ms_seam *seam)
{
    size_t i = first_slot(seams, seam);

    while (seams->slots[i] != 0 &&
           memcmp(&seams->more.items[seams->slots[i] - 1], seam, sizeof(*seam)) != 0)
        i = (i + 1) & (seams->n_slots - 1);
    return &seams->slots[i];
}

// Keeps at least half of the slots empty.
static bool grow(struct ms_seams *seams)
{
    uint32_t *old = seams->slots;
    size_t n = seams->n_slots ? 2 * seams->n_slots : 1024;

    if (2 * (seams->more.n + 1) <= seams->n_slots)
        return true;
    seams->slots = calloc(n, sizeof(*seams->slots));
    if (!seams->slots) {
        seams->slots = old;
        return false;
    }
    seams->n_slots = n;
    for (size_t i = 0; i < seams->more.n; i++)
        *find_slot(seams, &seams->more.items[i]) = (uint32_t)(i + 1);
    free(old);
    return true;
}

static bool add_more(struct ms_seams *seams, struct ms_seam seam)
{
    uint32_t *slot;

    if (seams->more.n == UINT32_MAX || !grow(seams))
        return false;
    slot = find_slot(seams, &seam);
    if (*slot != 0)
        return true;
    if (!ms_vec_push(&seams->more, seam))
        return false;
    *slot = (uint32_t)seams->more.n;
    seams->n++;
    return true;
}

// == All seams ==

bool ms_seams_add(struct ms_seams *seams, size_t before, size_t behind)
{
    uint32_t *next = &seams->next[before];

    if (*next == behind + 1)
        return true;
    if (*next != 0)
        return add_more(seams, (struct ms_seam){(uint32_t)before, (uint32_t)behind});
    *next = (uint32_t)behind + 1;
    seams->n++;
    return true;
}

static int compare(const void *left, const void *right)
{
    const struct ms_seam *a = left, *b = right;

    if (a->before != b->before)
        return a->before < b->before ? -1 : 1;
    return a->behind < b->behind ? -1 : a->behind > b->behind;
}

bool ms_seams_ready(struct ms_seams *seams)
{
    free(seams->slots);
    seams->slots = NULL;
    seams->n_slots = 0;
    if (seams->more.n == 0)
        return true;
    qsort(seams->more.items, seams->more.n, sizeof(*seams->more.items), compare);
    seams->more_marked = ms_bits_create(seams->more.n);
    return seams->more_marked != NULL;
}

// The first of the further seams that is not below the given one.
static size_t find_more(const struct ms_seams *seams, struct ms_seam seam)
{
    size_t low = 0, high = seams->more.n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare(&seams->more.items[middle], &seam) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void ms_seams_more(const struct ms_seams *seams, size_t before, size_t *first_ret, size_t *end_ret)
{
    size_t end = find_more(seams, (struct ms_seam){(uint32_t)before, 0});

    *first_ret = end;
    while (end < seams->more.n && seams->more.items[end].before == before)
        end++;
    *end_ret = end;
}

bool ms_seams_is_marked(const struct ms_seams *seams, size_t before, size_t behind)
{
    if (seams->more.n == 0 || seams->next[before] == behind + 1)
        return ms_bits_test(seams->marked, before);
    return ms_bits_test(seams->more_marked,
                        find_more(seams, (struct ms_seam){(uint32_t)before, (uint32_t)behind}));
}
