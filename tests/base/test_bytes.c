// SPDX-License-Identifier: MIT

#include "base/bytes.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

// Criterion's assertions store an int in a bit-field, wherever they are used.
#pragma GCC diagnostic ignored "-Wconversion"

TestSuite(bytes);

static const uint8_t counting[] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88};
static const uint8_t ones[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

// The sign bits of the parts must not spread.
Test(bytes, loads_are_little_endian_at_any_alignment)
{
    cr_assert(eq(u16, ms_le16(counting + 1), 0x2211));
    cr_assert(eq(u32, ms_le32(counting + 1), 0x44332211));
    cr_assert(eq(u64, ms_le64(counting + 1), UINT64_C(0x8877665544332211)));
    cr_assert(eq(u16, ms_le16(ones), UINT16_MAX));
    cr_assert(eq(u32, ms_le32(ones), UINT32_MAX));
    cr_assert(eq(u64, ms_le64(ones), UINT64_MAX));
}

Test(bytes, loads_of_every_width)
{
    static const uint64_t expected[] = {0,
                                        0x11,
                                        0x2211,
                                        0x332211,
                                        0x44332211,
                                        0x5544332211,
                                        0x665544332211,
                                        0x77665544332211,
                                        0x8877665544332211};

    for (uint32_t width = 0; width <= 8; width++)
        cr_assert(eq(u64, ms_le(counting + 1, width), expected[width]), "width %u", width);
    cr_assert(eq(u64, ms_le(ones, 5), UINT64_C(0xffffffffff)));
}

Test(bytes, stores_what_loads_give_and_nothing_else)
{
    for (uint32_t width = 0; width <= 8; width++) {
        uint8_t bytes[10];

        memset(bytes, 0xee, sizeof(bytes));
        ms_put_le(bytes + 1, UINT64_C(0x8877665544332211), width);
        cr_assert(zero(int, memcmp(bytes + 1, counting + 1, width)), "width %u", width);
        cr_assert(eq(u8, bytes[0], 0xee));
        cr_assert(eq(u8, bytes[width + 1], 0xee), "width %u", width);
    }
}
