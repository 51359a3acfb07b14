// SPDX-License-Identifier: MIT
//
// Whose an address is: the one place that finds it out and writes it, for all commands that tell
// owners.
//
// Names in modules are bytes of strangers. As a symbol they are written in the same way in all
// formats: what is not printable ASCII as \xNN, and of a very long name the end as "...".

#ifndef CLI_OWNER_H
#define CLI_OWNER_H

#include "pool_owner.h"
#include <memscan/imports.h>

// Room for "nt!" and the longest name that is printed.
#define SYMBOL_NAME_ROOM 600

// "nt!SeTokenType": a symbol with its module in front, escaped; the end is a NUL.
void format_symbol(char room[SYMBOL_NAME_ROOM], const char *module, const struct ms_symbol *symbol);

// "nt+0x1040": an address in a module.
void format_offset(char room[SYMBOL_NAME_ROOM], const char *module, uint64_t offset);

enum owner_kind {
    OWNER_NONE,   // nobody's that is known; the rest means nothing
    OWNER_MODULE, // a module's
    OWNER_BLOCK,  // a block's of pool
};

// Whose an address is.
struct owner {
    enum owner_kind kind;

    // OWNER_MODULE
    struct ms_module_info module;
    struct ms_near near;
    char symbol[SYMBOL_NAME_ROOM]; // "nt!SeTokenType"; "" if there is none
    const struct ms_import *slot;  // that the address lies in; NULL: none
    char import[SYMBOL_NAME_ROOM]; // what it asks for, else what it holds; "" if nothing tells

    // OWNER_BLOCK
    struct ms_pool_info block;
    unsigned address_bits; // as wide as its address is written
    char tag[TAG_CHARACTERS + 1];
};

// The module that an address lies in; else the kind is OWNER_NONE. MS_NOMEM.
enum ms_status owner_find(const struct ms_modules *modules, uint64_t address,
                          struct owner *owner_ret, struct ms_error *error);

// The block of pool; else OWNER_NONE. NULL for a pool: there is none.
void owner_find_block(struct ms_pool *pool, uint64_t address, unsigned address_bits,
                      struct owner *owner_ret);

// == Writing ==

// "nt+0x2a0c8c0 .text": in a module
void print_owner_place(struct output *out, const struct owner *owner);

// "nt+0x2a0c8c0 .text, nt!SeTokenType+0x3d", "disk+0x5008 .rdata, import nt!SeTokenType",
// "paged pool, tag Se  , block ffffe000`01234560+0x18 of 0x50 (free)"
void print_owner(struct output *out, const struct owner *owner, uint64_t address);

// Members of a JSON object:
// ,"module":{...},"import":{...},"symbol":{...},"same_function":false
// ,"pool":{...}
void json_owner(struct output *out, const struct owner *owner, uint64_t address);

// ,"KEY":{"name":"nt!SeTokenType","MEMBER":"0xfffff80002a0c8c0"
// with the brace that ends the object.
void json_symbol(struct output *out, const char *key, const char *name, const char *member,
                 uint64_t value);

// Columns of CSV, and their fields: those of modules, then those of pool.
#define MODULE_COLUMNS                                                                             \
    "module", "module_offset", "section", "symbol", "symbol_offset", "import", "same_function"
#define N_MODULE_COLUMNS 7
#define OWNER_COLUMNS    MODULE_COLUMNS, POOL_OWNER_COLUMNS
#define N_OWNER_COLUMNS  (N_MODULE_COLUMNS + N_POOL_OWNER_COLUMNS)
void owner_fields(struct field fields[N_OWNER_COLUMNS], const struct owner *owner,
                  uint64_t address);

#endif
