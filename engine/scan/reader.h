// SPDX-License-Identifier: MIT
//
// A thread's access to the image's bytes by physical address: a place in the mapping where the
// bytes lie there in one piece, else a copy.

#ifndef MS_SCAN_READER_H
#define MS_SCAN_READER_H

#include "base/error.h"
#include "base/vec.h"
#include "image/memory.h"

// Bytes of a fetch that could not be read: offsets [start, end) into it.
struct ms_lost {
    size_t start;
    size_t end;
};

struct ms_reader {
    const struct ms_memory *memory;
    const struct ms_source *source;
    uint8_t *buffer;
    size_t capacity;
    uint8_t *zeros; // never written, so that all of it is one page of the system's
    size_t n_zeros;

    // Of the last fetch:
    const uint8_t *bytes;
    bool mapped;                 // `bytes` is a view, to be read under the source's guard only
    uint64_t offset;             // of the view in the file
    size_t n_read;               // bytes that were read from the file
    MS_VEC(struct ms_lost) lost; // ascending; none while mapped
};

void ms_reader_init(struct ms_reader *reader, const struct ms_image *image);
void ms_reader_release(struct ms_reader *reader);

// Fetches [address, address + length), all of which the image's runs hold; MS_SLACK_BYTES behind
// them can be read, too, whatever they are. With `copy`, never as a
// view. `bytes` are valid until the next fetch. MS_NOMEM is the only failure.
enum ms_status ms_reader_fetch(struct ms_reader *reader, uint64_t address, size_t length, bool copy,
                               struct ms_error *error);

// A stretch of physical memory, all of which the image's runs hold.
struct ms_piece {
    uint64_t address;
    size_t length; // not 0
};

// Copies pieces, `length` bytes in all, one behind the other: it is then as if they had been
// fetched with `copy`. MS_NOMEM is the only failure.
enum ms_status ms_reader_gather(struct ms_reader *reader, const struct ms_piece *pieces, size_t n,
                                size_t length, struct ms_error *error);

// Where memory is mapped, to be read under the source's guard only; NULL: not in one piece.
const uint8_t *ms_reader_view(const struct ms_reader *reader, uint64_t address, size_t length);

// Copies memory to `bytes`, zeros where the image does not hold it. With `mapped`, which needs a
// source that is, and its guard; else what cannot be read is zeros, too. Leaves the last fetch
// alone.
void ms_reader_peek(const struct ms_reader *reader, uint64_t address, uint8_t *bytes, size_t length,
                    bool mapped);

#endif
