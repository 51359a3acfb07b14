// SPDX-License-Identifier: MIT
//
// Code that only goes on somewhere else, and code that does more. All lies at CODE, where a table
// of pointers follows it; other code is at FAR.

#include "windows/small_windows.h"
#include "windows/trampoline.h"

enum { CODE = 0x60000, TABLE = 0x61000, FAR = 0x70000, LAST = GONE - 4 };

#define HERE  (KERNEL + CODE)
#define LOW   UINT64_C(0x80000000) // where 32-bit machines have the same memory
#define HERE4 (LOW + CODE)

struct trampoline_case {
    const char *name;
    unsigned bits;
    const char *code; // hex
    uint64_t target;  // 0: it is no trampoline
    uint64_t through;
    const char *text;
};

// Pointers at TABLE are to FAR, then to 0 and to what is not in memory.
static const struct trampoline_case cases[] = {
    {"jmp", 64, "e9fbff0000", KERNEL + FAR, 0, "jmp 0xfffff80000070000"},
    {"jmp behind endbr", 64, "f30f1efae9f7ff0000", KERNEL + FAR, 0,
     "endbr64; jmp 0xfffff80000070000"},
    {"jmp behind what does nothing", 64, "8bff90660f1f440000e9f2ff0000", KERNEL + FAR, 0, NULL},
    {"short jmp", 64, "eb20", HERE + 0x22, 0, "jmp 0xfffff80000060022"},
    {"jmp to itself", 64, "ebfe", 0, 0, NULL},
    {"jmp [rip]", 64, "ff25fa0f0000", KERNEL + FAR, KERNEL + TABLE, "jmp [0xfffff80000061000]"},
    {"jmp [rip], which is not in memory", 64, "ff25faef1900", 0, 0, NULL},
    {"mov, jmp", 64, "48b80000070000f8ffffffe0", KERNEL + FAR, 0,
     "mov rax, 0xfffff80000070000; jmp rax"},
    {"mov, jmp, with r11", 64, "49bb0000070000f8ffff41ffe3", KERNEL + FAR, 0, NULL},
    {"mov, jmp, of a number with its sign", 64, "48c7c000000080ffe0", UINT64_C(0xffffffff80000000),
     0, NULL},
    {"mov, jmp, of half a register", 64, "b800000080ffe0", 0x80000000, 0, NULL},
    {"mov, jmp, of different ones", 64, "48b80000070000f8ffffffe1", 0, 0, NULL},
    {"mov of a byte, jmp", 64, "48b80000070000f8ffffb010ffe0", 0, 0, NULL},
    {"mov, mov, jmp", 64, "48b80000070000f8ffff4889c1ffe1", KERNEL + FAR, 0, NULL},
    {"mov [absolute], jmp", 64, "48a10010060000f8ffffffe0", KERNEL + FAR, KERNEL + TABLE, NULL},
    {"mov [rip], jmp", 64, "488b05f90f0000ffe0", KERNEL + FAR, KERNEL + TABLE, NULL},
    {"mov, jmp [reg]", 64, "48b80010060000f8ffffff20", KERNEL + FAR, KERNEL + TABLE, NULL},
    {"mov, mov [reg], jmp", 64, "48b8f80f060000f8ffff488b4008ffe0", KERNEL + FAR, KERNEL + TABLE,
     NULL},
    {"mov gs:[], jmp", 64, "65488b042588010000ffe0", 0, 0, NULL},
    {"lea, jmp", 64, "488d05f9ff0000ffe0", KERNEL + FAR, 0, NULL},
    {"push, ret", 64, "6800000080c3", UINT64_C(0xffffffff80000000), 0, NULL},
    {"push, mov, ret", 64, "6800000700c744240400f8ffffc3", KERNEL + FAR, 0,
     "push 0x70000; mov dword ptr [rsp+0x04], 0xfffff800; ret"},
    {"push, mov, xchg, ret", 64, "5048b80000070000f8ffff48870424c3", KERNEL + FAR, 0, NULL},
    {"push, mov of all of it, ret", 64, "5048b80000070000f8ffff48890424c3", KERNEL + FAR, 0, NULL},
    {"push, mov of what is not known, ret", 64, "680000008048890c24c3", 0, 0, NULL},
    {"push of a register, ret", 64, "50c3", 0, 0, NULL},
    {"mov, push, ret", 64, "48b80000070000f8ffff50c3", KERNEL + FAR, 0, NULL},
    {"push, push, ret", 64, "68000000806800000080c3", 0, 0, NULL},
    {"push, jmp", 64, "6800000080e9f6ff0000", 0, 0, NULL},
    {"push, ret that takes more", 64, "6800000080c20800", 0, 0, NULL},
    {"ret", 64, "c3", 0, 0, NULL},
    {"call", 64, "e8fbff0000", 0, 0, NULL},
    {"jcc", 64, "0f84faff0000", 0, 0, NULL},
    {"sub rsp", 64, "4883ec28e9f7ff0000", 0, 0, NULL},
    {"mov rsp", 64, "48bc0000070000f8ffffffe4", 0, 0, NULL},
    {"nothing without end", 64, "909090909090909090909090e9000000000", 0, 0, NULL},
    {"no code", 64, "0606", 0, 0, NULL},
    {"jmp", 32, "e9fbff0000", LOW + FAR, 0, "jmp 0x80070000"},
    {"jmp [absolute]", 32, "ff2500100680", LOW + FAR, LOW + TABLE, "jmp [0x80061000]"},
    {"mov, jmp", 32, "b800000780ffe0", LOW + FAR, 0, "mov eax, 0x80070000; jmp eax"},
    {"push, ret", 32, "6800000780c3", LOW + FAR, 0, "push 0x80070000; ret"},
    {"mov [absolute], jmp", 32, "a100100680ffe0", LOW + FAR, LOW + TABLE, NULL},
    {"mov fs:[], jmp", 32, "64a124010000ffe0", 0, 0, NULL},
    {"push, mov of an upper half", 32, "6800000780c744240400f8ffffc3", 0, 0, NULL},
};

