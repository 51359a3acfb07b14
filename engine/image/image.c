// SPDX-License-Identifier: MIT
//
// An opened image: a source, the physical memory that a reader found in it, and what there is to
// tell about both. Immutable once open, but for a count.

#include "base/cleanup.h"
#include "base/extent.h"
#include "image/memory.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define PAGE_BYTES 4096

struct ms_image {
    struct ms_source *source;
    const struct ms_format_ops *format;
    struct ms_layout layout; // without its runs, which have become `memory`
    struct ms_memory memory;
    atomic_ullong *unread; // bytes: see ms_image_unread()
};

// == Opening ==

// A file that stores N pages can store no more than N runs, if these are whole pages; the rest is
// for small files, and for runs that a truncated file only describes.
static size_t max_runs(uint64_t file_size)
{
    return (size_t)ms_min_u64(file_size / PAGE_BYTES + 65536, SIZE_MAX);
}

// Puts path and title in front. A container that was recognised, not asked for, may be a mistake:
// "raw" is the way out, unless it is what failed.
static enum ms_status fail_format(const struct ms_image *image, bool forced, enum ms_status status,
                                  struct ms_error *error)
{
    bool other = !forced && strcmp(image->format->name, "raw") != 0;

    ms_prepend(error, status, "%s: %s", ms_source_path(image->source), image->format->title);
    if (error && other && (status == MS_MALFORMED || status == MS_UNSUPPORTED)) {
        size_t used = strlen(error->text);

        snprintf(error->text + used, sizeof(error->text) - used,
                 "; --as raw searches the file as it is");
    }
    return status;
}

static enum ms_status build_memory(struct ms_image *image, struct ms_error *error)
{
    struct ms_layout *layout = &image->layout;
    enum ms_status status;

    if (layout->runs.n == 0)
        return ms_fail(error, MS_MALFORMED, "its headers describe no memory%s%s",
                       layout->warnings.n ? ": " : "",
                       layout->warnings.n ? layout->warnings.items[0] : "");
    status = ms_memory_build(&image->memory, layout, ms_source_size(image->source), error);
    free(layout->runs.items);
    layout->runs.items = NULL;
    layout->runs.n = layout->runs.capacity = 0;
    return status ? status : ms_layout_finish(layout, error);
}

// Only a file without headers needs to be told what it leaves out.
static enum ms_status check_hole(const struct ms_image *image, const struct ms_range *hole,
                                 struct ms_error *error)
{
    if (!hole)
        return MS_OK;
    if (strcmp(image->format->name, "raw") != 0)
        return ms_fail(error, MS_ARGUMENT,
                       "%s: a hole can be given for raw images alone, and this "
                       "is one of format %s",
                       ms_source_path(image->source), image->format->name);
    if (hole->first % PAGE_BYTES != 0 || hole->last % PAGE_BYTES != PAGE_BYTES - 1 ||
        hole->last <= hole->first || hole->last == UINT64_MAX)
        return ms_fail(error, MS_ARGUMENT,
                       "a hole from 0x%" PRIx64 " to 0x%" PRIx64 " is not one of whole pages below "
                       "other memory",
                       hole->first, hole->last);
    return MS_OK;
}

static enum ms_status read_format(struct ms_image *image, const struct ms_open_options *options,
                                  struct ms_error *error)
{
    const char *name = options->format;
    struct ms_head head;
    enum ms_status status = ms_format_choose(image->source, name, &head, &image->format, error);

    if (status == MS_ARGUMENT || status == MS_NOMEM)
        return status;
    if (status)
        return ms_prepend(error, status, "%s", ms_source_path(image->source));
    status = check_hole(image, options->hole, error);
    if (status)
        return status;
    image->layout.max_runs = max_runs(head.file_size);
    image->layout.hole = options->hole;
    status = image->format->read(image->source, &head, &image->layout, error);
    if (!status)
        status = build_memory(image, error);
    image->layout.hole = NULL; // the caller's
    return status ? fail_format(image, name != NULL, status, error) : MS_OK;
}

static void close_local(struct ms_image **image)
{
    ms_image_close(*image);
}

enum ms_status ms_image_open(const char *path, const struct ms_open_options *options,
                             struct ms_image **image_ret, struct ms_error *error)
{
    static const struct ms_open_options defaults = {0};
    MS_CLEANUP(close_local) struct ms_image *image = calloc(1, sizeof(*image));
    enum ms_status status;

