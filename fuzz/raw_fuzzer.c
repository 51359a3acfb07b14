// SPDX-License-Identifier: MIT
//
// Any bytes as an image: what they are taken for, among it the containers that memscan knows and
// does not read, and as the raw image that every file is.

#include "image_checks.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const formats[] = {"raw", NULL};

    check_image_file(data, size, formats);
    return 0;
}
