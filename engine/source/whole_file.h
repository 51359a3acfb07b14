// SPDX-License-Identifier: MIT
//
// All bytes of a file that is not an image, unpacked where it is an .xz file.

#ifndef MS_SOURCE_WHOLE_FILE_H
#define MS_SOURCE_WHOLE_FILE_H

#include "base/vec.h"
#include <memscan/status.h>
#include <stdint.h>

struct ms_whole_file {
    MS_VEC(uint8_t) bytes; // freed by the caller, also after a failure
};

// Reads a file, or what comes out of a pipe; `file` is zero-initialised. What begins as an .xz file
// does is unpacked. MS_NOMEM, MS_IO; MS_UNSUPPORTED: there are more than `limit` bytes, or this
// library was built without liblzma; MS_MALFORMED: the packed data is broken, or ends too early.
// The error begins with the path.
enum ms_status ms_whole_file_read(const char *path, size_t limit, struct ms_whole_file *file,
                                  struct ms_error *error);

#endif
