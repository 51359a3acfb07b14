// SPDX-License-Identifier: MIT
//
// Machines with address spaces, searched by libmemscan and naively:
//
//     test_machines CASE...                 cases by name; "all" of them
//     test_machines random FROM COUNT       random machines by their seeds
//     test_machines show SEED               says what a random machine is
//
// A difference ends the program with a message that says which machine it was.

#include "fuzz/random_machine.h"
#include "named_case.h"

#include "corpus/random.h"
#include "corpus/truth.h"

#include <inttypes.h>
#include <signal.h>

// == What was being done ==

static char current[64];

static void say_current(void)
{
    static const char before[] = "machine: ";

    // Nothing can be done if that fails.
    (void)!write(STDERR_FILENO, before, sizeof(before) - 1);
    (void)!write(STDERR_FILENO, current, strlen(current));
    (void)!write(STDERR_FILENO, "\n", 1);
}

static void on_abort(int signal)
{
    (void)signal;
    say_current();
}

// == Ways ==

static const struct space_way ways[] = {
    {.threads = 1, .engine_mask = 1u << MS_ENGINE_SCALAR},
    {.threads = 1, .chunk_bytes = 4096},
    {.threads = 2, .chunk_bytes = 300},
    {.threads = 1, .map = true},
    {.threads = 2, .chunk_bytes = 97, .map = true},
    {.threads = 2, .chunk_bytes = 7001, .map = true, .fold = true},
    {.threads = 1, .map = true, .once = true},
    {.threads = 1, .map = true, .edge = true, .once = true, .fold = true},
    {.threads = 1, .map = true, .edge = true, .count_only = true},
    {.threads = 1, .map = true, .resume = 1},                        // at the first hit
    {.threads = 1, .map = true, .resume = 1 << 3 | 3},               // behind the second one
    {.threads = 1, .map = true, .resume = 2 << 3 | 1},               // at the third one
    {.threads = 1, .map = true, .once = true, .resume = 1 << 3 | 1}, // at the second one
    {.threads = 1, .map = true, .once = true, .resume = 2},          // in the second space
    {.threads = 1, .map = true, .edge = true, .resume = 2 << 3 | 4}, // in the third space
    {.threads = 1, .map = true, .chunk_bytes = 4096, .stop_at = 2},
    {.threads = 1, .map = true, .chunk_bytes = 4096, .stop_at = 40},
    {.threads = 1, .map = true, .chunk_bytes = 4096, .stop_at = 80, .once = true},
    {.threads = 3, .map = true, .chunk_bytes = 4096, .once = true, .fold = true},
    {.threads = 2, .map = true, .chunk_bytes = 300, .edge = true, .once = true},
    {.threads = 5, .chunk_bytes = 1000, .count_only = true},
    {.threads = 2, .map = true, .chunk_bytes = 4096, .resume = 1 << 3 | 3}, // behind the second hit
    {.threads = 2, .map = true, .chunk_bytes = 500, .stop_at = 20},
    {.threads = 3, .map = true, .chunk_bytes = 2000, .stop_at = 60, .once = true},
};

#define N_WAYS (sizeof(ways) / sizeof(ways[0]))

// For regexes; the scalar engine has none.
static const struct space_way regex_ways[] = {
    {.threads = 1},
    {.threads = 2, .chunk_bytes = 300},
    {.threads = 1, .map = true, .once = true},
    {.threads = 1, .map = true, .resume = 1 << 3 | 1},
    {.threads = 3, .map = true, .chunk_bytes = 1000, .once = true, .fold = true},
};

#define N_REGEX_WAYS (sizeof(regex_ways) / sizeof(regex_ways[0]))

// == Cases ==

enum { LONG_LENGTH = 9000, LONGEST_LENGTH = 65536, LATE_PART = 20 };

