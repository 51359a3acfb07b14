// SPDX-License-Identifier: MIT
//
// Spaces of processes and sessions: one half of a root, and what it maps besides the kernel's root.

#include "small_machine.h"
#include "space/spaces.h"

TestSuite(process_spaces, .timeout = 60);

enum { SYSTEM = 0x1000, PROCESS = 0x2000 };

struct set {
    struct small_machine machine;
    struct ms_image *image;
    struct ms_spaces *spaces; // with the kernel as number 0
};

static struct set open_set(struct small_machine machine, const char *paging)
{
    struct set set = {.machine = machine, .image = open_machine(&machine)};

    set.spaces = spaces_of(set.image, SYSTEM, paging, "kernel");
    return set;
}

static void release(struct set *set)
{
    ms_spaces_free(set->spaces);
    ms_image_close(set->image);
    free(set->machine.bytes);
}

static void add_session(struct set *set, uint32_t session, uint64_t root)
{
    struct ms_error error = {0};

    cr_assert(ms_spaces_add_session(set->spaces, session, root, NULL, &error) == MS_OK, "%s",
              error.text);
}

static void add_process(struct set *set, uint32_t pid, uint64_t root, const char *name)
{
    struct ms_error error = {0};

    cr_assert(ms_spaces_add_process(set->spaces, pid, root, name, &error) == MS_OK, "%s",
              error.text);
}

// Both roots have the table at 3000 for fffff800..., whose first page is at 10000.
static struct small_machine machine_of_two(void)
{
    struct small_machine machine = machine_of(0x400000);

    put64(&machine, SYSTEM, 0x1f0, 0x3063);
    put64(&machine, PROCESS, 0x1f0, 0x3063);
    put64(&machine, 0x3000, 0, 0x4063);
    put64(&machine, 0x4000, 0, 0x5063);
    put64(&machine, 0x5000, 0, 0x10063);
    return machine;
}

// == Halves ==

Test(process_spaces, lower_half)
{
    struct small_machine machine = machine_of_two();
    struct set set;

    put64(&machine, PROCESS, 0, 0x6067);
    put64(&machine, PROCESS, 0xff, 0x6067);
    put64(&machine, 0x6000, 0, 0x7067);
    put64(&machine, 0x7000, 0, 0x8067);
    put64(&machine, 0x8000, 0, 0x11067);
    set = open_set(machine, "x64");
    add_process(&set, 4, PROCESS | 2, NULL);
    cr_assert(eq(str, (char *)(uintptr_t)ms_spaces_info(set.spaces, 1).name, "process:4"));
    cr_assert(ms_spaces_info(set.spaces, 1).kind == MS_SPACE_PROCESS);
    cr_assert(eq(u64, ms_spaces_info(set.spaces, 1).root, PROCESS));
    cr_assert(eq(str, mappings_of(set.spaces, 1),
                 (char *)"0-fff wxu present 11000\n7f8000000000-7f8000000fff wxu present 11000"));
    cr_assert(ms_spaces_translate(set.spaces, 1, UINT64_C(0xfffff80000000000),
                                  &(struct ms_mapping_info){0}) == false);
    cr_assert(eq(u64, ms_spaces_table_bytes(set.spaces, set.spaces->list.items[1].table)->present,
                 0x2000));
    release(&set);
}

// 32-bit systems may have split their addresses elsewhere.
Test(process_spaces, lower_gigabytes)
{
    struct small_machine machine = machine_of(0x100000);
    const uint64_t kernel = UINT64_C(0xc0000000), root = SYSTEM;
    struct ms_spaces_options options = {.root = &root, .paging = "x86", .kernel = &kernel};
    struct set set = {.machine = machine};

    put32(&machine, SYSTEM, 0x2ff, 0x3067);
    put32(&machine, SYSTEM, 0x300, 0x3063);
    put32(&machine, 0x3000, 0, 0x10067);
    set.image = open_machine(&machine);
    cr_assert(ms_spaces_create(set.image, &options, &set.spaces, NULL) == MS_OK);
    add_process(&set, 8, SYSTEM, NULL);
    cr_assert(eq(str, mappings_of(set.spaces, 0), (char *)"bfc00000-bfc00fff wxu present 10000"));
    release(&set);
}

