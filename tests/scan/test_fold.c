// SPDX-License-Identifier: MIT
//
// Hit streams: what goes out must follow from the matches alone, not from how records were cut.

#include "base/test_random.h"
#include "scan/hit_stream.h"
#include "scan/observe.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

// Criterion's assertions store an int in a bit-field, wherever they are used.
#pragma GCC diagnostic ignored "-Wconversion"

TestSuite(fold, .timeout = 120);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

// Lines that may wait, as fold.c has it.
#define LIMIT 4096

// The patterns' alignments; what they match does not matter here.
static const struct known_pattern patterns[] = {
    {.kind = MS_BYTE, .text = "00", .step = 1},  {.kind = MS_BYTE, .text = "01", .step = 1},
    {.kind = MS_WORD, .text = "02", .step = 2},  {.kind = MS_DWORD, .text = "03", .step = 4},
    {.kind = MS_QWORD, .text = "04", .step = 8}, {.kind = MS_BYTE, .text = "05", .step = 1},
};

struct matches {
    hit_vec hits; // one by one, in order
    MS_VEC(size_t) stretch;
    MS_VEC(uint64_t) ends; // where folding ends: ascending
};

static void add_match(struct matches *matches, uint64_t address, uint32_t pattern, uint32_t length,
                      size_t stretch)
{
    struct ms_hit hit = {
        .address = address,
        .repeat = 1,
        .stride = patterns[pattern].step,
        .pattern = pattern,
        .length = length,
    };

    KEEP(&matches->hits, hit);
    KEEP(&matches->stretch, stretch);
}

static void release_matches(struct matches *matches)
{
    free(matches->hits.items);
    free(matches->stretch.items);
    free(matches->ends.items);
}

// The number of ends below an address.
static size_t n_ends_below(const struct matches *matches, uint64_t address)
{
    size_t n = 0;

    while (n < matches->ends.n && matches->ends.items[n] < address)
        n++;
    return n;
}

static hit_vec fold_naively(const struct matches *matches)
{
    size_t *part = calloc(matches->hits.n + 1, sizeof(*part));
    hit_vec folded = {0};

    for (size_t i = 0; i < matches->hits.n; i++)
        part[i] = matches->stretch.items[i] * (matches->ends.n + 1) +
                  n_ends_below(matches, matches->hits.items[i].address);
    naive_fold(&matches->hits, part, &folded);
    free(part);
    return folded;
}

// == Records ==

// Whether match k goes on where match i, `n` matches long so far, ends.
static bool continues(const struct matches *matches, size_t i, uint64_t n, size_t k)
{
    const struct ms_hit *a = &matches->hits.items[i], *b = &matches->hits.items[k];

    return a->pattern == b->pattern && a->length == b->length &&
           matches->stretch.items[i] == matches->stretch.items[k] &&
           b->address - a->address == n * a->stride;
}

// Makes records of the matches. One in `cuts` matches begins a new record where it need not; 0: no
// record is longer than it must be, 1: each match is one.
static ms_record_vec make_records(const struct matches *matches, uint64_t *random, size_t cuts)
{
    size_t n = matches->hits.n;
    bool *done = calloc(n + 1, sizeof(*done));
    ms_record_vec records = {0};

    for (size_t i = 0; i < n; i++) {
        const struct ms_hit *hit = &matches->hits.items[i];
        struct ms_record record = {hit->address, 1, hit->pattern, hit->length,
                                   matches->stretch.items[i]};

        if (done[i])
            continue;
        for (size_t k = i + 1; k < n; k++) {
            if (matches->hits.items[k].address - hit->address > record.count * hit->stride)
                break;
            if (!continues(matches, i, record.count, k))
                continue;
            if (cuts > 0 && random_one_in(random, cuts))
                break;
            done[k] = true;
            record.count++;
        }
        KEEP(&records, record);
    }
    ms_records_sort(&records);
    free(done);
    return records;
}

struct taken {
    hit_vec hits;
    const struct matches *matches;
    size_t n_asked;
    uint64_t last_end; // that was told
};

static int keep(void *user, const struct ms_hit *hit)
{
    struct taken *taken = user;

    return !ms_vec_push(&taken->hits, *hit);
}

static uint64_t tell_end(void *user, uint64_t address)
{
    struct taken *taken = user;
    size_t i = n_ends_below(taken->matches, address);

    cr_assert(taken->n_asked == 0 || address > taken->last_end, "asked again for %#llx",
              (unsigned long long)address);
    taken->n_asked++;
    taken->last_end = i < taken->matches->ends.n ? taken->matches->ends.items[i] : UINT64_MAX;
    return taken->last_end;
}

