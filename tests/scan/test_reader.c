// SPDX-License-Identifier: MIT
//
// A thread's reader: the right bytes, as a view or a copy, and the truth about what is lost.

#include "base/test_random.h"
#include "scan/machine.h"
#include "scan/reader.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

// Criterion's assertions store an int in a bit-field, wherever they are used.
#pragma GCC diagnostic ignored "-Wconversion"

TestSuite(reader);

// 20,000 bytes from 1000 on, in three runs of which the first two are neighbours in memory only.
static void make_machine(struct machine *machine)
{
    uint64_t random = 1;

    random_fill(&random, machine_add(machine, 0x1000 + 3000, 7000), 7000);
    random_fill(&random, machine_add(machine, 0x1000, 3000), 3000);
    random_fill(&random, machine_add(machine, 0x1000 + 10000, 10000), 10000);
    machine_write_lime(machine);
}

struct opened {
    struct machine machine;
    struct known_segments segments;
    struct ms_image *image;
    struct ms_reader reader;
};

static void open_machine(struct opened *opened, unsigned flags)
{
    memset(opened, 0, sizeof(*opened));
    make_machine(&opened->machine);
    opened->segments = machine_segments(&opened->machine);
    opened->image = machine_open(&opened->machine, flags);
    ms_reader_init(&opened->reader, opened->image);
}

static void close_machine(struct opened *opened)
{
    ms_reader_release(&opened->reader);
    ms_image_close(opened->image);
    known_segments_release(&opened->segments);
    machine_release(&opened->machine);
}

static void fetch(struct opened *opened, uint64_t address, size_t length, bool copy)
{
    cr_assert(eq(int, ms_reader_fetch(&opened->reader, address, length, copy, NULL), MS_OK));
}

Test(reader, gives_the_bytes_of_any_stretch)
{
    static const unsigned flags[] = {0, MS_OPEN_MAP};
    uint64_t random = 2;

    for (size_t f = 0; f < 2; f++) {
        struct opened opened;

        open_machine(&opened, flags[f]);
        for (size_t i = 0; i < 2000; i++) {
            size_t from = random_below(&random, 20000);
            size_t length = 1 + random_below(&random, 20000 - from);

            fetch(&opened, 0x1000 + from, length, random_one_in(&random, 3));
            cr_assert(zero(sz, opened.reader.lost.n));
            cr_assert(zero(int, memcmp(opened.reader.bytes, opened.segments.items[0].bytes + from,
                                       length)),
                      "%zu bytes at %zu", length, from);
        }
        close_machine(&opened);
    }
}

Test(reader, maps_what_is_one_piece_of_the_file_and_copies_the_rest)
{
    static const struct {
        const char *name;
        uint64_t from;
        size_t length;
        unsigned flags;
        bool copy;
        bool mapped;
    } rows[] = {
        {"inside a run", 100, 100, MS_OPEN_MAP, false, true},
        {"a whole run", 3000, 7000, MS_OPEN_MAP, false, true},
        {"over a border", 2999, 2, MS_OPEN_MAP, false, false},
        {"a copy was asked for", 100, 100, MS_OPEN_MAP, true, false},
        {"the source reads", 100, 100, 0, false, false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct opened opened;

        open_machine(&opened, rows[i].flags);
        fetch(&opened, 0x1000 + rows[i].from, rows[i].length, rows[i].copy);
        cr_assert(eq(int, opened.reader.mapped, rows[i].mapped), "%s", rows[i].name);
        cr_assert(eq(sz, opened.reader.n_read, rows[i].mapped ? 0 : rows[i].length), "%s",
                  rows[i].name);
        if (rows[i].mapped)
            cr_assert(eq(u64, opened.reader.offset,
                         machine_offset(&opened.machine, 0x1000 + rows[i].from)),
                      "%s", rows[i].name);
        close_machine(&opened);
    }
}

// The file ends in the first run of the file, 1,000 bytes behind that run's start: its rest is
// lost, and so are the other runs, of which one lies before it in memory.
Test(reader, tells_what_is_lost)
{
    struct opened opened;
    struct ms_reader *reader = &opened.reader;

    open_machine(&opened, 0);
    fetch(&opened, 0x1000, 20000, false); // leaves its bytes in the buffer
    memory_file_resize(&opened.machine.file, machine_offset(&opened.machine, 0x1000 + 4000));
    fetch(&opened, 0x1000 + 2000, 15000, false);
    cr_assert(eq(sz, reader->n_read, 1000));
    cr_assert(eq(sz, reader->lost.n, 2));
    cr_assert(eq(sz, reader->lost.items[0].start, 0));
    cr_assert(eq(sz, reader->lost.items[0].end, 1000));
    cr_assert(eq(sz, reader->lost.items[1].start, 2000));
    cr_assert(eq(sz, reader->lost.items[1].end, 15000));
    for (size_t i = 0; i < 15000; i++)
        cr_assert(eq(int, reader->bytes[i],
                     i < 1000 || i >= 2000 ? 0 : opened.segments.items[0].bytes[2000 + i]));
    // What was lost once is forgotten with the next fetch.
    fetch(&opened, 0x1000 + 3000, 1000, false);
    cr_assert(zero(sz, reader->lost.n));
    close_machine(&opened);
}
