// SPDX-License-Identifier: MIT
//
// Bytes of files: what can be opened, what is read, and what errors say.

#include "base/file_in_memory.h"
#include "base/file_on_disk.h"
#include "base/slack.h"
#include "source/source.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

// Criterion's assertions store an int in a bit-field, wherever they are used.
#pragma GCC diagnostic ignored "-Wconversion"

TestSuite(source, .timeout = 30);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct ms_source *open_source(const char *path, bool map)
{
    struct ms_source *source = NULL;
    struct ms_error error = {0};

    cr_assert(eq(int, ms_source_open(path, map, &source, &error), MS_OK), "%s", error.text);
    return source;
}

static void expect_text(const struct ms_error *error, const char *part)
{
    cr_assert(strstr(error->text, part) != NULL, "\"%s\" lacks \"%s\"", error->text, part);
}

// == Opening ==

Test(source, knows_its_path_and_size)
{
    static const size_t sizes[] = {0, 1, 4095, 4096, 100000};
    static uint8_t bytes[100000];

    for (size_t i = 0; i < 2 * COUNT(sizes); i++) {
        struct memory_file file = memory_file_make(bytes, sizes[i / 2]);
        struct ms_source *source = open_source(file.path, i & 1);

        cr_assert(eq(u64, ms_source_size(source), sizes[i / 2]));
        cr_assert(eq(str, (char *)(uintptr_t)ms_source_path(source), file.path));
        ms_source_close(source);
        memory_file_close(&file);
    }
    ms_source_close(NULL);
}

// A folder for what is no file; gone again when the test is over.
struct folder {
    char path[64];
    char inside[80];
};

static struct folder make_folder(void)
{
    struct folder folder = {.path = "/tmp/memscan-test-XXXXXX"};

    cr_assert(mkdtemp(folder.path) != NULL);
    snprintf(folder.inside, sizeof(folder.inside), "%s/inside", folder.path);
    return folder;
}

static void remove_folder(const struct folder *folder)
{
    unlink(folder->inside);
    rmdir(folder->path);
}

static void expect_refusal(const char *path, int os_errno, const char *part)
{
    for (int map = 0; map < 2; map++) {
        struct ms_source *source = NULL;
        struct ms_error error = {0};
        enum ms_status status = ms_source_open(path, map, &source, &error);

        cr_expect(eq(int, status, MS_IO), "%s", path);
        cr_expect(eq(int, error.os_errno, os_errno), "%s", path);
        cr_expect(strstr(error.text, path) != NULL, "\"%s\" lacks the path", error.text);
        cr_expect(strstr(error.text, part) != NULL, "\"%s\" lacks \"%s\"", error.text, part);
        cr_expect(zero(ptr, source));
        cr_expect(eq(int, ms_source_open(path, map, &source, NULL), MS_IO));
    }
}

// A pipe without a writer would block an ordinary open() for ever.
Test(source, refuses_what_is_no_file)
{
    struct folder folder = make_folder();
    bool made = mkfifo(folder.inside, 0600) == 0;

    expect_refusal(folder.inside, 0, "neither a file nor a block device");
    expect_refusal(folder.path, 0, "is a directory");
    remove_folder(&folder);
    cr_assert(made);
    expect_refusal(folder.path, ENOENT, strerror(ENOENT));
    expect_refusal("", ENOENT, strerror(ENOENT));
    expect_refusal("/dev/null", 0, "neither a file nor a block device");
}

Test(source, keeps_its_own_copy_of_the_path)
{
    struct memory_file file = memory_file_make("abc", 3);
    char path[32];
    struct ms_source *source;

    memcpy(path, file.path, sizeof(path));
    source = open_source(path, false);
    memset(path, 'x', sizeof(path) - 1);
    cr_assert(eq(str, (char *)(uintptr_t)ms_source_path(source), file.path));
    ms_source_close(source);
    memory_file_close(&file);
}

// == Reading ==

