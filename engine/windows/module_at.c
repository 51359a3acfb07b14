// SPDX-License-Identifier: MIT
//
// From addresses to modules. Modules that overlap are laid out flat once, so that a look-up is one
// binary search.

#include "windows/modules.h"

#include "base/cleanup.h"

// Going over the modules by ascending base: those that have begun and may not have ended, the one
// that began last on top.
struct sweep {
    struct ms_modules *modules;
    size_t *open;
    size_t n_open;
    uint64_t at; // up to here all is laid out
};

static uint64_t end_of(const struct ms_modules *modules, size_t module)
{
    return modules->list.items[module].base + modules->list.items[module].size;
}

static bool begin_stretch(struct sweep *sweep, uint64_t first, size_t module)
{
    struct ms_module_stretch stretch = {first, module};

    return ms_vec_push(&sweep->modules->stretches, stretch);
}

// Lays out what is open, up to `until`.
static bool advance(struct sweep *sweep, uint64_t until)
{
    while (sweep->n_open > 0) {
        size_t top = sweep->open[sweep->n_open - 1];
        uint64_t end = end_of(sweep->modules, top);

        if (end > sweep->at) {
            if (!begin_stretch(sweep, sweep->at, top))
                return false;
            if (end > until)
                return true;
            sweep->at = end;
        }
        sweep->n_open--;
    }
    return begin_stretch(sweep, sweep->at, MS_NO_MODULE);
}

static bool is_listed(const struct ms_modules *modules, size_t module)
{
    return modules->list.items[module].sources & MS_MODULE_LIST;
}

// Whether a listed module holds a byte of one that only a scan found: `listed_end` is where those
// end that begin before it, `next_listed` the first one behind it.
static bool is_covered(const struct ms_modules *modules, size_t module, uint64_t listed_end,
                       size_t next_listed)
{
    const struct ms_module *items = modules->list.items;

    return items[module].base < listed_end ||
           (next_listed < modules->list.n && items[next_listed].base < end_of(modules, module));
}

// Those that only a scan found are left out where they lie in a listed one: a driver may carry
// another one in its data.
static bool sweep_over(struct sweep *sweep)
{
    const struct ms_modules *modules = sweep->modules;
    uint64_t listed_end = 0;
    size_t next_listed = 0;

    for (size_t i = 0; i < modules->list.n; i++) {
        uint64_t base = modules->list.items[i].base;

        while (next_listed < modules->list.n &&
               (next_listed <= i || !is_listed(modules, next_listed)))
            next_listed++;
        if (!is_listed(modules, i) && is_covered(modules, i, listed_end, next_listed))
            continue;
        if (is_listed(modules, i) && end_of(modules, i) > listed_end)
            listed_end = end_of(modules, i);
        if (!advance(sweep, base))
            return false;
        sweep->at = base;
        sweep->open[sweep->n_open++] = i;
    }
    return advance(sweep, UINT64_MAX);
}

enum ms_status ms_modules_index(struct ms_modules *modules, struct ms_error *error)
{
    MS_FREE size_t *open = calloc(modules->list.n + 1, sizeof(*open));
    struct sweep sweep = {.modules = modules, .open = open};

    return open && sweep_over(&sweep) ? MS_OK : ms_fail_nomem(error);
}

// Stretches without bytes, where several begin at one address, are behind the search: it takes the
// last one that begins at or below the address.
size_t ms_modules_stretch_at(const struct ms_modules *modules, uint64_t address, uint64_t *last_ret)
{
    const struct ms_module_stretch *items = modules->stretches.items;
    size_t low = 0, high = modules->stretches.n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (items[middle].first <= address)
            low = middle + 1;
        else
            high = middle;
    }
    *last_ret = low < modules->stretches.n ? items[low].first - 1 : UINT64_MAX;
    return low > 0 ? items[low - 1].module : MS_NO_MODULE;
}

size_t ms_modules_at(const struct ms_modules *modules, uint64_t address)
{
    uint64_t last;

    return ms_modules_stretch_at(modules, address, &last);
}
