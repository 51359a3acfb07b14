// SPDX-License-Identifier: MIT
//
// Offsets as in Windows' public symbols. Of an entry of the module list all versions agree up to
// the checksum; behind it, where Windows 10 has the time stamp, earlier entries end.
//
// What differs between versions stands in one table a structure, which has a column for each build
// that is known.

#include "windows/nt_layout_tables.h"

#define N_ITEMS(array) (sizeof(array) / sizeof((array)[0]))

// == What all versions agree in ==

struct fixed_row {
    enum ms_nt_field field;
    uint16_t at[2]; // of 32 bits, and of 64
};

static const struct fixed_row fixed_rows[] = {
    {MS_ENTRY_BASE, {0x18, 0x30}},     {MS_ENTRY_SIZE, {0x20, 0x40}},
    {MS_ENTRY_PATH, {0x24, 0x48}},     {MS_ENTRY_NAME, {0x2c, 0x58}},
    {MS_ENTRY_CHECKSUM, {0x40, 0x78}}, {MS_ENTRY_TIMESTAMP, {0x58, 0x9c}},
    {MS_UNLOADED_NAME, {0, 0}},        {MS_UNLOADED_START, {0x8, 0x10}},
    {MS_UNLOADED_END, {0xc, 0x18}},    {MS_UNLOADED_TIME, {0x10, 0x20}},
    {MS_UNLOADED_BYTES, {0x18, 0x28}},
};

// == By build ==

// Between these, large pool allocations are those of Windows 11 already.
enum {
    SERVER_2022 = 20348,
    WINDOWS_11 = 22000,
};

static const uint32_t builds_32[] = {2600,  3790,  6002,  7601,  9200,  9600,  10240, 10586,
                                     14393, 15063, 16299, 17134, 17763, 18362, 19041};
static const uint32_t builds_64[] = {3790,  6002,  7601,  9200,  9600,  10240, 10586, 14393,
                                     15063, 16299, 17134, 17763, 18362, 19041, 22000, 26100};

_Static_assert(N_ITEMS(builds_32) <= MS_NT_MAX_BUILDS && N_ITEMS(builds_64) <= MS_NT_MAX_BUILDS,
               "each build needs a column");

// Builds whose structures are those of another one: of Windows 7 without its service pack, of
// kernels whose number an "enablement package" sets, and of Windows 11 up to 23H2.
static const struct {
    uint32_t build, same_as;
} same_builds[] = {
    {7600, 7601},   {18363, 18362}, {19042, 19041}, {19043, 19041}, {19044, 19041},
    {19045, 19041}, {22621, 22000}, {22631, 22000}, {26200, 26100},
};

static const struct ms_nt_table *const tables[] = {
    ms_nt_process_tables,  ms_nt_thread_tables,      ms_nt_tracker_tables,
    ms_nt_big_page_tables, ms_nt_object_type_tables,
};

static size_t n_builds(unsigned bits)
{
    return bits == 64 ? N_ITEMS(builds_64) : N_ITEMS(builds_32);
}

static uint32_t build_of(unsigned bits, size_t column)
{
    return bits == 64 ? builds_64[column] : builds_32[column];
}

static uint32_t known_build(uint32_t build)
{
    for (size_t i = 0; i < N_ITEMS(same_builds); i++) {
        if (same_builds[i].build == build)
            return same_builds[i].same_as;
    }
    return build;
}

static void fill_fixed(unsigned bits, struct ms_nt_layout *layout)
{
    for (size_t i = 0; i < MS_N_NT_FIELDS; i++)
        layout->at[i] = MS_NO_FIELD;
    for (size_t i = 0; i < N_ITEMS(fixed_rows); i++)
        layout->at[fixed_rows[i].field] = fixed_rows[i].at[bits == 64];
}

static void fill(unsigned bits, size_t column, struct ms_nt_layout *layout)
{
    fill_fixed(bits, layout);
    for (size_t i = 0; i < N_ITEMS(tables); i++) {
        const struct ms_nt_table *table = &tables[i][bits == 64];

        for (size_t k = 0; k < table->n; k++)
            layout->at[table->rows[k].field] = table->rows[k].at[column];
    }
}

static uint32_t distance(uint32_t a, uint32_t b)
{
    return a > b ? a - b : b - a;
}

// Whether column `a` is nearer to the build than `b`; of two as near the earlier one.
static bool is_nearer(unsigned bits, uint32_t build, size_t a, size_t b)
{
    uint32_t to_a = distance(build_of(bits, a), build), to_b = distance(build_of(bits, b), build);

    return to_a < to_b || (to_a == to_b && a < b);
}

// How many columns are nearer than one: its place in the order.
static size_t place_of(unsigned bits, uint32_t build, size_t column)
{
    size_t place = 0;

    for (size_t i = 0; i < n_builds(bits); i++)
        place += is_nearer(bits, build, i, column);
    return place;
}

bool ms_nt_layout_near(unsigned bits, uint32_t build, size_t nth, struct ms_nt_layout *layout_ret,
                       uint32_t *build_ret)
{
    for (size_t i = 0; i < n_builds(bits); i++) {
        if (place_of(bits, known_build(build), i) != nth)
            continue;
        fill(bits, i, layout_ret);
        if (bits == 64 && build >= SERVER_2022 && build < WINDOWS_11)
            layout_ret->at[MS_BIG_PAGE_ENTRY_BYTES] = 0x20;
        *build_ret = build_of(bits, i);
        return true;
    }
    return false;
}

bool ms_nt_layout_for(unsigned bits, uint32_t build, struct ms_nt_layout *layout_ret)
{
    uint32_t found;

    if (build == 0) {
        fill_fixed(bits, layout_ret);
        return false;
    }
    return ms_nt_layout_near(bits, build, 0, layout_ret, &found) && found == known_build(build);
}
