// SPDX-License-Identifier: MIT
//
// Builds a machine, and says what is known of it.

#include "space_subject.h"

#include "corpus/material.h"

#include <inttypes.h>

// More than this is not walked.
enum { MAX_LOOKUPS = 1 << 20 };

// == Building ==

// Where the last piece of memory begins in the file.
static const struct extent *last_extent(const struct image *image)
{
    const struct extent *last = &image->extents.items[0];

    for (size_t i = 1; i < image->extents.count; i++) {
        if (image->extents.items[i].offset > last->offset)
            last = &image->extents.items[i];
    }
    return last;
}

// The file loses the end of its last piece of memory, of which a byte stays.
static void cut_file(struct subject *subject, struct image *image, const struct memory_file *file)
{
    const struct extent *last = last_extent(image);
    uint64_t cut = subject->query->cut < last->length ? subject->query->cut : last->length - 1;

    if (cut == 0)
        return;
    CHECK(last->offset + last->length == image->file_bytes, "memory is not at the file's end");
    CHECK(ftruncate(file->fd, (off_t)(image->file_bytes - cut)) == 0, "ftruncate");
    subject->absent = (struct ms_range){.first = last->start + (last->length - cut),
                                        .last = last->start + (last->length - 1)};
}

static struct memory_file build(struct subject *subject, const char *container, bool may_cut)
{
    struct memory_file file = memory_file_open(NULL, 0);
    struct outfile out = {.path = container, .fd = file.fd};
    struct image image;

    image_plan(&image, subject->spec, container_find(container));
    image_write(&image, &out);
    for (size_t i = 0; i < subject->spec->n_spaces; i++)
        subject->roots[i] = image.spaces.roots[i];
    if (may_cut && subject->query->cut > 0)
        cut_file(subject, &image, &file);
    image_release(&image);
    return file;
}

static int compare_known_runs(const void *left, const void *right)
{
    const struct memory_run *a = left, *b = right;

    return (a->start > b->start) - (a->start < b->start);
}

static int compare_absent(const void *left, const void *right)
{
    const struct ms_range *a = left, *b = right;

    return (a->first > b->first) - (a->first < b->first);
}

static void add_held(struct known_memory *memory, uint64_t start, uint64_t end,
                     const uint8_t *bytes)
{
    if (start < end)
        memory->runs[memory->n++] = (struct memory_run){start, end - start, bytes};
}

// A run, without what was cut off.
static void add_run(struct subject *subject, const struct run *run, const uint8_t *bytes)
{
    struct known_memory *memory = &subject->memory;
    uint64_t end = run->start + run->length, first = end, last = end;

    if (subject->absent.last >= run->start && subject->absent.first < end &&
        subject->absent.last > 0) {
        first = subject->absent.first > run->start ? subject->absent.first : run->start;
        last = subject->absent.last < end ? subject->absent.last : end - 1;
        memory->absent[memory->n_absent++] = (struct ms_range){.first = first, .last = last};
        last++;
    }
    add_held(memory, run->start, first, bytes);
    add_held(memory, last, end, bytes + (last - run->start));
}

// Memory as the builder writes it without a container: the runs, back to back.
static void read_memory(struct subject *subject)
{
    struct known_memory *memory = &subject->memory;
    off_t size = lseek(subject->bare.fd, 0, SEEK_END);
    size_t offset = 0;

    CHECK(size > 0, "no memory");
    subject->memory_size = (size_t)size;
    subject->memory_bytes =
        mmap(NULL, subject->memory_size, PROT_READ, MAP_SHARED, subject->bare.fd, 0);
    CHECK(subject->memory_bytes != MAP_FAILED, "mmap");
    for (size_t i = 0; i < subject->spec->n_runs; i++) {
        add_run(subject, &subject->spec->runs[i], subject->memory_bytes + offset);
        offset += subject->spec->runs[i].length;
    }
    qsort(memory->runs, memory->n, sizeof(memory->runs[0]), compare_known_runs);
    qsort(memory->absent, memory->n_absent, sizeof(memory->absent[0]), compare_absent);
}

void subject_open(struct subject *subject)
{
    CHECK(2 * subject->spec->n_runs <= MAX_KNOWN_RUNS &&
              subject->spec->n_spaces <= MAX_SUBJECT_ROOTS,
          "too many runs or spaces");
    subject->paging = (enum ms_paging)subject->spec->spaces[0].paging;
    subject->bare = build(subject, "raw-concat", false);
    subject->built = build(subject, subject->query->container, true);
    read_memory(subject);
}

void subject_close(struct subject *subject)
{
    for (size_t i = 0; i < subject->n_views; i++)
        known_space_release(&subject->views[i].space);
    naive_answer_release(&subject->answer);
    munmap(subject->memory_bytes, subject->memory_size);
    memory_file_close(&subject->bare);
    memory_file_close(&subject->built);
}

// == What is known ==

static uint64_t kernel_start(const struct subject *subject)
{
    if (subject->paging == MS_PAGING_X64)
        return UINT64_C(0xffff800000000000);
    if (subject->paging == MS_PAGING_X64_5)
        return UINT64_C(0xff00000000000000);
    return subject->query->kernel;
}

static uint64_t last_address(const struct subject *subject)
{
    return subject->paging <= MS_PAGING_PAE ? UINT32_MAX : UINT64_MAX;
}

static struct known_tables tables_of(const struct subject *subject, uint64_t root)
{
    return (struct known_tables){&subject->memory, subject->paging, root, subject->query->windows,
                                 subject->roots[0]};
}

