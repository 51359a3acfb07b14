// SPDX-License-Identifier: MIT
//
// The search of spaces: each needed page of physical memory is searched once for candidates, and
// each space is then walked in order to confirm them where they are mapped. Where that would take
// longer than to search all that is mapped, the second pass does so, and the first one only reads.

#ifndef MS_SCAN_SPACE_SEARCH_H
#define MS_SCAN_SPACE_SEARCH_H

#include "base/error.h"
#include <memscan/search.h>

// As ms_search(), over options->spaces; the result is released by the caller also on failure.
enum ms_status ms_space_search(const struct ms_image *image, const struct ms_matcher *matcher,
                               const struct ms_search_options *options, size_t chunk_bytes,
                               const struct ms_search_callbacks *callbacks,
                               struct ms_search_result *result, struct ms_error *error);

#endif
