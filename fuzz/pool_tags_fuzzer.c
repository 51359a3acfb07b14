// SPDX-License-Identifier: MIT
//
// Any bytes as a file of pool tags, which users take from each other and add to by hand. The input
// is the file; its first bytes are also patterns, and tags to look up.
//
// Held to: what a tag stands for is what a loop over all entries says; a pattern fits what a
// matcher fits that goes on character by character; texts end; notes and errors are one line that
// begins with the path, and what is refused hands nothing out.

#include "fuzz.h"
#include "windows/pool_tags.h"

#include "base/bytes.h"

#define MAX_INPUT 8192
#define N_TAGS    64u

// == Looking up ==

// The entry that counts: the most characters, then the first line.
static bool counts_before(const struct ms_tag_entry *a, const struct ms_tag_entry *b)
{
    int left = __builtin_popcount(a->spelling.mask), right = __builtin_popcount(b->spelling.mask);

    return left != right ? left > right : a->line < b->line;
}

static void check_tag(const struct ms_pool_tags *tags, uint32_t tag)
{
    const struct ms_tag_entry *best = NULL;
    struct ms_pool_tag_info info = {.from_file = false};
    bool found = ms_pool_tags_find(tags, tag, &info);

    for (size_t i = 0; i < tags->entries.n; i++) {
        const struct ms_tag_entry *entry = &tags->entries.items[i];

        if ((tag & entry->spelling.mask) == entry->spelling.value &&
            (!best || counts_before(entry, best)))
            best = entry;
    }
    CHECK(info.from_file == (best != NULL), "tag %#x is of the file", (unsigned)tag);
    CHECK(found || !best, "tag %#x", (unsigned)tag);
    CHECK(!best || (info.driver == tags->texts.items + best->driver &&
                    info.text == tags->texts.items + best->text),
          "what tag %#x stands for", (unsigned)tag);
}

static void check_entries(const struct ms_pool_tags *tags)
{
    for (size_t i = 0; i < tags->entries.n; i++) {
        const struct ms_tag_entry *entry = &tags->entries.items[i];

        CHECK((entry->spelling.value & ~entry->spelling.mask) == 0, "spelling of entry %zu", i);
        CHECK(entry->driver < tags->texts.n && entry->text < tags->texts.n, "texts of entry %zu",
              i);
        CHECK(entry->line >= 1, "line of entry %zu", i);
        check_tag(tags, entry->spelling.value);
        check_tag(tags, entry->spelling.value | (~entry->spelling.mask & 0x41424344));
    }
    CHECK(tags->texts.n > 0 && tags->texts.items[tags->texts.n - 1] == '\0', "the last text");
}

static void check_notes(const struct ms_pool_tags *tags, const char *path)
{
    for (size_t i = 0; i < ms_pool_tags_n_notes(tags); i++) {
        const char *note = ms_pool_tags_note(tags, i);

        CHECK(strncmp(note, path, strlen(path)) == 0 && !strchr(note, '\n'), "note %zu", i);
    }
}

// == Patterns ==

static bool fits(const char *pattern, const char *tag, size_t left)
{
    if (*pattern == '\0')
        return left == 0;
    if (*pattern == '*')
        return fits(pattern + 1, tag, left) || (left > 0 && fits(pattern, tag + 1, left - 1));
    return left > 0 && (*pattern == '?' || *pattern == *tag) &&
           fits(pattern + 1, tag + 1, left - 1);
}

// Up to 7 of the bytes as a pattern, against a tag of the next ones and of its own.
static void check_pattern(const uint8_t *data, size_t size)
{
    char pattern[8] = "", padded[8], tag[MS_POOL_TAG_BYTES];
    size_t length;

    memcpy(pattern, data, size < 7 ? size : 7);
    length = strlen(pattern);
    memcpy(padded, pattern, length + 1);
    while (length > 0 && !strchr(padded, '*') && length < MS_POOL_TAG_BYTES) {
        padded[length++] = ' ';
        padded[length] = '\0';
    }
    for (size_t i = 0; i + MS_POOL_TAG_BYTES <= size; i++) {
        memcpy(tag, data + i, MS_POOL_TAG_BYTES);
        CHECK(ms_pool_tag_matches(pattern, ms_le32(data + i)) ==
                  (padded[0] && fits(padded, tag, MS_POOL_TAG_BYTES)),
              "pattern %s", pattern);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct memory_file file;
    struct ms_pool_tags *tags = NULL;
    struct ms_error error = {0};

    if (size > MAX_INPUT)
        return 0;
    file = memory_file_open(data, size);
    if (ms_pool_tags_open(file.path, &tags, &error) == MS_OK) {
        check_entries(tags);
        check_notes(tags, file.path);
        for (size_t i = 0; i + MS_POOL_TAG_BYTES <= size && i < N_TAGS; i++)
            check_tag(tags, ms_le32(data + i));
    } else {
        check_line(error.text, "opening a file of tags");
        CHECK(!tags && strncmp(error.text, file.path, strlen(file.path)) == 0, "%s", error.text);
    }
    check_pattern(data, size < N_TAGS ? size : N_TAGS);
    ms_pool_tags_free(tags);
    memory_file_close(&file);
    return 0;
}
