// SPDX-License-Identifier: MIT
//
// Roots that containers tell: taken where they map what they must, refused else.

#include "found_root.h"
#include "space/machine_files.h"

TestSuite(told_roots);

#define LIST   UINT64_C(0xfffff80012345678) // PsLoadedModuleList
#define SHARED UINT64_C(0xfffff78000000000) // KUSER_SHARED_DATA
#define RIP    UINT64_C(0xfffff80000401234)
#define IDT    UINT64_C(0xfffff80055550000)
#define KPCR   UINT64_C(0xfffff80077770000)

// == Crash dumps ==

// A full dump of the machine, with a root and the address of a list; 0: not set.
static struct ms_image *open_dump64(const struct small_machine *machine, uint64_t root,
                                    uint64_t list)
{
    struct small_machine file = dump64_of(machine, root);

    if (list)
        put_number(&file, 0x20, list, 8);
    return open_file(&file);
}

Test(told_roots, header_of_a_64_bit_dump)
{
    struct small_machine machine = machine_of(0x20000);

    map_x64(&machine, 0x1000, 0x2000, LIST, 0x8000);
    // Low bits of the register are flags.
    expect_roots(open_dump64(&machine, 0x1002, LIST), "1000 x64 crash-dump header", "list");
    expect_roots(open_dump64(&machine, 0x1000, LIST + 0x1000), "", "list elsewhere");
    expect_roots(open_dump64(&machine, 0x5000, LIST), "", "no table");
    expect_roots(open_dump64(&machine, 0x5000, 0), "", "no table, nothing to check");
    expect_roots(open_dump64(&machine, 0x900000, LIST), "", "not in the image");
    expect_roots(open_dump64(&machine, 0x1000, 0),
                 "1000 x64 crash-dump header (nothing in the dump confirms it: the addresses that "
                 "the header names cannot be looked up)",
                 "nothing to check");
    map_x64(&machine, 0x1000, 0x9000, SHARED, 0xd000);
    put_shared_data(&machine, 0xd000);
    expect_roots(open_dump64(&machine, 0x1000, 0), "1000 x64 crash-dump header", "shared data");
    free(machine.bytes);
}

// What a dump maps in software entries is memory: only Windows writes dumps.
Test(told_roots, a_dump_is_windows)
{
    struct small_machine machine = machine_of(0x20000);
    struct ms_image *image;
    struct ms_spaces *spaces;

    map_x64(&machine, 0x1000, 0x2000, LIST, 0x8000);
    put64(&machine, 0x4000, 0x100, 0x9880);
    image = open_dump64(&machine, 0x1000, LIST);
    spaces = spaces_found(image);
    cr_assert(ms_spaces_add(spaces, "kernel", NULL) == MS_OK);
    cr_expect(eq(str, mappings_of(spaces, 0),
                 (char *)"fffff80012300000-fffff80012300fff w-- present 9000\n"
                         "fffff80012345000-fffff80012345fff wx- present 8000"));
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(machine.bytes);
}

static struct ms_image *open_dump32(const struct small_machine *machine, uint64_t root, int pae)
{
    struct small_machine file = machine_of(0x1000 + machine->size);
    struct ms_image *image;

    for (size_t i = 0; i < 0x1000; i += 4)
        put_text(&file, i, "PAGE");
    put_text(&file, 4, "DUMP");
    put_number(&file, 0x10, root, 4);
    put_number(&file, 0x18, 0x80123456, 4);
    put_number(&file, 0x20, 0x14c, 4);
    if (pae >= 0)
        put_number(&file, 0x5c, (uint64_t)pae, 1);
    put_number(&file, 0x64, 1, 4);
    put_number(&file, 0x68, machine->size / 4096, 4);
    put_number(&file, 0x6c, 0, 4);
    put_number(&file, 0x70, machine->size / 4096, 4);
    put_number(&file, 0xf88, 1, 4);
    memcpy(file.bytes + 0x1000, machine->bytes, machine->size);
    image = open_bytes(file.bytes, file.size, NULL);
    free(file.bytes);
    return image;
}

