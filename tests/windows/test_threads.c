// SPDX-License-Identifier: MIT
//
// Threads of small kernels: by their lists, honest ones and others, by pool, and by layouts that
// fit or do not.

#include "windows/small_threads.h"

#include "windows/processes.h"

TestSuite(threads);

static void check(struct windows *windows, unsigned flags, const char *expected, const char *note)
{
    struct found_threads found = find_threads(windows, flags);

    cr_expect(eq(str, threads_text(found.threads), (char *)(uintptr_t)expected));
    if (note)
        cr_expect(has_thread_note(found.threads, note), "%s, but: %s", note,
                  ms_threads_n_notes(found.threads) ? ms_threads_note(found.threads, 0) : "none");
    else
        cr_expect(eq(sz, ms_threads_n_notes(found.threads), 0), "%s",
                  ms_threads_note(found.threads, 0));
    release_threads(&found);
    free(windows->machine.bytes);
}

#define ALL                                                                                        \
    "4.104 kernel process\n4.108 kernel process\n4.10c kernel process\n2a8.3b4 kernel process"

Test(threads, lists)
{
    struct windows windows = windows_with_threads(&threads_19041);

    check(&windows, 0, ALL, NULL);
    windows = windows_with_threads(&threads_7601);
    check(&windows, 0,
          "4.104 kernel process guessed\n4.108 kernel process guessed\n"
          "4.10c kernel process guessed\n2a8.3b4 kernel process guessed",
          NULL);
}

static void check_facts(const struct thread_fields *fields)
{
    struct windows windows = windows_with_threads(fields);
    uint64_t at = thread_at(fields, 3);
    struct found_threads found;
    struct ms_thread_info info;

    poke(&windows, at + fields->teb, 0x7ffd000, 8);
    poke(&windows, at + fields->win32_start, 0x401000, 8);
    found = find_threads(&windows, 0);
    info = ms_threads_info(found.threads, 3);
    cr_assert(info.address == KERNEL + at && info.process == 2);
    cr_assert(info.has_cid && info.pid == 680 && info.tid == 680 + 0x100 + 12);
    cr_assert(info.has_state && info.state == MS_THREAD_WAITING);
    cr_assert(info.has_wait_reason && info.wait_reason == 15);
    cr_assert(info.has_priority && info.priority == 9);
    cr_assert(info.start == KERNEL + CODE && info.win32_start == 0x401000 && info.teb == 0x7ffd000);
    cr_assert(info.stack_limit == KERNEL + stack_at(3));
    cr_assert(info.stack_base == info.stack_limit + 0x3000);
    cr_assert(info.kernel_stack == info.stack_limit + 0x2f00);
    cr_assert(info.residence == MS_STACK_RESIDENT);
    cr_assert(info.terminated == false && info.hidden == false && info.freed == false);
    cr_assert(eq(int, info.guessed, fields == &threads_7601), "the build is not known then");
    release_threads(&found);
    free(windows.machine.bytes);
}

Test(threads, facts)
{
    check_facts(&threads_19041);
    check_facts(&threads_7601);
}

Test(threads, states)
{
    const struct thread_fields *fields = &threads_19041;
    struct windows windows = windows_with_threads(fields);
    struct found_threads found;

    poke(&windows, thread_at(fields, 0) + fields->state, MS_THREAD_RUNNING, 1);
    poke(&windows, thread_at(fields, 1) + fields->state, MS_THREAD_TERMINATED, 1);
    poke(&windows, thread_at(fields, 2) + fields->cross_flags, 1, 4);
    poke(&windows, thread_at(fields, 3) + fields->resident, 0x1ffff, 4); // not the bit
    poke(&windows, thread_at(fields, 3) + fields->state, 0xee, 1);
    found = find_threads(&windows, 0);
    cr_assert(ms_threads_info(found.threads, 0).has_wait_reason == false, "it does not wait");
    cr_assert(ms_threads_info(found.threads, 1).terminated);
    cr_assert(ms_threads_info(found.threads, 2).terminated);
    cr_assert(ms_threads_info(found.threads, 3).residence == MS_STACK_PAGED_OUT);
    cr_assert(ms_thread_state_name(ms_threads_info(found.threads, 3).state) == NULL);
    release_threads(&found);
    free(windows.machine.bytes);
}

