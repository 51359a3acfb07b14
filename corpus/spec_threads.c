// SPDX-License-Identifier: MIT
//
// The statements about threads and what is on their stacks.

#include "spec_objects.h"

#include "material.h"

#include <stdlib.h>
#include <string.h>

#define ITEMS(array) (sizeof(array) / sizeof((array)[0]))

enum { MAX_STACK_PAGES = 256, MAX_CALL_BYTES = 16, WAITING = 5 };

/* ---- names of numbers -------------------------------------------------------------------- */

/** KTHREAD_STATE. */
static const char *const states[] = {
    "Initialized", "Ready",      "Running",       "Standby",  "Terminated",
    "Waiting",     "Transition", "DeferredReady", "GateWait",
};

/** KWAIT_REASON. */
static const char *const wait_reasons[] = {
    "Executive",        "FreePage",         "PageIn",       "PoolAllocation",   "DelayExecution",
    "Suspended",        "UserRequest",      "WrExecutive",  "WrFreePage",       "WrPageIn",
    "WrPoolAllocation", "WrDelayExecution", "WrSuspended",  "WrUserRequest",    "WrEventPair",
    "WrQueue",          "WrLpcReceive",     "WrLpcReply",   "WrVirtualMemory",  "WrPageOut",
    "WrRendezvous",     "WrKeyedEvent",     "WrTerminated", "WrProcessInSwap",  "WrCpuRateControl",
    "WrCalloutStack",   "WrKernel",         "WrResource",   "WrPushLock",       "WrMutex",
    "WrQuantumEnd",     "WrDispatchInt",    "WrPreempted",  "WrYieldExecution", "WrFastMutex",
    "WrGuardedMutex",   "WrRundown",
};

/** One of the names, or a number of a byte. */
static uint64_t next_name(struct parser *parser, const char *const *names, size_t count,
                          const char *what)
{
    for (size_t i = 0; i < count; i++) {
        if (accept(parser, names[i]))
            return i;
    }
    return next_below(parser, what, 0x100);
}

/* ---- threads ----------------------------------------------------------------------------- */

static void take_of(struct parser *parser, struct thread_spec *thread)
{
    const struct objects_spec *objects = objects_of(parser);
    require(parser, "of");
    struct place place = place_here(parser);
    uint64_t pid = next_u32(parser, "a process's number");
    while (thread->process < objects->n_processes && objects->processes[thread->process].pid != pid)
        thread->process++;
    if (thread->process == objects->n_processes)
        fail_at(place, "the number of a process on an earlier line");
}

static void take_state(struct parser *parser, void *item)
{
    ((struct thread_spec *)item)->state =
        next_name(parser, states, ITEMS(states), "a thread's state, or its number");
}

static void take_wait(struct parser *parser, void *item)
{
    ((struct thread_spec *)item)->wait_reason =
        next_name(parser, wait_reasons, ITEMS(wait_reasons), "a wait reason, or its number");
}

static void take_start(struct parser *parser, void *item)
{
    set_target(&((struct thread_spec *)item)->start, next_target(parser, "an address"));
}

static void take_win32_start(struct parser *parser, void *item)
{
    set_target(&((struct thread_spec *)item)->win32_start, next_target(parser, "an address"));
}

static void take_kernel_stack(struct parser *parser, void *item)
{
    set_target(&((struct thread_spec *)item)->kernel_stack, next_target(parser, "an address"));
}

static void take_teb(struct parser *parser, void *item)
{
    ((struct thread_spec *)item)->teb = next_nt_address(parser);
}

static void take_priority(struct parser *parser, void *item)
{
    ((struct thread_spec *)item)->priority = next_below(parser, "a priority", 0x100);
}

/** stack ADDRESS PAGES [BACKING] */
static void take_stack(struct parser *parser, void *item)
{
    struct thread_spec *thread = item;
    struct space_rule rule = {.form = RULE_MAP, .n_spaces = 1, .space = parser->spec->nt.space};
    struct place place = place_here(parser);
    thread->stack = next_nt_address(parser);
    thread->n_stack_pages = next_quantity(parser, "a number of pages");
    if (thread->stack % PAGE_SIZE || thread->n_stack_pages == 0 ||
        thread->n_stack_pages > MAX_STACK_PAGES ||
        !paging_has_address(nt_mode(parser), thread->stack + thread->n_stack_pages * PAGE_SIZE - 1))
        fail_at(place, "the address of a page, and 1 to %d pages", MAX_STACK_PAGES);
    if (!has_word(parser) || !accept_backing(parser, &rule.backing))
        return;
    rule.start = thread->stack;
    rule.length = thread->n_stack_pages * PAGE_SIZE;
    add_space_rule(parser, rule);
}

static void take_not_resident(struct parser *parser, void *item)
{
    (void)parser;
    ((struct thread_spec *)item)->is_swapped = true;
}

