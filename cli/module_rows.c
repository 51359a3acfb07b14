// SPDX-License-Identifier: MIT
//
// What lm does not print stands behind its columns: where the file is, and whether the kernel's
// list has the module.

#include "module_rows.h"

#include "escape.h"
#include "file_time.h"
#include "message.h"
#include "modules_open.h"
#include <inttypes.h>
#include <stdio.h>

#define NAME_WIDTH      16
#define TIMESTAMP_WIDTH 37 // "Sat Nov 20 09:30:02 2010 (4CE7951A)  "
#define DETAIL_WIDTH    22
#define TEXT_BYTES      1100
#define SOURCES_ROOM    32

const struct columns module_columns = {
    .type = "module",
    .count = 24,
    .names = {"image",     "space",      "name",
              "base",      "end",        "size",
              "path",      "file",       "timestamp",
              "checksum",  "source",     "sources",
              "entry",     "pages",      "pages_present",
              "pdb",       "pdb_guid",   "pdb_age",
              "pdb_key",   "version",    "product_version",
              "file_type", "file_flags", "unloaded_at"},
};

// == Parts ==

// "list,scan".
static void format_sources(char room[SOURCES_ROOM], unsigned sources)
{
    char *at = room;

    for (size_t i = 0; ms_module_source_name(i) != NULL; i++) {
        if (!(sources >> i & 1))
            continue;
        if (at > room)
            *at++ = ',';
        at = format_text(at, ms_module_source_name(i));
    }
    *at = '\0';
}

// The one that counts most.
static const char *first_source(unsigned sources)
{
    size_t i = 0;

    while (!(sources >> i & 1))
        i++;
    return ms_module_source_name(i);
}

static void format_version(char room[32], const uint16_t version[4])
{
    snprintf(room, 32, "%u.%u.%u.%u", version[0], version[1], version[2], version[3]);
}

static void print_escaped(struct output *out, const char *text)
{
    char escaped[TEXT_BYTES];

    output_bytes(out, escaped,
                 (size_t)(format_ascii(escaped, text, strlen(text), TEXT_BYTES) - escaped));
}

// == Text: a line ==

void module_rows_header(struct listing *listing, size_t space, const char *title)
{
    bool wide = view_space(&listing->view, space).address_bits == 64;

    if (listing->settings->format != FORMAT_TEXT)
        return;
    listing_print_prefix(listing);
    output_text(&listing->out, title != NULL ? title
                               : wide        ? "start             end                 module name"
                                             : "start    end        module name");
    output_char(&listing->out, '\n');
}

static void print_start(struct listing *listing, size_t space, uint64_t base, uint64_t end,
                        const char *name)
{
    struct output *out = &listing->out;

    listing_print_prefix(listing);
    listing_print_address(listing, space, base);
    output_char(out, ' ');
    listing_print_address(listing, space, end);
    output_text(out, "   ");
    print_escaped(out, name);
}

static void print_timestamp(struct output *out, const struct ms_module_info *info)
{
    char text[TIMESTAMP_ROOM + 16] = "unavailable", *at = text + strlen(text);

    if (info->has_timestamp) {
        at = format_timestamp(text, info->timestamp);
        at += snprintf(at, 16, " (%08X)", info->timestamp);
    }
    output_bytes(out, text, (size_t)(at - text));
    output_blanks(out, (size_t)(at - text), TIMESTAMP_WIDTH);
}

static void print_line(struct listing *listing, size_t space, const struct ms_module_info *info)
{
    struct output *out = &listing->out;
    char sources[SOURCES_ROOM];

    print_start(listing, space, info->base, info->end, info->name);
    output_blanks(out, strlen(info->name), NAME_WIDTH);
    output_char(out, ' ');
    print_timestamp(out, info);
    print_escaped(out, info->path[0] != '\0'         ? info->path
                       : info->image_name[0] != '\0' ? info->image_name
                                                     : "-");
    if (!(info->sources & MS_MODULE_LIST)) {
        format_sources(sources, info->sources);
        output_text(out, "  unlisted: ");
        output_text(out, sources);
    }
    output_char(out, '\n');
}

// == Text: what lmv prints below it ==

static void print_detail(struct listing *listing, const char *name, const char *text)
{
    struct output *out = &listing->out;

    if (text[0] == '\0')
        return;
    listing_print_prefix(listing);
    output_text(out, "    ");
    output_text(out, name);
    output_blanks(out, 4 + strlen(name), DETAIL_WIDTH);
    print_escaped(out, text);
    output_char(out, '\n');
}

static void print_pdb(struct listing *listing, const struct ms_module_details *details)
{
    char text[256];

    if (details->pdb_name[0] == '\0')
        return;
    snprintf(text, sizeof(text), "%s/%s", details->pdb_name, details->pdb_key);
    print_detail(listing, "Symbol file:", text);
}

