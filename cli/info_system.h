// SPDX-License-Identifier: MIT
//
// What memscan info says of the Windows kernel in an image.

#ifndef CLI_INFO_SYSTEM_H
#define CLI_INFO_SYSTEM_H

#include "image_open.h"
#include "output.h"

// The kernel and its modules, by what the settings say; NULL where there is none to tell of, or
// what there is cannot be read: the rest of what memscan info says stands without it. Freed with
// ms_modules_free().
struct ms_modules *system_find(struct opened *opened, const struct settings *settings);

#define SYSTEM_TEXT_BYTES 512

// "fffff800`02a00000, 10.0 build 19041 (LAB), by the low stub"
void system_format_kernel(char text[SYSTEM_TEXT_BYTES], const struct ms_modules *modules,
                          unsigned bits);
// "fffff800`02a10020, encoded, by the search of nt"; "" if it was not found.
void system_format_kdbg(char text[SYSTEM_TEXT_BYTES], const struct ms_modules *modules,
                        unsigned bits);
// "187, by the list at fffff800`02a10000, named by the KDBG"
void system_format_modules(char text[SYSTEM_TEXT_BYTES], const struct ms_modules *modules,
                           unsigned bits);

// "nt.json, for nt, of ntkrnlmp.pdb; names: 29874": a symbol file; false if it is not used.
bool system_format_symbols(char text[SYSTEM_TEXT_BYTES], const struct ms_modules *modules,
                           const struct settings *settings, size_t index);

// ,"nt":{...}
void system_print_json(struct output *out, const struct ms_modules *modules,
                       const struct settings *settings);

// Prints which symbol files are not used, or could not be checked; `modules` may be NULL. False: a
// file is not used, which is an error.
bool system_check_symbols(const struct ms_modules *modules, const struct settings *settings,
                          const char *image);

#endif
