// SPDX-License-Identifier: MIT
//
// The list is a ring through its head. Its links come from strangers: each entry is taken once.

#include "windows/processes.h"

#include <inttypes.h>
#include <stdlib.h>

enum walk_end { AT_HEAD, AT_KNOWN, AT_BROKEN, AT_LIMIT, NO_MEMORY };

struct walking {
    struct ms_processes *processes;
    const struct ms_kernel_memory *memory;
    uint64_t head;
    MS_VEC(uint64_t) entries; // that were passed
    size_t n_unreadable;      // of them, that are no processes, or none that is in the image
};

static bool is_passed(const struct walking *walking, uint64_t entry)
{
    for (size_t i = 0; i < walking->entries.n; i++) {
        if (walking->entries.items[i] == entry)
            return true;
    }
    return false;
}

// The neighbour of an entry. False: nothing in memory tells.
static bool step(const struct walking *walking, uint64_t entry, bool forward, uint64_t *next_ret)
{
    uint64_t at = entry + (forward ? 0 : walking->memory->bits / 8);

    return ms_kernel_pointer(walking->memory, at, next_ret) &&
           ms_in_kernel(walking->memory, *next_ret, 1);
}

// Reads the process of an entry. Where its name is no proof, its links must be, whatever it is.
static bool read_process(const struct walking *walking, uint64_t entry,
                         struct ms_process_info *info_ret)
{
    const struct ms_nt_layout *layout = &walking->processes->layout;
    uint64_t address = entry - layout->at[MS_PROCESS_LINKS];

    return ms_process_read(walking->memory, layout, address, info_ret) &&
           (ms_process_has_text_name(info_ret) ||
            ms_process_is_linked(walking->memory, layout, address));
}

// An entry that is not read as a process is one of the list only if its neighbour agrees.
static bool is_between(const struct walking *walking, uint64_t entry, uint64_t next, bool forward)
{
    uint64_t back;

    return step(walking, next, !forward, &back) && back == entry;
}

// Follows one link of the entries, from `*at` on, until the head, an entry that is none, or one
// that was passed before; `*at` is then that.
static enum walk_end walk(struct walking *walking, uint64_t *at, bool forward)
{
    struct ms_processes *processes = walking->processes;

    while (*at != walking->head) {
        uint64_t next;
        struct ms_process_info info;
        bool is_read = read_process(walking, *at, &info);

        if (is_passed(walking, *at))
            return AT_KNOWN;
        if (!step(walking, *at, forward, &next) ||
            (!is_read && !is_between(walking, *at, next, forward)))
            return AT_BROKEN;
        if (walking->entries.n == MS_MAX_PROCESSES)
            return AT_LIMIT;
        info.sources = MS_PROCESS_LIST;
        info.guessed = processes->guessed;
        walking->n_unreadable += !is_read;
        if (!ms_vec_push(&walking->entries, *at) ||
            (is_read && !ms_vec_push(&processes->list, info)))
            return NO_MEMORY;
        *at = next;
    }
    return AT_HEAD;
}

// Entries that were found from the end on are the last ones, in the wrong order.
static void reverse(struct ms_processes *processes, size_t first)
{
    for (size_t a = first, b = processes->list.n; a + 1 < b; a++, b--) {
        struct ms_process_info info = processes->list.items[a];

        processes->list.items[a] = processes->list.items[b - 1];
        processes->list.items[b - 1] = info;
    }
}

// == What became of it ==

static bool note_broken(struct ms_processes *processes, enum walk_end end, uint64_t broken_at,
                        size_t n_from_end)
{
    if (end == AT_KNOWN)
        return ms_notes_add(&processes->notes,
                            "the list of processes leads back into itself; from its end "
                            "come %zu more",
                            n_from_end);
    if (end == AT_BROKEN)
        return ms_notes_add(&processes->notes,
                            "the list of processes breaks off: at 0x%" PRIx64
                            " is no entry, or none that is in the image; from its end "
                            "come %zu more",
                            broken_at, n_from_end);
    return end != AT_LIMIT ||
           ms_notes_add(&processes->notes,
                        "the list of processes has more than %u entries: the rest is "
                        "left out",
                        MS_MAX_PROCESSES);
}

static bool note_unreadable(struct ms_processes *processes, size_t n)
{
    return n == 0 || ms_notes_add(&processes->notes,
                                  "entries of the list of processes that are none, or "
                                  "are not in the image: %zu",
                                  n);
}

// Where the list breaks off, what is behind the break is had from its end.
static bool read_from_end(struct walking *walking, enum walk_end end, uint64_t broken_at)
{
    struct ms_processes *processes = walking->processes;
    size_t n_forward = processes->list.n;
    enum walk_end back = AT_HEAD;
    uint64_t at;

    if ((end == AT_KNOWN || end == AT_BROKEN) && step(walking, walking->head, false, &at))
        back = walk(walking, &at, false);
    reverse(processes, n_forward);
    return back != NO_MEMORY && note_broken(processes, back == AT_LIMIT ? back : end, broken_at,
                                            processes->list.n - n_forward);
}

bool ms_processes_read_list(struct ms_processes *processes)
{
    struct walking walking = {
        .processes = processes,
        .memory = &processes->modules->memory,
        .head = ms_process_list_head(processes),
    };
    enum walk_end end = AT_BROKEN;
    uint64_t at = walking.head;
    bool ok;

    if (!walking.head || !ms_nt_has(&processes->layout, MS_PROCESS_LINKS))
        return ms_notes_add(&processes->notes, "the list of processes was not found");
    if (step(&walking, walking.head, true, &at))
        end = walk(&walking, &at, true);
    processes->list_whole = end == AT_HEAD;
    ok = end != NO_MEMORY && read_from_end(&walking, end, at) &&
         note_unreadable(processes, walking.n_unreadable);
    free(walking.entries.items);
    return ok;
}
