// SPDX-License-Identifier: MIT
//
// The statements about an NT system. `nt` says which space it is in; the others follow it.

#include "parser.h"

#include "quantity.h"

#include <stdlib.h>
#include <string.h>

struct nt_spec *nt_of(struct parser *parser)
{
    if (!parser->spec->nt.is_there)
        fail_at(parser->lexer.words[0].place, "'nt SPACE' on an earlier line");
    return &parser->spec->nt;
}

const struct paging_mode *nt_mode(const struct parser *parser)
{
    return &paging_modes[parser->spec->spaces[parser->spec->nt.space].paging];
}

uint64_t next_nt_address(struct parser *parser)
{
    struct place place = place_here(parser);
    uint64_t address = next_quantity(parser, "a virtual address");
    if (!paging_has_address(nt_mode(parser), address))
        fail_at(place, "an address that %s has", nt_mode(parser)->name);
    return address;
}

/** nt SPACE */
static void parse_nt(struct parser *parser)
{
    struct nt_spec *nt = &parser->spec->nt;
    const struct word *name = next_word(parser, "a space's name");
    if (nt->is_there)
        fail_at(name->place, "one system");
    nt->place = name->place;
    nt->space = space_of(parser, name, name->length);
    nt->is_there = true;
}

/** kdbg plain | encoded NEVER ALWAYS | none [size N] */
static void parse_kdbg(struct parser *parser)
{
    struct nt_spec *nt = nt_of(parser);
    enum { LEAST = 0x230, MOST = 0x400 };
    if (accept(parser, "none")) {
        nt->kdbg = KDBG_NONE;
    } else if (accept(parser, "encoded")) {
        nt->kdbg = KDBG_ENCODED;
        nt->wait_never = next_quantity(parser, "the value of KiWaitNever");
        nt->wait_always = next_quantity(parser, "the value of KiWaitAlways");
    } else if (accept(parser, "plain")) {
        nt->kdbg = KDBG_PLAIN;
    } else {
        fail_at(place_here(parser), "plain, encoded or none");
    }
    if (!accept(parser, "size"))
        return;
    struct place place = place_here(parser);
    nt->kdbg_size = next_quantity(parser, "a size");
    if (nt->kdbg_size < LEAST || nt->kdbg_size > MOST || nt->kdbg_size % 8)
        fail_at(place, "a multiple of 8, %#x to %#x", LEAST, MOST);
}

/** unloaded NAME START END [TIME] */
static void parse_unloaded(struct parser *parser)
{
    struct nt_spec *nt = nt_of(parser);
    struct unloaded_spec driver = {.place = place_here(parser)};
    char kind_name[] = "utf16";
    struct word kind = {kind_name, strlen(kind_name), driver.place};
    driver.name = value_of(&kind, next_word(parser, "a file's name"));
    driver.start = next_nt_address(parser);
    driver.end = next_nt_address(parser);
    driver.time = has_word(parser) ? next_quantity(parser, "a time") : UINT64_C(132223104000000000);
    nt->unloaded = grow(nt->unloaded, nt->n_unloaded, &nt->unloaded_capacity, sizeof(driver));
    nt->unloaded[nt->n_unloaded++] = driver;
}

bool parse_nt_statement(struct parser *parser, const char *name)
{
    static const struct statement statements[] = {
        {"nt", parse_nt},
        {"kdbg", parse_kdbg},
        {"unloaded", parse_unloaded},
    };
    return statement_find(parser, statements, sizeof(statements) / sizeof(statements[0]), name) ||
           parse_pool_statement(parser, name) || parse_object_statement(parser, name);
}

void nt_spec_release(struct nt_spec *nt)
{
    for (size_t i = 0; i < nt->n_unloaded; i++)
        free(nt->unloaded[i].name.data);
    free(nt->unloaded);
    pool_spec_release(&nt->pool);
    objects_spec_release(&nt->objects);
}
