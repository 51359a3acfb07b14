// SPDX-License-Identifier: MIT
//
// So many seams that those patterns which reach far are searched across them apart from the others:
// each has its matches, once.

#include "space/small_machine.h"

#include <memscan/memscan.h>

TestSuite(seam_classes, .timeout = 120);

#ifdef MS_HAVE_HYPERSCAN

enum {
    ROOT = 0x1000,
    TABLES = 0x4000, // one for 512 pages
    N_TABLES = 24,
    N_PAGES = 512 * N_TABLES,
    FRAMES = 0x100000,
    N_FRAMES = 0x300,
};

#define FIRST UINT64_C(0xffff800000000000)

// Pages of frames in such an order that hardly any two follow each other twice. Each frame begins
// with cd and ends with ab.
static struct small_machine machine(void)
{
    struct small_machine machine = machine_of(0x400000);
    uint32_t random = 1;

    put64(&machine, ROOT, 0x100, 0x2063);
    put64(&machine, 0x2000, 0, 0x3063);
    for (unsigned i = 0; i < N_TABLES; i++)
        put64(&machine, 0x3000, i, (TABLES + 0x1000 * i) | 0x63);
    for (unsigned i = 0; i < N_PAGES; i++) {
        random = random * 1664525 + 1013904223;
        put64(&machine, TABLES, i,
              (FRAMES + 0x1000 * (uint64_t)((random >> 16) % N_FRAMES)) | 0x63);
    }
    for (uint64_t i = 0; i < N_FRAMES; i++) {
        memset(machine.bytes + FRAMES + 0x1000 * i, 'x', 0x1000);
        put_text(&machine, FRAMES + 0x1000 * i, "cd");
        put_text(&machine, FRAMES + 0x1000 * i + 0xffe, "ab");
    }
    return machine;
}

struct counted {
    uint64_t n[2];        // hits of each pattern
    uint64_t n_elsewhere; // that begin anywhere but in front of the next page
};

static int count(void *user, const struct ms_hit *hit)
{
    struct counted *counted = user;

    counted->n_elsewhere += hit->address != FIRST + 0x1000 * counted->n[hit->pattern] + 0xffe;
    counted->n[hit->pattern]++;
    return 0;
}

static struct ms_matcher *matcher_of(const char *near, const char *far)
{
    struct ms_patterns *patterns = NULL;
    struct ms_matcher *matcher = NULL;

    cr_assert(ms_patterns_create(&patterns, NULL) == MS_OK);
    cr_assert(ms_patterns_add(patterns, MS_ASCII, near, strlen(near), NULL, NULL) == MS_OK);
    cr_assert(ms_patterns_add(patterns, MS_REGEX, far, strlen(far), NULL, NULL) == MS_OK);
    cr_assert(ms_matcher_create(patterns, NULL, &matcher, NULL) == MS_OK);
    ms_patterns_free(patterns);
    return matcher;
}

Test(seam_classes, near_and_far)
{
    struct small_machine memory = machine();
    struct ms_image *image = open_machine(&memory);
    struct ms_spaces *spaces = spaces_of(image, ROOT, "x64", "kernel");
    struct ms_matcher *matcher = matcher_of("abcd", "abcdx{4000}");
    struct counted counted = {{0}, 0};
    struct ms_search_callbacks callbacks = {.hit = count, .user = &counted};
    struct ms_search_result result = {0};
    struct ms_search_options options;
    struct ms_error error = {0};

    ms_search_options_init(&options);
    options.spaces = spaces;
    options.fold = false;
    cr_assert(ms_search(image, matcher, &options, &callbacks, &result, &error) == MS_OK, "%s",
              error.text);
    cr_assert(eq(u64, counted.n[0], N_PAGES - 1));
    cr_assert(eq(u64, counted.n[1], N_PAGES - 1));
    cr_assert(eq(u64, counted.n_elsewhere, 0));
    cr_assert(gt(u64, result.counters.seams, 8192));
    ms_search_result_release(&result);
    ms_matcher_free(matcher);
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(memory.bytes);
}

#else

Test(seam_classes, near_and_far)
{
    cr_skip("this memscan was built without Hyperscan, which finds regular expressions");
}

#endif