static hit_vec run_stream(const struct ms_matcher *matcher, bool fold,
                          const struct matches *matches, const ms_record_vec *records)
{
    struct taken taken = {.matches = matches};
    struct ms_hit_taker taker = {
        .take = keep, .fold_end = matches->ends.n > 0 ? tell_end : NULL, .user = &taken};
    struct ms_hit_stream *stream = NULL;

    cr_assert(eq(int, ms_hit_stream_create(matcher, fold, taker, &stream, NULL), MS_OK));
    for (size_t i = 0; i < records->n; i++)
        cr_assert(eq(int, ms_hit_stream_add(stream, &records->items[i]), MS_OK));
    cr_assert(eq(int, ms_hit_stream_finish(stream), MS_OK));
    ms_hit_stream_free(stream);
    return taken.hits;
}

static struct ms_matcher *matcher_of_steps(void)
{
    const char *kernels[] = {"scalar"};
    struct way way = {.simd = kernels[0]};

    return make_matcher(patterns, COUNT(patterns), &way);
}

// == Comparing ==

static const struct way folded_way = {.simd = "-", .fold = true}, each_way = {.simd = "-"};

static void expect_ascending(const char *name, const hit_vec *hits)
{
    for (size_t i = 1; i < hits->n; i++) {
        const struct ms_hit *a = &hits->items[i - 1], *b = &hits->items[i];

        cr_assert(a->address < b->address || (a->address == b->address && a->pattern < b->pattern),
                  "%s: hit %zu, %#llx pattern %u, comes before %#llx pattern %u", name, i - 1,
                  (unsigned long long)a->address, a->pattern, (unsigned long long)b->address,
                  b->pattern);
    }
}

static void expect_whole(const char *name, const hit_vec *folded, const hit_vec *each)
{
    hit_vec expanded = {0};

    naive_expand(folded, &expanded);
    expect_hits(name, &folded_way, &expanded, each);
    for (size_t i = 0; i < folded->n; i++)
        cr_assert(folded->items[i].repeat != 2 && folded->items[i].repeat != 0, "%s", name);
    free(expanded.items);
}

// Both streams over records cut in several ways. `folded`: what must come out, NULL if that is only
// known to be the same for all.
static void check_streams(const char *name, const struct matches *matches, const hit_vec *folded,
                          uint64_t *random)
{
    static const size_t cuts[] = {0, 1, 2, 5, 100};
    struct ms_matcher *matcher = matcher_of_steps();
    hit_vec first = {0};

    for (size_t i = 0; i < COUNT(cuts); i++) {
        ms_record_vec records = make_records(matches, random, cuts[i]);
        hit_vec each = run_stream(matcher, false, matches, &records);
        hit_vec lines = run_stream(matcher, true, matches, &records);

        expect_hits(name, &each_way, &each, &matches->hits);
        expect_ascending(name, &lines);
        expect_whole(name, &lines, &matches->hits);
        expect_hits(name, &folded_way, &lines, folded ? folded : i == 0 ? &lines : &first);
        free(i == 0 ? NULL : lines.items);
        first = i == 0 ? lines : first;
        free(each.items);
        free(records.items);
    }
    free(first.items);
    ms_matcher_free(matcher);
}

// == Cases ==

struct match_row {
    uint64_t address;
    uint64_t count;
    uint32_t pattern;
    uint32_t length;
    size_t stretch;
};

