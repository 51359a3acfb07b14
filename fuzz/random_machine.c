// SPDX-License-Identifier: MIT
//
// Machines from inputs.

#include "random_machine.h"

#include "corpus/material.h"

#define KERNEL_32   0x80000000
#define DATA_START  0x10000
#define POOL_START  0x100000
#define POOL_LENGTH 0x200000

enum how_bits {
    HOW_PAGING = 3,
    HOW_WINDOWS = 4,
    HOW_ODD = 8,               // memory ends inside of a page
    HOW_LIME = 16,             // not ELF; a bitmap dump
    HOW_FEW_TABLES = 224,      // all: some of the tables are missing
    HOW_HYPERSCAN = 256 + 512, // both: it may be used, and compiles slowly
    HOW_REGEX = 1024,
};

static const struct paging_mode *mode_of(const struct random_machine *machine)
{
    return &paging_modes[machine->spaces[0].paging];
}

// == Memory ==

static void add_run(struct random_machine *machine, uint64_t start, uint64_t length)
{
    machine->runs[machine->spec.n_runs++] =
        (struct run){.start = start, .length = length, .memory_size = length};
}

static void take_memory(struct random_machine *machine, struct input *input, unsigned how)
{
    static const uint64_t places[] = {0x300000, 0x3fe000, 0x3fffe000, 0x400000, 0x1fe000, 0};
    bool odd = how & HOW_ODD && !(how & HOW_WINDOWS);
    uint64_t n_tables = (how & HOW_FEW_TABLES) == HOW_FEW_TABLES ? 4 + take(input, 1) % 8 : 48;
    uint64_t n_data = 4 + take(input, 1) % 20, n_more = 1 + take(input, 1) % 8;
    uint64_t place = places[take(input, 1) % (sizeof(places) / sizeof(places[0]))];
    uint64_t cut = take(input, 2) % PAGE_SIZE;

    add_run(machine, POOL_START, n_tables * PAGE_SIZE);
    // The last place: right behind the tables.
    add_run(machine, place ? place : POOL_START + n_tables * PAGE_SIZE,
            n_more * PAGE_SIZE - (odd ? cut : 0));
    add_run(machine, DATA_START, n_data * PAGE_SIZE - (odd ? cut / 2 : 0));
}

static uint64_t data_pages(const struct random_machine *machine)
{
    return machine->runs[2].length / PAGE_SIZE;
}

// A page of data, or one near it that the image does not hold.
static uint64_t take_page(const struct random_machine *machine, struct input *input)
{
    uint64_t draw = take(input, 1);
    const struct run *run = &machine->runs[draw & 0x80 ? 1 : 2];

    return run->start + (draw & 0x7f) % (run->length / PAGE_SIZE + 2) * PAGE_SIZE;
}

static void take_fill(struct random_machine *machine, struct input *input, bool all)
{
    static const char *const kinds[] = {"zero", "byte", "repeat",  "random",
                                        "text", "code", "structs", "mixed"};
    struct fill *fill = &machine->fills[machine->spec.n_fills++];
    const struct run *run = &machine->runs[take(input, 1) % RANDOM_RUNS];

    *fill = (struct fill){.file = -1};
    fill->kind = fill_kind_find(kinds[take(input, 1) % (sizeof(kinds) / sizeof(kinds[0]))]);
    fill->start = all ? 0 : run->start + take(input, 2) % run->length;
    fill->length = all ? UINT64_C(1) << 31 : 1 + take(input, 2);
    fill->pattern = (struct bytes){(uint8_t *)(uintptr_t)input->at, input->left < 3 ? 1 : 3};
    fill->arguments[0] = take(input, 3);
    if (fill_kind_argument(fill->kind) == FILL_BYTE)
        fill->arguments[0] &= 0xff;
    // The pattern is the input's own bytes, of which there may be none.
    if (fill_kind_argument(fill->kind) == FILL_PATTERN && input->at == fill->pattern.data)
        fill->kind = fill_kind_find("zero");
}

// == Where things are mapped ==

