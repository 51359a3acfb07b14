// SPDX-License-Identifier: MIT
//
// Headers and pages of pool, written byte by byte.

#include "windows/pool_page.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

// Criterion's assertions store an int in a bit-field, wherever they are used.
#pragma GCC diagnostic ignored "-Wconversion"

TestSuite(pool_block);
TestSuite(pool_page);

#define PAGE UINT64_C(0xffffe00000123000)

enum { XP = 2600, VISTA = 6002, SEVEN = 7601, EIGHT = 9200, TEN = 10240, NEW = 19041 };

struct made_page {
    unsigned bits;
    uint8_t bytes[MS_POOL_PAGE_BYTES];
};

// A header; sizes in bytes. Layouts as Volatility's poolheader-*.json have them.
static void put(struct made_page *page, unsigned at, unsigned previous, unsigned size,
                unsigned type, const char *tag)
{
    uint8_t *header = page->bytes + at;

    if (page->bits == 64) {
        header[0] = (uint8_t)(previous / 16);
        header[1] = 0;
        header[2] = (uint8_t)(size / 16);
        header[3] = (uint8_t)type;
    } else {
        header[0] = (uint8_t)(previous / 8);
        header[1] = (uint8_t)(previous / 8 >> 8);
        header[2] = (uint8_t)(size / 8);
        header[3] = (uint8_t)(size / 8 >> 8 | type << 1);
    }
    memcpy(header + 4, tag, 4);
}

// Blocks of 0x400 bytes, four of them, nonpaged, and content that is not zero.
static struct made_page whole_page(unsigned bits)
{
    struct made_page page = {.bits = bits};

    memset(page.bytes, 0xcc, sizeof(page.bytes));
    for (unsigned i = 0; i < 4; i++)
        put(&page, 0x400 * i, i ? 0x400 : 0, 0x400, 2, "Abcd");
    return page;
}

static struct ms_pool_entries judged;

static char *judge_with(const struct made_page *page, uint32_t build, const bool *present,
                        bool is_pool)
{
    static const char *const states[] = {
        [MS_POOL_PAGE_NONE] = "none",
        [MS_POOL_PAGE_WHOLE] = "whole",
        [MS_POOL_PAGE_DAMAGED] = "damaged",
        [MS_POOL_PAGE_GUESSED] = "guessed",
    };
    static char text[32768];
    struct ms_pool_rules rules = ms_pool_rules_of(page->bits, build);
    size_t used;

    ms_pool_page_judge(&rules, PAGE, page->bytes, present, is_pool, &judged);
    used = (size_t)snprintf(text, sizeof(text), "%s", states[judged.state]);
    for (size_t i = 0; i < judged.n; i++) {
        const struct ms_pool_entry *entry = &judged.items[i];

        used += (size_t)snprintf(text + used, sizeof(text) - used, " %x+%x%s",
                                 (unsigned)(entry->block.address - PAGE), entry->block.size,
                                 entry->damaged   ? "!"
                                 : entry->guessed ? "?"
                                                  : "");
    }
    return text;
}

// The state, and blocks as offset+size; ! damage, ? a guess.
static char *judge(const struct made_page *page, uint32_t build)
{
    return judge_with(page, build, NULL, false);
}

// == Headers ==

Test(pool_block, headers)
{
    const uint8_t wide[16] = {0x05, 0x01, 0x1a, 0x23, 'S', 'e', ' ', ' '};
    const uint8_t narrow[16] = {0x05, 0x02, 0x1a, 0x47, 'P', 'r', 'o', 0xe3};
    struct ms_pool_rules ten = ms_pool_rules_of(64, TEN), seven = ms_pool_rules_of(32, SEVEN);
    struct ms_pool_block block;

    cr_assert(ms_pool_block_parse(&ten, PAGE + 0x50, wide, &block));
    cr_assert(eq(u64, block.address, PAGE + 0x50));
    cr_assert(eq(u32, block.size, 0x1a0));
    cr_assert(eq(u32, block.previous_size, 0x50));
    cr_assert(eq(u32, block.tag, 0x20206553));
    cr_assert(block.allocated && block.is_session && !block.is_protected);
    cr_assert(eq(int, (int)block.kind, MS_POOL_PAGED));

    // 9 bits and 7 bits: sizes 5 and 0x11a, index 1, type 0x23.
    cr_assert(ms_pool_block_parse(&seven, PAGE + 0x28, narrow, &block));
    cr_assert(eq(u32, block.size, 0x11a * 8));
    cr_assert(eq(u32, block.previous_size, 0x28));
    cr_assert(eq(u32, block.tag, 0x636f7250));
    cr_assert(block.is_protected && block.allocated && block.is_session);
}