Test(told_roots, header_of_a_32_bit_dump)
{
    struct small_machine pae = machine_of(0x10000), x86 = machine_of(0x10000);

    put64(&pae, 0x1000 + 0x20, 2, 0x2001);
    put64(&pae, 0x2000, 0, 0x3063);
    put64(&pae, 0x3000, 0x123, 0x8063);
    put32(&x86, 0x1000, 0x200, 0x3063);
    put32(&x86, 0x3000, 0x123, 0x8063);
    expect_roots(open_dump32(&pae, 0x1020, 1), "1020 pae crash-dump header", "PAE");
    expect_roots(open_dump32(&x86, 0x1000, 0), "1000 x86 crash-dump header", "x86");
    expect_roots(open_dump32(&pae, 0x1020, -1), "1020 pae crash-dump header", "PAE, not told");
    expect_roots(open_dump32(&x86, 0x1000, -1), "1000 x86 crash-dump header", "x86, not told");
    expect_roots(open_dump32(&x86, 0x1000, 1), "", "x86, told PAE");
    expect_roots(open_dump32(&pae, 0x1020, 0), "", "PAE, told x86");
    free(pae.bytes);
    free(x86.bytes);
}

// == Notes of ELF cores ==

static void add_vbox_cpu(struct core *core, const struct cpu *cpu)
{
    size_t desc = add_note(core, "VBCORE", 0xb00, 24);

    put_number(&core->file, desc, 0xc01ac0de, 4);
    put_number(&core->file, desc + 4, 0x00010005, 4);
    desc = add_note(core, "VBCPU", 0xb01, 0x248);
    put_number(&core->file, desc + 0x70, cpu->rip, 8);
    put_number(&core->file, desc + 0xa0, 0x10 | cpu->level, 2);
    put_number(&core->file, desc + 0x120, cpu->cr0, 8);
    put_number(&core->file, desc + 0x130, cpu->cr3, 8);
    put_number(&core->file, desc + 0x138, cpu->cr4, 8);
    put_number(&core->file, desc + 0x190, cpu->idt, 8);
}

// A root with a kernel: what processors need, and some more tables.
static void make_kernel(struct small_machine *machine, uint64_t root, uint64_t tables)
{
    map_x64(machine, root, tables, RIP, 0x18000);
    put64(machine, tables + 0x1000, IDT >> 21 & 511, (tables + 0x3000) | 0x63);
    put64(machine, tables, IDT >> 30 & 511, (tables + 0x1000) | 0x63);
    put64(machine, tables, KPCR >> 30 & 511, (tables + 0x1000) | 0x63);
    put64(machine, tables + 0x3000, IDT >> 12 & 511, 0x19063);
    put64(machine, tables + 0x1000, KPCR >> 21 & 511, (tables + 0x4000) | 0x63);
    for (unsigned i = 0; i < 16; i++)
        put64(machine, tables + 0x4000, (KPCR >> 12 & 511) + i, 0x20063 + 0x1000 * i);
    for (unsigned i = 0x110; i < 0x120; i++)
        put64(machine, root, i, tables | 0x63);
}

