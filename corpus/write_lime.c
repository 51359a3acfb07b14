// SPDX-License-Identifier: MIT
//
// LiME version 1: a header of 32 bytes before each run, with an inclusive end address.

#include "container.h"

enum {
    HEADER_SIZE = 0x20,
    VERSION = 1,
};

#define LIME_MAGIC 0x4c694d45u // "EMiL" in the file

static void plan_lime(struct image *image)
{
    for (size_t i = 0; i < image->spec->n_runs; i++) {
        const struct run *run = &image->spec->runs[i];
        extents_add(&image->extents, run->start, run->length, image->extents.end + HEADER_SIZE);
    }
    image->file_bytes = image->extents.end;
}

static void write_lime(struct image *image, const struct outfile *file)
{
    for (size_t i = 0; i < image->extents.count; i++) {
        const struct extent *extent = &image->extents.items[i];
        struct block block = block_create(extent->offset - HEADER_SIZE, HEADER_SIZE);
        put_item(image, &block, 0x00, 4, LIME_MAGIC, "lime", i, "magic");
        put_item(image, &block, 0x04, 4, VERSION, "lime", i, "version");
        put_item(image, &block, 0x08, 8, extent->start, "lime", i, "start");
        put_item(image, &block, 0x10, 8, extent->start + extent->length - 1, "lime", i, "end");
        put_item(image, &block, 0x18, 8, 0, "lime", i, "reserved");
        block_write(&block, file);
    }
}

const struct container containers_lime[] = {
    {.name = "lime", .usual = MACHINE_X86_64, .plan = plan_lime, .write = write_lime},
    {0},
};