Test(threads, names)
{
    size_t n = 0;

    while (ms_wait_reason_name((unsigned)n))
        n++;
    cr_assert(eq(sz, n, 43));
    cr_assert(eq(str, (char *)(uintptr_t)ms_wait_reason_name(0), "Executive"));
    cr_assert(eq(str, (char *)(uintptr_t)ms_wait_reason_name(15), "WrQueue"));
    cr_assert(eq(str, (char *)(uintptr_t)ms_wait_reason_name(28), "WrPushLock"));
    cr_assert(eq(str, (char *)(uintptr_t)ms_wait_reason_name(37), "WrAlertByThreadId"));
    cr_assert(eq(str, (char *)(uintptr_t)ms_thread_state_name(5), "Waiting"));
    cr_assert(ms_thread_state_name(10) == NULL && ms_wait_reason_name(UINT32_MAX) == NULL);
    cr_assert(ms_thread_source_name(3) == NULL);
}

// == One list has what the other has not ==

Test(threads, one_list)
{
    const struct thread_fields *fields = &threads_19041;
    struct windows windows = windows_with_threads(fields);

    link_list(&windows, kernel_head(fields, 0), fields->k_links, fields, 1, 3);
    link_list(&windows, process_head(fields, 0), fields->links, fields, 0, 2);
    check(&windows, 0, "4.108 kernel process\n4.10c kernel\n4.104 process\n2a8.3b4 kernel process",
          NULL);
}

// == Lists that lie ==

static const struct {
    const char *name;
    uint16_t thread; // 0xffff: the head
    uint64_t value;
    const char *expected, *note;
} links[] = {
    {"to nothing", 1, 0, ALL, "KPROCESS of process 4, at 0x0, breaks off"},
    {"to a page that is gone", 0, KERNEL + GONE, ALL, "breaks off"},
    {"to a program's memory", 0, 0x10000, ALL, "breaks off"},
    {"past the end", 0, UINT64_MAX - 4, ALL, "breaks off"},
    {"to the end", 0, UINT64_MAX - 7, ALL, "breaks off"},
    {"of the head", 0xffff, KERNEL + GONE, ALL, "breaks off"},
    {"to itself", 1, KERNEL + THREAD_PAGES + 0x1000 + 0x60 + 0x2f8, ALL, "leads back into itself"},
    {"to the first", 2, KERNEL + THREAD_PAGES + 0x60 + 0x2f8, ALL, "leads back into itself"},
    {"to another process's", 2, KERNEL + THREAD_PAGES + 0x3000 + 0x60 + 0x2f8, ALL, "breaks off"},
};

Test(threads, links)
{
    const struct thread_fields *fields = &threads_19041;

    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        struct windows windows = windows_with_threads(fields);
        uint64_t at = links[i].thread == 0xffff
                          ? kernel_head(fields, 0)
                          : thread_at(fields, links[i].thread) + fields->k_links;

        poke(&windows, at, links[i].value, 8);
        cr_log_info("%s", links[i].name);
        check(&windows, 0, links[i].expected, links[i].note);
    }
}

// Both ways are cut, in both lists: what is between them is lost, which is said.
Test(threads, broken_from_both_ends)
{
    const struct thread_fields *fields = &threads_19041;
    struct windows windows = windows_with_threads(fields);
    static const uint16_t links_of[] = {0x2f8, 0x4e8};

    for (size_t i = 0; i < 2; i++) {
        poke(&windows, thread_at(fields, 0) + links_of[i], KERNEL + GONE, 8);
        poke(&windows, thread_at(fields, 2) + links_of[i] + 8, KERNEL + GONE + 0x10, 8);
    }
    check(&windows, 0, "4.104 kernel process\n4.10c kernel process\n2a8.3b4 kernel process",
          "from its end, too: some may lack");
}

