// SPDX-License-Identifier: MIT

#include "match/hs_database.h"

#include <stdlib.h>
#include <string.h>

void ms_expressions_release(struct ms_expressions *expressions)
{
    for (size_t i = 0; i < expressions->texts.n; i++)
        free(expressions->texts.items[i]);
    free(expressions->texts.items);
    free(expressions->flags.items);
    free(expressions->ids.items);
}

bool ms_expressions_add(struct ms_expressions *expressions, char *text, unsigned flags, unsigned id)
{
    if (text && ms_vec_reserve(&expressions->texts, 1) && ms_vec_push(&expressions->flags, flags) &&
        ms_vec_push(&expressions->ids, id)) {
        expressions->texts.items[expressions->texts.n++] = text;
        return true;
    }
    free(text);
    return false;
}

bool ms_hs_lacks_memory(const hs_compile_error_t *failure, hs_error_t code)
{
    return !failure || code == HS_NOMEM || strstr(failure->message, "allocate memory");
}

static enum ms_status compile_failed(hs_compile_error_t *failure, hs_error_t code, int *culprit_ret,
                                     struct ms_error *error)
{
    enum ms_status status;

    if (ms_hs_lacks_memory(failure, code)) {
        status = ms_fail_nomem(error);
    } else {
        *culprit_ret = failure->expression;
        status = ms_fail(error, MS_ARGUMENT, "%s", failure->message);
    }
    if (failure)
        hs_free_compile_error(failure);
    return status;
}

// hs_compile_lit_multi() would be simpler for literals, but Hyperscan 5.4.0 then loses matches and
// fails (its issues 303 and 353); expressions of \xNN compile to the same speed.
enum ms_status ms_hs_compile(const struct ms_expressions *expressions, unsigned extra_flags,
                             hs_database_t **database_ret, int *culprit_ret, struct ms_error *error)
{
    size_t n = expressions->texts.n;
    unsigned *flags = malloc(n * sizeof(*flags));
    hs_compile_error_t *failure = NULL;
    hs_error_t code;

    *culprit_ret = -1;
    if (!flags)
        return ms_fail_nomem(error);
    for (size_t i = 0; i < n; i++)
        flags[i] = expressions->flags.items[i] | extra_flags;
    code = hs_compile_multi((const char *const *)expressions->texts.items, flags,
                            expressions->ids.items, (unsigned)n, HS_MODE_BLOCK, NULL, database_ret,
                            &failure);
    free(flags);
    if (code != HS_SUCCESS)
        return compile_failed(failure, code, culprit_ret, error);
    return MS_OK;
}

enum ms_status ms_hs_prepare(const hs_database_t *database, struct ms_scratch *scratch,
                             struct ms_error *error)
{
    hs_error_t code = hs_alloc_scratch(database, &scratch->hyperscan);

    if (code == HS_NOMEM)
        return ms_fail_nomem(error);
    if (code != HS_SUCCESS)
        return ms_fail(error, MS_IO, "Hyperscan cannot make its scratch space (code %d)", code);
    return MS_OK;
}

enum ms_status ms_hs_scan(const hs_database_t *database, struct ms_scratch *scratch,
                          const uint8_t *bytes, size_t length, match_event_handler callback,
                          void *context, struct ms_error *error)
{
    hs_error_t code = hs_scan(database, (const char *)bytes, (unsigned)length, 0,
                              scratch->hyperscan, callback, context);

    scratch->counters.bytes[MS_ENGINE_HYPERSCAN] += length;
    if (code == HS_SUCCESS)
        return MS_OK;
    if (code == HS_SCAN_TERMINATED)
        return MS_STOPPED;
    return ms_fail(error, MS_IO, "Hyperscan failed with code %d on %zu bytes", code, length);
}
