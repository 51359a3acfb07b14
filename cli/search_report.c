// SPDX-License-Identifier: MIT
//
// The closing line names only what there is: nothing absent, nothing said about it.

#include "search_report.h"

#include "message.h"
#include <inttypes.h>
#include <stdio.h>

#define MILLION 1000000

// Appends to a text of `room` bytes, which may be full.
#define APPEND(text, used, ...)                                                                    \
    ((used) < sizeof(text)                                                                         \
         ? (used) += (size_t)snprintf((text) + (used), sizeof(text) - (used), __VA_ARGS__)         \
         : (used))

// The names of the spaces with commas between them; without any, what `alone` says.
static const char *space_list(const struct view *view, const char *alone, char *room,
                              size_t room_bytes)
{
    size_t used = 0;

    if (view->spaces == NULL)
        return alone;
    for (size_t i = 0; i < view_count(view) && used < room_bytes; i++)
        used += (size_t)snprintf(room + used, room_bytes - used, "%s%s", i > 0 ? "," : "",
                                 view_space(view, i).name);
    return room;
}

// "scanned 4096 of 8192 bytes, 4096 paged out"
static void format_coverage(char *room, size_t room_bytes, const struct ms_coverage *coverage)
{
    const struct {
        uint64_t bytes;
        const char *what;
    } missing[] = {
        {coverage->unmapped, "unmapped"},
        {coverage->paged_out, "paged out"},
        {coverage->absent, "absent"},
        {coverage->unreadable, "unreadable"},
    };
    size_t used = (size_t)snprintf(room, room_bytes, "scanned %" PRIu64 " of %" PRIu64 " bytes",
                                   coverage->scanned, coverage->asked);

    for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]) && used < room_bytes; i++)
        if (missing[i].bytes > 0)
            used += (size_t)snprintf(room + used, room_bytes - used, ", %" PRIu64 " %s",
                                     missing[i].bytes, missing[i].what);
}

void report_module(const char *image_name, const char *module, const struct ms_coverage *coverage)
{
    char text[256];

    format_coverage(text, sizeof(text), coverage);
    message("%s: %s: %s", image_name, module, text);
}

// " (3 in code, 1 of them uncertain)"
static void format_code(char *room, size_t room_bytes, const struct code_counts *code)
{
    size_t used = (size_t)snprintf(room, room_bytes, " (%" PRIu64 " in code", code->hits);

    if (code->uncertain > 0)
        used += (size_t)snprintf(room + used, room_bytes - used, ", %" PRIu64 " of them uncertain",
                                 code->uncertain);
    snprintf(room + used, room_bytes - used, ")");
}

void report_summary(const char *image_name, const struct view *view, const struct print_end *end)
{
    const struct ms_search_result *result = end->result;
    char text[512], names[128], coverage[256], code[96];
    size_t used = 0;

    APPEND(text, used, "%" PRIu64 " %s", result->hits, result->hits == 1 ? "hit" : "hits");
    if (result->n_partial > 0)
        APPEND(text, used, " and %" PRIu64 " partial", result->n_partial);
    if (end->code != NULL) {
        format_code(code, sizeof(code), end->code);
        APPEND(text, used, "%s", code);
    }
    if (view->spaces != NULL)
        APPEND(text, used, " in %s", space_list(view, "", names, sizeof(names)));
    format_coverage(coverage, sizeof(coverage), &result->coverage);
    APPEND(text, used, ", %s", coverage);
    if (result->max_hits_held > 0)
        APPEND(text, used, "; --max-hits held back %" PRIu64, result->max_hits_held);
    message("%s: %s", image_name, text);
}

// The same spaces have to be asked for again, also those that are done: they say what `unmapped`
// is.
void report_interrupted(const char *image_name, const struct view *view,
                        const struct ms_search_result *result)
{
    char names[4096];
    const char *list = space_list(view, NULL, names, sizeof(names));
    bool first = result->next_space == 0;

    message("%s: interrupted: %s%s%s--from %s%s0x%" PRIx64 " goes on", image_name,
            list != NULL ? "--space " : "", list != NULL ? list : "", list != NULL ? " " : "",
            first ? "" : view_space(view, result->next_space).name, first ? "" : ":", result->next);
}

void report_stats(const char *image_name, const struct ms_matcher *matcher,
                  const struct ms_search_result *result, double seconds)
{
    const struct ms_search_counters *counters = &result->counters;
    double scanned = (double)result->coverage.scanned;

    message("%s: %.3f s, %" PRIu64 " bytes, %.3f GB/s, %" PRIu64 " %s, kernel %s", image_name,
            seconds, result->coverage.scanned, seconds > 0 ? scanned / seconds / 1e9 : 0,
            counters->chunks, counters->chunks == 1 ? "chunk" : "chunks", ms_matcher_simd(matcher));
    message("%s: %" PRIu64 " bytes mapped, %" PRIu64 " read, %" PRIu64 " match callbacks, %" PRIu64
            " hit callbacks",
            image_name, counters->mapped_bytes, counters->read_bytes, counters->match_callbacks,
            counters->hit_callbacks);
    if (counters->marked_pages > 0 || counters->seams > 0)
        message("%s: %" PRIu64 " pages searched again where they are mapped, %" PRIu64
                " seams between pages",
                image_name, counters->marked_pages, counters->seams);
    for (int i = 0; i < MS_N_ENGINES; i++) {
        size_t n_patterns = ms_matcher_n_patterns(matcher, (enum ms_engine)i);

        if (n_patterns > 0 || counters->bytes[i] > 0)
            message("%s: engine %s: %zu %s, %" PRIu64 " bytes, %" PRIu64 " candidates, %" PRIu64
                    " matches",
                    image_name, ms_engine_name((enum ms_engine)i), n_patterns,
                    n_patterns == 1 ? "pattern" : "patterns", counters->bytes[i],
                    counters->candidates[i], counters->matches[i]);
    }
}

bool report_coverage(const char *image_name, const struct settings *settings,
                     const struct ms_coverage *coverage)
{
    uint64_t base = coverage->asked - coverage->unmapped;
    uint64_t ppm = settings->coverage_ppm;
    // base * ppm / MILLION, rounded up, without a product that could overflow.
    uint64_t required = base / MILLION * ppm + (base % MILLION * ppm + MILLION - 1) / MILLION;

    if (!settings->coverage_required || coverage->scanned >= required)
        return true;
    message("%s: scanned %" PRIu64 " of %" PRIu64 " bytes, less than the required %g%%", image_name,
            coverage->scanned, base, (double)ppm / 10000);
    return false;
}
