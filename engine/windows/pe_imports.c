// SPDX-License-Identifier: MIT
//
// Imports: descriptors of the import and of the delay-load directory, each with two tables that
// go side by side: slots, which the loader fills in, and names, which say what was asked for. Names
// often lie in sections that are discarded after loading, and then only the slots are left.

#include "windows/pe.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "windows/pe_window.h"

#include <stdlib.h>

enum {
    DESCRIPTOR_BYTES = 0x14,
    DESCRIPTOR_NAMES = 0x00, // OriginalFirstThunk
    DESCRIPTOR_TIMESTAMP = 0x04,
    DESCRIPTOR_DLL = 0x0c,
    DESCRIPTOR_SLOTS = 0x10, // FirstThunk

    DELAY_BYTES = 0x20,
    DELAY_ATTRIBUTES = 0x00,
    DELAY_DLL = 0x04,
    DELAY_SLOTS = 0x0c,
    DELAY_NAMES = 0x10,
    DELAY_TIMESTAMP = 0x1c,
    DELAY_IS_RVA = 1, // attribute; without it the addresses are virtual ones, of 32 bits
};

// A descriptor: RVAs, as it says.
struct list {
    uint32_t dll, names, slots;
    uint32_t origin; // what to subtract from the entries of the table of names: 0, or the base
};

struct reader {
    const struct ms_pe *pe;
    struct ms_pe_window slots, names, texts; // read side by side
    uint32_t width;                          // of a slot
    uint32_t left;                           // slots that may still be looked at
    MS_VEC(struct list) lists;               // one a DLL
    MS_VEC(struct ms_pe_import_dll) dlls;
    MS_VEC(struct ms_pe_import) items;
    uint32_t *starts; // of all lists of slots, ascending
    size_t n_starts;
    struct ms_pe_names *store;
    struct ms_pe_imports *result;
};

// == Descriptors ==

static bool add_list(struct reader *reader, enum ms_pe_import_kind kind, struct list list,
                     uint32_t timestamp)
{
    struct ms_pe_import_dll dll = {.kind = kind, .timestamp = timestamp};

    // Both grow together.
    if (!ms_vec_reserve(&reader->lists, 1) || !ms_vec_reserve(&reader->dlls, 1))
        return false;
    reader->lists.items[reader->lists.n++] = list;
    reader->dlls.items[reader->dlls.n++] = dll;
    return true;
}

// What takes a descriptor's bytes. False without memory; *end_ret: it ends the table.
typedef bool take_descriptor(struct reader *reader, const uint8_t *bytes, bool *end_ret);

static bool take_normal(struct reader *reader, const uint8_t *bytes, bool *end_ret)
{
    struct list list = {.dll = ms_le32(bytes + DESCRIPTOR_DLL),
                        .names = ms_le32(bytes + DESCRIPTOR_NAMES),
                        .slots = ms_le32(bytes + DESCRIPTOR_SLOTS)};

    *end_ret = list.dll == 0 || list.slots == 0; // as loaders have it
    return *end_ret || add_list(reader, MS_PE_IMPORT, list, ms_le32(bytes + DESCRIPTOR_TIMESTAMP));
}

static bool take_delay(struct reader *reader, const uint8_t *bytes, bool *end_ret)
{
    struct list list = {.dll = ms_le32(bytes + DELAY_DLL),
                        .names = ms_le32(bytes + DELAY_NAMES),
                        .slots = ms_le32(bytes + DELAY_SLOTS)};

    *end_ret = list.dll == 0 || list.slots == 0;
    if (*end_ret)
        return true;
    if (!(ms_le32(bytes + DELAY_ATTRIBUTES) & DELAY_IS_RVA)) {
        // Only 32-bit linkers wrote such. What is not in the image then is too large.
        list.origin = (uint32_t)reader->pe->base;
        list.dll -= list.origin;
        list.slots -= list.origin;
        list.names -= list.names != 0 ? list.origin : 0;
    }
    return add_list(reader, MS_PE_IMPORT_DELAY, list, ms_le32(bytes + DELAY_TIMESTAMP));
}

