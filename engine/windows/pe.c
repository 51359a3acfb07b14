// SPDX-License-Identifier: MIT
//
// The headers of PE images: DOS, NT and optional header, directories, section table.

#include "windows/pe.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/extent.h"
#include "windows/pe_window.h"

#include <stdlib.h>
#include <string.h>

// Offsets from the PE signature; those of the optional header are the same in both widths unless
// told otherwise.
enum {
    DOS_BYTES = 0x40,
    DOS_NT_OFFSET = 0x3c,
    MAX_NT_OFFSET = 0x10000, // linkers put the NT headers below 1 KiB; this leaves room for stubs

    NT_MACHINE = 0x04,
    NT_N_SECTIONS = 0x06,
    NT_TIMESTAMP = 0x08,
    NT_OPTIONAL_BYTES = 0x14,
    NT_CHARACTERISTICS = 0x16,
    NT_OPTIONAL = 0x18,
    NT_MAGIC = 0x18,
    NT_ENTRY_POINT = 0x28,
    NT_IMAGE_BASE_32 = 0x34,
    NT_IMAGE_BASE_64 = 0x30,
    NT_SECTION_ALIGNMENT = 0x38,
    NT_SIZE_OF_IMAGE = 0x50,
    NT_SIZE_OF_HEADERS = 0x54,
    NT_CHECKSUM = 0x58,
    NT_SUBSYSTEM = 0x5c,
    NT_DLL_CHARACTERISTICS = 0x5e,
    NT_DIRECTORIES_32 = 0x78, // just behind their number
    NT_DIRECTORIES_64 = 0x88,

    MAGIC_32 = 0x10b,
    MAGIC_64 = 0x20b,

    SECTION_BYTES = 0x28,
    SECTION_VIRTUAL_SIZE = 0x08,
    SECTION_RVA = 0x0c,
    SECTION_RAW_SIZE = 0x10,
    SECTION_RAW_OFFSET = 0x14,
    SECTION_FLAGS = 0x24,
    MAX_ALIGNMENT = 0x200000, // a large page; what is above, or no power of two, counts as 1
};

// Where a section is, in the order of RVAs.
struct ms_pe_extent {
    uint64_t start, end; // `end`: the first byte after it, rounded up by the alignment
    uint64_t max_end;    // of this and all before
    size_t section;
};

// What the file header and the optional header say of the tables behind them.
struct tables {
    uint32_t nt; // RVA of the NT headers
    uint32_t directories;
    uint64_t n_directories;
    uint32_t sections;
    uint32_t n_sections;
};

// == Headers ==

static enum ms_status fail_absent(struct ms_error *error, uint64_t base, const char *what)
{
    return ms_fail(error, MS_MISSING, "%s of the PE image at 0x%llx: not in memory", what,
                   (unsigned long long)base);
}

static enum ms_status fail_malformed(struct ms_error *error, uint64_t base, const char *what)
{
    return ms_fail(error, MS_MALFORMED, "no PE image at 0x%llx: %s", (unsigned long long)base,
                   what);
}

static enum ms_status find_nt(const struct ms_pe *pe, uint32_t *nt_ret, struct ms_error *error)
{
    uint8_t dos[DOS_BYTES];

    if (!ms_vmem_get(&pe->memory, pe->base, dos, sizeof(dos)))
        return fail_absent(error, pe->base, "DOS header");
    if (memcmp(dos, "MZ", 2) != 0)
        return fail_malformed(error, pe->base, "it does not begin with MZ");
    *nt_ret = ms_le32(dos + DOS_NT_OFFSET);
    if (*nt_ret > MAX_NT_OFFSET || *nt_ret > UINT64_MAX - pe->base)
        return fail_malformed(error, pe->base, "its NT headers are too far away");
    return MS_OK;
}

// Takes what both widths have at the same place, and where the rest is.
static void take_nt(struct ms_pe *pe, const uint8_t *nt, struct tables *tables)
{
    bool wide = pe->bits == 64;
    uint32_t directories = wide ? NT_DIRECTORIES_64 : NT_DIRECTORIES_32;

    pe->machine = ms_le16(nt + NT_MACHINE);
    pe->characteristics = ms_le16(nt + NT_CHARACTERISTICS);
    pe->subsystem = ms_le16(nt + NT_SUBSYSTEM);
    pe->dll_characteristics = ms_le16(nt + NT_DLL_CHARACTERISTICS);
    pe->timestamp = ms_le32(nt + NT_TIMESTAMP);
    pe->checksum = ms_le32(nt + NT_CHECKSUM);
    pe->size_of_image = ms_le32(nt + NT_SIZE_OF_IMAGE);
    pe->size_of_headers = ms_le32(nt + NT_SIZE_OF_HEADERS);
    pe->section_alignment = ms_le32(nt + NT_SECTION_ALIGNMENT);
    pe->entry_point = ms_le32(nt + NT_ENTRY_POINT);
    pe->image_base = wide ? ms_le64(nt + NT_IMAGE_BASE_64) : ms_le32(nt + NT_IMAGE_BASE_32);
    tables->directories = tables->nt + directories;
    tables->n_directories = ms_le32(nt + directories - 4);
    tables->sections = tables->nt + NT_OPTIONAL + ms_le16(nt + NT_OPTIONAL_BYTES);
    tables->n_sections = ms_le16(nt + NT_N_SECTIONS);
}

