// SPDX-License-Identifier: MIT

#include "guest_windows.h"

#include "guest_memory.h"
#include "guest_pool.h"
#include "guest_say.h"
#include "markers.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#define LARGE_PAGE ((size_t)512 * PAGE)

// Of most, two pages; an edge has one.
struct window {
    uint8_t *at;
    uint8_t *also_at; // the same frames at a second address; NULL: there is none
    size_t length;
    bool large; // one page of 2 MiB
    bool bare;  // there is nothing but a marker over the border
    bool torn;  // in the end there is a page between the two that is not present
    uint64_t frames[2];
};

enum {
    N_NEAR = 32,
    N_APART = 32,
    N_BARE = 16,
    N_TORN = 8,
    N_SHARED = 8,
    MAX_EDGES = 4,
    MAX_WINDOWS = N_NEAR + N_APART + N_BARE + N_TORN + N_SHARED + 1 + MAX_EDGES,
};

static struct window windows[MAX_WINDOWS];
static unsigned n_windows;
static unsigned n_copies[N_MARKERS];

// Addresses are far apart. HIGH, a parameter of the kernel that it hands on, is added to every
// second one: with tables of five levels, these are beyond what four can map.
static uint8_t *new_address(void)
{
    const char *text = getenv("HIGH");
    uint64_t high = text ? strtoull(text, NULL, 16) : 0;
    static unsigned n;

    n++;
    return (uint8_t *)(uintptr_t)(0x100000000000 + 0x400000 * (uint64_t)n + (n % 2 ? high : 0));
}

static struct window *add_window(size_t length)
{
    struct window *window = &windows[n_windows++];

    window->at = new_address();
    window->length = length;
    return window;
}

static bool is_apart(const struct window *window)
{
    return !window->large && window->frames[1] != window->frames[0] + 1;
}

// == What is said ==

static uint64_t physical_address(const struct window *window, size_t offset)
{
    uint64_t frame =
        window->large ? window->frames[0] + offset / PAGE : window->frames[offset / PAGE];

    return frame * PAGE + offset % PAGE;
}

// In the end.
static uint64_t user_address(const struct window *window, const uint8_t *at, size_t offset)
{
    return (uintptr_t)at + offset + (window->torn && offset >= PAGE ? PAGE : 0);
}

static void say_match(const struct window *window, size_t offset, unsigned pattern, size_t length,
                      bool in_one_piece)
{
    uint64_t physical = physical_address(window, offset), kernel;

    if (in_one_piece) {
        say("physical %016" PRIx64 " %u %zu", physical, pattern, length);
        if (memory_kernel_address(physical, length, &kernel))
            say("kernel %016" PRIx64 " %u %zu", kernel, pattern, length);
        else
            say("unmapped %016" PRIx64 " %u %zu", physical, pattern, length);
    }
    say("user %016" PRIx64 " %u %zu", user_address(window, window->at, offset), pattern, length);
    if (window->also_at)
        say("user %016" PRIx64 " %u %zu", user_address(window, window->also_at, offset), pattern,
            length);
}

static void say_planted(const struct window *window, size_t offset, enum marker marker,
                        size_t length)
{
    uint64_t address = physical_address(window, offset);
    bool crosses = offset / PAGE != (offset + length - 1) / PAGE;
    const char *name = markers[marker].name;

    if (offset + length > window->length) {
        say("cut %016" PRIx64 " %s", address, name);
        return;
    }
    if (crosses && window->torn) {
        say("torn %016" PRIx64 " %s", address, name);
        return;
    }
    if (crosses && is_apart(window))
        say("apart %016" PRIx64 " %s", address, name);
    for (unsigned i = 0; i < N_PATTERNS; i++) {
        if ((patterns[i].found & BIT(marker)) && address % patterns[i].align == 0)
            say_match(window, offset, i, length, !crosses || !is_apart(window));
    }
}

static void say_page(const struct window *window, size_t offset)
{
    uint64_t physical = physical_address(window, offset), kernel;

    say("page user %016" PRIx64 " %016" PRIx64, user_address(window, window->at, offset), physical);
    if (window->also_at)
        say("page user %016" PRIx64 " %016" PRIx64, user_address(window, window->also_at, offset),
            physical);
    if (memory_kernel_address(physical, PAGE, &kernel))
        say("page kernel %016" PRIx64 " %016" PRIx64, kernel, physical);
}

// == Planting ==

static void plant(const struct window *window, size_t offset, enum marker marker)
{
    struct cursor cursor = {window->at + offset, window->at + window->length, 0};

    markers[marker].put(&cursor, n_copies[marker]++);
    say_planted(window, offset, marker, cursor.length);
}

#define SLOT  ((size_t)64)
#define SLOTS 16u

