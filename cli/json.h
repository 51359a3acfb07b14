// SPDX-License-Identifier: MIT
//
// Members of JSON objects, written straight to the output. An object is begun with output_text("{")
// and its first member; json_* put a comma in front of theirs.

#ifndef CLI_JSON_H
#define CLI_JSON_H

#include "output.h"

// ,"name":
void json_key(struct output *out, const char *name);

void json_text(struct output *out, const char *name, const char *text);
void json_number(struct output *out, const char *name, uint64_t number);

// Addresses are strings: "0x1000".
void json_address(struct output *out, const char *name, uint64_t address);

#endif
