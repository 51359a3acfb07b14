// SPDX-License-Identifier: MIT
//
// A layout counts once it finds the first process of all, whose number and name never change.

#include "windows/processes.h"

static const struct ms_kernel_memory *memory_of(const struct ms_processes *processes)
{
    return &processes->modules->memory;
}

// == Where the list begins ==

// What a variable of the kernel holds; 0: nothing that is known.
static uint64_t initial_process(const struct ms_processes *processes)
{
    const struct ms_nt *nt = &processes->modules->nt;
    uint64_t variable = ms_nt_export(nt, "PsInitialSystemProcess"), process;

    if (!variable)
        variable = ms_nt_symbol(nt, "PsInitialSystemProcess");
    return variable && ms_kernel_pointer(memory_of(processes), variable, &process) ? process : 0;
}

// System is the first one of the list: what its entry leads back to is the head, if that leads to
// System.
static uint64_t head_before(const struct ms_processes *processes, uint64_t process)
{
    const struct ms_kernel_memory *memory = memory_of(processes);
    uint64_t entry = process + processes->layout.at[MS_PROCESS_LINKS], head, first;

    return process && ms_kernel_pointer(memory, entry + memory->bits / 8, &head) &&
                   ms_kernel_pointer(memory, head, &first) && first == entry
               ? head
               : 0;
}

uint64_t ms_process_list_head(const struct ms_processes *processes)
{
    uint64_t head =
        ms_nt_variable(&processes->modules->nt, MS_KDBG_ACTIVE_PROCESS_HEAD, "PsActiveProcessHead");
    uint64_t next;

    if (head && ms_kernel_pointer(memory_of(processes), head, &next) &&
        ms_in_kernel(memory_of(processes), next, 1))
        return head;
    return ms_nt_has(&processes->layout, MS_PROCESS_LINKS)
               ? head_before(processes, initial_process(processes))
               : 0;
}

// == Whether a layout fits ==

// Of a layout that nothing speaks for more has to fit: between 18362 and 19041 all that is behind
// the KPROCESS moved by the same distance, so that from a list's entry number and name look alike.
static bool is_system(const struct ms_processes *processes, uint64_t address, bool is_guess)
{
    bool (*read)(const struct ms_kernel_memory *, const struct ms_nt_layout *, uint64_t,
                 struct ms_process_info *) = is_guess ? ms_process_recognise : ms_process_read;
    struct ms_process_info info;

    return address && read(memory_of(processes), &processes->layout, address, &info) &&
           ms_process_is_system(&info);
}

static bool finds_system(const struct ms_processes *processes, bool is_guess)
{
    uint64_t head = ms_process_list_head(processes), first;

    return is_system(processes, initial_process(processes), is_guess) ||
           (head && ms_nt_has(&processes->layout, MS_PROCESS_LINKS) &&
            ms_kernel_pointer(memory_of(processes), head, &first) &&
            is_system(processes, first - processes->layout.at[MS_PROCESS_LINKS], is_guess));
}

// Tries all layouts that are known, the nearest first. *build_ret is the one that fits; 0: none.
static void try_neighbours(struct ms_processes *processes, uint32_t *build_ret)
{
    const struct ms_nt *nt = &processes->modules->nt;
    const unsigned bits = memory_of(processes)->bits;

    for (size_t i = 0; ms_nt_layout_near(bits, nt->build, i, &processes->layout, build_ret); i++) {
        ms_nt_apply_symbols(nt, &processes->layout);
        if (finds_system(processes, true))
            return;
    }
    *build_ret = 0;
}

static bool note_guess(struct ms_processes *processes, uint32_t build)
{
    uint32_t own = processes->modules->nt.build;

    if (own)
        return ms_notes_add(&processes->notes,
                            "processes are read as build %u has them, a guess for build "
                            "%u: it finds the process System",
                            build, own);
    return ms_notes_add(&processes->notes,
                        "processes are read as build %u has them, a guess, because "
                        "the kernel's build is not known: it finds the process System",
                        build);
}

bool ms_processes_note_unproved(struct ms_processes *processes)
{
    return processes->proved ||
           ms_notes_add(&processes->notes, "no layout that is known finds the process System%s",
                        processes->list.n > 0 ? ": what is told of processes is a guess" : "");
}

bool ms_processes_choose_layout(struct ms_processes *processes)
{
    const struct ms_nt *nt = &processes->modules->nt;
    const struct ms_nt_layout own = memory_of(processes)->layout;
    struct ms_nt_layout unused;
    uint32_t build;
    bool is_known = ms_nt_layout_for(memory_of(processes)->bits, nt->build, &unused) ||
                    (nt->symbols && nt->symbols->tells[MS_PROCESS_ID]);

    processes->layout = own;
    processes->guessed = !is_known;
    processes->proved = is_known && finds_system(processes, false);
    if (processes->proved)
        return true;
    processes->guessed = true;
    try_neighbours(processes, &build);
    processes->proved = build != 0;
    if (!processes->proved)
        processes->layout = own;
    return !processes->proved || note_guess(processes, build);
}
