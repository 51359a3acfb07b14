// SPDX-License-Identifier: MIT

#include "bench_modules_spec.h"

#define BASE        0xfffff80002a00000u
#define MODULE_STEP 0x100000u

// Of a driver; the kernel has so many times as many.
#define N_EXPORTS    24
#define N_FUNCTIONS  120
#define KERNEL_TIMES 12

#define FUNCTION_BYTES 0x200u

// See open.spec of what finds the root.
static const char machine[] =
    "default FILES /usr/bin:/usr/lib:/usr/share\n"
    "seed 300\n"
    "fact build 19041\n"
    "run 0x1000 0x9f000\n"
    "run 1M ${SIZE}-1M\n"
    "tables 2M ${SIZE}/512+2M\n"
    "space kernel x64 root 0x1ad000\n"
    "self-map kernel 0x1b7\n"
    "map kernel 0xfffff78000000000 4K to 0x5000 ro nx\n"
    "map kernel 0xffff9f0000000000 256K scatter 48M 16M nx\n"
    "map kernel 0xffffb00000000000 ${SIZE}/2 to 0 pages 2M nx\n"
    "map kernel 0xffffa00000000000 ${SIZE}/2 scatter ${SIZE}/2 ${SIZE}/2 nx\n"
    "nt kernel\n"
    "kdbg encoded 0x0043c1d2e5a76b19 0x9d1f00a2b3c4e5f7\n"
    "pool 0xffff9f0000000000 256K\n";

static const char low_memory[] =
    "fill 0x1000 4K zero\n"
    "plant 0x1000 qword 00000001000600e9 low-stub\n"
    "plant 0x1070 qword fffff80002a01100 low-stub-entry\n"
    "plant 0x10a0 qword 00000000001ad000 low-stub-cr3\n"
    "fill 0x5000 4K zero\n"
    "plant 0x5030 utf16 \"C:\\\\Windows\" system-root\n"
    "plant 0x5260 dword \"00004a61 00000001 00000000 0000000a 00000000\" kuser-version\n";

// Functions begin with an export as long as there are any.
static void write_functions(FILE *file, unsigned module, unsigned n_exports, unsigned n_functions)
{
    for (unsigned i = 0; i < n_functions; i++) {
        if (i % (n_functions / n_exports) == 0)
            fprintf(file, "  export Routine%uOf%u at .text+%#x\n", i, module, i * FUNCTION_BYTES);
        fprintf(file, "  function .text+%#x %#x\n", i * FUNCTION_BYTES, FUNCTION_BYTES - 0x10);
    }
}

static void write_imports(FILE *file)
{
    fprintf(file, "  import ntoskrnl.exe");
    for (unsigned i = 0; i < N_EXPORTS; i++)
        fprintf(file, " Routine%uOf0", i * (N_FUNCTIONS / N_EXPORTS));
    fputc('\n', file);
}

static void write_module(FILE *file, unsigned number)
{
    unsigned times = number == 0 ? KERNEL_TIMES : 1;
    unsigned place = number == 0 ? 0 : KERNEL_TIMES + number; // the kernel takes several
    unsigned long long base = BASE + (unsigned long long)place * MODULE_STEP;

    if (number == 0)
        fprintf(file, "module nt at kernel:%#llx scatter 64M 128M\n  named ntoskrnl.exe\n", base);
    else
        fprintf(file, "module driver%u at kernel:%#llx scatter 64M 128M\n", number, base);
    fprintf(file, "  section .text %#x code\n  section PAGE 32K code\n  section .data 16K zero\n",
            times * N_FUNCTIONS * FUNCTION_BYTES);
    write_functions(file, number, times * N_EXPORTS, times * N_FUNCTIONS);
    if (number > 0)
        write_imports(file);
}

void modules_spec_write(FILE *file, const struct modules_spec *spec)
{
    fprintf(file, "default SIZE %s\n", spec->size);
    fputs(machine, file);
    fputs(spec->realistic ? "fill 0 ${SIZE} realistic ${FILES}\n" : "fill 1M 63M mixed\n", file);
    fputs(low_memory, file);
    for (unsigned i = 0; i < spec->n_modules; i++)
        write_module(file, i);
}