// == What a session has ==

static void check_session(struct small_machine machine, const char *expected)
{
    struct set set = open_set(machine, "x64");

    add_session(&set, 1, PROCESS);
    cr_expect(eq(str, mappings_of(set.spaces, 1), (char *)(uintptr_t)expected));
    release(&set);
}

Test(process_spaces, session_has_what_the_kernel_has_not)
{
    struct small_machine machine = machine_of_two();

    put64(&machine, PROCESS, 0x1f2, 0x6063);
    put64(&machine, 0x6000, 0, 0x7063);
    put64(&machine, 0x7000, 0, 0x8063);
    put64(&machine, 0x8000, 3, 0x11063);
    check_session(machine, "fffff90000003000-fffff90000003fff wx- present 11000");
}

Test(process_spaces, session_of_the_kernel_s_root)
{
    struct set set = open_set(machine_of_two(), "x64");

    add_session(&set, 0, SYSTEM);
    cr_assert(eq(str, mappings_of(set.spaces, 1), (char *)""));
    release(&set);
}

// The process has tables of its own down to the pages, some of which are the kernel's.
Test(process_spaces, page_by_page)
{
    struct small_machine machine = machine_of_two();

    put64(&machine, PROCESS, 0x1f0, 0x6063);
    put64(&machine, 0x6000, 0, 0x7063);
    put64(&machine, 0x6000, 1, 0x4063); // the kernel's table, elsewhere
    put64(&machine, 0x7000, 0, 0x8063);
    put64(&machine, 0x8000, 0, 0x10063);
    put64(&machine, 0x8000, 1, 0x11063);
    put64(&machine, 0x8000, 2, 0x12063);
    put64(&machine, 0x8000, 3, 0x13063);
    put64(&machine, 0x5000, 2, 0x20063); // the kernel has another page there: it is mapped
    check_session(machine, "fffff80000001000-fffff80000001fff wx- present 11000\n"
                           "fffff80000003000-fffff80000003fff wx- present 13000\n"
                           "fffff80040000000-fffff80040000fff wx- present 10000\n"
                           "fffff80040002000-fffff80040002fff wx- present 20000");
}

Test(process_spaces, large_pages)
{
    struct small_machine machine = machine_of_two();

    put64(&machine, PROCESS, 0x1f0, 0x6063);
    put64(&machine, 0x6000, 0, 0x7063);
    put64(&machine, 0x7000, 0, 0x2000e3); // 2 MiB, of which the kernel maps the first page
    put64(&machine, 0x7000, 1, 0x8063);
    put64(&machine, 0x8000, 0, 0x10063);
    put64(&machine, 0x4000, 1, 0x2000e3); // the kernel has a large page where that is a table
    check_session(machine, "fffff80000001000-fffff800001fffff wx- present 201000");
}

// A table of the kernel's that is not in the image may map anything: what the process has is told.
Test(process_spaces, kernel_tables_that_are_missing)
{
    struct small_machine machine = machine_of_two();

    put64(&machine, SYSTEM, 0x1f2, 0x900063);
    put64(&machine, PROCESS, 0x1f2, 0x6063);
    put64(&machine, 0x6000, 0, 0x7063);
    put64(&machine, 0x7000, 0, 0x8063);
    put64(&machine, 0x8000, 3, 0x11063);
    check_session(machine, "fffff90000003000-fffff90000003fff wx- present 11000");
}

Test(process_spaces, session_with_pae)
{
    struct small_machine machine = machine_of(0x100000);
    struct set set;

    put64(&machine, SYSTEM, 2, 0x3001);
    put64(&machine, 0x3000, 0, 0x4063);
    put64(&machine, 0x4000, 0, 0x10063);
    put64(&machine, PROCESS, 2, 0x5001);
    put64(&machine, 0x5000, 0, 0x4063); // the kernel's, as each process has it
    put64(&machine, 0x5000, 1, 0x6063);
    put64(&machine, 0x6000, 0, 0x11063);
    set = open_set(machine, "pae");
    add_session(&set, 3, PROCESS);
    cr_assert(eq(str, mappings_of(set.spaces, 1), (char *)"80200000-80200fff wx- present 11000"));
    release(&set);
}

