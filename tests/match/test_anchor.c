// SPDX-License-Identifier: MIT
//
// Anchors: wherever a pattern matches its anchor is found, and what is said to be all of a pattern
// is all of it.

#include "match/anchor.h"
#include "match/pattern_set.h"
#include "model.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

static const struct model_profile profile = {
    .name = "anchors",
    .kinds = "bwdqaux",
    .max_patterns = 8,
    .max_length = 150,
    .max_memory = 6000,
    .exact_percent = 50,
    .periodic_percent = 20,
    .aligned_percent = 50,
    .uniform_percent = 5,
};

#define N_CASES 1500

static uint64_t load(const uint8_t *memory, uint32_t width)
{
    uint64_t value = 0;

    for (uint32_t i = width; i-- > 0;)
        value = value << 8 | memory[i];
    return value;
}

static bool element_passes(const struct ms_element *element, uint64_t value)
{
    switch (element->kind) {
    case MS_ELEMENT_EXACT:
        return value == element->value;
    case MS_ELEMENT_MASKED:
        return (value & element->mask) == element->value;
    default:
        return value >= element->value && value <= element->last;
    }
}

static void expect_element_fits(const struct ms_pattern *pattern, const struct ms_element *element,
                                uint32_t max_width, uint64_t seed)
{
    cr_assert(element->width == 1 || element->width == 2 || element->width == 4 ||
                  element->width == 8,
              "seed %" PRIu64 ": %u bytes", seed, element->width);
    cr_assert(element->width <= max_width && element->width <= pattern->align,
              "seed %" PRIu64 ": %u bytes", seed, element->width);
    cr_assert(element->offset % element->width == 0, "seed %" PRIu64 ": at %u", seed,
              element->offset);
    cr_assert(element->offset + element->width <= pattern->length, "seed %" PRIu64 ": at %u", seed,
              element->offset);
}

// At each place of the memory: a match passes, and what passes a whole element is a match.
static void expect_element_true(const struct model_case *model, size_t number,
                                const struct ms_element *element, uint64_t seed)
{
    const struct model_pattern *pattern = &model->patterns.items[number];

    for (size_t at = 0; at + pattern->length <= model->length; at++) {
        const uint8_t *memory = model->memory + at;
        bool matches = model_matches(pattern, memory);
        bool passes = element_passes(element, load(memory + element->offset, element->width));

        cr_assert(passes || !matches, "seed %" PRIu64 ": pattern %zu at %zu is lost", seed, number,
                  at);
        cr_assert(!element->whole || passes == matches,
                  "seed %" PRIu64 ": pattern %zu at %zu is invented", seed, number, at);
    }
}

static void check_elements(const struct model_case *model, const struct ms_patterns *patterns,
                           uint64_t seed)
{
    for (size_t i = 0; i < patterns->all.n; i++) {
        for (uint32_t max_width = 1; max_width <= 8; max_width *= 2) {
            const struct ms_pattern *pattern = &patterns->all.items[i];
            struct ms_element element = ms_anchor_element(pattern, max_width);

            expect_element_fits(pattern, &element, max_width, seed);
            expect_element_true(model, i, &element, seed);
        }
    }
}

Test(anchor, random_elements)
{
    for (uint64_t seed = 0; seed < N_CASES; seed++) {
        struct model_case model;
        struct ms_patterns *patterns;

        model_case_random(&model, &profile, seed);
        patterns = model_case_set(&model);
        check_elements(&model, patterns, seed);
        ms_patterns_free(patterns);
        model_case_release(&model);
    }
}

static uint32_t naive_period(const struct ms_pattern *pattern, uint32_t most)
{
    for (uint32_t period = 1; period <= most && 2 * period <= pattern->length; period++) {
        bool repeats = true;

        for (uint32_t i = period; i < pattern->length; i++)
            repeats = repeats && pattern->bytes[i] == pattern->bytes[i - period];
        if (repeats && !pattern->mask)
            return period;
    }
    return 0;
}

static void check_stretch(const struct ms_pattern *pattern, uint64_t seed)
{
    struct ms_stretch_anchor anchor = ms_anchor_stretch(pattern);

    cr_assert(anchor.length >= 1 && anchor.length <= MS_ANCHOR_BYTES, "seed %" PRIu64 ": %u bytes",
              seed, anchor.length);
    cr_assert(anchor.offset + anchor.length <= pattern->length, "seed %" PRIu64 ": %u + %u", seed,
              anchor.offset, anchor.length);
    for (uint32_t most = 1; most <= 8; most++)
        cr_assert(ms_pattern_period(pattern, most) == naive_period(pattern, most),
                  "seed %" PRIu64 ": period %u, at most %u", seed, ms_pattern_period(pattern, most),
                  most);
}

