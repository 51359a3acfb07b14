// SPDX-License-Identifier: MIT
//
// Any text as a pattern of any kind. It comes from the user's command line, or from a line of a
// pattern file that somebody else wrote.
//
// The input's first two bytes choose kind and options, the rest is the text:
//
//     byte 0    bits 0-2: the kind, bit 3: ignore case, bit 4: name it, bits 5-6: 3: compile it
//     byte 1    0: the kind's own alignment; 1-13: 1 << (n - 1); else itself, mostly invalid
//
// Held to: what is accepted is as pattern_set.h says, matches memory that is made after it, and
// reads back from a pattern file as itself; what is refused has one line of text and a column in
// the text, and leaves the set as it was; a matcher of it compiles, or fails with a text.

#include "pattern_checks.h"

#define MAX_INPUT 2048

struct choice {
    enum ms_pattern_kind kind;
    struct ms_pattern_options options;
    bool compile; // takes longer than all the rest
};

static struct choice take_choice(struct input *input)
{
    unsigned bits = (unsigned)take(input, 1), align = (unsigned)take(input, 1);

    return (struct choice){
        .kind = (enum ms_pattern_kind)(bits & 7),
        .options =
            {
                .ignore_case = bits >> 3 & 1,
                .align = align >= 1 && align <= 13 ? 1u << (align - 1) : align,
                .name = bits >> 4 & 1 ? "na\\\"me" : NULL,
            },
        .compile = (bits >> 5 & 3) == 3,
    };
}

static void check_refused(enum ms_status status, const struct ms_error *error, const char *text,
                          size_t length)
{
    CHECK(status == MS_ARGUMENT || status == MS_UNSUPPORTED, "adding: %s", error->text);
    check_error(status, error, "adding");
    check_column(error, text, length);
}

static void check_accepted(const struct ms_patterns *patterns, const struct choice *choice,
                           const char *text, size_t length)
{
    const struct ms_pattern *pattern = &patterns->all.items[0];
    uint32_t align = choice->options.align;

    CHECK(pattern->kind == choice->kind &&
              pattern->align == (align ? align : ms_kind_facts(choice->kind)->align),
          "kind %d, alignment %u", (int)pattern->kind, pattern->align);
    CHECK(strcmp(pattern->name, choice->options.name ? choice->options.name : "") == 0, "name %s",
          pattern->name);
    CHECK(pattern->text_length == length && memcmp(pattern->text, text, length) == 0,
          "the text is not kept");
    check_pattern(patterns, 0);
    check_written(patterns);
    if (choice->compile)
        check_compiles(patterns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    struct choice choice = take_choice(&input);
    struct ms_patterns *patterns;
    struct ms_error error = {0};
    enum ms_status status;

    if (size > MAX_INPUT)
        return 0;
    if (ms_patterns_create(&patterns, NULL))
        abort();
    status = ms_patterns_add(patterns, choice.kind, (const char *)input.at, input.left,
                             &choice.options, &error);
    CHECK(ms_patterns_count(patterns) == (status == MS_OK), "%zu patterns after status %d",
          ms_patterns_count(patterns), (int)status);
    if (status == MS_OK)
        check_accepted(patterns, &choice, (const char *)input.at, input.left);
    else
        check_refused(status, &error, (const char *)input.at, input.left);
    ms_patterns_free(patterns);
    return 0;
}
