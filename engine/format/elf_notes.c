// SPDX-License-Identifier: MIT
//
// Notes of ELF cores. Layouts: QEMU's target/i386/arch_dump.c (QEMUCPUState), VirtualBox's
// VBox/vmm/dbgfcorefmt.h (DBGFCOREDESCRIPTOR, DBGFCORECPU), Linux's vmcoreinfo.
//
// A note is namesz, descsz and type, u32 each, then the name and the descriptor, each padded to 4
// bytes. VirtualBox does not count the name's NUL and pads to 8, but has chosen its names so that
// padding to 4 comes to the same.

#include "format/elf_notes.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/extent.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

// QEMU writes less than 1 KiB a CPU and Linux about as much, so this is room for 16,384 CPUs.
#define MAX_NOTE_BYTES (16u << 20)
#define HEADER_BYTES   12

#define QEMU_VERSION   1
#define QEMU_CR3       0x1a0
#define QEMU_MIN       0x1b0
#define QEMU_KERNEL_GS 0x1b0 // of newer ones
#define VBOX_MAGIC     0xc01ac0deu
#define VBOX_OLD_CPUS                                                                              \
    0x00010000u // in this version of the format, CPU notes were laid out otherwise
#define VBOX_CR3 0x130
#define VBOX_MIN 0x140

#define KIND "notes"

struct note {
    const char *name;
    size_t name_length; // without a NUL
    uint32_t type;
    const uint8_t *desc;
    size_t desc_length;
};

struct reader {
    struct ms_elf_notes *notes;
    struct ms_layout *layout;
    struct ms_error *error;
};

// Where the registers are in the note of a processor.
struct register_offsets {
    const char *source;
    uint16_t rip, cs, gs, idt, cr0, cr3, cr4, kernel_gs;
};

static const struct register_offsets qemu_registers = {
    .source = "QEMU note",
    .rip = 0x88,
    .cs = 0x98,
    .gs = 0x108,
    .idt = 0x180,
    .cr0 = 0x188,
    .cr3 = QEMU_CR3,
    .cr4 = 0x1a8,
    .kernel_gs = QEMU_KERNEL_GS,
};

static const struct register_offsets vbox_registers = {
    .source = "VirtualBox note",
    .rip = 0x70,
    .cs = 0xa0,
    .gs = 0xf0,
    .idt = 0x190,
    .cr0 = 0x120,
    .cr3 = VBOX_CR3,
    .cr4 = 0x138,
    .kernel_gs = 0x218,
};

// 0 where the note ends before.
static uint64_t get_register(const struct note *note, uint16_t offset)
{
    return offset + 8u <= note->desc_length ? ms_le64(note->desc + offset) : 0;
}

static enum ms_status add_processor(const struct reader *reader, const struct note *note,
                                    const struct register_offsets *at, uint32_t number)
{
    struct ms_processor processor = {
        .source = at->source,
        .number = number,
        .level = note->desc[at->cs] & 3,
        .cr0 = get_register(note, at->cr0),
        .cr3 = get_register(note, at->cr3),
        .cr4 = get_register(note, at->cr4),
        .rip = get_register(note, at->rip),
        .idt = get_register(note, at->idt),
        .gs = get_register(note, at->gs),
        .kernel_gs = get_register(note, at->kernel_gs),
    };

    if (reader->layout->system.processors.n < MS_MAX_PROCESSORS &&
        !ms_vec_push(&reader->layout->system.processors, processor))
        return ms_fail_nomem(reader->error);
    return MS_OK;
}

static void add_root(struct ms_elf_notes *notes, uint64_t root)
{
    for (size_t i = 0; i < notes->n_roots; i++) {
        if (notes->roots[i] == root)
            return;
    }
    if (notes->n_roots < MS_ELF_ROOTS_KEPT)
        notes->roots[notes->n_roots++] = root;
}

static enum ms_status read_prstatus(const struct reader *reader, const struct note *note)
{
    (void)note;
    reader->notes->n_prstatus++;
    return MS_OK;
}

static enum ms_status read_auxv(const struct reader *reader, const struct note *note)
{
    (void)note;
    reader->notes->has_auxv = true;
    return MS_OK;
}

static enum ms_status read_qemu(const struct reader *reader, const struct note *note)
{
    reader->notes->n_qemu++;
    if (note->desc_length < QEMU_MIN || ms_le32(note->desc) != QEMU_VERSION)
        return ms_layout_warn(reader->layout, reader->error, KIND,
                              "the QEMU note of CPU %u has %zu bytes or a version that is not "
                              "known: its registers are left out",
                              reader->notes->n_qemu - 1, note->desc_length);
    add_root(reader->notes, ms_le64(note->desc + QEMU_CR3));
    return add_processor(reader, note, &qemu_registers, reader->notes->n_qemu - 1);
}

