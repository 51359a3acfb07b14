// SPDX-License-Identifier: MIT

#include "source/whole_file.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>
#ifdef MS_HAVE_LZMA
#include <lzma.h>
#endif

#define CHUNK         0x10000
#define MIB           0x100000u
#define UNPACK_MEMORY (UINT64_C(256) * MIB) // xz -9 needs a quarter of that

static const uint8_t xz_magic[6] = {0xfd, '7', 'z', 'X', 'Z', 0};

struct reading {
    const char *path;
    int fd;
    size_t limit;
    struct ms_whole_file *file;
    struct ms_error *error;
    uint8_t chunk[CHUNK];
    size_t n; // bytes in it; 0: the file is at its end
    uint8_t unpacked[CHUNK];
};

static enum ms_status read_chunk(struct reading *reading)
{
    ssize_t n;

    reading->n = 0;
    while (reading->n < CHUNK) {
        n = read(reading->fd, reading->chunk + reading->n, CHUNK - reading->n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ms_fail_errno(reading->error, errno, "%s: cannot be read", reading->path);
        if (n == 0)
            break;
        reading->n += (size_t)n;
    }
    return MS_OK;
}

static enum ms_status append(struct reading *reading, const uint8_t *bytes, size_t n)
{
    struct ms_whole_file *file = reading->file;

    if (n == 0)
        return MS_OK;
    if (n > reading->limit - file->bytes.n)
        return ms_fail(reading->error, MS_UNSUPPORTED, "%s: it has more than %zu MiB",
                       reading->path, reading->limit / MIB);
    if (!ms_vec_reserve(&file->bytes, n))
        return ms_fail_nomem(reading->error);
    memcpy(file->bytes.items + file->bytes.n, bytes, n);
    file->bytes.n += n;
    return MS_OK;
}

static enum ms_status copy(struct reading *reading)
{
    enum ms_status status = MS_OK;

    while (!status && reading->n > 0) {
        status = append(reading, reading->chunk, reading->n);
        if (!status)
            status = read_chunk(reading);
    }
    return status;
}

#ifdef MS_HAVE_LZMA

static enum ms_status fail_unpacking(struct reading *reading, lzma_ret result, uint64_t at)
{
    if (result == LZMA_MEM_ERROR)
        return ms_fail_nomem(reading->error);
    if (result == LZMA_MEMLIMIT_ERROR)
        return ms_fail(reading->error, MS_UNSUPPORTED,
                       "%s: unpacking it takes more than %u MiB of memory", reading->path,
                       (unsigned)(UNPACK_MEMORY / MIB));
    if (result == LZMA_BUF_ERROR)
        return ms_fail(reading->error, MS_MALFORMED,
                       "%s: byte %" PRIu64 ": the file ends, and its packed data does not",
                       reading->path, at);
    return ms_fail(reading->error, MS_MALFORMED, "%s: byte %" PRIu64 ": this is no valid .xz data",
                   reading->path, at);
}

static enum ms_status unpack_with(struct reading *reading, lzma_stream *stream)
{
    lzma_ret result = lzma_stream_decoder(stream, UNPACK_MEMORY, LZMA_CONCATENATED);
    enum ms_status status = MS_OK;

    stream->next_in = reading->chunk;
    stream->avail_in = reading->n;
    while (!status && result == LZMA_OK) {
        if (stream->avail_in == 0 && reading->n > 0) {
            status = read_chunk(reading);
            stream->next_in = reading->chunk;
            stream->avail_in = reading->n;
        }
        stream->next_out = reading->unpacked;
        stream->avail_out = CHUNK;
        if (!status)
            result = lzma_code(stream, reading->n > 0 ? LZMA_RUN : LZMA_FINISH);
        if (!status)
            status = append(reading, reading->unpacked, CHUNK - stream->avail_out);
    }
    if (status || result == LZMA_STREAM_END)
        return status;
    return fail_unpacking(reading, result, stream->total_in);
}

static enum ms_status unpack(struct reading *reading)
{
    lzma_stream stream = LZMA_STREAM_INIT;
    enum ms_status status = unpack_with(reading, &stream);

    lzma_end(&stream);
    return status;
}

#else

static enum ms_status unpack(struct reading *reading)
{
    return ms_fail(reading->error, MS_UNSUPPORTED,
                   "%s: it is packed, and memscan was built without liblzma: unpack it with xz -d",
                   reading->path);
}

#endif

enum ms_status ms_whole_file_read(const char *path, size_t limit, struct ms_whole_file *file,
                                  struct ms_error *error)
{
    struct reading reading = {.path = path, .limit = limit, .file = file, .error = error};
    enum ms_status status;

    reading.fd = open(path, O_RDONLY | O_CLOEXEC);
    if (reading.fd < 0)
        return ms_fail_errno(error, errno, "%s: cannot be opened", path);
    status = read_chunk(&reading);
    if (!status && reading.n >= sizeof(xz_magic) &&
        memcmp(reading.chunk, xz_magic, sizeof(xz_magic)) == 0)
        status = unpack(&reading);
    else if (!status)
        status = copy(&reading);
    close(reading.fd);
    return status;
}
