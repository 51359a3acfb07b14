// SPDX-License-Identifier: MIT
//
// A PE image that nobody linked: any bytes as memory, with holes. Whoever can hand a user an image,
// or load a program on the machine that it is of, feeds this.
//
//     how       bits 0-1 where the image is in memory, bits 2-4 how many holes           1 byte
//     holes     where they begin, how long they are, in steps of 8 bytes                 3 each
//     memory    from the base on; what is behind it is not there                         the rest
//
// Held to: nothing is read outside of the image; what is told lies in the image, is sorted as
// promised, is found again by its name, number and place, and stays below the limits; nearest
// exports, slots and sections are those of a loop; what is told in spite of the holes is told
// without them, too.

#include "fuzz.h"

#include "windows/pe.h"

enum {
    MEMORY = 1 << 13,
    PROBES = 64, // RVAs that are looked up
    // NT headers, 64 KiB of optional header and 1024 sections of 40 bytes end below this.
    HEADERS = 0x10000 + 0x10018 + 0xa000 + 0x1000,
};

struct machine {
    uint64_t base;
    uint64_t end; // of what may be read, as a distance from the base
    size_t size;
    uint8_t bytes[MEMORY];
    bool hidden[MEMORY];
};

// == The machine ==

static void take_machine(struct machine *machine, struct input *input)
{
    static const uint64_t bases[] = {0x80400000, UINT64_C(0xfffff80000d00000), 0,
                                     UINT64_MAX - 0x1fff};
    unsigned how = (unsigned)take(input, 1);

    memset(machine, 0, sizeof(*machine));
    machine->base = bases[how & 3];
    for (unsigned i = 0; i < (how >> 2 & 7); i++) {
        size_t at = take(input, 2) * 8, length = (take(input, 1) + 1) * 8;

        for (size_t k = at; k < at + length && k < MEMORY; k++)
            machine->hidden[k] = true;
    }
    machine->size = input->left < MEMORY ? input->left : MEMORY;
    if (machine->size > UINT64_MAX - machine->base)
        machine->size = (size_t)(UINT64_MAX - machine->base) + 1;
    memcpy(machine->bytes, input->at, machine->size);
}

UNWATCHED static size_t read_machine(void *user, uint64_t address, uint8_t *bytes, bool *present,
                                     size_t length)
{
    struct machine *machine = user;
    uint64_t at = address - machine->base;
    size_t n = 0;

    CHECK(address >= machine->base && length > 0, "0x%llx is read", (unsigned long long)address);
    CHECK(at <= machine->end && length <= machine->end - at, "%zu bytes at RVA 0x%llx are read",
          length, (unsigned long long)at);
    memset(bytes, 0, length);
    memset(present, false, length);
    for (size_t i = 0; i < length && at + i < machine->size; i++) {
        present[i] = !machine->hidden[at + i];
        bytes[i] = present[i] ? machine->bytes[at + i] : 0;
        n += present[i];
    }
    return n;
}

static struct ms_pe *open_pe(struct machine *machine)
{
    const struct ms_vmem memory = {.read = read_machine, .user = machine};
    struct ms_error error = {0};
    struct ms_pe *pe = NULL;
    enum ms_status status;

    machine->end = HEADERS;
    status = ms_pe_open(&memory, machine->base, &pe, &error);
    if (status != MS_OK) {
        CHECK(status == MS_MALFORMED || status == MS_MISSING, "status %d", (int)status);
        check_error(status, &error, "open");
        return NULL;
    }
    machine->end = pe->size_of_image;
    return pe;
}

// == What is told ==

static void check_text(const struct ms_pe_text *text)
{
    CHECK(text->length <= MS_PE_MAX_NAME, "a name of %u bytes", text->length);
    CHECK(text->state != MS_PE_NONE || text->length == 0, "no name, but %u bytes", text->length);
    CHECK((text->bytes != NULL) == (text->length > 0), "bytes of a name");
    CHECK(text->length == 0 || !memchr(text->bytes, 0, text->length), "a 0 in a name");
}

static bool same_text(const struct ms_pe_text *a, const struct ms_pe_text *b)
{
    return a->length == b->length && (a->length == 0 || !memcmp(a->bytes, b->bytes, a->length));
}

static uint64_t section_end(const struct ms_pe *pe, const struct ms_pe_section *section)
{
    uint64_t alignment = pe->section_alignment, end = (uint64_t)section->rva + section->size;

    if (alignment == 0 || alignment & (alignment - 1) || alignment > 0x200000)
        return end;
    return (end + alignment - 1) / alignment * alignment;
}

