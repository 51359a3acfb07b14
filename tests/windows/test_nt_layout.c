// SPDX-License-Identifier: MIT
//
// The built-in tables of structures: what they say of each build, and that it makes sense.

#include "windows/nt_layout.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

// Criterion's assertions store an int in a bit-field, wherever they are used.
#pragma GCC diagnostic ignored "-Wconversion"

TestSuite(nt_layout);

static struct ms_nt_layout layout_of(unsigned bits, uint32_t build)
{
    struct ms_nt_layout layout;

    ms_nt_layout_for(bits, build, &layout);
    return layout;
}

// == Values, as debuggers print them (dt nt!_EPROCESS and the like) ==

#define NO MS_NO_FIELD

static const struct {
    unsigned bits;
    uint32_t build;
    enum ms_nt_field field;
    uint16_t at;
} spots[] = {
    {32, 2600, MS_PROCESS_ID, 0x84},
    {32, 2600, MS_PROCESS_NAME, 0x174},
    {32, 2600, MS_PROCESS_SESSION, 0x170},
    {32, 2600, MS_PROCESS_FLAGS, 0x248},
    {32, 2600, MS_THREAD_CID, 0x1ec},
    {32, 2600, MS_THREAD_STATE, 0x2d},
    {32, 2600, MS_THREAD_PROCESS, NO},
    {32, 2600, MS_TRACKER_BYTES, 0x1c},
    {32, 2600, MS_BIG_PAGE_ENTRY_BYTES, 0xc},
    {32, 2600, MS_BIG_PAGE_N_PAGES, 8},
    {32, 2600, MS_BIG_PAGE_N_BYTES, NO},
    {32, 2600, MS_OBJECT_TYPE_NAME, 0x40},
    {32, 3790, MS_PROCESS_LINKS, 0x98},
    {32, 3790, MS_THREAD_K_LINKS, 0x1a8},
    {32, 6002, MS_PROCESS_NAME, 0x14c},
    {32, 6002, MS_THREAD_START, 0x1f8},
    {32, 7600, MS_PROCESS_SESSION, 0x168},
    {32, 7601, MS_PROCESS_LINKS, 0xb8},
    {32, 7601, MS_PROCESS_PEB, 0x1a8},
    {32, 7601, MS_THREAD_WAIT_REASON, 0x187},
    {32, 9200, MS_PROCESS_EXIT_TIME, 0x2b8},
    {32, 9600, MS_THREAD_CID, 0x364},
    {32, 10240, MS_PROCESS_CREATE_TIME, 0xc8},
    {32, 10586, MS_PROCESS_THREAD_LIST, 0x198},
    {32, 14393, MS_THREAD_CROSS_FLAGS, 0x3c4},
    {32, 15063, MS_TRACKER_COUNT_BYTES, 4},
    {32, 16299, MS_TRACKER_COUNT_BYTES, 8},
    {32, 16299, MS_TRACKER_NONPAGED_BYTES, 4},
    {32, 17134, MS_PROCESS_BYTES, 0x400},
    {32, 17763, MS_THREAD_LINKS, 0x3b4},
    {32, 18362, MS_PROCESS_EXIT_TIME, 0x348},
    {32, 19041, MS_PROCESS_ID, 0xe4},
    {32, 19045, MS_THREAD_CID, 0x2ac},
    {64, 3790, MS_PROCESS_ID, 0xd8},
    {64, 3790, MS_THREAD_KERNEL_STACK, 0x38},
    {64, 3790, MS_OBJECT_TYPE_INDEX, 0x90},
    {64, 6002, MS_PROCESS_LINKS, 0xe8},
    {64, 7600, MS_PROCESS_NAME, 0x2e0},
    {64, 7601, MS_PROCESS_ID, 0x180},
    {64, 7601, MS_PROCESS_SESSION, 0x2d8},
    {64, 7601, MS_PROCESS_BYTES, 0x4d0},
    {64, 7601, MS_THREAD_CID, 0x3b0},
    {64, 7601, MS_THREAD_STACK_RESIDENT_BIT, 0},
    {64, 7601, MS_TRACKER_PAGED_FREES, 0x1c},
    {64, 7601, MS_BIG_PAGE_TYPE, 0xc},
    {64, 7601, MS_BIG_PAGE_TYPE_BIT, 0},
    {64, 9200, MS_PROCESS_OBJECT_TABLE, 0x408},
    {64, 9600, MS_THREAD_START, 0x5f8},
    {64, 10240, MS_PROCESS_NAME, 0x448},
    {64, 10240, MS_THREAD_STACK_RESIDENT_BIT, 16},
    {64, 10240, MS_BIG_PAGE_TYPE_BIT, 8},
    {64, 10586, MS_PROCESS_NAME, 0x450},
    {64, 14393, MS_PROCESS_ID, 0x2e8},
    {64, 15063, MS_PROCESS_ID, 0x2e0},
    {64, 15063, MS_TRACKER_BYTES, 0x28},
    {64, 16299, MS_TRACKER_BYTES, 0x38},
    {64, 16299, MS_THREAD_STACK_RESIDENT_BIT, 17},
    {64, 17134, MS_PROCESS_USER_ROOT, 0x278},
    {64, 17763, MS_PROCESS_SESSION, 0x400},
    {64, 17763, MS_THREAD_CID, 0x638},
    {64, 18363, MS_PROCESS_FLAGS, 0x30c},
    {64, 19041, MS_PROCESS_LINKS, 0x448},
    {64, 19044, MS_PROCESS_NAME, 0x5a8},
    {64, 19041, MS_THREAD_CID, 0x478},
    {64, 20348, MS_BIG_PAGE_ENTRY_BYTES, 0x20}, // Server 2022, which is not 19041's
    {64, 22000, MS_THREAD_LINKS, 0x538},
    {64, 22000, MS_TRACKER_BYTES, 0x50},
    {64, 22000, MS_BIG_PAGE_ENTRY_BYTES, 0x20},
    {64, 22621, MS_PROCESS_NAME, 0x5a8},
    {64, 22631, MS_THREAD_CROSS_FLAGS, 0x560},
    {64, 26100, MS_THREAD_CID, 0x508},
    {64, 26100, MS_THREAD_WAIT_REASON, 0x283},
    {64, 26100, MS_TRACKER_BYTES, 0x50},
    {64, 26100, MS_BIG_PAGE_TYPE, NO},
    {64, 26100, MS_PROCESS_BYTES, 0x840},
    {64, 26100, MS_PROCESS_ID, 0x1d0},
    {64, 26100, MS_PROCESS_EXIT_TIME, 0x5c0},
    {64, 26100, MS_PROCESS_SESSION, 0x2e8},
    {64, 26200, MS_PROCESS_NAME, 0x338},
};

