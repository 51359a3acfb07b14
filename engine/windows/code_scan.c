// SPDX-License-Identifier: MIT
//
// The filter finds operands by their value; each is then decoded. The instruction of an operand
// begins up to 14 bytes in front of it, so what was found waits until no operand to come can have
// one that begins before it.

#include "windows/code_scan.h"

#include "base/extent.h"
#include "windows/code_filter.h"
#include "windows/code_row.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHUNK = 1 << 16, // bytes that are looked through at a time
    // Bytes of an instruction in front of an operand, at most. An instruction has one that begins
    // at each byte at most, so no more than that wait at a time, and the one that comes.
    MOST_AHEAD = MS_INSTRUCTION_BYTES - MS_OPERAND_BYTES,
    PENDING = MOST_AHEAD + 2,
};

struct ms_code_scan {
    struct ms_code_source source;
    struct ms_code_filter filter;
    struct ms_code_rows rows;
    struct ms_code_refs_work work;

    struct ms_range area;
    uint64_t from;
    bool done; // with the area

    // Operands that begin in [chunk, chunk + n) are looked for; the next one at index `at`.
    uint64_t chunk;
    size_t n, at;
    uint8_t bytes[CHUNK + MS_OPERAND_BYTES - 1];
    bool present[CHUNK + MS_OPERAND_BYTES - 1];

    struct ms_code_ref pending[PENDING]; // ascending
    size_t n_pending;
};

struct ms_code_scan *ms_code_scan_create(const struct ms_code_source *source, unsigned bits,
                                         const struct ms_range *targets, size_t n_targets)
{
    struct ms_code_scan *scan = calloc(1, sizeof(*scan));

    if (!scan)
        return NULL;
    scan->source = *source;
    scan->done = true;
    ms_code_filter_init(&scan->filter, bits, targets, n_targets);
    ms_code_rows_start(&scan->rows, &scan->source, &scan->filter);
    return scan;
}

void ms_code_scan_free(struct ms_code_scan *scan)
{
    free(scan);
}

void ms_code_scan_begin(struct ms_code_scan *scan, const struct ms_range *area, uint64_t from)
{
    scan->area = *area;
    scan->from = from;
    scan->chunk = ms_max_u64(area->first, from);
    scan->n = scan->at = 0;
    scan->n_pending = 0;
    scan->done = area->last < from || area->last - area->first < MS_OPERAND_BYTES;
}

// == References ==

// Whether the whole instruction is where one is looked for.
static bool is_inside(struct ms_code_scan *scan, const struct ms_code_ref *ref)
{
    uint8_t bytes[MS_INSTRUCTION_BYTES];
    bool present[MS_INSTRUCTION_BYTES];
    const struct ms_vmem *code = &scan->source.code;

    return ref->address >= scan->area.first && ref->address >= scan->from &&
           ref->address <= scan->area.last && ref->length - 1u <= scan->area.last - ref->address &&
           code->read(code->user, ref->address, bytes, present, ref->length) == ref->length;
}

static void add_pending(struct ms_code_scan *scan, const struct ms_code_ref *ref)
{
    size_t i = scan->n_pending++;

    assert(i < PENDING);
    for (; i > 0 && scan->pending[i - 1].address > ref->address; i--)
        scan->pending[i] = scan->pending[i - 1];
    scan->pending[i] = *ref;
}

static void take_pending(struct ms_code_scan *scan, struct ms_code_ref *ref_ret)
{
    *ref_ret = scan->pending[0];
    scan->n_pending--;
    memmove(scan->pending, scan->pending + 1, scan->n_pending * sizeof(scan->pending[0]));
}

static enum ms_status examine(struct ms_code_scan *scan, uint64_t place)
{
    struct ms_code_ref ref;
    enum ms_status status = ms_code_rows_find(&scan->rows, &scan->area, place, &ref);

    scan->work.candidates++;
    if (status == MS_OK && is_inside(scan, &ref))
        add_pending(scan, &ref);
    return status == MS_MISSING ? MS_OK : status;
}

