// SPDX-License-Identifier: MIT
//
// A small machine with a Windows kernel whose memory the input writes to: module list, KDBG, PE
// headers, pool blocks, unloaded drivers. Whoever can hand a user an image feeds this.
//
//     how       bit 0: 32 bits with PAE, else x64; bit 1: look through memory, too;
//               bit 2: KDBG is encoded (x64), after the changes                         1 byte
//     changes   until the input ends, each: a kind, and by kind
//               0 number    place, width, value                                    3 + 8 bytes
//               1 pointer   place, offset of the kernel's memory that it points to       6
//               2 page      that is no longer mapped                                     1
//               3 copy      from, to, length                                             6
//
// Without changes the machine is an honest one. What is found is held to: modules ascend, one a
// base, with an end above it; names are harmless; a look-up by address says what trying each module
// says; symbols ascend and the nearest is the nearest; what the list has a scan has, too; twice is
// the same.

#include "kernel_machine.h"

#include <inttypes.h>

enum {
    PAGES = 32,     // of the kernel's memory
    IMAGE = 0x1000, // the kernel: 10 pages, the last but one is its data
    DATA = IMAGE + 0x8000,
    LIST = DATA + 0x100,
    KDBG = DATA + 0x200,
    UNLOADED = DATA + 0x600,
    DRIVER = 0xc000,
    POOL = 0x10000,
    ENTRIES = 3,
    MAX_CHANGES = 200,
    LOOKED_UP = 100,
};

// == The honest machine ==

// Two names and an ordinal.
static void make_exports(struct machine *machine, size_t image)
{
    size_t at = image + 0x2000, directory = image + 0x80 + (machine->wide ? 0x88 : 0x78);

    put(machine, directory, 0x2000, 4);
    put(machine, directory + 4, 0x100, 4);
    put(machine, at + 0x10, 1, 4);
    put(machine, at + 0x14, 3, 4);
    put(machine, at + 0x18, 2, 4);
    put(machine, at + 0x1c, 0x2040, 4);
    put(machine, at + 0x20, 0x2050, 4);
    put(machine, at + 0x24, 0x2060, 4);
    for (size_t i = 0; i < 3; i++)
        put(machine, at + 0x40 + 4 * i, 0x1100 + 0x100 * i, 4);
    put(machine, at + 0x50, 0x2070, 4);
    put(machine, at + 0x54, 0x2080, 4);
    put(machine, at + 0x62, 1, 2);
    put_text(machine, at + 0x70, "NtBuildNumber");
    put_text(machine, at + 0x80, "PsLoadedModuleList");
}

// Of the kernel, by name and by ordinal.
static void make_imports(struct machine *machine, size_t image)
{
    size_t at = image + 0x2200, w = word(machine);
    size_t directory = image + 0x80 + (machine->wide ? 0x88 : 0x78);

    put(machine, directory + 8, 0x2200, 4);
    put(machine, directory + 12, 0x28, 4);
    put(machine, directory + 12 * 8, 0x22a0, 4);
    put(machine, directory + 12 * 8 + 4, 3 * w, 4);
    put(machine, at, 0x2240, 4);
    put(machine, at + 0x0c, 0x2280, 4);
    put(machine, at + 0x10, 0x22a0, 4);
    put(machine, at + 0x40, 0x22c0, w);
    put(machine, at + 0x40 + w, UINT64_C(1) << (8 * w - 1) | 3, w);
    put_text(machine, at + 0x80, "ntoskrnl.exe");
    put_pointer(machine, at + 0xa0, IMAGE + 0x1100);
    put_pointer(machine, at + 0xa0 + w, IMAGE + 0x1300);
    put_text(machine, at + 0xc2, "NtBuildNumber");
}

static void make_string(struct machine *machine, size_t at, size_t text)
{
    put(machine, at, 16, 2);
    put(machine, at + 2, 16, 2);
    put_pointer(machine, at + word(machine), text);
}

