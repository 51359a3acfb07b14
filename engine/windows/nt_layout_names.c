// SPDX-License-Identifier: MIT
//
// What symbol files call the fields.
//
// The entry of the module list that kernels keep is _KLDR_DATA_TABLE_ENTRY, which the symbols of
// older ones do not have. Their _LDR_DATA_TABLE_ENTRY is that of processes, which went other ways.
// Fields that a structure must have tell it from another one of its name.

#include "windows/nt_layout.h"

#define ENTRY    "_KLDR_DATA_TABLE_ENTRY"
#define UNLOADED "_UNLOADED_DRIVERS"
#define TRACKER  "_POOL_TRACKER_TABLE"
#define BIG_PAGE "_POOL_TRACKER_BIG_PAGES"

const struct ms_nt_field_name ms_nt_field_names[MS_N_NT_FIELDS] = {
    [MS_ENTRY_BASE] = {ENTRY, "DllBase", MS_NT_OFFSET, false},
    [MS_ENTRY_SIZE] = {ENTRY, "SizeOfImage", MS_NT_OFFSET, false},
    [MS_ENTRY_PATH] = {ENTRY, "FullDllName", MS_NT_OFFSET, false},
    [MS_ENTRY_NAME] = {ENTRY, "BaseDllName", MS_NT_OFFSET, false},
    [MS_ENTRY_CHECKSUM] = {ENTRY, "CheckSum", MS_NT_OFFSET, false},
    [MS_ENTRY_TIMESTAMP] = {ENTRY, "TimeDateStamp", MS_NT_OFFSET, true},
    [MS_UNLOADED_NAME] = {UNLOADED, "Name", MS_NT_OFFSET, false},
    [MS_UNLOADED_START] = {UNLOADED, "StartAddress", MS_NT_OFFSET, false},
    [MS_UNLOADED_END] = {UNLOADED, "EndAddress", MS_NT_OFFSET, false},
    [MS_UNLOADED_TIME] = {UNLOADED, "CurrentTime", MS_NT_OFFSET, false},
    [MS_UNLOADED_BYTES] = {UNLOADED, NULL, MS_NT_SIZE, false},
    [MS_PROCESS_BYTES] = {"_EPROCESS", NULL, MS_NT_SIZE, false},
    [MS_PROCESS_ROOT] = {"_KPROCESS", "DirectoryTableBase", MS_NT_OFFSET, false},
    [MS_PROCESS_USER_ROOT] = {"_KPROCESS", "UserDirectoryTableBase", MS_NT_OFFSET, true},
    [MS_PROCESS_THREADS] = {"_KPROCESS", "ThreadListHead", MS_NT_OFFSET, false},
    [MS_PROCESS_ID] = {"_EPROCESS", "UniqueProcessId", MS_NT_OFFSET, false},
    [MS_PROCESS_LINKS] = {"_EPROCESS", "ActiveProcessLinks", MS_NT_OFFSET, false},
    [MS_PROCESS_CREATE_TIME] = {"_EPROCESS", "CreateTime", MS_NT_OFFSET, true},
    [MS_PROCESS_EXIT_TIME] = {"_EPROCESS", "ExitTime", MS_NT_OFFSET, true},
    [MS_PROCESS_FLAGS] = {"_EPROCESS", "Flags", MS_NT_OFFSET, true},
    [MS_PROCESS_PARENT_ID] = {"_EPROCESS", "InheritedFromUniqueProcessId", MS_NT_OFFSET, true},
    [MS_PROCESS_PEB] = {"_EPROCESS", "Peb", MS_NT_OFFSET, true},
    [MS_PROCESS_OBJECT_TABLE] = {"_EPROCESS", "ObjectTable", MS_NT_OFFSET, true},
    [MS_PROCESS_SESSION] = {"_EPROCESS", "Session", MS_NT_OFFSET, true},
    [MS_PROCESS_NAME] = {"_EPROCESS", "ImageFileName", MS_NT_OFFSET, false},
    [MS_PROCESS_THREAD_LIST] = {"_EPROCESS", "ThreadListHead", MS_NT_OFFSET, true},
    [MS_SESSION_ID] = {"_MM_SESSION_SPACE", "SessionId", MS_NT_OFFSET, false},
    [MS_THREAD_BYTES] = {"_ETHREAD", NULL, MS_NT_SIZE, false},
    [MS_THREAD_INITIAL_STACK] = {"_KTHREAD", "InitialStack", MS_NT_OFFSET, false},
    [MS_THREAD_STACK_LIMIT] = {"_KTHREAD", "StackLimit", MS_NT_OFFSET, false},
    [MS_THREAD_STACK_BASE] = {"_KTHREAD", "StackBase", MS_NT_OFFSET, true},
    [MS_THREAD_KERNEL_STACK] = {"_KTHREAD", "KernelStack", MS_NT_OFFSET, false},
    [MS_THREAD_STACK_RESIDENT] = {"_KTHREAD", "KernelStackResident", MS_NT_OFFSET, true},
    [MS_THREAD_STACK_RESIDENT_BIT] = {"_KTHREAD", "KernelStackResident", MS_NT_BIT, true},
    [MS_THREAD_STATE] = {"_KTHREAD", "State", MS_NT_OFFSET, true},
    [MS_THREAD_WAIT_IRQL] = {"_KTHREAD", "WaitIrql", MS_NT_OFFSET, true},
    [MS_THREAD_WAIT_REASON] = {"_KTHREAD", "WaitReason", MS_NT_OFFSET, true},
    [MS_THREAD_PRIORITY] = {"_KTHREAD", "Priority", MS_NT_OFFSET, true},
    [MS_THREAD_TRAP_FRAME] = {"_KTHREAD", "TrapFrame", MS_NT_OFFSET, true},
    [MS_THREAD_TEB] = {"_KTHREAD", "Teb", MS_NT_OFFSET, true},
    [MS_THREAD_APC_PROCESS] = {"_KTHREAD", "ApcState.Process", MS_NT_OFFSET, true},
    [MS_THREAD_PROCESS] = {"_KTHREAD", "Process", MS_NT_OFFSET, true},
    [MS_THREAD_K_LINKS] = {"_KTHREAD", "ThreadListEntry", MS_NT_OFFSET, true},
    [MS_THREAD_START] = {"_ETHREAD", "StartAddress", MS_NT_OFFSET, true},
    [MS_THREAD_WIN32_START] = {"_ETHREAD", "Win32StartAddress", MS_NT_OFFSET, true},
    [MS_THREAD_CID] = {"_ETHREAD", "Cid", MS_NT_OFFSET, false},
    [MS_THREAD_LINKS] = {"_ETHREAD", "ThreadListEntry", MS_NT_OFFSET, false},
    [MS_THREAD_CROSS_FLAGS] = {"_ETHREAD", "CrossThreadFlags", MS_NT_OFFSET, true},
    [MS_TRACKER_BYTES] = {TRACKER, NULL, MS_NT_SIZE, false},
    [MS_TRACKER_COUNT_BYTES] = {TRACKER, "PagedAllocs", MS_NT_WIDTH, false},
    [MS_TRACKER_KEY] = {TRACKER, "Key", MS_NT_OFFSET, false},
    [MS_TRACKER_NONPAGED_ALLOCS] = {TRACKER, "NonPagedAllocs", MS_NT_OFFSET, false},
    [MS_TRACKER_NONPAGED_FREES] = {TRACKER, "NonPagedFrees", MS_NT_OFFSET, false},
    [MS_TRACKER_NONPAGED_BYTES] = {TRACKER, "NonPagedBytes", MS_NT_OFFSET, false},
    [MS_TRACKER_PAGED_ALLOCS] = {TRACKER, "PagedAllocs", MS_NT_OFFSET, false},
    [MS_TRACKER_PAGED_FREES] = {TRACKER, "PagedFrees", MS_NT_OFFSET, false},
    [MS_TRACKER_PAGED_BYTES] = {TRACKER, "PagedBytes", MS_NT_OFFSET, false},
    [MS_BIG_PAGE_ENTRY_BYTES] = {BIG_PAGE, NULL, MS_NT_SIZE, false},
    [MS_BIG_PAGE_VA] = {BIG_PAGE, "Va", MS_NT_OFFSET, false},
    [MS_BIG_PAGE_KEY] = {BIG_PAGE, "Key", MS_NT_OFFSET, false},
    [MS_BIG_PAGE_TYPE] = {BIG_PAGE, "PoolType", MS_NT_OFFSET, true},
    [MS_BIG_PAGE_TYPE_BIT] = {BIG_PAGE, "PoolType", MS_NT_BIT, true},
    [MS_BIG_PAGE_N_PAGES] = {BIG_PAGE, "NumberOfPages", MS_NT_OFFSET, true},
    [MS_BIG_PAGE_N_BYTES] = {BIG_PAGE, "NumberOfBytes", MS_NT_OFFSET, true},
    [MS_OBJECT_TYPE_NAME] = {"_OBJECT_TYPE", "Name", MS_NT_OFFSET, false},
    [MS_OBJECT_TYPE_INDEX] = {"_OBJECT_TYPE", "Index", MS_NT_OFFSET, false},
};
