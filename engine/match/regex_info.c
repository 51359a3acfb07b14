// SPDX-License-Identifier: MIT

#include "match/regex_info.h"

#ifdef MS_HAVE_HYPERSCAN

#include "match/hs_database.h"

#include <stdlib.h>

static enum ms_status check_widths(struct ms_pattern *regex, const hs_expr_info_t *info,
                                   struct ms_error *error)
{
    if (info->max_width == 0)
        return ms_fail(error, MS_ARGUMENT, "regex \"%s\": it matches nothing at all", regex->text);
    if (info->min_width == 0)
        return ms_fail(error, MS_ARGUMENT,
                       "regex \"%s\": it also matches the empty text, so every address; make part "
                       "of it mandatory",
                       regex->text);
    if (info->min_width > MS_MAX_REGEX_MATCH)
        return ms_fail(error, MS_ARGUMENT,
                       "regex \"%s\": its matches have at least %u bytes, and at most %d are found",
                       regex->text, info->min_width, MS_MAX_REGEX_MATCH);
    if (info->min_width == info->max_width)
        regex->length = info->min_width;
    regex->longest = info->max_width < MS_MAX_REGEX_MATCH ? info->max_width : MS_MAX_REGEX_MATCH;
    return MS_OK;
}

enum ms_status ms_regex_measure(struct ms_pattern *regex, struct ms_error *error)
{
    unsigned flags = HS_FLAG_DOTALL | HS_FLAG_ALLOWEMPTY;
    hs_compile_error_t *failure = NULL;
    hs_expr_info_t *info = NULL;
    enum ms_status status;
    hs_error_t code;

    if (regex->ignore_case)
        flags |= HS_FLAG_CASELESS;
    code = hs_expression_info(regex->text, flags, &info, &failure);
    if (code == HS_SUCCESS)
        status = check_widths(regex, info, error);
    else if (ms_hs_lacks_memory(failure, code))
        status = ms_fail_nomem(error);
    else
        status = ms_fail(error, MS_ARGUMENT, "regex \"%s\": %s", regex->text, failure->message);
    if (failure)
        hs_free_compile_error(failure);
    free(info);
    return status;
}

#else

enum ms_status ms_regex_measure(struct ms_pattern *regex, struct ms_error *error)
{
    (void)regex;
    (void)error;
    return MS_OK;
}

#endif
