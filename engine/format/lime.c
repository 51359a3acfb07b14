// SPDX-License-Identifier: MIT
//
// LiME v1, the format of the Linux Memory Extractor and of AVML without compression: ranges one
// after the other, a 32-byte header in front of each. Layout: LiME's docs/README.md and src/lime.h.
//
//     00 u32 magic "EMiL"   04 u32 version, 1
//     08 u64 first address  10 u64 last address, inclusive   18 u64 reserved, 0

#include "base/bytes.h"
#include "base/extent.h"
#include "format/formats.h"

#include <inttypes.h>
#include <string.h>

#define HEADER_BYTES 0x20
#define VERSION      1

struct range_header {
    uint64_t first, last;
};

static bool has_magic(const uint8_t *bytes)
{
    return memcmp(bytes, "EMiL", 4) == 0;
}

static unsigned bid(const struct ms_head *head)
{
    unsigned bits = 32;

    if (!has_magic(head->bytes))
        return 0;
    bits += ms_le32(head->bytes + 4) == VERSION ? 32 : 0;
    bits += head->length >= HEADER_BYTES && ms_le64(head->bytes + 0x18) == 0 ? 64 : 0;
    return bits;
}

// Reads the header at `offset`. MS_MALFORMED and MS_UNSUPPORTED say what is wrong with it.
static enum ms_status read_header(const struct ms_source *source, uint64_t offset,
                                  struct range_header *ret, struct ms_error *error)
{
    uint8_t bytes[HEADER_BYTES];
    enum ms_status status =
        ms_source_read(source, offset, bytes, sizeof(bytes), "a range header", error);

    if (status)
        return status;
    if (!has_magic(bytes))
        return ms_fail(error, MS_MALFORMED, "no range header at offset 0x%" PRIx64, offset);
    if (ms_le32(bytes + 4) != VERSION)
        return ms_fail(error, MS_UNSUPPORTED,
                       "the range header at offset 0x%" PRIx64 " is of version %u, not 1", offset,
                       ms_le32(bytes + 4));
    ret->first = ms_le64(bytes + 8);
    ret->last = ms_le64(bytes + 16);
    if (ret->last < ret->first || !ms_extent_valid(ret->first, ret->last - ret->first + 1))
        return ms_fail(error, MS_MALFORMED,
                       "the range header at offset 0x%" PRIx64 " gives a range from 0x%" PRIx64
                       " to 0x%" PRIx64,
                       offset, ret->first, ret->last);
    return MS_OK;
}

// The ranges in front of a bad header are sound: they stay, and the rest of the file is said to be
// lost, because nothing tells where the next header is.
static enum ms_status give_up(const struct ms_source *source, uint64_t offset,
                              const struct ms_error *why, struct ms_layout *layout,
                              struct ms_error *error)
{
    return ms_layout_warn(layout, error, "range headers",
                          "%s: the last %" PRIu64 " bytes of the file are left out", why->text,
                          ms_source_size(source) - offset);
}

static enum ms_status read(const struct ms_source *source, const struct ms_head *head,
                           struct ms_layout *layout, struct ms_error *error)
{
    uint64_t size = ms_source_size(source);
    uint64_t offset = 0, length;

    (void)head;
    for (uint64_t i = 0; offset < size && !layout->full; i++) {
        struct range_header range = {0};
        struct ms_error why;
        enum ms_status status = read_header(source, offset, &range, i ? &why : error);

        if (status)
            return i ? give_up(source, offset, &why, layout, error) : status;
        length = range.last - range.first + 1;
        offset += HEADER_BYTES;
        status = ms_layout_add_run(
            layout,
            (struct ms_format_run){
                .start = range.first, .length = length, .offset = offset, .stored = length},
            "range", i, error);
        if (status)
            return status;
        if (length > size - offset)
            break;
        offset += length;
    }
    return MS_OK;
}

const struct ms_format_ops ms_format_lime = {
    .name = "lime",
    .title = "LiME image",
    .bid = bid,
    .read = read,
};