// Small markers in the first and the last KiB of a window; the first and the last at its very ends.
static void plant_slots(const struct window *window, unsigned number)
{
    static const enum marker small[] = {WORD, TEXT, CASED, WORD, WIDE, WILD, POINTER, OUTSIDE, URL};

    for (unsigned i = 0; i < 2 * SLOTS - 1; i++) {
        enum marker marker = small[(number + i) % (sizeof(small) / sizeof(small[0]))];
        size_t slot = i < SLOTS ? i * SLOT : window->length - (2 * SLOTS - i) * SLOT;
        size_t shift = i == 0 ? 0 : (number * 7 + i) % 16;

        if (marker == POINTER || marker == OUTSIDE)
            shift &= 8;
        plant(window, slot + shift, marker);
    }
    plant(window, window->length - TEXT_LENGTH, TEXT);
}

// Where pages are apart, at least two bytes of a marker lie on each side: strangers' bytes in the
// physical neighbours would too often stand for one.
static size_t bytes_before(const struct window *window, size_t length, size_t round)
{
    size_t least = is_apart(window) ? 2 : 1;

    return least + (length - 2 * least) * (round % 4) / 3;
}

// A marker that crosses from the window's first page into its second.
static void plant_crossing(const struct window *window, unsigned number)
{
    static const struct {
        enum marker marker;
        size_t length; // of a URL: of a part that is no URL yet
    } crossing[] = {{WORD, 4},  {TEXT, TEXT_LENGTH}, {CASED, TEXT_LENGTH}, {WIDE, 24},
                    {WILD, 11}, {URL, 20},           {LONG, LONG_LENGTH}};
    size_t kind = number % 8, round = number / 8;

    if (kind < sizeof(crossing) / sizeof(crossing[0])) {
        plant(window, PAGE - bytes_before(window, crossing[kind].length, round),
              crossing[kind].marker);
        return;
    }
    for (size_t i = 0; i < 700; i++)
        plant(window, PAGE - 1400 + round % 2 * 2 + 4 * i, FLOOD);
}

// Texts that end and begin at the border of the two pages.
static void plant_touching(const struct window *window)
{
    plant(window, PAGE - TEXT_LENGTH, TEXT);
    plant(window, PAGE, TEXT);
}

// == Pages ==

static void take_near(struct pool *pool, unsigned number)
{
    struct window *window = add_window(2 * PAGE);
    size_t i = pool_find(pool, pool->n / N_NEAR * number, true);

    pool_take(pool, i, window->at, NULL);
    pool_take(pool, i + 1, window->at + PAGE, NULL);
}

// Half of the pool lies between the frames; every second window has the higher one first.
static struct window *take_apart(struct pool *pool, unsigned number, unsigned n, bool shared)
{
    struct window *window = add_window(2 * PAGE);
    size_t step = pool->n / 2 / n;
    size_t low = pool_find(pool, step * number, false);
    size_t high = pool_find(pool, step * number + pool->n / 2, false);
    size_t order[2] = {number % 2 ? high : low, number % 2 ? low : high};

    window->also_at = shared ? new_address() : NULL;
    for (size_t i = 0; i < 2; i++)
        pool_take(pool, order[i], window->at + i * PAGE,
                  shared ? window->also_at + i * PAGE : NULL);
    return window;
}

static size_t free_pages(void)
{
    struct sysinfo memory;

    if (sysinfo(&memory))
        fail("sysinfo");
    return memory.freeram / PAGE;
}

static unsigned n_large;

// Whether the large pages of this process are that, and not many small ones.
static bool are_large(void)
{
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    unsigned long kilobytes = 0;
    char line[256];

    if (!file)
        fail("/proc/self/smaps_rollup");
    while (fgets(line, sizeof(line), file) && sscanf(line, "AnonHugePages: %lu", &kilobytes) != 1)
        ;
    fclose(file);
    return kilobytes == n_large * (LARGE_PAGE >> 10);
}

// Small machines begin without large pages.
static void allow_large(void)
{
    int fd = open("/sys/kernel/mm/transparent_hugepage/enabled", O_WRONLY | O_CLOEXEC);

    if (fd < 0 || write(fd, "madvise", strlen("madvise")) < 0)
        fail("transparent_hugepage");
    close(fd);
}

