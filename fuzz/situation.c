// SPDX-License-Identifier: MIT

#include "situation.h"

// == Memory ==

static void put_byte(struct situation *situation, uint8_t byte)
{
    if (situation->size < situation->max_size)
        situation->memory[situation->size++] = byte;
}

// Memory that pattern number `number` matches, without its last `cut` bytes.
static void put_pattern(struct situation *situation, size_t number, size_t cut)
{
    const struct ms_pattern *pattern;
    size_t at = situation->size;

    if (number >= situation->patterns->all.n)
        return;
    pattern = &situation->patterns->all.items[number];
    for (size_t i = 0; i < pattern->length; i++)
        put_byte(situation, pattern->bytes[i]);
    for (size_t i = 0; i < pattern->n_ranges && situation->size == at + pattern->length; i++) {
        const struct ms_value_range *range = &pattern->ranges[i];

        for (uint32_t byte = 0; byte < range->width; byte++)
            situation->memory[at + range->offset + byte] = (uint8_t)(range->lo >> 8 * byte);
    }
    situation->size -= situation->size - at > cut ? cut : 0;
}

static void put_period(struct situation *situation, struct input *input, size_t period)
{
    size_t start = situation->size, length = (size_t)take(input, 2) % 0x2400;

    for (size_t i = 0; i < length; i++) {
        if (i < period)
            put_byte(situation, (uint8_t)take(input, 1));
        else if (start + i < situation->max_size)
            put_byte(situation, situation->memory[start + i - period]);
    }
}

static void put_copy(struct situation *situation, struct input *input)
{
    size_t back = (size_t)take(input, 2), length = (size_t)take(input, 1) + 1;

    if (back == 0 || back > situation->size)
        return;
    for (size_t i = 0; i < length && situation->size < situation->max_size; i++)
        put_byte(situation, situation->memory[situation->size - back]);
}

UNWATCHED static void make_memory(struct situation *situation, struct input *input)
{
    while (input->left > 0 && situation->size < situation->max_size) {
        unsigned code = (unsigned)take(input, 1);

        if (code < 0x60) {
            for (unsigned i = 0; i <= (code & 31); i++)
                put_byte(situation, (uint8_t)take(input, 1));
        } else if (code < 0xa0) {
            put_period(situation, input, 1 + (code & 7));
        } else if (code < 0xe0) {
            put_pattern(situation, code & 8 ? (size_t)take(input, 1) : code & 7,
                        code & 0x10 ? (size_t)take(input, 1) : 0);
        } else {
            put_copy(situation, input);
        }
    }
}

// == Where memory lies ==

struct layout {
    unsigned base;
    uint64_t offset;
    size_t n_runs;
    uint16_t cuts[MAX_RUNS];
    uint8_t gaps[MAX_RUNS];
    size_t n_ranges;
    uint16_t firsts[MAX_RANGES], lengths[MAX_RANGES];
    uint16_t from;
};

static struct layout take_layout(struct input *input)
{
    struct layout layout = {.base = (unsigned)take(input, 1)};

    layout.offset = take(input, 2);
    layout.n_runs = 1 + (size_t)take(input, 1) % MAX_RUNS;
    for (size_t i = 0; i < layout.n_runs; i++) {
        layout.cuts[i] = (uint16_t)take(input, 2);
        layout.gaps[i] = (uint8_t)take(input, 1);
    }
    layout.n_ranges = (size_t)take(input, 1) % (MAX_RANGES + 1);
    for (size_t i = 0; i < layout.n_ranges; i++) {
        layout.firsts[i] = (uint16_t)take(input, 2);
        layout.lengths[i] = (uint16_t)take(input, 2);
    }
    layout.from = (uint16_t)take(input, 2);
    return layout;
}

// Where memory of `length` bytes, with its holes, begins: low, around a power of two, or so that
// its last byte is the last there is.
static uint64_t choose_base(const struct layout *layout, uint64_t length)
{
    uint64_t base = layout->offset;

    if ((layout->base & 3) == 3)
        return -length;
    if ((layout->base & 3) == 2)
        base = (UINT64_C(1) << (layout->base >> 2)) - layout->offset % (length + 1);
    return base > -length && length > 0 ? -length : base;
}

// Cuts the memory into runs, with holes between them or none.
static void make_runs(struct situation *situation, const struct layout *layout)
{
    uint64_t at = 0, base;
    uint32_t offset = 0;

    for (size_t i = 0; i < layout->n_runs && offset < situation->size; i++) {
        size_t left = situation->size - offset;
        size_t length = i + 1 == layout->n_runs ? left : 1 + layout->cuts[i] % left;

        at += i > 0 ? layout->gaps[i] : 0;
        situation->runs[situation->n_runs++] = (struct run){at, offset, (uint32_t)length};
        at += length;
        offset += (uint32_t)length;
    }
    base = choose_base(layout, at);
    for (size_t i = 0; i < situation->n_runs; i++)
        situation->runs[i].start += base;
}

static void make_ranges(struct situation *situation, const struct layout *layout)
{
    uint64_t base = situation->runs[0].start;

    for (size_t i = 0; i < layout->n_ranges; i++) {
        struct ms_range *range = &situation->ranges[i];

        range->first = base + layout->firsts[i] < base ? UINT64_MAX : base + layout->firsts[i];
        range->last = range->first + layout->lengths[i];
        if (range->last < range->first)
            range->last = UINT64_MAX;
    }
    situation->n_ranges = layout->n_ranges;
    situation->from = layout->from & 1 ? base + (layout->from >> 1) : 0;
    if (situation->from < base)
        situation->from = 0;
}

struct situation *situation_create(struct input *input, size_t max_size)
{
    struct situation *situation = malloc(sizeof(*situation));
    struct layout layout;

