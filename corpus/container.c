// SPDX-License-Identifier: MIT
//
// Puts an image together: the container's own data, what memory holds, modules, plants, damage; in
// that order, since each may overwrite what was before it.

#include "container.h"

#include "little_endian.h"
#include "material.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHUNK_SIZE = 1 << 20,  // generated at a time: stays in the second-level cache
    SPARSE_SIZE = 1 << 16, // zeros from this size on become holes; smaller ones only fragment
};

/* ---- containers ----------------------------------------------------------------------- */

/** Each table ends with a container without a name. */
static const struct container *const families[] = {containers_raw, containers_elf,
                                                   containers_crashdump, containers_lime};

enum { N_FAMILIES = sizeof(families) / sizeof(families[0]) };

const struct container *container_find(const char *name)
{
    for (size_t i = 0; i < N_FAMILIES; i++) {
        for (const struct container *container = families[i]; container->name; container++) {
            if (strcmp(container->name, name) == 0)
                return container;
        }
    }
    return NULL;
}

void container_each(void (*visit)(const char *name))
{
    for (size_t i = 0; i < N_FAMILIES; i++) {
        for (const struct container *container = families[i]; container->name; container++)
            visit(container->name);
    }
}

/* ---- the container's numbers ---------------------------------------------------------- */

struct block block_create(uint64_t offset, size_t length)
{
    return (struct block){allocate(length, 1), length, offset};
}

void block_write(struct block *block, const struct outfile *file)
{
    outfile_write(file, block->bytes, block->length, block->offset);
    free(block->bytes);
    *block = (struct block){0};
}

static bool fits(unsigned width, uint64_t value)
{
    return width >= 8 || value >> (8 * width) == 0;
}

void put(struct image *image, struct block *block, size_t at, unsigned width, uint64_t value,
         const char *name)
{
    const struct spec *spec = image->spec;
    for (size_t i = 0; i < spec->n_break_fields; i++) {
        const struct break_field *field = &spec->break_fields[i];
        if (strcmp(field->name, name) != 0)
            continue;
        if (!fits(width, field->value))
            fail_at(field->place, "a value of at most %u bytes for %s", width, name);
        image->breaks_used[i] = true;
        value = field->value;
    }
    if (!fits(width, value))
        fail("%s: the field %s has %u bytes, too few for %#llx", image->container->name, name,
             width, (unsigned long long)value);
    store_le(block->bytes + at, width, value);
}

void put_item(struct image *image, struct block *block, size_t at, unsigned width, uint64_t value,
              const char *array, size_t index, const char *member)
{
    char name[64];
    if (image->spec->n_break_fields == 0 && fits(width, value)) {
        store_le(block->bytes + at, width, value); // thousands of items, and no need of their names
        return;
    }
    snprintf(name, sizeof(name), "%s[%zu].%s", array, index, member);
    put(image, block, at, width, value, name);
}

static void check_breaks(const struct image *image)
{
    for (size_t i = 0; i < image->spec->n_break_fields; i++) {
        const struct break_field *field = &image->spec->break_fields[i];
        if (!image->breaks_used[i])
            fail_at(field->place, "a field of %s (see corpus/README.md), not '%s'",
                    image->container->name, field->name);
    }
}

/* ---- planning ------------------------------------------------------------------------- */

static void plan_machine(struct image *image)
{
    const struct container *container = image->container;
    enum machine asked = image->spec->machine;
    if (asked != MACHINE_ANY && container->machine != MACHINE_ANY && asked != container->machine)
        fail_at(image->spec->machine_place, "%s, which is what %s is for",
                machine_names[container->machine], container->name);
    if (asked == MACHINE_X86_64 && container->bits == 32)
        fail_at(image->spec->machine_place, "x86 or x86pae, which is what %s is for",
                container->name);
    image->machine = asked != MACHINE_ANY ? asked : container->usual;
}

static void plan_damage(struct image *image)
{
    const struct spec *spec = image->spec;
    for (size_t i = 0; i < spec->n_break_bytes; i++) {
        const struct break_bytes *patch = &spec->break_bytes[i];
        if (patch->offset > image->file_bytes ||
            patch->bytes.length > image->file_bytes - patch->offset)
            fail_at(patch->place, "bytes inside the file, which has %#llx",
                    (unsigned long long)image->file_bytes);
    }
    if (spec->truncated && spec->truncate_to < image->file_bytes)
        image->file_bytes = spec->truncate_to;
    image->file_bytes -= spec->cut < image->file_bytes ? spec->cut : image->file_bytes;
}

