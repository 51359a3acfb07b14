// SPDX-License-Identifier: MIT
//
// memscan near: whose addresses are, in the order in which they were given.

#include "address_list.h"
#include "escape.h"
#include "json.h"
#include "message.h"
#include "modules_open.h"
#include "owner.h"
#include <stdlib.h>

#define N_PLACE_COLUMNS 3
#define N_NEXT_COLUMNS  2

static const struct columns columns = {
    .type = "near",
    .count = N_PLACE_COLUMNS + N_OWNER_COLUMNS + N_NEXT_COLUMNS,
    .names = {"image", "space", "address", OWNER_COLUMNS, "next", "next_address"},
};

// What addresses are looked up in.
struct lookup {
    size_t space;
    const struct ms_modules *modules;
    struct ms_pool *pool; // NULL: it cannot be told, or was not asked for
    bool pool_looked_for;
};

// An address, and what is known of it.
struct place {
    uint64_t address;
    struct owner owner;
    char next[SYMBOL_NAME_ROOM]; // the first symbol above it; "" if there is none
};

struct near_list {
    struct address_list addresses;
    uint64_t *in_order;
};

// == Text ==

// "(fffff800`02a0c8c0)   nt!SeX+0x3d"
static void print_place(struct listing *listing, size_t space, uint64_t address, const char *name,
                        uint64_t offset)
{
    struct output *out = &listing->out;

    output_char(out, '(');
    listing_print_address(listing, space, address);
    output_text(out, ")   ");
    output_text(out, name);
    if (offset > 0) {
        output_char(out, '+');
        output_hex(out, offset);
    }
}

// What ln does not say: where in the module, and whose function it really is.
static void print_remarks(struct output *out, const struct place *place)
{
    const struct ms_near *near = &place->owner.near;

    if (near->symbol != NULL) {
        output_text(out, "   ");
        print_owner_place(out, &place->owner);
    } else if (near->section[0] != '\0') {
        output_text(out, "   ");
        output_text(out, near->section);
    }
    if (near->same_function == MS_FUNCTION_OTHER)
        output_text(out, ", another function");
    if (place->owner.import[0] != '\0') {
        output_text(out, ", import ");
        output_text(out, place->owner.import);
    }
}

static void print_exact(struct listing *listing, const struct place *place)
{
    const struct ms_near *near = &place->owner.near;
    char name[SYMBOL_NAME_ROOM];

    if (near->symbol == NULL || near->symbol->address != place->address)
        return;
    output_text(&listing->out, "Exact matches:\n");
    for (size_t i = 0; i < near->n_same; i++) {
        format_symbol(name, place->owner.module.name, &near->symbol[i]);
        output_text(&listing->out, "    ");
        output_text(&listing->out, name);
        output_text(&listing->out, " (<no parameter info>)\n");
    }
}

static void print_text(struct listing *listing, size_t space, const struct place *place)
{
    const struct ms_near *near = &place->owner.near;
    struct output *out = &listing->out;

    if (place->owner.kind != OWNER_MODULE) {
        print_place(listing, space, place->address,
                    place->owner.kind == OWNER_NONE ? "no module" : "", 0);
        print_owner(out, &place->owner, place->address);
        output_char(out, '\n');
        return;
    }
    if (near->symbol != NULL)
        print_place(listing, space, place->address, place->owner.symbol,
                    place->address - near->symbol->address);
    else
        print_place(listing, space, place->address, place->owner.module.name, near->offset);
    if (near->next != NULL) {
        output_text(out, "   |  ");
        print_place(listing, space, near->next->address, place->next, 0);
    }
    print_remarks(out, place);
    output_char(out, '\n');
    print_exact(listing, place);
}

// == For programs ==

static void print_json_function(struct output *out, const struct ms_near *near)
{
    json_key(out, "function");
    output_text(out, "{\"start\":\"");
    output_hex(out, near->function_start);
    output_text(out, "\",\"end\":\"");
    output_hex(out, near->function_end);
    output_text(out, "\"}");
}

static void print_json(struct listing *listing, size_t space, const struct place *place)
{
    const struct ms_near *near = &place->owner.near;
    struct output *out = &listing->out;

    output_text(out, "{\"type\":\"near\"");
    json_text(out, "image", listing->opened.path);
    json_text(out, "space", view_space(&listing->view, space).name);
    json_address(out, "address", place->address);
    json_owner(out, &place->owner, place->address);
    if (place->owner.kind == OWNER_MODULE && near->next != NULL)
        json_symbol(out, "next", place->next, "address", near->next->address);
    if (place->owner.kind == OWNER_MODULE && near->function_end != 0)
        print_json_function(out, near);
    output_text(out, "}\n");
}

