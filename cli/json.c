// SPDX-License-Identifier: MIT
//
// Names of members are ours and need no escapes; texts are anybody's.

#include "json.h"

#include "escape.h"

void json_key(struct output *out, const char *name)
{
    output_text(out, ",\"");
    output_text(out, name);
    output_text(out, "\":");
}

void json_text(struct output *out, const char *name, const char *text)
{
    json_key(out, name);
    output_json_text(out, text);
}

void json_number(struct output *out, const char *name, uint64_t number)
{
    json_key(out, name);
    output_decimal(out, number);
}

void json_address(struct output *out, const char *name, uint64_t address)
{
    json_key(out, name);
    output_char(out, '"');
    output_hex(out, address);
    output_char(out, '"');
}
