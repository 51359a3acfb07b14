// SPDX-License-Identifier: MIT
//
// Threads: their objects, the lists of each process, and kernel stacks.

#include "build_objects.h"

#include "little_endian.h"
#include "material.h"

#include <stdlib.h>
#include <string.h>

enum {
    VISTA = 6000,
    WINDOWS_8 = 9200,
    WINDOWS_10 = 10240,
    WINDOWS_10_1709 = 16299,
    USUAL_BYTES = 0x900, // of builds whose threads are known in part
    USUAL_GAP = 5,       // slots between return addresses
    THREAD_OBJECT = 6,
    DIRECT_CALL_BYTES = 5,
};

/* ---- stacks ------------------------------------------------------------------------------ */

/** A kernel stack being filled. */
struct stack {
    const struct object_builder *builder;
    const struct thread_spec *spec;
    struct thread_result *result;
    uint8_t *bytes;
};

/** What the system keeps at a stack's end. */
static uint64_t reserved_bytes(const struct nt *nt)
{
    if (nt->build < VISTA)
        return 0;
    if (nt->width == 4)
        return 0x30;
    return nt->build < WINDOWS_8 ? 0x250 : 0x370;
}

/** Slots before a frame: the first's are what a thread leaves on its stack that is not running. */
static uint64_t gap_of(const struct stack *stack, const struct frame_spec *frame, bool is_first)
{
    if (frame->has_gap)
        return frame->gap;
    if (!is_first)
        return USUAL_GAP;
    return stack->builder->nt->width == 8 ? 7 : 2;
}

/** Slots of all frames that are, or are not, stale. */
static uint64_t slots_of(const struct stack *stack, bool is_stale)
{
    uint64_t slots = 0;
    for (size_t i = 0; i < stack->spec->n_frames; i++) {
        const struct frame_spec *frame = &stack->spec->frames[i];
        if (frame->is_stale == is_stale)
            slots += gap_of(stack, frame, slots == 0) + 1;
    }
    return slots;
}

static struct pool_block slot_at(const struct stack *stack, uint64_t address)
{
    return (struct pool_block){address, stack->bytes + (address - stack->spec->stack)};
}

/** The module whose bytes a place lies in, with `length` of them before it. */
static struct module *module_before(const struct stack *stack, uint64_t address, size_t length)
{
    struct machinery *machinery = stack->builder->nt->machinery;
    for (size_t i = 0; i < machinery->n_modules; i++) {
        struct module *module = &machinery->modules[i];
        uint64_t base = module->spec->base;
        if (module->spec->space == stack->builder->nt->spec->space && address - base >= length &&
            address > base && address - base < module->size)
            return module;
    }
    return NULL;
}

static size_t direct_call(const struct stack *stack, const struct frame_spec *frame,
                          uint64_t address, uint8_t *call)
{
    uint64_t callee = machinery_address(stack->builder->nt->machinery, &frame->callee, NULL);
    uint64_t distance = callee - address;
    if (stack->builder->nt->width == 8 && distance != (uint64_t)(int64_t)(int32_t)distance)
        fail_at(frame->callee.place, "an address that 32 bits reach");
    call[0] = 0xe8;
    store_le(call + 1, 4, distance);
    return DIRECT_CALL_BYTES;
}

/** Puts a call before a return address; returns its length. */
static size_t add_call(const struct stack *stack, const struct frame_spec *frame, uint64_t address)
{
    uint8_t call[16] = {0xff, 0xd0};
    size_t length = 2;
    if (frame->call == CALL_NONE)
        return 0;
    if (frame->call == CALL_DIRECT) {
        length = direct_call(stack, frame, address, call);
    } else if (frame->call == CALL_BYTES) {
        length = frame->bytes.length;
        memcpy(call, frame->bytes.data, length);
    }
    struct module *module = module_before(stack, address, length);
    if (!module)
        fail_at(frame->at.place, "a place in a module, with %zu bytes before it", length);
    module_store_bytes(module, address - length - module->spec->base, call, length);
    return length;
}

