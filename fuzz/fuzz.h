// SPDX-License-Identifier: MIT
//
// What the fuzz targets share: reading decisions from the input, files in memory, and checks that
// say what is wrong before they abort.

#ifndef MS_FUZZ_FUZZ_H
#define MS_FUZZ_FUZZ_H

#include <memscan/memscan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Aborts, which is what a fuzzer takes for a finding, unless the condition holds.
#define CHECK(condition, ...)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition);                        \
            fprintf(stderr, __VA_ARGS__);                                                          \
            fputc('\n', stderr);                                                                   \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

// A loop of the oracle's: slow enough without being watched, and not what is to be explored.
#if defined(__clang__)
#define UNWATCHED __attribute__((noinline, no_sanitize("address", "undefined", "coverage")))
#else
#define UNWATCHED
#endif

// == The input ==

// What is left of the input. Past its end there are zeros, so that short inputs mean something.
struct input {
    const uint8_t *at;
    size_t left;
};

static inline uint64_t take(struct input *input, size_t n_bytes)
{
    uint64_t value = 0;

    for (size_t i = 0; i < n_bytes && input->left > 0; i++, input->left--)
        value |= (uint64_t)*input->at++ << 8 * i;
    return value;
}

// == Texts ==

// A text for people: there, and one line without what would move a terminal's cursor.
static inline void check_line(const char *text, const char *what)
{
    CHECK(text && *text, "%s: no text", what);
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        CHECK(*c >= ' ' && *c != 127, "%s: character 0x%02x in \"%s\"", what, *c, text);
}

static inline void check_error(enum ms_status status, const struct ms_error *error,
                               const char *what)
{
    CHECK(error->status == status, "%s: returned %d, but the error says %d", what, (int)status,
          (int)error->status);
    CHECK(memchr(error->text, '\0', sizeof(error->text)), "%s: the text has no end", what);
    check_line(error->text, what);
}

// The column of an error lies in the text that it is about, or just behind it; and a character that
// the error names stands there.
static inline void check_column(const struct ms_error *error, const char *text, size_t length)
{
    static const char words[] = "' at character ";
    const char *named = NULL;

    CHECK(error->column <= length + 1, "column %u of %zu characters", error->column, length);
    // The text, which the error quotes, may say the same.
    if (!memmem(text, length, words, strlen(words)))
        named = strstr(error->text, words);
    // Characters that cannot be printed are written as \xNN.
    if (named && named - error->text >= 2 && named[-2] == '\'')
        CHECK(error->column >= 1 && error->column <= length && text[error->column - 1] == named[-1],
              "column %u is not where this is: %s", error->column, error->text);
}

// == Files in memory ==

struct memory_file {
    int fd;
    char path[32];
};

// The caller closes it with memory_file_close(). A machine without memory files ends the program:
// there is nothing to be tested.
static inline struct memory_file memory_file_open(const void *bytes, size_t size)
{
    struct memory_file file = {.fd = memfd_create("fuzz", MFD_CLOEXEC)};

    if (file.fd < 0 || (size > 0 && write(file.fd, bytes, size) != (ssize_t)size)) {
        perror("memfd_create");
        exit(2);
    }
    snprintf(file.path, sizeof(file.path), "/proc/self/fd/%d", file.fd);
    return file;
}

static inline void memory_file_close(const struct memory_file *file)
{
    close(file->fd);
}

#endif
