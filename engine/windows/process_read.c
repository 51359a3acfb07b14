// SPDX-License-Identifier: MIT
//
// An EPROCESS may lie in two pages of which the image holds one: each field is read by itself, and
// few have to be there.

#include "windows/processes.h"

#include "base/bytes.h"

#include <string.h>

// Bits of Flags, the same in all versions. Facts: ntdiff (headers of ntoskrnl.exe).
#define FLAG_DELETED              UINT32_C(0x8)
#define FLAG_BREAK_ON_TERMINATION UINT32_C(0x2000)

#define NAME_BYTES 15 // what all versions have of it

struct reader {
    const struct ms_kernel_memory *memory;
    const struct ms_nt_layout *layout;
    uint64_t address;
};

// False: the version has no such field, or it is not in memory.
static bool get(const struct reader *reader, enum ms_nt_field field, uint8_t *bytes, size_t n)
{
    return ms_nt_has(reader->layout, field) &&
           ms_kernel_get(reader->memory, reader->address + reader->layout->at[field], bytes, n);
}

static bool get_number(const struct reader *reader, enum ms_nt_field field, unsigned n_bytes,
                       uint64_t *number_ret)
{
    uint8_t bytes[8];

    if (!get(reader, field, bytes, n_bytes))
        return false;
    *number_ret = ms_le(bytes, n_bytes);
    return true;
}

static bool get_pointer(const struct reader *reader, enum ms_nt_field field, uint64_t *pointer_ret)
{
    return get_number(reader, field, reader->memory->bits / 8, pointer_ret);
}

// A number of a process, as handles are.
static bool is_pid(uint64_t number)
{
    return number <= UINT32_MAX && number % 4 == 0;
}

// The lowest bits of a root of x64 may number it for the processor's buffers; on 32 bits, one of
// PAE is a multiple of 32.
static bool is_root(const struct reader *reader, uint64_t root)
{
    return reader->memory->bits == 64 ? (root & 0xff8) == 0 && root >> 52 == 0 : root % 32 == 0;
}

static uint64_t root_of(const struct reader *reader, uint64_t number)
{
    return reader->memory->bits == 64 ? number & ~UINT64_C(0xfff) : number;
}

static void take_name(const struct reader *reader, struct ms_process_info *info)
{
    uint8_t bytes[NAME_BYTES];

    info->has_name = get(reader, MS_PROCESS_NAME, bytes, sizeof(bytes));
    if (info->has_name)
        memcpy(info->name, bytes, strnlen((const char *)bytes, NAME_BYTES));
}

static void take_session(const struct reader *reader, struct ms_process_info *info)
{
    struct reader space = *reader;
    uint64_t number;

    if (!get_pointer(reader, MS_PROCESS_SESSION, &space.address))
        return;
    info->sessionless = space.address == 0;
    if (info->sessionless || !get_number(&space, MS_SESSION_ID, 4, &number))
        return;
    info->has_session = true;
    info->session = (uint32_t)number;
}

static void take_end(const struct reader *reader, struct ms_process_info *info)
{
    uint64_t flags = 0;
    bool has_exit_time = get_number(reader, MS_PROCESS_EXIT_TIME, 8, &info->exit_time);
    bool has_flags = get_number(reader, MS_PROCESS_FLAGS, 4, &flags);

    info->break_on_termination = flags & FLAG_BREAK_ON_TERMINATION;
    info->has_exited = has_exit_time || has_flags;
    info->exited = info->exit_time != 0 || (flags & FLAG_DELETED);
}

static void take_rest(const struct reader *reader, struct ms_process_info *info)
{
    uint64_t parent = 0, user_root = 0;

    if (get_pointer(reader, MS_PROCESS_USER_ROOT, &user_root) && is_root(reader, user_root))
        info->user_root = root_of(reader, user_root);

    info->has_ppid = get_pointer(reader, MS_PROCESS_PARENT_ID, &parent) && is_pid(parent);
    info->ppid = info->has_ppid ? (uint32_t)parent : 0;
    get_number(reader, MS_PROCESS_CREATE_TIME, 8, &info->create_time);
    info->has_peb = get_pointer(reader, MS_PROCESS_PEB, &info->peb);
    info->has_object_table = get_pointer(reader, MS_PROCESS_OBJECT_TABLE, &info->object_table);
    take_session(reader, info);
    take_end(reader, info);
}

bool ms_process_read(const struct ms_kernel_memory *memory, const struct ms_nt_layout *layout,
                     uint64_t address, struct ms_process_info *info_ret)
{
    const struct reader reader = {memory, layout, address};
    uint64_t pid, root;

    *info_ret = (struct ms_process_info){.address = address};
    if (address % 8 != 0 || !get_pointer(&reader, MS_PROCESS_ID, &pid) || pid == 0 ||
        !is_pid(pid) || !get_pointer(&reader, MS_PROCESS_ROOT, &root) || !is_root(&reader, root))
        return false;
    info_ret->pid = (uint32_t)pid;
    info_ret->root = root_of(&reader, root);
    take_name(&reader, info_ret);
    take_rest(&reader, info_ret);
    return true;
}

// A head, or an entry, of a list: where its neighbours are in memory, they point back.
static bool is_linked(const struct reader *reader, enum ms_nt_field field)
{
    unsigned width = reader->memory->bits / 8;
    uint8_t links[16];
    uint64_t at = reader->address + reader->layout->at[field], next, previous, back;

    if (!get(reader, field, links, 2 * (size_t)width))
        return false;
    next = ms_le(links, width);
    previous = ms_le(links + width, width);
    return ms_in_kernel(reader->memory, next, 2 * (uint64_t)width) &&
           ms_in_kernel(reader->memory, previous, 2 * (uint64_t)width) &&
           (!ms_kernel_pointer(reader->memory, next + width, &back) || back == at) &&
           (!ms_kernel_pointer(reader->memory, previous, &back) || back == at);
}

bool ms_process_is_linked(const struct ms_kernel_memory *memory, const struct ms_nt_layout *layout,
                          uint64_t address)
{
    const struct reader reader = {memory, layout, address};

    return is_linked(&reader, MS_PROCESS_LINKS) && is_linked(&reader, MS_PROCESS_THREADS);
}

bool ms_process_recognise(const struct ms_kernel_memory *memory, const struct ms_nt_layout *layout,
                          uint64_t address, struct ms_process_info *info_ret)
{
    const struct reader reader = {memory, layout, address};

    // Of one that was taken off the list of processes the entry is stale; the list of its threads
    // is its own to the end.
    return ms_process_read(memory, layout, address, info_ret) &&
           (info_ret->root != 0 || info_ret->exited) && is_linked(&reader, MS_PROCESS_THREADS);
}

bool ms_process_has_text_name(const struct ms_process_info *info)
{
    for (size_t i = 0; info->name[i]; i++) {
        if ((uint8_t)info->name[i] < 0x20)
            return false;
    }
    return info->name[0] != '\0';
}

bool ms_process_is_system(const struct ms_process_info *info)
{
    return info->pid == MS_SYSTEM_PID && strcmp(info->name, "System") == 0;
}
