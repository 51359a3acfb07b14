// SPDX-License-Identifier: MIT
//
// Searches of spaces, beside what random machines show (tests/machines): files that change after
// they were opened, matches that holes cut off, going on from a place, ranges of all there is.

#include "space/small_machine.h"

#include <memscan/search.h>
#include <stdarg.h>

// == A machine ==

#define ROOT  0x1000u
#define BASE  UINT64_C(0xffff800000000000)
#define FLAGS 3u // present, writable

// Pages of memory in the order in which the kernel's half has them from BASE on; 0: none.
static struct small_machine mapped_machine(size_t n_pages, const uint64_t *pages, size_t n)
{
    struct small_machine machine = machine_of(n_pages * 0x1000);

    put64(&machine, ROOT, 256, 0x2000 | FLAGS);
    put64(&machine, 0x2000, 0, 0x3000 | FLAGS);
    put64(&machine, 0x3000, 0, 0x4000 | FLAGS);
    for (unsigned i = 0; i < n; i++) {
        if (pages[i])
            put64(&machine, 0x4000, i, pages[i] | FLAGS);
    }
    return machine;
}

// == A search ==

struct text {
    char text[4096];
    size_t used;
};

struct seen {
    struct text hits, gaps, ranges;
    struct ms_search_result result;
    size_t n_until_stop; // hits
};

__attribute__((format(printf, 2, 3))) static void add_text(struct text *to, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    to->used +=
        (size_t)vsnprintf(to->text + to->used, sizeof(to->text) - to->used, format, arguments);
    va_end(arguments);
}

// A hit is "SPACE:ADDRESS", "*MAPPINGS" behind it if it stands for several, and what is missing:
// "-BYTES+" before it, "+" alone behind it.
static int on_hit(void *user, const struct ms_hit *hit)
{
    struct seen *seen = user;

    add_text(&seen->hits, "%zu:%" PRIx64, hit->space, hit->address);
    if (hit->n_mappings > 0)
        add_text(&seen->hits, "*%" PRIu64, hit->n_mappings);
    if (hit->partial && hit->missing_before > 0)
        add_text(&seen->hits, "-%" PRIu32, hit->missing_before);
    if (hit->partial)
        add_text(&seen->hits, "+");
    add_text(&seen->hits, " ");
    return seen->n_until_stop > 0 && --seen->n_until_stop == 0;
}

static int on_gap(void *user, const struct ms_gap *gap)
{
    struct seen *seen = user;

    add_text(&seen->gaps, "%zu:%" PRIx64 "-%" PRIx64 " %s\n", gap->space, gap->range.first,
             gap->range.last, ms_gap_reason_name(gap->reason));
    return 0;
}

// "SPACE:RANGE asked scanned unmapped unreadable"
static int on_range(void *user, const struct ms_range_coverage *covered)
{
    struct seen *seen = user;
    const struct ms_coverage *coverage = &covered->coverage;

    add_text(&seen->ranges, "%zu:%zu %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64 "\n",
             covered->space, covered->range, coverage->asked, coverage->scanned, coverage->unmapped,
             coverage->unreadable);
    return 0;
}

static struct ms_matcher *matcher_of_kind(enum ms_pattern_kind kind, const char *const *texts,
                                          size_t n)
{
    struct ms_pattern_options options = {.align = 1};
    struct ms_patterns *patterns = NULL;
    struct ms_matcher *matcher = NULL;
    struct ms_error error = {0};

    cr_assert(ms_patterns_create(&patterns, &error) == MS_OK);
    for (size_t i = 0; i < n; i++)
        cr_assert(ms_patterns_add(patterns, kind, texts[i], strlen(texts[i]), &options, &error) ==
                      MS_OK,
                  "%s", error.text);
    cr_assert(ms_matcher_create(patterns, NULL, &matcher, &error) == MS_OK, "%s", error.text);
    ms_patterns_free(patterns);
    return matcher;
}

static struct ms_matcher *matcher_of(const char *const *texts, size_t n)
{
    return matcher_of_kind(MS_ASCII, texts, n);
}

static struct ms_search_options options_of(const struct ms_spaces *spaces)
{
    struct ms_search_options options;

    ms_search_options_init(&options);
    options.spaces = spaces;
    options.threads = 1;
    options.fold = false;
    return options;
}

