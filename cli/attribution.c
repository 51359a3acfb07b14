// SPDX-License-Identifier: MIT

#include "attribution.h"

#include "message.h"
#include <stdlib.h>

bool attribution_open(struct attribution *attribution, const struct view *view,
                      const char *image_name, const struct ms_modules_options *options)
{
    *attribution =
        (struct attribution){.view = view, .image_name = image_name, .options = *options};
    if (view->spaces == NULL)
        return true;
    attribution->spaces = calloc(view_count(view) + 1, sizeof(*attribution->spaces));
    if (attribution->spaces == NULL)
        message_no_memory();
    return attribution->spaces != NULL;
}

void attribution_release(struct attribution *attribution)
{
    for (size_t i = 0; attribution->spaces != NULL && i < view_count(attribution->view); i++) {
        ms_pool_free(attribution->spaces[i].pool);
        ms_modules_free(attribution->spaces[i].modules);
    }
    free(attribution->spaces);
    attribution->spaces = NULL;
}

// A search that finds its hits has not failed because nobody can say whose they are.
static void look_for_modules(struct attribution *attribution, size_t space)
{
    struct space_modules *of = &attribution->spaces[space];
    struct ms_space_info info = view_space(attribution->view, space);
    uint64_t unread = ms_image_unread(attribution->view->image);
    struct ms_error error = {0};
    enum ms_status status = MS_OK;

    of->looked_for = true;
    if (!space_is_physical(&info))
        status = ms_modules_create(attribution->view->spaces, space, &attribution->options,
                                   &of->modules, &error);
    if (status == MS_STOPPED) {
        attribution->stopped = true;
        ms_modules_free(of->modules);
        of->modules = NULL;
    } else if (status != MS_OK) {
        message("%s: modules of the space %s: %s", attribution->image_name, info.name, error.text);
    }
    attribution->unread += ms_image_unread(attribution->view->image) - unread;
    of->owns = of->modules != NULL && ms_modules_count(of->modules) > 0;
}

const struct ms_modules *attribution_modules(struct attribution *attribution, size_t space)
{
    if (attribution->spaces == NULL)
        return NULL;
    if (!attribution->spaces[space].looked_for)
        look_for_modules(attribution, space);
    return attribution->spaces[space].modules;
}

// NULL: there are none that could own anything.
static const struct ms_modules *owning_modules(struct attribution *attribution, size_t space)
{
    const struct ms_modules *modules = attribution_modules(attribution, space);

    return modules != NULL && attribution->spaces[space].owns ? modules : NULL;
}

// The pool of the kernel that has the modules; NULL: it cannot be told, which is no failure either.
static struct ms_pool *pool_of(struct attribution *attribution, size_t space)
{
    struct space_modules *of = &attribution->spaces[space];

    if (!of->pool_looked_for && ms_pool_create(of->modules, &of->pool, NULL) != MS_OK)
        of->pool = NULL;
    of->pool_looked_for = true;
    return of->pool;
}

static void find_owner(struct attribution *attribution, size_t space, uint64_t address)
{
    const struct ms_modules *modules = attribution->spaces[space].modules;
    struct owner *owner = &attribution->owner;
    uint64_t unread = ms_image_unread(attribution->view->image);

    // Without memory for the symbols, the module is not told either.
    if (owner_find(modules, address, owner, NULL) == MS_OK && owner->kind == OWNER_NONE)
        owner_find_block(pool_of(attribution, space), address,
                         view_space(attribution->view, space).address_bits, owner);
    attribution->unread += ms_image_unread(attribution->view->image) - unread;
}

const struct owner *attribution_look_up(struct attribution *attribution, size_t space,
                                        uint64_t address)
{
    if (owning_modules(attribution, space) == NULL)
        return NULL;
    find_owner(attribution, space, address);
    return attribution->owner.kind != OWNER_NONE ? &attribution->owner : NULL;
}

// Where folding ends that begins outside of modules.
static uint64_t pool_fold_end(struct attribution *attribution, size_t space, uint64_t address)
{
    uint64_t unread = ms_image_unread(attribution->view->image), last = UINT64_MAX;
    struct ms_pool *pool = pool_of(attribution, space);

    if (pool != NULL)
        last = ms_pool_last(pool, address);
    attribution->unread += ms_image_unread(attribution->view->image) - unread;
    return last;
}

uint64_t attribution_fold_end(struct attribution *attribution, size_t space, uint64_t address)
{
    const struct ms_modules *modules = owning_modules(attribution, space);
    uint64_t last, block_last;

    if (modules == NULL)
        return UINT64_MAX;
    // Without memory nothing is told of the address, so nothing is folded with it.
    if (ms_modules_section_last(modules, address, &last, NULL) != MS_OK)
        return address;
    if (ms_modules_at(modules, address) != MS_NO_MODULE)
        return last;
    block_last = pool_fold_end(attribution, space, address);
    return block_last < last ? block_last : last;
}
