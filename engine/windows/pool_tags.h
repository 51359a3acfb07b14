// SPDX-License-Identifier: MIT
//
// Pool tags: patterns of them, and what they stand for.

#ifndef MS_WINDOWS_POOL_TAGS_H
#define MS_WINDOWS_POOL_TAGS_H

#include "base/vec.h"
#include "windows/notes.h"
#include <memscan/pool_tags.h>

#define MS_POOL_TAG_BYTES 4

// == Patterns: pool_tags_pattern.c ==

// Tags that agree in some of their characters: tag & mask == value.
struct ms_tag_spelling {
    uint32_t mask; // whole bytes
    uint32_t value;
};

// Three characters around a star stand in four places in this many ways at most; nothing has more.
#define MS_TAG_SPELLINGS 6

// The spellings that a pattern stands for: one, unless it has stars in front of other characters.
// Returns how many; 0: no tag is so long.
size_t ms_tag_spellings(const char *pattern, size_t length,
                        struct ms_tag_spelling spellings[MS_TAG_SPELLINGS]);

// == The library's own: pool_tags_known.c ==

struct ms_known_tag {
    char tag[MS_POOL_TAG_BYTES + 1];
    const char *driver;
    const char *text;
};

// By ascending bytes of the tag.
extern const struct ms_known_tag ms_known_tags[];
extern const size_t ms_n_known_tags;

// == Those of a file: pool_tags_file.c ==

struct ms_tag_entry {
    struct ms_tag_spelling spelling;
    size_t line;         // from 1
    size_t driver, text; // where in `texts` they begin
};

struct ms_pool_tags {
    MS_VEC(struct ms_tag_entry) entries; // by mask, value
    MS_VEC(char) texts;                  // a NUL behind each
    struct ms_notes notes;
};

// Reads a file's entries, as they come. As ms_pool_tags_open().
enum ms_status ms_pool_tags_read(struct ms_pool_tags *tags, const char *path,
                                 struct ms_error *error);

#endif
