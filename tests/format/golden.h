// SPDX-License-Identifier: MIT
//
// Help for tests of containers: files written from hex text, and what a reader makes of them. A
// golden is a list of pieces, each with an offset and hex bytes, over a filler; a damaged file is a
// golden with another piece on top.

#ifndef TESTS_FORMAT_GOLDEN_H
#define TESTS_FORMAT_GOLDEN_H

#include "format/format.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Criterion's assertions store an int in a bit-field, wherever they are used.
#pragma GCC diagnostic ignored "-Wconversion"

struct piece_of_file {
    size_t offset;
    const char *hex; // blanks between bytes are skipped; NULL ends a list
};

struct file_bytes {
    uint8_t *bytes;
    size_t n;
};

static inline struct file_bytes filled(size_t n, const char *filler)
{
    struct file_bytes file = {malloc(n + 1), n};

    for (size_t i = 0; i < n; i++)
        file.bytes[i] = (uint8_t)filler[i % 4];
    return file;
}

// What would pass the end of the file is a mistake in the test.
static inline void put_hex(struct file_bytes *file, size_t offset, const char *hex)
{
    unsigned byte;

    for (; *hex; hex++) {
        if (isspace((unsigned char)*hex))
            continue;
        if (offset >= file->n || sscanf(hex, "%2x", &byte) != 1)
            abort();
        file->bytes[offset++] = (uint8_t)byte;
        hex++;
    }
}

static inline void put_pieces(struct file_bytes *file, const struct piece_of_file *pieces)
{
    for (; pieces->hex; pieces++)
        put_hex(file, pieces->offset, pieces->hex);
}

static inline void put_number(struct file_bytes *file, size_t offset, uint64_t value, size_t width)
{
    for (size_t i = 0; i < width; i++)
        file->bytes[offset + i] = (uint8_t)(value >> 8 * i);
}

// Writes a temporary file, whose path goes to path[32]; the caller unlinks it.
static inline void write_file(const uint8_t *bytes, size_t n, char *path)
{
    int fd;

    strcpy(path, "/tmp/memscan-test-XXXXXX");
    fd = mkstemp(path);
    if (fd < 0 || write(fd, bytes, n) != (ssize_t)n || close(fd) != 0)
        abort();
}

// A source of the bytes, whose file is already removed.
static inline struct ms_source *source_of(const uint8_t *bytes, size_t n)
{
    struct ms_source *source = NULL;
    char path[32];

    write_file(bytes, n, path);
    if (ms_source_open(path, false, &source, NULL) != MS_OK)
        abort();
    unlink(path);
    return source;
}

// What the reader called `name`, or the one that was chosen, makes of a file.
struct reading {
    enum ms_status status;
    struct ms_error error;
    const struct ms_format_ops *ops; // NULL: none was chosen
    struct ms_layout layout;
};

static inline struct reading read_bytes(const uint8_t *bytes, size_t n, const char *name)
{
    struct ms_source *source = source_of(bytes, n);
    struct reading reading = {0};
    struct ms_head head;

    reading.layout.max_runs = 100000;
    reading.status = ms_format_choose(source, name, &head, &reading.ops, &reading.error);
    if (reading.status == MS_OK)
        reading.status = reading.ops->read(source, &head, &reading.layout, &reading.error);
    if (reading.status == MS_OK)
        reading.status = ms_layout_finish(&reading.layout, &reading.error);
    ms_source_close(source);
    return reading;
}

// The text of a fact, "" if there is none.
static inline const char *fact(const struct ms_layout *layout, const char *name)
{
    for (size_t i = 0; i < layout->facts.n; i++) {
        if (strcmp(layout->facts.items[i].name, name) == 0)
            return layout->facts.items[i].text;
    }
    return "";
}

static inline bool contains(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

// Whether a warning contains `text`.
static inline bool warned(const struct ms_layout *layout, const char *text)
{
    for (size_t i = 0; i < layout->warnings.n; i++) {
        if (strstr(layout->warnings.items[i], text))
            return true;
    }
    return false;
}

// "start+length@offset/stored ..." in hex, for comparing and for printing; a static buffer.
static inline const char *runs_text(const struct ms_layout *layout)
{
    static char text[4096];
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < layout->runs.n && used < sizeof(text) - 100; i++) {
        const struct ms_format_run *run = &layout->runs.items[i];

        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%llx+%llx@%llx/%llx",
                                 i ? " " : "", (unsigned long long)run->start,
                                 (unsigned long long)run->length, (unsigned long long)run->offset,
                                 (unsigned long long)run->stored);
    }
    return text;
}

// A damaged golden and what must come of it.
struct damage {
    const char *name;
    size_t offset;
    const char *hex; // NULL: nothing is changed but the length
    size_t n_bytes;  // the file's length, 0: as it is
    enum ms_status status;
    const char *text; // in the error, or for MS_OK in a warning ("" for no warning at all)
    const char *runs; // NULL: any
};

// Reads a copy of the golden with the damage done to it. The caller releases the layout.
static inline struct reading read_damaged(const struct file_bytes *golden,
                                          const struct damage *damage, const char *format)
{
    struct file_bytes copy = filled(golden->n, "\0\0\0\0");
    struct reading reading;

    memcpy(copy.bytes, golden->bytes, golden->n);
    if (damage->hex)
        put_hex(&copy, damage->offset, damage->hex);
    reading = read_bytes(copy.bytes, damage->n_bytes ? damage->n_bytes : copy.n, format);
    free(copy.bytes);
    return reading;
}

// What is wrong with a reading of a damaged file; NULL if it is as the damage says. A static
// buffer.
static inline const char *wrong(const struct reading *reading, const struct damage *damage)
{
    static char text[8192];
    const struct ms_layout *layout = &reading->layout;
    const char *first = layout->warnings.n ? layout->warnings.items[0] : "";
    bool as_told = damage->status == MS_OK && damage->text[0] == '\0' ? layout->warnings.n == 0
                   : damage->status == MS_OK                          ? warned(layout, damage->text)
                                             : strstr(reading->error.text, damage->text) != NULL;

    snprintf(text, sizeof(text), "%s: status %d, error '%s', warning '%s', runs '%s'", damage->name,
             (int)reading->status, reading->error.text, first, runs_text(layout));
    if (reading->status == damage->status && as_told &&
        (!damage->runs || strcmp(damage->runs, runs_text(layout)) == 0))
        return NULL;
    return text;
}

// Reads every prefix of the golden that ends at a multiple of 16 bytes up to `limit`, by choice and
// by force. There is nothing to compare: it must end, and sanitizers must have nothing to say.
static inline void read_prefixes(const struct file_bytes *golden, size_t limit, const char *format)
{
    for (size_t n = 0; n <= limit && n <= golden->n; n += 16) {
        struct reading chosen = read_bytes(golden->bytes, n, NULL);
        struct reading forced = read_bytes(golden->bytes, n, format);

        ms_layout_release(&chosen.layout);
        ms_layout_release(&forced.layout);
    }
}

// The path of a sample dump in path[512]; false where there are no samples.
static inline bool sample_path(const char *name, char *path)
{
    const char *folder = getenv("MEMSCAN_SAMPLES");

    if (!folder)
        return false;
    snprintf(path, 512, "%s/%s", folder, name);
    return access(path, R_OK) == 0;
}

#define NO_SAMPLES "MEMSCAN_SAMPLES does not name the folder of sample dumps"

#endif
