// SPDX-License-Identifier: MIT
//
// A scan over the tokens of a regular expression as Hyperscan 5.4 splits it. It knows just enough
// to tell an anchor from a character that looks like one: classes, quoting, comments, escapes, and
// the (?x) flag, whose reach ends with its group.

#include "match/regex_syntax.h"

#include "base/vec.h"
#include "match/number.h"
#include "match/quote.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct scan {
    struct ms_subject subject;
    size_t at;
    bool extended;      // (?x) holds: # starts a comment
    MS_VEC(bool) outer; // what `extended` was outside of each open group
    bool no_memory;
};

static bool starts_with(const struct scan *scan, const char *token)
{
    size_t n = strlen(token);

    return n <= scan->subject.length - scan->at &&
           memcmp(scan->subject.text + scan->at, token, n) == 0;
}

static bool at_end(const struct scan *scan)
{
    return scan->at >= scan->subject.length;
}

static char peek(const struct scan *scan)
{
    return at_end(scan) ? '\0' : scan->subject.text[scan->at];
}

// Moves on by `n` bytes, but not past the end.
static void skip(struct scan *scan, size_t n)
{
    size_t left = scan->subject.length - scan->at;

    scan->at += n < left ? n : left;
}

// Moves past the next `token`, or to the end if there is none.
static void skip_past(struct scan *scan, const char *token)
{
    while (!at_end(scan) && !starts_with(scan, token))
        scan->at++;
    skip(scan, strlen(token));
}

static void skip_quoted(struct scan *scan)
{
    skip(scan, 2);
    skip_past(scan, "\\E");
}

static void skip_comment(struct scan *scan)
{
    skip_past(scan, ")");
}

static void skip_control(struct scan *scan)
{
    skip(scan, 3);
}

static void skip_escape(struct scan *scan)
{
    skip(scan, 2);
}

// \p{^Lu}: this ^ negates a property.
static void skip_property(struct scan *scan)
{
    skip(scan, 4);
}

static void skip_hash(struct scan *scan)
{
    if (scan->extended)
        skip_past(scan, "\n");
    else
        skip(scan, 1);
}

// == Character classes ==

// Moves past a POSIX class such as [:^alpha:] if one starts here.
static bool skip_posix_class(struct scan *scan)
{
    size_t start = scan->at;

    if (!starts_with(scan, "[:"))
        return false;
    skip(scan, starts_with(scan, "[:^") ? 3 : 2);
    while (peek(scan) >= 'a' && peek(scan) <= 'z')
        scan->at++;
    if (starts_with(scan, ":]")) {
        skip(scan, 2);
        return true;
    }
    scan->at = start;
    return false;
}

static void skip_class_element(struct scan *scan)
{
    if (skip_posix_class(scan))
        return;
    if (starts_with(scan, "\\c"))
        skip_control(scan);
    else
        skip(scan, peek(scan) == '\\' ? 2 : 1);
}

// Moves over what may stand before the first element without being one. Returns true if it moved.
static bool skip_class_start(struct scan *scan, bool *negated)
{
    size_t n = 0;

    if (starts_with(scan, "\\Q\\E"))
        n = 4;
    else if (starts_with(scan, "\\E"))
        n = 2;
    else if (!*negated && peek(scan) == '^')
        n = 1;
    *negated |= n == 1;
    skip(scan, n);
    return n > 0;
}

static void skip_class(struct scan *scan)
{
    bool negated = false;

    skip(scan, 1);
    while (skip_class_start(scan, &negated))
        ;
    // A ] that would make the class empty is a member of it.
    if (peek(scan) == ']')
        skip(scan, 1);
    while (!at_end(scan) && peek(scan) != ']') {
        if (starts_with(scan, "\\Q"))
            skip_quoted(scan);
        else
            skip_class_element(scan);
    }
    skip(scan, 1);
}

// == Groups ==

// Reads flags such as i-x behind a "(?"; *extended_ret is what they make of (?x).
static void read_flags(struct scan *scan, bool *extended_ret)
{
    bool on = true;

    *extended_ret = scan->extended;
    for (; memchr("imsx-", peek(scan), 5); scan->at++) {
        if (peek(scan) == '-')
            on = false;
        else if (peek(scan) == 'x')
            *extended_ret = on;
    }
}

