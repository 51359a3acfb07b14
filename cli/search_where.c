// SPDX-License-Identifier: MIT
//
// A module is one range, from its first byte to its last: what lies between its sections is
// searched, too, and a match may reach from one into the next. Sections are ranges of their own.

#include "search_where.h"

#include "message.h"
#include "space_choice.h"
#include <memscan/imports.h>
#include <stdlib.h>
#include <string.h>

// What import slots are called, wherever they lie.
#define IMPORT_SECTION "iat"

bool where_is_modules(const struct settings *settings)
{
    return settings->modules || settings->n_module_globs > 0 || settings->n_not_module_globs > 0 ||
           settings->n_section_globs > 0;
}

void where_release(struct search_where *where)
{
    free(where->ranges);
    free(where->modules);
    free(where->coverage);
    *where = (struct search_where){0};
}

static bool add(struct search_where *where, struct ms_range range, size_t module)
{
    if (where->n == where->room) {
        size_t room = where->room > 0 ? 2 * where->room : 64;
        struct ms_range *ranges = reallocarray(where->ranges, room, sizeof(*ranges));
        size_t *modules;

        if (ranges != NULL)
            where->ranges = ranges;
        modules = reallocarray(where->modules, room, sizeof(*modules));
        if (modules != NULL)
            where->modules = modules;
        if (ranges == NULL || modules == NULL) {
            message_no_memory();
            return false;
        }
        where->room = room;
    }
    where->ranges[where->n] = range;
    where->modules[where->n++] = module;
    return true;
}

// == Ranges that were given ==

bool where_take_ranges(struct search_where *where, const struct ms_range *ranges, size_t n,
                       const struct ms_spaces *spaces)
{
    *where = (struct search_where){.ranges = calloc(n + 1, sizeof(*where->ranges))};
    if (where->ranges == NULL) {
        message_no_memory();
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        where->ranges[i] = ranges[i];
        range_fit(&where->ranges[i], spaces);
    }
    where->n = n;
    return true;
}

// == Modules ==

static bool fits_any(const char *const *globs, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (ms_name_matches(globs[i], name, strlen(name)))
            return true;
    return false;
}

static bool wants_module(const struct settings *settings, const struct ms_module_info *info)
{
    const char *const *globs = settings->module_globs, *const *not = settings->not_module_globs;
    size_t n = settings->n_module_globs, n_not = settings->n_not_module_globs;

    return (n == 0 || fits_any(globs, n, info->name) || fits_any(globs, n, info->image_name)) &&
           !fits_any(not, n_not, info->name) && !fits_any(not, n_not, info->image_name);
}

static bool wants_section(const struct settings *settings, const char *name)
{
    return fits_any(settings->section_globs, settings->n_section_globs, name);
}

// Slots that touch are one range.
static bool add_slots(struct search_where *where, const struct ms_import *imports, size_t n,
                      size_t module)
{
    const uint64_t slot_bytes = where->slot_bytes;
    struct ms_range range;

    for (size_t i = 0; i < n;) {
        range = (struct ms_range){.first = imports[i].slot, .last = imports[i].slot};
        for (; i < n && imports[i].slot <= range.last + 1; i++)
            range.last = imports[i].slot + (slot_bytes - 1);
        if (!add(where, range, module))
            return false;
    }
    return true;
}

static bool add_sections(struct search_where *where, const struct settings *settings, size_t module,
                         const char *image)
{
    const struct ms_module_section *sections;
    const struct ms_import *imports;
    struct ms_error error = {0};
    size_t n, n_imports;

    if (ms_modules_sections(where->of, module, &sections, &n, &error) != MS_OK ||
        ms_modules_imports(where->of, module, &imports, &n_imports, &error) != MS_OK) {
        message_error(image, &error);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        struct ms_range range = {.first = sections[i].start, .last = sections[i].end - 1};

        if (wants_section(settings, sections[i].name) && !add(where, range, module))
            return false;
    }
    if (n == 0 && !settings->quiet)
        message("%s: warning: %s: its header is not in the image, so its sections are not known",
                image, ms_modules_info(where->of, module).name);
    return !wants_section(settings, IMPORT_SECTION) || add_slots(where, imports, n_imports, module);
}

static bool add_module(struct search_where *where, const struct settings *settings, size_t module,
                       const char *image)
{
    struct ms_module_info info = ms_modules_info(where->of, module);

    if (info.size == 0 || !wants_module(settings, &info))
        return true;
    if (settings->n_section_globs > 0)
        return add_sections(where, settings, module, image);
    return add(where, (struct ms_range){.first = info.base, .last = info.end - 1}, module);
}

static bool find_ranges(struct search_where *where, const struct settings *settings,
                        const char *image)
{
    for (size_t i = 0; i < ms_modules_count(where->of); i++)
        if (!add_module(where, settings, i, image))
            return false;
    if (where->n > 0)
        return true;
    if (ms_modules_count(where->of) == 0)
        message("%s: there are no modules to search: memscan info tells what was found of Windows",
                image);
    else
        message("%s: no %s is of that name: memscan modules lists what there is", image,
                settings->n_section_globs > 0 ? "section" : "module");
    return false;
}

bool where_take_modules(struct search_where *where, const struct settings *settings,
                        const struct ms_modules *modules, unsigned address_bits, const char *image)
{
    *where = (struct search_where){.of = modules, .slot_bytes = address_bits / 8};
    if (!find_ranges(where, settings, image))
        return false;
    where->coverage = calloc(where->n, sizeof(*where->coverage));
    if (where->coverage == NULL)
        message_no_memory();
    return where->coverage != NULL;
}
