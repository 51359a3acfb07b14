// SPDX-License-Identifier: MIT
//
// Finds blocks of pool, and allocations of special pool, by their names.

#include "pool.h"

#include "material.h"
#include "quantity.h"

#include <stdlib.h>
#include <string.h>

/** A name of which there are several; `length` ends it, `rest` begins what is added. */
struct pool_name {
    const struct target *target;
    size_t length;
    uint64_t number;
    const char *rest;
};

static struct pool_name name_of(const struct target *target)
{
    struct pool_name name = {target, strcspn(target->text, "#+"), 1, NULL};
    char *end = target->text + name.length;
    if (*end == '#')
        name.number = strtoull(end + 1, &end, 10);
    name.rest = end;
    return name;
}

static bool is_named(const struct pool_name *name, const char *text)
{
    return strlen(text) == name->length && strncmp(text, name->target->text, name->length) == 0;
}

static bool find_block(const struct machinery *machinery, const struct pool_name *name,
                       bool is_header, uint64_t *address_ret)
{
    const struct pool_result *result = &machinery->pool;
    for (size_t i = 0; i < result->n_records; i++) {
        const struct pool_record *record = &result->records[i];
        if (record->number != name->number || !is_named(name, record->name))
            continue;
        *address_ret = is_header ? record->address : record->data;
        return true;
    }
    return false;
}

uint64_t special_data(const struct special_spec *special, bool is_wide)
{
    unsigned alignment = is_wide ? 16 : 8;
    return special->is_underrun ? 0 : (PAGE_SIZE - special->size) / alignment * alignment;
}

static bool find_special(const struct machinery *machinery, const struct pool_name *name,
                         bool is_header, uint64_t *address_ret)
{
    const struct nt_spec *nt = &machinery->spec->nt;
    bool is_wide = paging_modes[machinery->spec->spaces[nt->space].paging].address_bits != 32;
    for (size_t i = 0; i < nt->pool.n_specials; i++) {
        const struct special_spec *special = &nt->pool.specials[i];
        if (name->number - 1 >= special->times || !is_named(name, special->name))
            continue;
        *address_ret = special->address + (name->number - 1) * SPECIAL_STEP +
                       (is_header ? 0 : special_data(special, is_wide));
        return true;
    }
    return false;
}

uint64_t pool_place(const struct machinery *machinery, const struct target *target, bool is_header)
{
    struct pool_name name = name_of(target);
    uint64_t address, distance = 0;
    bool is_there =
        strcmp(target->text, "-") != 0 && (find_block(machinery, &name, is_header, &address) ||
                                           find_special(machinery, &name, is_header, &address));
    if (!is_there || (*name.rest && *name.rest != '+'))
        fail_at(target->place, "the name of a block of pool, not '%s'", target->text);
    if (*name.rest) {
        char *text = copy_text(name.rest + 1);
        struct word word = {text, strlen(text), target->place};
        word.place.column += (unsigned)(name.rest + 1 - target->text);
        distance = quantity_of(&word, "a distance");
        free(text);
    }
    return address + distance;
}
