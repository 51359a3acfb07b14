// SPDX-License-Identifier: MIT
//
// Blank lines are passed over, and blanks around an address.

#include "address_list.h"

#include "message.h"
#include <errno.h>
#include <memscan/memscan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char blanks[] = " \t\r\n\v\f";

static bool append(struct address_list *list, uint64_t address)
{
    if (list->count == list->room) {
        size_t room = list->room > 0 ? 2 * list->room : 64;
        struct listed_address *items = reallocarray(list->items, room, sizeof(*items));

        if (items == NULL) {
            message_no_memory();
            return false;
        }
        list->items = items;
        list->room = room;
    }
    list->items[list->count] = (struct listed_address){address, list->count};
    list->count++;
    return true;
}

// `line` is 0 for an operand.
static bool add(struct address_list *list, const char *text, bool physical, size_t line)
{
    struct ms_error error = {0};
    uint64_t address;
    bool is_physical;

    if (ms_address_parse(text, &address, &is_physical, &error) == MS_OK) {
        if (!is_physical || physical)
            return append(list, address);
        snprintf(error.text, sizeof(error.text),
                 "address \"%.100s\": it is physical: memscan p2v takes those", text);
    }
    if (line > 0)
        message("standard input:%zu: %s", line, error.text);
    else
        message("%s", error.text);
    return false;
}

static bool add_line(struct address_list *list, char *text, size_t length, bool physical,
                     size_t line)
{
    char *start = text + strspn(text, blanks);
    char *end = text + length;

    if (strlen(text) != length) {
        message("standard input:%zu: address: a NUL is in the line", line);
        return false;
    }
    while (end > start && strchr(blanks, end[-1]) != NULL)
        end--;
    *end = '\0';
    return *start == '\0' || add(list, start, physical, line);
}

static bool add_stream(struct address_list *list, FILE *stream, bool physical)
{
    char *text = NULL;
    size_t room = 0, line = 0;
    ssize_t length;
    bool ok = true;

    errno = 0;
    while (ok && (length = getline(&text, &room, stream)) >= 0)
        ok = add_line(list, text, (size_t)length, physical, ++line);
    if (ok && !feof(stream)) {
        message("standard input: %s", strerror(errno));
        ok = false;
    }
    free(text);
    return ok;
}

static int compare(const void *a, const void *b)
{
    const struct listed_address *x = a, *y = b;

    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

bool address_list_add(struct address_list *list, const char *operand, bool physical)
{
    return strcmp(operand, "-") == 0 ? add_stream(list, stdin, physical)
                                     : add(list, operand, physical, 0);
}

void address_list_sort(struct address_list *list)
{
    if (list->count > 0)
        qsort(list->items, list->count, sizeof(*list->items), compare);
}

bool address_list_read(struct address_list *list, char **operands, size_t count, bool physical)
{
    *list = (struct address_list){0};
    for (size_t i = 0; i < count; i++)
        if (!address_list_add(list, operands[i], physical))
            return false;
    address_list_sort(list);
    return true;
}

void address_list_release(struct address_list *list)
{
    free(list->items);
    *list = (struct address_list){0};
}