Test(told_roots, register_of_a_qemu_processor)
{
    const struct cpu cpu = {.cr0 = PAGING, .cr3 = 0x1000, .cr4 = 0x20, .rip = RIP, .idt = IDT};
    struct small_machine machine = machine_of(0x40000);
    struct cpu other = cpu;

    make_kernel(&machine, 0x1000, 0x8000);
    expect_roots(open_qemu(&machine, 0x3e, cpu), "1000 x64 QEMU note of processor 0", "kernel");
    expect_roots(open_qemu(&machine, 3, cpu), "1000 x64 QEMU note of processor 0", "of x86");
    other.cr3 = 0x1018; // flags and a PCID
    expect_roots(open_qemu(&machine, 0x3e, other), "1000 x64 QEMU note of processor 0", "flags");
    other = cpu;
    other.rip = RIP + 0x1000;
    expect_roots(open_qemu(&machine, 0x3e, other), "", "rip is not mapped");
    other = cpu;
    other.idt = IDT + 0x100000;
    expect_roots(open_qemu(&machine, 0x3e, other), "", "IDT is not mapped");
    other = cpu;
    other.cr0 = 1;
    expect_roots(open_qemu(&machine, 0x3e, other), "", "no paging");
    other = cpu;
    other.cr4 = 0x1020;
    expect_roots(open_qemu(&machine, 0x3e, other), "", "five levels, which it has not");
    other = cpu;
    other.cr3 = 0x3000;
    expect_roots(open_qemu(&machine, 0x3e, other), "", "another page");
    other = (struct cpu){.cr3 = 0x1000};
    expect_roots(open_qemu(&machine, 0x3e, other), "", "nothing to check it by");
    free(machine.bytes);
}

Test(told_roots, register_with_five_levels)
{
    const struct cpu cpu = {.cr0 = PAGING, .cr3 = 0x2000, .cr4 = 0x1020, .rip = RIP, .idt = IDT};
    struct small_machine machine = machine_of(0x40000);

    make_kernel(&machine, 0x1000, 0x8000);
    put64(&machine, 0x2000, 0x1ff, 0x1063);
    expect_roots(open_qemu(&machine, 0x3e, cpu), "2000 x64-5 QEMU note of processor 0", "x64-5");
    free(machine.bytes);
}

Test(told_roots, registers_of_32_bits)
{
    struct small_machine pae = machine_of(0x10000), x86 = machine_of(0x10000);
    struct cpu cpu = {
        .cr0 = PAGING, .cr3 = 0x1020, .cr4 = 0x20, .rip = 0x80123456, .idt = 0x80124000};

    for (unsigned i = 0; i < 16; i++) {
        put64(&pae, 0x2000, i, 0x3063);
        put32(&x86, 0x1000, 0x200 + i, 0x3063);
    }
    put64(&pae, 0x1000 + 0x20, 2, 0x2001);
    put64(&pae, 0x3000, 0x123, 0x8063);
    put64(&pae, 0x3000, 0x124, 0x9063);
    put32(&x86, 0x3000, 0x123, 0x8063);
    put32(&x86, 0x3000, 0x124, 0x9063);
    expect_roots(open_qemu(&pae, 3, cpu), "1020 pae QEMU note of processor 0", "PAE");
    expect_roots(open_qemu(&pae, 0x3e, cpu), "1020 pae QEMU note of processor 0", "PAE of x86_64");
    cpu.cr3 = 0x1000;
    cpu.cr4 = 0x10;
    expect_roots(open_qemu(&x86, 3, cpu), "1000 x86 QEMU note of processor 0", "x86");
    free(pae.bytes);
    free(x86.bytes);
}

// Linux with page-table isolation: the shadow is the page behind the full root.
Test(told_roots, shadow_root_of_linux)
{
    const struct cpu cpu = {
        .level = 3, .cr0 = PAGING, .cr3 = 0x3800, .cr4 = 0x20, .idt = IDT, .rip = 0x401000};
    struct small_machine machine = machine_of(0x40000);

    make_kernel(&machine, 0x2000, 0x8000);
    map_x64(&machine, 0x2000, 0x10000, 0x401000, 0x1a000);
    map_x64(&machine, 0x3000, 0x10000, 0x401000, 0x1a000);
    put64(&machine, 0x3000, 0x1f0, 0x8063);
    expect_roots(open_qemu(&machine, 0x3e, cpu),
                 "2000 x64 QEMU note of processor 0, full root\n"
                 "3000 x64 QEMU note of processor 0 (a shadow root, for programs: 0x2000 is the "
                 "full one)",
                 "Linux");
    free(machine.bytes);
}

