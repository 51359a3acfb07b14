// SPDX-License-Identifier: MIT
//
// Each allocation fails in turn, while a case of special pool is gathered, compared and searched:
// who asks is told, nothing is left, and what is told is what there is.

#include "windows/special_machine.h"
#include "windows/turns.h"

TestSuite(special_nomem);

struct told {
    size_t n_pages, n_words, n_owners;
    uint64_t elsewhere, n_hits;
};

static enum ms_status ask(struct ms_special_case *special, const struct ms_modules *modules,
                          struct told *told)
{
    struct ms_error error;
    enum ms_status status = ms_special_case_add(special, modules, NULL, &error);

    if (!status)
        status = ms_special_case_compare(special, NULL, &error);
    if (status)
        return status;
    told->n_pages = ms_special_case_n_pages(special);
    told->n_words = ms_special_case_n_words(special);
    for (size_t i = 0; i < told->n_words; i++)
        told->elsewhere += ms_special_case_word(special, i).elsewhere;
    status = ms_special_case_find(special, 0x78090043, NULL, &error);
    told->n_owners = ms_special_case_n_owners(special);
    for (size_t i = 0; i < told->n_owners; i++)
        told->n_hits += ms_special_case_owner(special, i).n_hits;
    return status;
}

// The modules, which keep what they have read, are new each time.
static enum ms_status ask_all(const struct ms_spaces *spaces, struct told *told)
{
    struct ms_special_case *special = NULL;
    struct ms_modules *modules = NULL;
    struct ms_error error;
    enum ms_status status = ms_modules_create(spaces, 0, NULL, &modules, &error);

    *told = (struct told){0};
    if (!status)
        status = ms_special_case_create(&special, &error);
    if (!status)
        status = ask(special, modules, told);
    ms_special_case_free(special);
    ms_modules_free(modules);
    return status;
}

static struct windows machine(void)
{
    struct windows windows = special_windows();

    for (unsigned i = 0; i < 3; i++) {
        add_special(&windows, i, "FMsl");
        for (unsigned nth = 0; nth < 20; nth++)
            spoil(&windows, i, nth, 0x78090043 + nth);
    }
    poke(&windows, DRIVERS + 0x1100, 0x78090043, 4);
    poke(&windows, 0x60000, 0x78090043, 4);
    return windows;
}

Test(special_nomem, each)
{
    struct windows windows = machine();
    struct ms_image *image = open_machine(&windows.machine);
    struct ms_spaces *spaces = spaces_of(image, ROOT, "x64", "kernel");
    struct told whole, told;
    enum ms_status status;
    struct turn turn;

    cr_assert(ask_all(spaces, &whole) == MS_OK);
    cr_assert(whole.n_pages == 3 && whole.n_words == 20 && whole.n_owners == 3);
    cr_assert(whole.elsewhere == 2 && whole.n_hits == 5);
    turn = first_turn();
    do {
        begin_turn(&turn);
        status = ask_all(spaces, &told);
        end_turn(&turn, status);
        leaves_nothing(&turn);
        cr_assert(status != MS_OK || memcmp(&told, &whole, sizeof(told)) == 0,
                  "allocation %ld changes what is told", turn.n);
    } while (turn.failed);
    cr_assert(turn.n > 100, "%ld", turn.n);
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(windows.machine.bytes);
}
