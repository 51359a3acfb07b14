// SPDX-License-Identifier: MIT
//
// Makers of the rows' patterns. Each fills pattern number `index` of a row, which is zeroed; random
// ones are the same in every run.

#ifndef MS_BENCH_PATTERNS_H
#define MS_BENCH_PATTERNS_H

#include "bench.h"

typedef void pattern_maker(struct row_pattern *pattern, size_t index);

// DWORDs: the first is 78090043, which the images hold, the others are random. None has a byte 0a:
// programs that read lines cannot find those.
pattern_maker make_dword;
pattern_maker make_dword_anywhere;

pattern_maker make_masked;          // a DWORD with a wild nibble
pattern_maker make_pointers;        // any pointer into one module
pattern_maker make_zeros;           // the DWORD 00000000
pattern_maker make_ending_in_zeros; // DWORDs, with 16 bytes 00 behind them
pattern_maker make_tag;             // as pool tags look, the first is SeQu
pattern_maker make_tag_at_16;       // at multiples of 16
pattern_maker make_dword_or_tag;    // by turns
pattern_maker make_text;            // SeQueryInformationToken
pattern_maker make_run_text;        // AAAA
pattern_maker make_long_text;       // LONG_BYTES of text
pattern_maker make_ignoring_case;   // the same in any case
pattern_maker make_utf16;
pattern_maker make_string;       // 8 to 64 bytes of words; the first is SeQueryInformationToken
pattern_maker make_regex;        // one of N_REGEXES
pattern_maker make_many_regexes; // those, and then others of the same kinds with words in them
pattern_maker make_url;          // one of them
pattern_maker make_letters;      // [a-z]+: matches all over a text
pattern_maker make_host;         // URLs up to the host: no two matches end at the same place
pattern_maker make_sid;          // a regex whose matches have one length

#define N_REGEXES  20
#define LONG_BYTES 4096

#endif