static const struct fold_case {
    const char *name;
    struct match_row matches[8];  // count 0 ends the list
    struct match_row expected[8]; // count: repeat
} fold_cases[] = {
    {"one", {{0x10, 1, 0, 1, 0}}, {{0x10, 1, 0, 1, 0}}},
    {"two are two", {{0x10, 2, 0, 1, 0}}, {{0x10, 1, 0, 1, 0}, {0x11, 1, 0, 1, 0}}},
    {"three are one", {{0x10, 3, 0, 1, 0}}, {{0x10, 3, 0, 1, 0}}},
    {"steps are the alignment's", {{0x10, 3, 3, 4, 0}}, {{0x10, 3, 3, 4, 0}}},
    {"a step is left out",
     {{0x10, 2, 3, 4, 0}, {0x1c, 3, 3, 4, 0}},
     {{0x10, 1, 3, 4, 0}, {0x14, 1, 3, 4, 0}, {0x1c, 3, 3, 4, 0}}},
    {"another stretch",
     {{0x10, 3, 0, 1, 0}, {0x13, 3, 0, 1, 1}},
     {{0x10, 3, 0, 1, 0}, {0x13, 3, 0, 1, 1}}},
    {"another stretch, two and one",
     {{0x10, 2, 0, 1, 0}, {0x12, 1, 0, 1, 1}},
     {{0x10, 1, 0, 1, 0}, {0x11, 1, 0, 1, 0}, {0x12, 1, 0, 1, 1}}},
    {"another length",
     {{0x10, 3, 0, 5, 0}, {0x13, 1, 0, 4, 0}, {0x14, 1, 0, 3, 0}},
     {{0x10, 3, 0, 5, 0}, {0x13, 1, 0, 4, 0}, {0x14, 1, 0, 3, 0}}},
    {"the second of two comes behind another pattern",
     {{0x10, 2, 3, 4, 0}, {0x12, 1, 2, 2, 0}},
     {{0x10, 1, 3, 4, 0}, {0x12, 1, 2, 2, 0}, {0x14, 1, 3, 4, 0}}},
    {"two patterns at once",
     {{0x10, 4, 0, 1, 0}, {0x10, 4, 1, 1, 0}},
     {{0x10, 4, 0, 1, 0}, {0x10, 4, 1, 1, 0}}},
    // While pattern 1's second match moves behind pattern 0's line, that line stays pattern 0's.
    {"a pattern begins again where another one's line is open",
     {{0x100, 2, 1, 1, 0}, {0x101, 4, 0, 1, 0}, {0x103, 1, 5, 1, 0}, {0x105, 1, 1, 1, 0}},
     {{0x100, 1, 1, 1, 0},
      {0x101, 4, 0, 1, 0},
      {0x101, 1, 1, 1, 0},
      {0x103, 1, 5, 1, 0},
      {0x105, 1, 1, 1, 0}}},
    {"the top of the address space",
     {{UINT64_MAX - 2, 3, 0, 1, 0}},
     {{UINT64_MAX - 2, 3, 0, 1, 0}}},
    {"two at the top",
     {{UINT64_MAX - 1, 2, 0, 1, 0}},
     {{UINT64_MAX - 1, 1, 0, 1, 0}, {UINT64_MAX, 1, 0, 1, 0}}},
};

static const struct end_case {
    struct fold_case folds;
    uint64_t ends[4]; // 0 ends the list
} end_cases[] = {
    {{"an end between two matches", {{0x10, 8, 3, 4, 0}}, {{0x10, 4, 3, 4, 0}, {0x20, 4, 3, 4, 0}}},
     {0x1f}},
    {{"an end at the first byte of a match",
      {{0x10, 8, 3, 4, 0}},
      {{0x10, 5, 3, 4, 0}, {0x24, 3, 3, 4, 0}}},
     {0x20}},
    {{"an end in a match, which belongs to its first byte",
      {{0x10, 8, 3, 4, 0}},
      {{0x10, 5, 3, 4, 0}, {0x24, 3, 3, 4, 0}}},
     {0x22}},
    {{"an end in matches that overlap",
      {{0x10, 8, 0, 5, 0}},
      {{0x10, 4, 0, 5, 0}, {0x14, 4, 0, 5, 0}}},
     {0x13}},
    {{"ends that leave two and one",
      {{0x10, 6, 0, 1, 0}},
      {{0x10, 3, 0, 1, 0}, {0x13, 1, 0, 1, 0}, {0x14, 1, 0, 1, 0}, {0x15, 1, 0, 1, 0}}},
     {0x12, 0x14}},
    {{"ends where nothing is, before and behind", {{0x10, 4, 3, 4, 0}}, {{0x10, 4, 3, 4, 0}}},
     {0x0f, 0x1f}},
    {{"several ends between two matches",
      {{0x10, 6, 4, 8, 0}},
      {{0x10, 3, 4, 8, 0}, {0x28, 3, 4, 8, 0}}},
     {0x20, 0x21, 0x27}},
    {{"an end in two patterns at once",
      {{0x10, 8, 0, 1, 0}, {0x10, 4, 2, 2, 0}},
      {{0x10, 6, 0, 1, 0},
       {0x10, 3, 2, 2, 0},
       {0x16, 1, 0, 1, 0},
       {0x16, 1, 2, 2, 0},
       {0x17, 1, 0, 1, 0}}},
     {0x15}},
    {{"an end below the top",
      {{UINT64_MAX - 5, 6, 0, 1, 0}},
      {{UINT64_MAX - 5, 3, 0, 1, 0}, {UINT64_MAX - 2, 3, 0, 1, 0}}},
     {UINT64_MAX - 3}},
};

