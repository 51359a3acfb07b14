// SPDX-License-Identifier: MIT
//
// Every image in the order of the command line.

#include "search_run.h"

#include "escape.h"
#include "interrupt.h"
#include "message.h"
#include "modules_open.h"
#include "progress.h"
#include "search_report.h"
#include "space_names.h"
#include "symbol_files.h"
#include <stdlib.h>
#include <string.h>

// Enough to look at; more only scrolls by.
#define TERMINAL_MAX_HITS 10000

// == Callbacks ==

static int on_hit(void *user, const struct ms_hit *hit)
{
    struct search_run *run = user;
    const struct search_also *also = run->job->also;

    if (also != NULL)
        run->also_status = also->report(run, hit->address, &run->also_error);
    if (run->also_status != MS_OK)
        return 1;
    run->n_hits++;
    window_enter(&run->window, hit->space);
    run->job->printer->hit(&run->context, hit);
    return run->context.out->os_errno != 0;
}

static uint64_t find_fold_end(void *user, size_t space, uint64_t address)
{
    struct search_run *run = user;

    return attribution_fold_end(&run->attribution, space, address);
}

static int on_gap(void *user, const struct ms_gap *gap)
{
    struct search_run *run = user;

    run->job->printer->gap(&run->context, gap);
    return run->context.out->os_errno != 0;
}

