// SPDX-License-Identifier: MIT
//
// Whose the places of a value are: of a section of a module, of a tag of pool, of neither.

#include "windows/special_case.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAX_OWNERS = 512, // of a dump
    MAX_PLACES = 1 << 20,
};

const char *ms_special_owner_kind_name(enum ms_special_owner_kind kind)
{
    static const char *const names[] = {
        [MS_SPECIAL_IN_MODULE] = "module",
        [MS_SPECIAL_IN_POOL] = "pool",
        [MS_SPECIAL_IN_SPECIAL_POOL] = "special pool",
        [MS_SPECIAL_ELSEWHERE] = "other",
    };

    return names[kind];
}

struct finding {
    struct ms_special_case *special;
    size_t dump;
    const struct ms_modules *modules;
    struct ms_pool *pool; // NULL: not known
    size_t first_owner;
    size_t n_places;
    enum ms_status status; // of what failed for want of memory
    struct ms_error *error;
};

// == Whose an address is ==

static bool name_module(struct finding *finding, struct ms_special_owner *owner, uint64_t address)
{
    struct ms_near near;

    owner->kind = MS_SPECIAL_IN_MODULE;
    finding->status = ms_modules_near(finding->modules, address, &near, finding->error);
    if (finding->status)
        return false;
    memcpy(owner->section, near.section, sizeof(owner->section));
    return true;
}

static void name_pool(struct ms_special_owner *owner, const struct ms_pool_info *info)
{
    owner->kind = info->form == MS_POOL_SPECIAL ? MS_SPECIAL_IN_SPECIAL_POOL : MS_SPECIAL_IN_POOL;
    owner->tag = info->tag;
    owner->pool = info->form == MS_POOL_SPECIAL ? MS_POOL_KIND_UNKNOWN : info->kind;
}

// False: no memory.
static bool name_owner(struct finding *finding, uint64_t address, struct ms_special_owner *owner)
{
    const struct ms_special_row *row = ms_special_row_at(finding->special, finding->dump, address);
    struct ms_pool_info info;

    *owner = (struct ms_special_owner){
        .dump = finding->dump,
        .kind = MS_SPECIAL_ELSEWHERE,
        .module = ms_modules_at(finding->modules, address),
        .first = address,
    };
    if (owner->module != MS_NO_MODULE)
        return name_module(finding, owner, address);
    if (row) {
        owner->kind = MS_SPECIAL_IN_SPECIAL_POOL;
        owner->tag = row->page.tag;
    } else if (finding->pool && ms_pool_at(finding->pool, address, &info) &&
               info.form != MS_POOL_DAMAGED) {
        name_pool(owner, &info);
    }
    return true;
}

// == Collecting ==

static bool is_same(const struct ms_special_owner *a, const struct ms_special_owner *b)
{
    return a->kind == b->kind && a->module == b->module && a->tag == b->tag && a->pool == b->pool &&
           strcmp(a->section, b->section) == 0;
}

// NULL: there is no memory, or (`*full_ret`) no room for another one.
static struct ms_special_owner *find_owner(struct finding *finding,
                                           const struct ms_special_owner *owner, bool *full_ret)
{
    struct ms_special_case *special = finding->special;

    for (size_t i = finding->first_owner; i < special->owners.n; i++)
        if (is_same(&special->owners.items[i], owner))
            return &special->owners.items[i];
    *full_ret = special->owners.n - finding->first_owner == MAX_OWNERS;
    if (*full_ret || !ms_vec_push(&special->owners, *owner))
        return NULL;
    return &special->owners.items[special->owners.n - 1];
}

static bool take_place(void *user, const struct ms_special_hit *hit)
{
    struct finding *finding = user;
    struct ms_special_owner named, *owner;
    bool full = finding->n_places++ >= MAX_PLACES;

    finding->special->n_unowned += hit->untold;
    if (!full && !name_owner(finding, hit->address, &named))
        return false;
    owner = full ? NULL : find_owner(finding, &named, &full);
    if (full)
        finding->special->n_unowned++;
    else if (owner)
        owner->n_hits++;
    return full || owner;
}

static int compare_owners(const void *a, const void *b)
{
    const struct ms_special_owner *x = a, *y = b;

    if (x->dump != y->dump)
        return x->dump < y->dump ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->n_hits != y->n_hits)
        return x->n_hits > y->n_hits ? -1 : 1;
    return (x->first > y->first) - (x->first < y->first);
}

static enum ms_status find_in_dump(struct finding *finding, uint32_t value,
                                   const struct ms_special_callbacks *callbacks)
{
    struct ms_special_search search = {
        .special = finding->special,
        .dump = finding->dump,
        .values = &value,
        .n_values = 1,
        .hit = take_place,
        .user = finding,
        .callbacks = callbacks,
    };
    enum ms_status status = ms_pool_create(finding->modules, &finding->pool, finding->error);

    // Without a Windows kernel, nothing is known of pool.
    if (status == MS_OK || status == MS_MISSING)
        status = ms_special_search(&search, finding->error);
    ms_pool_free(finding->pool);
    return finding->status ? finding->status : status;
}

enum ms_status ms_special_case_find(struct ms_special_case *special, uint32_t value,
                                    const struct ms_special_callbacks *callbacks,
                                    struct ms_error *error)
{
    enum ms_status status = MS_OK;

    special->owners.n = 0;
    special->n_unowned = 0;
    for (size_t dump = 0; !status && dump < special->dumps.n; dump++) {
        struct finding finding = {
            .special = special,
            .dump = dump,
            .modules = special->dumps.items[dump].modules,
            .first_owner = special->owners.n,
            .error = error,
        };

        status = find_in_dump(&finding, value, callbacks);
    }
    if (status)
        special->owners.n = 0;
    else if (special->owners.n > 0)
        qsort(special->owners.items, special->owners.n, sizeof(struct ms_special_owner),
              compare_owners);
    return status;
}

size_t ms_special_case_n_owners(const struct ms_special_case *special)
{
    return special->owners.n;
}

struct ms_special_owner ms_special_case_owner(const struct ms_special_case *special, size_t index)
{
    return special->owners.items[index];
}

uint64_t ms_special_case_n_unowned(const struct ms_special_case *special)
{
    return special->n_unowned;
}
