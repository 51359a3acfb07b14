// SPDX-License-Identifier: MIT
//
// The literals engine: Hyperscan, for fixed patterns at any address, and for regexes whose matches
// all have one length. Of a pattern, a stretch of at most 64 bytes that is rare in memory is
// compiled (the anchor, each byte as \xNN or a class); where Hyperscan reports it, the whole
// pattern is verified. Equal anchors are compiled once.
//
// Hyperscan reports ends; with one length for each anchor, the start is known.

#include "base/slack.h"
#include "match/anchor.h"
#include "match/hs_database.h"
#include "match/uniform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// So many anchors, and Hyperscan takes longer over uniform memory than it takes to look for that.
// For fewer, cutting memory up costs more than it saves, unless they match there.
#define MANY_ANCHORS 16

// A pattern at its anchor.
struct member {
    uint32_t pattern;
    uint32_t offset; // of the anchor in the pattern
    uint32_t length; // of a match
    bool verified;   // the anchor is all of it
    char *text;      // of the anchor's expression; owned until it is handed over
    unsigned flags;
    uint32_t anchor_length;
};

// Members [first, end) share the expression with this id.
struct anchor {
    uint32_t first;
    uint32_t end;
    uint32_t length;
};

struct literals {
    const struct ms_pattern *patterns;
    struct member *members; // by anchor
    size_t n_members;
    struct anchor *anchors; // by Hyperscan's id
    size_t n_anchors;
    hs_database_t *database;

    uint32_t min_offset; // of anchors in their patterns
    uint32_t max_end;    // of anchors in their patterns

    // What matches where all bytes are equal: members uniform[i] for i in [uniform_start[byte],
    // uniform_start[byte + 1]). A match that reaches out of a uniform stretch does so by less than
    // `reach` bytes.
    MS_VEC(uint32_t) uniform;
    uint32_t uniform_start[257];
    uint32_t reach;
    bool skips_uniform;
};

// == Building ==

// Up to 4 characters a byte, or a class of up to 256 bytes in its place.
#define CLASS_CHARACTERS (4 * 256 + 2)

static char *append_class(char *out, uint8_t byte, uint8_t mask)
{
    if (mask == 0) {
        *out++ = '.';
        return out;
    }
    *out++ = '[';
    for (unsigned value = 0; value < 256; value++) {
        if ((value & mask) == byte)
            out += sprintf(out, "\\x%02x", value);
    }
    *out++ = ']';
    return out;
}

static char *stretch_expression(const struct ms_pattern *pattern, struct ms_stretch_anchor anchor)
{
    size_t room = 1;
    char *text, *out;

    for (uint32_t i = anchor.offset; i < anchor.offset + anchor.length; i++)
        room += !pattern->mask || pattern->mask[i] == 0xff ? 4 : CLASS_CHARACTERS;
    text = out = malloc(room);
    if (!text)
        return NULL;
    for (uint32_t i = anchor.offset; i < anchor.offset + anchor.length; i++) {
        if (!pattern->mask || pattern->mask[i] == 0xff)
            out += sprintf(out, "\\x%02x", pattern->bytes[i]);
        else
            out = append_class(out, pattern->bytes[i], pattern->mask[i]);
    }
    *out = '\0';
    return text;
}

static void make_member(struct member *member, const struct ms_pattern *pattern, uint32_t number)
{
    struct ms_stretch_anchor anchor = ms_anchor_stretch(pattern);

    *member = (struct member){
        .pattern = number,
        .offset = anchor.offset,
        .length = pattern->length,
        .verified = anchor.length == pattern->length && pattern->n_ranges == 0,
        .text = stretch_expression(pattern, anchor),
        .flags = HS_FLAG_DOTALL,
        .anchor_length = anchor.length,
    };
}

static void make_regex_member(struct member *member, const struct ms_pattern *pattern,
                              uint32_t number, uint32_t length)
{
    *member = (struct member){
        .pattern = number,
        .length = length,
        .verified = true,
        .text = strdup(pattern->text),
        .flags = HS_FLAG_DOTALL | (pattern->ignore_case ? HS_FLAG_CASELESS : 0),
        .anchor_length = length,
    };
}

static int compare_members(const void *left, const void *right)
{
    const struct member *a = left, *b = right;
    int order = strcmp(a->text, b->text);

    if (order != 0)
        return order;
    if (a->flags != b->flags)
        return a->flags < b->flags ? -1 : 1;
    return a->pattern < b->pattern ? -1 : a->pattern > b->pattern;
}

