// SPDX-License-Identifier: MIT
//
// A page is read from its file when it is asked for: memory holds only the list of the files.

#include "file_pages.h"

#include "diag.h"
#include "material.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct page_file {
    char *path;
    uint64_t above; // pages of this file and those before it
};

struct file_pages {
    struct page_file *files;
    size_t count;
    size_t capacity;
    int open_file; // the file that was read last, since the next page is mostly its own; or -1
    size_t open_index;
};

/* ---- the list ------------------------------------------------------------------------- */

static uint64_t page_count(const struct file_pages *pages)
{
    return pages->count ? pages->files[pages->count - 1].above : 0;
}

static void add_file(struct file_pages *pages, const char *path, uint64_t size)
{
    struct page_file file = {copy_text(path),
                             page_count(pages) + (size + PAGE_SIZE - 1) / PAGE_SIZE};
    pages->files = grow(pages->files, pages->count, &pages->capacity, sizeof(file));
    pages->files[pages->count++] = file;
}

static int compare_names(const FTSENT **left, const FTSENT **right)
{
    return strcmp((*left)->fts_name, (*right)->fts_name);
}

/** False if there is no such folder. */
static bool add_folder(struct file_pages *pages, char *folder)
{
    char *const start[] = {folder, NULL};
    FTS *walk = fts_open(start, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, compare_names);
    bool is_folder = false;
    if (!walk)
        fail("cannot list %s: %s", folder, strerror(errno));
    for (FTSENT *entry; (entry = fts_read(walk));) {
        is_folder = is_folder || (entry->fts_level == FTS_ROOTLEVEL && entry->fts_info == FTS_D);
        if (entry->fts_info == FTS_F && entry->fts_statp->st_size > 0 &&
            access(entry->fts_path, R_OK) == 0)
            add_file(pages, entry->fts_path, (uint64_t)entry->fts_statp->st_size);
    }
    fts_close(walk);
    return is_folder;
}

/** As add_folder(), for a path that begins at `base`. */
static bool add_folder_from(struct file_pages *pages, const char *base, const char *folder)
{
    bool absolute = folder[0] == '/', found;
    char *path;
    if (asprintf(&path, "%s%s%s", absolute ? "" : base, absolute ? "" : "/", folder) < 0)
        fail("out of memory");
    found = add_folder(pages, path);
    free(path);
    return found;
}

struct file_pages *file_pages_open(const char *base, const char *folders)
{
    struct file_pages *pages = allocate(1, sizeof(*pages));
    char *copy = copy_text(folders), *rest = copy, *folder;
    bool ok = true;
    pages->open_file = -1;
    while (ok && (folder = strsep(&rest, ":")))
        ok = add_folder_from(pages, base, folder);
    free(copy);
    if (ok && pages->count > 0)
        return pages;
    file_pages_close(pages);
    return NULL;
}

void file_pages_close(struct file_pages *pages)
{
    if (!pages)
        return;
    if (pages->open_file >= 0)
        close(pages->open_file);
    for (size_t i = 0; i < pages->count; i++)
        free(pages->files[i].path);
    free(pages->files);
    free(pages);
}

/* ---- reading -------------------------------------------------------------------------- */

/** The index of the file that has the page. */
static size_t find_file(const struct file_pages *pages, uint64_t number)
{
    size_t low = 0;
    size_t high = pages->count - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (pages->files[middle].above <= number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int open_file(struct file_pages *pages, size_t index)
{
    if (pages->open_file >= 0 && pages->open_index == index)
        return pages->open_file;
    if (pages->open_file >= 0)
        close(pages->open_file);
    pages->open_file = open(pages->files[index].path, O_RDONLY | O_CLOEXEC);
    pages->open_index = index;
    return pages->open_file;
}

static void read_page(struct file_pages *pages, uint64_t number, uint8_t *out)
{
    size_t index = find_file(pages, number);
    uint64_t first = index ? pages->files[index - 1].above : 0;
    int file = open_file(pages, index);
    ssize_t got =
        file < 0 ? -1 : pread(file, out, PAGE_SIZE, (off_t)((number - first) * PAGE_SIZE));
    if (got <= 0)
        fail("cannot read %s, which fills memory: %s", pages->files[index].path,
             got < 0 ? strerror(errno) : "it became shorter");
    memset(out + got, 0, PAGE_SIZE - (size_t)got);
}

static bool is_zero(const uint8_t *page)
{
    return page[0] == 0 && memcmp(page, page + 1, PAGE_SIZE - 1) == 0;
}

void file_pages_read(struct file_pages *pages, uint64_t number, uint8_t *out)
{
    uint64_t count = page_count(pages);
    for (uint64_t i = 0; i < count; i++) {
        read_page(pages, (number % count + i) % count, out);
        if (!is_zero(out))
            return;
    }
    fail("the files that fill memory hold nothing but zeros");
}
