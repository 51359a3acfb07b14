// SPDX-License-Identifier: MIT
//
// The tables.

#include "bench_result.h"

#include "bench_table.h"

#include <string.h>

// Counting searches that reach less of R than this are marked.
#define SLOW_OF_R 0.05

// == Cells ==

// "0.93 (0.91-0.95)": the median, and how far single rounds are from it. Below `least`, what people
// should not overlook, it is bold in Markdown.
static void add_spread_from(struct table *table, const struct spread *spread, unsigned n_rounds,
                            double least)
{
    int digits = spread->median < 10 ? 2 : spread->median < 100 ? 1 : 0;
    const char *bold = table->markdown && spread->median < least ? "**" : "";

    if (n_rounds > 1)
        table_add(table, "%s%.*f%s (%.*f-%.*f)", bold, digits, spread->median, bold, digits,
                  spread->low, digits, spread->high);
    else
        table_add(table, "%s%.*f%s", bold, digits, spread->median, bold);
}

static void add_spread(struct table *table, const struct spread *spread, unsigned n_rounds)
{
    add_spread_from(table, spread, n_rounds, 0);
}

static void add_ratio_from(struct table *table, const struct row_result *result,
                           const struct runner *of, const struct runner *to, double least)
{
    unsigned n = of->n_rounds < to->n_rounds ? of->n_rounds : to->n_rounds;
    struct spread spread;

    if (n == 0) {
        table_add(table, "-");
        return;
    }
    spread = result_ratio(result, of, to);
    add_spread_from(table, &spread, n, least);
}

static void add_ratio(struct table *table, const struct row_result *result, const struct runner *of,
                      const struct runner *to)
{
    add_ratio_from(table, result, of, to, 0);
}

// Another program's time as a multiple of memscan's: below 1, memscan loses. "> 300": when it was
// stopped, it had taken so much.
static void add_odds(struct table *table, const struct row_result *result,
                     const struct runner *other, const struct runner *memscan)
{
    if (other->gave_up_after > 0 && memscan->n_rounds > 0)
        table_add(table, "> %.0f", other->gave_up_after / result_seconds(result, memscan).median);
    else
        add_ratio_from(table, result, other, memscan, 1);
}

// Whether a search is so slow that it must be said why.
static void add_mark(struct table *table, const struct row_result *result,
                     const struct runner *reader, const struct runner *memscan)
{
    bool slow = memscan->n_rounds > 0 && result_ratio(result, reader, memscan).median < SLOW_OF_R;

    table_add(table, slow ? "< 0.05" : "");
}

static double rate(const struct row_result *result, const struct runner *runner)
{
    return (double)result->image_bytes / 1e9 / result_seconds(result, runner).median;
}

static void add_rate(struct table *table, const struct row_result *result,
                     const struct runner *runner)
{
    if (runner->n_rounds == 0)
        table_add(table, "-");
    else
        table_add(table, "%.2f", rate(result, runner));
}

static void add_hits(struct table *table, const struct runner *runner)
{
    uint64_t hits = runner->n_rounds > 0 ? runner_peak(runner).hits : 0;

    if (hits == 0)
        table_add(table, "-");
    else
        table_add(table, "%llu", (unsigned long long)hits);
}

static void add_compile(struct table *table, const struct runner *runner)
{
    if (runner->compile_seconds < 0.01)
        table_add(table, "-");
    else
        table_add(table, "%.2f", runner->compile_seconds);
}

// The row's name, and what it is in words: one of the two is shown.
static void add_row_cells(struct table *table, const struct row_result *result)
{
    table_add(table, "%s", result->row->name);
    table_add(table, "%s", result->row->title);
}

// == Sections ==

#define MAX_COLUMNS 16

