// SPDX-License-Identifier: MIT
//
// Each allocation fails in turn, while the tables of pool are read, blocks are looked for and tags
// are counted: who asks is told, nothing is left, and nothing is told that would be told otherwise.

#include "windows/pool_machine.h"
#include "windows/turns.h"

TestSuite(pool_nomem);

struct told {
    size_t n_notes, n_big, n_blocks, n_tags;
    uint64_t bytes;
};

static int count_block(void *user, const struct ms_pool_info *info)
{
    struct told *told = user;

    told->n_blocks++;
    told->bytes += info->size;
    return 0;
}

static enum ms_status use(struct ms_pool *pool, struct told *told)
{
    const unsigned flags = MS_POOL_USAGE_TRACKER | MS_POOL_USAGE_COUNTED;
    const struct ms_pool_pass pass = {.block = count_block, .user = told};
    struct ms_pool_usage *usage = NULL;
    enum ms_status status = ms_pool_find(pool, "*", &pass, NULL);

    if (!status)
        status = ms_pool_usage_create(pool, flags, NULL, &usage, NULL);
    if (status)
        return status;
    told->n_tags = ms_pool_usage_count(usage);
    for (size_t i = 0; i < told->n_tags; i++)
        told->bytes += ms_pool_usage_row(usage, i)->tracker.nonpaged_bytes;
    told->n_big = ms_pool_system(pool).n_big;
    told->n_notes = ms_pool_n_notes(pool);
    ms_pool_usage_free(usage);
    return MS_OK;
}

// Modules are made anew, since the kernel's sections are kept with them.
static enum ms_status ask_all(const struct ms_spaces *spaces, struct told *told)
{
    struct ms_modules *modules = NULL;
    struct ms_pool *pool = NULL;
    enum ms_status status = ms_modules_create(spaces, 0, NULL, &modules, NULL);

    *told = (struct told){0};
    if (!status)
        status = ms_pool_create(modules, &pool, NULL);
    if (!status)
        status = use(pool, told);
    ms_pool_free(pool);
    ms_modules_free(modules);
    return status;
}

Test(pool_nomem, each)
{
    struct windows windows = pool_machine();
    struct ms_image *image = open_machine(&windows.machine);
    struct ms_spaces *spaces = spaces_of(image, ROOT, "x64", "kernel");
    struct told whole, told;
    struct turn turn;

    cr_assert(ask_all(spaces, &whole) == MS_OK);
    cr_assert(whole.n_notes == 1 && whole.n_big == 2 && whole.n_blocks == 11 && whole.n_tags == 8,
              "%zu notes, %zu big, %zu blocks, %zu tags", whole.n_notes, whole.n_big,
              whole.n_blocks, whole.n_tags);
    turn = first_turn();
    do {
        enum ms_status status;

        begin_turn(&turn);
        status = ask_all(spaces, &told);
        end_turn(&turn, status);
        leaves_nothing(&turn);
        cr_assert(status == (turn.failed ? MS_NOMEM : MS_OK), "allocation %ld", turn.n);
    } while (turn.failed);
    cr_assert(memcmp(&told, &whole, sizeof(told)) == 0);
    cr_assert(turn.n > 10, "%ld", turn.n);
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(windows.machine.bytes);
}
