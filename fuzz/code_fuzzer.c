// SPDX-License-Identifier: MIT
//
// Code that nobody compiled, with holes and a table of functions, and targets. Whoever can hand a
// user an image, or load a driver on the machine that it is of, feeds this.
//
//     how        bit 0 32 bits, bits 1-2 where the code is, bit 3 functions overlap, bit 4 it is
//                stopped and gone on with, bit 5 results are asked for in steps             1 byte
//     counts     bits 0-2 functions, bits 3-4 holes, bits 5-7 targets                       1 byte
//     ranges     where each begins, as a distance from the one before; how long it is       2 + 1
//     data       the same, once
//     bounds     what in front of the code is left out, and from where on it is told        1 + 1
//     code       the rest
//
// Held to: a search that decodes each function from its start, and elsewhere from each byte.

#include "code_checks.h"
#include "fuzz.h"

enum { MEMORY = 2048 };

// A range behind the others. Lengths grow by powers of two, so that targets may be wide.
static struct ms_range take_range(struct input *input, uint64_t *at)
{
    uint64_t first = *at + take(input, 2), how = take(input, 1);
    uint64_t length = UINT64_C(1) << (how & 31) | how >> 5;
    struct ms_range range = {.first = first, .last = first + (length - 1)};

    if (range.last < range.first)
        range.last = UINT64_MAX;
    *at = range.last < UINT64_MAX ? range.last + 1 : UINT64_MAX;
    return range;
}

// Takes n ranges as far as they are below the top.
static size_t take_ranges(struct input *input, uint64_t at, size_t n, uint64_t top,
                          struct ms_range *ranges)
{
    size_t taken = 0;

    for (size_t i = 0; i < n; i++) {
        struct ms_range range = take_range(input, &at);

        if (range.first > top || (taken > 0 && range.first <= ranges[taken - 1].last))
            continue;
        range.last = range.last < top ? range.last : top;
        ranges[taken++] = range;
    }
    return taken;
}

static void overlap(struct code_case *code)
{
    for (size_t i = 0; i < code->n_functions; i++)
        code->functions[i].last += 64 * (i % 3);
}

static void hide(struct input *input, size_t n, bool *hidden)
{
    for (size_t i = 0; i < n; i++) {
        size_t at = take(input, 2) % MEMORY, length = take(input, 1) + 1;

        for (size_t k = at; k < at + length && k < MEMORY; k++)
            hidden[k] = true;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint64_t bases[2][4] = {
        {UINT64_C(0xfffff80000d00000), 0, UINT64_MAX - (MEMORY - 1), 0x7ffff000},
        {0x80400000, 0, UINT32_MAX - (MEMORY - 1), 0x7ffff000},
    };
    static bool hidden[MEMORY];
    struct input input = {data, size};
    unsigned how = (unsigned)take(&input, 1), counts = (unsigned)take(&input, 1);
    struct code_case code = {.bits = how & 1 ? 32 : 64, .hidden = hidden};
    uint64_t top = how & 1 ? UINT32_MAX : UINT64_MAX, at;

    memset(hidden, false, sizeof(hidden));
    code.base = bases[how & 1][how >> 1 & 3];
    code.n_functions = take_ranges(&input, code.base, counts & 7, top, code.functions);
    code.overlapping = how & 8;
    if (code.overlapping)
        overlap(&code);
    hide(&input, counts >> 3 & 3, hidden);
    at = code.base < 0x4000 ? 0 : code.base - 0x4000;
    code.n_targets = take_ranges(&input, at, 1 + (counts >> 5), top, code.targets);
    at = code.base;
    code.data = take_range(&input, &at);
    code.area.first = code.base + take(&input, 1);
    code.from = code.base + take(&input, 1);
    code.stops = how & 16;
    code.step = how & 32 ? 7 : 0;
    code.bytes = input.at;
    code.size = input.left < MEMORY ? input.left : MEMORY;
    code.area.last = code.base + (code.size > 0 ? code.size - 1 : 0);
    if (code.size > 0 && code.area.first <= code.area.last)
        code_case_check(&code);
    return 0;
}