Test(pool_block, impossible)
{
    struct ms_pool_rules rules = ms_pool_rules_of(64, TEN);
    uint8_t header[16] = {0, 0, 0, 2, 'A', 'b', 'c', 'd'};
    struct ms_pool_block block;

    cr_assert(not(ms_pool_block_parse(&rules, PAGE, header, &block)), "a size of 0");
    header[2] = 0xff;
    cr_assert(ms_pool_block_parse(&rules, PAGE + 0x10, header, &block));
    cr_assert(not(ms_pool_block_parse(&rules, PAGE + 0x20, header, &block)), "it leaves the page");
    cr_assert(not(ms_pool_block_parse(&rules, PAGE + 0x8, header, &block)), "no multiple");
}

static const struct type_case {
    uint32_t build;
    uint8_t type;
    bool allocated, is_session;
    enum ms_pool_kind kind;
} types[] = {
    {XP, 0, false, false, MS_POOL_KIND_UNKNOWN},
    {XP, 1, true, false, MS_POOL_NONPAGED},
    {XP, 2, true, false, MS_POOL_PAGED},
    {XP, 5, true, false, MS_POOL_NONPAGED},
    {XP, 6, true, false, MS_POOL_PAGED},
    {XP, 0x22, true, true, MS_POOL_PAGED},
    {XP, 0x20, true, false, MS_POOL_PAGED},
    {XP, 0x21, true, true, MS_POOL_NONPAGED},
    {VISTA, 0, false, false, MS_POOL_KIND_UNKNOWN},
    {VISTA, 1, false, false, MS_POOL_PAGED},
    {VISTA, 2, true, false, MS_POOL_NONPAGED},
    {VISTA, 3, true, false, MS_POOL_PAGED},
    {TEN, 0xa, true, false, MS_POOL_NONPAGED},
    {TEN, 0xb, true, false, MS_POOL_PAGED},
    {TEN, 0x23, true, true, MS_POOL_PAGED},
    {NEW, 7, true, false, MS_POOL_PAGED},
};

Test(pool_block, types)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        const struct type_case *c = &types[i];
        struct ms_pool_rules rules = ms_pool_rules_of(64, c->build);
        const uint8_t header[16] = {0, 0, 4, c->type, 'A', 'b', 'c', 'd'};
        struct ms_pool_block block;

        cr_assert(ms_pool_block_parse(&rules, PAGE, header, &block));
        cr_assert(block.allocated == c->allocated && block.is_session == c->is_session &&
                      block.kind == c->kind,
                  "build %u, type %x: %d %d %d", c->build, c->type, block.allocated,
                  block.is_session, (int)block.kind);
    }
}

Test(pool_block, protected_before_eight)
{
    const uint8_t header[16] = {0, 0, 4, 2, 'T', 'h', 'r', 0xe5};
    struct ms_pool_rules seven = ms_pool_rules_of(64, SEVEN), eight = ms_pool_rules_of(64, EIGHT);
    struct ms_pool_block block;

    cr_assert(ms_pool_block_parse(&seven, PAGE, header, &block));
    cr_assert(block.is_protected && ms_pool_tag_is_text(block.tag));
    cr_assert(ms_pool_block_parse(&eight, PAGE, header, &block));
    cr_assert(not(block.is_protected || ms_pool_tag_is_text(block.tag)));
}

// == Chains ==

Test(pool_page, whole)
{
    struct made_page wide = whole_page(64), narrow = whole_page(32);

    cr_assert(eq(str, judge(&wide, SEVEN), "whole 0+400 400+400 800+400 c00+400"));
    cr_assert(eq(int, (int)judged.kind, MS_POOL_NONPAGED));
    cr_assert(eq(str, judge(&narrow, SEVEN), "whole 0+400 400+400 800+400 c00+400"));
    // What is linked all through is believed where nothing need be, too.
    cr_assert(eq(str, judge(&wide, NEW), "whole 0+400 400+400 800+400 c00+400"));
}

Test(pool_page, smallest_and_largest)
{
    struct made_page page = {.bits = 32};

    put(&page, 0, 0, 0xff8, 3, "Abcd");
    put(&page, 0xff8, 0xff8, 8, 0, "\0\0\0\0");
    cr_assert(eq(str, judge(&page, SEVEN), "whole 0+ff8 ff8+8"));
    cr_assert(eq(int, (int)judged.kind, MS_POOL_PAGED));
}

