// SPDX-License-Identifier: MIT
//
// What is a CALL, and what on a stack is a return address.

#include "windows/small_threads.h"

#include "windows/instruction.h"
#include "windows/stacks.h"

TestSuite(stacks);

// == CALLs ==

static const struct {
    const char *name;
    uint8_t bytes[9]; // up to the return address
    size_t n;
    size_t indirect;  // bytes of the CALL through something
    int32_t distance; // of the direct one; 0: there is none
} calls[] = {
    {"call rax", {0xff, 0xd0}, 2, 2, 0},
    {"call r11", {0x41, 0xff, 0xd3}, 3, 2, 0},
    {"call [rax]", {0xff, 0x10}, 2, 2, 0},
    {"call [rsp]", {0xff, 0x14, 0x24}, 3, 3, 0},
    {"call [r12]", {0x41, 0xff, 0x14, 0x24}, 4, 3, 0},
    {"call [rax+rcx*8]", {0xff, 0x14, 0xc8}, 3, 3, 0},
    {"call [rax+18h]", {0xff, 0x50, 0x18}, 3, 3, 0},
    {"call [rsp+18h]", {0xff, 0x54, 0x24, 0x18}, 4, 4, 0},
    {"call [rip+1000h], or [1000h]", {0xff, 0x15, 0, 0x10, 0, 0}, 6, 6, 0},
    {"call [rax+a8h]", {0xff, 0x90, 0xa8, 0, 0, 0}, 6, 6, 0},
    {"call [rsp+170h]", {0xff, 0x94, 0x24, 0x70, 1, 0, 0}, 7, 7, 0},
    {"call [r12+170h]", {0x41, 0xff, 0x94, 0x24, 0x70, 1, 0, 0}, 8, 7, 0},
    {"call [rcx*8+1000h]", {0xff, 0x14, 0xcd, 0, 0x10, 0, 0}, 7, 7, 0},
    {"call rel32", {0xe8, 0x10, 0x20, 0, 0}, 5, 0, 0x2010},
    {"call rel32 backwards", {0xe8, 0xf0, 0xff, 0xff, 0xff}, 5, 0, -16},
    {"behind nothing that is there", {0}, 0, 0, 0},
    {"half of it is there", {0xd0}, 1, 0, 0},
    {"jmp rax", {0xff, 0xe0}, 2, 0, 0},
    {"jmp [rip]", {0xff, 0x25, 0, 0, 0, 0}, 6, 0, 0},
    {"push [rax]", {0xff, 0x30}, 2, 0, 0},
    {"inc [rax]", {0xff, 0x00}, 2, 0, 0},
    {"call far [rax]", {0xff, 0x18}, 2, 0, 0},
    {"call far 7:12345678", {0x9a, 0x78, 0x56, 0x34, 0x12, 7, 0}, 7, 0, 0},
    {"jmp rel32", {0xe9, 0x10, 0x20, 0, 0}, 5, 0, 0},
    {"call [rsp], and more", {0xff, 0x14, 0x24, 0x90}, 4, 0, 0},
    {"call [rax+18h], cut", {0xff, 0x50}, 2, 0, 0},
    {"call [rip+x], cut", {0xff, 0x15, 0, 0x10, 0}, 5, 0, 0},
    {"call rel32, cut", {0xe8, 0x10, 0x20, 0}, 4, 0, 0},
    {"call rel32, and more", {0xe8, 0x10, 0x20, 0, 0, 0x90}, 6, 0, 0},
    {"nothing", {0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc}, 7, 0, 0},
};

Test(stacks, calls)
{
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        const uint8_t *end = calls[i].bytes + calls[i].n;
        int32_t distance = 0;

        cr_expect(eq(sz, ms_indirect_call_before(end, calls[i].n), calls[i].indirect), "%s",
                  calls[i].name);
        cr_expect(
            eq(int, ms_direct_call_before(end, calls[i].n, &distance), calls[i].distance != 0),
            "%s", calls[i].name);
        cr_expect(eq(i32, distance, calls[i].distance), "%s", calls[i].name);
    }
}

