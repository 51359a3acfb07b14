// SPDX-License-Identifier: MIT
//
// Page tables that nobody made: memory from the input, walked from any root in any mode. Whoever
// can hand a user an image feeds this.
//
//     how       bits 0-1 the paging mode, bit 2 a crash dump, so that software entries count, else
//               a LiME image                                                            1 byte
//     root      physical address                                                        4 bytes
//     runs      a count, 0 to 3; for each: the hole before it, its length               1 + 4n
//     entries   page, index, count, value, what is added to it for the next             13 each
//
// The spaces of the root are held to: mappings ascend, touch only where they must, lie in the
// address space, are present exactly where the image has their bytes; a look-up, a reading and a
// part of the range say the same as the whole; unmapped memory is what no space maps; the work is
// bounded by the image's size. A session, whose root is the page behind, has what that maps and the
// first root does not. Looking for roots in the same memory must end.

#include "fuzz.h"

enum {
    PAGES = 16,
    MEMORY = PAGES * 4096,
    MAX_RUNS = 4,
    MAX_TIMES = 256, // that a space may map the image
    LOOKED_UP = 64,  // mappings whose ends are looked up
};

struct run {
    uint64_t start, length;
};

struct machine {
    unsigned how;
    uint64_t root;
    struct run runs[MAX_RUNS];
    size_t n_runs;
    uint8_t memory[MEMORY];
};

// == The machine ==

static void take_runs(struct machine *machine, struct input *input)
{
    uint64_t unit = machine->how & 4 ? 4096 : 1, at = 0;
    size_t n = 1 + take(input, 1) % (MAX_RUNS - 1);

    for (size_t i = 0; i < n; i++) {
        struct run run = {.start = at + take(input, 2) % 0x3000 / unit * unit * (i > 0)};

        run.length = (1 + take(input, 2)) * (i + 1 < n ? 1 : MEMORY);
        if (run.start + unit > MEMORY)
            break;
        if (run.length > MEMORY - run.start)
            run.length = MEMORY - run.start;
        run.length = (run.length + unit - 1) / unit * unit;
        machine->runs[machine->n_runs++] = run;
        at = run.start + run.length;
    }
}

static void take_entries(struct machine *machine, struct input *input)
{
    unsigned width = machine->how & 3 ? 8 : 4;

    while (input->left > 0) {
        unsigned page = (unsigned)take(input, 1) % PAGES, index = (unsigned)take(input, 2);
        unsigned count = (unsigned)take(input, 1) + 1, step = (unsigned)take(input, 1);
        uint64_t value = take(input, 8);

        for (unsigned i = 0; i < count; i++, index++, value += (uint64_t)step << 10) {
            uint8_t *at = machine->memory + 4096 * (size_t)page + index * width % 4096;

            for (unsigned k = 0; k < width; k++)
                at[k] = (uint8_t)(value >> 8 * k);
        }
    }
}