// Half a space: one slot is what a table of pages maps. The first slots are for pages of 4 KiB; of
// the others, each second one belongs to one rule, and between them are the neighbours of shared
// tables.
enum { FIRST_OWN_SLOT = 8 };

static uint64_t half_of(const struct random_machine *machine, bool upper)
{
    static const uint64_t halves[] = {[PAGING_X86] = KERNEL_32,
                                      [PAGING_PAE] = KERNEL_32,
                                      [PAGING_X64] = UINT64_C(0xffff900000000000),
                                      [PAGING_X64_5] = UINT64_C(0xff10000000000000)};

    return upper ? halves[machine->spaces[0].paging] : 0;
}

static uint64_t last_address(const struct paging_mode *mode)
{
    return mode->address_bits == 32 ? UINT32_MAX : UINT64_MAX;
}

// The region that an entry of a level decides, a rule's own.
static uint64_t own_region(const struct random_machine *machine, unsigned level, bool upper,
                           size_t rule)
{
    const struct paging_mode *mode = mode_of(machine);

    // A PAE root has four entries.
    if (mode->n_levels == 3 && level == 2)
        return paging_span(mode, 2);
    return half_of(machine, upper) + (FIRST_OWN_SLOT + 2 * rule) * paging_span(mode, level);
}

// Pages of 4 KiB: in tables that other rules use too, at their ends, and at the ends of spaces.
static uint64_t take_pages(const struct random_machine *machine, struct input *input, bool upper,
                           uint64_t length)
{
    const struct paging_mode *mode = mode_of(machine);
    uint64_t table = paging_span(mode, 1), draw = take(input, 1), half = half_of(machine, upper);
    uint64_t middle = UINT64_C(1) << (mode->address_bits - 1);

    if (mode->n_levels == 3)
        middle = paging_span(mode, 2); // what follows may be weird
    if (draw < 0x80)
        return half + draw % 0x20 * PAGE_SIZE;
    if (draw < 0xc0)
        return half + table * (1 + draw % 2) - draw % 8 * PAGE_SIZE;
    if (draw < 0xe0)
        return last_address(mode) - length + 1;
    return upper && mode->address_bits > 32 ? -middle : middle - length;
}

// == Rules ==

static struct space_rule *add_rule(struct random_machine *machine, struct space_rule rule)
{
    machine->rules[machine->spec.n_space_rules] = rule;
    return &machine->rules[machine->spec.n_space_rules++];
}

static void take_spaces(struct random_machine *machine, struct input *input, unsigned how)
{
    static char names[RANDOM_SPACES][2] = {"0", "1", "2"};
    size_t n = 1 + (size_t)take(input, 1) % RANDOM_SPACES;
    uint64_t odd_root = take(input, 1);

    add_rule(machine,
             (struct space_rule){
                 .form = RULE_TABLES, .n_spaces = 1, .start = POOL_START, .length = POOL_LENGTH});
    for (size_t i = 0; i < n; i++) {
        struct space_rule rule = {.form = RULE_SPACE, .space = i, .n_spaces = 1};

        machine->spaces[i] = (struct space_spec){names[i], (enum paging)(how & HOW_PAGING)};
        // PAE's may lie anywhere.
        rule.has_root = i == 0 && machine->spaces[0].paging == PAGING_PAE && odd_root & 1;
        rule.root = DATA_START + odd_root % 128 * 32;
        add_rule(machine, rule);
    }
    machine->spec.n_spaces = n;
    machine->first_map = machine->spec.n_space_rules;
}

// A page of pages, for all kinds that have some.
static struct backing take_backing(struct random_machine *machine, struct input *input,
                                   uint64_t n_pages)
{
    static const enum backing_kind kinds[] = {
        BACKING_PRESENT,    BACKING_SCATTER,  BACKING_SCATTER,     BACKING_SCATTER,
        BACKING_TRANSITION, BACKING_PAGEFILE, BACKING_DEMAND_ZERO, BACKING_ENTRY,
    };
    struct backing backing = {.kind = kinds[take(input, 1) % 8]};

    backing.first = take_page(machine, input);
    if (backing.kind == BACKING_SCATTER && machine->scattered + n_pages <= data_pages(machine)) {
        machine->scattered += n_pages;
        backing.first = DATA_START;
        backing.second = data_pages(machine) * PAGE_SIZE;
    } else if (backing.kind == BACKING_SCATTER) {
        backing.kind = BACKING_PRESENT;
    } else if (backing.kind == BACKING_PAGEFILE) {
        backing.second = backing.first >> 8;
        backing.first &= 15;
    } else if (backing.kind == BACKING_ENTRY) {
        backing.first = take(input, 4) | take(input, 2) << 48;
        if (mode_of(machine)->entry_bytes == 4)
            backing.first &= UINT32_MAX;
    }
    return backing;
}

