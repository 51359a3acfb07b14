// SPDX-License-Identifier: MIT
//
// A tag has four characters, so what a star can stand for is soon counted: a pattern becomes the
// few masks and values that it means, each of which is one comparison, or one look into a sorted
// table.

#include "windows/pool_tags.h"

#include <string.h>

struct spelling_list {
    struct ms_tag_spelling *items;
    size_t n;
};

static void add(struct spelling_list *list, struct ms_tag_spelling spelling)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->items[i].mask == spelling.mask && list->items[i].value == spelling.value)
            return;
    list->items[list->n++] = spelling;
}

// Puts the rest of a pattern from place `at` of the tag on. Each step takes a character of the
// pattern or a place, of which there are few.
static void spell(struct spelling_list *list, const char *pattern, const char *end, unsigned at,
                  struct ms_tag_spelling spelling)
{
    if (pattern == end) {
        if (at == MS_POOL_TAG_BYTES)
            add(list, spelling);
        return;
    }
    if (*pattern == '*') {
        spell(list, pattern + 1, end, at, spelling);
        if (at < MS_POOL_TAG_BYTES)
            spell(list, pattern, end, at + 1, spelling);
        return;
    }
    if (at == MS_POOL_TAG_BYTES)
        return;
    if (*pattern != '?') {
        spelling.mask |= UINT32_C(0xff) << 8 * at;
        spelling.value |= (uint32_t)(uint8_t)*pattern << 8 * at;
    }
    spell(list, pattern + 1, end, at + 1, spelling);
}

// Copies a pattern without stars that stand behind others, and with the blanks that it lacks.
// Returns its length; 0: it is empty, or longer than any tag.
static size_t normalise(const char *pattern, size_t length, char room[2 * MS_POOL_TAG_BYTES + 1])
{
    size_t n = 0, n_stars = 0;

    for (size_t i = 0; i < length; i++) {
        bool star = pattern[i] == '*';

        if (star && n > 0 && room[n - 1] == '*')
            continue;
        if (!star && n - n_stars == MS_POOL_TAG_BYTES)
            return 0;
        n_stars += star;
        room[n++] = pattern[i];
    }
    while (n > 0 && n_stars == 0 && n < MS_POOL_TAG_BYTES)
        room[n++] = ' ';
    return n;
}

size_t ms_tag_spellings(const char *pattern, size_t length,
                        struct ms_tag_spelling spellings[MS_TAG_SPELLINGS])
{
    struct spelling_list list = {.items = spellings};
    char room[2 * MS_POOL_TAG_BYTES + 1];
    size_t n = normalise(pattern, length, room);

    if (n > 0)
        spell(&list, room, room + n, 0, (struct ms_tag_spelling){0, 0});
    return list.n;
}

bool ms_pool_tag_pattern_valid(const char *pattern)
{
    struct ms_tag_spelling spellings[MS_TAG_SPELLINGS];

    return ms_tag_spellings(pattern, strlen(pattern), spellings) > 0;
}

bool ms_pool_tag_matches(const char *pattern, uint32_t tag)
{
    struct ms_tag_spelling spellings[MS_TAG_SPELLINGS];
    size_t n = ms_tag_spellings(pattern, strlen(pattern), spellings);

    for (size_t i = 0; i < n; i++)
        if ((tag & spellings[i].mask) == spellings[i].value)
            return true;
    return false;
}
