// SPDX-License-Identifier: MIT

#include "scan/reader.h"

#include "base/extent.h"
#include "base/slack.h"

#include <stdlib.h>
#include <string.h>

// Holes of the file are looked for from this many bytes on: asking costs a system call.
#define MIN_HOLE ((size_t)256 << 10)

void ms_reader_init(struct ms_reader *reader, const struct ms_image *image)
{
    *reader = (struct ms_reader){
        .memory = ms_image_memory(image),
        .source = ms_image_source(image),
    };
}

void ms_reader_release(struct ms_reader *reader)
{
    free(reader->buffer);
    free(reader->zeros);
    free(reader->lost.items);
}

static bool add_lost(struct ms_reader *reader, size_t start, size_t end)
{
    if (reader->lost.n > 0 && reader->lost.items[reader->lost.n - 1].end == start) {
        reader->lost.items[reader->lost.n - 1].end = end;
        return true;
    }
    return ms_vec_push(&reader->lost, (struct ms_lost){start, end});
}

// Reads [offset, offset + length) of the file to buffer + at, noting what cannot be read.
static bool read_part(struct ms_reader *reader, uint64_t offset, size_t at, size_t length)
{
    size_t done = 0;

    while (done < length) {
        size_t n = ms_source_read_at(reader->source, offset + done, reader->buffer + at + done,
                                     length - done);
        size_t bad;

        reader->n_read += n;
        done += n;
        if (done == length)
            break;
        bad = ms_source_lost(offset + done, length - done);
        memset(reader->buffer + at + done, 0, bad);
        if (!add_lost(reader, at + done, at + done + bad))
            return false;
        done += bad;
    }
    return true;
}

static bool reserve(struct ms_reader *reader, size_t length)
{
    if (length <= reader->capacity)
        return true;
    free(reader->buffer);
    reader->capacity = 0;
    reader->buffer = malloc(length + MS_SLACK_BYTES);
    if (!reader->buffer)
        return false;
    reader->capacity = length;
    return true;
}

// Reads memory, which begins in that run, to buffer + at.
static bool read_runs(struct ms_reader *reader, size_t run, uint64_t address, size_t at,
                      size_t length)
{
    size_t done = 0;

    for (; done < length; run++) {
        const struct ms_run *from = &reader->memory->runs.items[run];
        uint64_t skip = address + done - from->start;
        size_t part = (size_t)ms_min_u64(length - done, from->length - skip);

        if (!read_part(reader, from->offset + skip, at + done, part))
            return false;
        done += part;
    }
    return true;
}

static bool copy_runs(struct ms_reader *reader, size_t run, uint64_t address, size_t length)
{
    if (!reserve(reader, length) || !read_runs(reader, run, address, 0, length))
        return false;
    reader->bytes = reader->buffer;
    return true;
}

// Sparse files are common, and reading their holes would fill the page cache with zeros.
static bool use_hole(struct ms_reader *reader, uint64_t offset, size_t length)
{
    if (length < MIN_HOLE || !ms_source_is_hole(reader->source, offset, length))
        return false;
    if (reader->n_zeros < length) {
        free(reader->zeros);
        reader->zeros = calloc(1, length + MS_SLACK_BYTES);
        reader->n_zeros = reader->zeros ? length : 0;
    }
    reader->bytes = reader->zeros;
    return reader->zeros != NULL;
}

static bool use_view(struct ms_reader *reader, uint64_t offset, size_t length)
{
    const uint8_t *view = ms_source_view(reader->source, offset, length);

    if (!view)
        return false;
    reader->bytes = view;
    reader->offset = offset;
    reader->mapped = true;
    return true;
}

enum ms_status ms_reader_fetch(struct ms_reader *reader, uint64_t address, size_t length, bool copy,
                               struct ms_error *error)
{
    size_t index = ms_memory_find(reader->memory, address);
    const struct ms_run *run = &reader->memory->runs.items[index];
    uint64_t skip = address - run->start;

    reader->lost.n = 0;
    reader->n_read = 0;
    reader->mapped = false;
    if (!copy && length <= run->length - skip &&
        (use_hole(reader, run->offset + skip, length) ||
         use_view(reader, run->offset + skip, length)))
        return MS_OK;
    return copy_runs(reader, index, address, length) ? MS_OK : ms_fail_nomem(error);
}

void ms_reader_peek(const struct ms_reader *reader, uint64_t address, uint8_t *bytes, size_t length,
                    bool mapped)
{
    const struct ms_memory *memory = reader->memory;
    uint64_t last = ms_last(address, length);

    memset(bytes, 0, length);
    for (size_t i = ms_memory_find(memory, address);
         i < memory->runs.n && memory->runs.items[i].start <= last; i++) {
        const struct ms_run *run = &memory->runs.items[i];
        uint64_t first = ms_max_u64(run->start, address);
        uint64_t offset = run->offset + (first - run->start);
        uint8_t *to = bytes + (first - address);
        size_t n = (size_t)(ms_min_u64(ms_last(run->start, run->length), last) - first + 1);

        if (run->presence != MS_PRESENT)
            continue;
        if (mapped)
            memcpy(to, ms_source_view(reader->source, offset, n), n);
        else
            ms_source_read_at(reader->source, offset, to, n);
    }
}

const uint8_t *ms_reader_view(const struct ms_reader *reader, uint64_t address, size_t length)
{
    const struct ms_run *run = ms_memory_holder(reader->memory, address, length);

    return run ? ms_source_view(reader->source, run->offset + (address - run->start), length)
               : NULL;
}

// Copies what is mapped. False: there is no mapping, or bytes were lost meanwhile.
static bool gather_mapped(struct ms_reader *reader, const struct ms_piece *pieces, size_t n)
{
    uint64_t size = ms_source_size(reader->source);
    size_t at = 0;

    if (!ms_source_view(reader->source, 0, size))
        return false;
    ms_source_guard(reader->source);
    for (size_t i = 0; i < n; i++) {
        ms_reader_peek(reader, pieces[i].address, reader->buffer + at, pieces[i].length, true);
        at += pieces[i].length;
    }
    return ms_source_unguard(reader->source, 0, size);
}

enum ms_status ms_reader_gather(struct ms_reader *reader, const struct ms_piece *pieces, size_t n,
                                size_t length, struct ms_error *error)
{
    size_t at = 0;

    reader->lost.n = 0;
    reader->n_read = 0;
    reader->mapped = false;
    if (!reserve(reader, length))
        return ms_fail_nomem(error);
    reader->bytes = reader->buffer;
    if (gather_mapped(reader, pieces, n))
        return MS_OK;
    for (size_t i = 0; i < n; i++) {
        size_t run = ms_memory_find(reader->memory, pieces[i].address);

        if (!read_runs(reader, run, pieces[i].address, at, pieces[i].length))
            return ms_fail_nomem(error);
        at += pieces[i].length;
    }
    return MS_OK;
}