// Each ModRM with each SIB, by the decoder: it takes as many bytes, and no other number of bytes is
// a CALL. What it ends with may look like a shorter one.
Test(stacks, calls_as_decoded)
{
    for (unsigned modrm = 0; modrm < 0x100 && ms_instructions_known(); modrm++) {
        for (unsigned sib = 0; sib < 0x100; sib++) {
            uint8_t bytes[16] = {0xff, (uint8_t)modrm, (uint8_t)sib, 0x11, 0x11, 0x11, 0x11};
            bool is_call = (modrm >> 3 & 7) == 2;

            for (unsigned bits = 32; bits <= 64; bits += 32) {
                struct ms_instruction decoded = {0};

                ms_instruction_decode(bits, 0x1000, bytes, sizeof(bytes), &decoded);
                for (size_t n = 2; n <= MS_MAX_CALL_BYTES; n++) {
                    size_t call = ms_indirect_call_before(bytes + n, n);

                    if (is_call && n == decoded.length)
                        cr_assert(call > 0 && call <= n, "ff %02x %02x, %u bits: %zu", modrm, sib,
                                  bits, call);
                    else
                        cr_assert(call != n, "ff %02x %02x, %u bits: %zu", modrm, sib, bits, n);
                }
            }
        }
    }
}

// == Stacks ==

static const struct thread_fields *const fields = &threads_19041;

// Puts a CALL before an address of the kernel's code, and the address into a slot, counted from
// KernelStack, of a thread's stack.
static void poke_frame(struct windows *windows, size_t thread, size_t slot, uint64_t code,
                       uint64_t call, size_t n)
{
    poke(windows, CODE + code - n, call, n);
    poke(windows, stack_at(thread) + 0x2f00 + 8 * slot, KERNEL + CODE + code, 8);
}

// "17 25 code+100": slots and offsets of frames, and what was counted.
static void check_stack(struct windows *windows, size_t thread, const char *expected)
{
    struct found_threads found = find_threads(windows, 0);
    char text[1024] = "";
    size_t used = 0;
    struct ms_stack stack;

    cr_assert(ms_threads_stack(found.threads, thread, &stack, NULL) == MS_OK);
    for (size_t i = 0; i < stack.n_frames; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%" PRIx64 ":%" PRIx64 " ",
                                 stack.frames[i].slot - KERNEL - stack_at(thread),
                                 stack.frames[i].address - KERNEL - CODE);
    snprintf(text + used, sizeof(text) - used, "%zu/%zu%s%s", stack.n_missing, stack.n_pages,
             stack.whole ? " whole" : "", stack.of_last_switch ? " running" : "");
    used = strlen(text);
    if (stack.n_unverified > 0)
        snprintf(text + used, sizeof(text) - used, " %zu unverified", stack.n_unverified);
    cr_expect(eq(str, text, (char *)(uintptr_t)expected));
    ms_stack_release(&stack);
    ms_stack_release(&stack);
    release_threads(&found);
    free(windows->machine.bytes);
}

Test(stacks, frames)
{
    struct windows windows = windows_with_threads(fields);

    poke_frame(&windows, 1, 3, 0x100, 0xd0ff, 2);
    poke_frame(&windows, 1, 0, 0x200, 0x1815ff, 6);
    poke_frame(&windows, 1, 31, 0x400, 0x10e8, 5); // leads 10h bytes on
    check_stack(&windows, 1, "2f00:200 2f18:100 2ff8:400 0/1");
}

// Neither is: a pointer to code without a CALL, into data, out of all modules, into a program.
Test(stacks, what_is_no_frame)
{
    struct windows windows = windows_with_threads(fields);
    uint64_t slot = stack_at(0) + 0x2f00;

    poke(&windows, slot, KERNEL + CODE + 0x300, 8);
    poke(&windows, NT_DATA + 0xf00 - 2, 0xd0ff, 2);
    poke(&windows, slot + 8, KERNEL + NT_DATA + 0xf00, 8);
    poke(&windows, 0x70000 - 2, 0xd0ff, 2);
    poke(&windows, slot + 16, KERNEL + 0x70000, 8);
    poke(&windows, slot + 24, 0x401000, 8);
    poke(&windows, slot + 32, 3, 8);
    poke(&windows, slot + 40, UINT64_MAX, 8);
    poke_frame(&windows, 0, 6, 0x600, 0x7fffffe8, 5);         // a CALL to nowhere
    poke_frame(&windows, 0, 7, 0x700, UINT64_C(0x7000e8), 5); // to data
    check_stack(&windows, 0, "0/1");
}

