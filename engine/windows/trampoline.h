// SPDX-License-Identifier: MIT
//
// Code that does nothing but go on somewhere else: a jump, or a few instructions that make one.

#ifndef MS_WINDOWS_TRAMPOLINE_H
#define MS_WINDOWS_TRAMPOLINE_H

#include "windows/kernel_memory.h"

// Enough for 8 instructions.
#define MS_TRAMPOLINE_ROOM 400

struct ms_trampoline {
    uint64_t target;
    uint64_t through; // memory that the target was taken from; 0: it stands in the code
    char text[MS_TRAMPOLINE_ROOM]; // the instructions, "; " between them
};

// Follows the code at an address by one step. Understood are, behind endbr and what does nothing:
//
//   jmp REL              also the short one of hot patching, with a jmp right before the function
//   jmp [MEMORY]
//   mov REG, VALUE; jmp REG              also by lea, from memory, from register to register
//   push VALUE; ret                      also with mov [rsp+4] for the upper half
//   push REG; mov REG, VALUE; xchg [rsp], REG; ret
//
// False: there is no such code, its memory or that of the target is not in the image, or there is
// no decoder in this build.
bool ms_trampoline_follow(const struct ms_kernel_memory *memory, uint64_t address,
                          struct ms_trampoline *trampoline_ret);

#endif
