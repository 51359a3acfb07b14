// SPDX-License-Identifier: MIT
//
// Physical memory: the runs of a layout, sorted, without overlaps, joined where they abut both in
// memory and in the file, and cut where the file ends.

#ifndef MS_IMAGE_MEMORY_H
#define MS_IMAGE_MEMORY_H

#include "format/format.h"
#include "source/source.h"
#include <memscan/image.h>

struct ms_memory {
    MS_VEC(struct ms_run) runs; // ascending, present and absent ones
};

// Makes `memory` (zero-initialised) of the layout's runs for a file of `file_size` bytes. Where
// runs overlap, the first in the file wins, with a counted warning in the layout; what lies past
// the end of the file becomes absent, with a warning. Takes O(n log n) for n runs whatever they
// overlap.
enum ms_status ms_memory_build(struct ms_memory *memory, struct ms_layout *layout,
                               uint64_t file_size, struct ms_error *error);
void ms_memory_release(struct ms_memory *memory);

// The index of the first run whose last byte is at or above the address; n if there is none.
size_t ms_memory_find(const struct ms_memory *memory, uint64_t address);

// The present run that holds all of [address, address + length), which is not empty; NULL: there is
// none.
const struct ms_run *ms_memory_holder(const struct ms_memory *memory, uint64_t address,
                                      uint64_t length);

// For the layers below the public interface.
const struct ms_memory *ms_image_memory(const struct ms_image *image);
const struct ms_layout *ms_image_layout(const struct ms_image *image); // without its runs
const struct ms_source *ms_image_source(const struct ms_image *image);

#endif
