// SPDX-License-Identifier: MIT
//
// Machines of 4 MiB with a Windows kernel, written field by field. Their memory from
// fffff80000000000 on is the machine's from 200000 on, but for its last page, which is not in
// memory. Offsets here count from there.

#ifndef TESTS_WINDOWS_SMALL_WINDOWS_H
#define TESTS_WINDOWS_SMALL_WINDOWS_H

#include "space/small_machine.h"

#include <memscan/modules.h>

#define KERNEL UINT64_C(0xfffff80000000000)

enum {
    ROOT = 0x1000,
    MEMORY = 0x200000,  // physical address of offset 0
    GONE = 0x1ff000,    // the page that is not in memory
    NT_IMAGE = 0x10000, // 16 pages; its second section, .data, is writable
    NT_DATA = NT_IMAGE + 0x8000,
    LIST = NT_DATA + 0x100,
    KDBG = NT_DATA + 0x200,
    UNLOADED = NT_DATA + 0x600,      // the variable
    LAST_UNLOADED = NT_DATA + 0x608, // another
    ENTRIES = 0x40000,               // of the list, 100 bytes each
    TEXTS = 0x50000,                 // 1000 bytes each
    DRIVERS = 0x80000,               // images, 10000 bytes each
};

struct windows {
    struct small_machine machine;
    size_t n_entries;
};

static inline void poke(struct windows *windows, uint64_t offset, uint64_t value, size_t width)
{
    put_number(&windows->machine, MEMORY + offset, value, width);
}

static inline void poke_text(struct windows *windows, uint64_t offset, const char *text)
{
    put_text(&windows->machine, MEMORY + offset, text);
}

// Headers, with one or two sections: code, and data at 8000 if there are 16 pages.
static inline void poke_image(struct windows *windows, uint64_t offset, uint32_t size,
                              const char *section)
{
    uint64_t nt = offset + 0x80, sections = nt + 0x108;

    poke(windows, offset, 'M' | 'Z' << 8, 2);
    poke(windows, offset + 0x3c, 0x80, 4);
    poke(windows, nt, 'P' | 'E' << 8, 4);
    poke(windows, nt + 0x04, 0x8664, 2);
    poke(windows, nt + 0x06, size > 0x8000 ? 2 : 1, 2);
    poke(windows, nt + 0x08, 0x4ce78a09, 4); // time stamp
    poke(windows, nt + 0x14, 0xf0, 2);
    poke(windows, nt + 0x18, 0x20b, 2);
    poke(windows, nt + 0x38, 0x1000, 4);
    poke(windows, nt + 0x3c, 0x200, 4);
    poke(windows, nt + 0x50, size, 4);
    poke(windows, nt + 0x54, 0x400, 4);
    poke(windows, nt + 0x58, 0x1234, 4); // checksum
    poke(windows, nt + 0x84, 16, 4);
    poke_text(windows, sections, section);
    poke(windows, sections + 0x08, 0x1000, 4);
    poke(windows, sections + 0x0c, 0x1000, 4);
    poke(windows, sections + 0x24, 0x60000020, 4);
    poke_text(windows, sections + 0x28, ".data");
    poke(windows, sections + 0x30, 0x1000, 4);
    poke(windows, sections + 0x34, 0x8000, 4);
    poke(windows, sections + 0x4c, 0xc0000040, 4);
}

static inline void poke_string(struct windows *windows, uint64_t offset, uint64_t buffer,
                               size_t length)
{
    poke(windows, offset, length, 2);
    poke(windows, offset + 2, length, 2);
    poke(windows, offset + 8, buffer, 8);
}

static inline uint64_t entry_at(size_t index)
{
    return index == SIZE_MAX ? LIST : ENTRIES + 0x100 * (uint64_t)index;
}

// Links the entries up to a number into a ring, in their order.
static inline void link_entries(struct windows *windows)
{
    for (size_t i = 0; i <= windows->n_entries; i++) {
        uint64_t here = i ? entry_at(i - 1) : LIST;
        uint64_t next = i < windows->n_entries ? entry_at(i) : LIST;

        poke(windows, here, KERNEL + next, 8);
        poke(windows, next + 8, KERNEL + here, 8);
    }
}

// Adds an entry to the list; returns its offset. Its name is ASCII.
static inline uint64_t add_module(struct windows *windows, uint64_t base, uint32_t size,
                                  const char *name)
{
    size_t index = windows->n_entries++;
    uint64_t entry = entry_at(index), text = TEXTS + 0x1000 * (uint64_t)index;

    poke(windows, entry + 0x30, KERNEL + base, 8);
    poke(windows, entry + 0x40, size, 4);
    poke_string(windows, entry + 0x48, 0, 0);
    poke_string(windows, entry + 0x58, KERNEL + text, 2 * strlen(name));
    poke(windows, entry + 0x78, 0x5678, 4);     // checksum
    poke(windows, entry + 0x9c, 0x5f000000, 4); // time stamp, where it has one
    for (size_t i = 0; name[i]; i++)
        poke(windows, text + 2 * i, (uint8_t)name[i], 2);
    link_entries(windows);
    return entry;
}

