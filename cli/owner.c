// SPDX-License-Identifier: MIT

#include "owner.h"

#include "escape.h"
#include "json.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// Of each of the two names in a symbol.
#define NAME_BYTES 280

// == Names ==

void format_symbol(char room[SYMBOL_NAME_ROOM], const char *module, const struct ms_symbol *symbol)
{
    char *at = format_ascii(room, module, strlen(module), NAME_BYTES);

    *at++ = '!';
    at = format_ascii(at, symbol->name, symbol->length, NAME_BYTES);
    *at = '\0';
}

void format_offset(char room[SYMBOL_NAME_ROOM], const char *module, uint64_t offset)
{
    char *at = format_ascii(room, module, strlen(module), NAME_BYTES);

    snprintf(at, 32, "+0x%" PRIx64, offset);
}

// == Finding ==

// A slot is named by what its module asks for; where that is gone, by what it points to.
static void name_import(const struct ms_modules *modules, struct owner *owner)
{
    const struct ms_import *slot = owner->slot;

    owner->import[0] = '\0';
    if (slot != NULL && slot->asked != NULL) {
        struct ms_symbol asked = {.name = slot->asked, .length = slot->asked_length};

        format_symbol(owner->import, slot->asked_module, &asked);
    } else if (slot != NULL && slot->symbol != NULL) {
        format_symbol(owner->import, ms_modules_info(modules, slot->module).name, slot->symbol);
    }
}

enum ms_status owner_find(const struct ms_modules *modules, uint64_t address,
                          struct owner *owner_ret, struct ms_error *error)
{
    struct ms_near *near = &owner_ret->near;
    enum ms_status status = ms_modules_near(modules, address, near, error);

    owner_ret->kind = OWNER_NONE;
    if (status != MS_OK || near->module == MS_NO_MODULE)
        return status;
    status = ms_modules_import_at(modules, address, &owner_ret->slot, error);
    if (status != MS_OK)
        return status;
    owner_ret->module = ms_modules_info(modules, near->module);
    name_import(modules, owner_ret);
    owner_ret->symbol[0] = '\0';
    if (near->symbol != NULL)
        format_symbol(owner_ret->symbol, owner_ret->module.name, near->symbol);
    owner_ret->kind = OWNER_MODULE;
    return MS_OK;
}

void owner_find_block(struct ms_pool *pool, uint64_t address, unsigned address_bits,
                      struct owner *owner_ret)
{
    owner_ret->kind = OWNER_NONE;
    if (pool == NULL || !ms_pool_at(pool, address, &owner_ret->block))
        return;
    owner_ret->kind = OWNER_BLOCK;
    owner_ret->address_bits = address_bits;
    format_tag(owner_ret->tag, owner_ret->block.tag);
}

// == Text ==

static void print_offset(struct output *out, uint64_t offset)
{
    if (offset == 0)
        return;
    output_char(out, '+');
    output_hex(out, offset);
}

void print_owner_place(struct output *out, const struct owner *owner)
{
    output_text(out, owner->module.name);
    print_offset(out, owner->near.offset);
    if (owner->near.section[0] != '\0') {
        output_char(out, ' ');
        output_text(out, owner->near.section);
    }
}

static void print_in_module(struct output *out, const struct owner *owner, uint64_t address)
{
    const struct ms_near *near = &owner->near;

    print_owner_place(out, owner);
    if (owner->import[0] != '\0') {
        output_text(out, ", import ");
        output_text(out, owner->import);
        return; // how far an export is says nothing of a slot
    }
    if (near->symbol == NULL)
        return;
    output_text(out, ", ");
    output_text(out, owner->symbol);
    print_offset(out, address - near->symbol->address);
    if (near->same_function == MS_FUNCTION_OTHER)
        output_text(out, " (another function)");
}

void print_owner(struct output *out, const struct owner *owner, uint64_t address)
{
    if (owner->kind == OWNER_MODULE)
        print_in_module(out, owner, address);
    else if (owner->kind == OWNER_BLOCK)
        print_pool_owner(out, &owner->block, owner->address_bits, address);
}

// == For programs ==

// "": not known.
static const char *same_function(const struct ms_near *near)
{
    static const char *const texts[] = {
        [MS_FUNCTION_UNKNOWN] = "",
        [MS_FUNCTION_SAME] = "true",
        [MS_FUNCTION_OTHER] = "false",
    };

    return texts[near->same_function];
}

void json_symbol(struct output *out, const char *key, const char *name, const char *member,
                 uint64_t value)
{
    json_key(out, key);
    output_text(out, "{\"name\":");
    output_json_text(out, name);
    json_address(out, member, value);
    output_char(out, '}');
}

static void json_module(struct output *out, const struct owner *owner)
{
    output_text(out, ",\"module\":{\"name\":");
    output_json_text(out, owner->module.name);
    json_address(out, "base", owner->module.base);
    json_address(out, "offset", owner->near.offset);
    if (owner->near.section[0] != '\0')
        json_text(out, "section", owner->near.section);
    output_char(out, '}');
}

static void json_in_module(struct output *out, const struct owner *owner, uint64_t address)
{
    const struct ms_near *near = &owner->near;

    json_module(out, owner);
    if (owner->import[0] != '\0')
        json_symbol(out, "import", owner->import, "slot", owner->slot->slot);
    if (near->symbol == NULL)
        return;
    json_symbol(out, "symbol", owner->symbol, "offset", address - near->symbol->address);
    if (near->same_function != MS_FUNCTION_UNKNOWN) {
        json_key(out, "same_function");
        output_text(out, same_function(near));
    }
}

void json_owner(struct output *out, const struct owner *owner, uint64_t address)
{
    if (owner->kind == OWNER_MODULE)
        json_in_module(out, owner, address);
    else if (owner->kind == OWNER_BLOCK)
        json_pool_owner(out, &owner->block, address);
}

static void module_fields(struct field fields[N_MODULE_COLUMNS], const struct owner *owner,
                          uint64_t address)
{
    const struct ms_near *near = &owner->near;
    bool named = near->symbol != NULL;
    const struct field known[N_MODULE_COLUMNS] = {
        field_text(owner->module.name),
        field_address(near->offset),
        field_known(near->section),
        named ? field_text(owner->symbol) : field_none(),
        named ? field_address(address - near->symbol->address) : field_none(),
        field_known(owner->import),
        field_known(same_function(near)),
    };

    memcpy(fields, known, sizeof(known));
}

void owner_fields(struct field fields[N_OWNER_COLUMNS], const struct owner *owner, uint64_t address)
{
    for (size_t i = 0; i < N_OWNER_COLUMNS; i++)
        fields[i] = field_none();
    if (owner->kind == OWNER_MODULE)
        module_fields(fields, owner, address);
    else if (owner->kind == OWNER_BLOCK)
        pool_owner_fields(fields + N_MODULE_COLUMNS, owner->tag, &owner->block, address);
}
