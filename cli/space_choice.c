// SPDX-License-Identifier: MIT
//
// Adding a space walks its tables. Errors come before any output of the image.

#include "space_choice.h"

#include "memory_view.h"
#include "message.h"
#include "process_spaces.h"
#include "space_names.h"

void space_choice_add_range(struct space_choice *choice, const struct ms_range *range)
{
    *(range->physical ? &choice->has_physical : &choice->has_virtual) = true;
}

// == Names ==

static bool add(struct opened *opened, const char *name)
{
    struct ms_error error = {0};

    if (ms_spaces_add(opened->spaces, name, &error) == MS_OK)
        return true;
    message_error(opened->path, &error);
    return false;
}

static bool add_listed(struct opened *opened, const struct settings *settings,
                       struct process_spaces *known, const char *list)
{
    char name[SPACE_NAME_ROOM];

    while (list != NULL) {
        list = space_names_next(list, name);
        if (!(process_space_is_named(name) ? process_space_add(known, opened, settings, name)
                                           : add(opened, name)))
            return false;
    }
    return true;
}

static bool add_all_listed(struct opened *opened, const struct settings *settings)
{
    struct process_spaces known = {0};
    bool added = true;

    for (size_t i = 0; added && i < settings->n_space_lists; i++)
        added = add_listed(opened, settings, &known, settings->space_lists[i]);
    process_spaces_release(&known);
    return added;
}

// Pages of `unmapped` have no flags, and its addresses are not virtual.
static bool add_memory(struct opened *opened, const struct settings *settings,
                       const struct space_choice *choice)
{
    bool ranges = choice->has_virtual || choice->has_physical;

    if (ms_spaces_n_roots(opened->spaces) == 0)
        return add(opened, "physical");
    if (!ranges && settings->page_flags == 0)
        return add(opened, "kernel") && add(opened, "unmapped");
    return (!choice->has_physical || add(opened, "physical")) &&
           ((ranges && !choice->has_virtual) || add(opened, "kernel"));
}

static bool add_default(struct opened *opened, const struct settings *settings,
                        const struct space_choice *choice)
{
    switch (choice->by_default) {
    case DEFAULT_KERNEL:
        return add(opened, "kernel");
    case DEFAULT_ALL:
        return add(opened, "physical") && (ms_spaces_n_roots(opened->spaces) == 0 ||
                                           (add(opened, "kernel") && add(opened, "unmapped")));
    default:
        return add_memory(opened, settings, choice);
    }
}

// == Whether all fits ==

// The first space whose addresses are physical, or are not; NULL: there is none.
static const char *find_kind(const struct ms_spaces *spaces, bool physical)
{
    for (size_t i = 0; i < ms_spaces_count(spaces); i++) {
        struct ms_space_info info = ms_spaces_info(spaces, i);

        if (space_is_physical(&info) == physical)
            return info.name;
    }
    return NULL;
}

bool spaces_all_physical(const struct ms_spaces *spaces)
{
    return find_kind(spaces, false) == NULL;
}

void range_fit(struct ms_range *range, const struct ms_spaces *spaces)
{
    range->physical = range->physical || spaces_all_physical(spaces);
}

static bool check_flags(const struct opened *opened, const struct settings *settings)
{
    if (settings->page_flags == 0 || !spaces_all_physical(opened->spaces))
        return true;
    message("%s: %s: only pages of virtual spaces have flags%s", opened->path,
            settings->page_flags & MS_PAGE_WRITABLE ? "--writable" : "--executable",
            ms_spaces_n_roots(opened->spaces) == 0
                ? ", and no page tables were found: --dtb ADDR --arch NAME tells where they are"
                : ": choose one with --space");
    return false;
}

static bool check_ranges(const struct opened *opened, const struct space_choice *choice)
{
    const char *physical = find_kind(opened->spaces, true);
    const char *other = find_kind(opened->spaces, false);

    if (choice->has_physical && physical == NULL) {
        message("%s: p: in front of an address: %s has virtual addresses: name the space physical, "
                "too",
                opened->path, other);
        return false;
    }
    if (choice->has_virtual && !choice->has_physical && physical != NULL && other != NULL) {
        message("%s: space %s: no range is for it: p: is in front of physical ones", opened->path,
                physical);
        return false;
    }
    if (choice->has_physical && !choice->has_virtual && other != NULL) {
        message("%s: space %s: no range is for it: all have p: in front", opened->path, other);
        return false;
    }
    return true;
}

static bool check_kind(const struct opened *opened, const struct space_choice *choice)
{
    const char *physical = choice->only_virtual ? find_kind(opened->spaces, true) : NULL;

    if (physical != NULL)
        message("%s: space %s: it has no virtual addresses", opened->path, physical);
    return physical == NULL;
}

bool spaces_choose(struct opened *opened, const struct settings *settings,
                   const struct space_choice *choice)
{
    if (!add_all_listed(opened, settings))
        return false;
    if (settings->n_space_lists == 0 && !add_default(opened, settings, choice))
        return false;
    if (!check_flags(opened, settings) || !check_ranges(opened, choice) ||
        !check_kind(opened, choice))
        return false;
    for (size_t i = 0; !settings->quiet && i < ms_spaces_n_warnings(opened->spaces); i++)
        message("%s: warning: %s", opened->path, ms_spaces_warning(opened->spaces, i));
    return true;
}
