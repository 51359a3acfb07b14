// SPDX-License-Identifier: MIT
//
// Members of JSON objects, written straight to the output. An object is begun with output_text("{")
// and its first member; json_* put a comma in front of theirs. Names of members are ours and need
// no escapes; texts are anybody's.

#ifndef CLI_JSON_H
#define CLI_JSON_H

#include "escape.h"

// ,"name":
static inline void json_key(struct output *out, const char *name)
{
    output_text(out, ",\"");
    output_text(out, name);
    output_text(out, "\":");
}

static inline void json_text(struct output *out, const char *name, const char *text)
{
    json_key(out, name);
    output_json_text(out, text);
}

static inline void json_number(struct output *out, const char *name, uint64_t number)
{
    json_key(out, name);
    output_decimal(out, number);
}

static inline void json_true(struct output *out, const char *name)
{
    json_key(out, name);
    output_text(out, "true");
}

// Addresses are strings: "0x1000".
static inline void json_address(struct output *out, const char *name, uint64_t address)
{
    json_key(out, name);
    output_char(out, '"');
    output_hex(out, address);
    output_char(out, '"');
}

#endif
