// SPDX-License-Identifier: MIT
//
// The table, and the same as JSON. Of each row the median over the rounds; ratios are taken within
// a round first, as both sides then met the same load.

#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return a < b ? -1 : a > b;
}

static double median(const double *values, unsigned n)
{
    double sorted[MAX_ROUNDS];

    memcpy(sorted, values, n * sizeof(*values));
    qsort(sorted, n, sizeof(*sorted), compare_doubles);
    return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

// The median of a[i] / b[i].
static double median_ratio(const double *a, const double *b, unsigned n)
{
    double ratios[MAX_ROUNDS];

    for (unsigned i = 0; i < n; i++)
        ratios[i] = a[i] / b[i];
    return median(ratios, n);
}

// == What is derived ==

struct summary {
    double read_rate, rate, peer_rate; // GB/s
    double fraction, peer_fraction;    // of R
    double against_peer;
};

static struct summary summarise(const struct row_result *result)
{
    double gigabytes = (double)result->image_bytes / 1e9;
    unsigned n = result->n_rounds;
    struct summary summary = {
        .read_rate = gigabytes / median(result->read_seconds, n),
        .rate = gigabytes / median(result->seconds, n),
        .fraction = median_ratio(result->read_seconds, result->seconds, n),
    };

    if (result->has_peer) {
        summary.peer_rate = gigabytes / median(result->peer_seconds, n);
        summary.peer_fraction = median_ratio(result->read_seconds, result->peer_seconds, n);
        summary.against_peer = median_ratio(result->peer_seconds, result->seconds, n);
    }
    return summary;
}

// == The machine ==

static void cpu_model(char *model, size_t size)
{
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[256];

    snprintf(model, size, "unknown");
    while (file && fgets(line, sizeof(line), file)) {
        char *colon = strchr(line, ':');

        if (strncmp(line, "model name", 10) != 0 || !colon)
            continue;
        line[strcspn(line, "\n")] = '\0';
        snprintf(model, size, "%s", colon + 1 + (colon[1] == ' '));
        break;
    }
    if (file)
        fclose(file);
}

static void date(char *text, size_t size)
{
    time_t now = time(NULL);
    struct tm parts;

    strftime(text, size, "%Y-%m-%d %H:%M:%S UTC", gmtime_r(&now, &parts));
}

void report_machine(FILE *file, const struct bench_image images[N_IMAGES], unsigned n_rounds)
{
    char model[256], when[64];
    double load[1] = {0};

    cpu_model(model, sizeof(model));
    date(when, sizeof(when));
    if (getloadavg(load, 1) != 1)
        load[0] = 0;
    fprintf(file, "# memscan %s, %s\n", ms_version(), when);
    fprintf(file, "# %s, %ld processors, load %.2f\n", model, sysconf(_SC_NPROCESSORS_ONLN),
            load[0]);
    for (size_t i = 0; i < N_IMAGES; i++) {
        if (images[i].size)
            fprintf(file, "# %s: %llu bytes\n", strrchr(images[i].path, '/') + 1,
                    (unsigned long long)images[i].size);
    }
    fprintf(file, "# %u rounds, R reads with %s\n", n_rounds, read_method());
}

// == The table ==

void report_heading(void)
{
    printf("%-14s %3s %6s %7s %5s %7s %7s %5s %7s %9s %9s %7s\n", "row", "thr", "R GB/s", "GB/s",
           "of R", "GB/s/th", "hs GB/s", "of R", "mem/hs", "hits", "hs hits", "anon MB");
}

void report_row(const struct row_result *result)
{
    struct summary summary = summarise(result);

    printf("%-14s %3u %6.2f %7.2f %5.2f %7.2f ", result->row->name, result->row->threads,
           summary.read_rate, summary.rate, summary.fraction, summary.rate / result->row->threads);
    if (result->has_peer)
        printf("%7.2f %5.2f %7.2f ", summary.peer_rate, summary.peer_fraction,
               summary.against_peer);
    else
        printf("%7s %5s %7s ", "-", "-", "-");
    printf("%9llu ", (unsigned long long)result->hits);
    if (result->has_peer)
        printf("%9llu ", (unsigned long long)result->peer_hits);
    else
        printf("%9s ", "-");
    printf("%7.1f", (double)result->peak_bytes / 1e6);
    if (result->compile_seconds > 0.01 || result->peer_compile_seconds > 0.01)
        printf("  compiled in %.2f s (hs %.2f s)", result->compile_seconds,
               result->peer_compile_seconds);
    putchar('\n');
    fflush(stdout);
}

// == JSON ==

static void json_seconds(FILE *file, const char *name, const double *seconds, unsigned n)
{
    fprintf(file, ",\"%s\":[", name);
    for (unsigned i = 0; i < n; i++)
        fprintf(file, "%s%.6f", i ? "," : "", seconds[i]);
    fputc(']', file);
}

static void json_row(FILE *file, const struct row_result *result)
{
    struct summary summary = summarise(result);
    unsigned n = result->n_rounds;

    fprintf(file, "{\"row\":\"%s\",\"title\":\"%s\",\"threads\":%u,\"patterns\":%zu",
            result->row->name, result->row->title, result->row->threads, result->row->n_patterns);
    fprintf(file, ",\"bytes\":%llu,\"hits\":%llu,\"peak_bytes\":%llu,\"compile_seconds\":%.6f",
            (unsigned long long)result->image_bytes, (unsigned long long)result->hits,
            (unsigned long long)result->peak_bytes, result->compile_seconds);
    fprintf(file, ",\"read_gbps\":%.4f,\"gbps\":%.4f,\"of_read\":%.4f", summary.read_rate,
            summary.rate, summary.fraction);
    json_seconds(file, "read_seconds", result->read_seconds, n);
    json_seconds(file, "seconds", result->seconds, n);
    if (result->has_peer) {
        fprintf(file, ",\"hs_gbps\":%.4f,\"hs_of_read\":%.4f,\"of_hs\":%.4f", summary.peer_rate,
                summary.peer_fraction, summary.against_peer);
        fprintf(file, ",\"hs_hits\":%llu,\"hs_compile_seconds\":%.6f",
                (unsigned long long)result->peer_hits, result->peer_compile_seconds);
        json_seconds(file, "hs_seconds", result->peer_seconds, n);
    }
    fputc('}', file);
}

static void json_text(FILE *file, const char *text)
{
    fputc('"', file);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', file);
        if (*text >= ' ')
            fputc(*text, file);
    }
    fputc('"', file);
}

bool report_json(const char *path, const struct bench_image images[N_IMAGES],
                 const struct row_result *results, size_t n)
{
    FILE *file = fopen(path, "w");
    char model[256], when[64];

    if (!file) {
        perror(path);
        return false;
    }
    cpu_model(model, sizeof(model));
    date(when, sizeof(when));
    fprintf(file, "{\"version\":\"%s\",\"date\":\"%s\",\"processors\":%ld,\"cpu\":", ms_version(),
            when, sysconf(_SC_NPROCESSORS_ONLN));
    json_text(file, model);
    fprintf(file, ",\"read_method\":\"%s\",\"image_bytes\":%llu,\"rows\":[\n", read_method(),
            (unsigned long long)images[IMAGE_REALISTIC].size);
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
