// SPDX-License-Identifier: MIT
//
// Addresses from the command line and from standard input, all read before anything is opened.

#ifndef CLI_ADDRESS_LIST_H
#define CLI_ADDRESS_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct listed_address {
    uint64_t address;
    size_t index; // in the order in which they were given
};

struct address_list {
    struct listed_address *items; // by ascending address, then index
    size_t count;
    size_t room;
};

// Reads `count` operands, of which - stands for standard input with an address a line. `physical`:
// what they are, and whether p: may be in front. False after an error message. Released with
// address_list_release() either way.
bool address_list_read(struct address_list *list, char **operands, size_t count, bool physical);

// The same of one more operand; the order is lost, until address_list_sort().
bool address_list_add(struct address_list *list, const char *operand, bool physical);
void address_list_sort(struct address_list *list);
void address_list_release(struct address_list *list);

#endif
