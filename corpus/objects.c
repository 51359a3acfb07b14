// SPDX-License-Identifier: MIT
//
// Addresses of objects in words, and the end of what has become of them.

#include "objects.h"

#include "quantity.h"

#include <stdlib.h>
#include <string.h>

/** What is between @ and +. */
struct subject {
    const char *text;
    size_t length;
    struct place place;
};

static uint64_t number_of(const char *text, size_t length, struct place place, const char *what)
{
    char *copy = allocate(length + 1, 1);
    memcpy(copy, text, length);
    struct word word = {copy, length, place};
    uint64_t number = quantity_of(&word, what);
    free(copy);
    return number;
}

static const struct object *find_process(const struct machinery *machinery, struct subject subject)
{
    const struct objects_spec *spec = &machinery->spec->nt.objects;
    uint64_t pid = number_of(subject.text, subject.length, subject.place, "a process's number");
    for (size_t i = 0; machinery->objects && i < spec->n_processes; i++) {
        if (spec->processes[i].pid == pid)
            return &machinery->objects->processes[i];
    }
    fail_at(subject.place, "the number of a process");
}

static const struct object *find_thread(const struct machinery *machinery, struct subject subject)
{
    const struct objects_spec *spec = &machinery->spec->nt.objects;
    uint64_t tid = number_of(subject.text, subject.length, subject.place, "a thread's number");
    for (size_t i = 0; machinery->objects && i < spec->n_threads; i++) {
        if (spec->threads[i].tid == tid)
            return &machinery->objects->threads[i].object;
    }
    fail_at(subject.place, "the number of a thread");
}

static const struct object *find_driver(const struct machinery *machinery, struct subject subject)
{
    const struct objects_spec *spec = &machinery->spec->nt.objects;
    for (size_t i = 0; machinery->objects && i < spec->n_drivers; i++) {
        const char *name = spec->drivers[i].name;
        if (strlen(name) == subject.length && strncmp(name, subject.text, subject.length) == 0)
            return &machinery->objects->drivers[i].object;
    }
    fail_at(subject.place, "the name of a driver, not '%.*s'", (int)subject.length, subject.text);
}

bool objects_address(const struct machinery *machinery, const struct target *target,
                     uint64_t *address_ret)
{
    static const struct {
        const char *prefix;
        const struct object *(*find)(const struct machinery *machinery, struct subject subject);
        bool is_header;
    } kinds[] = {
        {"process@", find_process, false}, {"process-header@", find_process, true},
        {"thread@", find_thread, false},   {"thread-header@", find_thread, true},
        {"driver@", find_driver, false},   {"driver-header@", find_driver, true},
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t skip = strlen(kinds[i].prefix);
        if (strncmp(target->text, kinds[i].prefix, skip) != 0)
            continue;
        const char *text = target->text + skip;
        struct place place = {target->place.line, target->place.column + (unsigned)skip};
        struct subject subject = {text, strcspn(text, "+"), place};
        const struct object *object = kinds[i].find(machinery, subject);
        const char *rest = text + subject.length;
        *address_ret = kinds[i].is_header ? object->header : object->body.address;
        place.column += (unsigned)subject.length + 1;
        if (*rest)
            *address_ret += number_of(rest + 1, strlen(rest + 1), place, "a distance");
        return true;
    }
    return false;
}

void objects_release(struct objects *objects, const struct objects_spec *spec)
{
    if (!objects)
        return;
    for (size_t i = 0; i < spec->n_threads; i++)
        free(objects->threads[i].frames);
    for (size_t i = 0; i < spec->n_drivers; i++) {
        free(objects->drivers[i].devices);
        free(objects->drivers[i].extensions);
    }
    free(objects->processes);
    free(objects->threads);
    free(objects->drivers);
    free(objects);
}
