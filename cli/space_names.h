// SPDX-License-Identifier: MIT
//
// The names of address spaces on the command line. Which of them an image has, only the library
// knows; what cannot be one in any image is refused before anything is opened.

#ifndef CLI_SPACE_NAMES_H
#define CLI_SPACE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

// Room for the longest name and the end of its string.
#define SPACE_NAME_ROOM 64

// Checks a list of names with commas between them. Returns NULL, or what is wrong: a text of its
// own or in `room`.
const char *space_names_check(const char *list, char *room, size_t room_bytes);

// Copies the first name of a list that was checked to `name`, SPACE_NAME_ROOM bytes. Returns the
// rest of the list; NULL: there is none.
const char *space_names_next(const char *list, char *name);

// Whether `length` characters at `text` mean the space of that name: "root:1000" is "root:0x1000".
bool space_name_equal(const char *name, const char *text, size_t length);

#endif