    if (!situation || ms_patterns_create(&situation->patterns, NULL))
        abort();
    situation->max_size = max_size;
    situation->size = situation->n_runs = 0; // the memory is filled as far as its size tells
    situation_add_patterns(situation->patterns, input);
    layout = take_layout(input);
    make_memory(situation, input);
    if (situation->patterns->all.n == 0 || situation->size == 0) {
        situation_free(situation);
        return NULL;
    }
    make_runs(situation, &layout);
    make_ranges(situation, &layout);
    return situation;
}

void situation_free(struct situation *situation)
{
    ms_patterns_free(situation->patterns);
    free(situation);
}

// == The image ==

#define LIME_HEADER 32

static uint8_t *put_run(uint8_t *out, const uint8_t *memory, const struct run *run)
{
    static const uint8_t magic[8] = {'E', 'M', 'i', 'L', 1};
    uint64_t last = run->start + run->length - 1;

    memset(out, 0, LIME_HEADER);
    memcpy(out, magic, sizeof(magic));
    for (unsigned byte = 0; byte < 8; byte++) {
        out[8 + byte] = (uint8_t)(run->start >> 8 * byte);
        out[16 + byte] = (uint8_t)(last >> 8 * byte);
    }
    memcpy(out + LIME_HEADER, memory + run->offset, run->length);
    return out + LIME_HEADER + run->length;
}

struct memory_file lime_file(const uint8_t *memory, const struct run *runs, size_t n_runs)
{
    uint8_t bytes[MAX_MEMORY + MAX_RUNS * LIME_HEADER], *end = bytes;

    for (size_t i = 0; i < n_runs; i++)
        end = put_run(end, memory, &runs[i]);
    return memory_file_open(bytes, (size_t)(end - bytes));
}

// == What is to be found ==

struct segment situation_segment(const struct situation *situation, size_t *run)
{
    const struct run *runs = situation->runs;
    struct segment segment = {runs[*run].start, situation->memory + runs[*run].offset,
                              runs[*run].length};

    // The runs lie one behind the other in the memory.
    while (++*run < situation->n_runs &&
           runs[*run].start == runs[*run - 1].start + runs[*run - 1].length)
        segment.length += runs[*run].length;
    return segment;
}

UNWATCHED bool situation_in_ranges(const struct situation *situation, uint64_t address,
                                   uint32_t length)
{
    for (size_t i = 0; i < situation->n_ranges; i++) {
        if (address >= situation->ranges[i].first &&
            address + (length - 1) <= situation->ranges[i].last)
            return true;
    }
    return situation->n_ranges == 0;
}

UNWATCHED static uint64_t value_at(const uint8_t *bytes, uint32_t width)
{
    uint64_t value = 0;

    for (uint32_t i = 0; i < width; i++)
        value |= (uint64_t)bytes[i] << 8 * i;
    return value;
}

UNWATCHED static bool matches_at(const struct ms_pattern *pattern, const uint8_t *bytes)
{
    for (uint32_t i = 0; i < pattern->length; i++) {
        if ((bytes[i] & (pattern->mask ? pattern->mask[i] : 0xff)) != pattern->bytes[i])
            return false;
    }
    for (size_t i = 0; i < pattern->n_ranges; i++) {
        const struct ms_value_range *range = &pattern->ranges[i];
        uint64_t value = value_at(bytes + range->offset, range->width);

        if (value < range->lo || value > range->hi)
            return false;
    }
    return true;
}

// By the value of a byte, one bit for each pattern that may match where that byte is.
struct starts {
    uint64_t patterns[256];
};

_Static_assert(MAX_PATTERNS <= 64, "a bit for each pattern");

UNWATCHED static struct starts find_starts(const struct ms_patterns *patterns)
{
    struct starts starts = {{0}};

    for (size_t i = 0; i < patterns->all.n; i++) {
        const struct ms_pattern *pattern = &patterns->all.items[i];
        unsigned mask = pattern->mask ? pattern->mask[0] : 0xff;

        for (unsigned byte = 0; byte < 256; byte++)
            starts.patterns[byte] |= (uint64_t)((byte & mask) == pattern->bytes[0]) << i;
    }
    return starts;
}

struct hunt {
    const struct situation *situation;
    struct starts starts;
    bool limited;
    size_t most;
    struct matches *found;
};

UNWATCHED static void try_pattern(const struct hunt *hunt, const struct segment *segment, size_t at,
                                  uint32_t number)
{
    const struct ms_pattern *pattern = &hunt->situation->patterns->all.items[number];
    uint64_t address = segment->start + at;

    if (address % pattern->align != 0 || pattern->length > segment->length - at ||
        !matches_at(pattern, segment->bytes + at))
        return;
    if (!hunt->limited || (address >= hunt->situation->from &&
                           situation_in_ranges(hunt->situation, address, pattern->length)))
        matches_add(hunt->found, address, number, pattern->length);
}

UNWATCHED static void find_in_segment(const struct hunt *hunt, const struct segment *segment)
{
    for (size_t at = 0; at < segment->length && hunt->found->all.n <= hunt->most; at++) {
        uint64_t candidates = hunt->starts.patterns[segment->bytes[at]];

        for (; candidates; candidates &= candidates - 1)
            try_pattern(hunt, segment, at, (uint32_t)__builtin_ctzll(candidates));
    }
}

bool situation_find(const struct situation *situation, bool limited, size_t most,
                    struct matches *found)
{
    struct hunt hunt = {situation, find_starts(situation->patterns), limited, most, found};

    for (size_t run = 0; run < situation->n_runs;) {
        struct segment segment = situation_segment(situation, &run);

        find_in_segment(&hunt, &segment);
    }
    return found->all.n <= most;
}
