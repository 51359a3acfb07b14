// SPDX-License-Identifier: MIT
//
// Threads in a small Windows, written field by field as builds 19041 and 7601 of x64 have them.
// Shares no layout with the engine. Each lies in a pool block of its own page.

#ifndef TESTS_WINDOWS_SMALL_THREADS_H
#define TESTS_WINDOWS_SMALL_THREADS_H

#include "windows/small_processes.h"

#include <memscan/threads.h>

enum {
    THREAD_PAGES = 0x100000, // one a thread
    STACK_PAGES = 0x140000,  // four a thread, of which three are its stack
    CODE = NT_IMAGE + 0x1000,
};

// Where a build has the fields that are written.
struct thread_fields {
    const struct process_fields *process;
    uint16_t process_list; // EPROCESS.ThreadListHead
    uint16_t size, limit, base, kernel_stack, resident, state, reason, priority, teb, owner,
        k_links;
    uint16_t start, win32_start, id, links, cross_flags;
    uint8_t resident_bit;
    uint16_t body;  // in its block
    uint16_t block; // bytes
};

static const struct thread_fields threads_19041 = {
    &fields_19041, 0x5e0, 0x898, 0x30,  0x38,  0x58,  0x78,  0x184, 0x283, 0xc3,  0xf0,
    0x220,         0x2f8, 0x450, 0x4d0, 0x478, 0x4e8, 0x510, 17,    0x60,  0x900,
};
static const struct thread_fields threads_7601 = {
    &fields_7601, 0x308, 0x498, 0x30,  0x278, 0x38,  0x4c,  0x164, 0x26b, 0x7b,  0xb8,
    0x210,        0x2f8, 0x388, 0x410, 0x3b0, 0x420, 0x448, 0,     0x60,  0x500,
};

static inline uint64_t thread_at(const struct thread_fields *fields, size_t index)
{
    return THREAD_PAGES + 0x1000 * (uint64_t)index + fields->body;
}

static inline uint64_t stack_at(size_t index)
{
    return STACK_PAGES + 0x4000 * (uint64_t)index;
}

// A waiting thread of a process, with an empty stack, on no list. Its number is 100h above the
// process's, and as many times 4 more as its index says.
static inline uint64_t poke_thread(struct windows *windows, const struct thread_fields *fields,
                                   size_t index, size_t process, uint32_t pid)
{
    uint64_t at = thread_at(fields, index), block = at - fields->body;

    poke(windows, block + 2, fields->block / 16, 1);
    poke(windows, block + 3, 2, 1); // nonpaged, in use
    poke_text(windows, block + 4, "Thre");
    if (fields->process->build < 9200)
        poke(windows, block + 7, 0xe5, 1);
    poke(windows, at - 0x30 + 0x1a, 8, 1); // quota information stands before the header
    poke(windows, at + fields->limit, KERNEL + stack_at(index), 8);
    poke(windows, at + fields->base, KERNEL + stack_at(index) + 0x3000, 8);
    poke(windows, at + fields->kernel_stack, KERNEL + stack_at(index) + 0x2f00, 8);
    poke(windows, at + fields->resident, 1u << fields->resident_bit, 4);
    poke(windows, at + fields->state, MS_THREAD_WAITING, 1);
    poke(windows, at + fields->reason, 15, 1);
    poke(windows, at + fields->priority, 9, 1);
    poke(windows, at + fields->owner, KERNEL + process_at(fields->process, process), 8);
    poke(windows, at + fields->start, KERNEL + CODE, 8);
    poke(windows, at + fields->id, pid, 8);
    poke(windows, at + fields->id + 8, pid + 0x100 + 4 * index, 8);
    poke_list_head(windows, at + fields->k_links);
    poke_list_head(windows, at + fields->links);
    return at;
}

// Links threads [first, end) into one list of a process.
static inline void link_list(struct windows *windows, uint64_t head, uint16_t links,
                             const struct thread_fields *fields, size_t first, size_t end)
{
    for (size_t i = first; i <= end; i++) {
        uint64_t here = i > first ? thread_at(fields, i - 1) + links : head;
        uint64_t next = i < end ? thread_at(fields, i) + links : head;

        poke(windows, here, KERNEL + next, 8);
        poke(windows, next + 8, KERNEL + here, 8);
    }
}

