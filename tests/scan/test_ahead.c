// SPDX-License-Identifier: MIT
//
// Reading ahead: what is scanned next is in memory, what comes much later is not yet, and it ends
// whenever it is told to; in a search, not before the threads that tell it how far they are.

#include "base/file_on_disk.h"
#include "scan/ahead.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <pthread.h>

// Criterion's assertions store an int in a bit-field, wherever they are used.
#pragma GCC diagnostic ignored "-Wconversion"

TestSuite(ahead, .timeout = 120);

#define MIB        ((uint64_t)1 << 20)
#define FILE_BYTES (96 * MIB)
#define UNIT_BYTES (2 * MIB)
#define N_UNITS    (FILE_BYTES / UNIT_BYTES)

// More than it reads ahead, with what the kernel adds.
#define MUCH_LATER (64 * MIB)

// == Threads that cannot be made: the linker puts the first function in the place of the second ==

static bool no_threads;

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *context);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *context);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *context)
{
    return no_threads ? EAGAIN : __real_pthread_create(thread, attributes, start, context);
}

// == A file that is scanned ==

struct scanned {
    struct disk_file file;
    struct ms_image *image;
    struct ms_scan_plan plan;
    bool cold; // else the file system keeps all in memory, and there is nothing to see
};

static struct scanned open_scanned_as(size_t chunk_bytes, unsigned flags)
{
    struct scanned scanned = {.file = disk_file_make(FILE_BYTES)};
    struct ms_open_options options = {.flags = flags, .format = "raw"};
    struct ms_search_options search;

    ms_search_options_init(&search);
    cr_assert(eq(int, ms_image_open(scanned.file.path, &options, &scanned.image, NULL), MS_OK));
    cr_assert(eq(int,
                 ms_scan_plan_build(&scanned.plan, ms_image_memory(scanned.image), &search,
                                    chunk_bytes, NULL),
                 MS_OK));
    scanned.cold = disk_file_drop(&scanned.file);
    return scanned;
}

static struct scanned open_scanned(size_t chunk_bytes)
{
    return open_scanned_as(chunk_bytes, MS_OPEN_MAP);
}

static void close_scanned(struct scanned *scanned)
{
    ms_scan_plan_release(&scanned->plan);
    ms_image_close(scanned->image);
    disk_file_close(&scanned->file);
}

static struct ms_ahead *start(const struct scanned *scanned)
{
    return ms_ahead_start(ms_image_source(scanned->image), ms_image_memory(scanned->image),
                          &scanned->plan);
}

// Within ten seconds.
static bool comes_into_memory(const struct scanned *scanned, uint64_t offset)
{
    for (int i = 0; i < 10000; i++) {
        if (disk_file_is_cached(&scanned->file, offset))
            return true;
        usleep(1000);
    }
    return false;
}

Test(ahead, keeps_a_window_ahead)
{
    struct scanned scanned = open_scanned(UNIT_BYTES);
    struct ms_ahead *ahead = start(&scanned);

    if (scanned.cold) {
        cr_assert(ne(ptr, ahead, NULL));
        for (uint64_t unit = 0; unit < N_UNITS; unit++) {
            ms_ahead_taken(ahead, unit);
            if (unit + 1 < N_UNITS)
                cr_assert(comes_into_memory(&scanned, (unit + 1) * UNIT_BYTES));
            if (unit == 0)
                cr_assert(not(disk_file_is_cached(&scanned.file, MUCH_LATER)));
        }
    }
    ms_ahead_stop(ahead);
    close_scanned(&scanned);
}

Test(ahead, whoever_overtakes_it_waits_for_nothing)
{
    struct scanned scanned = open_scanned(UNIT_BYTES);
    struct ms_ahead *ahead = start(&scanned);

    ms_ahead_taken(ahead, N_UNITS - 2);
    if (scanned.cold)
        cr_assert(comes_into_memory(&scanned, (N_UNITS - 1) * UNIT_BYTES));
    ms_ahead_stop(ahead);
    close_scanned(&scanned);
}

