// SPDX-License-Identifier: MIT
//
// What has become of a spec's processes, threads and drivers.

#ifndef CORPUS_OBJECTS_H
#define CORPUS_OBJECTS_H

#include "machinery.h"
#include "object_layout.h"
#include "pool.h"

/** An object of the object manager's. */
struct object {
    uint64_t block;         // its block's header
    uint64_t header;        // OBJECT_HEADER's address
    size_t length;          // from the header to the body's end
    struct pool_block body; // its bytes live as long as the pool
    unsigned infos;         // the headers before OBJECT_HEADER: their InfoMask
};

struct thread_result {
    struct object object;
    uint64_t start, win32_start;
    uint64_t stack_base, initial_stack, stack_limit, kernel_stack; // 0: it has none
    struct frame_result {
        uint64_t slot, value;
        size_t call_bytes; // of the call before `value`; 0: there is none
    } * frames;            // as the spec's
};

struct driver_result {
    struct object object;
    uint64_t start, size, section;
    uint64_t fast_io; // the table's address; 0: there is none
    uint64_t pointers[N_POINTERS];
    uint64_t *devices; // as the spec's: addresses
    struct extension_result {
        uint64_t address, id;
    } * extensions; // likewise
};

struct objects {
    struct object_layout layout;
    struct object *processes; // these three as the spec's
    struct thread_result *threads;
    struct driver_result *drivers;
};

/** Looks up process@PID+N, thread@TID+N, driver@NAME+N, and the same with -header before @; false
 * if it is none. */
bool objects_address(const struct machinery *machinery, const struct target *target,
                     uint64_t *address_ret);

void objects_release(struct objects *objects, const struct objects_spec *spec);

#endif
