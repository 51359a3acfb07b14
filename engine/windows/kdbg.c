// SPDX-License-Identifier: MIT
//
// Each word x of an encoded block is bswap(rotl(x ^ N, N) ^ E) ^ A, where N and A are variables of
// the kernel that no export names, and E is an address. Exclusive or passes through rotations and
// swaps, so this is bswap(rotl(x, r)) ^ K with one r of 64 and one K for all words. What is known
// of the block gives both: the tag, and the kernel's base or the distance of its variables from it.
//
// Facts: Volatility 2 (kdbgscan.py, win8_kdbg.py), rekall.

#include "windows/kdbg.h"

#include "base/bytes.h"
#include "base/extent.h"

#include <string.h>

#define TAG_WORD   2 // the tag, and the size of the block behind it
#define BASE_WORD  (MS_KDBG_KERNEL_BASE / 8)
#define LIST_WORD  (MS_KDBG_LOADED_MODULE_LIST / 8)
#define HEAD_WORD  (MS_KDBG_ACTIVE_PROCESS_HEAD / 8)
#define TAG        UINT32_C(0x4742444b) // "KDBG"
#define MIN_SIZE   UINT64_C(0x208)
#define MAX_SIZE   (UINT64_C(8) * MS_KDBG_WORDS)
#define MAX_KERNEL UINT64_C(0x4000000) // bytes; real ones have a quarter of that
#define CHUNK      0x4000u

// A block as it is in memory.
struct raw_block {
    uint64_t address;
    uint64_t words[MS_KDBG_WORDS];
    bool present[MS_KDBG_WORDS];
};

// How to decode it.
struct code {
    unsigned rotation;
    uint64_t key;
};

static uint64_t rotate(uint64_t value, unsigned bits)
{
    return bits ? value << bits | value >> (64 - bits) : value;
}

static uint64_t decode(struct code code, uint64_t word)
{
    return __builtin_bswap64(rotate(word, code.rotation)) ^ code.key;
}

// == Whether it is one ==

static bool is_tag_word(uint64_t word)
{
    uint64_t size = word >> 32;

    return (uint32_t)word == TAG && size >= MIN_SIZE && size <= MAX_SIZE && size % 8 == 0;
}

static bool is_base(const struct ms_kernel_memory *memory, uint64_t base)
{
    return base % MS_KERNEL_PAGE == 0 && ms_in_kernel(memory, base, MS_KERNEL_PAGE);
}

static bool in_image(uint64_t address, uint64_t base)
{
    return address >= base && address - base < MAX_KERNEL;
}

static uint64_t cut(const struct ms_kernel_memory *memory, uint64_t value)
{
    return memory->bits == 32 ? (uint32_t)value : value;
}

static bool is_plain(const struct ms_kernel_memory *memory, const struct raw_block *block,
                     uint64_t base)
{
    uint64_t told = cut(memory, block->words[BASE_WORD]);

    return block->present[TAG_WORD] && block->present[BASE_WORD] &&
           is_tag_word(block->words[TAG_WORD]) && is_base(memory, told) && (!base || base == told);
}

// With the base known, two words prove the code.
static bool solve_with_base(uint64_t tag_word, uint64_t base_word, uint64_t base, struct code *code)
{
    for (code->rotation = 0; code->rotation < 64; code->rotation++) {
        code->key = 0;
        code->key = decode(*code, base_word) ^ base;
        if (is_tag_word(decode(*code, tag_word)))
            return true;
    }
    return false;
}

static bool fits(const struct ms_kernel_memory *memory, const struct raw_block *block,
                 struct code code)
{
    uint64_t base = decode(code, block->words[BASE_WORD]);

    return is_base(memory, base) && in_image(block->address, base) &&
           in_image(decode(code, block->words[LIST_WORD]), base) &&
           in_image(decode(code, block->words[HEAD_WORD]), base);
}

// Without it, the block itself and two variables must lie in the kernel that the block tells. A
// wrong size would move the kernel away from the block.
static bool solve_alone(const struct ms_kernel_memory *memory, const struct raw_block *block,
                        struct code *code)
{
    if (!block->present[LIST_WORD] || !block->present[HEAD_WORD])
        return false;
    for (code->rotation = 0; code->rotation < 64; code->rotation++) {
        for (uint64_t size = MIN_SIZE; size <= MAX_SIZE; size += 8) {
            code->key = 0;
            code->key = decode(*code, block->words[TAG_WORD]) ^ (size << 32 | TAG);
            if (fits(memory, block, *code))
                return true;
        }
    }
    return false;
}

