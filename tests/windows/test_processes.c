// SPDX-License-Identifier: MIT
//
// Processes of small kernels: by the list, by pool, and by layouts that fit or do not.

#include "windows/small_processes.h"

#include "windows/processes.h"

TestSuite(processes);

static void check_and_free(const struct windows *windows, unsigned flags, const char *expected,
                           const char *note)
{
    struct found_processes found = find_processes_with(windows, NULL, flags);

    cr_expect(eq(str, processes_text(found.processes), (char *)(uintptr_t)expected));
    if (note)
        cr_expect(has_process_note(found.processes, note), "%s, but: %s", note,
                  ms_processes_n_notes(found.processes) ? ms_processes_note(found.processes, 0)
                                                        : "none");
    else
        cr_expect(eq(sz, ms_processes_n_notes(found.processes), 0), "%s",
                  ms_processes_note(found.processes, 0));
    release_processes(&found);
    free(windows->machine.bytes);
}

#define THREE  "4 System list\n388 smss.exe list\n680 lsass.exe list"
#define POOLED "4 System list pool\n388 smss.exe list pool\n680 lsass.exe list pool"

Test(processes, list)
{
    struct windows windows = windows_with_processes(&fields_19041);

    check_and_free(&windows, 0, THREE, NULL);
}

Test(processes, facts)
{
    const struct process_fields *fields = &fields_19041;
    struct windows windows = windows_with_processes(fields);
    uint64_t lsass = process_at(fields, 2);
    struct found_processes found;
    struct ms_process_info info;

    poke_session(&windows, fields, 2, 1);
    poke(&windows, lsass + fields->flags, 0x2000, 4);
    poke(&windows, lsass + fields->peb, 0x7ff0000, 8);
    poke(&windows, lsass + 0x388, 0x1b2001, 8);
    found = find_processes_with(&windows, NULL, 0);
    info = ms_processes_info(found.processes, 2);
    cr_assert(info.address == KERNEL + lsass && info.pid == 680);
    cr_assert(info.has_ppid && info.ppid == 4);
    cr_assert(info.root == 0x1a2000, "the number of the address space is no part of it");
    cr_assert(info.user_root == 0x1b2000);
    cr_assert(info.has_session && info.session == 1);
    cr_assert(info.create_time == 0x1d5a00000000000 + 680 && info.exit_time == 0);
    cr_assert(info.has_peb && info.peb == 0x7ff0000);
    cr_assert(info.has_object_table && info.object_table == 0);
    cr_assert(info.break_on_termination && info.exited == false && info.hidden == false);
    cr_assert(ms_processes_info(found.processes, 0).has_session == false);
    cr_assert(ms_processes_info(found.processes, 0).sessionless && !info.sessionless);
    cr_assert(ms_processes_info(found.processes, 0).break_on_termination == false);
    cr_assert(eq(sz, ms_processes_at(found.processes, info.address), 2));
    cr_assert(eq(sz, ms_processes_at(found.processes, info.address + 8), MS_NO_PROCESS));
    cr_assert(eq(sz, ms_processes_at(found.processes, 0), MS_NO_PROCESS));
    release_processes(&found);
    free(windows.machine.bytes);
}

// The name of the file is cut at 14 or 15 characters, and need not be text.
Test(processes, names)
{
    struct windows windows = windows_with_processes(&fields_19041);
    struct found_processes found;

    poke_process(&windows, &fields_19041, 2, 680,
                 "fifteen\xff"
                 "letters.exe");
    link_processes(&windows, &fields_19041, 3);
    found = find_processes_with(&windows, NULL, 0);
    cr_assert(eq(str, ms_processes_info(found.processes, 2).name,
                 "fifteen\xff"
                 "letters"));
    release_processes(&found);
    free(windows.machine.bytes);
}

// Names that no program has, for whoever wants to hide by one.
static const char *const odd_names[] = {"\x01vil.exe", "evil\n.exe", "\x1f", "", "\x7f\x80\t"};