// == Sets ==

Test(process_spaces, order_and_names)
{
    struct set set = open_set(machine_of_two(), "x64");
    static const char *const names[] = {"kernel",     "session:1",   "session:2", "process:System",
                                        "process:12", "root:0x2000", "unmapped"};
    struct ms_error error = {0};

    cr_assert(ms_spaces_add(set.spaces, "unmapped", &error) == MS_OK);
    cr_assert(ms_spaces_add(set.spaces, "root:2000", &error) == MS_OK);
    add_process(&set, 12, PROCESS, NULL);
    add_session(&set, 2, PROCESS);
    add_process(&set, 4, SYSTEM, "process:System");
    add_process(&set, 4, SYSTEM, "process:4"); // that is there
    add_session(&set, 1, PROCESS);
    add_session(&set, 1, SYSTEM);
    cr_assert(eq(sz, ms_spaces_count(set.spaces), sizeof(names) / sizeof(names[0])));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        cr_expect(eq(str, (char *)(uintptr_t)ms_spaces_info(set.spaces, i).name,
                     (char *)(uintptr_t)names[i]));
    release(&set);
}

// What a process and a session map is no longer unmapped.
Test(process_spaces, nothing_of_them_is_unmapped)
{
    struct small_machine machine = machine_of_two();
    struct ms_error error = {0};
    struct space_bytes sum;
    struct set set;

    put64(&machine, PROCESS, 0, 0x6067);
    put64(&machine, PROCESS, 0x1f2, 0x6063);
    put64(&machine, 0x6000, 0, 0x7067);
    put64(&machine, 0x7000, 0, 0x8067);
    put64(&machine, 0x8000, 0, 0x11067);
    set = open_set(machine, "x64");
    cr_assert(ms_spaces_add(set.spaces, "unmapped", &error) == MS_OK);
    sum = bytes_of(set.spaces, 1);
    cr_assert(eq(u64, sum.bytes[MS_MAPPED_PRESENT], 0x400000 - 0x1000));
    add_session(&set, 1, PROCESS);
    sum = bytes_of(set.spaces, 2);
    cr_assert(eq(u64, sum.bytes[MS_MAPPED_PRESENT], 0x400000 - 0x2000));
    release(&set);
}

Test(process_spaces, without_a_paging)
{
    struct small_machine machine = machine_of(0x10000);
    struct ms_image *image = open_machine(&machine);
    struct ms_spaces *spaces = spaces_found(image);
    struct ms_error error = {0};

    cr_assert(ms_spaces_add_process(spaces, 4, PROCESS, NULL, &error) == MS_MALFORMED);
    cr_assert(strstr(error.text, "does not say how its machine translates") != NULL, "%s",
              error.text);
    cr_assert(eq(sz, ms_spaces_count(spaces), 0));
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(machine.bytes);
}

// == Hostile tables ==

// Sixteen directories of 512 tables, all of them one, that differ from the kernel's in a page each.
Test(process_spaces, tables_that_never_agree)
{
    struct small_machine machine = machine_of(0x400000);
    struct set set;

    put64(&machine, SYSTEM, 0x1f0, 0x3063);
    put64(&machine, PROCESS, 0x1f0, 0x4063);
    for (unsigned i = 0; i < 16; i++) {
        put64(&machine, 0x3000, i, 0x5063);
        put64(&machine, 0x4000, i, 0x6063);
    }
    for (unsigned i = 0; i < 512; i++) {
        put64(&machine, 0x5000, i, 0x7063);
        put64(&machine, 0x6000, i, 0x8063);
    }
    put64(&machine, 0x7000, 0, 0x10063);
    put64(&machine, 0x8000, 1, 0x11063);
    set = open_set(machine, "x64");
    add_session(&set, 1, PROCESS);
    cr_assert(space_warned(set.spaces, "is compared with too many others"));
    cr_assert(ms_spaces_n_warnings(set.spaces) < 64);
    cr_assert(bytes_of(set.spaces, 1).bytes[MS_MAPPED_PRESENT] > 0x300000);
    cr_assert(bytes_of(set.spaces, 1).bytes[MS_MAPPED_UNREADABLE] > 0);
    release(&set);
}