static bool same_expression(const struct member *a, const struct member *b)
{
    return strcmp(a->text, b->text) == 0 && a->flags == b->flags;
}

// Makes one anchor of each run of members with equal expressions, and hands their texts over.
static bool make_anchors(struct literals *literals, struct ms_expressions *expressions)
{
    struct member *members = literals->members;
    size_t first = 0;

    literals->anchors = calloc(literals->n_members, sizeof(*literals->anchors));
    if (!literals->anchors)
        return false;
    for (size_t i = 1; i <= literals->n_members; i++) {
        char *text = members[first].text;

        if (i < literals->n_members && same_expression(&members[i], &members[first]))
            continue;
        literals->anchors[literals->n_anchors++] = (struct anchor){
            .first = (uint32_t)first,
            .end = (uint32_t)i,
            .length = members[first].anchor_length,
        };
        members[first].text = NULL;
        if (!ms_expressions_add(expressions, text, members[first].flags,
                                (unsigned)literals->n_anchors - 1))
            return false;
        first = i;
    }
    return true;
}

static bool make_members(struct literals *literals, const struct ms_engine_input *input)
{
    literals->min_offset = UINT32_MAX;
    literals->members = calloc(input->n_mine, sizeof(*literals->members));
    if (!literals->members)
        return false;
    for (size_t i = 0; i < input->n_mine; i++) {
        uint32_t number = input->mine[i];
        const struct ms_pattern *pattern = &input->patterns[number];
        struct member *member = &literals->members[i];

        if (pattern->kind == MS_REGEX)
            make_regex_member(member, pattern, number, pattern->length);
        else
            make_member(member, pattern, number);
        if (!member->text)
            return false;
        literals->n_members++;
        if (member->offset < literals->min_offset)
            literals->min_offset = member->offset;
        if (member->offset + member->anchor_length > literals->max_end)
            literals->max_end = member->offset + member->anchor_length;
    }
    qsort(literals->members, literals->n_members, sizeof(*literals->members), compare_members);
    return true;
}

// == Uniform memory ==

struct uniform_probe {
    struct literals *literals;
    uint8_t byte;
    bool failed;
};

static bool matches_uniform(const struct ms_pattern *pattern, uint8_t byte)
{
    for (uint32_t i = 0; i < pattern->length; i++) {
        uint8_t mask = pattern->mask ? pattern->mask[i] : 0xff;

        if ((byte & mask) != pattern->bytes[i])
            return false;
    }
    for (size_t i = 0; i < pattern->n_ranges; i++) {
        const struct ms_value_range *range = &pattern->ranges[i];
        uint64_t value = UINT64_C(0x0101010101010101) * byte >> (64 - 8 * range->width);

        if (value < range->lo || value > range->hi)
            return false;
    }
    return true;
}

// An anchor matches memory that is all `byte`: its members match there, or reach out of it.
static int probe_found(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                       void *context)
{
    struct uniform_probe *probe = context;
    struct literals *literals = probe->literals;
    const struct anchor *anchor = &literals->anchors[id];

    (void)from;
    (void)flags;
    if (to != anchor->length)
        return 0;
    for (uint32_t i = anchor->first; i < anchor->end; i++) {
        const struct member *member = &literals->members[i];

        if (member->length > literals->reach)
            literals->reach = member->length;
        if (!member->verified &&
            !matches_uniform(&literals->patterns[member->pattern], probe->byte))
            continue;
        if (!ms_vec_push(&literals->uniform, i)) {
            probe->failed = true;
            return 1;
        }
    }
    return 0;
}

static enum ms_status probe_uniform(struct literals *literals, struct ms_error *error)
{
    struct ms_scratch scratch = {0};
    uint8_t *bytes = calloc(1, literals->reach + MS_SLACK_BYTES);
    enum ms_status status = MS_NOMEM;

