// SPDX-License-Identifier: MIT
//
// Any bytes as an image file, for the targets of the containers. Whoever can hand a user an image
// feeds this: dumps come from strangers and from machines that crashed half way.
//
// An image is held to: the runs make sense, reading gives the file's bytes and nothing else, a
// search finds what a naive one finds, coverage adds up, mapped and read are the same, whatever the
// chunk size and the number of threads.

#ifndef MS_FUZZ_IMAGE_CHECKS_H
#define MS_FUZZ_IMAGE_CHECKS_H

#include <stddef.h>
#include <stdint.h>

// Opens the bytes by recognition, and as each of the formats named, whatever they seem to be; the
// list ends with NULL. Checks what opens, and the error of what does not.
void check_image_file(const uint8_t *data, size_t size, const char *const *formats);

#endif
