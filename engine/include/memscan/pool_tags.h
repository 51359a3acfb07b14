// SPDX-License-Identifier: MIT
//
// What the tags of Windows' pool stand for: who allocates with them, and what for. The library
// knows some; a file in the form of WinDbg's pooltag.txt tells others.

#ifndef MEMSCAN_POOL_TAGS_H
#define MEMSCAN_POOL_TAGS_H

#include <memscan/status.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

// A tag is a number whose lowest byte is its first character: "Se  " is 0x20206553. Bit 31, which
// marks protected blocks before Windows 8, is not part of it.

// == Patterns ==

// Whether a tag fits a pattern: four characters, of which * is any text and ? any character.
// Shorter ones without * have blanks behind them. Letters differ by their case.
MS_API bool ms_pool_tag_matches(const char *pattern, uint32_t tag);

// Whether there can be such a tag.
MS_API bool ms_pool_tag_pattern_valid(const char *pattern);

// == What they mean ==

// Does not change once made: any number of threads may use it.
struct ms_pool_tags;

// Reads a file whose lines are TAG - DRIVER - TEXT, or TAG - TEXT; NULL: there is none. Tags may be
// patterns. `rem` and // begin comments; a byte 1A ends the file. MS_NOMEM, MS_IO; MS_UNSUPPORTED:
// a file of more than 16 MiB; MS_MALFORMED: no line of it has that form, or it is no text. The
// error names file and line.
MS_API enum ms_status ms_pool_tags_open(const char *path, struct ms_pool_tags **tags_ret,
                                        struct ms_error *error);
MS_API void ms_pool_tags_free(struct ms_pool_tags *tags); // NULL is allowed

// Lines of the file that were passed over, each with its number; of many the first few, then how
// many more.
MS_API size_t ms_pool_tags_n_notes(const struct ms_pool_tags *tags);
MS_API const char *ms_pool_tags_note(const struct ms_pool_tags *tags, size_t index);

// Texts live as long as the tags.
struct ms_pool_tag_info {
    const char *driver; // "ntfs.sys", "nt!ob"; "": not told
    const char *text;   // bytes of the file; "": not told
    bool from_file;     // else the library's own
};

// What a tag stands for; false: nobody knows. The file goes before what the library knows; in it
// the entry with the most characters that are no wildcards, and of equals the first. O(log n).
MS_API bool ms_pool_tags_find(const struct ms_pool_tags *tags, uint32_t tag,
                              struct ms_pool_tag_info *info_ret);

#ifdef __cplusplus
}
#endif

#endif
