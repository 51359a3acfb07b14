// SPDX-License-Identifier: MIT
//
// The statements about kernel pool: where it is, its blocks, special pool, and what counts them.

#include "parser.h"

#include "material.h"
#include "quantity.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define ITEMS(array) (sizeof(array) / sizeof((array)[0]))

enum {
    MAX_BLOCK_BYTES = 1 << 30,
    MAX_TIMES = 1 << 20,
    MAX_ENTRIES = 1 << 20,
    MAX_PROCESSORS = 64,
    MAX_OVER = 16,
    BIG_PAGES = 512,
    TRACKERS = 256,
    USUAL_PATTERN = 0x5a,
};

const char *const pool_kind_names[POOL_KIND_COUNT] = {
    [POOL_NONPAGED] = "nonpaged", [POOL_PAGED] = "paged", [POOL_SESSION] = "session"};

static struct pool_spec *pool_of(struct parser *parser)
{
    return &nt_of(parser)->pool;
}

/* ---- parts of statements ----------------------------------------------------------------- */

static bool accept_kind(struct parser *parser, size_t count, enum pool_kind *kind)
{
    for (size_t i = 0; i < count; i++) {
        if (accept(parser, pool_kind_names[i])) {
            *kind = (enum pool_kind)i;
            return true;
        }
    }
    return false;
}

static struct pool_tag next_tag(struct parser *parser)
{
    const struct word *word = next_word(parser, "a tag");
    struct pool_tag tag = {{' ', ' ', ' ', ' '}};
    if (word->length == 0 || word->length > sizeof(tag.text))
        fail_at(word->place, "a tag of 1 to 4 bytes");
    memcpy(tag.text, word->text, word->length);
    return tag;
}

/** "-", or a name that is new among blocks and special pool. */
static char *next_pool_name(struct parser *parser, const struct pool_spec *pool)
{
    const struct word *name = next_word(parser, "a name, or -");
    if (strcmp(name->text, "-") == 0)
        return copy_text(name->text);
    for (size_t i = 0; i < name->length; i++) {
        if (!isalnum((unsigned char)name->text[i]) && name->text[i] != '_')
            fail_at(name->place, "a name of letters, digits and _, or -");
    }
    if (name->length == 0)
        fail_at(name->place, "a name of letters, digits and _, or -");
    for (size_t i = 0; i < pool->n_blocks; i++) {
        if (strcmp(pool->blocks[i].name, name->text) == 0)
            fail_at(name->place, "a name that no other block has, not '%s'", name->text);
    }
    for (size_t i = 0; i < pool->n_specials; i++) {
        if (strcmp(pool->specials[i].name, name->text) == 0)
            fail_at(name->place, "a name that no other block has, not '%s'", name->text);
    }
    return copy_text(name->text);
}

/** A number from `least` to `most`. */
static uint64_t next_between(struct parser *parser, const char *what, uint64_t least, uint64_t most)
{
    struct place place = place_here(parser);
    uint64_t value = next_quantity(parser, what);
    if (value < least || value > most)
        fail_at(place, "%s, %llu to %llu", what, (unsigned long long)least,
                (unsigned long long)most);
    return value;
}

static void require_kind(struct parser *parser, size_t count, enum pool_kind *kind)
{
    if (!accept_kind(parser, count, kind))
        fail_at(place_here(parser), "nonpaged%s",
                count == POOL_KIND_COUNT ? ", paged or session" : " or paged");
}

static void next_page_range(struct parser *parser, uint64_t *start, uint64_t *length)
{
    struct place place = place_here(parser);
    *start = next_nt_address(parser);
    *length = next_quantity(parser, "a length");
    if (*length == 0 || *length > UINT32_MAX || (*start | *length) % PAGE_SIZE ||
        *length - 1 > UINT64_MAX - *start)
        fail_at(place, "whole pages, below 4G");
}

/* ---- ranges and blocks ------------------------------------------------------------------- */

/** pool ADDRESS LENGTH [KIND] [LAYOUT] */
static void parse_pool(struct parser *parser)
{
    static const char *const layouts[] = {
        [POOL_CHAINED] = "chained", [POOL_VS] = "vs", [POOL_BY_BUILD] = "by-build"};
    struct pool_spec *pool = pool_of(parser);
    struct pool_range range = {.place = place_here(parser)};
    next_page_range(parser, &range.start, &range.length);
    accept_kind(parser, POOL_KIND_COUNT, &range.kind);
    for (size_t i = 0; i < ITEMS(layouts); i++) {
        if (accept(parser, layouts[i])) {
            range.layout = (enum pool_layout)i;
            break;
        }
    }
    pool->ranges = grow(pool->ranges, pool->n_ranges, &pool->ranges_capacity, sizeof(range));
    pool->ranges[pool->n_ranges++] = range;
}

static uint64_t next_times(struct parser *parser)
{
    return next_between(parser, "a count", 1, MAX_TIMES);
}

static void take_free(struct parser *parser, struct block_spec *block)
{
    (void)parser;
    block->is_free = true;
}

