// SPDX-License-Identifier: MIT

#include "base/vec.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdint.h>
#include <stdlib.h>

// Criterion's assertions store an int in a bit-field, wherever they are used.
#pragma GCC diagnostic ignored "-Wconversion"

TestSuite(vec);

struct wide {
    uint64_t value;
    char rest[100];
};

Test(vec, keeps_what_is_pushed)
{
    MS_VEC(struct wide) vec = {0};

    for (uint64_t i = 0; i < 10000; i++) {
        bool pushed = ms_vec_push(&vec, (struct wide){.value = i});

        cr_assert(pushed);
        cr_assert(eq(sz, vec.n, i + 1));
        cr_assert(ge(sz, vec.capacity, vec.n));
    }
    for (uint64_t i = 0; i < 10000; i++)
        cr_assert(eq(u64, vec.items[i].value, i));
    free(vec.items);
}

// n pushes cost O(n): each growth is by half at least.
Test(vec, grows_in_proportion)
{
    MS_VEC(int) vec = {0};
    size_t growths = 0;

    for (int i = 0; i < 1000000; i++) {
        size_t before = vec.capacity;
        bool pushed = ms_vec_push(&vec, i);

        cr_assert(pushed);
        growths += vec.capacity != before;
    }
    cr_assert(lt(sz, growths, 40));
    free(vec.items);
}

Test(vec, reserves_for_several)
{
    MS_VEC(int) vec = {0};
    int *items;
    bool reserved = ms_vec_reserve(&vec, 1000);

    cr_assert(reserved);
    cr_assert(eq(sz, vec.n, 0));
    items = vec.items;
    for (int i = 0; i < 1000; i++) {
        bool pushed = ms_vec_push(&vec, i);

        cr_assert(pushed);
    }
    cr_assert(eq(ptr, vec.items, items));
    reserved = ms_vec_reserve(&vec, 0);
    cr_assert(reserved);
    cr_assert(eq(ptr, vec.items, items));
    free(vec.items);
}

// What cannot be had leaves the array as it was.
Test(vec, refuses_what_overflows)
{
    static const size_t too_many[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / sizeof(struct wide),
                                      SIZE_MAX / sizeof(struct wide) + 1};
    MS_VEC(struct wide) vec = {0};
    bool pushed = ms_vec_push(&vec, (struct wide){.value = 42});

    cr_assert(pushed);
    for (size_t i = 0; i < sizeof(too_many) / sizeof(too_many[0]); i++) {
        size_t capacity = vec.capacity;
        bool reserved = ms_vec_reserve(&vec, too_many[i]);

        cr_assert(not(reserved), "%zu", too_many[i]);
        cr_assert(eq(sz, vec.n, 1));
        cr_assert(eq(sz, vec.capacity, capacity));
        cr_assert(eq(u64, vec.items[0].value, 42));
    }
    free(vec.items);
}
