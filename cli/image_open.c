// SPDX-License-Identifier: MIT
//
// Whoever searches with -d 78090043 02000000 IMAGE, or -a Se  IMAGE, has asked for an image that
// does not exist; saying only that would not help.

#include "image_open.h"

#include "message.h"
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

// Hex digits and what values are written with.
static bool looks_like_value(const char *text)
{
    if (text[0] == '\'')
        return true;
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'n'))
        text += 2;
    return text[0] != '\0' && text[strspn(text, "0123456789abcdefABCDEF?`.")] == '\0' &&
           strspn(text, "?.") < strlen(text);
}

// A word such as SeQueryInformationToken, nt!NtClose or cdd: file names have a dot or a slash.
static bool looks_like_name(const char *text)
{
    if (!isalpha((unsigned char)text[0]) && text[0] != '_')
        return false;
    for (; *text != '\0'; text++)
        if (!isalnum((unsigned char)*text) && strchr("_!:*", *text) == NULL)
            return false;
    return true;
}

// Other commands take no values to search for.
static const char *hint(const char *path, enum command_id command)
{
    if (command != COMMAND_SEARCH)
        return "";
    if (looks_like_value(path))
        return ": if it is a value, quote it with those before it, as in -d \"78090043 02000000\"";
    if (looks_like_name(path))
        return ": if it is text to search for, write -a TEXT, in quotes if it has blanks";
    return "";
}

static bool open_image(struct opened *opened, const struct settings *settings)
{
    struct ms_open_options options = {
        .flags = settings->map ? MS_OPEN_MAP : 0,
        .format = settings->as,
        .hole = opened->hole,
    };
    struct ms_error error = {0};

    if (ms_image_open(opened->path, &options, &opened->image, &error) == MS_OK)
        return true;
    // Its text begins with the path.
    message("%s%s", error.text,
            error.os_errno == ENOENT ? hint(opened->path, settings->command) : "");
    return false;
}

static bool find_tables(struct opened *opened, const struct settings *settings)
{
    struct ms_spaces_options options = {
        .root = settings->root,
        .paging = settings->arch,
        .kernel = settings->kernel_start,
    };
    struct ms_error error = {0};

    if (ms_spaces_create(opened->image, &options, &opened->spaces, &error) == MS_OK)
        return true;
    message_error(opened->path, &error);
    return false;
}

static void release(struct opened *opened)
{
    ms_spaces_free(opened->spaces);
    ms_image_close(opened->image);
    opened->spaces = NULL;
    opened->image = NULL;
}

// Opens the image again where its page tables say that its file leaves something out.
static bool open_around_hole(struct opened *opened, const struct settings *settings)
{
    struct ms_range *hole = &opened->hole_room;

    if (opened->hole != NULL || !ms_spaces_hole(opened->spaces, hole))
        return true;
    release(opened);
    opened->hole = hole;
    opened->hole_found = true;
    return open_image(opened, settings) && find_tables(opened, settings);
}

static void print_notes(const struct opened *opened)
{
    const char *remark =
        ms_spaces_n_roots(opened->spaces) > 0 ? ms_spaces_root(opened->spaces, 0).remark : "";

    for (size_t i = 0; i < ms_image_n_warnings(opened->image); i++)
        message("%s: warning: %s", opened->path, ms_image_warning(opened->image, i));
    if (opened->hole_found)
        message("%s: read as with --hole %" PRIx64 ",%" PRIx64
                ": its page tables fit only that way",
                opened->path, opened->hole->first, opened->hole->last);
    if (remark[0] != '\0')
        message("%s: warning: page tables: %s", opened->path, remark);
}

bool image_open(struct opened *opened, const char *path, const struct settings *settings)
{
    *opened = (struct opened){.path = path, .hole = settings->hole};
    if (!open_image(opened, settings) || !find_tables(opened, settings) ||
        !open_around_hole(opened, settings))
        return false;
    if (!settings->quiet)
        print_notes(opened);
    return true;
}

void image_close(struct opened *opened)
{
    release(opened);
}

void image_tell_unread(const char *path, uint64_t bytes, const struct settings *settings)
{
    if (bytes > 0 && !settings->quiet)
        message("%s: warning: reading %" PRIu64
                " bytes of the file failed: what they hold is taken for missing",
                path, bytes);
}
