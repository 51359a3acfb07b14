// SPDX-License-Identifier: MIT
//
// Words of a statement, one after the other.

#include "parser.h"

#include "quantity.h"

#include <string.h>

bool has_word(const struct parser *parser)
{
    return parser->at < parser->lexer.n_words;
}

struct place place_here(const struct parser *parser)
{
    if (has_word(parser))
        return parser->lexer.words[parser->at].place;
    return (struct place){parser->lexer.line, parser->lexer.end_column};
}

const struct word *next_word(struct parser *parser, const char *what)
{
    if (!has_word(parser))
        fail_at(place_here(parser), "%s", what);
    return &parser->lexer.words[parser->at++];
}

uint64_t next_quantity(struct parser *parser, const char *what)
{
    return quantity_of(next_word(parser, what), what);
}

/** Takes the next word if it is `keyword`. */
bool accept(struct parser *parser, const char *keyword)
{
    if (!has_word(parser) || strcmp(parser->lexer.words[parser->at].text, keyword) != 0)
        return false;
    parser->at++;
    return true;
}

void require(struct parser *parser, const char *keyword)
{
    if (!accept(parser, keyword))
        fail_at(place_here(parser), "'%s'", keyword);
}

void next_range(struct parser *parser, uint64_t *start, uint64_t *length)
{
    *start = next_quantity(parser, "a start address");
    struct place place = place_here(parser);
    *length = next_quantity(parser, "a length");
    if (*length == 0)
        fail_at(place, "a length that is not zero");
    if (*start > PHYSICAL_LIMIT || *length > PHYSICAL_LIMIT - *start)
        fail_at(place, "a range below the end of physical memory (2^52)");
}

struct target next_target(struct parser *parser, const char *what)
{
    const struct word *word = next_word(parser, what);
    if (word->length == 0 || word->length != strlen(word->text))
        fail_at(word->place, "%s", what);
    return (struct target){copy_text(word->text), word->place};
}

const char *next_text(struct parser *parser, const char *what)
{
    const struct word *word = next_word(parser, what);
    if (word->length == 0 || word->length != strlen(word->text))
        fail_at(word->place, "%s", what);
    return word->text;
}

uint64_t next_below(struct parser *parser, const char *what, uint64_t limit)
{
    struct place place = place_here(parser);
    uint64_t value = next_quantity(parser, what);
    if (value >= limit)
        fail_at(place, "%s below %#llx", what, (unsigned long long)limit);
    return value;
}
