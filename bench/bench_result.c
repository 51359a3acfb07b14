// SPDX-License-Identifier: MIT

#include "bench_result.h"

#include <stdlib.h>
#include <string.h>

struct runner *result_runner(struct row_result *result, const char *name)
{
    struct runner *runner = result->runners;

    while (runner < result->runners + result->n_runners && strcmp(runner->name, name) != 0)
        runner++;
    if (runner == result->runners + result->n_runners) {
        runner->name = name;
        result->n_runners++;
    }
    return runner;
}

void runner_add(struct runner *runner, const struct measurement *measurement)
{
    runner->rounds[runner->n_rounds++] = *measurement;
}

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return a < b ? -1 : a > b;
}

// Sorts the values; there is at least one.
static struct spread spread_of(double *values, unsigned n)
{
    qsort(values, n, sizeof(*values), compare_doubles);
    return (struct spread){
        .low = values[0],
        .median = n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2,
        .high = values[n - 1],
    };
}

struct spread runner_spread(const struct runner *runner,
                            double (*of)(const struct measurement *measurement))
{
    double values[MAX_ROUNDS];

    for (unsigned i = 0; i < runner->n_rounds; i++)
        values[i] = of(&runner->rounds[i]);
    return spread_of(values, runner->n_rounds);
}

static double by_clock(const struct measurement *measurement)
{
    return measurement->seconds;
}

static double by_processor(const struct measurement *measurement)
{
    return measurement->processor_seconds;
}

struct spread result_seconds(const struct row_result *result, const struct runner *runner)
{
    return runner_spread(runner, result->by_processor ? by_processor : by_clock);
}

struct spread result_ratio(const struct row_result *result, const struct runner *of,
                           const struct runner *to)
{
    unsigned n = of->n_rounds < to->n_rounds ? of->n_rounds : to->n_rounds;
    double (*time)(const struct measurement *) = result->by_processor ? by_processor : by_clock;
    double ratios[MAX_ROUNDS];

    for (unsigned i = 0; i < n; i++)
        ratios[i] = time(&of->rounds[i]) / time(&to->rounds[i]);
    return spread_of(ratios, n);
}

static uint64_t greater(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

struct measurement runner_peak(const struct runner *runner)
{
    struct measurement peak = {0};

    for (unsigned i = 0; i < runner->n_rounds; i++) {
        peak.peak_bytes = greater(peak.peak_bytes, runner->rounds[i].peak_bytes);
        peak.rss_bytes = greater(peak.rss_bytes, runner->rounds[i].rss_bytes);
        peak.hits = greater(peak.hits, runner->rounds[i].hits);
    }
    return peak;
}
