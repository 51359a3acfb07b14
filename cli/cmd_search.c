// SPDX-License-Identifier: MIT
//
// memscan search: every image in the order of the command line, each with a printer between the
// library's callbacks and the output.

#include "command.h"

#include "escape.h"
#include "image_open.h"
#include "interrupt.h"
#include "message.h"
#include "print.h"
#include "progress.h"
#include "search_query.h"
#include "search_report.h"
#include "space_choice.h"
#include "space_names.h"
#include <stdlib.h>
#include <string.h>

// Enough to look at; more only scrolls by.
#define TERMINAL_MAX_HITS 10000

struct search_run {
    const struct settings *settings;
    const struct search_query *query;
    const struct printer *printer;
    struct print_context context;
    struct view view;
    struct window window;
    struct ms_range *ranges; // as they are for the image
    size_t first_space;
    struct outcome outcome;
};

// == Callbacks ==

static int on_hit(void *user, const struct ms_hit *hit)
{
    struct search_run *run = user;

    window_enter(&run->window, hit->space);
    run->printer->hit(&run->context, hit);
    return run->context.out->os_errno != 0;
}

static int on_gap(void *user, const struct ms_gap *gap)
{
    struct search_run *run = user;

    run->printer->gap(&run->context, gap);
    return run->context.out->os_errno != 0;
}

// Only here is a search interrupted: all matches below result.next have then been printed, and no
// others.
static int on_progress(void *user, const struct ms_progress *progress)
{
    struct search_run *run = user;

    if (progress_update(progress->done_bytes, progress->all_bytes))
        output_flush(run->context.out);
    return interrupt_requested() || run->context.out->os_errno != 0;
}

// == One image ==

static struct ms_search_options search_options(const struct search_run *run)
{
    const struct settings *settings = run->settings;
    struct ms_search_options options;

    ms_search_options_init(&options);
    options.spaces = run->view.spaces;
    options.page_flags = settings->page_flags;
    options.ranges = run->ranges;
    options.n_ranges = run->query->n_ranges;
    options.first_space = run->first_space;
    options.from = settings->from.address;
    options.threads = settings->threads;
    options.chunk_bytes = settings->chunk_bytes;
    options.fold = run->printer->folds;
    options.once = settings->once;
    options.edge = settings->edge;
    options.count_only = run->printer->hit == NULL;
    if (settings->max_hits_given)
        options.max_hits = settings->max_hits;
    else if (run->context.out->terminal)
        options.max_hits = TERMINAL_MAX_HITS;
    return options;
}

static void print_results(struct search_run *run, const struct print_end *end)
{
    const struct printer *printer = run->printer;

    for (size_t i = 0; printer->coverage != NULL && i < end->result->n_spaces; i++)
        printer->coverage(&run->context, i, &end->result->space_coverage[i]);
    if (printer->end != NULL)
        printer->end(&run->context, end);
    outcome_flush(&run->outcome, run->context.out);
}

static void report(struct search_run *run, const struct print_end *end, double seconds)
{
    const char *name = run->context.image_name;

    if (end->interrupted)
        report_interrupted(name, &run->view, end->result);
    if (run->printer->closing && !run->settings->quiet)
        report_summary(name, &run->view, end->result);
    if (run->settings->stats)
        report_stats(name, run->query->matcher, end->result, seconds);
    if (!end->interrupted && !report_coverage(name, run->settings, &end->result->coverage))
        run->outcome.coverage_low = true;
}

static enum ms_status run_search(struct search_run *run, struct ms_search_result *result,
                                 struct ms_error *error)
{
    struct ms_search_options options = search_options(run);
    struct ms_search_callbacks callbacks = {
        .hit = run->printer->hit != NULL ? on_hit : NULL,
        .gap = run->settings->gaps ? on_gap : NULL,
        .progress = on_progress,
        .user = run,
    };
    enum ms_status status;

    progress_start(!run->settings->no_progress && !run->settings->quiet);
    status = ms_search(run->view.image, run->query->matcher, &options, &callbacks, result, error);
    progress_stop();
    return status;
}

static void search_open_image(struct search_run *run)
{
    struct ms_search_result result = {0};
    struct ms_error error = {0};
    double started = seconds_now();
    enum ms_status status;

    if (run->printer->begin != NULL)
        run->printer->begin(&run->context);
    status = run_search(run, &result, &error);
    if (status == MS_OK || status == MS_STOPPED) {
        struct print_end end = {&result, status == MS_STOPPED};

        print_results(run, &end);
        if (!run->outcome.output_failed)
            report(run, &end, seconds_now() - started);
        run->outcome.found = run->outcome.found || result.hits > 0;
        run->outcome.interrupted = end.interrupted && !run->outcome.output_failed;
        ms_search_result_release(&result);
    } else {
        outcome_flush(&run->outcome, run->context.out);
        message_error(run->context.image_name, &error);
        run->outcome.error = true;
    }
}

