// SPDX-License-Identifier: MIT
//
// The subset construction: a state is the set of the NFA's states that it may be in, the empty ones
// left out.

#include "match/regex_dfa.h"

#include "match/regex_nfa.h"

#include <stdlib.h>
#include <string.h>

// Members of subsets looked at, at most: some milliseconds.
#define MOST_WORK ((size_t)1 << 20)

#define HASH_SLOTS ((size_t)64 * 1024) // twice as many as there can be states

// members[first, first + n), ascending.
struct subset {
    size_t first;
    size_t n;
    bool accepts;
};

struct builder {
    const struct ms_nfa *nfa;
    struct ms_dfa *dfa;
    MS_VEC(uint32_t) members;      // NFA states with sets, of all subsets
    MS_VEC(struct subset) subsets; // by DFA state
    MS_VEC(uint16_t) next;
    uint32_t *slots; // hashed subsets: DFA state + 1; 0: none
    uint32_t *seen;  // by NFA state: the latest subset that has it, as a number that only grows
    uint32_t *stack; // of NFA states
    uint32_t turn;
    size_t work;
    uint8_t examples[256]; // a byte of each class
    size_t n_classes;
    bool no_memory;
};

// == Classes of bytes ==

static bool alike(const struct ms_nfa *nfa, uint8_t a, uint8_t b)
{
    for (size_t i = 0; i < nfa->sets.n; i++) {
        if (ms_byte_set_has(&nfa->sets.items[i], a) != ms_byte_set_has(&nfa->sets.items[i], b))
            return false;
    }
    return true;
}

static void find_classes(struct builder *builder)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        size_t i = 0;

        while (i < builder->n_classes && !alike(builder->nfa, builder->examples[i], (uint8_t)byte))
            i++;
        if (i == builder->n_classes)
            builder->examples[builder->n_classes++] = (uint8_t)byte;
        builder->dfa->class_of[byte] = (uint8_t)i;
    }
    while ((size_t)1 << builder->dfa->shift < builder->n_classes)
        builder->dfa->shift++;
}

// == Subsets ==

static struct subset open_subset(struct builder *builder)
{
    builder->turn++;
    return (struct subset){.first = builder->members.n};
}

// Adds a state, and all that empty ones lead to.
static bool add_closure(struct builder *builder, struct subset *subset, uint32_t from)
{
    size_t n = 0;

    builder->stack[n++] = from;
    while (n > 0) {
        uint32_t index = builder->stack[--n];
        const struct ms_nfa_state *state = &builder->nfa->states.items[index];

        if (builder->seen[index] == builder->turn)
            continue;
        builder->seen[index] = builder->turn;
        builder->work++;
        subset->accepts |= index == builder->nfa->last;
        if (state->set != MS_NFA_EMPTY) {
            builder->no_memory = !ms_vec_push(&builder->members, index);
            if (builder->no_memory)
                return false;
            subset->n++;
            continue;
        }
        for (size_t i = 0; i < 2; i++) {
            if (state->next[i] != MS_NFA_NONE)
                builder->stack[n++] = state->next[i];
        }
    }
    return true;
}

static int compare_members(const void *left, const void *right)
{
    const uint32_t *a = left, *b = right;

    return *a < *b ? -1 : *a > *b;
}

static bool same_subset(const struct builder *builder, const struct subset *a,
                        const struct subset *b)
{
    const uint32_t *members = builder->members.items;

    return a->n == b->n && a->accepts == b->accepts &&
           memcmp(members + a->first, members + b->first, a->n * sizeof(*members)) == 0;
}

static size_t hash_subset(const struct builder *builder, const struct subset *subset)
{
    uint64_t hash = subset->accepts;

    for (size_t i = 0; i < subset->n; i++)
        hash = (hash ^ builder->members.items[subset->first + i]) * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(hash >> 32);
}

