// SPDX-License-Identifier: MIT
//
// memscan-bench inside: rows (what is searched for), images (what is searched), and the three ways
// to go over an image's bytes: just reading them (R), the library, and Hyperscan alone.

#ifndef MS_BENCH_BENCH_H
#define MS_BENCH_BENCH_H

#include <memscan/memscan.h>
#include <stdio.h>

// == Rows ==

enum image_kind {
    IMAGE_REALISTIC,
    IMAGE_FLOOD,
    N_IMAGES,
};

struct row_pattern {
    enum ms_pattern_kind kind;
    bool ignore_case;
    uint32_t align; // 0: the kind's own
    char text[96];
    char expression[112]; // for Hyperscan alone; empty: it has none
};

struct row {
    const char *name;
    const char *title;
    enum image_kind image;
    unsigned threads;
    size_t n_patterns;
    void (*make)(struct row_pattern *pattern, size_t index);
    // Names of plants in the truth file that this row must find, blanks around each; NULL: none.
    const char *plants;
};

extern const struct row rows[];
extern const size_t n_rows;

// Makes the row's patterns, always the same ones. The caller frees them. NULL without memory.
struct row_pattern *row_patterns(const struct row *row);

// == Images ==

struct bench_image {
    char path[4096];
    char truth[4096 + 8];
    uint64_t size;
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

struct measurement {
    double seconds;
    uint64_t hits;
    uint64_t peak_bytes; // anonymous memory beyond what there was before the row; 0: not measured
};

double now_seconds(void);

// Bytes of anonymous memory that the process has in use.
uint64_t anonymous_bytes(void);

// Maps the file, ORs all its bytes together, unmaps it: R, and with several threads what so many
// readers reach together. False after a message.
bool read_image(const struct bench_image *image, unsigned threads, struct measurement *ret);

// "avx2" or "64-bit words": how read_image() reads here.
const char *read_method(void);

struct prepared_search {
    struct ms_matcher *matcher;
    double compile_seconds;
    uint64_t bytes_before; // anonymous memory before the matcher was made
};

bool search_prepare(const struct row *row, const struct row_pattern *patterns, const char *simd,
                    unsigned engine_mask, struct prepared_search *ret);
void search_release(struct prepared_search *search);

// Opens the image, mapped, counts all matches, closes it.
bool search_image(const struct prepared_search *search, const struct bench_image *image,
                  unsigned threads, struct measurement *ret);

struct peer;

// Hyperscan alone over the row's expressions. NULL: there is none, or this build has no Hyperscan.
struct peer *peer_create(const struct row *row, const struct row_pattern *patterns,
                         double *compile_seconds_ret);
void peer_free(struct peer *peer);

// Maps the file and scans it in calls of 2 MiB, counting the matches that it reports.
bool peer_scan_image(const struct peer *peer, const struct bench_image *image,
                     struct measurement *ret);

// == Checking ==

// Holds the row to the truth file, and where that does not take long to the scalar engine. False
// after a message.
bool check_row(const struct row *row, const struct row_pattern *patterns,
               const struct bench_image *image);

// == Reporting ==

#define MAX_ROUNDS 99

// What the rounds of one row gave: [i] of each is of round i.
struct row_result {
    const struct row *row;
    uint64_t image_bytes;
    unsigned n_rounds;
    double read_seconds[MAX_ROUNDS];
    double seconds[MAX_ROUNDS];
    double peer_seconds[MAX_ROUNDS];
    bool has_peer;
    uint64_t hits;
    uint64_t peer_hits;
    uint64_t peak_bytes;
    double compile_seconds;
    double peer_compile_seconds;
};

void report_machine(FILE *file, const struct bench_image images[N_IMAGES], unsigned n_rounds);
void report_heading(void);
void report_row(const struct row_result *result);
bool report_json(const char *path, const struct bench_image images[N_IMAGES],
                 const struct row_result *results, size_t n);

#endif
