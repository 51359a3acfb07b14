// SPDX-License-Identifier: MIT
//
// A thread lies across pages of which some may be missing: each field is taken if it is there.

#include "windows/threads.h"

#include "base/bytes.h"

#define TERMINATED_FLAG 1u // of CrossThreadFlags
#define CLIENT_ID_MASK  UINT32_MAX

// The bytes of a thread.
struct thread_bytes {
    const struct ms_nt_layout *layout;
    unsigned bits;
    uint8_t bytes[MS_NT_STRUCTURE_BYTES];
    bool present[MS_NT_STRUCTURE_BYTES];
};

// The number that lies so many bytes behind a field. False: there is no such field, or it is not in
// the image.
static bool get(const struct thread_bytes *thread, enum ms_nt_field field, size_t behind,
                uint32_t width, uint64_t *value_ret)
{
    size_t at = thread->layout->at[field] + behind;

    *value_ret = 0;
    if (!ms_nt_has(thread->layout, field) || at + width > MS_NT_STRUCTURE_BYTES)
        return false;
    for (size_t i = 0; i < width; i++) {
        if (!thread->present[at + i])
            return false;
    }
    *value_ret = ms_le(thread->bytes + at, width);
    return true;
}

// A pointer; 0 where it is not known.
static uint64_t pointer(const struct thread_bytes *thread, enum ms_nt_field field, size_t index)
{
    uint32_t width = thread->bits / 8;
    uint64_t value;

    get(thread, field, index * width, width, &value);
    return value;
}

static bool get_byte(const struct thread_bytes *thread, enum ms_nt_field field, uint8_t *byte_ret)
{
    uint64_t value;
    bool known = get(thread, field, 0, 1, &value);

    *byte_ret = (uint8_t)value;
    return known;
}

static bool get_cid(const struct thread_bytes *thread, struct ms_thread_info *info)
{
    uint32_t width = thread->bits / 8;
    uint64_t pid, tid;
    bool known = get(thread, MS_THREAD_CID, 0, width, &pid);

    known &= get(thread, MS_THREAD_CID, width, width, &tid);
    if (!known || pid > CLIENT_ID_MASK || tid > CLIENT_ID_MASK)
        return false;
    info->pid = (uint32_t)pid;
    info->tid = (uint32_t)tid;
    return true;
}

static enum ms_stack_residence get_residence(const struct thread_bytes *thread)
{
    unsigned bit = thread->layout->at[MS_THREAD_STACK_RESIDENT_BIT];
    uint64_t value;

    if (bit > 31 || !get(thread, MS_THREAD_STACK_RESIDENT, 0, 4, &value))
        return MS_STACK_RESIDENCE_UNKNOWN;
    return value >> bit & 1 ? MS_STACK_RESIDENT : MS_STACK_PAGED_OUT;
}

// Where there is no base, the initial stack is a little below it.
static void get_stack(const struct thread_bytes *thread, const struct ms_kernel_memory *memory,
                      struct ms_thread_info *info)
{
    uint64_t limit = pointer(thread, MS_THREAD_STACK_LIMIT, 0);
    uint64_t base = pointer(thread, MS_THREAD_STACK_BASE, 0);

    if (!ms_nt_has(thread->layout, MS_THREAD_STACK_BASE))
        base = (pointer(thread, MS_THREAD_INITIAL_STACK, 0) + MS_KERNEL_PAGE - 1) &
               ~(MS_KERNEL_PAGE - 1);
    if (limit % MS_KERNEL_PAGE != 0 || base % MS_KERNEL_PAGE != 0 || base <= limit ||
        base - limit > MS_MAX_STACK || !ms_in_kernel(memory, limit, base - limit))
        return;
    info->stack_limit = limit;
    info->stack_base = base;
}

static void read_info(const struct thread_bytes *thread, const struct ms_kernel_memory *memory,
                      struct ms_thread_info *info)
{
    uint64_t flags;

    info->has_cid = get_cid(thread, info);
    info->start = pointer(thread, MS_THREAD_START, 0);
    info->win32_start = pointer(thread, MS_THREAD_WIN32_START, 0);
    info->teb = pointer(thread, MS_THREAD_TEB, 0);
    info->kernel_stack = pointer(thread, MS_THREAD_KERNEL_STACK, 0);
    info->residence = get_residence(thread);
    info->has_state = get_byte(thread, MS_THREAD_STATE, &info->state);
    info->has_wait_reason =
        get_byte(thread, MS_THREAD_WAIT_REASON, &info->wait_reason) && info->has_state &&
        (info->state == MS_THREAD_WAITING || info->state == MS_THREAD_GATE_WAIT);
    info->has_priority = get_byte(thread, MS_THREAD_PRIORITY, &info->priority);
    get(thread, MS_THREAD_CROSS_FLAGS, 0, 4, &flags);
    info->terminated =
        (flags & TERMINATED_FLAG) || (info->has_state && info->state == MS_THREAD_TERMINATED);
    get_stack(thread, memory, info);
}

bool ms_thread_read(const struct ms_threads *threads, uint64_t address,
                    struct ms_thread *thread_ret)
{
    static const enum ms_nt_field links[MS_N_THREAD_LISTS] = {MS_THREAD_K_LINKS, MS_THREAD_LINKS};
    const struct ms_kernel_memory *memory = ms_threads_memory(threads);
    struct ms_vmem vmem = ms_kernel_vmem(memory);
    struct thread_bytes thread = {.layout = &threads->layout, .bits = memory->bits};
    size_t length = MS_NT_STRUCTURE_BYTES;

    if (address % 8 != 0 || !ms_in_kernel(memory, address, 1))
        return false;
    if (memory->last - address < length)
        length = (size_t)(memory->last - address) + 1;
    vmem.read(vmem.user, address, thread.bytes, thread.present, length);
    *thread_ret = (struct ms_thread){.info = {.address = address, .process = MS_NO_PROCESS}};
    read_info(&thread, memory, &thread_ret->info);
    // Windows XP has only the process that it is attached to, which may be another.
    thread_ret->has_process =
        get(&thread, MS_THREAD_PROCESS, 0, memory->bits / 8, &thread_ret->process);
    for (size_t i = 0; i < MS_N_THREAD_LISTS; i++) {
        thread_ret->next[i] = pointer(&thread, links[i], 0);
        thread_ret->previous[i] = pointer(&thread, links[i], 1);
    }
    return true;
}

bool ms_thread_is_of(const struct ms_thread *thread, const struct ms_process_info *process)
{
    bool has_number = thread->info.has_cid, has_process = thread->has_process;

    return (has_number || has_process) && (!has_number || thread->info.pid == process->pid) &&
           (!has_process || thread->process == process->address);
}
