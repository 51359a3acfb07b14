// SPDX-License-Identifier: MIT
//
// memscan pool --special: what overwrote special pool, in all images together. They stay open until
// all are compared.

#include "special_pool.h"

#include "interrupt.h"
#include "message.h"
#include "modules_open.h"
#include "progress.h"
#include "special_rows.h"
#include <inttypes.h>
#include <stdlib.h>

// An image of the command line.
struct special_image {
    struct listing listing; // for what opens it; prints nothing
    struct ms_modules *modules;
};

struct special_run {
    const struct settings *settings;
    struct special_image *images;
    size_t n_images;
    struct special_dump *dumps; // those that were added
    size_t n_dumps;
    struct ms_special_case *special;
    struct ms_special_callbacks callbacks;
    struct special_printer printer;
    struct output out;
    struct outcome outcome;
};

static int take_progress(void *user, const struct ms_progress *progress)
{
    const struct special_run *run = user;

    if (progress->all_bytes > 0)
        progress_update(progress->done_bytes, progress->all_bytes);
    return interrupt_requested() || run->out.os_errno != 0;
}

// Says what failed, and whether that was somebody's wish.
static bool succeeded(struct special_run *run, const char *what, enum ms_status status,
                      const struct ms_error *error)
{
    progress_stop();
    if (status == MS_OK)
        return true;
    if (status == MS_STOPPED && interrupt_requested()) {
        message("%s: interrupted", what);
        run->outcome.interrupted = true;
    } else if (status != MS_STOPPED) {
        message_error(what, error);
        run->outcome.error = true;
    }
    return false;
}

// == Images ==

static bool open_modules(struct special_run *run, struct special_image *image, const char *path)
{
    static const struct space_choice choice = {.by_default = DEFAULT_KERNEL, .only_virtual = true};
    struct listing *listing = &image->listing;

    listing->settings = run->settings;
    if (!image_open(&listing->opened, path, run->settings) ||
        !spaces_choose(&listing->opened, run->settings, &choice))
        return false;
    view_open(&listing->view, listing->opened.image, listing->opened.spaces);
    if (view_count(&listing->view) != 1) {
        message("%s: special pool is looked for in one space: name one with --space", path);
        return false;
    }
    image->modules = modules_open(listing, 0);
    return image->modules != NULL;
}

static void warn(const struct special_run *run, const char *path, size_t dump)
{
    struct ms_special_dump counts = ms_special_case_dump(run->special, dump);

    if (run->settings->quiet)
        return;
    if (counts.n_passed_over > 0)
        message("%s: warning: %zu more pages that lie alone are not looked at", path,
                counts.n_passed_over);
    if (counts.n_untold > 0)
        message("%s: warning: %zu more pages of special pool are not listed", path,
                counts.n_untold);
    if (counts.n_uncompared > 0)
        message("%s: warning: the garbage of %zu more pages is not compared", path,
                counts.n_uncompared);
}

static void add_image(struct special_run *run, size_t index)
{
    struct special_image *image = &run->images[index];
    const char *path = run->settings->operands[index];
    struct ms_error error = {0};
    enum ms_status status;

    if (!open_modules(run, image, path)) {
        listing_tell_interrupted(&image->listing);
        run->outcome.interrupted = image->listing.outcome.interrupted;
        run->outcome.error = true;
        return;
    }
    run->outcome.error |= image->listing.outcome.error;
    status = ms_special_case_add(run->special, image->modules, &run->callbacks, &error);
    if (!succeeded(run, path, status, &error))
        return;
    if (run->n_dumps == 0)
        special_print_header(&run->printer);
    run->dumps[run->n_dumps] = (struct special_dump){path, &image->listing.view, image->modules};
    special_print_dump(&run->printer, run->n_dumps);
    warn(run, path, run->n_dumps);
    run->n_dumps++;
    outcome_flush(&run->outcome, &run->out);
}

static void close_image(struct special_run *run, struct special_image *image)
{
    struct opened *opened = &image->listing.opened;

    if (image->modules != NULL)
        modules_close(&image->listing, image->modules);
    if (opened->image != NULL)
        image_tell_unread(opened->path, ms_image_unread(opened->image), run->settings);
    image_close(opened);
}

// == All of them together ==

static bool compare(struct special_run *run)
{
    struct ms_error error = {0};
    enum ms_status status;

    progress_start(!run->settings->quiet);
    status = ms_special_case_compare(run->special, &run->callbacks, &error);
    if (!succeeded(run, "comparing", status, &error))
        return false;
    special_print_words(&run->printer);
    outcome_flush(&run->outcome, &run->out);
    if (ms_special_case_n_words_untold(run->special) > 0 && !run->settings->quiet)
        message("warning: %zu more DWORDs are shared",
                ms_special_case_n_words_untold(run->special));
    return true;
}

static void find(struct special_run *run)
{
    uint32_t value = ms_special_case_word(run->special, 0).value;
    struct ms_error error = {0};
    enum ms_status status;

    progress_start(!run->settings->quiet);
    status = ms_special_case_find(run->special, value, &run->callbacks, &error);
    if (!succeeded(run, "searching", status, &error))
        return;
    special_print_owners(&run->printer, value);
    if (ms_special_case_n_unowned(run->special) > 0 && !run->settings->quiet)
        message("warning: %" PRIu64 " more places are not told",
                ms_special_case_n_unowned(run->special));
}

static void work(struct special_run *run)
{
    for (size_t i = 0; i < run->n_images && !run->outcome.interrupted; i++)
        add_image(run, i);
    run->outcome.found = ms_special_case_n_pages(run->special) > 0;
    if (run->n_dumps == 0 || run->outcome.interrupted || !compare(run))
        return;
    if (run->settings->find && ms_special_case_n_words(run->special) > 0)
        find(run);
}

static bool start(struct special_run *run)
{
    struct ms_error error = {0};

    run->images = calloc(run->n_images, sizeof(*run->images));
    run->dumps = calloc(run->n_images, sizeof(*run->dumps));
    if (run->images == NULL || run->dumps == NULL ||
        ms_special_case_create(&run->special, &error) != MS_OK) {
        message_no_memory();
        return false;
    }
    run->callbacks = (struct ms_special_callbacks){.progress = take_progress, .user = run};
    run->printer = (struct special_printer){
        .settings = run->settings,
        .out = &run->out,
        .special = run->special,
        .dumps = run->dumps,
        .n_images = run->n_images,
    };
    return true;
}

int command_pool_special(const struct settings *settings)
{
    struct special_run run = {.settings = settings, .n_images = settings->n_operands};

    if (!command_output_open(&run.out))
        return EXIT_ERROR;
    interrupt_install();
    if (start(&run))
        work(&run);
    else
        run.outcome.error = true;
    ms_special_case_free(run.special);
    for (size_t i = 0; run.images != NULL && i < run.n_images; i++)
        close_image(&run, &run.images[i]);
    free(run.images);
    free(run.dumps);
    return command_finish(&run.outcome, &run.out);
}
