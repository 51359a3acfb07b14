// SPDX-License-Identifier: MIT
//
// Instructions that reach an address: calls and jumps, and operands that name a place in memory or
// its address.

#ifndef MEMSCAN_CODE_REFS_H
#define MEMSCAN_CODE_REFS_H

#include <memscan/modules.h>

#ifdef __cplusplus
extern "C" {
#endif

// An operand reaches the address that stands in its instruction:
//
//   64 bits   the target of call, jmp and jcc with 32 bits; memory relative to RIP
//   32 bits   the same targets; the displacement of 32 bits of an operand in memory, also behind
//             registers; an immediate operand of 32 bits
//
// Each is told that Zydis decodes where it is told, and no other. Where the module's table of
// functions (x64) has the place, that means: in a row from the start of the function on. Elsewhere,
// or where such a row breaks off, is left out by a hole or is longer than MS_CODE_REFS_ROW bytes,
// it means: as one of the instructions that may begin in front of the operand; of several that
// which most starts in the bytes before it lead to. Such a reference is uncertain.
#define MS_CODE_REFS_ROW 0x100000u

#define MS_INSTRUCTION_BYTES 15
#define MS_INSTRUCTION_TEXT  160 // bytes that the text of an instruction takes, with its 0

struct ms_code_ref {
    uint64_t address; // of the instruction
    uint64_t target;  // that the operand reaches
    bool uncertain;
    uint8_t operand; // where the operand's 4 bytes stand in the instruction
    uint8_t length;  // of the instruction
    uint8_t bytes[MS_INSTRUCTION_BYTES];
};

// Whether there is Zydis in this build.
MS_API bool ms_code_refs_available(void);

struct ms_code_refs_options {
    const struct ms_spaces *spaces;
    size_t space;                     // virtual addresses
    const struct ms_modules *modules; // of that space; NULL: none are known

    const struct ms_range *targets; // what is to be reached: disjoint, ascending
    size_t n_targets;

    // Where instructions are looked for: in what of these ranges are executable sections of
    // modules, and of modules without headers, executable pages. An instruction lies wholly in one
    // of them; ranges that overlap are one.
    const struct ms_range *ranges;
    size_t n_ranges;
    bool everywhere;     // in all such sections instead, and in executable pages outside of modules
    unsigned page_flags; // enum ms_page_flags that pages must have, besides
    uint64_t from;       // leaves out instructions that begin below

    // Called every so often with the number of bytes looked at so far. A value other than 0 makes
    // ms_code_refs_next() return MS_STOPPED. May be NULL.
    int (*progress)(void *user, uint64_t bytes);
    void *user;
};

// A search that goes on as it is asked for its results. For one thread.
struct ms_code_refs;

// Arrays of the options are copied; spaces and modules must outlive the result, which takes less
// than a megabyte besides its ranges. MS_NOMEM. MS_ARGUMENT: the space has physical addresses.
// MS_UNSUPPORTED: without Zydis.
MS_API enum ms_status ms_code_refs_create(const struct ms_code_refs_options *options,
                                          struct ms_code_refs **refs_ret, struct ms_error *error);
MS_API void ms_code_refs_free(struct ms_code_refs *refs); // NULL is allowed

// The next reference at or below an address, in ascending order; of one instruction, by operand.
// *found_ret is false where there is none left, and `ref_ret` is then not set. MS_NOMEM;
// MS_STOPPED: by `progress`; the next call goes on.
MS_API enum ms_status ms_code_refs_next(struct ms_code_refs *refs, uint64_t last, bool *found_ret,
                                        struct ms_code_ref *ref_ret, struct ms_error *error);

// After a call that found none: every reference below this address has been given, and no other.
// With it as `from`, another search goes on. UINT64_MAX: all have.
MS_API uint64_t ms_code_refs_position(const struct ms_code_refs *refs);

// The instruction as Intel writes it, printable ASCII, with addresses as numbers.
MS_API void ms_code_ref_text(const struct ms_code_refs *refs, const struct ms_code_ref *ref,
                             char text_ret[MS_INSTRUCTION_TEXT]);

// Work done.
struct ms_code_refs_work {
    uint64_t bytes;      // looked at
    uint64_t candidates; // places that may be such operands by their value
    uint64_t decoded;    // instructions
};
MS_API struct ms_code_refs_work ms_code_refs_work(const struct ms_code_refs *refs);

#ifdef __cplusplus
}
#endif

#endif
