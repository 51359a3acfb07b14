// SPDX-License-Identifier: MIT
//
// Object directories: tables of 37 chains of entries, each of which has an object, whose name is in
// its header. Drivers are in \Driver and \FileSystem.

#include "windows/drivers.h"

#include "base/bytes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define N_CHAINS       37
#define MAX_ENTRIES    8192     // of a directory
#define MIN_CHAINS     3        // that the directory of all objects uses at least
#define MAX_LOOKED     0x100000 // pointers of nt's that may lead to it
#define MAX_TRIED      4096     // of them that lead to what looks so
#define MAX_ROOT       256      // entries that are looked at of each of them
#define FIRST_OF_7     6801     // a build
#define INFO_CREATOR   0x01u
#define INFO_NAME      0x02u
#define MAX_TABLE_SIZE ((size_t)N_CHAINS * 8)

// == Names of objects ==

// Windows 7 and later say by a mask which structures lie before a header; earlier ones, where they
// do. 0: the object has no name.
static uint64_t find_name_info(const struct ms_drivers *drivers, uint64_t object)
{
    const struct ms_driver_layout *layout = drivers->layout;
    uint32_t build = drivers->modules->nt.build;
    uint64_t header = object - layout->header_bytes;
    uint8_t bytes[0x30];
    uint64_t before;

    if (!ms_kernel_get(&drivers->modules->memory, header, bytes, layout->header_bytes))
        return 0;
    if (build != 0 && build < FIRST_OF_7)
        return bytes[layout->name_offset] ? header - bytes[layout->name_offset] : 0;
    if (!(bytes[layout->info_mask] & INFO_NAME))
        return 0;
    before = bytes[layout->info_mask] & INFO_CREATOR ? layout->creator_bytes : 0;
    return header - before - layout->name_info_bytes;
}

char *ms_driver_object_name(const struct ms_drivers *drivers, uint64_t object)
{
    const struct ms_kernel_memory *memory = &drivers->modules->memory;
    uint64_t info = find_name_info(drivers, object);
    struct ms_unicode_string string;
    uint8_t bytes[16];
    char *name;

    if (info == 0 || !ms_kernel_get(memory, info + drivers->layout->name_info_name, bytes,
                                    2 * (size_t)drivers->layout->pointer_bytes))
        return strdup("");
    string = ms_unicode_string_of(memory, bytes);
    if (ms_unicode_string_read(memory, string, MS_MAX_FILE_UNITS, &name) == MS_TEXT_MISSING && name)
        name[0] = '\0';
    return name;
}

// == Entries ==

struct directory {
    struct ms_chain entries;
    size_t n_broken; // chains of which a part is not in the image, or that lead nowhere
};

// False without memory. `*found_ret` is false if no part of the table is in the image.
static bool read_directory(const struct ms_drivers *drivers, uint64_t address, size_t limit,
                           struct directory *directory, bool *found_ret)
{
    const struct ms_kernel_memory *memory = &drivers->modules->memory;
    uint32_t width = drivers->layout->pointer_bytes;
    uint8_t bytes[MAX_TABLE_SIZE];

    *found_ret = ms_kernel_get(memory, address, bytes, N_CHAINS * (size_t)width);
    for (size_t i = 0; *found_ret && i < N_CHAINS; i++) {
        uint64_t first = ms_le(bytes + i * width, width);
        enum ms_chain_end end = ms_chain_read(memory, first, 0, limit, &directory->entries);

        if (end == MS_CHAIN_NO_MEMORY)
            return false;
        directory->n_broken += end != MS_CHAIN_WHOLE;
    }
    return true;
}

// The object of an entry; 0: it is not in the image.
static uint64_t object_of(const struct ms_drivers *drivers, uint64_t entry)
{
    uint64_t object = 0;

    ms_kernel_pointer(&drivers->modules->memory, entry + drivers->layout->pointer_bytes, &object);
    return object;
}

