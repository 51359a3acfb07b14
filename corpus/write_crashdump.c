// SPDX-License-Identifier: MIT
//
// Windows crash dumps: DUMP_HEADER32 and DUMP_HEADER64, with the run list of a full dump
// (DumpType 1) or with the page bitmap of types 5 and 6.
//
// What is not set holds the text "PAGE" over and over, as Windows leaves it. In bitmap dumps that
// is also the run list, so that a reader cannot use it by mistake.

#include "container.h"

#include "material.h"

#include <string.h>

#define UNSET UINT64_C(0x4547415045474150) // "PAGEPAGE"

enum {
    HEADER_SIZE_32 = 0x1000,
    HEADER_SIZE_64 = 0x2000,
    MAX_RUNS_32 = 86, // what fits into the 700 bytes of PhysicalMemoryBlock
    MAX_RUNS_64 = 42,
    TYPE_FULL = 1,
    TYPE_BITMAP_FULL = 5,
    TYPE_BITMAP_KERNEL = 6,
    BITMAP_HEADER = 0x38,
    MAX_BITMAP = 64 << 20, // bytes: 2 TiB of memory
};

/** The numbers of a header, by name of `break field`: {offset, width} in 32 and 64 bits. */
enum field_id {
    SIGNATURE,
    VALID_DUMP,
    MAJOR_VERSION,
    MINOR_VERSION,
    DTB,
    PFN_DATABASE,
    LOADED_MODULES,
    ACTIVE_PROCESSES,
    MACHINE_TYPE,
    CPUS,
    BUGCHECK,
    PARAMETER_1,
    PARAMETER_2,
    PARAMETER_3,
    PARAMETER_4,
    PAE,
    KDBG,
    NUMBER_OF_RUNS,
    NUMBER_OF_PAGES,
    DUMP_TYPE,
    PRODUCT_TYPE,
    SUITE_MASK,
    REQUIRED_DUMP_SPACE,
    SYSTEM_TIME,
    UP_TIME,
    ATTRIBUTES,
    BOOT_ID,
    EXCEPTION_CODE,
    EXCEPTION_ADDRESS,
    FIELD_COUNT
};

struct field {
    const char *name;
    struct {
        uint16_t at;
        uint16_t width; // 0: these headers have no such field
    } in32, in64;
};

static const struct field fields[FIELD_COUNT] = {
    [SIGNATURE] = {"signature", {0x000, 4}, {0x000, 4}},
    [VALID_DUMP] = {"valid-dump", {0x004, 4}, {0x004, 4}},
    [MAJOR_VERSION] = {"major-version", {0x008, 4}, {0x008, 4}},
    [MINOR_VERSION] = {"minor-version", {0x00c, 4}, {0x00c, 4}},
    [DTB] = {"dtb", {0x010, 4}, {0x010, 8}},
    [PFN_DATABASE] = {"pfn-database", {0x014, 4}, {0x018, 8}},
    [LOADED_MODULES] = {"loaded-modules", {0x018, 4}, {0x020, 8}},
    [ACTIVE_PROCESSES] = {"active-processes", {0x01c, 4}, {0x028, 8}},
    [MACHINE_TYPE] = {"machine-type", {0x020, 4}, {0x030, 4}},
    [CPUS] = {"cpus", {0x024, 4}, {0x034, 4}},
    [BUGCHECK] = {"bugcheck", {0x028, 4}, {0x038, 4}},
    [PARAMETER_1] = {"parameter-1", {0x02c, 4}, {0x040, 8}},
    [PARAMETER_2] = {"parameter-2", {0x030, 4}, {0x048, 8}},
    [PARAMETER_3] = {"parameter-3", {0x034, 4}, {0x050, 8}},
    [PARAMETER_4] = {"parameter-4", {0x038, 4}, {0x058, 8}},
    [PAE] = {"pae", {0x05c, 1}, {0, 0}},
    [KDBG] = {"kdbg", {0x060, 4}, {0x080, 8}},
    [NUMBER_OF_RUNS] = {"number-of-runs", {0x064, 4}, {0x088, 4}},
    [NUMBER_OF_PAGES] = {"number-of-pages", {0x068, 4}, {0x090, 8}},
    [DUMP_TYPE] = {"dump-type", {0xf88, 4}, {0xf98, 4}},
    [PRODUCT_TYPE] = {"product-type", {0xf94, 4}, {0x1040, 4}},
    [SUITE_MASK] = {"suite-mask", {0xf98, 4}, {0x1044, 4}},
    [REQUIRED_DUMP_SPACE] = {"required-dump-space", {0xfa0, 8}, {0xfa0, 8}},
    [SYSTEM_TIME] = {"system-time", {0xfc0, 8}, {0xfa8, 8}},
    [UP_TIME] = {"up-time", {0xfb8, 8}, {0x1030, 8}},
    [ATTRIBUTES] = {"attributes", {0x8a0, 4}, {0x1050, 4}},
    [BOOT_ID] = {"boot-id", {0x8a4, 4}, {0x1054, 4}},
    [EXCEPTION_CODE] = {"exception-code", {0x7d0, 4}, {0xf00, 4}},
    [EXCEPTION_ADDRESS] = {"exception-address", {0x7dc, 4}, {0xf10, 8}},
};

