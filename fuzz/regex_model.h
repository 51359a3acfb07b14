// SPDX-License-Identifier: MIT
//
// A regular expression that a small grammar makes of an input: as text for memscan, and as a tree
// that says by itself what it matches, by sets of positions. It knows nothing of any regex library.
//
// Expressions are short and repeat little: Hyperscan takes seconds to compile some of a few hundred
// characters.

#ifndef MS_FUZZ_REGEX_MODEL_H
#define MS_FUZZ_REGEX_MODEL_H

#include "matches.h"
#include "situation.h"

#define MODEL_MAX_TEXT  384
#define MODEL_MAX_NODES 64
#define MODEL_POSITIONS 256 // memory is shorter, or the expression's matches are

#define MODEL_UNBOUNDED 1000000u

enum model_node_kind {
    MODEL_CLASS,    // one byte of `bytes`
    MODEL_SEQUENCE, // the children one after the other
    MODEL_CHOICE,   // one of the children
    MODEL_REPEAT,   // child 0, `least` to `most` times
};

struct model_node {
    enum model_node_kind kind;
    uint64_t bytes[4]; // a bit for each value
    uint8_t n_children;
    uint8_t children[3];
    uint32_t least, most; // MODEL_UNBOUNDED: no end
};

struct regex_model {
    bool ignore_case;
    char text[MODEL_MAX_TEXT];
    size_t length;
    struct model_node nodes[MODEL_MAX_NODES];
    size_t n_nodes;
    uint8_t root;
    uint32_t widest; // bytes of the longest match, or MODEL_UNBOUNDED
};

// The byte that memory and expressions are mostly made of, by the low bits of the choice.
uint8_t model_letter(unsigned choice);

void regex_model_make(struct regex_model *model, struct input *input, bool ignore_case);

// Adds the matches in the segment by the rule of memscan's contract, as those of pattern `number`:
// for each end the earliest start, of matches with the same start the longest, those that start at
// a multiple of `align` alone. A match lies in one of the pieces (none: anywhere). The segment is
// shorter than MODEL_POSITIONS, or model->widest is below that.
void regex_model_find(const struct regex_model *model, const struct segment *segment,
                      const struct ms_range *pieces, size_t n_pieces, uint32_t align,
                      uint32_t number, struct matches *found);

#endif