static enum ms_status search(struct seen *seen, const struct ms_spaces *spaces,
                             const struct ms_matcher *matcher,
                             const struct ms_search_options *options)
{
    struct ms_search_callbacks callbacks = {
        .hit = on_hit, .gap = on_gap, .range_coverage = on_range, .user = seen};
    struct ms_error error = {0};

    seen->hits.used = seen->gaps.used = seen->ranges.used = 0;
    seen->hits.text[0] = seen->gaps.text[0] = seen->ranges.text[0] = '\0';
    return ms_search(ms_spaces_image(spaces), matcher, options, &callbacks, &seen->result, &error);
}

// == Files that are cut short after they were opened ==

static void add_space(struct ms_spaces *spaces, const char *name)
{
    struct ms_error error = {0};

    cr_assert(ms_spaces_add(spaces, name, &error) == MS_OK, "%s", error.text);
}

static void close_all(struct ms_spaces *spaces, struct ms_image *image, struct ms_matcher *matcher,
                      struct small_machine *machine)
{
    ms_spaces_free(spaces);
    ms_image_close(image);
    ms_matcher_free(matcher);
    free(machine->bytes);
}

// Pages 6 to 8 of memory are lost, of which the space has the second to fourth: of one mapping the
// end, of the next the beginning, and one in the middle of a third.
static void check_cut(unsigned flags, unsigned threads, enum ms_pattern_kind kind, const char *text)
{
    static const uint64_t pages[] = {0x5000, 0x6000, 0x8000, 0x7000, 0x5000, 0, 0x5000};
    const struct ms_open_options raw = {.format = "raw", .flags = flags};
    struct small_machine machine = mapped_machine(9, pages, 7);
    struct memory_file file;
    struct ms_matcher *matcher = matcher_of_kind(kind, &text, 1);
    struct ms_search_options options;
    struct ms_image *image = NULL;
    struct ms_spaces *spaces;
    struct ms_error error = {0};
    struct seen seen = {0};

    put_text(&machine, 0x5100, "needle");
    put_text(&machine, 0x7100, "needle");
    put_text(&machine, 0x5ffd, "needle"); // across a border of pages that is the file's end now
    file = memory_file_make(machine.bytes, machine.size);
    cr_assert(ms_image_open(file.path, &raw, &image, &error) == MS_OK, "%s", error.text);
    spaces = spaces_of(image, ROOT, "x64", "kernel");
    add_space(spaces, "unmapped");
    memory_file_resize(&file, 0x6000);
    options = options_of(spaces);
    options.chunk_bytes = 0x1000; // what is lost in each is joined
    options.threads = threads;
    cr_assert(search(&seen, spaces, matcher, &options) == MS_OK);
    cr_assert(eq(str, seen.hits.text,
                 (char *)"0:ffff800000000100 0:ffff800000004100 0:ffff800000006100 "));
    cr_assert(eq(str, seen.gaps.text, (char *)"0:ffff800000001000-ffff800000003fff unreadable\n"));
    cr_assert(eq(u64, seen.result.space_coverage[0].asked, 0x6000));
    cr_assert(eq(u64, seen.result.space_coverage[0].scanned, 0x3000));
    cr_assert(eq(u64, seen.result.space_coverage[0].unreadable, 0x3000));
    cr_assert(eq(u64, seen.result.space_coverage[1].scanned, 0x5000));
    cr_assert(eq(u64, seen.result.space_coverage[1].unreadable, 0));
    ms_search_result_release(&seen.result);
    close_all(spaces, image, matcher, &machine);
    memory_file_close(&file);
}

Test(space_search, file_cut_short_while_read)
{
    check_cut(0, 1, MS_ASCII, "needle");
    check_cut(0, 3, MS_ASCII, "needle");
}

Test(space_search, file_cut_short_while_mapped)
{
    check_cut(MS_OPEN_MAP, 1, MS_ASCII, "needle");
    check_cut(MS_OPEN_MAP, 3, MS_ASCII, "needle");
}

#ifdef MS_HAVE_HYPERSCAN
// Its first pass only reads.
Test(space_search, file_cut_short_that_is_searched_at_once)
{
    check_cut(MS_OPEN_MAP, 1, MS_REGEX, "n[a-z]*dle");
    check_cut(MS_OPEN_MAP, 3, MS_REGEX, "n[a-z]*dle");
}
#endif

// A file that is cut short by the first hit, after the first pass has read all of it.
struct cutter {
    struct memory_file *file;
    uint64_t n;
};

static int on_hit_cut(void *user, const struct ms_hit *hit)
{
    struct cutter *cutter = user;

    (void)hit;
    cutter->n++;
    memory_file_resize(cutter->file, 0x6000);
    return 0;
}