// Reads a directory up to its end, or what is not in memory: behind that, nothing tells
// descriptors from what follows them. False without memory.
static bool read_directory(struct reader *reader, enum ms_pe_directory_index index, uint32_t width,
                           take_descriptor *take, enum ms_pe_state *state_ret)
{
    const struct ms_pe_directory *directory = &reader->pe->directories[index];
    bool end = false;

    *state_ret = directory->state;
    for (uint64_t at = directory->rva; *state_ret == MS_PE_WHOLE && !end; at += width) {
        uint8_t bytes[DELAY_BYTES];

        *state_ret = ms_pe_window_get(&reader->texts, at, bytes, width);
        ms_pe_lose(&reader->result->lost, *state_ret);
        if (*state_ret != MS_PE_WHOLE)
            return true;
        if (reader->lists.n == MS_PE_MAX_DLLS) {
            reader->result->lost.left_out++;
            return true;
        }
        if (!take(reader, bytes, &end))
            return false;
    }
    return true;
}

// == Lists of slots ==

static int compare_starts(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return a < b ? -1 : a > b;
}

static bool sort_starts(struct reader *reader)
{
    reader->starts = malloc((reader->lists.n + 1) * sizeof(*reader->starts));
    if (!reader->starts)
        return false;
    for (size_t i = 0; i < reader->lists.n; i++)
        reader->starts[reader->n_starts++] = reader->lists.items[i].slots;
    qsort(reader->starts, reader->n_starts, sizeof(*reader->starts), compare_starts);
    return true;
}

static bool in_iat(const struct ms_pe *pe, uint64_t rva)
{
    const struct ms_pe_directory *iat = &pe->directories[MS_PE_DIRECTORY_IAT];

    return iat->state == MS_PE_WHOLE && rva >= iat->rva && rva - iat->rva < iat->size;
}

// Where a list of slots ends at the latest, as far as other lists and the IAT directory tell: the
// start of the next list, or the directory's end; 0: nothing tells.
static uint64_t find_bound(const struct reader *reader, uint32_t slots)
{
    const struct ms_pe_directory *iat = &reader->pe->directories[MS_PE_DIRECTORY_IAT];
    bool all_known =
        reader->result->state <= MS_PE_WHOLE && reader->result->delay_state <= MS_PE_WHOLE;
    uint64_t bound = in_iat(reader->pe, slots) ? (uint64_t)iat->rva + iat->size : 0;
    size_t low = 0, high = reader->n_starts; // the starts before `low` are at or below `slots`

    if (!all_known) // the next list may be one that is not known
        return 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (reader->starts[middle] <= slots)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < reader->n_starts && (bound == 0 || reader->starts[low] < bound))
        bound = reader->starts[low];
    return bound;
}

// Says what an entry of the table of names asks for. False without memory.
static bool take_name(struct reader *reader, uint64_t entry, uint32_t origin,
                      struct ms_pe_import *item)
{
    struct ms_pe_lost *lost = &reader->result->lost;
    uint64_t by_ordinal = UINT64_C(1) << (8 * reader->width - 1), hint;
    uint64_t rva = reader->width == 4 ? (uint32_t)(entry - origin) : entry - origin;

    // A virtual address may have the ordinals' bit, too.
    if (entry & by_ordinal && (origin == 0 || rva >= reader->pe->size_of_image)) {
        item->asked = MS_PE_ASKED_ORDINAL;
        item->ordinal = (uint16_t)entry;
        return true;
    }
    if (rva >= reader->pe->size_of_image) {
        lost->bad++;
        return true;
    }
    item->asked = MS_PE_ASKED_NAME;
    ms_pe_window_number(&reader->texts, rva, 2, &hint);
    item->ordinal = (uint16_t)hint;
    return ms_pe_names_take(reader->store, &reader->texts, rva + 2, &item->name, lost);
}

// An entry of both tables of a list.
struct step {
    uint32_t rva;                // of the slot
    enum ms_pe_state slot, name; // `name` is NONE where there is no such table
    uint64_t value, entry;
};

static struct step read_step(struct reader *reader, const struct list *list, uint64_t i)
{
    uint64_t offset = i * reader->width;
    struct step step = {.rva = (uint32_t)(list->slots + offset)};

    step.slot =
        ms_pe_window_number(&reader->slots, list->slots + offset, reader->width, &step.value);
    if (list->names != 0)
        step.name =
            ms_pe_window_number(&reader->names, list->names + offset, reader->width, &step.entry);
    return step;
}

static bool add_slot(struct reader *reader, const struct list *list, const struct step *step)
{
    struct ms_pe_import item = {.slot = step->rva,
                                .dll = (uint32_t)(reader->dlls.n - 1),
                                .value = step->value,
                                .has_value = step->slot == MS_PE_WHOLE};

    if (list) {
        item.dll = (uint32_t)(list - reader->lists.items);
        if (step->name == MS_PE_WHOLE && !take_name(reader, step->entry, list->origin, &item))
            return false;
    }
    return ms_vec_push(&reader->items, item);
}

