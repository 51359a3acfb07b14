// SPDX-License-Identifier: MIT
//
// Where the sections of a module are, as stretches that do not overlap: those in which
// ms_modules_near() names a section.

#include "windows/modules.h"

#include "base/cleanup.h"
#include "base/extent.h"

#define SECTION_EXECUTE 0x20000000u
#define SECTION_WRITE   0x80000000u

typedef MS_VEC(struct ms_module_section) section_vec;

void ms_module_sections_free(struct ms_module_sections *sections)
{
    if (!sections)
        return;
    free(sections->items);
    free(sections);
}

static void free_local(struct ms_module_sections **sections)
{
    ms_module_sections_free(*sections);
}

void ms_printable_section_name(const struct ms_pe_section *section, char name_ret[9])
{
    ms_pe_section_name(section, name_ret);
    for (char *c = name_ret; *c; c++) {
        if (*c < ' ' || *c > '~')
            *c = '?';
    }
}

// == Sections ==

static int compare_numbers(const void *left, const void *right)
{
    const uint32_t *a = left, *b = right;

    return *a < *b ? -1 : *a > *b;
}

// Where a section may begin or end, ascending; the last is `limit`.
static uint32_t *list_borders(const struct ms_pe *pe, uint32_t limit, size_t *n_ret)
{
    uint32_t *borders = malloc((2 * pe->n_sections + 1) * sizeof(*borders));
    size_t n = 0;

    if (!borders)
        return NULL;
    for (size_t i = 0; i < pe->n_sections; i++) {
        uint64_t start, end;

        if (!ms_pe_section_extent(pe, &pe->sections[i], &start, &end))
            continue;
        borders[n++] = (uint32_t)ms_min_u64(start, limit);
        borders[n++] = (uint32_t)ms_min_u64(end, limit);
    }
    borders[n++] = limit;
    qsort(borders, n, sizeof(*borders), compare_numbers);
    *n_ret = n;
    return borders;
}

static struct ms_module_section make_section(const struct ms_pe_section *section, uint64_t base,
                                             uint32_t start, uint32_t end)
{
    struct ms_module_section result = {
        .start = base + start,
        .end = base + end,
        .flags = (section->flags & SECTION_EXECUTE ? MS_SECTION_EXECUTABLE : 0u) |
                 (section->flags & SECTION_WRITE ? MS_SECTION_WRITABLE : 0u),
    };

    ms_printable_section_name(section, result.name);
    return result;
}

static bool add_sections(section_vec *sections, const struct ms_pe *pe, uint32_t limit)
{
    const struct ms_pe_section *last = NULL;
    size_t n = 0;
    MS_FREE uint32_t *borders = list_borders(pe, limit, &n);

    if (!borders)
        return false;
    for (size_t i = 0; i + 1 < n; i++) {
        const struct ms_pe_section *here = ms_pe_section_at(pe, borders[i]);

        if (borders[i] == borders[i + 1])
            continue;
        if (here && here == last)
            sections->items[sections->n - 1].end = pe->base + borders[i + 1];
        else if (here &&
                 !ms_vec_push(sections, make_section(here, pe->base, borders[i], borders[i + 1])))
            return false;
        last = here;
    }
    return true;
}

// Of a module without headers it is empty.
static struct ms_module_sections *make_sections(const struct ms_pe *pe, uint64_t module_size)
{
    MS_CLEANUP(free_local) struct ms_module_sections *result = calloc(1, sizeof(*result));
    section_vec sections = {0};
    uint32_t limit = pe ? (uint32_t)ms_min_u64(pe->size_of_image, module_size) : 0;
    bool ok = result && (!pe || add_sections(&sections, pe, limit));

    if (!ok) {
        free(sections.items);
        return NULL;
    }
    result->items = sections.items;
    result->n = sections.n;
    return ms_keep(result);
}

// The caller has the lock.
static struct ms_module_sections *make_kept_sections(const struct ms_modules *modules, size_t index,
                                                     const struct ms_module_detail *detail)
{
    struct ms_module_sections *sections =
        make_sections(detail->pe, modules->list.items[index].size);
    uint64_t bytes = sizeof(*sections);

    if (!sections)
        return NULL;
    bytes += sections->n * sizeof(*sections->items);
    if (!detail->left_out && ms_module_quota_keep(ms_modules_quota(modules), bytes))
        return sections;
    ms_module_sections_free(sections);
    return ms_modules_leave_out(modules, index) ? calloc(1, sizeof(*sections)) : NULL;
}

static const struct ms_module_sections *get_sections(const struct ms_modules *modules, size_t index)
{
    const struct ms_module_detail *detail = ms_module_detail(modules, index);
    struct ms_module *module = &modules->list.items[index];
    struct ms_module_sections *sections = atomic_load(&module->sections);
    pthread_mutex_t *lock = (pthread_mutex_t *)(uintptr_t)&modules->lock;

    if (sections || !detail)
        return sections;
    pthread_mutex_lock(lock);
    sections = atomic_load(&module->sections);
    if (!sections) {
        sections = make_kept_sections(modules, index, detail);
        atomic_store(&module->sections, sections);
    }
    pthread_mutex_unlock(lock);
    return sections;
}

enum ms_status ms_modules_sections(const struct ms_modules *modules, size_t index,
                                   const struct ms_module_section **sections_ret, size_t *n_ret,
                                   struct ms_error *error)
{
    const struct ms_module_sections *sections = get_sections(modules, index);

    if (!sections)
        return ms_fail_nomem(error);
    *sections_ret = sections->items;
    *n_ret = sections->n;
    return MS_OK;
}

// == By address ==

// The first section that ends above an address; `n` if there is none.
static size_t first_ending_above(const struct ms_module_section *sections, size_t n,
                                 uint64_t address)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (sections[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct ms_module_section *ms_section_at(const struct ms_module_section *sections, size_t n,
                                              uint64_t address)
{
    size_t i = first_ending_above(sections, n, address);

    return i < n && sections[i].start <= address ? &sections[i] : NULL;
}

enum ms_status ms_modules_section_last(const struct ms_modules *modules, uint64_t address,
                                       uint64_t *last_ret, struct ms_error *error)
{
    const struct ms_module_section *sections = NULL;
    size_t module = ms_modules_stretch_at(modules, address, last_ret), n = 0, i;
    enum ms_status status;

    if (module == MS_NO_MODULE)
        return MS_OK;
    status = ms_modules_sections(modules, module, &sections, &n, error);
    if (status != MS_OK)
        return status;
    i = first_ending_above(sections, n, address);
    if (i < n)
        *last_ret = ms_min_u64(*last_ret, sections[i].start <= address ? sections[i].end - 1
                                                                       : sections[i].start - 1);
    return MS_OK;
}