static void take_map(struct random_machine *machine, struct input *input, struct space_rule rule,
                     bool upper)
{
    uint64_t n_pages = 1 + take(input, 1) % 8;

    rule.length = n_pages * PAGE_SIZE;
    rule.start = take_pages(machine, input, upper, rule.length);
    rule.backing = take_backing(machine, input, n_pages);
    add_rule(machine, rule);
}

// An array in the kernel, and pages in any space that point to it.
static void take_prototypes(struct random_machine *machine, struct input *input,
                            struct space_rule rule, bool upper)
{
    const struct paging_mode *mode = mode_of(machine);
    uint64_t array = half_of(machine, true) + (64 + machine->spec.n_space_rules) * PAGE_SIZE;
    uint64_t n_pages = 1 + take(input, 1) % 4;
    struct space_rule pages = {.form = RULE_MAP, .n_spaces = 1, .start = array};

    pages.length = PAGE_SIZE;
    pages.backing = (struct backing){.kind = BACKING_PRESENT, .first = DATA_START}; // no tables
    pages.backing.first += take(input, 1) % (data_pages(machine) + 2) * PAGE_SIZE;
    add_rule(machine, pages);
    rule.length = n_pages * PAGE_SIZE;
    rule.start = take_pages(machine, input, upper, rule.length);
    rule.backing = take_backing(machine, input, n_pages);
    rule.by_prototype = true;
    rule.prototype = array + take(input, 1) * mode->entry_bytes;
    if (rule.space != 0)
        rule.backing.kind = BACKING_NOTHING; // what another rule has written, or none
    add_rule(machine, rule);
}

static void take_large(struct random_machine *machine, struct input *input, struct space_rule rule,
                       bool upper)
{
    static const uint64_t places[] = {0, 0x400000, 0x200000, 0x40000000, 0x3fe00000, 0x1200000000};
    const struct paging_mode *mode = mode_of(machine);
    uint64_t draw = take(input, 1);

    rule.level = draw & 0x80 ? mode->top_page_level : 1;
    rule.length = paging_span(mode, rule.level);
    rule.start = own_region(machine, rule.level, upper, machine->spec.n_space_rules);
    rule.backing.kind = BACKING_PRESENT;
    rule.backing.first = places[draw % (sizeof(places) / sizeof(places[0]))];
    rule.backing.first &= ~(rule.length - 1);
    add_rule(machine, rule);
}

// An entry of a table of tables: not present, to a table that is missing, or to the root.
static void take_weird(struct random_machine *machine, struct input *input, struct space_rule rule,
                       bool upper)
{
    const struct paging_mode *mode = mode_of(machine);
    uint64_t draw = take(input, 1), value = take(input, 4) | take(input, 2) << 48;

    rule.level = 1 + (unsigned)draw % (mode->n_levels - 1);
    if (mode->n_levels == 3 && rule.level == 2 && machine->self_mapped)
        rule.level = 1; // the self map has that directory
    rule.length = paging_span(mode, rule.level);
    rule.start = own_region(machine, rule.level, upper, machine->spec.n_space_rules);
    rule.backing.kind = BACKING_ENTRY;
    if (draw < 0x80)
        rule.backing.first = value & ~UINT64_C(1);
    else if (draw < 0xc0)
        rule.backing.first = 0x70000001 | (value & UINT64_C(0x8000000000000fff & ~0x80));
    else
        rule.backing.first = POOL_START | 1 | (value & UINT64_C(0x8000000000000f7f));
    if (mode->entry_bytes == 4)
        rule.backing.first &= UINT32_MAX;
    add_rule(machine, rule);
}