static void put(uint8_t *bytes, uint64_t value, size_t width)
{
    for (size_t i = 0; i < width; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

// Writes a full crash dump of the machine's width; returns its length.
static size_t write_dump(const struct machine *machine, uint8_t *file)
{
    bool wide = (machine->how & 3) >= 2;
    size_t at = wide ? 0x2000 : 0x1000, width = wide ? 8 : 4, pages = 0;
    uint8_t *run = file + (wide ? 0x98 : 0x6c);

    memset(file, 0, at);
    memcpy(file, wide ? "PAGEDU64" : "PAGEDUMP", 8);
    put(file + 0x10, machine->root, width);
    put(file + (wide ? 0x30 : 0x20), wide ? 0x8664 : 0x14c, 4);
    put(file + (wide ? 0x88 : 0x64), machine->n_runs, 4);
    put(file + (wide ? 0xf98 : 0xf88), 1, 4);
    file[0x5c] = (machine->how & 3) == 1;
    for (size_t i = 0; i < machine->n_runs; i++) {
        put(run + 2 * i * width, machine->runs[i].start / 4096, width);
        put(run + (2 * i + 1) * width, machine->runs[i].length / 4096, width);
        memcpy(file + at, machine->memory + machine->runs[i].start, machine->runs[i].length);
        at += machine->runs[i].length;
        pages += machine->runs[i].length / 4096;
    }
    put(file + (wide ? 0x90 : 0x68), pages, width);
    return at;
}

static size_t write_lime(const struct machine *machine, uint8_t *file)
{
    size_t at = 0;

    for (size_t i = 0; i < machine->n_runs; i++) {
        const struct run *run = &machine->runs[i];

        memset(file + at, 0, 32);
        memcpy(file + at, "EMiL\1", 5);
        put(file + at + 8, run->start, 8);
        put(file + at + 16, run->start + run->length - 1, 8);
        memcpy(file + at + 32, machine->memory + run->start, run->length);
        at += 32 + run->length;
    }
    return at;
}

static struct ms_image *open_machine(const struct machine *machine)
{
    static uint8_t bytes[0x2000 + MEMORY + 32 * MAX_RUNS];
    size_t size = machine->how & 4 ? write_dump(machine, bytes) : write_lime(machine, bytes);
    struct memory_file file = memory_file_open(bytes, size);
    struct ms_image *image = NULL;
    struct ms_error error;
    enum ms_status status = ms_image_open(file.path, NULL, &image, &error);

    CHECK(status == MS_OK, "%s", error.text);
    memory_file_close(&file);
    return image;
}

// Whether the image holds a byte.
UNWATCHED static bool holds(const struct machine *machine, uint64_t physical)
{
    for (size_t i = 0; i < machine->n_runs; i++) {
        if (physical - machine->runs[i].start < machine->runs[i].length)
            return true;
    }
    return false;
}

// == Mappings ==

// What was seen of a space so far.
struct walk {
    const struct machine *machine;
    const struct ms_spaces *spaces;
    size_t space;
    struct ms_mapping_info last;
    uint64_t n;
    uint64_t bytes[4];
    bool mapped[PAGES]; // some byte of the page is
};

static bool is_memory(const struct ms_mapping_info *mapping)
{
    return mapping->state == MS_MAPPED_PRESENT || mapping->state == MS_MAPPED_ABSENT;
}

UNWATCHED static bool is_canonical(enum ms_paging paging, uint64_t address)
{
    unsigned bits = paging == MS_PAGING_X64_5 ? 57 : 48;
    uint64_t above = address >> (bits - 1);

    if (paging == MS_PAGING_X86 || paging == MS_PAGING_PAE)
        return address <= UINT32_MAX;
    return above == 0 || above == UINT64_MAX >> (bits - 1);
}

// A mapping and the next one, which it must not be joined to.
UNWATCHED static void check_pair(const struct ms_mapping_info *a, const struct ms_mapping_info *b)
{
    CHECK(b->first > a->last, "0x%llx is not above 0x%llx", (unsigned long long)b->first,
          (unsigned long long)a->last);
    CHECK(b->first != a->last + 1 || a->state != b->state || a->flags != b->flags ||
              (is_memory(a) && a->physical + (a->last - a->first) + 1 != b->physical),
          "0x%llx continues what is before it", (unsigned long long)b->first);
}

// The image holds all or nothing of it; its ends and a place between are looked at.
UNWATCHED static void check_memory(struct walk *walk, const struct ms_mapping_info *mapping)
{
    uint64_t length = mapping->last - mapping->first;
    const uint64_t places[] = {0, length / 2, length};

    for (size_t i = 0; i < 3; i++)
        CHECK(holds(walk->machine, mapping->physical + places[i]) ==
                  (mapping->state == MS_MAPPED_PRESENT),
              "0x%llx is not %s", (unsigned long long)(mapping->first + places[i]),
              ms_mapping_state_name(mapping->state));
    for (uint64_t at = 0; at <= length && mapping->state == MS_MAPPED_PRESENT;
         at = (at | 4095) + 1) {
        walk->mapped[(mapping->physical + at) / 4096] = true;
        walk->mapped[(mapping->physical + (at + 4095 < length ? at + 4095 : length)) / 4096] = true;
    }
}

static void check_lookup(const struct walk *walk, const struct ms_mapping_info *mapping,
                         uint64_t address)
{
    struct ms_mapping_info found;
    uint8_t byte, known;
    bool present, held = mapping->state == MS_MAPPED_PRESENT;

    CHECK(ms_spaces_translate(walk->spaces, walk->space, address, &found), "0x%llx is not found",
          (unsigned long long)address);
    CHECK(found.state == mapping->state && found.flags == mapping->flags &&
              found.first <= address && found.last >= address && found.first >= mapping->first &&
              found.last <= mapping->last && found.last - found.first < 4096,
          "0x%llx is looked up otherwise", (unsigned long long)address);
    if (is_memory(mapping))
        CHECK(found.physical - mapping->physical == found.first - mapping->first,
              "0x%llx is elsewhere", (unsigned long long)address);
    CHECK(ms_spaces_read(walk->spaces, walk->space, address, &byte, &present, 1) == held &&
              present == held,
          "0x%llx can be read or not", (unsigned long long)address);
    known = held ? walk->machine->memory[mapping->physical + (address - mapping->first)] : 0;
    CHECK(byte == known, "0x%llx has byte 0x%02x", (unsigned long long)address, byte);
}

static bool is_virtual_kind(enum ms_space_kind kind)
{
    return kind != MS_SPACE_PHYSICAL && kind != MS_SPACE_UNMAPPED;
}

UNWATCHED static int see(void *user, const struct ms_mapping_info *mapping)
{
    struct walk *walk = user;
    struct ms_space_info info = ms_spaces_info(walk->spaces, walk->space);
    bool is_virtual = is_virtual_kind(info.kind);

    CHECK(mapping->first <= mapping->last, "an empty mapping");
    if (walk->n > 0)
        check_pair(&walk->last, mapping);
    if (is_virtual)
        CHECK(is_canonical(info.paging, mapping->first) && is_canonical(info.paging, mapping->last),
              "0x%llx is no address", (unsigned long long)mapping->first);
    if (is_memory(mapping))
        check_memory(walk, mapping);
    if (walk->n < LOOKED_UP) {
        check_lookup(walk, mapping, mapping->first);
        check_lookup(walk, mapping, mapping->last);
    }
    walk->bytes[mapping->state] += mapping->last - mapping->first + 1;
    walk->last = *mapping;
    walk->n++;
    return 0;
}

UNWATCHED static int add_bytes(void *user, const struct ms_mapping_info *mapping)
{
    uint64_t *bytes = user;

    bytes[mapping->state] += mapping->last - mapping->first + 1;
    return 0;
}

// Two halves, cut anywhere, are the whole.
static void check_halves(const struct walk *walk)
{
    uint64_t cut = walk->last.first + (walk->last.last - walk->last.first) / 2;
    struct ms_range low = {.first = 0, .last = cut}, high = {.first = cut, .last = UINT64_MAX};
    uint64_t bytes[4] = {0};

    if (walk->n == 0 || cut == UINT64_MAX)
        return;
    high.first++;
    ms_spaces_visit(walk->spaces, walk->space, &low, add_bytes, bytes);
    ms_spaces_visit(walk->spaces, walk->space, &high, add_bytes, bytes);
    CHECK(memcmp(bytes, walk->bytes, sizeof(bytes)) == 0, "the parts are not the whole");
}

static void check_space(const struct machine *machine, const struct ms_spaces *spaces, size_t space,
                        bool *mapped)
{
    static const struct ms_range all = {.first = 0, .last = UINT64_MAX};
    struct walk walk = {.machine = machine, .spaces = spaces, .space = space};
    uint64_t held = 0;

    ms_spaces_visit(spaces, space, &all, see, &walk);
    for (size_t i = 0; i < machine->n_runs; i++)
        held += machine->runs[i].length;
    CHECK(walk.bytes[MS_MAPPED_PRESENT] <= MAX_TIMES * held, "memory is mapped too often");
    // Each step weighs a page at least, and may be cut at each run; what is left out adds a few.
    CHECK(walk.n <= (MAX_TIMES * (held / 4096 + 1) + 4096) * (2 * machine->n_runs + 1),
          "%llu mappings", (unsigned long long)walk.n);
    check_halves(&walk);
    for (size_t i = 0; i < PAGES; i++)
        mapped[i] = mapped[i] || walk.mapped[i];
}

// == The whole ==

UNWATCHED static void check_unmapped(const struct machine *machine, const struct ms_spaces *spaces,
                                     const bool *mapped)
{
    size_t unmapped = ms_spaces_count(spaces) - 1;

    for (uint64_t at = 0; at < MEMORY; at += 1024) {
        struct ms_mapping_info mapping;
        bool expected = holds(machine, at) && !mapped[at / 4096];

        CHECK(ms_spaces_translate(spaces, unmapped, at, &mapping) == expected,
              "0x%llx is mapped or not", (unsigned long long)at);
    }
}

// In the order of the set.
enum { PHYSICAL, KERNEL, SESSION, PROCESS, ROOT_A, ROOT_B, UNMAPPED, N_SPACES };

struct comparison {
    const struct ms_spaces *spaces;
    size_t other; // the root of the session
    size_t n;     // mappings so far
};

// Whether a space has an address, or may have it: nothing that is in the image tells.
static bool may_have(const struct ms_spaces *spaces, size_t space, uint64_t address, bool *known)
{
    struct ms_mapping_info mapping;
    bool has = ms_spaces_translate(spaces, space, address, &mapping);

    *known = !has || mapping.state == MS_MAPPED_PRESENT || mapping.state == MS_MAPPED_ABSENT;
    return has;
}

UNWATCHED static int see_session(void *user, const struct ms_mapping_info *mapping)
{
    struct comparison *comparison = user;
    bool known, has;

    if (comparison->n++ >= LOOKED_UP || !is_memory(mapping))
        return 0;
    has = may_have(comparison->spaces, KERNEL, mapping->first, &known);
    CHECK(!has || !known, "0x%llx is the kernel's, too", (unsigned long long)mapping->first);
    has = may_have(comparison->spaces, comparison->other, mapping->first, &known);
    CHECK(has || !known, "0x%llx is not the root's", (unsigned long long)mapping->first);
    return 0;
}

UNWATCHED static int see_other(void *user, const struct ms_mapping_info *mapping)
{
    struct comparison *comparison = user;
    bool known, kernel;

    if (comparison->n++ >= LOOKED_UP || !is_memory(mapping))
        return 0;
    kernel = may_have(comparison->spaces, KERNEL, mapping->first, &known);
    CHECK(kernel || may_have(comparison->spaces, SESSION, mapping->first, &known),
          "0x%llx is not the session's", (unsigned long long)mapping->first);
    return 0;
}

static void check_session(const struct ms_spaces *spaces)
{
    struct ms_space_info kernel = ms_spaces_info(spaces, KERNEL);
    struct ms_range half = {.first = kernel.address_bits == 64 ? UINT64_C(1) << 63 : 0x80000000,
                            .last = UINT64_MAX};
    uint64_t root = ms_spaces_info(spaces, SESSION).root;
    struct comparison comparison = {
        .spaces = spaces,
        .other = ms_spaces_info(spaces, ROOT_A).root == root ? ROOT_A : ROOT_B,
    };

    ms_spaces_visit(spaces, SESSION, &half, see_session, &comparison);
    comparison.n = 0;
    ms_spaces_visit(spaces, comparison.other, &half, see_other, &comparison);
}

static void add_spaces(struct ms_spaces *spaces, const struct machine *machine)
{
    static const char *const names[] = {"kernel", "unmapped", "physical"};
    uint64_t roots[] = {machine->root, machine->root + 4096};
    char root[40];

    for (size_t i = 0; i < 2; i++) {
        snprintf(root, sizeof(root), "root:%llx", (unsigned long long)roots[i]);
        CHECK(ms_spaces_add(spaces, root, NULL) == MS_OK, "add");
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        CHECK(ms_spaces_add(spaces, names[i], NULL) == MS_OK, "add %s", names[i]);
    CHECK(ms_spaces_add_session(spaces, 1, roots[1], NULL, NULL) == MS_OK, "add a session");
    CHECK(ms_spaces_add_process(spaces, 4, roots[1], NULL, NULL) == MS_OK, "add a process");
}

static void check_spaces(const struct machine *machine, const struct ms_image *image)
{
    const struct ms_spaces_options options = {.root = &machine->root,
                                              .paging = ms_paging_name(machine->how & 3)};
    bool mapped[PAGES] = {false}, ignored[PAGES] = {false};
    struct ms_spaces *spaces = NULL;

    CHECK(ms_spaces_create(image, &options, &spaces, NULL) == MS_OK, "create");
    add_spaces(spaces, machine);
    CHECK(ms_spaces_count(spaces) == N_SPACES, "%zu spaces", ms_spaces_count(spaces));
    for (size_t i = 0; i < N_SPACES; i++)
        check_space(machine, spaces, i,
                    is_virtual_kind(ms_spaces_info(spaces, i).kind) ? mapped : ignored);
    check_session(spaces);
    check_unmapped(machine, spaces, mapped);
    for (size_t i = 0; i < ms_spaces_n_warnings(spaces); i++)
        check_line(ms_spaces_warning(spaces, i), "a warning");
    ms_spaces_free(spaces);
}

// What is found is a root that can be walked.
static void check_found(const struct ms_image *image)
{
    struct ms_spaces *spaces = NULL;

    CHECK(ms_spaces_create(image, NULL, &spaces, NULL) == MS_OK, "create");
    for (size_t i = 0; i < ms_spaces_n_roots(spaces); i++)
        check_line(ms_spaces_root(spaces, i).origin, "an origin");
    CHECK((ms_spaces_add(spaces, "kernel", NULL) == MS_OK) == (ms_spaces_n_roots(spaces) > 0),
          "a kernel without a root");
    ms_spaces_free(spaces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct machine machine;
    struct input input = {data, size};
    struct ms_image *image;

    machine = (struct machine){.how = (unsigned)take(&input, 1) & 7};
    machine.root = take(&input, 4);
    take_runs(&machine, &input);
    take_entries(&machine, &input);
    image = open_machine(&machine);
    check_spaces(&machine, image);
    check_found(image);
    ms_image_close(image);
    return 0;
}
