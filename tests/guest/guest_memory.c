// SPDX-License-Identifier: MIT

#include "guest_memory.h"

#include "guest_say.h"
#include "markers.h"

#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGE_PAGE  (2 * 1024 * 1024)
#define KERNEL_TEXT UINT64_C(0xffffffff80000000) // its image is linked to run above
#define LINKED_TEXT UINT64_C(0xffffffff81000000)

// Stretches of memory that the kernel has mapped.
struct stretch {
    uint64_t address;
    uint64_t physical;
    uint64_t length;
};

enum { MAX_STRETCHES = 32 };

static struct stretch stretches[MAX_STRETCHES];
static unsigned n_stretches;

static FILE *open_file(const char *path)
{
    FILE *file = fopen(path, "r");

    if (!file)
        fail(path);
    return file;
}

static void say_ram(void)
{
    FILE *file = open_file("/proc/iomem");
    char line[256], *end;

    while (fgets(line, sizeof(line), file)) {
        uint64_t first = strtoull(line, &end, 16);
        uint64_t last = *end == '-' ? strtoull(end + 1, &end, 16) : 0;

        if (line[0] != ' ' && strcmp(end, " : System RAM\n") == 0)
            say("ram %016" PRIx64 " %016" PRIx64, first, last);
    }
    fclose(file);
}

// == /proc/kcore: an ELF core of the running kernel, with physical addresses where they are known
// ==

static void read_kcore(void)
{
    FILE *file = open_file("/proc/kcore");
    Elf64_Ehdr header;
    Elf64_Phdr segment;

    if (fread(&header, sizeof(header), 1, file) != 1 || fseek(file, (long)header.e_phoff, SEEK_SET))
        fail("/proc/kcore");
    for (unsigned i = 0; i < header.e_phnum; i++) {
        if (fread(&segment, sizeof(segment), 1, file) != 1)
            fail("/proc/kcore");
        if (segment.p_type != PT_LOAD || segment.p_paddr == UINT64_MAX)
            continue;
        if (n_stretches == MAX_STRETCHES)
            fail_plainly("memory is in too many pieces");
        stretches[n_stretches++] =
            (struct stretch){segment.p_vaddr, segment.p_paddr, segment.p_memsz};
    }
    fclose(file);
}

static bool is_image(const struct stretch *stretch)
{
    return stretch->address >= KERNEL_TEXT;
}

bool memory_is_kernel_image(uint64_t frame)
{
    uint64_t number = frame * PAGE / LARGE_PAGE;

    for (unsigned i = 0; i < n_stretches; i++) {
        uint64_t first = stretches[i].physical, last = first + stretches[i].length - 1;

        if (is_image(&stretches[i]) && number >= first / LARGE_PAGE && number <= last / LARGE_PAGE)
            return true;
    }
    return false;
}

bool memory_kernel_address(uint64_t physical, size_t length, uint64_t *address_ret)
{
    for (unsigned i = 0; i < n_stretches; i++) {
        const struct stretch *stretch = &stretches[i];

        if (!is_image(stretch) && physical >= stretch->physical &&
            physical + length <= stretch->physical + stretch->length) {
            *address_ret = stretch->address + (physical - stretch->physical);
            return true;
        }
    }
    return false;
}

// == /proc/kallsyms ==

// Of the kernel's image.
static void say_symbol(const char *name, uint64_t address)
{
    for (unsigned i = 0; i < n_stretches; i++) {
        const struct stretch *stretch = &stretches[i];

        if (is_image(stretch) && address >= stretch->address &&
            address - stretch->address < stretch->length) {
            say("symbol %s %016" PRIx64 " %016" PRIx64, name, address,
                stretch->physical + (address - stretch->address));
            return;
        }
    }
    fail_plainly("a symbol is not in the kernel's image");
}

static void read_kallsyms(void)
{
    static const char *const wanted[] = {"_text", "linux_banner", "init_top_pgt"};
    FILE *file = open_file("/proc/kallsyms");
    char line[256], name[128];
    uint64_t address;

    while (fgets(line, sizeof(line), file)) {
        if (sscanf(line, "%" SCNx64 " %*c %127s", &address, name) != 2)
            continue;
        for (unsigned i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
            if (strcmp(name, wanted[i]) == 0)
                say_symbol(name, address);
        }
        if (strcmp(name, "_text") == 0) // moved by so much from where it was linked to be
            say("fact kernel_offset %" PRIx64, address - LINKED_TEXT);
    }
    fclose(file);
}

void memory_ask(void)
{
    say_ram();
    read_kcore();
    read_kallsyms();
}
