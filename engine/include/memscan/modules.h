// SPDX-License-Identifier: MIT
//
// The Windows kernel in an image, and the modules (kernel, drivers) that it has loaded: by its own
// list, and where asked for by what lies in memory.

#ifndef MEMSCAN_MODULES_H
#define MEMSCAN_MODULES_H

#include <memscan/search.h>
#include <memscan/space.h>
#include <memscan/symbols.h>

#ifdef __cplusplus
extern "C" {
#endif

// Texts that come from the image are UTF-8 without NUL: what is none becomes U+FFFD. They may hold
// control characters; names of modules hold letters, digits and underscores alone. All live as long
// as the struct ms_modules that they are of.

// == Finding them ==

enum ms_modules_flags {
    // Look through the whole kernel's half for what the list may not have: PE headers at page
    // starts, and entries of the list in pool blocks with the tag MmLd. Reads all of that memory.
    MS_MODULES_SCAN = 1u << 0,
};

struct ms_modules_options {
    unsigned flags; // enum ms_modules_flags

    // Symbol files, each for one module: for the one that has its PDB's GUID and age, or where the
    // image does not hold what tells these, its PDB's name. Those of the kernel also find its
    // lists. They must outlive the result. See ms_modules_symbols_use().
    struct ms_symbols *const *symbols;
    size_t n_symbols;

    // Called on the thread that called, often, while memory is looked through: for other modules,
    // or for a kernel that nothing leads to. There may be several such passes, one after the other;
    // all_bytes is 0 where nobody knows how much there is. A value other than 0 stops: see below.
    // May be NULL.
    int (*progress)(void *user, const struct ms_progress *progress);
    void *user;
};

// The modules of one address space. Does not change once made: any number of threads may use it.
struct ms_modules;

// Finds the kernel and its modules in space number `space` of a set: the kernel's, or one of a
// root, process or session, whose root maps the modules of the session, too. Of all of these it is
// the kernel's half of the root that is looked at. The set must outlive the result, and no space
// may be added to it meanwhile. `options` may be NULL.
//
// That there is no Windows kernel, or none was found, is not an error: see ms_modules_system(). A
// piece that is broken or not in the image stops nothing but itself; see ms_modules_note().
// MS_ARGUMENT: the space has physical addresses. MS_STOPPED: by `progress`; the result then has
// what was found until then, and is freed as ever. MS_NOMEM, and what ms_search() fails with.
MS_API enum ms_status ms_modules_create(const struct ms_spaces *spaces, size_t space,
                                        const struct ms_modules_options *options,
                                        struct ms_modules **modules_ret, struct ms_error *error);
MS_API void ms_modules_free(struct ms_modules *modules); // NULL is allowed

// What was passed over, one line each: a list that breaks off, entries that are none. What is read
// when it is first asked for may add lines: a hostile image has more tables than there is room for
// (32 MiB and a 32nd of the image). Lines that are there stay as they are.
MS_API size_t ms_modules_n_notes(const struct ms_modules *modules);
MS_API const char *ms_modules_note(const struct ms_modules *modules, size_t index);

// What became of a symbol file.
struct ms_symbols_use {
    bool used;
    bool checked;       // GUID and age are those that the module asks for
    size_t module;      // that it is for; MS_NO_MODULE: it is not used, or for a kernel that is not
                        // among the modules
    const char *remark; // one line that begins with its path: why it is not used, or could not be
                        // checked; "": there is nothing to tell
};

// By index of options.symbols.
MS_API struct ms_symbols_use ms_modules_symbols_use(const struct ms_modules *modules, size_t index);

// == The system ==

// Addresses are 0 where a thing was not found, its origin is then "".
struct ms_system_info {
    bool found;              // the kernel's base is known; else the rest means nothing
    uint64_t base;           // of the kernel
    uint64_t size;           // in bytes; 0: its header is not in the image, and no list tells
    const char *base_origin; // who said so: "KDBG", "low stub", "interrupt table", "search", ...

    uint64_t debugger_data;           // KDDEBUGGER_DATA64, the "KDBG"
    const char *debugger_data_origin; // "crash-dump header", "symbols", "search of nt", ...
    bool debugger_data_encoded;

    uint64_t module_list;           // head of PsLoadedModuleList
    const char *module_list_origin; // "KDBG", "crash-dump header", "export", "symbols"

    uint32_t major, minor; // 6.1 and the like; 0.0: not known
    uint32_t build;        // 7601; 0: not known
    const char *build_lab; // "7601.24545.amd64fre.win7sp1_ldr_escrow.200102-1707"; ""
};
MS_API struct ms_system_info ms_modules_system(const struct ms_modules *modules);

// == Modules ==

enum ms_module_sources {
    MS_MODULE_LIST = 1u << 0, // PsLoadedModuleList
    MS_MODULE_SCAN = 1u << 1, // a PE header at the start of a page
    MS_MODULE_POOL = 1u << 2, // a pool block that holds an entry of the list
};

// "list", "scan", "pool", by index from 0, which is the bit's number; NULL past the last.
MS_API const char *ms_module_source_name(size_t index);

struct ms_module_info {
    const char *name;       // as WinDbg makes it: "nt", "hal", "dump_diskdump"
    const char *image_name; // of the file: "ntoskrnl.exe"; "" if nothing tells
    const char *path;       // as the system has it: "\\SystemRoot\\system32\\..."; ""
    unsigned sources;       // enum ms_module_sources
    uint64_t base;          // first byte
    uint64_t end;           // first byte after it
    uint64_t size;          // bytes: of the entry, else of the header
    uint64_t entry;         // address of the entry of list or pool; 0: there is none
    bool has_header;        // the PE header is in the image
    bool has_timestamp;     // of the header, else of the entry where it has one
    bool has_checksum;      // of the header, else of the entry
    uint32_t timestamp;
    uint32_t checksum;
    uint64_t pages;         // of 4 KiB, that it spans
    uint64_t pages_present; // of which the image holds bytes
};

// By ascending base. Those that only a scan found may lie in others.
MS_API size_t ms_modules_count(const struct ms_modules *modules);
MS_API struct ms_module_info ms_modules_info(const struct ms_modules *modules, size_t index);

// What has to be read from the module's own pages, and costs some reading each time.
struct ms_module_details {
    // The PDB file. `pdb_key` is what symbol servers call it: GUID and age in one; "": not known.
    char pdb_name[128]; // without folders, printable ASCII
    char pdb_guid[40];  // "3844DBB9-2017-4967-BE7A-A4A2C20430FA"; "": an old PDB has none
    char pdb_key[48];
    uint32_t pdb_age;

    bool has_version; // the version resource is in the image
    uint16_t file_version[4], product_version[4];
    uint32_t file_flags, file_os, file_type, file_subtype;
};
// MS_NOMEM; what the image does not hold is no error.
MS_API enum ms_status ms_modules_details(const struct ms_modules *modules, size_t index,
                                         struct ms_module_details *details_ret,
                                         struct ms_error *error);

// Drivers that are gone, the last one first, as far as the kernel remembers them.
struct ms_unloaded_info {
    const char *name;
    uint64_t base;
    uint64_t end;  // first byte after it
    uint64_t time; // 100 ns since 1601, UTC
};
MS_API size_t ms_modules_n_unloaded(const struct ms_modules *modules);
MS_API struct ms_unloaded_info ms_modules_unloaded(const struct ms_modules *modules, size_t index);

// == Whose an address is ==

#define MS_NO_MODULE SIZE_MAX

// The module that an address lies in; MS_NO_MODULE: none. Where modules overlap, listed ones win,
// then the one that begins last. O(log n).
MS_API size_t ms_modules_at(const struct ms_modules *modules, uint64_t address);

// Something with a name in a module. Names are bytes as the module, or the symbol file, has them;
// they have no NUL.
struct ms_symbol {
    const char *name;
    size_t length;
    uint64_t address;
    bool exported; // else it is of a symbol file alone
};

// The symbols of a module: its exports, and what a symbol file has besides, by ascending address;
// of one address exports come first. Exports without a name are called "Ordinal12". They are read
// when they are first asked for, by whichever thread comes first, and kept. MS_NOMEM.
MS_API enum ms_status ms_modules_symbols(const struct ms_modules *modules, size_t index,
                                         const struct ms_symbol **symbols_ret, size_t *n_ret,
                                         struct ms_error *error);

// == Sections ==

enum ms_section_flags {
    MS_SECTION_WRITABLE = 1u << 0,
    MS_SECTION_EXECUTABLE = 1u << 1,
};

// A stretch of a module that is of one section.
struct ms_module_section {
    char name[9];   // printable ASCII
    uint64_t start; // first byte
    uint64_t end;   // first byte after it
    unsigned flags; // enum ms_section_flags, as the module's header has them
};

// The sections of a module by ascending address, as ms_modules_near() tells them apart: what a
// section is rounded up to belongs to it, and where sections overlap, one may be in several parts.
// Headers and gaps are none; of a module whose header is not in the image there are none. Read when
// first asked for, and kept. MS_NOMEM.
MS_API enum ms_status ms_modules_sections(const struct ms_modules *modules, size_t index,
                                          const struct ms_module_section **sections_ret,
                                          size_t *n_ret, struct ms_error *error);

// The one of them that an address lies in; NULL: none.
MS_API const struct ms_module_section *ms_section_at(const struct ms_module_section *sections,
                                                     size_t n, uint64_t address);

// The last address up to which all addresses, from the given one on, lie in the same module and
// section, or in none: *last_ret. O(log n), once the module's sections are read. MS_NOMEM.
MS_API enum ms_status ms_modules_section_last(const struct ms_modules *modules, uint64_t address,
                                              uint64_t *last_ret, struct ms_error *error);

// == Nearest symbols ==

enum ms_same_function {
    MS_FUNCTION_UNKNOWN,
    MS_FUNCTION_SAME,  // the address lies in the function that begins at the symbol
    MS_FUNCTION_OTHER, // ... in another one
};

struct ms_near {
    size_t module; // MS_NO_MODULE: none, and the rest means nothing
    uint64_t offset;
    char section[9];                     // "" : in none, or not known. Printable ASCII
    const struct ms_symbol *symbol;      // the nearest at or below the address; NULL: none
    size_t n_same;                       // symbols with its address, from `symbol` on
    const struct ms_symbol *next;        // the first above the address; NULL: none
    enum ms_same_function same_function; // by the module's table of functions (x64)
    uint64_t function_start; // where that tells: bounds of the function that the address lies in,
    uint64_t function_end;   // the first byte after it; else 0
};

// Whose an address is: module, section, nearest symbols. O(log n), once the module's symbols are
// read. MS_NOMEM.
MS_API enum ms_status ms_modules_near(const struct ms_modules *modules, uint64_t address,
                                      struct ms_near *near_ret, struct ms_error *error);

// == Names ==

// Whether a name fits a pattern in which * is any text, ? any character and [a-z] one of a set.
// Letters are equal in both cases.
MS_API bool ms_name_matches(const char *pattern, const char *name, size_t length);

#ifdef __cplusplus
}
#endif

#endif
