// SPDX-License-Identifier: MIT
//
// Nothing marks a page of special pool but what is in it. A header alone would be found by chance,
// so a good part of the fill has to be there; an overwritten page has at least some of it.

#include "windows/special_page.h"

#include "base/bytes.h"
#include "base/extent.h"

enum {
    SIZE_BITS = 0x1fff,
    PAGED_BIT = 0x8000,
    MOST_STACK = 0x400, // bytes of stack in the record of a freed page
    JOIN = 4,           // so many bytes of fill end a stretch of garbage
};

#define FREED_SIGNATURE UINT32_C(0x98764321)
#define PROTECTED_BIT   UINT32_C(0x80000000) // of a tag, before Windows 8

// How much of the fill must be there.
struct evidence {
    unsigned least;      // bytes
    unsigned quarters;   // of all of the fill
    unsigned enough_run; // or so many bytes in a row; 0: that is no evidence
};

// Memory is full of zeros.
static const struct evidence of_zeros = {64, 3, 0}, of_others = {8, 2, 32};

static unsigned header_bytes(unsigned bits)
{
    return bits / 4;
}

static bool is_printable(uint32_t tag)
{
    for (unsigned i = 0; i < 4; i++)
        if ((tag >> 8 * i & 0xff) < 0x20 || (tag >> 8 * i & 0xff) > 0x7e)
            return false;
    return tag != UINT32_C(0x20202020);
}

static bool all_present(const bool *present, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (!present[i])
            return false;
    return true;
}

// == The header ==

static bool read_header(const uint8_t *bytes, const bool *present, unsigned at, unsigned bits,
                        struct ms_special_page *page)
{
    const uint8_t *header = bytes + at;
    unsigned most = MS_SPECIAL_BYTES - header_bytes(bits);

    page->header = at;
    page->size = ms_le16(header) & SIZE_BITS;
    page->is_paged = ms_le16(header) & PAGED_BIT;
    page->fill = header[2];
    page->tag = ms_le32(header + 4) & ~PROTECTED_BIT;
    page->is_protected = ms_le32(header + 4) & PROTECTED_BIT;
    return all_present(present + at, 8) && header[3] == 0 && page->size > 0 && page->size <= most &&
           is_printable(page->tag);
}

static void set_areas(struct ms_special_page *page, unsigned header_size)
{
    unsigned data;

    if (page->is_underrun) {
        page->data = 0;
        page->areas[0] = (struct ms_special_stretch){page->size, page->header};
        page->areas[1] = (struct ms_special_stretch){page->header, page->header};
        return;
    }
    data = (MS_SPECIAL_BYTES - page->size) & ~(header_size - 1);
    page->data = data;
    page->areas[0] = (struct ms_special_stretch){header_size, page->data};
    page->areas[1] = (struct ms_special_stretch){data + page->size, MS_SPECIAL_BYTES};
}

// == The record of a freed page ==

// Where things are behind the signature.
struct record {
    unsigned address;
    unsigned stack_bytes;
    unsigned stack;
};

static const struct record record_32 = {0x10, 0x18, 0x20}, record_64 = {0x10, 0x20, 0x30};

// Where the record ends whose signature is at an offset; 0: there is none, which its address, that
// of the data, would prove.
static unsigned record_end(const struct ms_special_page *page, const uint8_t *bytes, unsigned at,
                           unsigned bits)
{
    const struct record *record = bits == 32 ? &record_32 : &record_64;
    uint64_t address = ms_le(bytes + at + record->address, bits / 8);
    uint32_t stack = ms_le32(bytes + at + record->stack_bytes);

    if (ms_le32(bytes + at) != FREED_SIGNATURE || address != page->address + page->data)
        return 0;
    return at + record->stack + (stack < MOST_STACK ? stack : MOST_STACK);
}

// What the record has taken of the page is filled no more. Verifier may have a pointer in front of
// it.
static void look_for_record(struct ms_special_page *page, const uint8_t *bytes, unsigned bits)
{
    unsigned at = header_bytes(bits), end = record_end(page, bytes, at, bits);

    if (end == 0)
        end = record_end(page, bytes, at + bits / 8, bits);
    page->is_freed = end > 0;
    for (unsigned i = 0; i < 2; i++) {
        struct ms_special_stretch *area = &page->areas[i];

        if (area->first < end)
            area->first = end < area->end ? end : area->end;
    }
}

// == The fill ==

// Counts it; returns the longest row of bytes that are as they should be.
static unsigned count_fill(struct ms_special_page *page, const uint8_t *bytes, const bool *present)
{
    unsigned longest = 0;

    for (unsigned i = 0; i < 2; i++) {
        unsigned run = 0;

        for (unsigned at = page->areas[i].first; at < page->areas[i].end; at++) {
            bool intact = present[at] && bytes[at] == page->fill;

            page->n_fill += present[at];
            page->n_missing += !present[at];
            page->n_overwritten += present[at] && !intact;
            run = intact ? run + 1 : 0;
            longest = run > longest ? run : longest;
        }
    }
    return longest;
}