static bool solve(const struct ms_kernel_memory *memory, const struct raw_block *block,
                  uint64_t base, struct code *code)
{
    if (memory->bits != 64 || !block->present[TAG_WORD] || !block->present[BASE_WORD])
        return false;
    return base ? solve_with_base(block->words[TAG_WORD], block->words[BASE_WORD], base, code)
                : solve_alone(memory, block, code);
}

// == Reading one ==

static void read_block(const struct ms_kernel_memory *memory, uint64_t address,
                       struct raw_block *block)
{
    struct ms_vmem vmem = ms_kernel_vmem(memory);
    uint8_t bytes[8 * MS_KDBG_WORDS];
    bool present[8 * MS_KDBG_WORDS];

    block->address = address;
    vmem.read(vmem.user, address, bytes, present, sizeof(bytes));
    for (size_t i = 0; i < MS_KDBG_WORDS; i++) {
        block->words[i] = ms_le64(bytes + 8 * i);
        block->present[i] = !memchr(present + 8 * i, 0, 8);
    }
}

static void keep_values(const struct ms_kernel_memory *memory, const struct raw_block *block,
                        const struct code *code, struct ms_kdbg *kdbg)
{
    uint64_t tag = code ? decode(*code, block->words[TAG_WORD]) : block->words[TAG_WORD];

    kdbg->encoded = code != NULL;
    kdbg->size = (uint32_t)(tag >> 32);
    for (size_t i = 0; i < kdbg->size / 8; i++) {
        if (block->present[i])
            kdbg->values[i] = cut(memory, code ? decode(*code, block->words[i]) : block->words[i]);
    }
}

bool ms_kdbg_read(const struct ms_kernel_memory *memory, uint64_t address, uint64_t base,
                  struct ms_kdbg *kdbg_ret)
{
    struct raw_block block;
    struct code code;
    bool plain;

    if (!ms_in_kernel(memory, address, MIN_SIZE))
        return false;
    read_block(memory, address, &block);
    plain = is_plain(memory, &block, base);
    if (!plain && !solve(memory, &block, base, &code))
        return false;
    *kdbg_ret = (struct ms_kdbg){.address = address, .origin = ""};
    keep_values(memory, &block, plain ? NULL : &code, kdbg_ret);
    return true;
}

// == Finding one ==

// Rotating and swapping keeps the number of bits that are set. A mask of the numbers that the words
// of tag and base have, together, in a block of any size.
static uint64_t bit_counts(uint64_t base)
{
    uint64_t counts = 0;

    for (uint64_t size = MIN_SIZE; size <= MAX_SIZE; size += 8)
        counts |= UINT64_C(1) << __builtin_popcountll((size << 32 | TAG) ^ base) % 64;
    return counts;
}

static bool may_begin(const struct ms_kernel_memory *memory, const uint8_t *bytes, uint64_t counts,
                      uint64_t base)
{
    uint64_t tag_word = ms_le64(bytes + 8 * (size_t)TAG_WORD);
    uint64_t base_word = ms_le64(bytes + 8 * (size_t)BASE_WORD);
    struct code code;

    return (is_tag_word(tag_word) && cut(memory, base_word) == base) ||
           ((counts >> __builtin_popcountll(tag_word ^ base_word) % 64 & 1) &&
            solve_with_base(tag_word, base_word, base, &code));
}

bool ms_kdbg_find(const struct ms_kernel_memory *memory, uint64_t first, uint64_t size,
                  uint64_t base, struct ms_kdbg *kdbg_ret)
{
    const size_t head = 8 * (size_t)(BASE_WORD + 1); // of a block, which tells it
    uint64_t counts = memory->bits == 64 ? bit_counts(base) : 0;
    struct ms_vmem vmem = ms_kernel_vmem(memory);
    uint8_t bytes[CHUNK];
    bool present[CHUNK];

    for (uint64_t at = 0; at < size && size - at >= MIN_SIZE; at += CHUNK - head) {
        size_t length = (size_t)ms_min_u64(size - at, CHUNK);

        if (vmem.read(vmem.user, first + at, bytes, present, length) == 0)
            continue;
        for (size_t i = 0; i + head <= length && i < CHUNK - head; i += 8) {
            if (may_begin(memory, bytes + i, counts, base) &&
                ms_kdbg_read(memory, first + at + i, base, kdbg_ret))
                return true;
        }
    }
    return false;
}