#define N_ODD_NAMES (sizeof(odd_names) / sizeof(odd_names[0]))

Test(processes, odd_names_of_the_list)
{
    for (size_t i = 0; i < N_ODD_NAMES; i++) {
        struct windows windows = windows_with_processes(&fields_19041);
        struct found_processes found;
        struct ms_process_info info;

        poke(&windows, process_at(&fields_19041, 1) + fields_19041.name, 0, 8);
        poke_text(&windows, process_at(&fields_19041, 1) + fields_19041.name, odd_names[i]);
        poke(&windows, process_at(&fields_19041, 1) + fields_19041.name + strlen(odd_names[i]), 0,
             1);
        found = find_processes_with(&windows, NULL, 0);
        cr_assert(eq(sz, ms_processes_count(found.processes), 3), "%zu", i);
        cr_expect(eq(sz, ms_processes_n_notes(found.processes), 0));
        info = ms_processes_info(found.processes, 1);
        cr_expect(info.pid == 388 && info.has_name && strcmp(info.name, odd_names[i]) == 0);
        release_processes(&found);
        free(windows.machine.bytes);
    }
}

static bool has_rest(const struct ms_process_info *info)
{
    return info->has_peb || info->has_object_table || info->has_ppid || info->has_session ||
           info->sessionless;
}

// A page ends behind the list entry: the name is not known, and the rest is a row.
Test(processes, name_that_is_not_in_the_image)
{
    const struct process_fields *fields = &fields_19041;
    struct windows windows = windows_with_processes(fields);
    uint64_t at = GONE - 0x500, links = at + fields->links;
    uint64_t around[] = {process_at(fields, 1) + fields->links,
                         process_at(fields, 2) + fields->links};
    struct found_processes found;
    struct ms_process_info info;

    poke(&windows, at + fields->root, 0x1a9000, 8);
    poke_list_head(&windows, at + fields->threads);
    poke(&windows, at + fields->id, 900, 8);
    poke(&windows, links, KERNEL + around[1], 8);
    poke(&windows, links + 8, KERNEL + around[0], 8);
    poke(&windows, around[0], KERNEL + links, 8);
    poke(&windows, around[1] + 8, KERNEL + links, 8);
    found = find_processes_with(&windows, NULL, 0);
    cr_assert(eq(sz, ms_processes_count(found.processes), 4));
    info = ms_processes_info(found.processes, 2);
    cr_expect(info.pid == 900 && !info.has_name && info.name[0] == '\0');
    cr_expect(has_rest(&info) == false);
    cr_expect(info.has_exited, "the flags are before the page's end");
    release_processes(&found);
    free(windows.machine.bytes);
}

// Where neither name nor links speak for it, an entry is none.
Test(processes, odd_name_of_an_entry_that_is_none)
{
    const struct process_fields *fields = &fields_19041;
    struct windows windows = windows_with_processes(fields);

    poke(&windows, process_at(fields, 1) + fields->name, 1, 1);
    poke(&windows, process_at(fields, 1) + fields->threads, KERNEL + PROCESS_HEAD, 8);
    check_and_free(&windows, 0, "4 System list\n680 lsass.exe list",
                   "entries of the list of processes that are none, or are not in the image: 1");
}

// == Layouts ==

Test(processes, build_that_no_table_has)
{
    struct windows windows = windows_with_processes(&fields_19041);

    put_number(&windows.machine, 0x8000 + 0x260, 18950, 4);
    check_and_free(&windows, 0,
                   "4 System list guessed\n388 smss.exe list guessed\n680 lsass.exe list guessed",
                   "as build 19041 has them, a guess for build 18950");
}

Test(processes, build_that_has_another_layout)
{
    struct windows windows = windows_with_processes(&fields_19041);

    put_number(&windows.machine, 0x8000 + 0x260, 17763, 4);
    check_and_free(&windows, 0,
                   "4 System list guessed\n388 smss.exe list guessed\n680 lsass.exe list guessed",
                   "as build 19041 has them, a guess for build 17763");
}

