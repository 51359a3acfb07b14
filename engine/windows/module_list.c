// SPDX-License-Identifier: MIT
//
// A list is a ring through its head. Its links come from strangers: each entry is taken once.

#include "windows/module_list.h"

#include "base/bytes.h"

// == Loaded modules ==

static bool has_entry(const struct ms_ldr_entries *entries, uint64_t address)
{
    for (size_t i = 0; i < entries->list.n; i++) {
        if (entries->list.items[i].address == address)
            return true;
    }
    return false;
}

enum walk_end { AT_HEAD, AT_KNOWN, AT_BROKEN, AT_LIMIT, NO_MEMORY };

// Follows one link of the entries, from `*at` on, until the head, an entry that is none, or one
// that was taken before; `*at` is then that.
static enum walk_end walk(const struct ms_kernel_memory *memory, uint64_t head, uint64_t *at,
                          bool forward, struct ms_ldr_entries *entries)
{
    while (*at != head) {
        struct ms_ldr_entry entry;

        if (has_entry(entries, *at))
            return AT_KNOWN;
        if (!ms_ldr_entry_read(memory, *at, &entry))
            return AT_BROKEN;
        if (entries->list.n == MS_MAX_LIST_ENTRIES)
            return AT_LIMIT;
        if (!ms_vec_push(&entries->list, entry))
            return NO_MEMORY;
        *at = forward ? entry.next : entry.previous;
    }
    return AT_HEAD;
}

// Entries that were found from the end on are the last ones, in the wrong order.
static void reverse(struct ms_ldr_entries *entries, size_t first)
{
    for (size_t a = first, b = entries->list.n; a + 1 < b; a++, b--) {
        struct ms_ldr_entry entry = entries->list.items[a];

        entries->list.items[a] = entries->list.items[b - 1];
        entries->list.items[b - 1] = entry;
    }
}

bool ms_module_list_read(const struct ms_kernel_memory *memory, uint64_t head,
                         struct ms_ldr_entries *entries)
{
    uint64_t next = 0, previous = 0;
    enum walk_end end, back;
    size_t n_forward;

    ms_kernel_pointer(memory, head, &next);
    ms_kernel_pointer(memory, head + memory->bits / 8, &previous);
    end = walk(memory, head, &next, true, entries);
    entries->loops = end == AT_KNOWN;
    entries->too_long = end == AT_LIMIT;
    if (end != AT_KNOWN && end != AT_BROKEN)
        return end != NO_MEMORY;
    n_forward = entries->list.n;
    back = walk(memory, head, &previous, false, entries);
    reverse(entries, n_forward);
    entries->breaks = end == AT_BROKEN;
    entries->broken_at = next;
    entries->n_from_end = entries->list.n - n_forward;
    entries->end_lost = back == AT_BROKEN && previous != next;
    entries->too_long = back == AT_LIMIT;
    return back != NO_MEMORY;
}

// == Unloaded drivers ==

// An entry that was never used has no start.
static bool parse_unloaded(const struct ms_kernel_memory *memory, const uint8_t *bytes,
                           struct ms_unloaded_driver *driver)
{
    const uint16_t *at = memory->layout.at;
    uint32_t width = memory->bits / 8;

    driver->name = ms_unicode_string_of(memory, bytes + at[MS_UNLOADED_NAME]);
    driver->base = ms_le(bytes + at[MS_UNLOADED_START], width);
    driver->end = ms_le(bytes + at[MS_UNLOADED_END], width);
    driver->time = ms_le64(bytes + at[MS_UNLOADED_TIME]);
    return driver->base && driver->end > driver->base &&
           ms_in_kernel(memory, driver->base, driver->end - driver->base);
}

void ms_unloaded_drivers_read(const struct ms_kernel_memory *memory, const struct ms_nt *nt,
                              struct ms_unloaded_drivers *drivers)
{
    uint64_t variable = ms_nt_variable(nt, MS_KDBG_UNLOADED_DRIVERS, "MmUnloadedDrivers");
    uint64_t last = ms_nt_variable(nt, MS_KDBG_LAST_UNLOADED_DRIVER, "MmLastUnloadedDriver"), array;
    size_t size = memory->layout.at[MS_UNLOADED_BYTES];
    uint8_t bytes[4] = {0};
    uint32_t next = 0;

    *drivers = (struct ms_unloaded_drivers){0};
    if (!variable || !ms_kernel_pointer(memory, variable, &array))
        return;
    drivers->known = true;
    if (array == 0)
        return;
    // Where the next one goes is where the oldest one is, once the array is full.
    if (ms_kernel_get(memory, last, bytes, 4))
        next = ms_le32(bytes) % MS_MAX_UNLOADED;
    for (unsigned i = 1; i <= MS_MAX_UNLOADED; i++) {
        uint64_t slot = (next + MS_MAX_UNLOADED - i) % MS_MAX_UNLOADED;
        uint8_t entry[MS_NT_STRUCTURE_BYTES] = {0};

        if (!ms_kernel_get(memory, array + slot * size, entry, size))
            drivers->n_missing++;
        else if (parse_unloaded(memory, entry, &drivers->items[drivers->n]))
            drivers->n++;
    }
}