// The page before a root may be that of another process, which is no better.
Test(told_roots, a_root_that_only_looks_like_a_shadow)
{
    const struct cpu cpu = {.cr0 = PAGING, .cr3 = 0x3000, .cr4 = 0x20, .rip = RIP, .idt = IDT};
    struct small_machine machine = machine_of(0x40000);

    make_kernel(&machine, 0x2000, 0x8000);
    make_kernel(&machine, 0x3000, 0x8000);
    expect_roots(open_qemu(&machine, 0x3e, cpu), "3000 x64 QEMU note of processor 0", "neighbours");
    free(machine.bytes);
}

// Windows with KVA shadow: the full root stands in the KPCR, which the shadow maps.
Test(told_roots, shadow_root_of_windows)
{
    struct cpu cpu = {.level = 3,
                      .cr0 = PAGING,
                      .cr3 = 0x3000,
                      .cr4 = 0x20,
                      .idt = IDT,
                      .rip = 0x401000,
                      .kernel_gs = KPCR};
    struct small_machine machine = machine_of(0x40000);
    static const char expected[] =
        "1000 x64 QEMU note of processor 0, full root\n"
        "3000 x64 QEMU note of processor 0 (a shadow root, for programs: 0x1000 is the full one)";

    make_kernel(&machine, 0x1000, 0x8000);
    map_x64(&machine, 0x1000, 0x10000, 0x401000, 0x1a000);
    map_x64(&machine, 0x3000, 0x10000, 0x401000, 0x1a000);
    put64(&machine, 0x3000, 0x1f0, 0x8063);
    put_number(&machine, 0x27000, 0x1002, 8); // the KPCR's pages lie from 20000 on
    expect_roots(open_qemu(&machine, 0x3e, cpu), expected, "Windows, user mode");
    cpu.kernel_gs = 0;
    cpu.gs = KPCR;
    expect_roots(open_qemu(&machine, 0x3e, cpu), expected, "Windows, entering");
    free(machine.bytes);
}

// A processor that stopped in a program, and one in the kernel: the latter's root is the full one.
Test(told_roots, a_full_root_comes_first)
{
    const struct cpu user = {.level = 3,
                             .cr0 = PAGING,
                             .cr3 = 0x5000,
                             .cr4 = 0x20,
                             .rip = 0x401000},
                     kernel = {.cr0 = PAGING, .cr3 = 0x1000, .cr4 = 0x20, .rip = RIP, .idt = IDT};
    struct small_machine machine = machine_of(0x40000);
    struct core core;

    make_kernel(&machine, 0x1000, 0x8000);
    map_x64(&machine, 0x5000, 0x10000, 0x401000, 0x1a000);
    core = core_of(&machine, 0x3e);
    add_qemu_cpu(&core, &user);
    add_qemu_cpu(&core, &kernel);
    add_qemu_cpu(&core, &kernel);
    expect_roots(open_file(&core.file),
                 "1000 x64 QEMU note of processor 1\n"
                 "5000 x64 QEMU note of processor 0 (maps little of a kernel: perhaps a shadow "
                 "root, for programs)",
                 "both");
    free(machine.bytes);
}

Test(told_roots, register_of_a_virtualbox_processor)
{
    const struct cpu cpu = {.cr0 = PAGING, .cr3 = 0x1000, .cr4 = 0x20, .rip = RIP, .idt = IDT};
    struct small_machine machine = machine_of(0x40000);
    struct core core;

    make_kernel(&machine, 0x1000, 0x8000);
    core = core_of(&machine, 0x3e);
    add_vbox_cpu(&core, &cpu);
    expect_roots(open_file(&core.file), "1000 x64 VirtualBox note of processor 0", "VirtualBox");
    free(machine.bytes);
}

static struct ms_image *open_vmcore_of(const struct small_machine *machine, unsigned e_machine,
                                       const char *text)
{
    struct core core = core_of(machine, e_machine);
    size_t desc = add_note(&core, "VMCOREINFO", 0, strlen(text));

    put_text(&core.file, desc, text);
    return open_file(&core.file);
}

static struct ms_image *open_vmcore(const struct small_machine *machine, const char *text)
{
    return open_vmcore_of(machine, 0x3e, text);
}