    if (bytes)
        status = ms_hs_prepare(literals->database, &scratch, error);
    for (unsigned byte = 0; byte < 256 && status == MS_OK; byte++) {
        struct uniform_probe probe = {.literals = literals, .byte = (uint8_t)byte};
        uint32_t longest = literals->max_end - literals->min_offset;

        literals->uniform_start[byte] = (uint32_t)literals->uniform.n;
        memset(bytes, (int)byte, longest);
        status =
            ms_hs_scan(literals->database, &scratch, bytes, longest, probe_found, &probe, error);
        if (probe.failed)
            status = MS_NOMEM;
    }
    literals->uniform_start[256] = (uint32_t)literals->uniform.n;
    free(bytes);
    hs_free_scratch(scratch.hyperscan);
    return status == MS_NOMEM ? ms_fail_nomem(error) : status;
}

static void destroy(void *engine)
{
    struct literals *literals = engine;

    if (!literals)
        return;
    hs_free_database(literals->database);
    for (size_t i = 0; i < literals->n_members; i++)
        free(literals->members[i].text);
    free(literals->members);
    free(literals->anchors);
    free(literals->uniform.items);
    free(literals);
}

static enum ms_status compile(struct literals *literals, struct ms_error *error)
{
    struct ms_expressions expressions = {0};
    enum ms_status status = MS_NOMEM;
    int culprit = -1;

    if (make_anchors(literals, &expressions))
        status = ms_hs_compile(&expressions, 0, &literals->database, &culprit, error);
    else
        ms_fail_nomem(error);
    if (culprit >= 0) {
        const struct member *member = &literals->members[literals->anchors[culprit].first];

        ms_prepend(error, status, "pattern \"%s\"", literals->patterns[member->pattern].text);
    }
    ms_expressions_release(&expressions);
    return status;
}

static enum ms_status build(const struct ms_engine_input *input, void **engine_ret,
                            struct ms_error *error)
{
    struct literals *literals = calloc(1, sizeof(*literals));
    enum ms_status status = MS_NOMEM;

    if (!literals)
        return ms_fail_nomem(error);
    literals->patterns = input->patterns;
    if (make_members(literals, input))
        status = compile(literals, error);
    else
        ms_fail_nomem(error);
    literals->reach = literals->max_end;
    if (status == MS_OK)
        status = probe_uniform(literals, error);
    literals->skips_uniform = literals->reach > literals->max_end || literals->uniform.n > 0 ||
                              literals->n_anchors >= MANY_ANCHORS;
    if (status != MS_OK) {
        destroy(literals);
        return status;
    }
    *engine_ret = literals;
    return MS_OK;
}

static enum ms_status prepare(const void *engine, struct ms_scratch *scratch,
                              struct ms_error *error)
{
    const struct literals *literals = engine;

    return ms_hs_prepare(literals->database, scratch, error);
}

// == Scanning ==

struct pass {
    const struct literals *literals;
    const struct ms_window *window;
    struct ms_sink *sink;
    struct ms_scratch *scratch;
    size_t base; // offset in the window of the bytes that Hyperscan sees

    // Matches inside these are answered without it.
    struct ms_uniform before;
    struct ms_uniform after;
};

static bool inside(const struct ms_uniform *uniform, size_t start, uint32_t length)
{
    return start >= uniform->start && start + length <= uniform->end;
}

static bool emit(const struct pass *pass, const struct member *member, size_t start, uint64_t count)
{
    const struct ms_pattern *pattern = &pass->literals->patterns[member->pattern];

    pass->scratch->counters.matches[MS_ENGINE_HYPERSCAN] += count;
    return ms_emit(pass->sink, pass->window, member->pattern, pass->window->address + start,
                   member->length, count, pattern->align);
}

static bool verify(const struct pass *pass, const struct member *member, size_t anchor_start)
{
    const struct ms_window *window = pass->window;
    const struct ms_pattern *pattern = &pass->literals->patterns[member->pattern];
    size_t start = anchor_start - member->offset;

    pass->scratch->counters.candidates[MS_ENGINE_HYPERSCAN]++;
    if (anchor_start < member->offset || start < window->own_start || start >= window->own_end ||
        member->length > window->length - start ||
        ((window->address + start) & (pattern->align - 1)) != 0)
        return true;
    if (!member->verified && !ms_pattern_matches(pattern, window->bytes + start))
        return true;
    if (inside(&pass->before, start, member->length) || inside(&pass->after, start, member->length))
        return true;
    return emit(pass, member, start, 1);
}

static int found(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                 void *context)
{
    const struct pass *pass = context;
    const struct anchor *anchor = &pass->literals->anchors[id];
    size_t start = pass->base + (size_t)to - anchor->length;

    (void)from;
    (void)flags;
    pass->scratch->counters.match_callbacks++;
    for (uint32_t i = anchor->first; i < anchor->end; i++) {
        if (!verify(pass, &pass->literals->members[i], start))
            return 1;
    }
    return 0;
}

