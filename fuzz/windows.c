// SPDX-License-Identifier: MIT

#include "windows.h"

#define MAX_WINDOWS 24

struct window_scan {
    struct ms_sink sink; // must be first
    const struct ms_matcher *matcher;
    struct ms_scratch *scratch;
    struct matches found;
    uint64_t next[MAX_PATTERNS]; // no match of a pattern may come below
};

static bool collect(struct ms_sink *sink, const struct ms_window *window, uint32_t pattern,
                    uint64_t address, uint32_t length, uint64_t count, uint32_t stride)
{
    struct window_scan *scan = (struct window_scan *)sink;
    uint64_t own_first = window->address + window->own_start;
    uint64_t own_last = window->address + window->own_end - 1;
    uint64_t last = window->address + window->length - 1;

    CHECK(pattern < ms_matcher_count(scan->matcher), "pattern %u", pattern);
    CHECK(count > 0 && (count == 1 || stride > 0) && length > 0, "an empty emission");
    for (uint64_t i = 0; i < count; i++, address += stride) {
        CHECK(address >= own_first && address <= own_last,
              "pattern %u at 0x%llx begins outside the own part", pattern,
              (unsigned long long)address);
        CHECK(length - 1 <= last - address, "pattern %u at 0x%llx ends outside", pattern,
              (unsigned long long)address);
        CHECK(address >= scan->next[pattern], "pattern %u goes back", pattern);
        scan->next[pattern] = address + 1;
        if (ms_window_allows(window, address, length))
            matches_add(&scan->found, address, pattern, length);
    }
    return true;
}

struct window_scan *window_scan_create(const struct ms_matcher *matcher)
{
    struct window_scan *scan = calloc(1, sizeof(*scan));

    if (!scan || ms_scratch_create(matcher, &scan->scratch, NULL))
        abort();
    scan->sink.take = collect;
    scan->matcher = matcher;
    return scan;
}

void window_scan_free(struct window_scan *scan)
{
    ms_scratch_free(scan->scratch);
    matches_release(&scan->found);
    free(scan);
}

// Scans the window, whose bytes are moved to where they are looked after.
static void scan_copied(struct window_scan *scan, struct ms_window *window, unsigned shift)
{
    // Only Hyperscan may read behind the window.
    bool slack = ms_matcher_n_patterns(scan->matcher, MS_ENGINE_HYPERSCAN) > 0;
    uint8_t *block = malloc(window->length + shift + (slack ? MS_SLACK_BYTES : 0));
    struct ms_error error;

    if (!block)
        abort();
    window->bytes = memcpy(block + shift, window->bytes, window->length);
    CHECK(ms_matcher_scan(scan->matcher, scan->scratch, window, &scan->sink, &error) == MS_OK,
          "a window: %s", error.text);
    free(block);
}

static void scan_window(struct window_scan *scan, const struct segment *segment, size_t own_start,
                        size_t own_end, const struct ms_window *pieces, unsigned shift)
{
    struct ms_margins margins = ms_matcher_margins(scan->matcher);
    size_t first = own_start > margins.before ? own_start - margins.before : 0;
    size_t behind = segment->length - own_end;
    size_t end = own_end + (behind < margins.after ? behind : margins.after);
    struct ms_window window = {
        .bytes = segment->bytes + first,
        .length = end - first,
        .address = segment->start + first,
        .own_start = own_start - first,
        .own_end = own_end - first,
        .pieces = pieces->pieces,
        .n_pieces = pieces->n_pieces,
    };

    scan_copied(scan, &window, shift);
}

size_t limit_chunk(size_t wanted, size_t length)
{
    size_t least = length / MAX_WINDOWS + 1;

    return wanted == 0 ? length : wanted > least ? wanted : least;
}

void window_scan_add(struct window_scan *scan, const struct segment *segment,
                     const struct ms_range *pieces, size_t n_pieces, struct cuts cuts)
{
    struct ms_window asked = {.pieces = pieces, .n_pieces = n_pieces};
    size_t chunk = limit_chunk(cuts.chunk, segment->length);
    size_t part = cuts.first > 0 ? cuts.first : chunk, end;

    for (size_t at = 0; at < segment->length; at = end, part = chunk) {
        end = segment->length - at > part ? at + part : segment->length;
        scan_window(scan, segment, at, end, &asked, cuts.shift);
    }
}

const struct matches *window_scan_found(struct window_scan *scan)
{
    matches_sort(&scan->found);
    return &scan->found;
}