static void make_entry(struct machine *machine, size_t index, uint32_t image, uint32_t size)
{
    size_t at = POOL + 0x100 * index, wide = machine->wide;
    size_t entry = at + 2 * word(machine), names = at + 0x800;

    put(machine, at, wide ? UINT64_C(0x020b0000) : UINT64_C(0x02140000), 4);
    put_text(machine, at + 4, "MmLd");
    put_pointer(machine, entry, index + 1 < ENTRIES ? entry + 0x100 : LIST);
    put_pointer(machine, entry + word(machine), index ? entry - 0x100 : LIST);
    put_pointer(machine, entry + (wide ? 0x30 : 0x18), image);
    put(machine, entry + (wide ? 0x40 : 0x20), size, 4);
    make_string(machine, entry + (wide ? 0x48 : 0x24), names);
    make_string(machine, entry + (wide ? 0x58 : 0x2c), names);
    for (size_t i = 0; i < 8; i++)
        put(machine, names + 2 * i, (uint8_t) "disk.sys"[i] + (i == 0 ? index : 0), 2);
}

static void make_kdbg(struct machine *machine)
{
    put_text(machine, KDBG + 0x10, "KDBG");
    put(machine, KDBG + 0x14, 0x360, 4);
    put_pointer(machine, KDBG + 0x18, IMAGE);
    put_pointer(machine, KDBG + 0x48, LIST);
    put_pointer(machine, KDBG + 0x50, LIST);
    put_pointer(machine, KDBG + 0x208, POOL + 0x800);
    put_pointer(machine, KDBG + 0x220, UNLOADED);
    put_pointer(machine, KDBG + 0x228, UNLOADED + 8);
    put_pointer(machine, UNLOADED, POOL + 0x2000);
}

static void put_stamped_image(struct machine *machine, size_t at, uint32_t size,
                              const char *section)
{
    put_image(machine, at, size, section);
    put(machine, at + 0x88, 0x4ce78a09, 4); // when it was linked
}

static void make_system(struct machine *machine)
{
    size_t first = POOL + 2 * word(machine);

    put_stamped_image(machine, IMAGE, 0xa000, "POOLCODE");
    make_exports(machine, IMAGE);
    put_stamped_image(machine, DRIVER, 0x3000, ".text");
    make_exports(machine, DRIVER);
    make_imports(machine, DRIVER);
    make_kdbg(machine);
    make_entry(machine, 0, IMAGE, 0xa000);
    make_entry(machine, 1, DRIVER, 0x3000);
    make_entry(machine, 2, 0x1e000, 0x4000);
    put_pointer(machine, LIST, first);
    put_pointer(machine, LIST + word(machine), first + (size_t)0x100 * (ENTRIES - 1));
}

// == Changes ==

// As Windows does: exclusive or, rotate, exclusive or, swap, exclusive or.
static void encode_kdbg(struct machine *machine)
{
    const uint64_t never = UINT64_C(0x0043c1d2e5a76b19), always = UINT64_C(0x9d1f00a2b3c4e5f7);
    const uint64_t address = UINT64_C(0xfffff80012345678);

    for (size_t at = KDBG; at < KDBG + 0x360; at += 8) {
        uint64_t value;

        memcpy(&value, machine->bytes + TABLES + at, 8);
        value = __builtin_bswap64(value ^ always) ^ address;
        put(machine, at, (value >> (never & 63) | value << (64 - (never & 63))) ^ never, 8);
    }
}

static void make_machine(struct machine *machine, unsigned how, struct input *input)
{
    kernel_machine_make(machine, !(how & 1), PAGES);
    make_system(machine);
    for (size_t i = 0; i < MAX_CHANGES && input->left > 0; i++)
        kernel_machine_change(machine, input, 2, 1);
    if ((how & 4) && machine->wide)
        encode_kdbg(machine);
    kernel_machine_map(machine);
}

// == Checks ==

