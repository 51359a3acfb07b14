// SPDX-License-Identifier: MIT
//
// Processes that the list does not have are looked for in pool before one is said not to exist.

#include "process_spaces.h"

#include "count_number.h"
#include "escape.h"
#include "interrupt.h"
#include "message.h"
#include "symbol_files.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PROCESS      "process:"
#define SESSION      "session:"
#define LISTED       12 // processes or sessions in an error message
#define NAME_ROOM    (4 * MS_PROCESS_NAME_BYTES + 8)
#define LEAST_LENGTH 14 // of names, from which on they may be cut

// What is asked for.
struct question {
    const char *name; // of the space
    const char *rest; // behind the colon
    bool is_session;
    bool is_number;
    uint64_t number;
    uint64_t kernel_root;
};

static bool begins_with(const char *text, const char *word)
{
    return strncmp(text, word, strlen(word)) == 0;
}

bool process_space_is_named(const char *name)
{
    return begins_with(name, PROCESS) || begins_with(name, SESSION);
}

// == What is there ==

// That somebody interrupted is told by the command.
static bool tell(const struct opened *opened, const char *name, const struct ms_error *error)
{
    if (error->status != MS_STOPPED)
        message("%s: %s: %s", opened->path, name, error->text);
    return false;
}

// As image_open() makes the set that the command works on.
static bool find_modules(struct process_spaces *known, struct opened *opened,
                         const struct settings *settings, const char *name)
{
    struct ms_spaces_options options = {
        .root = settings->root,
        .paging = settings->arch,
        .kernel = settings->kernel_start,
    };
    struct ms_modules_options how = modules_options(settings);
    struct ms_error error = {0};

    how.flags = 0;
    if (ms_spaces_create(opened->image, &options, &known->spaces, &error) != MS_OK ||
        ms_spaces_add(known->spaces, "kernel", &error) != MS_OK ||
        ms_modules_create(known->spaces, 0, &how, &known->modules, &error) != MS_OK)
        return tell(opened, name, &error);
    if (ms_modules_system(known->modules).found)
        return true;
    message("%s: %s: no Windows kernel was found, which would tell of processes: root:ADDR is one "
            "by the physical address of its page tables (cr3, DirectoryTableBase)",
            opened->path, name);
    return false;
}

static bool find_processes(struct process_spaces *known, struct opened *opened, bool scan,
                           const char *name)
{
    const struct ms_processes_options options = {
        .flags = scan ? MS_PROCESSES_SCAN : 0,
        .progress = interrupt_on_progress,
    };
    struct ms_error error = {0};

    ms_processes_free(known->processes);
    known->processes = NULL;
    known->scanned = scan;
    return ms_processes_create(known->modules, &options, &known->processes, &error) == MS_OK ||
           tell(opened, name, &error);
}

static bool look_for_all(struct process_spaces *known, struct opened *opened,
                         const struct settings *settings, const char *name)
{
    if (known->processes != NULL)
        return true;
    if (!find_modules(known, opened, settings, name) || !find_processes(known, opened, false, name))
        return false;
    for (size_t i = 0; !settings->quiet && i < ms_processes_n_notes(known->processes); i++)
        message("%s: warning: %s", opened->path, ms_processes_note(known->processes, i));
    return true;
}

void process_spaces_release(struct process_spaces *known)
{
    ms_processes_free(known->processes);
    ms_modules_free(known->modules);
    ms_spaces_free(known->spaces);
    *known = (struct process_spaces){0};
}

// == Which one is meant ==

// The kernel keeps no more than the first 14 or 15 characters.
static bool is_called(const struct ms_process_info *info, const char *name)
{
    size_t length = strlen(info->name);

    return ms_name_matches(name, info->name, length) ||
           (length >= LEAST_LENGTH && strncasecmp(name, info->name, length) == 0);
}

static bool is_meant(const struct question *question, const struct ms_process_info *info)
{
    if (info->freed || info->root == 0)
        return false;
    // One that has the kernel's own root does not see the session.
    if (question->is_session)
        return info->has_session && info->session == question->number && !info->exited &&
               info->root != question->kernel_root;
    return question->is_number ? info->pid == question->number : is_called(info, question->rest);
}

struct answers {
    struct ms_process_info first; // of those that run, else of the others
    size_t n_running, n_exited;
};

static struct answers find(const struct process_spaces *known, const struct question *question)
{
    struct answers answers = {0};

    for (size_t i = 0; i < ms_processes_count(known->processes); i++) {
        struct ms_process_info info = ms_processes_info(known->processes, i);

        if (!is_meant(question, &info))
            continue;
        if (answers.n_running == 0 && (!info.exited || answers.n_exited == 0))
            answers.first = info;
        *(info.exited ? &answers.n_exited : &answers.n_running) += 1;
    }
    return answers;
}