Test(processes, build_not_known)
{
    struct windows windows = windows_with_processes(&fields_7601);

    check_and_free(&windows, MS_PROCESSES_SCAN,
                   "4 System list pool guessed\n388 smss.exe list pool guessed\n"
                   "680 lsass.exe list pool guessed",
                   "as build 7601 has them, a guess, because the kernel's build is not known");
}

Test(processes, without_system)
{
    struct windows windows = windows_with_processes(&fields_19041);

    poke_text(&windows, process_at(&fields_19041, 0) + fields_19041.name, "sYstem");
    check_and_free(&windows, 0,
                   "4 sYstem list guessed\n388 smss.exe list guessed\n680 lsass.exe list guessed",
                   "no layout that is known finds the process System: what is told of processes "
                   "is a guess");
}

// Nothing is told that would be a guess.
Test(processes, without_any)
{
    struct windows windows = windows_with_processes(&fields_19041);
    struct found_processes found;

    link_processes(&windows, &fields_19041, 0);
    found = find_processes_with(&windows, NULL, 0);
    cr_assert(eq(sz, ms_processes_count(found.processes), 0));
    cr_assert(eq(sz, ms_processes_n_notes(found.processes), 1));
    cr_assert(eq(str, (char *)(uintptr_t)ms_processes_note(found.processes, 0),
                 "no layout that is known finds the process System"));
    release_processes(&found);
    free(windows.machine.bytes);
}

Test(processes, no_kernel)
{
    struct windows windows = {.machine = machine_of(0x400000)};

    put64(&windows.machine, ROOT, 0x1f0, 0x2063);
    check_and_free(&windows, MS_PROCESSES_SCAN, "", NULL);
}

Test(processes, flags_that_do_not_exist)
{
    const struct ms_processes_options options = {.flags = 2};
    struct ms_processes *processes = NULL;
    struct ms_error error = {0};

    cr_assert(ms_processes_create(NULL, &options, &processes, &error) == MS_ARGUMENT);
    cr_assert(eq(ptr, processes, NULL));
    ms_processes_free(NULL);
}

// == Pool ==

Test(processes, listed_ones_are_in_pool_too)
{
    struct windows windows = windows_with_processes(&fields_19041);

    check_and_free(&windows, MS_PROCESSES_SCAN, POOLED, NULL);
}

Test(processes, hidden_ones)
{
    struct windows windows = windows_with_processes(&fields_19041);

    poke_process(&windows, &fields_19041, 4, 900, "evil.exe");
    poke_process(&windows, &fields_19041, 3, 904, "worse.exe");
    check_and_free(&windows, MS_PROCESSES_SCAN,
                   POOLED "\n904 worse.exe pool hidden\n900 evil.exe pool hidden", NULL);
}

Test(processes, gone_ones_are_not_hidden)
{
    const struct process_fields *fields = &fields_19041;
    struct windows windows = windows_with_processes(fields);

    poke_process(&windows, fields, 3, 900, "ended.exe");
    poke(&windows, process_at(fields, 3) + fields->exited, 0x1d5a00000000000, 8);
    poke_process(&windows, fields, 4, 904, "deleted.exe");
    poke(&windows, process_at(fields, 4) + fields->flags, 8, 4);
    poke_process(&windows, fields, 5, 908, "freed.exe");
    poke(&windows, PROCESS_PAGES + 0x5003, 0, 1);
    check_and_free(&windows, MS_PROCESSES_SCAN,
                   POOLED "\n900 ended.exe pool exited\n904 deleted.exe pool exited\n"
                          "908 freed.exe pool freed",
                   NULL);
}

// What an object header says of the type: Windows 10 mixes the number with the address and a
// cookie.
static void poke_type(struct windows *windows, uint64_t process, uint8_t type)
{
    poke(windows, process - 0x30 + 0x18, (type ^ 0x5a ^ ((process - 0x30) >> 8)) & 0xff, 1);
}

