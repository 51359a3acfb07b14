// SPDX-License-Identifier: MIT
//
// The statements about address spaces.
//
// A name stands for one space, or for all that `space NAME MODE times N` made: NAME1, NAME2, ...

#include "parser.h"

#include "material.h"
#include "quantity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SPACES = 1 << 16 };

size_t add_space_rule(struct parser *parser, struct space_rule rule)
{
    struct spec *spec = parser->spec;
    rule.place = parser->lexer.words[0].place;
    spec->space_rules =
        grow(spec->space_rules, spec->n_space_rules, &spec->space_rules_capacity, sizeof(rule));
    spec->space_rules[spec->n_space_rules] = rule;
    return spec->n_space_rules++;
}

/* ---- names of spaces ------------------------------------------------------------------- */

static bool is_number(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text);
}

/** The spaces of that name; their number. */
static size_t find_spaces(const struct spec *spec, const char *name, size_t length, size_t *first)
{
    size_t n = 0;
    for (size_t i = 0; i < spec->n_spaces; i++) {
        const char *other = spec->spaces[i].name;
        if (strncmp(other, name, length) != 0)
            continue;
        if (!other[length]) {
            *first = i;
            return 1;
        }
        if (is_number(other + length) && n++ == 0)
            *first = i;
    }
    return n;
}

static size_t next_spaces(struct parser *parser, size_t *first)
{
    const struct word *name = next_word(parser, "a space's name");
    size_t n = find_spaces(parser->spec, name->text, name->length, first);
    if (n == 0)
        fail_at(name->place, "a space that an earlier line has, not '%s'", name->text);
    return n;
}

static const struct paging_mode *mode_of(const struct parser *parser, size_t space)
{
    return &paging_modes[parser->spec->spaces[space].paging];
}

/* ---- addresses ------------------------------------------------------------------------- */

static uint64_t next_address(struct parser *parser, const struct paging_mode *mode)
{
    struct place place = place_here(parser);
    uint64_t address = next_quantity(parser, "a virtual address");
    if (!paging_has_address(mode, address))
        fail_at(place, "an address that %s has (%u bits, sign-extended)", mode->name,
                mode->address_bits);
    return address;
}

static void next_virtual_range(struct parser *parser, const struct paging_mode *mode,
                               uint64_t *start, uint64_t *length)
{
    *start = next_address(parser, mode);
    struct place place = place_here(parser);
    *length = next_quantity(parser, "a length");
    if (*length == 0 || *length - 1 > UINT64_MAX - *start ||
        !paging_has_address(mode, *start + (*length - 1)))
        fail_at(place, "a length that is not zero and ends within the address space");
}

size_t space_of(struct parser *parser, const struct word *word, size_t length)
{
    size_t space;
    if (find_spaces(parser->spec, word->text, length, &space) != 1)
        fail_at(word->place, "the name of one space before the colon, not '%.*s'", (int)length,
                word->text);
    return space;
}

bool accept_virtual(struct parser *parser, struct plant_rule *rule)
{
    const struct word *word = &parser->lexer.words[parser->at];
    const char *colon = has_word(parser) ? strchr(word->text, ':') : NULL;
    if (!colon)
        return false;
    size_t length = (size_t)(colon - word->text);
    rule->space = space_of(parser, word, length);
    struct word address = {word->text + length + 1, word->length - length - 1, word->place};
    address.place.column += (unsigned)length + 1;
    rule->start = quantity_of(&address, "a virtual address");
    rule->is_virtual = true;
    parser->at++;
    return true;
}

/* ---- tables and spaces ----------------------------------------------------------------- */

/** tables START LENGTH */
void parse_tables(struct parser *parser)
{
    struct space_rule rule = {.form = RULE_TABLES, .n_spaces = 1};
    struct place place = place_here(parser);
    next_range(parser, &rule.start, &rule.length);
    if (rule.start % PAGE_SIZE || rule.length % PAGE_SIZE)
        fail_at(place, "a range of whole pages");
    add_space_rule(parser, rule);
}

static enum paging next_paging(struct parser *parser)
{
    const struct word *name = next_word(parser, paging_names);
    for (size_t i = 0; i < PAGING_COUNT; i++) {
        if (strcmp(paging_modes[i].name, name->text) == 0)
            return (enum paging)i;
    }
    fail_at(name->place, "%s, not '%s'", paging_names, name->text);
}

static void add_space(struct spec *spec, struct space_spec space)
{
    spec->spaces =
        grow(spec->spaces, spec->n_spaces, &spec->spaces_capacity, sizeof(*spec->spaces));
    spec->spaces[spec->n_spaces++] = space;
}

