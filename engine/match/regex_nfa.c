// SPDX-License-Identifier: MIT
//
// A recursive descent over the expression. What it is not sure of ends it: there is another way to
// search for such expressions.

#include "match/regex_nfa.h"

#include "match/number.h"

#include <stdlib.h>
#include <string.h>

// More would come to large tables, too.
#define MOST_STATES 4096
#define MOST_DEPTH  32

#define UNLIMITED UINT32_MAX

struct parser {
    const char *text;
    size_t length;
    size_t at;
    bool ignore_case;
    unsigned depth; // of groups
    struct ms_nfa *nfa;
    bool no_memory;
};

// A part of the automaton: `last` is an empty state that leads nowhere yet.
struct fragment {
    uint32_t first;
    uint32_t last;
};

static bool parse_alternatives(struct parser *parser, struct fragment *fragment);

static bool at_end(const struct parser *parser)
{
    return parser->at == parser->length;
}

// NUL at the end; there is none before.
static char peek(const struct parser *parser)
{
    return at_end(parser) ? '\0' : parser->text[parser->at];
}

static bool take(struct parser *parser, const char *token)
{
    size_t n = strlen(token);

    if (parser->length - parser->at < n || memcmp(parser->text + parser->at, token, n) != 0)
        return false;
    parser->at += n;
    return true;
}

// == States ==

static bool add_state(struct parser *parser, uint32_t set, uint32_t next, uint32_t other,
                      uint32_t *state_ret)
{
    struct ms_nfa_state state = {set, {next, other}};

    if (parser->nfa->states.n == MOST_STATES)
        return false;
    *state_ret = (uint32_t)parser->nfa->states.n;
    parser->no_memory = !ms_vec_push(&parser->nfa->states, state);
    return !parser->no_memory;
}

static bool add_empty(struct parser *parser, struct fragment *fragment)
{
    if (!add_state(parser, MS_NFA_EMPTY, MS_NFA_NONE, MS_NFA_NONE, &fragment->first))
        return false;
    fragment->last = fragment->first;
    return true;
}

static bool add_fork(struct parser *parser, uint32_t next, uint32_t other, uint32_t *state_ret)
{
    return add_state(parser, MS_NFA_EMPTY, next, other, state_ret);
}

static void link_states(struct parser *parser, uint32_t from, uint32_t to)
{
    parser->nfa->states.items[from].next[0] = to;
}

static bool find_set(struct parser *parser, const struct ms_byte_set *set, uint32_t *index_ret)
{
    size_t n = parser->nfa->sets.n;

    for (*index_ret = 0; *index_ret < n; ++*index_ret) {
        if (memcmp(&parser->nfa->sets.items[*index_ret], set, sizeof(*set)) == 0)
            return true;
    }
    parser->no_memory = !ms_vec_push(&parser->nfa->sets, *set);
    return !parser->no_memory;
}

static bool add_set(struct parser *parser, const struct ms_byte_set *set, struct fragment *fragment)
{
    struct fragment behind;
    uint32_t index;

    if (!find_set(parser, set, &index) || !add_empty(parser, &behind) ||
        !add_state(parser, index, behind.first, MS_NFA_NONE, &fragment->first))
        return false;
    fragment->last = behind.last;
    return true;
}

// == Bytes ==

static void add_bytes(struct ms_byte_set *set, unsigned first, unsigned last)
{
    for (unsigned byte = first; byte <= last; byte++)
        set->bits[byte >> 6] |= UINT64_C(1) << (byte & 63);
}

static void invert(struct ms_byte_set *set)
{
    for (size_t i = 0; i < 4; i++)
        set->bits[i] = ~set->bits[i];
}

static void fold_case(struct ms_byte_set *set)
{
    for (unsigned small = 'a'; small <= 'z'; small++) {
        unsigned capital = small & 0xdf;

        if (ms_byte_set_has(set, (uint8_t)small) || ms_byte_set_has(set, (uint8_t)capital)) {
            add_bytes(set, small, small);
            add_bytes(set, capital, capital);
        }
    }
}