static void take_protected(struct parser *parser, struct block_spec *block)
{
    (void)parser;
    block->is_protected = true;
}

static void take_alone(struct parser *parser, struct block_spec *block)
{
    (void)parser;
    block->is_alone = true;
}

static void take_times(struct parser *parser, struct block_spec *block)
{
    block->times = next_times(parser);
}

static void take_type(struct parser *parser, struct block_spec *block)
{
    block->has_type = true;
    block->type =
        next_between(parser, "a type", 0, nt_mode(parser)->address_bits == 32 ? 0x7f : 0xff);
}

static void take_index(struct parser *parser, struct block_spec *block)
{
    block->index =
        next_between(parser, "an index", 0, nt_mode(parser)->address_bits == 32 ? 0x7f : 0xff);
}

static void take_quota(struct parser *parser, struct block_spec *block)
{
    block->has_quota = true;
    block->quota = next_quantity(parser, "a number");
}

static void take_overwritten(struct parser *parser, struct block_spec *block)
{
    const struct word *word = next_word(parser, "hex bytes");
    free(block->over.data);
    block->over = hex_of(word);
    if (block->over.length > MAX_OVER)
        fail_at(word->place, "at most %d bytes", MAX_OVER);
}

static void take_block_fill(struct parser *parser, struct block_spec *block)
{
    next_fill_kind(parser, &block->fill);
}

/** block NAME TAG KIND SIZE [OPTION]... */
static void parse_block(struct parser *parser)
{
    static const struct {
        const char *name;
        void (*take)(struct parser *parser, struct block_spec *block);
    } options[] = {
        {"free", take_free},       {"protected", take_protected},
        {"alone", take_alone},     {"times", take_times},
        {"type", take_type},       {"index", take_index},
        {"quota", take_quota},     {"overwritten", take_overwritten},
        {"fill", take_block_fill},
    };
    struct pool_spec *pool = pool_of(parser);
    struct block_spec block = {.place = place_here(parser), .times = 1, .fill = {.file = -1}};
    block.name = next_pool_name(parser, pool);
    block.tag = next_tag(parser);
    require_kind(parser, POOL_KIND_COUNT, &block.kind);
    block.size = next_between(parser, "a size", 1, MAX_BLOCK_BYTES);
    for (size_t i = 0; i < ITEMS(options) && !block.fill.kind;) {
        bool is_option = accept(parser, options[i].name);
        if (is_option)
            options[i].take(parser, &block);
        i = is_option ? 0 : i + 1;
    }
    pool->blocks = grow(pool->blocks, pool->n_blocks, &pool->blocks_capacity, sizeof(block));
    pool->blocks[pool->n_blocks++] = block;
}

/* ---- special pool ------------------------------------------------------------------------ */

/** special-pool ADDRESS LENGTH BACKING: the pages are mapped when something is in them. */
static void parse_special_pool(struct parser *parser)
{
    struct special_range *range = &pool_of(parser)->special_range;
    struct place place = place_here(parser);
    if (range->is_there)
        fail_at(place, "one 'special-pool' line");
    next_page_range(parser, &range->start, &range->length);
    if (!accept_backing(parser, &range->backing))
        fail_at(place_here(parser), "%s", backings);
    range->is_there = true;
}

/** Maps the next page, and leaves the one behind it to guard it. */
static uint64_t next_special_page(struct parser *parser, struct special_range *range,
                                  struct place place)
{
    struct space_rule rule = {.form = RULE_MAP, .n_spaces = 1, .length = PAGE_SIZE};
    if (range->length - range->used < SPECIAL_STEP)
        fail_at(place, "more room in 'special-pool', for a page and its guard");
    rule.space = parser->spec->nt.space;
    rule.start = range->start + range->used;
    rule.backing = range->backing;
    rule.flags = nt_mode(parser)->entry_bytes == 8 ? MAP_NO_EXECUTE : 0;
    if (rule.backing.kind == BACKING_PRESENT || rule.backing.kind == BACKING_TRANSITION)
        rule.backing.first += range->used;
    if (rule.backing.kind == BACKING_PAGEFILE)
        rule.backing.second += range->used / PAGE_SIZE;
    add_space_rule(parser, rule);
    range->used += SPECIAL_STEP;
    return rule.start;
}

static void take_garbage(struct parser *parser, struct special_spec *special)
{
    struct garbage_spec garbage = {.place = place_here(parser)};
    garbage.at = next_between(parser, "an offset in the page", 0, PAGE_SIZE - 1);
    const struct word *kind = next_word(parser, value_kinds);
    garbage.bytes = value_of(kind, next_word(parser, "a value"));
    special->garbage =
        grow(special->garbage, special->n_garbage, &special->garbage_capacity, sizeof(garbage));
    special->garbage[special->n_garbage++] = garbage;
}

