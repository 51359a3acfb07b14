// SPDX-License-Identifier: MIT

#include "bench_patterns.h"

#include <ctype.h>
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

static void set_bytes(struct row_pattern *pattern, const void *bytes, size_t n)
{
    memcpy(pattern->bytes, bytes, n);
    pattern->n_bytes = n;
}

const char *pattern_text(const struct row_pattern *pattern)
{
    return pattern->whole ? pattern->whole : pattern->text;
}

const uint8_t *pattern_bytes(const struct row_pattern *pattern)
{
    return pattern->whole ? (const uint8_t *)pattern->whole : pattern->bytes;
}

char *pattern_expression(const struct row_pattern *pattern)
{
    const uint8_t *bytes = pattern_bytes(pattern);
    char *expression, *at;

    if (pattern->n_bytes == 0)
        return strdup(pattern->regex);
    expression = at = malloc(strlen("\\xff") * pattern->n_bytes + 1);
    for (size_t i = 0; at && i < pattern->n_bytes; i++)
        at += sprintf(at, isalnum(bytes[i]) ? "%c" : "\\x%02x", bytes[i]);
    return expression;
}

uint32_t pattern_alignment(const struct row_pattern *pattern)
{
    bool is_value = pattern->kind <= MS_QWORD;

    if (pattern->align)
        return pattern->align;
    return is_value ? ms_pattern_kind_size(pattern->kind) : 1;
}

// == Values ==

static uint32_t random_dword(size_t index)
{
    uint64_t seed = index;
    uint32_t value;

    do
        value = (uint32_t)(seed = scramble(seed));
    while (memchr(&value, '\n', sizeof(value)));
    return value;
}

void make_dword(struct row_pattern *pattern, size_t index)
{
    uint32_t value = index == 0 ? PLANTED_DWORD : random_dword(index);
    uint8_t bytes[4];

    pattern->kind = MS_DWORD;
    snprintf(pattern->text, sizeof(pattern->text), "%08x", value);
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
    set_bytes(pattern, bytes, sizeof(bytes));
}

void make_dword_anywhere(struct row_pattern *pattern, size_t index)
{
    make_dword(pattern, index);
    pattern->align = 1;
}

// The nibble is the upper one of its byte, so that the byte is not 0a.
void make_masked(struct row_pattern *pattern, size_t index)
{
    (void)index;
    pattern->kind = MS_DWORD;
    strcpy(pattern->text, "78?90043");
    strcpy(pattern->regex, "C\\x00[\\x09\\x19\\x29\\x39\\x49\\x59\\x69\\x79"
                           "\\x89\\x99\\xa9\\xb9\\xc9\\xd9\\xe9\\xf9]x");
}

// A module of 2 MiB.
void make_pointers(struct row_pattern *pattern, size_t index)
{
    (void)index;
    pattern->kind = MS_QWORD;
    strcpy(pattern->text, "fffff80001200000..fffff800013fffff");
}

void make_zeros(struct row_pattern *pattern, size_t index)
{
    (void)index;
    pattern->kind = MS_DWORD;
    strcpy(pattern->text, "00000000");
}

void make_ending_in_zeros(struct row_pattern *pattern, size_t index)
{
    uint8_t bytes[20] = {0};
    char *at = pattern->text;

    make_dword(pattern, index);
    memcpy(bytes, pattern->bytes, 4);
    pattern->kind = MS_HEX;
    set_bytes(pattern, bytes, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++)
        at += sprintf(at, "%02x", bytes[i]);
}

// == Text ==

// Mostly letters, a capital first, sometimes a blank or a digit at the end.
void make_tag(struct row_pattern *pattern, size_t index)
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
    set_bytes(pattern, pattern->text, 4);
}

void make_tag_at_16(struct row_pattern *pattern, size_t index)
{
    make_tag(pattern, index);
    pattern->align = 16;
}

void make_dword_or_tag(struct row_pattern *pattern, size_t index)
{
    if (index % 2 == 0)
        make_dword(pattern, index / 2);
    else
        make_tag(pattern, index / 2);
}

void make_text(struct row_pattern *pattern, size_t index)
{
    (void)index;
    pattern->kind = MS_ASCII;
    strcpy(pattern->text, "SeQueryInformationToken");
    set_bytes(pattern, pattern->text, strlen(pattern->text));
}

void make_run_text(struct row_pattern *pattern, size_t index)
{
    (void)index;
    pattern->kind = MS_ASCII;
    strcpy(pattern->text, "AAAA");
    set_bytes(pattern, pattern->text, strlen(pattern->text));
}

static char long_text[LONG_BYTES + 1];

static void read_long_text(void)
{
    FILE *file = fopen(BENCH_SPECS "/long.txt", "r");

    if (!file || fread(long_text, 1, LONG_BYTES, file) != LONG_BYTES)
        perror("memscan-bench: " BENCH_SPECS "/long.txt");
    if (file)
        fclose(file);
}