static enum ms_status read_vbox(const struct reader *reader, const struct note *note)
{
    uint32_t version;

    if (reader->notes->vbox_format)
        return MS_OK;
    if (note->desc_length < 24 || ms_le32(note->desc) != VBOX_MAGIC)
        return ms_layout_warn(reader->layout, reader->error, KIND,
                              "the VirtualBox note has %zu bytes or another magic number",
                              note->desc_length);
    reader->notes->vbox_format = ms_le32(note->desc + 4);
    version = ms_le32(note->desc + 12);
    return ms_layout_add_fact(reader->layout, reader->error, "producer", "VirtualBox %u.%u.%u",
                              version >> 24, version >> 16 & 0xff, version & 0xffff);
}

static enum ms_status read_vbox_cpu(const struct reader *reader, const struct note *note)
{
    reader->notes->n_vbox++;
    if (reader->notes->vbox_format <= VBOX_OLD_CPUS)
        return MS_OK;
    if (note->desc_length < VBOX_MIN)
        return ms_layout_warn(reader->layout, reader->error, KIND,
                              "the VirtualBox note of CPU %u has %zu bytes: its registers are "
                              "left out",
                              reader->notes->n_vbox - 1, note->desc_length);
    add_root(reader->notes, ms_le64(note->desc + VBOX_CR3));
    return add_processor(reader, note, &vbox_registers, reader->notes->n_vbox - 1);
}

// Also kept as a number, in the base, where there is one.
struct vmcoreinfo_key {
    const char *key;
    const char *fact;
    int base;
    size_t number; // offset of the struct ms_told_number in struct ms_system
};

static const struct vmcoreinfo_key vmcoreinfo_keys[] = {
    {"OSRELEASE", "os_release", 0, 0},
    {"BUILD-ID", "build_id", 0, 0},
    {"PAGESIZE", "page_size", 0, 0},
    {"KERNELOFFSET", "kernel_offset", 0, 0},
    {"NUMBER(phys_base)", "phys_base", 10, offsetof(struct ms_system, phys_base)},
    {"NUMBER(pgtable_l5_enabled)", "five_level_paging", 10,
     offsetof(struct ms_system, five_levels)},
    {"SYMBOL(init_uts_ns)", "init_uts_ns", 0, 0},
    {"SYMBOL(swapper_pg_dir)", "swapper_pg_dir", 16, offsetof(struct ms_system, swapper_pg_dir)},
    {"CRASHTIME", "crash_time", 0, 0},
};

// A negative number is kept as what added to an address subtracts. What is no number is not kept.
static void keep_number(struct ms_system *system, const struct vmcoreinfo_key *key,
                        const char *value, size_t length)
{
    struct ms_told_number *number = (void *)((char *)system + key->number);
    char text[32], *end;

    if (length == 0 || length >= sizeof(text))
        return;
    memcpy(text, value, length);
    text[length] = '\0';
    number->value = strtoull(text, &end, key->base);
    number->known = *end == '\0';
}

static enum ms_status read_vmcoreinfo_line(const struct reader *reader, const char *line,
                                           size_t length)
{
    for (size_t i = 0; i < sizeof(vmcoreinfo_keys) / sizeof(vmcoreinfo_keys[0]); i++) {
        const char *key = vmcoreinfo_keys[i].key;
        size_t key_length = strlen(key);

        if (length <= key_length || memcmp(line, key, key_length) != 0 || line[key_length] != '=')
            continue;
        if (vmcoreinfo_keys[i].base)
            keep_number(&reader->layout->system, &vmcoreinfo_keys[i], line + key_length + 1,
                        length - key_length - 1);
        // No value of interest is longer; more would be a stranger's idea of a fact.
        return ms_layout_add_fact(reader->layout, reader->error, vmcoreinfo_keys[i].fact, "%.*s",
                                  (int)ms_min_u64(length - key_length - 1, 200),
                                  line + key_length + 1);
    }
    return MS_OK;
}

static enum ms_status read_vmcoreinfo(const struct reader *reader, const struct note *note)
{
    const char *text = (const char *)note->desc;
    size_t end, start = 0;

    // Under Xen there are two. One is enough, and a thousand would be a thousand facts.
    if (reader->notes->has_vmcoreinfo)
        return MS_OK;
    reader->notes->has_vmcoreinfo = true;
    reader->layout->system.is_linux = true;
    for (; start < note->desc_length; start = end + 1) {
        const char *newline = memchr(text + start, '\n', note->desc_length - start);
        enum ms_status status;

        end = newline ? (size_t)(newline - text) : note->desc_length;
        status = read_vmcoreinfo_line(reader, text + start, end - start);
        if (status || reader->layout->facts.n > 1000)
            return status;
    }
    return MS_OK;
}