// Pages that end at the address, or begin there.
static void take_neighbours(struct random_machine *machine, struct input *input, size_t space,
                            uint64_t address, bool before)
{
    uint64_t draw = take(input, 1), n_pages = 1 + draw % 4;
    struct space_rule rule = {.form = RULE_MAP, .n_spaces = 1, .space = space};

    if (draw >= 0xc0)
        return;
    rule.length = n_pages * PAGE_SIZE;
    rule.start = before ? address - rule.length : address;
    rule.backing = take_backing(machine, input, n_pages);
    add_rule(machine, rule);
}

// A table that is shared, pages at its ends, and others around it.
static void take_share(struct random_machine *machine, struct input *input, struct space_rule rule,
                       bool upper)
{
    const struct paging_mode *mode = mode_of(machine);
    uint64_t draw = take(input, 1), ends = take(input, 1);
    unsigned level = ends & 3 ? 1 : 1 + (unsigned)draw % (mode->n_levels - 1);
    bool other_upper = draw >> 5 & 1;
    uint64_t span;

    rule.form = RULE_SHARE;
    rule.other = draw >> 4 & 1 ? 0 : rule.space;
    if (mode->n_levels == 3)
        level = 1;
    span = paging_span(mode, level);
    rule.other_start = half_of(machine, other_upper) & ~(span - 1);
    rule.start = own_region(machine, level, upper, machine->spec.n_space_rules);
    rule.length = span;
    if (draw & 0x80 && draw & 0x40 && rule.space != 0) { // all of the kernel's half
        rule.other = 0;
        rule.start = rule.other_start =
            mode->address_bits == 32 ? KERNEL_32 : -(UINT64_C(1) << (mode->address_bits - 1));
        rule.length = last_address(mode) - rule.start + 1;
        add_rule(machine, rule);
        return;
    }
    if (ends & 4)
        take_neighbours(machine, input, rule.other, rule.other_start, false);
    if (ends & 8)
        take_neighbours(machine, input, rule.other, rule.other_start + span, true);
    if (ends & 16)
        take_neighbours(machine, input, rule.other, rule.other_start + span, false);
    add_rule(machine, rule);
    if (rule.start > 0 && ends & 32)
        take_neighbours(machine, input, rule.space, rule.start, true);
    if (ends & 64)
        take_neighbours(machine, input, rule.space, rule.start + span, false);
}

static void take_self_map(struct random_machine *machine, struct input *input,
                          struct space_rule rule)
{
    const struct paging_mode *mode = mode_of(machine);
    uint64_t draw = take(input, 1);

    for (size_t i = machine->first_map; mode->n_levels == 3 && i < machine->spec.n_space_rules; i++)
        if (machine->rules[i].level == 2)
            return;
    rule.form = RULE_SELF_MAP;
    rule.index = mode->address_bits == 32 ? mode->self_index : 0x170 + draw % 0x60;
    machine->self_mapped = true;
    add_rule(machine, rule);
}

static void take_rule(struct random_machine *machine, struct input *input, bool windows)
{
    uint64_t kind = take(input, 1) % 16, bits = take(input, 1);
    struct space_rule rule = {.form = RULE_MAP, .n_spaces = 1};
    bool upper = bits & 4;

    rule.space = (size_t)(bits >> 4) % machine->spec.n_spaces;
    if (bits & 8) {
        rule.flags = (unsigned)take(input, 1) % 8;
        if (mode_of(machine)->entry_bytes == 4)
            rule.flags &= ~(unsigned)MAP_NO_EXECUTE;
    }
    if (kind < 7 || (kind == 7 && !windows))
        take_map(machine, input, rule, upper);
    else if (kind == 7)
        take_prototypes(machine, input, rule, upper);
    else if (kind < 9)
        take_large(machine, input, rule, upper);
    else if (kind == 9)
        take_weird(machine, input, rule, upper);
    else if (kind < 15)
        take_share(machine, input, rule, upper);
    else
        take_self_map(machine, input, rule);
}

