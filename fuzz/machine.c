// SPDX-License-Identifier: MIT
//
// Machines from inputs, and the loop over their memory.

#include "machine.h"

#include "corpus/material.h"

// == Runs ==

// Where the first run may begin: at the bottom, and where containers have their limits.
static const uint64_t bases[] = {
    0,
    UINT64_C(0x1000),
    UINT64_C(0x9f123),
    UINT64_C(0x10000),
    (UINT64_C(1) << 28) - 0x8000,
    (UINT64_C(1) << 32) - 0x8000,
    UINT64_C(1) << 32,
    (UINT64_C(1) << 44) - 0x6000,
    (UINT64_C(1) << 52) - 0x8000,
};

static void add_run(struct spec *spec, uint64_t start, uint64_t length)
{
    spec->runs[spec->n_runs++] =
        (struct run){.start = start, .length = length, .memory_size = length};
}

static void add_stretch(struct machine_case *machine, uint64_t start, size_t length)
{
    struct stretch_of_memory *last = machine->stretches + machine->n_stretches - 1;

    if (machine->n_stretches > 0 && last->start + last->length == start)
        last->length += length;
    else
        machine->stretches[machine->n_stretches++] =
            (struct stretch_of_memory){start, length, machine->size};
    machine->size += length;
}

// Its pages that the run before it has not.
static void add_rounded(struct spec *spec, uint64_t start, uint64_t length)
{
    uint64_t first = start / PAGE_SIZE * PAGE_SIZE;
    uint64_t end = (start + length + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;

    if (spec->n_runs > 0) {
        const struct run *last = &spec->runs[spec->n_runs - 1];

        if (first < last->start + last->length)
            first = last->start + last->length;
    }
    if (first < end)
        add_run(spec, first, end - first);
}

// Files may have their runs in any order.
static void rotate_runs(struct spec *spec, size_t by)
{
    struct run runs[MAX_RUNS];

    memcpy(runs, spec->runs, spec->n_runs * sizeof(*runs));
    for (size_t i = 0; i < spec->n_runs; i++)
        spec->runs[i] = runs[(i + by) % spec->n_runs];
}

static void take_runs(struct machine_case *machine, struct input *input)
{
    bool pages = machine->how & BIT_PAGES;
    uint64_t at = bases[take(input, 1) % (sizeof(bases) / sizeof(bases[0]))];
    size_t n = 1 + (size_t)take(input, 1) % MAX_RUNS, order = (size_t)take(input, 1);

    if (pages)
        at -= at % PAGE_SIZE;
    for (size_t i = 0; i < n; i++) {
        uint64_t hole = take(input, 2), length = take(input, 2);

        // Small ones, and between runs large ones.
        hole = (hole & 0xfff) << (i > 0 && hole & 0x8000 ? 12 : 0);
        length = pages ? PAGE_SIZE * (1 + length % 2) : 1 + length % MAX_RUN;
        at += pages ? hole % 4 * PAGE_SIZE : hole;
        if (at > PHYSICAL_LIMIT || length > PHYSICAL_LIMIT - at ||
            length > MAX_MEMORY - machine->size)
            break;
        add_run(&machine->exact, at, length);
        add_rounded(&machine->rounded, at, length);
        add_stretch(machine, at, (size_t)length);
        at += length;
    }
    rotate_runs(&machine->exact, order);
    rotate_runs(&machine->rounded, order);
}

// The memory's n-th byte, round and round.
static uint64_t address_of(const struct machine_case *machine, uint64_t n)
{
    const struct stretch_of_memory *stretch = machine->stretches;

    for (n %= machine->size; n >= stretch->length; stretch++)
        n -= stretch->length;
    return stretch->start + n;
}

static const struct stretch_of_memory *stretch_with(const struct machine_case *machine,
                                                    uint64_t address, size_t length)
{
    for (size_t i = 0; i < machine->n_stretches; i++) {
        const struct stretch_of_memory *stretch = &machine->stretches[i];

        if (address >= stretch->start && address - stretch->start < stretch->length &&
            length <= stretch->length - (address - stretch->start))
            return stretch;
    }
    return NULL;
}

// == Patterns ==

static void take_needles(struct machine_case *machine, struct input *input)
{
    static const uint8_t masks[4] = {0xff, 0xf0, 0x0f, 0};
    size_t n = 1 + (size_t)take(input, 1) % MAX_NEEDLES;

    for (size_t i = 0; i < n; i++) {
        struct needle *needle = &machine->needles[machine->n_needles++];
        uint64_t wild;

        needle->length = 1 + (size_t)take(input, 1) % MAX_NEEDLE;
        needle->align = 1u << take(input, 1) % 4;
        wild = take(input, 2);
        for (size_t k = 0; k < needle->length; k++) {
            // Mostly none; and one nibble at least counts, as it must.
            needle->mask[k] = k > 0 && wild >> 8 == k ? masks[wild & 3] : 0xff;
            needle->bytes[k] = (uint8_t)take(input, 1) & needle->mask[k];
        }
    }
}

// == What memory holds ==

static void take_fill(struct machine_case *machine, struct input *input, bool all)
{
    static const char *const kinds[] = {"zero", "byte",    "repeat", "random",  "text",
                                        "code", "structs", "mixed",  "pointers"};
    const struct stretch_of_memory *last = &machine->stretches[machine->n_stretches - 1];
    struct fill fill = {.file = -1, .arguments = {0, PAGE_SIZE}};
    uint64_t start, length;

    fill.kind = fill_kind_find(kinds[take(input, 1) % (sizeof(kinds) / sizeof(kinds[0]))]);
    start = take(input, 2);
    length = take(input, 2);
    fill.pattern = (struct bytes){(uint8_t *)(uintptr_t)input->at, input->left < 4 ? 1 : 4};
    fill.arguments[0] = take(input, 4);
    fill.start = all ? 0 : address_of(machine, start);
    fill.length = all ? last->start + last->length : 1 + length;
    if (fill_kind_argument(fill.kind) == FILL_BYTE)
        fill.arguments[0] &= 0xff;
    // The pattern is the input's own bytes, of which there may be none.
    if (fill_kind_argument(fill.kind) == FILL_PATTERN && input->at == fill.pattern.data)
        fill.kind = fill_kind_find("zero");
    machine->fills[machine->exact.n_fills++] = fill;
}

// A plant must lie in memory, and over no other.
static bool has_room(const struct machine_case *machine, uint64_t address, size_t length)
{
    if (!stretch_with(machine, address, length))
        return false;
    for (size_t i = 0; i < machine->exact.n_rules; i++) {
        const struct plant_rule *other = &machine->plants[i];

        if (address < other->start + other->value.length && other->start < address + length)
            return false;
    }
    return true;
}

static void take_plant(struct machine_case *machine, struct input *input)
{
    const struct needle *needle = &machine->needles[take(input, 1) % machine->n_needles];
    const struct run *run = &machine->exact_runs[take(input, 1) % machine->exact.n_runs];
    uint64_t place = take(input, 2), wild = take(input, 1);
    uint8_t *value = machine->values[machine->exact.n_rules];
    // By its distance from the run's start or end: borders are where matches are lost.
    uint64_t address =
        run->start + (place & 0x8000 ? run->length - place % 32 : (place & 0x7fff) % run->length);

    if (!has_room(machine, address, needle->length))
        return;
    for (size_t i = 0; i < needle->length; i++)
        value[i] = needle->bytes[i] | (uint8_t)(wild & ~needle->mask[i]);
    machine->plants[machine->exact.n_rules++] =
        (struct plant_rule){.form = PLANT_AT, .start = address, .value = {value, needle->length}};
}

static void take_ranges(struct machine_case *machine, struct input *input)
{
    size_t n = (size_t)take(input, 1) % (MAX_RANGES + 1);

    for (size_t i = 0; i < n; i++) {
        uint64_t first = address_of(machine, take(input, 2));

        machine->ranges[machine->n_ranges++] =
            (struct ms_range){.first = first, .last = first + take(input, 2)};
    }
}

void machine_take(struct machine_case *machine, struct input *input)
{
    size_t n;

    *machine = (struct machine_case){.how = (unsigned)take(input, 1)};
    machine->exact = (struct spec){
        .runs = machine->exact_runs, .fills = machine->fills, .rules = machine->plants, .seed = 1};
    machine->exact.settings[OPTION_ELF_ALIGN] =
        (struct setting){{machine->how & BIT_ALIGNED ? PAGE_SIZE : 1}, .count = 1};
    machine->exact.settings[FACT_CPUS] =
        (struct setting){{machine->how & BIT_CPUS ? 3 : 1}, .count = 1};
    machine->rounded = machine->exact;
    machine->rounded.runs = machine->rounded_runs;
    take_runs(machine, input);
    take_needles(machine, input);
    n = 1 + (size_t)take(input, 1) % MAX_FILLS;
    for (size_t i = 0; i < n; i++)
        take_fill(machine, input, i == 0);
    n = (size_t)take(input, 1) % (MAX_PLANTS + 1);
    for (size_t i = 0; i < n; i++)
        take_plant(machine, input);
    take_ranges(machine, input);
    machine->chunk_bytes = (size_t)take(input, 2);
    if (machine->chunk_bytes > 0)
        machine->chunk_bytes += MIN_CHUNK;
    machine->containers = (unsigned)take(input, 1);
    machine->rounded.n_fills = machine->exact.n_fills;
    machine->rounded.n_rules = machine->exact.n_rules;
}

void machine_fill(struct machine_case *machine)
{
    for (size_t i = 0; i < machine->n_stretches; i++) {
        const struct stretch_of_memory *stretch = &machine->stretches[i];
        uint64_t end = stretch->start + stretch->length;

        for (size_t k = 0; k < machine->exact.n_fills; k++) {
            const struct fill *fill = &machine->fills[k];
            uint64_t from = fill->start > stretch->start ? fill->start : stretch->start;
            uint64_t to = fill->start + fill->length < end ? fill->start + fill->length : end;

            if (from < to)
                fill_read(fill, from, machine->memory + stretch->offset + (from - stretch->start),
                          (size_t)(to - from));
        }
    }
    for (size_t i = 0; i < machine->exact.n_rules; i++) {
        const struct plant_rule *plant = &machine->plants[i];
        const struct stretch_of_memory *stretch =
            stretch_with(machine, plant->start, plant->value.length);

        memcpy(machine->memory + stretch->offset + (plant->start - stretch->start),
               plant->value.data, plant->value.length);
    }
}

// == The oracle ==

UNWATCHED static bool matches(const struct needle *needle, const uint8_t *bytes)
{
    for (size_t i = 0; i < needle->length; i++) {
        if ((bytes[i] & needle->mask[i]) != needle->bytes[i])
            return false;
    }
    return true;
}

UNWATCHED static bool in_range(const struct machine_case *machine, uint64_t first, uint64_t last)
{
    for (size_t i = 0; i < machine->n_ranges; i++) {
        if (first >= machine->ranges[i].first && last <= machine->ranges[i].last)
            return true;
    }
    return machine->n_ranges == 0;
}

UNWATCHED static void find(const struct machine_case *machine,
                           const struct stretch_of_memory *stretch, struct answer *answer)
{
    const uint8_t *bytes = machine->memory + stretch->offset;

    for (size_t at = 0; at < stretch->length; at++) {
        uint64_t address = stretch->start + at;

        for (uint32_t i = 0; i < machine->n_needles; i++) {
            const struct needle *needle = &machine->needles[i];

            if (needle->length > stretch->length - at || address % needle->align != 0 ||
                !matches(needle, bytes + at) ||
                !in_range(machine, address, address + needle->length - 1))
                continue;
            if (answer->n_hits < MAX_HITS)
                answer->hits[answer->n_hits] = (struct machine_hit){address, i};
            answer->n_hits++;
            answer->needle_hits[i]++;
        }
        answer->scanned += in_range(machine, address, address);
    }
}

void machine_answer(const struct machine_case *machine, struct answer *answer)
{
    const struct ms_range *a = &machine->ranges[0], *b = &machine->ranges[1];

    answer->n_hits = 0;
    answer->scanned = 0;
    memset(answer->needle_hits, 0, sizeof(answer->needle_hits));
    for (size_t i = 0; i < machine->n_stretches; i++)
        find(machine, &machine->stretches[i], answer);
    answer->asked = machine->size;
    if (machine->n_ranges > 0)
        answer->asked = a->last - a->first + 1;
    if (machine->n_ranges > 1) {
        uint64_t first = a->first > b->first ? a->first : b->first;
        uint64_t last = a->last < b->last ? a->last : b->last;

        answer->asked += b->last - b->first + 1;
        answer->asked -= first <= last ? last - first + 1 : 0; // what they share
    }
}