static void open_group(struct scan *scan)
{
    bool extended = scan->extended;

    if (starts_with(scan, "(?")) {
        skip(scan, 2);
        read_flags(scan, &extended);
        if (peek(scan) == ')') { // flags for the rest of the group we are in
            scan->extended = extended;
            skip(scan, 1);
            return;
        }
    } else {
        skip(scan, 1);
    }
    scan->no_memory = !ms_vec_push(&scan->outer, scan->extended);
    scan->extended = extended;
}

static void close_group(struct scan *scan)
{
    skip(scan, 1);
    if (scan->outer.n > 0)
        scan->extended = scan->outer.items[--scan->outer.n];
}

// == The whole ==

#define ANCHOR "is an anchor: a match cannot depend on the bytes around it"
#define LOOK   "starts a lookaround: a match cannot depend on the bytes around it"

// Tokens that matter, either refused or passed over by a function. The first that fits counts; all
// other bytes are passed over one by one.
static const struct token {
    const char *text;
    const char *refusal;
    void (*skip)(struct scan *scan);
} tokens[] = {
    {"^", ANCHOR, NULL},
    {"$", ANCHOR, NULL},
    {"\\A", ANCHOR, NULL},
    {"\\z", ANCHOR, NULL},
    {"\\Z", ANCHOR, NULL},
    {"\\b", ANCHOR, NULL},
    {"\\B", ANCHOR, NULL},
    {"\\G", ANCHOR, NULL},
    {"(?=", LOOK, NULL},
    {"(?!", LOOK, NULL},
    {"(?<=", LOOK, NULL},
    {"(?<!", LOOK, NULL},
    {"(*", "starts a control verb: there are none here", NULL},
    {"\\Q", NULL, skip_quoted},
    {"\\c", NULL, skip_control},
    {"\\p{^", NULL, skip_property},
    {"\\P{^", NULL, skip_property},
    {"\\", NULL, skip_escape},
    {"[", NULL, skip_class},
    {"(?#", NULL, skip_comment},
    {"(", NULL, open_group},
    {")", NULL, close_group},
    {"#", NULL, skip_hash},
};

static const struct token *find_token(const struct scan *scan)
{
    for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        if (starts_with(scan, tokens[i].text))
            return &tokens[i];
    }
    return NULL;
}

static void skip_token(struct scan *scan)
{
    const struct token *token = find_token(scan);

    if (token && token->skip)
        token->skip(scan);
    else
        skip(scan, 1);
}

static enum ms_status scan_tokens(struct scan *scan, struct ms_error *error)
{
    while (!at_end(scan)) {
        const struct token *token = find_token(scan);

        if (!token)
            scan->at++;
        else if (token->refusal)
            return ms_fail_text(error, &scan->subject, scan->at, "'%s' at character %zu %s",
                                token->text, scan->at + 1, token->refusal);
        else
            token->skip(scan);
        if (scan->no_memory)
            return ms_fail_nomem(error);
    }
    return MS_OK;
}

enum ms_status ms_regex_check(const char *text, size_t length, struct ms_error *error)
{
    struct scan scan = {.subject = {"regex", text, length}};
    const char *nul = length > 0 ? memchr(text, '\0', length) : NULL;
    enum ms_status status;

    if (length == 0)
        return ms_fail_text(error, &scan.subject, 0, "the pattern is empty");
    if (nul)
        return ms_fail_char(error, &scan.subject, (size_t)(nul - text),
                            "ends the expression: write \\x00 for a zero byte");
    status = scan_tokens(&scan, error);
    free(scan.outer.items);
    return status;
}

// == Shortening ==

// A piece of the outermost concatenation, and how often it is there.
struct piece {
    size_t end; // offset behind it, and before its quantifier if `varies`
    unsigned min;
    bool varies; // it may be there more often
};

typedef MS_VEC(struct piece) piece_vec;

// Moves past an escape that stands for one byte. False: it may be another.
static bool skip_byte_escape(struct scan *scan)
{
    const char *rest = scan->subject.text + scan->at + 1;
    size_t left = scan->subject.length - scan->at - 1;

    if (left >= 3 && rest[0] == 'x' && ms_hex_digit(rest[1]) >= 0 && ms_hex_digit(rest[2]) >= 0) {
        skip(scan, 4);
        return true;
    }
    skip(scan, 2);
    return left > 0 && strchr("dDwWsSnrtfa\\.[](){}*+?|^$/-_,:;<>=!@#%&~'\" ", rest[0]);
}

