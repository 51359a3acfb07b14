// SPDX-License-Identifier: MIT
//
// Tests in which each allocation fails in turn:
//
//     struct turn turn = first_turn();
//
//     do {
//         begin_turn(&turn);
//         status = what is tested;
//         end_turn(&turn, status);
//         leaves_nothing(&turn);
//     } while (turn.failed);

#ifndef TESTS_WINDOWS_TURNS_H
#define TESTS_WINDOWS_TURNS_H

#include "base/failing_memory.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <memscan/status.h>

// Criterion's assertions store an int in a bit-field, wherever they are used.
#pragma GCC diagnostic ignored "-Wconversion"

struct turn {
    long n;      // the allocation that fails
    bool failed; // there were so many
    long n_live; // blocks before the first
};

static inline struct turn first_turn(void)
{
    return (struct turn){.n_live = atomic_load(&n_live)};
}

static inline void begin_turn(struct turn *turn)
{
    fail_allocation(++turn->n, false);
}

// A turn without a failure succeeds; one with it may do without the memory, or says that it cannot.
static inline void end_turn(struct turn *turn, enum ms_status status)
{
    turn->failed = fail_no_more(); // assertions need memory, too
    cr_assert(status == MS_OK || (turn->failed && status == MS_NOMEM), "allocation %ld: %d",
              turn->n, (int)status);
    cr_assert(turn->n < 100000);
}

static inline void leaves_nothing(const struct turn *turn)
{
    cr_assert(eq(long, atomic_load(&n_live), turn->n_live), "allocation %ld leaves something",
              turn->n);
}

#endif
