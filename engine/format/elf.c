// SPDX-License-Identifier: MIT
//
// ELF cores of whole machines: their PT_LOAD entries say in p_paddr which physical memory the file
// holds. Written by QEMU (dump-guest-memory), VirtualBox, Linux's kdump (vmcore) and makedumpfile
// -E. Cores of processes look the same but for p_paddr being 0 throughout, and hold no physical
// memory. Layout: the ELF specification; 32 and 64 bits differ in nothing but where the fields are.

#include "base/extent.h"
#include "format/elf_notes.h"
#include "format/field.h"
#include "format/formats.h"

#include <inttypes.h>
#include <string.h>

#define LITTLE_ENDIAN_DATA 1
#define BIG_ENDIAN_DATA    2
#define TYPE_CORE          4
#define PN_XNUM            0xffff
#define PT_LOAD            1
#define PT_NOTE            4

#define MAX_EHDR_BYTES 64
#define MAX_PHDR_BYTES 56

struct elf_class {
    uint8_t ident; // e_ident[EI_CLASS]
    uint8_t address_bits;
    size_t ehdr_bytes, phdr_bytes;
    struct ms_field phoff, shoff, phentsize, phnum;
    struct ms_field sh_info;
    struct ms_field p_offset, p_paddr, p_filesz, p_memsz;
};

static const struct elf_class elf32 = {
    .ident = 1,
    .address_bits = 32,
    .ehdr_bytes = 52,
    .phdr_bytes = 32,
    .phoff = {0x1c, 4},
    .shoff = {0x20, 4},
    .phentsize = {0x2a, 2},
    .phnum = {0x2c, 2},
    .sh_info = {0x1c, 4},
    .p_offset = {0x04, 4},
    .p_paddr = {0x0c, 4},
    .p_filesz = {0x10, 4},
    .p_memsz = {0x14, 4},
};

static const struct elf_class elf64 = {
    .ident = 2,
    .address_bits = 64,
    .ehdr_bytes = 64,
    .phdr_bytes = 56,
    .phoff = {0x20, 8},
    .shoff = {0x28, 8},
    .phentsize = {0x36, 2},
    .phnum = {0x38, 2},
    .sh_info = {0x2c, 4},
    .p_offset = {0x08, 8},
    .p_paddr = {0x18, 8},
    .p_filesz = {0x20, 8},
    .p_memsz = {0x28, 8},
};

struct elf_machine {
    uint16_t number; // e_machine
    uint8_t address_bits;
    const char *name;
};

// x86 in a 64-bit file: QEMU writes it for a PAE guest with memory above 4 GiB.
static const struct elf_machine machines[] = {
    {0x03, 32, "x86"},
    {0x28, 32, "arm"},
    {0x3e, 64, "x86_64"},
    {0xb7, 64, "arm64"},
};

struct elf_reader {
    const struct elf_class *class;
    const struct ms_source *source;
    struct ms_layout *layout;
    struct ms_error *error;
    uint64_t n_loads;      // PT_LOADs with memory
    uint64_t n_at_zero;    // of these, with p_paddr 0
    uint64_t n_unphysical; // of these, with p_paddr -1
    struct ms_elf_notes notes;
};

static unsigned bid(const struct ms_head *head, const struct elf_class *class)
{
    const uint8_t *ident = head->bytes;
    unsigned bits = 40;

    if (memcmp(ident, "\177ELF", 4) != 0 || ident[4] != class->ident)
        return 0;
    // VirtualBox leaves the version in ident[6] at 0, so it says nothing.
    bits += ident[5] == LITTLE_ENDIAN_DATA || ident[5] == BIG_ENDIAN_DATA ? 7 : 0;
    bits += ms_le16(head->bytes + 0x10) == TYPE_CORE ? 16 : 0;
    return bits;
}

static unsigned bid32(const struct ms_head *head)
{
    return bid(head, &elf32);
}

static unsigned bid64(const struct ms_head *head)
{
    return bid(head, &elf64);
}

static enum ms_status check_ident(const struct elf_reader *reader, const uint8_t *ehdr)
{
    struct ms_error *error = reader->error;

