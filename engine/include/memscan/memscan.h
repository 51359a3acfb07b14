// SPDX-License-Identifier: MIT
//
// libmemscan: searches memory images. This header includes all others.
//
// The order of use: open an image (image.h), collect patterns (pattern.h), compile them to a
// matcher and run a search (search.h). An image, a pattern set and a matcher are immutable once
// made: any number of threads may use them at the same time. The library never prints, never exits,
// and keeps no state between calls except the optional signal handler of MS_OPEN_MAP (image.h).

#ifndef MEMSCAN_MEMSCAN_H
#define MEMSCAN_MEMSCAN_H

#include <memscan/code_refs.h>
#include <memscan/drivers.h>
#include <memscan/explain.h>
#include <memscan/image.h>
#include <memscan/imports.h>
#include <memscan/modules.h>
#include <memscan/pattern.h>
#include <memscan/pool.h>
#include <memscan/pool_tags.h>
#include <memscan/processes.h>
#include <memscan/range.h>
#include <memscan/search.h>
#include <memscan/space.h>
#include <memscan/special_pool.h>
#include <memscan/status.h>
#include <memscan/symbols.h>
#include <memscan/threads.h>

#ifdef __cplusplus
extern "C" {
#endif

// "MAJOR.MINOR.PATCH" of the library that runs, which may differ from the headers.
MS_API const char *ms_version(void);

// What was compiled in, as "name: value" lines: compiler, SIMD kernels, Hyperscan's version or its
// absence. Static strings by index from 0; NULL past the last.
MS_API const char *ms_build_fact(size_t index);

#ifdef __cplusplus
}
#endif

#endif