// Some drivers' tags are no texts.
Test(pool_page, strange_tags)
{
    struct made_page page = whole_page(64);

    put(&page, 0x400, 0x400, 0x400, 2, "\x01\x02\x03\x04");
    cr_assert(eq(str, judge(&page, TEN), "whole 0+400 400+400 800+400 c00+400"));
    for (unsigned i = 0; i < 3; i++)
        put(&page, 0x400 * i, i ? 0x400 : 0, 0x400, 2, "\x01\x02\x03\x04");
    cr_assert(eq(str, judge(&page, TEN), "none"), "nearly all");
    for (unsigned i = 0; i < 8; i++)
        put(&page, 0x200 * i, i ? 0x200 : 0, 0x200, 2, "\x01\x02\x03\x04");
    cr_assert(eq(str, judge(&page, TEN),
                 "whole 0+200 200+200 400+200 600+200 800+200 a00+200 c00+200 e00+200"),
              "so many");
    for (unsigned i = 0; i < 5; i++)
        put(&page, 0x200 * i, i ? 0x200 : 0, 0x200, 0, "\x01\x02\x03\x04");
    cr_assert(eq(str, judge(&page, TEN), "none"), "most of them free");
    for (unsigned i = 0; i < 5; i++)
        put(&page, 0x200 * i, i ? 0x200 : 0, 0x200, 3, "\x01\x02\x03\x04");
    put(&page, 0x200, 0x200, 0x200, 0x12, "\x01\x02\x03\x04");
    cr_assert(eq(str, judge(&page, TEN), "none"), "a type that is none");
}

Test(pool_page, no_pool)
{
    struct made_page page = {.bits = 64};

    cr_assert(eq(str, judge(&page, TEN), "none"), "zeros");
    cr_assert(eq(str, judge_with(&page, TEN, NULL, true), "none"));
    for (unsigned c = 1; c < 256; c++) {
        memset(page.bytes, (int)c, sizeof(page.bytes));
        cr_assert(eq(str, judge(&page, TEN), "none"), "%x", c);
        cr_assert(eq(str, judge(&page, NEW), "none"), "%x", c);
        page.bits = 32;
        cr_assert(eq(str, judge(&page, XP), "none"), "%x", c);
        page.bits = 64;
    }
    memset(page.bytes, 0, sizeof(page.bytes));
    put(&page, 0x40, 0, 0x80, 2, "Abcd");
    cr_assert(eq(str, judge(&page, TEN), "none"), "one header");
}

// == Damage ==

// What lies over a header is told as damage, exactly as far as the block went.
Test(pool_page, overwritten_header)
{
    struct made_page page = whole_page(64);

    memset(page.bytes + 0x400, 0x41, 0x10);
    cr_assert(eq(str, judge(&page, TEN), "damaged 0+400 400+400! 800+400 c00+400"));
    page = whole_page(64);
    memset(page.bytes, 0xff, 0x10);
    cr_assert(eq(str, judge(&page, TEN), "damaged 0+400! 400+400 800+400 c00+400"));
    page = whole_page(64);
    memset(page.bytes + 0xc00, 0, 0x10);
    cr_assert(eq(str, judge(&page, TEN), "damaged 0+400 400+400 800+400 c00+400!"));
}

Test(pool_page, two_overwritten)
{
    struct made_page page = whole_page(64);

    memset(page.bytes + 0x400, 0x41, 0x410);
    cr_assert(eq(str, judge(&page, TEN), "none"), "one block at each end is no proof");
    cr_assert(eq(str, judge_with(&page, TEN, NULL, true), "damaged 0+400? 400+800! c00+400?"));
}

// Two blocks that are linked, and neither begins nor ends the page, may be so by chance.
Test(pool_page, linked_by_chance)
{
    struct made_page page = {.bits = 64};

    put(&page, 0x100, 0x20, 0x200, 2, "Abcd");
    put(&page, 0x300, 0x200, 0x100, 2, "Abcd");
    cr_assert(eq(str, judge(&page, TEN), "none"));
    put(&page, 0x400, 0x100, 0x80, 2, "Abcd");
    cr_assert(eq(str, judge(&page, TEN), "damaged 0+100! 100+200 300+100 400+80 480+b80!"));
}

// The size alone is wrong: the next block knows where its predecessor begins.
Test(pool_page, wrong_size)
{
    struct made_page page = whole_page(64);

    page.bytes[0x402] = 0x80; // to the end of 800+400
    cr_assert(eq(str, judge(&page, TEN), "damaged 0+400 400+400! 800+400 c00+400"));
    page.bytes[0x402] = 0x10; // too small
    cr_assert(eq(str, judge(&page, TEN), "damaged 0+400 400+100 500+300! 800+400 c00+400"));
}

