// SPDX-License-Identifier: MIT
//
// Address spaces: what page tables in an image map where. A space is a sorted list of mappings;
// what none of them holds is unmapped.

#ifndef MEMSCAN_SPACE_H
#define MEMSCAN_SPACE_H

#include <memscan/image.h>
#include <memscan/range.h>

#ifdef __cplusplus
extern "C" {
#endif

// == Finding the page tables ==

// How a processor translates addresses. By name: "x86" (32 bits, 4 MiB pages), "pae" (32 bits,
// 8-byte entries), "x64" (4 levels), "x64-5" (5 levels).
enum ms_paging {
    MS_PAGING_X86,
    MS_PAGING_PAE,
    MS_PAGING_X64,
    MS_PAGING_X64_5,
};
#define MS_N_PAGINGS 4

// By index from 0; NULL past the last.
MS_API const char *ms_paging_name(size_t index);

// A page-table root: the physical address of the topmost table.
struct ms_root {
    uint64_t address;
    enum ms_paging paging;
    const char
        *origin; // who said so: "given", "crash-dump header", "QEMU note of processor 0", ...
    const char *remark; // what speaks against it or was left undecided; "" if nothing does
};

// What to know beforehand; all of it may be missing.
struct ms_spaces_options {
    const uint64_t *root; // physical address of the root; NULL: find it
    const char
        *paging; // a name of ms_paging_name(); needed with `root` where the image does not say
    const uint64_t *kernel; // first address of the kernel's half on 32-bit machines; NULL: find it
};

// The address spaces of one image. Made and added to on one thread; while nothing is added, any
// number of threads may use it. The image must outlive it.
struct ms_spaces;

// Looks for the page tables of the kernel: given by `options` (may be NULL), told by the container,
// or found in memory. That there are none is not an error. MS_ARGUMENT: a paging of that name does
// not exist, or a root without one.
MS_API enum ms_status ms_spaces_create(const struct ms_image *image,
                                       const struct ms_spaces_options *options,
                                       struct ms_spaces **spaces_ret, struct ms_error *error);
MS_API void ms_spaces_free(struct ms_spaces *spaces);

// The roots that were found, the best first: that of the kernel is number 0, what follows are
// runners-up. 0: none was.
MS_API size_t ms_spaces_n_roots(const struct ms_spaces *spaces);
MS_API struct ms_root ms_spaces_root(const struct ms_spaces *spaces, size_t index);

MS_API const struct ms_image *ms_spaces_image(const struct ms_spaces *spaces);

// Whether the tables of a raw image make sense only if its file leaves out a hole, which
// ms_open_options.hole then takes: the caller opens the image again and makes new spaces. Not
// looked for where the image was opened with one.
MS_API bool ms_spaces_hole(const struct ms_spaces *spaces, struct ms_range *hole_ret);

// What was wrong with the tables of the spaces added so far and passed over, one line each; of many
// of one kind the first few are kept.
MS_API size_t ms_spaces_n_warnings(const struct ms_spaces *spaces);
MS_API const char *ms_spaces_warning(const struct ms_spaces *spaces, size_t index);

// == Spaces ==

enum ms_space_kind {
    MS_SPACE_PHYSICAL, // all that the image holds
    MS_SPACE_KERNEL,   // the kernel's half of root 0
    MS_SPACE_SESSION,  // what the root of a session's process maps of the kernel's half, and root 0
                       // does not
    MS_SPACE_PROCESS,  // the other half of a process's root
    MS_SPACE_ROOT,     // all that a root maps
    MS_SPACE_UNMAPPED, // physical memory in pages that no other space of the set maps; in a set
                       // without another one, that root 0 does not map
};

// Adds a space by its name: "physical", "kernel", "unmapped", "root:ADDR". One that the set has is
// not added again. Its tables are walked here. MS_ARGUMENT: no such name. MS_UNSUPPORTED: processes
// and sessions, which the next two add. MS_MALFORMED: the image has no page tables for it.
MS_API enum ms_status ms_spaces_add(struct ms_spaces *spaces, const char *name,
                                    struct ms_error *error);

// Adds the space of a process of Windows, or of the session that it runs in, by the physical
// address of its root: see memscan/processes.h. A set has one space of a number. `name` is what the
// space will be called; NULL: "process:4", "session:1". As roots are found by way of modules, which
// a set may not change under, add them to another set of the image. MS_MALFORMED: nothing tells how
// the machine translates addresses.
MS_API enum ms_status ms_spaces_add_process(struct ms_spaces *spaces, uint32_t pid, uint64_t root,
                                            const char *name, struct ms_error *error);
MS_API enum ms_status ms_spaces_add_session(struct ms_spaces *spaces, uint32_t session,
                                            uint64_t root, const char *name,
                                            struct ms_error *error);

// The spaces in the order of a search: physical, kernel, sessions and processes by their numbers,
// roots by ascending address, unmapped.
struct ms_space_info {
    const char *name; // "kernel", "root:0x1ad000"
    enum ms_space_kind kind;
    unsigned address_bits; // how wide its addresses are to be written: 32 or 64
    uint64_t root;         // 0 for MS_SPACE_PHYSICAL and MS_SPACE_UNMAPPED
    enum ms_paging paging; // means nothing for these two
};
MS_API size_t ms_spaces_count(const struct ms_spaces *spaces);
MS_API struct ms_space_info ms_spaces_info(const struct ms_spaces *spaces, size_t index);

// == Mappings ==

enum ms_page_flags {
    MS_PAGE_WRITABLE = 1u << 0,
    MS_PAGE_EXECUTABLE = 1u << 1,
    MS_PAGE_USER = 1u << 2,
};

// Flags are those that all entries on the way allow. Windows' entries for pages that are not in the
// processor's reach say them by their protection, prototypes by what they point to; where nothing
// says, all are allowed.

// What is behind the addresses of a mapping.
enum ms_mapping_state {
    MS_MAPPED_PRESENT,    // memory that the image holds
    MS_MAPPED_ABSENT,     // mapped, but the image does not hold it
    MS_MAPPED_PAGED_OUT,  // Windows: in a page file, demand-zero, or an unreadable prototype
    MS_MAPPED_UNREADABLE, // the table that would tell is broken, or not in the image
};

// "present", "absent", "paged-out", "unreadable".
MS_API const char *ms_mapping_state_name(enum ms_mapping_state state);

// A stretch of a space that is contiguous in physical memory too, and of one state and one set of
// flags. Byte-exact: it ends where the image does, also inside of a page.
struct ms_mapping_info {
    uint64_t first;    // first address
    uint64_t last;     // last address
    uint64_t physical; // of the first byte; means nothing unless present or absent
    unsigned flags;    // enum ms_page_flags
    enum ms_mapping_state state;
};

// Calls `visit` with each mapping that has a byte in `range`, clipped to it, by ascending address.
// A value other than 0 ends it and is returned; 0 at the end.
MS_API int ms_spaces_visit(const struct ms_spaces *spaces, size_t space,
                           const struct ms_range *range,
                           int (*visit)(void *user, const struct ms_mapping_info *mapping),
                           void *user);

// Looks one address up. False: it is unmapped. The mapping is the one that ms_spaces_visit() has
// there, cut to one page.
MS_API bool ms_spaces_translate(const struct ms_spaces *spaces, size_t space, uint64_t address,
                                struct ms_mapping_info *mapping_ret);

// Copies memory by its address in a space, as ms_image_read() does by physical address.
MS_API size_t ms_spaces_read(const struct ms_spaces *spaces, size_t space, uint64_t address,
                             uint8_t *bytes, bool *present, size_t length);

#ifdef __cplusplus
}
#endif

#endif