// == Patterns ==

// Of few letters, so that parts of patterns are everywhere; long ones with what is rare at a place.
static void take_needle(struct random_machine *machine, struct input *input, bool regex)
{
    static const uint8_t masks[4] = {0xff, 0xf0, 0x0f, 0};
    static const uint16_t longer[8] = {20, 34, 64, 40, 64, 300, 4500, RANDOM_LONGEST};
    size_t number = machine->query.n_needles++;
    struct needle *needle = &machine->needles[number];
    uint8_t *bytes = machine->bytes[number], *mask = machine->masks[number];
    uint64_t length = take(input, 1), align = take(input, 1), letters = take(input, 2);
    uint64_t wild = take(input, 2);

    *needle = (struct needle){.bytes = bytes, .align = align % 8 < 5 ? 1 : 1u << align % 4};
    // Few of the shortest, which are in all pages: what is searched for at seams is then seen.
    needle->length = length < 0x30   ? 1 + length % 3
                     : length < 0xc0 ? 4 + length % 9
                                     : longer[length % 8];
    for (size_t i = 0; i < needle->length; i++) {
        uint32_t mixed = (uint32_t)(i + letters) * UINT32_C(2654435761);

        bytes[i] = (uint8_t)(letters >> (i * i % 3 == 0 ? 8 : 0));
        if (needle->length > 12)
            bytes[i] = i / 16 == (size_t)(wild & 0xff) ? (uint8_t)(mixed >> 24) : 'A';
        mask[i] = i > 0 && i < 12 && wild >> 8 == i ? masks[wild & 3] : 0xff;
        bytes[i] &= mask[i];
        if (mask[i] != 0xff)
            needle->mask = mask;
    }
    needle->regex = regex && needle->length <= 300 && wild >> 8 > 12;
    if (needle->regex)
        needle->align = 1;
}

// Writes a pattern's bytes into memory as fills, wherever the space has the pages.
static void plant(struct random_machine *machine, const struct spaces *spaces, size_t space,
                  uint64_t address, const struct needle *needle)
{
    size_t done = 0;

    while (done < needle->length && machine->spec.n_fills < RANDOM_FILLS + MAX_PIECES) {
        struct fill *fill = &machine->fills[machine->spec.n_fills];
        uint64_t physical, left, rest = needle->length - done;

        if (!spaces_translate(spaces, space, address + done, &physical, &left))
            return;
        left = left < rest ? left : rest;
        *fill = (struct fill){.file = -1, .start = physical, .length = left};
        fill->kind = fill_kind_find("repeat");
        fill->pattern = (struct bytes){(uint8_t *)(uintptr_t)needle->bytes + done, left};
        machine->spec.n_fills++;
        done += left;
    }
}

static void plant_physical(struct random_machine *machine, uint64_t address,
                           const struct needle *needle)
{
    struct fill *fill = &machine->fills[machine->spec.n_fills];

    if (machine->spec.n_fills == RANDOM_FILLS + MAX_PIECES)
        return;
    *fill = (struct fill){.file = -1, .start = address, .length = needle->length};
    fill->kind = fill_kind_find("repeat");
    fill->pattern = (struct bytes){(uint8_t *)(uintptr_t)needle->bytes, needle->length};
    machine->spec.n_fills++;
}

// The rule with that number, or the next one that maps neighbouring pages, scattered ones if so
// asked; NULL: there is none.
static const struct space_rule *rule_of_pages(const struct random_machine *machine, size_t number,
                                              bool scattered)
{
    size_t n = machine->spec.n_space_rules - machine->first_map;

    for (size_t i = 0; i < n; i++) {
        const struct space_rule *rule = &machine->rules[machine->first_map + (number + i) % n];

        if (rule->form == RULE_MAP && rule->level == 0 && rule->length > PAGE_SIZE &&
            rule->backing.kind != BACKING_PAGEFILE && rule->backing.kind != BACKING_DEMAND_ZERO &&
            (!scattered || rule->backing.kind == BACKING_SCATTER))
            return rule;
    }
    return NULL;
}

