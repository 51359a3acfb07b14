// SPDX-License-Identifier: MIT
//
// ELF cores as QEMU's dump-guest-memory writes them: file header, one PT_NOTE, one PT_LOAD a run
// in the order of the spec, notes (NT_PRSTATUS and QEMUCPUState of each processor), memory.
//
// Offsets are the ELF specification's and those of QEMU's notes; see README.md.

#include "container.h"

#include <string.h>

enum {
    ET_CORE = 4,
    EM_386 = 3,
    EM_X86_64 = 0x3e,
    PT_LOAD = 1,
    PT_NOTE = 4,
    NT_PRSTATUS = 1,
    PN_XNUM = 0xffff, // the real count of program headers is in section header 0

    NOTE_HEADER = 12 + 8, // three numbers; "CORE" or "QEMU" with NUL, padded to 4
    QEMU_NOTE_OLD = 0x1b0,
    QEMU_NOTE_NEW = 0x1b8, // with kernel_gs_base
    MAX_CPUS = 4096,
};

/** The sizes of a class, and where its records have their members: {offset, width}. */
struct member {
    unsigned at;
    unsigned width;
};

struct elf_class {
    unsigned ident;
    unsigned header, program, section, prstatus; // sizes
    struct member phoff, shoff, flags, ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
    struct member p_flags, p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, p_align;
    unsigned sh_info;
    struct member pid, ip, sp; // in prstatus
};

static const struct elf_class class64 = {
    .ident = 2,
    .header = 0x40,
    .program = 0x38,
    .section = 0x40,
    .prstatus = 336,
    .phoff = {0x20, 8},
    .shoff = {0x28, 8},
    .flags = {0x30, 4},
    .ehsize = {0x34, 2},
    .phentsize = {0x36, 2},
    .phnum = {0x38, 2},
    .shentsize = {0x3a, 2},
    .shnum = {0x3c, 2},
    .shstrndx = {0x3e, 2},
    .p_flags = {0x04, 4},
    .p_offset = {0x08, 8},
    .p_vaddr = {0x10, 8},
    .p_paddr = {0x18, 8},
    .p_filesz = {0x20, 8},
    .p_memsz = {0x28, 8},
    .p_align = {0x30, 8},
    .sh_info = 0x2c,
    .pid = {0x20, 4},
    .ip = {0xf0, 8},
    .sp = {0x108, 8},
};

static const struct elf_class class32 = {
    .ident = 1,
    .header = 0x34,
    .program = 0x20,
    .section = 0x28,
    .prstatus = 144,
    .phoff = {0x1c, 4},
    .shoff = {0x20, 4},
    .flags = {0x24, 4},
    .ehsize = {0x28, 2},
    .phentsize = {0x2a, 2},
    .phnum = {0x2c, 2},
    .shentsize = {0x2e, 2},
    .shnum = {0x30, 2},
    .shstrndx = {0x32, 2},
    .p_flags = {0x18, 4},
    .p_offset = {0x04, 4},
    .p_vaddr = {0x08, 4},
    .p_paddr = {0x0c, 4},
    .p_filesz = {0x10, 4},
    .p_memsz = {0x14, 4},
    .p_align = {0x1c, 4},
    .sh_info = 0x1c,
    .pid = {0x18, 4},
    .ip = {0x78, 4},
    .sp = {0x84, 4},
};

/** Where everything of a file lies; the same for planning and for writing. */
struct elf_plan {
    const struct elf_class *class;
    uint64_t cpus;
    uint64_t n_programs; // PT_NOTE and the runs
    bool extended;       // PN_XNUM
    uint64_t qemu_size;
    uint64_t notes;
    uint64_t memory;
};

static uint64_t checked_option(const struct image *image, enum setting_id id, uint64_t usual,
                               uint64_t most, const char *what)
{
    uint64_t value = spec_setting(image->spec, id, 0, usual);
    if (value == 0 || value > most)
        fail_at(image->spec->settings[id].place, "%s", what);
    return value;
}

static uint64_t qemu_size_of(const struct image *image)
{
    uint64_t size = spec_setting(image->spec, OPTION_QEMU_NOTE_SIZE, 0, QEMU_NOTE_NEW);
    if (size != QEMU_NOTE_OLD && size != QEMU_NOTE_NEW)
        fail_at(image->spec->settings[OPTION_QEMU_NOTE_SIZE].place, "0x1b0 or 0x1b8");
    return size;
}

static struct elf_plan elf_plan_of(const struct image *image)
{
    struct elf_plan plan = {.class = image->container->bits == 64 ? &class64 : &class32};
    plan.cpus = checked_option(image, FACT_CPUS, 1, MAX_CPUS, "1 to 4096 processors");
    plan.n_programs = image->spec->n_runs + 1;
    plan.extended = plan.n_programs >= PN_XNUM;
    plan.qemu_size = qemu_size_of(image);
    plan.notes = plan.class->header + plan.n_programs * plan.class->program +
                 (plan.extended ? plan.class->section : 0);
    plan.memory = plan.notes +
                  plan.cpus * (NOTE_HEADER + plan.class->prstatus + NOTE_HEADER + plan.qemu_size);
    return plan;
}

