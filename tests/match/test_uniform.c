// SPDX-License-Identifier: MIT
//
// Uniform stretches: against a plain search in steps of a block.

#include "match/uniform.h"

#include "guarded.h"
#include "seeded.h"

#include <criterion/criterion.h>
#include <string.h>

#define BLOCK      MS_UNIFORM_BLOCK
#define MOST_BYTES (8 * BLOCK)

static size_t uniform_blocks(const uint8_t *bytes, size_t at, size_t end)
{
    size_t n = 0;

    for (size_t i = at; i < end && bytes[i] == bytes[at]; i++)
        n++;
    return n / BLOCK;
}

static struct ms_uniform naive_find(const uint8_t *bytes, size_t from, size_t end, size_t least)
{
    size_t least_blocks = (least + BLOCK - 1) / BLOCK;

    if (least_blocks == 0)
        least_blocks = 1;
    for (size_t at = from; at < end; at += BLOCK) {
        size_t n = uniform_blocks(bytes, at, end);

        if (n >= least_blocks)
            return (struct ms_uniform){at, at + n * BLOCK, bytes[at]};
    }
    return (struct ms_uniform){end, end, 0};
}

static void fill(uint8_t *bytes, size_t length, struct seeded *random)
{
    size_t at = 0;

    while (at < length) {
        size_t n = seeded_between(random, 1, seeded_percent(random, 50) ? 20 : 3 * BLOCK);

        n = n < length - at ? n : length - at;
        memset(bytes + at, (int)seeded_below(random, 3), n);
        at += n;
    }
}

Test(uniform, random)
{
    struct guarded memory = guarded_create(MOST_BYTES);
    struct seeded random = {17};

    for (int i = 0; i < 4000; i++) {
        size_t length = seeded_below(&random, MOST_BYTES + 1);
        size_t from = seeded_below(&random, (uint32_t)length + 1);
        size_t least = seeded_below(&random, 3 * BLOCK);
        uint8_t *bytes = memory.end - length;
        struct ms_uniform expected, found;

        fill(bytes, length, &random);
        expected = naive_find(bytes, from, length, least);
        found = ms_uniform_find(bytes, from, length, least, NULL);
        cr_assert(found.start == expected.start && found.end == expected.end,
                  "%d: from %zu to %zu, at least %zu: [%zu, %zu), expected [%zu, %zu)", i, from,
                  length, least, found.start, found.end, expected.start, expected.end);
        cr_assert(found.start == found.end || found.byte == expected.byte, "%d: byte", i);
    }
    guarded_release(&memory);
}

Test(uniform, cases)
{
    static const struct {
        const char *name;
        size_t differs; // where the only other byte is
        size_t from;
        size_t end;
        size_t least;
        size_t start;
        size_t stop;
    } cases[] = {
        {"all", MOST_BYTES, 0, MOST_BYTES, BLOCK, 0, MOST_BYTES},
        {"nothing", MOST_BYTES, 5, 5, BLOCK, 5, 5},
        {"too short", MOST_BYTES, 1, BLOCK, 1, BLOCK, BLOCK},
        {"one block", MOST_BYTES, 1, BLOCK + 1, 1, 1, BLOCK + 1},
        {"whole blocks only", MOST_BYTES, 1, 3 * BLOCK, 1, 1, 2 * BLOCK + 1},
        {"a difference in the first byte", 0, 0, 3 * BLOCK, 1, BLOCK, 3 * BLOCK},
        {"a difference in the last byte", BLOCK - 1, 0, 3 * BLOCK, 1, BLOCK, 3 * BLOCK},
        {"least is rounded up", MOST_BYTES, 0, 2 * BLOCK, BLOCK + 1, 0, 2 * BLOCK},
        {"exactly the least", 2 * BLOCK, 0, 5 * BLOCK, 2 * BLOCK, 0, 2 * BLOCK},
        {"one too few", 2 * BLOCK, 0, 5 * BLOCK, 3 * BLOCK, 5 * BLOCK, 5 * BLOCK},
    };
    struct guarded memory = guarded_create(MOST_BYTES);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ms_uniform found;

        memset(memory.first, 0x55, MOST_BYTES);
        if (cases[i].differs < MOST_BYTES)
            memory.first[cases[i].differs] = 0x56;
        found = ms_uniform_find(memory.first, cases[i].from, cases[i].end, cases[i].least, NULL);
        cr_expect(found.start == cases[i].start && found.end == cases[i].stop, "%s: [%zu, %zu)",
                  cases[i].name, found.start, found.end);
    }
    guarded_release(&memory);
}
