// SPDX-License-Identifier: MIT
//
// A small machine with a Windows kernel whose memory the input writes to: processes, threads with
// their stacks, driver objects, each in a pool block, lists and object directories. Whoever can
// hand a user an image feeds this.
//
//     how       bit 0: 32 bits with PAE, else x64; bit 1: look through memory, too;
//               bits 2 to 4: the kernel's build                                        1 byte
//     changes   until the input ends, each: a kind, and by kind
//               0 number    place, width, value                                    3 + 8 bytes
//               1 pointer   place, offset of the kernel's memory that it points to       6
//               2 page      that is no longer mapped                                     1
//               3 copy      from, to, length                                             6
//
// Without changes the machine is an honest one, and all is found. What is found lies in the
// kernel's half, is bounded, in order, each thing once, and twice the same; frames are on their
// stack, behind the bytes of a CALL; what lists have, a scan has, too.

#include "objects_machine.h"

#include <inttypes.h>

enum {
    MAX_THREADS = MAX_MEMORY / 0x100, // that memory of this size may have
    MAX_NOTES = 64,
    MAX_CHANGES = 200,
};

// What is found in a machine.
struct found {
    const struct ms_spaces *spaces;
    struct ms_modules *modules;
    struct ms_processes *processes;
    struct ms_threads *threads;
    struct ms_drivers *drivers;
    uint64_t first, last; // the kernel's half
};

static void check_in_kernel(const struct found *found, uint64_t address, const char *what)
{
    CHECK(address >= found->first && address <= found->last, "%s at 0x%" PRIx64, what, address);
}

// == Processes ==

static void check_processes(const struct found *found)
{
    size_t n = ms_processes_count(found->processes);

    CHECK(n < MAX_MEMORY / 8, "%zu processes", n);
    CHECK(ms_processes_n_notes(found->processes) < MAX_NOTES, "notes");
    for (size_t i = 0; i < ms_processes_n_notes(found->processes); i++)
        check_line(ms_processes_note(found->processes, i), "note of processes");
    for (size_t i = 0; i < n; i++) {
        struct ms_process_info info = ms_processes_info(found->processes, i);

        check_in_kernel(found, info.address, "process");
        CHECK(memchr(info.name, '\0', sizeof(info.name)), "process %zu: name", i);
        CHECK(info.sources > 0 && info.sources < 4, "process %zu: sources", i);
        CHECK(info.pid % 4 == 0, "process %zu: number %u", i, info.pid);
        CHECK(!info.hidden || info.sources == MS_PROCESS_POOL, "process %zu is hidden", i);
        CHECK(ms_processes_at(found->processes, info.address) == i, "process %zu is not alone", i);
    }
}

// == Threads ==

static void check_stack_extent(const struct found *found, const struct ms_thread_info *info)
{
    if (info->stack_base == 0 && info->stack_limit == 0)
        return;
    check_in_kernel(found, info->stack_limit, "stack");
    check_in_kernel(found, info->stack_base - 1, "end of a stack");
    CHECK(info->stack_base > info->stack_limit &&
              info->stack_base - info->stack_limit <= 64 * 4096 &&
              (info->stack_limit | info->stack_base) % 4096 == 0,
          "stack from 0x%" PRIx64 " to 0x%" PRIx64, info->stack_limit, info->stack_base);
}

static void check_thread(const struct found *found, size_t index)
{
    struct ms_thread_info info = ms_threads_info(found->threads, index);
    bool listed = info.sources & (MS_THREAD_KERNEL_LIST | MS_THREAD_PROCESS_LIST);

    check_in_kernel(found, info.address, "thread");
    CHECK(info.sources > 0 && info.sources < 8, "thread %zu: sources", index);
    CHECK(info.process == MS_NO_PROCESS || info.process < ms_processes_count(found->processes),
          "thread %zu: process", index);
    CHECK(!listed || info.process != MS_NO_PROCESS, "thread %zu of a list", index);
    CHECK(!info.hidden || (!listed && !info.terminated && !info.freed), "thread %zu hides", index);
    CHECK(info.has_state || !info.has_wait_reason, "thread %zu waits", index);
    if (info.process != MS_NO_PROCESS && info.has_cid)
        CHECK(info.pid == ms_processes_info(found->processes, info.process).pid, "thread %zu",
              index);
    check_stack_extent(found, &info);
}

// In order by process, and each once.
static void check_order(const struct found *found)
{
    size_t n = ms_threads_count(found->threads);

    for (size_t i = 0; i < n; i++) {
        struct ms_thread_info info = ms_threads_info(found->threads, i);

        CHECK(i == 0 || ms_threads_info(found->threads, i - 1).process <= info.process, "order");
        for (size_t other = 0; other < i; other++)
            CHECK(ms_threads_info(found->threads, other).address != info.address,
                  "threads %zu and %zu are one", other, i);
    }
}

