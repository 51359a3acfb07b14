// SPDX-License-Identifier: MIT
//
// The export directory: a table of addresses by ordinal, and a table of names with, beside it, one
// of which address belongs to each name.

#include "windows/pe.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/extent.h"
#include "windows/pe_window.h"

#include <stdlib.h>
#include <string.h>

enum {
    DIRECTORY_BYTES = 0x28,
    DIRECTORY_BASE = 0x10,
    DIRECTORY_N_FUNCTIONS = 0x14,
    DIRECTORY_N_NAMES = 0x18,
    DIRECTORY_FUNCTIONS = 0x1c,
    DIRECTORY_NAMES = 0x20,
    DIRECTORY_ORDINALS = 0x24,
};

// What is read at the same time, each table through a window of its own.
struct reader {
    struct ms_pe_window functions, names, ordinals, texts;
    const struct ms_pe_directory *directory;
    uint32_t base, n_functions, n_names;
    uint32_t functions_rva, names_rva, ordinals_rva;
    bool *is_named; // by function
    MS_VEC(struct ms_pe_export) items;
    struct ms_pe_names *store;
    struct ms_pe_lost lost;
};

// == Reading ==

static enum ms_pe_state read_directory(struct reader *reader)
{
    uint8_t bytes[DIRECTORY_BYTES];
    enum ms_pe_state state;

    if (reader->directory->state != MS_PE_WHOLE)
        return reader->directory->state;
    state = ms_pe_window_get(&reader->texts, reader->directory->rva, bytes, sizeof(bytes));
    if (state != MS_PE_WHOLE)
        return state;
    reader->base = ms_le32(bytes + DIRECTORY_BASE);
    reader->functions_rva = ms_le32(bytes + DIRECTORY_FUNCTIONS);
    reader->names_rva = ms_le32(bytes + DIRECTORY_NAMES);
    reader->ordinals_rva = ms_le32(bytes + DIRECTORY_ORDINALS);
    reader->n_functions =
        ms_pe_limit(reader->texts.pe, reader->functions_rva, 4,
                    ms_le32(bytes + DIRECTORY_N_FUNCTIONS), MS_PE_MAX_EXPORTS, &reader->lost);
    reader->n_names =
        ms_pe_limit(reader->texts.pe, reader->names_rva, 4, ms_le32(bytes + DIRECTORY_N_NAMES),
                    MS_PE_MAX_EXPORTS, &reader->lost);
    return MS_PE_WHOLE;
}

// The address of function `index`. NONE: the table has none there.
static enum ms_pe_state read_address(struct reader *reader, uint32_t index, uint32_t *rva_ret)
{
    uint64_t rva;
    enum ms_pe_state state = ms_pe_window_number(
        &reader->functions, reader->functions_rva + (uint64_t)index * 4, 4, &rva);

    *rva_ret = (uint32_t)rva;
    if (state == MS_PE_WHOLE && rva == 0)
        return MS_PE_NONE;
    return state == MS_PE_WHOLE && rva >= reader->functions.pe->size_of_image ? MS_PE_BAD : state;
}

// Says where function `index` is. An address in the directory itself is that of a forwarder's
// text. False without memory.
static bool place(struct reader *reader, uint32_t index, uint32_t rva, struct ms_pe_export *item)
{
    const struct ms_pe_directory *directory = reader->directory;

    item->ordinal = reader->base + index;
    item->has_ordinal = true;
    if (rva >= directory->rva && rva - directory->rva < directory->size)
        return ms_pe_names_take(reader->store, &reader->texts, rva, &item->forwarder,
                                &reader->lost);
    item->rva = rva;
    item->has_rva = rva != 0;
    return true;
}

// Says which function name number `i` belongs to. False without memory.
static bool take_named(struct reader *reader, uint32_t i, struct ms_pe_export *item)
{
    uint64_t index;
    uint32_t rva;
    enum ms_pe_state state =
        ms_pe_window_number(&reader->ordinals, reader->ordinals_rva + (uint64_t)i * 2, 2, &index);

    if (state == MS_PE_WHOLE && index >= reader->n_functions)
        state = MS_PE_BAD;
    if (state != MS_PE_WHOLE) {
        ms_pe_lose(&reader->lost, state);
        return true;
    }
    reader->is_named[index] = true;
    state = read_address(reader, (uint32_t)index, &rva);
    // A name for a function that is not there is a lie.
    ms_pe_lose(&reader->lost, state == MS_PE_NONE ? MS_PE_BAD : state);
    return place(reader, (uint32_t)index, state == MS_PE_WHOLE ? rva : 0, item);
}

