// SPDX-License-Identifier: MIT
//
// The public face of driver objects. One address is one object, whoever tells of it.

#include "windows/drivers.h"

#include "base/cleanup.h"
#include "windows/instruction.h"

// == Making ==

void ms_drivers_free(struct ms_drivers *drivers)
{
    if (!drivers)
        return;
    for (size_t i = 0; i < drivers->list.n; i++)
        ms_driver_release(&drivers->list.items[i]);
    ms_notes_release(&drivers->notes);
    free(drivers->list.items);
    free(drivers);
}

static void free_local(struct ms_drivers **drivers)
{
    ms_drivers_free(*drivers);
}

static int compare(const void *a, const void *b)
{
    const struct ms_driver_candidate *x = a, *y = b;

    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    return x->sources < y->sources ? -1 : x->sources > y->sources;
}

// What a directory has is alive, whatever its block says; and of those that several tell of, the
// first one is kept.
static void join_equal(struct ms_driver_candidates *candidates)
{
    struct ms_driver_candidate *items = candidates->list.items;
    size_t n = 0;

    if (candidates->list.n == 0)
        return;
    qsort(items, candidates->list.n, sizeof(*items), compare);
    for (size_t i = 1; i < candidates->list.n; i++) {
        if (items[i].address == items[n].address)
            items[n].sources |= items[i].sources;
        else
            items[++n] = items[i];
    }
    candidates->list.n = n + 1;
}

static bool read_objects(struct ms_drivers *drivers, const struct ms_driver_candidates *candidates)
{
    size_t i = 0;

    for (; i < candidates->list.n && drivers->list.n < MS_MAX_DRIVERS; i++) {
        bool taken;

        if (!ms_driver_read(drivers, &candidates->list.items[i], &taken))
            return false;
    }
    return i == candidates->list.n ||
           ms_notes_add(&drivers->notes,
                        "there are more than %d driver objects: the rest is left out",
                        MS_MAX_DRIVERS);
}

static enum ms_status collect(struct ms_drivers *drivers, unsigned flags, struct ms_watch *watch,
                              struct ms_driver_candidates *candidates, struct ms_error *error)
{
    bool ok = ms_drivers_find_root(drivers) && ms_drivers_list(drivers, candidates);

    if (ok && drivers->root == 0)
        ok = ms_notes_add(&drivers->notes, "the directory of objects was not found: driver objects "
                                           "are looked for in all of the kernel's memory");
    if (!ok)
        return ms_fail_nomem(error);
    if (drivers->root != 0 && !(flags & MS_DRIVERS_SCAN))
        return MS_OK;
    return ms_drivers_scan(drivers, watch, candidates, error);
}

static enum ms_status fill(struct ms_drivers *drivers, unsigned flags, struct ms_watch *watch,
                           struct ms_error *error)
{
    struct ms_driver_candidates candidates = {0};
    enum ms_status status = collect(drivers, flags, watch, &candidates, error);

    join_equal(&candidates);
    if (!status && !(read_objects(drivers, &candidates) && ms_drivers_judge(drivers)))
        status = ms_fail_nomem(error);
    free(candidates.list.items);
    return status;
}

enum ms_status ms_drivers_create(const struct ms_modules *modules,
                                 const struct ms_drivers_options *options,
                                 struct ms_drivers **drivers_ret, struct ms_error *error)
{
    static const struct ms_drivers_options none = {0};
    MS_CLEANUP(free_local) struct ms_drivers *drivers = NULL;
    struct ms_watch watch;
    enum ms_status status;

    if (!options)
        options = &none;
    if (options->flags & ~(unsigned)MS_DRIVERS_SCAN)
        return ms_fail(error, MS_ARGUMENT, "unknown flags of drivers: 0x%x", options->flags);
    watch = (struct ms_watch){.progress = options->progress, .user = options->user};
    if (!modules->nt.base)
        return ms_fail(error, MS_MISSING, "there is no Windows kernel, so no driver objects");
    drivers = calloc(1, sizeof(*drivers));
    if (!drivers)
        return ms_fail_nomem(error);
    drivers->modules = modules;
    drivers->layout = ms_driver_layout_of(modules->memory.bits);
    status = fill(drivers, options->flags, &watch, error);
    if (status)
        return status;
    *drivers_ret = ms_keep(drivers);
    return ms_watch_status(&watch, error);
}

// == What was found ==

size_t ms_drivers_n_notes(const struct ms_drivers *drivers)
{
    return drivers->notes.lines.n;
}

const char *ms_drivers_note(const struct ms_drivers *drivers, size_t index)
{
    return drivers->notes.lines.items[index];
}

struct ms_drivers_system ms_drivers_system(const struct ms_drivers *drivers)
{
    return (struct ms_drivers_system){
        .root_directory = drivers->root,
        .root_origin = drivers->root_origin,
        .scanned = drivers->scanned,
        .unset = drivers->unset,
        .unset_origin = drivers->unset_origin,
        .follows_trampolines = ms_instructions_known(),
    };
}

size_t ms_drivers_count(const struct ms_drivers *drivers)
{
    return drivers->list.n;
}

struct ms_driver_info ms_drivers_info(const struct ms_drivers *drivers, size_t index)
{
    const struct ms_driver *driver = &drivers->list.items[index];
    bool is_listed = driver->found.sources & MS_DRIVER_LIST;
    struct ms_driver_info info = {
        .address = driver->found.address,
        .name = driver->name,
        .object_name = driver->object_name,
        .service = driver->service,
        .sources = driver->found.sources,
        .freed = !is_listed && driver->found.freed,
        .hidden = !is_listed && !driver->found.freed && drivers->directories_whole,
        .flags = driver->flags,
        .start = driver->start,
        .size = driver->size,
        .module = driver->module,
        .section = driver->section,
        .extension = driver->extension,
        .fast_io = driver->fast_io,
        .pointers = driver->pointers.items,
        .n_pointers = driver->pointers.n,
        .n_hooked = driver->n_hooked,
        .devices = driver->devices.list.items,
        .n_devices = driver->devices.list.n,
        .clients = driver->clients.items,
        .n_clients = driver->clients.n,
    };

    memcpy(info.majors, driver->majors, sizeof(info.majors));
    return info;
}