void make_long_text(struct row_pattern *pattern, size_t index)
{
    (void)index;
    if (!long_text[0])
        read_long_text();
    pattern->kind = MS_ASCII;
    pattern->whole = long_text;
    pattern->n_bytes = strlen(long_text);
}

void make_ignoring_case(struct row_pattern *pattern, size_t index)
{
    (void)index;
    pattern->kind = MS_ASCII;
    pattern->ignore_case = true;
    strcpy(pattern->text, "sequeryinformationtoken");
    set_bytes(pattern, pattern->text, strlen(pattern->text));
}

void make_utf16(struct row_pattern *pattern, size_t index)
{
    static const char text[] = "\\SystemRoot\\System32";

    (void)index;
    pattern->kind = MS_UTF16;
    memcpy(pattern->text, text, sizeof(text));
    pattern->n_bytes = 2 * strlen(text);
    for (size_t i = 0; text[i]; i++)
        pattern->bytes[2 * i] = (uint8_t)text[i];
}

static const char *const words[] = {
    "System",  "Device",   "Driver",  "Object",  "Registry", "Security", "Process", "Thread",
    "Memory",  "Password", "Session", "Service", "Network",  "Account",  "Windows", "Version",
    "Library", "Handle",   "Module",  "Pool",    "Token",    "Manager",  "Server",  "Client",
    "Request", "Response", "Content", "Kernel",  "Config",   "Software", "Current", "Control",
};

static const char *random_word(uint64_t random)
{
    return words[random % (sizeof(words) / sizeof(words[0]))];
}

void make_string(struct row_pattern *pattern, size_t index)
{
    static const char joints[] = "\\/-_.: =";
    uint64_t random = scramble(index + 2000000);
    size_t wanted = 8 + random % 57, length = 0;

    if (index == 0) {
        make_text(pattern, index);
        return;
    }
    pattern->kind = MS_ASCII;
    while (length < wanted) {
        random = scramble(random);
        length += (size_t)snprintf(pattern->text + length, sizeof(pattern->text) - length, "%s%c",
                                   random_word(random), joints[random >> 32 & 7]);
    }
    pattern->text[wanted] = '\0';
    set_bytes(pattern, pattern->text, wanted);
}

// == Regexes ==

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

_Static_assert(sizeof(regexes) / sizeof(regexes[0]) == N_REGEXES, "the header says how many");

static void set_regex(struct row_pattern *pattern, const char *regex)
{
    pattern->kind = MS_REGEX;
    snprintf(pattern->text, sizeof(pattern->text), "%s", regex);
    snprintf(pattern->regex, sizeof(pattern->regex), "%s", regex);
}

void make_regex(struct row_pattern *pattern, size_t index)
{
    set_regex(pattern, regexes[index]);
}

void make_many_regexes(struct row_pattern *pattern, size_t index)
{
    // Around two words.
    static const struct {
        const char *before, *between, *behind;
    } forms[] = {
        {"", "", "[ =:]{1,3}[!-~]{4,32}"},
        {"\\\\", "\\\\", "[A-Za-z0-9_]{2,32}"},
        {"", "[A-Za-z0-9_]{0,16}", "\\.(dll|sys|exe)"},
        {"https?://", "\\.[a-z0-9.-]{1,32}/", ""},
        {"(?i)", "[ _-]?", "[0-9]{2,8}"},
        {"", "", "=\"[^\"]{1,64}\""},
        {"", ".{1,16}", "[\\x00-\\x1f]"},
        {"[0-9a-f]{8}-", "-", ""},
    };
    uint64_t random = scramble(index + 3000000);
    size_t form = index % (sizeof(forms) / sizeof(forms[0]));
    char regex[sizeof(pattern->text)];

    if (index < N_REGEXES) {
        make_regex(pattern, index);
        return;
    }
    snprintf(regex, sizeof(regex), "%s%s%s%s%s", forms[form].before, random_word(random),
             forms[form].between, random_word(random >> 32), forms[form].behind);
    set_regex(pattern, regex);
}

void make_url(struct row_pattern *pattern, size_t index)
{
    set_regex(pattern, regexes[index + 1]);
}

void make_letters(struct row_pattern *pattern, size_t index)
{
    (void)index;
    set_regex(pattern, "[a-z]+");
}

void make_host(struct row_pattern *pattern, size_t index)
{
    (void)index;
    set_regex(pattern, "https?://[A-Za-z0-9.-]{4,64}");
}

void make_sid(struct row_pattern *pattern, size_t index)
{
    (void)index;
    set_regex(pattern, "S-1-5-21-[0-9]{10}-[0-9]{10}-[0-9]{10}-[0-9]{4}");
}
