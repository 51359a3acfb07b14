// SPDX-License-Identifier: MIT
//
// What is told of a module: by its entry, its PE header, its pages.

#include "windows/modules.h"

#include "base/cleanup.h"
#include "base/extent.h"

#include <inttypes.h>
#include <stdio.h>

#define MAX_MAPPINGS UINT64_C(0x1000000) // that are gone over to count pages, for all modules
#define MAX_STEM     64

// == Names ==

// Not by isalnum(), which a locale may change.
static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// The bytes of a UTF-8 character after its first.
static bool continues(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static const char *file_part(const char *path)
{
    for (const char *c = path; *c; c++) {
        if (*c == '\\' || *c == '/')
            path = c + 1;
    }
    return path;
}

char *ms_module_name_of(const char *image_name)
{
    const char *file = file_part(image_name);
    const char *dot = strrchr(file, '.');
    size_t length = dot && dot > file ? (size_t)(dot - file) : strlen(file);
    char *name = malloc(length + 1), *at = name;

    for (size_t i = 0; name && i < length; i++) {
        if (!continues(file[i]))
            *at++ = is_word(file[i]) ? file[i] : '_';
    }
    if (name)
        *at = '\0';
    return name;
}

// Names in images are bytes of any encoding.
static char *text_of(const uint8_t *bytes, size_t length)
{
    char *text = malloc(3 * length + 1), *at = text;

    for (size_t i = 0; text && i < length; i++) {
        if (bytes[i] < 0x80) {
            *at++ = (char)bytes[i];
        } else {
            memcpy(at, "\xef\xbf\xbd", 3);
            at += 3;
        }
    }
    if (text)
        *at = '\0';
    return text;
}

// The name that the linker gave it: "ntoskrnl.exe".
static bool name_by_exports(struct ms_module *module, const struct ms_pe *pe)
{
    uint8_t bytes[4 * MAX_STEM];
    struct ms_pe_text text;
    char *name;

    ms_pe_own_name(pe, bytes, sizeof(bytes), &text);
    if (text.state != MS_PE_WHOLE)
        return true;
    name = text_of(text.bytes, text.length);
    if (!name)
        return false;
    free(module->image_name);
    module->image_name = name;
    return true;
}

// A PDB file has the module's name, but not its extension.
static bool name_by_pdb(struct ms_module *module, const struct ms_pe *pe)
{
    struct ms_pe_pdb pdb;
    MS_FREE char *path = NULL;

    if (ms_pe_pdb(pe, &pdb) != MS_PE_WHOLE || pdb.path_state != MS_PE_WHOLE)
        return true;
    path = text_of(pdb.path, pdb.path_length);
    if (path)
        module->name = ms_module_name_of(path);
    return module->name != NULL;
}

static bool name_by_base(struct ms_module *module)
{
    return asprintf(&module->name, "image%08" PRIx64, module->base) >= 0;
}

// "nt", else by the file's name, the PDB's, or by its place.
static bool make_name(const struct ms_modules *modules, struct ms_module *module)
{
    if (module->base == modules->nt.base) {
        free(module->name);
        module->name = strdup("nt");
        return module->name != NULL;
    }
    if (module->image_name[0]) {
        free(module->name);
        module->name = ms_module_name_of(module->image_name);
        if (!module->name)
            return false;
    }
    if (module->name && module->name[0])
        return true;
    free(module->name);
    module->name = NULL;
    return name_by_base(module);
}

// Of those with one name all but the first carry their base.
static int compare_names(const void *a, const void *b)
{
    const struct ms_module *const *x = a, *const *y = b;
    int order = strcmp((*x)->name, (*y)->name);

    return order ? order : (*x)->order < (*y)->order ? -1 : (*x)->order > (*y)->order;
}

static bool make_unique(struct ms_modules *modules)
{
    size_t n = modules->list.n;
    MS_FREE struct ms_module **sorted = calloc(n + 1, sizeof(struct ms_module *));
    MS_FREE char *first = NULL;

    if (!sorted)
        return false;
    for (size_t i = 0; i < n; i++)
        sorted[i] = &modules->list.items[i];
    qsort(sorted, n, sizeof(struct ms_module *), compare_names);
    for (size_t i = 0; i < n; i++) {
        char *name = sorted[i]->name;

        if (!first || strcmp(first, name) != 0) {
            free(first);
            first = strdup(name);
            if (!first)
                return false;
        } else if (asprintf(&sorted[i]->name, "%s_%08" PRIx64, name, sorted[i]->base) < 0) {
            sorted[i]->name = name;
            return false;
        } else {
            free(name);
        }
    }
    return true;
}

// == Headers ==

static bool read_header(struct ms_module *module, const struct ms_pe *pe)
{
    module->has_header = true;
    module->has_timestamp = module->has_checksum = true;
    module->timestamp = pe->timestamp;
    module->checksum = pe->checksum;
    if (module->size == 0)
        module->size = pe->size_of_image;
    if (!module->image_name[0] && !name_by_exports(module, pe))
        return false;
    return module->image_name[0] || name_by_pdb(module, pe);
}

// `end`, the first byte after it, must be an address.
static void check_size(const struct ms_kernel_memory *memory, struct ms_module *module)
{
    if (module->size > MS_MAX_MODULE_SIZE ||
        (module->size > 0 && !ms_in_kernel(memory, module->base, module->size + 1)))
        module->size = 0;
}

static bool name_by_path(struct ms_module *module)
{
    char *name;

    if (module->image_name[0] || !module->path[0])
        return true;
    name = strdup(file_part(module->path));
    if (!name)
        return false;
    free(module->image_name);
    module->image_name = name;
    return true;
}

static enum ms_status describe(struct ms_modules *modules, struct ms_module *module,
                               struct ms_error *error)
{
    struct ms_vmem vmem = ms_module_quota_vmem(&modules->quota);
    struct ms_pe *pe = NULL;
    enum ms_status status;
    bool ok = name_by_path(module);

    check_size(&modules->memory, module);
    status = ms_pe_open(&vmem, module->base, &pe, NULL);
    if (status == MS_NOMEM)
        ok = false;
    if (ok && status == MS_OK)
        ok = read_header(module, pe);
    ms_pe_close(pe);
    check_size(&modules->memory, module);
    if (module->size == 0)
        module->size = MS_KERNEL_PAGE;
    return ok && make_name(modules, module) ? MS_OK : ms_fail_nomem(error);
}

// == Pages ==

struct page_count {
    uint64_t n;
    uint64_t next; // the first page that has not been counted
    uint64_t *budget;
};

static int count_pages(void *user, const struct ms_mapping_info *mapping)
{
    struct page_count *count = user;
    uint64_t first = ms_max_u64(mapping->first / MS_KERNEL_PAGE, count->next);
    uint64_t behind = mapping->last / MS_KERNEL_PAGE + 1;

    if (*count->budget == 0)
        return 1;
    --*count->budget;
    if (mapping->state == MS_MAPPED_PRESENT && behind > first) {
        count->n += behind - first;
        count->next = behind;
    }
    return 0;
}

static bool count_all_pages(struct ms_modules *modules)
{
    const struct ms_kernel_memory *memory = &modules->memory;
    uint64_t budget = MAX_MAPPINGS;

    for (size_t i = 0; i < modules->list.n; i++) {
        struct ms_module *module = &modules->list.items[i];
        struct ms_range range = {.first = module->base,
                                 .last = ms_last(module->base, module->size)};
        struct page_count count = {.budget = &budget};

        ms_spaces_visit(memory->spaces, memory->space, &range, count_pages, &count);
        module->pages_present = count.n;
    }
    return budget > 0 || ms_modules_add_note(modules, "the modules overlap so much that not all of "
                                                      "their pages were counted");
}

enum ms_status ms_modules_describe(struct ms_modules *modules, struct ms_error *error)
{
    size_t n_read = 0; // before the quota was spent
    bool ok;

    for (size_t i = 0; i < modules->list.n; i++) {
        enum ms_status status = describe(modules, &modules->list.items[i], error);

        if (status)
            return status;
        n_read += !ms_module_quota_is_spent(&modules->quota);
    }
    ok = n_read == modules->list.n ||
         ms_modules_add_note(modules,
                             "so much of the memory looks like modules that the headers of %zu "
                             "were not read",
                             modules->list.n - n_read);
    return ok && make_unique(modules) && count_all_pages(modules) ? MS_OK : ms_fail_nomem(error);
}
