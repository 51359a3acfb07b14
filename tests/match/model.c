// SPDX-License-Identifier: MIT

#include "model.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

// == Matching ==

static bool element_matches(const struct model_element *element, uint64_t v)
{
    if (element->fold)
        return v < 128 && tolower((int)v) == tolower((int)element->value);
    return (v & element->mask) == element->value && v >= element->lo && v <= element->hi;
}

static uint64_t load(const uint8_t *memory, uint32_t width)
{
    uint64_t value = 0;

    for (uint32_t i = width; i-- > 0;)
        value = value << 8 | memory[i];
    return value;
}

bool model_matches(const struct model_pattern *pattern, const uint8_t *memory)
{
    for (size_t i = 0; i < pattern->elements.n; i++) {
        const struct model_element *element = &pattern->elements.items[i];

        if (!element_matches(element, load(memory, element->width)))
            return false;
        memory += element->width;
    }
    return true;
}

// == Random elements ==

static uint64_t all_of(uint32_t width)
{
    return width == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * width) - 1;
}

static uint8_t random_byte(struct model_case *model)
{
    if (seeded_percent(&model->random, 5))
        return (uint8_t)seeded_u64(&model->random);
    return model->alphabet[seeded_below(&model->random, MODEL_ALPHABET)];
}

static uint64_t random_value(struct model_case *model, uint32_t width)
{
    uint64_t value = 0;

    for (uint32_t i = 0; i < width; i++)
        value = value << 8 | random_byte(model);
    return value;
}

static struct model_element exact(uint32_t width, uint64_t value)
{
    return (struct model_element){width, all_of(width), value, 0, UINT64_MAX, false};
}

static struct model_element masked(struct model_case *model, uint32_t width)
{
    struct model_element element = exact(width, random_value(model, width));

    for (uint32_t nibble = 0; nibble < 2 * width; nibble++) {
        if (seeded_percent(&model->random, 40))
            element.mask &= ~(UINT64_C(15) << 4 * nibble);
    }
    element.value &= element.mask;
    return element;
}

static struct model_element ranged(struct model_case *model, uint32_t width)
{
    struct model_element element = exact(width, 0);
    uint64_t a = random_value(model, width), b = random_value(model, width);

    // Half of them differ in their lower parts alone, and some are all values or one.
    if (seeded_percent(&model->random, 50))
        b = (a & ~(all_of(width) >> 4 * width)) | (b & all_of(width) >> 4 * width);
    if (seeded_percent(&model->random, 5))
        b = a;
    if (seeded_percent(&model->random, 5)) {
        a = 0;
        b = all_of(width);
    }
    element.mask = 0;
    element.lo = a < b ? a : b;
    element.hi = a < b ? b : a;
    return element;
}

// == Their text ==

static void write_char(struct model_pattern *pattern, char c)
{
    cr_assert(ms_vec_push(&pattern->text, c), "no memory");
}

static void write_digits(struct model_pattern *pattern, uint64_t value, uint64_t mask,
                         uint32_t width)
{
    for (uint32_t nibble = 2 * width; nibble-- > 0;) {
        uint32_t digit = value >> 4 * nibble & 15;

        write_char(pattern, mask >> 4 * nibble & 15 ? "0123456789abcdef"[digit] : '?');
    }
}

static void add_element(struct model_pattern *pattern, struct model_element element)
{
    cr_assert(ms_vec_push(&pattern->elements, element), "no memory");
    pattern->length += element.width;
}

static void add_value(struct model_pattern *pattern, struct model_element element)
{
    add_element(pattern, element);
    if (element.hi != UINT64_MAX || element.lo != 0) {
        write_digits(pattern, element.lo, UINT64_MAX, element.width);
        write_char(pattern, '.');
        write_char(pattern, '.');
        write_digits(pattern, element.hi, UINT64_MAX, element.width);
    } else {
        write_digits(pattern, element.value, element.mask, element.width);
    }
    write_char(pattern, ' ');
}