// == Stacks ==

// The value that a frame was read as is there, and so is what looks like a CALL.
static void check_frame(const struct found *found, const struct ms_frame *frame, size_t width)
{
    uint8_t slot[8] = {0}, code[7] = {0};
    bool present[8];
    uint64_t value = 0;
    bool any = false;

    CHECK(ms_spaces_read(found->spaces, 0, frame->slot, slot, present, width) == width, "slot");
    for (size_t i = 0; i < width; i++)
        value |= (uint64_t)slot[i] << 8 * i;
    CHECK(value == frame->address, "0x%" PRIx64 " in the slot, not 0x%" PRIx64, value,
          frame->address);
    ms_spaces_read(found->spaces, 0, frame->address - 7, code, present, 7);
    for (size_t i = 0; i < 6; i++)
        any |= (code[i] == 0xff && (code[i + 1] >> 3 & 7) == 2) || (code[i] == 0xe8 && i == 2);
    CHECK(any, "no CALL before 0x%" PRIx64, frame->address);
    CHECK(frame->module == ms_modules_at(found->modules, frame->address - 1), "module of a frame");
}

static size_t check_stack(const struct found *found, size_t index, size_t width)
{
    struct ms_thread_info info = ms_threads_info(found->threads, index);
    struct ms_stack stack;
    size_t n;

    CHECK(ms_threads_stack(found->threads, index, &stack, NULL) == MS_OK, "stack");
    n = stack.n_frames;
    CHECK(stack.end == info.stack_base && stack.first >= info.stack_limit &&
              stack.first <= stack.end && stack.n_missing <= stack.n_pages && stack.n_pages <= 64,
          "what is looked through of stack %zu", index);
    for (size_t i = 0; i < n; i++) {
        const struct ms_frame *frame = &stack.frames[i];

        CHECK(frame->slot >= stack.first && stack.end - frame->slot >= width, "slot %zu", i);
        CHECK(i == 0 || stack.frames[i - 1].slot < frame->slot, "order of slots");
        check_in_kernel(found, frame->address - 1, "return address");
        check_frame(found, frame, width);
    }
    ms_stack_release(&stack);
    return n;
}

// The number of all frames.
static size_t check_threads(const struct found *found, size_t width)
{
    size_t n = ms_threads_count(found->threads), n_frames = 0;

    CHECK(n <= MAX_THREADS, "%zu threads", n);
    CHECK(ms_threads_n_notes(found->threads) < MAX_NOTES, "notes");
    for (size_t i = 0; i < ms_threads_n_notes(found->threads); i++)
        check_line(ms_threads_note(found->threads, i), "note of threads");
    check_order(found);
    for (size_t i = 0; i < n; i++) {
        check_thread(found, i);
        n_frames += check_stack(found, i, width);
    }
    return n_frames;
}

// == Drivers ==

static void check_pointer(const struct found *found, const struct ms_driver_pointer *pointer)
{
    size_t n = ms_modules_count(found->modules);
    char text[MS_TRAMPOLINE_TEXT];

    check_in_kernel(found, pointer->at, "slot");
    CHECK(pointer->value != 0 && pointer->slot && *pointer->slot, "pointer");
    CHECK(pointer->module == MS_NO_MODULE || pointer->module < n, "module");
    CHECK(pointer->target_module == MS_NO_MODULE || pointer->target_module < n, "module");
    CHECK(pointer->has_trampoline || pointer->target == pointer->value, "target");
    CHECK(ms_driver_place_name(pointer->place) && ms_driver_place_name(pointer->target_place),
          "place");
    ms_drivers_trampoline_text(found->drivers, pointer->value, text);
    CHECK(memchr(text, '\0', sizeof(text)), "text of a trampoline");
}

static void check_drivers(const struct found *found)
{
    size_t n = found->drivers ? ms_drivers_count(found->drivers) : 0;

    CHECK(n < MAX_MEMORY / 8, "%zu drivers", n);
    for (size_t i = 0; found->drivers && i < ms_drivers_n_notes(found->drivers); i++)
        check_line(ms_drivers_note(found->drivers, i), "note of drivers");
    for (size_t i = 0; i < n; i++) {
        struct ms_driver_info info = ms_drivers_info(found->drivers, i);

        check_in_kernel(found, info.address, "driver");
        CHECK(info.name && info.object_name && info.service, "names of driver %zu", i);
        CHECK(info.sources > 0 && info.sources < 4, "driver %zu: sources", i);
        CHECK(info.n_hooked <= info.n_pointers && info.n_pointers < 80, "driver %zu: pointers", i);
        for (size_t k = 0; k < info.n_pointers; k++)
            check_pointer(found, &info.pointers[k]);
        for (size_t k = 0; k < info.n_devices; k++)
            check_in_kernel(found, info.devices[k], "device");
    }
}

// == All of it ==

