// SPDX-License-Identifier: MIT
//
// Pairs of bytes: they are the pattern's, wherever it matches, and the rare ones of it.

#include "match/byte_pairs.h"
#include "model.h"

#include <criterion/criterion.h>
#include <inttypes.h>

static const struct model_profile profile = {
    .name = "pairs",
    .kinds = "bwdqaux",
    .max_patterns = 8,
    .max_length = 150,
    .max_memory = 100,
    .exact_percent = 50,
    .periodic_percent = 20,
    .aligned_percent = 50,
};

#define N_CASES 1500

static void expect_half(const struct ms_pattern *pattern, const struct ms_byte_pair *pair,
                        size_t half, uint32_t at, uint64_t seed)
{
    cr_assert(at < pattern->length, "seed %" PRIu64 ": byte %u of %u", seed, at, pattern->length);
    cr_assert(pair->value[half] == pattern->bytes[at], "seed %" PRIu64, seed);
    cr_assert(pair->mask[half] == (pattern->mask ? pattern->mask[at] : 0xff), "seed %" PRIu64,
              seed);
}

Test(byte_pairs, are_of_the_pattern)
{
    for (uint64_t seed = 1; seed <= N_CASES; seed++) {
        struct model_case model;
        struct ms_patterns *patterns;

        model_case_random(&model, &profile, seed);
        patterns = model_case_set(&model);
        for (size_t i = 0; i < patterns->all.n; i++) {
            const struct ms_pattern *pattern = &patterns->all.items[i];
            struct ms_pattern_pair chosen = ms_pair_choose(pattern);

            expect_half(pattern, &chosen.pair, 0, chosen.offset, seed);
            expect_half(pattern, &chosen.pair, 1, chosen.offset + chosen.pair.distance, seed);
            cr_assert(chosen.pair.distance <= MS_PAIR_REACH, "seed %" PRIu64, seed);
            cr_assert(chosen.pair.distance > 0 || pattern->length == 1 || chosen.in_vain > 0.9,
                      "seed %" PRIu64 ": one byte", seed);
            cr_assert(chosen.in_vain >= 0 && chosen.in_vain <= 1, "seed %" PRIu64, seed);
        }
        ms_patterns_free(patterns);
        model_case_release(&model);
    }
}

Test(byte_pairs, are_rare)
{
    static const struct {
        const char *name;
        enum ms_pattern_kind kind;
        const char *text;
        uint32_t offset;
        uint32_t distance;
        bool few; // are met in vain: 1 of 1,000 places at most
    } cases[] = {
        {"letters rather than zeros", MS_UTF16, "Qz", 0, 2, true},
        {"a value", MS_DWORD, "78090043", 0, 3, true},
        {"not two of a run", MS_HEX, "ff ff ff ff 9a", 0, 4, true},
        {"not two of a rare byte's run", MS_HEX, "ff ff 20", 0, 2, true},
        {"zeros", MS_HEX, "00 00 00 01 00", 0, 3, false},
        {"two bytes are all", MS_HEX, "00 01", 0, 1, true},
        {"but for a range", MS_WORD, "1..ff", 0, 1, false},
        {"one byte", MS_HEX, "9a", 0, 0, true},
        {"nothing", MS_HEX, "?? ?? ??", 0, 1, false},
        {"known nibbles", MS_HEX, "?? 9? ?? ?7 ?? 12 ??", 1, 4, true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ms_patterns *patterns = model_set_of(cases[i].kind, cases[i].text, 0);
        struct ms_pattern_pair chosen = ms_pair_choose(&patterns->all.items[0]);

        cr_expect(chosen.offset == cases[i].offset && chosen.pair.distance == cases[i].distance,
                  "%s: %u + %u", cases[i].name, chosen.offset, chosen.pair.distance);
        cr_expect((chosen.in_vain <= 0.001) == cases[i].few, "%s: %g", cases[i].name,
                  chosen.in_vain);
        ms_patterns_free(patterns);
    }
}
