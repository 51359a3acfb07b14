// SPDX-License-Identifier: MIT
//
// Reading an image's tables: a window that holds the page that was read last, and a store for
// names. Whoever reads several tables in turns uses a window for each.

#ifndef MS_WINDOWS_PE_WINDOW_H
#define MS_WINDOWS_PE_WINDOW_H

#include "base/vec.h"
#include "windows/pe.h"

#define MS_PE_WINDOW_BYTES 4096u

struct ms_pe_window {
    const struct ms_pe *pe;
    uint64_t start;  // RVA of the first byte, a multiple of the window's size
    uint32_t length; // bytes of it that lie in the image; 0: nothing was read yet
    bool empty;      // none of them is present
    uint8_t bytes[MS_PE_WINDOW_BYTES];
    bool present[MS_PE_WINDOW_BYTES];
};

void ms_pe_window_start(struct ms_pe_window *window, const struct ms_pe *pe);

// As ms_pe_read(), of any length.
enum ms_pe_state ms_pe_window_get(struct ms_pe_window *window, uint64_t rva, uint8_t *bytes,
                                  size_t length);

// A number of 2, 4 or 8 bytes; 0 unless it is WHOLE.
enum ms_pe_state ms_pe_window_number(struct ms_pe_window *window, uint64_t rva, uint32_t width,
                                     uint64_t *value_ret);

// Copies a text up to its 0: at most `capacity` bytes, and no more than the image has. The state is
// that of ms_pe_text; *length_ret is set in any case.
enum ms_pe_state ms_pe_window_text(struct ms_pe_window *window, uint64_t rva, uint8_t *bytes,
                                   uint32_t capacity, uint32_t *length_ret);

// How many of the entries of `width` bytes from `rva` on, which lies in the image, begin in the
// same page; 0 unless nothing of that page is present. Large tables are passed over by it.
uint32_t ms_pe_window_missing(struct ms_pe_window *window, uint64_t rva, uint32_t width);

// How many of the n entries of a table are to be read: those past `most` are left out, those past
// the image's end are bad; both are counted here, without a look at each.
uint32_t ms_pe_limit(const struct ms_pe *pe, uint32_t rva, uint32_t width, uint32_t n,
                     uint32_t most, struct ms_pe_lost *lost);

// Counts a thing that is not WHOLE.
void ms_pe_lose(struct ms_pe_lost *lost, enum ms_pe_state state);

// == Names ==

// Texts that stay where they are until the store is freed. An honest image has each name once, so
// that all together are no longer than the image.
struct ms_pe_names {
    MS_VEC(uint8_t *) blocks; // each twice as large as the one before, up to a limit
    uint32_t block_bytes;     // of the last block
    uint32_t block_used;      // ... of which are taken
    uint32_t left;            // bytes that may still be stored
    size_t bytes;             // of all blocks
};

struct ms_pe_names *ms_pe_names_create(const struct ms_pe *pe); // NULL without memory
void ms_pe_names_free(struct ms_pe_names *names);               // NULL is allowed

// Reads a text and keeps it. What it lacks is counted in `lost`; one for which there is no room is
// BAD and empty. False without memory.
bool ms_pe_names_take(struct ms_pe_names *names, struct ms_pe_window *window, uint64_t rva,
                      struct ms_pe_text *text_ret, struct ms_pe_lost *lost);

#endif
