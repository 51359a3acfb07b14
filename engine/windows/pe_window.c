// SPDX-License-Identifier: MIT

#include "windows/pe_window.h"

#include "base/bytes.h"
#include "base/extent.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_BLOCK 0x1000u  // bytes; the longest name fits in
#define MOST_BLOCK  0x10000u // of later ones

// == The window ==

void ms_pe_window_start(struct ms_pe_window *window, const struct ms_pe *pe)
{
    window->pe = pe;
    window->length = 0;
}

// Moves the window to the page of an RVA, which lies in the image.
static void load(struct ms_pe_window *window, uint64_t rva)
{
    const struct ms_pe *pe = window->pe;
    uint64_t start = rva - rva % MS_PE_WINDOW_BYTES;

    if (window->length > 0 && window->start == start)
        return;
    window->start = start;
    window->length = (uint32_t)ms_min_u64(MS_PE_WINDOW_BYTES, pe->size_of_image - start);
    if (start <= UINT64_MAX - pe->base) {
        window->empty = pe->memory.read(pe->memory.user, pe->base + start, window->bytes,
                                        window->present, window->length) == 0;
    } else {
        window->empty = true;
        memset(window->bytes, 0, sizeof(window->bytes));
        memset(window->present, 0, sizeof(window->present));
    }
}

static bool in_image(const struct ms_pe *pe, uint64_t rva, size_t length)
{
    return ms_in_file(rva, length, pe->size_of_image);
}

enum ms_pe_state ms_pe_window_get(struct ms_pe_window *window, uint64_t rva, uint8_t *bytes,
                                  size_t length)
{
    enum ms_pe_state state = MS_PE_WHOLE;

    if (!in_image(window->pe, rva, length))
        return MS_PE_BAD;
    while (length > 0) {
        size_t at, n;

        load(window, rva);
        at = (size_t)(rva - window->start);
        n = length < window->length - at ? length : window->length - at;
        memcpy(bytes, window->bytes + at, n);
        if (memchr(window->present + at, 0, n))
            state = MS_PE_MISSING;
        rva += n;
        bytes += n;
        length -= n;
    }
    return state;
}

enum ms_pe_state ms_pe_window_number(struct ms_pe_window *window, uint64_t rva, uint32_t width,
                                     uint64_t *value_ret)
{
    uint8_t bytes[8];
    enum ms_pe_state state = ms_pe_window_get(window, rva, bytes, width);

    *value_ret = state == MS_PE_WHOLE ? ms_le(bytes, width) : 0;
    return state;
}

enum ms_pe_state ms_pe_window_text(struct ms_pe_window *window, uint64_t rva, uint8_t *bytes,
                                   uint32_t capacity, uint32_t *length_ret)
{
    for (*length_ret = 0; in_image(window->pe, rva, 1);) {
        const uint8_t *from, *zero;
        uint32_t at, n;

        load(window, rva);
        at = (uint32_t)(rva - window->start);
        from = window->bytes + at;
        zero = memchr(from, 0, window->length - at); // what is missing is 0, too
        n = zero ? (uint32_t)(zero - from) : window->length - at;
        if (n > capacity - *length_ret) {
            memcpy(bytes + *length_ret, from, capacity - *length_ret);
            *length_ret = capacity;
            return MS_PE_BAD;
        }
        memcpy(bytes + *length_ret, from, n);
        *length_ret += n;
        rva += n;
        if (zero)
            return window->present[at + n] ? MS_PE_WHOLE : MS_PE_MISSING;
    }
    return MS_PE_BAD;
}

uint32_t ms_pe_window_missing(struct ms_pe_window *window, uint64_t rva, uint32_t width)
{
    load(window, rva);
    if (!window->empty)
        return 0;
    return (uint32_t)((window->start + window->length - rva + width - 1) / width);
}

uint32_t ms_pe_limit(const struct ms_pe *pe, uint32_t rva, uint32_t width, uint32_t n,
                     uint32_t most, struct ms_pe_lost *lost)
{
    uint32_t fit = rva < pe->size_of_image ? (pe->size_of_image - rva) / width : 0;

    if (n > most) {
        lost->left_out += n - most;
        n = most;
    }
    if (n > fit) {
        lost->bad += n - fit;
        n = fit;
    }
    return n;
}

void ms_pe_lose(struct ms_pe_lost *lost, enum ms_pe_state state)
{
    lost->missing += state == MS_PE_MISSING;
    lost->bad += state == MS_PE_BAD;
}

// == Names ==

struct ms_pe_names *ms_pe_names_create(const struct ms_pe *pe)
{
    struct ms_pe_names *names = calloc(1, sizeof(*names));

    if (names)
        names->left = (uint32_t)ms_min_u64(MS_PE_MAX_NAMES, pe->size_of_image);
    return names;
}

void ms_pe_names_free(struct ms_pe_names *names)
{
    if (!names)
        return;
    for (size_t i = 0; i < names->blocks.n; i++)
        free(names->blocks.items[i]);
    free(names->blocks.items);
    free(names);
}

// Room for a name, in the last block or a new one; NULL without memory.
static uint8_t *make_room(struct ms_pe_names *names, uint32_t length)
{
    if (names->blocks.n == 0 || length > names->block_bytes - names->block_used) {
        uint32_t size = names->blocks.n == 0 ? FIRST_BLOCK : 2 * names->block_bytes;
        uint8_t *block;

        if (size > MOST_BLOCK)
            size = MOST_BLOCK;
        if (!ms_vec_reserve(&names->blocks, 1) || !(block = malloc(size)))
            return NULL;
        names->blocks.items[names->blocks.n++] = block;
        names->block_bytes = size;
        names->block_used = 0;
        names->bytes += size;
    }
    return names->blocks.items[names->blocks.n - 1] + names->block_used;
}

static bool keep(struct ms_pe_names *names, const uint8_t *bytes, struct ms_pe_text *text)
{
    uint8_t *room = make_room(names, text->length);

    if (!room)
        return false;
    memcpy(room, bytes, text->length);
    text->bytes = room;
    names->block_used += text->length;
    names->left -= text->length;
    return true;
}

bool ms_pe_names_take(struct ms_pe_names *names, struct ms_pe_window *window, uint64_t rva,
                      struct ms_pe_text *text_ret, struct ms_pe_lost *lost)
{
    uint8_t bytes[MS_PE_MAX_NAME];

    *text_ret = (struct ms_pe_text){.state = MS_PE_BAD};
    if (names->left > 0)
        text_ret->state = ms_pe_window_text(window, rva, bytes, MS_PE_MAX_NAME, &text_ret->length);
    if (names->left == 0 || text_ret->length > names->left) {
        *text_ret = (struct ms_pe_text){.state = MS_PE_BAD};
        names->left = 0; // so that no more are read
        lost->left_out++;
        return true;
    }
    ms_pe_lose(lost, text_ret->state);
    return text_ret->length == 0 || keep(names, bytes, text_ret);
}
