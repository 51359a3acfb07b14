// SPDX-License-Identifier: MIT
//
// The peer: hs_scan() over the mapped file in calls of 2 MiB and nothing else. It loses the matches
// between two calls, knows no alignment, and reports a regex's ends but not its starts: what
// memscan does beyond that is what the comparison shows.

#include "bench.h"

#include <stdlib.h>

#ifdef BENCH_HAVE_HYPERSCAN
#include <fcntl.h>
#include <hs.h>
#include <sys/mman.h>
#include <unistd.h>

#define CALL_BYTES ((size_t)2 << 20)

struct peer {
    hs_database_t *database;
    hs_scratch_t *scratch;
};

static hs_database_t *compile(const struct row *row, const struct row_pattern *patterns)
{
    const char **expressions = calloc(row->n_patterns, sizeof(*expressions));
    unsigned *flags = calloc(row->n_patterns, sizeof(*flags));
    unsigned *ids = calloc(row->n_patterns, sizeof(*ids));
    hs_database_t *database = NULL;
    hs_compile_error_t *error = NULL;

    for (size_t i = 0; expressions && flags && ids && i < row->n_patterns; i++) {
        expressions[i] = patterns[i].expression;
        flags[i] = HS_FLAG_DOTALL | (patterns[i].ignore_case ? HS_FLAG_CASELESS : 0);
        ids[i] = (unsigned)i;
    }
    if (expressions && flags && ids &&
        hs_compile_multi(expressions, flags, ids, (unsigned)row->n_patterns, HS_MODE_BLOCK, NULL,
                         &database, &error) != HS_SUCCESS) {
        fprintf(stderr, "memscan-bench: Hyperscan: %s: %s\n", row->name, error->message);
        hs_free_compile_error(error);
    }
    free(expressions);
    free(flags);
    free(ids);
    return database;
}

struct peer *peer_create(const struct row *row, const struct row_pattern *patterns,
                         double *compile_seconds_ret)
{
    double start = now_seconds();
    struct peer *peer;

    if (!patterns[0].expression[0] || row->threads > 1 || !(peer = calloc(1, sizeof(*peer))))
        return NULL;
    peer->database = compile(row, patterns);
    if (!peer->database || hs_alloc_scratch(peer->database, &peer->scratch) != HS_SUCCESS) {
        peer_free(peer);
        return NULL;
    }
    *compile_seconds_ret = now_seconds() - start;
    return peer;
}

void peer_free(struct peer *peer)
{
    if (!peer)
        return;
    hs_free_scratch(peer->scratch);
    hs_free_database(peer->database);
    free(peer);
}

static int count(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                 void *context)
{
    uint64_t *hits = context;

    (void)id;
    (void)from;
    (void)to;
    (void)flags;
    ++*hits;
    return 0;
}

bool peer_scan_image(const struct peer *peer, const struct bench_image *image,
                     struct measurement *ret)
{
    double start = now_seconds();
    int fd = open(image->path, O_RDONLY | O_CLOEXEC);
    const char *bytes = fd < 0 ? MAP_FAILED : mmap(NULL, image->size, PROT_READ, MAP_SHARED, fd, 0);
    hs_error_t error = HS_SUCCESS;
    uint64_t hits = 0;

    if (bytes == MAP_FAILED) {
        perror(image->path);
        return false;
    }
    for (uint64_t at = 0; at < image->size && error == HS_SUCCESS; at += CALL_BYTES) {
        uint64_t left = image->size - at;

        error =
            hs_scan(peer->database, bytes + at, (unsigned)(left < CALL_BYTES ? left : CALL_BYTES),
                    0, peer->scratch, count, &hits);
    }
    munmap((void *)(uintptr_t)bytes, image->size);
    close(fd);
    *ret = (struct measurement){.seconds = now_seconds() - start, .hits = hits};
    if (error != HS_SUCCESS)
        fprintf(stderr, "memscan-bench: hs_scan: error %d\n", error);
    return error == HS_SUCCESS;
}
#else
struct peer *peer_create(const struct row *row, const struct row_pattern *patterns,
                         double *compile_seconds_ret)
{
    (void)row;
    (void)patterns;
    (void)compile_seconds_ret;
    return NULL;
}

void peer_free(struct peer *peer)
{
    (void)peer;
}

bool peer_scan_image(const struct peer *peer, const struct bench_image *image,
                     struct measurement *ret)
{
    (void)peer;
    (void)image;
    (void)ret;
    return false;
}
#endif
