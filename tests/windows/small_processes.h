// SPDX-License-Identifier: MIT
//
// Processes in a small Windows, written field by field as builds 19041 and 7601 of x64 have them.
// Shares no layout with the engine. Each lies in a pool block of its own page.

#ifndef TESTS_WINDOWS_SMALL_PROCESSES_H
#define TESTS_WINDOWS_SMALL_PROCESSES_H

#include "windows/small_windows.h"

#include <memscan/processes.h>

enum {
    PROCESS_HEAD = LIST + 0x10, // PsActiveProcessHead
    PROCESS_PAGES = 0x60000,    // one a process
    SESSION_PAGES = 0x78000,    // one a session
};

// Where a build has the fields that are written.
struct process_fields {
    uint32_t build;
    uint16_t size, root, threads, id, links, created, exited, flags, parent, peb, session, name;
    uint16_t body;  // in its block
    uint16_t block; // bytes
};

static const struct process_fields fields_19041 = {
    19041, 0xa40, 0x28,  0x30,  0x440, 0x448, 0x468, 0x840,
    0x464, 0x540, 0x550, 0x558, 0x5a8, 0x60,  0xab0,
};
static const struct process_fields fields_7601 = {
    7601,  0x4d0, 0x28,  0x30,  0x180, 0x188, 0x168, 0x170,
    0x440, 0x290, 0x338, 0x2d8, 0x2e0, 0x60,  0x530,
};

// Offset of the EPROCESS.
static inline uint64_t process_at(const struct process_fields *fields, size_t index)
{
    return PROCESS_PAGES + 0x1000 * (uint64_t)index + fields->body;
}

static inline void poke_list_head(struct windows *windows, uint64_t offset)
{
    poke(windows, offset, KERNEL + offset, 8);
    poke(windows, offset + 8, KERNEL + offset, 8);
}

// A running process without a session, on no list.
static inline uint64_t poke_process(struct windows *windows, const struct process_fields *fields,
                                    size_t index, uint32_t pid, const char *name)
{
    uint64_t at = process_at(fields, index), block = at - fields->body;

    poke(windows, block + 2, fields->block / 16, 1);
    poke(windows, block + 3, 2, 1); // nonpaged, in use
    poke_text(windows, block + 4, "Proc");
    if (fields->build < 9200)
        poke(windows, block + 7, 0xe3, 1);
    poke(windows, at - 0x30 + 0x1a, 8, 1); // quota information stands before the header
    poke(windows, at + fields->root, 0x1a0002 + 0x1000 * (uint64_t)index, 8);
    poke_list_head(windows, at + fields->threads);
    poke(windows, at + fields->id, pid, 8);
    poke_list_head(windows, at + fields->links);
    poke(windows, at + fields->created, 0x1d5a00000000000 + pid, 8);
    poke(windows, at + fields->parent, pid == 4 ? 0 : 4, 8);
    poke_text(windows, at + fields->name, name);
    return at;
}

// Links the first processes into the kernel's list.
static inline void link_processes(struct windows *windows, const struct process_fields *fields,
                                  size_t n)
{
    for (size_t i = 0; i <= n; i++) {
        uint64_t here = i ? process_at(fields, i - 1) + fields->links : (uint64_t)PROCESS_HEAD;
        uint64_t next = i < n ? process_at(fields, i) + fields->links : (uint64_t)PROCESS_HEAD;

        poke(windows, here, KERNEL + next, 8);
        poke(windows, next + 8, KERNEL + here, 8);
    }
}

static inline void poke_session(struct windows *windows, const struct process_fields *fields,
                                size_t index, uint32_t session)
{
    uint64_t space = SESSION_PAGES + 0x1000 * (uint64_t)session;

    poke(windows, process_at(fields, index) + fields->session, KERNEL + space, 8);
    poke(windows, space + 8, session, 4);
}

// A kernel of that build with System, smss.exe and lsass.exe.
static inline struct windows windows_with_processes(const struct process_fields *fields)
{
    struct windows windows = windows_of(fields->build >= 10240 ? 10 : 6);

    if (fields->build >= 10240)
        put_number(&windows.machine, 0x8000 + 0x260, fields->build, 4);
    poke_process(&windows, fields, 0, 4, "System");
    poke_process(&windows, fields, 1, 388, "smss.exe");
    poke_process(&windows, fields, 2, 680, "lsass.exe");
    link_processes(&windows, fields, 3);
    return windows;
}

// == What is found ==

struct found_processes {
    struct found_windows windows;
    struct ms_processes *processes;
};

static inline struct found_processes find_processes_with(const struct windows *windows,
                                                         const struct ms_modules_options *options,
                                                         unsigned flags)
{
    const struct ms_processes_options how = {.flags = flags};
    struct found_processes found = {.windows = find_windows_with(windows, options)};
    struct ms_error error = {0};

    cr_assert(ms_processes_create(found.windows.modules, &how, &found.processes, &error) == MS_OK,
              "%s", error.text);
    return found;
}

static inline void release_processes(struct found_processes *found)
{
    ms_processes_free(found->processes);
    release_found(&found->windows);
}

// "4 System list\n680 lsass.exe pool hidden", in their order. A static buffer.
static inline char *processes_text(const struct ms_processes *processes)
{
    static char text[8192];
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < ms_processes_count(processes) && used < sizeof(text) - 200; i++) {
        struct ms_process_info info = ms_processes_info(processes, i);

        used +=
            (size_t)snprintf(text + used, sizeof(text) - used, "%s%u %s%s%s%s%s%s%s", i ? "\n" : "",
                             info.pid, info.name, info.sources & MS_PROCESS_LIST ? " list" : "",
                             info.sources & MS_PROCESS_POOL ? " pool" : "",
                             info.exited ? " exited" : "", info.freed ? " freed" : "",
                             info.hidden ? " hidden" : "", info.guessed ? " guessed" : "");
    }
    return text;
}

static inline bool has_process_note(const struct ms_processes *processes, const char *text)
{
    for (size_t i = 0; i < ms_processes_n_notes(processes); i++) {
        if (strstr(ms_processes_note(processes, i), text))
            return true;
    }
    return false;
}

#endif
