// SPDX-License-Identifier: MIT
//
// Driver objects for programs: JSON has an object for each, with what leaves its image; CSV a row
// for each pointer.

#include "drivers_view.h"

#include "json.h"
#include <string.h>

#define N_OWN_COLUMNS 19

const struct columns driver_columns = {
    .type = "driver",
    .count = N_OWN_COLUMNS + N_POOL_OWNER_COLUMNS,
    .names = {"image",  "space",        "address",      "name",       "source",
              "freed",  "hidden",       "module",       "kind",       "index",
              "slot",   "at",           "value",        "place",      "hooked",
              "target", "target_value", "target_place", "trampoline", POOL_OWNER_COLUMNS},
};

// == JSON ==

static const char *first_source(unsigned sources)
{
    return ms_driver_source_name(sources & MS_DRIVER_LIST ? 0 : 1);
}

static void json_value(struct output *out, uint64_t address, bool first)
{
    if (!first)
        output_char(out, ',');
    output_char(out, '"');
    output_hex(out, address);
    output_char(out, '"');
}

static void json_values(struct output *out, const char *name, const uint64_t *values, size_t n)
{
    json_key(out, name);
    output_char(out, '[');
    for (size_t i = 0; i < n; i++)
        json_value(out, values[i], i == 0);
    output_char(out, ']');
}

// Members for what is not 0, or not "".
static void json_known_address(struct output *out, const char *name, uint64_t address)
{
    if (address != 0)
        json_address(out, name, address);
}

static void json_known_text(struct output *out, const char *name, const char *text)
{
    if (text[0] != '\0')
        json_text(out, name, text);
}

static void json_trampoline(struct drivers_view *view, const struct ms_driver_pointer *pointer)
{
    struct output *out = &view->listing->out;
    char text[MS_TRAMPOLINE_TEXT];

    ms_drivers_trampoline_text(view->drivers, pointer->value, text);
    json_text(out, "trampoline", text);
    json_address(out, "target_value", pointer->target);
    json_text(out, "target_place", ms_driver_place_name(pointer->target_place));
    json_known_address(out, "through", pointer->through);
}

static void json_pointer(struct drivers_view *view, const struct ms_driver_pointer *pointer)
{
    struct output *out = &view->listing->out;
    char name[SYMBOL_NAME_ROOM];
    struct ms_pool_info block;

    format_driver_target(view, pointer->target, pointer->target_module, name);
    output_text(out, "{\"slot\":");
    output_json_text(out, pointer->slot);
    json_text(out, "kind", ms_driver_slot_kind_name(pointer->kind));
    json_address(out, "at", pointer->at);
    json_address(out, "value", pointer->value);
    json_text(out, "place", ms_driver_place_name(pointer->place));
    json_known_text(out, "target", name);
    if (pointer->has_trampoline)
        json_trampoline(view, pointer);
    if (pointer->place == MS_DRIVER_MEMORY && find_driver_block(view, pointer->value, &block))
        json_pool_owner(out, &block, pointer->value);
    if (pointer->hooked)
        json_true(out, "hooked");
    output_char(out, '}');
}

static void json_outside(struct drivers_view *view, const struct ms_driver_info *info)
{
    struct output *out = &view->listing->out;
    bool any = false;

    json_key(out, "outside");
    output_char(out, '[');
    for (size_t i = 0; i < info->n_pointers; i++) {
        if (!pointer_is_told(view->listing->settings, &info->pointers[i]))
            continue;
        if (any)
            output_char(out, ',');
        any = true;
        json_pointer(view, &info->pointers[i]);
    }
    output_char(out, ']');
}

// {"DriverUnload":"0x..."}: the slots of a kind that are not 0.
static void json_slots(struct output *out, const struct ms_driver_info *info, const char *name,
                       enum ms_driver_slot_kind kind)
{
    bool any = false;

    json_key(out, name);
    output_char(out, '{');
    for (size_t i = 0; i < info->n_pointers; i++) {
        if (info->pointers[i].kind != kind)
            continue;
        if (any)
            output_char(out, ',');
        any = true;
        output_json_text(out, info->pointers[i].slot);
        output_char(out, ':');
        json_value(out, info->pointers[i].value, true);
    }
    output_char(out, '}');
}

static void json_clients(struct output *out, const struct ms_driver_info *info)
{
    json_key(out, "extensions");
    output_char(out, '[');
    for (size_t i = 0; i < info->n_clients; i++) {
        output_text(out, i == 0 ? "{\"id\":" : ",{\"id\":");
        json_value(out, info->clients[i].id, true);
        json_address(out, "address", info->clients[i].address);
        output_char(out, '}');
    }
    output_char(out, ']');
}