Test(nt_layout, spots)
{
    for (size_t i = 0; i < sizeof(spots) / sizeof(spots[0]); i++) {
        struct ms_nt_layout layout = layout_of(spots[i].bits, spots[i].build);

        cr_expect(layout.at[spots[i].field] == spots[i].at, "%u bits, %u, field %d: 0x%x",
                  spots[i].bits, spots[i].build, (int)spots[i].field, layout.at[spots[i].field]);
    }
}

// == What all of them keep to ==

static const uint32_t builds[] = {2600,  3790,  6002,  7601,  9200,  9600,  10240, 10586, 14393,
                                  15063, 16299, 17134, 17763, 18362, 19041, 22000, 26100};

// Columns that are missing, or shifted against each other, would not.
static void check_order(const struct ms_nt_layout *layout, uint32_t build)
{
    const uint16_t *at = layout->at;

    cr_expect(at[MS_PROCESS_LINKS] - at[MS_PROCESS_ID] == 4 ||
                  at[MS_PROCESS_LINKS] - at[MS_PROCESS_ID] == 8,
              "%u: links", build);
    cr_expect(at[MS_PROCESS_NAME] < at[MS_PROCESS_THREAD_LIST], "%u: name", build);
    if (build >= 9200)
        cr_expect(at[MS_PROCESS_PEB] < at[MS_PROCESS_SESSION] &&
                      at[MS_PROCESS_SESSION] < at[MS_PROCESS_OBJECT_TABLE],
                  "%u: session", build);
    else
        cr_expect(at[MS_PROCESS_SESSION] < at[MS_PROCESS_NAME], "%u: session", build);
    if (at[MS_THREAD_CID] != NO)
        cr_expect(at[MS_THREAD_CID] < at[MS_THREAD_LINKS] &&
                      at[MS_THREAD_LINKS] < at[MS_THREAD_CROSS_FLAGS],
                  "%u: thread", build);
}