// A thread says itself whose it is.
Test(threads, entries_that_are_none)
{
    const struct thread_fields *fields = &threads_19041;
    struct windows windows = windows_with_threads(fields);

    poke(&windows, thread_at(fields, 1) + fields->id, 8, 8);
    check(&windows, 0, "4.104 kernel process\n4.10c kernel process\n2a8.3b4 kernel process",
          "breaks off");
    windows = windows_with_threads(fields);
    poke(&windows, thread_at(fields, 1) + fields->owner, KERNEL + process_at(&fields_19041, 1), 8);
    check(&windows, 0, "4.104 kernel process\n4.10c kernel process\n2a8.3b4 kernel process",
          "breaks off");
}

// Threads that lie over each other, 32 bytes apart: of each there is no more than whose it is, and
// the next one. The image has 4 MiB, and so room for 16384 threads.
Test(threads, list_without_end)
{
    const struct thread_fields *fields = &threads_19041;
    struct windows windows = windows_with_threads(fields);
    const uint64_t first = 0x140000;
    struct found_threads found;

    for (uint64_t at = first; at < GONE; at += 0x20) {
        poke(&windows, at, KERNEL + process_at(fields->process, 0), 8);
        poke(&windows, at + 0x18, KERNEL + at + 0x18 + 0x20, 8);
    }
    poke(&windows, kernel_head(fields, 0), KERNEL + first + fields->k_links, 8);
    poke_thread(&windows, fields, 4, 2, 680);
    found = find_threads(&windows, MS_THREADS_SCAN);
    cr_assert(eq(sz, ms_threads_count(found.threads), 0x4000));
    cr_assert(has_thread_note(found.threads, "has more threads than an image of this size"));
    cr_assert(has_thread_note(found.threads, "places were left out"));
    release_threads(&found);
    free(windows.machine.bytes);
}

// == What is missing ==

// The second half of a thread lies in the page that is not there: it has what the first one tells.
Test(threads, half_a_thread)
{
    const struct thread_fields *fields = &threads_19041;
    struct windows windows = windows_with_threads(fields);
    uint64_t half = GONE - 0x480, from = thread_at(fields, 1);
    struct found_threads found;
    struct ms_thread_info info;

    memmove(windows.machine.bytes + MEMORY + half, windows.machine.bytes + MEMORY + from, 0x480);
    poke(&windows, thread_at(fields, 0) + fields->k_links, KERNEL + half + fields->k_links, 8);
    poke(&windows, thread_at(fields, 2) + fields->k_links + 8, KERNEL + half + fields->k_links, 8);
    found = find_threads(&windows, 0);
    info = ms_threads_info(found.threads, 1);
    cr_assert(info.address == KERNEL + half && info.sources == MS_THREAD_KERNEL_LIST);
    cr_assert(info.has_cid == false && info.has_state && info.stack_base > 0 && info.process == 0);
    release_threads(&found);
    free(windows.machine.bytes);
}

Test(threads, stacks_that_are_none)
{
    const struct thread_fields *fields = &threads_19041;
    static const struct {
        uint64_t limit, base;
    } stacks[] = {
        {0, 0},
        {KERNEL + STACK_PAGES, KERNEL + STACK_PAGES},
        {KERNEL + STACK_PAGES + 0x1000, KERNEL + STACK_PAGES},
        {KERNEL + STACK_PAGES, KERNEL + STACK_PAGES + 0x41000},
        {KERNEL + STACK_PAGES + 8, KERNEL + STACK_PAGES + 0x1000},
        {KERNEL + STACK_PAGES, KERNEL + STACK_PAGES + 0x1008},
        {0x10000, 0x13000},
        {UINT64_MAX - 0xfff, 0},
    };

    for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
        struct windows windows = windows_with_threads(fields);
        struct found_threads found;
        struct ms_stack stack;

        poke(&windows, thread_at(fields, 0) + fields->limit, stacks[i].limit, 8);
        poke(&windows, thread_at(fields, 0) + fields->base, stacks[i].base, 8);
        found = find_threads(&windows, 0);
        cr_assert(ms_threads_info(found.threads, 0).stack_base == 0, "%zu", i);
        cr_assert(ms_threads_stack(found.threads, 0, &stack, NULL) == MS_OK);
        cr_assert(stack.n_pages == 0 && stack.n_frames == 0 && stack.end == 0 && !stack.whole);
        ms_stack_release(&stack);
        release_threads(&found);
        free(windows.machine.bytes);
    }
}