/** Puts frames from a slot on upwards, with addresses of the stack between them. */
static void add_frames(const struct stack *stack, uint64_t slot, bool is_stale)
{
    unsigned width = stack->builder->nt->width;
    bool is_first = true;
    for (size_t i = 0; i < stack->spec->n_frames; i++) {
        const struct frame_spec *frame = &stack->spec->frames[i];
        struct frame_result *result = &stack->result->frames[i];
        if (frame->is_stale != is_stale)
            continue;
        for (uint64_t gap = gap_of(stack, frame, is_first); gap > 0; gap--, slot += width) {
            if (gap % 2)
                builder_store(slot_at(stack, slot), 0, width, slot + (uint64_t)2 * width);
        }
        is_first = false;
        result->slot = slot;
        result->value = machinery_address(stack->builder->nt->machinery, &frame->at, NULL);
        result->call_bytes = add_call(stack, frame, result->value);
        builder_store(slot_at(stack, slot), 0, width, result->value);
        slot += width;
    }
}

static void build_stack(const struct object_builder *builder, const struct thread_spec *spec,
                        struct thread_result *result)
{
    const struct nt *nt = builder->nt;
    uint64_t length = spec->n_stack_pages * PAGE_SIZE;
    if (!length)
        return;
    struct stack stack = {builder, spec, result, allocate(length, 1)};
    uint64_t live = slots_of(&stack, false) * nt->width, stale = slots_of(&stack, true) * nt->width;
    uint64_t most = length - reserved_bytes(nt) - (uint64_t)2 * nt->width;
    if (live > most || stale > most - live)
        fail_at(spec->place, "frames that fit into the stack");
    result->stack_limit = spec->stack;
    result->stack_base = spec->stack + length;
    result->initial_stack = result->stack_base - reserved_bytes(nt);
    result->kernel_stack =
        result->initial_stack - live - (uint64_t)2 * nt->width; // some end above the last
    add_frames(&stack, result->kernel_stack, false);
    add_frames(&stack, result->kernel_stack - stale, true);
    machinery_add(nt->machinery,
                  (struct piece){nt->spec->space, spec->stack, stack.bytes, length, spec->place});
}

/* ---- threads ----------------------------------------------------------------------------- */

static void store_resident(const struct object_builder *builder, struct pool_block body,
                           bool is_resident)
{
    uint64_t build = builder->objects->layout.build;
    unsigned bit = build < WINDOWS_10 ? 0 : build < WINDOWS_10_1709 ? 16 : 17;
    if (build < VISTA)
        builder_store_field(builder, body, THREAD_RESIDENT, 1, is_resident);
    else
        builder_store_field(builder, body, THREAD_RESIDENT, 4, (uint64_t)is_resident << bit);
}

static uint64_t address_of(const struct object_builder *builder, const struct target *target)
{
    return target->text ? machinery_address(builder->nt->machinery, target, NULL) : 0;
}

static void store_id(const struct object_builder *builder, struct pool_block body,
                     const struct thread_spec *spec)
{
    size_t at = builder->objects->layout.at[THREAD_ID];
    unsigned width = builder->nt->width;
    builder_store(body, at, width, builder->nt->spec->objects.processes[spec->process].pid);
    builder_store(body, at + width, width, spec->tid);
}

