// SPDX-License-Identifier: MIT
//
// How functions of libmemscan report failure: a status, and where the caller wants it, a text.

#ifndef MEMSCAN_STATUS_H
#define MEMSCAN_STATUS_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define MS_API __attribute__((visibility("default")))
#else
#define MS_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum ms_status {
    MS_OK = 0,
    MS_NOMEM,       // an allocation failed
    MS_IO,          // the operating system refused; ms_error.os_errno says how
    MS_MALFORMED,   // the image contradicts its own format
    MS_UNSUPPORTED, // recognised, but this build or version does not do it
    MS_ARGUMENT,    // a pattern, range or option that makes no sense; ms_error.column points at it
    MS_STOPPED,     // a callback asked to stop
    MS_MISSING,     // memory that would tell is not in the image
};

// Why a call failed. Owned by the caller, valid until the caller reuses it; no call allocates for
// it. Every function accepts NULL where it takes a struct ms_error *, and leaves it alone on
// success.
struct ms_error {
    enum ms_status status;
    int os_errno;    // errno of the failed system call, 0 if there was none
    uint32_t column; // 1-based position in the text that was parsed, 0 if not about a text
    char text[512];  // one line without a newline: what, where, what was expected
};

// A short English name of a status, such as "out of memory". Never NULL.
MS_API const char *ms_status_name(enum ms_status status);

#ifdef __cplusplus
}
#endif

#endif