Test(space_search, file_cut_short_between_the_passes)
{
    static const uint64_t pages[] = {0x5000, 0, 0x6000, 0, 0x7000};
    static const char *const texts[] = {"needle"};
    const struct ms_open_options raw = {.format = "raw"};

    for (unsigned threads = 1; threads <= 3; threads += 2) {
        struct small_machine machine = mapped_machine(8, pages, 5);
        struct ms_matcher *matcher = matcher_of(texts, 1);
        struct memory_file file;
        struct cutter cutter = {.file = &file};
        struct ms_search_callbacks callbacks = {.hit = on_hit_cut, .user = &cutter};
        struct ms_search_options options;
        struct ms_search_result result;
        struct ms_coverage coverage;
        struct ms_image *image = NULL;
        struct ms_spaces *spaces;

        for (size_t i = 0x5100; i < 0x8000; i += 0x1000)
            put_text(&machine, i, "needle");
        file = memory_file_make(machine.bytes, machine.size);
        cr_assert(ms_image_open(file.path, &raw, &image, NULL) == MS_OK);
        spaces = spaces_of(image, ROOT, "x64", "kernel");
        options = options_of(spaces);
        options.threads = threads;
        options.chunk_bytes = 0x1000;
        cr_assert(ms_search(image, matcher, &options, &callbacks, &result, NULL) == MS_OK);
        // A hit is told when the next one is known. Other threads may be further ahead.
        coverage = result.coverage;
        cr_assert(eq(u64, coverage.scanned, 0x1000 * cutter.n));
        cr_assert(eq(u64, coverage.scanned + coverage.unreadable, coverage.asked));
        cr_assert(threads > 1 || cutter.n == 2);
        ms_search_result_release(&result);
        close_all(spaces, image, matcher, &machine);
        memory_file_close(&file);
    }
}

// == Stopping ==

// Once half of the second pass is done, of two.
static int on_progress_stop(void *user, const struct ms_progress *progress)
{
    (void)user;
    return progress->done_bytes >= progress->all_bytes / 4 * 3;
}

// One mapping is not done as a whole when a part of it is.
Test(space_search, stops_within_a_mapping)
{
    static const uint64_t pages[] = {0x5000, 0x6000, 0x7000, 0x8000,
                                     0x9000, 0xa000, 0xb000, 0xc000};
    static const char *const texts[] = {"needle"};
    const struct ms_open_options raw = {.format = "raw"};
    struct small_machine machine = mapped_machine(13, pages, 8);
    struct memory_file file;
    struct ms_matcher *matcher = matcher_of(texts, 1);
    struct ms_search_callbacks callbacks = {.progress = on_progress_stop};
    struct ms_search_options options;
    struct ms_search_result result;
    struct ms_image *image = NULL;
    struct ms_spaces *spaces;

    for (size_t i = 0; i < 8; i++)
        put_text(&machine, pages[i] + 0x100, "needle");
    file = memory_file_make(machine.bytes, machine.size);
    cr_assert(ms_image_open(file.path, &raw, &image, NULL) == MS_OK);
    spaces = spaces_of(image, ROOT, "x64", "kernel");
    options = options_of(spaces);
    options.chunk_bytes = 0x1000;
    cr_assert(ms_search(image, matcher, &options, &callbacks, &result, NULL) == MS_STOPPED);
    cr_assert(eq(u64, result.coverage.scanned, 0x4000));
    cr_assert(eq(u64, result.next, BASE + 0x4000));
    ms_search_result_release(&result);
    close_all(spaces, image, matcher, &machine);
    memory_file_close(&file);
}

// == One search of all that is mapped, instead of two passes ==

#ifdef MS_HAVE_HYPERSCAN
struct at_once_case {
    enum ms_pattern_kind kind;
    const char *text;
    unsigned flags; // of opening
    size_t n_pages; // of those below
    uint64_t n_seams;
    uint64_t n_marked;
    const char *hits;
};

// Of the first six, no two neighbours are neighbours in memory. Behind them they are mapped again,
// as they lie there.
static const uint64_t at_once_pages[] = {0x5000, 0x9000, 0x7000, 0xa000, 0x6000, 0x8000,
                                         0,      0x5000, 0x6000, 0x7000, 0x8000, 0x9000,
                                         0xa000, 0,      0x5000, 0x6000, 0x7000};

// One in a page, one across two, one across two that are neighbours only where they are mapped
// again.
static const char at_once_hits[] = "0:ffff800000000100 0:ffff800000000ffd ";
static const char at_once_all_hits[] = "0:ffff800000000100 0:ffff800000000ffd 0:ffff800000007100 "
                                       "0:ffff800000008ffe 0:ffff80000000e100 "
                                       "0:ffff80000000fffe ";

