// SPDX-License-Identifier: MIT
//
// Rows of fields for programs, as JSON Lines or CSV. A command has one table of columns for both;
// its lines of text are its own.

#ifndef CLI_FIELDS_H
#define CLI_FIELDS_H

#include "output.h"
#include "settings.h"

enum field_kind {
    FIELD_NONE, // left out of an object, empty in CSV
    FIELD_TEXT,
    FIELD_NUMBER,
    FIELD_ADDRESS,
    FIELD_TRUE, // what does not hold is FIELD_NONE
};

struct field {
    enum field_kind kind;
    uint64_t number;
    const char *text;
};

static inline struct field field_none(void)
{
    return (struct field){FIELD_NONE, 0, NULL};
}

static inline struct field field_text(const char *text)
{
    return (struct field){FIELD_TEXT, 0, text};
}

// "": none.
static inline struct field field_known(const char *text)
{
    return text[0] != '\0' ? field_text(text) : field_none();
}

static inline struct field field_number(uint64_t number)
{
    return (struct field){FIELD_NUMBER, number, NULL};
}

static inline struct field field_address(uint64_t address)
{
    return (struct field){FIELD_ADDRESS, address, NULL};
}

static inline struct field field_flag(bool holds)
{
    return (struct field){holds ? FIELD_TRUE : FIELD_NONE, 0, NULL};
}

// What rows consist of. The names serve as members and as the header of CSV.
struct columns {
    const char *type; // of the objects
    size_t count;
    const char *names[32];
};

// Prints the header, if the format is CSV.
void fields_header(struct output *out, enum output_format format, const struct columns *columns);

// Prints a row of columns->count fields; the format is jsonl or csv.
void fields_row(struct output *out, enum output_format format, const struct columns *columns,
                const struct field *fields);

// Prints one as a member of an object that the caller has begun.
void fields_json_member(struct output *out, const char *name, const struct field *field);

#endif