static void store_thread(const struct object_builder *builder, const struct thread_spec *spec,
                         struct thread_result *result)
{
    struct pool_block body = result->object.body;
    unsigned width = builder->nt->width;
    uint64_t process = builder->objects->processes[spec->process].body.address;
    const struct {
        enum object_field field;
        unsigned width;
        uint64_t value;
    } values[] = {
        {THREAD_INITIAL_STACK, width, result->initial_stack},
        {THREAD_STACK_LIMIT, width, result->stack_limit},
        {THREAD_STACK_BASE, width, result->stack_base},
        {THREAD_KERNEL_STACK, width, result->kernel_stack},
        {THREAD_STATE, 1, spec->state},
        {THREAD_WAIT_REASON, 1, spec->wait_reason},
        {THREAD_PRIORITY, 1, spec->priority},
        {THREAD_TEB, width, spec->teb},
        {THREAD_APC_PROCESS, width, process},
        {THREAD_OWNER, width, process},
        {THREAD_START, width, result->start},
        {THREAD_WIN32_START, width, result->win32_start},
        {THREAD_CROSS_FLAGS, 4, spec->is_terminated},
    };
    builder_store(body, 0, 1, THREAD_OBJECT);
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        builder_store_field(builder, body, values[i].field, values[i].width, values[i].value);
    store_resident(builder, body, !spec->is_swapped);
    store_id(builder, body, spec);
}

/** One of the two lists of a process. */
static void link_list(const struct object_builder *builder, size_t process, enum object_field head,
                      enum object_field field, enum thread_lists list)
{
    const struct objects_spec *spec = &builder->nt->spec->objects;
    const struct objects *objects = builder->objects;
    struct link *links = allocate(spec->n_threads, sizeof(*links));
    size_t n_links = 0, at = objects->layout.at[field], head_at = objects->layout.at[head];
    for (size_t i = 0; i < spec->n_threads; i++) {
        struct pool_block body = objects->threads[i].object.body;
        if (spec->threads[i].process != process)
            continue;
        links[n_links].at = (struct pool_block){body.address + at, body.bytes + at};
        links[n_links++].is_listed = spec->threads[i].lists & list;
    }
    struct pool_block body = objects->processes[process].body;
    builder_link(builder, (struct pool_block){body.address + head_at, body.bytes + head_at}, links,
                 n_links);
    free(links);
}

static void build_thread(struct object_builder *builder, const struct thread_spec *spec,
                         struct thread_result *result)
{
    result->frames = allocate(spec->n_frames, sizeof(*result->frames));
    build_stack(builder, spec, result);
    result->start = address_of(builder, &spec->start);
    result->win32_start = address_of(builder, &spec->win32_start);
    if (spec->kernel_stack.text) // which may be anything
        result->kernel_stack = address_of(builder, &spec->kernel_stack);
    store_thread(builder, spec, result);
}

void create_threads(struct object_builder *builder)
{
    const struct objects_spec *spec = &builder->nt->spec->objects;
    struct objects *objects = builder->objects;
    const uint16_t *at = objects->layout.at;
    size_t bytes = at[THREAD_BYTES] == NO_OFFSET ? USUAL_BYTES : at[THREAD_BYTES];
    if (spec->n_threads && at[THREAD_LINKS] == NO_OFFSET)
        fail_at(spec->threads[0].place, "no thread: it is not known what build %llu has in them",
                (unsigned long long)objects->layout.build);
    objects->threads = allocate(spec->n_threads, sizeof(*objects->threads));
    for (size_t i = 0; i < spec->n_threads; i++) {
        const struct thread_spec *thread = &spec->threads[i];
        struct object_wish wish = {.length = bytes,
                                   .is_free = thread->is_free,
                                   .infos = thread->infos,
                                   .place = thread->place};
        objects->threads[i].object = object_create(builder, TYPE_THREAD, wish);
    }
}

void build_threads(struct object_builder *builder)
{
    const struct objects_spec *spec = &builder->nt->spec->objects;
    for (size_t i = 0; i < spec->n_threads; i++)
        build_thread(builder, &spec->threads[i], &builder->objects->threads[i]);
    for (size_t i = 0; i < spec->n_processes; i++) {
        link_list(builder, i, PROCESS_KERNEL_THREADS, THREAD_KERNEL_LINKS, THREAD_IN_KERNEL_LIST);
        link_list(builder, i, PROCESS_THREADS, THREAD_LINKS, THREAD_IN_PROCESS_LIST);
    }
}
