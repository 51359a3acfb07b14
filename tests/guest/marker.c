// SPDX-License-Identifier: MIT
//
// Two programs in one, so that both know the same markers:
//
//   guest_marker patterns   prints a pattern for each search, as memscan -f reads them
//   guest_marker            as the first process of a guest: plants markers in its memory, and says
//                           on QEMU's debug port where the guest's kernel has put them
//
// What it says there, one fact a line; addresses are physical and, but for facts, of 16 digits:
//
//   ram FIRST LAST                memory as the kernel sees it
//   hit ADDRESS PATTERN LENGTH    pattern number PATTERN matches here, and nowhere else
//   apart ADDRESS MARKER          a marker goes on in a page whose frame is elsewhere: no match
//   cut ADDRESS MARKER            only the beginning of a marker, at the end of its page: no match
//   fact NAME VALUE               as memscan info should have it
//   failed WHAT...                the last line, if it is not
//   ready                         nothing moves any more
//
// A marker's bytes must be nowhere but where they are planted. So they are computed, one byte at a
// time, and stored at once: no register, stack, file or pipe ever holds two of them. The debug port
// has no buffers in the guest, and only addresses go there.

#include "markers.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <unistd.h>

#define DEBUG_PORT 0xe9

// == The guest's words ==

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    char line[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    for (const char *c = line; *c; c++)
        outb((unsigned char)*c, DEBUG_PORT);
    outb('\n', DEBUG_PORT);
}

_Noreturn static void stay(void)
{
    for (;;)
        pause();
}

// Of a call that has left its reason in errno.
_Noreturn static void fail(const char *what)
{
    say("failed %s: %s", what, strerror(errno));
    stay();
}

_Noreturn static void fail_plainly(const char *what)
{
    say("failed %s", what);
    stay();
}

// == Windows ==

// Two pages side by side, at a virtual address of their own; an edge is one page.
struct window {
    uint8_t *at;
    size_t length;
    uint64_t frames[2];
};

enum { N_NEAR = 32, N_APART = 32, MAX_EDGES = 4, MAX_WINDOWS = N_NEAR + N_APART + MAX_EDGES };

static struct window windows[MAX_WINDOWS];
static unsigned n_windows;
static unsigned n_copies[N_MARKERS];

static struct window *add_window(size_t length)
{
    struct window *window = &windows[n_windows];

    window->at = (uint8_t *)(uintptr_t)(0x100000000000 + 0x100000 * (uint64_t)n_windows++);
    window->length = length;
    return window;
}

static bool is_apart(const struct window *window)
{
    return window->frames[1] != window->frames[0] + 1;
}

static void say_planted(const struct window *window, size_t offset, enum marker marker,
                        size_t length)
{
    uint64_t address = window->frames[offset / PAGE] * PAGE + offset % PAGE;
    bool crosses = offset / PAGE != (offset + length - 1) / PAGE;

    if (offset + length > window->length) {
        say("cut %016" PRIx64 " %s", address, markers[marker].name);
        return;
    }
    if (crosses && is_apart(window)) {
        say("apart %016" PRIx64 " %s", address, markers[marker].name);
        return;
    }
    for (unsigned i = 0; i < N_PATTERNS; i++) {
        if ((patterns[i].found & BIT(marker)) && address % patterns[i].align == 0)
            say("hit %016" PRIx64 " %u %zu", address, i, length);
    }
}

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

// == Pages ==

struct page {
    uint64_t frame;
    size_t index; // in the pool
    bool taken;
};

static uint8_t *pool;
static struct page *pages; // of the pool, by frame
static size_t n_pages;

// The frames of `n` pages from `at` on; 0 for one that is on its way to another frame. Bit 63 of an
// entry says present.
static void read_pagemap(const uint8_t *at, uint64_t *entries, size_t n)
{
    int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    ssize_t wanted = (ssize_t)(n * sizeof(*entries));

    if (fd < 0 || pread(fd, entries, (size_t)wanted, (off_t)((uintptr_t)at / PAGE * 8)) != wanted)
        fail("pagemap");
    close(fd);
    for (size_t i = 0; i < n; i++)
        entries[i] = entries[i] >> 63 ? entries[i] & ((UINT64_C(1) << 55) - 1) : 0;
}

static int by_frame(const void *a, const void *b)
{
    const struct page *left = a, *right = b;

    return left->frame < right->frame ? -1 : left->frame > right->frame;
}

// Takes most of the free memory, so that there are frames from all over it to choose from.
static void fill_pool(void)
{
    struct sysinfo memory;
    uint64_t *frames;

    if (sysinfo(&memory))
        fail("sysinfo");
    n_pages = memory.freeram / 3 * 2 / PAGE;
    pool = mmap(NULL, n_pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pool == MAP_FAILED || mlock(pool, n_pages * PAGE))
        fail("the pool");
    frames = malloc(n_pages * sizeof(*frames));
    pages = malloc(n_pages * sizeof(*pages));
    if (!frames || !pages)
        fail("memory");
    read_pagemap(pool, frames, n_pages);
    for (size_t i = 0; i < n_pages; i++)
        pages[i] = (struct page){frames[i], i, frames[i] == 0};
    free(frames);
    qsort(pages, n_pages, sizeof(*pages), by_frame);
}