// A CALL that never returns may be a function's last instruction, and the last of a section.
Test(stacks, behind_the_code)
{
    struct windows windows = windows_with_threads(fields);

    poke_frame(&windows, 0, 0, 0x1000, 0xd0ff, 2);
    poke_frame(&windows, 0, 1, 0, 0xd0ff, 2); // before the section there is no code
    check_stack(&windows, 0, "2f00:1000 0/1");
}

Test(stacks, state)
{
    struct windows windows = windows_with_threads(fields);

    poke(&windows, thread_at(fields, 0) + fields->state, MS_THREAD_RUNNING, 1);
    poke_frame(&windows, 0, 1, 0x200, 0xd0ff, 2);
    check_stack(&windows, 0, "2f08:200 0/1 running");
}

// Where KernelStack lies outside, all is looked through.
Test(stacks, whole)
{
    static const uint64_t outside[] = {0, 0x2fff, 0x140000 + 0x3000, UINT64_MAX};

    for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
        struct windows windows = windows_with_threads(fields);

        poke(&windows, thread_at(fields, 0) + fields->kernel_stack, KERNEL + outside[i], 8);
        poke_frame(&windows, 0, 0, 0x200, 0xd0ff, 2);
        poke(&windows, stack_at(0), KERNEL + CODE + 0x200, 8);
        check_stack(&windows, 0, "0:200 2f00:200 0/3 whole");
    }
}

// What is below KernelStack is of calls that have returned.
Test(stacks, below)
{
    struct windows windows = windows_with_threads(fields);

    poke_frame(&windows, 0, 0, 0x200, 0xd0ff, 2);
    poke(&windows, stack_at(0) + 0x2ef8, KERNEL + CODE + 0x200, 8);
    poke(&windows, thread_at(fields, 0) + fields->kernel_stack, KERNEL + stack_at(0) + 0x2f04, 8);
    check_stack(&windows, 0, "2f00:200 0/1");
}

// The stack's last page is the one that is not in memory.
Test(stacks, missing_page)
{
    struct windows windows = windows_with_threads(fields);
    uint64_t limit = GONE - 0x2000;

    poke(&windows, thread_at(fields, 0) + fields->limit, KERNEL + limit, 8);
    poke(&windows, thread_at(fields, 0) + fields->base, KERNEL + GONE + 0x1000, 8);
    poke(&windows, thread_at(fields, 0) + fields->kernel_stack, KERNEL + limit + 0x800, 8);
    poke(&windows, CODE + 0x200 - 2, 0xd0ff, 2);
    poke(&windows, limit + 0x1ff8, KERNEL + CODE + 0x200, 8);
    check_stack(&windows, 0, "beff8:200 1/3");
}

// A driver's code is not in memory: nothing tells what is before the address.
Test(stacks, code_that_is_missing)
{
    struct windows windows = windows_with_threads(fields);

    poke_image(&windows, GONE - 0x1000, 0x2000, ".text");
    add_module(&windows, GONE - 0x1000, 0x2000, "half.sys");
    poke(&windows, stack_at(0) + 0x2f00, KERNEL + GONE + 0x100, 8);
    check_stack(&windows, 0, "0/1 1 unverified");
}

// A module without a header: the page tables say what is code.
Test(stacks, module_without_header)
{
    struct windows windows = windows_with_threads(fields);

    add_module(&windows, DRIVERS, 0x2000, "bare.sys");
    poke(&windows, DRIVERS + 0x100 - 2, 0xd0ff, 2);
    poke(&windows, stack_at(0) + 0x2f00, KERNEL + DRIVERS + 0x100, 8);
    check_stack(&windows, 0, "2f00:6f100 0/1");
}

Test(stacks, names_of_modules)
{
    struct windows windows = windows_with_threads(fields);
    struct found_threads found;
    struct ms_stack stack;

    poke_frame(&windows, 0, 0, 0x200, 0xd0ff, 2);
    found = find_threads(&windows, 0);
    cr_assert(ms_threads_stack(found.threads, 0, &stack, NULL) == MS_OK);
    cr_assert(eq(sz, stack.n_frames, 1));
    cr_assert(eq(sz, stack.frames[0].module,
                 ms_modules_at(found.processes.windows.modules, KERNEL + CODE)));
    ms_stack_release(&stack);
    release_threads(&found);
    free(windows.machine.bytes);
}
