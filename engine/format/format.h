// SPDX-License-Identifier: MIT
//
// Containers: what kinds of file hold physical memory, and where in them it lies.
//
// A reader bids on a file, and the highest bidder reads it: it fills a layout with the physical
// runs in the order of the file, and with the facts of the headers. A reader does not sort, and
// does not mind overlaps: the image layer does that.
//
// To add a container:
//   1. write engine/format/NAME.c, ending in a const struct ms_format_ops, with the layouts' source
//      named at the top;
//   2. add it to the list in registry.c (and take it out of the recognised ones in foreign.c);
//   3. teach corpus/ to write it, from the facts alone;
//   4. add a hand-written golden to tests/format/, and seeds to fuzz/.

#ifndef MS_FORMAT_FORMAT_H
#define MS_FORMAT_FORMAT_H

#include "base/error.h"
#include "base/vec.h"
#include "source/source.h"
#include <memscan/image.h>

// Physical memory as a header describes it. Addresses and lengths are in bytes.
struct ms_format_run {
    uint64_t start;  // physical
    uint64_t length; // described; the reader has checked that start + length - 1 does not wrap
    uint64_t offset; // in the file
    uint64_t stored; // bytes that the file should hold for it, at most `length`; the rest is absent
};

struct ms_layout_fact {
    const char *name; // a string constant
    char *text;       // owned, printable ASCII
};

// How many warnings of one kind there were; see ms_layout_warn().
struct ms_layout_warning_kind {
    const char *kind;
    size_t n;
};

// Registers of a processor of the machine, as notes of a container tell them.
struct ms_processor {
    const char *source; // a string constant: "QEMU note", ...
    unsigned number;    // counted from 0
    unsigned level;     // of privilege: 3 is a program
    uint64_t cr0, cr3, cr4;
    uint64_t rip;
    uint64_t idt;           // base; 0: not told
    uint64_t gs, kernel_gs; // bases; 0: not told
};
#define MS_MAX_PROCESSORS 256

struct ms_told_number {
    bool known;
    uint64_t value;
};

// What a container tells of page tables, and of the system that made them.
struct ms_system {
    bool is_windows;                        // no other system leaves such a container
    MS_VEC(struct ms_processor) processors; // the first MS_MAX_PROCESSORS

    // Of a crash dump's header.
    struct ms_told_number directory_table_base;
    struct ms_told_number pae;
    uint64_t kernel_addresses[4]; // virtual, of what the kernel keeps there
    size_t n_kernel_addresses;
    struct ms_told_number loaded_module_list; // virtual, two of these
    struct ms_told_number debugger_data;
    struct ms_told_number build;

    // Of a Linux kernel's VMCOREINFO.
    bool is_linux;
    struct ms_told_number swapper_pg_dir; // virtual address of the kernel's own topmost table
    struct ms_told_number phys_base;      // what to add to the kernel's link addresses
    struct ms_told_number five_levels;
};

// What a reader tells of a file. Zero-initialised before it is read; released by the caller also
// when the reader failed.
struct ms_layout {
    const char *machine;   // a string constant; NULL: unknown
    unsigned address_bits; // 32 or 64; 0: unknown, as wide as the runs need
    struct ms_system system;
    MS_VEC(struct ms_format_run) runs; // in the order of the file
    MS_VEC(struct ms_layout_fact) facts;
    MS_VEC(char *) warnings; // owned, printable ASCII
    MS_VEC(struct ms_layout_warning_kind) warning_kinds;

    // Runs beyond this number are left out with a warning, so that a small file cannot ask for much
    // memory; 0: no limit. Set by the caller of a reader.
    size_t max_runs;
    bool full; // the limit was met: what else a reader finds would be left out, it may stop

    const struct ms_range *hole; // what a raw file leaves out; NULL: nothing. Set by the caller
};

void ms_layout_release(struct ms_layout *layout);

// Adds a run. One that is empty or wraps is left out with a counted warning that names it as
// `what` and `index` ("program header 3"). `stored` is cut to `length`. Does nothing once the
// layout is full.
enum ms_status ms_layout_add_run(struct ms_layout *layout, struct ms_format_run run,
                                 const char *what, uint64_t index, struct ms_error *error);

// Adds a fact; `name` is a string constant. What is not printable ASCII becomes a dot: facts and
// warnings quote strangers.
enum ms_status ms_layout_add_fact(struct ms_layout *layout, struct ms_error *error,
                                  const char *name, const char *format, ...) MS_PRINTF(4, 5);

// Adds a warning. Of warnings of one `kind` (a string constant) the first 8 are kept;
// ms_layout_finish() says how many more there were.
enum ms_status ms_layout_warn(struct ms_layout *layout, struct ms_error *error, const char *kind,
                              const char *format, ...) MS_PRINTF(4, 5);
enum ms_status ms_layout_finish(struct ms_layout *layout, struct ms_error *error);

// The first bytes of a file, for bids.
struct ms_head {
    uint8_t bytes[4096]; // zeros behind `length`
    size_t length;       // what the file has of them
    uint64_t file_size;
};

struct ms_format_ops {
    const char *name;  // as in --as NAME and in the output: "crashdump64"
    const char *title; // for people: "64-bit Windows crash dump"

    // The number of bits of the head that are as this container has them; 0: not mine. Raw, which
    // has nothing to check, bids 1. Must not fail, and keeps no state.
    unsigned (*bid)(const struct ms_head *head);

    // Fills the layout. Must not trust that the file is of this kind: the user may have forced it.
    // Fails with MS_MALFORMED, MS_UNSUPPORTED (a variant that is not read), MS_IO or MS_NOMEM; the
    // caller puts the path and the title in front of the text.
    enum ms_status (*read)(const struct ms_source *source, const struct ms_head *head,
                           struct ms_layout *layout, struct ms_error *error);
};

// The reader for a file: the one called `name`, or where `name` is NULL the highest bidder.
// MS_ARGUMENT: there is no such name. MS_UNSUPPORTED: recognised but not read (the text names the
// container and says that "--as raw" forces a search of the file as it is).
enum ms_status ms_format_choose(const struct ms_source *source, const char *name,
                                struct ms_head *head_ret, const struct ms_format_ops **ops_ret,
                                struct ms_error *error);

#endif