// 512 MiB of stacks, and as many bytes as the image has, are looked through.
Test(threads, stacks_without_end)
{
    struct windows windows = windows_with_many_stacks();
    struct found_threads found = find_threads(&windows, 0);
    const size_t most = 0x20400000 / 0x40000;
    size_t n_stacks = 0;

    cr_assert(ms_threads_count(found.threads) > 5000);
    for (size_t i = 0; i < ms_threads_count(found.threads); i++)
        n_stacks += ms_threads_info(found.threads, i).stack_base != 0;
    cr_assert(n_stacks >= most && n_stacks <= most + 4, "%zu", n_stacks);
    cr_assert(has_thread_note(found.threads, "stacks that are left out"));
    release_threads(&found);
    free(windows.machine.bytes);
}

// Each process has two lists; of so many the first are told, and how many more there are.
Test(threads, many_broken_lists)
{
    const struct thread_fields *fields = &threads_19041;
    struct windows windows = windows_with_threads(fields);
    struct found_threads found;

    for (unsigned i = 3; i < 13; i++) {
        poke_process(&windows, fields->process, i, 1000 + 4 * i, "many.exe");
        poke(&windows, kernel_head(fields, i), 0, 8);
    }
    link_processes(&windows, fields->process, 13);
    found = find_threads(&windows, 0);
    cr_assert(eq(sz, ms_threads_count(found.threads), 4));
    cr_assert(eq(sz, ms_threads_n_notes(found.threads), 17));
    cr_assert(has_thread_note(found.threads, "besides these: 4"));
    release_threads(&found);
    free(windows.machine.bytes);
}

// == Pool ==

static void check_pool(const struct thread_fields *fields, const char *expected)
{
    struct windows windows = windows_with_threads(fields);

    poke_thread(&windows, fields, 4, 2, 680); // hidden
    poke_thread(&windows, fields, 5, 2, 680); // ended
    poke(&windows, thread_at(fields, 5) + fields->cross_flags, 1, 4);
    poke_thread(&windows, fields, 6, 2, 684); // does not know whose it is
    poke_thread(&windows, fields, 7, 0, 4);   // free
    poke(&windows, thread_at(fields, 7) - fields->body + 3, 0, 1);
    check(&windows, MS_THREADS_SCAN, expected, NULL);
}

Test(threads, pool)
{
    check_pool(&threads_19041,
               "4.104 kernel process pool\n4.108 kernel process pool\n4.10c kernel process pool\n"
               "4.120 pool freed\n2a8.3b4 kernel process pool\n2a8.3b8 pool hidden\n"
               "2a8.3bc pool terminated");
    check_pool(&threads_7601,
               "4.104 kernel process pool guessed\n4.108 kernel process pool guessed\n"
               "4.10c kernel process pool guessed\n4.120 pool freed guessed\n"
               "2a8.3b4 kernel process pool guessed\n2a8.3b8 pool hidden guessed\n"
               "2a8.3bc pool terminated guessed");
}

// One that a list has lost, not left out, does not hide.
Test(threads, not_hidden_if_a_list_breaks_off)
{
    const struct thread_fields *fields = &threads_19041;
    struct windows windows = windows_with_threads(fields);
    static const uint16_t links_of[] = {0x2f8, 0x4e8};

    for (size_t i = 0; i < 2; i++) {
        poke(&windows, thread_at(fields, 0) + links_of[i], KERNEL + GONE, 8);
        poke(&windows, thread_at(fields, 2) + links_of[i] + 8, KERNEL + GONE + 0x10, 8);
    }
    check(&windows, MS_THREADS_SCAN,
          "4.104 kernel process pool\n4.10c kernel process pool\n4.108 pool\n"
          "2a8.3b4 kernel process pool",
          "some may lack");
}