// Its own next unit is then behind the last one.
Test(ahead, is_overtaken_to_the_end)
{
    struct scanned scanned = open_scanned(UNIT_BYTES);
    struct ms_ahead *ahead = start(&scanned);

    ms_ahead_taken(ahead, N_UNITS - 1);
    usleep(20000);
    ms_ahead_stop(ahead);
    close_scanned(&scanned);
}

Test(ahead, stops_at_any_time)
{
    for (size_t chunk = 1 * MIB; chunk <= FILE_BYTES; chunk *= 4) {
        for (size_t taken = 0; taken < 3; taken++) {
            struct scanned scanned = open_scanned(chunk);
            struct ms_ahead *ahead = start(&scanned);

            for (size_t unit = 0; unit < taken; unit++)
                ms_ahead_taken(ahead, unit);
            ms_ahead_stop(ahead);
            close_scanned(&scanned);
        }
    }
}

Test(ahead, none_where_there_is_nothing_to_read)
{
    struct scanned scanned = open_scanned(UNIT_BYTES);
    struct scanned whole = open_scanned(FILE_BYTES);
    uint8_t byte;

    cr_assert(zero(ptr, start(&whole))); // one unit: it is being scanned
    for (uint64_t offset = 0; offset < FILE_BYTES; offset += 4096)
        cr_assert(eq(sz, ms_source_read_at(ms_image_source(scanned.image), offset, &byte, 1), 1));
    cr_assert(zero(ptr, start(&scanned)));
    ms_ahead_taken(NULL, 0);
    ms_ahead_stop(NULL);
    close_scanned(&whole);
    close_scanned(&scanned);
}

// Whoever scans then does without.
Test(ahead, none_without_a_thread)
{
    struct scanned scanned = open_scanned(UNIT_BYTES);

    no_threads = true;
    cr_assert(zero(ptr, start(&scanned)));
    no_threads = false;
    close_scanned(&scanned);
}

// Reading brings in what it reads by itself.
Test(ahead, none_of_a_file_that_is_not_mapped)
{
    struct scanned scanned = open_scanned_as(UNIT_BYTES, 0);

    cr_assert(zero(ptr, start(&scanned)));
    close_scanned(&scanned);
}

// It reads nothing behind the end, and nobody's SIGBUS comes.
Test(ahead, a_file_that_shrinks)
{
    struct scanned scanned = open_scanned(UNIT_BYTES);
    struct ms_ahead *ahead;

    cr_assert(eq(int, ftruncate(scanned.file.fd, 3 * UNIT_BYTES + 100), 0));
    ahead = start(&scanned);
    for (size_t unit = 0; unit < N_UNITS; unit += 5) {
        ms_ahead_taken(ahead, unit);
        usleep(2000);
    }
    ms_ahead_stop(ahead);
    close_scanned(&scanned);
}

static int stop_later(void *user, const struct ms_progress *progress)
{
    (void)user;
    return progress->done_bytes > FILE_BYTES / 8;
}

// A search that is stopped ends while its threads are still at work, not each
// time at the same. Only the thread sanitizer sees who is told something after its end.
Test(ahead, ends_after_those_who_scan)
{
    struct scanned scanned = open_scanned(UNIT_BYTES);
    struct ms_search_callbacks callbacks = {.progress = stop_later};
    struct ms_search_result result = {0};
    struct ms_search_options options;
    struct ms_patterns *patterns;
    struct ms_matcher *matcher;

    ms_search_options_init(&options);
    options.chunk_bytes = UNIT_BYTES / 32;
    options.threads = 4;
    cr_assert(eq(int, ms_patterns_create(&patterns, NULL), MS_OK));
    cr_assert(eq(int, ms_patterns_add(patterns, MS_DWORD, "78090043", 8, NULL, NULL), MS_OK));
    cr_assert(eq(int, ms_matcher_create(patterns, NULL, &matcher, NULL), MS_OK));
    for (int i = 0; i < 20; i++) {
        cr_assert(eq(int, ms_search(scanned.image, matcher, &options, &callbacks, &result, NULL),
                     MS_STOPPED));
        ms_search_result_release(&result);
    }
    ms_matcher_free(matcher);
    ms_patterns_free(patterns);
    close_scanned(&scanned);
}
