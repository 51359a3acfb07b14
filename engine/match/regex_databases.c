// SPDX-License-Identifier: MIT

#include "match/regex_databases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// How the text of an expression is put for a database.
typedef char *put_fn(const char *text);

static char *put_plain(const char *text)
{
    return strdup(text);
}

static char *put_anchored(const char *text)
{
    char *anchored;

    return asprintf(&anchored, "^(?:%s)", text) < 0 ? NULL : anchored;
}

static char *put_whole(const char *text)
{
    char *whole;

    return asprintf(&whole, "^(?:%s)\\z", text) < 0 ? NULL : whole;
}

static bool add(struct ms_expressions *expressions, const struct ms_engine_input *input, size_t id,
                put_fn *put)
{
    const struct ms_pattern *pattern = &input->patterns[input->mine[id]];
    unsigned flags = HS_FLAG_DOTALL | (pattern->ignore_case ? HS_FLAG_CASELESS : 0);

    return ms_expressions_add(expressions, put(pattern->text), flags, (unsigned)id);
}

// Compiles the expressions whose entry in `which` is `wanted`; all of them for NULL.
static enum ms_status compile(const struct ms_engine_input *input, const bool *which, bool wanted,
                              put_fn *put, unsigned flags, hs_database_t **database_ret,
                              struct ms_error *error)
{
    struct ms_expressions expressions = {0};
    enum ms_status status = MS_OK;
    int culprit = -1;

    for (size_t id = 0; id < input->n_mine && status == MS_OK; id++) {
        if ((!which || which[id] == wanted) && !add(&expressions, input, id, put))
            status = ms_fail_nomem(error);
    }
    if (status == MS_OK && expressions.texts.n > 0)
        status = ms_hs_compile(&expressions, flags, database_ret, &culprit, error);
    if (culprit >= 0)
        ms_prepend(error, status, "regex \"%s\"", expressions.texts.items[culprit]);
    ms_expressions_release(&expressions);
    return status;
}

// Finds out which expressions are too large for their starts to be tracked.
static enum ms_status try_each(struct ms_regex_databases *databases,
                               const struct ms_engine_input *input, struct ms_error *error)
{
    enum ms_status status = MS_OK;

    for (size_t id = 0; id < databases->n && status == MS_OK; id++) {
        struct ms_engine_input one = *input;
        hs_database_t *database = NULL;

        one.mine = &input->mine[id];
        one.n_mine = 1;
        status = compile(&one, NULL, true, put_plain, HS_FLAG_SOM_LEFTMOST, &database, error);
        hs_free_database(database);
        databases->is_anchored[id] = status == MS_ARGUMENT;
        if (status == MS_ARGUMENT)
            status = MS_OK;
    }
    return status;
}

static enum ms_status compile_starts(struct ms_regex_databases *databases,
                                     const struct ms_engine_input *input, struct ms_error *error)
{
    const bool *anchored = databases->is_anchored;
    enum ms_status status =
        compile(input, anchored, false, put_plain, HS_FLAG_SOM_LEFTMOST, &databases->starts, error);

    if (status != MS_ARGUMENT)
        return status;
    status = try_each(databases, input, error);
    if (status == MS_OK)
        status = compile(input, anchored, false, put_plain, HS_FLAG_SOM_LEFTMOST,
                         &databases->starts, error);
    if (status == MS_OK)
        status = compile(input, anchored, true, put_anchored, 0, &databases->anchored, error);
    return status;
}

// The database of whole matches only saves time. An expression may not allow for it: one that ends
// in a comment takes the parenthesis behind it for a part of that.
static enum ms_status compile_whole(struct ms_regex_databases *databases,
                                    const struct ms_engine_input *input, struct ms_error *error)
{
    enum ms_status status =
        compile(input, NULL, true, put_whole, HS_FLAG_SINGLEMATCH, &databases->whole, error);

    return status == MS_ARGUMENT ? MS_OK : status;
}

enum ms_status ms_regex_compile_ends(const struct ms_engine_input *input,
                                     hs_database_t **database_ret, struct ms_error *error)
{
    return compile(input, NULL, true, put_plain, 0, database_ret, error);
}

enum ms_status ms_regex_databases_build(struct ms_regex_databases *databases,
                                        const struct ms_engine_input *input, struct ms_error *error)
{
    enum ms_status status;

    *databases = (struct ms_regex_databases){.n = input->n_mine};
    databases->is_anchored = calloc(databases->n, sizeof(*databases->is_anchored));
    if (!databases->is_anchored)
        return ms_fail_nomem(error);
    status = ms_regex_compile_ends(input, &databases->ends, error);
    if (status == MS_OK)
        status = compile_starts(databases, input, error);
    return status == MS_OK ? compile_whole(databases, input, error) : status;
}

void ms_regex_databases_release(struct ms_regex_databases *databases)
{
    hs_free_database(databases->ends);
    hs_free_database(databases->starts);
    hs_free_database(databases->anchored);
    hs_free_database(databases->whole);
    free(databases->is_anchored);
}

enum ms_status ms_regex_databases_prepare(const struct ms_regex_databases *databases,
                                          struct ms_scratch *scratch, struct ms_error *error)
{
    const hs_database_t *all[] = {databases->ends, databases->starts, databases->anchored,
                                  databases->whole};
    enum ms_status status = MS_OK;

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && status == MS_OK; i++) {
        if (all[i])
            status = ms_hs_prepare(all[i], scratch, error);
    }
    return status;
}