static bool walk(struct subject *subject, struct known_space *space, uint64_t root, uint64_t first)
{
    struct known_tables tables = tables_of(subject, root);

    return known_space_walk(space, &tables, first, last_address(subject), MAX_LOOKUPS);
}

static bool maps_page(const struct known_space *space, uint64_t page)
{
    for (size_t i = 0; i < space->n; i++) {
        const struct known_mapping *mapping = &space->mappings[i];
        uint64_t first = mapping->physical / PAGE_SIZE;
        uint64_t last = (mapping->physical + (mapping->last - mapping->first)) / PAGE_SIZE;

        if (mapping->state == MS_MAPPED_PRESENT && page >= first && page <= last)
            return true;
    }
    return false;
}

bool known_view_has_tables(const struct known_view *view)
{
    return view->kind == MS_SPACE_KERNEL || view->kind == MS_SPACE_ROOT;
}

// Whether any of the views with page tables maps the page; without one, whether root 0 does.
static bool is_mapped(const struct subject *subject, const struct known_space *alone, uint64_t page)
{
    bool any = false;

    for (size_t i = 0; i < subject->n_views; i++) {
        const struct known_view *view = &subject->views[i];

        if (!known_view_has_tables(view))
            continue;
        any = true;
        if (maps_page(&view->space, page))
            return true;
    }
    return !any && maps_page(alone, page);
}

static bool walk_unmapped(struct subject *subject, struct known_space *space)
{
    struct known_space alone = {0};
    bool ok = walk(subject, &alone, subject->roots[0], 0);

    for (size_t i = 0; i < subject->memory.n; i++) {
        const struct memory_run *run = &subject->memory.runs[i];
        uint64_t end = run->start + run->length;

        for (uint64_t at = run->start; at < end;) {
            uint64_t next = (at / PAGE_SIZE + 1) * PAGE_SIZE;

            next = next < end ? next : end;
            if (!is_mapped(subject, &alone, at / PAGE_SIZE))
                known_space_add(space, (struct known_mapping){.first = at,
                                                              .last = next - 1,
                                                              .physical = at,
                                                              .state = MS_MAPPED_PRESENT});
            at = next;
        }
    }
    known_space_release(&alone);
    return ok;
}

void subject_name_view(const struct subject *subject, size_t number, struct known_view *view,
                       char *name)
{
    const char *asked = subject->query->names[number];

    view->kind = strcmp(asked, "physical") == 0   ? MS_SPACE_PHYSICAL
                 : strcmp(asked, "kernel") == 0   ? MS_SPACE_KERNEL
                 : strcmp(asked, "unmapped") == 0 ? MS_SPACE_UNMAPPED
                                                  : MS_SPACE_ROOT;
    if (view->kind == MS_SPACE_ROOT)
        snprintf(name, sizeof(subject->names[0]), "root:0x%" PRIx64, subject->roots[atoi(asked)]);
    else
        snprintf(name, sizeof(subject->names[0]), "%s", asked);
}

static uint64_t root_of(const struct known_view *view)
{
    return view->kind == MS_SPACE_ROOT ? strtoull(view->name + strlen("root:"), NULL, 16) : 0;
}

static int compare_views(const void *left, const void *right)
{
    const struct known_view *a = left, *b = right;
    uint64_t root_a = root_of(a), root_b = root_of(b);

    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return (root_a > root_b) - (root_a < root_b);
}

// Walks the views; false if one is too large.
static bool walk_views(struct subject *subject)
{
    bool ok = true;

    for (size_t i = 0; ok && i < subject->n_views; i++) {
        struct known_view *view = &subject->views[i];

        if (view->kind == MS_SPACE_PHYSICAL)
            known_space_physical(&view->space, &subject->memory);
        else if (view->kind == MS_SPACE_KERNEL)
            ok = walk(subject, &view->space, subject->roots[0], kernel_start(subject));
        else if (view->kind == MS_SPACE_ROOT)
            ok = walk(subject, &view->space, root_of(view), 0);
        else
            ok = walk_unmapped(subject, &view->space);
    }
    return ok;
}

bool subject_walk(struct subject *subject)
{
    for (size_t i = 0; i < subject->query->n_names; i++) {
        struct known_view *view = &subject->views[subject->n_views];
        char *name = subject->names[subject->n_views];
        bool twice = false;

        subject_name_view(subject, i, view, name);
        view->name = name;
        for (size_t k = 0; k < subject->n_views; k++)
            twice = twice || strcmp(name, subject->views[k].name) == 0;
        if (!twice)
            subject->n_views++;
    }
    qsort(subject->views, subject->n_views, sizeof(subject->views[0]), compare_views);
    return walk_views(subject);
}

bool subject_has_flags(const struct subject *subject)
{
    for (size_t i = 0; i < subject->n_views; i++) {
        const struct known_view *view = &subject->views[i];

        for (size_t k = 0; known_view_has_tables(view) && k < view->space.n; k++) {
            if (!view->space.mappings[k].sure)
                return false;
        }
    }
    return true;
}

uint64_t subject_present_bytes(const struct subject *subject)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < subject->n_views; i++) {
        const struct known_space *space = &subject->views[i].space;

        for (size_t k = 0; k < space->n; k++) {
            if (space->mappings[k].state == MS_MAPPED_PRESENT)
                bytes += space->mappings[k].last - space->mappings[k].first + 1;
        }
    }
    return bytes;
}