static char long_text[LONG_LENGTH + 1];       // ${LONG}: letters by lot
static char long64_text[65];                  // ${LONG64}: its first 64
static char late_text[LONG_LENGTH + 1];       // ${LATE}: one letter, and at its end what is rare
static char longest_text[LONGEST_LENGTH + 1]; // ${LONGEST}: a few letters, and so
static char late_end_text[101];               // ${LATE_END}: the last 100 of ${LATE}

static const struct {
    const char *name;
    const char *value;
} texts[] = {
    {"LONG", long_text},       {"LONG64", long64_text},     {"LATE", late_text},
    {"LONGEST", longest_text}, {"LATE_END", late_end_text},
};

#define N_TEXTS (sizeof(texts) / sizeof(texts[0]))

#define X64_START                                                                                  \
    "run 64K 256K\n"                                                                               \
    "tables 64K 64K\n"                                                                             \
    "space k x64\n"
#define K "0xfffff80000000000"

static const struct named_case cases[] = {
    {
        // Cut at each place.
        .name = "two_pages",
        .spec = X64_START "map k " K " 4K to 0x20000\n"
                          "map k " K "+4K 4K to 0x30000\n"
                          "map k " K "+1M 4K to 0x21000\n"
                          "map k " K "+1M+4K 4K to 0x31000\n"
                          "map k " K "+2M 4K to 0x22000\n"
                          "map k " K "+2M+4K 4K to 0x32000\n"
                          "plant k:" K "+0xfff hex 43000978\n"
                          "plant k:" K "+1M+0xffe hex 43000978\n"
                          "plant k:" K "+2M+0xffd hex 43000978\n",
        .spaces = {"physical", "kernel", "unmapped"},
        .needles = {{"43000978", 1}},
        .hits = 3,
    },
    {
        // As long as what seams are searched for gets.
        .name = "two_pages_64",
        .spec = X64_START "map k " K " 16K scatter 128K 64K\n"
                          "plant k:" K "+0xfff ascii ${LONG64}\n"
                          "plant k:" K "+0x1fc1 ascii ${LONG64}\n"
                          "plant k:" K "+0x2fe0 ascii ${LONG64}\n",
        .spaces = {"kernel"},
        .needles = {{"LONG64", 1}},
        .hits = 3,
    },
    {
        .name = "three_pages",
        .spec = X64_START "map k " K " 16K scatter 128K 64K\n"
                          "plant k:" K "+0xff0 ascii ${LONG}\n",
        .spaces = {"physical", "kernel", "unmapped"},
        .needles = {{"LONG", 1}},
        .hits = 1,
    },
    {
        .name = "late_anchor",
        .spec = X64_START "map k " K " 16K scatter 128K 64K\n"
                          "plant k:" K "+0x10 ascii ${LATE}\n",
        .spaces = {"kernel"},
        .needles = {{"LATE", 1}},
        .hits = 1,
    },
    {
        .name = "at_a_hole",
        .spec = X64_START "map k " K " 4K to 0x20000\n"
                          "map k " K "+8K 4K to 0x21000\n"
                          "plant 0x20ffc hex 43000978\n"   // whole before the hole
                          "plant 0x21000 hex 43000978\n"   // and behind it
                          "plant 0x4fffe hex 4300\n"       // at the end of memory
                          "map k " K "+1M 4K to 0x4f000\n" // what follows is absent
                          "map k " K "+1M+4K 4K to 0x50000\n",
        .spaces = {"kernel"},
        .needles = {{"43000978", 1}},
        .hits = 2,
    },
    {
        .name = "top",
        .spec = X64_START "map k 0xffffffffffffe000 4K to 0x20000\n"
                          "map k 0xfffffffffffff000 4K to 0x30000\n"
                          "plant k:0xffffffffffffeffe hex 43000978\n"
                          "plant k:0xfffffffffffffffc hex 43000978\n",
        .spaces = {"kernel", "0"},
        .needles = {{"43000978", 1}},
        .hits = 4,
    },
    {
        .name = "top_x86",
        .spec = "run 64K 256K\n"
                "tables 64K 64K\n"
                "space k x86\n"
                "map k 0xffffe000 4K to 0x20000\n"
                "map k 0xfffff000 4K to 0x30000\n"
                "plant k:0xffffeffe hex 43000978\n"
                "plant k:0xfffffffc hex 43000978\n",
        .spaces = {"kernel", "0"},
        .needles = {{"43000978", 1}},
        .kernel = 0x80000000,
        .hits = 4,
    },
    {
        .name = "aliased",
        .spec = X64_START "map k " K " 4K to 0x20000\n"
                          "map k " K "+4K 4K to 0x30000\n"
                          "map k " K "+1M 4K to 0x20000\n"
                          "map k " K "+1M+4K 4K to 0x31000\n"
                          "map k " K "+2M 4K to 0x20000\n"
                          "plant 0x20100 hex 43000978\n" // three times
                          "plant 0x20ffe hex 4300\n"     // goes on in two of three
                          "plant 0x30000 hex 0978\n"
                          "plant 0x31000 hex 0978\n",
        .spaces = {"kernel", "unmapped"},
        .needles = {{"43000978", 1}},
        .hits = 5,
    },
    {
        // The first place, which is asked for in part, stands for itself.
        .name = "aliased_and_cut",
        .spec = X64_START "map k " K " 4K to 0x20000\n"
                          "map k " K "+1M 4K to 0x20000\n"
                          "map k " K "+2M 4K to 0x20000\n"
                          "plant 0x20100 hex 43000978\n"
                          "plant 0x20900 hex 43000978\n",
        .spaces = {"kernel"},
        .needles = {{"43000978", 1}},
        .ranges = {{.first = UINT64_C(0xfffff80000000800), .last = UINT64_C(0xfffff80000300000)}},
        .hits = 5,
    },
    {
        .name = "neighbours_in_memory_alone",
        .spec = X64_START "map k " K " 4K to 0x20000\n"
                          "map k " K "+1M 4K to 0x21000\n"
                          "plant 0x20ffe hex 43000978\n",
        .spaces = {"physical", "kernel", "unmapped"},
        .needles = {{"43000978", 1}},
        .hits = 1,
    },
    {
        .name = "half_unmapped",
        .spec = X64_START "map k " K " 4K to 0x20000\n"
                          "plant 0x20ffe hex 43000978\n"
                          "plant 0x20800 hex 43000978\n"
                          "plant 0x22000 hex 43000978\n",
        .spaces = {"kernel", "unmapped"},
        .needles = {{"43000978", 1}},
        .hits = 3,
    },
    {
        .name = "half_unmapped_alone",
        .spec = X64_START "map k 0x10000 4K to 0x20000\n"
                          "plant 0x20ffe hex 43000978\n"
                          "plant 0x20800 hex 43000978\n",
        .spaces = {"unmapped"},
        .needles = {{"43000978", 1}},
        .hits = 1,
    },
    {
        .name = "sequence",
        .spec = X64_START "map k " K " 32K scatter 128K 64K\n"
                          "plant k:" K "+0xffc dword \"78090043 02000000\"\n"
                          "plant k:" K "+0x1ffa dword \"78090043 02000000\"\n" // not aligned
                          "plant k:" K "+0x2fff dword 78090043\n",
        .spaces = {"kernel"},
        .needles = {{"4300097800000002", 4}, {"43000978", 1}, {"43000978", 4}},
        .hits = 5,
    },
    {
        .name = "table_under_many_entries",
        .spec = X64_START "map k " K " 8K scatter 128K 64K\n"
                          "plant k:" K "+0xffe hex 43000978\n"
                          "share k " K "+2M 2M with k " K "\n"
                          "share k " K "+4M 4M with k " K "\n"
                          "share k " K "+8M 8M with k " K "\n"
                          "share k " K "+16M 16M with k " K "\n"
                          "share k " K "+1G 1G with k " K "\n",
        .spaces = {"kernel"},
        .needles = {{"43000978", 1}},
        .hits = 32,
    },
    {
        // 128 places of one page: a hit stands for those that lie in the page. Those that do not
        // are given each.
        .name = "table_under_very_many_entries",
        .spec = X64_START "map k " K " 8K scatter 128K 64K\n"
                          "plant k:" K "+0xffe hex 43000978\n"
                          "plant k:" K "+0x100 hex 43000978\n"
                          "share k " K "+2M 2M with k " K "\n"
                          "share k " K "+4M 4M with k " K "\n"
                          "share k " K "+8M 8M with k " K "\n"
                          "share k " K "+16M 16M with k " K "\n"
                          "share k " K "+32M 32M with k " K "\n"
                          "share k " K "+64M 64M with k " K "\n"
                          "share k " K "+1G 1G with k " K "\n",
        .spaces = {"kernel"},
        .needles = {{"43000978", 1}},
        .hits = 256,
    },
    {
        .name = "not_windows",
        .spec = X64_START "map k " K " 4K transition 0x20000\n"
                          "map k " K "+4K 4K to 0x30000\n"
                          "map k " K "+8K 4K prototype " K "+0x1100 to 0x21000\n"
                          "map k " K "+12K 4K pagefile 1 2\n"
                          "plant 0x20100 hex 43000978\n"
                          "plant 0x21100 hex 43000978\n"
                          "plant 0x30200 hex 43000978\n",
        .spaces = {"kernel", "unmapped"},
        .needles = {{"43000978", 1}},
        .hits = 3,
    },
    {
        .name = "windows",
        .container = "crash64-full",
        .spec = X64_START "map k " K " 4K transition 0x20000\n"
                          "map k " K "+4K 4K to 0x30000\n"
                          "map k " K "+8K 4K prototype " K "+0x1100 to 0x21000\n"
                          "map k " K "+12K 4K prototype " K "+0x1108 transition 0x22000\n"
                          "map k " K "+16K 4K prototype " K "+0x1110 pagefile 1 7\n"
                          "map k " K "+20K 4K pagefile 1 2\n"
                          "map k " K "+24K 4K demand-zero\n"
                          "plant k:" K "+0xffe hex 43000978\n"
                          "plant k:" K "+0x1ffe hex 43000978\n"
                          "plant k:" K "+0x2ffe hex 43000978\n"
                          "plant 0x22ffe hex 4300\n",
        .spaces = {"kernel"},
        .needles = {{"43000978", 1}},
        .hits = 3,
    },
    {
        // The addresses of prototypes are multiples of four.
        .name = "windows_x86",
        .container = "crash32-full",
        .spec = "run 64K 256K\n"
                "tables 64K 64K\n"
                "space k x86\n"
                "map k 0x80000000 4K transition 0x20000\n"
                "map k 0x80001000 4K to 0x30000\n"
                "map k 0x80002000 20K prototype 0x80001ffc\n" // the first alone is mapped
                "map k 0x80003000 16K prototype 0x80001104 to 0x21000\n"
                "plant k:0x80000ffe hex 43000978\n"
                "plant k:0x80003100 hex 43000978\n"
                "plant k:0x80004100 hex 43000978\n"
                "plant k:0x80005100 hex 43000978\n"
                "plant k:0x80006100 hex 43000978\n",
        .spaces = {"kernel"},
        .needles = {{"43000978", 1}},
        .kernel = 0x80000000,
        .hits = 5,
    },
    {
        .name = "large_page_partly_outside",
        .spec = "run 64K 64K\n"
                "run 0x3ff000 0x5800\n" // ends inside of a page of the large page from 4 MiB on
                "tables 64K 64K\n"
                "space k x64\n"
                "map k " K " 2M to 4M pages 2M\n"
                "map k " K "+1G 1G to 0 pages 1G\n"
                "plant 0x3ffffe hex 43000978\n"
                "plant 0x4047fc hex 43000978\n",
        .spaces = {"kernel", "unmapped", "physical"},
        .needles = {{"43000978", 1}},
        .hits = 5,
    },
    {
        .name = "large_page_x86",
        .spec = "run 64K 64K\n"
                "run 0x3ff000 0x5000\n"
                "tables 64K 64K\n"
                "space k x86\n"
                "map k 0xc0400000 4M to 4M pages 4M\n"
                "map k 0xc03ff000 4K to 0x3ff000\n"
                "plant k:0xc03ffffe hex 43000978\n",
        .spaces = {"kernel"},
        .needles = {{"43000978", 1}},
        .kernel = 0xc0000000,
        .hits = 1,
    },
    {
        .name = "missing_table",
        .spec = "run 64K 128K\n"
                "tables 64K 12K\n"
                "space k x64\n"
                "map k " K " 512G nothing pages 512G\n"
                "map k " K "+1G 1G nothing pages 1G\n"
                "tables 1M 64K\n"
                "map k " K "+1G 4K to 0x10000\n"
                "map k " K "+1G+2M 4K to 0x10000\n",
        .spaces = {"kernel"},
        .needles = {{"43000978", 1}},
        .hits = 0,
    },
    {
        .name = "page_flags",
        .spec = X64_START "map k " K " 4K to 0x20000\n"
                          "map k " K "+4K 4K to 0x30000 ro\n"
                          "map k " K "+8K 4K to 0x22000 nx\n"
                          "map k " K "+12K 4K to 0x34000\n"
                          "plant 0x20ffe hex 4300\n"
                          "plant 0x30000 hex 0978\n"
                          "plant k:" K "+0x1800 hex 43000978\n"
                          "plant k:" K "+0x2800 hex 43000978\n"
                          "plant k:" K "+0x2ffe hex 43000978\n",
        .spaces = {"kernel"},
        .needles = {{"43000978", 1}},
        .page_flags = MS_PAGE_WRITABLE,
        .hits = 2,
    },
    {
        .name = "ranges",
        .spec = X64_START "map k " K " 16K scatter 128K 64K\n"
                          "plant k:" K "+0xffe hex 43000978\n"
                          "plant k:" K "+0x1ffe hex 43000978\n"
                          "plant k:" K "+0x2ffe hex 43000978\n",
        .spaces = {"kernel", "physical"},
        .needles = {{"43000978", 1}},
        .ranges = {{.first = UINT64_C(0xfffff80000000ffe), .last = UINT64_C(0xfffff80000001fff)},
                   {.first = UINT64_C(0xfffff80000002000), .last = UINT64_C(0xfffff80000ffffff)},
                   {.first = 0, .last = 0x7ffffff, .physical = true}},
        .hits = 2,
    },
};