static enum ms_status read_nt(struct ms_pe *pe, struct tables *tables, struct ms_error *error)
{
    uint8_t nt[NT_DIRECTORIES_64];
    uint64_t address = pe->base + tables->nt;
    uint16_t magic;

    if (!ms_vmem_get(&pe->memory, address, nt, NT_MAGIC + 2))
        return fail_absent(error, pe->base, "NT header");
    if (memcmp(nt, "PE\0", 4) != 0)
        return fail_malformed(error, pe->base, "there is no PE signature");
    magic = ms_le16(nt + NT_MAGIC);
    if (magic != MAGIC_32 && magic != MAGIC_64)
        return fail_malformed(error, pe->base, "its optional header is of an unknown kind");
    pe->bits = magic == MAGIC_64 ? 64 : 32;
    if (!ms_vmem_get(&pe->memory, address, nt,
                     pe->bits == 64 ? NT_DIRECTORIES_64 : NT_DIRECTORIES_32))
        return fail_absent(error, pe->base, "optional header");
    take_nt(pe, nt, tables);
    if (pe->size_of_image < tables->directories)
        return fail_malformed(error, pe->base, "it is smaller than its headers");
    return MS_OK;
}

// == Directories ==

static enum ms_pe_state directory_state(const struct ms_pe *pe, size_t index,
                                        const struct ms_pe_directory *directory)
{
    if (directory->rva == 0)
        return MS_PE_NONE;
    // The address of signatures is a place in the file.
    return index == MS_PE_DIRECTORY_SECURITY || directory->rva < pe->size_of_image ? MS_PE_WHOLE
                                                                                   : MS_PE_BAD;
}

// As loaders do, only by their number, not by the size of the optional header.
static void read_directories(struct ms_pe *pe, const struct tables *tables,
                             struct ms_pe_window *window)
{
    for (size_t i = 0; i < MS_PE_N_DIRECTORIES && i < tables->n_directories; i++) {
        struct ms_pe_directory *directory = &pe->directories[i];
        uint8_t bytes[8];

        directory->state = ms_pe_window_get(window, tables->directories + 8 * i, bytes, 8);
        if (directory->state != MS_PE_WHOLE)
            continue;
        directory->rva = ms_le32(bytes);
        directory->size = ms_le32(bytes + 4);
        directory->state = directory_state(pe, i, directory);
    }
}

// == Sections ==

static void take_section(struct ms_pe_section *section, const uint8_t *bytes)
{
    uint32_t virtual_size = ms_le32(bytes + SECTION_VIRTUAL_SIZE);

    *section = (struct ms_pe_section){
        .rva = ms_le32(bytes + SECTION_RVA),
        .raw_offset = ms_le32(bytes + SECTION_RAW_OFFSET),
        .raw_size = ms_le32(bytes + SECTION_RAW_SIZE),
        .flags = ms_le32(bytes + SECTION_FLAGS),
    };
    section->size = virtual_size > 0 ? virtual_size : section->raw_size;
    memcpy(section->name, bytes, sizeof(section->name));
}

static bool read_sections(struct ms_pe *pe, const struct tables *tables,
                          struct ms_pe_window *window)
{
    uint32_t n = tables->n_sections;

    if (n > MS_PE_MAX_SECTIONS) {
        pe->sections_lost.left_out = n - MS_PE_MAX_SECTIONS;
        n = MS_PE_MAX_SECTIONS;
    }
    pe->sections = calloc(n ? n : 1, sizeof(*pe->sections));
    if (!pe->sections)
        return false;
    for (uint32_t i = 0; i < n; i++) {
        uint8_t bytes[SECTION_BYTES];
        enum ms_pe_state state = ms_pe_window_get(
            window, tables->sections + (uint64_t)i * SECTION_BYTES, bytes, sizeof(bytes));

        ms_pe_lose(&pe->sections_lost, state);
        if (state == MS_PE_WHOLE)
            take_section(&pe->sections[pe->n_sections++], bytes);
    }
    return true;
}

static int compare_extents(const void *left, const void *right)
{
    const struct ms_pe_extent *a = left, *b = right;

    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return a->section < b->section ? -1 : a->section > b->section;
}

