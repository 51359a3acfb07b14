// SPDX-License-Identifier: MIT
//
// memscan processes: what a Windows kernel runs, as !process 0 0 lists it. What that does not print
// stands behind the name: whether the list of processes lacks it, and whether it still runs.

#include "escape.h"
#include "file_time.h"
#include "message.h"
#include "modules_open.h"
#include <inttypes.h>
#include <stdio.h>

#define SOURCES_ROOM 16
#define NUMBER_ROOM  20
#define NAME_ROOM    (4 * MS_PROCESS_NAME_BYTES + 8)

static const struct columns columns = {
    .type = "process",
    .count = 20,
    .names = {"image",
              "space",
              "address",
              "pid",
              "ppid",
              "name",
              "root",
              "user_root",
              "session",
              "peb",
              "object_table",
              "created",
              "exited_at",
              "exited",
              "hidden",
              "freed",
              "break_on_termination",
              "guessed",
              "source",
              "sources"},
};

// == Parts ==

// "list,pool".
static void format_sources(char room[SOURCES_ROOM], unsigned sources)
{
    char *at = room;

    for (size_t i = 0; ms_process_source_name(i) != NULL; i++) {
        if (!(sources >> i & 1))
            continue;
        if (at > room)
            *at++ = ',';
        at = format_text(at, ms_process_source_name(i));
    }
    *at = '\0';
}

static const char *first_source(unsigned sources)
{
    return ms_process_source_name(sources & MS_PROCESS_LIST ? 0 : 1);
}

// == Text ==

// "-": not known.
static void format_known(char room[NUMBER_ROOM], bool is_known, int width, uint64_t number)
{
    if (is_known)
        snprintf(room, NUMBER_ROOM, "%0*" PRIx64, width, number);
    else
        snprintf(room, NUMBER_ROOM, "-");
}

static void print_object_table(struct listing *listing, size_t space,
                               const struct ms_process_info *info)
{
    bool is_wide = view_space(&listing->view, space).address_bits == 64;
    char text[NUMBER_ROOM];

    format_known(text, info->has_object_table, is_wide ? 16 : 8, info->object_table);
    output_text(&listing->out, "  ObjectTable: ");
    output_text(&listing->out, text);
}

// "SessionId: 1  Cid: 0c08    Peb: 7ff5ffdf000  ParentCid: 0554"
static void print_numbers(struct output *out, const struct ms_process_info *info)
{
    char session[NUMBER_ROOM], peb[NUMBER_ROOM], parent[NUMBER_ROOM], text[160];

    snprintf(session, sizeof(session), "%s", info->sessionless ? "none" : "-");
    if (info->has_session)
        snprintf(session, sizeof(session), "%" PRIu32, info->session);
    format_known(peb, info->has_peb, 8, info->peb);
    format_known(parent, info->has_ppid, 4, info->ppid);
    snprintf(text, sizeof(text), "SessionId: %s  Cid: %04" PRIx32 "    Peb: %s  ParentCid: %s",
             session, info->pid, peb, parent);
    output_text(out, text);
}

static void print_remark(struct output *out, bool *any, const char *remark)
{
    output_text(out, *any ? ", " : "  ");
    output_text(out, remark);
    *any = true;
}

// What is out of the ordinary.
static void print_remarks(struct output *out, const struct ms_process_info *info)
{
    bool any = false;

    if (info->hidden)
        print_remark(out, &any, "hidden: in pool alone");
    else if (!(info->sources & MS_PROCESS_LIST))
        print_remark(out, &any, "in pool alone");
    if (info->exited) {
        char ended[FILE_TIME_ROOM + 16] = "exited ";

        format_file_time(ended + strlen(ended), info->exit_time);
        print_remark(out, &any, info->exit_time != 0 ? ended : "exited");
    }
    if (info->freed)
        print_remark(out, &any, "freed");
    if (info->break_on_termination)
        print_remark(out, &any, "critical");
    if (info->guessed)
        print_remark(out, &any, "guessed");
}

static void print_times(struct listing *listing, const struct ms_process_info *info)
{
    struct output *out = &listing->out;
    char time[FILE_TIME_ROOM], sources[SOURCES_ROOM];

    format_file_time(time, info->create_time);
    format_sources(sources, info->sources);
    listing_print_prefix(listing);
    output_text(out, "    CreateTime: ");
    output_text(out, info->create_time != 0 ? time : "-");
    output_text(out, "  Found by: ");
    output_text(out, sources);
    output_char(out, '\n');
}

static char *format_name(char room[NAME_ROOM], const struct ms_process_info *info)
{
    return info->has_name ? format_ascii(room, info->name, strlen(info->name), NAME_ROOM)
                          : format_text(room, "-");
}