#define N_CASES (sizeof(cases) / sizeof(cases[0]))

static void make_texts(void)
{
    uint32_t state = 1;

    for (size_t i = 0; i < LONG_LENGTH; i++) {
        state = state * 1664525 + 1013904223;
        long_text[i] = (char)('a' + (state >> 24) % 26);
        late_text[i] = i + LATE_PART < LONG_LENGTH ? 'e' : long_text[i];
    }
    memcpy(long64_text, long_text, sizeof(long64_text) - 1);
    memcpy(late_end_text, late_text + LONG_LENGTH - (sizeof(late_end_text) - 1),
           sizeof(late_end_text) - 1);
    for (size_t i = 0; i < LONGEST_LENGTH; i++)
        longest_text[i] = "etao"[long_text[i * 7 % LONG_LENGTH] % 4];
    memcpy(longest_text + LONGEST_LENGTH - LATE_PART, late_text + LONG_LENGTH - LATE_PART,
           LATE_PART);
}

// `bytes` is where its bytes go.
static struct needle needle_of(const struct case_needle *from, uint8_t bytes[16])
{
    size_t length = strlen(from->text) / 2;

    for (size_t i = 0; i < N_TEXTS; i++) {
        if (strcmp(from->text, texts[i].name) == 0)
            return (struct needle){.bytes = (const uint8_t *)texts[i].value,
                                   .length = strlen(texts[i].value),
                                   .align = from->align};
    }
    for (size_t i = 0; i < length; i++) {
        const char pair[] = {from->text[2 * i], from->text[2 * i + 1], '\0'};

        bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return (struct needle){.bytes = bytes, .length = length, .align = from->align};
}

static void read_spec(struct spec *spec, const char *text)
{
    struct memory_file file = memory_file_open(text, strlen(text));
    struct variables variables = {0};

    *spec = (struct spec){.seed = 1};
    for (size_t i = 0; i < N_TEXTS; i++)
        variables_define(&variables, texts[i].name, texts[i].value);
    spec_read(spec, file.path, &variables);
    variables_release(&variables);
    memory_file_close(&file);
}

// What the case searches: the spaces that it names, or all.
static void take_names(const struct named_case *named, const struct spec *spec,
                       struct space_query *query)
{
    static char numbers[MAX_NAMES][24];