// The process of a thread in pool is none of the list's, but is one by its number.
Test(threads, of_a_process_that_is_not_listed)
{
    const struct thread_fields *fields = &threads_19041;
    struct windows windows = windows_with_threads(fields);
    struct found_threads found;

    poke_process(&windows, fields->process, 3, 800, "ghost.exe");
    poke_thread(&windows, fields, 4, 3, 800);
    found = find_threads(&windows, MS_THREADS_SCAN);
    cr_assert(eq(sz, ms_threads_count(found.threads), 5));
    cr_assert(ms_threads_info(found.threads, 4).process == MS_NO_PROCESS);
    cr_assert(ms_threads_info(found.threads, 4).pid == 800);
    cr_assert(ms_threads_info(found.threads, 4).hidden == false, "nothing is known of its lists");
    release_threads(&found);
    free(windows.machine.bytes);
}

// == Layouts ==

// The processes fit their build, the threads are those of another one.
Test(threads, layout_of_a_neighbour)
{
    const struct thread_fields mixed = {
        &fields_19041, 0x5e0, 0x820, 0x30,  0x38,  0x58,  0x78,  0x184, 0x283, 0xc3,  0xf0,
        0x220,         0x2f8, 0x620, 0x6a0, 0x648, 0x6b8, 0x6e0, 17,    0x60,  0x890, // 18362
    };
    struct windows windows = windows_with_threads(&mixed);

    check(&windows, MS_THREADS_SCAN,
          "4.104 kernel process pool guessed\n4.108 kernel process pool guessed\n"
          "4.10c kernel process pool guessed\n2a8.3b4 kernel process pool guessed",
          "threads are read as build 18362 has them, a guess for build 19041");
}

Test(threads, no_threads)
{
    const struct thread_fields *fields = &threads_19041;
    struct windows windows = windows_with_threads(fields);

    for (size_t i = 0; i < 3; i++)
        link_threads(&windows, fields, i, 0, 0);
    check(&windows, 0, "", NULL);
}

#ifdef MS_HAVE_JANSSON

#include "windows/image_tables.h"
#include "windows/isf_file.h"

static void check_with_symbols(const struct windows *windows, const char *isf, const char *expected,
                               size_t n_notes)
{
    struct ms_symbols *symbols = open_isf(isf);
    const struct ms_modules_options options = {.symbols = &symbols, .n_symbols = 1};
    struct found_threads found = {.processes = find_processes_with(windows, &options, 0)};

    cr_assert(ms_threads_create(found.processes.processes, NULL, &found.threads, NULL) == MS_OK);
    cr_expect(eq(str, threads_text(found.threads), (char *)(uintptr_t)expected));
    cr_expect(eq(sz, ms_threads_n_notes(found.threads), n_notes));
    release_threads(&found);
    ms_symbols_free(symbols);
    free(windows->machine.bytes);
}

#define PROCESS_TYPES                                                                              \
    "\"_KPROCESS\":{\"size\":1080,\"fields\":{\"DirectoryTableBase\":{\"offset\":40},"             \
    "\"ThreadListHead\":{\"offset\":48}}},"                                                        \
    "\"_EPROCESS\":{\"size\":2624,\"fields\":{\"UniqueProcessId\":{\"offset\":1088},"              \
    "\"ActiveProcessLinks\":{\"offset\":1096},\"ImageFileName\":{\"offset\":1448},"                \
    "\"ThreadListHead\":{\"offset\":1504}}}"
#define THREAD_TYPES                                                                               \
    ",\"_KTHREAD\":{\"size\":1072,\"fields\":{\"InitialStack\":{\"offset\":40},"                   \
    "\"StackLimit\":{\"offset\":48},\"KernelStack\":{\"offset\":88},"                              \
    "\"Process\":{\"offset\":544},\"ThreadListEntry\":{\"offset\":760}}},"                         \
    "\"_ETHREAD\":{\"size\":2200,\"fields\":{\"Cid\":{\"offset\":1400},"                           \
    "\"ThreadListEntry\":{\"offset\":1512}}}"