    if (memcmp(ehdr, "\177ELF", 4) != 0)
        return ms_fail(error, MS_MALFORMED, "the file does not begin with the magic of ELF");
    if (ehdr[4] != reader->class->ident)
        return ms_fail(error, MS_MALFORMED, "the file's class is %u, not %u", ehdr[4],
                       reader->class->ident);
    if (ehdr[5] == BIG_ENDIAN_DATA)
        return ms_fail(error, MS_UNSUPPORTED, "big-endian machines are not read");
    if (ehdr[5] != LITTLE_ENDIAN_DATA)
        return ms_fail(error, MS_MALFORMED, "byte order %u is neither little nor big endian",
                       ehdr[5]);
    if (ms_le16(ehdr + 0x10) != TYPE_CORE)
        return ms_fail(error, MS_UNSUPPORTED,
                       "e_type is %u: a program, a library or an object, not a core (4)",
                       ms_le16(ehdr + 0x10));
    return MS_OK;
}

static enum ms_status set_machine(const struct elf_reader *reader, uint16_t number)
{
    for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
        if (machines[i].number == number) {
            reader->layout->machine = machines[i].name;
            reader->layout->address_bits = machines[i].address_bits;
            return MS_OK;
        }
    }
    reader->layout->address_bits = reader->class->address_bits;
    return ms_layout_add_fact(reader->layout, reader->error, "e_machine", "%u", number);
}

// Where the entries are more than e_phnum can say, section header 0 has their number.
static enum ms_status read_n_phdrs(const struct elf_reader *reader, const uint8_t *ehdr,
                                   uint64_t *n_ret)
{
    const struct elf_class *class = reader->class;
    uint64_t shoff = ms_field_value(ehdr, class->shoff);
    uint8_t info[4];
    enum ms_status status;

    *n_ret = ms_field_value(ehdr, class->phnum);
    if (*n_ret != PN_XNUM)
        return MS_OK;
    if (shoff == 0 || shoff > UINT64_MAX - class->sh_info.offset)
        return ms_fail(reader->error, MS_MALFORMED,
                       "e_phnum is 0xffff, but there is no section header 0 with the number of "
                       "program headers (e_shoff 0x%" PRIx64 ")",
                       shoff);
    status = ms_source_read(reader->source, shoff + class->sh_info.offset, info, sizeof(info),
                            "the number of program headers", reader->error);
    *n_ret = status ? 0 : ms_le32(info);
    return status;
}

static enum ms_status check_table(const struct elf_reader *reader, const uint8_t *ehdr,
                                  uint64_t offset, uint64_t n)
{
    const struct elf_class *class = reader->class;
    uint64_t entry_bytes = ms_field_value(ehdr, class->phentsize);
    uint64_t size = ms_source_size(reader->source);

    if (n == 0)
        return ms_fail(reader->error, MS_MALFORMED, "there are no program headers");
    if (entry_bytes != class->phdr_bytes)
        return ms_fail(reader->error, MS_MALFORMED,
                       "a program header has %" PRIu64 " bytes (e_phentsize), not %zu", entry_bytes,
                       class->phdr_bytes);
    // n has at most 32 bits, so the product cannot overflow.
    if (!ms_in_file(offset, n * entry_bytes, size))
        return ms_fail(reader->error, MS_MALFORMED,
                       "%" PRIu64 " program headers at offset 0x%" PRIx64
                       " do not fit in the file's 0x%" PRIx64 " bytes",
                       n, offset, size);
    return MS_OK;
}

static enum ms_status add_load(struct elf_reader *reader, const uint8_t *phdr, uint64_t index)
{
    const struct elf_class *class = reader->class;
    struct ms_format_run run = {
        .start = ms_field_value(phdr, class->p_paddr),
        .length = ms_field_value(phdr, class->p_memsz),
        .offset = ms_field_value(phdr, class->p_offset),
        .stored = ms_field_value(phdr, class->p_filesz),
    };

    if (run.length != 0) {
        reader->n_loads++;
        reader->n_at_zero += run.start == 0;
    }
    if (run.start == UINT64_MAX >> (64 - 8 * class->p_paddr.width)) {
        reader->n_unphysical += run.length != 0;
        return ms_layout_warn(reader->layout, reader->error, "memory without physical addresses",
                              "program header %" PRIu64 " has no physical address: left out",
                              index);
    }
    return ms_layout_add_run(reader->layout, run, "program header", index, reader->error);
}