static bool read_names(struct reader *reader)
{
    for (uint32_t i = 0; i < reader->n_names; i++) {
        struct ms_pe_export item = {0};
        uint64_t rva;
        enum ms_pe_state state =
            ms_pe_window_number(&reader->names, reader->names_rva + (uint64_t)i * 4, 4, &rva);

        item.name.state = state;
        if (state != MS_PE_WHOLE)
            ms_pe_lose(&reader->lost, state);
        else if (!ms_pe_names_take(reader->store, &reader->texts, rva, &item.name, &reader->lost))
            return false;
        if (!take_named(reader, i, &item))
            return false;
        // What has neither name nor function says nothing.
        if ((item.has_ordinal || item.name.length > 0) && !ms_vec_push(&reader->items, item))
            return false;
    }
    return true;
}

static bool read_unnamed(struct reader *reader)
{
    for (uint32_t i = 0; i < reader->n_functions; i++) {
        struct ms_pe_export item = {0};
        enum ms_pe_state state;
        uint32_t rva;

        if (reader->is_named[i])
            continue;
        state = read_address(reader, i, &rva);
        ms_pe_lose(&reader->lost, state);
        if (state != MS_PE_WHOLE)
            continue;
        if (!place(reader, i, rva, &item) || !ms_vec_push(&reader->items, item))
            return false;
    }
    return true;
}

// == Orders ==

