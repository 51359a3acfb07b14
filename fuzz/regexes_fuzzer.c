// SPDX-License-Identifier: MIT
//
// Regular expressions that a small grammar makes of the input, over small memory that the input
// makes too, in windows and pieces of ranges, and as an image by ms_search(): what is found must be
// what the model of the expressions and the rule of memscan's contract give. Nobody feeds this
// input to memscan; what it reaches is what a stranger's image and a stranger's pattern file reach
// together.
//
// The input, every part of which may be missing:
//
//     config     how memory is cut, and where it lies                    take_config()
//     regexes    a count, then for each: options, an expression          regex_model.c
//     memory     instructions: these bytes, one byte several times       make_memory()

#include "regex_model.h"
#include "windows.h"

#define MAX_INPUT    1024
#define MAX_REGEXES  3 // see set_create()
#define MAX_PIECES   3
#define MAX_MATCHES  20000
#define SMALL_MEMORY 200
#define LARGE_MEMORY 9000 // more than two granules of the engine; for short matches alone
#define MAX_SHORT    32   // bytes of those

_Static_assert(SMALL_MEMORY < MODEL_POSITIONS && MAX_SHORT < MODEL_POSITIONS, "see regex_model.h");

struct config {
    struct cuts cuts;
    bool large;
    bool search; // by ms_search(), too
    bool at_top; // the memory's last byte is the last there is
    uint64_t address;
    size_t n_pieces;
    uint8_t piece_starts[MAX_PIECES], piece_ends[MAX_PIECES];
};

static struct config take_config(struct input *input)
{
    unsigned how = (unsigned)take(input, 1);
    struct config config = {
        .large = (how & 7) == 7,
        .at_top = (how & 0x18) == 0x18,
        .search = how & 0x20,
        .n_pieces = how >> 6,
        .cuts = {.chunk = (size_t)take(input, 1), .first = (size_t)take(input, 1)},
        .address = take(input, 1),
    };

    if (config.large)
        config.cuts.chunk *= 40;
    for (size_t i = 0; i < config.n_pieces; i++) {
        config.piece_starts[i] = (uint8_t)take(input, 1);
        config.piece_ends[i] = (uint8_t)take(input, 1);
    }
    return config;
}

// == The set ==

struct set {
    struct ms_patterns *patterns;
    struct regex_model models[MAX_REGEXES]; // by the number of the pattern
    uint32_t widest;
};

static void add_regex(struct set *set, struct input *input)
{
    struct regex_model *model = &set->models[set->patterns->all.n];
    unsigned form = (unsigned)take(input, 1);
    struct ms_pattern_options options = {.ignore_case = form & 1, .align = 1u << (form >> 1 & 3)};
    struct ms_error error;

    regex_model_make(model, input, options.ignore_case);
    CHECK(ms_patterns_add(set->patterns, MS_REGEX, model->text, model->length, &options, &error) ==
              MS_OK,
          "%s", error.text);
    if (model->widest > set->widest)
        set->widest = model->widest;
}

static struct set *set_create(struct input *input)
{
    struct set *set = malloc(sizeof(*set));
    size_t n = (size_t)take(input, 1) & 7; // mostly one: they take long to compile

    n = n < 6 ? 1 : n - 4;
    if (!set || ms_patterns_create(&set->patterns, NULL))
        abort();
    set->widest = 0;
    for (size_t i = 0; i < n; i++)
        add_regex(set, input);
    return set;
}

static void set_free(struct set *set)
{
    ms_patterns_free(set->patterns);
    free(set);
}

// == Memory ==

// Returns how many bytes were made, `most` at most.
static size_t make_memory(uint8_t *bytes, size_t most, struct input *input)
{
    size_t n = 0;

    while (input->left > 0 && n < most) {
        unsigned code = (unsigned)take(input, 1);
        size_t repeat = 1;

        if (code >= 0xe0)
            repeat = (size_t)take(input, 1) * (code & 16 ? 40 : 1);
        for (size_t i = 0; i < repeat && n < most; i++)
            bytes[n++] = code & 0x20 && code < 0xc0 ? (uint8_t)code : model_letter(code);
    }
    return n;
}