static int on_range(void *user, const struct ms_range_coverage *covered)
{
    struct search_run *run = user;

    run->where.coverage[covered->range] = covered->coverage;
    return 0;
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

uint64_t search_max_hits(const struct search_run *run)
{
    if (run->job->settings->max_hits_given)
        return run->job->settings->max_hits;
    return run->context.out->terminal ? TERMINAL_MAX_HITS : UINT64_MAX;
}

static struct ms_search_options search_options(const struct search_run *run)
{
    const struct settings *settings = run->job->settings;
    struct ms_search_options options;

    ms_search_options_init(&options);
    options.spaces = run->view.spaces;
    options.page_flags = settings->page_flags;
    options.ranges = run->where.ranges;
    options.n_ranges = run->where.n;
    options.first_space = run->first_space;
    options.from = settings->from.address;
    options.threads = settings->threads;
    options.chunk_bytes = settings->chunk_bytes;
    options.fold = run->job->printer->folds;
    options.once = settings->once;
    options.edge = settings->edge;
    options.count_only = run->job->printer->hit == NULL;
    options.max_hits = search_max_hits(run);
    return options;
}

static void add_coverage(struct ms_coverage *sum, const struct ms_coverage *part)
{
    sum->asked += part->asked;
    sum->scanned += part->scanned;
    sum->unmapped += part->unmapped;
    sum->paged_out += part->paged_out;
    sum->absent += part->absent;
    sum->unreadable += part->unreadable;
}

// Ranges of a module stand one behind the other.
static void print_module_coverage(struct search_run *run)
{
    const struct search_where *where = &run->where;
    struct ms_coverage sum = {0};

    for (size_t i = 0; i < where->n; i++) {
        struct ms_module_info info = ms_modules_info(where->of, where->modules[i]);

        add_coverage(&sum, &where->coverage[i]);
        if (i + 1 < where->n && where->modules[i + 1] == where->modules[i])
            continue;
        if (run->job->printer->module_coverage != NULL)
            run->job->printer->module_coverage(&run->context, info.name, &sum);
        if (run->job->settings->stats)
            report_module(run->context.image_name, info.name, &sum);
        sum = (struct ms_coverage){0};
    }
}

static void print_results(struct search_run *run, const struct print_end *end)
{
    const struct printer *printer = run->job->printer;

    for (size_t i = 0; printer->coverage != NULL && i < end->result->n_spaces; i++)
        printer->coverage(&run->context, i, &end->result->space_coverage[i]);
    if (run->where.coverage != NULL && !end->interrupted)
        print_module_coverage(run);
    if (printer->end != NULL)
        printer->end(&run->context, end);
    outcome_flush(&run->outcome, run->context.out);
}

static void report(struct search_run *run, const struct print_end *end, double seconds)
{
    const char *name = run->context.image_name;

    if (end->interrupted)
        report_interrupted(name, &run->view, end->result);
    if (run->job->printer->closing && !run->job->settings->quiet)
        report_summary(name, &run->view, end);
    if (run->job->settings->stats)
        report_stats(name, run->job->query->matcher, end->result, seconds);
    if (run->job->settings->stats && run->job->also != NULL)
        run->job->also->stats(run);
    image_tell_unread(name, run->unread + run->attribution.unread, run->job->settings);
    if (!end->interrupted && !report_coverage(name, run->job->settings, &end->result->coverage))
        run->outcome.coverage_low = true;
}

static enum ms_status run_search(struct search_run *run, struct ms_search_result *result,
                                 struct ms_error *error)
{
    struct ms_search_options options = search_options(run);
    struct ms_search_callbacks callbacks = {
        .hit = run->job->printer->hit != NULL ? on_hit : NULL,
        .fold_end = run->view.spaces != NULL ? find_fold_end : NULL,
        .gap = run->job->settings->gaps ? on_gap : NULL,
        .range_coverage = run->where.coverage != NULL ? on_range : NULL,
        .progress = on_progress,
        .user = run,
    };
    enum ms_status status;

    progress_start(!run->job->settings->no_progress && !run->job->settings->quiet);
    status =
        ms_search(run->view.image, run->job->query->matcher, &options, &callbacks, result, error);
    progress_stop();
    return status;
}

// Reports what is left besides the hits of a search, which ended with `status`. Where that is
// interrupted, or was before a hit, the whole goes on from there.
static enum ms_status finish_also(struct search_run *run, enum ms_status status,
                                  struct ms_search_result *result, struct ms_error *error)
{
    const struct search_also *also = run->job->also;
    uint64_t next = status == MS_OK ? UINT64_MAX : result->next;

    if (also == NULL || (status != MS_OK && status != MS_STOPPED))
        return status;
    if (run->also_status != MS_OK)
        result->hits = run->n_hits + result->max_hits_held; // not the one that was not printed
    if (status == MS_OK)
        run->also_status = also->report(run, UINT64_MAX, &run->also_error);
    if (run->also_status == MS_OK && status == MS_OK)
        return MS_OK;
    if (run->also_status != MS_OK && run->also_status != MS_STOPPED) {
        *error = run->also_error;
        ms_search_result_release(result);
        return run->also_status;
    }
    result->complete = false;
    result->next_space = 0;
    result->next = also->next(run) < next ? also->next(run) : next;
    return MS_STOPPED;
}

static void search_open_image(struct search_run *run)
{
    const struct search_also *also = run->job->also;
    struct ms_search_result result = {0};
    struct ms_error error = {0};
    double started = seconds_now();
    enum ms_status status;

    if (run->job->printer->begin != NULL)
        run->job->printer->begin(&run->context);
    run->also_status = MS_OK;
    run->n_hits = 0;
    status = run_search(run, &result, &error);
    status = finish_also(run, status, &result, &error);
    if (status == MS_OK || status == MS_STOPPED) {
        struct print_end end = {.result = &result, .interrupted = status == MS_STOPPED};

        if (also != NULL)
            end.code = also->end(run, &result);
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

// A search of physical memory alone needs no spaces, and prints while it reads.
static bool is_physical_alone(const struct ms_spaces *spaces)
{
    return ms_spaces_count(spaces) == 1 && ms_spaces_info(spaces, 0).kind == MS_SPACE_PHYSICAL;
}

// Whether the spaces have the place that --from names, and which one it is in.
static bool find_first_space(struct search_run *run)
{
    const struct from *from = &run->job->settings->from;
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

// Modules are those of one space.
static bool take_modules(struct search_run *run)
{
    const char *image = run->context.image_name;
    const struct ms_modules *modules;

    if (view_count(&run->view) != 1) {
        message("%s: modules are searched in one space: name one with --space", image);
        return false;
    }
    modules = attribution_modules(&run->attribution, 0);
    if (modules == NULL)
        return false;
    if (!run->job->settings->quiet)
        modules_print_notes(modules, image, view_space(&run->view, 0).name);
    return where_take_modules(&run->where, run->job->settings, modules,
                              view_space(&run->view, 0).address_bits, image);
}

// Not when the first hit comes, if ever.
static void check_symbol_files(struct search_run *run)
{
    const struct settings *settings = run->job->settings;
    const char *image = run->context.image_name;
    bool any = false;

    for (size_t i = 0; settings->n_symbol_paths > 0 && i < view_count(&run->view); i++) {
        const struct ms_modules *modules = attribution_modules(&run->attribution, i);

        if (modules != NULL && !symbol_files_check(settings, modules, image))
            run->outcome.error = true;
        any = any || modules != NULL;
    }
    if (any || settings->n_symbol_paths == 0 || run->attribution.stopped)
        return;
    message("%s: --symbols: physical memory has no modules: leave it out", image);
    run->outcome.error = true;
}

static bool prepare(struct search_run *run, struct opened *opened)
{
    const struct search_job *job = run->job;
    struct ms_modules_options options = modules_options(job->settings);
    bool alone;

    if (!image_open(opened, run->context.image_name, job->settings) ||
        !spaces_choose(opened, job->settings, &job->choice))
        return false;
    alone = is_physical_alone(opened->spaces);
    view_open(&run->view, opened->image, alone ? NULL : opened->spaces);
    window_open(&run->window, &run->view);
    if (!attribution_open(&run->attribution, &run->view, run->context.image_name, &options))
        return false;
    check_symbol_files(run);
    if (job->in_modules ? !take_modules(run)
                        : !where_take_ranges(&run->where, job->query->ranges, job->query->n_ranges,
                                             opened->spaces))
        return false;
    if (!find_first_space(run) || (job->resolve != NULL && !job->resolve(run)) ||
        run->attribution.stopped)
        return false;
    run->unread = ms_image_unread(opened->image);
    run->attribution.unread = 0; // so far, that is among these
    // Whose a hit is belongs to it: what is then looked for is not stopped.
    run->attribution.options.progress = NULL;
    return true;
}

static void tell_not_searched(struct search_run *run, const char *path, const char *others)
{
    run->outcome.interrupted = true;
    message("%s: interrupted before it was searched%s", path, others);
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
        if (interrupt_requested())
            tell_not_searched(run, path, "");
    } else {
        *format_escaped(prefix, path, strlen(path), prefix_room - 1) = '\0';
        run->context.image_prefix = run->job->n_images > 1 ? prefix : NULL;
        run->context.patterns = run->job->query->patterns;
        run->context.labels = run->job->query->labels;
        search_open_image(run);
    }
    free(prefix);
    where_release(&run->where);
    attribution_release(&run->attribution);
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
    const struct search_job *job = run->job;
    size_t i = 0;

    if (job->printer->start != NULL)
        job->printer->start(&run->context);
    while (i < job->n_images && run->context.out->os_errno == 0 && !interrupt_requested())
        search_image(run, job->images[i++]);
    if (i == job->n_images || run->context.out->os_errno != 0)
        return;
    tell_not_searched(run, job->images[i], i + 1 < job->n_images ? ", and those behind it" : "");
}

int search_run(const struct search_job *job)
{
    struct output out;
    struct search_run run = {.job = job};

    if (!command_output_open(&out))
        return EXIT_ERROR;
    run.context = (struct print_context){
        .out = &out,
        .view = &run.view,
        .window = &run.window,
        .attribution = &run.attribution,
        .settings = job->settings,
        .color = wants_color(job->settings, &out) && job->settings->format == FORMAT_TEXT,
        .user = job->user,
    };
    interrupt_install();
    search_images(&run);
    return command_finish(&run.outcome, &out);
}
