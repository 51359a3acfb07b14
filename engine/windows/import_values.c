// SPDX-License-Identifier: MIT
//
// Where nothing tells which words of a module are slots, their shape does. Linkers put the slots of
// a module side by side: a list for each DLL, with a 0 behind it. Data that looks like one list
// (tables of functions, pointers that were kept) is common, so only the longest such row counts.

#include "windows/imports.h"

#include "base/bytes.h"

#include <stdlib.h>

#define MAX_BYTES UINT64_C(0x1000000) // of a module that are looked at

typedef MS_VEC(struct ms_import) slot_vec;

struct finder {
    const struct ms_modules *modules;
    size_t module; // whose words these are
    struct ms_vmem memory;
    unsigned width;
    // The row that is being looked at.
    slot_vec slots;
    size_t list;      // its last list begins here; empty: the next one has not begun
    size_t n_exports; // slots of the lists before that point to one
    bool after_zero;
    // The longest one so far.
    slot_vec best;
    size_t n_best; // exports
    bool is_only;  // no other has as many
};

// == Rows ==

// Where most of a list points to, if anywhere.
static size_t vote(const struct ms_import *slots, size_t n)
{
    size_t module = MS_NO_MODULE, votes = 0;

    for (size_t i = 0; i < n; i++) {
        if (!slots[i].symbol)
            continue;
        if (votes == 0)
            module = slots[i].module;
        votes = slots[i].module == module ? votes + 1 : votes - 1;
    }
    return module;
}

// Ends the list behind its last slot. It counts if most of it are exports, and half of these are of
// one module: forwarders lead to others.
static bool end_list(struct finder *finder)
{
    const struct ms_import *slots = finder->slots.items + finder->list;
    size_t n = finder->slots.n - finder->list, n_exports = 0, n_of_one = 0;
    size_t module = vote(slots, n);

    for (size_t i = 0; i < n; i++) {
        n_exports += slots[i].symbol != NULL;
        n_of_one += slots[i].symbol != NULL && slots[i].module == module;
    }
    if (n_exports * 2 <= n || n_of_one * 2 < n_exports)
        return false;
    finder->list = finder->slots.n;
    finder->n_exports += n_exports;
    return true;
}

// What has no end is no list.
static void end_row(struct finder *finder)
{
    finder->slots.n = finder->list;
    if (finder->n_exports > finder->n_best) {
        slot_vec slots = finder->best;

        finder->best = finder->slots;
        finder->slots = slots;
        finder->n_best = finder->n_exports;
        finder->is_only = true;
    } else if (finder->n_exports == finder->n_best) {
        finder->is_only = false;
    }
    finder->slots.n = finder->list = finder->n_exports = 0;
    finder->after_zero = false;
}

// == Words ==

static void take_zero(struct finder *finder)
{
    bool goes_on =
        finder->slots.n > finder->list ? end_list(finder) : finder->list > 0 && !finder->after_zero;

    if (goes_on)
        finder->after_zero = true;
    else
        end_row(finder);
}

// A slot that was hooked may point anywhere but into its own module; the first one of a row must be
// an export.
static bool take_pointer(struct finder *finder, uint64_t slot, uint64_t value)
{
    struct ms_import item = {.slot = slot,
                             .kind = MS_IMPORT_BY_VALUE,
                             .asked_module = "",
                             .has_value = true,
                             .value = value,
                             .module = MS_NO_MODULE};

    if (!ms_in_kernel(&finder->modules->memory, value, 1)) {
        end_row(finder);
        return true;
    }
    if (!ms_import_point(finder->modules, &item, NULL))
        return false;
    if (item.module == finder->module || (finder->slots.n == 0 && !item.symbol) ||
        finder->slots.n == MS_PE_MAX_IMPORTS) {
        end_row(finder);
        return true;
    }
    finder->after_zero = false;
    return ms_vec_push(&finder->slots, item);
}

// A list that goes on in a page that is not there has its end in it.
static void take_hole(struct finder *finder)
{
    bool in_row = finder->slots.n > finder->list ? end_list(finder) : finder->after_zero;

    finder->after_zero = false;
    if (!in_row)
        end_row(finder);
}

static bool take_page(struct finder *finder, uint64_t address, uint64_t end)
{
    uint8_t bytes[MS_KERNEL_PAGE];

    if (!ms_vmem_get(&finder->memory, address, bytes, sizeof(bytes))) {
        take_hole(finder);
        return true;
    }
    for (uint64_t at = 0; at < MS_KERNEL_PAGE && address + at < end; at += finder->width) {
        uint64_t value = ms_le(bytes + at, finder->width);

        if (value == 0)
            take_zero(finder);
        else if (!take_pointer(finder, address + at, value))
            return false;
    }
    return true;
}

static bool look_through(struct finder *finder)
{
    const struct ms_module *in = &finder->modules->list.items[finder->module];
    uint64_t size = in->size < MAX_BYTES ? in->size : MAX_BYTES;

    for (uint64_t at = 0; at < size; at += MS_KERNEL_PAGE)
        if (!take_page(finder, in->base + at, in->base + size))
            return false;
    end_row(finder);
    return true;
}

bool ms_imports_by_value(const struct ms_modules *modules, size_t module,
                         const struct ms_vmem *memory, struct ms_module_imports *imports)
{
    struct finder finder = {
        .modules = modules, .module = module, .memory = *memory, .width = imports->slot_bytes};
    bool ok = look_through(&finder);

    // Of several single pointers none is more likely than the others.
    for (size_t i = 0; ok && i < finder.best.n && (finder.n_best > 1 || finder.is_only); i++)
        ok = ms_vec_push(&imports->list, finder.best.items[i]);
    free(finder.slots.items);
    free(finder.best.items);
    return ok;
}
