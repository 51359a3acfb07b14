// SPDX-License-Identifier: MIT
//
// Finding places for plants.
//
// Random places are drawn in rounds: as many as are missing, then one sort and one sweep drop
// those that collide. So a hundred thousand plants cost a few sorts, and the outcome depends on
// the seed and the rules alone.

#include "plant.h"

#include "material.h"
#include "random.h"

#include <stdlib.h>

enum { MAX_ROUNDS = 64 };

/** What page tables are planted by. */
static const struct plant_rule tables_rule = {.name = "page-tables"};

static void add(struct plants *plants, struct plant plant)
{
    plants->items = grow(plants->items, plants->count, &plants->capacity, sizeof(*plants->items));
    plants->items[plants->count++] = plant;
}

static struct plant whole(const struct plant_rule *rule, uint64_t address)
{
    return (struct plant){address, rule->value.data, rule->value.length, rule, false};
}

static uint64_t end_of(const struct plant *plant)
{
    return plant->address + plant->length;
}

static int compare_plants(const void *left, const void *right)
{
    const struct plant *a = left;
    const struct plant *b = right;
    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    return a->rule < b->rule ? -1 : a->rule > b->rule;
}

static void sort(struct plants *plants)
{
    if (plants->count > 0)
        qsort(plants->items, plants->count, sizeof(*plants->items), compare_plants);
}

/* ---- fixed places --------------------------------------------------------------------- */

/** What fixed places depend on. */
struct memory {
    const struct segments *segments;
    const struct spaces *spaces;
};

static void add_held(struct plants *plants, struct plant plant, const struct memory *memory)
{
    if (!segments_hold(memory->segments, plant.address, plant.length))
        fail_at(plant.rule->place, "a plant of %zu bytes at %#llx that touches no hole",
                plant.length, (unsigned long long)plant.address);
    add(plants, plant);
}

/** Cuts the plant where its pages are no neighbours. */
static void add_virtual(struct plants *plants, uint64_t address, const struct plant_rule *rule,
                        const struct memory *memory)
{
    struct plant part = whole(rule, 0);
    size_t length = rule->value.length;
    part.length = 0;
    for (size_t done = 0; done < length;) {
        uint64_t physical, left;
        if (!spaces_translate(memory->spaces, rule->space, address + done, &physical, &left))
            fail_at(rule->place, "a plant that lies in mapped pages; %#llx is in none",
                    (unsigned long long)address + done);
        left = left < length - done ? left : length - done;
        if (part.length > 0 && part.address + part.length != physical) {
            part.is_part = true;
            add_held(plants, part, memory);
            part.length = 0;
        }
        if (part.length == 0) {
            part.address = physical;
            part.bytes = rule->value.data + done;
        }
        part.length += left;
        done += left;
    }
    add_held(plants, part, memory);
    plants->virtuals = grow(plants->virtuals, plants->n_virtuals, &plants->virtuals_capacity,
                            sizeof(*plants->virtuals));
    plants->virtuals[plants->n_virtuals++] = (struct virtual_plant){address, rule};
}

static void add_fixed(struct plants *plants, uint64_t address, const struct plant_rule *rule,
                      const struct memory *memory)
{
    if (rule->is_virtual)
        add_virtual(plants, address, rule, memory);
    else
        add_held(plants, whole(rule, address), memory);
}

/** The seams are cut through every place in the value in turn: 1 byte before, 2 before, ... */
static void add_crossing(struct plants *plants, const struct plant_rule *rule,
                         const struct memory *memory)
{
    uint64_t end = rule->start + rule->length;
    uint64_t length = rule->value.length;
    uint64_t seam = (rule->start / rule->spacing + 1) * rule->spacing;
    for (; seam < end; seam += rule->spacing) {
        uint64_t before = 1 + (seam / rule->spacing) % (length - 1);
        if (seam - rule->start >= before && end - seam >= length - before)
            add_fixed(plants, seam - before, rule, memory);
    }
}

static void check_disjoint(const struct plants *plants)
{
    for (size_t i = 1; i < plants->count; i++) {
        const struct plant *a = &plants->items[i - 1];
        const struct plant *b = &plants->items[i];
        if (end_of(a) > b->address) {
            if (a->rule == &tables_rule || b->rule == &tables_rule)
                fail_at((a->rule == &tables_rule ? b : a)->rule->place,
                        "a plant that touches no page tables; there are some at %#llx",
                        (unsigned long long)b->address);
            const struct plant_rule *later = a->rule > b->rule ? a->rule : b->rule;
            const struct plant_rule *earlier = later == a->rule ? b->rule : a->rule;
            fail_at(later->place, "a plant at %#llx that does not overlap that of line %u",
                    (unsigned long long)b->address, earlier->place.line);
        }
    }
}

/* ---- random places -------------------------------------------------------------------- */

/** The aligned places of a rule's range, numbered through all segments. */
struct slots {
    struct slot_block {
        uint64_t first; // address
        uint64_t above; // places in this block and those before it
    } * blocks;
    size_t count;
};

