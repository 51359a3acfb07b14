// SPDX-License-Identifier: MIT

#include "threads_view.h"

#include "escape.h"
#include "message.h"
#include "modules_open.h"
#include <stdio.h>

// == Finding ==

static void print_notes(const struct threads_view *view, const char *image)
{
    for (size_t i = 0; i < ms_processes_n_notes(view->processes); i++)
        message("%s: warning: %s", image, ms_processes_note(view->processes, i));
    for (size_t i = 0; i < ms_threads_n_notes(view->threads); i++)
        message("%s: warning: %s", image, ms_threads_note(view->threads, i));
}

static bool find_processes(struct threads_view *view, struct listing *listing)
{
    const struct ms_processes_options options = {
        .flags = listing->settings->scan ? MS_PROCESSES_SCAN : 0,
        .progress = listing_on_progress,
        .user = listing,
    };
    struct ms_error error = {0};
    enum ms_status status;

    listing_search_begins(listing);
    status = ms_processes_create(view->modules, &options, &view->processes, &error);
    return listing_search_ends(listing, status, &error);
}

static bool find_threads(struct threads_view *view, struct listing *listing)
{
    const struct ms_threads_options options = {
        .flags = listing->settings->scan ? MS_THREADS_SCAN : 0,
        .progress = listing_on_progress,
        .user = listing,
    };
    struct ms_error error = {0};
    enum ms_status status;

    listing_search_begins(listing);
    status = ms_threads_create(view->processes, &options, &view->threads, &error);
    return listing_search_ends(listing, status, &error);
}

bool threads_view_open(struct threads_view *view, struct listing *listing, size_t space)
{
    *view = (struct threads_view){.modules = modules_open_part(listing, space)};
    if (view->modules == NULL || !find_processes(view, listing) || !find_threads(view, listing))
        return false;
    if (!listing->settings->quiet)
        print_notes(view, listing->opened.path);
    return true;
}

void threads_view_close(struct threads_view *view, struct listing *listing)
{
    ms_threads_free(view->threads);
    ms_processes_free(view->processes);
    modules_close(listing, view->modules);
    *view = (struct threads_view){0};
}

bool thread_process(const struct threads_view *view, const struct ms_thread_info *info,
                    struct ms_process_info *process_ret)
{
    if (info->process == MS_NO_PROCESS)
        return false;
    *process_ret = ms_processes_info(view->processes, info->process);
    return true;
}

static bool is_asked_by_pid(const struct settings *settings, const struct ms_thread_info *info)
{
    for (size_t i = 0; i < settings->n_pids; i++)
        if (info->has_cid && settings->pids[i] == info->pid)
            return true;
    return settings->n_pids == 0;
}

bool thread_is_asked(const struct threads_view *view, const struct settings *settings,
                     const struct ms_thread_info *info)
{
    struct ms_process_info process;
    bool known = thread_process(view, info, &process);

    return is_asked_by_pid(settings, info) && settings_ask_for(settings, known ? process.name : "");
}

// == Texts ==

static void format_named(char room[THREAD_STATE_ROOM], const char *name, const char *what,
                         unsigned number)
{
    if (name != NULL)
        snprintf(room, THREAD_STATE_ROOM, "%s", name);
    else
        snprintf(room, THREAD_STATE_ROOM, "%s %u", what, number);
}

void format_thread_state(char room[THREAD_STATE_ROOM], const struct ms_thread_info *info)
{
    room[0] = '\0';
    if (info->has_state)
        format_named(room, ms_thread_state_name(info->state), "state", info->state);
}

void format_wait_reason(char room[THREAD_STATE_ROOM], const struct ms_thread_info *info)
{
    room[0] = '\0';
    if (info->has_wait_reason)
        format_named(room, ms_wait_reason_name(info->wait_reason), "reason", info->wait_reason);
}

void format_thread_sources(char room[THREAD_SOURCES_ROOM], unsigned sources)
{
    char *at = room;

    for (size_t i = 0; ms_thread_source_name(i) != NULL; i++) {
        if (!(sources >> i & 1))
            continue;
        if (at > room)
            *at++ = ',';
        at = format_text(at, ms_thread_source_name(i));
    }
    *at = '\0';
}

const char *thread_residence_name(enum ms_stack_residence residence)
{
    static const char *const names[] = {
        [MS_STACK_RESIDENCE_UNKNOWN] = "",
        [MS_STACK_RESIDENT] = "resident",
        [MS_STACK_PAGED_OUT] = "paged-out",
    };

    return names[residence];
}

void print_thread_remarks(struct output *out, const struct ms_thread_info *info)
{
    unsigned listed = info->sources & (MS_THREAD_KERNEL_LIST | MS_THREAD_PROCESS_LIST);
    const struct {
        bool holds;
        const char *text;
    } remarks[] = {
        {info->hidden, "hidden: pool"},
        {info->freed, "freed: pool"},
        {listed == 0 && !info->hidden && !info->freed, "unlisted: pool"},
        {listed == MS_THREAD_KERNEL_LIST, "only in the kernel-list"},
        {listed == MS_THREAD_PROCESS_LIST, "only in the process-list"},
        {info->terminated && info->state != MS_THREAD_TERMINATED, "terminated"},
        {info->residence == MS_STACK_PAGED_OUT, "stack paged out"},
        {info->guessed, "guessed"},
    };
    const char *before = "  ";

    for (size_t i = 0; i < sizeof(remarks) / sizeof(remarks[0]); i++) {
        if (!remarks[i].holds)
            continue;
        output_text(out, before);
        output_text(out, remarks[i].text);
        before = ", ";
    }
}

void print_process_name(struct output *out, const struct ms_process_info *process)
{
    char text[4 * MS_PROCESS_NAME_BYTES + 8];
    size_t length = strlen(process->name);

    if (process->has_name)
        output_bytes(out, text,
                     (size_t)(format_ascii(text, process->name, length, sizeof(text)) - text));
    else
        output_char(out, '-');
}