// Overlapping pieces, both ends ascending, whose union is the memory. Returns how many.
static size_t make_pieces(const struct config *config, const struct segment *segment,
                          struct ms_range *pieces)
{
    size_t n = 0, first = 0, last = 0, end = segment->length - 1;

    for (; n < config->n_pieces && last < end; n++) {
        // Begins in the piece before, and ends behind it.
        first = n > 0 ? first + 1 + config->piece_starts[n] % (last - first) : 0;
        last += 1 + config->piece_ends[n];
        if (last > end || n + 1 == config->n_pieces)
            last = end;
        pieces[n] = (struct ms_range){segment->start + first, segment->start + last, false};
    }
    return n;
}

// == The check ==

struct check {
    const struct ms_matcher *matcher;
    const struct segment *segment;
    const struct config *config;
    struct ms_range pieces[MAX_PIECES];
    size_t n_pieces;
    struct matches expected;
    const char *first; // of the expressions
};

static void check_windows(const struct check *check)
{
    struct window_scan *scan = window_scan_create(check->matcher);

    window_scan_add(scan, check->segment, check->pieces, check->n_pieces, check->config->cuts);
    matches_expect(window_scan_found(scan), &check->expected, check->first);
    window_scan_free(scan);
}

static int take_hit(void *user, const struct ms_hit *hit)
{
    matches_add(user, hit->address, hit->pattern, hit->length);
    return 0;
}

static void check_search(const struct check *check, const struct ms_image *image)
{
    struct matches found = {0};
    struct ms_search_callbacks callbacks = {.hit = take_hit, .user = &found};
    struct ms_search_options options = {
        .ranges = check->pieces,
        .n_ranges = check->n_pieces,
        .threads = 1,
        .chunk_bytes = limit_chunk(check->config->cuts.chunk, check->segment->length),
        .max_hits = UINT64_MAX,
    };
    struct ms_search_result result;
    struct ms_error error;

    CHECK(ms_search(image, check->matcher, &options, &callbacks, &result, &error) == MS_OK,
          "search: %s", error.text);
    matches_sort(&found);
    matches_expect(&found, &check->expected, check->first);
    CHECK(result.hits == check->expected.all.n, "the counts do not add up");
    ms_search_result_release(&result);
    matches_release(&found);
}

static void check_image(const struct check *check)
{
    struct run run = {check->segment->start, 0, (uint32_t)check->segment->length};
    struct memory_file file = lime_file(check->segment->bytes, &run, 1);
    struct ms_image *image;
    struct ms_error error;

    CHECK(ms_image_open(file.path, NULL, &image, &error) == MS_OK, "open: %s", error.text);
    check_search(check, image);
    ms_image_close(image);
    memory_file_close(&file);
}

static void check_found(const struct set *set, const struct ms_matcher *matcher,
                        const struct segment *segment, const struct config *config)
{
    struct check check = {matcher, segment, config, .first = set->models[0].text};

    check.n_pieces = make_pieces(config, segment, check.pieces);
    for (uint32_t i = 0; i < set->patterns->all.n; i++)
        regex_model_find(&set->models[i], segment, check.pieces, check.n_pieces,
                         set->patterns->all.items[i].align, i, &check.expected);
    matches_sort(&check.expected);
    if (check.expected.all.n <= MAX_MATCHES) {
        check_windows(&check);
        if (config->search)
            check_image(&check);
    }
    matches_release(&check.expected);
}

static void check_set(const struct set *set, const struct segment *segment,
                      const struct config *config)
{
    struct ms_matcher *matcher;
    struct ms_error error;

    CHECK(ms_matcher_create(set->patterns, NULL, &matcher, &error) == MS_OK, "%s", error.text);
    check_found(set, matcher, segment, config);
    ms_matcher_free(matcher);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    struct config config = take_config(&input);
    struct segment segment = {.start = config.address};
    uint8_t bytes[LARGE_MEMORY];
    struct set *set;
    bool large;

    if (size > MAX_INPUT)
        return 0;
    set = set_create(&input);
    large = config.large && set->widest <= MAX_SHORT;
    segment.bytes = bytes;
    segment.length = make_memory(bytes, large ? LARGE_MEMORY : SMALL_MEMORY, &input);
    if (config.at_top)
        segment.start = -(uint64_t)segment.length;
    if (segment.length > 0)
        check_set(set, &segment, &config);
    set_free(set);
    return 0;
}
