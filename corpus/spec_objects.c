// SPDX-License-Identifier: MIT
//
// The statements about processes, and what those about threads and drivers share with them.

#include "spec_objects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ITEMS(array) (sizeof(array) / sizeof((array)[0]))

enum { MAX_NAME = 15 };

struct objects_spec *objects_of(struct parser *parser)
{
    return &nt_of(parser)->objects;
}

/* ---- options ----------------------------------------------------------------------------- */

static _Noreturn void fail_option(struct parser *parser, const struct option *table, size_t count)
{
    char *names = NULL;
    size_t length;
    FILE *stream = open_memstream(&names, &length);
    if (!stream)
        fail("out of memory");
    for (size_t i = 0; i < count; i++)
        fprintf(stream, "%s%s", i == 0 ? "" : i + 1 < count ? ", " : " or ", table[i].name);
    fclose(stream);
    const struct word *word = next_word(parser, names);
    fail_at(word->place, "%s, not '%s'", names, word->text);
}

void next_options(struct parser *parser, const struct option *table, size_t count, void *item)
{
    while (has_word(parser)) {
        size_t i = 0;
        while (i < count && !accept(parser, table[i].name))
            i++;
        if (i == count)
            fail_option(parser, table, count);
        table[i].take(parser, item);
    }
}

uint64_t next_u32(struct parser *parser, const char *what)
{
    return next_below(parser, what, UINT64_C(1) << 32);
}

struct infos_spec next_infos(struct parser *parser)
{
    struct infos_spec infos = {.are_given = true, .place = place_here(parser)};
    infos.mask = next_below(parser, "bits of InfoMask", 0x80);
    return infos;
}

void set_target(struct target *target, struct target value)
{
    free(target->text);
    *target = value;
}

/* ---- roots ------------------------------------------------------------------------------- */

/** False if page tables are yet to be made where there is room for them. */
static bool space_has_root(const struct spec *spec, size_t space, uint64_t *root_ret)
{
    for (size_t i = 0; i < spec->n_space_rules; i++) {
        const struct space_rule *rule = &spec->space_rules[i];
        if (rule->form != RULE_SPACE || !rule->has_root || rule->space != space)
            continue;
        *root_ret = rule->root;
        return true;
    }
    return false;
}

/** A space that was given its root, or an address. */
static uint64_t next_root(struct parser *parser)
{
    const struct word *word = next_word(parser, "a space's name or an address");
    uint64_t root;
    if (word->text[0] >= '0' && word->text[0] <= '9')
        return quantity_of(word, "a space's name or an address");
    size_t space = space_of(parser, word, word->length);
    if (!space_has_root(parser->spec, space, &root))
        fail_at(word->place, "a space with 'root ADDRESS', not '%s'", word->text);
    return root;
}

/* ---- processes --------------------------------------------------------------------------- */

static void take_pid(struct parser *parser, void *item)
{
    struct process_spec *process = item;
    struct place place = place_here(parser);
    const struct objects_spec *objects = objects_of(parser);
    process->pid = next_u32(parser, "a process's number");
    process->has_pid = true;
    for (size_t i = 0; i < objects->n_processes; i++) {
        if (objects->processes[i].pid == process->pid)
            fail_at(place, "a number that no other process has");
    }
}

static void take_ppid(struct parser *parser, void *item)
{
    ((struct process_spec *)item)->ppid = next_u32(parser, "a process's number");
}

static void take_root(struct parser *parser, void *item)
{
    struct process_spec *process = item;
    process->root = next_root(parser);
    process->has_root = true;
}

static void take_user_root(struct parser *parser, void *item)
{
    ((struct process_spec *)item)->user_root = next_root(parser);
}

static void take_session(struct parser *parser, void *item)
{
    struct process_spec *process = item;
    process->session = next_u32(parser, "a session's number");
    process->has_session = true;
}

static void take_created(struct parser *parser, void *item)
{
    ((struct process_spec *)item)->created = next_quantity(parser, "a time");
}

static void take_exited(struct parser *parser, void *item)
{
    struct process_spec *process = item;
    process->exited = next_quantity(parser, "a time");
    process->flags |= PROCESS_EXITING | PROCESS_DELETE;
}

static void take_peb(struct parser *parser, void *item)
{
    ((struct process_spec *)item)->peb = next_nt_address(parser);
}

