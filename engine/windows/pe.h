// SPDX-License-Identifier: MIT
//
// PE images in memory: as a loader lays them out, by section addresses and not by file offsets.
// 32-bit and 64-bit ones. Source of the layouts: Microsoft's "PE Format" specification.
//
// Nothing here knows who loaded the image, so that kernels, processes and minidumps share it. An
// image may be broken, hostile, or in memory only in parts: what is there is given, what is not is
// said and never guessed. An RVA is an address relative to the image's base; nothing is read
// outside of the image, [base, base + size_of_image). Work and memory have bounds, which are told
// here; what passes them is counted.
//
// A struct ms_pe and what is made from it does not change once made: any number of threads may use
// it, as far as the memory it was opened on allows that.

#ifndef MS_WINDOWS_PE_H
#define MS_WINDOWS_PE_H

#include "windows/vmem.h"
#include <memscan/status.h>

// == What there is of a thing ==

enum ms_pe_state {
    MS_PE_NONE,    // the image has no such thing
    MS_PE_WHOLE,   // it is there
    MS_PE_MISSING, // not all of it is in memory
    MS_PE_BAD,     // the image contradicts itself: a place outside of the image, an unknown layout
};

// How many things of a table could not be told, and why.
struct ms_pe_lost {
    size_t missing;  // not in memory
    size_t bad;      // they point out of the image or of their table
    size_t left_out; // past the limits below
};

#define MS_PE_MAX_SECTIONS  1024u
#define MS_PE_MAX_NAME      4096u     // bytes of a name
#define MS_PE_MAX_NAMES     0x800000u // bytes of all names of a table; at most size_of_image, too
#define MS_PE_MAX_EXPORTS   0x10000u  // functions, and names as well
#define MS_PE_MAX_DLLS      4096u     // import descriptors
#define MS_PE_MAX_IMPORTS   0x10000u  // slots, of all descriptors
#define MS_PE_MAX_FUNCTIONS 0x100000u
#define MS_PE_MAX_PATH      1024u // of the name of a PDB file

// A name: bytes from strangers, of any values but 0 and of any encoding, without a 0 at the end.
struct ms_pe_text {
    const uint8_t *bytes; // NULL if `length` is 0
    uint32_t length;
    // WHOLE: up to its 0. MISSING: what follows (or all) is not in memory. BAD: it is longer than
    // allowed, or ends with the image. With MISSING and BAD the bytes before that are given.
    enum ms_pe_state state;
};

// == Headers ==

struct ms_pe_section {
    uint8_t name[8]; // any bytes, 0 behind the end; one of 8 bytes has none
    uint32_t rva;    // first byte
    uint32_t size;   // in memory, in bytes: VirtualSize, or SizeOfRawData where that is 0; neither
                     // rounded up nor cut to the image
    uint32_t raw_offset, raw_size; // in the file
    uint32_t flags;                // IMAGE_SCN_*: "Characteristics"
};

enum ms_pe_directory_index {
    MS_PE_DIRECTORY_EXPORT,
    MS_PE_DIRECTORY_IMPORT,
    MS_PE_DIRECTORY_RESOURCE,
    MS_PE_DIRECTORY_EXCEPTION,
    MS_PE_DIRECTORY_SECURITY, // its address is a file offset
    MS_PE_DIRECTORY_RELOCATION,
    MS_PE_DIRECTORY_DEBUG,
    MS_PE_DIRECTORY_ARCHITECTURE,
    MS_PE_DIRECTORY_GLOBAL,
    MS_PE_DIRECTORY_TLS,
    MS_PE_DIRECTORY_LOAD_CONFIG,
    MS_PE_DIRECTORY_BOUND_IMPORT,
    MS_PE_DIRECTORY_IAT,
    MS_PE_DIRECTORY_DELAY_IMPORT,
    MS_PE_DIRECTORY_CLR,
    MS_PE_DIRECTORY_RESERVED,
};
#define MS_PE_N_DIRECTORIES 16

struct ms_pe_directory {
    uint32_t rva;
    uint32_t size;
    enum ms_pe_state state; // NONE: the image has none (rva is 0). BAD: it begins outside.
};

#define MS_PE_MACHINE_I386  0x014cu
#define MS_PE_MACHINE_AMD64 0x8664u
#define MS_PE_MACHINE_ARM64 0xaa64u

struct ms_pe {
    struct ms_vmem memory;
    uint64_t base; // where it is in memory

    unsigned bits; // 32 or 64: how wide its pointers are
    uint16_t machine, characteristics;
    uint16_t subsystem, dll_characteristics;
    uint32_t timestamp, checksum;
    uint32_t size_of_image;     // never 0
    uint32_t size_of_headers;   // as the header says
    uint32_t section_alignment; // as the header says: any value
    uint32_t entry_point;       // RVA; 0: none
    uint64_t image_base;        // as the header says: the loader may have changed it
    struct ms_pe_directory directories[MS_PE_N_DIRECTORIES];

