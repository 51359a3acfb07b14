// SPDX-License-Identifier: MIT
//
// Printers: how the results of a search are written. Each is a const table of functions, one file a
// format; printer_find() knows which formats and modes there are.

#ifndef CLI_PRINT_H
#define CLI_PRINT_H

#include "attribution.h"
#include "output.h"
#include "settings.h"
#include "window.h"

// What all printers work with. One search of one image after another.
struct print_context {
    struct output *out;
    const struct settings *settings;
    const struct ms_patterns *patterns;
    const char *image_prefix; // "IMAGE" fit to print, where there are several images; else NULL
    const char *image_name;   // as on the command line
    const struct view *view;  // of the image: its spaces that are searched
    struct window *window;    // onto the view, where the hit is
    struct attribution *attribution;
    const char *const *labels; // of each pattern, for people; NULL where there is only one
    bool color;
    bool any_printed; // of this image or one before
    bool image_plain; // its name needs no quotes in CSV
    void *user;       // of the command
};

// Instructions among the hits.
struct code_counts {
    uint64_t hits;
    uint64_t uncertain; // of them
};

// Why a search ended and with what.
struct print_end {
    const struct ms_search_result *result;
    bool interrupted;
    const struct code_counts *code; // counted in `result` too; NULL: not looked for
};

struct printer {
    bool folds;   // matches in a row are one hit
    bool context; // --context makes sense
    bool gaps;    // --gaps makes sense
    bool edge;    // --edge makes sense: partial matches are marked
    bool closing; // a closing line on stderr says what the output does not
    void (*start)(struct print_context *context);                         // before the first image
    void (*begin)(struct print_context *context);                         // of an image
    void (*hit)(struct print_context *context, const struct ms_hit *hit); // NULL: only count
    void (*gap)(struct print_context *context, const struct ms_gap *gap);
    void (*coverage)(struct print_context *context, size_t space,
                     const struct ms_coverage *coverage); // of each space
    void (*module_coverage)(struct print_context *context, const char *module,
                            const struct ms_coverage *coverage); // where modules are searched
    void (*end)(struct print_context *context, const struct print_end *end);
};
// Any function may be NULL.

extern const struct printer text_printer, text_address_printer, kd_printer, kd_address_printer,
    count_printer, jsonl_printer, jsonl_count_printer, csv_printer, csv_count_printer;

// The printer for the format and mode of a search; NULL, after an error message, if there is none
// or if an option does not go with it.
const struct printer *printer_find(const struct settings *settings);

// == Parts ==

// Bytes that a hit shows: 16, or its match if longer, but no more than this.
#define MAX_HIT_BYTES 64

// Hex digits of the first bytes of a hit.
void print_hit_bytes(struct print_context *context, const struct ms_hit *hit);

// Hex digits of up to `length` bytes of the window's space, as far as it reaches.
void print_memory(struct print_context *context, uint64_t address, uint64_t length);

// Bytes of a partial match that are missing behind those that are there.
uint32_t hit_missing_behind(const struct print_context *context, const struct ms_hit *hit);

// Room for a label and the end of its string.
#define LABEL_BYTES 60
#define LABEL_ROOM  (LABEL_BYTES + 1)

// "dword 78090043", escaped and shortened, and the pattern's name.
char *format_pattern(char *at, const struct ms_pattern_info *info);
char *format_pattern_name(char *at, const struct ms_pattern_info *info);

#endif