static void json_image(struct drivers_view *view, const struct ms_driver_info *info)
{
    struct output *out = &view->listing->out;

    if (info->start != 0) {
        json_address(out, "start", info->start);
        json_number(out, "size", info->size);
    }
    json_known_text(out, "module", driver_module_name(view, info));
    json_known_address(out, "section", info->section);
}

static void json_state(struct output *out, const struct ms_driver_info *info)
{
    char sources[DRIVER_SOURCES_ROOM];

    format_driver_sources(sources, info->sources);
    json_text(out, "source", first_source(info->sources));
    json_text(out, "sources", sources);
    if (info->freed)
        json_true(out, "freed");
    if (info->hidden)
        json_true(out, "hidden");
}

void driver_print_json(struct drivers_view *view, const struct ms_driver_info *info)
{
    struct output *out = &view->listing->out;

    output_text(out, "{\"type\":\"driver\"");
    json_text(out, "image", view->listing->opened.path);
    json_text(out, "space", view_space(&view->listing->view, view->space).name);
    json_address(out, "address", info->address);
    json_known_text(out, "name", info->name);
    if (strcmp(info->name, info->object_name) != 0)
        json_known_text(out, "object_name", info->object_name);
    json_known_text(out, "service", info->service);
    json_state(out, info);
    json_image(view, info);
    json_address(out, "flags", info->flags);
    json_known_address(out, "extension", info->extension);
    json_known_address(out, "fast_io", info->fast_io);
    json_values(out, "devices", info->devices, info->n_devices);
    json_clients(out, info);
    json_slots(out, info, "routines", MS_DRIVER_ROUTINE);
    json_values(out, "majors", info->majors, MS_DRIVER_N_MAJORS);
    json_slots(out, info, "fast_io_routines", MS_DRIVER_FAST_IO);
    json_outside(view, info);
    json_number(out, "hooked", info->n_hooked);
    output_text(out, "}\n");
}

// == CSV ==

static void pool_fields(struct drivers_view *view, const struct ms_driver_pointer *pointer,
                        struct field fields[N_POOL_OWNER_COLUMNS], char tag[TAG_CHARACTERS + 1])
{
    struct ms_pool_info block;

    for (size_t i = 0; i < N_POOL_OWNER_COLUMNS; i++)
        fields[i] = field_none();
    if (pointer->place == MS_DRIVER_MEMORY && find_driver_block(view, pointer->value, &block))
        pool_owner_fields(fields, format_tag(tag, block.tag), &block, pointer->value);
}

static void print_pointer_row(struct drivers_view *view, const struct ms_driver_info *info,
                              const struct ms_driver_pointer *pointer)
{
    char name[SYMBOL_NAME_ROOM], tag[TAG_CHARACTERS + 1], text[MS_TRAMPOLINE_TEXT] = "";
    struct field fields[N_OWN_COLUMNS + N_POOL_OWNER_COLUMNS] = {
        field_text(view->listing->opened.path),
        field_text(view_space(&view->listing->view, view->space).name),
        field_address(info->address),
        field_known(info->name),
        field_text(first_source(info->sources)),
        field_flag(info->freed),
        field_flag(info->hidden),
        field_known(driver_module_name(view, info)),
        field_text(ms_driver_slot_kind_name(pointer->kind)),
        field_number(pointer->index),
        field_text(pointer->slot),
        field_address(pointer->at),
        field_address(pointer->value),
        field_text(ms_driver_place_name(pointer->place)),
        field_flag(pointer->hooked),
    };

    format_driver_target(view, pointer->target, pointer->target_module, name);
    if (pointer->has_trampoline)
        ms_drivers_trampoline_text(view->drivers, pointer->value, text);
    fields[15] = field_known(name);
    fields[16] = field_address(pointer->target);
    fields[17] = field_text(ms_driver_place_name(pointer->target_place));
    fields[18] = field_known(text);
    pool_fields(view, pointer, fields + N_OWN_COLUMNS, tag);
    listing_print_row(view->listing, fields);
}

void driver_print_rows(struct drivers_view *view, const struct ms_driver_info *info)
{
    for (size_t i = 0; i < info->n_pointers; i++)
        if (!view->listing->settings->hooked || info->pointers[i].hooked)
            print_pointer_row(view, info, &info->pointers[i]);
}