// What is to be done after a step.
enum next { NEXT_ADD, NEXT_SKIP, NEXT_END, NEXT_END_UNKNOWN };

// A list ends at a 0 in either table; where only its slots are known, at its bound, too. Where
// nothing of a step is in memory, only a bound says whether there are more.
static enum next judge(const struct step *step, uint64_t bound)
{
    bool in_bound = bound == 0 || step->rva < bound;

    if (step->slot == MS_PE_BAD)
        return NEXT_END_UNKNOWN;
    if (step->name == MS_PE_WHOLE)
        return step->entry == 0 ? NEXT_END : NEXT_ADD;
    if (!in_bound || (step->slot == MS_PE_WHOLE && step->value == 0))
        return NEXT_END;
    if (step->slot == MS_PE_WHOLE)
        return NEXT_ADD;
    return bound == 0 ? NEXT_END_UNKNOWN : NEXT_SKIP;
}

// Counts what a step lacks. A slot of the IAT directory that is skipped is counted with its rest.
static void count_step(struct reader *reader, struct ms_pe_import_dll *dll, const struct step *step,
                       enum next next)
{
    struct ms_pe_lost *lost = &reader->result->lost;

    if (step->name == MS_PE_MISSING || (step->name == MS_PE_BAD && dll->names != MS_PE_BAD)) {
        ms_pe_lose(lost, step->name);
        dll->names = step->name;
    }
    if (next == NEXT_ADD || !in_iat(reader->pe, step->rva))
        ms_pe_lose(lost, step->slot);
    if (next == NEXT_SKIP || next == NEXT_END_UNKNOWN)
        dll->end_unknown = true;
}

static bool read_list(struct reader *reader, size_t index)
{
    const struct list *list = &reader->lists.items[index];
    struct ms_pe_import_dll *dll = &reader->dlls.items[index];
    uint64_t bound = find_bound(reader, list->slots);
    enum next next = NEXT_ADD;

    dll->first = reader->items.n;
    dll->names = list->names != 0 ? MS_PE_WHOLE : MS_PE_NONE;
    if (!ms_pe_names_take(reader->store, &reader->texts, list->dll, &dll->name,
                          &reader->result->lost))
        return false;
    for (uint64_t i = 0; next == NEXT_ADD || next == NEXT_SKIP; i++) {
        struct step step;

        if (reader->left == 0) {
            reader->result->lost.left_out++;
            dll->end_unknown = true;
            break;
        }
        reader->left--;
        step = read_step(reader, list, i);
        next = judge(&step, bound);
        count_step(reader, dll, &step, next);
        if (next == NEXT_ADD && !add_slot(reader, list, &step))
            return false;
    }
    dll->n = reader->items.n - dll->first;
    return true;
}

// == The rest of the IAT ==

static int compare_slots(const void *left, const void *right, void *user)
{
    const struct ms_pe_import *items = user;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    if (items[a].slot != items[b].slot)
        return items[a].slot < items[b].slot ? -1 : 1;
    return a < b ? -1 : a > b;
}

// Makes the index of slots, anew if there is one.
static bool sort_slots(struct reader *reader)
{
    size_t n = reader->items.n;

    free(reader->result->by_slot);
    reader->result->by_slot = malloc((n + 1) * sizeof(*reader->result->by_slot));
    if (!reader->result->by_slot)
        return false;
    for (size_t i = 0; i < n; i++)
        reader->result->by_slot[i] = (uint32_t)i;
    qsort_r(reader->result->by_slot, n, sizeof(*reader->result->by_slot), compare_slots,
            reader->items.items);
    return true;
}