static void find(const struct ms_spaces *spaces, bool scan, struct found *found)
{
    const struct ms_processes_options processes = {.flags = scan ? MS_PROCESSES_SCAN : 0};
    const struct ms_threads_options threads = {.flags = scan ? MS_THREADS_SCAN : 0};
    const struct ms_drivers_options drivers = {.flags = scan ? MS_DRIVERS_SCAN : 0};
    struct ms_error error = {0};

    found->spaces = spaces;
    CHECK(ms_modules_create(spaces, 0, NULL, &found->modules, &error) == MS_OK, "modules: %s",
          error.text);
    CHECK(ms_processes_create(found->modules, &processes, &found->processes, &error) == MS_OK,
          "processes: %s", error.text);
    CHECK(ms_threads_create(found->processes, &threads, &found->threads, &error) == MS_OK,
          "threads: %s", error.text);
    if (!ms_modules_system(found->modules).found)
        return; // then it is an error to ask for its drivers
    CHECK(ms_drivers_create(found->modules, &drivers, &found->drivers, &error) == MS_OK,
          "drivers: %s", error.text);
}

static void release(struct found *found)
{
    ms_drivers_free(found->drivers);
    ms_threads_free(found->threads);
    ms_processes_free(found->processes);
    ms_modules_free(found->modules);
}

static size_t find_thread(const struct ms_threads *threads, uint64_t address)
{
    size_t i = 0;

    while (i < ms_threads_count(threads) && ms_threads_info(threads, i).address != address)
        i++;
    return i;
}

// What lists have, a scan has with the same lists; `again` has just the same.
static void compare(const struct found *listed, const struct found *scanned, bool again)
{
    const unsigned lists = MS_THREAD_KERNEL_LIST | MS_THREAD_PROCESS_LIST;
    size_t n = ms_threads_count(listed->threads), all = ms_threads_count(scanned->threads);

    CHECK(ms_processes_count(listed->processes) <= ms_processes_count(scanned->processes), "scan");
    CHECK(again ? n == all : n <= all, "a scan has fewer threads");
    for (size_t i = 0; i < n; i++) {
        struct ms_thread_info info = ms_threads_info(listed->threads, i), other;
        size_t at = find_thread(scanned->threads, info.address);

        CHECK(at < all && (!again || at == i), "thread %zu", i);
        other = ms_threads_info(scanned->threads, at);
        CHECK((info.sources & lists) == (other.sources & lists) && info.pid == other.pid &&
                  info.tid == other.tid && info.state == other.state &&
                  info.kernel_stack == other.kernel_stack,
              "thread %zu", i);
    }
    CHECK(!again || !listed->drivers ||
              ms_drivers_count(listed->drivers) == ms_drivers_count(scanned->drivers),
          "drivers");
}

static void check_honest(const struct found *scanned, size_t n_frames,
                         const struct machine *machine)
{
    CHECK(ms_processes_count(scanned->processes) == OBJECTS_PROCESSES, "%zu processes",
          ms_processes_count(scanned->processes));
    CHECK(ms_drivers_count(scanned->drivers) == OBJECTS_DRIVERS, "%zu drivers",
          ms_drivers_count(scanned->drivers));
    if (!objects_machine_has_threads(machine))
        return;
    CHECK(ms_threads_count(scanned->threads) == OBJECTS_THREADS, "%zu threads",
          ms_threads_count(scanned->threads));
    CHECK(n_frames == OBJECTS_FRAMES, "%zu frames", n_frames);
}

// By lists, then with a scan or once more by lists.
static void check_machine(const struct machine *machine, const struct ms_spaces *spaces, bool scan,
                          bool honest)
{
    struct found listed = {.first = machine->wide ? UINT64_C(0xffff800000000000) : 0x80000000,
                           .last = machine->wide ? UINT64_MAX : UINT32_MAX};
    struct found second = listed;
    size_t width = word(machine), n_frames;

    find(spaces, false, &listed);
    find(spaces, scan, &second);
    check_processes(&listed);
    check_threads(&listed, width);
    check_processes(&second);
    n_frames = check_threads(&second, width);
    check_drivers(&second);
    compare(&listed, &second, !scan);
    if (honest && scan)
        check_honest(&second, n_frames, machine);
    release(&second);
    release(&listed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct machine machine;
    struct input input = {data, size};
    unsigned how = (unsigned)take(&input, 1);
    struct ms_image *image = NULL;
    struct ms_spaces *spaces = NULL;

    objects_machine_make(&machine, how);
    for (size_t i = 0; i < MAX_CHANGES && input.left > 0; i++)
        objects_machine_change(&machine, &input);
    kernel_machine_map(&machine);
    kernel_machine_open(&machine, &image, &spaces);
    check_machine(&machine, spaces, how & 2, size <= 1);
    ms_spaces_free(spaces);
    ms_image_close(image);
    return 0;
}
