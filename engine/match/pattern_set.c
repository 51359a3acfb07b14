// SPDX-License-Identifier: MIT
//
// Sets of patterns: adding, freeing, copying, and the byte-by-byte comparison that the fast engines
// are held to. Text becomes bytes in literal.c; regexes stay text until a matcher compiles them.

#include "match/pattern_set.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "match/fixed_text.h"
#include "match/regex_syntax.h"

#include <stdlib.h>
#include <string.h>

static const struct ms_kind_facts kinds[MS_N_PATTERN_KINDS] = {
    [MS_BYTE] = {"byte", 'b', 1, 1, false},   [MS_WORD] = {"word", 'w', 2, 2, false},
    [MS_DWORD] = {"dword", 'd', 4, 4, false}, [MS_QWORD] = {"qword", 'q', 8, 8, false},
    [MS_ASCII] = {"ascii", 'a', 1, 1, true},  [MS_UTF16] = {"utf16", 'u', 2, 1, true},
    [MS_HEX] = {"hex", 'x', 1, 1, false},     [MS_REGEX] = {"regex", 'e', 1, 1, true},
};

const struct ms_kind_facts *ms_kind_facts(enum ms_pattern_kind kind)
{
    return (size_t)kind < MS_N_PATTERN_KINDS ? &kinds[kind] : NULL;
}

const char *ms_pattern_kind_name(enum ms_pattern_kind kind)
{
    const struct ms_kind_facts *facts = ms_kind_facts(kind);

    return facts ? facts->name : "unknown kind";
}

uint32_t ms_pattern_kind_size(enum ms_pattern_kind kind)
{
    const struct ms_kind_facts *facts = ms_kind_facts(kind);

    return facts ? facts->size : 0;
}

bool ms_align_valid(uint64_t align)
{
    return align != 0 && align <= MS_MAX_ALIGN && (align & (align - 1)) == 0;
}

// == One pattern ==

void ms_pattern_release(struct ms_pattern *pattern)
{
    free(pattern->bytes);
    free(pattern->mask);
    free(pattern->ranges);
    free(pattern->text);
    free(pattern->name);
    memset(pattern, 0, sizeof(*pattern));
}

// Copies what `source` points to, if anything; clears *ok without memory.
static void *duplicate(const void *source, size_t bytes, bool *ok)
{
    void *copy;

    if (!source)
        return NULL;
    copy = malloc(bytes);
    if (copy)
        memcpy(copy, source, bytes);
    else
        *ok = false;
    return copy;
}

bool ms_pattern_copy(struct ms_pattern *copy_ret, const struct ms_pattern *pattern)
{
    struct ms_pattern copy = *pattern;
    bool ok = true;

    copy.bytes = duplicate(pattern->bytes, pattern->length, &ok);
    copy.mask = duplicate(pattern->mask, pattern->length, &ok);
    copy.ranges = duplicate(pattern->ranges, pattern->n_ranges * sizeof(*pattern->ranges), &ok);
    copy.text = duplicate(pattern->text, pattern->text_length + 1, &ok);
    copy.name = duplicate(pattern->name, strlen(pattern->name) + 1, &ok);
    if (ok)
        *copy_ret = copy;
    else
        ms_pattern_release(&copy);
    return ok;
}

static bool ranges_match(const struct ms_pattern *pattern, const uint8_t *memory)
{
    for (size_t i = 0; i < pattern->n_ranges; i++) {
        const struct ms_value_range *range = &pattern->ranges[i];
        uint64_t value = ms_le(memory + range->offset, range->width);

        if (value < range->lo || value > range->hi)
            return false;
    }
    return true;
}

bool ms_pattern_matches(const struct ms_pattern *pattern, const uint8_t *memory)
{
    if (!pattern->mask)
        return memcmp(memory, pattern->bytes, pattern->length) == 0;
    for (uint32_t i = 0; i < pattern->length; i++) {
        if ((memory[i] & pattern->mask[i]) != pattern->bytes[i])
            return false;
    }
    return ranges_match(pattern, memory);
}

// == The set ==

enum ms_status ms_patterns_create(struct ms_patterns **patterns_ret, struct ms_error *error)
{
    struct ms_patterns *patterns = calloc(1, sizeof(*patterns));

    if (!patterns)
        return ms_fail_nomem(error);
    *patterns_ret = patterns;
    return MS_OK;
}

void ms_patterns_free(struct ms_patterns *patterns)
{
    if (!patterns)
        return;
    ms_patterns_truncate(patterns, 0);
    free(patterns->all.items);
    free(patterns);
}

void ms_patterns_truncate(struct ms_patterns *patterns, size_t n)
{
    while (patterns->all.n > n)
        ms_pattern_release(&patterns->all.items[--patterns->all.n]);
}

static enum ms_status parse(struct ms_pattern *pattern, struct ms_error *error)
{
    if (pattern->kind == MS_REGEX)
        return ms_regex_check(pattern->text, pattern->text_length, error);
    return ms_literal_parse(pattern, error);
}

// Fills the zeroed pattern; on failure it owns what it got so far.
static enum ms_status fill(struct ms_pattern *pattern, const char *text, size_t length,
                           const struct ms_pattern_options *options, struct ms_error *error)
{
    const struct ms_kind_facts *facts = &kinds[pattern->kind];
    const char *name = options->name ? options->name : "";
    bool ok = true;

    pattern->ignore_case = options->ignore_case && facts->letters;
    pattern->align = options->align ? options->align : facts->align;
    pattern->name = duplicate(name, strlen(name) + 1, &ok);
    pattern->text = malloc(length + 1);
    if (!ok || !pattern->text)
        return ms_fail_nomem(error);
    if (length > 0)
        memcpy(pattern->text, text, length);
    pattern->text[length] = '\0';
    pattern->text_length = length;
    return parse(pattern, error);
}

enum ms_status ms_patterns_add(struct ms_patterns *patterns, enum ms_pattern_kind kind,
                               const char *text, size_t length,
                               const struct ms_pattern_options *options, struct ms_error *error)
{
    static const struct ms_pattern_options none = {0};
    MS_CLEANUP(ms_pattern_release) struct ms_pattern pattern = {.kind = kind};
    enum ms_status status;

    if (!options)
        options = &none;
    if (!ms_kind_facts(kind))
        return ms_fail(error, MS_ARGUMENT, "%d is no kind of pattern", (int)kind);
    if (options->align && !ms_align_valid(options->align))
        return ms_fail(error, MS_ARGUMENT, "an alignment of %u is no power of two from 1 to %d",
                       options->align, MS_MAX_ALIGN);
    status = fill(&pattern, text, length, options, error);
    if (status != MS_OK)
        return status;
    if (!ms_vec_push(&patterns->all, pattern))
        return ms_fail_nomem(error);
    memset(&pattern, 0, sizeof(pattern)); // the set owns it now
    return MS_OK;
}

size_t ms_patterns_count(const struct ms_patterns *patterns)
{
    return patterns->all.n;
}

struct ms_pattern_info ms_patterns_info(const struct ms_patterns *patterns, size_t index)
{
    const struct ms_pattern *pattern = &patterns->all.items[index];

    return (struct ms_pattern_info){
        .kind = pattern->kind,
        .ignore_case = pattern->ignore_case,
        .align = pattern->align,
        .length = pattern->length,
        .text = pattern->text,
        .text_length = pattern->text_length,
        .name = pattern->name,
    };
}
