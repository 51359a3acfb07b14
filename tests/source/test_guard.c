// SPDX-License-Identifier: MIT
//
// Mapped files that shrink while they are read: the process lives, and nobody believes the zeros.

#include "base/test_random.h"
#include "scan/observe.h"
#include "source/source.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

// Criterion's assertions store an int in a bit-field, wherever they are used.
#pragma GCC diagnostic ignored "-Wconversion"

TestSuite(guard, .timeout = 60);

// While one thread's handler replaces a page, another may read it. Whatever it sees, it is told.
// Only the thread sanitizer asks for this.
__attribute__((visibility("default"))) const char *__tsan_default_suppressions(void);

const char *__tsan_default_suppressions(void)
{
    return "race:replace_page\nrace:match_mapped\nrace:read_pages\n";
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PAGE         4096
#define PAGES        16

struct mapped {
    struct memory_file file;
    struct ms_source *source;
    const volatile uint8_t *view;
};

// A file of PAGES pages, each full of its number plus 1.
static struct mapped map_pages(void)
{
    static uint8_t bytes[PAGES * PAGE];
    struct mapped mapped;

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(1 + i / PAGE);
    mapped.file = memory_file_make(bytes, sizeof(bytes));
    cr_assert(eq(int, ms_source_open(mapped.file.path, true, &mapped.source, NULL), MS_OK));
    mapped.view = ms_source_view(mapped.source, 0, sizeof(bytes));
    cr_assert(mapped.view != NULL);
    return mapped;
}

static void unmap_pages(struct mapped *mapped)
{
    ms_source_close(mapped->source);
    memory_file_close(&mapped->file);
}

// Reads a byte of each page in [first, end) under the guard; whether what was read is the file's.
static bool read_pages(const struct mapped *mapped, size_t first, size_t end, unsigned *sum_ret)
{
    unsigned sum = 0;

    ms_source_guard(mapped->source);
    for (size_t i = first; i < end; i++)
        sum += mapped->view[i * PAGE + 77];
    *sum_ret = sum;
    return ms_source_unguard(mapped->source, first * PAGE, (end - first) * PAGE);
}

// == Accesses ==

Test(guard, whole_files_are_what_they_are)
{
    struct mapped mapped = map_pages();
    unsigned sum;

    cr_assert(read_pages(&mapped, 0, PAGES, &sum));
    cr_assert(eq(uint, sum, PAGES * (PAGES + 1) / 2));
    unmap_pages(&mapped);
}

Test(guard, lost_pages_read_as_zeros_and_are_told)
{
    struct mapped mapped = map_pages();
    unsigned sum;

    memory_file_resize(&mapped.file, 10 * PAGE);
    cr_assert(not(read_pages(&mapped, 8, PAGES, &sum)));
    cr_assert(eq(uint, sum, 9 + 10));
    cr_assert(read_pages(&mapped, 0, 10, &sum));
    cr_assert(eq(uint, sum, 55));
    // Who reads a replaced page raises no signal any more, and is told all the same.
    cr_assert(not(read_pages(&mapped, 12, 13, &sum)));
    cr_assert(zero(uint, sum));
    unmap_pages(&mapped);
}

// Behind its new end the last page reads as zeros without any signal.
Test(guard, the_rest_of_the_last_page_is_lost_too)
{
    struct mapped mapped = map_pages();
    volatile uint8_t byte;

    memory_file_resize(&mapped.file, 3 * PAGE + 100);
    ms_source_guard(mapped.source);
    byte = mapped.view[3 * PAGE + 99];
    cr_assert(ms_source_unguard(mapped.source, 3 * PAGE, 100));
    cr_assert(eq(int, byte, 4));
    ms_source_guard(mapped.source);
    byte = mapped.view[3 * PAGE + 100];
    cr_assert(not(ms_source_unguard(mapped.source, 3 * PAGE, 101)));
    cr_assert(zero(int, byte));
    cr_assert(ms_source_unguard(mapped.source, 5 * PAGE, 0));
    unmap_pages(&mapped);
}

// Pages that were replaced stay so when the file grows again: they are not believed.
Test(guard, a_file_that_grows_again_is_not_believed_where_it_was_lost)
{
    struct mapped mapped = map_pages();
    unsigned sum;

    memory_file_resize(&mapped.file, 4 * PAGE);
    cr_assert(not(read_pages(&mapped, 0, PAGES, &sum)));
    memory_file_resize(&mapped.file, PAGES * PAGE);
    cr_assert(not(read_pages(&mapped, 4, 5, &sum)));
    cr_assert(read_pages(&mapped, 0, 4, &sum));
    unmap_pages(&mapped);
}

// == Threads ==

struct reader {
    const struct mapped *mapped;
    pthread_t thread;
    bool believed;
};

static void *reader_main(void *context)
{
    struct reader *reader = context;
    unsigned sum;

    reader->believed = false;
    for (size_t i = 0; i < 50; i++)
        reader->believed |= read_pages(reader->mapped, 4, PAGES, &sum);
    return NULL;
}

Test(guard, threads_that_lose_the_same_pages)
{
    for (size_t i = 0; i < 20; i++) {
        struct mapped mapped = map_pages();
        struct reader readers[2];

        memory_file_resize(&mapped.file, 8 * PAGE);
        for (size_t k = 0; k < COUNT(readers); k++) {
            readers[k].mapped = &mapped;
            cr_assert(
                zero(int, pthread_create(&readers[k].thread, NULL, reader_main, &readers[k])));
        }
        for (size_t k = 0; k < COUNT(readers); k++) {
            pthread_join(readers[k].thread, NULL);
            cr_assert(not(readers[k].believed));
        }
        unmap_pages(&mapped);
    }
}

// == Who was there before ==

static volatile sig_atomic_t n_chained;

static void count_signal(int signal)
{
    (void)signal;
    n_chained = n_chained + 1;
}

// Replaces the page that was lost, so that the access goes on.
static void repair(int signal, siginfo_t *info, void *context)
{
    uintptr_t page = (uintptr_t)info->si_addr & ~(uintptr_t)(PAGE - 1);

    (void)context;
    count_signal(signal);
    if (mmap((void *)page, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
        MAP_FAILED)
        abort();
}

static void install_repair(void)
{
    struct sigaction action = {.sa_sigaction = repair, .sa_flags = SA_SIGINFO};

    cr_assert(zero(int, sigaction(SIGBUS, &action, NULL)));
}

// A mapping that is not a source's, of a file that is empty.
static const volatile uint8_t *map_foreign(void)
{
    struct memory_file file = memory_file_make("", 0);
    void *bytes = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, file.fd, 0);

    memory_file_close(&file);
    cr_assert(bytes != MAP_FAILED);
    return bytes;
}

Test(guard, other_addresses_go_to_the_handler_before)
{
    struct mapped mapped;
    volatile uint8_t byte;

    install_repair();
    mapped = map_pages();
    byte = map_foreign()[1];
    cr_assert(eq(int, n_chained, 1));
    ms_source_guard(mapped.source);
    byte = map_foreign()[2];
    cr_assert(ms_source_unguard(mapped.source, 0, PAGES * PAGE));
    cr_assert(eq(int, n_chained, 2));
    // Ours go there only where no guard is up.
    memory_file_resize(&mapped.file, PAGE);
    byte = mapped.view[5 * PAGE];
    cr_assert(eq(int, n_chained, 3));
    ms_source_guard(mapped.source);
    byte = mapped.view[7 * PAGE];
    cr_assert(not(ms_source_unguard(mapped.source, 7 * PAGE, 1)));
    cr_assert(eq(int, n_chained, 3));
    (void)byte;
    unmap_pages(&mapped);
}

Test(guard, plain_handlers_are_called_too)
{
    struct mapped mapped;

    signal(SIGBUS, count_signal);
    mapped = map_pages();
    ms_source_guard(mapped.source);
    raise(SIGBUS);
    cr_assert(ms_source_unguard(mapped.source, 0, PAGES * PAGE));
    cr_assert(eq(int, n_chained, 1));
    unmap_pages(&mapped);
}

// How a process ends that does `act` after it has mapped a file, with `before` as its handler.
static int end_of(void (*before)(int), void (*act)(const struct mapped *))
{
    pid_t child = fork();
    int status = -1;

    if (child == 0) {
        signal(SIGBUS, before);
        struct mapped mapped = map_pages();
        unsigned sum;

        act(&mapped);
        // The guard still works.
        memory_file_resize(&mapped.file, PAGE);
        _exit(read_pages(&mapped, 0, 3, &sum) ? 1 : 0);
    }
    cr_assert(eq(int, waitpid(child, &status, 0), child));
    return status;
}

static void touch_foreign(const struct mapped *mapped)
{
    (void)mapped;
    (void)map_foreign()[0];
}

static void touch_unguarded(const struct mapped *mapped)
{
    memory_file_resize(&mapped->file, 0);
    (void)mapped->view[0];
}

static void send_signal(const struct mapped *mapped)
{
    (void)mapped;
    kill(getpid(), SIGBUS);
}

static void die_of_signal(const struct mapped *mapped)
{
    send_signal(mapped);
    _exit(3);
}

static void do_nothing(const struct mapped *mapped)
{
    (void)mapped;
}

// As if there were no guard: an access without memory ends the process, a signal that was sent is
// ignored where it was ignored.
Test(guard, without_a_handler_before_the_process_ends_as_it_would)
{
    static const struct {
        const char *name;
        void (*before)(int);
        void (*act)(const struct mapped *mapped);
        bool dies;
    } rows[] = {
        {"nothing happens", SIG_DFL, do_nothing, false},
        {"foreign access", SIG_DFL, touch_foreign, true},
        {"foreign access, ignored", SIG_IGN, touch_foreign, true},
        {"access without a guard", SIG_DFL, touch_unguarded, true},
        {"signal sent", SIG_DFL, die_of_signal, true},
        {"signal sent, ignored", SIG_IGN, send_signal, false},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        int status = end_of(rows[i].before, rows[i].act);

        cr_assert(eq(int, WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS, rows[i].dies), "%s",
                  rows[i].name);
        if (!rows[i].dies)
            cr_assert(zero(int, status), "%s", rows[i].name);
    }
}

// == Searches of files that shrink ==

#define RUN_BYTES 60000

static const struct known_pattern patterns[] = {
    {.kind = MS_BYTE, .text = "41", .step = 1, .length = 1, .bytes = (const uint8_t *)"A"},
    {.kind = MS_DWORD,
     .text = "00000000",
     .step = 4,
     .length = 4,
     .bytes = (const uint8_t *)"\0\0\0\0"},
    {.kind = MS_HEX,
     .text = "00 00 4? 4?",
     .step = 1,
     .length = 4,
     .bytes = (const uint8_t *)"\0\0\x40\x40",
     .mask = (const uint8_t *)"\xff\xff\xf0\xf0"},
};
static const struct known_query query = {.patterns = patterns, .n_patterns = COUNT(patterns)};

// Two runs, the second one first in the file: what is cut off lies in the middle of memory and at
// its end.
static void make_machine(struct machine *machine)
{
    uint64_t random = 4;

    random_fill(&random, machine_add(machine, 0x10000 + RUN_BYTES, RUN_BYTES), RUN_BYTES);
    random_fill(&random, machine_add(machine, 0x10000, RUN_BYTES), RUN_BYTES);
    machine_write_lime(machine);
}

struct shrinking {
    const struct machine *machine;
    uint64_t size;              // that the file shrinks to
    size_t at_hit, at_progress; // when; 0: never
    bool done;
    struct observation seen;
    size_t progresses;
};

static void shrink(struct shrinking *shrinking)
{
    shrinking->done = true;
    memory_file_resize(&shrinking->machine->file, shrinking->size);
}

static int shrink_at_hit(void *user, const struct ms_hit *hit)
{
    struct shrinking *shrinking = user;

    KEEP(&shrinking->seen.hits, *hit);
    if (shrinking->seen.hits.n == shrinking->at_hit)
        shrink(shrinking);
    return 0;
}

static int shrink_at_progress(void *user, const struct ms_progress *progress)
{
    struct shrinking *shrinking = user;

    (void)progress;
    if (++shrinking->progresses == shrinking->at_progress)
        shrink(shrinking);
    return 0;
}

static int keep_gap(void *user, const struct ms_gap *gap)
{
    struct shrinking *shrinking = user;

    KEEP(&shrinking->seen.gaps, *gap);
    return 0;
}

static void run_shrinking(struct shrinking *shrinking, const struct way *way)
{
    struct ms_search_callbacks callbacks = {
        .hit = shrink_at_hit, .gap = keep_gap, .progress = shrink_at_progress, .user = shrinking};
    struct ms_matcher *matcher = make_matcher(patterns, COUNT(patterns), way);
    struct ms_image *image = machine_open(shrinking->machine, way->map ? MS_OPEN_MAP : 0);
    struct ms_search_options options;

    ms_search_options_init(&options);
    options.threads = way->threads;
    options.chunk_bytes = way->chunk_bytes;
    options.fold = way->fold;
    cr_assert(eq(int,
                 ms_search(image, matcher, &options, &callbacks, &shrinking->seen.result, NULL),
                 MS_OK));
    ms_image_close(image);
    ms_matcher_free(matcher);
}

static bool in_gaps(const gap_vec *gaps, uint64_t first, uint64_t last)
{
    for (size_t i = 0; i < gaps->n; i++) {
        if (gaps->items[i].range.first <= last && gaps->items[i].range.last >= first)
            return true;
    }
    return false;
}

// Takes away what reaches into a gap from before it: whether that was seen is a matter of time.
static void drop_reaching(hit_vec *hits, const gap_vec *gaps)
{
    size_t kept = 0;

    for (size_t i = 0; i < hits->n; i++) {
        const struct ms_hit *hit = &hits->items[i];

        if (in_gaps(gaps, hit->address, hit->address) ||
            !in_gaps(gaps, hit->address, hit->address + hit->length - 1))
            hits->items[kept++] = *hit;
    }
    hits->n = kept;
}

// The hits are those that do not lie in what could not be read.
static void expect_honest_hits(const char *name, const struct shrinking *shrinking,
                               const struct way *way, const hit_vec *all)
{
    const gap_vec *gaps = &shrinking->seen.gaps;
    hit_vec honest = {0}, each = {0};

    for (size_t i = 0; i < all->n; i++) {
        if (!in_gaps(gaps, all->items[i].address, all->items[i].address))
            KEEP(&honest, all->items[i]);
    }
    naive_expand(&shrinking->seen.hits, &each);
    cr_assert(eq(u64, shrinking->seen.result.hits, each.n), "%s", name);
    drop_reaching(&honest, gaps);
    drop_reaching(&each, gaps);
    expect_hits(name, way, &each, &honest);
    free(honest.items);
    free(each.items);
}

static void expect_honest_coverage(const char *name, const struct shrinking *shrinking)
{
    const struct ms_coverage *coverage = &shrinking->seen.result.coverage;
    const gap_vec *gaps = &shrinking->seen.gaps;
    uint64_t lost = 0;

    for (size_t i = 0; i < gaps->n; i++) {
        cr_assert(eq(int, gaps->items[i].reason, MS_GAP_UNREADABLE), "%s", name);
        lost += gaps->items[i].range.last - gaps->items[i].range.first + 1;
    }
    cr_assert(eq(u64, coverage->unreadable, lost), "%s", name);
    cr_assert(eq(u64, coverage->asked, 2 * RUN_BYTES), "%s", name);
    cr_assert(eq(u64, coverage->scanned + coverage->unreadable, coverage->asked), "%s", name);
}

static hit_vec all_hits(void)
{
    struct machine machine = {0};
    struct known_answer answer;
    hit_vec hits;

    make_machine(&machine);
    answer = naive_answer(&machine, &query);
    hits = answer.hits;
    answer.hits.items = NULL;
    known_answer_release(&answer);
    machine_release(&machine);
    return hits;
}

static void check_shrinking(const char *name, uint64_t size, size_t at_hit, size_t at_progress,
                            const struct way *way, const hit_vec *all)
{
    struct machine machine = {0};
    struct shrinking shrinking = {
        .machine = &machine, .size = size, .at_hit = at_hit, .at_progress = at_progress};

    make_machine(&machine);
    run_shrinking(&shrinking, way);
    expect_honest_hits(name, &shrinking, way, all);
    expect_honest_coverage(name, &shrinking);
    cr_assert(shrinking.done, "%s", name);
    observation_release(&shrinking.seen);
    machine_release(&machine);
}

// Sizes in the run that is first in the file, in the second, at and off page borders; cut when the
// search has just begun and when it is half done.
Test(guard, searches_of_files_that_shrink_tell_what_they_lost)
{
    static const uint64_t sizes[] = {0, 100, 4096, 50000, 15 * PAGE, 61000, 90000, 118000};
    static const size_t at_hits[] = {1, 2000, 0};
    hit_vec all = all_hits();

    for (size_t i = 0; i < COUNT(sizes) * COUNT(at_hits) * 8; i++) {
        uint64_t size = sizes[i / 8 / COUNT(at_hits)];
        size_t at_hit = at_hits[i / 8 % COUNT(at_hits)];
        struct way way = {
            .simd = "scalar",
            .chunk_bytes = i & 1 ? 4096 : 9000,
            .threads = i & 2 ? 3 : 1,
            .map = i & 4,
            .fold = i % 3 == 0,
        };
        char name[80];

        snprintf(name, sizeof(name), "size %llu, at hit %zu", (unsigned long long)size, at_hit);
        check_shrinking(name, size, at_hit, at_hit ? 0 : 1, &way, &all);
    }
    free(all.items);
}

// Cut before the search begins, so that exactly what lies behind the cut is lost, at any size.
Test(guard, what_lies_behind_the_end_is_lost_to_the_byte)
{
    for (uint64_t size = 32; size < 2 * RUN_BYTES + 64; size += 2237) {
        for (size_t mode = 0; mode < 4; mode++) {
            struct way way = {.simd = "scalar",
                              .chunk_bytes = 4096 + (mode & 2) * 1000,
                              .threads = 1,
                              .map = mode & 1};
            uint64_t held = size <= 32               ? 0
                            : size < 32 + RUN_BYTES  ? size - 32
                            : size <= 64 + RUN_BYTES ? RUN_BYTES
                                                     : size - 64;
            struct machine machine = {0};
            struct ms_image *image;
            struct ms_matcher *matcher = make_matcher(patterns, COUNT(patterns), &way);
            struct observation seen;

            make_machine(&machine);
            image = machine_open(&machine, way.map ? MS_OPEN_MAP : 0);
            memory_file_resize(&machine.file, size);
            seen = observe(image, matcher, &query, &way);
            cr_assert(eq(u64, seen.result.coverage.scanned, held), "size %llu, %s",
                      (unsigned long long)size, way.map ? "mapped" : "read");
            cr_assert(eq(u64, seen.result.coverage.unreadable, 2 * RUN_BYTES - held));
            observation_release(&seen);
            ms_image_close(image);
            ms_matcher_free(matcher);
            machine_release(&machine);
        }
    }
}

// A file that grows is searched as it was when it was opened.
Test(guard, searches_of_files_that_grow)
{
    hit_vec all = all_hits();

    for (size_t map = 0; map < 2; map++) {
        struct way way = {.simd = "scalar", .chunk_bytes = 4096, .threads = 2, .map = map};
        char name[32];

        snprintf(name, sizeof(name), "grows, %s", map ? "mapped" : "read");
        check_shrinking(name, 1 << 20, 1, 0, &way, &all);
    }
    free(all.items);
}
