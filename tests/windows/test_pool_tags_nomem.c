// SPDX-License-Identifier: MIT
//
// Each allocation fails in turn while a file of pool tags is read: the status says so, and nothing
// is left.

#include "windows/pool_tags.h"

#include "base/file_in_memory.h"
#include "windows/turns.h"

#include <string.h>

TestSuite(pool_tags_nomem);

// Of each kind of line: entries, several of one line, notes and the one behind the last of them.
static const char file_text[] =
    "Qqqq - q.sys - text\n*a*b* - x.sys - many\n-\n-\n-\n-\n-\n-\n-\n-\n-\n";

Test(pool_tags_nomem, each_allocation_fails)
{
    struct memory_file file = memory_file_make(file_text, strlen(file_text));
    struct turn turn = first_turn();

    do {
        struct ms_pool_tags *tags = NULL;
        struct ms_error error = {0};
        enum ms_status status;

        begin_turn(&turn);
        status = ms_pool_tags_open(file.path, &tags, &error);
        end_turn(&turn, status);
        cr_assert(status == (turn.failed ? MS_NOMEM : MS_OK), "allocation %ld", turn.n);
        cr_assert(status == MS_OK || tags == NULL, "allocation %ld", turn.n);
        ms_pool_tags_free(tags);
        leaves_nothing(&turn);
    } while (turn.failed);
    cr_assert(turn.n > 10, "%ld allocations", turn.n);
    memory_file_close(&file);
}
