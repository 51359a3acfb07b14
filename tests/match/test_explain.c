// SPDX-License-Identifier: MIT
//
// Explanations: that each pattern is in one choice and in one pass, and that what is said of a pass
// is what was asked for.

#include "windows.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

struct heard {
    size_t n_matcher;
    struct ms_explained_matcher matcher;
    size_t n_choices;
    size_t chosen; // patterns
    size_t n_passes;
    size_t searched; // patterns
    struct ms_explained_pass passes[8];
};

static void expect_ascending(const struct ms_explained_patterns *patterns)
{
    cr_expect(patterns->n_listed ==
              (patterns->n < MS_EXPLAINED_PATTERNS ? patterns->n : MS_EXPLAINED_PATTERNS));
    for (size_t i = 1; i < patterns->n_listed; i++)
        cr_expect(patterns->listed[i - 1] < patterns->listed[i]);
}

static void hear_matcher(void *user, const struct ms_explained_matcher *matcher)
{
    struct heard *heard = user;

    cr_assert(heard->n_matcher++ == 0);
    heard->matcher = *matcher;
}

static void hear_choice(void *user, const struct ms_explained_choice *choice)
{
    struct heard *heard = user;

    cr_expect(heard->n_matcher == 1 && heard->n_passes == 0);
    cr_expect(strcmp(choice->reason, "unknown") != 0);
    expect_ascending(&choice->patterns);
    heard->n_choices++;
    heard->chosen += choice->patterns.n;
}

static void hear_pass(void *user, const struct ms_explained_pass *pass)
{
    struct heard *heard = user;

    cr_assert(heard->n_passes < 8);
    cr_expect(pass->method && pass->reason);
    expect_ascending(&pass->patterns);
    heard->searched += pass->patterns.n;
    heard->passes[heard->n_passes++] = *pass;
}

static void explain(const struct ms_patterns *patterns, unsigned mask, struct heard *heard)
{
    struct ms_matcher *matcher = matcher_for(patterns, mask, "scalar");
    struct ms_explain_callbacks callbacks = {hear_matcher, hear_choice, hear_pass, heard};

    *heard = (struct heard){0};
    cr_assert(ms_matcher_explain(matcher, &callbacks, NULL) == MS_OK);
    cr_expect(heard->matcher.n_patterns == patterns->all.n);
    cr_expect(heard->chosen == patterns->all.n && heard->searched == patterns->all.n);
    ms_matcher_free(matcher);
}

Test(explain, passes)
{
    static const struct {
        const char *name;
        enum ms_pattern_kind kind;
        const char *text;
        uint32_t align;
        const char *method;
        double candidates;
        uint32_t bytes;
        uint32_t offset;
        size_t across;
    } cases[] = {
        {"a dword", MS_DWORD, "78090043", 0, "equal", 0.0625, 4, 0, 0},
        {"a byte", MS_BYTE, "43", 0, "equal", 4194304, 1, 0, 0},
        {"masked", MS_DWORD, "7809????", 0, "masked", 4096, 4, 0, 0},
        {"a range", MS_DWORD, "0..ffff", 0, "range", 4096, 4, 0, 0},
        {"two dwords", MS_DWORD, "0 78090043", 0, "equal", 0.0625, 4, 4, 1},
        {"a run", MS_HEX, "00 00 00", 0, "period", -1, 3, 0, 1},
#ifdef MS_HAVE_HYPERSCAN
        {"text", MS_ASCII, "Se  ", 0, "literals", 0.25, 4, 0, 1},
        {"a class", MS_HEX, "48 8? c3", 0, "literals", 1024, 3, 0, 1},
        {"a regex", MS_REGEX, "ab+", 0, "regexes", -1, 0, 0, 1},
        {"a regex of one length", MS_REGEX, "a[bc]", 0, "literals", -1, 2, 0, 1},
#endif
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ms_patterns *patterns = model_set_of(cases[i].kind, cases[i].text, cases[i].align);
        struct heard heard;

        explain(patterns, 0, &heard);
        cr_assert(heard.n_choices == 1 && heard.n_passes == 1, "%s", cases[i].name);
        cr_expect_str_eq(heard.passes[0].method, cases[i].method, "%s", cases[i].name);
        cr_expect(heard.passes[0].candidates == cases[i].candidates, "%s: %g", cases[i].name,
                  heard.passes[0].candidates);
        cr_expect(heard.passes[0].max_bytes == cases[i].bytes, "%s", cases[i].name);
        cr_expect(heard.passes[0].min_offset == cases[i].offset, "%s", cases[i].name);
        cr_expect(heard.matcher.n_across == cases[i].across, "%s", cases[i].name);
        cr_expect((heard.matcher.seam_reach > 0) == (cases[i].across > 0), "%s", cases[i].name);
        cr_expect((heard.passes[0].n_databases > 0) ==
                      (heard.passes[0].engine == MS_ENGINE_HYPERSCAN),
                  "%s", cases[i].name);
        ms_patterns_free(patterns);
    }
}

// A pass for each group of pairs; what is expected of one adds up.
Test(explain, texts)
{
    static const char *const texts[] = {"Q", "Qz", "secret", "token", "kernel"};
    static const double candidates[] = {4194304 + 3 * 16384, 16384};
    struct ms_patterns *patterns = NULL;
    struct heard heard;

    cr_assert(ms_patterns_create(&patterns, NULL) == MS_OK);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        cr_assert(ms_patterns_add(patterns, MS_ASCII, texts[i], strlen(texts[i]), NULL, NULL) ==
                  MS_OK);
    explain(patterns, 1u << MS_ENGINE_TEXTS, &heard);
    cr_assert(heard.n_choices == 1 && heard.n_passes == 2);
    for (size_t i = 0; i < 2; i++) {
        const struct ms_explained_pass *pass = &heard.passes[i];

        cr_expect(pass->engine == MS_ENGINE_TEXTS);
        cr_expect_str_eq(pass->method, "pairs");
        cr_expect(pass->candidates == candidates[i], "%g", pass->candidates);
        cr_expect(pass->max_bytes == 2 && pass->min_bytes == 1 + i);
    }
    ms_patterns_free(patterns);
}

// What is compared is what is chosen from.
Test(explain, costs)
{
    struct ms_patterns *patterns = NULL;
    const struct ms_explained_pass *pass;
    struct heard heard;
    double least = 1e9, own = 0;

    cr_assert(ms_patterns_create(&patterns, NULL) == MS_OK);
    for (uint32_t i = 0; i < 12; i++) {
        char text[16];

        snprintf(text, sizeof(text), "%08x", (i + 3) * UINT32_C(0x9e3779b1));
        cr_assert(ms_patterns_add(patterns, MS_DWORD, text, 8, NULL, NULL) == MS_OK);
    }
    explain(patterns, 0, &heard);
    cr_assert(heard.n_passes == 1);
    pass = &heard.passes[0];
    cr_assert(pass->n_costs == 4, "%zu", pass->n_costs);
    for (size_t i = 0; i < pass->n_costs; i++) {
        if (pass->costs[i].ns < least)
            least = pass->costs[i].ns;
        if (strcmp(pass->costs[i].method, pass->method) == 0)
            own = pass->costs[i].ns;
    }
    cr_expect(own <= least, "%s: %g, least %g", pass->method, own, least);
    cr_expect(pass->table_bytes > 0 && pass->patterns.n == 12 && pass->patterns.listed[7] == 7);
    ms_patterns_free(patterns);
}
