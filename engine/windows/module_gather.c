// SPDX-License-Identifier: MIT
//
// Modules by the kernel's list, by pool blocks that hold entries of that list, and by PE headers in
// memory. One base is one module, whoever tells of it.

#include "windows/modules.h"

#include "base/bytes.h"
#include "base/cleanup.h"

#include <inttypes.h>

#define MODULE_BYTES   0x600 // more than a module takes without its texts, but with a short name
#define MAX_MATCHES    0x100000
#define MIN_POOL_BLOCK 76 // bytes of a block that can hold an entry

// What modules lack.
struct losses {
    size_t missing, cut; // texts of entries: that were not there, or too long
    size_t dropped;      // modules for which there was no room
};

// Each character of a text may have taken three bytes; a name is made of one of the two.
static uint64_t count_bytes(const struct ms_module *module)
{
    return MODULE_BYTES + 4 * (strlen(module->image_name) + strlen(module->path));
}

// Takes over the module's texts, which are NULL where memory was lacking. Where there is no room
// for it, the module is dropped.
static bool push(struct ms_modules *modules, struct ms_module module, struct losses *losses)
{
    bool ok;

    module.order = modules->list.n;
    ok = module.image_name && module.path && ms_vec_reserve(&modules->list, 1);
    if (ok && ms_module_quota_list(&modules->quota, count_bytes(&module))) {
        modules->list.items[modules->list.n++] = module;
        return true;
    }
    losses->dropped += ok;
    free(module.image_name);
    free(module.path);
    return ok;
}

// == Entries ==

static void count(struct losses *losses, enum ms_text_state state)
{
    losses->missing += state == MS_TEXT_MISSING;
    losses->cut += state == MS_TEXT_CUT;
}

// What is there of a name whose end is not would be a wrong name.
static void drop_part(char *text, enum ms_text_state state)
{
    if (text && state == MS_TEXT_MISSING)
        text[0] = '\0';
}

static bool add_entry(struct ms_modules *modules, const struct ms_ldr_entry *entry,
                      enum ms_module_sources source, struct losses *losses)
{
    const struct ms_nt *nt = &modules->nt;
    struct ms_module module = {
        .base = entry->base,
        .size = entry->size,
        .entry = entry->address,
        .sources = source,
        .has_checksum = true,
        .checksum = entry->checksum,
        .has_timestamp = entry->has_timestamp && (nt->major >= 10 || nt->build >= 9841),
        .timestamp = entry->timestamp,
    };
    enum ms_text_state name = ms_unicode_string_read(&modules->memory, entry->name,
                                                     MS_MAX_FILE_UNITS, &module.image_name);
    enum ms_text_state path =
        ms_unicode_string_read(&modules->memory, entry->path, MS_MAX_PATH_UNITS, &module.path);

    drop_part(module.image_name, name);
    drop_part(module.path, path);
    count(losses, name);
    count(losses, path);
    return push(modules, module, losses);
}

static bool note_losses(struct ms_modules *modules, const struct losses *losses)
{
    return (losses->dropped == 0 ||
            ms_modules_add_note(modules,
                                "modules that are left out because an image of this size has "
                                "hardly so many: %zu",
                                losses->dropped)) &&
           (losses->missing == 0 ||
            ms_modules_add_note(modules, "names or paths of modules that are not in the image: %zu",
                                losses->missing)) &&
           (losses->cut == 0 ||
            ms_modules_add_note(modules, "names or paths of modules that are too long, cut: %zu",
                                losses->cut));
}

// == The list ==

