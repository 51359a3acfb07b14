// SPDX-License-Identifier: MIT
//
// Machines of a few pages for tests of address spaces: memory as an array, page-table entries put
// into it by hand, and the mappings of a space as text.

#ifndef TESTS_SPACE_SMALL_MACHINE_H
#define TESTS_SPACE_SMALL_MACHINE_H

#include "base/file_in_memory.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <memscan/image.h>
#include <memscan/space.h>
#include <string.h>

// Criterion's assertions store an int in a bit-field, wherever they are used.
#pragma GCC diagnostic ignored "-Wconversion"

struct small_machine {
    uint8_t *bytes;
    size_t size;
};

static inline struct small_machine machine_of(size_t size)
{
    struct small_machine machine = {calloc(1, size), size};

    if (!machine.bytes)
        abort();
    return machine;
}

// Puts a number; what would pass the end is a mistake in the test.
static inline void put_number(struct small_machine *machine, uint64_t at, uint64_t value,
                              size_t width)
{
    if (at > machine->size || width > machine->size - at)
        abort();
    for (size_t i = 0; i < width; i++)
        machine->bytes[at + i] = (uint8_t)(value >> 8 * i);
}

static inline void put64(struct small_machine *machine, uint64_t table, unsigned index,
                         uint64_t entry)
{
    put_number(machine, table + 8 * (uint64_t)index, entry, 8);
}

static inline void put32(struct small_machine *machine, uint64_t table, unsigned index,
                         uint64_t entry)
{
    put_number(machine, table + 4 * (uint64_t)index, entry, 4);
}

static inline void put_text(struct small_machine *machine, uint64_t at, const char *text)
{
    memcpy(machine->bytes + at, text, strlen(text));
}

// What Windows' kernel says of itself, as far as anyone looks at it.
static inline void put_shared_data(struct small_machine *machine, uint64_t page)
{
    static const char root[] = "C:\\Windows";

    for (size_t i = 0; i < sizeof(root); i++)
        put_number(machine, page + 0x30 + 2 * i, (uint8_t)root[i], 2);
    put_number(machine, page + 0x264, 1, 4);
    put_number(machine, page + 0x26c, 10, 4);
}

// Opens a file of these bytes; recognised, or as `options` say.
static inline struct ms_image *open_bytes(const void *bytes, size_t size,
                                          const struct ms_open_options *options)
{
    struct memory_file file = memory_file_make(bytes, size);
    struct ms_image *image = NULL;
    struct ms_error error = {0};

    cr_assert(ms_image_open(file.path, options, &image, &error) == MS_OK, "%s", error.text);
    memory_file_close(&file);
    return image;
}

static inline struct ms_image *open_machine(const struct small_machine *machine)
{
    const struct ms_open_options raw = {.format = "raw"};

    return open_bytes(machine->bytes, machine->size, &raw);
}

// A set of the machine's memory as a raw image, by its root; the space is number 0.
static inline struct ms_spaces *spaces_of(const struct ms_image *image, uint64_t root,
                                          const char *paging, const char *space)
{
    struct ms_spaces_options options = {.root = &root, .paging = paging};
    struct ms_spaces *spaces = NULL;
    struct ms_error error = {0};

    cr_assert(ms_spaces_create(image, &options, &spaces, &error) == MS_OK, "%s", error.text);
    cr_assert(ms_spaces_add(spaces, space, &error) == MS_OK, "%s", error.text);
    return spaces;
}

// A set whose root is to be found.
static inline struct ms_spaces *spaces_found(const struct ms_image *image)
{
    struct ms_spaces *spaces = NULL;
    struct ms_error error = {0};

    cr_assert(ms_spaces_create(image, NULL, &spaces, &error) == MS_OK, "%s", error.text);
    return spaces;
}

struct mappings_text {
    char text[8192];
    size_t used;
};

static inline int add_mapping_text(void *user, const struct ms_mapping_info *mapping)
{
    struct mappings_text *text = user;
    bool memory = mapping->state == MS_MAPPED_PRESENT || mapping->state == MS_MAPPED_ABSENT;
    int n =
        snprintf(text->text + text->used, sizeof(text->text) - text->used,
                 "%s%" PRIx64 "-%" PRIx64 " %s%s%s %s", text->used ? "\n" : "", mapping->first,
                 mapping->last, mapping->flags & MS_PAGE_WRITABLE ? "w" : "-",
                 mapping->flags & MS_PAGE_EXECUTABLE ? "x" : "-",
                 mapping->flags & MS_PAGE_USER ? "u" : "-", ms_mapping_state_name(mapping->state));

    text->used += (size_t)n;
    if (memory)
        text->used += (size_t)snprintf(text->text + text->used, sizeof(text->text) - text->used,
                                       " %" PRIx64, mapping->physical);
    return text->used > sizeof(text->text) - 200;
}

// The mappings of [first, last], one a line: addresses, flags, state, physical address. A static
// buffer.
static inline char *mappings_in(const struct ms_spaces *spaces, size_t space, uint64_t first,
                                uint64_t last)
{
    static struct mappings_text text;
    const struct ms_range range = {.first = first, .last = last};

    text.used = 0;
    text.text[0] = '\0';
    ms_spaces_visit(spaces, space, &range, add_mapping_text, &text);
    return text.text;
}

static inline char *mappings_of(const struct ms_spaces *spaces, size_t space)
{
    return mappings_in(spaces, space, 0, UINT64_MAX);
}

// Bytes of a space, by state.
struct space_bytes {
    uint64_t bytes[4];
    uint64_t n_mappings;
};

static inline int add_mapping_bytes(void *user, const struct ms_mapping_info *mapping)
{
    struct space_bytes *sum = user;

    sum->bytes[mapping->state] += mapping->last - mapping->first + 1;
    sum->n_mappings++;
    return 0;
}

static inline struct space_bytes bytes_of(const struct ms_spaces *spaces, size_t space)
{
    const struct ms_range all = {.first = 0, .last = UINT64_MAX};
    struct space_bytes sum = {0};

    ms_spaces_visit(spaces, space, &all, add_mapping_bytes, &sum);
    return sum;
}

// Whether a warning of the set contains `text`.
static inline bool space_warned(const struct ms_spaces *spaces, const char *text)
{
    for (size_t i = 0; i < ms_spaces_n_warnings(spaces); i++) {
        if (strstr(ms_spaces_warning(spaces, i), text))
            return true;
    }
    return false;
}

#endif
