// SPDX-License-Identifier: MIT

#include "scan/machine.h"

#include "base/bytes.h"
#include "base/extent.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

// Criterion's assertions store an int in a bit-field, wherever they are used.
#pragma GCC diagnostic ignored "-Wconversion"

#define ELF_HEADER_BYTES  64
#define ELF_PROGRAM_BYTES 56
#define LIME_HEADER_BYTES 32

static struct known_run *add(struct machine *machine, uint64_t start, size_t length)
{
    struct known_run *run = &machine->runs[machine->n++];

    cr_assert(machine->n <= MAX_KNOWN_RUNS && ms_extent_valid(start, length));
    *run = (struct known_run){.start = start, .length = length};
    return run;
}

uint8_t *machine_add(struct machine *machine, uint64_t start, size_t length)
{
    struct known_run *run = add(machine, start, length);

    run->bytes = calloc(1, length);
    return run->bytes;
}

void machine_add_absent(struct machine *machine, uint64_t start, size_t length)
{
    add(machine, start, length);
}

// == Containers ==

static void place(struct machine *machine, struct known_run *run, uint64_t offset)
{
    run->offset = offset;
    memory_file_write(&machine->file, offset, run->bytes, run->length);
}

void machine_write_raw(struct machine *machine)
{
    cr_assert(machine->n == 1 && machine->runs[0].start == 0);
    machine->file = memory_file_make("", 0);
    place(machine, &machine->runs[0], 0);
}

void machine_write_lime(struct machine *machine)
{
    uint64_t offset = 0;

    machine->file = memory_file_make("", 0);
    for (size_t i = 0; i < machine->n; i++) {
        struct known_run *run = &machine->runs[i];
        uint8_t header[LIME_HEADER_BYTES] = "EMiL\x01";

        ms_put_le(header + 0x08, run->start, 8);
        ms_put_le(header + 0x10, ms_last(run->start, run->length), 8);
        memory_file_write(&machine->file, offset, header, sizeof(header));
        place(machine, run, offset + sizeof(header));
        offset += sizeof(header) + run->length;
    }
}

static void write_elf_header(struct machine *machine)
{
    uint8_t header[ELF_HEADER_BYTES] = "\177ELF\x02\x01\x01";

    ms_put_le(header + 0x10, 4, 2);    // a core
    ms_put_le(header + 0x12, 0x3e, 2); // of an x86-64
    ms_put_le(header + 0x14, 1, 4);
    ms_put_le(header + 0x20, ELF_HEADER_BYTES, 8);
    ms_put_le(header + 0x34, ELF_HEADER_BYTES, 2);
    ms_put_le(header + 0x36, ELF_PROGRAM_BYTES, 2);
    ms_put_le(header + 0x38, machine->n, 2);
    machine->file = memory_file_make(header, sizeof(header));
}

static void write_program_header(struct machine *machine, size_t index)
{
    const struct known_run *run = &machine->runs[index];
    uint8_t header[ELF_PROGRAM_BYTES] = {1}; // PT_LOAD

    ms_put_le(header + 0x08, run->offset, 8);
    ms_put_le(header + 0x18, run->start, 8);
    ms_put_le(header + 0x20, run->bytes ? run->length : 0, 8);
    ms_put_le(header + 0x28, run->length, 8);
    memory_file_write(&machine->file, ELF_HEADER_BYTES + index * ELF_PROGRAM_BYTES, header,
                      sizeof(header));
}

void machine_write_elf(struct machine *machine)
{
    uint64_t offset = ELF_HEADER_BYTES + machine->n * ELF_PROGRAM_BYTES;

    write_elf_header(machine);
    for (size_t i = 0; i < machine->n; i++) {
        struct known_run *run = &machine->runs[i];

        if (run->bytes) {
            place(machine, run, offset);
            offset += run->length;
        }
        write_program_header(machine, i);
    }
}

struct ms_image *machine_open(const struct machine *machine, unsigned flags)
{
    struct ms_open_options options = {.flags = flags};
    struct ms_image *image = NULL;
    struct ms_error error = {0};

    cr_assert(eq(int, ms_image_open(machine->file.path, &options, &image, &error), MS_OK), "%s",
              error.text);
    return image;
}

void machine_release(struct machine *machine)
{
    for (size_t i = 0; i < machine->n; i++)
        free(machine->runs[i].bytes);
    memory_file_close(&machine->file);
    machine->n = 0;
}

// == What is known ==

static int compare_runs(const void *left, const void *right)
{
    const struct known_run *a = left, *b = right;

    return a->start < b->start ? -1 : a->start > b->start;
}

static void append_run(struct known_segments *segments, const struct known_run *run)
{
    struct known_segment *last = &segments->items[segments->n ? segments->n - 1 : 0];

    if (segments->n == 0 || ms_last(last->start, last->length) + 1 != run->start)
        segments->items[segments->n++] = (struct known_segment){.start = run->start};
    last = &segments->items[segments->n - 1];
    last->bytes = realloc(last->bytes, last->length + run->length);
    memcpy(last->bytes + last->length, run->bytes, run->length);
    last->length += run->length;
}

struct known_segments machine_segments(const struct machine *machine)
{
    struct known_segments segments = {0};
    struct known_run sorted[MAX_KNOWN_RUNS];

    memcpy(sorted, machine->runs, sizeof(sorted));
    qsort(sorted, machine->n, sizeof(*sorted), compare_runs);
    for (size_t i = 0; i < machine->n; i++) {
        if (sorted[i].bytes)
            append_run(&segments, &sorted[i]);
    }
    return segments;
}

void known_segments_release(struct known_segments *segments)
{
    for (size_t i = 0; i < segments->n; i++)
        free(segments->items[i].bytes);
}

uint64_t machine_offset(const struct machine *machine, uint64_t address)
{
    for (size_t i = 0; i < machine->n; i++) {
        const struct known_run *run = &machine->runs[i];

        if (run->bytes && address >= run->start && address - run->start < run->length)
            return run->offset + (address - run->start);
    }
    cr_fatal("no run holds %#llx", (unsigned long long)address);
}