static const struct read_case {
    const char *name;
    uint64_t offset;
    size_t length;
    size_t expected; // bytes that there are
} read_cases[] = {
    {"all", 0, 26, 26},
    {"a part", 3, 5, 5},
    {"nothing", 3, 0, 0},
    {"nothing at the end", 26, 0, 0},
    {"nothing behind the end", 100, 0, 0},
    {"over the end", 20, 7, 6},
    {"at the end", 26, 1, 0},
    {"behind the end", 1000, 5, 0},
    {"from the last offset there can be", INT64_MAX, 5, 0},
    {"from beyond all offsets", UINT64_MAX, 5, 0},
    {"over the top of all offsets", UINT64_MAX - 2, 20, 0},
};

Test(source, reads_what_there_is)
{
    struct memory_file file = memory_file_make("abcdefghijklmnopqrstuvwxyz", 26);

    for (size_t i = 0; i < 2 * COUNT(read_cases); i++) {
        const struct read_case *one = &read_cases[i / 2];
        struct ms_source *source = open_source(file.path, i & 1);
        char bytes[32] = {0};
        struct ms_error error = {0};
        enum ms_status status =
            ms_source_read(source, one->offset, bytes, one->length, "the letters", &error);

        cr_assert(eq(int, status, one->expected == one->length ? MS_OK : MS_MALFORMED), "%s",
                  one->name);
        memset(bytes, 0, sizeof(bytes));
        cr_assert(eq(sz, ms_source_read_at(source, one->offset, bytes, one->length), one->expected),
                  "%s", one->name);
        for (size_t k = 0; k < one->expected; k++)
            cr_assert(eq(chr, bytes[k], (char)('a' + one->offset + k)), "%s", one->name);
        ms_source_close(source);
    }
    memory_file_close(&file);
}

Test(source, says_what_was_to_be_read_and_where)
{
    struct memory_file file = memory_file_make("abcdefghijklmnopqrstuvwxyz", 26);
    struct ms_source *source = open_source(file.path, false);
    void *closed = mmap(NULL, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct ms_error error = {0};
    char bytes[32];

    cr_assert(eq(int, ms_source_read(source, 20, bytes, 32, "the bitmap", &error), MS_MALFORMED));
    expect_text(&error, "the bitmap");
    expect_text(&error, "offset 0x14");
    expect_text(&error, "32 bytes");
    expect_text(&error, "has 6");
    cr_assert(eq(int, error.status, MS_MALFORMED));
    cr_assert(eq(int, error.os_errno, 0));
    // A failure that is the system's: memory that cannot be written.
    cr_assert(eq(int, ms_source_read(source, 5, closed, 3, "the runs", &error), MS_IO));
    munmap(closed, 1);
    expect_text(&error, "the runs");
    expect_text(&error, "offset 0x5");
    expect_text(&error, strerror(EFAULT));
    cr_assert(eq(int, error.os_errno, EFAULT));
    cr_assert(eq(int, ms_source_read(source, 20, bytes, 32, "the bitmap", NULL), MS_MALFORMED));
    ms_source_close(source);
    memory_file_close(&file);
}

// == Views ==

Test(source, views_what_is_in_the_mapping)
{
    static const struct {
        const char *name;
        uint64_t offset;
        size_t length;
        bool map;
        bool there;
    } rows[] = {
        {"all", 0, 26, true, true},
        {"the last byte", 25, 1, true, true},
        {"over the end", 25, 2, true, false},
        {"behind the end", 27, 1, true, false},
        {"a sum that wraps", 20, SIZE_MAX - 10, true, false},
        {"an offset that wraps", UINT64_MAX, 2, true, false},
        {"not mapped", 0, 26, false, false},
    };
    struct memory_file file = memory_file_make("abcdefghijklmnopqrstuvwxyz", 26);

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct ms_source *source = open_source(file.path, rows[i].map);
        const uint8_t *view = ms_source_view(source, rows[i].offset, rows[i].length);

        cr_assert(eq(int, view != NULL, rows[i].there), "%s", rows[i].name);
        if (view)
            cr_assert(eq(chr, (char)view[0], (char)('a' + rows[i].offset)), "%s", rows[i].name);
        ms_source_close(source);
    }
    memory_file_close(&file);
}

// == Files on a disk ==

#define MIB ((size_t)1 << 20)

// A file in /tmp that has no name.
static struct memory_file make_disk_file(const void *bytes, size_t length)
{
    struct memory_file file = {.fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};

