// SPDX-License-Identifier: MIT
//
// memscan threads: the threads of each process, as !process and !thread print them.

#include "message.h"
#include "owner.h"
#include "threads_view.h"
#include <stdio.h>

static const struct columns columns = {
    .type = "thread",
    .count = 24,
    .names = {"image",   "space",      "address",     "process",      "name",    "pid",
              "tid",     "state",      "wait_reason", "priority",     "start",   "win32_start",
              "teb",     "stack_base", "stack_limit", "kernel_stack", "stack",   "source",
              "sources", "terminated", "freed",       "hidden",       "guessed", "start_symbol"},
};

struct thread_list {
    struct listing *listing;
    size_t space;
    struct threads_view view;
    uint64_t process; // of the last line; 0: none yet
};

// == Names ==

// "nt!PsStart+0x12", "nt+0x1234"; "": in no module, or nothing tells.
static void format_start(const struct thread_list *list, uint64_t address,
                         char room[SYMBOL_NAME_ROOM])
{
    const struct ms_modules *modules = list->view.modules;
    struct ms_module_info module;
    struct ms_near near;

    room[0] = '\0';
    if (address == 0 || ms_modules_near(modules, address, &near, NULL) != MS_OK ||
        near.module == MS_NO_MODULE)
        return;
    module = ms_modules_info(modules, near.module);
    if (near.symbol != NULL && near.symbol->address == address)
        format_symbol(room, module.name, near.symbol);
    else
        format_offset(room, module.name, address - module.base);
}

// == Text ==

static void print_blanks(struct thread_list *list, size_t n)
{
    listing_print_prefix(list->listing);
    output_blanks(&list->listing->out, 0, n);
}

static void print_address(struct thread_list *list, const char *before, uint64_t address)
{
    output_text(&list->listing->out, before);
    listing_print_address(list->listing, list->space, address);
}

// Above the first thread of each process.
static void print_process(struct thread_list *list, const struct ms_thread_info *info)
{
    struct ms_process_info process = {.address = UINT64_MAX}; // none that is known
    struct output *out = &list->listing->out;
    bool known = thread_process(&list->view, info, &process);
    char number[32];

    if (list->process == process.address)
        return;
    list->process = process.address;
    listing_print_prefix(list->listing);
    if (!known) {
        output_text(out, "PROCESS not known\n");
        return;
    }
    print_address(list, "PROCESS ", process.address);
    snprintf(number, sizeof(number), "  Cid: %04x  Image: ", process.pid);
    output_text(out, number);
    print_process_name(out, &process);
    output_char(out, '\n');
}

// "WAIT: (WrQueue)", "RUNNING", as !process has it.
static void print_state(struct output *out, const struct ms_thread_info *info)
{
    char state[THREAD_STATE_ROOM], reason[THREAD_STATE_ROOM];

    format_thread_state(state, info);
    format_wait_reason(reason, info);
    if (info->has_state && info->state == MS_THREAD_WAITING) {
        output_text(out, "WAIT: (");
        output_text(out, reason[0] != '\0' ? reason : "unknown");
        output_char(out, ')');
        return;
    }
    for (char *c = state; *c != '\0'; c++)
        *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 0x20) : *c;
    output_text(out, state[0] != '\0' ? state : "UNKNOWN");
}

static void print_start(struct thread_list *list, const char *what, uint64_t address)
{
    char name[SYMBOL_NAME_ROOM];

    if (address == 0)
        return;
    format_start(list, address, name);
    print_blanks(list, 12);
    output_text(&list->listing->out, what);
    if (name[0] != '\0')
        output_text(&list->listing->out, name);
    print_address(list, name[0] != '\0' ? " (" : "", address);
    output_text(&list->listing->out, name[0] != '\0' ? ")\n" : "\n");
}

static void print_details(struct thread_list *list, const struct ms_thread_info *info)
{
    struct output *out = &list->listing->out;

    print_start(list, "Start Address ", info->start);
    print_start(list, "Win32 Start Address ", info->win32_start);
    print_blanks(list, 12);
    print_address(list, "Stack Current ", info->kernel_stack);
    print_address(list, " Base ", info->stack_base);
    print_address(list, " Limit ", info->stack_limit);
    output_char(out, '\n');
    if (info->has_priority) {
        print_blanks(list, 12);
        output_text(out, "Priority ");
        output_decimal(out, info->priority);
        output_char(out, '\n');
    }
    if (info->residence != MS_STACK_PAGED_OUT)
        return;
    print_blanks(list, 12);
    output_text(out, "Kernel stack not resident.\n");
}

