// SPDX-License-Identifier: MIT
//
// What commands look for references to: an address, a range, a module, or functions by name, which
// are exports or what symbol files name.

#ifndef CLI_TARGET_H
#define CLI_TARGET_H

#include <memscan/imports.h>
#include <memscan/range.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum target_kind {
    TARGET_ADDRESS, // 8096c8cc
    TARGET_RANGE,   // 80000000+fff, 80000000,80000fff
    TARGET_MODULE,  // nt:
    TARGET_NAME,    // SeTokenType, nt:Se*, 'nt!SeTokenType', nt:#12
};

struct target {
    enum target_kind kind;
    const char *text;      // as written
    uint64_t address;      // of TARGET_ADDRESS
    struct ms_range range; // of TARGET_RANGE, and of TARGET_ADDRESS the one byte
    char *module;          // pattern of names; NULL: any
    char *name;            // pattern of names; NULL unless it is TARGET_NAME
};

// Reads a target that is of one of the kinds (bits, 1u << enum target_kind). Nothing is looked up
// yet. False after an error message. Released with target_release() either way.
bool target_read(struct target *target, const char *text, unsigned kinds);
void target_release(struct target *target);

// Whether the module's name fits, as far as the target says one.
bool target_has_module(const struct target *target, const char *module);

// An export, or a symbol of a file, that a target means.
struct target_export {
    size_t module;
    struct ms_export item;
};

struct target_exports {
    struct target_export *items; // by ascending address; those without one first
    size_t n;
    size_t room;
};

// Finds the exports and symbols that a target names; none, if it is of another kind. No export at
// all is not an error. False after an error message: a bare name that has different addresses in
// several modules is one, too. `image` is for messages. Released with target_exports_release()
// either way.
bool target_find(const struct target *target, const struct ms_modules *modules, const char *image,
                 struct target_exports *exports);
void target_exports_release(struct target_exports *exports);

// The first export at an address; NULL: none. O(log n).
const struct target_export *target_exports_at(const struct target_exports *exports,
                                              uint64_t address);

#endif