static uint64_t align_up(uint64_t value, uint64_t alignment)
{
    return (value + alignment - 1) / alignment * alignment;
}

static void check_32bit(const struct image *image, const struct run *run, uint64_t offset)
{
    uint64_t limit = UINT64_C(1) << 32;
    if (image->container->bits == 32 && (run->start + run->length > limit || run->length >= limit))
        fail_at(run->place, "a run below 4 GiB, as elf32 holds");
    if (image->container->bits == 32 && offset >= limit)
        fail_at(run->place, "runs of less than 4 GiB in all, as elf32 holds");
}

static void plan_elf(struct image *image)
{
    uint64_t alignment = checked_option(image, OPTION_ELF_ALIGN, 1, UINT64_C(1) << 30,
                                        "an alignment of 1 byte to 1 GiB");
    uint64_t offset = elf_plan_of(image).memory;
    image->extents.end = offset;
    for (size_t i = 0; i < image->spec->n_runs; i++) {
        const struct run *run = &image->spec->runs[i];
        offset = align_up(image->extents.end, alignment);
        check_32bit(image, run, offset);
        extents_add(&image->extents, run->start, run->length, offset);
    }
    image->file_bytes = image->extents.end;
}

/* ---- headers -------------------------------------------------------------------------- */

static void write_header(struct image *image, struct block *block, const struct elf_plan *plan)
{
    const struct elf_class *class = plan->class;
    bool long_mode = image->container->bits == 64 && image->machine == MACHINE_X86_64;
    uint64_t shoff = plan->extended ? plan->notes - class->section : 0;
    const struct {
        struct member member;
        uint64_t value;
        const char *name;
    } numbers[] = {
        {{0x00, 4}, 0x464c457f, "ident-magic"},
        {{0x04, 1}, class->ident, "ident-class"},
        {{0x05, 1}, 1, "ident-data"}, // little-endian
        {{0x06, 1}, 1, "ident-version"},
        {{0x10, 2}, ET_CORE, "type"},
        {{0x12, 2}, long_mode ? EM_X86_64 : EM_386, "machine"},
        {{0x14, 4}, 1, "version"},
        {class->phoff, class->header, "phoff"},
        {class->shoff, shoff, "shoff"},
        {class->flags, 0, "flags"},
        {class->ehsize, class->header, "ehsize"},
        {class->phentsize, class->program, "phentsize"},
        {class->phnum, plan->extended ? PN_XNUM : plan->n_programs, "phnum"},
        {class->shentsize, plan->extended ? class->section : 0, "shentsize"},
        {class->shnum, plan->extended, "shnum"},
        {class->shstrndx, 0, "shstrndx"},
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        put(image, block, numbers[i].member.at, numbers[i].member.width, numbers[i].value,
            numbers[i].name);
    if (plan->extended)
        put(image, block, (size_t)shoff + class->sh_info, 4, plan->n_programs, "section.info");
}

struct program {
    uint64_t type, offset, vaddr, paddr, filesz, memsz;
};

static void write_program(struct image *image, struct block *block, const struct elf_class *class,
                          size_t index, const struct program *program)
{
    size_t base = class->header + index * class->program;
    const struct {
        struct member member;
        uint64_t value;
        const char *name;
    } numbers[] = {
        {{0, 4}, program->type, "type"},
        {class->p_flags, 0, "flags"},
        {class->p_offset, program->offset, "offset"},
        {class->p_vaddr, program->vaddr, "vaddr"},
        {class->p_paddr, program->paddr, "paddr"},
        {class->p_filesz, program->filesz, "filesz"},
        {class->p_memsz, program->memsz, "memsz"},
        {class->p_align, 0, "align"},
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        put_item(image, block, base + numbers[i].member.at, numbers[i].member.width,
                 numbers[i].value, "phdr", index, numbers[i].name);
}

static void write_programs(struct image *image, struct block *block, const struct elf_plan *plan)
{
    uint64_t size = plan->memory - plan->notes;
    uint64_t offset = plan->memory;
    size_t extent = 0; // runs without bytes have none
    struct program note = {PT_NOTE, plan->notes, 0, 0, size, size};
    write_program(image, block, plan->class, 0, &note);
    for (size_t i = 0; i < image->spec->n_runs; i++) {
        const struct run *run = &image->spec->runs[i];
        if (run->length > 0)
            offset = image->extents.items[extent++].offset;
        struct program load = {PT_LOAD,    offset,      run->virtual_start,
                               run->start, run->length, run->memory_size};
        write_program(image, block, plan->class, i + 1, &load);
        offset += run->length;
    }
}

/* ---- notes ---------------------------------------------------------------------------- */

/** Returns the offset of the descriptor. */
static size_t write_note(struct image *image, struct block *block, size_t at, size_t index,
                         const char *name, unsigned type, uint64_t size)
{
    put_item(image, block, at, 4, 5, "note", index, "namesz");
    put_item(image, block, at + 4, 4, size, "note", index, "descsz");
    put_item(image, block, at + 8, 4, type, "note", index, "type");
    memcpy(block->bytes + at + 12, name, 5);
    return at + NOTE_HEADER;
}

static void write_prstatus(struct image *image, struct block *block, const struct elf_class *class,
                           size_t at, size_t cpu)
{
    const struct spec *spec = image->spec;
    put_item(image, block, at + class->pid.at, class->pid.width, cpu + 1, "prstatus", cpu, "pid");
    put_item(image, block, at + class->ip.at, class->ip.width, spec_setting(spec, FACT_RIP, 0, 0),
             "prstatus", cpu, "rip");
    put_item(image, block, at + class->sp.at, class->sp.width, spec_setting(spec, FACT_RSP, 0, 0),
             "prstatus", cpu, "rsp");
}

static void write_segment(struct block *block, size_t at, unsigned selector, unsigned flags)
{
    const uint8_t bytes[12] = {
        (uint8_t)selector,     0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, (uint8_t)flags,
        (uint8_t)(flags >> 8), 0};
    memcpy(block->bytes + at, bytes, sizeof(bytes));
}

static uint64_t usual_cr4(enum machine machine)
{
    return machine == MACHINE_X86 ? 0x6d8 : 0x6f8; // PAE is bit 5
}

static void write_qemu_state(struct image *image, struct block *block, size_t at, size_t cpu,
                             uint64_t size)
{
    const struct spec *spec = image->spec;
    uint64_t dtb = spec_setting(spec, FACT_DTB, 0, 0);
    const struct {
        unsigned at, width;
        uint64_t value;
        const char *name;
    } numbers[] = {
        {0x000, 4, 1, "version"},
        {0x004, 4, size, "size"},
        {0x038, 8, spec_setting(spec, FACT_RSP, 0, 0), "rsp"},
        {0x088, 8, spec_setting(spec, FACT_RIP, 0, 0), "rip"},
        {0x090, 8, 0x246, "rflags"},
        {0x0f0 + 0x10, 8, spec_setting(spec, FACT_GS_BASE, 0, 0), "gs-base"},
        {0x158 + 0x10, 8, spec_setting(spec, FACT_GDT, 0, 0), "gdt"},
        {0x170 + 0x10, 8, spec_setting(spec, FACT_IDT, 0, 0), "idt"},
        {0x188, 8, spec_setting(spec, FACT_CR0, 0, 0x80050033), "cr0"},
        {0x1a0, 8, spec_setting(spec, FACT_DTB, cpu, dtb), "cr3"},
        {0x1a8, 8, spec_setting(spec, FACT_CR4, 0, usual_cr4(image->machine)), "cr4"},
        {0x1b0, 8, spec_setting(spec, FACT_KERNEL_GS, 0, 0), "kernel-gs"},
    };
    // Code and stack of ring 0: present, and for long mode the code segment's L bit.
    write_segment(block, at + 0x098, 0x10, image->machine == MACHINE_X86_64 ? 0x209b : 0xc09b);
    write_segment(block, at + 0x110, 0x18, 0xc093);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (numbers[i].at < size)
            put_item(image, block, at + numbers[i].at, numbers[i].width, numbers[i].value, "cpu",
                     cpu, numbers[i].name);
    }
}

static void write_notes(struct image *image, struct block *block, const struct elf_plan *plan)
{
    size_t at = (size_t)plan->notes;
    for (size_t cpu = 0; cpu < plan->cpus; cpu++) {
        at = write_note(image, block, at, cpu, "CORE", NT_PRSTATUS, plan->class->prstatus);
        write_prstatus(image, block, plan->class, at, cpu);
        at += plan->class->prstatus;
    }
    for (size_t cpu = 0; cpu < plan->cpus; cpu++) {
        at = write_note(image, block, at, plan->cpus + cpu, "QEMU", 0, plan->qemu_size);
        write_qemu_state(image, block, at, cpu, plan->qemu_size);
        at += plan->qemu_size;
    }
}

static void write_elf(struct image *image, const struct outfile *file)
{
    struct elf_plan plan = elf_plan_of(image);
    struct block block = block_create(0, (size_t)plan.memory);
    write_header(image, &block, &plan);
    write_programs(image, &block, &plan);
    write_notes(image, &block, &plan);
    block_write(&block, file);
}

const struct container containers_elf[] = {
    {.name = "elf64", .usual = MACHINE_X86_64, .bits = 64, .plan = plan_elf, .write = write_elf},
    {.name = "elf32", .usual = MACHINE_X86, .bits = 32, .plan = plan_elf, .write = write_elf},
    {0},
};
