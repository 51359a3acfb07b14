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
#include "space_choice.h"
#include <inttypes.h>
#include <string.h>

#define DEFAULT_BYTES 128

// WinDbg shows so many characters a line.
#define TEXT_CHARACTERS 48

struct dump {
    const struct settings *settings;
    const struct view *view; // of one space
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
    char address[VIEW_ADDRESS_ROOM + 2],
        *at = view_format_address(address, dump->view, 0, row->address);

    at = format_text(at, "  ");
    output_bytes(dump->out, address, (size_t)(at - address));
    output_bytes(dump->out, row->columns, row->columns_length);
    output_char(dump->out, '\n');
}

// The physical address, where there is one.
static void print_json_physical(const struct dump *dump, uint64_t address)
{
    struct ms_space_info info = view_space(dump->view, 0);
    struct ms_mapping_info mapping;

    if (space_is_physical(&info))
        json_address(dump->out, "physical", address);
    else if (ms_spaces_translate(dump->view->spaces, 0, address, &mapping) &&
             mapping_has_physical(&mapping))
        json_address(dump->out, "physical", mapping.physical + (address - mapping.first));
}

static void print_json_row(const struct dump *dump, const struct dump_row *row)
{
    char hex[4 * TEXT_CHARACTERS];

    output_text(dump->out, "{\"type\":\"row\"");
    json_text(dump->out, "space", view_space(dump->view, 0).name);
    json_address(dump->out, "address", row->address);
    print_json_physical(dump, row->address);
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

static void count_bytes(struct dump *dump, const bool *present, uint32_t n_bytes)
{
    dump->n_bytes += n_bytes;
    for (uint32_t i = 0; i < n_bytes; i++)
        dump->n_present += present[i];
}

// == Columns ==

// Prints a row of up to `length` bytes. Returns how many bytes it took, 0 to stop.
static uint32_t dump_columns(struct dump *dump, uint64_t address, uint64_t length)
{
    struct row row;
    char columns[ROW_ROOM];
    struct dump_row printed = {.address = address, .bytes = row.bytes, .present = row.present};

    row_read(&row, dump->window, address, length);
    count_bytes(dump, row.present, row.n_bytes);
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
    // With the NUL that ended it.
    count_bytes(dump, present, n < n_bytes ? n + width : n_bytes);
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

static int add_present(void *user, const struct ms_mapping_info *mapping)
{
    if (mapping->state == MS_MAPPED_PRESENT)
        *(uint64_t *)user += mapping->last - mapping->first + 1;
    return 0;
}

// What could not be read prints as a hole does: so it is said.
static void report_unreadable(const struct dump *dump, uint64_t first)
{
    struct ms_range range = {.first = first, .last = first + (dump->n_bytes - 1)};
    uint64_t n_held = 0; // bytes that headers and tables say are in the file

    if (dump->n_bytes == 0)
        return;
    ms_spaces_visit(dump->view->spaces, 0, &range, add_present, &n_held);
    if (n_held > dump->n_present && !dump->settings->quiet)
        message("%s: warning: %" PRIu64 " of these bytes could not be read",
                ms_image_path(dump->view->image), n_held - dump->n_present);
}

// ADDR, or a range in any form.
static bool parse_where(const char *text, uint32_t element_size, struct ms_range *range)
{
    struct ms_error error = {0};
    enum ms_status status;

    if (strpbrk(text, "+,") != NULL) {
        status = ms_range_parse(text, element_size, range, &error);
    } else {
        status = ms_address_parse(text, &range->first, &range->physical, &error);
        range->last = range->first > UINT64_MAX - (DEFAULT_BYTES - 1)
                          ? UINT64_MAX
                          : range->first + (DEFAULT_BYTES - 1);
    }
    if (status != MS_OK)
        message_error("dump", &error);
    return status == MS_OK;
}

static int dump(const struct settings *settings, const struct ms_range *range,
                const struct view *view)
{
    struct outcome outcome = {0};
    struct output out;
    struct window window;
    struct dump dump = {.settings = settings, .view = view, .window = &window, .out = &out};

    if (!command_output_open(&out))
        return EXIT_ERROR;
    window_open(&window, view);
    interrupt_install();
    dump_range(&dump, range, &outcome);
    report_unreadable(&dump, range->first);
    outcome.found = dump.n_present > 0;
    return command_finish(&outcome, &out);
}

// Chooses the one space to print, and cuts the range to it.
static bool choose(struct opened *opened, const struct settings *settings, struct ms_range *range,
                   struct view *view)
{
    struct space_choice choice = {.by_default = DEFAULT_MEMORY};
    uint64_t top;

    space_choice_add_range(&choice, range);
    if (!spaces_choose(opened, settings, &choice))
        return false;
    if (ms_spaces_count(opened->spaces) != 1) {
        message("dump: --space: one space is expected");
        return false;
    }
    view_open(view, opened->image, opened->spaces);
    top = view_top(view, 0);
    if (range->first > top) {
        message("%s: the address 0x%" PRIx64 " is above the top of space %s", opened->path,
                range->first, view_space(view, 0).name);
        return false;
    }
    if (range->last > top)
        range->last = top;
    return true;
}

int command_dump(const struct settings *settings)
{
    struct ms_range range = {0};
    struct opened opened;
    struct view view;
    int status = EXIT_ERROR;

    if (settings->n_operands != 2) {
        message(
            "dump: an address and one image are expected, as in memscan dump 1000+80 image.raw");
        return EXIT_ERROR;
    }
    if (!parse_where(settings->operands[0], ms_pattern_kind_size(settings->dump_kind), &range))
        return EXIT_ERROR;
    if (image_open(&opened, settings->operands[1], settings) &&
        choose(&opened, settings, &range, &view)) {
        image_tell_unread(opened.path, ms_image_unread(opened.image), settings);
        status = dump(settings, &range, &view);
    }
    image_close(&opened);
    return status;
}