// A page of which the image holds but a part.
Test(pool_page, not_all_present)
{
    struct made_page page = whole_page(64);
    bool present[MS_POOL_PAGE_BYTES];

    memset(present, true, sizeof(present));
    memset(present + 0x800, false, 0x800);
    memset(page.bytes + 0x800, 0, 0x800);
    cr_assert(eq(str, judge_with(&page, TEN, present, false), "damaged 0+400 400+400 800+800!"));
    memset(present + 0x404, false, 1);
    cr_assert(eq(str, judge_with(&page, TEN, present, false), "none"));
}

// == Segment heaps ==

static struct made_page segment_page(void)
{
    struct made_page page = {.bits = 64};

    memset(page.bytes, 0x99, sizeof(page.bytes));
    put(&page, 0x50, 0, 0x60, 3, "Se  ");
    put(&page, 0xc0, 0, 0x40, 3, "Toke");
    put(&page, 0x110, 0, 0x200, 3, "Se  ");
    return page;
}

Test(pool_page, segment)
{
    struct made_page page = segment_page();

    cr_assert(eq(str, judge(&page, NEW), "guessed 50+60? c0+40? 110+200?"));
    cr_assert(eq(int, (int)judged.kind, MS_POOL_PAGED));
    cr_assert(eq(str, judge(&page, TEN), "none"));
}

// What looks like a header in the data of a block is none.
Test(pool_page, segment_data)
{
    struct made_page page = segment_page();

    put(&page, 0x150, 0, 0x40, 3, "Fake");
    cr_assert(eq(str, judge(&page, NEW), "guessed 50+60? c0+40? 110+200?"));
}

Test(pool_page, segment_free)
{
    struct made_page page = segment_page();

    put(&page, 0x50, 0, 0x60, 1, "Se  "); // behind it, a chunk's header and Toke
    cr_assert(eq(str, judge(&page, NEW), "guessed 50+60? c0+40? 110+200?"));
    cr_assert(not(judged.items[0].block.allocated));
    put(&page, 0x50, 0, 0x80, 1, "Se  "); // nothing behind it
    cr_assert(eq(str, judge(&page, NEW), "guessed c0+40? 110+200?"));
}

Test(pool_page, segment_impostors)
{
    static const struct {
        const char *name;
        uint8_t bytes[8];
    } cases[] = {
        {"a block before it", {1, 0, 4, 3, 'A', 'b', 'c', 'd'}},
        {"index, and no name", {0, 3, 4, 3, 'A', '(', 'c', 'd'}},
        {"too large an index", {0, 0x40, 4, 3, 'A', 'b', 'c', 'd'}},
        {"a strange type", {0, 0, 4, 0x13, 'A', 'b', 'c', 'd'}},
        {"no text", {0, 0, 4, 3, 'A', 'b', 1, 'd'}},
        {"a header alone", {0, 0, 1, 3, 'A', 'b', 'c', 'd'}},
        {"free alone", {0, 0, 4, 0, 'A', 'b', 'c', 'd'}},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct made_page page = {.bits = 64};

        memcpy(page.bytes + 0x100, cases[i].bytes, 8);
        cr_assert(eq(str, judge(&page, NEW), "none"), "%s", cases[i].name);
    }
}

// == Whose a byte is ==

Test(pool_page, each_byte)
{
    struct made_page page = whole_page(64);

    memset(page.bytes + 0x400, 0x41, 0x10);
    judge(&page, TEN);
    for (unsigned at = 0; at < MS_POOL_PAGE_BYTES; at++) {
        const struct ms_pool_entry *entry = ms_pool_entry_at(&judged, PAGE + at);

        cr_assert(entry && entry->block.address == PAGE + (at & ~0x3ffu), "%x", at);
    }
    cr_assert(ms_pool_entry_at(&judged, PAGE - 1) == NULL);
    cr_assert(ms_pool_entry_at(&judged, PAGE + MS_POOL_PAGE_BYTES) == NULL);
    page = segment_page();
    judge(&page, NEW);
    cr_assert(ms_pool_entry_at(&judged, PAGE + 0x4f) == NULL);
    cr_assert(ms_pool_entry_at(&judged, PAGE + 0xaf) == &judged.items[0]);
    cr_assert(ms_pool_entry_at(&judged, PAGE + 0xb0) == NULL);
}
