// SPDX-License-Identifier: MIT
//
// Fill kinds, and the map of which fill decides which addresses.

#include "fill.h"

#include "file_pages.h"
#include "material.h"
#include "random.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** Of the pages of realistic memory: the rest are files', in groups. */
enum { ZERO_PERCENT = 35, RANDOM_PERCENT = 10, GROUP_PAGES = 64 };

/**
 * A kind either makes pages (`page`, or `fill_page` where that takes more than numbers) or answers
 * by distance from its start (`stream`).
 */
struct fill_kind {
    const char *name;
    enum fill_argument argument;
    material_fn *page;
    void (*fill_page)(const struct fill *fill, uint64_t number, uint8_t *page);
    void (*stream)(const struct fill *fill, uint64_t distance, uint8_t *out, size_t length);
};

/* ---- streams -------------------------------------------------------------------------- */

static void stream_byte(const struct fill *fill, uint64_t distance, uint8_t *out, size_t length)
{
    (void)distance;
    memset(out, (int)fill->arguments[0], length);
}

static void stream_repeat(const struct fill *fill, uint64_t distance, uint8_t *out, size_t length)
{
    size_t period = fill->pattern.length;
    size_t phase = distance % period;
    for (size_t i = 0; i < length; i++) {
        out[i] = fill->pattern.data[phase];
        phase = phase + 1 == period ? 0 : phase + 1;
    }
}

static void stream_file(const struct fill *fill, uint64_t distance, uint8_t *out, size_t length)
{
    while (length > 0) {
        uint64_t offset = distance % fill->file_size;
        uint64_t left = fill->file_size - offset;
        size_t wanted = length < left ? length : (size_t)left;
        ssize_t got = pread(fill->file, out, wanted, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            fail("cannot read a file that fills memory: %s",
                 got < 0 ? strerror(errno) : "it became shorter");
        out += got;
        length -= (size_t)got;
        distance += (uint64_t)got;
    }
}

/* ---- pages ---------------------------------------------------------------------------- */

/**
 * What a machine's memory is made of: a third of zeros, some noise, the rest from files. Of those,
 * neighbours in a file are neighbours in memory for GROUP_PAGES pages, as a page cache that reads
 * ahead leaves them; it also spares the disk a search for each page.
 */
static void page_realistic(const struct fill *fill, uint64_t number, uint8_t *page)
{
    struct random group = random_from(random_fold(fill->key, 1), number / GROUP_PAGES);
    struct random random = random_from(random_fold(fill->key, 2), number);
    uint64_t draw = random_below(&random, 100);
    if (draw < ZERO_PERCENT)
        memset(page, 0, PAGE_SIZE);
    else if (draw < ZERO_PERCENT + RANDOM_PERCENT)
        material_random(page, fill->key, number, NULL);
    else
        file_pages_read(fill->pages, (random_next(&group) >> 1) + number % GROUP_PAGES, page);
}

static const struct fill_kind kinds[] = {
    {.name = "zero", .stream = stream_byte},
    {.name = "byte", .argument = FILL_BYTE, .stream = stream_byte},
    {.name = "random", .page = material_random},
    {.name = "text", .page = material_text},
    {.name = "code", .page = material_code},
    {.name = "structs", .page = material_structs},
    {.name = "mixed", .page = material_mixed},
    {.name = "pointers", .argument = FILL_BASE_SPAN, .page = material_pointers},
    {.name = "repeat", .argument = FILL_PATTERN, .stream = stream_repeat},
    {.name = "file", .argument = FILL_FILE, .stream = stream_file},
    {.name = "realistic", .argument = FILL_FOLDERS, .fill_page = page_realistic},
};

const char fill_kinds[] =
    "zero, byte VALUE, random, text, code, structs, mixed, pointers BASE SPAN, "
    "repeat HEX, file PATH or realistic FOLDERS";

const struct fill_kind *fill_kind_find(const char *name)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    }
    return NULL;
}

enum fill_argument fill_kind_argument(const struct fill_kind *kind)
{
    return kind->argument;
}

static void read_pages(const struct fill *fill, uint64_t address, uint8_t *out, size_t length)
{
    uint8_t page[PAGE_SIZE + PAGE_SLACK];
    while (length > 0) {
        size_t skip = address % PAGE_SIZE;
        size_t part = length < PAGE_SIZE - skip ? length : PAGE_SIZE - skip;
        if (fill->kind->fill_page)
            fill->kind->fill_page(fill, address / PAGE_SIZE, page);
        else
            fill->kind->page(page, fill->key, address / PAGE_SIZE, fill->arguments);
        memcpy(out, page + skip, part);
        out += part;
        address += part;
        length -= part;
    }
}

void fill_read(const struct fill *fill, uint64_t address, uint8_t *out, size_t length)
{
    if (fill->kind->stream)
        fill->kind->stream(fill, address - fill->start, out, length);
    else
        read_pages(fill, address, out, length);
}

void fill_release(struct fill *fill)
{
    free(fill->pattern.data);
    if (fill->file >= 0)
        close(fill->file);
    file_pages_close(fill->pages);
}

/* ---- the map -------------------------------------------------------------------------- */

void fill_set_key(struct fill *fill, uint64_t seed)
{
    uint64_t key = random_fold(0, seed);
    for (const char *c = fill->kind->name; *c; c++)
        key = random_fold(key, (unsigned char)*c);
    fill->key = random_fold(random_fold(key, fill->arguments[0]), fill->arguments[1]);
}

static void insert(struct fill_map *map, size_t at, struct stretch stretch)
{
    map->items = grow(map->items, map->count, &map->capacity, sizeof(*map->items));
    memmove(map->items + at + 1, map->items + at, (map->count - at) * sizeof(*map->items));
    map->items[at] = stretch;
    map->count++;
}

static void erase(struct fill_map *map, size_t at)
{
    map->count--;
    memmove(map->items + at, map->items + at + 1, (map->count - at) * sizeof(*map->items));
}

size_t fill_map_from(const struct fill_map *map, uint64_t address)
{
    size_t low = 0;
    size_t high = map->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (map->items[middle].start + map->items[middle].length <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/** Takes [start, end) out of the map; returns the index where a stretch from `start` belongs. */
static size_t clear(struct fill_map *map, uint64_t start, uint64_t end)
{
    size_t at = fill_map_from(map, start);
    if (at < map->count && map->items[at].start < start) {
        struct stretch tail = map->items[at];
        map->items[at].length = start - tail.start;
        tail.length -= start - tail.start;
        tail.start = start;
        insert(map, ++at, tail);
    }
    while (at < map->count && map->items[at].start < end) {
        struct stretch *next = &map->items[at];
        if (next->start + next->length > end) {
            next->length -= end - next->start;
            next->start = end;
            break;
        }
        erase(map, at);
    }
    return at;
}

static bool is_zero(const struct fill *fill)
{
    return fill->kind->stream == stream_byte && fill->arguments[0] == 0;
}

void fill_map_create(struct fill_map *map, struct fill *fills, size_t count, uint64_t seed)
{
    for (size_t i = 0; i < count; i++) {
        struct fill *fill = &fills[i];
        fill_set_key(fill, seed);
        size_t at = clear(map, fill->start, fill->start + fill->length);
        // Zero is what memory holds anyway: leaving it out keeps the image sparse.
        if (!is_zero(fill))
            insert(map, at, (struct stretch){fill->start, fill->length, fill});
    }
}

void fill_map_release(struct fill_map *map)
{
    free(map->items);
    *map = (struct fill_map){0};
}
