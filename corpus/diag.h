// SPDX-License-Identifier: MIT
//
// How memscan-mkimage fails: one line on stderr, whatever was half written taken away, exit
// status 2. The program has nothing to recover, so a failure never returns; that keeps every
// other function free of error plumbing.

#ifndef CORPUS_DIAG_H
#define CORPUS_DIAG_H

#include <stddef.h>
#include <stdint.h>

/** Where a word of the spec stands. Lines and columns count from 1. */
struct place {
    unsigned line;
    unsigned column;
};

/** The second of two places, which is where a spec contradicts itself. */
struct place later_place(struct place a, struct place b);

struct bytes {
    uint8_t *data;
    size_t length;
};

/** The name that fail_at() prints; it must outlive the program's last failure. */
void diag_set_spec(const char *path);

/** Called by the failing functions before they exit; deletes partial output. */
void diag_set_undo(void (*undo)(void));

/** Prints "mkimage: MESSAGE". */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Prints "mkimage: SPEC:LINE:COLUMN: expected MESSAGE": the message says what was expected. */
_Noreturn void fail_at(struct place where, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Zeroed memory, never NULL. The caller frees it. */
void *allocate(size_t count, size_t size);

/** Makes room for one more element behind `count`; returns the (moved) array. */
void *grow(void *array, size_t count, size_t *capacity, size_t size);

char *copy_text(const char *text);

#endif