    while (query->n_names < MAX_CASE_SPACES && named->spaces[query->n_names]) {
        query->names[query->n_names] = named->spaces[query->n_names];
        query->n_names++;
    }
    for (size_t i = 0; named->all_roots && i < spec->n_spaces; i++) {
        snprintf(numbers[i], sizeof(numbers[i]), "%zu", i);
        query->names[query->n_names++] = numbers[i];
    }
}

static void run_case(const struct named_case *named, struct space_counts *counts)
{
    struct needle needles[MAX_CASE_NEEDLES];
    uint8_t bytes[MAX_CASE_NEEDLES][16];
    struct space_query query = {.container = named->container ? named->container : "elf64",
                                .cut = named->cut,
                                .kernel = named->kernel,
                                .needles = needles,
                                .page_flags = named->page_flags,
                                .ways = ways,
                                .n_ways = N_WAYS};
    struct spec spec;

    snprintf(current, sizeof(current), "%s", named->name);
    read_spec(&spec, named->spec);
    query.windows = strncmp(query.container, "crash", strlen("crash")) == 0;
    take_names(named, &spec, &query);
    for (; query.n_needles < MAX_CASE_NEEDLES && named->needles[query.n_needles].text;
         query.n_needles++) {
        needles[query.n_needles] =
            needle_of(&named->needles[query.n_needles], bytes[query.n_needles]);
    }
    if (named->most > 0) {
        needles[0].regex = true;
        needles[0].most = named->most;
        query.ways = regex_ways;
        query.n_ways = N_REGEX_WAYS;
    }
    while (query.n_ranges < MAX_QUERY_RANGES && named->ranges[query.n_ranges].last) {
        query.ranges[query.n_ranges] = named->ranges[query.n_ranges];
        query.n_ranges++;
    }
    check_spaces(&spec, &query, named->hits, counts);
    spec_release(&spec);
}

static bool can_run(const struct named_case *named)
{
#if defined(MS_HAVE_HYPERSCAN)
    (void)named;
    return true;
#else
    return named->most == 0;
#endif
}

// The number of cases of that name that were run, and that were not for want of Hyperscan.
static void run_named(const char *name, struct space_counts *counts, size_t *n_run,
                      size_t *n_skipped)
{
    for (size_t i = 0; i < N_CASES + n_shared_cases; i++) {
        const struct named_case *named = i < N_CASES ? &cases[i] : &shared_cases[i - N_CASES];

        if (strcmp(name, "all") != 0 && strcmp(name, named->name) != 0)
            continue;
        if (can_run(named)) {
            run_case(named, counts);
            ++*n_run;
        } else {
            printf("%s: there are no regexes without Hyperscan\n", named->name);
            ++*n_skipped;
        }
    }
}

// == Random machines ==

enum { INPUT_SIZE = 900 };

// Bytes by lot. Counts are their first bytes, so that machines of all sizes come.
static struct random_machine *make_random(uint64_t seed)
{
    static struct random_machine machine; // large
    static uint8_t bytes[INPUT_SIZE];     // to which it points
    struct random random = random_from(seed, 0);
    struct input input = {bytes, sizeof(bytes)};

