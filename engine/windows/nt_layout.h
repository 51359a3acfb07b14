// SPDX-License-Identifier: MIT
//
// Where structures of the kernel that differ between its versions have their fields: the built-in
// tables, which symbol files may replace.

#ifndef MS_WINDOWS_NT_LAYOUT_H
#define MS_WINDOWS_NT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Fields lie within so many bytes of a structure, to the end of the longest one. Each has at most
// MS_NT_FIELD_BYTES.
#define MS_NT_STRUCTURE_BYTES 0x1000u
#define MS_NT_FIELD_BYTES     16u

// A field that a version does not have, or whose place is not known.
#define MS_NO_FIELD 0xffffu

// Offsets in bytes, if nothing else is said.
enum ms_nt_field {
    // _KLDR_DATA_TABLE_ENTRY, which its links begin
    MS_ENTRY_BASE,
    MS_ENTRY_SIZE,
    MS_ENTRY_PATH,
    MS_ENTRY_NAME,
    MS_ENTRY_CHECKSUM,
    MS_ENTRY_TIMESTAMP,
    // _UNLOADED_DRIVERS
    MS_UNLOADED_NAME,
    MS_UNLOADED_START,
    MS_UNLOADED_END,
    MS_UNLOADED_TIME,
    MS_UNLOADED_BYTES, // its size
    // _EPROCESS, which _KPROCESS begins
    MS_PROCESS_BYTES, // its size
    MS_PROCESS_ROOT,  // KPROCESS.DirectoryTableBase
    MS_PROCESS_USER_ROOT,
    MS_PROCESS_THREADS, // KPROCESS.ThreadListHead
    MS_PROCESS_ID,
    MS_PROCESS_LINKS,
    MS_PROCESS_CREATE_TIME,
    MS_PROCESS_EXIT_TIME,
    MS_PROCESS_FLAGS,
    MS_PROCESS_PARENT_ID,
    MS_PROCESS_PEB,
    MS_PROCESS_OBJECT_TABLE,
    MS_PROCESS_SESSION, // a pointer to _MM_SESSION_SPACE
    MS_PROCESS_NAME,
    MS_PROCESS_THREAD_LIST, // EPROCESS.ThreadListHead
    // _MM_SESSION_SPACE
    MS_SESSION_ID,
    // _ETHREAD, which _KTHREAD begins
    MS_THREAD_BYTES, // its size
    MS_THREAD_INITIAL_STACK,
    MS_THREAD_STACK_LIMIT,
    MS_THREAD_STACK_BASE,
    MS_THREAD_KERNEL_STACK,
    MS_THREAD_STACK_RESIDENT,     // 4 bytes, of which one bit tells it
    MS_THREAD_STACK_RESIDENT_BIT, // the number of that bit
    MS_THREAD_STATE,
    MS_THREAD_WAIT_IRQL,
    MS_THREAD_WAIT_REASON,
    MS_THREAD_PRIORITY,
    MS_THREAD_TRAP_FRAME,
    MS_THREAD_TEB,
    MS_THREAD_APC_PROCESS, // KTHREAD.ApcState.Process
    MS_THREAD_PROCESS,     // KTHREAD.Process
    MS_THREAD_K_LINKS,     // KTHREAD.ThreadListEntry
    MS_THREAD_START,
    MS_THREAD_WIN32_START,
    MS_THREAD_CID,
    MS_THREAD_LINKS, // ETHREAD.ThreadListEntry
    MS_THREAD_CROSS_FLAGS,
    // _POOL_TRACKER_TABLE; sums of bytes are as wide as pointers
    MS_TRACKER_BYTES,       // its size
    MS_TRACKER_COUNT_BYTES, // how wide the numbers of allocations and frees are
    MS_TRACKER_KEY,
    MS_TRACKER_NONPAGED_ALLOCS,
    MS_TRACKER_NONPAGED_FREES,
    MS_TRACKER_NONPAGED_BYTES,
    MS_TRACKER_PAGED_ALLOCS,
    MS_TRACKER_PAGED_FREES,
    MS_TRACKER_PAGED_BYTES,
    // _POOL_TRACKER_BIG_PAGES
    MS_BIG_PAGE_ENTRY_BYTES, // its size
    MS_BIG_PAGE_VA,
    MS_BIG_PAGE_KEY,
    MS_BIG_PAGE_TYPE,     // 4 bytes, which hold it from the next one's bit on
    MS_BIG_PAGE_TYPE_BIT, // the number of its first bit; where that is not 0, it has 12 bits
    MS_BIG_PAGE_N_PAGES,  // 4 bytes; the versions without MS_BIG_PAGE_N_BYTES
    MS_BIG_PAGE_N_BYTES,  // as wide as a pointer
    // _OBJECT_TYPE
    MS_OBJECT_TYPE_NAME,
    MS_OBJECT_TYPE_INDEX, // of it the first byte is enough
    MS_N_NT_FIELDS,
};

// What of a structure in a symbol file is meant.
enum ms_nt_fact {
    MS_NT_OFFSET, // of the field
    MS_NT_SIZE,   // of the structure
    MS_NT_BIT,    // the number of the field's first bit; 0 where it is no bit field
    MS_NT_WIDTH,  // of the field, in bytes
};

struct ms_nt_field_name {
    const char *structure; // as PDB files call it
    const char *field;     // "A.B": B of the structure that A is. NULL for its size
    enum ms_nt_fact fact;
    bool may_lack; // some versions have no such field
};

extern const struct ms_nt_field_name ms_nt_field_names[MS_N_NT_FIELDS];

struct ms_nt_layout {
    uint16_t at[MS_N_NT_FIELDS];
};

static inline bool ms_nt_has(const struct ms_nt_layout *layout, enum ms_nt_field field)
{
    return layout->at[field] != MS_NO_FIELD;
}

// The layout of a build of a machine with addresses of 32 or 64 bits. False: no table has that
// build, and the layout is that of the nearest one, a guess. A build of 0 is not known: its layout
// has only what all versions agree in.
bool ms_nt_layout_for(unsigned bits, uint32_t build, struct ms_nt_layout *layout_ret);

// The layouts of the builds that the tables have, the nearest one of `build` first. *build_ret is
// whose it is. False: there are no more than `nth`.
bool ms_nt_layout_near(unsigned bits, uint32_t build, size_t nth, struct ms_nt_layout *layout_ret,
                       uint32_t *build_ret);

#endif
