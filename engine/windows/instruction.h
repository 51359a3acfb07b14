// SPDX-License-Identifier: MIT
//
// Decoding single instructions of x86 processors, by Zydis.

#ifndef MS_WINDOWS_INSTRUCTION_H
#define MS_WINDOWS_INSTRUCTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// An operand that reaches an address: see memscan/code_refs.h.
struct ms_reach {
    uint8_t at; // where its 4 bytes stand in the instruction
    uint64_t target;
};

struct ms_instruction {
    uint8_t length;
    uint8_t n_reaches;
    struct ms_reach reaches[3]; // ascending; a displacement, two immediates
};

// Whether there is a decoder. Without one, nothing is an instruction.
bool ms_instructions_known(void);

// Decodes the instruction at an address, of which `length` bytes are there. False: there is none,
// or not all of it. `bits` is 32 or 64.
bool ms_instruction_decode(unsigned bits, uint64_t address, const uint8_t *bytes, size_t length,
                           struct ms_instruction *instruction_ret);

// Its text, cut to `room` bytes with the 0 behind it; "" if it is none.
void ms_instruction_text(unsigned bits, uint64_t address, const uint8_t *bytes, size_t length,
                         char *text, size_t room);

#endif
