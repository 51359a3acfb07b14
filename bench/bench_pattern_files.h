// SPDX-License-Identifier: MIT
//
// A row's patterns as files, in the languages of the programs that search for them.

#ifndef MS_BENCH_PATTERN_FILES_H
#define MS_BENCH_PATTERN_FILES_H

#include "bench_process.h"

// Writes the patterns of a row.
typedef void pattern_writer(FILE *file, const struct row_pattern *patterns, size_t n);

pattern_writer write_memscan_patterns; // as memscan -f reads them
pattern_writer write_expressions;      // a regex a line
pattern_writer write_bytes;            // a line of bytes each; the patterns have bytes, but no 0a
pattern_writer write_yara_rule;        // a rule with a string for each

// Makes the file. False after a message.
bool pattern_file_make(struct memory_file *file, pattern_writer *write, const struct row *row,
                       const struct row_pattern *patterns);

#endif