    struct ms_pe_section *sections; // in the order of the table; missing ones are not among them
    size_t n_sections;
    struct ms_pe_lost sections_lost;
    struct ms_pe_extent *extents; // of the sections that have any, for ms_pe_section_at()
    size_t n_extents;
    size_t bytes; // that it takes
};

// Reads the headers of the image at `base`. `memory` is copied; what its `user` points to must
// outlive the image. Closed with ms_pe_close().
//
// MS_MISSING: headers (all before the directories) are not in memory; the caller knows what it
// knows from elsewhere. MS_MALFORMED: there is no PE image. MS_NOMEM.
enum ms_status ms_pe_open(const struct ms_vmem *memory, uint64_t base, struct ms_pe **pe_ret,
                          struct ms_error *error);
void ms_pe_close(struct ms_pe *pe); // NULL is allowed

// The section that an RVA lies in; NULL for headers, gaps and what is past the end. What a section
// is rounded up to by the alignment belongs to it as far as the next section does not begin there.
// Where sections overlap: that which begins last. O(log n).
const struct ms_pe_section *ms_pe_section_at(const struct ms_pe *pe, uint32_t rva);

// Where a section is: first byte, and the first one behind what it is rounded up to by the
// alignment, which may be past the end of the image. False: it is empty.
bool ms_pe_section_extent(const struct ms_pe *pe, const struct ms_pe_section *section,
                          uint64_t *start_ret, uint64_t *end_ret);

// Copies the section's name into `name_ret`, with a 0 at the end; returns its length.
size_t ms_pe_section_name(const struct ms_pe_section *section, char name_ret[9]);

// Copies bytes of the image: WHOLE, MISSING (those that are there are given, the others are 0), or
// BAD: not all lie in the image, nothing is copied. For structures: at most 4096 bytes. The RVA is
// wide so that a caller's sum needs no check.
enum ms_pe_state ms_pe_read(const struct ms_pe *pe, uint64_t rva, uint8_t *bytes, size_t length);

// == What it is ==

// The name that the export directory gives the image: "ntoskrnl.exe". `name_ret` gets at most
// `capacity` bytes (MS_PE_MAX_NAME will do) and backs `text_ret`.
void ms_pe_own_name(const struct ms_pe *pe, uint8_t *name_ret, size_t capacity,
                    struct ms_pe_text *text_ret);

// The PDB file that belongs to the image, from the debug directory.
struct ms_pe_pdb {
    bool is_nb10;     // an old one: `signature` and `age` identify it, else `guid` and `age`
    uint8_t guid[16]; // in memory order: Data1, Data2, Data3 little-endian, Data4
    uint32_t signature;
    uint32_t age;
    uint8_t path[MS_PE_MAX_PATH]; // as the linker wrote it: often a whole path
    uint32_t path_length;
    enum ms_pe_state path_state; // as ms_pe_text.state
};

// Where there are several records: the first whole one, of two kinds RSDS. What is not WHOLE leaves
// the result zero.
enum ms_pe_state ms_pe_pdb(const struct ms_pe *pe, struct ms_pe_pdb *pdb_ret);

// VS_FIXEDFILEINFO of the version resource; numbers in the order of writing: 6.1.7601.24545.
struct ms_pe_version {
    uint16_t file[4], product[4];
    uint32_t flags; // those that the mask says are valid
    uint32_t os, type, subtype;
};
enum ms_pe_state ms_pe_version(const struct ms_pe *pe, struct ms_pe_version *version_ret);

// == Exports ==

struct ms_pe_export {
    struct ms_pe_text name;      // NONE: exported by ordinal alone
    struct ms_pe_text forwarder; // "NTDLL.RtlX" or "NTDLL.#12"; NONE: not forwarded
    uint32_t rva;                // of the function or variable; means nothing unless has_rva
    uint32_t ordinal;            // means nothing unless has_ordinal
    bool has_rva;                // false: the address table is not in memory there, or lies
    bool has_ordinal;            // false: the ordinal table is not in memory there, or lies
};

// All exports, one item a name and one a function without a name. First the `n_placed` ones that
// have an address in the image, by ascending RVA, of one RVA the named ones first, then by name and
// ordinal. Then those that are forwarded, then those without an address. Takes at most 24 MiB.
struct ms_pe_exports {
    struct ms_pe_export *items;
    size_t n, n_placed;
    enum ms_pe_state
        state; // NONE, WHOLE, MISSING: the directory itself, BAD: it contradicts itself
    struct ms_pe_lost lost; // functions and names; each text of which something lacks counts too
    // The rest is for the functions below.
    uint32_t *by_name, *by_ordinal; // indexes of items; those whose name is WHOLE, with ordinal
    size_t n_by_name, n_by_ordinal;
    void *names;
    size_t bytes; // that all of it takes
};

// MS_OK or MS_NOMEM; what is wrong with the table is in the result. Released with
// ms_pe_exports_free(), NULL is allowed. It does not need the image any more.
enum ms_status ms_pe_exports_read(const struct ms_pe *pe, struct ms_pe_exports **exports_ret,
                                  struct ms_error *error);
void ms_pe_exports_free(struct ms_pe_exports *exports);

