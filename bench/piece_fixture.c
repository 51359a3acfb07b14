// SPDX-License-Identifier: MIT

#include "piece_fixture.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool failed(const char *what, const struct ms_error *error)
{
    fprintf(stderr, "memscan-bench-pieces: %s: %s\n", what, error->text);
    return false;
}

// == Images ==

static bool write_spec(struct memory_file *file, const char *spec)
{
    size_t length = strlen(spec);

    return memory_file_make(file) && write(file->fd, spec, length) == (ssize_t)length;
}

static bool copy_image(struct memory_file *file, const char *path)
{
    FILE *from = fopen(path, "rb");
    char buffer[65536];
    bool ok = from && memory_file_make(file);
    size_t length;

    while (ok && (length = fread(buffer, 1, sizeof(buffer), from)) > 0)
        ok = write(file->fd, buffer, length) == (ssize_t)length;
    if (from)
        fclose(from);
    return ok;
}

// The builder writes files that have a name: so in a folder that is gone when this returns.
bool fixture_image(struct memory_file *file, const char *format, const char *spec)
{
    char folder[] = "/tmp/memscan-bench.XXXXXX", path[sizeof(folder) + 8];
    struct memory_file text = {0}, error = {0};
    const char *const arguments[] = {BENCH_MKIMAGE, "--format", format, text.path, path, NULL};
    struct measurement measured;
    bool ok = mkdtemp(folder) != NULL;

    snprintf(path, sizeof(path), "%s/image", folder);
    ok = ok && write_spec(&text, spec) && memory_file_make(&error) &&
         process_run(arguments, NULL, &error, &measured) && copy_image(file, path);
    memory_file_release(&text);
    memory_file_release(&error);
    unlink(path);
    rmdir(folder);
    if (!ok)
        fprintf(stderr, "memscan-bench-pieces: an image of %s could not be made\n", format);
    return ok;
}

// == Bytes ==

static bool read_memory(uint8_t *bytes)
{
    char spec[128];
    struct memory_file file = {0};
    bool ok;

    snprintf(spec, sizeof(spec), "run 0 %zu\nfill 0 %zu mixed\n", FIXTURE_BYTES, FIXTURE_BYTES);
    ok = fixture_image(&file, "raw", spec) &&
         pread(file.fd, bytes, FIXTURE_BYTES, 0) == (ssize_t)FIXTURE_BYTES;
    memory_file_release(&file);
    return ok;
}

static void fill_random(uint8_t *bytes)
{
    uint64_t state = 1;

    for (size_t i = 0; i < FIXTURE_BYTES; i += sizeof(state)) {
        // Marsaglia's xorshift64: any noise will do.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        memcpy(bytes + i, &state, sizeof(state));
    }
}

const uint8_t *fixture_bytes(enum fixture_bytes kind)
{
    static uint8_t made[N_FIXTURE_BYTES][FIXTURE_BYTES + FIXTURE_SLACK];
    static bool is_made[N_FIXTURE_BYTES] = {[BYTES_ZERO] = true};

    if (!is_made[kind] && kind == BYTES_RANDOM)
        fill_random(made[kind]);
    else if (!is_made[kind] && !read_memory(made[kind]))
        return NULL;
    is_made[kind] = true;
    return made[kind];
}

// == Patterns ==

struct ms_patterns *fixture_patterns(pattern_maker *make, size_t n)
{
    struct ms_patterns *patterns = NULL;
    struct ms_error error;
    enum ms_status status = ms_patterns_create(&patterns, &error);

    for (size_t i = 0; i < n && status == MS_OK; i++) {
        struct row_pattern pattern = {0};

        make(&pattern, i);
        const struct ms_pattern_options options = {
            .ignore_case = pattern.ignore_case,
            .align = pattern.align,
        };
        status = ms_patterns_add(patterns, pattern.kind, pattern.text, strlen(pattern.text),
                                 &options, &error);
    }
    if (status == MS_OK)
        return patterns;
    failed("a pattern", &error);
    ms_patterns_free(patterns);
    return NULL;
}

struct ms_matcher *fixture_matcher(struct ms_patterns *patterns, const char *simd)
{
    const struct ms_matcher_options options = {.simd = simd};
    struct ms_matcher *matcher = NULL;
    struct ms_error error;

    if (patterns && ms_matcher_create(patterns, &options, &matcher, &error) != MS_OK)
        failed("a matcher", &error);
    ms_patterns_free(patterns);
    return matcher;
}