// == Opening ==

static bool choose(struct opened *opened, const struct search_run *run)
{
    struct space_choice choice = {.by_default = DEFAULT_MEMORY};

    for (size_t i = 0; i < run->query->n_ranges; i++)
        space_choice_add_range(&choice, &run->query->ranges[i]);
    return spaces_choose(opened, run->settings, &choice);
}

// A search of physical memory alone needs no spaces, and prints while it reads.
static bool is_physical_alone(const struct ms_spaces *spaces)
{
    return ms_spaces_count(spaces) == 1 && ms_spaces_info(spaces, 0).kind == MS_SPACE_PHYSICAL;
}

// Whether the spaces have the place that --from names, and which one it is in.
static bool find_first_space(struct search_run *run)
{
    const struct from *from = &run->settings->from;
    size_t i = 0, count = view_count(&run->view);
    struct ms_space_info info;

    while (from->space != NULL && i < count &&
           !space_name_equal(view_space(&run->view, i).name, from->space, from->space_length))
        i++;
    if (i == count) {
        message("%s: --from: space %.*s is not searched: name it with --space, too",
                run->context.image_name, (int)from->space_length, from->space);
        return false;
    }
    info = view_space(&run->view, i);
    if (from->physical && !space_is_physical(&info)) {
        message("%s: --from: p: in front of an address: %s, where it begins, has virtual addresses",
                run->context.image_name, info.name);
        return false;
    }
    run->first_space = i;
    return true;
}

static bool prepare(struct search_run *run, struct opened *opened)
{
    bool alone;

    if (!image_open(opened, run->context.image_name, run->settings) || !choose(opened, run))
        return false;
    alone = is_physical_alone(opened->spaces);
    view_open(&run->view, opened->image, alone ? NULL : opened->spaces);
    window_open(&run->window, &run->view);
    for (size_t i = 0; i < run->query->n_ranges; i++) {
        run->ranges[i] = run->query->ranges[i];
        range_fit(&run->ranges[i], opened->spaces);
    }
    return find_first_space(run);
}

static void search_image(struct search_run *run, const char *path)
{
    struct opened opened = {0};
    size_t prefix_room = 4 * strlen(path) + 8;
    char *prefix = malloc(prefix_room);

    run->context.image_name = path;
    if (prefix == NULL) {
        message_no_memory();
        run->outcome.error = true;
    } else if (!prepare(run, &opened)) {
        run->outcome.error = true;
    } else {
        *format_escaped(prefix, path, strlen(path), prefix_room - 1) = '\0';
        run->context.image_prefix = run->settings->n_operands > 1 ? prefix : NULL;
        search_open_image(run);
    }
    free(prefix);
    image_close(&opened);
}

// == All images ==

static bool wants_color(const struct settings *settings, const struct output *out)
{
    const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");

    if (settings->color != COLOR_AUTO)
        return settings->color == COLOR_ALWAYS;
    return out->terminal && (no_color == NULL || *no_color == '\0') &&
           (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

static void search_images(struct search_run *run)
{
    const struct settings *settings = run->settings;
    size_t i = 0;

    if (run->printer->start != NULL)
        run->printer->start(&run->context);
    while (i < settings->n_operands && run->context.out->os_errno == 0 && !interrupt_requested())
        search_image(run, settings->operands[i++]);
    if (i == settings->n_operands || run->context.out->os_errno != 0)
        return;
    run->outcome.interrupted = true;
    message("%s: interrupted before it was searched%s", settings->operands[i],
            i + 1 < settings->n_operands ? ", and those behind it" : "");
}

static int search(const struct settings *settings, const struct search_query *query,
                  const struct printer *printer)
{
    struct output out;
    struct search_run run = {.settings = settings, .query = query, .printer = printer};

    run.ranges = calloc(query->n_ranges + 1, sizeof(*run.ranges));
    if (run.ranges == NULL) {
        message_no_memory();
        return EXIT_ERROR;
    }
    if (!command_output_open(&out)) {
        free(run.ranges);
        return EXIT_ERROR;
    }
    run.context = (struct print_context){
        .out = &out,
        .view = &run.view,
        .window = &run.window,
        .settings = settings,
        .patterns = query->patterns,
        .labels = query->labels,
        .color = wants_color(settings, &out) && settings->format == FORMAT_TEXT,
    };
    interrupt_install();
    search_images(&run);
    free(run.ranges);
    return command_finish(&run.outcome, &out);
}

int command_search(const struct settings *settings)
{
    const struct printer *printer = printer_find(settings);
    struct search_query query = {0};
    int status = EXIT_ERROR;

    if (printer == NULL)
        return EXIT_ERROR;
    if (settings->n_operands == 0 && settings->n_patterns > 0)
        message("no image: name the files to search: see memscan --help");
    else if (search_query_make(&query, settings))
        status = search(settings, &query, printer);
    search_query_release(&query);
    return status;
}
