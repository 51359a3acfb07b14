// SPDX-License-Identifier: MIT
//
// Roots that the container tells: a crash dump's header, the registers of processors in the notes
// of an ELF core, Linux's VMCOREINFO.
//
// A processor that runs a program may use a shadow root, which maps next to nothing of the kernel
// (KVA shadow, page-table isolation). Linux has the full root in the page before the shadow's;
// Windows keeps it at 0x7000 of the KPCR, which the gs base leads to, and which the shadow maps.

#include "base/bytes.h"
#include "space/find_root.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CR0_PAGING       (UINT64_C(1) << 31)
#define CR4_PAE          (UINT64_C(1) << 5)
#define CR4_LA57         (UINT64_C(1) << 12)
#define KPCR_KERNEL_ROOT 0x7000
#define LINUX_TEXT_64    UINT64_C(0xffffffff80000000)
#define LINUX_KERNEL_32  UINT64_C(0xc0000000)
#define FEW_TABLES       8 // a kernel has more in its half

static bool has_machine(const struct ms_root_search *search, const char *name)
{
    return strcmp(ms_image_machine(search->spaces->image), name) == 0;
}

static bool may_be(const struct ms_root_search *search, const struct ms_paging_mode *mode)
{
    return !search->mode || search->mode == mode;
}

// == A crash dump's header ==

// How the addresses that the header names turn out.
struct evidence {
    unsigned mapped;
    unsigned contradicted; // surely not mapped
};

static void gather(const struct ms_walker *walker, uint64_t address, struct evidence *evidence)
{
    struct ms_pte pte = ms_walk(walker, address);

    evidence->mapped += pte.kind == MS_PTE_PAGE;
    evidence->contradicted += pte.kind == MS_PTE_NONE;
}

static bool try_header(struct ms_root_search *search, const struct ms_paging_mode *mode)
{
    struct ms_found_root root = {.mode = mode, .is_windows = true, .origin = "crash-dump header"};
    struct ms_walker walker =
        ms_root_walker(search, mode, search->system->directory_table_base.value, true);
    struct evidence evidence = {0};

    if (!may_be(search, mode))
        return false;
    root.address = walker.root;
    evidence.mapped += ms_root_maps_shared_data(&walker);
    for (size_t i = 0; i < search->system->n_kernel_addresses; i++)
        gather(&walker, search->system->kernel_addresses[i], &evidence);
    if (evidence.mapped == 0) {
        if (evidence.contradicted > 0 || ms_root_kernel_tables(&walker) == 0)
            return false;
        snprintf(root.remark, sizeof(root.remark),
                 "nothing in the dump confirms it: the addresses that the header names cannot be "
                 "looked up");
    }
    ms_root_add(search, &root);
    return true;
}

static void find_in_header(struct ms_root_search *search)
{
    const struct ms_system *system = search->system;

    if (!system->directory_table_base.known)
        return;
    if (has_machine(search, "x86_64")) {
        if (!try_header(search, ms_paging_mode(MS_PAGING_X64)))
            try_header(search, ms_paging_mode(MS_PAGING_X64_5));
    } else if (has_machine(search, "x86")) {
        bool pae = !system->pae.known || system->pae.value;

        if ((!pae || !try_header(search, ms_paging_mode(MS_PAGING_PAE))) &&
            (!pae || !system->pae.known))
            try_header(search, ms_paging_mode(MS_PAGING_X86));
    }
}

// == Processors ==

// How a processor may translate, the likelier way first; NULL ends the list. The container's word
// on whether it was in long mode is not to be relied on: VirtualBox names the machine that it ran
// on.
static void list_modes(const struct ms_root_search *search, const struct ms_processor *processor,
                       const struct ms_paging_mode *modes[3])
{
    bool is_64 = has_machine(search, "x86_64");
    const struct ms_paging_mode *long_mode =
        ms_paging_mode(processor->cr4 & CR4_LA57 ? MS_PAGING_X64_5 : MS_PAGING_X64);

    modes[0] = modes[1] = modes[2] = NULL;
    if (processor->cr0 != 0 && !(processor->cr0 & CR0_PAGING))
        return;
    if (processor->cr4 & CR4_PAE) {
        modes[is_64 ? 0 : 1] = long_mode;
        modes[is_64 ? 1 : 0] = ms_paging_mode(MS_PAGING_PAE);
    } else {
        // Without its bit for PAE, long mode cannot be; unless the register was not told.
        modes[0] = is_64 && processor->cr4 == 0 ? long_mode : ms_paging_mode(MS_PAGING_X86);
    }
}

static bool maps(const struct ms_walker *walker, uint64_t address)
{
    return address == 0 || ms_walk(walker, address).kind == MS_PTE_PAGE;
}

// Whether a root can be that of a processor in this state.
static bool suits(const struct ms_walker *walker, const struct ms_processor *processor)
{
    return maps(walker, processor->rip) && maps(walker, processor->idt) &&
           (processor->rip != 0 || processor->idt != 0 || ms_root_maps_shared_data(walker));
}

