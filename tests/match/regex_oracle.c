// SPDX-License-Identifier: MIT

#define PCRE2_CODE_UNIT_WIDTH 8

#include "regex_oracle.h"

#include <criterion/criterion.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_WORKSPACE (1 << 22)

// A callout behind the expression tells of every end, and refuses it, so that PCRE2 goes on. It
// could also list them, but moves the whole list for each.
struct regex_oracle {
    pcre2_code *code;
    pcre2_match_context *context;
    pcre2_match_data *data;
    int *workspace;
    size_t workspace_ints;
    size_t n_ends; // of the latest start
    size_t ends[MS_MAX_REGEX_MATCH + 1];
};

static int found_end(pcre2_callout_block *block, void *user)
{
    struct regex_oracle *oracle = user;
    size_t end = block->current_position;

    if (end > 0 && (oracle->n_ends == 0 || oracle->ends[oracle->n_ends - 1] != end))
        oracle->ends[oracle->n_ends++] = end;
    return 1;
}

static bool compile(struct regex_oracle *oracle, const char *text, bool ignore_case)
{
    // Auto-possessification would hide the shorter of several matches.
    uint32_t options = PCRE2_DOTALL | PCRE2_NO_AUTO_POSSESS | PCRE2_NO_START_OPTIMIZE |
                       (ignore_case ? PCRE2_CASELESS : 0);
    char whole[512];
    PCRE2_SIZE at;
    int error;

    cr_assert(snprintf(whole, sizeof(whole), "(?:%s)(?C1)", text) < (int)sizeof(whole), "too long");
    oracle->code =
        pcre2_compile((PCRE2_SPTR)whole, PCRE2_ZERO_TERMINATED, options, &error, &at, NULL);
    return oracle->code != NULL;
}

struct regex_oracle *regex_oracle_create(const char *text, bool ignore_case)
{
    struct regex_oracle *oracle = calloc(1, sizeof(*oracle));

    cr_assert(oracle, "no memory");
    if (!compile(oracle, text, ignore_case)) {
        free(oracle);
        return NULL;
    }
    oracle->context = pcre2_match_context_create(NULL);
    oracle->data = pcre2_match_data_create(1, NULL);
    oracle->workspace_ints = 4096;
    oracle->workspace = malloc(oracle->workspace_ints * sizeof(*oracle->workspace));
    cr_assert(oracle->context && oracle->data && oracle->workspace, "no memory");
    pcre2_set_callout(oracle->context, found_end, oracle);
    return oracle;
}

void regex_oracle_free(struct regex_oracle *oracle)
{
    if (!oracle)
        return;
    pcre2_match_data_free(oracle->data);
    pcre2_match_context_free(oracle->context);
    pcre2_code_free(oracle->code);
    free(oracle->workspace);
    free(oracle);
}

static int match_at(struct regex_oracle *oracle, const uint8_t *bytes, size_t length)
{
    oracle->n_ends = 0;
    return pcre2_dfa_match(oracle->code, bytes, length, 0, PCRE2_ANCHORED, oracle->data,
                           oracle->context, oracle->workspace, oracle->workspace_ints);
}

// Sets the ends of all matches that start at `bytes`, which has `length` bytes.
static void find_ends(struct regex_oracle *oracle, const uint8_t *bytes, size_t length)
{
    int code = match_at(oracle, bytes, length);

    while (code == PCRE2_ERROR_DFA_WSSIZE && oracle->workspace_ints < MOST_WORKSPACE) {
        oracle->workspace_ints *= 2;
        free(oracle->workspace);
        oracle->workspace = malloc(oracle->workspace_ints * sizeof(*oracle->workspace));
        cr_assert(oracle->workspace, "no memory");
        code = match_at(oracle, bytes, length);
    }
    cr_assert(code == PCRE2_ERROR_NOMATCH, "PCRE2 fails with code %d", code);
}

// Whether PCRE2 would see the same bytes at `start` as one before it: 4,097 equal ones.
static bool same_as_before(const struct stretch *stretch, size_t start)
{
    const uint8_t *bytes = stretch->bytes + start;

    return start > 0 && stretch->length - start >= MS_MAX_REGEX_MATCH && bytes[-1] == bytes[0] &&
           memcmp(bytes - 1, bytes, MS_MAX_REGEX_MATCH) == 0;
}

static bool in_a_piece(const struct stretch *stretch, size_t start, size_t end)
{
    for (size_t i = 0; i < stretch->n_pieces; i++) {
        if (stretch->address + start >= stretch->pieces[i].first &&
            stretch->address + end - 1 <= stretch->pieces[i].last)
            return true;
    }
    return stretch->n_pieces == 0;
}

// earliest[end]: the first start of a match that ends there, SIZE_MAX if there is none.
static void find_earliest(struct regex_oracle *oracle, const struct stretch *stretch,
                          size_t *earliest)
{
    for (size_t end = 0; end <= stretch->length; end++)
        earliest[end] = SIZE_MAX;
    for (size_t start = 0; start < stretch->length; start++) {
        size_t left = stretch->length - start;

        if (!same_as_before(stretch, start))
            find_ends(oracle, stretch->bytes + start,
                      left < MS_MAX_REGEX_MATCH ? left : MS_MAX_REGEX_MATCH);
        for (size_t i = 0; i < oracle->n_ends; i++) {
            size_t end = start + oracle->ends[i];

            if (earliest[end] == SIZE_MAX && in_a_piece(stretch, start, end))
                earliest[end] = start;
        }
    }
}

void regex_oracle_find(struct regex_oracle *oracle, const struct stretch *stretch, uint32_t align,
                       uint32_t pattern, found_vec *found)
{
    size_t *earliest = malloc((stretch->length + 1) * sizeof(*earliest));
    size_t *longest = calloc(stretch->length + 1, sizeof(*longest)); // by start

    cr_assert(earliest && longest, "no memory");
    find_earliest(oracle, stretch, earliest);
    for (size_t end = 1; end <= stretch->length; end++) {
        if (earliest[end] != SIZE_MAX)
            longest[earliest[end]] = end - earliest[end];
    }
    for (size_t start = 0; start < stretch->length; start++) {
        struct found match = {stretch->address + start, pattern, (uint32_t)longest[start]};

        if (longest[start] > 0 && match.address % align == 0)
            cr_assert(ms_vec_push(found, match), "no memory");
    }
    free(longest);
    free(earliest);
}
