// SPDX-License-Identifier: MIT
//
// What a page of special pool is, by its bytes.

#include "windows/special_bytes.h"

#include "windows/special_page.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#pragma GCC diagnostic ignored "-Wconversion"

#define PAGE UINT64_C(0xca0b4000)

static uint8_t bytes[0x1000];
static bool present[0x1000];

static bool judge(const struct special_bytes *special, struct ms_special_page *page)
{
    memset(present, true, sizeof(present));
    return ms_special_page_judge(PAGE, bytes, present, special->bits, page);
}

struct shape {
    const char *name;
    struct special_bytes special;
    unsigned header, data;
    struct ms_special_stretch areas[2];
};

static const struct shape shapes[] = {
    {"x86", {32, 0x6d8, false, false, 0x5a, "FMsl"}, 0, 0x928, {{8, 0x928}, {0x1000, 0x1000}}},
    {"x86 slop", {32, 0x6d1, true, false, 0x5a, "FMsl"}, 0, 0x928, {{8, 0x928}, {0xff9, 0x1000}}},
    {"x86 one byte", {32, 1, false, false, 0xff, "a b "}, 0, 0xff8, {{8, 0xff8}, {0xff9, 0x1000}}},
    {"x86 most", {32, 0xfe8, false, false, 1, "FMsl"}, 0, 0x18, {{8, 0x18}, {0x1000, 0x1000}}},
    {"x86 underrun",
     {32, 0x6d1, true, true, 0x5a, "FMsl"},
     0xff8,
     0,
     {{0x6d1, 0xff8}, {0xff8, 0xff8}}},
    {"x64", {64, 0x6d8, true, false, 0x5a, "FMsl"}, 0, 0x920, {{16, 0x920}, {0xff8, 0x1000}}},
    {"x64 zeros", {64, 0x100, true, false, 0, "FMsl"}, 0, 0xf00, {{16, 0xf00}, {0x1000, 0x1000}}},
    {"x64 underrun",
     {64, 0x30, false, true, 0x5a, "FMsl"},
     0xff0,
     0,
     {{0x30, 0xff0}, {0xff0, 0xff0}}},
};

Test(special_page, shapes)
{
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        const struct shape *shape = &shapes[i];
        struct ms_special_page page;

        special_write(&shape->special, bytes);
        cr_assert(judge(&shape->special, &page), "%s", shape->name);
        cr_assert(page.address == PAGE && page.size == shape->special.size, "%s", shape->name);
        cr_assert(page.header == shape->header && page.data == shape->data, "%s", shape->name);
        cr_assert(memcmp(page.areas, shape->areas, sizeof(page.areas)) == 0, "%s", shape->name);
        cr_assert(memcmp(&page.tag, shape->special.tag, 4) == 0, "%s", shape->name);
        cr_assert(page.is_paged == shape->special.paged, "%s", shape->name);
        cr_assert(page.is_underrun == shape->special.underrun, "%s", shape->name);
        cr_assert(page.fill == shape->special.fill && !page.is_freed, "%s", shape->name);
        cr_assert(page.n_overwritten == 0 && page.n_missing == 0, "%s", shape->name);
        cr_assert(eq(uint, page.n_fill, 0x1000 - shape->special.bits / 4 - page.size));
    }
}

// Flags above the size are not part of it.
Test(special_page, flags)
{
    struct special_bytes special = {64, 0x6d8, false, false, 0x5a, "FMsl"};
    struct ms_special_page page;

    special_write(&special, bytes);
    bytes[1] |= 0x60;
    cr_assert(judge(&special, &page) && page.size == 0x6d8 && !page.is_paged);
    cr_assert(page.tag == 0x6c734d46 && !page.is_protected);
    bytes[7] |= 0x80;
    cr_assert(judge(&special, &page) && page.tag == 0x6c734d46 && page.is_protected);
}

struct wrong {
    const char *name;
    unsigned at;
    uint64_t value;
    unsigned width;
};

Test(special_page, none)
{
    static const struct wrong wrongs[] = {
        {"size 0", 0, 0, 2},          {"size too large", 0, 0xff1, 2},
        {"other fill", 2, 0x5b, 1},   {"byte 3", 3, 1, 1},
        {"tag", 4, 0x00534d46, 4},    {"blank tag", 4, 0x20202020, 4},
        {"tag of bytes", 4, 0x80, 1},
    };
    struct special_bytes special = {64, 0x6d8, false, false, 0x5a, "FMsl"};
    struct ms_special_page page;

    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
        special_write(&special, bytes);
        special_put(bytes, wrongs[i].at, wrongs[i].value, wrongs[i].width);
        cr_assert(not(judge(&special, &page)), "%s", wrongs[i].name);
    }
    memset(bytes, 0, sizeof(bytes));
    cr_assert(not(judge(&special, &page)));
    memset(bytes, 0x41, sizeof(bytes));
    cr_assert(not(judge(&special, &page)));
}

