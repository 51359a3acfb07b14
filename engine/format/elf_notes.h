// SPDX-License-Identifier: MIT
//
// The notes of an ELF core: what they tell of the machine whose memory it is.

#ifndef MS_FORMAT_ELF_NOTES_H
#define MS_FORMAT_ELF_NOTES_H

#include "format/format.h"

#define MS_ELF_ROOTS_KEPT 8

// What was found so far; zero-initialised before the first segment.
struct ms_elf_notes {
    uint64_t bytes_seen; // over all segments
    uint32_t n_prstatus; // CPUs, by the notes that each producer writes one a CPU of
    uint32_t n_qemu;
    uint32_t n_vbox;
    uint32_t vbox_format;              // VirtualBox's version of its notes; 0: no such notes
    uint64_t roots[MS_ELF_ROOTS_KEPT]; // cr3 of the CPUs, each value once, in their order
    size_t n_roots;
    bool has_auxv; // only processes have an auxiliary vector
    bool has_vmcoreinfo;
};

// Reads the notes in [offset, offset + length) of the file. What is broken is a warning.
enum ms_status ms_elf_notes_read(struct ms_elf_notes *notes, const struct ms_source *source,
                                 uint64_t offset, uint64_t length, struct ms_layout *layout,
                                 struct ms_error *error);

// Adds what was counted over all notes to the facts.
enum ms_status ms_elf_notes_finish(const struct ms_elf_notes *notes, struct ms_layout *layout,
                                   struct ms_error *error);

#endif
