// SPDX-License-Identifier: MIT
//
// A spec being read: what the functions that parse statements share.

#ifndef CORPUS_PARSER_H
#define CORPUS_PARSER_H

#include "spec.h"

/** The line at hand, and the next of its words. */
struct parser {
    struct spec *spec;
    struct variables *variables;
    struct lexer lexer;
    size_t at;
};

bool has_word(const struct parser *parser);

/** Where the next word stands, or the end of the line. */
struct place place_here(const struct parser *parser);

/** Fails, naming `what`, at the end of the line. */
const struct word *next_word(struct parser *parser, const char *what);
uint64_t next_quantity(struct parser *parser, const char *what);

/** Takes the next word if it is `keyword`. */
bool accept(struct parser *parser, const char *keyword);
void require(struct parser *parser, const char *keyword);

/** A start and a length, which is not 0, in physical memory. */
void next_range(struct parser *parser, uint64_t *start, uint64_t *length);

/* ---- statements about spaces ----------------------------------------------------------- */

void parse_tables(struct parser *parser);
void parse_space(struct parser *parser);
void parse_map(struct parser *parser);
void parse_share(struct parser *parser);
void parse_self_map(struct parser *parser);

/** Takes SPACE:ADDRESS, if that is the next word, as the start of a rule of plants. */
bool accept_virtual(struct parser *parser, struct plant_rule *rule);

#endif
