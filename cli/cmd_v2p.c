// SPDX-License-Identifier: MIT
//
// memscan v2p: what virtual addresses stand for. Each space is walked once, past all of the
// addresses by their size; rows come in the order in which the addresses were given.

#include "listing.h"

#include "address_list.h"
#include "message.h"
#include <stdlib.h>
#include <string.h>

static const struct columns columns = {
    .type = "v2p",
    .count = 6,
    .names = {"image", "space", "address", "physical", "state", "flags"},
};

// What a space has at an address.
struct translation {
    uint64_t address;
    uint64_t physical;
    unsigned flags;
    bool mapped;
    enum ms_mapping_state state;
};

// One space after the other.
struct v2p {
    const struct address_list *addresses;
    struct translation *items; // in the order of the command line
    struct listing *listing;
    size_t space;
    size_t n_done; // of the sorted addresses
};

static int translate(void *user, const struct ms_mapping_info *mapping)
{
    struct v2p *v2p = user;
    const struct address_list *addresses = v2p->addresses;

    for (; v2p->n_done < addresses->count; v2p->n_done++) {
        const struct listed_address *next = &addresses->items[v2p->n_done];
        struct translation *item = &v2p->items[next->index];

        if (next->address > mapping->last)
            break;
        if (next->address < mapping->first)
            continue;
        item->mapped = true;
        item->state = mapping->state;
        item->flags = mapping->flags;
        item->physical = mapping->physical + (next->address - mapping->first);
    }
    return listing_stops(v2p->listing, v2p->space, mapping->first);
}

static bool has_physical(const struct translation *item)
{
    return item->mapped && (item->state == MS_MAPPED_PRESENT || item->state == MS_MAPPED_ABSENT);
}

static const char *state_name(const struct translation *item)
{
    return item->mapped ? ms_mapping_state_name(item->state) : "unmapped";
}

static void print_text(const struct v2p *v2p, const struct translation *item, const char *flags)
{
    struct output *out = &v2p->listing->out;

    listing_print_address(v2p->listing, v2p->space, item->address);
    output_text(out, "  ");
    if (has_physical(item)) {
        listing_print_physical(v2p->listing, item->physical);
        output_text(out, "  ");
    }
    if (item->mapped) {
        output_text(out, flags);
        output_text(out, "  ");
    }
    output_text(out, state_name(item));
    output_char(out, '\n');
}

static void print_fields(const struct v2p *v2p, const struct translation *item, const char *flags)
{
    const struct field fields[] = {
        field_text(v2p->listing->opened.path),
        field_text(view_space(&v2p->listing->view, v2p->space).name),
        field_address(item->address),
        has_physical(item) ? field_address(item->physical) : field_none(),
        field_text(state_name(item)),
        item->mapped ? field_text(flags) : field_none(),
    };

    listing_print_row(v2p->listing, fields);
}

static void print_translations(const struct v2p *v2p)
{
    for (size_t i = 0; i < v2p->addresses->count; i++) {
        const struct translation *item = &v2p->items[i];
        char flags[PAGE_FLAGS_LENGTH + 1];

        *format_page_flags(flags, item->flags) = '\0';
        if (v2p->listing->settings->format == FORMAT_TEXT)
            print_text(v2p, item, flags);
        else
            print_fields(v2p, item, flags);
        if (has_physical(item))
            v2p->listing->outcome.found = true;
    }
}

static bool list_space(struct listing *listing, size_t space)
{
    struct v2p *v2p = listing->lister->user;
    const struct address_list *addresses = v2p->addresses;
    struct ms_range range;

    if (addresses->count == 0)
        return true;
    v2p->listing = listing;
    v2p->space = space;
    v2p->n_done = 0;
    for (size_t i = 0; i < addresses->count; i++)
        v2p->items[addresses->items[i].index] =
            (struct translation){.address = addresses->items[i].address};
    range = (struct ms_range){.first = addresses->items[0].address,
                              .last = addresses->items[addresses->count - 1].address};
    if (ms_spaces_visit(listing->opened.spaces, space, &range, translate, v2p) != 0)
        return false;
    print_translations(v2p);
    return true;
}

int command_v2p(const struct settings *settings)
{
    struct address_list addresses;
    struct v2p v2p = {.addresses = &addresses};
    const struct lister lister = {
        .columns = &columns,
        .choice = {.by_default = DEFAULT_KERNEL, .only_virtual = true},
        .list_space = list_space,
        .user = &v2p,
    };
    size_t n_addresses = settings->n_operands - 1;
    int status = EXIT_ERROR;

    if (settings->n_operands < 2) {
        message("v2p: addresses, or -, and an image are expected, as in memscan v2p 80521000 DUMP");
        return EXIT_ERROR;
    }
    if (address_list_read(&addresses, settings->operands, n_addresses, false)) {
        v2p.items = calloc(addresses.count + 1, sizeof(*v2p.items));
        if (v2p.items != NULL)
            status = listing_run(&lister, settings, settings->operands + n_addresses, 1);
        else
            message_no_memory();
    }
    free(v2p.items);
    address_list_release(&addresses);
    return status;
}