// One of pool whose name is odd is as much a process as System, by its object header.
Test(processes, hidden_ones_with_odd_names)
{
    const struct process_fields *fields = &fields_19041;

    for (size_t i = 0; i < 2 * N_ODD_NAMES; i++) {
        bool is_process = i % 2 == 0;
        struct windows windows = windows_with_processes(fields);
        struct found_processes found;

        poke_type(&windows, process_at(fields, 0), 7);
        poke_type(&windows, process_at(fields, 3), is_process ? 7 : 8);
        poke_process(&windows, fields, 3, 900, odd_names[i / 2]);
        found = find_processes_with(&windows, NULL, MS_PROCESSES_SCAN);
        cr_expect(eq(sz, ms_processes_count(found.processes), is_process ? 4 : 3), "%zu", i);
        if (is_process)
            cr_expect(ms_processes_info(found.processes, 3).hidden);
        release_processes(&found);
        free(windows.machine.bytes);
    }
}

// What the list would say of them is not known.
Test(processes, nothing_is_hidden_from_a_broken_list)
{
    struct windows windows = windows_with_processes(&fields_19041);

    poke_process(&windows, &fields_19041, 3, 900, "evil.exe");
    poke(&windows, process_at(&fields_19041, 1) + fields_19041.links, 0x1234, 8);
    check_and_free(&windows, MS_PROCESSES_SCAN, POOLED "\n900 evil.exe pool",
                   "the list of processes breaks off");
}

// Each of these is one byte away from a process.
Test(processes, blocks_that_hold_none)
{
    static const struct {
        const char *what;
        uint64_t offset; // in the page
        uint64_t value;
        size_t width;
    } faults[] = {
        {"size of the block", 2, 37, 1},
        {"optional headers", 0x60 - 0x30 + 0x1a, 0, 1},
        {"PID that is none", 0x60 + 0x440, 902, 8},
        {"PID of Idle", 0x60 + 0x440, 0, 8},
        {"PID too large", 0x60 + 0x440, UINT64_C(0x100000384), 8},
        {"no root", 0x60 + 0x28, 0, 8},
        {"root within a page", 0x60 + 0x28, 0x1a0010, 8},
        {"no name", 0x60 + 0x5a8, 0, 8},
        {"no text", 0x60 + 0x5a8, 0x0a, 1},
        {"threads elsewhere", 0x60 + 0x30, KERNEL + PROCESS_HEAD, 8},
        {"threads in no kernel", 0x60 + 0x38, 0x1000, 8},
        {"another tag", 4, 'p', 1},
        {"protected tag, since Windows 8", 7, 0xe3, 1},
    };

    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        struct windows windows = windows_with_processes(&fields_19041);
        struct found_processes found;

        poke_process(&windows, &fields_19041, 3, 900, "evil.exe");
        poke(&windows, PROCESS_PAGES + 0x3000 + faults[i].offset, faults[i].value, faults[i].width);
        found = find_processes_with(&windows, NULL, MS_PROCESSES_SCAN);
        cr_expect(ms_processes_count(found.processes) == 3, "%s", faults[i].what);
        release_processes(&found);
        free(windows.machine.bytes);
    }
}

// Up to Windows 7 a body ends with its block: one that is too small for it has none in front of it.
Test(processes, block_that_is_too_small)
{
    const struct process_fields *fields = &fields_7601;
    struct windows windows = windows_with_processes(fields);
    uint64_t block = process_at(fields, 3) + fields->size - 0x260;
    struct found_processes found;

    poke_process(&windows, fields, 3, 900, "evil.exe");
    poke(&windows, PROCESS_PAGES + 0x3004, 0, 4);
    poke(&windows, block + 2, 0x26, 1);
    poke(&windows, block + 3, 2, 1);
    poke_text(&windows, block + 4, "Proc");
    found = find_processes_with(&windows, NULL, MS_PROCESSES_SCAN);
    cr_assert(eq(sz, ms_processes_count(found.processes), 3));
    release_processes(&found);
    free(windows.machine.bytes);
}