// == Machines ==

struct code_machine {
    struct windows windows;
    struct ms_image *image;
    struct ms_spaces *spaces;
    struct ms_kernel_memory memory;
};

static size_t poke_hex(struct windows *windows, uint64_t offset, const char *hex)
{
    size_t n = strlen(hex) / 2;

    for (size_t i = 0; i < n; i++) {
        unsigned byte;

        cr_assert(sscanf(hex + 2 * i, "%2x", &byte) == 1);
        poke(windows, offset + i, byte, 1);
    }
    return n;
}

// 4 MiB of one large page are the kernel's half of a 32-bit machine; its offsets count from MEMORY.
static void open_code(struct code_machine *machine, unsigned bits)
{
    uint64_t base = bits == 64 ? KERNEL : LOW;

    machine->windows = windows_of(10);
    poke(&machine->windows, TABLE, base + FAR, bits / 8);
    if (bits == 32)
        for (unsigned i = 0; i < GONE / 0x1000; i++)
            put32(&machine->windows.machine, 0xa000, i, (MEMORY + 0x1000 * i) | 0x63);
    if (bits == 32)
        put32(&machine->windows.machine, 0x9000, 0x200, 0xa063);
}

static void start_code(struct code_machine *machine, unsigned bits)
{
    machine->image = open_machine(&machine->windows.machine);
    machine->spaces =
        spaces_of(machine->image, bits == 64 ? ROOT : 0x9000, bits == 64 ? "x64" : "x86", "kernel");
    ms_kernel_memory_start(&machine->memory, machine->spaces, 0);
}

static void close_code(struct code_machine *machine)
{
    ms_spaces_free(machine->spaces);
    ms_image_close(machine->image);
    free(machine->windows.machine.bytes);
}

// == Tests ==

Test(trampoline, decode)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct trampoline_case *item = &cases[i];
        struct ms_trampoline trampoline;
        struct code_machine machine;
        bool followed;

        open_code(&machine, item->bits);
        poke_hex(&machine.windows, CODE, item->code);
        start_code(&machine, item->bits);
        followed =
            ms_trampoline_follow(&machine.memory, item->bits == 64 ? HERE : HERE4, &trampoline);
        cr_assert(followed == (item->target != 0), "%s, %u bits", item->name, item->bits);
        if (followed) {
            cr_assert(trampoline.target == item->target, "%s, %u bits: %" PRIx64, item->name,
                      item->bits, trampoline.target);
            cr_assert(trampoline.through == item->through, "%s, %u bits", item->name, item->bits);
        }
        if (item->text)
            cr_assert(eq(str, trampoline.text, (char *)(uintptr_t)item->text));
        close_code(&machine);
    }
}

// jmp short to the five bytes before a function, and there the jmp.
Test(trampoline, hot_patch)
{
    struct ms_trampoline trampoline;
    struct code_machine machine;

    open_code(&machine, 64);
    poke_hex(&machine.windows, CODE - 5, "e900000100ebf9");
    start_code(&machine, 64);
    cr_assert(ms_trampoline_follow(&machine.memory, HERE, &trampoline));
    cr_assert(trampoline.target == KERNEL + FAR);
    cr_assert(eq(str, trampoline.text, "jmp 0xfffff8000005fffb; jmp 0xfffff80000070000"));
    close_code(&machine);
}

// The end of memory cuts an instruction; what is not in the kernel's half is no code.
Test(trampoline, code_that_is_not_there)
{
    struct ms_trampoline trampoline;
    struct code_machine machine;

    open_code(&machine, 64);
    poke_hex(&machine.windows, LAST, "e9fbff00");
    poke_hex(&machine.windows, LAST - 8, "e9f300e7ff");
    start_code(&machine, 64);
    cr_assert(not(ms_trampoline_follow(&machine.memory, KERNEL + LAST, &trampoline)));
    cr_assert(ms_trampoline_follow(&machine.memory, KERNEL + LAST - 8, &trampoline));
    cr_assert(not(ms_trampoline_follow(&machine.memory, KERNEL + GONE, &trampoline)));
    cr_assert(not(ms_trampoline_follow(&machine.memory, 0x10000, &trampoline)));
    cr_assert(not(ms_trampoline_follow(&machine.memory, UINT64_MAX, &trampoline)));
    close_code(&machine);
}