static inline void poke_kdbg(struct windows *windows)
{
    poke_text(windows, KDBG + 0x10, "KDBG");
    poke(windows, KDBG + 0x14, 0x360, 4);
    poke(windows, KDBG + 0x18, KERNEL + NT_IMAGE, 8);
    poke(windows, KDBG + 0x48, KERNEL + LIST, 8);
    poke(windows, KDBG + 0x50, KERNEL + LIST + 0x10, 8);
    poke(windows, KDBG + 0x220, KERNEL + UNLOADED, 8);
    poke(windows, KDBG + 0x228, KERNEL + LAST_UNLOADED, 8);
}

// Encodes the block as Windows does, with its three secrets.
static inline void encode_kdbg(struct windows *windows, uint64_t never, uint64_t always,
                               uint64_t address)
{
    uint8_t *bytes = windows->machine.bytes + MEMORY + KDBG;

    for (size_t i = 0; i < 0x360; i += 8) {
        uint64_t word, swapped = 0;

        memcpy(&word, bytes + i, 8);
        word ^= always;
        for (unsigned b = 0; b < 8; b++)
            swapped |= (word >> 8 * b & 0xff) << (56 - 8 * b);
        swapped ^= address | UINT64_C(0xffff000000000000);
        word = never & 63 ? swapped >> (never & 63) | swapped << (64 - (never & 63)) : swapped;
        put_number(&windows->machine, MEMORY + KDBG + i, word ^ never, 8);
    }
}

// A kernel with an empty list, Windows 10 if `version` says so.
static inline struct windows windows_of(uint32_t version)
{
    struct windows windows = {.machine = machine_of(0x400000)};
    struct small_machine *machine = &windows.machine;

    put64(machine, ROOT, 0x1f0, 0x2063);
    put64(machine, 0x2000, 0, 0x3063);
    put64(machine, 0x3000, 0, 0x4063);
    for (unsigned i = 0; i < GONE / 0x1000; i++)
        put64(machine, 0x4000, i, (MEMORY + 0x1000 * (uint64_t)i) | 0x63);
    put64(machine, ROOT, 0x1ef, 0x5063); // KUSER_SHARED_DATA
    put64(machine, 0x5000, 0, 0x6063);
    put64(machine, 0x6000, 0, 0x7063);
    put64(machine, 0x7000, 0, 0x8063);
    put_shared_data(machine, 0x8000);
    put_number(machine, 0x8000 + 0x26c, version, 4);
    poke_image(&windows, NT_IMAGE, 0x10000, "POOLCODE");
    poke_kdbg(&windows);
    link_entries(&windows);
    return windows;
}

// What is found in a machine.
struct found_windows {
    struct ms_image *image;
    struct ms_spaces *spaces;
    struct ms_modules *modules;
};

static inline struct found_windows find_windows_with(const struct windows *windows,
                                                     const struct ms_modules_options *options)
{
    struct found_windows found = {.image = open_machine(&windows->machine)};
    struct ms_error error = {0};

    found.spaces = spaces_of(found.image, ROOT, "x64", "kernel");
    cr_assert(ms_modules_create(found.spaces, 0, options, &found.modules, &error) == MS_OK, "%s",
              error.text);
    return found;
}

static inline struct found_windows find_windows(const struct windows *windows, unsigned flags)
{
    const struct ms_modules_options options = {.flags = flags};

    return find_windows_with(windows, &options);
}

static inline void release_found(struct found_windows *found)
{
    ms_modules_free(found->modules);
    ms_spaces_free(found->spaces);
    ms_image_close(found->image);
}

// The modules, one a line: name, offset, size, sources. A static buffer.
static inline char *modules_text(const struct ms_modules *modules)
{
    static char text[8192];
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < ms_modules_count(modules) && used < sizeof(text) - 200; i++) {
        struct ms_module_info info = ms_modules_info(modules, i);

        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s %" PRIx64 "+%" PRIx64,
                                 i ? "\n" : "", info.name, info.base - KERNEL, info.size);
        for (size_t s = 0; ms_module_source_name(s); s++) {
            if (info.sources >> s & 1)
                used += (size_t)snprintf(text + used, sizeof(text) - used, " %s",
                                         ms_module_source_name(s));
        }
    }
    return text;
}

static inline bool has_note(const struct ms_modules *modules, const char *text)
{
    for (size_t i = 0; i < ms_modules_n_notes(modules); i++) {
        if (strstr(ms_modules_note(modules, i), text))
            return true;
    }
    return false;
}

#endif
