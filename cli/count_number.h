// SPDX-License-Identifier: MIT
//
// The numbers of options: decimal, or hexadecimal behind 0x. (Pattern values, addresses and ranges
// are the library's, and hexadecimal.)

#ifndef CLI_COUNT_NUMBER_H
#define CLI_COUNT_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

// Reads all of `text`. Returns false if it is no number or larger than `max`.
bool number_parse(const char *text, uint64_t max, uint64_t *value_ret);

// A number with K or M (1024, 1048576) behind it if wished.
bool number_parse_size(const char *text, uint64_t max, uint64_t *value_ret);

// A percentage up to 100, such as 95, 95% or 99.5%, in millionths of the whole.
bool number_parse_percent(const char *text, uint64_t *ppm_ret);

#endif