static void print_text(struct thread_list *list, const struct ms_thread_info *info)
{
    struct output *out = &list->listing->out;
    char cid[32] = "????.????";

    print_process(list, info);
    if (info->has_cid)
        snprintf(cid, sizeof(cid), "%04x.%04x", info->pid, info->tid);
    print_blanks(list, 8);
    print_address(list, "THREAD ", info->address);
    output_text(out, "  Cid ");
    output_text(out, cid);
    print_address(list, "  Teb: ", info->teb);
    output_text(out, "  ");
    print_state(out, info);
    print_thread_remarks(out, info);
    output_char(out, '\n');
    if (list->listing->settings->verbose)
        print_details(list, info);
}

// == For programs ==

static struct field address_if(uint64_t address)
{
    return address != 0 ? field_address(address) : field_none();
}

static void print_fields(struct thread_list *list, const struct ms_thread_info *info)
{
    struct ms_process_info process;
    bool named = thread_process(&list->view, info, &process);
    char state[THREAD_STATE_ROOM], reason[THREAD_STATE_ROOM], sources[THREAD_SOURCES_ROOM];
    char start[SYMBOL_NAME_ROOM];
    const char *source = ms_thread_source_name(info->sources & MS_THREAD_KERNEL_LIST    ? 0
                                               : info->sources & MS_THREAD_PROCESS_LIST ? 1
                                                                                        : 2);

    format_thread_state(state, info);
    format_wait_reason(reason, info);
    format_thread_sources(sources, info->sources);
    format_start(list, info->start, start);
    listing_print_row(list->listing,
                      (const struct field[]){
                          field_text(list->listing->opened.path),
                          field_text(view_space(&list->listing->view, list->space).name),
                          field_address(info->address),
                          named ? field_address(process.address) : field_none(),
                          named && process.has_name ? field_text(process.name) : field_none(),
                          info->has_cid ? field_number(info->pid) : field_none(),
                          info->has_cid ? field_number(info->tid) : field_none(),
                          field_known(state),
                          field_known(reason),
                          info->has_priority ? field_number(info->priority) : field_none(),
                          address_if(info->start),
                          address_if(info->win32_start),
                          address_if(info->teb),
                          address_if(info->stack_base),
                          address_if(info->stack_limit),
                          address_if(info->kernel_stack),
                          field_known(thread_residence_name(info->residence)),
                          field_text(source),
                          field_text(sources),
                          field_flag(info->terminated),
                          field_flag(info->freed),
                          field_flag(info->hidden),
                          field_flag(info->guessed),
                          field_known(start),
                      });
}

// == The command ==

static bool list_threads(struct thread_list *list)
{
    struct listing *listing = list->listing;

    for (size_t i = 0; i < ms_threads_count(list->view.threads); i++) {
        struct ms_thread_info info = ms_threads_info(list->view.threads, i);

        if (listing_stops(listing, list->space, info.address))
            return false;
        if (!thread_is_asked(&list->view, listing->settings, &info))
            continue;
        listing->outcome.found = true;
        if (listing->settings->format == FORMAT_TEXT)
            print_text(list, &info);
        else
            print_fields(list, &info);
    }
    return true;
}

static bool list_space(struct listing *listing, size_t space)
{
    struct thread_list list = {.listing = listing, .space = space};
    bool go_on = !threads_view_open(&list.view, listing, space) || list_threads(&list);

    threads_view_close(&list.view, listing);
    return go_on;
}

int command_threads(const struct settings *settings)
{
    const struct lister lister = {
        .columns = &columns,
        .choice = {.by_default = DEFAULT_KERNEL, .only_virtual = true},
        .list_space = list_space,
    };

    if (settings->n_operands == 0) {
        message("no image: name the files to describe: see memscan threads --help");
        return EXIT_ERROR;
    }
    return listing_run(&lister, settings, settings->operands, settings->n_operands);
}