// \d and its like; false: the letter stands for nothing of the kind.
static bool class_of(char letter, struct ms_byte_set *set)
{
    struct ms_byte_set class = {0};
    char small = (char)(letter | 0x20);

    if (!letter || !strchr("dDwWsS", letter))
        return false;
    if (small == 's') {
        add_bytes(&class, '\t', '\r');
        add_bytes(&class, ' ', ' ');
    } else {
        add_bytes(&class, '0', '9');
    }
    if (small == 'w') {
        add_bytes(&class, 'A', 'Z');
        add_bytes(&class, 'a', 'z');
        add_bytes(&class, '_', '_');
    }
    if (letter != small)
        invert(&class);
    for (size_t i = 0; i < 4; i++)
        set->bits[i] |= class.bits[i];
    return true;
}

// What stands behind a backslash, if that is one byte.
static bool parse_escaped_byte(struct parser *parser, uint8_t *byte_ret)
{
    static const struct {
        char letter;
        uint8_t byte;
    } letters[] = {{'n', '\n'}, {'r', '\r'}, {'t', '\t'}, {'f', '\f'}, {'a', 7}, {'e', 27}};
    const char *rest = parser->text + parser->at;
    char c = peek(parser);

    if (c == 'x' && parser->length - parser->at >= 3 && ms_hex_digit(rest[1]) >= 0 &&
        ms_hex_digit(rest[2]) >= 0) {
        *byte_ret = (uint8_t)(ms_hex_digit(rest[1]) << 4 | ms_hex_digit(rest[2]));
        parser->at += 3;
        return true;
    }
    parser->at++;
    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
        *byte_ret = letters[i].byte;
        if (letters[i].letter == c)
            return true;
    }
    *byte_ret = (uint8_t)c;
    return c && strchr("\\.[](){}*+?|^$/-_,:;<>=!@#%&~'\" ", c);
}

// One member of a class that is a byte. Brackets inside are others' syntax.
static bool parse_class_byte(struct parser *parser, uint8_t *byte_ret)
{
    if (take(parser, "\\"))
        return parse_escaped_byte(parser, byte_ret);
    if (at_end(parser) || peek(parser) == '[')
        return false;
    *byte_ret = (uint8_t)parser->text[parser->at++];
    return true;
}

static bool parse_class_part(struct parser *parser, struct ms_byte_set *set)
{
    uint8_t first, last;

    if (peek(parser) == '\\' && parser->at + 1 < parser->length &&
        class_of(parser->text[parser->at + 1], set)) {
        parser->at += 2;
        return peek(parser) != '-';
    }
    if (!parse_class_byte(parser, &first))
        return false;
    last = first;
    if (peek(parser) == '-' && parser->at + 1 < parser->length &&
        parser->text[parser->at + 1] != ']') {
        parser->at++;
        if (!parse_class_byte(parser, &last))
            return false;
    }
    add_bytes(set, first, last);
    return first <= last;
}

// Behind the opening bracket.
static bool parse_class(struct parser *parser, struct ms_byte_set *set)
{
    bool inverted = take(parser, "^");

    do {
        if (peek(parser) == ']' || !parse_class_part(parser, set))
            return false;
    } while (!take(parser, "]"));
    if (parser->ignore_case)
        fold_case(set);
    if (inverted)
        invert(set);
    return true;
}

static bool parse_bytes(struct parser *parser, struct ms_byte_set *set)
{
    uint8_t byte;

    if (take(parser, "["))
        return parse_class(parser, set);
    if (take(parser, ".")) {
        add_bytes(set, 0, 255);
        return true;
    }
    if (take(parser, "\\")) {
        if (class_of(peek(parser), set)) {
            parser->at++;
            return true;
        }
        if (!parse_escaped_byte(parser, &byte))
            return false;
    } else {
        if (at_end(parser) || strchr("*+?{}]()|^$", peek(parser)))
            return false;
        byte = (uint8_t)parser->text[parser->at++];
    }
    add_bytes(set, byte, byte);
    if (parser->ignore_case)
        fold_case(set);
    return true;
}

// == Structure ==

static bool parse_piece(struct parser *parser, struct fragment *fragment)
{
    struct ms_byte_set set = {0};

    if (!take(parser, "("))
        return parse_bytes(parser, &set) && add_set(parser, &set, fragment);
    if (!take(parser, "?:") && peek(parser) == '?')
        return false;
    if (++parser->depth > MOST_DEPTH || !parse_alternatives(parser, fragment))
        return false;
    parser->depth--;
    return take(parser, ")");
}

static bool parse_number(struct parser *parser, uint32_t *number_ret)
{
    size_t start = parser->at;

    for (*number_ret = 0; peek(parser) >= '0' && peek(parser) <= '9'; parser->at++) {
        *number_ret = *number_ret * 10 + (uint32_t)(peek(parser) - '0');
        if (*number_ret > MOST_STATES)
            return false;
    }
    return parser->at > start;
}