// The rule with that number, or the next one, of tables that are shared. NULL: there is none.
static const struct space_rule *rule_of_tables(const struct random_machine *machine, size_t number)
{
    size_t n = machine->spec.n_space_rules - machine->first_map;

    for (size_t i = 0; i < n; i++) {
        const struct space_rule *rule = &machine->rules[machine->first_map + (number + i) % n];

        if (rule->form == RULE_SHARE)
            return rule;
    }
    return NULL;
}

// Where two pages of a rule meet, or where what is shared begins or ends, in either space.
static bool find_border(const struct random_machine *machine, uint64_t number, uint64_t page,
                        size_t *space, uint64_t *address)
{
    const struct space_rule *rule = NULL;

    if (number & 2 && (rule = rule_of_tables(machine, number >> 2))) {
        *space = page & 1 ? rule->space : rule->other;
        *address = (page & 1 ? rule->start : rule->other_start) + (page & 2 ? rule->length : 0);
        return true;
    }
    rule = rule_of_pages(machine, number, number & 1);
    if (!rule)
        return false;
    *space = rule->space;
    *address = rule->start + (page % (rule->length / PAGE_SIZE) + page % 2) * PAGE_SIZE;
    return true;
}

// Across a border, or across the border of two pages of physical memory.
static void take_plant(struct random_machine *machine, struct input *input,
                       const struct spaces *spaces)
{
    const struct needle *needle = &machine->needles[take(input, 1) % machine->query.n_needles];
    uint64_t number = take(input, 1), page = take(input, 1);
    uint64_t before = take(input, 2) % (needle->length + 4);
    uint64_t address = DATA_START + page % data_pages(machine) * PAGE_SIZE;
    size_t space = 0;
    bool is_virtual = number < 0xc0 && find_border(machine, number, page, &space, &address);

    address = (address - before) & ~(uint64_t)(needle->align - 1);
    if (is_virtual)
        plant(machine, spaces, space, address, needle);
    else
        plant_physical(machine, address, needle);
}

static void take_plants(struct random_machine *machine, struct input *input)
{
    size_t n = 1 + (size_t)take(input, 1) % RANDOM_PLANTS;
    struct segments segments = {0};
    struct spaces spaces;

    segments_create(&segments, &machine->spec);
    spaces_create(&spaces, &machine->spec, &segments);
    for (size_t i = 0; i < n; i++)
        take_plant(machine, input, &spaces);
    spaces_release(&spaces);
    segments_release(&segments);
}

// == The question ==

static void take_range(struct random_machine *machine, struct input *input)
{
    struct space_query *query = &machine->query;
    uint64_t draw = take(input, 1), shift = take(input, 2), length = take(input, 2);
    size_t n = machine->spec.n_space_rules - machine->first_map;
    struct ms_range range = {.physical = draw & 1};
    uint64_t start = machine->runs[draw % RANDOM_RUNS].start;

    if (!range.physical && n > 0)
        start = machine->rules[machine->first_map + (draw >> 1) % n].start;
    range.first = start + shift % 0x4000;
    if (range.first >= 0x800)
        range.first -= 0x800;
    range.last = range.first + (length << (draw & 0x40 ? 8 : 0));
    if (range.last < range.first)
        range.last = UINT64_MAX;
    query->ranges[query->n_ranges++] = range;
}

static void take_names(struct random_machine *machine, struct input *input)
{
    static const char *const names[] = {"unmapped", "0", "kernel", "1", "physical", "2"};
    struct space_query *query = &machine->query;
    uint64_t bits = take(input, 1);

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t space = names[i][0] >= '0' && names[i][0] <= '9' ? (size_t)(names[i][0] - '0') : 0;

        if (bits >> i & 1 && space < machine->spec.n_spaces)
            query->names[query->n_names++] = names[i];
    }
    if (query->n_names == 0)
        query->names[query->n_names++] = "kernel";
}

