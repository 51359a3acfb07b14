// SPDX-License-Identifier: MIT
//
// The rows: what is searched for. Random values are the same in every run, and the first of a row
// is one that the image is known to hold.

#include "bench.h"

#include <stdlib.h>
#include <string.h>

#define PLANTED_DWORD 0x78090043u

// SplitMix64's output function: a good 64-bit value for each index.
static uint64_t scramble(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static void write_bytes(char *expression, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        expression += sprintf(expression, "\\x%02x", bytes[i]);
}

static void make_dword(struct row_pattern *pattern, size_t index)
{
    uint32_t value = index == 0 ? PLANTED_DWORD : (uint32_t)scramble(index);
    uint8_t bytes[4];

    pattern->kind = MS_DWORD;
    snprintf(pattern->text, sizeof(pattern->text), "%08x", value);
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
    write_bytes(pattern->expression, bytes, sizeof(bytes));
}

static void make_dword_anywhere(struct row_pattern *pattern, size_t index)
{
    make_dword(pattern, index);
    pattern->align = 1;
}

static void make_masked(struct row_pattern *pattern, size_t index)
{
    (void)index;
    pattern->kind = MS_DWORD;
    strcpy(pattern->text, "7809??43");
    strcpy(pattern->expression, "\\x43.\\x09\\x78");
}

// Any pointer into one module of 2 MiB.
static void make_pointers(struct row_pattern *pattern, size_t index)
{
    (void)index;
    pattern->kind = MS_QWORD;
    strcpy(pattern->text, "fffff80001200000..fffff800013fffff");
}

// As pool tags are: mostly letters, a capital first, sometimes a blank or a digit at the end.
static void make_tag(struct row_pattern *pattern, size_t index)
{
    static const char last[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789  ";
    uint64_t random = scramble(index + 1000000);

    pattern->kind = MS_ASCII;
    if (index == 0) {
        strcpy(pattern->text, "SeQu");
    } else {
        pattern->text[0] = (char)('A' + random % 26);
        pattern->text[1] = (char)((random >> 8 & 3 ? 'a' : 'A') + (random >> 10) % 26);
        pattern->text[2] = (char)((random >> 20 & 3 ? 'a' : 'A') + (random >> 22) % 26);
        pattern->text[3] = last[(random >> 32) % (sizeof(last) - 1)];
    }
    write_bytes(pattern->expression, (const uint8_t *)pattern->text, 4);
}

static void make_utf16(struct row_pattern *pattern, size_t index)
{
    static const char text[] = "\\SystemRoot\\System32";
    char *out = pattern->expression;

    (void)index;
    pattern->kind = MS_UTF16;
    strcpy(pattern->text, text);
    for (size_t i = 0; i < sizeof(text) - 1; i++)
        out += sprintf(out, i < 6 ? "\\x%02x\\0" : text[i] == '\\' ? "\\%c\\0" : "%c\\0", text[i]);
}

static void make_ignoring_case(struct row_pattern *pattern, size_t index)
{
    (void)index;
    pattern->kind = MS_ASCII;
    pattern->ignore_case = true;
    strcpy(pattern->text, "sequeryinformationtoken");
    strcpy(pattern->expression, "sequeryinformationtoken");
}

static const char *const regexes[] = {
    "[A-Za-z0-9+/]{40,}={0,2}",
    "https?://[^\\x00-\\x20]{4,}",
    "[A-Za-z]:\\\\[A-Za-z0-9_.\\\\ -]{4,}",
    "\\\\(Device|Driver|FileSystem)\\\\[A-Za-z0-9_]+",
    "\\\\(REGISTRY|Registry)\\\\[A-Za-z0-9_\\\\]+",
    "\\\\SystemRoot\\\\[A-Za-z0-9_.\\\\]+",
    "[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}",
    "[a-zA-Z0-9._%+-]{3,32}@[a-z0-9.-]{2,32}\\.[a-z]{2,4}",
    "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "MZ\\x90\\x00.{56}[\\x40-\\xff]",
    "PE\\x00\\x00(\\x4c\\x01|\\x64\\x86)",
    "This program cannot be run in [A-Z]+ mode",
    "RSDS.{20}[A-Za-z0-9_:\\\\.-]{4,64}\\.pdb",
    "(?i)passw(or)?d[ =:]{1,3}[!-~]{4,32}",
    "BEGIN (RSA |EC )?PRIVATE KEY",
    "\\x48\\x8b\\x05.{4}\\x48\\x85\\xc0",
    "\\xe8.{3}\\xff\\x48\\x8b[\\xc0-\\xff]",
    "GET /[!-~]{1,64} HTTP/1\\.[01]",
    "User-Agent: [ -~]{8,64}",
    "(S-1-5-21)(-[0-9]{8,10}){3}-[0-9]{3,5}",
};
#define N_REGEXES (sizeof(regexes) / sizeof(regexes[0]))

static void make_regex(struct row_pattern *pattern, size_t index)
{
    pattern->kind = MS_REGEX;
    strcpy(pattern->text, regexes[index]);
    strcpy(pattern->expression, regexes[index]);
}

static void make_url(struct row_pattern *pattern, size_t index)
{
    make_regex(pattern, index + 1);
}

static void make_zeros(struct row_pattern *pattern, size_t index)
{
    (void)index;
    pattern->kind = MS_DWORD;
    strcpy(pattern->text, "00000000");
}

#define DWORDS " aligned anywhere "
#define TAG    " text tag "

const struct row rows[] = {
    {"dword-1", "1 aligned DWORD", IMAGE_REALISTIC, 1, 1, make_dword, DWORDS},
    {"dword-1-2t", "1 aligned DWORD, 2 threads", IMAGE_REALISTIC, 2, 1, make_dword, DWORDS},
    {"dword-10", "10 aligned DWORDs", IMAGE_REALISTIC, 1, 10, make_dword, DWORDS},
    {"dword-100", "100 aligned DWORDs", IMAGE_REALISTIC, 1, 100, make_dword, DWORDS},
    {"dword-1000", "1,000 aligned DWORDs", IMAGE_REALISTIC, 1, 1000, make_dword, DWORDS},
    {"dword-10000", "10,000 aligned DWORDs", IMAGE_REALISTIC, 1, 10000, make_dword, DWORDS},
    {"dword-masked", "1 DWORD with wild nibbles", IMAGE_REALISTIC, 1, 1, make_masked, DWORDS},
    {"qword-range", "pointers into a range", IMAGE_REALISTIC, 1, 1, make_pointers, " pointer "},
    {"unaligned-1", "1 DWORD at any address", IMAGE_REALISTIC, 1, 1, make_dword_anywhere, DWORDS},
    {"tags-100", "100 tags of 4 bytes", IMAGE_REALISTIC, 1, 100, make_tag, TAG},
    {"tags-3000", "3,000 tags of 4 bytes", IMAGE_REALISTIC, 1, 3000, make_tag, TAG},
    {"utf16-1", "1 string in UTF-16", IMAGE_REALISTIC, 1, 1, make_utf16, " path "},
    {"nocase-1", "1 string in any case", IMAGE_REALISTIC, 1, 1, make_ignoring_case,
     " text nocase "},
    {"regex-base64", "a regex: base64", IMAGE_REALISTIC, 1, 1, make_regex, " base64 "},
    {"regex-url", "a regex: URLs", IMAGE_REALISTIC, 1, 1, make_url, " url "},
    {"regex-20", "20 regexes", IMAGE_REALISTIC, 1, N_REGEXES, make_regex, " base64 url sid "},
    {"flood", "00000000 in a mostly zero image", IMAGE_FLOOD, 1, 1, make_zeros, NULL},
};
const size_t n_rows = sizeof(rows) / sizeof(rows[0]);

struct row_pattern *row_patterns(const struct row *row)
{
    struct row_pattern *patterns = calloc(row->n_patterns, sizeof(*patterns));

    for (size_t i = 0; patterns && i < row->n_patterns; i++)
        row->make(&patterns[i], i);
    return patterns;
}
