// SPDX-License-Identifier: MIT
//
// The two formats differ in what is around the values, not in the values.

#include "fields.h"

#include "escape.h"
#include "json.h"
#include <string.h>

void fields_header(struct output *out, enum output_format format, const struct columns *columns)
{
    if (format != FORMAT_CSV)
        return;
    for (size_t i = 0; i < columns->count; i++) {
        if (i > 0)
            output_char(out, ',');
        output_text(out, columns->names[i]);
    }
    output_char(out, '\n');
}

void fields_json_member(struct output *out, const char *name, const struct field *field)
{
    if (field->kind == FIELD_TEXT)
        json_text(out, name, field->text);
    else if (field->kind == FIELD_NUMBER)
        json_number(out, name, field->number);
    else if (field->kind == FIELD_ADDRESS)
        json_address(out, name, field->number);
    else if (field->kind == FIELD_TRUE)
        json_true(out, name);
}

static void print_csv_field(struct output *out, const struct field *field)
{
    if (field->kind == FIELD_TEXT)
        output_csv_field(out, field->text, strlen(field->text));
    else if (field->kind == FIELD_NUMBER)
        output_decimal(out, field->number);
    else if (field->kind == FIELD_ADDRESS)
        output_hex(out, field->number);
    else if (field->kind == FIELD_TRUE)
        output_text(out, "true");
}

void fields_row(struct output *out, enum output_format format, const struct columns *columns,
                const struct field *fields)
{
    bool json = format == FORMAT_JSONL;

    if (json) {
        output_text(out, "{\"type\":");
        output_json_text(out, columns->type);
    }
    for (size_t i = 0; i < columns->count; i++) {
        if (json) {
            fields_json_member(out, columns->names[i], &fields[i]);
            continue;
        }
        if (i > 0)
            output_char(out, ',');
        print_csv_field(out, &fields[i]);
    }
    output_text(out, json ? "}\n" : "\n");
}
