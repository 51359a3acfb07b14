// SPDX-License-Identifier: MIT
//
// The small machine of the targets `nt`, `objects` and `pool`: the memory of a kernel, which has
// one address and is written byte by byte, and in front of it the page tables that map it.

#ifndef MS_FUZZ_KERNEL_MACHINE_H
#define MS_FUZZ_KERNEL_MACHINE_H

#include "fuzz.h"

enum {
    MAX_PAGES = 40,     // of the kernel's memory
    TABLES = 16 * 4096, // in front of it
    MAX_MEMORY = TABLES + MAX_PAGES * 4096,
};

struct machine {
    bool wide;      // x64, else 32 bits with PAE
    uint32_t build; // of Windows, where a target has several
    size_t n_pages;
    bool hidden[MAX_PAGES]; // not mapped
    uint64_t base;          // address of the kernel's memory
    uint8_t bytes[MAX_MEMORY];
};

// With memory that is zero. 1 to MAX_PAGES pages.
void kernel_machine_make(struct machine *machine, bool wide, size_t n_pages);

// == Writing, at offsets of the kernel's memory; nothing is written behind it ==

static inline size_t word(const struct machine *machine)
{
    return machine->wide ? 8 : 4;
}

static inline void put(struct machine *machine, size_t at, uint64_t value, size_t width)
{
    for (size_t i = 0; i < width && at + i < machine->n_pages * 4096; i++)
        machine->bytes[TABLES + at + i] = (uint8_t)(value >> 8 * i);
}

// To an offset.
static inline void put_pointer(struct machine *machine, size_t at, uint64_t offset)
{
    put(machine, at, machine->base + offset, word(machine));
}

static inline void put_text(struct machine *machine, size_t at, const char *text)
{
    for (size_t i = 0; text[i]; i++)
        put(machine, at + i, (uint8_t)text[i], 1);
}

// The headers of a PE image with two sections: one of code, which is named, and .data, two pages at
// 8000. It exports and imports nothing.
void put_image(struct machine *machine, size_t at, uint32_t size, const char *section);

// == All of it ==

// Takes a change from the input, a number, a pointer, a hidden page or a copy. Places are multiples
// of `step` bytes, and what is copied of `copied`.
void kernel_machine_change(struct machine *machine, struct input *input, size_t step,
                           size_t copied);

// Writes the page tables. Nothing may be hidden behind it.
void kernel_machine_map(struct machine *machine);

// Opens it as a raw image, and its kernel's space. The caller frees both.
void kernel_machine_open(const struct machine *machine, struct ms_image **image_ret,
                         struct ms_spaces **spaces_ret);

#endif
