// SPDX-License-Identifier: MIT

#include "base/error.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <string.h>

// Criterion's assertions store an int in a bit-field, wherever they are used.
#pragma GCC diagnostic ignored "-Wconversion"

TestSuite(error);

Test(error, holds_status_and_text)
{
    struct ms_error error = {.os_errno = 1, .column = 2};

    cr_assert(eq(int, ms_fail(&error, MS_MALFORMED, "run %d of %s", 7, "x"), MS_MALFORMED));
    cr_assert(eq(int, error.status, MS_MALFORMED));
    cr_assert(eq(int, error.os_errno, 0));
    cr_assert(eq(u32, error.column, 0));
    cr_assert(eq(str, error.text, "run 7 of x"));
}

Test(error, of_the_system_says_what_it_was)
{
    struct ms_error error = {.column = 2};

    cr_assert(eq(int, ms_fail_errno(&error, ENOENT, "%s: cannot be opened", "x.raw"), MS_IO));
    cr_assert(eq(int, error.status, MS_IO));
    cr_assert(eq(int, error.os_errno, ENOENT));
    cr_assert(eq(u32, error.column, 0));
    cr_assert(eq(str, error.text, "x.raw: cannot be opened: No such file or directory"));
}

Test(error, about_a_text_has_a_column)
{
    struct ms_error error = {.os_errno = 1};

    cr_assert(eq(int, ms_fail_at(&error, 3, "not a digit: '%c'", 'z'), MS_ARGUMENT));
    cr_assert(eq(int, error.status, MS_ARGUMENT));
    cr_assert(eq(u32, error.column, 3));
    cr_assert(eq(int, error.os_errno, 0));
    cr_assert(eq(str, error.text, "not a digit: 'z'"));
    ms_fail_at(&error, SIZE_MAX, "far away");
    cr_assert(eq(u32, error.column, UINT32_MAX));
}

Test(error, without_memory)
{
    struct ms_error error = {0};

    cr_assert(eq(int, ms_fail_nomem(&error), MS_NOMEM));
    cr_assert(eq(str, error.text, "out of memory"));
}

// What is quoted comes from strangers.
Test(error, is_one_line_whatever_it_quotes)
{
    struct ms_error error = {0};

    ms_fail(&error, MS_ARGUMENT, "a\nb\tc\x1b[31m\x7f%s", "\r\x01");
    cr_assert(eq(str, error.text, "a.b.c.[31m..."));
    ms_prepend(&error, MS_ARGUMENT, "x%sy", "\n");
    cr_assert(eq(str, error.text, "x.y: a.b.c.[31m..."));
    // Text beyond ASCII is somebody's language.
    ms_fail(&error, MS_ARGUMENT, "%s", "gr\xc3\xbc\xc3\x9f");
    cr_assert(eq(str, error.text, "gr\xc3\xbc\xc3\x9f"));
}

Test(error, context_goes_in_front)
{
    struct ms_error error = {0};

    ms_fail_errno(&error, EIO, "the bitmap");
    cr_assert(eq(int, ms_prepend(&error, MS_IO, "%s", "x.dmp"), MS_IO));
    ms_prepend(&error, MS_IO, "image %d", 2);
    cr_assert(eq(str, error.text, "image 2: x.dmp: the bitmap: Input/output error"));
    cr_assert(eq(int, error.os_errno, EIO));
    cr_assert(eq(int, error.status, MS_IO));
}

// Never longer than the room there is, and always ended.
Test(error, texts_too_long_are_cut)
{
    char text[2 * sizeof(((struct ms_error *)0)->text)];
    struct ms_error error = {0};
    const size_t most = sizeof(error.text) - 1;

    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    ms_fail(&error, MS_ARGUMENT, "%s", text);
    cr_assert(eq(sz, strlen(error.text), most));
    ms_prepend(&error, MS_ARGUMENT, "front");
    cr_assert(eq(sz, strlen(error.text), most));
    cr_assert(zero(int, strncmp(error.text, "front: aaa", 10)));
    ms_prepend(&error, MS_ARGUMENT, "%s", text);
    cr_assert(eq(sz, strlen(error.text), most));
    ms_fail_errno(&error, EIO, "%s", text);
    cr_assert(eq(sz, strlen(error.text), most));
    for (size_t room = 0; room < 30; room++) {
        text[most - room] = '\0';
        ms_fail_errno(&error, EIO, "%s", text);
        cr_assert(le(sz, strlen(error.text), most));
        text[most - room] = 'a';
    }
}

Test(error, nobody_need_want_it)
{
    cr_assert(eq(int, ms_fail(NULL, MS_MALFORMED, "x"), MS_MALFORMED));
    cr_assert(eq(int, ms_fail_errno(NULL, EIO, "x"), MS_IO));
    cr_assert(eq(int, ms_fail_at(NULL, 1, "x"), MS_ARGUMENT));
    cr_assert(eq(int, ms_fail_nomem(NULL), MS_NOMEM));
    cr_assert(eq(int, ms_prepend(NULL, MS_UNSUPPORTED, "x"), MS_UNSUPPORTED));
}

Test(error, every_status_has_a_name_of_its_own)
{
    for (int i = MS_OK; i <= MS_MISSING; i++) {
        cr_assert(gt(sz, strlen(ms_status_name((enum ms_status)i)), 0));
        for (int k = MS_OK; k < i; k++)
            cr_assert(
                strcmp(ms_status_name((enum ms_status)i), ms_status_name((enum ms_status)k)) != 0);
    }
    cr_assert(eq(str, (char *)(uintptr_t)ms_status_name((enum ms_status)99), "unknown status"));
    cr_assert(eq(str, (char *)(uintptr_t)ms_status_name((enum ms_status) - 1), "unknown status"));
}
