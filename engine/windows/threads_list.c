// SPDX-License-Identifier: MIT
//
// Each process keeps two rings of its threads. A thread that ends leaves that of the KPROCESS at
// once, and that of the EPROCESS when nothing refers to it any more. The links come from strangers:
// each ring has a thread once, each thread is of one process, and all of them are counted.

#include "windows/threads.h"

#include <inttypes.h>

#define MAX_BROKEN_NOTES 16
#define MAX_PROOFS       16 // processes of which one must have a thread

struct thread_list {
    const char *name;
    enum ms_nt_field head, links;
};

static const struct thread_list lists[MS_N_THREAD_LISTS] = {
    {"KPROCESS", MS_PROCESS_THREADS, MS_THREAD_K_LINKS},
    {"EPROCESS", MS_PROCESS_THREAD_LIST, MS_THREAD_LINKS},
};

static bool has_list(const struct ms_threads *threads, size_t list)
{
    return ms_nt_has(&threads->processes->layout, lists[list].head) &&
           ms_nt_has(&threads->layout, lists[list].links) &&
           ms_nt_has(&threads->layout, MS_THREAD_CID);
}

static uint64_t head_of(const struct ms_threads *threads, size_t process, size_t list)
{
    return threads->processes->list.items[process].address +
           threads->processes->layout.at[lists[list].head];
}

// The thread that has a link at an address. False: there is none, or it is of another process.
static bool read_entry(const struct ms_threads *threads, size_t process, size_t list, uint64_t link,
                       struct ms_thread *thread_ret)
{
    uint16_t at = threads->layout.at[lists[list].links];

    return link >= at && ms_thread_read(threads, link - at, thread_ret) &&
           ms_thread_is_of(thread_ret, &threads->processes->list.items[process]);
}

// == The layout ==

static bool proves_layout(const struct ms_threads *threads, size_t process, size_t list)
{
    uint64_t next = 0;
    struct ms_thread thread;

    return has_list(threads, list) &&
           ms_kernel_pointer(ms_threads_memory(threads), head_of(threads, process, list), &next) &&
           read_entry(threads, process, list, next, &thread) && thread.info.has_cid;
}

static bool is_layout_proved(const struct ms_threads *threads)
{
    size_t n = threads->processes->list.n;

    for (size_t i = 0; i < n && i < MAX_PROOFS; i++) {
        if (proves_layout(threads, i, 0) || proves_layout(threads, i, 1))
            return true;
    }
    return false;
}

static void take_fields(struct ms_nt_layout *layout, const struct ms_nt_layout *from)
{
    for (size_t i = MS_THREAD_BYTES; i <= MS_THREAD_CROSS_FLAGS; i++)
        layout->at[i] = from->at[i];
}

// Whether a table has the kernel's build, or a symbol file tells of threads.
static bool is_layout_known(const struct ms_modules *modules)
{
    struct ms_nt_layout unused;

    return ms_nt_layout_for(modules->memory.bits, modules->nt.build, &unused) ||
           (modules->nt.symbols && modules->nt.symbols->tells[MS_THREAD_CID]);
}

bool ms_threads_choose_layout(struct ms_threads *threads)
{
    const struct ms_modules *modules = threads->processes->modules;
    uint32_t build = modules->nt.build, of_build;
    struct ms_nt_layout near;

    threads->layout = threads->processes->layout;
    threads->guessed = threads->processes->guessed || !is_layout_known(modules);
    // A guess of all the fields has been told with the processes.
    if (threads->guessed == threads->processes->guessed && is_layout_proved(threads))
        return true;
    for (size_t i = 0; ms_nt_layout_near(modules->memory.bits, build, i, &near, &of_build); i++) {
        ms_nt_apply_symbols(&modules->nt, &near);
        take_fields(&threads->layout, &near);
        if (!is_layout_proved(threads))
            continue;
        threads->guessed = true;
        return ms_notes_add(&threads->notes,
                            "threads are read as build %" PRIu32
                            " has them, a guess for build %" PRIu32,
                            of_build, build);
    }
    threads->layout = threads->processes->layout;
    return true;
}

// == A list ==

struct walk {
    struct ms_threads *threads;
    size_t process, list;
    uint64_t at; // the link that comes next
};

enum walk_end { AT_HEAD, AT_KNOWN, AT_BROKEN, AT_LIMIT, NO_MEMORY };