// A header is not enough: so much of the fill must be left.
Test(special_page, evidence)
{
    struct special_bytes special = {64, 0x100, false, false, 0x5a, "FMsl"};
    struct special_bytes zeros = {64, 0x100, false, false, 0, "FMsl"};
    struct special_bytes tight = {64, 0xfe8, false, false, 0x5a, "FMsl"};
    struct ms_special_page page;

    special_write(&special, bytes);
    memset(bytes + 0x10, 0xaa, 0xef0 - 32);
    cr_assert(judge(&special, &page) && page.n_overwritten == 0xef0 - 32);
    bytes[0xeff] = 0xaa;
    cr_assert(not(judge(&special, &page)));

    special_write(&zeros, bytes);
    memset(bytes + 0x10, 0xaa, 0xef0 / 4);
    cr_assert(judge(&zeros, &page));
    memset(bytes + 0x10, 0xaa, 0xef0 / 4 + 1);
    cr_assert(not(judge(&zeros, &page)));

    special_write(&tight, bytes);
    cr_assert(judge(&tight, &page) && page.n_fill == 8);
    bytes[0xfff] = 0;
    cr_assert(not(judge(&tight, &page)));
}

Test(special_page, missing_bytes)
{
    struct special_bytes special = {32, 0x100, false, false, 0x5a, "FMsl"};
    struct ms_special_page page;

    special_write(&special, bytes);
    memset(present, true, sizeof(present));
    memset(bytes + 0x800, 0, 0x100);
    memset(present + 0x800, false, 0x100);
    cr_assert(ms_special_page_judge(PAGE, bytes, present, 32, &page));
    cr_assert(page.n_missing == 0x100 && page.n_overwritten == 0);
    cr_assert(eq(uint, page.n_fill, 0x1000 - 8 - 0x100 - 0x100));
    present[7] = false;
    cr_assert(not(ms_special_page_judge(PAGE, bytes, present, 32, &page)));
}

Test(special_page, freed)
{
    struct special_bytes specials[] = {
        {32, 0x100, true, false, 0x5a, "FMsl"},  {64, 0x100, false, false, 0x5a, "FMsl"},
        {32, 0x100, true, true, 0x5a, "FMsl"},   {64, 0x100, false, true, 0x5a, "FMsl"},
        {64, 0xff0, false, false, 0x5a, "FMsl"}, // nothing is left of the fill
    };
    struct ms_special_page page;

    for (size_t i = 0; i < sizeof(specials) / sizeof(specials[0]); i++) {
        special_write(&specials[i], bytes);
        special_free(&specials[i], bytes, PAGE, 0x80);
        cr_assert(judge(&specials[i], &page), "%zu", i);
        cr_assert(page.is_freed && page.n_overwritten == 0 && page.size == specials[i].size);
    }
    // A record with another address is none, and overwrote the fill.
    special_write(&specials[0], bytes);
    special_free(&specials[0], bytes, PAGE + 0x1000, 0);
    cr_assert(judge(&specials[0], &page));
    cr_assert(page.n_overwritten > 0 && !page.is_freed);
    // More stack than a record has room for.
    special_write(&specials[0], bytes);
    special_free(&specials[0], bytes, PAGE, 0);
    special_put(bytes, 8 + 0x18, 0xffffffff, 4);
    cr_assert(judge(&specials[0], &page) && page.is_freed);
    cr_assert(eq(uint, page.areas[0].first, 8 + 0x20 + 0x400));
}

static char *garbage_text(const struct ms_special_page *page)
{
    static char text[256];
    struct ms_special_stretch stretch = {0};
    size_t used = 0;

    text[0] = '\0';
    while (ms_special_page_garbage(page, bytes, present, stretch.end, &stretch))
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%x-%x", used ? " " : "",
                                 stretch.first, stretch.end);
    return text;
}

Test(special_page, garbage)
{
    struct special_bytes special = {32, 0x6d1, false, false, 0x5a, "FMsl"};
    struct ms_special_page page;

    special_write(&special, bytes);
    cr_assert(judge(&special, &page));
    cr_assert(eq(str, garbage_text(&page), ""));
    bytes[8] = bytes[0x927] = bytes[0xfff] = 0;
    bytes[0x100] = bytes[0x104] = 0; // 3 bytes between them
    bytes[0x200] = bytes[0x205] = 0; // 4 bytes
    bytes[0x928] = 0;                // the allocation's own
    cr_assert(eq(str, garbage_text(&page), "8-9 100-105 200-201 205-206 927-928 fff-1000"));
    // What is not in the image is no garbage, and nothing is joined across it.
    present[0x102] = false;
    cr_assert(eq(str, garbage_text(&page), "8-9 100-101 104-105 200-201 205-206 927-928 fff-1000"));
}