// Behind the opening brace: n} n,} n,m}
static bool parse_braces(struct parser *parser, uint32_t *least, uint32_t *most)
{
    if (!parse_number(parser, least))
        return false;
    *most = *least;
    if (take(parser, ",")) {
        *most = UNLIMITED;
        if (peek(parser) != '}' && !parse_number(parser, most))
            return false;
    }
    return take(parser, "}") && *least <= *most;
}

// How often the piece before may be there. That a count is lazy does not change what matches.
static bool parse_count(struct parser *parser, uint32_t *least, uint32_t *most)
{
    *least = 0;
    *most = UNLIMITED;
    if (take(parser, "+")) {
        *least = 1;
    } else if (take(parser, "?")) {
        *most = 1;
    } else if (take(parser, "{")) {
        if (!parse_braces(parser, least, most))
            return false;
    } else if (!take(parser, "*")) {
        *least = *most = 1;
        return true;
    }
    take(parser, "?");
    return at_end(parser) || !strchr("*+?{", peek(parser));
}

// The piece that starts at `piece`, of which `copy` is one copy, several times in a row.
static bool repeat(struct parser *parser, size_t piece, struct fragment copy, uint32_t least,
                   uint32_t most, struct fragment *fragment)
{
    uint32_t n = most == UNLIMITED ? (least > 0 ? least : 1) : most, fork;
    size_t behind = parser->at;
    struct fragment end;

    if (!add_empty(parser, &end) || !add_empty(parser, fragment))
        return false;
    for (uint32_t i = 0; i < n; i++) {
        parser->at = piece;
        if (i > 0 && !parse_piece(parser, &copy))
            return false;
        fork = copy.first;
        if (i >= least && !add_fork(parser, copy.first, end.first, &fork))
            return false;
        link_states(parser, fragment->last, fork);
        fragment->last = copy.last;
    }
    fork = end.first;
    if (most == UNLIMITED && !add_fork(parser, copy.first, end.first, &fork))
        return false;
    link_states(parser, fragment->last, fork);
    fragment->last = end.last;
    parser->at = behind;
    return true;
}

static bool parse_repeated(struct parser *parser, struct fragment *fragment)
{
    size_t piece = parser->at;
    uint32_t least, most;
    struct fragment one;

    if (!parse_piece(parser, &one) || !parse_count(parser, &least, &most))
        return false;
    if (least != 1 || most != 1)
        return repeat(parser, piece, one, least, most, fragment);
    *fragment = one;
    return true;
}

static bool parse_sequence(struct parser *parser, struct fragment *fragment)
{
    if (!add_empty(parser, fragment))
        return false;
    while (!at_end(parser) && peek(parser) != '|' && peek(parser) != ')') {
        struct fragment next;

        if (!parse_repeated(parser, &next))
            return false;
        link_states(parser, fragment->last, next.first);
        fragment->last = next.last;
    }
    return true;
}

static bool parse_alternatives(struct parser *parser, struct fragment *fragment)
{
    if (!parse_sequence(parser, fragment))
        return false;
    while (take(parser, "|")) {
        struct fragment other, end;

        if (!parse_sequence(parser, &other) || !add_empty(parser, &end) ||
            !add_fork(parser, fragment->first, other.first, &fragment->first))
            return false;
        link_states(parser, fragment->last, end.first);
        link_states(parser, other.last, end.first);
        fragment->last = end.last;
    }
    return true;
}

enum ms_status ms_nfa_build(struct ms_nfa *nfa, const char *text, size_t length, bool ignore_case,
                            bool *known_ret, struct ms_error *error)
{
    struct parser parser = {.text = text, .length = length, .ignore_case = ignore_case, .nfa = nfa};
    struct fragment whole;

    *nfa = (struct ms_nfa){0};
    // Deeper in, what it holds for would have to be known.
    parser.ignore_case |= take(&parser, "(?i)");
    *known_ret = parse_alternatives(&parser, &whole) && at_end(&parser);
    if (parser.no_memory)
        return ms_fail_nomem(error);
    if (*known_ret) {
        nfa->first = whole.first;
        nfa->last = whole.last;
    }
    return MS_OK;
}

void ms_nfa_release(struct ms_nfa *nfa)
{
    free(nfa->states.items);
    free(nfa->sets.items);
}