// Takes a thread of the walk's list, as one that no list has yet or as one that the other has.
static enum walk_end take(const struct walk *walk, const struct ms_thread *thread)
{
    struct ms_threads *threads = walk->threads;
    struct ms_thread_item *known = ms_threads_find(threads, thread->info.address);
    struct ms_thread_info info = thread->info;
    unsigned source = 1u << walk->list;

    if (known && known->info.process != walk->process)
        return AT_BROKEN;
    if (known && (known->info.sources & source))
        return AT_KNOWN;
    if (known) {
        known->info.sources |= source;
        return AT_HEAD;
    }
    if (threads->list.n >= threads->max_threads)
        return AT_LIMIT;
    info.process = walk->process;
    info.sources = source;
    return ms_threads_add(threads, &info, threads->list.n) ? AT_HEAD : NO_MEMORY;
}

// Follows the links to the head, or to what ends the walk before.
static enum walk_end follow(struct walk *walk, bool forward)
{
    uint64_t head = head_of(walk->threads, walk->process, walk->list);

    while (walk->at != head) {
        struct ms_thread thread;
        enum walk_end end;

        if (!read_entry(walk->threads, walk->process, walk->list, walk->at, &thread))
            return AT_BROKEN;
        end = take(walk, &thread);
        if (end != AT_HEAD)
            return end;
        walk->at = forward ? thread.next[walk->list] : thread.previous[walk->list];
    }
    return AT_HEAD;
}

// Those from `first` on were found from the end of a list.
static void reverse_order(struct ms_threads *threads, size_t first)
{
    size_t last = threads->list.n - 1;

    for (size_t i = first; i < threads->list.n; i++)
        threads->list.items[i].order = first + last - i;
}

static bool note_broken(const struct walk *walk, enum walk_end end, bool end_lost)
{
    const char *how = end == AT_KNOWN   ? "leads back into itself"
                      : end == AT_LIMIT ? "has more threads than an image of this size"
                                        : "breaks off: there is no thread of it, or none that is "
                                          "in the image";

    walk->threads->whole[walk->process] = false;
    if (walk->threads->n_broken++ >= MAX_BROKEN_NOTES)
        return true;
    return ms_notes_add(
        &walk->threads->notes,
        "the list of threads in the %s of process %" PRIu32 ", at 0x%" PRIx64 ", %s%s",
        lists[walk->list].name, walk->threads->processes->list.items[walk->process].pid, walk->at,
        how, end_lost ? "; from its end, too: some may lack" : "");
}

// Behind a break, the list is gone through from its end.
static bool take_list(struct ms_threads *threads, size_t process, size_t list)
{
    const struct ms_kernel_memory *memory = ms_threads_memory(threads);
    uint64_t head = head_of(threads, process, list);
    struct walk walk = {threads, process, list, 0}, back = walk;
    size_t n_forward;
    enum walk_end end, back_end = AT_HEAD;

    ms_kernel_pointer(memory, head, &walk.at);
    ms_kernel_pointer(memory, head + memory->bits / 8, &back.at);
    end = follow(&walk, true);
    if (end == AT_HEAD || end == NO_MEMORY)
        return end == AT_HEAD;
    n_forward = threads->list.n;
    if (end != AT_LIMIT)
        back_end = follow(&back, false);
    reverse_order(threads, n_forward);
    return back_end != NO_MEMORY &&
           note_broken(&walk, end, back_end == AT_BROKEN && back.at != walk.at);
}

// == All of them ==

static bool note_rest(struct ms_threads *threads)
{
    return threads->n_broken <= MAX_BROKEN_NOTES ||
           ms_notes_add(&threads->notes, "lists of threads that break off, besides these: %zu",
                        threads->n_broken - MAX_BROKEN_NOTES);
}

// What is left of a process that is gone may lead anywhere.
static bool take_process(struct ms_threads *threads, size_t process)
{
    if (threads->processes->list.items[process].freed)
        return true;
    threads->whole[process] = true;
    for (size_t i = 0; i < MS_N_THREAD_LISTS; i++) {
        if (has_list(threads, i) && !take_list(threads, process, i))
            return false;
    }
    return true;
}

bool ms_threads_take_lists(struct ms_threads *threads)
{
    if (threads->processes->list.n > 0 && !has_list(threads, 0) && !has_list(threads, 1))
        return ms_notes_add(&threads->notes,
                            "where threads have their fields is not known for this "
                            "build of the kernel: a symbol file would tell");
    for (size_t i = 0; i < threads->processes->list.n; i++) {
        if (!take_process(threads, i))
            return false;
    }
    return note_rest(threads);
}