// The object with a name in the directory of all objects; 0: there is none. False without memory.
static bool find_in_root(const struct ms_drivers *drivers, uint64_t address, const char *name,
                         uint64_t *object_ret)
{
    struct directory directory = {0};
    bool found, ok = read_directory(drivers, address, MAX_ROOT, &directory, &found);

    *object_ret = 0;
    for (size_t i = 0; ok && i < directory.entries.list.n && *object_ret == 0; i++) {
        uint64_t object = object_of(drivers, directory.entries.list.items[i]);
        char *text = ms_driver_object_name(drivers, object);

        ok = text != NULL;
        if (ok && strcmp(text, name) == 0)
            *object_ret = object;
        free(text);
    }
    free(directory.entries.list.items);
    return ok;
}

// == The directory of all objects ==

struct search {
    struct ms_drivers *drivers;
    size_t n_looked, n_tried;
    uint64_t last; // pointer that was tried
    bool ok;
};

// Whether the chains of a table begin as such.
static bool looks_right(const struct ms_drivers *drivers, uint64_t address)
{
    const struct ms_kernel_memory *memory = &drivers->modules->memory;
    uint32_t width = drivers->layout->pointer_bytes;
    uint8_t bytes[MAX_TABLE_SIZE];
    size_t n = 0;

    if (!ms_kernel_get(memory, address, bytes, N_CHAINS * (size_t)width))
        return false;
    for (size_t i = 0; i < N_CHAINS; i++) {
        uint64_t first = ms_le(bytes + i * width, width);

        if (first != 0 && (first % width != 0 || !ms_in_kernel(memory, first, 2 * (uint64_t)width)))
            return false;
        n += first != 0;
    }
    return n >= MIN_CHAINS;
}

// The directory of all objects has one of drivers.
static bool is_root(const struct ms_drivers *drivers, uint64_t address, bool *ok_ret)
{
    uint64_t object = 0;

    *ok_ret = find_in_root(drivers, address, "Driver", &object);
    return *ok_ret && object != 0;
}

// Whether it leads to pool, as far as that can be told without looking.
static bool may_be_root(const struct search *search, uint64_t address)
{
    const struct ms_modules *modules = search->drivers->modules;

    return address != search->last && address % search->drivers->layout->pointer_bytes == 0 &&
           ms_in_kernel(&modules->memory, address, 1) &&
           ms_modules_at(modules, address) == MS_NO_MODULE;
}

static void try_pointer(struct search *search, uint64_t address)
{
    struct ms_drivers *drivers = search->drivers;

    search->n_looked++;
    if (!looks_right(drivers, address))
        return;
    search->last = address;
    search->n_tried++;
    if (!is_root(drivers, address, &search->ok))
        return;
    drivers->root = address;
    drivers->root_origin = "search of nt";
}

static bool is_over(const struct search *search)
{
    return !search->ok || search->drivers->root || search->n_looked == MAX_LOOKED ||
           search->n_tried == MAX_TRIED;
}

// Tries each pointer of a section.
static void search_section(struct search *search, const struct ms_module_section *section)
{
    const struct ms_kernel_memory *memory = &search->drivers->modules->memory;
    struct ms_vmem vmem = ms_kernel_vmem(memory);
    uint32_t width = search->drivers->layout->pointer_bytes;
    uint8_t bytes[MS_KERNEL_PAGE];
    bool present[MS_KERNEL_PAGE];

    for (uint64_t page = section->start & ~(MS_KERNEL_PAGE - 1);
         page < section->end && !is_over(search); page += MS_KERNEL_PAGE) {
        vmem.read(vmem.user, page, bytes, present, sizeof(bytes));
        for (size_t at = 0; at < sizeof(bytes) && !is_over(search); at += width) {
            uint64_t address = ms_le(bytes + at, width); // 0 where it is not there

            if (may_be_root(search, address))
                try_pointer(search, address);
        }
    }
}

// The variable is somewhere in what nt may write to.
static bool search_kernel(struct ms_drivers *drivers)
{
    struct search search = {.drivers = drivers, .ok = true};
    const struct ms_module_section *sections;
    size_t kernel = ms_modules_at(drivers->modules, drivers->modules->nt.base), n;

    if (kernel == MS_NO_MODULE)
        return true;
    if (ms_modules_sections(drivers->modules, kernel, &sections, &n, NULL) != MS_OK)
        return false;
    for (size_t i = 0; i < n && !is_over(&search); i++)
        if (sections[i].flags & MS_SECTION_WRITABLE)
            search_section(&search, &sections[i]);
    return search.ok;
}

