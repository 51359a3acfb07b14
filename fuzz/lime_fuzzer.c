// SPDX-License-Identifier: MIT
//
// Any bytes as a LiME image.

#include "image_checks.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const formats[] = {"lime", NULL};

    check_image_file(data, size, formats);
    return 0;
}