static bool is_offset(enum ms_nt_field field)
{
    return ms_nt_field_names[field].fact == MS_NT_OFFSET;
}

// The size of the structure that a field is of, where the tables have that.
static uint16_t size_of(const struct ms_nt_layout *layout, enum ms_nt_field field)
{
    if (field >= MS_PROCESS_BYTES && field < MS_SESSION_ID)
        return layout->at[MS_PROCESS_BYTES];
    if (field >= MS_THREAD_BYTES && field < MS_TRACKER_BYTES)
        return layout->at[MS_THREAD_BYTES];
    if (field >= MS_TRACKER_BYTES && field < MS_BIG_PAGE_ENTRY_BYTES)
        return layout->at[MS_TRACKER_BYTES];
    if (field >= MS_BIG_PAGE_ENTRY_BYTES && field < MS_OBJECT_TYPE_NAME)
        return layout->at[MS_BIG_PAGE_ENTRY_BYTES];
    return NO;
}

Test(nt_layout, all_columns)
{
    for (unsigned bits = 32; bits <= 64; bits += 32) {
        for (size_t i = 0; i < sizeof(builds) / sizeof(builds[0]); i++) {
            struct ms_nt_layout layout;
            bool known = ms_nt_layout_for(bits, builds[i], &layout);

            cr_expect(known == (bits == 64 ? builds[i] != 2600 : builds[i] < 22000), "%u %u", bits,
                      builds[i]);
            check_order(&layout, builds[i]);
            for (enum ms_nt_field field = 0; field < MS_N_NT_FIELDS; field++) {
                uint16_t at = layout.at[field];

                cr_expect(at == NO || !is_offset(field) || at < size_of(&layout, field),
                          "%u %u: field %d", bits, builds[i], (int)field);
                cr_expect(at != NO || ms_nt_field_names[field].may_lack || builds[i] >= 22000,
                          "%u %u: field %d lacks", bits, builds[i], (int)field);
            }
        }
    }
}

// == Builds that no table has ==

Test(nt_layout, neighbours)
{
    struct ms_nt_layout layout;
    uint32_t build = 0;

    cr_assert(ms_nt_layout_for(64, 18950, &layout) == false);
    cr_assert(layout.at[MS_PROCESS_ID] == 0x440);
    cr_assert(ms_nt_layout_near(64, 18950, 0, &layout, &build) && build == 19041);
    cr_assert(ms_nt_layout_near(64, 18950, 1, &layout, &build) && build == 18362);
    cr_assert(ms_nt_layout_near(64, 18950, 2, &layout, &build) && build == 17763);
    cr_assert(ms_nt_layout_near(64, 18950, 15, &layout, &build) && build == 3790);
    cr_assert(ms_nt_layout_near(64, 18950, 16, &layout, &build) == false);
    cr_assert(ms_nt_layout_near(64, 19044, 0, &layout, &build) && build == 19041);
    cr_assert(ms_nt_layout_near(32, 100000, 0, &layout, &build) && build == 19041);
    cr_assert(ms_nt_layout_near(32, 0, 14, &layout, &build) && build == 19041);
    cr_assert(ms_nt_layout_near(32, 0, 15, &layout, &build) == false);
}

Test(nt_layout, build_not_known)
{
    struct ms_nt_layout layout;

    cr_assert(ms_nt_layout_for(64, 0, &layout) == false);
    cr_assert(layout.at[MS_ENTRY_BASE] == 0x30 && layout.at[MS_UNLOADED_BYTES] == 0x28);
    cr_assert(layout.at[MS_PROCESS_ID] == NO && layout.at[MS_TRACKER_KEY] == NO);
    cr_assert(ms_nt_has(&layout, MS_ENTRY_SIZE) && !ms_nt_has(&layout, MS_OBJECT_TYPE_NAME));
}