static const struct at_once_case at_once_cases[] = {
    // Where it is read, where little lies around seams, where most is mapped more than once.
    {MS_REGEX, "n[a-z]*dle", MS_OPEN_MAP, 6, 0, 6, at_once_hits},
    {MS_REGEX, "n[a-z]*dle", 0, 6, 5, 2, at_once_hits},
    {MS_ASCII, "needle", MS_OPEN_MAP, 6, 5, 2, at_once_hits},
    {MS_REGEX, "n[a-z]*dle", MS_OPEN_MAP, 17, 5, 6, at_once_all_hits},
};

static void check_at_once(const struct at_once_case *row)
{
    const struct ms_open_options raw = {.format = "raw", .flags = row->flags};
    struct small_machine machine = mapped_machine(11, at_once_pages, row->n_pages);
    struct ms_matcher *matcher = matcher_of_kind(row->kind, &row->text, 1);
    struct ms_search_options options;
    struct ms_image *image = NULL;
    struct memory_file file;
    struct ms_spaces *spaces;
    struct seen seen = {0};

    put_text(&machine, 0x5100, "needle");
    put_text(&machine, 0x5ffd, "nee");
    put_text(&machine, 0x9000, "dle");
    put_text(&machine, 0x6ffe, "ne");
    put_text(&machine, 0x7000, "edle");
    file = memory_file_make(machine.bytes, machine.size);
    cr_assert(ms_image_open(file.path, &raw, &image, NULL) == MS_OK);
    spaces = spaces_of(image, ROOT, "x64", "kernel");
    options = options_of(spaces);
    cr_assert(search(&seen, spaces, matcher, &options) == MS_OK);
    cr_assert(eq(str, seen.hits.text, (char *)row->hits));
    cr_assert(eq(u64, seen.result.counters.seams, row->n_seams), "%s, %zu pages", row->text,
              row->n_pages);
    cr_assert(eq(u64, seen.result.counters.marked_pages, row->n_marked));
    cr_assert(eq(u64, seen.result.coverage.scanned, seen.result.coverage.asked));
    ms_search_result_release(&seen.result);
    close_all(spaces, image, matcher, &machine);
    memory_file_close(&file);
}

Test(space_search, all_at_once_where_matches_reach_far)
{
    for (size_t i = 0; i < sizeof(at_once_cases) / sizeof(at_once_cases[0]); i++)
        check_at_once(&at_once_cases[i]);
}
#endif

// == Edges ==

// Cut off in several ways by one hole: by address, then by pattern, and of one pattern the longest
// before a place.
Test(space_search, edges_in_order)
{
    static const uint64_t pages[] = {0x5000, 0, 0x6000};
    static const char *const texts[] = {"abababababab", "babababababa", "short"};
    struct small_machine machine = mapped_machine(7, pages, 3);
    struct ms_matcher *matcher = matcher_of(texts, 3);
    struct ms_search_options options;
    struct ms_image *image;
    struct ms_spaces *spaces;
    struct seen seen = {0};

    put_text(&machine, 0x5ff6, "ababababab"); // and a hole
    put_text(&machine, 0x6000, "abababab");   // behind one
    image = open_machine(&machine);
    spaces = spaces_of(image, ROOT, "x64", "kernel");
    options = options_of(spaces);
    options.edge = true;
    cr_assert(search(&seen, spaces, matcher, &options) == MS_OK);
    cr_assert(eq(str, seen.hits.text,
                 (char *)"0:ffff800000000ff6+ 0:ffff800000000ff7+ 0:ffff800000000ff8+ "
                         "0:ffff800000000ff9+ 0:ffff800000000ffa+ "
                         "0:ffff800000002000-4+ 0:ffff800000002000-5+ "));
    cr_assert(eq(u64, seen.result.n_partial, 7));
    cr_assert(eq(u64, seen.result.hits, 0));
    ms_search_result_release(&seen.result);

    seen.n_until_stop = 3;
    cr_assert(search(&seen, spaces, matcher, &options) == MS_STOPPED);
    cr_assert(eq(u64, seen.result.n_partial, 3));
    ms_search_result_release(&seen.result);
    close_all(spaces, image, matcher, &machine);
}

// == Going on ==

