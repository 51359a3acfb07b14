// SPDX-License-Identifier: MIT
//
// What the statements about objects share.

#ifndef CORPUS_SPEC_OBJECTS_H
#define CORPUS_SPEC_OBJECTS_H

#include "parser.h"
#include "quantity.h"

struct objects_spec *objects_of(struct parser *parser);

struct option {
    const char *name;
    void (*take)(struct parser *parser, void *item); // from the word behind the name on
};

/** Takes options up to the end of the line. */
void next_options(struct parser *parser, const struct option *table, size_t count, void *item);

/** What is behind `infos`. */
struct infos_spec next_infos(struct parser *parser);

uint64_t next_u32(struct parser *parser, const char *what);

/** Puts an address in words in the place of another. */
void set_target(struct target *target, struct target value);

bool parse_thread_statement(struct parser *parser, const char *name);
bool parse_driver_statement(struct parser *parser, const char *name);

#endif
