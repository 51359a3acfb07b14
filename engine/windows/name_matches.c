// SPDX-License-Identifier: MIT
//
// Patterns of names. The last star is gone back to where what follows it does not fit, which takes
// at most pattern times name steps.

#include <memscan/modules.h>

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

// The end of a set that begins at `[`; NULL: it is none, the bracket stands for itself.
static const char *set_end(const char *pattern)
{
    const char *at = pattern + 1;

    if (*at == ']')
        at++;
    while (*at && *at != ']')
        at++;
    return *at ? at : NULL;
}

static bool in_set(const char *at, const char *end, char c)
{
    for (; at < end; at++) {
        char low = lower(*at), high = low;

        if (at + 2 < end && at[1] == '-') {
            high = lower(at[2]);
            at += 2;
        }
        if (lower(c) >= low && lower(c) <= high)
            return true;
    }
    return false;
}

// Whether a character fits the first element of a pattern, which is none that is a star. Returns
// what is behind the element; NULL: it does not.
static const char *match_one(const char *pattern, char c)
{
    const char *end = *pattern == '[' ? set_end(pattern) : NULL;

    if (end)
        return in_set(pattern + 1, end, c) ? end + 1 : NULL;
    return *pattern && (*pattern == '?' || lower(*pattern) == lower(c)) ? pattern + 1 : NULL;
}

bool ms_name_matches(const char *pattern, const char *name, size_t length)
{
    const char *end = name + length, *behind_star = NULL, *retry = NULL;

    while (name < end) {
        const char *next;

        if (*pattern == '*') {
            behind_star = ++pattern;
            retry = name;
            continue;
        }
        next = match_one(pattern, *name);
        if (next) {
            pattern = next;
            name++;
        } else if (behind_star) {
            pattern = behind_star;
            name = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}
