// SPDX-License-Identifier: MIT
//
// Any bytes as a Windows crash dump, of 64 and of 32 bits: full, and with a bitmap.

#include "image_checks.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const formats[] = {"crashdump64", "crashdump32", NULL};

    check_image_file(data, size, formats);
    return 0;
}
