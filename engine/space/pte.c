// SPDX-License-Identifier: MIT

#include "space/pte.h"

#define PROTOTYPE      UINT64_C(0x400)
#define SOFTWARE_BITS  UINT64_C(0xc01) // present, prototype, transition
#define TRANSITION     UINT64_C(0x800) // of these
#define SWIZZLED_FRAME (UINT64_C(1) << 45)

// == As Windows uses it ==

// A protection's low three bits; what lies above them is about caching and guards.
static unsigned protection_flags(const struct ms_paging_level *level, uint64_t entry)
{
    static const uint8_t flags[8] = {
        0,                                     // no access
        0,                                     // read
        MS_PAGE_EXECUTABLE,                    // execute
        MS_PAGE_EXECUTABLE,                    // execute, read
        MS_PAGE_WRITABLE,                      // read, write
        0,                                     // write to a copy
        MS_PAGE_EXECUTABLE | MS_PAGE_WRITABLE, // execute, read, write
        MS_PAGE_EXECUTABLE,                    // execute, write to a copy
    };

    return flags[entry >> 5 & 7] | MS_PAGE_USER | (level->no_execute ? 0u : MS_PAGE_EXECUTABLE);
}

// The mitigation for L1TF sets a bit of the frame that no memory has.
static uint64_t transition_frame(const struct ms_paging_mode *mode,
                                 const struct ms_pte_rules *rules, uint64_t entry)
{
    static const uint64_t masks[MS_N_PAGINGS] = {
        [MS_PAGING_X86] = 0xfffff000,
        [MS_PAGING_PAE] = UINT64_C(0x0000003ffffff000),
        [MS_PAGING_X64] = UINT64_C(0x0000fffffffff000),
        [MS_PAGING_X64_5] = UINT64_C(0x0000fffffffff000),
    };
    uint64_t frame = entry & masks[mode->paging];

    return frame > rules->top ? frame & ~SWIZZLED_FRAME : frame;
}

// A table's protection says nothing of the pages below it.
static struct ms_pte decode_transition(const struct ms_paging_mode *mode, unsigned level,
                                       const struct ms_pte_rules *rules, uint64_t entry)
{
    return (struct ms_pte){
        .kind = level == 0 ? MS_PTE_PAGE : MS_PTE_TABLE,
        .flags = level == 0 ? protection_flags(&mode->levels[0], entry) : MS_PTE_ALL_FLAGS,
        .physical = transition_frame(mode, rules, entry),
    };
}

// How a plausible pointer to a prototype entry looks: the kernel's half, aligned as entries are.
struct prototype_form {
    uint64_t mask, value;
};

static const struct prototype_form prototype_forms[MS_N_PAGINGS] = {
    [MS_PAGING_X86] = {UINT64_C(0x401), UINT64_C(0x400)},
    [MS_PAGING_PAE] = {UINT64_C(0x8000000700000401), UINT64_C(0x8000000000000400)},
    [MS_PAGING_X64] = {UINT64_C(0x8000000000070401), UINT64_C(0x8000000000000400)},
    [MS_PAGING_X64_5] = {UINT64_C(0x8000000000070401), UINT64_C(0x8000000000000400)},
};

static uint64_t prototype_address(const struct ms_paging_mode *mode, uint64_t entry)
{
    if (mode->paging == MS_PAGING_X86)
        return UINT64_C(0x80000000) | (entry >> 1 & 0x7ffffc00) | (entry << 1 & 0x3ff);
    if (mode->paging == MS_PAGING_PAE)
        return entry >> 32;
    return entry >> 16 | UINT64_C(0xffff) << 48;
}

static struct ms_pte decode_prototype_pointer(const struct ms_paging_mode *mode, uint64_t entry)
{
    const struct prototype_form *form = &prototype_forms[mode->paging];
    struct ms_pte pte = {.kind = MS_PTE_PAGED_OUT, .flags = MS_PTE_ALL_FLAGS};

    if ((entry & form->mask) == form->value) {
        pte.kind = MS_PTE_PROTOTYPE;
        pte.prototype = prototype_address(mode, entry);
    }
    return pte;
}

static struct ms_pte decode_software(const struct ms_paging_mode *mode, unsigned level,
                                     const struct ms_pte_rules *rules, uint64_t entry)
{
    struct ms_pte pte = {.kind = MS_PTE_NONE, .flags = MS_PTE_ALL_FLAGS};
    uint64_t in_page_file = mode->entry_bytes == 4 ? entry >> 12 : entry >> 32;

    if ((entry & SOFTWARE_BITS) == TRANSITION)
        return decode_transition(mode, level, rules, entry);
    if (level > 0) {
        if (in_page_file && !(entry & PROTOTYPE))
            pte.kind = MS_PTE_UNREADABLE;
        return pte;
    }
    if (entry & PROTOTYPE)
        return decode_prototype_pointer(mode, entry);
    pte.kind = MS_PTE_PAGED_OUT;
    pte.flags = protection_flags(&mode->levels[0], entry);
    return pte;
}

struct ms_pte ms_pte_decode_absent(const struct ms_paging_mode *mode, unsigned level,
                                   const struct ms_pte_rules *rules, uint64_t entry)
{
    if (rules->windows && entry != 0)
        return decode_software(mode, level, rules, entry);
    return (struct ms_pte){.kind = MS_PTE_NONE};
}

struct ms_pte ms_pte_decode_prototype(const struct ms_paging_mode *mode,
                                      const struct ms_pte_rules *rules, uint64_t entry)
{
    struct ms_pte pte = {.kind = MS_PTE_PAGED_OUT, .flags = MS_PTE_ALL_FLAGS};

    if (entry & MS_PTE_PRESENT)
        pte = ms_pte_decode_present(mode, 0, entry);
    else if ((entry & SOFTWARE_BITS) == TRANSITION)
        pte = decode_transition(mode, 0, rules, entry);
    // Who may reach the page, the entry that points here does not say, and this one cannot.
    pte.flags |= MS_PAGE_USER;
    return pte;
}