// WinDbg puts the numbers of 32-bit systems behind the address.
static void print_text(struct listing *listing, size_t space, const struct ms_process_info *info)
{
    struct output *out = &listing->out;
    char name[NAME_ROOM], root[32];

    listing_print_prefix(listing);
    output_text(out, "PROCESS ");
    listing_print_address(listing, space, info->address);
    if (view_space(&listing->view, space).address_bits == 64) {
        output_char(out, '\n');
        listing_print_prefix(listing);
        output_text(out, "  ");
    }
    output_text(out, "  ");
    print_numbers(out, info);
    output_char(out, '\n');
    listing_print_prefix(listing);
    snprintf(root, sizeof(root), "    DirBase: %08" PRIx64, info->root);
    output_text(out, root);
    print_object_table(listing, space, info);
    output_char(out, '\n');
    if (listing->settings->verbose)
        print_times(listing, info);
    listing_print_prefix(listing);
    output_text(out, "    Image: ");
    output_bytes(out, name, (size_t)(format_name(name, info) - name));
    print_remarks(out, info);
    output_text(out, "\n\n");
}

// == Fields ==

static struct field field_time(char room[FILE_TIME_ROOM], uint64_t time)
{
    room[0] = '\0';
    if (time != 0)
        format_file_time(room, time);
    return field_known(room);
}

static struct field field_pointer(uint64_t address)
{
    return address != 0 ? field_address(address) : field_none();
}

static void print_fields(struct listing *listing, size_t space, const struct ms_process_info *info)
{
    char sources[SOURCES_ROOM], created[FILE_TIME_ROOM], ended[FILE_TIME_ROOM];

    format_sources(sources, info->sources);
    listing_print_row(listing, (const struct field[]){
                                   field_text(listing->opened.path),
                                   field_text(view_space(&listing->view, space).name),
                                   field_address(info->address),
                                   field_number(info->pid),
                                   info->has_ppid ? field_number(info->ppid) : field_none(),
                                   info->has_name ? field_text(info->name) : field_none(),
                                   field_pointer(info->root),
                                   field_pointer(info->user_root),
                                   info->has_session ? field_number(info->session) : field_none(),
                                   field_pointer(info->peb),
                                   field_pointer(info->object_table),
                                   field_time(created, info->create_time),
                                   field_time(ended, info->exit_time),
                                   field_flag(info->exited),
                                   field_flag(info->hidden),
                                   field_flag(info->freed),
                                   field_flag(info->break_on_termination),
                                   field_flag(info->guessed),
                                   field_text(first_source(info->sources)),
                                   field_text(sources),
                               });
}

// == All of them ==

static bool is_asked_by_pid(const struct settings *settings, uint32_t pid)
{
    for (size_t i = 0; i < settings->n_pids; i++)
        if (settings->pids[i] == pid)
            return true;
    return settings->n_pids == 0;
}

static bool list_processes(struct listing *listing, size_t space,
                           const struct ms_processes *processes)
{
    for (size_t i = 0; i < ms_processes_count(processes); i++) {
        struct ms_process_info info = ms_processes_info(processes, i);

        if (listing_stops(listing, space, info.address))
            return false;
        if (!is_asked_by_pid(listing->settings, info.pid) ||
            !settings_ask_for(listing->settings, info.name))
            continue;
        listing->outcome.found = true;
        if (listing->settings->format == FORMAT_TEXT)
            print_text(listing, space, &info);
        else
            print_fields(listing, space, &info);
    }
    return true;
}

static bool list_of_modules(struct listing *listing, size_t space, const struct ms_modules *modules)
{
    const struct ms_processes_options options = {
        .flags = listing->settings->scan ? MS_PROCESSES_SCAN : 0,
        .progress = listing_on_progress,
        .user = listing,
    };
    struct ms_processes *processes = NULL;
    struct ms_error error = {0};
    enum ms_status status;
    bool go_on;

    listing_search_begins(listing);
    status = ms_processes_create(modules, &options, &processes, &error);
    if (!listing_search_ends(listing, status, &error))
        return true;
    for (size_t i = 0; !listing->settings->quiet && i < ms_processes_n_notes(processes); i++)
        message("%s: warning: %s", listing->opened.path, ms_processes_note(processes, i));
    go_on = list_processes(listing, space, processes);
    ms_processes_free(processes);
    return go_on;
}

static bool list_space(struct listing *listing, size_t space)
{
    struct ms_modules *modules = modules_open_part(listing, space);
    bool go_on;

    if (modules == NULL)
        return true;
    go_on = list_of_modules(listing, space, modules);
    modules_close(listing, modules);
    return go_on;
}

int command_processes(const struct settings *settings)
{
    static const struct lister lister = {
        .columns = &columns,
        .choice = {.by_default = DEFAULT_KERNEL, .only_virtual = true},
        .list_space = list_space,
    };

    if (settings->n_operands == 0) {
        message("no image: name the files to describe: see memscan processes --help");
        return EXIT_ERROR;
    }
    return listing_run(&lister, settings, settings->operands, settings->n_operands);
}
