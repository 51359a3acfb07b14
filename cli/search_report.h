// SPDX-License-Identifier: MIT
//
// What a search says about itself on standard error, and whether it covered enough.

#ifndef CLI_SEARCH_REPORT_H
#define CLI_SEARCH_REPORT_H

#include "print.h"
#include "settings.h"

// The closing line: hits, what was scanned and what was not.
void report_summary(const char *image_name, const struct view *view, const struct print_end *end);

// From where a search that was interrupted goes on.
void report_interrupted(const char *image_name, const struct view *view,
                        const struct ms_search_result *result);

// --stats.
void report_stats(const char *image_name, const struct ms_matcher *matcher,
                  const struct ms_search_result *result, double seconds);

// What --stats tells of a module.
void report_module(const char *image_name, const char *module, const struct ms_coverage *coverage);

// Whether --require-coverage, if given, is met; says so if not.
bool report_coverage(const char *image_name, const struct settings *settings,
                     const struct ms_coverage *coverage);

#endif
