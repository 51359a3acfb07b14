// SPDX-License-Identifier: MIT
//
// The results as JSON: every single time, and what the tables make of them.

#include "bench_result.h"

#include <inttypes.h>
#include <string.h>

static void json_string(FILE *file, const char *name, const char *text)
{
    fprintf(file, "\"%s\":\"", name);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', file);
        if ((unsigned char)*text >= ' ')
            fputc(*text, file);
    }
    fputc('"', file);
}

static void json_spread(FILE *file, const char *name, struct spread spread)
{
    fprintf(file, ",\"%s\":{\"median\":%.6g,\"low\":%.6g,\"high\":%.6g}", name, spread.median,
            spread.low, spread.high);
}

static void json_round(FILE *file, const struct measurement *round)
{
    fprintf(file,
            "{\"seconds\":%.9f,\"processor_seconds\":%.9f,\"hits\":%" PRIu64
            ",\"anonymous_bytes\":%" PRIu64,
            round->seconds, round->processor_seconds, round->hits, round->peak_bytes);
    if (round->rss_bytes)
        fprintf(file, ",\"user_seconds\":%.9f,\"system_seconds\":%.9f,\"rss_bytes\":%" PRIu64,
                round->user_seconds, round->system_seconds, round->rss_bytes);
    fputc('}', file);
}

static void json_runner(FILE *file, const struct row_result *result, const struct runner *runner)
{
    const struct runner *first = &result->runners[0];
    char key[64] = "of_read";

    fputs("{", file);
    json_string(file, "name", runner->name);
    if (runner->n_rounds > 0) {
        json_spread(file, "seconds", result_seconds(result, runner));
        if (strcmp(first->name, "R") != 0)
            snprintf(key, sizeof(key), "of_%s_time", first->name);
        if (first->n_rounds > 0)
            json_spread(file, key, result_ratio(result, first, runner));
    }
    if (runner->gave_up_after > 0)
        fprintf(file, ",\"gave_up_after\":%g", runner->gave_up_after);
    if (runner->compile_seconds > 0)
        fprintf(file, ",\"compile_seconds\":%.6f", runner->compile_seconds);
    fputs(",\"rounds\":[", file);
    for (unsigned i = 0; i < runner->n_rounds; i++) {
        fputs(i > 0 ? "," : "", file);
        json_round(file, &runner->rounds[i]);
    }
    fputs("]}", file);
}

static void json_row(FILE *file, const struct row_result *result)
{
    const struct row *row = result->row;

    fputs("{", file);
    json_string(file, "section", section_names[row->section]);
    fputs(",", file);
    json_string(file, "row", row->name);
    fputs(",", file);
    json_string(file, "title", row->title);
    if (row->section == SECTION_COMMAND) {
        fputs(",", file);
        json_string(file, "arguments", row->more);
    }
    fprintf(file, ",\"threads\":%u,\"patterns\":%zu,\"bytes\":%" PRIu64, row_threads(row),
            row->n_patterns, result->image_bytes);
    if (result->needed_bytes > 0)
        fprintf(file, ",\"needed_bytes\":%" PRIu64, result->needed_bytes);
    fputs(",\"runners\":[", file);
    for (size_t i = 0; i < result->n_runners; i++) {
        fputs(i > 0 ? ",\n " : "\n ", file);
        json_runner(file, result, &result->runners[i]);
    }
    fputs("]}", file);
}

static void json_machine(FILE *file, const struct run_facts *facts)
{
    struct machine machine = machine_facts();

    json_string(file, "version", ms_version());
    fputs(",", file);
    json_string(file, "commit", machine.commit);
    fputs(",", file);
    json_string(file, "date", machine.date);
    fputs(",", file);
    json_string(file, "cpu", machine.cpu);
    fputs(",", file);
    json_string(file, "kernel", machine.kernel);
    fputs(",", file);
    json_string(file, "read_method", read_method());
    fprintf(file, ",\"processors\":%ld,\"load\":%.2f,\"rounds\":%u,\"by_processor\":%s",
            machine.processors, machine.load, facts->n_rounds,
            facts->by_processor ? "true" : "false");
    fputs(",\"programs\":[", file);
    for (size_t i = 0; facts->programs[i]; i++) {
        fprintf(file, i > 0 ? ",\"%s\"" : "\"%s\"", facts->programs[i]);
    }
    fputs("]", file);
}

bool report_json(const char *path, const struct run_facts *facts, const struct row_result *results,
                 size_t n)
{
    FILE *file = fopen(path, "w");

    if (!file) {
        perror(path);
        return false;
    }
    fputs("{", file);
    json_machine(file, facts);
    fputs(",\"results\":[\n", file);
    for (size_t i = 0; i < n; i++) {
        json_row(file, &results[i]);
        fputs(i + 1 < n ? ",\n" : "\n", file);
    }
    fputs("]}\n", file);
    if (fclose(file) != 0) {
        perror(path);
        return false;
    }
    return true;
}