static inline uint64_t kernel_head(const struct thread_fields *fields, size_t process)
{
    return process_at(fields->process, process) + fields->process->threads;
}

static inline uint64_t process_head(const struct thread_fields *fields, size_t process)
{
    return process_at(fields->process, process) + fields->process_list;
}

static inline void link_threads(struct windows *windows, const struct thread_fields *fields,
                                size_t process, size_t first, size_t end)
{
    link_list(windows, kernel_head(fields, process), fields->k_links, fields, first, end);
    link_list(windows, process_head(fields, process), fields->links, fields, first, end);
}

// Threads 0 to 2 are System's, 3 is lsass's; smss has none.
static inline struct windows windows_with_threads(const struct thread_fields *fields)
{
    struct windows windows = windows_with_processes(fields->process);

    add_module(&windows, NT_IMAGE, 0x10000, "ntoskrnl.exe");
    for (size_t i = 0; i < 3; i++)
        poke_thread(&windows, fields, i, 0, 4);
    poke_thread(&windows, fields, 3, 2, 680);
    link_threads(&windows, fields, 0, 0, 3);
    link_threads(&windows, fields, 1, 3, 3);
    link_threads(&windows, fields, 2, 3, 4);
    return windows;
}

// Threads of System that lie over each other, 128 bytes apart: of each there is no more than whose
// it is, the next one, and a stack of 64 pages. They are more than 5000.
static inline struct windows windows_with_many_stacks(void)
{
    const struct thread_fields *fields = &threads_19041;
    struct windows windows = windows_with_threads(fields);
    const uint64_t first = STACK_PAGES, step = 0x80;

    for (uint64_t at = first; at < GONE; at += step) {
        poke(&windows, at + fields->owner % step, KERNEL + process_at(fields->process, 0), 8);
        poke(&windows, at + fields->k_links % step, KERNEL + at + fields->k_links % step + step, 8);
        poke(&windows, at + fields->limit, KERNEL, 8);
        poke(&windows, at + fields->base, KERNEL + 0x40000, 8);
    }
    poke(&windows, kernel_head(fields, 0), KERNEL + first + fields->k_links, 8);
    return windows;
}

// == What is found ==

struct found_threads {
    struct found_processes processes;
    struct ms_threads *threads;
};

static inline struct found_threads find_threads(const struct windows *windows, unsigned flags)
{
    const struct ms_threads_options options = {.flags = flags};
    struct found_threads found = {.processes = find_processes_with(windows, NULL, 0)};
    struct ms_error error = {0};

    cr_assert(ms_threads_create(found.processes.processes, &options, &found.threads, &error) ==
                  MS_OK,
              "%s", error.text);
    return found;
}

static inline void release_threads(struct found_threads *found)
{
    ms_threads_free(found->threads);
    release_processes(&found->processes);
}

// "4.104 kernel process\n": numbers in hexadecimal, sources, what is special. A static buffer.
static inline char *threads_text(const struct ms_threads *threads)
{
    static char text[8192];
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < ms_threads_count(threads) && used < sizeof(text) - 200; i++) {
        struct ms_thread_info info = ms_threads_info(threads, i);

        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%x.%x%s%s%s%s%s%s%s",
                                 i ? "\n" : "", info.pid, info.tid,
                                 info.sources & MS_THREAD_KERNEL_LIST ? " kernel" : "",
                                 info.sources & MS_THREAD_PROCESS_LIST ? " process" : "",
                                 info.sources & MS_THREAD_POOL ? " pool" : "",
                                 info.terminated ? " terminated" : "", info.freed ? " freed" : "",
                                 info.hidden ? " hidden" : "", info.guessed ? " guessed" : "");
    }
    return text;
}

static inline bool has_thread_note(const struct ms_threads *threads, const char *text)
{
    for (size_t i = 0; i < ms_threads_n_notes(threads); i++) {
        if (strstr(ms_threads_note(threads, i), text))
            return true;
    }
    return false;
}

#endif
