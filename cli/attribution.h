// SPDX-License-Identifier: MIT
//
// Whose the hits of a search are: module, section and nearest export, for hits in the kernel's
// modules; of others the block of pool that they lie in.

#ifndef CLI_ATTRIBUTION_H
#define CLI_ATTRIBUTION_H

#include "memory_view.h"
#include "owner.h"

struct attribution {
    const struct view *view;
    const char *image_name; // for messages
    struct ms_modules_options options;
    struct space_modules {
        bool looked_for;
        bool owns;                  // there is at least one module
        struct ms_modules *modules; // NULL: not looked for yet, or there are none
        bool pool_looked_for;
        struct ms_pool *pool; // the same
    } * spaces;               // by space of the view; NULL: no space can have any
    bool stopped;             // somebody interrupted while modules were looked for
    struct owner owner;       // that was found last
    uint64_t unread;          // bytes that could not be read meanwhile: see ms_image_unread()
};

// Of the image that the view is open on. The modules of a space are looked for when its first hit
// comes, and its pool when the first one comes that is in none of them. False after an error
// message. Released also on failure.
bool attribution_open(struct attribution *attribution, const struct view *view,
                      const char *image_name, const struct ms_modules_options *options);
void attribution_release(struct attribution *attribution);

// The modules of a space; NULL: there are none, after an error message if that is one; or
// attribution->stopped.
const struct ms_modules *attribution_modules(struct attribution *attribution, size_t space);

const struct owner *attribution_look_up(struct attribution *attribution, size_t space,
                                        uint64_t address);

// Whose an address is; NULL: nobody's, as far as is known. Valid until the next call. Costs next
// to nothing where there are no modules.
static inline const struct owner *attribution_find(struct attribution *attribution, size_t space,
                                                   uint64_t address)
{
    return attribution->spaces != NULL ? attribution_look_up(attribution, space, address) : NULL;
}

// The last address, from the given one on, that is of the same module and section, or of the same
// block: where folding ends. Of what is in neither, blocks of less than a page need no end in front
// of them: none begins like what is before it.
uint64_t attribution_fold_end(struct attribution *attribution, size_t space, uint64_t address);

#endif