    if (!image)
        return ms_fail_nomem(error);
    image->unread = calloc(1, sizeof(*image->unread));
    if (!image->unread)
        return ms_fail_nomem(error);
    if (!options)
        options = &defaults;
    status = ms_source_open(path, options->flags & MS_OPEN_MAP, &image->source, error);
    if (!status)
        status = read_format(image, options, error);
    if (!status)
        *image_ret = ms_keep(image);
    return status;
}

void ms_image_close(struct ms_image *image)
{
    if (!image)
        return;
    ms_memory_release(&image->memory);
    ms_layout_release(&image->layout);
    ms_source_close(image->source);
    free(image->unread);
    free(image);
}

// == What an image is ==

const char *ms_image_path(const struct ms_image *image)
{
    return ms_source_path(image->source);
}

const char *ms_image_format(const struct ms_image *image)
{
    return image->format->name;
}

const char *ms_image_machine(const struct ms_image *image)
{
    return image->layout.machine ? image->layout.machine : "unknown";
}

unsigned ms_image_address_bits(const struct ms_image *image)
{
    const struct ms_run *top = &image->memory.runs.items[image->memory.runs.n - 1];

    if (image->layout.address_bits)
        return image->layout.address_bits;
    return image->layout.machine || ms_last(top->start, top->length) > UINT32_MAX ? 64 : 32;
}

uint64_t ms_image_file_size(const struct ms_image *image)
{
    return ms_source_size(image->source);
}

size_t ms_image_n_runs(const struct ms_image *image)
{
    return image->memory.runs.n;
}

struct ms_run ms_image_run(const struct ms_image *image, size_t index)
{
    return image->memory.runs.items[index];
}

size_t ms_image_n_facts(const struct ms_image *image)
{
    return image->layout.facts.n;
}

struct ms_fact ms_image_fact(const struct ms_image *image, size_t index)
{
    const struct ms_layout_fact *fact = &image->layout.facts.items[index];

    return (struct ms_fact){fact->name, fact->text};
}

size_t ms_image_n_warnings(const struct ms_image *image)
{
    return image->layout.warnings.n;
}

const char *ms_image_warning(const struct ms_image *image, size_t index)
{
    return image->layout.warnings.items[index];
}

const struct ms_memory *ms_image_memory(const struct ms_image *image)
{
    return &image->memory;
}

const struct ms_layout *ms_image_layout(const struct ms_image *image)
{
    return &image->layout;
}

const struct ms_source *ms_image_source(const struct ms_image *image)
{
    return image->source;
}

// == Reading ==

static void clear(uint8_t *bytes, bool *present, size_t length)
{
    memset(bytes, 0, length);
    memset(present, false, length * sizeof(*present));
}

// Reads what of the file's [offset, offset + length) can be read, and clears the rest.
static size_t read_part(const struct ms_image *image, uint64_t offset, uint8_t *bytes,
                        bool *present, size_t length)
{
    const struct ms_source *source = image->source;
    size_t n_present = 0;

    for (size_t at = 0; at < length;) {
        size_t n = ms_source_read_at(source, offset + at, bytes + at, length - at);
        size_t lost = ms_source_lost(offset + at + n, length - at - n);

        memset(present + at, true, n * sizeof(*present));
        clear(bytes + at + n, present + at + n, lost);
        n_present += n;
        at += n + lost;
    }
    if (n_present < length)
        atomic_fetch_add_explicit(image->unread, length - n_present, memory_order_relaxed);
    return n_present;
}

size_t ms_image_read(const struct ms_image *image, uint64_t address, uint8_t *bytes, bool *present,
                     size_t length)
{
    const struct ms_memory *memory = &image->memory;
    size_t n_present = 0, at = 0; // so far: those before are read, or clear
    uint64_t last;

    if (length == 0)
        return 0;
    last = address + ms_min_u64(length - 1, UINT64_MAX - address);
    for (size_t i = ms_memory_find(memory, address);
         i < memory->runs.n && memory->runs.items[i].start <= last; i++) {
        const struct ms_run *run = &memory->runs.items[i];
        uint64_t from = ms_max_u64(address, run->start);
        uint64_t to = ms_min_u64(last, ms_last(run->start, run->length));
        size_t start = (size_t)(from - address), n = (size_t)(to - from + 1);

        if (run->presence == MS_ABSENT)
            continue;
        clear(bytes + at, present + at, start - at);
        n_present +=
            read_part(image, run->offset + (from - run->start), bytes + start, present + start, n);
        at = start + n;
    }
    clear(bytes + at, present + at, length - at);
    return n_present;
}

uint64_t ms_image_unread(const struct ms_image *image)
{
    return atomic_load_explicit(image->unread, memory_order_relaxed);
}