// The first of the placed items with the highest RVA at or below the given one; NULL: none. Others
// of the same RVA follow it in `items`. O(log n).
const struct ms_pe_export *ms_pe_exports_nearest(const struct ms_pe_exports *exports, uint32_t rva);
// The first of the placed items with an RVA above the given one; NULL: none.
const struct ms_pe_export *ms_pe_exports_next(const struct ms_pe_exports *exports, uint32_t rva);
// NULL: there is none, as far as is known. Names are compared byte by byte.
const struct ms_pe_export *ms_pe_exports_named(const struct ms_pe_exports *exports,
                                               const uint8_t *name, size_t length);
const struct ms_pe_export *ms_pe_exports_numbered(const struct ms_pe_exports *exports,
                                                  uint32_t ordinal);

// == Imports ==

enum ms_pe_asked {
    MS_PE_ASKED_UNKNOWN, // the name tables do not tell
    MS_PE_ASKED_NAME,
    MS_PE_ASKED_ORDINAL,
};

struct ms_pe_import {
    uint32_t slot;  // RVA of the pointer that the loader fills in
    uint32_t dll;   // index of the list it belongs to
    uint64_t value; // of the slot at present; means nothing unless has_value
    bool has_value; // false: not in memory
    enum ms_pe_asked asked;
    uint16_t ordinal;       // or with a name the hint
    struct ms_pe_text name; // NONE unless asked by name; MISSING and BAD occur
};

enum ms_pe_import_kind {
    MS_PE_IMPORT,       // of the import directory
    MS_PE_IMPORT_DELAY, // delay-load: until its first call a slot points into its own module
    MS_PE_IMPORT_IAT,   // slots of the IAT directory that no descriptor known here claims
};

// The slots of one descriptor.
struct ms_pe_import_dll {
    enum ms_pe_import_kind kind;
    struct ms_pe_text name; // "HAL.dll"; NONE for MS_PE_IMPORT_IAT
    // The table of names: NONE: the descriptor has none, as if bound by an old linker, or the kind
    // is MS_PE_IMPORT_IAT. MISSING: not all of it is in memory. BAD.
    enum ms_pe_state names;
    bool end_unknown;   // there may be more slots: neither table tells where the list ends
    uint32_t timestamp; // 0: not bound
    size_t first, n;    // its slots in `items`
};

// All imports: lists in the order of the import directory, then of the delay-load directory, then
// at most one of the rest of the IAT; slots of a list ascend. Where tables overlap, each gives the
// slot. Takes at most 24 MiB.
struct ms_pe_imports {
    struct ms_pe_import_dll *dlls;
    size_t n_dlls;
    struct ms_pe_import *items;
    size_t n;
    enum ms_pe_state state, delay_state; // of the two directories: see ms_pe_exports.state
    enum ms_pe_state iat_state;          // of the IAT directory
    struct ms_pe_lost lost; // descriptors and slots; each text of which something lacks counts too
    // The rest is for the functions below.
    uint32_t *by_slot; // indexes of items, ascending by slot
    uint32_t slot_bytes;
    void *names;
    size_t bytes; // that all of it takes
};

// As with exports.
enum ms_status ms_pe_imports_read(const struct ms_pe *pe, struct ms_pe_imports **imports_ret,
                                  struct ms_error *error);
void ms_pe_imports_free(struct ms_pe_imports *imports);

// The slot that an RVA lies in, also behind its first byte; NULL: none. One of the kind
// MS_PE_IMPORT_IAT too. O(log n).
const struct ms_pe_import *ms_pe_imports_at(const struct ms_pe_imports *imports, uint32_t rva);

// == Functions (x64) ==

struct ms_pe_function {
    uint32_t begin, end; // RVAs; `end` is the first byte after it
    // Of the whole function, where this is a part of one that was split (chained unwind
    // information); else the same as `begin`.
    uint32_t primary;
    // Whether `primary` is that: MISSING: the chain leads to memory that is not there; BAD:
    // nowhere, or round in circles. It is then the last one known.
    enum ms_pe_state primary_state;
};

// The table of functions (.pdata). Takes at most 16 MiB.
struct ms_pe_functions;

// As with exports. For other machines than AMD64 the table is NONE.
enum ms_status ms_pe_functions_read(const struct ms_pe *pe, struct ms_pe_functions **functions_ret,
                                    struct ms_error *error);
void ms_pe_functions_free(struct ms_pe_functions *functions);

size_t ms_pe_functions_bytes(const struct ms_pe_functions *functions); // that it takes
size_t ms_pe_functions_count(const struct ms_pe_functions *functions);
enum ms_pe_state ms_pe_functions_state(const struct ms_pe_functions *functions);
struct ms_pe_lost ms_pe_functions_lost(const struct ms_pe_functions *functions);

// The function that an RVA lies in. NONE: none; a leaf function, which needs no entry, may be
// there. MISSING: its entry may be among those that are missing. Chains are followed in the memory
// of `pe`, which is the one that the table is from. O(log n).
enum ms_pe_state ms_pe_function_at(const struct ms_pe_functions *functions, const struct ms_pe *pe,
                                   uint32_t rva, struct ms_pe_function *function_ret);

#endif