static void print_version(struct listing *listing, const struct ms_module_details *details)
{
    char text[64];

    if (!details->has_version)
        return;
    format_version(text, details->file_version);
    print_detail(listing, "File version:", text);
    format_version(text, details->product_version);
    print_detail(listing, "Product version:", text);
    snprintf(text, sizeof(text), "%X", details->file_flags);
    print_detail(listing, "File flags:", text);
    snprintf(text, sizeof(text), "%X", details->file_os);
    print_detail(listing, "File OS:", text);
    snprintf(text, sizeof(text), "%X.%X", details->file_type, details->file_subtype);
    print_detail(listing, "File type:", text);
}

static void print_details(struct listing *listing, const struct ms_module_info *info,
                          const struct ms_module_details *details)
{
    char text[TIMESTAMP_ROOM + 64];

    print_detail(listing, "Image path:", info->path);
    print_detail(listing, "Image name:", info->image_name);
    if (info->has_timestamp) {
        snprintf(format_timestamp(text, info->timestamp), 16, " (%08X)", info->timestamp);
        print_detail(listing, "Timestamp:", text);
    }
    if (info->has_checksum) {
        snprintf(text, sizeof(text), "%08X", info->checksum);
        print_detail(listing, "CheckSum:", text);
    }
    snprintf(text, sizeof(text), "%08" PRIX64, info->size);
    print_detail(listing, "ImageSize:", text);
    print_version(listing, details);
    print_pdb(listing, details);
    snprintf(text, sizeof(text), "%" PRIu64 " of %" PRIu64 " in the image%s", info->pages_present,
             info->pages, info->has_header ? "" : ", not the first");
    print_detail(listing, "Pages:", text);
    format_sources(text, info->sources);
    print_detail(listing, "Found by:", text);
}

// == Fields ==

static void print_fields(struct listing *listing, size_t space, const struct ms_module_info *info,
                         const struct ms_module_details *details)
{
    char sources[SOURCES_ROOM], file[32], product[32];

    format_sources(sources, info->sources);
    format_version(file, details->file_version);
    format_version(product, details->product_version);
    listing_print_row(listing,
                      (const struct field[]){
                          field_text(listing->opened.path),
                          field_text(view_space(&listing->view, space).name),
                          field_text(info->name),
                          field_address(info->base),
                          field_address(info->end),
                          field_number(info->size),
                          field_known(info->path),
                          field_known(info->image_name),
                          info->has_timestamp ? field_address(info->timestamp) : field_none(),
                          info->has_checksum ? field_address(info->checksum) : field_none(),
                          field_text(first_source(info->sources)),
                          field_text(sources),
                          info->entry ? field_address(info->entry) : field_none(),
                          field_number(info->pages),
                          field_number(info->pages_present),
                          field_known(details->pdb_name),
                          field_known(details->pdb_guid),
                          details->pdb_key[0] ? field_number(details->pdb_age) : field_none(),
                          field_known(details->pdb_key),
                          details->has_version ? field_text(file) : field_none(),
                          details->has_version ? field_text(product) : field_none(),
                          details->has_version ? field_address(details->file_type) : field_none(),
                          details->has_version ? field_address(details->file_flags) : field_none(),
                          field_none(),
                      });
}

// == A row ==

bool module_row_print(struct listing *listing, size_t space, const struct ms_modules *modules,
                      size_t index)
{
    const struct settings *settings = listing->settings;
    struct ms_module_info info = ms_modules_info(modules, index);
    struct ms_module_details details;
    struct ms_error error;

    if ((settings->format != FORMAT_TEXT || settings->verbose) &&
        ms_modules_details(modules, index, &details, &error) != MS_OK) {
        message_error(listing->opened.path, &error);
        listing->outcome.error = true;
        return false;
    }
    if (settings->format != FORMAT_TEXT) {
        print_fields(listing, space, &info, &details);
        return true;
    }
    print_line(listing, space, &info);
    if (settings->verbose)
        print_details(listing, &info, &details);
    return true;
}

void unloaded_row_print(struct listing *listing, size_t space,
                        const struct ms_unloaded_info *driver)
{
    struct field fields[32] = {
        field_text(listing->opened.path), field_text(view_space(&listing->view, space).name),
        field_text(driver->name),         field_address(driver->base),
        field_address(driver->end),       field_number(driver->end - driver->base),
    };
    char time[FILE_TIME_ROOM];

    format_file_time(time, driver->time);
    if (listing->settings->format == FORMAT_TEXT) {
        print_start(listing, space, driver->base, driver->end, driver->name);
        output_blanks(&listing->out, strlen(driver->name), NAME_WIDTH);
        output_char(&listing->out, ' ');
        output_text(&listing->out, time);
        output_char(&listing->out, '\n');
        return;
    }
    fields[10] = field_text("unloaded");
    fields[23] = field_known(time);
    listing_print_row(listing, fields);
}
