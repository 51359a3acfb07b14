// SPDX-License-Identifier: MIT
//
// The NT system being built: what the files that build its parts share.

#ifndef CORPUS_BUILD_NT_H
#define CORPUS_BUILD_NT_H

#include "machinery.h"
#include "pool.h"

/** The kernel and what its machine is like. */
struct nt {
    struct machinery *machinery;
    const struct nt_spec *spec;
    struct module *kernel;
    uint64_t build;
    unsigned width; // of pointers
    struct pool *pool;
};

/** The variable's RVA; the spec of a kernel from a file must say where it is. */
uint64_t nt_variable(const struct nt *nt, const char *name);
uint64_t nt_variable_address(const struct nt *nt, const char *name);

/** Puts a number into a variable. */
void nt_store_variable(const struct nt *nt, const char *name, unsigned width, uint64_t value);

/** A UNICODE_STRING at `at` of a block, whose text is at `address`. */
void nt_store_string(const struct nt *nt, struct pool_block block, size_t at,
                     const struct bytes *text, uint64_t address);

/** The spec's blocks of pool, and special pool. */
void nt_build_pool(const struct nt *nt);

/** Processes, threads and drivers. */
void nt_build_objects(const struct nt *nt);

/** Offsets of their fields in the debugger's data block, which has `size` bytes. */
void nt_store_kdbg_offsets(const struct nt *nt, uint64_t at, uint64_t size);

/** The kernel's tables of pool, once everything else is in it. */
void nt_build_pool_tables(const struct nt *nt);

#endif