// A hit that stands for several places is told once, also where a search goes on between them.
Test(space_search, once_goes_on)
{
    static const uint64_t pages[] = {0x5000, 0x6000, 0x5000, 0x6000, 0x5000};
    static const char *const texts[] = {"needle"};
    struct small_machine machine = mapped_machine(7, pages, 5);
    struct ms_matcher *matcher = matcher_of(texts, 1);
    struct ms_search_options options;
    struct ms_image *image;
    struct ms_spaces *spaces;
    struct seen seen = {0};

    put_text(&machine, 0x5100, "needle");
    put_text(&machine, 0x5200, "needle");
    put_text(&machine, 0x6100, "needle");
    image = open_machine(&machine);
    spaces = spaces_of(image, ROOT, "x64", "kernel");
    add_space(spaces, "physical");
    options = options_of(spaces);
    options.once = true;
    // The space `physical` is number 0, and has the first place of each.
    cr_assert(search(&seen, spaces, matcher, &options) == MS_OK);
    cr_assert(eq(str, seen.hits.text, (char *)"0:5100*4 0:5200*4 0:6100*3 "));
    ms_search_result_release(&seen.result);
    options.from = 0x5101;
    cr_assert(search(&seen, spaces, matcher, &options) == MS_OK);
    cr_assert(eq(str, seen.hits.text, (char *)"0:5200*4 0:6100*3 "));
    ms_search_result_release(&seen.result);
    options.first_space = 1;
    options.from = 0;
    cr_assert(search(&seen, spaces, matcher, &options) == MS_OK);
    cr_assert(eq(str, seen.hits.text, (char *)""));
    ms_search_result_release(&seen.result);
    close_all(spaces, image, matcher, &machine);
}

#ifdef MS_HAVE_HYPERSCAN
// Where a regex begins is told by bytes below the place, which are not searched: the tables' first
// bytes among them.
Test(space_search, goes_on_near_the_start_of_a_table)
{
    static const uint64_t pages[] = {0x5000, 0x6000, 0, 0x7000};
    static const char *const texts[] = {"n[a-z]*dle"};
    struct small_machine machine = mapped_machine(8, pages, 4);
    struct ms_matcher *matcher = matcher_of_kind(MS_REGEX, texts, 1);
    struct ms_search_options options;
    struct ms_image *image = open_machine(&machine);
    struct ms_spaces *spaces = spaces_of(image, ROOT, "x64", "kernel");
    struct seen seen = {0};

    options = options_of(spaces);
    options.from = BASE + 0x800;
    cr_assert(search(&seen, spaces, matcher, &options) == MS_OK);
    cr_assert(eq(str, seen.hits.text, (char *)""));
    cr_assert(eq(u64, seen.result.coverage.asked, 0x2800));
    cr_assert(eq(u64, seen.result.coverage.scanned, 0x2800));
    ms_search_result_release(&seen.result);
    close_all(spaces, image, matcher, &machine);
}
#endif

// A hit that is held back for folding is told with its places, whatever was searched in between.
Test(space_search, once_and_folded)
{
    static const uint64_t pages[] = {0x5000, 0x6000, 0x5000, 0x6000};
    static const char *const texts[] = {"needle"};
    struct small_machine machine = mapped_machine(7, pages, 4);
    struct ms_matcher *matcher = matcher_of(texts, 1);
    struct ms_search_options options;
    struct ms_image *image;
    struct ms_spaces *spaces;
    struct seen seen = {0};

    put_text(&machine, 0x5100, "needle");
    put_text(&machine, 0x6100, "needle");
    image = open_machine(&machine);
    spaces = spaces_of(image, ROOT, "x64", "kernel");
    options = options_of(spaces);
    options.once = true;
    options.fold = true;
    options.chunk_bytes = 1;
    cr_assert(search(&seen, spaces, matcher, &options) == MS_OK);
    cr_assert(eq(str, seen.hits.text, (char *)"0:ffff800000000100*2 0:ffff800000001100*2 "));
    ms_search_result_release(&seen.result);
    close_all(spaces, image, matcher, &machine);
}

// Folding ends where the caller says, in each space by itself.
struct ends {
    struct seen seen;
    struct text asked;
};

static int on_folded(void *user, const struct ms_hit *hit)
{
    struct ends *ends = user;

    add_text(&ends->seen.hits, "%zu:%" PRIx64 "*%" PRIu64 " ", hit->space, hit->address,
             hit->repeat);
    return 0;
}

// In the first space nowhere, in the second every 1,536 bytes.
static uint64_t tell_end(void *user, size_t space, uint64_t address)
{
    struct ends *ends = user;

    add_text(&ends->asked, "%zu:%" PRIx64 " ", space, address);
    return space == 0 ? UINT64_MAX : address + (0x600 - 1) - (address - BASE) % 0x600;
}