void image_plan(struct image *image, const struct spec *spec, const struct container *container)
{
    *image = (struct image){.spec = spec, .container = container};
    image->breaks_used = allocate(spec->n_break_fields, sizeof(bool));
    plan_machine(image);
    segments_create(&image->segments, spec);
    spaces_create(&image->spaces, spec, &image->segments);
    shards_create(&image->shards, spec, &image->segments, &image->spaces);
    plants_create(&image->plants, spec, &image->segments, &image->spaces, &image->shards);
    fill_map_create(&image->fills, spec->fills, spec->n_fills, spec->seed);
    container->plan(image);
    extents_sort(&image->extents);
    plan_damage(image);
}

void image_release(struct image *image)
{
    segments_release(&image->segments);
    extents_release(&image->extents);
    plants_release(&image->plants);
    shards_release(&image->shards);
    spaces_release(&image->spaces);
    fill_map_release(&image->fills);
    free(image->breaks_used);
    *image = (struct image){0};
}

/* ---- writing -------------------------------------------------------------------------- */

static bool all_zero(const uint8_t *data, size_t length)
{
    return data[0] == 0 && memcmp(data, data + 1, length - 1) == 0;
}

/** Writes a chunk but for its long zeros, which the file has anyway. */
static void write_sparse(const struct outfile *file, const uint8_t *data, size_t length,
                         uint64_t offset)
{
    size_t written = 0; // up to here it is in the file
    for (size_t at = 0; at < length; at += SPARSE_SIZE) {
        size_t part = length - at < SPARSE_SIZE ? length - at : SPARSE_SIZE;
        if (!all_zero(data + at, part))
            continue;
        outfile_write(file, data + written, at - written, offset + written);
        written = at + part;
    }
    outfile_write(file, data + written, length - written, offset + written);
}

static void write_stretch(const struct outfile *file, const struct fill *fill, uint64_t address,
                          uint64_t length, uint64_t offset)
{
    static uint8_t chunk[CHUNK_SIZE];
    while (length > 0) {
        // Ends on a chunk boundary of memory, so that no page is generated twice.
        size_t part = CHUNK_SIZE - address % CHUNK_SIZE;
        part = length < part ? (size_t)length : part;
        fill_read(fill, address, chunk, part);
        write_sparse(file, chunk, part, offset);
        address += part;
        offset += part;
        length -= part;
    }
}

static void write_extent(const struct image *image, const struct outfile *file,
                         const struct extent *extent)
{
    uint64_t end = extent->start + extent->length;
    for (size_t i = fill_map_from(&image->fills, extent->start);
         i < image->fills.count && image->fills.items[i].start < end; i++) {
        const struct stretch *stretch = &image->fills.items[i];
        uint64_t from = stretch->start > extent->start ? stretch->start : extent->start;
        uint64_t to = stretch->start + stretch->length;
        to = to < end ? to : end;
        write_stretch(file, stretch->fill, from, to - from, extent->offset + from - extent->start);
    }
}

/** They may begin in one extent and end in another, and overlapping runs hold them twice. */
static void write_bytes(const struct image *image, const struct outfile *file, uint64_t address,
                        const uint8_t *bytes, size_t length)
{
    uint64_t end = address + length;
    struct extent_search search = extents_search(&image->extents, address, length);
    const struct extent *extent;
    while ((extent = extents_next(&image->extents, &search))) {
        uint64_t from = extent->start > address ? extent->start : address;
        uint64_t to = extent->start + extent->length;
        to = to < end ? to : end;
        outfile_write(file, bytes + (from - address), (size_t)(to - from),
                      extent->offset + from - extent->start);
    }
}

void image_write(struct image *image, const struct outfile *file)
{
    if (image->container->write)
        image->container->write(image, file);
    check_breaks(image);
    for (size_t i = 0; i < image->extents.count; i++)
        write_extent(image, file, &image->extents.items[i]);
    for (size_t i = 0; i < image->shards.count; i++)
        write_bytes(image, file, image->shards.items[i].address, image->shards.items[i].bytes,
                    image->shards.items[i].length);
    for (size_t i = 0; i < image->plants.count; i++)
        write_bytes(image, file, image->plants.items[i].address, image->plants.items[i].bytes,
                    image->plants.items[i].length);
    for (size_t i = 0; i < image->spec->n_break_bytes; i++) {
        const struct break_bytes *patch = &image->spec->break_bytes[i];
        outfile_write(file, patch->bytes.data, patch->bytes.length, patch->offset);
    }
    outfile_resize(file, image->file_bytes);
}