static void add_numbered_spaces(struct spec *spec, const char *name, enum paging paging,
                                uint64_t times)
{
    for (uint64_t i = 1; i <= times; i++) {
        char *numbered;
        if (asprintf(&numbered, "%s%llu", name, (unsigned long long)i) < 0)
            fail("out of memory");
        add_space(spec, (struct space_spec){numbered, paging});
    }
}

static char *next_new_name(struct parser *parser)
{
    const struct word *name = next_word(parser, "a name");
    size_t first;
    if (strpbrk(name->text, ": \t") || name->length != strlen(name->text) || name->length == 0)
        fail_at(name->place, "a name without blanks and colons");
    if (find_spaces(parser->spec, name->text, name->length, &first) != 0)
        fail_at(name->place, "a name that no other space has, not '%s'", name->text);
    return copy_text(name->text);
}

/** space NAME MODE [root ADDRESS | times COUNT] */
void parse_space(struct parser *parser)
{
    struct space_rule rule = {.form = RULE_SPACE, .n_spaces = 1, .space = parser->spec->n_spaces};
    char *name = next_new_name(parser);
    enum paging paging = next_paging(parser);
    rule.has_root = accept(parser, "root");
    if (rule.has_root) {
        struct place place = place_here(parser);
        rule.root = next_quantity(parser, "a physical address");
        if (rule.root % paging_modes[paging].root_align ||
            rule.root > paging_modes[paging].page_limit - PAGE_SIZE)
            fail_at(place, "a multiple of %llu in physical memory",
                    (unsigned long long)paging_modes[paging].root_align);
    }
    if (!rule.has_root && accept(parser, "times")) {
        struct place place = place_here(parser);
        rule.n_spaces = next_quantity(parser, "a count");
        if (rule.n_spaces == 0 || rule.n_spaces > MAX_SPACES)
            fail_at(place, "a count of 1 to %d", MAX_SPACES);
        add_numbered_spaces(parser->spec, name, paging, rule.n_spaces);
        free(name);
    } else {
        add_space(parser->spec, (struct space_spec){name, paging});
    }
    add_space_rule(parser, rule);
}

/* ---- map ------------------------------------------------------------------------------- */

const char backings[] =
    "to PAGE, scatter START LENGTH, transition PAGE, pagefile FILE OFFSET, demand-zero, "
    "entry VALUE, nothing or prototype ADDRESS";

static void back_pages(struct parser *parser, struct backing *backing)
{
    backing->first = next_quantity(parser, "a physical address");
}

static void back_scatter(struct parser *parser, struct backing *backing)
{
    next_range(parser, &backing->first, &backing->second);
}

static void back_pagefile(struct parser *parser, struct backing *backing)
{
    struct place place = place_here(parser);
    backing->first = next_quantity(parser, "a page file's number");
    if (backing->first > 15)
        fail_at(place, "a page file's number, 0 to 15");
    place = place_here(parser);
    backing->second = next_quantity(parser, "an offset in pages");
    if (backing->second > UINT32_MAX)
        fail_at(place, "an offset in pages below 2^32");
}

static void back_entry(struct parser *parser, struct backing *backing)
{
    backing->first = next_quantity(parser, "an entry");
}

bool accept_backing(struct parser *parser, struct backing *backing)
{
    static const struct {
        const char *name;
        enum backing_kind kind;
        void (*parse)(struct parser *parser, struct backing *backing);
    } kinds[] = {
        {"to", BACKING_PRESENT, back_pages},
        {"scatter", BACKING_SCATTER, back_scatter},
        {"transition", BACKING_TRANSITION, back_pages},
        {"pagefile", BACKING_PAGEFILE, back_pagefile},
        {"demand-zero", BACKING_DEMAND_ZERO, NULL},
        {"entry", BACKING_ENTRY, back_entry},
        {"nothing", BACKING_NOTHING, NULL},
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!accept(parser, kinds[i].name))
            continue;
        backing->kind = kinds[i].kind;
        if (kinds[i].parse)
            kinds[i].parse(parser, backing);
        return true;
    }
    return false;
}

/** The level whose entries decide a size. */
static unsigned next_level(struct parser *parser, const struct paging_mode *mode)
{
    struct place place = place_here(parser);
    uint64_t size = next_quantity(parser, "a size");
    for (unsigned level = 0; level < mode->n_levels; level++) {
        if (paging_span(mode, level) == size)
            return level;
    }
    fail_at(place, "what an entry of %s decides (4K, %lluM, ...)", mode->name,
            (unsigned long long)(paging_span(mode, 1) >> 20));
}