Test(space_search, folding_ends_where_the_caller_says)
{
    static const uint64_t pages[] = {0x5000, 0x6000, 0, 0x5000};
    static const char *const texts[] = {"AA"};
    static const size_t chunks[] = {1, 0x700, 0};
    struct small_machine machine = mapped_machine(7, pages, 4);
    struct ms_matcher *matcher = matcher_of(texts, 1);
    struct ms_search_options options;
    struct ms_image *image;
    struct ms_spaces *spaces;

    // From the last byte of the second part on, over the end of the page.
    memset(machine.bytes + 0x5bff, 'A', 0x6002 - 0x5bff);
    image = open_machine(&machine);
    spaces = spaces_of(image, ROOT, "x64", "physical");
    add_space(spaces, "kernel");
    options = options_of(spaces);
    options.fold = true;
    for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
        struct ends ends = {0};
        struct ms_search_callbacks callbacks = {
            .hit = on_folded, .fold_end = tell_end, .user = &ends};

        options.chunk_bytes = chunks[i];
        options.threads = (unsigned)(i + 1);
        cr_assert(ms_search(image, matcher, &options, &callbacks, &ends.seen.result, NULL) ==
                  MS_OK);
        cr_assert(eq(str, ends.seen.hits.text,
                     (char *)"0:5bff*1026 1:ffff800000000bff*1 1:ffff800000000c00*1025 "
                             "1:ffff800000003bff*1 1:ffff800000003c00*1023 "));
        cr_assert(eq(str, ends.asked.text,
                     (char *)"0:5bff 1:ffff800000000bff 1:ffff800000000c00 1:ffff800000003bff "
                             "1:ffff800000003c00 "));
        ms_search_result_release(&ends.seen.result);
    }
    close_all(spaces, image, matcher, &machine);
}

enum { LARGE = 0x200000, N_LARGE = 33, SECOND_PLACE = 64 };

struct twice {
    uint64_t n, n_wrong;
};

// Each page has one hit, and is mapped once more, SECOND_PLACE large pages further up.
static int on_twice(void *user, const struct ms_hit *hit)
{
    struct twice *seen = user;
    uint64_t address = BASE + 0x1000 * seen->n++ + 0x10;

    seen->n_wrong += hit->address != address || hit->n_mappings != 2 || hit->n_listed != 2 ||
                     hit->mappings[0].address != address ||
                     hit->mappings[1].address != address + (uint64_t)SECOND_PLACE * LARGE;
    return 0;
}

// More pages than have their places listed at a time.
Test(space_search, places_of_many_pages)
{
    static const char *const texts[] = {"needle"};
    struct small_machine machine = machine_of((size_t)LARGE * (N_LARGE + 1));
    struct ms_matcher *matcher = matcher_of(texts, 1);
    struct twice seen = {0};
    struct ms_search_callbacks callbacks = {.hit = on_twice, .user = &seen};
    struct ms_search_options options;
    struct ms_search_result result;
    struct ms_error error = {0};
    struct ms_image *image;
    struct ms_spaces *spaces;

    put64(&machine, ROOT, 256, 0x2000 | FLAGS);
    put64(&machine, 0x2000, 0, 0x3000 | FLAGS);
    for (unsigned i = 0; i < N_LARGE; i++) {
        put64(&machine, 0x3000, i, (uint64_t)LARGE * (i + 1) | 0x80 | FLAGS);
        put64(&machine, 0x3000, SECOND_PLACE + i, (uint64_t)LARGE * (i + 1) | 0x80 | FLAGS);
    }
    for (size_t i = LARGE; i < machine.size; i += 0x1000)
        put_text(&machine, i + 0x10, "needle");
    image = open_machine(&machine);
    spaces = spaces_of(image, ROOT, "x64", "kernel");
    options = options_of(spaces);
    options.once = true;
    for (options.threads = 1; options.threads <= 2; options.threads++) {
        seen = (struct twice){0};
        cr_assert(ms_search(image, matcher, &options, &callbacks, &result, &error) == MS_OK);
        cr_assert(eq(u64, seen.n, N_LARGE * (LARGE / 0x1000)));
        cr_assert(eq(u64, seen.n_wrong, 0));
        ms_search_result_release(&result);
    }
    close_all(spaces, image, matcher, &machine);
}

// == Floods ==

// Hits that end in `ab`, one behind the other in each space, as all memory is of that.
struct flood {
    uint64_t next, n, n_until_stop;
    bool fell;
    uint64_t done, all; // progress
};