// The block ends in a page that is not there: what is there is enough.
Test(processes, list_of_threads_that_is_not_in_the_image)
{
    const struct process_fields *fields = &fields_19041;
    struct windows windows = windows_with_processes(fields);

    poke_process(&windows, fields, 3, 900, "evil.exe");
    poke(&windows, process_at(fields, 3) + fields->threads, KERNEL + GONE, 8);
    poke(&windows, process_at(fields, 3) + fields->threads + 8, KERNEL + GONE, 8);
    check_and_free(&windows, MS_PROCESSES_SCAN, POOLED "\n900 evil.exe pool hidden", NULL);
}

Test(processes, list_of_threads_that_does_not_lead_back)
{
    const struct process_fields *fields = &fields_19041;
    struct windows windows = windows_with_processes(fields);

    poke_process(&windows, fields, 3, 900, "evil.exe");
    poke(&windows, process_at(fields, 3) + fields->threads, KERNEL + GONE, 8);
    poke(&windows, process_at(fields, 3) + fields->threads + 8, KERNEL + PROCESS_HEAD, 8);
    check_and_free(&windows, MS_PROCESSES_SCAN, POOLED, NULL);
}

// == Lists that lie ==

Test(processes, no_list)
{
    struct windows windows = windows_with_processes(&fields_19041);

    poke(&windows, PROCESS_HEAD, 0, 8);
    check_and_free(&windows, 0, "", "the list of processes was not found");
}

Test(processes, break_in_the_middle)
{
    struct windows windows = windows_with_processes(&fields_19041);

    poke_process(&windows, &fields_19041, 3, 900, "four.exe");
    link_processes(&windows, &fields_19041, 4);
    poke(&windows, process_at(&fields_19041, 1) + fields_19041.links, KERNEL + GONE + 0x448, 8);
    check_and_free(&windows, 0, THREE "\n900 four.exe list",
                   "is no entry, or none that is in the image; from its end come 2 more");
}

Test(processes, leads_back_into_itself)
{
    struct windows windows = windows_with_processes(&fields_19041);

    poke(&windows, process_at(&fields_19041, 1) + fields_19041.links,
         KERNEL + process_at(&fields_19041, 0) + fields_19041.links, 8);
    check_and_free(&windows, 0, THREE, "leads back into itself; from its end come 1 more");
}

// An entry that is linked on both sides is one, though the image does not hold what it says.
Test(processes, entry_that_is_no_process)
{
    const struct process_fields *fields = &fields_19041;
    struct windows windows = windows_with_processes(fields);

    poke(&windows, process_at(fields, 1) + fields->id, 3, 8);
    check_and_free(&windows, 0, "4 System list\n680 lsass.exe list",
                   "entries of the list of processes that are none, or are not in the image: 1");
}

Test(processes, points_out_of_the_kernel)
{
    const struct process_fields *fields = &fields_19041;
    struct windows windows = windows_with_processes(fields);

    poke(&windows, process_at(fields, 2) + fields->links, 0, 8);
    poke(&windows, PROCESS_HEAD + 8, UINT64_MAX, 8);
    check_and_free(&windows, 0, "4 System list\n388 smss.exe list",
                   "the list of processes breaks off: at 0xfffff80000062");
}

// == Symbol files ==

#ifdef MS_HAVE_JANSSON

#include "windows/image_tables.h"
#include "windows/isf_file.h"

#define TYPES                                                                                      \
    "{\"_KPROCESS\":{\"size\":1080,\"fields\":{\"DirectoryTableBase\":{\"offset\":40},"            \
    "\"ThreadListHead\":{\"offset\":48}}},"                                                        \
    "\"_EPROCESS\":{\"size\":2624,\"fields\":{\"UniqueProcessId\":{\"offset\":1088},"              \
    "\"ActiveProcessLinks\":{\"offset\":1096},\"ImageFileName\":{\"offset\":1448},"                \
    "\"ExitTime\":{\"offset\":2112}}}}"