static size_t library_columns(struct column *columns, const struct row_result *first)
{
    static const struct column all[] = {
        {"library", SHOWN_IN_TEXT},      {"patterns", SHOWN_IN_MARKDOWN},
        {"threads", SHOWN_IN_TEXT},      {"R GB/s", SHOWN_IN_TEXT},
        {"GB/s", SHOWN_ALWAYS},          {"of R", SHOWN_ALWAYS},
        {"hs of R", SHOWN_ALWAYS},       {"mem/hs", SHOWN_ALWAYS},
        {"hits", SHOWN_IN_TEXT},         {"hs hits", SHOWN_IN_TEXT},
        {"anon MB", SHOWN_ALWAYS},       {"compile s", SHOWN_ALWAYS},
        {"hs compile s", SHOWN_IN_TEXT}, {"slow", SHOWN_ALWAYS},
    };

    (void)first;
    memcpy(columns, all, sizeof(all));
    return sizeof(all) / sizeof(all[0]);
}

static void library_row(struct table *table, const struct row_result *result)
{
    const struct runner *reader = &result->runners[0], *memscan = &result->runners[1];
    const struct runner *bare = &result->runners[2];

    add_row_cells(table, result);
    table_add(table, "%u", row_threads(result->row));
    add_rate(table, result, reader);
    add_rate(table, result, memscan);
    add_ratio(table, result, reader, memscan);
    add_ratio(table, result, reader, bare);
    add_odds(table, result, bare, memscan);
    add_hits(table, memscan);
    add_hits(table, bare);
    table_add(table, "%.1f", (double)runner_peak(memscan).peak_bytes / 1e6);
    add_compile(table, memscan);
    add_compile(table, bare);
    add_mark(table, result, reader, memscan);
}

static size_t cold_columns(struct column *columns, const struct row_result *first)
{
    static const struct column all[] = {
        {"cold", SHOWN_IN_TEXT},       {"not in the page cache", SHOWN_IN_MARKDOWN},
        {"threads", SHOWN_ALWAYS},     {"R GB/s", SHOWN_ALWAYS},
        {"read() GB/s", SHOWN_ALWAYS}, {"GB/s", SHOWN_ALWAYS},
        {"of R", SHOWN_ALWAYS},        {"of read()", SHOWN_ALWAYS},
        {"hits", SHOWN_IN_TEXT},
    };

    (void)first;
    memcpy(columns, all, sizeof(all));
    return sizeof(all) / sizeof(all[0]);
}

static void cold_row(struct table *table, const struct row_result *result)
{
    const struct runner *reader = &result->runners[0], *memscan = &result->runners[1];
    const struct runner *pieces = &result->runners[2];

    add_row_cells(table, result);
    table_add(table, "%u", row_threads(result->row));
    add_rate(table, result, reader);
    add_rate(table, result, pieces);
    add_rate(table, result, memscan);
    add_ratio(table, result, reader, memscan);
    add_ratio(table, result, pieces, memscan);
    add_hits(table, memscan);
}

// The rate over what the spaces need, and as a part of that of a search of physical memory.
static void add_space_rates(struct table *table, const struct row_result *result,
                            const struct runner *physical, const struct runner *memscan)
{
    double part = (double)result->needed_bytes / (double)result->image_bytes;
    unsigned n = memscan->n_rounds;
    struct spread spread;

    if (physical->n_rounds == 0) {
        table_add(table, "-");
        table_add(table, "-");
        return;
    }
    spread = result_ratio(result, physical, memscan);
    spread = (struct spread){part * spread.low, part * spread.median, part * spread.high};
    table_add(table, "%.2f", part * rate(result, memscan));
    add_spread(table, &spread, n);
}

// What a search may take beyond the compiled patterns: 64 MiB and 8 bytes a page.
static double memory_goal(const struct row_result *result)
{
    return (double)(64u << 20) + 8 * (double)result->needed_bytes / 4096;
}

static size_t spaces_columns(struct column *columns, const struct row_result *first)
{
    static const struct column all[] = {
        {"spaces", SHOWN_IN_TEXT},
        {"searched", SHOWN_IN_MARKDOWN},
        {"physical GB/s", SHOWN_ALWAYS},
        {"GB/s", SHOWN_ALWAYS},
        {"of physical", SHOWN_ALWAYS},
        {"passes", SHOWN_ALWAYS},
        {"ms", SHOWN_ALWAYS},
        {"hits", SHOWN_IN_TEXT},
        {"physical hits", SHOWN_IN_TEXT},
        {"anon MB", SHOWN_ALWAYS},
        {"goal MB", SHOWN_IN_TEXT},
        {"compile s", SHOWN_IN_TEXT},
    };

    (void)first;
    memcpy(columns, all, sizeof(all));
    return sizeof(all) / sizeof(all[0]);
}

