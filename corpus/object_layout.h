// SPDX-License-Identifier: MIT
//
// Where processes and threads have what, by build of Windows.

#ifndef CORPUS_OBJECT_LAYOUT_H
#define CORPUS_OBJECT_LAYOUT_H

#include <stdint.h>

/** Offsets in EPROCESS and ETHREAD, and how long these are. */
enum object_field {
    PROCESS_BYTES,
    PROCESS_ROOT,
    PROCESS_USER_ROOT,
    PROCESS_KERNEL_THREADS, // KPROCESS.ThreadListHead
    PROCESS_ID,
    PROCESS_LINKS,
    PROCESS_CREATED,
    PROCESS_EXITED,
    PROCESS_FLAGS,
    PROCESS_PARENT,
    PROCESS_PEB,
    PROCESS_OBJECT_TABLE,
    PROCESS_SESSION,
    PROCESS_NAME,
    PROCESS_THREADS, // EPROCESS.ThreadListHead
    THREAD_BYTES,
    THREAD_INITIAL_STACK,
    THREAD_STACK_LIMIT,
    THREAD_STACK_BASE,
    THREAD_KERNEL_STACK,
    THREAD_RESIDENT,
    THREAD_STATE,
    THREAD_WAIT_IRQL,
    THREAD_WAIT_REASON,
    THREAD_PRIORITY,
    THREAD_TEB,
    THREAD_APC_PROCESS,
    THREAD_OWNER,        // KTHREAD.Process
    THREAD_KERNEL_LINKS, // KTHREAD.ThreadListEntry
    THREAD_START,
    THREAD_WIN32_START,
    THREAD_ID,
    THREAD_LINKS, // ETHREAD.ThreadListEntry
    THREAD_CROSS_FLAGS,
    OBJECT_FIELD_COUNT
};

/** The build does not have the field, or it is not known where. */
#define NO_OFFSET UINT16_MAX

struct object_layout {
    uint64_t build;
    uint16_t at[OBJECT_FIELD_COUNT];
};

/** The layout of the newest known build that is not above this one; else the oldest. */
struct object_layout object_layout_of(unsigned pointer_bytes, uint64_t build);

#endif
