// SPDX-License-Identifier: MIT
//
// The guest's words: lines on QEMU's debug port. marker.c says which there are.

#ifndef MEMSCAN_TESTS_GUEST_SAY_H
#define MEMSCAN_TESTS_GUEST_SAY_H

#define DEBUG_PORT 0xe9

// The first process of a machine must not end, so what fails says so and stays.
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);
_Noreturn void stay(void);
_Noreturn void fail(const char *what); // of a call that has left its reason in errno
_Noreturn void fail_plainly(const char *what);

#endif
