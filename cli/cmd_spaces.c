// SPDX-License-Identifier: MIT
//
// memscan spaces: a line for each address space.

#include "listing.h"

#include "message.h"
#include <string.h>

#define NAME_WIDTH  16
#define BYTES_WIDTH 15

static const struct columns columns = {
    .type = "space",
    .count = 9,
    .names = {"image", "name", "root", "paging", "size", "segments", "paged_out", "absent",
              "unreadable"},
};

// What a space consists of.
struct tally {
    struct listing *listing;
    size_t space;
    uint64_t bytes[MS_MAPPED_UNREADABLE + 1]; // by state
    uint64_t n_segments;
    uint64_t last; // of the last segment
};

static int add_mapping(void *user, const struct ms_mapping_info *mapping)
{
    struct tally *tally = user;

    tally->bytes[mapping->state] += mapping->last - mapping->first + 1;
    if (mapping->state == MS_MAPPED_PRESENT) {
        // Neighbours are one segment, wherever they are in physical memory.
        if (tally->n_segments == 0 || mapping->first - 1 != tally->last)
            tally->n_segments++;
        tally->last = mapping->last;
    }
    return listing_stops(tally->listing, tally->space, mapping->first);
}

static void print_missing(struct output *out, const struct tally *tally)
{
    static const struct {
        enum ms_mapping_state state;
        const char *what;
    } reasons[] = {
        {MS_MAPPED_PAGED_OUT, " paged out"},
        {MS_MAPPED_ABSENT, " absent"},
        {MS_MAPPED_UNREADABLE, " unreadable"},
    };

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (tally->bytes[reasons[i].state] == 0)
            continue;
        output_text(out, ", ");
        output_decimal(out, tally->bytes[reasons[i].state]);
        output_text(out, reasons[i].what);
    }
}

static void print_text(struct listing *listing, const struct ms_space_info *info,
                       const struct tally *tally)
{
    struct output *out = &listing->out;
    char size[FORMAT_NUMBER_ROOM];
    size_t length = (size_t)(format_decimal(size, tally->bytes[MS_MAPPED_PRESENT]) - size);

    listing_print_prefix(listing);
    output_text(out, info->name);
    output_blanks(out, strlen(info->name), NAME_WIDTH);
    output_blanks(out, length, BYTES_WIDTH);
    output_bytes(out, size, length);
    output_text(out, " bytes in ");
    output_decimal(out, tally->n_segments);
    output_text(out, tally->n_segments == 1 ? " segment" : " segments");
    print_missing(out, tally);
    if (!space_is_physical(info)) {
        output_text(out, "; ");
        output_text(out, ms_paging_name(info->paging));
        output_text(out, " page tables at ");
        listing_print_physical(listing, info->root);
    }
    output_char(out, '\n');
}

static void print_fields(struct listing *listing, const struct ms_space_info *info,
                         const struct tally *tally)
{
    bool tables = !space_is_physical(info);
    const struct field fields[] = {
        field_text(listing->opened.path),
        field_text(info->name),
        tables ? field_address(info->root) : field_none(),
        tables ? field_text(ms_paging_name(info->paging)) : field_none(),
        field_number(tally->bytes[MS_MAPPED_PRESENT]),
        field_number(tally->n_segments),
        field_number(tally->bytes[MS_MAPPED_PAGED_OUT]),
        field_number(tally->bytes[MS_MAPPED_ABSENT]),
        field_number(tally->bytes[MS_MAPPED_UNREADABLE]),
    };

    listing_print_row(listing, fields);
}

static bool list_space(struct listing *listing, size_t space)
{
    static const struct ms_range everything = {.last = UINT64_MAX};
    struct ms_space_info info = view_space(&listing->view, space);
    struct tally tally = {.listing = listing, .space = space};

    if (ms_spaces_visit(listing->opened.spaces, space, &everything, add_mapping, &tally) != 0)
        return false;
    if (listing->settings->format == FORMAT_TEXT)
        print_text(listing, &info, &tally);
    else
        print_fields(listing, &info, &tally);
    listing->outcome.found = true;
    return true;
}

int command_spaces(const struct settings *settings)
{
    static const struct lister lister = {
        .columns = &columns,
        .choice = {.by_default = DEFAULT_ALL},
        .list_space = list_space,
    };

    if (settings->n_operands > 0)
        return listing_run(&lister, settings, settings->operands, settings->n_operands);
    message("no image: name the files to describe: see memscan spaces --help");
    return EXIT_ERROR;
}
