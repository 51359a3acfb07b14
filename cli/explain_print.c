// SPDX-License-Identifier: MIT
//
// As text for people, or as JSON Lines: one "plan", then "choice" lines, then "scan" lines.

#include "explain_print.h"

#include "command.h"
#include "json.h"
#include "message.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

struct explaining {
    struct output *out;
    size_t n_passes;
};

bool explain_check(const struct settings *settings)
{
    if (settings->format == FORMAT_TEXT || settings->format == FORMAT_JSONL)
        return true;
    message("--explain: with --format text or jsonl");
    return false;
}

// == Text ==

__attribute__((format(printf, 2, 3))) static void say(struct output *out, const char *format, ...)
{
    char line[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    output_text(out, line);
}

// "3 patterns (0, 2, 7)"
static void say_patterns(struct output *out, const struct ms_explained_patterns *patterns)
{
    say(out, "%zu %s (", patterns->n, patterns->n == 1 ? "pattern" : "patterns");
    for (size_t i = 0; i < patterns->n_listed; i++)
        say(out, "%s%" PRIu32, i > 0 ? ", " : "", patterns->listed[i]);
    output_text(out, patterns->n > patterns->n_listed ? ", ...)" : ")");
}

static void text_matcher(void *user, const struct ms_explained_matcher *matcher)
{
    struct output *out = ((struct explaining *)user)->out;

    say(out, "%zu %s, kernel %s\n", matcher->n_patterns,
        matcher->n_patterns == 1 ? "pattern" : "patterns", matcher->simd);
    say(out, "%zu bytes before the start of a match are looked at, and %zu behind it\n",
        matcher->before, matcher->after);
    if (matcher->seam_reach == 0)
        output_text(out, "none lies across pages that are apart in memory\n");
    else
        say(out,
            "%zu of them may lie across pages that are apart in memory: %zu bytes on either side "
            "of each seam are searched\n",
            matcher->n_across, matcher->seam_reach);
}

static void text_choice(void *user, const struct ms_explained_choice *choice)
{
    struct output *out = ((struct explaining *)user)->out;

    say(out, "%s: ", ms_engine_name(choice->engine));
    say_patterns(out, &choice->patterns);
    say(out, ": %s\n", choice->reason);
}

// "4 to 64"
static void say_span(struct output *out, uint32_t least, uint32_t most)
{
    say(out, "%" PRIu32, least);
    if (most != least)
        say(out, " to %" PRIu32, most);
}

static void say_anchors(struct output *out, const struct ms_explained_pass *pass)
{
    if (pass->max_bytes == 0)
        return;
    output_text(out, "  looks for ");
    say_span(out, pass->min_bytes, pass->max_bytes);
    output_text(out, pass->max_bytes == 1 ? " byte, at offset " : " bytes, at offset ");
    say_span(out, pass->min_offset, pass->max_offset);
    output_text(out, " of the pattern\n");
}

static void say_costs(struct output *out, const struct ms_explained_pass *pass)
{
    if (pass->table_bytes > 0)
        say(out, "  filter: %zu bytes\n", pass->table_bytes);
    for (size_t i = 0; i < pass->n_costs; i++)
        say(out, "%s%s %.1f%s", i == 0 ? "  compared: " : ", ", pass->costs[i].method,
            pass->costs[i].ns, i + 1 == pass->n_costs ? " ns for 32 elements\n" : "");
    for (size_t i = 0; i < pass->n_databases; i++)
        say(out, "%s%s %zu bytes%s", i == 0 ? "  databases, block mode: " : ", ",
            pass->databases[i].name, pass->databases[i].bytes,
            i + 1 == pass->n_databases ? "\n" : "");
}

static void text_pass(void *user, const struct ms_explained_pass *pass)
{
    struct explaining *explaining = user;
    struct output *out = explaining->out;

    say(out, "\nscan %zu: %s, %s: ", ++explaining->n_passes, ms_engine_name(pass->engine),
        pass->method);
    say_patterns(out, &pass->patterns);
    say(out, ": %s\n", pass->reason);
    say_anchors(out, pass);
    if (pass->candidates >= 0)
        say(out,
            pass->candidates < 10 ? "  expects %.2g candidates in a GiB of random bytes\n"
                                  : "  expects %.0f candidates in a GiB of random bytes\n",
            pass->candidates);
    say_costs(out, pass);
}

// == JSON Lines ==

static void json_patterns(struct output *out, const struct ms_explained_patterns *patterns)
{
    json_number(out, "patterns", patterns->n);
    json_key(out, "first");
    for (size_t i = 0; i < patterns->n_listed; i++) {
        output_char(out, i == 0 ? '[' : ',');
        output_decimal(out, patterns->listed[i]);
    }
    output_char(out, ']');
}

static void jsonl_matcher(void *user, const struct ms_explained_matcher *matcher)
{
    struct output *out = ((struct explaining *)user)->out;

    output_text(out, "{\"type\":\"plan\",\"schema\":1");
    json_text(out, "version", ms_version());
    json_text(out, "kernel", matcher->simd);
    json_number(out, "patterns", matcher->n_patterns);
    json_number(out, "before", matcher->before);
    json_number(out, "after", matcher->after);
    json_number(out, "across", matcher->n_across);
    json_number(out, "seam_reach", matcher->seam_reach);
    output_text(out, "}\n");
}

static void jsonl_choice(void *user, const struct ms_explained_choice *choice)
{
    struct output *out = ((struct explaining *)user)->out;

    output_text(out, "{\"type\":\"choice\"");
    json_text(out, "engine", ms_engine_name(choice->engine));
    json_patterns(out, &choice->patterns);
    json_text(out, "reason", choice->reason);
    output_text(out, "}\n");
}

static void json_costs(struct output *out, const struct ms_explained_pass *pass)
{
    json_key(out, "costs");
    output_char(out, '{');
    for (size_t i = 0; i < pass->n_costs; i++)
        say(out, "%s\"%s\":%.1f", i > 0 ? "," : "", pass->costs[i].method, pass->costs[i].ns);
    output_char(out, '}');
}

static void json_databases(struct output *out, const struct ms_explained_pass *pass)
{
    json_key(out, "databases");
    output_char(out, '{');
    for (size_t i = 0; i < pass->n_databases; i++)
        say(out, "%s\"%s\":%zu", i > 0 ? "," : "", pass->databases[i].name,
            pass->databases[i].bytes);
    output_char(out, '}');
}

static void jsonl_pass(void *user, const struct ms_explained_pass *pass)
{
    struct output *out = ((struct explaining *)user)->out;

    output_text(out, "{\"type\":\"scan\"");
    json_text(out, "engine", ms_engine_name(pass->engine));
    json_text(out, "method", pass->method);
    json_patterns(out, &pass->patterns);
    if (pass->max_bytes > 0) {
        json_number(out, "min_offset", pass->min_offset);
        json_number(out, "max_offset", pass->max_offset);
        json_number(out, "min_bytes", pass->min_bytes);
        json_number(out, "max_bytes", pass->max_bytes);
    }
    if (pass->candidates >= 0) {
        json_key(out, "candidates");
        say(out, "%.6g", pass->candidates);
    }
    if (pass->table_bytes > 0)
        json_number(out, "table_bytes", pass->table_bytes);
    if (pass->n_costs > 0)
        json_costs(out, pass);
    if (pass->n_databases > 0)
        json_databases(out, pass);
    json_text(out, "reason", pass->reason);
    output_text(out, "}\n");
}

// == The call ==

int explain_print(const struct search_query *query, const struct settings *settings)
{
    bool json = settings->format == FORMAT_JSONL;
    struct outcome outcome = {.found = true};
    struct output out;
    struct explaining explaining = {.out = &out};
    struct ms_explain_callbacks callbacks = {
        .matcher = json ? jsonl_matcher : text_matcher,
        .choice = json ? jsonl_choice : text_choice,
        .pass = json ? jsonl_pass : text_pass,
        .user = &explaining,
    };
    struct ms_error error = {0};

    if (!command_output_open(&out))
        return EXIT_ERROR;
    if (ms_matcher_explain(query->matcher, &callbacks, &error) != MS_OK) {
        message_error("--explain", &error);
        outcome.error = true;
    }
    return command_finish(&outcome, &out);
}
