// SPDX-License-Identifier: MIT
//
// Any bytes as an ELF core of a machine, of 64 and of 32 bits.

#include "image_checks.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const formats[] = {"elf64", "elf32", NULL};

    check_image_file(data, size, formats);
    return 0;
}