// What a file tells is no guess, whatever the build.
Test(threads, layout_of_a_symbol_file)
{
    struct thread_fields moved = threads_19041;
    struct windows windows;

    moved.id = 1400;
    moved.links = 1512;
    windows = windows_with_threads(&moved);
    put_number(&windows.machine, 0x8000 + 0x260, 18950, 4);
    poke_pdb(&windows, NT_IMAGE, 0x3000, "ntkrnlmp.pdb");
    check_with_symbols(&windows, ISF("{}", "{" PROCESS_TYPES THREAD_TYPES "}"), ALL, 0);
}

// Without StackBase, the initial stack is what is a little below it.
Test(threads, stack_without_a_base)
{
    struct thread_fields moved = threads_19041;
    struct ms_symbols *symbols = open_isf(ISF("{}", "{" PROCESS_TYPES THREAD_TYPES "}"));
    const struct ms_modules_options options = {.symbols = &symbols, .n_symbols = 1};
    struct found_threads found;
    struct windows windows;

    moved.id = 1400;
    moved.links = 1512;
    windows = windows_with_threads(&moved);
    poke_pdb(&windows, NT_IMAGE, 0x3000, "ntkrnlmp.pdb");
    poke(&windows, thread_at(&moved, 0) + 0x28, KERNEL + stack_at(0) + 0x2c90, 8);
    found.processes = find_processes_with(&windows, &options, 0);
    cr_assert(ms_threads_create(found.processes.processes, NULL, &found.threads, NULL) == MS_OK);
    cr_assert(ms_threads_info(found.threads, 0).stack_base == KERNEL + stack_at(0) + 0x3000);
    cr_assert(ms_threads_info(found.threads, 1).stack_base == 0);
    release_threads(&found);
    ms_symbols_free(symbols);
    free(windows.machine.bytes);
}

// One that tells of processes alone leaves threads to a guess.
Test(threads, layout_of_a_symbol_file_without_threads)
{
    struct windows windows = windows_with_threads(&threads_19041);

    put_number(&windows.machine, 0x8000 + 0x260, 18950, 4);
    poke_pdb(&windows, NT_IMAGE, 0x3000, "ntkrnlmp.pdb");
    check_with_symbols(&windows, ISF("{}", "{" PROCESS_TYPES "}"),
                       "4.104 kernel process guessed\n4.108 kernel process guessed\n"
                       "4.10c kernel process guessed\n2a8.3b4 kernel process guessed",
                       1);
}

#endif

// No table has where this kernel's threads have their fields.
Test(threads, no_layout)
{
    const struct thread_fields *fields = &threads_19041;
    struct windows windows = windows_with_threads(fields);
    const struct ms_threads_options options = {.flags = MS_THREADS_SCAN};
    struct found_threads found;

    for (size_t i = 0; i < 3; i++)
        link_threads(&windows, fields, i, 0, 0);
    found.processes = find_processes_with(&windows, NULL, 0);
    found.processes.processes->layout.at[MS_THREAD_CID] = MS_NO_FIELD;
    cr_assert(ms_threads_create(found.processes.processes, &options, &found.threads, NULL) ==
              MS_OK);
    cr_assert(eq(sz, ms_threads_count(found.threads), 0));
    cr_assert(has_thread_note(found.threads, "a symbol file would tell"));
    release_threads(&found);
    free(windows.machine.bytes);
}

Test(threads, unknown_flags)
{
    const struct ms_threads_options options = {.flags = 2};
    struct windows windows = windows_with_threads(&threads_19041);
    struct found_processes found = find_processes_with(&windows, NULL, 0);
    struct ms_threads *threads = NULL;
    struct ms_error error;

    cr_assert(ms_threads_create(found.processes, &options, &threads, &error) == MS_ARGUMENT &&
              !threads);
    ms_threads_free(NULL);
    release_processes(&found);
    free(windows.machine.bytes);
}