static bool note_list(struct ms_modules *modules, const struct ms_ldr_entries *entries)
{
    if (entries->breaks &&
        !ms_modules_add_note(modules,
                             "the module list breaks off: at 0x%" PRIx64
                             " is no entry, or none that is in the image; from its end come %zu "
                             "more%s",
                             entries->broken_at, entries->n_from_end,
                             entries->end_lost ? ", which break off, too: some may lack" : ""))
        return false;
    if (entries->loops &&
        !ms_modules_add_note(modules,
                             "the module list leads back into itself; from its end come "
                             "%zu more",
                             entries->n_from_end))
        return false;
    return !entries->too_long ||
           ms_modules_add_note(modules,
                               "the module list has more than %u entries: the rest is "
                               "left out",
                               MS_MAX_LIST_ENTRIES);
}

static bool take_list(struct ms_modules *modules, const struct ms_ldr_entries *entries)
{
    struct losses losses = {0};

    for (size_t i = 0; i < entries->list.n; i++) {
        if (!add_entry(modules, &entries->list.items[i], MS_MODULE_LIST, &losses))
            return false;
    }
    return note_list(modules, entries) && note_losses(modules, &losses);
}

static enum ms_status gather_list(struct ms_modules *modules, struct ms_error *error)
{
    struct ms_ldr_entries entries = {0};
    bool ok = !modules->nt.module_list ||
              (ms_module_list_read(&modules->memory, modules->nt.module_list, &entries) &&
               take_list(modules, &entries));

    free(entries.list.items);
    if (ok && !modules->nt.module_list)
        ok = ms_modules_add_note(modules, "the module list was not found");
    return ok ? MS_OK : ms_fail_nomem(error);
}

// == What is in memory ==

// False without memory.
static bool check_image(struct ms_modules *modules, uint64_t base, bool *is_image_ret)
{
    const struct ms_kernel_memory *memory = &modules->memory;
    struct ms_vmem vmem = ms_module_quota_vmem(&modules->quota);
    struct ms_pe *pe;
    enum ms_status status = ms_pe_open(&vmem, base, &pe, NULL);

    *is_image_ret = false;
    if (status != MS_OK)
        return status != MS_NOMEM;
    *is_image_ret = pe->bits == memory->bits && pe->size_of_image % MS_KERNEL_PAGE == 0 &&
                    pe->machine == (memory->bits == 64 ? MS_PE_MACHINE_AMD64 : MS_PE_MACHINE_I386);
    ms_pe_close(pe);
    return true;
}

// Whether a block holds an entry.
static bool is_pool_entry(const struct ms_kernel_memory *memory, uint64_t tag,
                          struct ms_ldr_entry *entry, bool *free_block_ret)
{
    uint64_t granule = memory->bits / 4; // of blocks, in bytes; and the size of a header
    uint64_t header = tag - 4;
    uint8_t bytes[4];
    uint64_t block;

    if (header % granule != 0 || !ms_kernel_get(memory, header, bytes, sizeof(bytes)))
        return false;
    block = granule * (memory->bits == 64 ? bytes[2] : ms_le16(bytes + 2) & 0x1ff);
    *free_block_ret = (memory->bits == 64 ? bytes[3] : ms_le16(bytes + 2) >> 9) == 0;
    return block >= MIN_POOL_BLOCK && ms_ldr_entry_read(memory, header + granule, entry) &&
           entry->size > 0 && entry->size <= MS_MAX_MODULE_SIZE &&
           ms_in_kernel(memory, entry->next, 1) && ms_in_kernel(memory, entry->previous, 1);
}

enum { PATTERN_IMAGE, PATTERN_POOL, N_PATTERNS };

// A block that was freed counts only if the module is still there.
static bool take_pool(struct ms_modules *modules, uint64_t tag, struct losses *losses)
{
    struct ms_ldr_entry entry;
    bool free_block, fits = true;

    if (!is_pool_entry(&modules->memory, tag, &entry, &free_block))
        return true;
    if (free_block && !check_image(modules, entry.base, &fits))
        return false;
    return !fits || add_entry(modules, &entry, MS_MODULE_POOL, losses);
}

