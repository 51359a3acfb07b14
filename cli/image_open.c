// SPDX-License-Identifier: MIT
//
// Whoever writes -d 78090043 02000000 IMAGE, or -a Se  IMAGE, has asked for an image that does not
// exist; saying only that would not help.

#include "image_open.h"

#include "message.h"
#include <ctype.h>
#include <errno.h>
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

static const char *hint(const char *path)
{
    if (looks_like_value(path))
        return ": if it is a value, quote it with those before it, as in -d \"78090043 02000000\"";
    if (looks_like_name(path))
        return ": if it is text to search for, write -a TEXT, in quotes if it has blanks";
    return "";
}

struct ms_image *image_open(const char *path, const struct settings *settings)
{
    struct ms_open_options options = {
        .flags = settings->map ? MS_OPEN_MAP : 0,
        .format = settings->as,
    };
    struct ms_image *image = NULL;
    struct ms_error error = {0};

    if (ms_image_open(path, &options, &image, &error) != MS_OK) {
        // Its text begins with the path.
        message("%s%s", error.text, error.os_errno == ENOENT ? hint(path) : "");
        return NULL;
    }
    for (size_t i = 0; !settings->quiet && i < ms_image_n_warnings(image); i++)
        message("%s: warning: %s", path, ms_image_warning(image, i));
    return image;
}