static void spaces_row(struct table *table, const struct row_result *result)
{
    const struct runner *physical = &result->runners[0], *memscan = &result->runners[1];

    add_row_cells(table, result);
    add_rate(table, result, physical);
    add_space_rates(table, result, physical, memscan);
    add_ratio(table, result, memscan, physical);
    table_add(table, "%.1f", 1e3 * result_seconds(result, memscan).median);
    add_hits(table, memscan);
    add_hits(table, physical);
    table_add(table, "%.1f", (double)runner_peak(memscan).peak_bytes / 1e6);
    table_add(table, "%.1f", memory_goal(result) / 1e6);
    add_compile(table, memscan);
}

static size_t modules_columns(struct column *columns, const struct row_result *first)
{
    static const struct column all[] = {
        {"modules", SHOWN_IN_TEXT}, {"measured", SHOWN_IN_MARKDOWN}, {"R GB/s", SHOWN_IN_TEXT},
        {"GB/s", SHOWN_ALWAYS},     {"of R", SHOWN_ALWAYS},          {"ms", SHOWN_ALWAYS},
        {"hits", SHOWN_ALWAYS},     {"ns a hit", SHOWN_ALWAYS},
    };

    (void)first;
    memcpy(columns, all, sizeof(all));
    return sizeof(all) / sizeof(all[0]);
}

// What attributing adds to finding.
static void add_hit_time(struct table *table, const struct row_result *result,
                         const struct runner *alone, const struct runner *memscan)
{
    double added = result_seconds(result, memscan).median - result_seconds(result, alone).median;

    table_add(table, "%.0f", 1e9 * added / (double)runner_peak(memscan).hits);
}

static void modules_row(struct table *table, const struct row_result *result)
{
    static const struct runner none = {0};
    const struct runner *before = &result->runners[0], *memscan = &result->runners[1];
    bool reads = before->n_rounds > 0 && strcmp(before->name, "R") == 0;

    add_row_cells(table, result);
    add_rate(table, result, reads ? before : &none);
    add_rate(table, result, reads ? memscan : &none);
    add_ratio(table, result, reads ? before : &none, memscan);
    table_add(table, "%.1f", 1e3 * result_seconds(result, memscan).median);
    add_hits(table, memscan);
    if (before->n_rounds > 0 && !reads)
        add_hit_time(table, result, before, memscan);
    else
        table_add(table, "-");
}

static double user_of(const struct measurement *measurement)
{
    return 1e3 * measurement->user_seconds;
}

static double system_of(const struct measurement *measurement)
{
    return 1e3 * measurement->system_seconds;
}

static size_t command_columns(struct column *columns, const struct row_result *first)
{
    static const struct column all[] = {
        {"command", SHOWN_IN_TEXT}, {"memscan", SHOWN_IN_MARKDOWN}, {"threads", SHOWN_ALWAYS},
        {"R ms", SHOWN_ALWAYS},     {"ms", SHOWN_ALWAYS},           {"of R", SHOWN_ALWAYS},
        {"user ms", SHOWN_ALWAYS},  {"sys ms", SHOWN_ALWAYS},       {"anon MB", SHOWN_ALWAYS},
        {"RSS MB", SHOWN_IN_TEXT},  {"hits", SHOWN_ALWAYS},
    };

    (void)first;
    memcpy(columns, all, sizeof(all));
    return sizeof(all) / sizeof(all[0]);
}

