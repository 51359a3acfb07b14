// SPDX-License-Identifier: MIT
//
// memscan dump: memory as WinDbg's d commands print it. Rows are written as they are read, so that
// a range may be of any size.

#include "command.h"

#include "escape.h"
#include "image_open.h"
#include "interrupt.h"
#include "json.h"
#include "message.h"
#include "row.h"
#include <inttypes.h>
#include <string.h>

#define DEFAULT_BYTES 128

// WinDbg shows so many characters a line.
#define TEXT_CHARACTERS 48

struct dump {
    const struct settings *settings;
    const struct ms_image *image;
    struct window *window;
    struct output *out;
    uint64_t n_bytes;   // printed
    uint64_t n_present; // of them, those that the image holds
};

// One row to print: its bytes, and how they look.
struct dump_row {
    uint64_t address;
    const uint8_t *bytes;
    const bool *present;
    uint32_t n_bytes;
    const char *columns;
    size_t columns_length;
};

static void print_text_row(const struct dump *dump, const struct dump_row *row)
{
    char address[FORMAT_NUMBER_ROOM + 4], *at = format_text(address, "p:");

    at = format_address(at, row->address, ms_image_address_bits(dump->image));
    at = format_text(at, "  ");
    output_bytes(dump->out, address, (size_t)(at - address));
    output_bytes(dump->out, row->columns, row->columns_length);
    output_char(dump->out, '\n');
}

static void print_json_row(const struct dump *dump, const struct dump_row *row)
{
    char hex[4 * TEXT_CHARACTERS];

    output_text(dump->out, "{\"type\":\"row\",\"space\":\"physical\"");
    json_address(dump->out, "address", row->address);
    json_address(dump->out, "physical", row->address);
    output_text(dump->out, ",\"bytes\":\"");
    output_bytes(dump->out, hex,
                 (size_t)(format_hex_bytes(hex, row->bytes, row->present, row->n_bytes) - hex));
    output_char(dump->out, '"');
    json_key(dump->out, "text");
    output_json_string(dump->out, row->columns, row->columns_length);
    output_text(dump->out, "}\n");
}

static void print_row(const struct dump *dump, const struct dump_row *row)
{
    if (dump->settings->format == FORMAT_JSONL)
        print_json_row(dump, row);
    else
        print_text_row(dump, row);
}

// == Columns ==

// Prints a row of up to `length` bytes. Returns how many bytes it took, 0 to stop.
static uint32_t dump_columns(struct dump *dump, uint64_t address, uint64_t length)
{
    struct row row;
    char columns[ROW_ROOM];
    struct dump_row printed = {.address = address, .bytes = row.bytes, .present = row.present};

    dump->n_present += row_read(&row, dump->window, address, length);
    dump->n_bytes += row.n_bytes;
    printed.n_bytes = row.n_bytes;
    printed.columns = columns;
    printed.columns_length =
        (size_t)(row_format(columns, dump->settings->dump_kind, &row, 0) - columns);
    print_row(dump, &printed);
    return row.n_bytes;
}

// == Text ==

// Whether the character at `bytes` is a NUL that the image holds.
static bool is_nul(const uint8_t *bytes, const bool *present, uint32_t width)
{
    for (uint32_t i = 0; i < width; i++)
        if (!present[i] || bytes[i] != 0)
            return false;
    return true;
}

static char text_character(const uint8_t *bytes, const bool *present, uint32_t width)
{
    if (width == 1)
        return printable(bytes[0], present[0]);
    if (!present[0] || !present[1])
        return '?';
    return bytes[1] == 0 ? printable(bytes[0], true) : '.';
}

static uint32_t dump_text(struct dump *dump, uint64_t address, uint64_t length)
{
    uint32_t width = ms_pattern_kind_size(dump->settings->dump_kind);
    uint64_t room = (uint64_t)TEXT_CHARACTERS * width;
    uint32_t n_bytes = (uint32_t)(length < room ? length - length % width : room), n = 0;
    uint8_t bytes[2 * TEXT_CHARACTERS];
    bool present[2 * TEXT_CHARACTERS];
    char columns[TEXT_CHARACTERS + 2], *at = columns;

    if (n_bytes == 0)
        return 0; // half a character is left
    window_read(dump->window, address, bytes, present, n_bytes);
    *at++ = '"';
    for (; n < n_bytes && !is_nul(bytes + n, present + n, width); n += width)
        *at++ = text_character(bytes + n, present + n, width);
    *at++ = '"';
    for (uint32_t i = 0; i < n_bytes && i < n + width; i++) {
        dump->n_present += present[i];
        dump->n_bytes++;
    }
    print_row(dump,
              &(struct dump_row){address, bytes, present, n, columns, (size_t)(at - columns)});
    return n < n_bytes ? 0 : n_bytes;
}

