// SPDX-License-Identifier: MIT
//
// Each allocation fails in turn, while threads are found and their stacks looked through: who asks
// is told, nothing is left, and nothing is told that would be told otherwise with memory.

#include "windows/small_threads.h"
#include "windows/turns.h"

#include "windows/processes.h"

TestSuite(threads_nomem);

// All that was told, one number for each kind of thing.
struct told {
    size_t n_threads, n_notes, n_sources, n_frames, n_letters;
};

static enum ms_status count(const struct ms_threads *threads, struct told *told)
{
    enum ms_status status = MS_OK;

    told->n_threads = ms_threads_count(threads);
    told->n_notes = ms_threads_n_notes(threads);
    for (size_t i = 0; i < told->n_notes; i++)
        told->n_letters += strlen(ms_threads_note(threads, i));
    for (size_t i = 0; !status && i < told->n_threads; i++) {
        struct ms_stack stack;
        struct ms_error error;

        status = ms_threads_stack(threads, i, &stack, &error);
        told->n_sources += ms_threads_info(threads, i).sources;
        told->n_frames += stack.n_frames;
        ms_stack_release(&stack);
    }
    return status;
}

static enum ms_status ask(const struct ms_processes *processes, struct told *told)
{
    const struct ms_threads_options options = {.flags = MS_THREADS_SCAN};
    struct ms_threads *threads = NULL;
    struct ms_error error;
    enum ms_status status = ms_threads_create(processes, &options, &threads, &error);

    *told = (struct told){0};
    if (!status)
        status = count(threads, told);
    ms_threads_free(threads);
    return status;
}

// What is read of modules when it is first asked for is kept, and read again where memory lacked.
static void fail_each(const struct windows *windows, const struct told *expected)
{
    struct told whole, told;
    struct turn turn = first_turn();

    do {
        struct found_processes found = find_processes_with(windows, NULL, 0);
        enum ms_status status;

        begin_turn(&turn);
        status = ask(found.processes, &told);
        end_turn(&turn, status);
        cr_assert(ask(found.processes, &whole) == MS_OK);
        cr_assert(status != MS_OK || memcmp(&told, &whole, sizeof(told)) == 0,
                  "allocation %ld changes what is told", turn.n);
        release_processes(&found);
        leaves_nothing(&turn);
    } while (turn.failed);
    cr_assert(whole.n_threads >= expected->n_threads && whole.n_frames == expected->n_frames);
    cr_assert(eq(sz, whole.n_notes, expected->n_notes));
}

// Lists that break off, a thread that hides, two frames.
Test(threads_nomem, each)
{
    const struct thread_fields *fields = &threads_19041;
    struct windows windows = windows_with_threads(fields);

    poke(&windows, thread_at(fields, 0) + fields->k_links, KERNEL + GONE, 8);
    poke(&windows, thread_at(fields, 1) + fields->links, KERNEL + GONE, 8);
    poke_thread(&windows, fields, 4, 2, 680);
    poke(&windows, CODE + 0x1fe, 0xd0ff, 2);
    poke(&windows, stack_at(0) + 0x2f00, KERNEL + CODE + 0x200, 8);
    poke(&windows, stack_at(0) + 0x2f40, KERNEL + CODE + 0x200, 8);
    fail_each(&windows, &(struct told){.n_threads = 5, .n_frames = 2, .n_notes = 2});
    free(windows.machine.bytes);
}

// So many threads that no list has that the table of them grows.
Test(threads_nomem, hidden)
{
    const struct thread_fields *fields = &threads_19041;
    struct windows windows = windows_with_threads(fields);

    for (size_t i = 4; i < 0x20; i++)
        poke_thread(&windows, fields, i, 2, 680);
    fail_each(&windows, &(struct told){.n_threads = 0x20});
    free(windows.machine.bytes);
}

// Of so many stacks, and without a layout, there is a note, too.
static void fail_each_creation(const struct windows *windows, bool has_layout, const char *note)
{
    struct found_processes found = find_processes_with(windows, NULL, 0);
    struct turn turn;

    if (!has_layout)
        found.processes->layout.at[MS_THREAD_CID] = MS_NO_FIELD;
    turn = first_turn();
    do {
        struct ms_threads *threads = NULL;
        struct ms_error error;
        enum ms_status status;

        begin_turn(&turn);
        status = ms_threads_create(found.processes, NULL, &threads, &error);
        end_turn(&turn, status);
        cr_assert(status == (turn.failed ? MS_NOMEM : MS_OK), "allocation %ld", turn.n);
        cr_assert(turn.failed == !threads && (turn.failed || has_thread_note(threads, note)));
        ms_threads_free(threads);
        leaves_nothing(&turn);
    } while (turn.failed);
    release_processes(&found);
    free(windows->machine.bytes);
}

Test(threads_nomem, notes)
{
    struct windows windows = windows_with_many_stacks();

    fail_each_creation(&windows, true, "stacks that are left out");
    windows = windows_with_threads(&threads_19041);
    for (size_t i = 0; i < 3; i++)
        link_threads(&windows, &threads_19041, i, 0, 0);
    fail_each_creation(&windows, false, "a symbol file would tell");
}