Test(anchor, random_stretches_and_periods)
{
    for (uint64_t seed = 0; seed < N_CASES; seed++) {
        struct model_case model;
        struct ms_patterns *patterns;

        model_case_random(&model, &profile, seed);
        patterns = model_case_set(&model);
        for (size_t i = 0; i < patterns->all.n; i++)
            check_stretch(&patterns->all.items[i], seed);
        ms_patterns_free(patterns);
        model_case_release(&model);
    }
}

Test(anchor, elements)
{
    static const struct {
        const char *name;
        enum ms_pattern_kind kind;
        const char *text;
        uint32_t align;
        uint32_t max_width;
        uint32_t offset;
        uint32_t width;
        enum ms_element_kind element;
        bool whole;
    } cases[] = {
        {"a value", MS_DWORD, "78090043", 0, 8, 0, 4, MS_ELEMENT_EXACT, true},
        {"a value under a mask", MS_DWORD, "7809????", 0, 8, 0, 4, MS_ELEMENT_MASKED, true},
        {"a range", MS_QWORD, "fffff80000000000..fffff80000ffffff", 0, 8, 0, 8, MS_ELEMENT_RANGE,
         true},
        {"the rarer of two", MS_DWORD, "00000000 78090043", 0, 8, 4, 4, MS_ELEMENT_EXACT, false},
        {"no wider than aligned", MS_DWORD, "78090043", 2, 8, 2, 2, MS_ELEMENT_EXACT, false},
        {"no wider than asked", MS_QWORD, "7809004378090043", 0, 4, 0, 4, MS_ELEMENT_EXACT, false},
        {"one byte anywhere", MS_BYTE, "43", 0, 8, 0, 1, MS_ELEMENT_EXACT, true},
        {"coarser than wide", MS_DWORD, "78090043", 64, 8, 0, 4, MS_ELEMENT_EXACT, true},
        {"a range that an element spans", MS_BYTE, "00..7f 42", 2, 8, 1, 1, MS_ELEMENT_EXACT,
         false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ms_patterns *patterns = model_set_of(cases[i].kind, cases[i].text, cases[i].align);
        struct ms_element element = ms_anchor_element(&patterns->all.items[0], cases[i].max_width);

        cr_expect(element.width == cases[i].width, "%s: %u bytes", cases[i].name, element.width);
        cr_expect(element.offset == cases[i].offset, "%s: at %u", cases[i].name, element.offset);
        cr_expect(element.kind == cases[i].element, "%s: kind %d", cases[i].name, element.kind);
        cr_expect(element.whole == cases[i].whole, "%s: whole", cases[i].name);
        ms_patterns_free(patterns);
    }
}

Test(anchor, stretches)
{
    static const struct {
        const char *name;
        const char *text;
        uint32_t offset;
        uint32_t length;
    } cases[] = {
        {"short", "41 42", 0, 2},
        {"wild bytes at both ends", "?? 41 ?? 42 ??", 1, 3},
        {"all wild", "?? ??", 1, 1},
        {"a run at the end", "41 42 43 44 45 00 00 00 00", 0, 6},
        {"a run that is most of it", "41 00 00 00 00", 0, 5},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ms_patterns *patterns = model_set_of(MS_HEX, cases[i].text, 0);
        struct ms_stretch_anchor anchor = ms_anchor_stretch(&patterns->all.items[0]);

        cr_expect(anchor.offset == cases[i].offset, "%s: at %u", cases[i].name, anchor.offset);
        cr_expect(anchor.length == cases[i].length, "%s: %u bytes", cases[i].name, anchor.length);
        ms_patterns_free(patterns);
    }
}

// Of a long pattern the rare part, wherever it is.
Test(anchor, rare_part_of_a_long_pattern)
{
    char text[2 * 8192 + 1];

    for (uint32_t at = 0; at + 64 <= 8192; at += 1000) {
        struct ms_patterns *patterns;
        struct ms_stretch_anchor anchor;

        memset(text, '0', sizeof(text) - 1);
        text[sizeof(text) - 1] = '\0';
        for (uint32_t i = 0; i < 64; i++)
            memcpy(text + 2 * (at + i), i % 2 ? "d3" : "b7", 2);
        patterns = model_set_of(MS_HEX, text, 0);
        anchor = ms_anchor_stretch(&patterns->all.items[0]);
        cr_expect(anchor.offset == at && anchor.length == 64, "%u: %u, %u bytes", at, anchor.offset,
                  anchor.length);
        ms_patterns_free(patterns);
    }
}