static enum ms_status add_phdr(struct elf_reader *reader, const uint8_t *phdr, uint64_t index)
{
    const struct elf_class *class = reader->class;
    uint32_t type = ms_le32(phdr);

    if (type == PT_LOAD)
        return add_load(reader, phdr, index);
    if (type == PT_NOTE)
        return ms_elf_notes_read(
            &reader->notes, reader->source, ms_field_value(phdr, class->p_offset),
            ms_field_value(phdr, class->p_filesz), reader->layout, reader->error);
    return MS_OK;
}

static enum ms_status read_table(struct elf_reader *reader, uint64_t offset, uint64_t n)
{
    uint8_t phdrs[128 * MAX_PHDR_BYTES];
    size_t entry_bytes = reader->class->phdr_bytes;
    enum ms_status status = MS_OK;

    for (uint64_t i = 0; !status && i < n && !reader->layout->full;) {
        size_t n_here = (size_t)ms_min_u64(n - i, 128);

        status = ms_source_read(reader->source, offset + i * entry_bytes, phdrs,
                                n_here * entry_bytes, "the program headers", reader->error);
        for (size_t k = 0; !status && k < n_here; k++)
            status = add_phdr(reader, phdrs + k * entry_bytes, i + k);
        i += n_here;
    }
    return status;
}

// One PT_LOAD at 0 is how a machine without a memory hole looks; several, all at 0, are a process.
static enum ms_status check_physical(const struct elf_reader *reader)
{
    if (reader->n_loads == 0)
        return ms_fail(reader->error, MS_MALFORMED, "no program header describes memory (PT_LOAD)");
    if (reader->n_unphysical == reader->n_loads)
        return ms_fail(reader->error, MS_UNSUPPORTED,
                       "no program header has a physical address (p_paddr is -1 throughout)");
    if (reader->n_at_zero + reader->n_unphysical == reader->n_loads &&
        (reader->n_at_zero > 1 || reader->notes.has_auxv))
        return ms_fail(
            reader->error, MS_UNSUPPORTED,
            "the core of a process, without physical addresses (p_paddr is 0 throughout), "
            "not of a machine");
    return MS_OK;
}

static enum ms_status read(const struct elf_class *class, const struct ms_source *source,
                           struct ms_layout *layout, struct ms_error *error)
{
    struct elf_reader reader = {.class = class, .source = source, .layout = layout, .error = error};
    uint8_t ehdr[MAX_EHDR_BYTES];
    uint64_t n = 0, phoff;
    enum ms_status status;

    status = ms_source_read(source, 0, ehdr, class->ehdr_bytes, "the ELF header", error);
    if (status)
        return status;
    phoff = ms_field_value(ehdr, class->phoff);
    status = check_ident(&reader, ehdr);
    if (!status)
        status = set_machine(&reader, ms_le16(ehdr + 0x12));
    if (!status)
        status = read_n_phdrs(&reader, ehdr, &n);
    if (!status)
        status = check_table(&reader, ehdr, phoff, n);
    if (!status)
        status = read_table(&reader, phoff, n);
    if (!status)
        status = check_physical(&reader);
    if (!status)
        status = ms_elf_notes_finish(&reader.notes, layout, error);
    return status;
}

static enum ms_status read32(const struct ms_source *source, const struct ms_head *head,
                             struct ms_layout *layout, struct ms_error *error)
{
    (void)head;
    return read(&elf32, source, layout, error);
}

static enum ms_status read64(const struct ms_source *source, const struct ms_head *head,
                             struct ms_layout *layout, struct ms_error *error)
{
    (void)head;
    return read(&elf64, source, layout, error);
}

const struct ms_format_ops ms_format_elf32 = {
    .name = "elf32",
    .title = "32-bit ELF core",
    .bid = bid32,
    .read = read32,
};

const struct ms_format_ops ms_format_elf64 = {
    .name = "elf64",
    .title = "64-bit ELF core",
    .bid = bid64,
    .read = read64,
};
