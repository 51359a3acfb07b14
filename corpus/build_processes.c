// SPDX-License-Identifier: MIT
//
// Processes: their objects, and the list that links them.

#include "build_objects.h"

#include "little_endian.h"

#include <stdlib.h>
#include <string.h>

enum {
    USUAL_BYTES = 0xc00, // of builds whose processes are known in part
    HANDLE_TABLE_BYTES = 0x60,
    SESSION_BYTES = 0x80,
    SESSION_ID = 8, // in MM_SESSION_SPACE
    PROCESS_OBJECT = 3,
};

/** The session's block: that of an earlier process in it, or a new one. */
static uint64_t session_of(const struct object_builder *builder, size_t number)
{
    const struct objects_spec *spec = &builder->nt->spec->objects;
    uint16_t field = builder->objects->layout.at[PROCESS_SESSION];
    const struct process_spec *process = &spec->processes[number];
    if (!process->has_session || field == NO_OFFSET)
        return 0;
    for (size_t i = 0; i < number; i++) {
        if (spec->processes[i].has_session && spec->processes[i].session == process->session)
            return load_le(builder->objects->processes[i].body.bytes + field, builder->nt->width);
    }
    struct pool_block block = builder_take(builder, SESSION_BYTES, "MmSn", process->place);
    builder_store(block, 0, 4, 1); // references
    builder_store(block, SESSION_ID, 4, process->session);
    return block.address;
}

static void store_process(const struct object_builder *builder, size_t number)
{
    const struct process_spec *spec = &builder->nt->spec->objects.processes[number];
    struct pool_block body = builder->objects->processes[number].body;
    unsigned width = builder->nt->width;
    uint64_t handles = 0;
    if (!spec->exited)
        handles = builder_take(builder, HANDLE_TABLE_BYTES, "Obtb", spec->place).address;
    builder_store(body, 0, 1, PROCESS_OBJECT);
    builder_store_field(builder, body, PROCESS_ROOT, width, spec->root);
    builder_store_field(builder, body, PROCESS_USER_ROOT, width, spec->user_root);
    builder_store_field(builder, body, PROCESS_ID, width, spec->pid);
    builder_store_field(builder, body, PROCESS_PARENT, width, spec->ppid);
    builder_store_field(builder, body, PROCESS_CREATED, 8, spec->created);
    builder_store_field(builder, body, PROCESS_EXITED, 8, spec->exited);
    builder_store_field(builder, body, PROCESS_FLAGS, 4, spec->flags);
    builder_store_field(builder, body, PROCESS_PEB, width, spec->peb);
    builder_store_field(builder, body, PROCESS_OBJECT_TABLE, width, handles);
    builder_store_field(builder, body, PROCESS_SESSION, width, session_of(builder, number));
    memcpy(body.bytes + builder->objects->layout.at[PROCESS_NAME], spec->name, strlen(spec->name));
}

static void link_processes(const struct object_builder *builder)
{
    const struct nt *nt = builder->nt;
    const struct objects_spec *spec = &nt->spec->objects;
    size_t at = builder->objects->layout.at[PROCESS_LINKS];
    struct pool_block head = {nt_variable_address(nt, "PsActiveProcessHead"),
                              nt->kernel->bytes + nt_variable(nt, "PsActiveProcessHead")};
    struct link *links = allocate(spec->n_processes, sizeof(*links));
    for (size_t i = 0; i < spec->n_processes; i++) {
        struct pool_block body = builder->objects->processes[i].body;
        links[i].at = (struct pool_block){body.address + at, body.bytes + at};
        links[i].is_listed = !spec->processes[i].is_hidden && !spec->processes[i].is_free;
    }
    builder_link(builder, head, links, spec->n_processes);
    free(links);
}

void create_processes(struct object_builder *builder)
{
    const struct objects_spec *spec = &builder->nt->spec->objects;
    struct objects *objects = builder->objects;
    size_t bytes = objects->layout.at[PROCESS_BYTES];
    if (bytes == NO_OFFSET)
        bytes = USUAL_BYTES;
    objects->processes = allocate(spec->n_processes, sizeof(*objects->processes));
    for (size_t i = 0; i < spec->n_processes; i++) {
        const struct process_spec *process = &spec->processes[i];
        struct object_wish wish = {.length = bytes,
                                   .is_free = process->is_free,
                                   .infos = process->infos,
                                   .place = process->place};
        objects->processes[i] = object_create(builder, TYPE_PROCESS, wish);
    }
}

void build_processes(struct object_builder *builder)
{
    const struct objects_spec *spec = &builder->nt->spec->objects;
    for (size_t i = 0; i < spec->n_processes; i++)
        store_process(builder, i);
    link_processes(builder);
    if (spec->n_processes)
        nt_store_variable(builder->nt, "PsInitialSystemProcess", builder->nt->width,
                          builder->objects->processes[0].body.address);
}
