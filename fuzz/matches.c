// SPDX-License-Identifier: MIT

#include "matches.h"

UNWATCHED int match_compare(const struct match *a, const struct match *b)
{
    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    return a->pattern < b->pattern ? -1 : a->pattern > b->pattern;
}

UNWATCHED void matches_add(struct matches *matches, uint64_t address, uint32_t pattern,
                           uint32_t length)
{
    if (!ms_vec_push(&matches->all, (struct match){address, pattern, length}))
        abort();
}

UNWATCHED static int compare(const void *left, const void *right)
{
    return match_compare(left, right);
}

UNWATCHED void matches_sort(struct matches *matches)
{
    size_t i = 1;

    // Mostly they are sorted already.
    while (i < matches->all.n &&
           match_compare(&matches->all.items[i - 1], &matches->all.items[i]) <= 0)
        i++;
    if (i < matches->all.n)
        qsort(matches->all.items, matches->all.n, sizeof(struct match), compare);
}

UNWATCHED void matches_expect(const struct matches *got, const struct matches *expected,
                              const char *how)
{
    size_t n = got->all.n < expected->all.n ? got->all.n : expected->all.n, i = 0;
    const struct match *invented, *lost;

    while (i < n && match_compare(&got->all.items[i], &expected->all.items[i]) == 0 &&
           got->all.items[i].length == expected->all.items[i].length)
        i++;
    if (i == got->all.n && i == expected->all.n)
        return;
    invented = i < got->all.n ? &got->all.items[i] : NULL;
    lost = i < expected->all.n ? &expected->all.items[i] : NULL;
    if (lost && (!invented || match_compare(lost, invented) <= 0))
        CHECK(false, "%s: pattern %u is not found at 0x%llx with %u bytes", how, lost->pattern,
              (unsigned long long)lost->address, lost->length);
    CHECK(false, "%s: pattern %u is found at 0x%llx with %u bytes, where it is not", how,
          invented->pattern, (unsigned long long)invented->address, invented->length);
}

void matches_release(struct matches *matches)
{
    free(matches->all.items);
    *matches = (struct matches){0};
}