static bool take_image(struct ms_modules *modules, uint64_t base, struct losses *losses)
{
    struct ms_module image = {.base = base, .sources = MS_MODULE_SCAN};
    bool fits;

    if (!check_image(modules, base, &fits))
        return false;
    if (!fits)
        return true;
    image.image_name = strdup("");
    image.path = strdup("");
    return push(modules, image, losses);
}

static bool take_match(struct ms_modules *modules, const struct ms_kernel_match *match,
                       struct losses *losses)
{
    return match->pattern == PATTERN_POOL ? take_pool(modules, match->address, losses)
                                          : take_image(modules, match->address, losses);
}

static bool is_full(const struct ms_modules *modules, const struct losses *losses)
{
    return modules->list.n >= MS_MAX_MODULES || losses->dropped > 0 ||
           ms_module_quota_is_spent(&modules->quota);
}

static bool take_matches(struct ms_modules *modules, const struct ms_kernel_matches *matches)
{
    struct losses losses = {0};
    size_t i = 0;

    for (; i < matches->list.n && !is_full(modules, &losses); i++) {
        if (!take_match(modules, &matches->list.items[i], &losses))
            return false;
    }
    if ((i < matches->list.n || matches->left_out > 0) &&
        !ms_modules_add_note(modules,
                             "so much of the memory looks like modules that %" PRIu64
                             " places were not looked at",
                             (uint64_t)(matches->list.n - i) + matches->left_out))
        return false;
    return note_losses(modules, &losses);
}

static enum ms_status gather_memory(struct ms_modules *modules, struct ms_watch *watch,
                                    struct ms_error *error)
{
    static const struct ms_kernel_pattern patterns[N_PATTERNS] = {
        [PATTERN_IMAGE] = {"????5a4d", MS_KERNEL_PAGE}, // MZ
        [PATTERN_POOL] = {"'dLmM'", 4},                 // MmLd
    };
    struct ms_kernel_matches matches = {0};
    enum ms_status status = ms_kernel_search(&modules->memory, patterns, N_PATTERNS, MAX_MATCHES,
                                             watch, &matches, error);

    if (!status && !take_matches(modules, &matches))
        status = ms_fail_nomem(error);
    free(matches.list.items);
    return status;
}

// == One base, one module ==

static int compare(const void *a, const void *b)
{
    const struct ms_module *x = a, *y = b;

    if (x->base != y->base)
        return x->base < y->base ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static void move_text(char **to, char **from)
{
    if ((*to)[0] == '\0') {
        char *text = *to;

        *to = *from;
        *from = text;
    }
}

// Those of the list come first, then pool blocks and headers.
static void join(struct ms_module *module, struct ms_module *other)
{
    module->sources |= other->sources;
    if (!module->entry) {
        module->entry = other->entry;
        module->size = other->size;
        module->has_checksum = other->has_checksum;
        module->checksum = other->checksum;
        module->has_timestamp = other->has_timestamp;
        module->timestamp = other->timestamp;
    }
    move_text(&module->image_name, &other->image_name);
    move_text(&module->path, &other->path);
    free(other->image_name);
    free(other->path);
}

static void join_equal(struct ms_modules *modules)
{
    struct ms_module *items = modules->list.items;
    size_t n = 0;

    if (modules->list.n == 0)
        return;
    qsort(items, modules->list.n, sizeof(*items), compare);
    for (size_t i = 1; i < modules->list.n; i++) {
        if (items[i].base == items[n].base)
            join(&items[n], &items[i]);
        else
            items[++n] = items[i];
    }
    modules->list.n = n + 1;
}

enum ms_status ms_modules_gather(struct ms_modules *modules, unsigned flags, struct ms_watch *watch,
                                 struct ms_error *error)
{
    enum ms_status status = gather_list(modules, error);

    if (!status && (flags & MS_MODULES_SCAN))
        status = gather_memory(modules, watch, error);
    if (!status)
        join_equal(modules);
    return status;
}