static bool is_found(const struct answers *answers)
{
    return answers->n_running + answers->n_exited > 0;
}

// Any process of a session has its pages, and a number is one process's at a time.
static bool is_ambiguous(const struct question *question, const struct answers *answers)
{
    return !question->is_session && !question->is_number &&
           (answers->n_running > 1 || (answers->n_running == 0 && answers->n_exited > 1));
}

// == What to do about it ==

static char *add_process(char *at, char *end, const struct ms_process_info *info, bool first)
{
    char name[NAME_ROOM];

    *format_ascii(name, info->name, strlen(info->name), NAME_ROOM - 1) = '\0';
    return at + snprintf(at, (size_t)(end - at), "%s%" PRIu32 " (%s%s)", first ? "" : ", ",
                         info->pid, name, info->exited ? ", exited" : "");
}

static bool tell_ambiguous(const struct process_spaces *known, const struct opened *opened,
                           const struct question *question)
{
    char list[LISTED * (NAME_ROOM + 32)] = "", *at = list;
    size_t n = 0;

    for (size_t i = 0; i < ms_processes_count(known->processes) && n < LISTED; i++) {
        struct ms_process_info info = ms_processes_info(known->processes, i);

        if (is_meant(question, &info))
            at = add_process(at, list + sizeof(list), &info, n++ == 0);
    }
    message("%s: %s: several processes are called that: write process: and the number of one: %s%s",
            opened->path, question->name, list, n == LISTED ? ", ..." : "");
    return false;
}

// The sessions that processes run in, by their numbers from 0 on.
static bool tell_sessions(const struct process_spaces *known, const struct opened *opened,
                          const struct question *question)
{
    char list[LISTED * 16] = "", *at = list;
    struct question other = *question;
    size_t n = 0;

    for (uint64_t next = 0; n < LISTED; next++) {
        uint64_t least = UINT64_MAX;

        for (size_t i = 0; i < ms_processes_count(known->processes); i++) {
            struct ms_process_info info = ms_processes_info(known->processes, i);

            other.number = info.session;
            if (is_meant(&other, &info) && info.session >= next && info.session < least)
                least = info.session;
        }
        if (least == UINT64_MAX)
            break;
        at += snprintf(at, (size_t)(list + sizeof(list) - at), "%s%" PRIu64, n++ > 0 ? ", " : "",
                       least);
        next = least;
    }
    message("%s: %s: no process runs in that session: there are %s", opened->path, question->name,
            n > 0 ? list : "none that are known");
    return false;
}

static bool tell_missing(const struct process_spaces *known, const struct opened *opened,
                         const struct question *question)
{
    if (question->is_session)
        return tell_sessions(known, opened, question);
    message("%s: %s: there is no such process: memscan processes lists them", opened->path,
            question->name);
    return false;
}

static bool ask(struct question *question, const struct opened *opened, const char *name)
{
    *question = (struct question){
        .name = name,
        .rest = strchr(name, ':') + 1,
        .is_session = begins_with(name, SESSION),
    };
    question->is_number = number_parse(question->rest, UINT32_MAX, &question->number);
    if (question->is_session && !question->is_number)
        message("%s: %s: the number of a session is expected", opened->path, name);
    return question->is_number || !question->is_session;
}

static bool add(struct opened *opened, const struct question *question,
                const struct ms_process_info *info)
{
    struct ms_error error = {0};
    enum ms_status status =
        question->is_session
            ? ms_spaces_add_session(opened->spaces, info->session, info->root, question->name,
                                    &error)
            : ms_spaces_add_process(opened->spaces, info->pid, info->root, question->name, &error);

    return status == MS_OK || tell(opened, question->name, &error);
}

bool process_space_add(struct process_spaces *known, struct opened *opened,
                       const struct settings *settings, const char *name)
{
    struct question question;
    struct answers answers;

    if (!ask(&question, opened, name) || !look_for_all(known, opened, settings, name))
        return false;
    question.kernel_root = ms_spaces_info(known->spaces, 0).root;
    answers = find(known, &question);
    if (!is_found(&answers) && !known->scanned) {
        if (!find_processes(known, opened, true, name))
            return false;
        answers = find(known, &question);
    }
    if (!is_found(&answers))
        return tell_missing(known, opened, &question);
    if (is_ambiguous(&question, &answers))
        return tell_ambiguous(known, opened, &question);
    return add(opened, &question, &answers.first);
}