static bool is_64bit(const struct image *image)
{
    return image->container->bits == 64;
}

static size_t header_size(const struct image *image)
{
    return is_64bit(image) ? HEADER_SIZE_64 : HEADER_SIZE_32;
}

static bool has_bitmap(const struct image *image)
{
    return image->container->dump_type != TYPE_FULL;
}

/* ---- planning ------------------------------------------------------------------------- */

static void check_runs(const struct image *image)
{
    size_t most = is_64bit(image) ? MAX_RUNS_64 : MAX_RUNS_32;
    unsigned address_bits = is_64bit(image) ? 52 : image->machine == MACHINE_X86 ? 32 : 44;
    size_t count = 0;
    for (size_t i = 0; i < image->spec->n_runs; i++) {
        const struct run *run = &image->spec->runs[i];
        count += run->length > 0;
        if (run->start % PAGE_SIZE || run->length % PAGE_SIZE)
            fail_at(run->place, "a run of whole pages, as crash dumps hold");
        if (run->start + run->length > UINT64_C(1) << address_bits)
            fail_at(run->place, "a run below 2^%u, as %s holds", address_bits,
                    image->container->name);
        if (count > most && !has_bitmap(image))
            fail_at(run->place, "at most %zu runs, as %s holds", most, image->container->name);
    }
}

/** Facts are written for one machine: a kernel address of 64 bits in 32 would be another one. */
static void check_facts(const struct image *image)
{
    for (size_t id = 0; id < SETTING_COUNT; id++) {
        const struct setting *setting = &image->spec->settings[id];
        if (id == FACT_SYSTEM_TIME || id == FACT_UP_TIME || is_64bit(image))
            continue;
        for (size_t i = 0; i < setting->count; i++) {
            if (setting->values[i] > UINT32_MAX)
                fail_at(setting->place, "values of 32 bits, as %s holds", image->container->name);
        }
    }
}

/** Bits of the bitmap: up to the highest page, or more if the spec wants so. */
static uint64_t bitmap_bits(const struct image *image)
{
    const struct segments *segments = &image->segments;
    const struct setting *setting = &image->spec->settings[OPTION_BITMAP_BITS];
    uint64_t needed = segments->count ? segments->items[segments->count - 1].end / PAGE_SIZE : 0;
    uint64_t bits = setting->count ? setting->values[0] : needed;
    if (bits < needed)
        fail_at(setting->place, "at least %llu bits, for the highest page",
                (unsigned long long)needed);
    if (bits / 8 > MAX_BITMAP)
        fail("%s: pages above 2 TiB need too large a bitmap", image->container->name);
    return bits;
}

