// SPDX-License-Identifier: MIT
//
// Searches of address spaces, in this process: beside the same search of physical memory, by which
// they are judged. And what it takes to have the spaces at all.

#include "bench_sections.h"

#include <stdlib.h>

#define KERNEL_ROOT UINT64_C(0x200000)
#define PAGE_BYTES  4096u

static const struct spaces_setup setups[N_IMAGES] = {
    [IMAGE_SCATTERED] = {0},
    [IMAGE_PROCESSES] = {.n_processes = 200},
    [IMAGE_LARGE] = {.find = true},
};

const struct spaces_setup *spaces_setup_of(const struct row *row)
{
    return row->section == SECTION_SPACES ? &setups[row->image] : NULL;
}

static enum ms_status add_spaces(const struct spaces_setup *setup, struct ms_spaces *spaces,
                                 struct ms_error *error)
{
    enum ms_status status = MS_OK;

    if (setup->n_processes == 0)
        return ms_spaces_add(spaces, "kernel", error);
    for (size_t i = 1; i <= setup->n_processes && status == MS_OK; i++) {
        char name[32];

        snprintf(name, sizeof(name), "root:%llx",
                 (unsigned long long)(KERNEL_ROOT + i * PAGE_BYTES));
        status = ms_spaces_add(spaces, name, error);
    }
    return status;
}

struct ms_spaces *spaces_make(const struct spaces_setup *setup, const struct ms_image *image)
{
    const uint64_t root = KERNEL_ROOT;
    const struct ms_spaces_options given = {.root = &root, .paging = "x64"};
    struct ms_spaces *spaces = NULL;
    struct ms_error error;
    enum ms_status status = ms_spaces_create(image, setup->find ? NULL : &given, &spaces, &error);

    if (status == MS_OK)
        status = add_spaces(setup, spaces, &error);
    if (status == MS_OK)
        return spaces;
    fprintf(stderr, "memscan-bench: spaces: %s\n", error.text);
    ms_spaces_free(spaces);
    return NULL;
}

// == What they need ==

struct needed {
    uint8_t *pages; // a byte each
    uint64_t n;
    uint64_t bytes;
};

static int add_needed(void *user, const struct ms_mapping_info *mapping)
{
    struct needed *needed = user;
    uint64_t last = mapping->physical + (mapping->last - mapping->first);

    if (mapping->state != MS_MAPPED_PRESENT)
        return 0;
    for (uint64_t page = mapping->physical / PAGE_BYTES; page <= last / PAGE_BYTES; page++) {
        needed->bytes += needed->pages[page] ? 0 : PAGE_BYTES;
        needed->pages[page] = 1;
    }
    return 0;
}

// The bytes of the pages that the spaces map, each counted once. 0 after a message.
static uint64_t needed_bytes(const struct ms_spaces *spaces, uint64_t image_bytes)
{
    const struct ms_range all = {.first = 0, .last = UINT64_MAX};
    struct needed needed = {.pages = calloc(image_bytes / PAGE_BYTES + 1, 1)};

    if (!needed.pages) {
        perror("memscan-bench");
        return 0;
    }
    for (size_t i = 0; i < ms_spaces_count(spaces); i++)
        ms_spaces_visit(spaces, i, &all, add_needed, &needed);
    free(needed.pages);
    return needed.bytes;
}

static bool count_needed(const struct running *running)
{
    const struct ms_open_options options = {.flags = MS_OPEN_MAP, .format = "raw"};
    struct row_result *result = running->result;
    struct ms_spaces *spaces;
    struct ms_image *image;
    struct ms_error error;

    if (result->needed_bytes > 0)
        return true;
    if (ms_image_open(running->image->path, &options, &image, &error)) {
        fprintf(stderr, "memscan-bench: %s: %s\n", running->image->path, error.text);
        return false;
    }
    spaces = spaces_make(spaces_setup_of(result->row), image);
    if (spaces)
        result->needed_bytes = needed_bytes(spaces, running->image->size);
    ms_spaces_free(spaces);
    ms_image_close(image);
    return result->needed_bytes > 0;
}

// == Rounds ==

// Opens the image, finds the tables, walks them.
static bool open_spaces(const struct running *running, struct measurement *ret)
{
    const struct ms_open_options options = {.flags = MS_OPEN_MAP, .format = "raw"};
    const struct row *row = running->result->row;
    double start = now_seconds(), processor_start = processor_seconds();
    uint64_t before = anonymous_bytes(0), after;
    struct ms_spaces *spaces;
    struct ms_image *image;
    struct ms_error error;

    if (ms_image_open(running->image->path, &options, &image, &error)) {
        fprintf(stderr, "memscan-bench: %s: %s\n", running->image->path, error.text);
        return false;
    }
    spaces = spaces_make(spaces_setup_of(row), image);
    *ret = (struct measurement){
        .seconds = now_seconds() - start,
        .processor_seconds = processor_seconds() - processor_start,
    };
    after = anonymous_bytes(0);
    ret->peak_bytes = after > before ? after - before : 0;
    ms_spaces_free(spaces);
    ms_image_close(image);
    return spaces != NULL;
}

static bool search_both(const struct running *running, struct runner *physical,
                        struct runner *memscan)
{
    const struct row *row = running->result->row;
    struct prepared_search search;
    struct measurement measured;
    bool ok;

    if (!search_prepare(row, running->patterns, 0, &search))
        return false;
    memscan->compile_seconds = search.compile_seconds;
    ok = search_image(&search, running->image, NULL, row_threads(row), &measured);
    if (ok) {
        runner_add(physical, &measured);
        ok = search_image(&search, running->image, spaces_setup_of(row), row_threads(row),
                          &measured);
    }
    if (ok)
        runner_add(memscan, &measured);
    search_release(&search);
    return ok;
}

bool measure_spaces(struct bench *bench, struct running *running)
{
    struct row_result *result = running->result;
    struct runner *physical = result_runner(result, "physical");
    struct runner *memscan = result_runner(result, "memscan");
    struct measurement measured;

    (void)bench;
    if (!count_needed(running)) // which also brings the tables into the page cache
        return false;
    if (result->row->n_patterns > 0)
        return search_both(running, physical, memscan);
    if (!open_spaces(running, &measured))
        return false;
    runner_add(memscan, &measured);
    return true;
}