    if (file.fd < 0)
        cr_skip_test("/tmp cannot have files without a name");
    snprintf(file.path, sizeof(file.path), "/proc/self/fd/%d", file.fd);
    memory_file_write(&file, 0, bytes, length);
    return file;
}

static void drop_from_cache(const struct memory_file *file)
{
    fsync(file->fd);
    posix_fadvise(file->fd, 0, 0, POSIX_FADV_DONTNEED);
}

static uint8_t *make_bytes(size_t length)
{
    uint8_t *bytes = malloc(length);

    cr_assert(bytes != NULL);
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)(i * 2654435761u >> 24);
    return bytes;
}

// Whether [offset, offset + length) of the view is what is expected; the guard is satisfied.
static bool view_is(const struct ms_source *source, size_t offset, const void *expected,
                    size_t length)
{
    const uint8_t *view = ms_source_view(source, offset, length);
    bool same;

    ms_source_guard(source);
    same = view && memcmp(view, expected, length) == 0;
    return ms_source_unguard(source, offset, length) && same;
}

// Read ahead is what there is, also around a hole and up to an end that is no page's.
Test(source, file_that_is_not_cached)
{
    size_t length = 5 * MIB + 123;
    uint8_t *bytes = make_bytes(length), *copy = malloc(length);
    struct memory_file file = make_disk_file(bytes, length);

    memset(bytes + MIB, 0, MIB + 4096);
    if (fallocate(file.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)MIB, MIB + 4096) != 0)
        memory_file_write(&file, MIB, bytes + MIB, MIB + 4096);
    for (int map = 0; map < 2; map++) {
        struct ms_source *source = open_source(file.path, map);

        for (size_t start = 0; start < length; start += 3 * MIB + 77) {
            drop_from_cache(&file);
            cr_assert(eq(sz, ms_source_read_at(source, start, copy, length), length - start));
            cr_assert(memcmp(copy, bytes + start, length - start) == 0);
            drop_from_cache(&file);
            cr_assert(eq(int, view_is(source, start, bytes + start, length - start), map));
        }
        ms_source_close(source);
    }
    free(bytes);
    free(copy);
    memory_file_close(&file);
}

// What had been read ahead is no longer the file's.
Test(source, file_that_shrinks_while_it_is_read_ahead)
{
    size_t length = 5 * MIB, left = 2 * MIB + 5000;
    uint8_t *bytes = make_bytes(length), *copy = malloc(length);
    struct memory_file file = make_disk_file(bytes, length);
    struct ms_source *source = open_source(file.path, true);

    drop_from_cache(&file);
    cr_assert(view_is(source, 0, bytes, 4096));
    memory_file_resize(&file, left);
    cr_assert(not(view_is(source, 0, bytes, length)));
    cr_assert(view_is(source, 0, bytes, 2 * MIB));
    cr_assert(eq(sz, ms_source_read_at(source, 0, copy, length), left));
    cr_assert(memcmp(copy, bytes, left) == 0);
    ms_source_close(source);
    free(bytes);
    free(copy);
    memory_file_close(&file);
}

// The flags of the mapping that holds the address, as the kernel tells them; empty: not found.
static void find_mapping_flags(const void *address, char *flags, size_t size)
{
    FILE *maps = fopen("/proc/self/smaps", "r");
    unsigned long first, last;
    bool inside = false;
    char line[512];

    flags[0] = '\0';
    while (maps && flags[0] == '\0' && fgets(line, sizeof(line), maps)) {
        if (sscanf(line, "%lx-%lx ", &first, &last) == 2)
            inside = first <= (uintptr_t)address && (uintptr_t)address < last;
        else if (inside && strncmp(line, "VmFlags:", 8) == 0)
            snprintf(flags, size, "%s", line);
    }
    if (maps)
        fclose(maps);
}

Test(source, maps_for_large_pages)
{
    struct memory_file file = memory_file_make("abcdef", 6);
    struct ms_source *source = open_source(file.path, true);
    char flags[512];

    find_mapping_flags(ms_source_view(source, 0, 6), flags, sizeof(flags));
    if (flags[0] == '\0' || access("/sys/kernel/mm/transparent_hugepage", F_OK) != 0)
        cr_skip_test("this kernel has no large pages, or does not tell");
    cr_assert(strstr(flags, " hg") != NULL, "%s", flags);
    ms_source_close(source);
    memory_file_close(&file);
}

