// SPDX-License-Identifier: MIT
//
// The bytes of a file: mapped, or read. A source is immutable; any number of threads may use it.
//
// A mapped file can shrink, and its pages can fail to read, while it is being scanned; the access
// then raises SIGBUS. Mapped bytes are therefore read only between ms_source_guard() and
// ms_source_unguard(). In between, the signal handler puts a page of zeros where the file's page is
// gone and notes the place; unguard tells whether any of the bytes just read may be such zeros, and
// the caller then discards what it concluded and uses ms_source_read_at(), which knows what is
// there.

#ifndef MS_SOURCE_SOURCE_H
#define MS_SOURCE_SOURCE_H

#include <memscan/status.h>
#include <stdbool.h>

struct ms_source;

// Opens a regular file or a block device. It may be read anywhere; the system is told to expect
// that it is gone through in order, so that what is not in the page cache is read ahead. With
// `map`, the SIGBUS handler is installed (once a process) and the file is mapped; where mapping
// fails, the source reads.
enum ms_status ms_source_open(const char *path, bool map, struct ms_source **source_ret,
                              struct ms_error *error);
void ms_source_close(struct ms_source *source);

const char *ms_source_path(const struct ms_source *source);

// Bytes, at the time of opening.
uint64_t ms_source_size(const struct ms_source *source);

// Reads all of [offset, offset + length), or fails: MS_MALFORMED if the file ends before, MS_IO if
// it cannot be read. The error names file, offset, and `what` was to be read there ("the bitmap").
// Never uses the mapping, so needs no guard.
enum ms_status ms_source_read(const struct ms_source *source, uint64_t offset, void *bytes,
                              size_t length, const char *what, struct ms_error *error);

// Reads what can be read of [offset, offset + length): returns the number of bytes read before the
// file ended (now, not when it was opened) or a read failed. Never uses the mapping.
size_t ms_source_read_at(const struct ms_source *source, uint64_t offset, void *bytes,
                         size_t length);

// How many bytes, `length` at the most, are given up from `offset` on, where a read has just
// failed: the rest of the file's page.
size_t ms_source_lost(uint64_t offset, size_t length);

// Whether the file stores nothing for [offset, offset + length), all of it in the file, so that
// these bytes are zeros without being read. False where that cannot be told.
bool ms_source_is_hole(const struct ms_source *source, uint64_t offset, size_t length);

// The mapped bytes of [offset, offset + length), or NULL where the source is not mapped or the
// range passes its size. Valid until the source is closed, to be read under the guard only, with
// MS_SLACK_BYTES behind the range.
const uint8_t *ms_source_view(const struct ms_source *source, uint64_t offset, size_t length);

// Whether the mapped page at an offset is in memory, or there is none, so that nothing is gained by
// bringing it there.
bool ms_source_is_in_memory(const struct ms_source *source, uint64_t offset);

// Brings the mapped bytes of [offset, offset + length) into memory, so that reading their view does
// not wait for the disk; returns when they are there, or cannot be. What is there already, by its
// first page, is a hole of the file or lies past its end is left as it is. False: the system has no
// such thing, or the source is not mapped.
bool ms_source_populate(const struct ms_source *source, uint64_t offset, size_t length);

// A guard belongs to the calling thread; they do not nest. Costs a few stores.
void ms_source_guard(const struct ms_source *source);

// Ends the guard. False: bytes of the view of [offset, offset + length) may not be the file's.
bool ms_source_unguard(const struct ms_source *source, uint64_t offset, size_t length);

#endif