static int compare_rows(const void *left, const void *right)
{
    const struct match_row *a = left, *b = right;

    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    return a->pattern < b->pattern ? -1 : a->pattern > b->pattern;
}

static struct matches matches_of(const struct match_row *rows)
{
    MS_VEC(struct match_row) single = {0};
    struct matches matches = {0};

    for (size_t i = 0; i < 8 && rows[i].count; i++) {
        struct match_row row = rows[i];

        for (row.count = 1; row.count <= rows[i].count; row.count++) {
            KEEP(&single, row);
            row.address += patterns[row.pattern].step;
        }
    }
    qsort(single.items, single.n, sizeof(*single.items), compare_rows);
    for (size_t i = 0; i < single.n; i++)
        add_match(&matches, single.items[i].address, single.items[i].pattern,
                  single.items[i].length, single.items[i].stretch);
    free(single.items);
    return matches;
}

static void check_case(const struct fold_case *one, const uint64_t *ends, size_t n_ends)
{
    struct matches matches = matches_of(one->matches);
    hit_vec folded = {0};
    uint64_t random = 1;

    for (size_t k = 0; k < n_ends && ends[k]; k++)
        KEEP(&matches.ends, ends[k]);
    for (size_t k = 0; k < 8 && one->expected[k].count; k++) {
        const struct match_row *row = &one->expected[k];

        KEEP(&folded, (struct ms_hit){.address = row->address,
                                      .repeat = row->count,
                                      .stride = patterns[row->pattern].step,
                                      .pattern = row->pattern,
                                      .length = row->length});
    }
    check_streams(one->name, &matches, &folded, &random);
    free(folded.items);
    release_matches(&matches);
}

Test(fold, three_or_more_in_a_row_are_one_line)
{
    for (size_t i = 0; i < COUNT(fold_cases); i++)
        check_case(&fold_cases[i], NULL, 0);
}

Test(fold, a_line_ends_where_the_taker_says)
{
    for (size_t i = 0; i < COUNT(end_cases); i++)
        check_case(&end_cases[i].folds, end_cases[i].ends, COUNT(end_cases[i].ends));
}

// == Random matches ==

// Places where each pattern matches with its own likelihood, for a while, then with another.
static struct matches draw_matches(uint64_t *random, size_t n_places)
{
    struct matches matches = {0};
    uint64_t address = 0x1000 * random_below(random, 4);
    size_t one_in[COUNT(patterns)] = {0}, stretch = 0;

    for (size_t i = 0; i < n_places; i++, address++) {
        if (random_one_in(random, 40)) {
            for (size_t p = 0; p < COUNT(patterns); p++)
                one_in[p] = (size_t[]){0, 1, 1, 2, 9}[random_below(random, 5)];
        }
        if (random_one_in(random, 60))
            stretch++;
        for (uint32_t p = 0; p < COUNT(patterns); p++) {
            if (one_in[p] && address % patterns[p].step == 0 && random_one_in(random, one_in[p]))
                add_match(&matches, address, p, random_one_in(random, 15) ? 2 : 1, stretch);
        }
    }
    return matches;
}

// None in every second set; in others as many as places, few, or some.
static void draw_ends(uint64_t *random, struct matches *matches)
{
    size_t one_in = (size_t[]){0, 0, 0, 1, 3, 30}[random_below(random, 6)];
    const struct ms_hit *hits = matches->hits.items;

    if (one_in == 0 || matches->hits.n == 0)
        return;
    for (uint64_t at = hits[0].address; at <= hits[matches->hits.n - 1].address; at++) {
        if (random_one_in(random, one_in))
            KEEP(&matches->ends, at);
    }
}

Test(fold, random_matches_fold_as_the_naive_way)
{
    for (uint64_t seed = 1; seed <= 1500; seed++) {
        uint64_t random = seed;
        struct matches matches = draw_matches(&random, 20 + random_below(&random, 300));
        hit_vec folded;
        char name[32];

        draw_ends(&random, &matches);
        folded = fold_naively(&matches);
        snprintf(name, sizeof(name), "seed %u", (unsigned)seed);
        check_streams(name, &matches, &folded, &random);
        free(folded.items);
        release_matches(&matches);
    }
}

// == The limit ==

// One pattern matches everywhere, so its line stays open, and another at every second place, so
// that lines wait behind the first. `low` has the lower number.
static struct matches draw_waiting(uint32_t everywhere, uint32_t apart, size_t n_places)
{
    struct matches matches = {0};
    uint32_t low = everywhere < apart ? everywhere : apart;