static void check_section(const struct ms_pe *pe, uint32_t rva)
{
    const struct ms_pe_section *found = ms_pe_section_at(pe, rva), *expected = NULL;

    for (size_t i = 0; i < pe->n_sections && rva < pe->size_of_image; i++) {
        const struct ms_pe_section *section = &pe->sections[i];

        if (section->size > 0 && section->rva <= rva && rva < section_end(pe, section) &&
            (!expected || section->rva >= expected->rva))
            expected = section;
    }
    CHECK(found == expected, "section of RVA 0x%x", rva);
}

static void check_nearest(const struct ms_pe_exports *exports, uint32_t rva)
{
    const struct ms_pe_export *nearest = NULL, *next = NULL;

    for (size_t i = 0; i < exports->n_placed; i++) {
        const struct ms_pe_export *item = &exports->items[i];

        if (item->rva <= rva && (!nearest || item->rva > nearest->rva))
            nearest = item;
        if (item->rva > rva && !next)
            next = item;
    }
    CHECK(ms_pe_exports_nearest(exports, rva) == nearest, "nearest export of RVA 0x%x", rva);
    CHECK(ms_pe_exports_next(exports, rva) == next, "export behind RVA 0x%x", rva);
}

static void check_export(const struct ms_pe *pe, const struct ms_pe_exports *exports, size_t i)
{
    const struct ms_pe_export *item = &exports->items[i], *found;

    check_text(&item->name);
    check_text(&item->forwarder);
    CHECK(item->has_rva == (i < exports->n_placed), "the order of exports");
    CHECK(!item->has_rva || item->rva < pe->size_of_image, "an export outside");
    CHECK(i == 0 || i >= exports->n_placed || item[-1].rva <= item->rva, "the order of RVAs");
    CHECK(item->has_ordinal || item->name.length > 0, "an export that is nothing");
    if (item->name.state == MS_PE_WHOLE) {
        found = ms_pe_exports_named(exports, item->name.bytes, item->name.length);
        CHECK(found && same_text(&found->name, &item->name), "an export is not found by name");
    }
    if (item->has_ordinal) {
        found = ms_pe_exports_numbered(exports, item->ordinal);
        CHECK(found && found->ordinal == item->ordinal, "an export is not found by number");
    }
}

static void check_exports(const struct ms_pe *pe, const struct ms_pe_exports *exports)
{
    CHECK(exports->n <= 2 * (size_t)MS_PE_MAX_EXPORTS, "%zu exports", exports->n);
    CHECK(exports->state == MS_PE_WHOLE || exports->n == 0, "exports without a directory");
    for (size_t i = 0; i < exports->n; i++)
        check_export(pe, exports, i);
}

static void check_import(const struct ms_pe *pe, const struct ms_pe_imports *imports, size_t i)
{
    const struct ms_pe_import *item = &imports->items[i], *found;
    const struct ms_pe_import_dll *dll;

    CHECK(item->dll < imports->n_dlls, "list %u", item->dll);
    dll = &imports->dlls[item->dll];
    CHECK(i >= dll->first && i - dll->first < dll->n, "a slot is not in its list");
    CHECK(i == dll->first || item[-1].slot < item->slot, "the order of slots");
    CHECK(item->slot <= pe->size_of_image - pe->bits / 8, "a slot outside");
    CHECK(item->has_value || item->value == 0, "a value that is missing");
    CHECK((item->asked == MS_PE_ASKED_NAME) == (item->name.state != MS_PE_NONE), "a name");
    check_text(&item->name);
    found = ms_pe_imports_at(imports, item->slot);
    CHECK(found && found->slot == item->slot, "a slot is not found by its place");
}

static void check_imports(const struct ms_pe *pe, const struct ms_pe_imports *imports)
{
    CHECK(imports->n_dlls <= MS_PE_MAX_DLLS + 1, "%zu lists", imports->n_dlls);
    CHECK(imports->n <= MS_PE_MAX_IMPORTS, "%zu slots", imports->n);
    for (size_t i = 0; i < imports->n_dlls; i++)
        check_text(&imports->dlls[i].name);
    for (size_t i = 0; i < imports->n; i++)
        check_import(pe, imports, i);
}

static void check_function(const struct ms_pe_functions *functions, const struct ms_pe *pe,
                           uint32_t rva)
{
    struct ms_pe_function at;
    enum ms_pe_state state = ms_pe_function_at(functions, pe, rva, &at);

    if (state == MS_PE_WHOLE) {
        CHECK(at.begin <= rva && rva < at.end && at.end <= pe->size_of_image, "a function");
        CHECK(at.primary < pe->size_of_image, "a primary function outside");
        CHECK(at.primary_state != MS_PE_NONE, "the state of the primary");
    } else {
        CHECK(at.begin == 0 && at.end == 0, "a function that is none");
    }
}