// The matches inside a uniform stretch that start in the own part: known without looking.
static bool emit_uniform(const struct pass *pass, const struct ms_uniform *uniform)
{
    const struct literals *literals = pass->literals;
    const struct ms_window *window = pass->window;

    if (uniform->start == uniform->end)
        return true;
    for (uint32_t i = literals->uniform_start[uniform->byte];
         i < literals->uniform_start[uniform->byte + 1]; i++) {
        const struct member *member = &literals->members[literals->uniform.items[i]];
        uint64_t align = literals->patterns[member->pattern].align;
        size_t first = uniform->start > window->own_start ? uniform->start : window->own_start;
        size_t last = uniform->end - member->length;

        first += (size_t)(-(window->address + first) & (align - 1));
        if (last >= window->own_end)
            last = window->own_end - 1;
        if (first <= last && !emit(pass, member, first, (last - first) / align + 1))
            return false;
    }
    return true;
}

// Searches what lies between two uniform stretches, and as far into them as a match may reach.
static enum ms_status scan_between(struct pass *pass, size_t start, size_t end,
                                   struct ms_error *error)
{
    uint32_t reach = pass->literals->reach;

    if (pass->before.end > pass->before.start)
        start = pass->before.end - reach;
    if (pass->after.end > pass->after.start)
        end = pass->after.start + reach;
    if (start >= end)
        return MS_OK;
    pass->base = start;
    return ms_hs_scan(pass->literals->database, pass->scratch, pass->window->bytes + start,
                      end - start, found, pass, error);
}

static enum ms_status scan(const void *engine, struct ms_scratch *scratch,
                           const struct ms_window *window, struct ms_sink *sink,
                           struct ms_error *error)
{
    const struct literals *literals = engine;
    struct pass pass = {.literals = literals, .window = window, .sink = sink, .scratch = scratch};
    size_t start = window->own_start + literals->min_offset;
    size_t end = window->own_end - 1 + literals->max_end;
    enum ms_status status = MS_OK;

    if (end > window->length)
        end = window->length;
    if (!literals->skips_uniform)
        return scan_between(&pass, start, end, error);
    while (status == MS_OK && start < end) {
        // Twice the reach, so that what is searched at its two ends does not meet in the middle.
        pass.after = ms_uniform_find(window->bytes, start, end, 2 * (size_t)literals->reach, NULL);
        status = scan_between(&pass, start, pass.after.start, error);
        if (status == MS_OK && !emit_uniform(&pass, &pass.after))
            status = MS_STOPPED;
        start = pass.after.end;
        pass.before = pass.after;
    }
    // A last stretch that reaches the end leaves its own last bytes to be searched.
    if (status == MS_OK && pass.before.end > pass.before.start) {
        pass.after = (struct ms_uniform){0};
        status = scan_between(&pass, end, end, error);
    }
    return status;
}

static void explain(const void *engine, ms_explain_pass_fn *pass, void *user)
{
    const struct literals *literals = engine;
    struct ms_explained_pass row = {
        .engine = MS_ENGINE_HYPERSCAN,
        .method = "literals",
        .reason = literals->skips_uniform
                      ? "all lengths are known, so ends tell starts; memory that "
                        "is one byte repeated is answered without it"
                      : "all lengths are known, so ends tell starts",
    };
    size_t bytes = 0;

    for (size_t i = 0; i < literals->n_members; i++) {
        const struct member *member = &literals->members[i];
        const struct ms_pattern *pattern = &literals->patterns[member->pattern];

        ms_explain_anchor(&row, member->pattern, member->offset, member->anchor_length);
        if (pattern->kind == MS_REGEX)
            row.candidates = -1;
        else if (row.candidates >= 0)
            row.candidates += ms_explain_stretch(pattern, member->offset, member->anchor_length);
    }
    if (hs_database_size(literals->database, &bytes) == HS_SUCCESS)
        ms_explain_database(&row, "literals", bytes);
    pass(user, &row);
}

const struct ms_engine_ops ms_engine_literals = {
    .id = MS_ENGINE_HYPERSCAN,
    .build = build,
    .free = destroy,
    .prepare = prepare,
    .scan = scan,
    .explain = explain,
};
