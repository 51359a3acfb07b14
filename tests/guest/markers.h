// SPDX-License-Identifier: MIT
//
// The markers that the guest plants, and the patterns that find them.

#ifndef MEMSCAN_TESTS_GUEST_MARKERS_H
#define MEMSCAN_TESTS_GUEST_MARKERS_H

#include <stddef.h>
#include <stdint.h>

#define PAGE ((size_t)4096)

#define TEXT_LENGTH 20
#define LONG_LENGTH 3000

enum marker { WORD, TEXT, CASED, WIDE, WILD, POINTER, OUTSIDE, LONG, URL, FLOOD, N_MARKERS };

// Writes on from `at`, up to `end`. What would go beyond is counted, and not written.
struct cursor {
    volatile uint8_t *at;
    const volatile uint8_t *end;
    size_t length;
};

struct marker_kind {
    const char *name;

    // Writes one, byte by byte, so that it is nowhere but there. Copies of some kinds differ.
    void (*put)(struct cursor *cursor, unsigned copy);
};

extern const struct marker_kind markers[N_MARKERS];

#define BIT(marker) (1u << (marker))

struct pattern {
    const char *kind; // as in a file of patterns
    enum marker marker;
    void (*print)(enum marker marker);
    unsigned found; // bits of the markers that match
    unsigned align;
};

enum { N_PATTERNS = 10 };

// In the order of their numbers.
extern const struct pattern patterns[N_PATTERNS];

// Prints all of them as memscan -f reads them.
void print_patterns(void);

#endif
