// SPDX-License-Identifier: MIT
//
// Writes the truth file. A truncated image's truth says what is left of it.

#include "truth.h"

#include <inttypes.h>

static const char explanation[] =
    "# Ground truth of a memory image made by memscan-mkimage. One record a line, fields "
    "separated\n"
    "# by one blank. Numbers with 0x are hexadecimal, others decimal.\n"
    "#\n"
    "#   format NAME          the container\n"
    "#   machine NAME         x86_64, x86 or x86pae\n"
    "#   seed N\n"
    "#   image-bytes N        size of the file\n"
    "#   memory-bytes N       physical memory that the spec describes; bytes in several runs count "
    "once\n"
    "#   run START LENGTH OFFSET HELD\n"
    "#                        physical memory from START lies at file offset OFFSET; HELD of its\n"
    "#                        LENGTH bytes are in the file (fewer if the file was truncated).\n"
    "#                        In file order. raw and bitmap dumps: touching runs are one.\n"
    "#   plant ADDRESS OFFSET LENGTH HEX NAME\n"
    "#                        known bytes; OFFSET is that of the first. By address. NAME is - if "
    "none.\n"
    "#   lost ADDRESS OFFSET LENGTH HEX NAME\n"
    "#                        a plant of which truncation took a byte\n";

static uint64_t held_of(const struct image *image, const struct extent *extent)
{
    if (extent->offset >= image->file_bytes)
        return 0;
    uint64_t left = image->file_bytes - extent->offset;
    return extent->length < left ? extent->length : left;
}

static void write_runs(const struct image *image, FILE *file)
{
    for (size_t i = 0; i < image->extents.count; i++) {
        const struct extent *extent = &image->extents.items[i];
        fprintf(file, "run 0x%" PRIx64 " %" PRIu64 " 0x%" PRIx64 " %" PRIu64 "\n", extent->start,
                extent->length, extent->offset, held_of(image, extent));
    }
}

/** Where the byte at `address` lies; the lowest offset if overlapping runs hold it twice. */
static uint64_t offset_of(const struct image *image, uint64_t address)
{
    struct extent_search search = extents_search(&image->extents, address, 1);
    const struct extent *extent;
    uint64_t lowest = UINT64_MAX;
    while ((extent = extents_next(&image->extents, &search))) {
        uint64_t offset = extent->offset + (address - extent->start);
        lowest = offset < lowest ? offset : lowest;
    }
    return lowest;
}

static bool is_whole(const struct image *image, const struct plant *plant)
{
    for (size_t i = 0; i < plant->rule->value.length; i++) {
        if (offset_of(image, plant->address + i) >= image->file_bytes)
            return false;
    }
    return true;
}

static void write_plant(const struct image *image, const struct plant *plant, FILE *file)
{
    const struct bytes *value = &plant->rule->value;
    fprintf(file, "%s 0x%" PRIx64 " 0x%" PRIx64 " %zu ", is_whole(image, plant) ? "plant" : "lost",
            plant->address, offset_of(image, plant->address), value->length);
    for (size_t i = 0; i < value->length; i++)
        fprintf(file, "%02x", value->data[i]);
    fprintf(file, " %s\n", plant->rule->name);
}

void truth_write(const struct image *image, FILE *file)
{
    fputs(explanation, file);
    fprintf(file, "format %s\nmachine %s\n", image->container->name, machine_names[image->machine]);
    fprintf(file, "seed %" PRIu64 "\nimage-bytes %" PRIu64 "\nmemory-bytes %" PRIu64 "\n",
            image->spec->seed, image->file_bytes, image->segments.total);
    write_runs(image, file);
    for (size_t i = 0; i < image->plants.count; i++)
        write_plant(image, &image->plants.items[i], file);
}