static bool add_dfa_state(struct builder *builder, struct subset subset)
{
    size_t n_entries = (builder->subsets.n + 1) << builder->dfa->shift;

    if (n_entries > MS_DFA_ENTRIES || builder->work > MOST_WORK)
        return false;
    builder->no_memory = !ms_vec_push(&builder->subsets, subset);
    return !builder->no_memory;
}

// The DFA state of a subset whose members are the last of all: an old one, or a new one.
static bool close_subset(struct builder *builder, struct subset subset, uint16_t *state_ret)
{
    uint32_t *slot;

    if (subset.n > 1)
        qsort(builder->members.items + subset.first, subset.n, sizeof(*builder->members.items),
              compare_members);
    for (size_t at = hash_subset(builder, &subset);; at++) {
        slot = &builder->slots[at % HASH_SLOTS];
        if (*slot == 0 || same_subset(builder, &builder->subsets.items[*slot - 1], &subset))
            break;
    }
    if (*slot == 0) {
        if (!add_dfa_state(builder, subset))
            return false;
        *slot = (uint32_t)builder->subsets.n;
    } else {
        builder->members.n = subset.first;
    }
    *state_ret = (uint16_t)((*slot - 1) | (subset.accepts ? MS_DFA_ACCEPTS : 0));
    return true;
}

static bool step(struct builder *builder, size_t state, uint8_t byte, uint16_t *state_ret)
{
    struct subset from = builder->subsets.items[state], to = open_subset(builder);

    for (size_t i = 0; i < from.n; i++) {
        uint32_t member = builder->members.items[from.first + i];
        const struct ms_nfa_state *nfa_state = &builder->nfa->states.items[member];

        builder->work++;
        if (ms_byte_set_has(&builder->nfa->sets.items[nfa_state->set], byte) &&
            !add_closure(builder, &to, nfa_state->next[0]))
            return false;
    }
    return close_subset(builder, to, state_ret);
}

// == The table ==

// Where the bytes of each class lead from a state. Classes that only round their number up are not
// looked at.
static bool add_row(struct builder *builder, size_t from)
{
    size_t width = (size_t)1 << builder->dfa->shift;

    builder->no_memory = !ms_vec_reserve(&builder->next, width);
    if (builder->no_memory)
        return false;
    for (size_t i = 0; i < width; i++) {
        uint16_t state = MS_DFA_DEAD;

        if (i < builder->n_classes && !step(builder, from, builder->examples[i], &state))
            return false;
        builder->next.items[builder->next.n++] = state;
    }
    return true;
}

static bool make_table(struct builder *builder)
{
    struct subset dead = open_subset(builder), start;
    uint16_t state;

    if (!close_subset(builder, dead, &state))
        return false;
    start = open_subset(builder);
    if (!add_closure(builder, &start, builder->nfa->first) ||
        !close_subset(builder, start, &state) || state != MS_DFA_START)
        return false;
    for (size_t from = 0; from < builder->subsets.n; from++) {
        if (!add_row(builder, from))
            return false;
    }
    return true;
}

// == Covering ==

// States of larger automata are not looked at.
#define MOST_COVERING 256

// Pairs of states (start's, other's), as bits.
struct pairs {
    uint64_t bits[MOST_COVERING][MOST_COVERING / 64];
};

static bool add_pair(struct pairs *pairs, uint16_t a, uint16_t b)
{
    uint64_t bit = UINT64_C(1) << (b & 63), *word = &pairs->bits[a][b / 64];
    bool is_new = !(*word & bit);

    *word |= bit;
    return is_new;
}

struct cover {
    const struct ms_dfa *dfa;
    struct pairs *known; // all that follow from pairs here are here, and none of them is in the way
    struct pairs *seen;  // while one state is looked at
    uint16_t (*stack)[2];
};