static void write_utf8(struct model_pattern *pattern, uint32_t c)
{
    if (c < 0x80) {
        write_char(pattern, (char)c);
    } else if (c < 0x800) {
        write_char(pattern, (char)(0xc0 | c >> 6));
        write_char(pattern, (char)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        write_char(pattern, (char)(0xe0 | c >> 12));
        write_char(pattern, (char)(0x80 | (c >> 6 & 0x3f)));
        write_char(pattern, (char)(0x80 | (c & 0x3f)));
    } else {
        write_char(pattern, (char)(0xf0 | c >> 18));
        write_char(pattern, (char)(0x80 | (c >> 12 & 0x3f)));
        write_char(pattern, (char)(0x80 | (c >> 6 & 0x3f)));
        write_char(pattern, (char)(0x80 | (c & 0x3f)));
    }
}

static struct model_element character(const struct model_pattern *pattern, uint32_t width,
                                      uint32_t c)
{
    struct model_element element = exact(width, c);

    element.fold = pattern->ignore_case && c < 128 && isalpha((int)c);
    return element;
}

static void add_utf16(struct model_pattern *pattern, uint32_t c)
{
    write_utf8(pattern, c);
    if (c < 0x10000) {
        add_element(pattern, character(pattern, 2, c));
        return;
    }
    add_element(pattern, exact(2, 0xd800 + ((c - 0x10000) >> 10)));
    add_element(pattern, exact(2, 0xdc00 + (c & 0x3ff)));
}

// == Random patterns ==

// One more element of the kind. Values other than exact ones are for the kinds that have them.
static void add_random(struct model_case *model, struct model_pattern *pattern, uint32_t width)
{
    uint32_t percent = seeded_below(&model->random, 100), c;
    uint32_t exact_percent = model->profile->exact_percent;
    bool has_ranges = pattern->kind <= MS_QWORD;

    switch (pattern->kind) {
    case MS_ASCII:
        c = random_byte(model);
        write_char(pattern, (char)c);
        add_element(pattern, character(pattern, 1, c));
        break;
    case MS_UTF16:
        c = random_byte(model) & 0x7f;
        if (percent < 10)
            c = seeded_between(&model->random, 0xe000, 0x10ffff);
        add_utf16(pattern, c);
        break;
    default:
        if (percent < exact_percent)
            add_value(pattern, exact(width, random_value(model, width)));
        else if (has_ranges && percent % 2)
            add_value(pattern, ranged(model, width));
        else
            add_value(pattern, masked(model, width));
    }
}

// The bytes again and again: as many elements as make `length` bytes.
static void add_periodic(struct model_case *model, struct model_pattern *pattern, uint32_t length)
{
    uint32_t width = ms_pattern_kind_size(pattern->kind);
    uint32_t period = seeded_between(&model->random, 1, 8);
    uint8_t bytes[8];

    for (uint32_t i = 0; i < period; i++)
        bytes[i] = random_byte(model);
    length = length < 2 * period ? 2 * period : length;
    length = (length + width - 1) / width * width;
    for (uint32_t at = 0; at < length; at += width) {
        uint64_t value = 0;

        for (uint32_t i = 0; i < width; i++)
            value |= (uint64_t)bytes[(at + i) % period] << 8 * i;
        if (pattern->kind == MS_ASCII) {
            write_char(pattern, (char)value);
            add_element(pattern, character(pattern, 1, (uint32_t)value));
        } else {
            add_value(pattern, exact(width, value));
        }
    }
}

static enum ms_pattern_kind random_kind(struct model_case *model)
{
    static const char letters[] = "bwdqaux";
    const char *kinds = model->profile->kinds;
    char letter = kinds[seeded_below(&model->random, (uint32_t)strlen(kinds))];

    return (enum ms_pattern_kind)(strchr(letters, letter) - letters);
}

// Most are short; every length up to the profile's occurs.
static uint32_t random_length(struct model_case *model)
{
    uint32_t most = model->profile->max_length;

    if (seeded_percent(&model->random, 60) && most > 12)
        most = 12;
    return seeded_between(&model->random, 1, most);
}

static void make_random(struct model_case *model, struct model_pattern *pattern)
{
    uint32_t length = random_length(model), width;
    bool periodic = seeded_percent(&model->random, model->profile->periodic_percent);

    pattern->kind = random_kind(model);
    if (periodic && pattern->kind == MS_UTF16)
        pattern->kind = MS_HEX;
    width = ms_pattern_kind_size(pattern->kind);
    pattern->align = pattern->kind == MS_UTF16 ? 1 : width;
    if (seeded_percent(&model->random, model->profile->aligned_percent))
        pattern->align = UINT32_C(1) << seeded_below(&model->random,
                                                     seeded_percent(&model->random, 80) ? 5 : 13);
    pattern->ignore_case = !periodic && seeded_percent(&model->random, 30) &&
                           (pattern->kind == MS_ASCII || pattern->kind == MS_UTF16);
    if (periodic) {
        add_periodic(model, pattern, length);
        return;
    }
    do
        add_random(model, pattern, width);
    while (pattern->length + width <= length);
}

static void copy_pattern(struct model_pattern *copy, const struct model_pattern *pattern)
{
    *copy = *pattern;
    memset(&copy->elements, 0, sizeof(copy->elements));
    memset(&copy->text, 0, sizeof(copy->text));
    for (size_t i = 0; i < pattern->elements.n; i++)
        cr_assert(ms_vec_push(&copy->elements, pattern->elements.items[i]), "no memory");
    for (size_t i = 0; i < pattern->text.n; i++)
        write_char(copy, pattern->text.items[i]);
}

// Patterns that share their first part are what anchors have in common.
static void add_pattern(struct model_case *model)
{
    struct model_pattern pattern = {0};
    uint32_t n = (uint32_t)model->patterns.n;

    if (n > 0 && seeded_percent(&model->random, 20)) {
        copy_pattern(&pattern, &model->patterns.items[seeded_below(&model->random, n)]);
        if (seeded_percent(&model->random, 60) && model->profile->periodic_percent < 100)
            add_random(model, &pattern, ms_pattern_kind_size(pattern.kind));
    } else {
        make_random(model, &pattern);
    }
    cr_assert(ms_vec_push(&model->patterns, pattern), "no memory");
}

// == Random memory ==

// A value that the element matches.
static uint64_t instance(struct model_case *model, const struct model_element *element)
{
    uint64_t value = random_value(model, element->width);

    if (element->fold)
        return seeded_percent(&model->random, 50) ? element->value : element->value ^ 0x20;
    value = (value & ~element->mask) | element->value;
    if (value < element->lo || value > element->hi)
        value = seeded_percent(&model->random, 50) ? element->lo : element->hi;
    return value;
}

// Writes what a pattern matches, or with one bit wrong, to [at, at + room); returns its length.
static size_t plant(struct model_case *model, uint8_t *at, size_t room)
{
    uint32_t n = (uint32_t)model->patterns.n;
    const struct model_pattern *pattern = &model->patterns.items[seeded_below(&model->random, n)];
    uint8_t *out = at;

    if (pattern->length > room)
        return 0;
    for (size_t i = 0; i < pattern->elements.n; i++) {
        uint64_t value = instance(model, &pattern->elements.items[i]);

        for (uint32_t byte = 0; byte < pattern->elements.items[i].width; byte++)
            *out++ = (uint8_t)(value >> 8 * byte);
    }
    if (seeded_percent(&model->random, 30))
        at[seeded_below(&model->random, pattern->length)] ^=
            (uint8_t)(1u << seeded_below(&model->random, 8));
    return pattern->length;
}

static size_t fill_periodic(struct model_case *model, uint8_t *at, size_t length)
{
    size_t period = seeded_between(&model->random, 1, 9);

    for (size_t i = 0; i < length; i++)
        at[i] = i < period ? random_byte(model) : at[i - period];
    return length;
}

static size_t fill_uniform(struct model_case *model, uint8_t *at, size_t room)
{
    static const uint32_t lengths[] = {200, 4096, 8192, 9000, 12288, 14000};
    size_t length = lengths[seeded_below(&model->random, 6)];

    length += seeded_below(&model->random, 300);
    length = length < room ? length : room;
    memset(at, random_byte(model), length);
    return length;
}

static size_t fill_part(struct model_case *model, uint8_t *at, size_t room)
{
    size_t length = seeded_between(&model->random, 1, 200);

    length = length < room ? length : room;
    if (seeded_percent(&model->random, model->profile->uniform_percent))
        return fill_uniform(model, at, room);
    if (seeded_percent(&model->random, 50))
        return plant(model, at, room);
    if (seeded_percent(&model->random, 20))
        return fill_periodic(model, at, length);
    for (size_t i = 0; i < length; i++)
        at[i] = random_byte(model);
    return length;
}

static void make_memory(struct model_case *model)
{
    size_t at = 0;

    model->length = seeded_between(&model->random, 1, model->profile->max_memory);
    model->memory = calloc(model->length, 1);
    cr_assert(model->memory, "no memory");
    while (at < model->length)
        at += fill_part(model, model->memory + at, model->length - at);
    model->address = seeded_u64(&model->random) >> seeded_below(&model->random, 60);
    // Also at the very top of the address space, where the address behind the last byte is 0.
    if (seeded_percent(&model->random, 10) || model->address + model->length < model->address)
        model->address = 0 - (uint64_t)model->length;
}

// Zero is in every alphabet, as it is in all memory.
static void make_alphabet(struct model_case *model)
{
    static const uint8_t usual[] = {0x00, 0xff, 0x01, 'S', 'e', 'E', ' ', 0x80, 0x7f, 'a'};

    for (size_t i = 1; i < MODEL_ALPHABET; i++)
        model->alphabet[i] = usual[seeded_below(&model->random, sizeof(usual))];
    if (seeded_percent(&model->random, 30))
        model->alphabet[1] = (uint8_t)seeded_u64(&model->random);
}

void model_case_random(struct model_case *model, const struct model_profile *profile, uint64_t seed)
{
    uint32_t n;

    *model = (struct model_case){.random = {seed}, .profile = profile};
    make_alphabet(model);
    n = seeded_between(&model->random, 1, profile->max_patterns);
    if (seeded_percent(&model->random, 30))
        n = 1;
    for (uint32_t i = 0; i < n; i++)
        add_pattern(model);
    make_memory(model);
}

void model_case_release(struct model_case *model)
{
    for (size_t i = 0; i < model->patterns.n; i++) {
        free(model->patterns.items[i].elements.items);
        free(model->patterns.items[i].text.items);
    }
    free(model->patterns.items);
    free(model->memory);
}

struct ms_patterns *model_case_set(const struct model_case *model)
{
    struct ms_patterns *patterns = NULL;
    struct ms_error error = {0};

    cr_assert(ms_patterns_create(&patterns, &error) == MS_OK, "%s", error.text);
    for (size_t i = 0; i < model->patterns.n; i++) {
        const struct model_pattern *pattern = &model->patterns.items[i];
        struct ms_pattern_options options = {
            .ignore_case = pattern->ignore_case,
            .align = pattern->align,
        };

        cr_assert(ms_patterns_add(patterns, pattern->kind, pattern->text.items, pattern->text.n,
                                  &options, &error) == MS_OK,
                  "%s", error.text);
        cr_assert(ms_patterns_info(patterns, i).length == pattern->length, "length");
    }
    return patterns;
}

struct ms_patterns *model_set_of(enum ms_pattern_kind kind, const char *text, uint32_t align)
{
    struct ms_pattern_options options = {.align = align};
    struct ms_patterns *patterns = NULL;
    struct ms_error error = {0};

    cr_assert(ms_patterns_create(&patterns, NULL) == MS_OK, "no memory");
    cr_assert(ms_patterns_add(patterns, kind, text, strlen(text), &options, &error) == MS_OK, "%s",
              error.text);
    return patterns;
}