bool ms_pe_section_extent(const struct ms_pe *pe, const struct ms_pe_section *section,
                          uint64_t *start_ret, uint64_t *end_ret)
{
    uint32_t alignment = pe->section_alignment;

    if (alignment == 0 || (alignment & (alignment - 1)) != 0 || alignment > MAX_ALIGNMENT)
        alignment = 1;
    *start_ret = section->rva;
    *end_ret = ms_round_up((uint64_t)section->rva + section->size, alignment);
    return section->size > 0;
}

static bool sort_sections(struct ms_pe *pe)
{
    uint64_t max_end = 0;

    pe->extents = calloc(pe->n_sections ? pe->n_sections : 1, sizeof(*pe->extents));
    if (!pe->extents)
        return false;
    for (size_t i = 0; i < pe->n_sections; i++) {
        struct ms_pe_extent *extent = &pe->extents[pe->n_extents];

        extent->section = i;
        if (ms_pe_section_extent(pe, &pe->sections[i], &extent->start, &extent->end))
            pe->n_extents++;
    }
    qsort(pe->extents, pe->n_extents, sizeof(*pe->extents), compare_extents);
    for (size_t i = 0; i < pe->n_extents; i++)
        pe->extents[i].max_end = max_end = ms_max_u64(max_end, pe->extents[i].end);
    return true;
}

const struct ms_pe_section *ms_pe_section_at(const struct ms_pe *pe, uint32_t rva)
{
    size_t low = 0, high = pe->n_extents; // the extents before `low` begin at or below the RVA

    if (rva >= pe->size_of_image)
        return NULL;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (pe->extents[middle].start <= rva)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low > 0 && pe->extents[low - 1].max_end > rva; low--) {
        if (pe->extents[low - 1].end > rva)
            return &pe->sections[pe->extents[low - 1].section];
    }
    return NULL;
}

size_t ms_pe_section_name(const struct ms_pe_section *section, char name_ret[9])
{
    size_t length = strnlen((const char *)section->name, sizeof(section->name));

    memcpy(name_ret, section->name, length);
    name_ret[length] = '\0';
    return length;
}

// == Opening ==

static void close_local(struct ms_pe **pe)
{
    ms_pe_close(*pe);
}

enum ms_status ms_pe_open(const struct ms_vmem *memory, uint64_t base, struct ms_pe **pe_ret,
                          struct ms_error *error)
{
    MS_CLEANUP(close_local) struct ms_pe *pe = NULL;
    struct ms_pe opened = {.memory = *memory, .base = base};
    struct ms_pe_window window;
    struct tables tables = {0};
    enum ms_status status = find_nt(&opened, &tables.nt, error);

    // Most places that are tried are no images: they cost no memory.
    if (status == MS_OK)
        status = read_nt(&opened, &tables, error);
    if (status != MS_OK)
        return status;
    pe = malloc(sizeof(*pe));
    if (!pe)
        return ms_fail_nomem(error);
    *pe = opened;
    ms_pe_window_start(&window, pe);
    read_directories(pe, &tables, &window);
    if (!read_sections(pe, &tables, &window) || !sort_sections(pe))
        return ms_fail_nomem(error);
    pe->bytes = sizeof(*pe) + pe->n_sections * sizeof(*pe->extents) +
                ms_min_u64(tables.n_sections, MS_PE_MAX_SECTIONS) * sizeof(*pe->sections);
    *pe_ret = ms_keep(pe);
    return MS_OK;
}

void ms_pe_close(struct ms_pe *pe)
{
    if (!pe)
        return;
    free(pe->sections);
    free(pe->extents);
    free(pe);
}

// == Reading ==

enum ms_pe_state ms_pe_read(const struct ms_pe *pe, uint64_t rva, uint8_t *bytes, size_t length)
{
    if (!ms_in_file(rva, length, pe->size_of_image))
        return MS_PE_BAD;
    if (rva > UINT64_MAX - pe->base) {
        memset(bytes, 0, length);
        return MS_PE_MISSING;
    }
    return ms_vmem_get(&pe->memory, pe->base + rva, bytes, length) ? MS_PE_WHOLE : MS_PE_MISSING;
}

void ms_pe_own_name(const struct ms_pe *pe, uint8_t *name_ret, size_t capacity,
                    struct ms_pe_text *text_ret)
{
    const struct ms_pe_directory *directory = &pe->directories[MS_PE_DIRECTORY_EXPORT];
    struct ms_pe_window window;
    uint64_t rva = 0;

    *text_ret = (struct ms_pe_text){.state = directory->state};
    if (directory->state != MS_PE_WHOLE)
        return;
    ms_pe_window_start(&window, pe);
    text_ret->state = ms_pe_window_number(&window, (uint64_t)directory->rva + 0xc, 4, &rva);
    if (text_ret->state != MS_PE_WHOLE)
        return;
    text_ret->state = ms_pe_window_text(
        &window, rva, name_ret, (uint32_t)ms_min_u64(capacity, MS_PE_MAX_NAME), &text_ret->length);
    text_ret->bytes = text_ret->length > 0 ? name_ret : NULL;
}
