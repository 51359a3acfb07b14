// SPDX-License-Identifier: MIT

#include "match/regex_databases.h"

#include "base/parallel.h"
#include "match/regex_info.h"
#include "match/regex_syntax.h"

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

// Which expressions go into a database.
typedef bool choose_fn(const struct ms_regex_databases *databases, size_t id);

static bool choose_all(const struct ms_regex_databases *databases, size_t id)
{
    (void)databases;
    (void)id;
    return true;
}

static bool choose_walked(const struct ms_regex_databases *databases, size_t id)
{
    return databases->dfas[id];
}

static bool choose_tracked(const struct ms_regex_databases *databases, size_t id)
{
    return !databases->dfas[id] && !databases->is_anchored[id];
}

static bool choose_anchored(const struct ms_regex_databases *databases, size_t id)
{
    return databases->is_anchored[id];
}

static bool add(struct ms_expressions *expressions, const struct ms_engine_input *input, size_t id,
                char *text)
{
    const struct ms_pattern *pattern = &input->patterns[input->mine[id]];
    unsigned flags = HS_FLAG_DOTALL | (pattern->ignore_case ? HS_FLAG_CASELESS : 0);

    return ms_expressions_add(expressions, text, flags, (unsigned)id);
}

// Takes the expressions over.
static enum ms_status compile_added(struct ms_expressions *expressions, enum ms_status status,
                                    unsigned flags, hs_database_t **database_ret,
                                    struct ms_error *error)
{
    int culprit = -1;

    if (status == MS_OK && expressions->texts.n > 0)
        status = ms_hs_compile(expressions, flags, database_ret, &culprit, error);
    if (culprit >= 0)
        ms_prepend(error, status, "regex \"%s\"", expressions->texts.items[culprit]);
    ms_expressions_release(expressions);
    return status;
}

// NULL is left where none is chosen.
static enum ms_status compile(const struct ms_regex_databases *databases,
                              const struct ms_engine_input *input, choose_fn *choose, put_fn *put,
                              unsigned flags, hs_database_t **database_ret, struct ms_error *error)
{
    struct ms_expressions expressions = {0};
    enum ms_status status = MS_OK;

    for (size_t id = 0; id < input->n_mine && status == MS_OK; id++) {
        const char *text = input->patterns[input->mine[id]].text;

        if (choose(databases, id) && !add(&expressions, input, id, put(text)))
            status = ms_fail_nomem(error);
    }
    return compile_added(&expressions, status, flags, database_ret, error);
}

// Whether the starts of an expression can be tracked: if not, it is too large.
static enum ms_status try_one(const struct ms_engine_input *input, size_t id, bool *fits_ret,
                              struct ms_error *error)
{
    struct ms_engine_input one = *input;
    hs_database_t *database = NULL;
    enum ms_status status;

    one.mine = &input->mine[id];
    one.n_mine = 1;
    status = compile(NULL, &one, choose_all, put_plain, HS_FLAG_SOM_LEFTMOST, &database, error);
    hs_free_database(database);
    *fits_ret = status == MS_OK;
    return status == MS_ARGUMENT ? MS_OK : status;
}

// == Automata ==

// What all tables may have together: 16 MiB.
#define ALL_DFA_ENTRIES (256 * MS_DFA_ENTRIES)

static void drop_dfa(struct ms_regex_databases *databases, size_t id)
{
    ms_dfa_free(databases->dfas[id]);
    databases->dfas[id] = NULL;
}

static enum ms_status make_dfas(struct ms_regex_databases *databases,
                                const struct ms_engine_input *input, struct ms_error *error)
{
    enum ms_status status = MS_OK;
    size_t n_entries = 0;

    for (size_t id = 0; id < databases->n && status == MS_OK; id++) {
        const struct ms_pattern *pattern = &input->patterns[input->mine[id]];

        status = ms_dfa_create(pattern, &databases->dfas[id], error);
        if (!databases->dfas[id])
            continue;
        n_entries += databases->dfas[id]->n_states << databases->dfas[id]->shift;
        if (n_entries > ALL_DFA_ENTRIES) {
            drop_dfa(databases, id);
            break;
        }
    }
    return status;
}

// Those whose starts cannot be tracked, should that be needed, have no use for automata.
static enum ms_status compile_left(struct ms_regex_databases *databases,
                                   const struct ms_engine_input *input, struct ms_error *error)
{
    enum ms_status status = compile(databases, input, choose_walked, put_plain,
                                    HS_FLAG_SOM_LEFTMOST, &databases->left, error);

    if (status != MS_ARGUMENT)
        return status;
    status = MS_OK;
    for (size_t id = 0; id < databases->n && status == MS_OK; id++) {
        bool fits = true;

        if (databases->dfas[id])
            status = try_one(input, id, &fits, error);
        if (!fits)
            drop_dfa(databases, id);
    }
    if (status == MS_OK)
        status = compile(databases, input, choose_walked, put_plain, HS_FLAG_SOM_LEFTMOST,
                         &databases->left, error);
    return status;
}

// == Ends and starts ==

// What Hyperscan is to find of an expression that has an automaton: what each match begins with.
static enum ms_status put_beginning(const struct ms_pattern *regex, char **text_ret, uint32_t *back,
                                    struct ms_error *error)
{
    struct ms_pattern beginning = *regex;
    enum ms_status status =
        ms_regex_shorten(regex->text, regex->text_length, &beginning.text, error);

