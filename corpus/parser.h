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

/** A word that is not empty and has no NUL; it lives as long as the line. */
const char *next_text(struct parser *parser, const char *what);
uint64_t next_below(struct parser *parser, const char *what, uint64_t limit);

/** A kind of fill with its arguments; the rest of the fill is not touched. */
void next_fill_kind(struct parser *parser, struct fill *fill);

/** Opens a file to read, by a path relative to the spec. */
int next_file(struct parser *parser, uint64_t *size);

/** An address in words, such as MODULE+N. */
struct target next_target(struct parser *parser, const char *what);

struct statement {
    const char *name;
    void (*parse)(struct parser *parser); // from the word behind the name on
};

/** Carries out the statement of that name; false if the table has none. */
bool statement_find(struct parser *parser, const struct statement *table, size_t count,
                    const char *name);

/* ---- statements about spaces ----------------------------------------------------------- */

void parse_tables(struct parser *parser);
void parse_space(struct parser *parser);
void parse_map(struct parser *parser);
void parse_share(struct parser *parser);
void parse_self_map(struct parser *parser);

/** Takes what is behind pages, if that is next. */
bool accept_backing(struct parser *parser, struct backing *backing);

/** What accept_backing() knows, for messages. */
extern const char backings[];

/** Takes the name of one space, up to `length` bytes of the word. */
size_t space_of(struct parser *parser, const struct word *word, size_t length);

/** Adds a rule of the line at hand; returns its number. */
size_t add_space_rule(struct parser *parser, struct space_rule rule);

/** Takes SPACE:ADDRESS, if that is the next word, as the start of a rule of plants. */
bool accept_virtual(struct parser *parser, struct plant_rule *rule);

/* ---- statements about modules, and those of the system that lists them ------------------ */

/** The module that statements are about. */
struct module_spec *last_module(struct parser *parser);

/** Carries out a statement of that sort, which is the line's first word; false if it is none. */
bool parse_module_statement(struct parser *parser, const char *name);
bool parse_content_statement(struct parser *parser, const char *name);
bool parse_nt_statement(struct parser *parser, const char *name);
bool parse_pool_statement(struct parser *parser, const char *name);
bool parse_object_statement(struct parser *parser, const char *name);

/** The system that statements are about, and the paging of its space. */
struct nt_spec *nt_of(struct parser *parser);
const struct paging_mode *nt_mode(const struct parser *parser);

/** An address that the system's space has. */
uint64_t next_nt_address(struct parser *parser);

#endif