/** False if what is next is no option. */
static bool accept_special_option(struct parser *parser, struct special_spec *special)
{
    if (accept(parser, "underrun"))
        special->is_underrun = true;
    else if (accept(parser, "freed"))
        special->is_freed = true;
    else if (accept(parser, "pattern"))
        special->pattern = next_between(parser, "a byte", 0, 0xff);
    else if (accept(parser, "garbage"))
        take_garbage(parser, special);
    else if (accept(parser, "times"))
        special->times = next_times(parser);
    else
        return false;
    return true;
}

/** special NAME TAG KIND SIZE [OPTION]... */
static void parse_special(struct parser *parser)
{
    struct pool_spec *pool = pool_of(parser);
    struct special_spec special = {
        .place = place_here(parser), .times = 1, .pattern = USUAL_PATTERN, .fill = {.file = -1}};
    if (!pool->special_range.is_there)
        fail_at(parser->lexer.words[0].place, "'special-pool ADDRESS LENGTH' on an earlier line");
    special.name = next_pool_name(parser, pool);
    special.tag = next_tag(parser);
    require_kind(parser, POOL_SESSION, &special.kind);
    uint64_t header = nt_mode(parser)->address_bits == 32 ? 8 : 16;
    special.size = next_between(parser, "a size", 1, PAGE_SIZE - header);
    while (accept_special_option(parser, &special))
        continue;
    if (accept(parser, "fill"))
        next_fill_kind(parser, &special.fill);
    special.address = next_special_page(parser, &pool->special_range, special.place);
    for (uint64_t i = 1; i < special.times; i++)
        next_special_page(parser, &pool->special_range, special.place);
    pool->specials =
        grow(pool->specials, pool->n_specials, &pool->specials_capacity, sizeof(special));
    pool->specials[pool->n_specials++] = special;
}

/* ---- what counts pool -------------------------------------------------------------------- */

/** [N] [at ADDRESS] */
static void next_table(struct parser *parser, struct pool_table_spec *table, uint64_t n_entries)
{
    if (table->is_there)
        fail_at(parser->lexer.words[0].place, "one such table");
    table->is_there = true;
    table->place = parser->lexer.words[0].place;
    table->n_entries = n_entries;
    if (has_word(parser) && isdigit((unsigned char)parser->lexer.words[parser->at].text[0]))
        table->n_entries = next_between(parser, "a number of entries", 1, MAX_ENTRIES);
    table->has_address = accept(parser, "at");
    if (table->has_address)
        table->address = next_nt_address(parser);
}

/** big-pages [N] [at ADDRESS] [free N] */
static void parse_big_pages(struct parser *parser)
{
    struct pool_table_spec *table = &pool_of(parser)->big_pages;
    next_table(parser, table, BIG_PAGES);
    if (accept(parser, "free"))
        table->n_free = next_between(parser, "a number of entries", 0, MAX_ENTRIES);
}

/** trackers [N] [at ADDRESS] [processors N] */
static void parse_trackers(struct parser *parser)
{
    struct pool_table_spec *table = &pool_of(parser)->tags;
    next_table(parser, table, TRACKERS);
    table->n_processors = 1;
    if (accept(parser, "processors"))
        table->n_processors = next_between(parser, "a number of processors", 1, MAX_PROCESSORS);
}

/** tracker TAG KIND ALLOCS FREES BYTES */
static void parse_tracker(struct parser *parser)
{
    struct pool_spec *pool = pool_of(parser);
    struct tracker_spec tracker = {0};
    if (!pool->tags.is_there)
        fail_at(parser->lexer.words[0].place, "'trackers' on an earlier line");
    tracker.tag = next_tag(parser);
    require_kind(parser, POOL_SESSION, &tracker.kind);
    tracker.allocs = next_quantity(parser, "a number of allocations");
    tracker.frees = next_quantity(parser, "a number of frees");
    tracker.bytes = next_quantity(parser, "a number of bytes");
    pool->trackers =
        grow(pool->trackers, pool->n_trackers, &pool->trackers_capacity, sizeof(tracker));
    pool->trackers[pool->n_trackers++] = tracker;
}

/* ---- all --------------------------------------------------------------------------------- */

bool parse_pool_statement(struct parser *parser, const char *name)
{
    static const struct statement statements[] = {
        {"pool", parse_pool},
        {"block", parse_block},
        {"special-pool", parse_special_pool},
        {"special", parse_special},
        {"big-pages", parse_big_pages},
        {"trackers", parse_trackers},
        {"tracker", parse_tracker},
    };
    return statement_find(parser, statements, ITEMS(statements), name);
}

void pool_spec_release(struct pool_spec *pool)
{
    for (size_t i = 0; i < pool->n_blocks; i++) {
        free(pool->blocks[i].name);
        free(pool->blocks[i].over.data);
        fill_release(&pool->blocks[i].fill);
    }
    for (size_t i = 0; i < pool->n_specials; i++) {
        struct special_spec *special = &pool->specials[i];
        for (size_t k = 0; k < special->n_garbage; k++)
            free(special->garbage[k].bytes.data);
        free(special->garbage);
        free(special->name);
        fill_release(&special->fill);
    }
    free(pool->ranges);
    free(pool->blocks);
    free(pool->specials);
    free(pool->trackers);
}