    if (status == MS_OK && beginning.text) {
        beginning.text_length = strlen(beginning.text);
        status = ms_regex_measure(&beginning, error);
        *text_ret = beginning.text;
        *back = beginning.longest;
        if (status == MS_OK)
            return MS_OK;
        free(beginning.text);
    }
    if (status == MS_NOMEM)
        return status;
    *back = regex->longest;
    *text_ret = strdup(regex->text);
    return *text_ret ? MS_OK : ms_fail_nomem(error);
}

static enum ms_status compile_ends(struct ms_regex_databases *databases,
                                   const struct ms_engine_input *input, struct ms_error *error)
{
    struct ms_expressions expressions = {0};
    enum ms_status status = MS_OK;

    for (size_t id = 0; id < databases->n && status == MS_OK; id++) {
        const struct ms_pattern *pattern = &input->patterns[input->mine[id]];
        char *text;

        if (databases->dfas[id])
            status = put_beginning(pattern, &text, &databases->backs[id], error);
        else
            text = put_plain(pattern->text);
        if (status == MS_OK && !add(&expressions, input, id, text))
            status = ms_fail_nomem(error);
    }
    return compile_added(&expressions, status, 0, &databases->ends, error);
}

static enum ms_status compile_starts(struct ms_regex_databases *databases,
                                     const struct ms_engine_input *input, struct ms_error *error)
{
    enum ms_status status = compile(databases, input, choose_tracked, put_plain,
                                    HS_FLAG_SOM_LEFTMOST, &databases->starts, error);

    if (status != MS_ARGUMENT)
        return status;
    status = MS_OK;
    for (size_t id = 0; id < databases->n && status == MS_OK; id++) {
        bool fits = true;

        if (!databases->dfas[id])
            status = try_one(input, id, &fits, error);
        databases->is_anchored[id] = !fits;
    }
    if (status == MS_OK)
        status = compile(databases, input, choose_tracked, put_plain, HS_FLAG_SOM_LEFTMOST,
                         &databases->starts, error);
    if (status == MS_OK)
        status = compile(databases, input, choose_anchored, put_anchored, 0, &databases->anchored,
                         error);
    return status;
}

// The database of whole matches only saves time. An expression may not allow for it: one that ends
// in a comment takes the parenthesis behind it for a part of that.
static enum ms_status compile_whole(struct ms_regex_databases *databases,
                                    const struct ms_engine_input *input, struct ms_error *error)
{
    enum ms_status status = compile(databases, input, choose_all, put_whole, HS_FLAG_SINGLEMATCH,
                                    &databases->whole, error);

    return status == MS_ARGUMENT ? MS_OK : status;
}

enum ms_status ms_regex_compile_ends(const struct ms_engine_input *input,
                                     hs_database_t **database_ret, struct ms_error *error)
{
    return compile(NULL, input, choose_all, put_plain, 0, database_ret, error);
}

typedef enum ms_status compile_fn(struct ms_regex_databases *databases,
                                  const struct ms_engine_input *input, struct ms_error *error);

// Those of a stage do not depend on one another.
struct stage {
    struct ms_regex_databases *databases;
    const struct ms_engine_input *input;
    compile_fn *const *compile;
};

static enum ms_status compile_one(void *context, size_t i, struct ms_error *error)
{
    const struct stage *stage = context;

    return stage->compile[i](stage->databases, stage->input, error);
}

enum ms_status ms_regex_databases_build(struct ms_regex_databases *databases,
                                        const struct ms_engine_input *input, struct ms_error *error)
{
    // What compile_left() finds out says which expressions have automata.
    static compile_fn *const stages[][2] = {
        {compile_left, compile_whole},
        {compile_ends, compile_starts},
    };
    enum ms_status status;

    *databases = (struct ms_regex_databases){.n = input->n_mine};
    databases->dfas = calloc(databases->n, sizeof(struct ms_dfa *));
    databases->backs = calloc(databases->n, sizeof(*databases->backs));
    databases->is_anchored = calloc(databases->n, sizeof(*databases->is_anchored));
    if (!databases->dfas || !databases->backs || !databases->is_anchored)
        return ms_fail_nomem(error);
    status = make_dfas(databases, input, error);
    for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]) && status == MS_OK; i++) {
        struct stage stage = {databases, input, stages[i]};

        status = ms_parallel_run(&input->compile, 2, compile_one, &stage, error);
    }
    return status;
}

void ms_regex_databases_release(struct ms_regex_databases *databases)
{
    hs_free_database(databases->ends);
    hs_free_database(databases->left);
    hs_free_database(databases->starts);
    hs_free_database(databases->anchored);
    hs_free_database(databases->whole);
    for (size_t id = 0; databases->dfas && id < databases->n; id++)
        ms_dfa_free(databases->dfas[id]);
    free(databases->dfas);
    free(databases->backs);
    free(databases->is_anchored);
}

enum ms_status ms_regex_databases_prepare(const struct ms_regex_databases *databases,
                                          struct ms_scratch *scratch, struct ms_error *error)
{
    const hs_database_t *all[] = {databases->ends, databases->left, databases->starts,
                                  databases->anchored, databases->whole};
    enum ms_status status = MS_OK;

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && status == MS_OK; i++) {
        if (all[i])
            status = ms_hs_prepare(all[i], scratch, error);
    }
    return status;
}

void ms_regex_databases_explain(const struct ms_regex_databases *databases,
                                struct ms_explained_pass *pass)
{
    const struct {
        const char *name;
        const hs_database_t *database;
    } all[] = {
        {"ends", databases->ends},     {"left", databases->left},
        {"starts", databases->starts}, {"anchored", databases->anchored},
        {"whole", databases->whole},
    };

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        size_t bytes = 0;

        if (all[i].database && hs_database_size(all[i].database, &bytes) == HS_SUCCESS)
            ms_explain_database(pass, all[i].name, bytes);
    }
}