// The same place in each image, and each of a few interesting ones.
static void check_places(const struct ms_pe *pe, const struct ms_pe_exports *exports,
                         const struct ms_pe_functions *functions)
{
    for (uint32_t i = 0; i < PROBES; i++) {
        uint32_t rva = i * 0x155;

        if (i % 4 == 1 && exports->n_placed > 0)
            rva = exports->items[i % exports->n_placed].rva - i % 3;
        if (i % 4 == 2 && pe->n_sections > 0)
            rva = pe->sections[i % pe->n_sections].rva + i % 5 - 2;
        check_section(pe, rva);
        check_nearest(exports, rva);
        check_function(functions, pe, rva);
    }
}

// == With and without holes ==

struct told {
    struct ms_pe *pe;
    struct ms_pe_exports *exports;
    struct ms_pe_imports *imports;
    struct ms_pe_functions *functions;
};

// False: there is no image.
static bool tell(struct machine *machine, struct told *told)
{
    uint8_t name[256];
    struct ms_pe_text own;
    struct ms_pe_pdb pdb;
    struct ms_pe_version version;

    told->pe = open_pe(machine);
    if (!told->pe)
        return false;
    CHECK(ms_pe_exports_read(told->pe, &told->exports, NULL) == MS_OK, "exports");
    CHECK(ms_pe_imports_read(told->pe, &told->imports, NULL) == MS_OK, "imports");
    CHECK(ms_pe_functions_read(told->pe, &told->functions, NULL) == MS_OK, "functions");
    CHECK(ms_pe_functions_count(told->functions) <= MS_PE_MAX_FUNCTIONS, "functions");
    check_exports(told->pe, told->exports);
    check_imports(told->pe, told->imports);
    check_places(told->pe, told->exports, told->functions);
    ms_pe_own_name(told->pe, name, sizeof(name), &own);
    check_text(&own);
    CHECK(own.length <= sizeof(name), "the image's name");
    CHECK(ms_pe_pdb(told->pe, &pdb) == MS_PE_WHOLE || pdb.path_length == 0, "a PDB that is none");
    CHECK(pdb.path_length <= MS_PE_MAX_PATH, "a path of %u bytes", pdb.path_length);
    CHECK(ms_pe_version(told->pe, &version) == MS_PE_WHOLE || version.type == 0, "a version");
    return true;
}

static void forget(struct told *told)
{
    ms_pe_functions_free(told->functions);
    ms_pe_imports_free(told->imports);
    ms_pe_exports_free(told->exports);
    ms_pe_close(told->pe);
}

static bool has_export(const struct ms_pe_exports *exports, const struct ms_pe_export *item)
{
    for (size_t i = 0; i < exports->n; i++) {
        const struct ms_pe_export *other = &exports->items[i];

        if (other->has_rva && other->rva == item->rva && other->name.state == MS_PE_WHOLE &&
            same_text(&other->name, &item->name))
            return true;
    }
    return false;
}

// Exports that were told wholly in spite of holes. Where names were left out, what is missing makes
// room for others.
UNWATCHED static void compare_exports(const struct told *told, const struct told *whole)
{
    if (whole->exports->lost.left_out > 0)
        return;
    for (size_t i = 0; i < told->exports->n_placed; i++) {
        const struct ms_pe_export *item = &told->exports->items[i];

        if (item->name.state == MS_PE_WHOLE)
            CHECK(has_export(whole->exports, item), "an export that only holes have");
    }
}

static void compare(const struct told *told, const struct told *whole)
{
    CHECK(told->pe->size_of_image == whole->pe->size_of_image, "size");
    CHECK(told->pe->n_sections <= whole->pe->n_sections, "sections");
    CHECK(ms_pe_functions_count(told->functions) <= ms_pe_functions_count(whole->functions),
          "functions");
    CHECK(told->imports->state != MS_PE_WHOLE || whole->imports->state != MS_PE_NONE, "imports");
    compare_exports(told, whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct machine machine, untouched;
    struct input input = {data, size};
    struct told told = {0}, whole = {0};

    take_machine(&machine, &input);
    untouched = machine;
    memset(untouched.hidden, false, sizeof(untouched.hidden));
    if (tell(&machine, &told)) {
        CHECK(tell(&untouched, &whole), "an image that only holes have");
        compare(&told, &whole);
        forget(&whole);
    }
    forget(&told);
    return 0;
}