static void check_word(const char *name)
{
    CHECK(*name, "a module without a name");
    for (const char *c = name; *c; c++)
        CHECK((*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') ||
                  *c == '_',
              "character 0x%02x in the name \"%s\"", (unsigned char)*c, name);
}

// A list may lead anywhere in the kernel's half, which begins at `half`.
static void check_module(const struct ms_modules *modules, size_t index, uint64_t half)
{
    struct ms_module_info info = ms_modules_info(modules, index);
    struct ms_module_details details;

    check_word(info.name);
    CHECK(info.end > info.base && info.end - info.base == info.size, "size");
    CHECK(info.base >= half && info.base % 4096 == 0, "base 0x%" PRIx64, info.base);
    CHECK(info.sources != 0 && info.sources < 8, "sources %u", info.sources);
    CHECK(info.pages == (info.size + 4095) / 4096 && info.pages_present <= info.pages, "pages");
    CHECK(index == 0 || ms_modules_info(modules, index - 1).base < info.base, "order");
    CHECK(ms_modules_details(modules, index, &details, NULL) == MS_OK, "details");
    CHECK(memchr(details.pdb_name, 0, sizeof(details.pdb_name)), "PDB name");
}

// Listed ones first, then the one that begins last.
static bool is_owner(const struct ms_modules *modules, size_t owner, uint64_t address)
{
    struct ms_module_info info;

    if (owner == MS_NO_MODULE) {
        for (size_t i = 0; i < ms_modules_count(modules); i++) {
            info = ms_modules_info(modules, i);
            if ((info.sources & MS_MODULE_LIST) && address >= info.base && address < info.end)
                return false;
        }
        return true;
    }
    info = ms_modules_info(modules, owner);
    if (address < info.base || address >= info.end)
        return false;
    for (size_t i = owner + 1; i < ms_modules_count(modules); i++) {
        info = ms_modules_info(modules, i);
        if ((info.sources & MS_MODULE_LIST) && address >= info.base && address < info.end)
            return false;
    }
    return true;
}

static void check_near(const struct ms_modules *modules, uint64_t address)
{
    const struct ms_symbol *symbols = NULL;
    struct ms_near near;
    size_t n = 0, below = 0;

    CHECK(is_owner(modules, ms_modules_at(modules, address), address), "0x%" PRIx64, address);
    CHECK(ms_modules_near(modules, address, &near, NULL) == MS_OK, "near");
    CHECK(near.module == ms_modules_at(modules, address), "0x%" PRIx64, address);
    if (near.module == MS_NO_MODULE)
        return;
    CHECK(ms_modules_symbols(modules, near.module, &symbols, &n, NULL) == MS_OK, "symbols");
    for (size_t i = 0; i < n; i++) {
        CHECK(i == 0 || symbols[i - 1].address <= symbols[i].address, "symbol %zu", i);
        CHECK(symbols[i].length > 0, "symbol %zu has no name", i);
        below += symbols[i].address <= address;
    }
    CHECK(near.next == (below < n ? &symbols[below] : NULL), "next");
    CHECK((near.symbol != NULL) == (below > 0), "nearest");
    CHECK(!near.symbol || near.symbol->address == symbols[below - 1].address, "nearest");
    CHECK(!near.symbol || near.symbol + near.n_same == symbols + below, "symbols of one address");
}

// Slots ascend, are found by their addresses, and are hooked or not by what they hold.
static void check_imports(const struct ms_modules *modules, size_t index)
{
    const struct ms_import *imports, *found;
    size_t n;

    CHECK(ms_modules_imports(modules, index, &imports, &n, NULL) == MS_OK, "imports");
    for (size_t i = 0; i < n; i++) {
        const struct ms_import *import = &imports[i];

        CHECK(i == 0 || imports[i - 1].slot <= import->slot, "slots %zu of %zu", i, n);
        CHECK(ms_import_kind_name(import->kind) && ms_import_state_name(import->state), "names");
        CHECK(import->state != MS_IMPORT_HOOKED || import->value != import->asked_address,
              "hooked slot");
        if (ms_modules_at(modules, import->slot) != index)
            continue;
        CHECK(ms_modules_import_at(modules, import->slot, &found, NULL) == MS_OK && found &&
                  found->slot == import->slot,
              "slot %zu", i);
    }
}

// They ascend, lie apart in the module, and are those that a look-up names.
static void check_sections(const struct ms_modules *modules, size_t index)
{
    struct ms_module_info info = ms_modules_info(modules, index);
    const struct ms_module_section *sections;
    uint64_t end = info.base;
    struct ms_near near;
    size_t n;

    CHECK(ms_modules_sections(modules, index, &sections, &n, NULL) == MS_OK, "sections");
    for (size_t i = 0; i < n; i++) {
        CHECK(sections[i].start >= end && sections[i].start < sections[i].end &&
                  sections[i].end <= info.end,
              "section %zu of %zu", i, n);
        end = sections[i].end;
        CHECK(ms_modules_near(modules, end - 1, &near, NULL) == MS_OK, "near");
        CHECK(near.module != index || strcmp(near.section, sections[i].name) == 0, "section %s",
              near.section);
    }
}

static int check_export(void *user, const struct ms_export *item)
{
    size_t *n = user;

    CHECK(item->length > 0 && memchr(item->name, 0, item->length) == NULL, "export %zu", *n);
    ++*n;
    return 0;
}

// All that fit a pattern are some of all.
static void check_exports(const struct ms_modules *modules, size_t index)
{
    size_t n = 0, n_some = 0;
    int result;

    CHECK(ms_modules_exports(modules, index, "*", check_export, &n, &result, NULL) == MS_OK,
          "exports");
    CHECK(ms_modules_exports(modules, index, "[a-o]*?[!e-r]", check_export, &n_some, &result,
                             NULL) == MS_OK,
          "exports");
    CHECK(n_some <= n && result == 0, "%zu of %zu exports", n_some, n);
}

// Without changes.
static void check_honest(const struct ms_modules *modules, unsigned how)
{
    struct ms_system_info system = ms_modules_system(modules);
    const struct ms_import *imports;
    size_t n;

    CHECK(system.debugger_data != 0 && system.debugger_data_encoded == ((how & 5) == 4), "KDBG");
    CHECK(ms_modules_count(modules) == ENTRIES, "%zu modules", ms_modules_count(modules));
    CHECK(ms_modules_imports(modules, 1, &imports, &n, NULL) == MS_OK && n == 2, "imports");
    for (size_t i = 0; i < n; i++)
        CHECK(imports[i].state == MS_IMPORT_AS_ASKED, "import %zu", i);
}

static void check_modules(const struct machine *machine, const struct ms_modules *modules)
{
    struct ms_system_info system = ms_modules_system(modules);

    CHECK(system.found || system.base == 0, "system");
    for (size_t i = 0; i < ms_modules_count(modules); i++)
        check_module(modules, i, machine->wide ? UINT64_C(0xffff800000000000) : 0x80000000);
    for (size_t i = 0; i < ms_modules_count(modules); i++)
        check_imports(modules, i);
    for (size_t i = 0; i < ms_modules_count(modules); i++) {
        check_sections(modules, i);
        check_exports(modules, i);
    }
    for (size_t i = 0; i < ms_modules_n_notes(modules); i++)
        check_line(ms_modules_note(modules, i), "note");
    CHECK(ms_modules_n_unloaded(modules) <= 50, "unloaded drivers");
    for (size_t i = 0; i < ms_modules_n_unloaded(modules); i++)
        CHECK(ms_modules_unloaded(modules, i).end > ms_modules_unloaded(modules, i).base,
              "unloaded %zu", i);
    for (uint64_t i = 0; i < LOOKED_UP; i++)
        check_near(modules, machine->base + i * 0x541);
}

static struct ms_modules *find_modules(const struct ms_spaces *spaces, unsigned flags)
{
    struct ms_modules_options options = {.flags = flags};
    struct ms_modules *modules = NULL;
    struct ms_error error = {0};

    CHECK(ms_modules_create(spaces, 0, &options, &modules, &error) == MS_OK, "modules: %s",
          error.text);
    return modules;
}

// What the list has, the scan has with the same name.
static void compare(const struct ms_modules *listed, const struct ms_modules *scanned)
{
    size_t at = 0;

    CHECK(ms_modules_count(listed) <= ms_modules_count(scanned), "a scan has fewer modules");
    for (size_t i = 0; i < ms_modules_count(listed); i++) {
        struct ms_module_info info = ms_modules_info(listed, i);

        while (at < ms_modules_count(scanned) && ms_modules_info(scanned, at).base < info.base)
            at++;
        CHECK(at < ms_modules_count(scanned) && ms_modules_info(scanned, at).base == info.base &&
                  ms_modules_info(scanned, at).size == info.size,
              "module %s", info.name);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct machine machine;
    struct input input = {data, size};
    unsigned how = (unsigned)take(&input, 1);
    struct ms_modules *listed, *scanned = NULL;
    struct ms_image *image = NULL;
    struct ms_spaces *spaces = NULL;

    make_machine(&machine, how, &input);
    kernel_machine_open(&machine, &image, &spaces);
    listed = find_modules(spaces, 0);
    if (size <= 1)
        check_honest(listed, how);
    check_modules(&machine, listed);
    if (how & 2) {
        scanned = find_modules(spaces, MS_MODULES_SCAN);
        check_modules(&machine, scanned);
        compare(listed, scanned);
    }
    ms_modules_free(scanned);
    ms_modules_free(listed);
    ms_spaces_free(spaces);
    ms_image_close(image);
    return 0;
}
