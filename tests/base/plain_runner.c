// SPDX-License-Identifier: MIT
//
// Runs Criterion's tests without Criterion: its own runner does not live with ThreadSanitizer,
// which wants the addresses where it maps its arena. Linked into a test, this takes the place of
// what the library has under the same names. One process a test, as there.

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS 600

// The linker's names for the list of tests.
extern struct criterion_test *const first_test __asm__("__start_cr_tst");
extern struct criterion_test *const end_test __asm__("__stop_cr_tst");

static int n_failed;

void criterion_internal_test_setup(void)
{
}

void criterion_internal_test_main(void (*test)(void))
{
    test();
}

void criterion_internal_test_teardown(void)
{
}

void criterion_abort_test(void)
{
    _exit(1);
}

void cri_assert_node_send(const char *file, size_t line, struct cri_assert_node *node)
{
    n_failed++;
    fprintf(stderr, "%s:%zu: %s\n", file, line, node->message ? node->message : "");
    for (size_t i = 0; i < node->nchild; i++)
        fprintf(stderr, "    %s\n", node->children[i].repr);
}

static int run(const struct criterion_test *test)
{
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        alarm(SECONDS);
        test->test();
        // Not _exit(): at exit the sanitizer tells what it found.
        exit(n_failed > 0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        status = -1;
    fprintf(stderr, "[%s] %s::%s\n", status ? "FAIL" : "PASS", test->category, test->name);
    return status;
}

int main(void)
{
    int failed = 0;

    for (struct criterion_test *const *test = &first_test; test < &end_test; test++) {
        if (*test)
            failed |= run(*test);
    }
    return failed ? 1 : 0;
}