static int on_flood(void *user, const struct ms_hit *hit)
{
    struct flood *seen = user;

    seen->fell = seen->fell || hit->address < seen->next;
    seen->next = hit->address + 1;
    seen->n++;
    return seen->n == seen->n_until_stop;
}

static int on_flood_progress(void *user, const struct ms_progress *progress)
{
    struct flood *seen = user;

    seen->fell = seen->fell || progress->done_bytes < seen->done;
    seen->done = progress->done_bytes;
    seen->all = progress->all_bytes;
    return 0;
}

// The kernel's space, in which pages that are neighbours are not in memory.
static struct small_machine flooded_machine(size_t n_pages)
{
    uint64_t pages[512];
    struct small_machine machine;

    for (size_t i = 0; i < n_pages; i++)
        pages[i] = 0x5000 + 0x1000 * (n_pages - 1 - i);
    machine = mapped_machine(5 + n_pages, pages, n_pages);
    for (size_t i = 0x5000; i < machine.size; i += 2)
        put_text(&machine, i, "ab");
    return machine;
}

static enum ms_status search_flood(struct flood *seen, const struct ms_spaces *spaces,
                                   const struct ms_matcher *matcher,
                                   const struct ms_search_options *options,
                                   struct ms_search_result *result)
{
    struct ms_search_callbacks callbacks = {
        .hit = on_flood, .progress = on_flood_progress, .user = seen};

    return ms_search(ms_spaces_image(spaces), matcher, options, &callbacks, result, NULL);
}

// More matches than are kept at a time, in one task and in all: none is lost, none is early, and
// who stops goes on where it was.
static void check_flood(const struct ms_spaces *spaces, const struct ms_matcher *matcher,
                        struct ms_search_options options, uint64_t n)
{
    struct flood seen = {0};
    struct ms_search_result result;

    cr_assert(search_flood(&seen, spaces, matcher, &options, &result) == MS_OK);
    cr_assert(eq(u64, result.hits, n));
    cr_assert(eq(u64, seen.n, n));
    cr_assert(not(seen.fell));
    cr_assert(eq(u64, result.coverage.scanned, 2 * n));
    cr_assert(eq(u64, seen.done, seen.all));
    cr_assert(gt(u64, seen.done, 4 * n)); // two passes, and the page tables beside the memory
    ms_search_result_release(&result);

    seen = (struct flood){.n_until_stop = n / 3};
    cr_assert(search_flood(&seen, spaces, matcher, &options, &result) == MS_STOPPED);
    cr_assert(eq(u64, seen.n, n / 3));
    options.from = result.next;
    ms_search_result_release(&result);
    seen.n_until_stop = 0;
    cr_assert(search_flood(&seen, spaces, matcher, &options, &result) == MS_OK);
    cr_assert(ge(u64, seen.n, n));
    cr_assert(le(u64, seen.n, n + 1)); // that at which it was stopped may come again
    ms_search_result_release(&result);
}

Test(space_search, more_matches_than_there_is_room_for)
{
    enum { N = 300 };
    static const struct {
        unsigned threads;
        size_t chunk_bytes;
    } rows[] = {{1, 0}, {2, 0}, {1, 0x2000}, {2, 0x2000}, {7, 0x10000}, {3, 0x40000}};
    static const char *const texts[] = {"ab"};
    struct small_machine machine = flooded_machine(N);
    struct ms_matcher *matcher = matcher_of(texts, 1);
    struct ms_search_options options;
    struct ms_image *image = open_machine(&machine);
    struct ms_spaces *spaces = spaces_of(image, ROOT, "x64", "kernel");

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        options = options_of(spaces);
        options.threads = rows[i].threads;
        options.chunk_bytes = rows[i].chunk_bytes;
        check_flood(spaces, matcher, options, UINT64_C(2048) * N);
    }
    close_all(spaces, image, matcher, &machine);
}

// == Sums ==

