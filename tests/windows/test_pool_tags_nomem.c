// SPDX-License-Identifier: MIT
//
// Each allocation fails in turn while a file of pool tags is read: the status says so, and nothing
// is left.

#include "windows/pool_tags.h"

#include "base/file_in_memory.h"
#include "windows/failing_memory.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

// Criterion's assertions store an int in a bit-field, wherever they are used.
#pragma GCC diagnostic ignored "-Wconversion"

TestSuite(pool_tags_nomem);

// Of each kind of line: entries, several of one line, notes and the one behind the last of them.
static const char file_text[] =
    "Qqqq - q.sys - text\n*a*b* - x.sys - many\n-\n-\n-\n-\n-\n-\n-\n-\n-\n";

Test(pool_tags_nomem, each_allocation_fails)
{
    struct memory_file file = memory_file_make(file_text, strlen(file_text));
    enum ms_status status = MS_NOMEM;
    long n = 0;

    for (; status == MS_NOMEM; n++) {
        struct ms_pool_tags *tags = NULL;
        struct ms_error error = {0};
        long before = atomic_load(&n_live);

        atomic_store(&n_left, n + 1);
        status = ms_pool_tags_open(file.path, &tags, &error);
        atomic_store(&n_left, 0);
        cr_assert(status == MS_OK || status == MS_NOMEM, "allocation %ld: %d", n, (int)status);
        cr_assert(status == MS_OK || tags == NULL, "allocation %ld", n);
        ms_pool_tags_free(tags);
        cr_assert(eq(long, atomic_load(&n_live), before), "allocation %ld leaves something", n);
    }
    cr_assert(n > 10, "%ld allocations", n);
    memory_file_close(&file);
}