// The first large page that is not among the frames of the kernel's image. Those before it stay, so
// that they are not given again.
static void add_large(void)
{
    struct window *window = add_window(LARGE_PAGE);
    uint64_t frame;

    allow_large();
    for (;;) {
        void *at = mmap(window->at, LARGE_PAGE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

        if (at != window->at || madvise(at, LARGE_PAGE, MADV_HUGEPAGE))
            fail("a large page");
        n_large++;
        *(volatile uint8_t *)window->at = 0;
        if (!are_large())
            fail_plainly("no large page");
        read_frames(window->at, &frame, 1);
        if (!memory_is_kernel_image(frame))
            break;
        window->at = new_address();
    }
    window->large = true;
}

// Where memory is short, the kernel moves pages to other frames, locked ones too. Those in a pipe
// it cannot move, and these are not copied there, but lent.
static void pin_windows(void)
{
    int ends[2];

    if (pipe(ends) || fcntl(ends[1], F_SETPIPE_SZ, 2 * MAX_WINDOWS * (int)PAGE) < 0)
        fail("the pipe");
    for (unsigned i = 0; i < n_windows; i++) {
        struct iovec window = {windows[i].at, 2 * PAGE};

        if (vmsplice(ends[1], &window, 1, 0) != (ssize_t)window.iov_len)
            fail("vmsplice");
        read_frames(windows[i].at, windows[i].frames, 2);
        if (windows[i].frames[0] == 0 || windows[i].frames[1] == 0)
            fail_plainly("a page without a frame");
    }
}

static void make_windows(void)
{
    struct pool pool, shared_pool;

    add_large();
    pool_fill(&shared_pool, free_pages() / 8, MAP_SHARED);
    // Most of the free memory, so that there are frames from all over it to choose from.
    pool_fill(&pool, free_pages() / 4 * 3, MAP_PRIVATE);
    for (unsigned i = 0; i < N_NEAR; i++)
        take_near(&pool, i);
    for (unsigned i = 0; i < N_APART; i++)
        take_apart(&pool, i, N_APART, false);
    for (unsigned i = 0; i < N_BARE; i++)
        take_apart(&pool, i, N_BARE, false)->bare = true;
    for (unsigned i = 0; i < N_TORN; i++)
        take_apart(&pool, i, N_TORN, false)->torn = true;
    for (unsigned i = 0; i < N_SHARED; i++)
        take_apart(&shared_pool, i, N_SHARED, true);
    pool_release(&pool);
    pool_release(&shared_pool);
    pin_windows();
}

// Moves the second page one page on.
static void tear(const struct window *window)
{
    uint8_t *to = window->at + 2 * PAGE;

    if (mremap(window->at + PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to)
        fail("mremap");
    say("hole %016" PRIxPTR, (uintptr_t)window->at + PAGE);
}

// What is at the second address is in the tables only once it was looked at.
static void touch(const struct window *window)
{
    for (size_t offset = 0; offset < window->length; offset += PAGE)
        (void)*(volatile uint8_t *)(window->also_at + offset);
}

void windows_plant(void)
{
    make_windows();
    for (unsigned i = 0; i < n_windows; i++) {
        struct window *window = &windows[i];

        if (!window->bare)
            plant_slots(window, i);
        if (window->torn && i % 2)
            plant_touching(window);
        else
            plant_crossing(window, i);
        say_page(window, 0);
        say_page(window, PAGE);
        say_page(window, window->length - PAGE);
        if (window->torn)
            tear(window);
        if (window->also_at)
            touch(window);
    }
}

static void check(const struct window *window, uint8_t *at)
{
    uint64_t frames[2];

    if (!at || window->length == PAGE)
        return;
    read_frames(at, frames, 1);
    read_frames(at + (window->torn ? 2 * PAGE : PAGE), frames + 1, 1);
    if (memcmp(frames, window->frames, sizeof(frames)) != 0)
        fail_plainly("a page has moved");
}

void windows_check(void)
{
    for (unsigned i = 0; i < n_windows; i++) {
        check(&windows[i], windows[i].at);
        check(&windows[i], windows[i].also_at);
    }
    if (!are_large())
        fail_plainly("a large page is none any more");
}

// == Edges ==

// Only half a text fits at the end of the first edge.
static void plant_edge(int fd, uint64_t address, bool first)
{
    struct window *window = add_window(PAGE);
    void *at =
        mmap(window->at, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, (off_t)address);

    if (at == MAP_FAILED)
        fail("/dev/mem");
    window->frames[0] = address / PAGE;
    plant(window, 0, WORD);
    plant(window, PAGE - (first ? TEXT_LENGTH / 2 : TEXT_LENGTH), TEXT);
    say_page(window, 0);
}

// EDGES, a parameter of the kernel that it hands on: hexadecimal addresses, with commas.
void windows_plant_edges(void)
{
    const char *next = getenv("EDGES");
    unsigned n = 0;
    int fd;

    if (mknod("/mem", S_IFCHR | 0600, makedev(1, 1)) || (fd = open("/mem", O_RDWR | O_SYNC)) < 0)
        fail("/dev/mem");
    while (next && *next && n < MAX_EDGES) {
        char *end;
        uint64_t address = strtoull(next, &end, 16);

        plant_edge(fd, address, n++ == 0);
        next = *end == ',' ? end + 1 : NULL;
    }
    close(fd);
}
