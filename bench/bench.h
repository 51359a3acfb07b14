// SPDX-License-Identifier: MIT
//
// memscan-bench inside: rows (what is searched for, and by which way), images (what is searched),
// and the ways to go over an image's bytes in this process: just reading them (R), the library.

#ifndef MS_BENCH_BENCH_H
#define MS_BENCH_BENCH_H

#include <memscan/memscan.h>
#include <stdio.h>
#include <sys/types.h>

// == Rows ==

enum image_kind {
    IMAGE_REALISTIC,
    IMAGE_FLOOD,
    IMAGE_ZEROS,
    IMAGE_HALF, // every second DWORD matches
    IMAGE_TEXT,
    IMAGE_SCATTERED,     // a kernel's space without neighbours that are neighbours in memory
    IMAGE_PROCESSES,     // processes that share most pages
    IMAGE_LARGE,         // page tables that must be found, in much memory
    IMAGE_MODULES,       // a Windows kernel with 300 modules
    IMAGE_MODULES_LARGE, // the same in much memory, most of it nothing
    N_IMAGES,
};

struct row_pattern {
    enum ms_pattern_kind kind;
    bool ignore_case;
    uint32_t align; // 0: the kind's own
    char text[96];

    // The same for other programs: these bytes; without any, a regex; without one, they have none.
    uint8_t bytes[64];
    size_t n_bytes;
    char regex[112];

    // Instead of `text` and `bytes`, where these have no room for it: a text. Not the pattern's
    // own.
    const char *whole;
};

// The pattern as memscan takes it.
const char *pattern_text(const struct row_pattern *pattern);

// Its n_bytes bytes.
const uint8_t *pattern_bytes(const struct row_pattern *pattern);

// The pattern as a regex for other programs: empty if they have none. The caller frees it. NULL
// without memory.
char *pattern_expression(const struct row_pattern *pattern);

// Where matches may start: at multiples of a value's size, unless the pattern says otherwise.
uint32_t pattern_alignment(const struct row_pattern *pattern);

enum section {
    SECTION_LIBRARY, // searches in this process, beside bare Hyperscan
    SECTION_COLD,    // searches of a file that is not in the page cache, in this process
    SECTION_SPACES,  // searches of address spaces, beside those of physical memory
    SECTION_MODULES, // modules of a Windows kernel, in this process
    SECTION_COMMAND, // the command, as processes
    SECTION_PEERS,   // the command beside other programs, as processes
    N_SECTIONS,
};

extern const char *const section_names[N_SECTIONS];

struct row {
    enum section section;
    const char *name;
    const char *title;
    enum image_kind image;
    unsigned threads; // 0: one a processor
    size_t n_patterns;
    void (*make)(struct row_pattern *pattern, size_t index);

    // SECTION_LIBRARY: names of plants in the truth file that this row must find, blanks around
    // each; NULL: none. SECTION_SPACES: the same, of plants in the kernel's space. SECTION_COMMAND:
    // the command's arguments, separated by blanks; a @ is the file of the row's patterns. Others:
    // NULL.
    const char *more;
};

extern const struct row rows[];
extern const size_t n_rows;

// Makes the row's patterns, always the same ones. The caller frees them. NULL without memory.
struct row_pattern *row_patterns(const struct row *row);

// The row's number of threads, 0 resolved.
unsigned row_threads(const struct row *row);

// == Images ==

struct bench_image {
    char path[4096];
    char truth[4096 + 8];
    uint64_t size; // 0: not made
};

struct image_options {
    const char *dir;
    const char *size; // as memscan-mkimage takes it
    const char *spec; // instead of the two of corpus/; NULL
    const char *mkimage;
};

// Makes the image with memscan-mkimage, unless it is there. False after a message.
bool image_make(const struct image_options *options, enum image_kind kind,
                struct bench_image *image);

// == Going over an image ==

// What one run took.
struct measurement {
    double seconds;
    double processor_seconds; // of all its threads
    double user_seconds;      // of these; 0 where the run was no process of its own
    double system_seconds;    // ...
    uint64_t rss_bytes;       // ... the most memory in use, the mapped file included
    uint64_t peak_bytes; // the most anonymous memory that was seen in use; beyond what there was
                         // before the row where it was in this process
    uint64_t hits;       // 0: not counted
    bool gave_up;        // it was ended before it had found all
};

double now_seconds(void);
double processor_seconds(void); // that this process has taken

// Bytes of anonymous memory that a process has in use; 0: this one.
uint64_t anonymous_bytes(pid_t process);

// Maps the file, ORs all its bytes together, unmaps it: R, and with several threads what so many
// readers reach together. False after a message.
bool read_image(const char *path, unsigned threads, struct measurement *ret);

// "avx2" or "64-bit words": how read_image() reads here.
const char *read_method(void);

struct prepared_search {
    struct ms_matcher *matcher;
    double compile_seconds;
    uint64_t bytes_before; // anonymous memory before the matcher was made
};

bool search_prepare(const struct row *row, const struct row_pattern *patterns, unsigned engine_mask,
                    struct prepared_search *ret);
void search_release(struct prepared_search *search);

// What a search goes through besides the image.
struct spaces_setup {
    size_t n_processes; // spaces of processes, whose roots are the pages behind the kernel's; 0:
                        // the kernel's space
    bool find;          // finds the tables; else the kernel's root is at 2 MiB
};

// Makes the spaces of an image. NULL after a message.
struct ms_spaces *spaces_make(const struct spaces_setup *setup, const struct ms_image *image);

// Opens the image, mapped, counts all matches, closes it. In physical memory, or with `setup` in
// spaces, which are made anew and counted in the time.
bool search_image(const struct prepared_search *search, const struct bench_image *image,
                  const struct spaces_setup *setup, unsigned threads, struct measurement *ret);

// The same of physical memory, without mapping the file.
bool search_image_read(const struct prepared_search *search, const struct bench_image *image,
                       unsigned threads, struct measurement *ret);

#endif