static void take_terminated(struct parser *parser, void *item)
{
    (void)parser;
    ((struct thread_spec *)item)->is_terminated = true;
}

static void take_hidden(struct parser *parser, void *item)
{
    (void)parser;
    ((struct thread_spec *)item)->lists = 0;
}

static void take_kernel_list(struct parser *parser, void *item)
{
    (void)parser;
    ((struct thread_spec *)item)->lists = THREAD_IN_KERNEL_LIST;
}

static void take_process_list(struct parser *parser, void *item)
{
    (void)parser;
    ((struct thread_spec *)item)->lists = THREAD_IN_PROCESS_LIST;
}

static void take_free(struct parser *parser, void *item)
{
    (void)parser;
    ((struct thread_spec *)item)->is_free = true;
    ((struct thread_spec *)item)->lists = 0;
}

static void take_infos(struct parser *parser, void *item)
{
    ((struct thread_spec *)item)->infos = next_infos(parser);
}

/** thread N of PID [OPTION]... */
static void parse_thread(struct parser *parser)
{
    static const struct option options[] = {
        {"state", take_state},
        {"wait", take_wait},
        {"start", take_start},
        {"win32-start", take_win32_start},
        {"teb", take_teb},
        {"priority", take_priority},
        {"stack", take_stack},
        {"kernel-stack", take_kernel_stack},
        {"not-resident", take_not_resident},
        {"terminated", take_terminated},
        {"hidden", take_hidden},
        {"kernel-list", take_kernel_list},
        {"process-list", take_process_list},
        {"free", take_free},
        {"infos", take_infos},
    };
    struct objects_spec *objects = objects_of(parser);
    struct thread_spec thread = {.place = place_here(parser),
                                 .state = WAITING,
                                 .priority = 8,
                                 .lists = THREAD_IN_KERNEL_LIST | THREAD_IN_PROCESS_LIST};
    thread.tid = next_u32(parser, "a thread's number");
    for (size_t i = 0; i < objects->n_threads; i++) {
        if (objects->threads[i].tid == thread.tid)
            fail_at(thread.place, "a number that no other thread has");
    }
    take_of(parser, &thread);
    next_options(parser, options, ITEMS(options), &thread);
    objects->threads =
        grow(objects->threads, objects->n_threads, &objects->threads_capacity, sizeof(thread));
    objects->threads[objects->n_threads++] = thread;
}

/* ---- frames ------------------------------------------------------------------------------ */

static void take_call(struct parser *parser, void *item)
{
    struct frame_spec *frame = item;
    set_target(&frame->callee, next_target(parser, "an address"));
    frame->call = CALL_DIRECT;
}

static void take_bytes(struct parser *parser, void *item)
{
    struct frame_spec *frame = item;
    struct place place = place_here(parser);
    free(frame->bytes.data);
    frame->bytes = hex_of(next_word(parser, "hex bytes"));
    frame->call = CALL_BYTES;
    if (frame->bytes.length > MAX_CALL_BYTES)
        fail_at(place, "at most %d bytes", MAX_CALL_BYTES);
}

static void take_plain(struct parser *parser, void *item)
{
    (void)parser;
    ((struct frame_spec *)item)->call = CALL_NONE;
}

static void take_gap(struct parser *parser, void *item)
{
    struct frame_spec *frame = item;
    frame->gap = next_below(parser, "a number of slots", MAX_STACK_PAGES * PAGE_SIZE / 4);
    frame->has_gap = true;
}

static void take_stale(struct parser *parser, void *item)
{
    (void)parser;
    ((struct frame_spec *)item)->is_stale = true;
}

/** frame PLACE [OPTION]... */
static void parse_frame(struct parser *parser)
{
    static const struct option options[] = {
        {"call", take_call}, {"by", take_bytes},    {"plain", take_plain},
        {"gap", take_gap},   {"stale", take_stale},
    };
    struct objects_spec *objects = objects_of(parser);
    struct frame_spec frame = {.place = place_here(parser)};
    if (objects->n_threads == 0)
        fail_at(parser->lexer.words[0].place, "'thread N of PID' on an earlier line");
    struct thread_spec *thread = &objects->threads[objects->n_threads - 1];
    if (thread->n_stack_pages == 0)
        fail_at(parser->lexer.words[0].place, "a thread with 'stack ADDRESS PAGES'");
    frame.at = next_target(parser, "an address");
    next_options(parser, options, ITEMS(options), &frame);
    thread->frames =
        grow(thread->frames, thread->n_frames, &thread->frames_capacity, sizeof(frame));
    thread->frames[thread->n_frames++] = frame;
}

bool parse_thread_statement(struct parser *parser, const char *name)
{
    static const struct statement statements[] = {
        {"thread", parse_thread},
        {"frame", parse_frame},
    };
    return statement_find(parser, statements, ITEMS(statements), name);
}