struct note_kind {
    const char *name;
    uint32_t type;
    enum ms_status (*read)(const struct reader *reader, const struct note *note);
};

static const struct note_kind note_kinds[] = {
    {"CORE", 1, read_prstatus},      {"CORE", 6, read_auxv},
    {"QEMU", 0, read_qemu},          {"VBCORE", 0xb00, read_vbox},
    {"VBCPU", 0xb01, read_vbox_cpu}, {"VMCOREINFO", 0, read_vmcoreinfo},
};

static enum ms_status read_note(const struct reader *reader, const struct note *note)
{
    for (size_t i = 0; i < sizeof(note_kinds) / sizeof(note_kinds[0]); i++) {
        const struct note_kind *kind = &note_kinds[i];

        if (kind->type == note->type && strlen(kind->name) == note->name_length &&
            memcmp(kind->name, note->name, note->name_length) == 0)
            return kind->read(reader, note);
    }
    return MS_OK;
}

// Splits off the note at bytes[*at]. False: what is left is not a whole note.
static bool next_note(const uint8_t *bytes, size_t length, size_t *at, struct note *ret)
{
    uint64_t name_bytes, desc_bytes, left = length - *at;
    const uint8_t *header = bytes + *at;

    if (left < HEADER_BYTES)
        return false;
    left -= HEADER_BYTES;
    // 32 bits each, so that rounding up cannot wrap here.
    name_bytes = ms_le32(header);
    desc_bytes = ms_le32(header + 4);
    if (ms_round_up(name_bytes, 4) > left || desc_bytes > left - ms_round_up(name_bytes, 4))
        return false;
    left -= ms_round_up(name_bytes, 4);
    ret->name = (const char *)header + HEADER_BYTES;
    ret->name_length = strnlen(ret->name, name_bytes);
    ret->type = ms_le32(header + 8);
    ret->desc = bytes + (length - left);
    ret->desc_length = desc_bytes;
    *at = length - left + ms_min_u64(ms_round_up(desc_bytes, 4), left);
    return true;
}

static enum ms_status read_notes(const struct reader *reader, const uint8_t *bytes, size_t length)
{
    enum ms_status status = MS_OK;
    size_t at = 0;
    struct note note;

    while (!status && at < length) {
        if (!next_note(bytes, length, &at, &note))
            return ms_layout_warn(reader->layout, reader->error, KIND,
                                  "the notes are broken %zu bytes before their end", length - at);
        status = read_note(reader, &note);
    }
    return status;
}

enum ms_status ms_elf_notes_read(struct ms_elf_notes *notes, const struct ms_source *source,
                                 uint64_t offset, uint64_t length, struct ms_layout *layout,
                                 struct ms_error *error)
{
    struct reader reader = {notes, layout, error};
    uint64_t size = ms_source_size(source);
    uint64_t in_file = offset < size ? ms_min_u64(length, size - offset) : 0;
    size_t wanted = (size_t)ms_min_u64(in_file, MAX_NOTE_BYTES - notes->bytes_seen);
    MS_FREE uint8_t *bytes = malloc(wanted + 1);
    size_t n;

    if (!bytes)
        return ms_fail_nomem(error);
    notes->bytes_seen += wanted;
    n = ms_source_read_at(source, offset, bytes, wanted);
    if (n < length) {
        enum ms_status status = ms_layout_warn(
            layout, error, KIND,
            "of 0x%" PRIx64 " bytes of notes at offset 0x%" PRIx64 " only 0x%zx can be read",
            length, offset, n);
        if (status)
            return status;
    }
    return read_notes(&reader, bytes, n);
}

enum ms_status ms_elf_notes_finish(const struct ms_elf_notes *notes, struct ms_layout *layout,
                                   struct ms_error *error)
{
    char roots[MS_ELF_ROOTS_KEPT * 20] = "";
    uint32_t n_cpus = notes->n_qemu   ? notes->n_qemu
                      : notes->n_vbox ? notes->n_vbox
                                      : notes->n_prstatus;
    enum ms_status status = MS_OK;

    for (size_t i = 0, used = 0; i < notes->n_roots; i++)
        used += (size_t)snprintf(roots + used, sizeof(roots) - used, "%s0x%" PRIx64, i ? " " : "",
                                 notes->roots[i]);
    if (n_cpus)
        status = ms_layout_add_fact(layout, error, "processors", "%u", n_cpus);
    if (!status && notes->n_roots)
        status = ms_layout_add_fact(layout, error, "page_table_root", "%s", roots);
    return status;
}
