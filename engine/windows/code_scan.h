// SPDX-License-Identifier: MIT
//
// Looks through stretches of code for instructions that reach targets: what memscan/code_refs.h
// says, over any memory and any table of functions.

#ifndef MS_WINDOWS_CODE_SCAN_H
#define MS_WINDOWS_CODE_SCAN_H

#include "windows/vmem.h"
#include <memscan/code_refs.h>

struct ms_code_source {
    // All memory, to decode instructions; and that in which they may lie. They have the same bytes.
    // Their `user` need not be that of the functions below.
    struct ms_vmem memory, code;

    // The first address of [address, last] that is there. False: none is.
    bool (*find)(void *user, uint64_t address, uint64_t last, uint64_t *found_ret);

    // The function that an address lies in: instructions stand in a row from its first byte on.
    // Asked of ascending addresses. MS_MISSING: not known. MS_NOMEM.
    enum ms_status (*function)(void *user, uint64_t address, struct ms_range *function_ret);

    // Whether one of the 4 bytes at an address, where no function is known, is known to be no code.
    // MS_OK: it is; MS_MISSING; MS_NOMEM.
    enum ms_status (*data)(void *user, uint64_t address);

    // Called before a chunk is read, with the bytes looked through so far. A value other than 0
    // stops. May be NULL.
    int (*progress)(void *user, uint64_t bytes);
    void *progress_user;

    void *user;
};

struct ms_code_scan;

// `targets` must stay where they are. NULL without memory.
struct ms_code_scan *ms_code_scan_create(const struct ms_code_source *source, unsigned bits,
                                         const struct ms_range *targets, size_t n_targets);
void ms_code_scan_free(struct ms_code_scan *scan); // NULL is allowed

// Goes over to a stretch of code. It lies above those before; of them nothing more is told.
// Instructions that begin below `from` are left out; what is told of the others does not depend on
// it.
void ms_code_scan_begin(struct ms_code_scan *scan, const struct ms_range *area, uint64_t from);

// The next reference in the stretch at or below an address. As ms_code_refs_next().
enum ms_status ms_code_scan_next(struct ms_code_scan *scan, uint64_t last, bool *found_ret,
                                 struct ms_code_ref *ref_ret);

// Whether all of the stretch's have been given; before the first stretch, too.
bool ms_code_scan_is_done(const struct ms_code_scan *scan);

// Unless it is done, and after a call that found none: every reference of the stretch below this
// address has been given, and no other.
uint64_t ms_code_scan_position(const struct ms_code_scan *scan);

struct ms_code_refs_work ms_code_scan_work(const struct ms_code_scan *scan);

#endif