static int compare_numbers(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_texts(const struct ms_pe_text *a, const uint8_t *name, size_t length)
{
    size_t shorter = a->length < length ? a->length : length;
    int order = shorter > 0 ? memcmp(a->bytes, name, shorter) : 0;

    return order != 0 ? order : compare_numbers(a->length, length);
}

// The place of an item's kind in the list.
static int kind(const struct ms_pe_export *item)
{
    return item->has_rva ? 0 : item->forwarder.state != MS_PE_NONE ? 1 : 2;
}

static int compare_items(const void *left, const void *right)
{
    const struct ms_pe_export *a = left, *b = right;
    int order = kind(a) - kind(b);

    if (order == 0)
        order = compare_numbers(a->rva, b->rva);
    if (order == 0) // those without a name last
        order = (a->name.state == MS_PE_NONE) - (b->name.state == MS_PE_NONE);
    if (order == 0)
        order = compare_texts(&a->name, b->name.bytes, b->name.length);
    return order != 0 ? order : compare_numbers(a->ordinal, b->ordinal);
}

static int compare_named(const void *left, const void *right, void *user)
{
    const struct ms_pe_export *items = user;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    int order = compare_texts(&items[a].name, items[b].name.bytes, items[b].name.length);

    return order != 0 ? order : compare_numbers(a, b);
}

static int compare_ordinals(const void *left, const void *right, void *user)
{
    const struct ms_pe_export *items = user;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    int order = compare_numbers(items[a].ordinal, items[b].ordinal);

    return order != 0 ? order : compare_numbers(a, b);
}

static bool sort(struct ms_pe_exports *exports)
{
    size_t n = exports->n;

    if (n == 0)
        return true;
    exports->by_name = malloc(n * sizeof(*exports->by_name));
    exports->by_ordinal = malloc(n * sizeof(*exports->by_ordinal));
    if (!exports->by_name || !exports->by_ordinal)
        return false;
    qsort(exports->items, n, sizeof(*exports->items), compare_items);
    for (size_t i = 0; i < n; i++) {
        const struct ms_pe_export *item = &exports->items[i];

        exports->n_placed += item->has_rva;
        if (item->name.state == MS_PE_WHOLE)
            exports->by_name[exports->n_by_name++] = (uint32_t)i;
        if (item->has_ordinal)
            exports->by_ordinal[exports->n_by_ordinal++] = (uint32_t)i;
    }
    qsort_r(exports->by_name, exports->n_by_name, sizeof(*exports->by_name), compare_named,
            exports->items);
    qsort_r(exports->by_ordinal, exports->n_by_ordinal, sizeof(*exports->by_ordinal),
            compare_ordinals, exports->items);
    return true;
}

// == The whole ==

static void reader_free(struct reader **reader)
{
    if (!*reader)
        return;
    free((*reader)->is_named);
    free((*reader)->items.items);
    ms_pe_names_free((*reader)->store);
    free(*reader);
}

static struct reader *reader_create(const struct ms_pe *pe)
{
    MS_CLEANUP(reader_free) struct reader *reader = calloc(1, sizeof(*reader));

    if (!reader)
        return NULL;
    ms_pe_window_start(&reader->functions, pe);
    ms_pe_window_start(&reader->names, pe);
    ms_pe_window_start(&reader->ordinals, pe);
    ms_pe_window_start(&reader->texts, pe);
    reader->directory = &pe->directories[MS_PE_DIRECTORY_EXPORT];
    reader->store = ms_pe_names_create(pe);
    reader->is_named = calloc(MS_PE_MAX_EXPORTS, sizeof(*reader->is_named));
    if (!reader->store || !reader->is_named)
        return NULL;
    return ms_keep(reader);
}

static void exports_free_local(struct ms_pe_exports **exports)
{
    ms_pe_exports_free(*exports);
}

enum ms_status ms_pe_exports_read(const struct ms_pe *pe, struct ms_pe_exports **exports_ret,
                                  struct ms_error *error)
{
    MS_CLEANUP(reader_free) struct reader *reader = reader_create(pe);
    MS_CLEANUP(exports_free_local)
    struct ms_pe_exports *exports = calloc(1, sizeof(*exports));

    if (!reader || !exports)
        return ms_fail_nomem(error);
    exports->state = read_directory(reader);
    if (exports->state == MS_PE_WHOLE && (!read_names(reader) || !read_unnamed(reader)))
        return ms_fail_nomem(error);
    exports->lost = reader->lost;
    exports->n = reader->items.n;
    exports->items = ms_keep(reader->items.items);
    exports->bytes = sizeof(*exports) + reader->items.capacity * sizeof(*exports->items) +
                     exports->n * (sizeof(*exports->by_name) + sizeof(*exports->by_ordinal)) +
                     reader->store->bytes;
    exports->names = ms_keep(reader->store);
    if (!sort(exports))
        return ms_fail_nomem(error);
    *exports_ret = ms_keep(exports);
    return MS_OK;
}

void ms_pe_exports_free(struct ms_pe_exports *exports)
{
    if (!exports)
        return;
    free(exports->items);
    free(exports->by_name);
    free(exports->by_ordinal);
    ms_pe_names_free(exports->names);
    free(exports);
}

// == Looking up ==

// The index of the first placed item with an RVA of at least the given one.
static size_t find_placed(const struct ms_pe_exports *exports, uint64_t rva)
{
    size_t low = 0, high = exports->n_placed;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (exports->items[middle].rva < rva)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct ms_pe_export *ms_pe_exports_nearest(const struct ms_pe_exports *exports, uint32_t rva)
{
    size_t above = find_placed(exports, (uint64_t)rva + 1);

    if (above == 0)
        return NULL;
    return &exports->items[find_placed(exports, exports->items[above - 1].rva)];
}

const struct ms_pe_export *ms_pe_exports_next(const struct ms_pe_exports *exports, uint32_t rva)
{
    size_t above = find_placed(exports, (uint64_t)rva + 1);

    return above < exports->n_placed ? &exports->items[above] : NULL;
}

const struct ms_pe_export *ms_pe_exports_named(const struct ms_pe_exports *exports,
                                               const uint8_t *name, size_t length)
{
    size_t low = 0, high = exports->n_by_name;
    const struct ms_pe_export *item;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_texts(&exports->items[exports->by_name[middle]].name, name, length) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == exports->n_by_name)
        return NULL;
    item = &exports->items[exports->by_name[low]];
    return compare_texts(&item->name, name, length) == 0 ? item : NULL;
}

const struct ms_pe_export *ms_pe_exports_numbered(const struct ms_pe_exports *exports,
                                                  uint32_t ordinal)
{
    size_t low = 0, high = exports->n_by_ordinal;
    const struct ms_pe_export *item;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (exports->items[exports->by_ordinal[middle]].ordinal < ordinal)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == exports->n_by_ordinal)
        return NULL;
    item = &exports->items[exports->by_ordinal[low]];
    return item->ordinal == ordinal ? item : NULL;
}