// == The command ==

static void dump_range(struct dump *dump, const struct ms_range *range, struct outcome *outcome)
{
    enum ms_pattern_kind kind = dump->settings->dump_kind;
    bool text = kind == MS_ASCII || kind == MS_UTF16;
    uint64_t address = range->first;

    for (;;) {
        uint64_t left = range->last - address; // one less than the bytes: all 2^64 have a number
        uint64_t length = left == UINT64_MAX ? left : left + 1;
        uint32_t taken =
            text ? dump_text(dump, address, length) : dump_columns(dump, address, length);

        if (taken == 0 || taken > left || dump->out->os_errno != 0)
            return;
        address += taken;
        if (interrupt_requested()) {
            outcome->interrupted = true;
            message("interrupted before 0x%" PRIx64, address);
            return;
        }
    }
}

// Bytes of [first, last] that the image's headers say are in the file.
static uint64_t count_held(const struct ms_image *image, uint64_t first, uint64_t last)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < ms_image_n_runs(image); i++) {
        struct ms_run run = ms_image_run(image, i);
        uint64_t run_last = run.start + (run.length - 1);
        uint64_t from = run.start > first ? run.start : first;
        uint64_t to = run_last < last ? run_last : last;

        if (run.presence == MS_PRESENT && from <= to)
            sum += to - from + 1;
    }
    return sum;
}

// What could not be read prints as a hole does: so it is said.
static void report_unreadable(const struct dump *dump, uint64_t first)
{
    uint64_t unreadable;

    if (dump->n_bytes == 0)
        return;
    unreadable = count_held(dump->image, first, first + (dump->n_bytes - 1)) - dump->n_present;
    if (unreadable > 0 && !dump->settings->quiet)
        message("%s: warning: %" PRIu64 " of these bytes could not be read",
                ms_image_path(dump->image), unreadable);
}

// ADDR, or a range in any form.
static bool parse_where(const char *text, uint32_t element_size, struct ms_range *range)
{
    struct ms_error error = {0};
    enum ms_status status;

    if (strpbrk(text, "+,") != NULL) {
        status = ms_range_parse(text, element_size, range, &error);
    } else {
        status = ms_address_parse(text, &range->first, NULL, &error);
        range->last = range->first > UINT64_MAX - (DEFAULT_BYTES - 1)
                          ? UINT64_MAX
                          : range->first + (DEFAULT_BYTES - 1);
    }
    if (status != MS_OK)
        message_error("dump", &error);
    return status == MS_OK;
}

static int dump(const struct settings *settings, const struct ms_range *range,
                const struct ms_image *image)
{
    struct outcome outcome = {0};
    struct output out;
    struct window window;
    struct dump dump = {.settings = settings, .image = image, .window = &window, .out = &out};

    if (!command_output_open(&out))
        return EXIT_ERROR;
    window_open(&window, image);
    interrupt_install();
    dump_range(&dump, range, &outcome);
    report_unreadable(&dump, range->first);
    outcome.found = dump.n_present > 0;
    return command_finish(&outcome, &out);
}

int command_dump(const struct settings *settings)
{
    struct ms_range range = {0};
    struct ms_image *image;
    int status;

    if (settings->n_operands != 2) {
        message(
            "dump: an address and one image are expected, as in memscan dump 1000+80 image.raw");
        return EXIT_ERROR;
    }
    if (!parse_where(settings->operands[0], ms_pattern_kind_size(settings->dump_kind), &range))
        return EXIT_ERROR;
    image = image_open(settings->operands[1], settings);
    if (image == NULL)
        return EXIT_ERROR;
    status = dump(settings, &range, image);
    ms_image_close(image);
    return status;
}
