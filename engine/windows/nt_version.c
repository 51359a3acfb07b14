// SPDX-License-Identifier: MIT
//
// Version and build, from whoever tells: the page that the kernel shares with programs, its
// variable NtBuildNumber, the dump's header, the version resource of its image.

#include "base/bytes.h"
#include "image/memory.h"
#include "windows/nt.h"

#include <string.h>

#define SHARED_DATA_64     UINT64_C(0xfffff78000000000)
#define SHARED_DATA_32     UINT64_C(0xffdf0000)
#define SHARED_DATA_LENGTH 0x280
#define BUILD_NUMBER       0x260 // since Windows 10
#define PRODUCT_TYPE       0x264
#define MAJOR_VERSION      0x26c
#define MINOR_VERSION      0x270

static void ask_shared_data(const struct ms_kernel_memory *memory, struct ms_nt *nt)
{
    uint8_t data[SHARED_DATA_LENGTH];
    uint32_t product, major, minor;

    if (!ms_kernel_get(memory, memory->bits == 64 ? SHARED_DATA_64 : SHARED_DATA_32, data,
                       sizeof(data)))
        return;
    product = ms_le32(data + PRODUCT_TYPE);
    major = ms_le32(data + MAJOR_VERSION);
    minor = ms_le32(data + MINOR_VERSION);
    if (product < 1 || product > 3 || major < 5 || major > 20 || minor >= 100)
        return;
    nt->major = major;
    nt->minor = minor;
    if (major >= 10)
        nt->build = ms_le32(data + BUILD_NUMBER) & 0xffff;
}

// The upper bits tell a checked kernel from a free one.
static void ask_variable(const struct ms_kernel_memory *memory, struct ms_nt *nt)
{
    uint64_t address = ms_nt_export(nt, "NtBuildNumber");
    uint8_t bytes[4];

    if (!address)
        address = ms_nt_symbol(nt, "NtBuildNumber");
    if (address && ms_kernel_get(memory, address, bytes, sizeof(bytes)))
        nt->build = ms_le32(bytes) & 0xffff;
}

static void ask_header(const struct ms_kernel_memory *memory, struct ms_nt *nt)
{
    const struct ms_system *system = &ms_image_layout(ms_spaces_image(memory->spaces))->system;

    if (system->build.known)
        nt->build = (uint32_t)system->build.value & 0xffff;
}

static void ask_resource(struct ms_nt *nt)
{
    struct ms_pe_version version;

    if (!nt->pe || ms_pe_version(nt->pe, &version) != MS_PE_WHOLE)
        return;
    if (!nt->major) {
        nt->major = version.product[0];
        nt->minor = version.product[1];
    }
    if (!nt->build)
        nt->build = version.product[2];
}

// Text of ASCII that its writer ended with a NUL.
static void read_lab(const struct ms_kernel_memory *memory, struct ms_nt *nt)
{
    uint64_t address = ms_nt_variable(nt, MS_KDBG_BUILD_LAB, "NtBuildLab");
    struct ms_vmem vmem = ms_kernel_vmem(memory);
    uint8_t bytes[MS_NT_LAB_BYTES];
    bool present[MS_NT_LAB_BYTES];
    size_t i = 0;

    if (!ms_in_kernel(memory, address, sizeof(bytes)))
        return;
    vmem.read(vmem.user, address, bytes, present, sizeof(bytes));
    while (i < sizeof(bytes) && present[i] && bytes[i] >= ' ' && bytes[i] < 0x7f)
        i++;
    if (i < sizeof(bytes) && present[i] && bytes[i] == '\0')
        memcpy(nt->build_lab, bytes, i + 1);
}

void ms_nt_find_version(const struct ms_kernel_memory *memory, struct ms_nt *nt)
{
    ask_shared_data(memory, nt);
    if (!nt->build)
        ask_variable(memory, nt);
    if (!nt->build)
        ask_header(memory, nt);
    ask_resource(nt);
    read_lab(memory, nt);
}
