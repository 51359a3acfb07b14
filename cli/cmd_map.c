// SPDX-License-Identifier: MIT
//
// memscan map: what is mapped where. Lines are printed as the tables are walked.

#include "listing.h"

#include "message.h"
#include <stdlib.h>
#include <string.h>

#define BYTES_WIDTH 15
#define STATE_WIDTH 10

static const struct columns columns = {
    .type = "mapping",
    .count = 8,
    .names = {"image", "space", "start", "end", "bytes", "flags", "state", "physical"},
};

// The ranges to list; without any, everything.
struct map_ranges {
    struct ms_range *items;
    size_t count;
};

// The space that is being listed.
struct map {
    struct listing *listing;
    size_t space;
    bool has_flags;
};

// == One mapping ==

static void print_text(const struct map *map, const struct ms_mapping_info *mapping,
                       const char *flags)
{
    struct output *out = &map->listing->out;
    const char *state = ms_mapping_state_name(mapping->state);
    char bytes[FORMAT_NUMBER_ROOM];
    size_t length = (size_t)(format_decimal(bytes, mapping->last - mapping->first + 1) - bytes);

    listing_print_prefix(map->listing);
    listing_print_address(map->listing, map->space, mapping->first);
    output_char(out, '-');
    listing_print_address(map->listing, map->space, mapping->last);
    output_char(out, ' ');
    output_blanks(out, length, BYTES_WIDTH - 1);
    output_bytes(out, bytes, length);
    output_text(out, "  ");
    output_text(out, flags);
    output_text(out, map->has_flags ? "  " : "");
    output_text(out, state);
    if (mapping_has_physical(mapping)) {
        output_blanks(out, strlen(state), STATE_WIDTH + 2);
        listing_print_physical(map->listing, mapping->physical);
    }
    output_char(out, '\n');
}

static void print_fields(const struct map *map, const struct ms_mapping_info *mapping,
                         const char *flags)
{
    const struct field fields[] = {
        field_text(map->listing->opened.path),
        field_text(view_space(&map->listing->view, map->space).name),
        field_address(mapping->first),
        field_address(mapping->last),
        field_number(mapping->last - mapping->first + 1),
        map->has_flags ? field_text(flags) : field_none(),
        field_text(ms_mapping_state_name(mapping->state)),
        mapping_has_physical(mapping) ? field_address(mapping->physical) : field_none(),
    };

    listing_print_row(map->listing, fields);
}

static int print_mapping(void *user, const struct ms_mapping_info *mapping)
{
    const struct map *map = user;
    const struct settings *settings = map->listing->settings;
    char flags[PAGE_FLAGS_LENGTH + 1] = "";

    if (listing_stops(map->listing, map->space, mapping->first))
        return 1;
    if (map->has_flags && (mapping->flags & settings->page_flags) != settings->page_flags)
        return 0;
    if (map->has_flags)
        *format_page_flags(flags, mapping->flags) = '\0';
    if (settings->format == FORMAT_TEXT)
        print_text(map, mapping, flags);
    else
        print_fields(map, mapping, flags);
    map->listing->outcome.found = true;
    return 0;
}

// == A space ==

static bool list_space(struct listing *listing, size_t space)
{
    static const struct ms_range everything = {.last = UINT64_MAX};
    const struct map_ranges *ranges = listing->lister->user;
    struct ms_space_info info = view_space(&listing->view, space);
    struct map map = {listing, space, !space_is_physical(&info)};

    if (ranges->count == 0)
        return ms_spaces_visit(listing->opened.spaces, space, &everything, print_mapping, &map) ==
               0;
    for (size_t i = 0; i < ranges->count; i++) {
        struct ms_range range = ranges->items[i];

        range_fit(&range, listing->opened.spaces);
        if (range.physical == space_is_physical(&info) &&
            ms_spaces_visit(listing->opened.spaces, space, &range, print_mapping, &map) != 0)
            return false;
    }
    return true;
}

// == The command ==

static bool parse_ranges(struct map_ranges *ranges, const struct settings *settings)
{
    struct ms_error error = {0};

    ranges->items = calloc(settings->n_ranges + 1, sizeof(*ranges->items));
    if (ranges->items == NULL) {
        message_no_memory();
        return false;
    }
    for (; ranges->count < settings->n_ranges; ranges->count++) {
        if (ms_range_parse(settings->ranges[ranges->count], 1, &ranges->items[ranges->count],
                           &error) != MS_OK) {
            message_error("--range", &error);
            return false;
        }
    }
    return true;
}

int command_map(const struct settings *settings)
{
    struct map_ranges ranges = {0};
    struct lister lister = {
        .columns = &columns,
        .choice = {.by_default = DEFAULT_MEMORY},
        .list_space = list_space,
        .user = &ranges,
    };
    int status = EXIT_ERROR;

    if (settings->n_operands == 0) {
        message("no image: name the files to describe: see memscan map --help");
        return EXIT_ERROR;
    }
    if (parse_ranges(&ranges, settings)) {
        for (size_t i = 0; i < ranges.count; i++)
            space_choice_add_range(&lister.choice, &ranges.items[i]);
        status = listing_run(&lister, settings, settings->operands, settings->n_operands);
    }
    free(ranges.items);
    return status;
}