    snprintf(current, sizeof(current), "random %" PRIu64 " 1", seed);
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)random_next(&random);
    random_machine_take(&machine, &input);
    return &machine;
}

static void run_random(uint64_t from, uint64_t count, struct space_counts *counts)
{
    for (uint64_t i = 0; i < count; i++) {
        const struct random_machine *machine = make_random(from + i);

        check_spaces(&machine->spec, &machine->query, UINT64_MAX, counts);
    }
}

static void show_random(uint64_t seed)
{
    const struct random_machine *machine = make_random(seed);
    const struct space_query *query = &machine->query;
    struct image image;

    image_plan(&image, &machine->spec, container_find(query->container));
    truth_write(&image, stdout);
    image_release(&image);
    for (size_t i = 0; i < query->n_names; i++)
        printf("search %s\n", query->names[i]);
    for (size_t i = 0; i < query->n_ranges; i++)
        printf("range %s0x%" PRIx64 " 0x%" PRIx64 "\n", query->ranges[i].physical ? "p:" : "",
               query->ranges[i].first, query->ranges[i].last);
    for (size_t i = 0; i < query->n_needles; i++)
        printf("pattern of %zu bytes, aligned to %u%s\n", query->needles[i].length,
               query->needles[i].align, query->needles[i].regex ? ", a regex" : "");
    for (size_t i = 0; i < query->n_ways; i++)
        printf("way: %u threads, chunks of %zu, engines 0x%x%s%s%s%s%s, resume %" PRIu32
               ", stop at %u\n",
               query->ways[i].threads, query->ways[i].chunk_bytes, query->ways[i].engine_mask,
               query->ways[i].map ? ", mapped" : "", query->ways[i].once ? ", once" : "",
               query->ways[i].edge ? ", edge" : "", query->ways[i].fold ? ", folded" : "",
               query->ways[i].count_only ? ", counts" : "", query->ways[i].resume,
               query->ways[i].stop_at);
    printf("page flags %u, %" PRIu64 " bytes cut off\n", query->page_flags, query->cut);
}

// == All ==

int main(int argc, char **argv)
{
    struct space_counts counts = {0};
    size_t n_run = 0, n_skipped = 0;

    signal(SIGABRT, on_abort);
    diag_set_undo(say_current); // before the builder exits
    make_texts();
    if (argc == 4 && strcmp(argv[1], "random") == 0) {
        run_random(strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10), &counts);
        argc = 1;
    }
    if (argc == 3 && strcmp(argv[1], "show") == 0) {
        show_random(strtoull(argv[2], NULL, 10));
        return 0;
    }
    for (int i = 1; i < argc; i++) {
        size_t before = n_run + n_skipped;

        run_named(argv[i], &counts, &n_run, &n_skipped);
        if (n_run + n_skipped == before) {
            fprintf(stderr, "there is no case %s\n", argv[i]);
            return 2;
        }
    }
    printf("%" PRIu64 " hits, %" PRIu64 " of them in pieces, %" PRIu64 " mappings, %" PRIu64
           " gaps, %" PRIu64 " discarded\n",
           counts.hits, counts.seams, counts.mappings, counts.gaps, counts.discarded);
    return n_run == 0 && n_skipped > 0 ? 77 : 0;
}