// == Files that change ==

// What grows on is as before: the size is that of opening, and reading sees what is there now.
Test(source, file_that_grows)
{
    for (int map = 0; map < 2; map++) {
        struct memory_file file = memory_file_make("abc", 3);
        struct ms_source *source = open_source(file.path, map);
        char bytes[8] = {0};

        memory_file_write(&file, 3, "def", 3);
        cr_assert(eq(u64, ms_source_size(source), 3));
        cr_assert(zero(ptr, (void *)(uintptr_t)ms_source_view(source, 0, 6)));
        cr_assert(eq(sz, ms_source_read_at(source, 0, bytes, 8), 6));
        cr_assert(eq(str, bytes, "abcdef"));
        ms_source_close(source);
        memory_file_close(&file);
    }
}

Test(source, file_that_shrinks)
{
    for (int map = 0; map < 2; map++) {
        struct memory_file file = memory_file_make("abcdef", 6);
        struct ms_source *source = open_source(file.path, map);
        struct ms_error error = {0};
        char bytes[8] = {0};

        memory_file_resize(&file, 2);
        cr_assert(eq(u64, ms_source_size(source), 6));
        cr_assert(eq(sz, ms_source_read_at(source, 1, bytes, 5), 1));
        cr_assert(
            eq(int, ms_source_read(source, 0, bytes, 6, "the letters", &error), MS_MALFORMED));
        expect_text(&error, "has 2");
        ms_source_close(source);
        memory_file_close(&file);
    }
}

// == What lies behind ==

Test(source, slack_behind_the_view)
{
    static const uint8_t bytes[2 * 4096] = {1};
    static const size_t sizes[] = {1, 4095, 4096, 4097, 2 * 4096 - 3, 2 * 4096};

    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct memory_file file = memory_file_make(bytes, sizes[i]);
        struct ms_source *source = open_source(file.path, true);
        const uint8_t *view = ms_source_view(source, 0, sizes[i]);

        for (size_t k = 0; k < MS_SLACK_BYTES; k++)
            cr_assert(eq(u8, *(const volatile uint8_t *)(view + sizes[i] + k), 0));
        ms_source_close(source);
        memory_file_close(&file);
    }
}

// == Bringing bytes into memory ==

Test(source, brings_bytes_into_memory)
{
    struct disk_file file = disk_file_make(8 * MIB);
    struct ms_source *source;

    cr_assert(eq(int, ftruncate(file.fd, (off_t)(16 * MIB)), 0)); // the rest is a hole
    source = open_source(file.path, true);
    if (disk_file_drop(&file)) {
        cr_assert(not(ms_source_is_in_memory(source, 0)));
        cr_assert(not(ms_source_is_in_memory(source, 6 * MIB)));
        cr_assert(ms_source_populate(source, 6 * MIB, 2 * MIB));
        for (uint64_t offset = 6 * MIB; offset < 8 * MIB; offset += 4096)
            cr_assert(disk_file_is_cached(&file, offset));
        cr_assert(ms_source_is_in_memory(source, 7 * MIB));
        cr_assert(not(disk_file_is_cached(&file, 0)));
        cr_assert(ms_source_populate(source, 12 * MIB, 2 * MIB));
        cr_assert(not(disk_file_is_cached(&file, 12 * MIB)));
    }
    ms_source_close(source);
    disk_file_close(&file);
}

Test(source, brings_nothing_where_nothing_is)
{
    struct disk_file file = disk_file_make(1 * MIB);
    struct ms_source *mapped = open_source(file.path, true);
    struct ms_source *read = open_source(file.path, false);

    cr_assert(ms_source_populate(mapped, 1 * MIB, 4096));
    cr_assert(ms_source_populate(mapped, UINT64_MAX - 4096, 4096));
    cr_assert(ms_source_is_in_memory(mapped, UINT64_MAX));
    cr_assert(not(ms_source_populate(read, 0, 4096)));
    cr_assert(ms_source_is_in_memory(read, 0));
    cr_assert(eq(int, ftruncate(file.fd, 0), 0));
    ms_source_populate(mapped, 0, 1 * MIB); // no SIGBUS
    ms_source_close(mapped);
    ms_source_close(read);
    disk_file_close(&file);
}