// A kernel whose image asks for the file's PDB.
static struct windows windows_with_pdb(uint32_t build)
{
    struct windows windows = windows_with_processes(&fields_19041);

    put_number(&windows.machine, 0x8000 + 0x260, build, 4);
    poke_pdb(&windows, NT_IMAGE, 0x3000, "ntkrnlmp.pdb");
    return windows;
}

static char *text_with_symbols(const struct windows *windows, const char *isf)
{
    struct ms_symbols *symbols = open_isf(isf);
    const struct ms_modules_options options = {.symbols = &symbols, .n_symbols = 1};
    struct found_processes found = find_processes_with(windows, &options, 0);
    char *text = processes_text(found.processes);

    cr_expect(ms_modules_symbols_use(found.windows.modules, 0).used);
    release_processes(&found);
    ms_symbols_free(symbols);
    free(windows->machine.bytes);
    return text;
}

// What a file tells is no guess, whatever the build.
Test(processes, layout_of_a_symbol_file)
{
    struct windows windows = windows_with_pdb(17763);

    poke(&windows, process_at(&fields_19041, 2) + fields_19041.exited, 1, 8);
    cr_assert(eq(str, text_with_symbols(&windows, ISF("{}", TYPES)),
                 "4 System list\n388 smss.exe list\n680 lsass.exe list exited"));
}

// What the file does not lay out is not known, and nothing of it is told as zero.
Test(processes, fields_that_a_symbol_file_does_not_lay_out)
{
    struct windows windows = windows_with_pdb(19041);
    struct ms_symbols *symbols = open_isf(ISF("{}", TYPES));
    const struct ms_modules_options options = {.symbols = &symbols, .n_symbols = 1};
    struct found_processes found = find_processes_with(&windows, &options, 0);
    struct ms_process_info info = ms_processes_info(found.processes, 1);

    cr_expect(info.has_name && info.has_exited && !info.exited);
    cr_expect(has_rest(&info) == false);
    release_processes(&found);
    ms_symbols_free(symbols);
    free(windows.machine.bytes);
}

// One of pool is not said to hide where nothing tells whether it runs.
Test(processes, hidden_ones_that_may_have_ended)
{
    struct windows windows = windows_with_processes(&fields_19041);
    struct found_processes found;
    struct ms_watch watch = {0};

    poke_process(&windows, &fields_19041, 3, 900, "evil.exe");
    found = find_processes_with(&windows, NULL, 0);
    found.processes->layout.at[MS_PROCESS_EXIT_TIME] = MS_NO_FIELD;
    found.processes->layout.at[MS_PROCESS_FLAGS] = MS_NO_FIELD;
    cr_assert(ms_processes_scan(found.processes, &watch, NULL) == MS_OK);
    cr_assert(eq(sz, ms_processes_count(found.processes), 4));
    cr_expect(ms_processes_info(found.processes, 3).has_exited == false);
    cr_expect(ms_processes_info(found.processes, 3).hidden == false);
    release_processes(&found);
    free(windows.machine.bytes);
}

// A structure in a file counts whole: the field of the built-in table is none here.
Test(processes, layout_of_a_symbol_file_that_lacks_a_field)
{
    struct windows windows = windows_with_pdb(19041);

    poke_session(&windows, &fields_19041, 2, 1);
    cr_assert(eq(str, text_with_symbols(&windows, ISF("{}", TYPES)), THREE));
}

Test(processes, head_by_symbols)
{
    struct windows windows = windows_with_pdb(19041);

    poke(&windows, KDBG + 0x50, 0, 8);
    poke(&windows, NT_DATA + 0x700, KERNEL + process_at(&fields_19041, 0), 8);
    cr_assert(eq(
        str,
        text_with_symbols(&windows, ISF("{\"PsInitialSystemProcess\":{\"address\":34560}}", "{}")),
        THREE));
}

#endif