// Moves past a piece that has no quantifier yet. *counts_ret: it is one, not flags for what
// follows. False: it is none of those that are known for sure.
static bool skip_piece(struct scan *scan, bool *counts_ret)
{
    size_t depth = scan->outer.n;

    *counts_ret = true;
    if (peek(scan) == '\\')
        return skip_byte_escape(scan);
    if (starts_with(scan, "(?#") || strchr("|)*+?{}]", peek(scan)))
        return false;
    if (peek(scan) == '[') {
        skip_class(scan);
        return true;
    }
    if (peek(scan) != '(') {
        skip(scan, 1);
        return true;
    }
    open_group(scan);
    *counts_ret = scan->outer.n > depth;
    while (!at_end(scan) && !scan->no_memory && scan->outer.n > depth)
        skip_token(scan);
    return !scan->extended && scan->outer.n == depth;
}

// Reads at most 5 digits. False: there are none, or more.
static bool read_number(struct scan *scan, unsigned *number_ret)
{
    size_t n = 0;

    *number_ret = 0;
    for (; peek(scan) >= '0' && peek(scan) <= '9' && n < 6; n++, scan->at++)
        *number_ret = *number_ret * 10 + (unsigned)(peek(scan) - '0');
    return n > 0 && n < 6;
}

// {n} {n,} {n,m}
static bool read_counts(struct scan *scan, struct piece *piece)
{
    unsigned most;

    skip(scan, 1);
    if (!read_number(scan, &piece->min))
        return false;
    piece->varies = peek(scan) == ',';
    if (piece->varies) {
        skip(scan, 1);
        if (peek(scan) != '}' && !read_number(scan, &most))
            return false;
    }
    if (peek(scan) != '}')
        return false;
    skip(scan, 1);
    if (!piece->varies)
        piece->end = scan->at;
    return true;
}

static bool read_quantifier(struct scan *scan, struct piece *piece)
{
    char c = peek(scan);

    *piece = (struct piece){.end = scan->at, .min = c != '*' && c != '?'};
    if (c == '{') {
        if (!read_counts(scan, piece))
            return false;
    } else if (c == '*' || c == '+' || c == '?') {
        piece->varies = true;
        skip(scan, 1);
    } else {
        return true;
    }
    if (peek(scan) == '?') // the same, but lazy
        skip(scan, 1);
    return true;
}

// False: the text is not understood, or no memory.
static bool read_pieces(struct scan *scan, piece_vec *pieces)
{
    while (!at_end(scan)) {
        struct piece piece;
        bool counts;

        if (!skip_piece(scan, &counts))
            return false;
        if (!counts)
            continue;
        if (!read_quantifier(scan, &piece))
            return false;
        if (!ms_vec_push(pieces, piece)) {
            scan->no_memory = true;
            return false;
        }
    }
    return true;
}

// The text up to where the last piece that must be there has been there often enough.
static char *cut(const char *text, const piece_vec *pieces, bool *no_memory)
{
    size_t n = pieces->n;
    char *result;
    int length;

    while (n > 0 && pieces->items[n - 1].min == 0)
        n--;
    if (n == 0 || (n == pieces->n && !pieces->items[n - 1].varies))
        return NULL;
    length = (int)pieces->items[n - 1].end;
    if (pieces->items[n - 1].varies && pieces->items[n - 1].min > 1)
        *no_memory = asprintf(&result, "%.*s{%u}", length, text, pieces->items[n - 1].min) < 0;
    else
        *no_memory = asprintf(&result, "%.*s", length, text) < 0;
    return *no_memory ? NULL : result;
}

enum ms_status ms_regex_shorten(const char *text, size_t length, char **short_ret,
                                struct ms_error *error)
{
    struct scan scan = {.subject = {"regex", text, length}};
    piece_vec pieces = {0};

    *short_ret = NULL;
    if (length < INT_MAX && read_pieces(&scan, &pieces))
        *short_ret = cut(text, &pieces, &scan.no_memory);
    free(pieces.items);
    free(scan.outer.items);
    return scan.no_memory ? ms_fail_nomem(error) : MS_OK;
}