static bool is_convincing(const struct ms_special_page *page, unsigned longest)
{
    const struct evidence *evidence = page->fill == 0 ? &of_zeros : &of_others;
    unsigned intact = page->n_fill - page->n_overwritten;

    if (page->is_freed || (evidence->enough_run > 0 && longest >= evidence->enough_run))
        return true;
    return intact >= evidence->least && 4 * intact >= evidence->quarters * page->n_fill;
}

static bool judge_as(struct ms_special_page *page, const uint8_t *bytes, const bool *present,
                     unsigned bits)
{
    unsigned at = page->is_underrun ? MS_SPECIAL_BYTES - header_bytes(bits) : 0;

    if (!read_header(bytes, present, at, bits, page))
        return false;
    set_areas(page, header_bytes(bits));
    look_for_record(page, bytes, bits);
    return is_convincing(page, count_fill(page, bytes, present));
}

bool ms_special_page_judge(uint64_t address, const uint8_t bytes[MS_SPECIAL_BYTES],
                           const bool present[MS_SPECIAL_BYTES], unsigned bits,
                           struct ms_special_page *page_ret)
{
    for (int underrun = 0; underrun < 2; underrun++) {
        struct ms_special_page page = {.address = address, .is_underrun = underrun};

        if (judge_as(&page, bytes, present, bits)) {
            *page_ret = page;
            return true;
        }
    }
    return false;
}

// == Garbage ==

static bool is_garbage(const struct ms_special_page *page, const uint8_t *bytes,
                       const bool *present, unsigned at)
{
    return present[at] && bytes[at] != page->fill;
}

bool ms_special_page_garbage(const struct ms_special_page *page,
                             const uint8_t bytes[MS_SPECIAL_BYTES],
                             const bool present[MS_SPECIAL_BYTES], unsigned from,
                             struct ms_special_stretch *stretch_ret)
{
    for (unsigned i = 0; i < 2; i++) {
        const struct ms_special_stretch *area = &page->areas[i];
        unsigned at = from > area->first ? from : area->first, end;

        while (at < area->end && !is_garbage(page, bytes, present, at))
            at++;
        if (at >= area->end)
            continue;
        end = at + 1;
        for (unsigned next = end; next < area->end && next < end + JOIN && present[next]; next++)
            if (is_garbage(page, bytes, present, next))
                end = next + 1;
        *stretch_ret = (struct ms_special_stretch){at, end};
        return true;
    }
    return false;
}

// == The neighbours ==

// Whether something may touch what an address stands for, in the image or not.
static bool is_accessible(const struct ms_mapping_info *mapping)
{
    return mapping->state == MS_MAPPED_PRESENT || mapping->state == MS_MAPPED_ABSENT;
}

static bool is_open(const struct ms_kernel_memory *memory, uint64_t address)
{
    struct ms_mapping_info mapping;

    return ms_in_kernel(memory, address, 1) &&
           ms_spaces_translate(memory->spaces, memory->space, address, &mapping) &&
           is_accessible(&mapping);
}

bool ms_special_page_at(const struct ms_kernel_memory *memory, uint64_t address,
                        struct ms_special_page *page_ret)
{
    uint64_t page = address & ~(uint64_t)(MS_SPECIAL_BYTES - 1);
    uint8_t bytes[MS_SPECIAL_BYTES];
    bool present[MS_SPECIAL_BYTES];

    if (!ms_in_kernel(memory, page, MS_SPECIAL_BYTES) || !is_open(memory, page) ||
        is_open(memory, page - 1) || is_open(memory, page + MS_SPECIAL_BYTES))
        return false;
    ms_spaces_read(memory->spaces, memory->space, page, bytes, present, sizeof(bytes));
    return ms_special_page_judge(page, bytes, present, memory->bits, page_ret);
}

// A page that may lie alone, until the next mapping tells.
struct lone_walk {
    int (*visit)(void *user, uint64_t address, uint64_t physical);
    void *user;
    bool any;     // mapping so far
    uint64_t end; // last address of what was accessible
    bool waits;
    uint64_t address, physical;
};

static int let_out(struct lone_walk *walk)
{
    if (!walk->waits)
        return 0;
    walk->waits = false;
    return walk->visit(walk->user, walk->address, walk->physical);
}

static int look_at_mapping(void *user, const struct ms_mapping_info *mapping)
{
    struct lone_walk *walk = user;
    bool touches = walk->any && mapping->first - 1 == walk->end;
    int result;

    if (!is_accessible(mapping))
        return 0;
    if (touches)
        walk->waits = false;
    result = let_out(walk);
    walk->waits = !touches && mapping->state == MS_MAPPED_PRESENT &&
                  mapping->first % MS_SPECIAL_BYTES == 0 &&
                  mapping->last - mapping->first == MS_SPECIAL_BYTES - 1;
    walk->address = mapping->first;
    walk->physical = mapping->physical;
    walk->any = true;
    walk->end = mapping->last;
    return result;
}

int ms_special_lone_pages(const struct ms_kernel_memory *memory,
                          int (*visit)(void *user, uint64_t address, uint64_t physical), void *user)
{
    struct lone_walk walk = {.visit = visit, .user = user};
    struct ms_range range = {.first = memory->first, .last = memory->last};
    int result = ms_spaces_visit(memory->spaces, memory->space, &range, look_at_mapping, &walk);

    return result ? result : let_out(&walk);
}