// Moves a page of the pool to where the window has its page number `i`; its frame stays.
static void take_page(struct window *window, unsigned i, struct page *page)
{
    void *to = window->at + i * PAGE;

    if (mremap(pool + page->index * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to)
        fail("mremap");
    page->taken = true;
}

// The first page from number `i` on that is still there, with the page behind it if `near`.
static size_t find_page(size_t i, bool near)
{
    for (; i + 1 < n_pages; i++) {
        bool pair = !pages[i + 1].taken && pages[i + 1].frame == pages[i].frame + 1;

        if (!pages[i].taken && (pair || !near))
            return i;
    }
    fail_plainly("no pages to choose from");
}

static void take_near(unsigned number)
{
    struct window *window = add_window(2 * PAGE);
    size_t i = find_page(n_pages / N_NEAR * number, true);

    take_page(window, 0, &pages[i]);
    take_page(window, 1, &pages[i + 1]);
}

// Half of the pool lies between the frames; every second window has the higher one first.
static void take_apart(unsigned number)
{
    struct window *window = add_window(2 * PAGE);
    size_t low = find_page(n_pages / 2 / N_APART * number, false);
    size_t high = find_page(n_pages / 2 / N_APART * number + n_pages / 2, false);

    take_page(window, number % 2, &pages[low]);
    take_page(window, 1 - number % 2, &pages[high]);
}

// Where memory is short, the kernel moves pages to other frames, locked ones too. Those in a pipe
// it cannot move, and these are not copied there, but lent.
static void pin_windows(void)
{
    int ends[2];

    if (pipe(ends) || fcntl(ends[1], F_SETPIPE_SZ, 2 * MAX_WINDOWS * (int)PAGE) < 0)
        fail("the pipe");
    for (unsigned i = 0; i < n_windows; i++) {
        struct iovec window = {windows[i].at, windows[i].length};

        if (vmsplice(ends[1], &window, 1, 0) != (ssize_t)window.iov_len)
            fail("vmsplice");
        read_pagemap(windows[i].at, windows[i].frames, 2);
        if (windows[i].frames[0] == 0 || windows[i].frames[1] == 0)
            fail_plainly("a page without a frame");
    }
}

static void plant_windows(void)
{
    fill_pool();
    for (unsigned i = 0; i < N_NEAR; i++)
        take_near(i);
    for (unsigned i = 0; i < N_APART; i++)
        take_apart(i);
    munmap(pool, n_pages * PAGE);
    pin_windows();
    for (unsigned i = 0; i < n_windows; i++) {
        plant_slots(&windows[i], i);
        plant_crossing(&windows[i], i);
    }
}

static void check_windows(void)
{
    for (unsigned i = 0; i < N_NEAR + N_APART; i++) {
        uint64_t frames[2];

        read_pagemap(windows[i].at, frames, 2);
        if (memcmp(frames, windows[i].frames, sizeof(frames)) != 0)
            fail_plainly("a page has moved");
    }
}

// == Edges ==

// A page that the kernel was told to leave alone, which is the first or the last before a hole.
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
}

// EDGES, a parameter of the kernel that it hands on: hexadecimal addresses, with commas.
static void plant_edges(void)
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

// == Facts ==

static FILE *open_file(const char *path)
{
    FILE *file = fopen(path, "r");

    if (!file)
        fail(path);
    return file;
}

static void say_ram(void)
{
    FILE *file = open_file("/proc/iomem");
    char line[256], *end;

    while (fgets(line, sizeof(line), file)) {
        uint64_t first = strtoull(line, &end, 16);
        uint64_t last = *end == '-' ? strtoull(end + 1, &end, 16) : 0;

        if (line[0] != ' ' && strcmp(end, " : System RAM\n") == 0)
            say("ram %016" PRIx64 " %016" PRIx64, first, last);
    }
    fclose(file);
}

// How far the kernel has been moved from where it was linked to be.
static void say_kernel_offset(void)
{
    FILE *file = open_file("/proc/kallsyms");
    char line[256], *end;

    while (fgets(line, sizeof(line), file)) {
        uint64_t address = strtoull(line, &end, 16);

        if (strcmp(end, " T _text\n") == 0) {
            say("fact kernel_offset %" PRIx64, address - 0xffffffff81000000);
            break;
        }
    }
    fclose(file);
}

// What the kernel tells of itself, it tells QEMU by this module.
static void say_facts(void)
{
    int fd = open("/qemu_fw_cfg.ko", O_RDONLY | O_CLOEXEC);
    struct utsname name;

    if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
        fail("qemu_fw_cfg.ko");
    close(fd);
    if (uname(&name))
        fail("uname");
    say("fact os_release %s", name.release);
    say("fact page_size %ld", sysconf(_SC_PAGESIZE));
    say_kernel_offset();
}

static void mount_proc(void)
{
    if (mkdir("/proc", 0700) || mount("proc", "/proc", "proc", 0, NULL))
        fail("/proc");
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "patterns") == 0) {
        print_patterns();
        return 0;
    }
    if (getpid() != 1 || ioperm(DEBUG_PORT, 1, 1)) {
        fprintf(stderr, "usage: %s patterns, or as the first process of a guest\n", argv[0]);
        return 2;
    }
    mount_proc();
    say_facts();
    say_ram();
    plant_windows();
    plant_edges();
    check_windows();
    say("ready");
    stay();
}
