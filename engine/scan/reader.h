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

// Fetches [address, address + length), all of which the image's runs hold. With `copy`, never as a
// view. `bytes` are valid until the next fetch. MS_NOMEM is the only failure.
enum ms_status ms_reader_fetch(struct ms_reader *reader, uint64_t address, size_t length, bool copy,
                               struct ms_error *error);

#endif