// Whether `full` is a better root of the processor than the one of the walker, which it replaces.
static bool take_fuller(struct ms_walker *walker, uint64_t full,
                        const struct ms_processor *processor)
{
    struct ms_walker other = *walker;

    other.root = full & walker->mode->root_mask;
    if (other.root == walker->root || !suits(&other, processor) ||
        ms_root_kernel_tables(&other) <= ms_root_kernel_tables(walker))
        return false;
    *walker = other;
    return true;
}

// The root that Windows' kernel left in the KPCR. False: there is none.
static bool read_kpcr(const struct ms_walker *walker, uint64_t gs, uint64_t *root_ret)
{
    uint8_t bytes[8];

    if (walker->mode->address_bits != 64 || gs == 0 ||
        !ms_walk_read(walker, gs + KPCR_KERNEL_ROOT, bytes, sizeof(bytes)))
        return false;
    *root_ret = ms_le64(bytes);
    return true;
}

// Goes from a shadow root to the full one, if it finds one. False: it does not.
static bool leave_shadow(struct ms_walker *walker, const struct ms_processor *processor)
{
    uint64_t linux_root = walker->root & ~UINT64_C(0x1000), root;

    if (walker->mode->address_bits == 64 && take_fuller(walker, linux_root, processor))
        return true;
    return (read_kpcr(walker, processor->kernel_gs, &root) &&
            take_fuller(walker, root, processor)) ||
           (read_kpcr(walker, processor->gs, &root) && take_fuller(walker, root, processor));
}

static void describe(struct ms_found_root *root, const struct ms_walker *walker,
                     const struct ms_processor *processor)
{
    root->mode = walker->mode;
    root->address = walker->root;
    root->is_windows = ms_root_maps_shared_data(walker);
    snprintf(root->origin, sizeof(root->origin), "%s of processor %u", processor->source,
             processor->number);
    if (ms_root_kernel_tables(walker) < FEW_TABLES)
        snprintf(root->remark, sizeof(root->remark),
                 "maps little of a kernel: perhaps a shadow root, for programs");
}

static bool try_processor(struct ms_root_search *search, const struct ms_processor *processor,
                          const struct ms_paging_mode *mode)
{
    struct ms_walker walker =
        ms_root_walker(search, mode, processor->cr3, search->system->is_windows);
    struct ms_found_root root = {0}, shadow = {0};

    if (!may_be(search, mode) || !suits(&walker, processor))
        return false;
    describe(&shadow, &walker, processor);
    if (!leave_shadow(&walker, processor)) {
        ms_root_add(search, &shadow);
        return true;
    }
    describe(&root, &walker, processor);
    strncat(root.origin, ", full root", sizeof(root.origin) - strlen(root.origin) - 1);
    ms_root_add(search, &root);
    snprintf(shadow.remark, sizeof(shadow.remark),
             "a shadow root, for programs: 0x%" PRIx64 " is the full one", walker.root);
    ms_root_add(search, &shadow);
    return true;
}

static void find_of_processor(struct ms_root_search *search, const struct ms_processor *processor)
{
    const struct ms_paging_mode *modes[3];

    list_modes(search, processor, modes);
    for (size_t i = 0; modes[i] && !try_processor(search, processor, modes[i]); i++)
        ;
}

// == VMCOREINFO ==

// The kernel's topmost table maps itself.
static bool try_vmcoreinfo(struct ms_root_search *search, enum ms_paging paging, uint64_t physical)
{
    const struct ms_paging_mode *mode = ms_paging_mode(paging);
    struct ms_found_root root = {.mode = mode, .address = physical, .origin = "VMCOREINFO"};
    struct ms_walker walker = ms_root_walker(search, mode, physical, false);
    struct ms_pte pte = ms_walk(&walker, search->system->swapper_pg_dir.value);

    if (!may_be(search, mode) || pte.kind != MS_PTE_PAGE || pte.physical != physical)
        return false;
    ms_root_add(search, &root);
    return true;
}

static void find_in_vmcoreinfo(struct ms_root_search *search)
{
    const struct ms_system *system = search->system;
    uint64_t table = system->swapper_pg_dir.value;

    if (!system->swapper_pg_dir.known)
        return;
    if (has_machine(search, "x86_64") && table >= LINUX_TEXT_64 && system->phys_base.known) {
        bool five = system->five_levels.known && system->five_levels.value == 1;

        try_vmcoreinfo(search, five ? MS_PAGING_X64_5 : MS_PAGING_X64,
                       table - LINUX_TEXT_64 + system->phys_base.value);
    } else if (has_machine(search, "x86") && table >= LINUX_KERNEL_32) {
        if (!try_vmcoreinfo(search, MS_PAGING_PAE, table - LINUX_KERNEL_32))
            try_vmcoreinfo(search, MS_PAGING_X86, table - LINUX_KERNEL_32);
    }
}

void ms_find_told_roots(struct ms_root_search *search)
{
    find_in_header(search);
    for (size_t i = 0; i < search->system->processors.n; i++)
        find_of_processor(search, &search->system->processors.items[i]);
    find_in_vmcoreinfo(search);
}
