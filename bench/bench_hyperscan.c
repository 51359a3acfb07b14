// SPDX-License-Identifier: MIT

#include "bench_hyperscan.h"

#ifdef BENCH_HAVE_HYPERSCAN
#include <fcntl.h>
#include <hs.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

const bool bare_is_built = true;

#define CALL_BYTES ((uint64_t)2 << 20)

// What is taken for the longest match where an expression has none; memscan's own limit.
#define LONGEST 4096

struct bare {
    hs_database_t *database;
    hs_scratch_t *scratch;
    uint32_t *widths; // by id: of matches that all have one length, where starts are wanted; else 0
    uint64_t overlap;
    bool starts;
};

// == Making ==

static bool failed(const char *what, const char *message)
{
    fprintf(stderr, "memscan-bench: Hyperscan: %s: %s\n", what, message);
    return false;
}

// Whether Hyperscan has to track where the expression's matches start.
static bool measure(struct bare *bare, const char *text, unsigned id, bool *track_ret)
{
    hs_compile_error_t *error = NULL;
    hs_expr_info_t *info = NULL;
    bool ok = hs_expression_info(text, HS_FLAG_DOTALL, &info, &error) == HS_SUCCESS;

    if (!ok) {
        failed(text, error->message);
        hs_free_compile_error(error);
        return false;
    }
    uint64_t longest = info->max_width < LONGEST ? info->max_width : LONGEST;

    *track_ret = bare->starts && info->min_width != info->max_width;
    bare->widths[id] = bare->starts && !*track_ret ? info->max_width : 0;
    bare->overlap = longest - 1 > bare->overlap ? longest - 1 : bare->overlap;
    free(info);
    return true;
}

static bool compile(struct bare *bare, const struct bare_expressions *expressions, unsigned *flags,
                    unsigned *ids)
{
    hs_compile_error_t *error = NULL;

    for (size_t i = 0; i < expressions->n; i++) {
        bool track;

        if (!measure(bare, expressions->texts[i], (unsigned)i, &track))
            return false;
        ids[i] = (unsigned)i;
        flags[i] = HS_FLAG_DOTALL | (expressions->ignore_case ? HS_FLAG_CASELESS : 0) |
                   (track ? HS_FLAG_SOM_LEFTMOST : 0);
    }
    if (hs_compile_multi(expressions->texts, flags, ids, (unsigned)expressions->n, HS_MODE_BLOCK,
                         NULL, &bare->database, &error) != HS_SUCCESS) {
        failed("compiling", error->message);
        hs_free_compile_error(error);
        return false;
    }
    return hs_alloc_scratch(bare->database, &bare->scratch) == HS_SUCCESS;
}

struct bare *bare_create(const struct bare_expressions *expressions)
{
    struct bare *bare = calloc(1, sizeof(*bare));
    unsigned *flags = calloc(expressions->n, sizeof(*flags));
    unsigned *ids = calloc(expressions->n, sizeof(*ids));
    bool ok = bare && flags && ids;

    if (ok) {
        bare->starts = expressions->starts;
        bare->widths = calloc(expressions->n, sizeof(*bare->widths));
        ok = bare->widths && compile(bare, expressions, flags, ids);
    }
    free(flags);
    free(ids);
    if (ok)
        return bare;
    bare_free(bare);
    return NULL;
}

void bare_free(struct bare *bare)
{
    if (!bare)
        return;
    hs_free_scratch(bare->scratch);
    hs_free_database(bare->database);
    free(bare->widths);
    free(bare);
}

// == Scanning ==

struct call {
    const struct bare *bare;
    uint64_t offset; // of the bytes that Hyperscan sees
    uint64_t before; // so many of them the last call has seen
    bare_match *match;
    void *user;
};

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                    void *context)
{
    const struct call *call = context;
    const uint32_t width = call->bare->widths[id];

    (void)flags;
    if (to > call->before)
        call->match(call->user, call->offset + (width ? to - width : from), call->offset + to);
    return 0;
}

static bool scan(const struct bare *bare, const void *bytes, uint64_t length, bare_match *match,
                 void *user)
{
    hs_error_t error = HS_SUCCESS;

    for (uint64_t at = 0; at < length && error == HS_SUCCESS; at += CALL_BYTES) {
        uint64_t before = at < bare->overlap ? at : bare->overlap;
        uint64_t end = length - at < CALL_BYTES ? length : at + CALL_BYTES;
        struct call call = {bare, at - before, before, match, user};

        error = hs_scan(bare->database, (const char *)bytes + call.offset,
                        (unsigned)(end - call.offset), 0, bare->scratch, on_match, &call);
    }
    if (error != HS_SUCCESS)
        fprintf(stderr, "memscan-bench: hs_scan: error %d\n", error);
    return error == HS_SUCCESS;
}

// A file with a page behind it that can be read: Hyperscan may read past the end, see
// engine/base/slack.h.
#define SLACK ((size_t)4096)

static void *map_file(int fd, size_t size)
{
    size_t whole = (size + SLACK - 1) / SLACK * SLACK;
    uint8_t *bytes = mmap(NULL, whole + SLACK, PROT_READ, MAP_SHARED, fd, 0);

    if (bytes != MAP_FAILED && mmap(bytes + whole, SLACK, PROT_READ,
                                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) {
        munmap(bytes, whole + SLACK);
        return MAP_FAILED;
    }
    return bytes;
}

bool bare_scan_file(const struct bare *bare, const char *path, bare_match *match, void *user)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat facts = {0};
    void *bytes = MAP_FAILED;
    bool ok;

    if (fd >= 0 && fstat(fd, &facts) == 0)
        bytes = map_file(fd, (size_t)facts.st_size);
    if (bytes == MAP_FAILED) {
        perror(path);
        if (fd >= 0)
            close(fd);
        return false;
    }
    ok = scan(bare, bytes, (uint64_t)facts.st_size, match, user);
    munmap(bytes, ((size_t)facts.st_size + SLACK - 1) / SLACK * SLACK + SLACK);
    close(fd);
    return ok;
}
#else
const bool bare_is_built = false;

struct bare *bare_create(const struct bare_expressions *expressions)
{
    (void)expressions;
    return NULL;
}

void bare_free(struct bare *bare)
{
    (void)bare;
}

bool bare_scan_file(const struct bare *bare, const char *path, bare_match *match, void *user)
{
    (void)bare;
    (void)path;
    (void)match;
    (void)user;
    return false;
}
#endif