// == Looking through ==

// Reads the next chunk of which something is there. MS_MISSING: there is none.
static enum ms_status read_chunk(struct ms_code_scan *scan)
{
    const struct ms_code_source *source = &scan->source;
    uint64_t most = scan->area.last - (MS_OPERAND_BYTES - 1); // where an operand may begin
    uint64_t start = scan->chunk + scan->n;

    if (start < scan->chunk || start > most || !source->find(source->user, start, most, &start))
        return MS_MISSING;
    if (source->progress && source->progress(source->progress_user, scan->work.bytes))
        return MS_STOPPED;
    scan->chunk = start;
    scan->n = (size_t)ms_min_u64(CHUNK, most - start + 1);
    scan->at = 0;
    scan->work.bytes += source->code.read(source->code.user, start, scan->bytes, scan->present,
                                          scan->n + MS_OPERAND_BYTES - 1);
    return MS_OK;
}

// Decoding would find out, too, but this costs less.
static bool is_there(const struct ms_code_scan *scan, size_t at)
{
    return scan->present[at] && scan->present[at + 1] && scan->present[at + 2] &&
           scan->present[at + 3];
}

// Looks at the next place that the filter lets through, up to `last`, or reads on. MS_MISSING:
// there is no more to read.
static enum ms_status step(struct ms_code_scan *scan, uint64_t last)
{
    uint64_t place;
    uint32_t value = 0;
    size_t n;

    if (scan->at == scan->n)
        return read_chunk(scan);
    n = (size_t)ms_min_u64(scan->n - 1, last - scan->chunk) + 1;
    scan->at = ms_code_filter_next(&scan->filter, scan->chunk, scan->bytes, scan->at, n);
    if (scan->at == n)
        return MS_OK;
    place = scan->chunk + scan->at;
    for (size_t i = MS_OPERAND_BYTES; i-- > 0;)
        value = value << 8 | scan->bytes[scan->at + i];
    if (is_there(scan, scan->at) && ms_code_filter_may(&scan->filter, place, value)) {
        enum ms_status status = examine(scan, place);

        if (status != MS_OK)
            return status;
    }
    scan->at++;
    return MS_OK;
}

bool ms_code_scan_is_done(const struct ms_code_scan *scan)
{
    return scan->done && scan->n_pending == 0;
}

uint64_t ms_code_scan_position(const struct ms_code_scan *scan)
{
    uint64_t place = scan->chunk + scan->at, first = ms_max_u64(scan->area.first, scan->from);
    uint64_t settled = place - first > MOST_AHEAD ? place - MOST_AHEAD : first;

    if (scan->n_pending > 0 && (scan->done || scan->pending[0].address < settled))
        return scan->pending[0].address;
    return settled;
}

// Whether no operand to come can have an instruction that begins before the first one that waits.
static bool is_settled(const struct ms_code_scan *scan)
{
    return scan->done || scan->chunk + scan->at - scan->pending[0].address > MOST_AHEAD;
}

enum ms_status ms_code_scan_next(struct ms_code_scan *scan, uint64_t last, bool *found_ret,
                                 struct ms_code_ref *ref_ret)
{
    uint64_t last_place = last + ms_min_u64(MOST_AHEAD, UINT64_MAX - last);

    *found_ret = false;
    for (;;) {
        enum ms_status status;

        if (scan->n_pending > 0 && scan->pending[0].address <= last && is_settled(scan)) {
            take_pending(scan, ref_ret);
            *found_ret = true;
            return MS_OK;
        }
        if (scan->done || (scan->at < scan->n && scan->chunk + scan->at > last_place))
            return MS_OK;
        status = step(scan, last_place);
        if (status == MS_MISSING)
            scan->done = true;
        else if (status != MS_OK)
            return status;
    }
}

struct ms_code_refs_work ms_code_scan_work(const struct ms_code_scan *scan)
{
    struct ms_code_refs_work work = scan->work;

    work.decoded = scan->rows.decoded;
    return work;
}
