// SPDX-License-Identifier: MIT
//
// Random tests for kernels, with values that pass, and a plain view of what should pass that shares
// nothing with the engine.

#ifndef TESTS_MATCH_KERNEL_SUBJECT_H
#define TESTS_MATCH_KERNEL_SUBJECT_H

#include "match/kernel/kernel.h"
#include "seeded.h"

#define MOST_PERIOD  8
#define MOST_REACH   63 // of a test, behind its blocks
#define MOST_MEMBERS 40

extern const char *const test_names[MS_N_TESTS];

struct subject {
    struct ms_test test;
    struct ms_nibbles nibbles; // the tables of the test, as far as its kind has any
    struct ms_hashed *hashed;
    struct ms_element_set set;
    uint64_t members[MOST_MEMBERS]; // pass, if the test has tables; for others, are of interest
    size_t n_members;
};

struct subject *subject_create(void);
void subject_free(struct subject *subject);

// Whether there is such a test.
bool subject_has(enum ms_test_kind kind, uint32_t width);

// Makes a random test.
void subject_make(struct subject *subject, enum ms_test_kind kind, uint32_t width,
                  struct seeded *random);

// Whether the element at `at` should pass.
bool subject_passes(const struct ms_test *test, const uint8_t *at);

// A member, or a value that differs little from one.
uint64_t subject_near_member(const struct subject *subject, struct seeded *random);

// All bits of a value of that width.
uint64_t all_of(uint32_t width);
uint64_t load_element(const uint8_t *bytes, uint32_t width);
void store_element(uint8_t *bytes, uint64_t value, uint32_t width);

#endif
