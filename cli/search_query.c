// SPDX-License-Identifier: MIT
//
// Patterns are added in the order of the command line, files where they stand, because that order
// numbers them.

#include "search_query.h"

#include "message.h"
#include "print.h"
#include "progress.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool add_file(struct ms_patterns *patterns, const char *path,
                     const struct ms_pattern_options *defaults)
{
    bool standard_input = strcmp(path, "-") == 0;
    const char *name = standard_input ? "standard input" : path;
    FILE *stream = standard_input ? stdin : fopen(path, "re");
    struct ms_error error = {0};
    enum ms_status status;

    if (stream == NULL) {
        message("-f %s: %s", path, strerror(errno));
        return false;
    }
    status = ms_patterns_add_stream(patterns, stream, name, defaults, &error);
    if (!standard_input)
        fclose(stream);
    if (status != MS_OK)
        message_error(NULL, &error);
    return status == MS_OK;
}

static bool add_pattern(struct ms_patterns *patterns, const struct pattern_argument *argument,
                        const struct ms_pattern_options *defaults)
{
    struct ms_error error = {0};
    char what[4];

    if (argument->option->id == OPT_FILE)
        return add_file(patterns, argument->text, defaults);
    if (ms_patterns_add(patterns, (enum ms_pattern_kind)argument->option->id, argument->text,
                        strlen(argument->text), defaults, &error) == MS_OK)
        return true;
    snprintf(what, sizeof(what), "-%c", argument->option->short_name);
    message_error(what, &error);
    return false;
}

static bool add_patterns(struct ms_patterns *patterns, const struct settings *settings)
{
    struct ms_pattern_options defaults = {
        .ignore_case = settings->ignore_case,
        .align = settings->align,
    };

    for (size_t i = 0; i < settings->n_patterns; i++)
        if (!add_pattern(patterns, &settings->patterns[i], &defaults))
            return false;
    if (settings->n_patterns > 0 && ms_patterns_count(patterns) > 0)
        return true;
    message("%s: see memscan --help",
            settings->n_patterns > 0 ? "the pattern files hold no pattern"
                                     : "no pattern: say what to search for, as in -d 78090043");
    return false;
}

// What N counts in START,LN: bytes of an element; 0 if the kinds differ.
static uint32_t element_size(const struct ms_patterns *patterns)
{
    uint32_t size = ms_pattern_kind_size(ms_patterns_info(patterns, 0).kind);

    for (size_t i = 1; i < ms_patterns_count(patterns); i++)
        if (ms_pattern_kind_size(ms_patterns_info(patterns, i).kind) != size)
            return 0;
    return size;
}

static bool parse_ranges(struct search_query *query, const struct settings *settings)
{
    uint32_t size = element_size(query->patterns);
    struct ms_error error = {0};

    query->ranges = calloc(settings->n_ranges + 1, sizeof(*query->ranges));
    if (query->ranges == NULL) {
        message_no_memory();
        return false;
    }
    for (size_t i = 0; i < settings->n_ranges; i++) {
        if (ms_range_parse(settings->ranges[i], size, &query->ranges[i], &error) != MS_OK) {
            message_error("--range", &error);
            return false;
        }
        query->n_ranges++;
    }
    return true;
}

// Also while an image is searched, where more than the matcher is compiled.
static void on_compiling(void *user)
{
    progress_compiling(ms_patterns_count(user));
}

static bool make_matcher(struct search_query *query, const struct settings *settings)
{
    struct ms_matcher_options options = {
        .simd = settings->simd,
        .engine_mask = settings->engine_mask,
        .threads = settings->threads,
        .compiling = on_compiling,
        .user = query->patterns,
    };
    struct ms_error error = {0};
    enum ms_status status;

    progress_start(!settings->no_progress && !settings->quiet);
    status = ms_matcher_create(query->patterns, &options, &query->matcher, &error);
    progress_stop();
    if (status == MS_OK)
        return true;
    message_error(NULL, &error);
    return false;
}

static bool make_labels(struct search_query *query)
{
    size_t n = ms_patterns_count(query->patterns);

    if (n < 2)
        return true;
    query->labels_text = malloc(n * LABEL_ROOM);
    query->labels = calloc(n, sizeof(*query->labels));
    if (query->labels_text == NULL || query->labels == NULL) {
        message_no_memory();
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        struct ms_pattern_info info = ms_patterns_info(query->patterns, i);
        char *label = query->labels_text + i * LABEL_ROOM;
        char *behind =
            info.name[0] != '\0' ? format_pattern_name(label, &info) : format_pattern(label, &info);

        *behind = '\0';
        query->labels[i] = label;
    }
    return true;
}

bool search_query_make(struct search_query *query, const struct settings *settings)
{
    struct ms_error error = {0};

    *query = (struct search_query){0};
    if (ms_patterns_create(&query->patterns, &error) != MS_OK) {
        message_error(NULL, &error);
        return false;
    }
    return add_patterns(query->patterns, settings) && parse_ranges(query, settings) &&
           make_matcher(query, settings) && make_labels(query);
}

void search_query_release(struct search_query *query)
{
    ms_matcher_free(query->matcher);
    ms_patterns_free(query->patterns);
    free(query->ranges);
    free(query->labels_text);
    free(query->labels);
    *query = (struct search_query){0};
}
