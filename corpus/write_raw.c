// SPDX-License-Identifier: MIT
//
// Raw images: padded (a file offset is a physical address, holes are zeros) and concatenated (runs
// back to back, in the order of the spec).

#include "container.h"

static void plan_padded(struct image *image)
{
    const struct segments *segments = &image->segments;
    for (size_t i = 0; i < segments->count; i++) {
        const struct segment *segment = &segments->items[i];
        extents_add(&image->extents, segment->start, segment->end - segment->start, segment->start);
    }
    image->file_bytes = image->extents.end;
}

static void plan_concatenated(struct image *image)
{
    for (size_t i = 0; i < image->spec->n_runs; i++) {
        const struct run *run = &image->spec->runs[i];
        extents_add(&image->extents, run->start, run->length, image->extents.end);
    }
    image->file_bytes = image->extents.end;
}

const struct container containers_raw[] = {
    {.name = "raw", .usual = MACHINE_X86_64, .plan = plan_padded},
    {.name = "raw-concat", .usual = MACHINE_X86_64, .plan = plan_concatenated},
    {0},
};