bool ms_drivers_find_root(struct ms_drivers *drivers)
{
    const struct ms_nt *nt = &drivers->modules->nt;
    uint64_t variable = ms_nt_variable(nt, MS_KDBG_ROOT_DIRECTORY, "ObpRootDirectoryObject");
    uint64_t root = 0;
    bool ok = true;

    drivers->root_origin = "";
    if (variable != 0 && ms_kernel_pointer(&drivers->modules->memory, variable, &root) &&
        is_root(drivers, root, &ok)) {
        drivers->root = root;
        drivers->root_origin =
            ms_kdbg_value(&nt->kdbg, MS_KDBG_ROOT_DIRECTORY) ? "KDBG" : "symbols";
    }
    return ok && (drivers->root || search_kernel(drivers));
}

// == Drivers ==

// What is wrong with a directory.
struct flaws {
    size_t chains;  // that break off
    size_t missing; // objects that are not in the image
    size_t others;  // objects that are no drivers, where all should be
};

static bool note_flaws(struct ms_drivers *drivers, const char *name, const struct flaws *flaws)
{
    drivers->directories_whole = drivers->directories_whole && flaws->chains + flaws->missing == 0;
    return (flaws->chains == 0 ||
            ms_notes_add(&drivers->notes, "chains of the directory \\%s that break off: %zu", name,
                         flaws->chains)) &&
           (flaws->missing == 0 ||
            ms_notes_add(&drivers->notes,
                         "entries of the directory \\%s that are not in the image: %zu", name,
                         flaws->missing)) &&
           (flaws->others == 0 ||
            ms_notes_add(&drivers->notes,
                         "entries of the directory \\%s that are no driver objects: %zu", name,
                         flaws->others));
}

// False without memory.
static bool take_entry(const struct ms_drivers *drivers, uint64_t entry, const char *path,
                       struct flaws *flaws, struct ms_driver_candidates *candidates)
{
    struct ms_driver_candidate candidate = {
        .address = object_of(drivers, entry),
        .sources = MS_DRIVER_LIST,
        .directory = path,
    };

    switch (ms_driver_look(drivers, candidate.address)) {
    case MS_DRIVER_IS_MISSING:
        flaws->missing++;
        return true;
    case MS_DRIVER_IS_NONE:
        flaws->others++;
        return true;
    default:
        return ms_vec_push(&candidates->list, candidate);
    }
}

// `path` is what names in it have in front. Not all that is in \FileSystem is a driver.
static bool list_directory(struct ms_drivers *drivers, const char *name, const char *path,
                           bool only_drivers, struct ms_driver_candidates *candidates)
{
    struct directory directory = {0};
    struct flaws flaws = {0};
    uint64_t address;
    bool found = false;
    bool ok = find_in_root(drivers, drivers->root, name, &address) &&
              (address == 0 || read_directory(drivers, address, MAX_ENTRIES, &directory, &found));

    if (ok && found) {
        flaws.chains = directory.n_broken;
        for (size_t i = 0; ok && i < directory.entries.list.n; i++)
            ok = take_entry(drivers, directory.entries.list.items[i], path, &flaws, candidates);
        flaws.others = only_drivers ? flaws.others : 0;
        ok = ok && note_flaws(drivers, name, &flaws);
    } else if (ok) {
        drivers->directories_whole = false;
        ok = ms_notes_add(&drivers->notes, "the directory \\%s was not found", name);
    }
    free(directory.entries.list.items);
    return ok;
}

bool ms_drivers_list(struct ms_drivers *drivers, struct ms_driver_candidates *candidates)
{
    drivers->directories_whole = drivers->root != 0;
    return drivers->root == 0 ||
           (list_directory(drivers, "Driver", "\\Driver\\", true, candidates) &&
            list_directory(drivers, "FileSystem", "\\FileSystem\\", false, candidates));
}
