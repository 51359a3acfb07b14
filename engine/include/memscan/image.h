// SPDX-License-Identifier: MIT
//
// Images: a file that holds a copy of a machine's memory, seen as physical memory with holes.

#ifndef MEMSCAN_IMAGE_H
#define MEMSCAN_IMAGE_H

#include <memscan/range.h>
#include <memscan/status.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ms_image;

// == Opening ==

enum ms_open_flags {
    // Map the file instead of reading it: faster where the file is in the page cache. Installs a
    // handler for SIGBUS, once per process, which chains to the handler that was there before; it
    // is needed because a mapped file may shrink while it is scanned. Without this flag the
    // library reads, and touches no signal.
    MS_OPEN_MAP = 1u << 0,
};

struct ms_open_options {
    unsigned flags;     // enum ms_open_flags
    const char *format; // a name of ms_format_name(); NULL: recognise the container

    // Raw images alone: what the file leaves out, often the addresses of PCI devices below 4 GiB.
    // Whole pages; the file's bytes from offset `first` on are memory from last + 1 on. NULL:
    // nothing.
    const struct ms_range *hole;
};

// Opens the image at `path` (a regular file or a block device) and reads its headers. `options` may
// be NULL: recognise, read. The image is closed with ms_image_close().
//
// MS_UNSUPPORTED: a container that is recognised but cannot be read; the text names it.
// MS_MALFORMED: the headers contradict themselves so far that no memory can be told from them.
// What is wrong but leaves the rest sound is a warning of the opened image.
MS_API enum ms_status ms_image_open(const char *path, const struct ms_open_options *options,
                                    struct ms_image **image_ret, struct ms_error *error);

// Closes an image. No search of it may be running. NULL is allowed.
MS_API void ms_image_close(struct ms_image *image);

// The names that ms_open_options.format accepts, by index from 0; NULL past the last.
MS_API const char *ms_format_name(size_t index);

// == What an image is ==

// Strings returned here live as long as the image.

MS_API const char *ms_image_path(const struct ms_image *image);

// The container: "raw", "elf64", "crashdump64", ...
MS_API const char *ms_image_format(const struct ms_image *image);

// "x86", "x86_64", "arm64", ... or "unknown".
MS_API const char *ms_image_machine(const struct ms_image *image);

// 32 or 64: how wide addresses of this image are to be written.
MS_API unsigned ms_image_address_bits(const struct ms_image *image);

// The file's size in bytes when it was opened.
MS_API uint64_t ms_image_file_size(const struct ms_image *image);

// A stretch of physical memory.
enum ms_presence {
    MS_PRESENT, // its bytes are in the file, from `offset` on
    MS_ABSENT,  // the headers describe it, but the file does not hold it
};

struct ms_run {
    uint64_t start;  // physical address of the first byte
    uint64_t length; // bytes, never 0; start + length - 1 never wraps
    uint64_t offset; // of the first byte in the file; 0 if absent
    enum ms_presence presence;
};

// The runs, by ascending address, never overlapping; what lies in none of them is a hole. Two runs
// may abut where their bytes are not neighbours in the file.
MS_API size_t ms_image_n_runs(const struct ms_image *image);
MS_API struct ms_run ms_image_run(const struct ms_image *image, size_t index);

// Facts from the headers, in a fixed order: {"bugcheck", "0x0000007e (...)"}. `index` below
// ms_image_n_facts().
struct ms_fact {
    const char *name;
    const char *text;
};
MS_API size_t ms_image_n_facts(const struct ms_image *image);
MS_API struct ms_fact ms_image_fact(const struct ms_image *image, size_t index);

// What was wrong with the headers and passed over, one line each. Of many of one kind the first few
// are kept and the last one says how many there were.
MS_API size_t ms_image_n_warnings(const struct ms_image *image);
MS_API const char *ms_image_warning(const struct ms_image *image, size_t index);

// == Reading ==

// Copies `length` bytes from the physical address on into `bytes`, and sets present[i] to whether
// byte i is in the image and could be read; bytes[i] is 0 where it is not. Addresses past the top
// of the address space are not present. Returns the number of bytes present.
MS_API size_t ms_image_read(const struct ms_image *image, uint64_t address, uint8_t *bytes,
                            bool *present, size_t length);

// The bytes that the image holds and that calls of ms_image_read() could not read so far, each as
// often as it was tried. Searches tell of their own: see struct ms_coverage.
MS_API uint64_t ms_image_unread(const struct ms_image *image);

#ifdef __cplusplus
}
#endif

#endif
