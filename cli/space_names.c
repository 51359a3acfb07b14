// SPDX-License-Identifier: MIT
//
// Each kind of name is a line of the table `forms`.

#include "space_names.h"

#include <memscan/memscan.h>
#include <stdio.h>
#include <string.h>

// What a terminal would not print is no name of anything.
static bool is_text(const char *text)
{
    size_t length = strlen(text), i = 0;

    while (i < length && (unsigned char)text[i] >= ' ' && text[i] != 0x7f)
        i++;
    return length > 0 && i == length;
}

static bool is_address(const char *text)
{
    uint64_t address;

    return ms_address_parse(text, &address, NULL, NULL) == MS_OK;
}

static const struct {
    const char *name;
    bool (*is_rest)(const char *text); // of what follows a colon; NULL: nothing does
} forms[] = {
    {"physical", NULL}, {"kernel", NULL},     {"unmapped", NULL},   {"root", is_address},
    {"user", NULL},     {"process", is_text}, {"session", is_text},
};

static bool is_name(const char *name)
{
    size_t length = strcspn(name, ":");

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (strlen(forms[i].name) != length || strncmp(forms[i].name, name, length) != 0)
            continue;
        if (forms[i].is_rest == NULL)
            return name[length] == '\0';
        return name[length] == ':' && forms[i].is_rest(name + length + 1);
    }
    return false;
}

const char *space_names_check(const char *list, char *room, size_t room_bytes)
{
    char name[SPACE_NAME_ROOM];
    bool too_long;

    do {
        too_long = strcspn(list, ",") >= sizeof(name);
        list = space_names_next(list, name);
        if (too_long || !is_name(name)) {
            snprintf(
                room, room_bytes,
                "\"%s%s\": physical, kernel, unmapped, process:PID, process:NAME, session:N or "
                "root:ADDR is expected",
                name, too_long ? "..." : "");
            return room;
        }
    } while (list != NULL);
    return NULL;
}

const char *space_names_next(const char *list, char *name)
{
    size_t length = strcspn(list, ",");

    snprintf(name, SPACE_NAME_ROOM, "%.*s",
             (int)(length < SPACE_NAME_ROOM ? length : SPACE_NAME_ROOM), list);
    return list[length] == ',' ? list + length + 1 : NULL;
}

// Both have the same word and a colon in front.
static bool addresses_equal(const char *a, const char *b)
{
    uint64_t address_a, address_b;
    size_t length = strcspn(a, ":");

    return a[length] == ':' && strncmp(a, b, length + 1) == 0 &&
           ms_address_parse(a + length + 1, &address_a, NULL, NULL) == MS_OK &&
           ms_address_parse(b + length + 1, &address_b, NULL, NULL) == MS_OK &&
           address_a == address_b;
}

bool space_name_equal(const char *name, const char *text, size_t length)
{
    char copy[SPACE_NAME_ROOM];

    if (length >= sizeof(copy))
        return false;
    snprintf(copy, sizeof(copy), "%.*s", (int)length, text);
    return strcmp(name, copy) == 0 || addresses_equal(name, copy);
}
