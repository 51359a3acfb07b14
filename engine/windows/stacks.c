// SPDX-License-Identifier: MIT
//
// Versions of Windows differ in what a switched stack begins with, and frames of 64 bits are told
// by tables that are often not in the image. That a return address points right behind a CALL holds
// for all of them.

#include "windows/stacks.h"

#include "base/bytes.h"
#include "base/extent.h"
#include "windows/threads.h"

#include <stdlib.h>
#include <string.h>

typedef MS_VEC(struct ms_frame) frame_vec;

struct stack_walk {
    const struct ms_modules *modules;
    struct ms_vmem vmem;
    uint32_t width; // of a slot
    frame_vec frames;
    struct ms_stack *stack;
    enum ms_status status;
};

// == What is code ==

static bool is_page_executable(const struct ms_modules *modules, uint64_t address)
{
    struct ms_mapping_info mapping;

    return ms_spaces_translate(modules->memory.spaces, modules->memory.space, address, &mapping) &&
           (mapping.flags & MS_PAGE_EXECUTABLE);
}

// Of a module whose sections are not known, the page tables tell.
static bool is_code(struct stack_walk *walk, size_t module, uint64_t address)
{
    const struct ms_module_section *sections = NULL, *section;
    size_t n = 0;

    if (module != MS_NO_MODULE)
        walk->status = ms_modules_sections(walk->modules, module, &sections, &n, NULL);
    if (n == 0)
        return walk->status == MS_OK && is_page_executable(walk->modules, address);
    section = ms_section_at(sections, n, address);
    return section && (section->flags & MS_SECTION_EXECUTABLE);
}

// == Is a value a return address ==

enum verdict { NO_CALL, CALL, NOT_KNOWN };

static bool leads_to_code(struct stack_walk *walk, uint64_t from, int32_t distance)
{
    uint64_t target = from + (uint64_t)(int64_t)distance;

    if (walk->width == 4)
        target = (uint32_t)target;
    return ms_in_kernel(&walk->modules->memory, target, 1) &&
           is_code(walk, ms_modules_at(walk->modules, target), target);
}

static enum verdict judge(struct stack_walk *walk, uint64_t address)
{
    uint8_t bytes[MS_MAX_CALL_BYTES];
    bool present[MS_MAX_CALL_BYTES];
    const uint8_t *end = bytes + sizeof(bytes);
    int32_t distance;
    size_t n = 0;

    walk->vmem.read(walk->vmem.user, address - sizeof(bytes), bytes, present, sizeof(bytes));
    while (n < sizeof(bytes) && present[sizeof(bytes) - 1 - n])
        n++;
    if (ms_indirect_call_before(end, n) > 0 ||
        (ms_direct_call_before(end, n, &distance) && leads_to_code(walk, address, distance)))
        return CALL;
    return n < sizeof(bytes) ? NOT_KNOWN : NO_CALL;
}

// The CALL must be code. What it returns to is, but behind one that never returns.
static void take_slot(struct stack_walk *walk, uint64_t slot, uint64_t value)
{
    const struct ms_kernel_memory *memory = &walk->modules->memory;
    struct ms_frame frame = {.address = value, .slot = slot};
    enum verdict verdict;

    if (value < MS_MAX_CALL_BYTES ||
        !ms_in_kernel(memory, value - MS_MAX_CALL_BYTES, MS_MAX_CALL_BYTES))
        return;
    frame.module = ms_modules_at(walk->modules, value - 1);
    if (frame.module == MS_NO_MODULE || !is_code(walk, frame.module, value - 1))
        return;
    verdict = judge(walk, value);
    if (verdict == NOT_KNOWN)
        walk->stack->n_unverified++;
    if (verdict == CALL && !ms_vec_push(&walk->frames, frame))
        walk->status = MS_NOMEM;
}

// == Through the stack ==

static bool is_present(const bool *present, size_t n)
{
    return memchr(present, 0, n) == NULL;
}

// The part of the stack that lies in one page.
static void take_page(struct stack_walk *walk, uint64_t first, uint64_t end)
{
    uint8_t bytes[MS_KERNEL_PAGE];
    bool present[MS_KERNEL_PAGE];
    size_t length = (size_t)(end - first);

    walk->stack->n_pages++;
    walk->vmem.read(walk->vmem.user, first, bytes, present, length);
    walk->stack->n_missing += !is_present(present, length);
    for (size_t at = 0; at + walk->width <= length && walk->status == MS_OK; at += walk->width) {
        if (is_present(present + at, walk->width))
            take_slot(walk, first + at, ms_le(bytes + at, walk->width));
    }
}

static void choose_extent(const struct ms_thread_info *info, uint32_t width, struct ms_stack *stack)
{
    bool known = info->kernel_stack >= info->stack_limit && info->kernel_stack < info->stack_base;

    stack->first = known ? info->kernel_stack / width * width : info->stack_limit;
    stack->end = info->stack_base;
    stack->whole = info->stack_base != 0 && !known;
    stack->of_last_switch = info->has_state && info->state == MS_THREAD_RUNNING;
}

enum ms_status ms_threads_stack(const struct ms_threads *threads, size_t index,
                                struct ms_stack *stack_ret, struct ms_error *error)
{
    const struct ms_modules *modules = threads->processes->modules;
    struct stack_walk walk = {
        .modules = modules,
        .vmem = ms_kernel_vmem(&modules->memory),
        .width = modules->memory.bits / 8,
        .stack = stack_ret,
    };
    uint64_t end;

    *stack_ret = (struct ms_stack){0};
    choose_extent(&threads->list.items[index].info, walk.width, stack_ret);
    for (uint64_t at = stack_ret->first; at < stack_ret->end && !walk.status; at = end) {
        end = ms_min_u64(at - at % MS_KERNEL_PAGE + MS_KERNEL_PAGE, stack_ret->end);
        take_page(&walk, at, end);
    }
    stack_ret->frames = walk.frames.items;
    stack_ret->n_frames = walk.frames.n;
    if (walk.status == MS_OK)
        return MS_OK;
    ms_stack_release(stack_ret);
    return ms_fail_nomem(error);
}

void ms_stack_release(struct ms_stack *stack)
{
    free(stack->frames);
    stack->frames = NULL;
    stack->n_frames = 0;
}
