// SPDX-License-Identifier: MIT
//
// Each allocation fails in turn, while processes are found and while the spaces of one and of its
// session are made: who asks is told, nothing is left, and nothing is told that would be told
// otherwise with memory.

#include "windows/small_processes.h"
#include "windows/turns.h"

TestSuite(processes_nomem);

struct told {
    size_t n_processes, n_hidden, n_notes, n_letters, n_modules;
    uint64_t bytes; // that the spaces have
};

static enum ms_status ask_processes(const struct ms_modules *modules, struct told *told)
{
    const struct ms_processes_options options = {.flags = MS_PROCESSES_SCAN};
    struct ms_processes *processes = NULL;
    struct ms_error error;
    enum ms_status status = ms_processes_create(modules, &options, &processes, &error);

    if (status)
        return status;
    told->n_processes = ms_processes_count(processes);
    told->n_notes = ms_processes_n_notes(processes);
    for (size_t i = 0; i < told->n_processes; i++)
        told->n_hidden += ms_processes_info(processes, i).sources == MS_PROCESS_POOL;
    for (size_t i = 0; i < told->n_notes; i++)
        told->n_letters += strlen(ms_processes_note(processes, i));
    ms_processes_free(processes);
    return MS_OK;
}

// The kernel of a process's space is read by way of its root.
static enum ms_status ask_spaces(const struct ms_image *image, struct told *told)
{
    const uint64_t root = ROOT;
    const struct ms_spaces_options options = {.root = &root, .paging = "x64"};
    struct ms_spaces *spaces = NULL;
    struct ms_modules *modules = NULL;
    enum ms_status status = ms_spaces_create(image, &options, &spaces, NULL);

    if (!status)
        status = ms_spaces_add(spaces, "unmapped", NULL);
    if (!status)
        status = ms_spaces_add_process(spaces, 4, 0x9000, "process:System", NULL);
    if (!status)
        status = ms_spaces_add_session(spaces, 1, 0x9000, NULL, NULL);
    for (size_t i = 0; !status && i < ms_spaces_count(spaces); i++)
        told->bytes += bytes_of(spaces, i).bytes[MS_MAPPED_PRESENT];
    if (!status)
        status = ms_modules_create(spaces, 0, NULL, &modules, NULL);
    if (!status)
        told->n_modules = ms_modules_count(modules);
    ms_modules_free(modules);
    ms_spaces_free(spaces);
    return status;
}

static enum ms_status ask_all(const struct ms_image *image, const struct ms_modules *modules,
                              struct told *told)
{
    enum ms_status status;

    *told = (struct told){0};
    status = ask_processes(modules, told);
    return status ? status : ask_spaces(image, told);
}

// Processes on a list that breaks off and in pool; at 9000 a root that has the kernel, half of
// whose tables are its own.
static struct windows machine(void)
{
    struct windows windows = windows_with_processes(&fields_19041);
    struct small_machine *machine = &windows.machine;

    add_module(&windows, NT_IMAGE, 0x10000, "ntoskrnl.exe");
    poke_process(&windows, &fields_19041, 3, 900, "evil.exe");
    poke_process(&windows, &fields_19041, 4, 904, "more.exe");
    poke(&windows, process_at(&fields_19041, 1) + fields_19041.links, 0x1234, 8);
    put64(machine, 0x9000, 0x1ef, 0x5063);
    put64(machine, 0x9000, 0x1f0, 0xa063);
    put64(machine, 0xa000, 0, 0xb063);
    put64(machine, 0xa000, 1, 0x3063);
    put64(machine, 0xb000, 0, 0x4063);
    put64(machine, 0xb000, 1, 0x2000e3);
    put64(machine, 0x9000, 0, 0xa067);
    return windows;
}

Test(processes_nomem, each)
{
    struct windows windows = machine();
    struct found_windows found = find_windows(&windows, 0);
    struct told whole, told;
    enum ms_status status;
    struct turn turn;

    cr_assert(ask_all(found.image, found.modules, &whole) == MS_OK);
    cr_assert(whole.n_processes == 5 && whole.n_hidden == 2 && whole.n_notes == 1);
    cr_assert(whole.n_modules == 1 && whole.bytes > 0x400000);
    turn = first_turn();
    do {
        begin_turn(&turn);
        status = ask_all(found.image, found.modules, &told);
        end_turn(&turn, status);
        leaves_nothing(&turn);
        cr_assert(status != MS_OK || memcmp(&told, &whole, sizeof(told)) == 0,
                  "allocation %ld changes what is told", turn.n);
    } while (turn.failed);
    cr_assert(turn.n > 50, "%ld", turn.n);
    release_found(&found);
    free(windows.machine.bytes);
}