static void take_flags(struct parser *parser, void *item)
{
    ((struct process_spec *)item)->flags |= next_u32(parser, "flags");
}

static void take_critical(struct parser *parser, void *item)
{
    (void)parser;
    ((struct process_spec *)item)->flags |= PROCESS_BREAK_ON_TERMINATION;
}

static void take_hidden(struct parser *parser, void *item)
{
    (void)parser;
    ((struct process_spec *)item)->is_hidden = true;
}

static void take_free(struct parser *parser, void *item)
{
    (void)parser;
    ((struct process_spec *)item)->is_free = true;
}

static void take_infos(struct parser *parser, void *item)
{
    ((struct process_spec *)item)->infos = next_infos(parser);
}

/** process NAME pid N [OPTION]... */
static void parse_process(struct parser *parser)
{
    static const struct option options[] = {
        {"pid", take_pid},         {"ppid", take_ppid},
        {"root", take_root},       {"user-root", take_user_root},
        {"session", take_session}, {"created", take_created},
        {"exited", take_exited},   {"peb", take_peb},
        {"flags", take_flags},     {"break-on-termination", take_critical},
        {"hidden", take_hidden},   {"free", take_free},
        {"infos", take_infos},
    };
    struct objects_spec *objects = objects_of(parser);
    struct process_spec process = {.place = place_here(parser)};
    const char *name = next_text(parser, "a process's name");
    if (strlen(name) > MAX_NAME)
        fail_at(process.place, "a name of 1 to %d bytes", MAX_NAME);
    process.name = copy_text(name);
    next_options(parser, options, ITEMS(options), &process);
    if (!process.has_pid)
        fail_at(place_here(parser), "'pid N'");
    if (!process.has_root && !space_has_root(parser->spec, parser->spec->nt.space, &process.root))
        fail_at(place_here(parser), "'root ADDRESS', which the system's space was not given");
    objects->processes = grow(objects->processes, objects->n_processes,
                              &objects->processes_capacity, sizeof(process));
    objects->processes[objects->n_processes++] = process;
}

/** layout BUILD */
static void parse_layout(struct parser *parser)
{
    objects_of(parser)->layout = next_u32(parser, "a build");
}

bool parse_object_statement(struct parser *parser, const char *name)
{
    static const struct statement statements[] = {
        {"layout", parse_layout},
        {"process", parse_process},
    };
    return statement_find(parser, statements, ITEMS(statements), name) ||
           parse_thread_statement(parser, name) || parse_driver_statement(parser, name);
}

/* ---- the end ----------------------------------------------------------------------------- */

bool has_objects(const struct objects_spec *objects)
{
    return objects->n_processes || objects->n_drivers || objects->n_entries;
}

static void release_threads(struct objects_spec *objects)
{
    for (size_t i = 0; i < objects->n_threads; i++) {
        struct thread_spec *thread = &objects->threads[i];
        for (size_t k = 0; k < thread->n_frames; k++) {
            free(thread->frames[k].at.text);
            free(thread->frames[k].callee.text);
            free(thread->frames[k].bytes.data);
        }
        free(thread->frames);
        free(thread->start.text);
        free(thread->win32_start.text);
        free(thread->kernel_stack.text);
    }
    free(objects->threads);
}

static void release_driver(struct driver_spec *driver)
{
    for (size_t i = 0; i < N_POINTERS; i++)
        free(driver->pointers[i].text);
    for (size_t i = 0; i < driver->n_devices; i++)
        free(driver->devices[i].name);
    for (size_t i = 0; i < driver->n_extensions; i++)
        free(driver->extensions[i].text);
    free(driver->devices);
    free(driver->extensions);
    free(driver->start.text);
    free(driver->name);
    free(driver->module);
}

void objects_spec_release(struct objects_spec *objects)
{
    for (size_t i = 0; i < objects->n_processes; i++)
        free(objects->processes[i].name);
    for (size_t i = 0; i < objects->n_drivers; i++)
        release_driver(&objects->drivers[i]);
    for (size_t i = 0; i < objects->n_entries; i++) {
        free(objects->entries[i].name);
        free(objects->entries[i].to.text);
    }
    release_threads(objects);
    free(objects->processes);
    free(objects->drivers);
    free(objects->entries);
}