    for (uint64_t address = 0; address < n_places; address++) {
        for (uint32_t k = 0; k < 2; k++) {
            uint32_t pattern = k == 0 ? low : everywhere + apart - low;

            if (pattern == everywhere || address % 2 == 1)
                add_match(&matches, address, pattern, 1, 0);
        }
    }
    return matches;
}

static void check_waiting(uint32_t everywhere, uint32_t apart, size_t n_places)
{
    struct matches matches = draw_waiting(everywhere, apart, n_places);
    uint64_t random = 5;
    char name[64];

    snprintf(name, sizeof(name), "%u everywhere, %u apart, %zu", everywhere, apart, n_places);
    check_streams(name, &matches, NULL, &random);
    release_matches(&matches);
}

Test(fold, lines_that_wait_are_cut_the_same_way_however_records_are)
{
    check_waiting(0, 1, 6 * LIMIT);
    check_waiting(1, 0, 6 * LIMIT);
    // Around the limit: LIMIT - 1 lines apart and the open one are the first that fill it.
    for (size_t n = 2 * (LIMIT - 2); n <= 2 * (LIMIT + 2); n++)
        check_waiting(0, 1, n);
}

// Cutting is for many lines only: up to the limit a run of any length is one line.
Test(fold, below_the_limit_nothing_is_cut)
{
    struct matches matches = draw_waiting(0, 1, 2 * (LIMIT - 1));
    struct ms_matcher *matcher = matcher_of_steps();
    uint64_t random = 1;
    ms_record_vec records = make_records(&matches, &random, 3);
    hit_vec lines = run_stream(matcher, true, &matches, &records);

    cr_assert(eq(sz, lines.n, LIMIT));
    cr_assert(eq(u64, lines.items[0].repeat, 2 * (LIMIT - 1)));
    free(lines.items);
    free(records.items);
    ms_matcher_free(matcher);
    release_matches(&matches);
}

// The stream does not keep more than the limit back, whatever comes.
struct held {
    uint64_t matches_out, lines_out;
};

static int count_out(void *user, const struct ms_hit *hit)
{
    struct held *held = user;

    held->matches_out += hit->repeat;
    held->lines_out++;
    return 0;
}

Test(fold, a_bounded_number_of_lines_waits)
{
    struct ms_matcher *matcher = matcher_of_steps();
    struct held held = {0};
    struct ms_hit_stream *stream = NULL;
    struct ms_record open = {.address = 0, .count = 1 << 20, .length = 1};
    uint64_t apart = 0;

    cr_assert(eq(int,
                 ms_hit_stream_create(matcher, true,
                                      (struct ms_hit_taker){.take = count_out, .user = &held},
                                      &stream, NULL),
                 MS_OK));
    cr_assert(eq(int, ms_hit_stream_add(stream, &open), MS_OK));
    for (uint64_t address = 1; address < 1 << 20; address += 2) {
        struct ms_record record = {.address = address, .count = 1, .pattern = 1, .length = 1};

        cr_assert(eq(int, ms_hit_stream_add(stream, &record), MS_OK));
        apart++;
        cr_assert(apart <= held.lines_out + LIMIT + 1);
    }
    cr_assert(eq(int, ms_hit_stream_finish(stream), MS_OK));
    cr_assert(eq(u64, held.matches_out, open.count + apart));
    ms_hit_stream_free(stream);
    ms_matcher_free(matcher);
}

// Many patterns with stretches of their own, far beyond the limit.
Test(fold, random_floods_do_not_show_how_records_were_cut)
{
    for (uint64_t seed = 1; seed <= 6; seed++) {
        uint64_t random = seed;
        struct matches matches = draw_waiting(seed % 2, 1 - seed % 2, 3 * LIMIT);
        struct matches mixed = {0};
        char name[32];

        for (size_t i = 0; i < matches.hits.n; i++) {
            const struct ms_hit *hit = &matches.hits.items[i];

            if (!random_one_in(&random, 3000))
                add_match(&mixed, hit->address, hit->pattern, 1, hit->address / 9000);
            if (hit->pattern == 1 && random_one_in(&random, 3))
                add_match(&mixed, hit->address, 5, 1, hit->address / 9000);
        }
        for (uint64_t at = 1000; seed > 3 && at < 3 * LIMIT; at += 2500)
            KEEP(&mixed.ends, at);
        snprintf(name, sizeof(name), "flood %u", (unsigned)seed);
        check_streams(name, &mixed, NULL, &random);
        release_matches(&mixed);
        release_matches(&matches);
    }
}