static void print_csv(struct listing *listing, size_t space, const struct place *place)
{
    const struct ms_near *near = &place->owner.near;
    struct field fields[N_PLACE_COLUMNS + N_OWNER_COLUMNS + N_NEXT_COLUMNS] = {
        field_text(listing->opened.path),
        field_text(view_space(&listing->view, space).name),
        field_address(place->address),
    };
    struct field *next = fields + N_PLACE_COLUMNS + N_OWNER_COLUMNS;

    owner_fields(fields + N_PLACE_COLUMNS, &place->owner, place->address);
    if (place->owner.kind == OWNER_MODULE && near->next != NULL) {
        next[0] = field_text(place->next);
        next[1] = field_address(near->next->address);
    }
    listing_print_row(listing, fields);
}

// == The command ==

static void look_for_block(struct lookup *lookup, const struct listing *listing,
                           struct place *place)
{
    unsigned bits = view_space(&listing->view, lookup->space).address_bits;

    if (!lookup->pool_looked_for && ms_pool_create(lookup->modules, &lookup->pool, NULL) != MS_OK)
        lookup->pool = NULL;
    lookup->pool_looked_for = true;
    owner_find_block(lookup->pool, place->address, bits, &place->owner);
}

static bool look_up(struct listing *listing, struct lookup *lookup, struct place *place)
{
    struct owner *owner = &place->owner;
    struct ms_error error = {0};

    if (owner_find(lookup->modules, place->address, owner, &error) != MS_OK) {
        message_error(listing->opened.path, &error);
        listing->outcome.error = true;
        return false;
    }
    if (owner->kind == OWNER_NONE)
        look_for_block(lookup, listing, place);
    if (owner->kind == OWNER_MODULE && owner->near.next != NULL)
        format_symbol(place->next, owner->module.name, owner->near.next);
    if (owner->kind != OWNER_NONE)
        listing->outcome.found = true;
    return true;
}

static bool list_places(struct listing *listing, struct lookup *lookup)
{
    static void (*const prints[N_FORMATS])(struct listing *, size_t, const struct place *) = {
        [FORMAT_TEXT] = print_text, [FORMAT_JSONL] = print_json, [FORMAT_CSV] = print_csv};
    const struct near_list *list = listing->lister->user;

    for (size_t i = 0; i < list->addresses.count; i++) {
        struct place place = {.address = list->in_order[i]};

        if (listing_stops(listing, lookup->space, place.address) ||
            !look_up(listing, lookup, &place))
            return false;
        prints[listing->settings->format](listing, lookup->space, &place);
    }
    return true;
}

static bool list_space(struct listing *listing, size_t space)
{
    struct ms_modules *modules = modules_open(listing, space);
    struct lookup lookup = {.space = space, .modules = modules};
    bool go_on = modules == NULL || list_places(listing, &lookup);

    ms_pool_free(lookup.pool);
    modules_close(listing, modules);
    return go_on;
}

static bool read_list(struct near_list *list, const struct settings *settings, size_t n_operands)
{
    if (!address_list_read(&list->addresses, settings->operands, n_operands, false))
        return false;
    list->in_order = calloc(list->addresses.count + 1, sizeof(*list->in_order));
    if (list->in_order == NULL) {
        message_no_memory();
        return false;
    }
    for (size_t i = 0; i < list->addresses.count; i++)
        list->in_order[list->addresses.items[i].index] = list->addresses.items[i].address;
    return true;
}

int command_near(const struct settings *settings)
{
    struct near_list list = {0};
    const struct lister lister = {
        .columns = &columns,
        .choice = {.by_default = DEFAULT_KERNEL, .only_virtual = true},
        .list_space = list_space,
        .user = &list,
    };
    size_t n_addresses = settings->n_operands - 1;
    int status = EXIT_ERROR;

    if (settings->n_operands < 2) {
        message("near: addresses, or -, and an image are expected, as in memscan near 80521000 "
                "DUMP");
        return EXIT_ERROR;
    }
    if (read_list(&list, settings, n_addresses))
        status = listing_run(&lister, settings, settings->operands + n_addresses, 1);
    free(list.in_order);
    address_list_release(&list.addresses);
    return status;
}
