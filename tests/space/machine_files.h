// SPDX-License-Identifier: MIT
//
// Files that hold the memory of a small machine and tell of it: crash dumps, and ELF cores with
// notes.

#ifndef TESTS_SPACE_MACHINE_FILES_H
#define TESTS_SPACE_MACHINE_FILES_H

#include "space/small_machine.h"

// Opens a file, and frees its bytes.
static inline struct ms_image *open_file(struct small_machine *file)
{
    struct ms_image *image = open_bytes(file->bytes, file->size, NULL);

    free(file->bytes);
    return image;
}

// A full dump of the machine, with a root; the list of modules is at 20, the block for debuggers
// at 80.
static inline struct small_machine dump64_of(const struct small_machine *machine, uint64_t root)
{
    struct small_machine file = machine_of(0x2000 + machine->size);

    for (size_t i = 0; i < 0x2000; i += 4)
        put_text(&file, i, "PAGE");
    put_text(&file, 4, "DU64");
    put_number(&file, 0x10, root, 8);
    put_number(&file, 0x30, 0x8664, 4);
    put_number(&file, 0x88, 1, 4);
    put_number(&file, 0x90, machine->size / 4096, 8);
    put_number(&file, 0x98, 0, 8);
    put_number(&file, 0xa0, machine->size / 4096, 8);
    put_number(&file, 0xf98, 1, 4);
    memcpy(file.bytes + 0x2000, machine->bytes, machine->size);
    return file;
}

// == ELF cores ==

struct cpu {
    unsigned level;
    uint64_t cr0, cr3, cr4, rip, idt, gs, kernel_gs;
};

#define PAGING UINT64_C(0x80000001)

struct core {
    struct small_machine file;
    size_t notes; // where the next goes
};

static inline struct core core_of(const struct small_machine *machine, unsigned e_machine)
{
    struct core core = {machine_of(0x4000 + machine->size), 64 + 2 * 56};
    struct small_machine *file = &core.file;

    put_text(file, 0, "\177ELF\2\1\1");
    put_number(file, 0x10, 4, 2);
    put_number(file, 0x12, e_machine, 2);
    put_number(file, 0x20, 64, 8);
    put_number(file, 0x36, 56, 2);
    put_number(file, 0x38, 2, 2);
    put_number(file, 64, 4, 4); // PT_NOTE
    put_number(file, 64 + 8, core.notes, 8);
    put_number(file, 64 + 56, 1, 4); // PT_LOAD
    put_number(file, 64 + 56 + 8, 0x4000, 8);
    put_number(file, 64 + 56 + 32, machine->size, 8);
    put_number(file, 64 + 56 + 40, machine->size, 8);
    memcpy(file->bytes + 0x4000, machine->bytes, machine->size);
    return core;
}

// Begins a note; returns where its descriptor is. Names and descriptors here are padded to 4.
static inline size_t add_note(struct core *core, const char *name, uint32_t type, size_t length)
{
    size_t name_bytes = (strlen(name) + 4) / 4 * 4, desc = core->notes + 12 + name_bytes;

    put_number(&core->file, core->notes, strlen(name) + 1, 4);
    put_number(&core->file, core->notes + 4, length, 4);
    put_number(&core->file, core->notes + 8, type, 4);
    put_text(&core->file, core->notes + 12, name);
    core->notes = desc + (length + 3) / 4 * 4;
    put_number(&core->file, 64 + 32, core->notes - (64 + 2 * 56), 8);
    return desc;
}

static inline void add_qemu_cpu(struct core *core, const struct cpu *cpu)
{
    size_t desc = add_note(core, "QEMU", 0, 0x1b8);

    put_number(&core->file, desc, 1, 4);
    put_number(&core->file, desc + 4, 0x1b8, 4);
    put_number(&core->file, desc + 0x88, cpu->rip, 8);
    put_number(&core->file, desc + 0x98, 0x10 | cpu->level, 4);
    put_number(&core->file, desc + 0x108, cpu->gs, 8);
    put_number(&core->file, desc + 0x180, cpu->idt, 8);
    put_number(&core->file, desc + 0x188, cpu->cr0, 8);
    put_number(&core->file, desc + 0x1a0, cpu->cr3, 8);
    put_number(&core->file, desc + 0x1a8, cpu->cr4, 8);
    put_number(&core->file, desc + 0x1b0, cpu->kernel_gs, 8);
}

// The image of one QEMU processor.
static inline struct ms_image *open_qemu(const struct small_machine *machine, unsigned e_machine,
                                         struct cpu cpu)
{
    struct core core = core_of(machine, e_machine);

    add_qemu_cpu(&core, &cpu);
    return open_file(&core.file);
}

#endif
