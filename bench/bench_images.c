// SPDX-License-Identifier: MIT
//
// The images, made by memscan-mkimage. They are the same in every run, so one that is there is used
// again, unless its spec is newer.

#include "bench.h"

#include "bench_modules_spec.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
    const char *name;
    const char *spec;
    const char *format;
    const char *size; // always; NULL: what was asked for
    bool stored;      // without holes
} kinds[N_IMAGES] = {
    // Without its hole, so that a place in the file is the address.
    [IMAGE_REALISTIC] = {"bench", BENCH_SPECS "/bench.spec", "raw-concat", NULL, false},
    [IMAGE_FLOOD] = {"flood", BENCH_SPECS "/flood.spec", "raw", NULL, false},
    [IMAGE_ZEROS] = {"zeros", BENCH_SPECS "/zeros.spec", "raw", NULL, true},
    [IMAGE_HALF] = {"half", BENCH_SPECS "/half.spec", "raw", NULL, false},
    [IMAGE_TEXT] = {"text", BENCH_SPECS "/text.spec", "raw", NULL, false},
    [IMAGE_SCATTERED] = {"scattered", BENCH_SPECS "/scattered.spec", "raw", NULL, false},
    [IMAGE_PROCESSES] = {"spaces200", BENCH_SPECS "/spaces200.spec", "raw", NULL, false},
    [IMAGE_LARGE] = {"open", BENCH_SOURCE "/bench/open.spec", "raw", "16G", false},
    // Their specs are written here.
    [IMAGE_MODULES] = {"modules", NULL, "raw", NULL, false},
    [IMAGE_MODULES_LARGE] = {"modules-large", NULL, "raw", "16G", false},
};

static bool is_there(const struct bench_image *image, const char *spec)
{
    struct stat image_facts, truth_facts, spec_facts;

    return stat(image->path, &image_facts) == 0 && stat(image->truth, &truth_facts) == 0 &&
           stat(spec, &spec_facts) == 0 && truth_facts.st_mtime >= spec_facts.st_mtime;
}

static bool run(char **arguments)
{
    int status = 0, error;
    pid_t pid;

    error = posix_spawn(&pid, arguments[0], NULL, NULL, arguments, environ);
    if (error) {
        fprintf(stderr, "memscan-bench: %s: %s\n", arguments[0], strerror(error));
        return false;
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static const char *size_of(const struct image_options *options, enum image_kind kind)
{
    return kinds[kind].size && !options->spec ? kinds[kind].size : options->size;
}

static bool make(const struct image_options *options, enum image_kind kind, const char *spec,
                 struct bench_image *image)
{
    char size[64];
    // posix_spawn() takes what main() gets: pointers to char that it does not write to.
    const char *arguments[] = {
        options->mkimage, "--format", kinds[kind].format, "--set", size, "--truth",
        image->truth,     spec,       image->path,        NULL};
    char *copy[sizeof(arguments) / sizeof(arguments[0])];

    snprintf(size, sizeof(size), "SIZE=%s", size_of(options, kind));
    memcpy(copy, arguments, sizeof(arguments));
    fprintf(stderr, "making %s\n", image->path);
    return run(copy);
}

// One that is there is kept, and so is its image.
static bool write_spec(const struct image_options *options, enum image_kind kind, char *path,
                       size_t room)
{
    const struct modules_spec spec = {
        .n_modules = SPEC_MODULES,
        .realistic = kind == IMAGE_MODULES,
        .size = "1G",
    };
    int length = snprintf(path, room, "%s/%s.spec", options->dir, kinds[kind].name);
    FILE *file;

    if (length < 0 || (size_t)length >= room) {
        fprintf(stderr, "memscan-bench: --dir is too long\n");
        return false;
    }
    if (access(path, F_OK) == 0)
        return true;
    file = fopen(path, "w");
    if (file)
        modules_spec_write(file, &spec);
    if (file && fclose(file) == 0)
        return true;
    perror(path);
    return false;
}

// Zeros that are a hole of the file take no time to read: they are written where that is not meant.
static bool store_holes(const char *path, uint64_t size)
{
    static uint8_t bytes[1 << 20];
    int fd = open(path, O_RDWR | O_CLOEXEC);
    bool ok = fd >= 0;

    for (uint64_t at = 0; ok && at < size; at += sizeof(bytes)) {
        size_t n = size - at < sizeof(bytes) ? (size_t)(size - at) : sizeof(bytes);

        ok = pread(fd, bytes, n, (off_t)at) == (ssize_t)n &&
             pwrite(fd, bytes, n, (off_t)at) == (ssize_t)n;
    }
    if (!ok)
        perror(path);
    if (fd >= 0)
        close(fd);
    return ok;
}

bool image_make(const struct image_options *options, enum image_kind kind,
                struct bench_image *image)
{
    const char *spec = options->spec ? options->spec : kinds[kind].spec;
    char written[sizeof(image->path)];
    struct stat facts;
    int length = snprintf(image->path, sizeof(image->path), "%s/%s-%s.img", options->dir,
                          options->spec ? "own" : kinds[kind].name, size_of(options, kind));

    if (length < 0 || (size_t)length >= sizeof(image->path)) {
        fprintf(stderr, "memscan-bench: --dir and --size are too long\n");
        return false;
    }
    if (!spec) {
        if (!write_spec(options, kind, written, sizeof(written)))
            return false;
        spec = written;
    }
    snprintf(image->truth, sizeof(image->truth), "%s.truth", image->path);
    if (!is_there(image, spec) && !make(options, kind, spec, image))
        return false;
    if (stat(image->path, &facts) != 0) {
        perror(image->path);
        return false;
    }
    image->size = (uint64_t)facts.st_size;
    // Blocks are of 512 bytes, whatever the file system's are.
    return !kinds[kind].stored || (uint64_t)facts.st_blocks >= image->size / 512 ||
           store_holes(image->path, image->size);
}