static void slots_create(struct slots *slots, const struct plant_rule *rule,
                         const struct segments *segments)
{
    uint64_t total = 0;
    uint64_t step = rule->spacing;
    slots->blocks = allocate(segments->count, sizeof(*slots->blocks));
    for (size_t i = segments_from(segments, rule->start); i < segments->count; i++) {
        const struct segment *segment = &segments->items[i];
        uint64_t start = segment->start > rule->start ? segment->start : rule->start;
        uint64_t end = rule->start + rule->length;
        end = segment->end < end ? segment->end : end;
        uint64_t first = (start + step - 1) / step * step;
        if (first >= end || end - first < rule->value.length)
            continue;
        total += (end - first - rule->value.length) / step + 1;
        slots->blocks[slots->count++] = (struct slot_block){first, total};
    }
}

static uint64_t slots_at(const struct slots *slots, uint64_t number, uint64_t step)
{
    size_t low = 0;
    size_t high = slots->count - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (slots->blocks[middle].above <= number)
            low = middle + 1;
        else
            high = middle;
    }
    uint64_t before = low ? slots->blocks[low - 1].above : 0;
    return slots->blocks[low].first + (number - before) * step;
}

/**
 * Drops plants of `rule` that overlap what stays; all others are known to be disjoint.
 * The plants are sorted. Where two of the rule collide, the lower stays.
 */
static void drop_collisions(struct plants *plants, const struct plant_rule *rule)
{
    size_t kept = 0;
    for (size_t i = 0; i < plants->count; i++) {
        struct plant plant = plants->items[i];
        bool collides = kept && end_of(&plants->items[kept - 1]) > plant.address;
        if (collides && plant.rule == rule)
            continue;
        if (collides)
            kept--; // the plant before it is the rule's, as others do not collide
        plants->items[kept++] = plant;
    }
    plants->count = kept;
}

static uint64_t key_of(const struct plant_rule *rule, uint64_t seed)
{
    uint64_t key = random_fold(random_fold(seed, rule->start), rule->length);
    key = random_fold(random_fold(key, rule->count), rule->spacing);
    for (size_t i = 0; i < rule->value.length; i++)
        key = random_fold(key, rule->value.data[i]);
    return key;
}

static void add_random(struct plants *plants, const struct plant_rule *rule, uint64_t seed,
                       const struct segments *segments, const struct shards *shards)
{
    struct random random = random_from(key_of(rule, seed), 0);
    struct slots slots = {0};
    size_t others = plants->count;
    slots_create(&slots, rule, segments);
    uint64_t total = slots.count ? slots.blocks[slots.count - 1].above : 0;
    for (int round = 0; round < MAX_ROUNDS && total >= rule->count; round++) {
        uint64_t missing = rule->count - (plants->count - others);
        if (missing == 0)
            break;
        for (; missing > 0; missing--) {
            uint64_t at = slots_at(&slots, random_below(&random, total), rule->spacing);
            if (!shards_touch(shards, at, rule->value.length))
                add(plants, whole(rule, at));
        }
        sort(plants);
        drop_collisions(plants, rule);
    }
    free(slots.blocks);
    if (plants->count - others < rule->count)
        fail_at(rule->place, "room for %llu plants that do not overlap; there is some for %zu",
                (unsigned long long)rule->count, plants->count - others);
}

/* ---- page tables ---------------------------------------------------------------------- */

static void add_table(void *user, uint64_t address, const uint8_t *bytes)
{
    add(user, (struct plant){address, bytes, PAGE_SIZE, &tables_rule, true});
}

static void add_tables(struct plants *plants, const struct spaces *spaces)
{
    spaces_each_table(spaces, add_table, plants);
    for (size_t i = 0; i < spaces->n_prototypes; i++) {
        const struct prototype *prototype = &spaces->prototypes[i];
        add(plants, (struct plant){prototype->address, prototype->bytes, prototype->length,
                                   &tables_rule, true});
    }
}

/* ---- all ------------------------------------------------------------------------------ */

/** Modules and pool may lie under plants, but not under tables. */
static void check_shards(const struct plants *plants, const struct shards *shards)
{
    for (size_t i = 0; shards->count && i < plants->count; i++) {
        const struct plant *plant = &plants->items[i];
        if (plant->rule == &tables_rule && shards_touch(shards, plant->address, plant->length))
            fail("page tables at %#llx lie over a module or pool",
                 (unsigned long long)plant->address);
    }
}

void plants_create(struct plants *plants, const struct spec *spec, const struct segments *segments,
                   const struct spaces *spaces, const struct shards *shards)
{
    struct memory memory = {segments, spaces};
    add_tables(plants, spaces);
    check_shards(plants, shards);
    for (size_t i = 0; i < spec->n_rules; i++) {
        const struct plant_rule *rule = &spec->rules[i];
        if (rule->form == PLANT_AT)
            add_fixed(plants, rule->start, rule, &memory);
        else if (rule->form == PLANT_CROSSING)
            add_crossing(plants, rule, &memory);
    }
    sort(plants);
    check_disjoint(plants);
    for (size_t i = 0; i < spec->n_rules; i++) {
        if (spec->rules[i].form == PLANT_RANDOM)
            add_random(plants, &spec->rules[i], spec->seed, segments, shards);
    }
}

void plants_release(struct plants *plants)
{
    free(plants->items);
    free(plants->virtuals);
    *plants = (struct plants){0};
}