// What was asked of two spaces is more than 64 bits count.
Test(space_search, coverage_of_everything_twice)
{
    static const uint64_t pages[] = {0x5000};
    static const char *const texts[] = {"needle"};
    const struct ms_range all[] = {{.first = 0, .last = UINT64_MAX},
                                   {.first = 0, .last = UINT64_MAX, .physical = true}};
    struct small_machine machine = mapped_machine(6, pages, 1);
    struct ms_matcher *matcher = matcher_of(texts, 1);
    struct ms_search_options options;
    struct ms_coverage sum;
    struct ms_image *image;
    struct ms_spaces *spaces;
    struct seen seen = {0};

    image = open_machine(&machine);
    spaces = spaces_of(image, ROOT, "x64", "kernel");
    add_space(spaces, "unmapped");
    options = options_of(spaces);
    options.ranges = all;
    options.n_ranges = 2;
    cr_assert(search(&seen, spaces, matcher, &options) == MS_OK);
    sum = seen.result.coverage;
    cr_assert(eq(u64, sum.asked, UINT64_MAX));
    cr_assert(eq(u64, sum.scanned, 0x6000));
    cr_assert(eq(u64, sum.scanned + sum.unmapped + sum.paged_out + sum.absent + sum.unreadable,
                 sum.asked));
    ms_search_result_release(&seen.result);
    close_all(spaces, image, matcher, &machine);
}

// Ranges that touch, one that overlaps them, one of holes, a physical one; of a file of which the
// end is gone.
Test(space_search, coverage_of_ranges)
{
    static const uint64_t pages[] = {0x5000, 0x6000, 0, 0x5000};
    static const char *const texts[] = {"needle"};
    const struct ms_open_options raw = {.format = "raw"};
    const struct ms_range ranges[] = {
        {.first = BASE + 0x10, .last = BASE + 0x17ff},
        {.first = BASE + 0x1800, .last = BASE + 0x37fe},
        {.first = BASE + 0x800, .last = BASE + 0x3000},
        {.first = 0x5ff0, .last = 0x600f, .physical = true},
        {.first = BASE + 0x8000, .last = BASE + 0x8000},
    };
    struct small_machine machine = mapped_machine(7, pages, 4);
    struct memory_file file = memory_file_make(machine.bytes, machine.size);
    struct ms_matcher *matcher = matcher_of(texts, 1);
    struct ms_search_options options;
    struct ms_image *image = NULL;
    struct ms_spaces *spaces;
    struct seen seen = {0};

    cr_assert(ms_image_open(file.path, &raw, &image, NULL) == MS_OK);
    spaces = spaces_of(image, ROOT, "x64", "kernel");
    add_space(spaces, "unmapped");
    memory_file_resize(&file, 0x6000);
    options = options_of(spaces);
    options.ranges = ranges;
    options.n_ranges = sizeof(ranges) / sizeof(ranges[0]);
    cr_assert(search(&seen, spaces, matcher, &options) == MS_OK);
    cr_assert(eq(str, seen.ranges.text,
                 (char *)"0:0 17f0 ff0 0 800\n0:1 1fff 7ff 1000 800\n0:2 2801 801 1000 1000\n"
                         "0:4 1 0 1 0\n1:3 20 0 20 0\n"));
    cr_assert(eq(u64, seen.result.space_coverage[0].scanned, 0x17ef));
    ms_search_result_release(&seen.result);
    options.from = BASE + 0x1000;
    cr_assert(search(&seen, spaces, matcher, &options) == MS_OK);
    cr_assert(eq(str, seen.ranges.text,
                 (char *)"0:0 800 0 0 800\n0:1 1fff 7ff 1000 800\n0:2 2001 1 1000 1000\n"
                         "0:4 1 0 1 0\n1:3 20 0 20 0\n"));
    ms_search_result_release(&seen.result);
    options.n_ranges = 0;
    cr_assert(search(&seen, spaces, matcher, &options) == MS_OK);
    cr_assert(eq(str, seen.ranges.text, (char *)""));
    ms_search_result_release(&seen.result);
    close_all(spaces, image, matcher, &machine);
    memory_file_close(&file);
}

// == What cannot be searched ==

Test(space_search, no_space_to_begin_with)
{
    static const uint64_t pages[] = {0x5000};
    static const char *const texts[] = {"needle"};
    struct small_machine machine = mapped_machine(6, pages, 1);
    struct ms_matcher *matcher = matcher_of(texts, 1);
    struct ms_search_options options;
    struct ms_image *image = open_machine(&machine);
    struct ms_spaces *spaces = spaces_of(image, ROOT, "x64", "kernel");
    struct seen seen = {0};

    options = options_of(spaces);
    options.first_space = 1;
    cr_assert(search(&seen, spaces, matcher, &options) == MS_ARGUMENT);
    ms_spaces_free(spaces);
    cr_assert(ms_spaces_create(image, NULL, &spaces, NULL) == MS_OK);
    options = options_of(spaces);
    cr_assert(search(&seen, spaces, matcher, &options) == MS_ARGUMENT);
    close_all(spaces, image, matcher, &machine);
}
