// SPDX-License-Identifier: MIT
//
// Processes in pool blocks. The list tells of those that run; a process that ended stays as long as
// something refers to it, and what is left of it stays until its block is used again.

#include "windows/processes.h"

#include "base/cleanup.h"
#include "windows/object_block.h"

#include <inttypes.h>
#include <stdlib.h>

#define MIN_POOL_BLOCK 600u // bytes of a block that can hold a process
#define MAX_MATCHES    0x100000

#define FIRST_WITH_INDEX 7600 // Windows 7: types are numbers, not addresses
#define FIRST_OF_10      10240

// "Proc", and protected, as before Windows 8.
static const struct ms_kernel_pattern tags[] = {{"'corP'", 4}, {"e36f7250", 4}};

// == What its object header proves ==

// What the header says of the type; the same for all objects of a type. Windows 10 mixes the number
// with the header's address, which is taken out here, and with a number that all of them share.
static bool get_type(const struct ms_processes *processes, uint64_t address, uint64_t *type_ret)
{
    const struct ms_kernel_memory *memory = &processes->modules->memory;
    uint32_t build = processes->modules->nt.build;
    uint64_t header = address - (memory->bits == 64 ? 0x30 : 0x18);
    uint8_t number;

    if (build < FIRST_WITH_INDEX)
        return build != 0 && ms_kernel_pointer(memory, header + memory->bits / 4, type_ret) &&
               ms_in_kernel(memory, *type_ret, 1);
    if (!ms_kernel_get(memory, header + 3 * (uint64_t)memory->bits / 8, &number, 1))
        return false;
    *type_ret = build >= FIRST_OF_10 ? number ^ (header >> 8 & 0xff) : number;
    return *type_ret != 0 || build >= FIRST_OF_10;
}

// Whether its type is that of a process of the list.
static bool has_type_of_listed(const struct ms_processes *processes, uint64_t address)
{
    uint64_t type, of_listed;

    if (!get_type(processes, address, &type))
        return false;
    for (size_t i = 0; i < processes->list.n; i++) {
        if (get_type(processes, processes->list.items[i].address, &of_listed))
            return type == of_listed;
    }
    return false;
}

// == Looking ==

// The process in a block whose tag is at an address. Where its name is no proof, its type must be.
static bool find_in_block(const struct ms_processes *processes, const struct ms_pool_rules *rules,
                          uint64_t tag, struct ms_process_info *info_ret)
{
    const struct ms_kernel_memory *memory = &processes->modules->memory;
    uint16_t bytes = processes->layout.at[MS_PROCESS_BYTES];
    uint64_t places[MS_MAX_OBJECT_PLACES];
    uint8_t header[MS_POOL_HEADER_BYTES] = {0};
    struct ms_pool_block block;
    size_t n;

    if (!ms_kernel_get(memory, tag - 4, header, 8) ||
        !ms_pool_block_parse(rules, tag - 4, header, &block) || block.size < MIN_POOL_BLOCK)
        return false;
    n = ms_object_places(memory, processes->modules->nt.build, &block,
                         bytes == MS_NO_FIELD ? 0 : bytes, places);
    for (size_t i = 0; i < n; i++) {
        if (!ms_process_recognise(memory, &processes->layout, places[i], info_ret) ||
            (!ms_process_has_text_name(info_ret) && !has_type_of_listed(processes, places[i])))
            continue;
        info_ret->freed = !block.allocated;
        return true;
    }
    return false;
}

struct found {
    MS_VEC(struct ms_process_info) list;
};

// A process that the list has is not told again.
static bool take(struct ms_processes *processes, struct ms_process_info info, struct found *found)
{
    size_t listed = ms_processes_at(processes, info.address);

    if (listed != MS_NO_PROCESS) {
        processes->list.items[listed].sources |= MS_PROCESS_POOL;
        return true;
    }
    info.sources = MS_PROCESS_POOL;
    info.guessed = processes->guessed;
    info.hidden = processes->list_whole && info.has_exited && !info.exited && !info.freed;
    return ms_vec_push(&found->list, info);
}

static bool take_matches(struct ms_processes *processes, const struct ms_kernel_matches *matches,
                         struct found *found)
{
    struct ms_pool_rules rules =
        ms_pool_rules_of(processes->modules->memory.bits, processes->modules->nt.build);
    size_t i = 0;

    for (; i < matches->list.n && found->list.n < MS_MAX_PROCESSES; i++) {
        struct ms_process_info info;

        if (find_in_block(processes, &rules, matches->list.items[i].address, &info) &&
            !take(processes, info, found))
            return false;
    }
    return (i == matches->list.n && matches->left_out == 0) ||
           ms_notes_add(&processes->notes,
                        "so much of the memory looks like processes that %" PRIu64
                        " places were not looked at",
                        (uint64_t)(matches->list.n - i) + matches->left_out);
}

static int compare(const void *a, const void *b)
{
    const struct ms_process_info *x = a, *y = b;

    return x->address < y->address ? -1 : x->address > y->address;
}

// Puts those of pool behind the others, in order. Blocks that lie over each other may hold the
// same.
static bool append(struct ms_processes *processes, struct found *found)
{
    const struct ms_process_info *items = found->list.items;

    if (found->list.n == 0)
        return true;
    qsort(found->list.items, found->list.n, sizeof(*items), compare);
    for (size_t i = 0; i < found->list.n; i++) {
        if ((i == 0 || items[i].address != items[i - 1].address) &&
            !ms_vec_push(&processes->list, items[i]))
            return false;
    }
    return true;
}

enum ms_status ms_processes_scan(struct ms_processes *processes, struct ms_watch *watch,
                                 struct ms_error *error)
{
    const struct ms_kernel_memory *memory = &processes->modules->memory;
    struct ms_kernel_matches matches = {0};
    struct found found = {0};
    struct ms_pool_rules rules = ms_pool_rules_of(memory->bits, processes->modules->nt.build);
    enum ms_status status = ms_kernel_search(memory, tags, rules.has_protected ? 2 : 1, MAX_MATCHES,
                                             watch, &matches, error);

    if (!status && (!take_matches(processes, &matches, &found) || !append(processes, &found)))
        status = ms_fail_nomem(error);
    free(found.list.items);
    free(matches.list.items);
    return status;
}
