// SPDX-License-Identifier: MIT
//
// memscan p2v: where physical addresses are mapped. A page may be mapped a million times, so rows
// are not kept: each space is walked once, and for each of its mappings those of the sorted
// addresses are looked up that lie in it.

#include "listing.h"

#include "address_list.h"
#include "message.h"
#include <stdlib.h>
#include <string.h>

static const struct columns columns = {
    .type = "p2v",
    .count = 6,
    .names = {"image", "physical", "space", "address", "state", "flags"},
};

struct p2v {
    struct address_list addresses; // none twice
    bool *mapped;                  // of each
    struct listing *listing;
    size_t space; // that is being walked
};

// == Rows ==

static void print_text(const struct p2v *p2v, uint64_t physical,
                       const struct ms_mapping_info *mapping, const char *flags)
{
    struct output *out = &p2v->listing->out;

    listing_print_physical(p2v->listing, physical);
    output_text(out, "  ");
    listing_print_address(p2v->listing, p2v->space,
                          mapping->first + (physical - mapping->physical));
    output_text(out, "  ");
    output_text(out, flags);
    output_text(out, "  ");
    output_text(out, ms_mapping_state_name(mapping->state));
    output_char(out, '\n');
}

static void print_fields(const struct p2v *p2v, uint64_t physical,
                         const struct ms_mapping_info *mapping, const char *flags)
{
    const struct field fields[] = {
        field_text(p2v->listing->opened.path),
        field_address(physical),
        field_text(view_space(&p2v->listing->view, p2v->space).name),
        field_address(mapping->first + (physical - mapping->physical)),
        field_text(ms_mapping_state_name(mapping->state)),
        field_text(flags),
    };

    listing_print_row(p2v->listing, fields);
}

static void print_unmapped(struct listing *listing, uint64_t physical)
{
    const struct field fields[] = {
        field_text(listing->opened.path),
        field_address(physical),
        field_none(),
        field_none(),
        field_text("unmapped"),
        field_none(),
    };

    if (listing->settings->format != FORMAT_TEXT) {
        listing_print_row(listing, fields);
        return;
    }
    listing_print_physical(listing, physical);
    output_text(&listing->out, "  unmapped\n");
}

// == A space ==

// The first of the sorted addresses that is not below `physical`.
static size_t find(const struct address_list *addresses, uint64_t physical)
{
    size_t low = 0, high = addresses->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (addresses->items[middle].address < physical)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int print_mapping(void *user, const struct ms_mapping_info *mapping)
{
    struct p2v *p2v = user;
    const struct address_list *addresses = &p2v->addresses;
    uint64_t last = mapping->physical + (mapping->last - mapping->first);
    char flags[PAGE_FLAGS_LENGTH + 1];

    if (listing_stops(p2v->listing, p2v->space, mapping->first))
        return 1;
    if (!mapping_has_physical(mapping))
        return 0;
    *format_page_flags(flags, mapping->flags) = '\0';
    for (size_t i = find(addresses, mapping->physical);
         i < addresses->count && addresses->items[i].address <= last; i++) {
        uint64_t physical = addresses->items[i].address;

        p2v->mapped[i] = true;
        if (p2v->listing->settings->format == FORMAT_TEXT)
            print_text(p2v, physical, mapping, flags);
        else
            print_fields(p2v, physical, mapping, flags);
        p2v->listing->outcome.found = true;
    }
    return 0;
}

static bool list_space(struct listing *listing, size_t space)
{
    static const struct ms_range everything = {.last = UINT64_MAX};
    struct p2v *p2v = listing->lister->user;

    p2v->listing = listing;
    p2v->space = space;
    return ms_spaces_visit(listing->opened.spaces, space, &everything, print_mapping, p2v) == 0;
}

static void finish(struct listing *listing)
{
    const struct p2v *p2v = listing->lister->user;

    for (size_t i = 0; i < p2v->addresses.count; i++)
        if (!p2v->mapped[i])
            print_unmapped(listing, p2v->addresses.items[i].address);
}

// == The command ==

static void drop_equals(struct address_list *addresses)
{
    size_t kept = 0;

    for (size_t i = 0; i < addresses->count; i++)
        if (kept == 0 || addresses->items[i].address != addresses->items[kept - 1].address)
            addresses->items[kept++] = addresses->items[i];
    addresses->count = kept;
}

int command_p2v(const struct settings *settings)
{
    struct p2v p2v = {0};
    const struct lister lister = {
        .columns = &columns,
        .choice = {.by_default = DEFAULT_KERNEL, .only_virtual = true},
        .list_space = list_space,
        .finish = finish,
        .user = &p2v,
    };
    size_t n_addresses = settings->n_operands - 1;
    int status = EXIT_ERROR;

    if (settings->n_operands < 2) {
        message("p2v: addresses, or -, and an image are expected, as in memscan p2v 1a2b038 DUMP");
        return EXIT_ERROR;
    }
    if (address_list_read(&p2v.addresses, settings->operands, n_addresses, true)) {
        drop_equals(&p2v.addresses);
        p2v.mapped = calloc(p2v.addresses.count + 1, sizeof(*p2v.mapped));
        if (p2v.mapped != NULL)
            status = listing_run(&lister, settings, settings->operands + n_addresses, 1);
        else
            message_no_memory();
    }
    free(p2v.mapped);
    address_list_release(&p2v.addresses);
    return status;
}