static void take_way(struct random_machine *machine, struct input *input, unsigned how)
{
    static const unsigned fast = 1u << MS_ENGINE_WORDS | 1u << MS_ENGINE_RUNS |
                                 1u << MS_ENGINE_TEXTS | 1u << MS_ENGINE_SCALAR;
    bool hyperscan = (how & HOW_HYPERSCAN) == HOW_HYPERSCAN;
    struct space_way *way = &machine->ways[machine->query.n_ways++];
    uint64_t bits = take(input, 1), chunk = take(input, 2), more = take(input, 1);

    *way = (struct space_way){.threads = bits & 3 ? 1 : 2, .map = bits & 4, .once = bits & 32};
    way->chunk_bytes = bits & 8 ? 256 + (size_t)chunk : 0;
    way->engine_mask = hyperscan ? 0 : bits & 0xc0 ? fast : 1u << MS_ENGINE_SCALAR;
    way->edge = more & 1;
    way->fold = more & 2;
    way->count_only = (more & 12) == 12;
    if (more & 16)
        way->resume = 1 + (uint32_t)take(input, 3);
    if (more & 32 && !way->edge && !way->fold)
        way->stop_at = 1 + (unsigned)take(input, 1) % 32;
}

static const char *container_of(const struct random_machine *machine, unsigned how)
{
    static const char *const dumps[][2] = {
        [PAGING_X86] = {"crash32-full", "crash32-bitmap"},
        [PAGING_PAE] = {"crash32pae-full", "crash32pae-full"},
        [PAGING_X64] = {"crash64-full", "crash64-bitmap"},
        [PAGING_X64_5] = {"crash64-full", "crash64-kernel"},
    };

    if (how & HOW_WINDOWS)
        return dumps[machine->spaces[0].paging][how & HOW_LIME ? 1 : 0];
    return how & HOW_LIME ? "lime" : "elf64";
}

static void take_question(struct random_machine *machine, struct input *input, unsigned how)
{
    struct space_query *query = &machine->query;
    uint64_t bits = take(input, 1), flags = take(input, 1), n_ranges;

    take_names(machine, input);
    n_ranges = bits & 1 ? 1 + (bits >> 1) % 3 : 0;
    for (uint64_t i = 0; i < n_ranges; i++) {
        take_range(machine, input);
        // Of physical memory alone, all are physical.
        if (query->n_names == 1 && strcmp(query->names[0], "physical") == 0)
            query->ranges[i].physical = true;
    }
    if (bits & 0x80 && bits & 0x40)
        query->cut = take(input, 2);
    // Software entries do not say all flags.
    if (flags < 0x20 && !query->windows)
        query->page_flags = (unsigned)flags % 8;
    for (size_t i = 0; i < RANDOM_WAYS; i++)
        take_way(machine, input, how);
}

// == All ==

void random_machine_take(struct random_machine *machine, struct input *input)
{
    unsigned how = (unsigned)take(input, 2);
#if defined(MS_HAVE_HYPERSCAN)
    bool regex = how & HOW_REGEX && (how & HOW_HYPERSCAN) == HOW_HYPERSCAN;
#else
    bool regex = false;
#endif
    bool windows = how & HOW_WINDOWS;
    size_t n;

    *machine = (struct random_machine){0};
    machine->spec = (struct spec){.runs = machine->runs,
                                  .fills = machine->fills,
                                  .spaces = machine->spaces,
                                  .space_rules = machine->rules,
                                  .seed = 1};
    machine->query = (struct space_query){.windows = windows,
                                          .kernel = KERNEL_32,
                                          .needles = machine->needles,
                                          .ways = machine->ways};
    take_memory(machine, input, how);
    n = 1 + (size_t)take(input, 1) % RANDOM_FILLS;
    for (size_t i = 0; i < n; i++)
        take_fill(machine, input, i == 0);
    take_spaces(machine, input, how);
    n = (size_t)take(input, 1) % (RANDOM_RULES + 1);
    for (size_t i = 0; i < n; i++)
        take_rule(machine, input, windows);
    n = 1 + (size_t)take(input, 1) % RANDOM_NEEDLES;
    for (size_t i = 0; i < n; i++)
        take_needle(machine, input, regex);
    take_plants(machine, input);
    machine->query.container = container_of(machine, how);
    take_question(machine, input, how);
}
