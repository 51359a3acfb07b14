// SPDX-License-Identifier: MIT
//
// The rows.

#include "bench_patterns.h"

#include <stdlib.h>
#include <unistd.h>

const char *const section_names[N_SECTIONS] = {
    [SECTION_LIBRARY] = "library", [SECTION_COLD] = "cold",       [SECTION_SPACES] = "spaces",
    [SECTION_MODULES] = "modules", [SECTION_COMMAND] = "command", [SECTION_PEERS] = "peers",
};

#define ALL     IMAGE_REALISTIC
#define DWORDS  " aligned anywhere "
#define TAG     " text tag "
#define TEXT    " text nocase "
#define REGEXES " base64 url sid "

const struct row rows[] = {
    // == In this process ==
    {SECTION_LIBRARY, "dword-1", "1 aligned DWORD", ALL, 1, 1, make_dword, DWORDS},
    {SECTION_LIBRARY, "dword-1-2t", "1 aligned DWORD, 2 threads", ALL, 2, 1, make_dword, DWORDS},
    {SECTION_LIBRARY, "dword-10", "10 aligned DWORDs", ALL, 1, 10, make_dword, DWORDS},
    {SECTION_LIBRARY, "dword-100", "100 aligned DWORDs", ALL, 1, 100, make_dword, DWORDS},
    {SECTION_LIBRARY, "dword-1000", "1,000 aligned DWORDs", ALL, 1, 1000, make_dword, DWORDS},
    {SECTION_LIBRARY, "dword-10000", "10,000 aligned DWORDs", ALL, 1, 10000, make_dword, DWORDS},
    {SECTION_LIBRARY, "dword-100000", "100,000 aligned DWORDs", ALL, 1, 100000, make_dword, DWORDS},
    {SECTION_LIBRARY, "dword-masked", "1 DWORD with a wild nibble", ALL, 1, 1, make_masked, DWORDS},
    {SECTION_LIBRARY, "qword-range", "pointers into a range", ALL, 1, 1, make_pointers,
     " pointer "},
    {SECTION_LIBRARY, "unaligned-1", "1 DWORD at any address", ALL, 1, 1, make_dword_anywhere,
     DWORDS},
    {SECTION_LIBRARY, "tags-2", "2 tags of 4 bytes", ALL, 1, 2, make_tag, TAG},
    {SECTION_LIBRARY, "tags-4", "4 tags of 4 bytes", ALL, 1, 4, make_tag, TAG},
    {SECTION_LIBRARY, "tags-10", "10 tags of 4 bytes", ALL, 1, 10, make_tag, TAG},
    {SECTION_LIBRARY, "tags-100", "100 tags of 4 bytes", ALL, 1, 100, make_tag, TAG},
    {SECTION_LIBRARY, "tags-3000", "3,000 tags of 4 bytes", ALL, 1, 3000, make_tag, TAG},
    {SECTION_LIBRARY, "tags-100000", "100,000 tags of 4 bytes", ALL, 1, 100000, make_tag, TAG},
    {SECTION_LIBRARY, "tags-100-at-16", "100 tags at multiples of 16", ALL, 1, 100, make_tag_at_16,
     TAG},
    {SECTION_LIBRARY, "tags-1000-at-16", "1,000 tags at multiples of 16", ALL, 1, 1000,
     make_tag_at_16, TAG},
    {SECTION_LIBRARY, "utf16-1", "a UTF-16 text", ALL, 1, 1, make_utf16, " path "},
    {SECTION_LIBRARY, "nocase-1", "a text in any case", ALL, 1, 1, make_ignoring_case, TEXT},
    {SECTION_LIBRARY, "regex-base64", "a regex: base64", ALL, 1, 1, make_regex, " base64 "},
    {SECTION_LIBRARY, "regex-url", "a regex: URLs", ALL, 1, 1, make_url, " url "},
    {SECTION_LIBRARY, "regex-20", "20 regexes", ALL, 1, N_REGEXES, make_regex, REGEXES},
    {SECTION_LIBRARY, "flood", "00000000 in mostly zeros", IMAGE_FLOOD, 1, 1, make_zeros, NULL},

    // Patterns and images for which searches are slow if nothing is done about them.
    {SECTION_LIBRARY, "ends-10", "10 patterns that end in 16 zeros", ALL, 1, 10,
     make_ending_in_zeros, NULL},
    {SECTION_LIBRARY, "zeros-ends-10", "... in zeros", IMAGE_ZEROS, 1, 10, make_ending_in_zeros,
     " ends "},
    {SECTION_LIBRARY, "zeros-dword-1", "1 aligned DWORD in zeros", IMAGE_ZEROS, 1, 1, make_dword,
     DWORDS},
    {SECTION_LIBRARY, "zeros-all", "00000000 in zeros", IMAGE_ZEROS, 1, 1, make_zeros, NULL},
    {SECTION_LIBRARY, "zeros-tags-100", "100 tags in zeros", IMAGE_ZEROS, 1, 100, make_tag, TAG},
    {SECTION_LIBRARY, "regex-zeros", "a regex in zeros: URLs", IMAGE_ZEROS, 1, 1, make_url,
     " url "},
    {SECTION_LIBRARY, "half-dword-1", "1 aligned DWORD that every second is", IMAGE_HALF, 1, 1,
     make_dword, NULL},
    {SECTION_LIBRARY, "half-unaligned-1", "... at any address", IMAGE_HALF, 1, 1,
     make_dword_anywhere, NULL},
    {SECTION_LIBRARY, "half-dword-1000", "1,000 aligned DWORDs, every second one there", IMAGE_HALF,
     1, 1000, make_dword, NULL},
    {SECTION_LIBRARY, "text-run", "a text of one letter: AAAA", ALL, 1, 1, make_run_text, NULL},
    {SECTION_LIBRARY, "text-4096", "a text of 4,096 bytes in text", IMAGE_TEXT, 1, 1,
     make_long_text, NULL},
    {SECTION_LIBRARY, "regex-letters", "a regex: [a-z]+ in text", IMAGE_TEXT, 1, 1, make_letters,
     NULL},

    // == Files that are not in the page cache ==
    {SECTION_COLD, "cold-mapped", "1 aligned DWORD, mapped", ALL, 1, 1, make_dword, NULL},
    {SECTION_COLD, "cold-mapped-2t", "... by two threads", ALL, 2, 1, make_dword, NULL},
    {SECTION_COLD, "cold-read", "1 aligned DWORD, read", ALL, 1, 1, make_dword, NULL},
    {SECTION_COLD, "cold-read-2t", "... by two threads", ALL, 2, 1, make_dword, NULL},

    // == Address spaces ==
    {SECTION_SPACES, "seams-dword-1", "scattered kernel: 1 aligned DWORD", IMAGE_SCATTERED, 1, 1,
     make_dword, NULL},
    {SECTION_SPACES, "seams-unaligned-1", "... 1 DWORD at any address", IMAGE_SCATTERED, 1, 1,
     make_dword_anywhere, " seam "},
    {SECTION_SPACES, "seams-strings-100", "... 100 strings of up to 64 bytes", IMAGE_SCATTERED, 1,
     100, make_string, " text "},
    {SECTION_SPACES, "seams-regex-100", "... 100 regexes", IMAGE_SCATTERED, 1, 100,
     make_many_regexes, NULL},
    {SECTION_SPACES, "processes-dword-1", "200 processes: 1 aligned DWORD", IMAGE_PROCESSES, 1, 1,
     make_dword, NULL},
    {SECTION_SPACES, "processes-unaligned-1", "... 1 DWORD at any address", IMAGE_PROCESSES, 1, 1,
     make_dword_anywhere, NULL},
    {SECTION_SPACES, "processes-strings-100", "... 100 strings", IMAGE_PROCESSES, 1, 100,
     make_string, NULL},
    {SECTION_SPACES, "open", "opening 16 GiB and finding the kernel", IMAGE_LARGE, 1, 0, NULL,
     NULL},

    // == Modules ==
    {SECTION_MODULES, "modules-list", "the modules of 16 GiB", IMAGE_MODULES_LARGE, 1, 0, NULL,
     NULL},
    {SECTION_MODULES, "modules-refs", "pointers to a module in all of the kernel's space",
     IMAGE_MODULES, 1, 0, NULL, NULL},
    {SECTION_MODULES, "modules-hits", "whose hits are, of 300 modules", IMAGE_MODULES, 1, 0, NULL,
     NULL},
    {SECTION_MODULES, "pool-tag", "pool blocks with a tag", IMAGE_MODULES, 1, 0, NULL, NULL},
    {SECTION_MODULES, "pool-tags", "pool blocks with tags like *Ld", IMAGE_MODULES, 1, 0, NULL,
     NULL},
    {SECTION_MODULES, "pool-hits", "in which pool block hits are", IMAGE_MODULES, 1, 0, NULL, NULL},

    // == The command ==
    {SECTION_COMMAND, "cmd-start", "a search of one page", ALL, 0, 0, NULL,
     "-c -d 78090043 --range 0+1000"},
    {SECTION_COMMAND, "cmd-dword", "counts a DWORD", ALL, 0, 0, NULL, "-c -d 78090043"},
    {SECTION_COMMAND, "cmd-dword-1t", "... with one thread", ALL, 1, 0, NULL,
     "-c --threads 1 -d 78090043"},
    {SECTION_COMMAND, "cmd-space", "counts a DWORD in a scattered kernel", IMAGE_SCATTERED, 0, 0,
     NULL, "-c --dtb 200000 --arch x64 --space kernel -d 78090043"},
    {SECTION_COMMAND, "cmd-file-100", "counts 50 DWORDs and 50 tags of a file", ALL, 0, 100,
     make_dword_or_tag, "-c -f @"},
    {SECTION_COMMAND, "cmd-file-3000", "counts 3,000 tags of a file", ALL, 0, 3000, make_tag,
     "-c -f @"},
    {SECTION_COMMAND, "cmd-text", "prints a text's hits", ALL, 0, 0, NULL,
     "-a SeQueryInformationToken"},
    {SECTION_COMMAND, "cmd-regex", "prints URLs", ALL, 0, 0, NULL,
     "-e https?://[^\\x00-\\x20]{4,}"},
    {SECTION_COMMAND, "cmd-addresses", "prints many addresses", ALL, 0, 0, NULL, "-1 -w 8b48"},
    {SECTION_COMMAND, "cmd-kd", "prints many lines, kd", ALL, 0, 0, NULL, "--format kd -w 8b48"},
    {SECTION_COMMAND, "cmd-jsonl", "prints many lines, jsonl", ALL, 0, 0, NULL,
     "--format jsonl -w 8b48"},
    {SECTION_COMMAND, "cmd-zeros", "prints floods in single lines", ALL, 0, 0, NULL, "-d 00000000"},

    // == Beside other programs ==
    {SECTION_PEERS, "peers-dword-1", "1 aligned DWORD", ALL, 1, 1, make_dword, NULL},
    {SECTION_PEERS, "peers-dword-10", "10 aligned DWORDs", ALL, 1, 10, make_dword, NULL},
    {SECTION_PEERS, "peers-dword-100", "100 aligned DWORDs", ALL, 1, 100, make_dword, NULL},
    {SECTION_PEERS, "peers-dword-1000", "1,000 aligned DWORDs", ALL, 1, 1000, make_dword, NULL},
    {SECTION_PEERS, "peers-dword-10000", "10,000 aligned DWORDs", ALL, 1, 10000, make_dword, NULL},
    {SECTION_PEERS, "peers-dword-100000", "100,000 aligned DWORDs", ALL, 1, 100000, make_dword,
     NULL},
    {SECTION_PEERS, "peers-unaligned", "1 DWORD at any address", ALL, 1, 1, make_dword_anywhere,
     NULL},
    {SECTION_PEERS, "peers-masked", "1 DWORD with a wild nibble", ALL, 1, 1, make_masked, NULL},
    {SECTION_PEERS, "peers-tags-1", "1 tag of 4 bytes", ALL, 1, 1, make_tag, NULL},
    {SECTION_PEERS, "peers-tags-10", "10 tags", ALL, 1, 10, make_tag, NULL},
    {SECTION_PEERS, "peers-tags-100", "100 tags", ALL, 1, 100, make_tag, NULL},
    {SECTION_PEERS, "peers-tags-1000", "1,000 tags", ALL, 1, 1000, make_tag, NULL},
    {SECTION_PEERS, "peers-tags-10000", "10,000 tags", ALL, 1, 10000, make_tag, NULL},
    {SECTION_PEERS, "peers-tags-100000", "100,000 tags", ALL, 1, 100000, make_tag, NULL},
    {SECTION_PEERS, "peers-tags-100-16", "100 tags at multiples of 16", ALL, 1, 100, make_tag_at_16,
     NULL},
    {SECTION_PEERS, "peers-text", "a text", ALL, 1, 1, make_text, NULL},
    {SECTION_PEERS, "peers-nocase", "a text in any case", ALL, 1, 1, make_ignoring_case, NULL},
    {SECTION_PEERS, "peers-utf16", "a UTF-16 text", ALL, 1, 1, make_utf16, NULL},
    {SECTION_PEERS, "peers-sid", "a regex of one length", ALL, 1, 1, make_sid, NULL},
    {SECTION_PEERS, "peers-host", "a regex: URLs", ALL, 1, 1, make_host, NULL},
    {SECTION_PEERS, "peers-zeros-dword", "1 aligned DWORD in zeros", IMAGE_ZEROS, 1, 1, make_dword,
     NULL},
    {SECTION_PEERS, "peers-zeros-ends", "10 patterns that end in 16 zeros, in zeros", IMAGE_ZEROS,
     1, 10, make_ending_in_zeros, NULL},
    {SECTION_PEERS, "peers-text-4096", "a text of 4,096 bytes in text", IMAGE_TEXT, 1, 1,
     make_long_text, NULL},
};
const size_t n_rows = sizeof(rows) / sizeof(rows[0]);

struct row_pattern *row_patterns(const struct row *row)
{
    struct row_pattern *patterns = calloc(row->n_patterns + 1, sizeof(*patterns));

    for (size_t i = 0; patterns && i < row->n_patterns; i++)
        row->make(&patterns[i], i);
    return patterns;
}

unsigned row_threads(const struct row *row)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    if (row->threads > 0)
        return row->threads;
    return processors > 0 ? (unsigned)processors : 1;
}
