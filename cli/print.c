// SPDX-License-Identifier: MIT
//
// Which printer prints what, and the parts that several of them use.

#include "print.h"

#include "escape.h"
#include "message.h"
#include "row.h"
#include <string.h>

enum print_mode {
    MODE_HITS,
    MODE_ADDRESSES,
    MODE_COUNTS,
    N_MODES,
};

static const char *const format_names[N_FORMATS] = {"text", "kd", "jsonl", "csv"};

static const struct printer *const printers[N_FORMATS][N_MODES] = {
    [FORMAT_TEXT] = {&text_printer, &text_address_printer, &count_printer},
    [FORMAT_KD] = {&kd_printer, &kd_address_printer, &count_printer},
    [FORMAT_JSONL] = {&jsonl_printer, NULL, &jsonl_count_printer},
    [FORMAT_CSV] = {&csv_printer, NULL, &csv_count_printer},
};

static const struct printer *refuse(const struct settings *settings, const char *option)
{
    const char *mode = settings->count_only ? " -c" : settings->addresses_only ? " -1" : "";

    message("%s: does not go with --format %s%s: leave one of them out", option,
            format_names[settings->format], mode);
    return NULL;
}

const struct printer *printer_find(const struct settings *settings)
{
    enum print_mode mode = settings->count_only       ? MODE_COUNTS
                           : settings->addresses_only ? MODE_ADDRESSES
                                                      : MODE_HITS;
    const struct printer *printer = printers[settings->format][mode];

    if (settings->count_only && settings->addresses_only)
        return refuse(settings, "-1");
    if (printer == NULL) {
        message("-1: not with --format %s: its lines hold the addresses",
                format_names[settings->format]);
        return NULL;
    }
    if (settings->context_given && !printer->context)
        return refuse(settings, "-C");
    if (settings->gaps && !printer->gaps)
        return refuse(settings, "--gaps");
    if (settings->edge && !printer->edge)
        return refuse(settings, "--edge");
    return printer;
}

void print_hit_bytes(struct print_context *context, const struct ms_hit *hit)
{
    uint32_t length = hit->length > MAX_HIT_BYTES ? MAX_HIT_BYTES : hit->length;

    print_memory(context, hit->address, length < ROW_BYTES ? ROW_BYTES : length);
}

void print_memory(struct print_context *context, uint64_t address, uint64_t length)
{
    uint8_t bytes[256];
    bool present[256];
    char text[2 * sizeof(bytes)];

    if (length > 0 && length - 1 > context->window->top - address)
        length = context->window->top - address + 1;
    while (length > 0) {
        size_t part = length < sizeof(bytes) ? (size_t)length : sizeof(bytes);

        window_read(context->window, address, bytes, present, part);
        output_bytes(context->out, text,
                     (size_t)(format_hex_bytes(text, bytes, present, part) - text));
        address += part;
        length -= part;
    }
}

uint32_t hit_missing_behind(const struct print_context *context, const struct ms_hit *hit)
{
    return ms_patterns_info(context->patterns, hit->pattern).length - hit->length -
           hit->missing_before;
}

char *format_pattern(char *at, const struct ms_pattern_info *info)
{
    char *start = at;

    at = format_text(at, ms_pattern_kind_name(info->kind));
    *at++ = ' ';
    return format_escaped(at, info->text, info->text_length, LABEL_BYTES - (size_t)(at - start));
}

char *format_pattern_name(char *at, const struct ms_pattern_info *info)
{
    return format_escaped(at, info->name, strlen(info->name), LABEL_BYTES);
}