// Adds the slots of the IAT directory that no list has, and that are not 0, as one more list.
static bool read_rest(struct reader *reader, const struct ms_pe_directory *iat)
{
    const struct ms_pe_import_dll dll = {.kind = MS_PE_IMPORT_IAT, .first = reader->items.n};
    const uint32_t *by_slot = reader->result->by_slot;
    struct ms_pe_lost *lost = &reader->result->lost;
    struct list rest = {.slots = iat->rva};
    size_t claimed = 0; // slots of lists that end at or below the one looked at

    if (!ms_vec_push(&reader->dlls, dll))
        return false;
    for (uint32_t i = 0; i < iat->size / reader->width; i++) {
        struct step step;

        if (reader->left == 0) {
            lost->left_out += iat->size / reader->width - i;
            break;
        }
        reader->left--;
        step = read_step(reader, &rest, i);
        if (step.slot == MS_PE_BAD) {
            lost->bad++;
            break;
        }
        while (claimed < dll.first &&
               (uint64_t)reader->items.items[by_slot[claimed]].slot + reader->width <= step.rva)
            claimed++;
        if (claimed < dll.first &&
            reader->items.items[by_slot[claimed]].slot < (uint64_t)step.rva + reader->width)
            continue;
        ms_pe_lose(lost, step.slot);
        if (step.value != 0 && !add_slot(reader, NULL, &step))
            return false;
    }
    reader->dlls.items[reader->dlls.n - 1].n = reader->items.n - dll.first;
    reader->dlls.n -= reader->items.n == dll.first; // there is no rest
    return reader->items.n == dll.first || sort_slots(reader);
}

// == The whole ==

static void reader_free(struct reader **reader)
{
    if (!*reader)
        return;
    free((*reader)->lists.items);
    free((*reader)->dlls.items);
    free((*reader)->items.items);
    free((*reader)->starts);
    ms_pe_names_free((*reader)->store);
    ms_pe_imports_free((*reader)->result);
    free(*reader);
}

static struct reader *reader_create(const struct ms_pe *pe)
{
    MS_CLEANUP(reader_free) struct reader *reader = calloc(1, sizeof(*reader));

    if (!reader)
        return NULL;
    reader->pe = pe;
    ms_pe_window_start(&reader->slots, pe);
    ms_pe_window_start(&reader->names, pe);
    ms_pe_window_start(&reader->texts, pe);
    reader->width = pe->bits / 8;
    reader->left = MS_PE_MAX_IMPORTS;
    reader->store = ms_pe_names_create(pe);
    reader->result = calloc(1, sizeof(*reader->result));
    if (!reader->store || !reader->result)
        return NULL;
    return ms_keep(reader);
}

// False without memory.
static bool read_all(struct reader *reader)
{
    const struct ms_pe_directory *iat = &reader->pe->directories[MS_PE_DIRECTORY_IAT];
    struct ms_pe_imports *result = reader->result;
    bool ok;

    ok = read_directory(reader, MS_PE_DIRECTORY_IMPORT, DESCRIPTOR_BYTES, take_normal,
                        &result->state) &&
         read_directory(reader, MS_PE_DIRECTORY_DELAY_IMPORT, DELAY_BYTES, take_delay,
                        &result->delay_state) &&
         sort_starts(reader);
    for (size_t i = 0; ok && i < reader->lists.n; i++)
        ok = read_list(reader, i);
    ok = ok && sort_slots(reader);
    result->iat_state = iat->state;
    return ok && (iat->state != MS_PE_WHOLE || read_rest(reader, iat));
}

enum ms_status ms_pe_imports_read(const struct ms_pe *pe, struct ms_pe_imports **imports_ret,
                                  struct ms_error *error)
{
    MS_CLEANUP(reader_free) struct reader *reader = reader_create(pe);
    struct ms_pe_imports *result;

    if (!reader || !read_all(reader))
        return ms_fail_nomem(error);
    result = ms_keep(reader->result);
    result->n_dlls = reader->dlls.n;
    result->dlls = ms_keep(reader->dlls.items);
    result->n = reader->items.n;
    result->items = ms_keep(reader->items.items);
    result->slot_bytes = reader->width;
    result->bytes = sizeof(*result) + reader->dlls.capacity * sizeof(*result->dlls) +
                    reader->items.capacity * sizeof(*result->items) +
                    result->n * sizeof(*result->by_slot) + reader->store->bytes;
    result->names = ms_keep(reader->store);
    *imports_ret = result;
    return MS_OK;
}

void ms_pe_imports_free(struct ms_pe_imports *imports)
{
    if (!imports)
        return;
    free(imports->dlls);
    free(imports->items);
    free(imports->by_slot);
    ms_pe_names_free(imports->names);
    free(imports);
}

const struct ms_pe_import *ms_pe_imports_at(const struct ms_pe_imports *imports, uint32_t rva)
{
    size_t low = 0, high = imports->n; // the slots before `low` begin at or below the RVA

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (imports->items[imports->by_slot[middle]].slot <= rva)
            low = middle + 1;
        else
            high = middle;
    }
    if (low > 0) {
        const struct ms_pe_import *item = &imports->items[imports->by_slot[low - 1]];

        if (rva - item->slot < imports->slot_bytes)
            return item;
    }
    return NULL;
}