/** [pages SIZE] [ro] [nx] [user], in any order */
static void next_attributes(struct parser *parser, struct space_rule *rule,
                            const struct paging_mode *mode)
{
    for (;;) {
        struct place place = place_here(parser);
        if (accept(parser, "pages"))
            rule->level = next_level(parser, mode);
        else if (accept(parser, "ro"))
            rule->flags |= MAP_READ_ONLY;
        else if (accept(parser, "user"))
            rule->flags |= MAP_USER;
        else if (!accept(parser, "nx"))
            return;
        else if (mode->entry_bytes == 4)
            fail_at(place, "no 'nx', which %s has no bit for", mode->name);
        else
            rule->flags |= MAP_NO_EXECUTE;
    }
}

/** What a `map` statement says must fit into entries. */
static void check_map(struct parser *parser, const struct space_rule *rule,
                      const struct paging_mode *mode)
{
    const struct backing *backing = &rule->backing;
    struct place place = parser->lexer.words[0].place;
    uint64_t span = paging_span(mode, rule->level);
    bool has_pages = backing->kind == BACKING_PRESENT || backing->kind == BACKING_TRANSITION ||
                     backing->kind == BACKING_SCATTER;
    bool any_level = backing->kind == BACKING_ENTRY || backing->kind == BACKING_NOTHING ||
                     (backing->kind != BACKING_TRANSITION && rule->level <= mode->top_page_level);
    uint64_t limit =
        mode->entry_bytes == 4 && rule->level == 1 ? UINT64_C(1) << 40 : mode->page_limit;
    if ((rule->start | rule->length | (has_pages ? backing->first : 0)) & (span - 1))
        fail_at(place, "addresses and a length that are multiples of the page size");
    if (has_pages && (backing->first > limit || rule->length > limit - backing->first))
        fail_at(place, "pages below 2^%d", __builtin_ctzll(limit));
    if (rule->level > 0 && (!any_level || rule->by_prototype))
        fail_at(place, "such pages of 4K only");
    if (backing->kind == BACKING_ENTRY && mode->entry_bytes == 4 && backing->first > UINT32_MAX)
        fail_at(place, "an entry of 4 bytes");
    if (rule->by_prototype && rule->prototype % mode->entry_bytes)
        fail_at(place, "a prototype's address that is a multiple of %u", mode->entry_bytes);
}

/** map SPACE VIRTUAL LENGTH BACKING [pages SIZE] [ro] [nx] [user] */
void parse_map(struct parser *parser)
{
    struct space_rule rule = {.form = RULE_MAP};
    rule.n_spaces = next_spaces(parser, &rule.space);
    const struct paging_mode *mode = mode_of(parser, rule.space);
    next_virtual_range(parser, mode, &rule.start, &rule.length);
    rule.by_prototype = accept(parser, "prototype");
    if (rule.by_prototype)
        rule.prototype = next_address(parser, mode);
    if (!accept_backing(parser, &rule.backing) && !rule.by_prototype)
        fail_at(place_here(parser), "%s", backings);
    next_attributes(parser, &rule, mode);
    check_map(parser, &rule, mode);
    add_space_rule(parser, rule);
}

/* ---- the other statements -------------------------------------------------------------- */

/** share SPACE VIRTUAL LENGTH with SPACE VIRTUAL [user] */
void parse_share(struct parser *parser)
{
    struct space_rule rule = {.form = RULE_SHARE};
    uint64_t length;
    rule.n_spaces = next_spaces(parser, &rule.space);
    const struct paging_mode *mode = mode_of(parser, rule.space);
    next_virtual_range(parser, mode, &rule.start, &rule.length);
    require(parser, "with");
    struct place place = place_here(parser);
    if (next_spaces(parser, &rule.other) != 1 || mode_of(parser, rule.other) != mode)
        fail_at(place, "one space of the same paging");
    place = place_here(parser);
    rule.other_start = next_address(parser, mode);
    length = rule.length - 1;
    if (length > UINT64_MAX - rule.other_start ||
        !paging_has_address(mode, rule.other_start + length))
        fail_at(place, "a range that ends within the address space");
    if ((rule.start | rule.length | rule.other_start) % PAGE_SIZE)
        fail_at(place, "whole pages");
    rule.flags = accept(parser, "user") ? MAP_USER : 0;
    add_space_rule(parser, rule);
}

/** self-map SPACE [INDEX] */
void parse_self_map(struct parser *parser)
{
    struct space_rule rule = {.form = RULE_SELF_MAP};
    rule.n_spaces = next_spaces(parser, &rule.space);
    const struct paging_mode *mode = mode_of(parser, rule.space);
    unsigned top = mode->n_levels - 1;
    unsigned bits = mode->shifts[top + 1] - mode->shifts[top];
    struct place place = place_here(parser);
    rule.index = has_word(parser) ? next_quantity(parser, "an index") : mode->self_index;
    if (rule.index >> bits)
        fail_at(place, "an index below %u", 1u << bits);
    add_space_rule(parser, rule);
}