// Whether all that matches from the start does from `state` on: from no pair of states that the
// same bytes lead to does the first accept where the second does not.
static bool covers_start(struct cover *cover, uint16_t state)
{
    const struct ms_dfa *dfa = cover->dfa;
    size_t n = 0;

    *cover->seen = *cover->known;
    if (add_pair(cover->seen, MS_DFA_START, state)) {
        cover->stack[n][0] = MS_DFA_START;
        cover->stack[n++][1] = state;
    }
    while (n > 0) {
        uint16_t a = cover->stack[--n][0], b = cover->stack[n][1];

        for (size_t i = 0; i < (size_t)1 << dfa->shift; i++) {
            uint16_t to_a = dfa->next[(size_t)a << dfa->shift | i];
            uint16_t to_b = dfa->next[(size_t)b << dfa->shift | i];

            if (to_a & ~to_b & MS_DFA_ACCEPTS)
                return false;
            to_a &= (uint16_t)~MS_DFA_ACCEPTS;
            to_b &= (uint16_t)~MS_DFA_ACCEPTS;
            if (to_a != MS_DFA_DEAD && to_b == MS_DFA_DEAD)
                return false;
            if (to_a != MS_DFA_DEAD && to_a != to_b && add_pair(cover->seen, to_a, to_b)) {
                cover->stack[n][0] = to_a;
                cover->stack[n++][1] = to_b;
            }
        }
    }
    *cover->known = *cover->seen;
    return true;
}

static bool find_covering(struct ms_dfa *dfa)
{
    struct cover cover = {.dfa = dfa};
    bool ok;

    dfa->covers = calloc(dfa->n_states + 1, sizeof(*dfa->covers));
    if (dfa->n_states > MOST_COVERING)
        return dfa->covers;
    cover.known = calloc(1, sizeof(*cover.known));
    cover.seen = malloc(sizeof(*cover.seen));
    cover.stack = malloc((dfa->n_states * dfa->n_states + 1) * sizeof(*cover.stack));
    ok = dfa->covers && cover.known && cover.seen && cover.stack;
    for (size_t state = MS_DFA_START; ok && state < dfa->n_states; state++)
        dfa->covers[state] = covers_start(&cover, (uint16_t)state);
    free(cover.known);
    free(cover.seen);
    free(cover.stack);
    return ok;
}

// == The whole ==

static bool prepare(struct builder *builder)
{
    size_t n = builder->nfa->states.n;

    builder->dfa = calloc(1, sizeof(*builder->dfa));
    builder->slots = calloc(HASH_SLOTS, sizeof(*builder->slots));
    builder->seen = calloc(n + 1, sizeof(*builder->seen));
    builder->stack = malloc((2 * n + 1) * sizeof(*builder->stack));
    builder->no_memory = !builder->dfa || !builder->slots || !builder->seen || !builder->stack;
    return !builder->no_memory;
}

static enum ms_status build(const struct ms_nfa *nfa, struct ms_dfa **dfa_ret,
                            struct ms_error *error)
{
    struct builder builder = {.nfa = nfa};

    if (prepare(&builder)) {
        find_classes(&builder);
        if (make_table(&builder)) {
            builder.dfa->n_states = builder.subsets.n;
            builder.dfa->next = builder.next.items;
            builder.next.items = NULL;
            builder.no_memory = !find_covering(builder.dfa);
            *dfa_ret = builder.dfa;
            builder.dfa = NULL;
        }
    }
    free(builder.members.items);
    free(builder.subsets.items);
    free(builder.next.items);
    free(builder.slots);
    free(builder.seen);
    free(builder.stack);
    free(builder.dfa);
    return builder.no_memory ? ms_fail_nomem(error) : MS_OK;
}

enum ms_status ms_dfa_create(const struct ms_pattern *regex, struct ms_dfa **dfa_ret,
                             struct ms_error *error)
{
    struct ms_nfa nfa;
    bool known;
    enum ms_status status =
        ms_nfa_build(&nfa, regex->text, regex->text_length, regex->ignore_case, &known, error);

    *dfa_ret = NULL;
    if (status == MS_OK && known)
        status = build(&nfa, dfa_ret, error);
    ms_nfa_release(&nfa);
    return status;
}

void ms_dfa_free(struct ms_dfa *dfa)
{
    if (!dfa)
        return;
    free(dfa->next);
    free(dfa->covers);
    free(dfa);
}