// On 32 bits Linux' kernel begins at c0000000, and memory is mapped there from 0 on.
Test(told_roots, vmcoreinfo_of_32_bits)
{
    static const char text[] = "SYMBOL(swapper_pg_dir)=c0005000\n";
    struct small_machine x86 = machine_of(0x10000), pae = machine_of(0x10000);
    struct ms_image *image;
    struct ms_spaces *spaces;

    put32(&x86, 0x5000, 0x200, 0x6063);
    put32(&x86, 0x5000, 0x300, 0x6063);
    put32(&x86, 0x6000, 5, 0x5063);
    put64(&pae, 0x5000, 3, 0x6001);
    put64(&pae, 0x6000, 0, 0x7063);
    put64(&pae, 0x7000, 5, 0x5063);
    expect_roots(open_vmcore_of(&pae, 3, text), "5000 pae VMCOREINFO", "PAE");
    expect_roots(open_vmcore_of(&x86, 3, text), "5000 x86 VMCOREINFO", "x86");
    image = open_vmcore_of(&x86, 3, text);
    spaces = spaces_found(image);
    cr_assert(ms_spaces_add(spaces, "kernel", NULL) == MS_OK);
    cr_expect(eq(str, mappings_of(spaces, 0), (char *)"c0005000-c0005fff wx- present 5000"));
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(x86.bytes);
    free(pae.bytes);
}

Test(told_roots, vmcoreinfo)
{
    struct small_machine machine = machine_of(0x40000);

    // The kernel's table at 5000 is at ffffffff81005000, moved by -1000000.
    map_x64(&machine, 0x5000, 0x8000, UINT64_C(0xffffffff81005000), 0x5000);
    expect_roots(open_vmcore(&machine, "OSRELEASE=6.1\nSYMBOL(swapper_pg_dir)=ffffffff81005000\n"
                                       "NUMBER(phys_base)=-16777216\n"),
                 "5000 x64 VMCOREINFO", "four levels");
    expect_roots(open_vmcore(&machine, "SYMBOL(swapper_pg_dir)=ffffffff81005000\n"
                                       "NUMBER(phys_base)=-16777215\n"),
                 "", "another base");
    expect_roots(open_vmcore(&machine, "SYMBOL(swapper_pg_dir)=ffffffff81005000\n"), "", "no base");
    expect_roots(open_vmcore(&machine, "SYMBOL(swapper_pg_dir)=nonsense\n"
                                       "NUMBER(phys_base)=-16777216\n"),
                 "", "no number");
    expect_roots(open_vmcore(&machine, "SYMBOL(swapper_pg_dir)=\n"
                                       "NUMBER(phys_base)=-16777216\n"),
                 "", "nothing");
    map_x64(&machine, 0x5000, 0x8000, UINT64_C(0xffffffff81005000), 0x6000);
    put64(&machine, 0x6000, 511, 0x5063);
    put64(&machine, 0x9000, UINT64_C(0x81005000) >> 21 & 511, 0xa063);
    expect_roots(open_vmcore(&machine, "SYMBOL(swapper_pg_dir)=ffffffff81005000\n"
                                       "NUMBER(phys_base)=-16773120\n"
                                       "NUMBER(pgtable_l5_enabled)=1\n"),
                 "6000 x64-5 VMCOREINFO", "five levels");
    free(machine.bytes);
}

// == Given ==

Test(told_roots, a_given_root_needs_no_paging_where_the_image_tells)
{
    const uint64_t root = 0x7003;
    const struct ms_spaces_options options = {.root = &root};
    struct small_machine machine = machine_of(0x10000);
    struct ms_image *image = open_dump64(&machine, 0x1000, LIST);
    struct ms_spaces *spaces = NULL;

    cr_assert(ms_spaces_create(image, &options, &spaces, NULL) == MS_OK);
    cr_expect(eq(str, roots_text(spaces), (char *)"7000 x64 given"));
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(machine.bytes);
}