static uint64_t first_page(const struct image *image)
{
    uint64_t end = header_size(image) + BITMAP_HEADER + (bitmap_bits(image) + 7) / 8;
    return (end + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
}

static void plan_full(struct image *image)
{
    image->extents.end = header_size(image);
    for (size_t i = 0; i < image->spec->n_runs; i++) {
        const struct run *run = &image->spec->runs[i];
        extents_add(&image->extents, run->start, run->length, image->extents.end);
    }
}

/** Bitmap dumps know no runs: pages lie in the order of their addresses. */
static void plan_bitmap(struct image *image)
{
    image->extents.end = first_page(image);
    for (size_t i = 0; i < image->segments.count; i++) {
        const struct segment *segment = &image->segments.items[i];
        extents_add(&image->extents, segment->start, segment->end - segment->start,
                    image->extents.end);
    }
}

static void plan_crashdump(struct image *image)
{
    check_runs(image);
    check_facts(image);
    if (has_bitmap(image))
        plan_bitmap(image);
    else
        plan_full(image);
    image->file_bytes = image->extents.end;
}

/* ---- the header ----------------------------------------------------------------------- */

static void collect_facts(const struct image *image, uint64_t *values)
{
    static const struct {
        enum field_id field;
        enum setting_id fact;
        size_t n;
        uint64_t otherwise;
    } sources[] = {
        {MAJOR_VERSION, FACT_MAJOR, 0, 0xf},
        {DTB, FACT_DTB, 0, UNSET},
        {PFN_DATABASE, FACT_PFN_DATABASE, 0, UNSET},
        {LOADED_MODULES, FACT_LOADED_MODULES, 0, UNSET},
        {ACTIVE_PROCESSES, FACT_ACTIVE_PROCESSES, 0, UNSET},
        {CPUS, FACT_CPUS, 0, 1},
        {BUGCHECK, FACT_BUGCHECK, 0, 0xe2}, // MANUALLY_INITIATED_CRASH
        {PARAMETER_1, FACT_BUGCHECK, 1, 0},
        {PARAMETER_2, FACT_BUGCHECK, 2, 0},
        {PARAMETER_3, FACT_BUGCHECK, 3, 0},
        {PARAMETER_4, FACT_BUGCHECK, 4, 0},
        {KDBG, FACT_KDBG, 0, UNSET},
        {PRODUCT_TYPE, FACT_PRODUCT_TYPE, 0, 1},
        {SUITE_MASK, FACT_SUITE_MASK, 0, UNSET},
        {SYSTEM_TIME, FACT_SYSTEM_TIME, 0, UINT64_C(132223104000000000)}, // 2020-01-01
        {UP_TIME, FACT_UP_TIME, 0, UINT64_C(36000000000)},                // an hour
        {ATTRIBUTES, FACT_ATTRIBUTES, 0, UNSET},
        {BOOT_ID, FACT_BOOT_ID, 0, UNSET},
        {EXCEPTION_CODE, FACT_EXCEPTION, 0, UNSET},
        {EXCEPTION_ADDRESS, FACT_EXCEPTION, 1, UNSET},
    };
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
        values[sources[i].field] =
            spec_setting(image->spec, sources[i].fact, sources[i].n, sources[i].otherwise);
}

static void collect_container(const struct image *image, uint64_t *values)
{
    bool bits64 = is_64bit(image);
    values[SIGNATURE] = 0x45474150;                        // "PAGE"
    values[VALID_DUMP] = bits64 ? 0x34365544 : 0x504d5544; // "DU64", "DUMP"
    values[MINOR_VERSION] = spec_setting(image->spec, FACT_BUILD, 0, bits64 ? 19041 : 7601);
    values[MACHINE_TYPE] = bits64 ? 0x8664 : 0x14c;
    values[PAE] = image->machine == MACHINE_X86PAE;
    values[DUMP_TYPE] = image->container->dump_type;
    values[REQUIRED_DUMP_SPACE] = image->extents.end;
    values[NUMBER_OF_RUNS] = has_bitmap(image) ? UNSET : image->extents.count;
    values[NUMBER_OF_PAGES] =
        has_bitmap(image) ? UNSET : (image->extents.end - header_size(image)) / PAGE_SIZE;
}

/** UNSET is as long as the widest field; others take as much of it as they have room for. */
static uint64_t cut_unset(uint64_t value, unsigned width)
{
    return value == UNSET && width < 8 ? UNSET & ((UINT64_C(1) << (8 * width)) - 1) : value;
}

static void write_fields(struct image *image, struct block *block)
{
    uint64_t values[FIELD_COUNT] = {0};
    collect_facts(image, values);
    collect_container(image, values);
    for (size_t id = 0; id < FIELD_COUNT; id++) {
        unsigned at = is_64bit(image) ? fields[id].in64.at : fields[id].in32.at;
        unsigned width = is_64bit(image) ? fields[id].in64.width : fields[id].in32.width;
        if (width > 0)
            put(image, block, at, width, cut_unset(values[id], width), fields[id].name);
    }
}

static void write_runs(struct image *image, struct block *block)
{
    unsigned width = is_64bit(image) ? 8 : 4;
    size_t list = is_64bit(image) ? 0x98 : 0x6c;
    for (size_t i = 0; i < image->extents.count; i++, list += (size_t)2 * width) {
        const struct extent *extent = &image->extents.items[i];
        put_item(image, block, list, width, extent->start / PAGE_SIZE, "run", i, "base");
        put_item(image, block, list + width, width, extent->length / PAGE_SIZE, "run", i, "count");
    }
}

/** CONTEXT of the crashing processor: zero but for what a reader would check or use. */
struct context_number {
    unsigned at, width;
    uint64_t value;
    const char *name;
};

static void write_context64(struct image *image, struct block *block)
{
    const struct context_number numbers[] = {
        {0x030, 4, 0x10001f, "context.flags"},
        {0x034, 4, 0x1f80, "context.mxcsr"},
        {0x038, 2, 0x10, "context.cs"},
        {0x042, 2, 0x18, "context.ss"},
        {0x044, 4, 0x246, "context.eflags"},
        {0x098, 8, spec_setting(image->spec, FACT_RSP, 0, 0), "context.rsp"},
        {0x0f8, 8, spec_setting(image->spec, FACT_RIP, 0, 0), "context.rip"},
        {0x118, 4, 0x1f80, "context.fx-mxcsr"},
    };
    memset(block->bytes + 0x348, 0, 0x4d0);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        put(image, block, 0x348 + numbers[i].at, numbers[i].width, numbers[i].value,
            numbers[i].name);
}

static void write_context32(struct image *image, struct block *block)
{
    const struct context_number numbers[] = {
        {0x000, 4, 0x1001f, "context.flags"},
        {0x0b8, 4, spec_setting(image->spec, FACT_RIP, 0, 0), "context.rip"},
        {0x0bc, 4, 0x08, "context.cs"},
        {0x0c0, 4, 0x246, "context.eflags"},
        {0x0c4, 4, spec_setting(image->spec, FACT_RSP, 0, 0), "context.rsp"},
        {0x0c8, 4, 0x10, "context.ss"},
    };
    memset(block->bytes + 0x320, 0, 0x2cc);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        put(image, block, 0x320 + numbers[i].at, numbers[i].width, numbers[i].value,
            numbers[i].name);
}

/** Clears what an exception record has beyond its code and address. */
static void write_exception(const struct image *image, struct block *block)
{
    if (image->spec->settings[FACT_EXCEPTION].count > 0)
        memset(block->bytes + (is_64bit(image) ? 0xf00 : 0x7d0), 0, is_64bit(image) ? 0x98 : 0x50);
}

static void write_header(struct image *image, const struct outfile *file)
{
    struct block block = block_create(0, header_size(image));
    for (size_t i = 0; i < block.length; i++)
        block.bytes[i] = (uint8_t) "PAGE"[i % 4];
    write_exception(image, &block);
    write_fields(image, &block);
    if (is_64bit(image))
        write_context64(image, &block);
    else
        write_context32(image, &block);
    if (!has_bitmap(image))
        write_runs(image, &block);
    block_write(&block, file);
}

/* ---- the bitmap ----------------------------------------------------------------------- */

static void set_bits(uint8_t *bitmap, const struct segment *segment)
{
    for (uint64_t page = segment->start / PAGE_SIZE; page < segment->end / PAGE_SIZE; page++)
        bitmap[page / 8] |= (uint8_t)(1u << page % 8);
}

static void write_bitmap(struct image *image, const struct outfile *file)
{
    uint64_t bits = bitmap_bits(image);
    uint64_t first = first_page(image);
    bool kernel = image->container->dump_type == TYPE_BITMAP_KERNEL;
    struct block block = block_create(header_size(image), (size_t)first - header_size(image));
    put(image, &block, 0x00, 4, kernel ? 0x504d4453 : 0x504d4446, "bitmap.signature");
    put(image, &block, 0x04, 4, 0x504d5544, "bitmap.valid-dump"); // "DUMP"
    put(image, &block, 0x08, 4, 0, "bitmap.options");
    put(image, &block, 0x20, 8, first, "bitmap.first-page");
    put(image, &block, 0x28, 8, image->segments.total / PAGE_SIZE, "bitmap.present");
    put(image, &block, 0x30, 8, bits, "bitmap.bits");
    for (size_t i = 0; i < image->segments.count; i++)
        set_bits(block.bytes + BITMAP_HEADER, &image->segments.items[i]);
    block_write(&block, file);
}

static void write_crashdump(struct image *image, const struct outfile *file)
{
    write_header(image, file);
    if (has_bitmap(image))
        write_bitmap(image, file);
}

const struct container containers_crashdump[] = {
    {
        .name = "crash64-full",
        .machine = MACHINE_X86_64,
        .usual = MACHINE_X86_64,
        .bits = 64,
        .dump_type = TYPE_FULL,
        .plan = plan_crashdump,
        .write = write_crashdump,
    },
    {
        .name = "crash64-bitmap",
        .machine = MACHINE_X86_64,
        .usual = MACHINE_X86_64,
        .bits = 64,
        .dump_type = TYPE_BITMAP_FULL,
        .plan = plan_crashdump,
        .write = write_crashdump,
    },
    {
        .name = "crash64-kernel",
        .machine = MACHINE_X86_64,
        .usual = MACHINE_X86_64,
        .bits = 64,
        .dump_type = TYPE_BITMAP_KERNEL,
        .plan = plan_crashdump,
        .write = write_crashdump,
    },
    {
        .name = "crash32-full",
        .machine = MACHINE_X86,
        .usual = MACHINE_X86,
        .bits = 32,
        .dump_type = TYPE_FULL,
        .plan = plan_crashdump,
        .write = write_crashdump,
    },
    {
        .name = "crash32-bitmap",
        .machine = MACHINE_ANY,
        .usual = MACHINE_X86,
        .bits = 32,
        .dump_type = TYPE_BITMAP_FULL,
        .plan = plan_crashdump,
        .write = write_crashdump,
    },
    {
        .name = "crash32pae-full",
        .machine = MACHINE_X86PAE,
        .usual = MACHINE_X86PAE,
        .bits = 32,
        .dump_type = TYPE_FULL,
        .plan = plan_crashdump,
        .write = write_crashdump,
    },
    {0},
};
