// SPDX-License-Identifier: MIT
//
// Generators of page contents that look like a machine's memory to a search: not real text or
// code, but their byte statistics, at more than a gigabyte a second.

#ifndef CORPUS_MATERIAL_H
#define CORPUS_MATERIAL_H

#include <stddef.h>
#include <stdint.h>

enum {
    PAGE_SIZE = 4096,
    PAGE_SLACK = 16, // generators store whole words and may write so far beyond the page
};

/**
 * Fills PAGE_SIZE bytes at `page` (with PAGE_SLACK bytes behind them) for a page number.
 * `arguments` are the fill's two; only material_pointers() looks at them.
 */
typedef void material_fn(uint8_t *page, uint64_t key, uint64_t number, const uint64_t *arguments);

material_fn material_random;
material_fn material_text;
material_fn material_code;
material_fn material_structs;
material_fn material_mixed;

/** Qwords at multiples of 8 in [BASE, BASE + SPAN); SPAN is 8 to MAX_POINTER_SPAN. */
material_fn material_pointers;

#define MAX_POINTER_SPAN (UINT64_C(8) << 32)

#endif