static void command_row(struct table *table, const struct row_result *result)
{
    const struct runner *reader = &result->runners[0], *memscan = &result->runners[1];
    struct measurement peak = runner_peak(memscan);

    table_add(table, "%s", result->row->name);
    table_add(table, "`%s`", result->row->more);
    table_add(table, "%u", row_threads(result->row));
    table_add(table, "%.1f", 1e3 * result_seconds(result, reader).median);
    table_add(table, "%.1f", 1e3 * result_seconds(result, memscan).median);
    add_ratio(table, result, reader, memscan);
    table_add(table, "%.0f", runner_spread(memscan, user_of).median);
    table_add(table, "%.0f", runner_spread(memscan, system_of).median);
    table_add(table, "%.1f", (double)peak.peak_bytes / 1e6);
    table_add(table, "%.0f", (double)peak.rss_bytes / 1e6);
    add_hits(table, memscan);
}

static size_t peers_columns(struct column *columns, const struct row_result *first)
{
    static const struct column some[] = {
        {"peers", SHOWN_IN_TEXT},  {"patterns", SHOWN_IN_MARKDOWN}, {"hits", SHOWN_IN_TEXT},
        {"R GB/s", SHOWN_IN_TEXT}, {"memscan GB/s", SHOWN_ALWAYS},  {"of R", SHOWN_ALWAYS},
    };
    size_t n = sizeof(some) / sizeof(some[0]);

    memcpy(columns, some, sizeof(some));
    for (size_t i = 2; i < first->n_runners; i++)
        columns[n++] = (struct column){first->runners[i].name, SHOWN_ALWAYS};
    return n;
}

// The others' times as multiples of memscan's.
static void peers_row(struct table *table, const struct row_result *result)
{
    const struct runner *reader = &result->runners[0], *memscan = &result->runners[1];

    add_row_cells(table, result);
    add_hits(table, memscan);
    add_rate(table, result, reader);
    add_rate(table, result, memscan);
    add_ratio(table, result, reader, memscan);
    for (size_t i = 2; i < result->n_runners; i++) {
        if (strncmp(result->runners[i].name, "memscan", strlen("memscan")) == 0)
            add_ratio(table, result, &result->runners[i], memscan);
        else
            add_odds(table, result, &result->runners[i], memscan);
    }
}

static const struct {
    size_t (*columns)(struct column *columns, const struct row_result *first);
    void (*row)(struct table *table, const struct row_result *result);
} layouts[N_SECTIONS] = {
    [SECTION_LIBRARY] = {library_columns, library_row},
    [SECTION_COLD] = {cold_columns, cold_row},
    [SECTION_SPACES] = {spaces_columns, spaces_row},
    [SECTION_MODULES] = {modules_columns, modules_row},
    [SECTION_COMMAND] = {command_columns, command_row},
    [SECTION_PEERS] = {peers_columns, peers_row},
};

static void print_section(enum section section, const struct row_result *results, size_t n,
                          bool markdown)
{
    struct column columns[MAX_COLUMNS];
    struct table table = {.columns = columns, .markdown = markdown};

    for (size_t i = 0; i < n; i++) {
        if (results[i].row->section != section)
            continue;
        if (table.n_columns == 0)
            table.n_columns = layouts[section].columns(columns, &results[i]);
        layouts[section].row(&table, &results[i]);
    }
    if (table.n_columns > 0) {
        putchar('\n');
        table_print(&table);
    }
    table_release(&table);
}

void report_print(const struct run_facts *facts, const struct row_result *results, size_t n,
                  bool markdown)
{
    struct machine machine = machine_facts();

    printf("memscan %s%s%s, %s\n", ms_version(), machine.commit[0] ? " at " : "", machine.commit,
           machine.date);
    printf("%s, %ld processors, %s, load %.2f\n", machine.cpu, machine.processors, machine.kernel,
           machine.load);
    for (size_t i = 0; i < N_IMAGES; i++) {
        if (facts->images[i].size)
            printf("%s: %llu bytes\n", strrchr(facts->images[i].path, '/') + 1,
                   (unsigned long long)facts->images[i].size);
    }
    printf("%u rounds%s, R reads with %s\n", facts->n_rounds,
           facts->by_processor ? ", by processor time" : "", read_method());
    for (const char *const *program = facts->programs; *program; program++)
        puts(*program);
    for (size_t i = 0; i < N_SECTIONS; i++)
        print_section((enum section)i, results, n, markdown);
    fflush(stdout);
}
