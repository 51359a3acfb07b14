// SPDX-License-Identifier: MIT
//
// The ground truth of processes, threads and drivers.

#include "truth.h"

#include "material.h"
#include "objects.h"

#include <inttypes.h>

const char truth_of_objects[] =
    "#   layout BUILD         where processes and threads have what\n"
    "#   process ADDRESS PID PPID ROOT USER-ROOT SESSION CREATED EXITED PEB FLAGS SOURCES NAME\n"
    "#                        SESSION is - if none. SOURCES: list, pool, list+pool, or - (no list "
    "has\n"
    "#                        it and its block is free, or some page of it is missing)\n"
    "#   thread ADDRESS PID TID STATE REASON PRIORITY START WIN32-START TEB LIMIT BASE INITIAL "
    "KERNEL\n"
    "#          RESIDENT TERMINATED MISSING SOURCES\n"
    "#                        LIMIT to KERNEL are the stack's. RESIDENT is resident or swapped, "
    "as it\n"
    "#                        says; TERMINATED terminated or -; MISSING pages of the stack are not "
    "in\n"
    "#                        the image. SOURCES: kernel, process (the lists) and pool, joined by "
    "+,\n"
    "#                        or -\n"
    "#   frame TID SLOT ADDRESS PLACE CALL STATE\n"
    "#                        a return address on a stack, innermost first; CALL is the length of\n"
    "#                        the call before PLACE. STATE: held; missing, as the slot's page is;\n"
    "#                        unproven, as the call's is; stale, below KernelStack; plain, a\n"
    "#                        pointer to code that the spec has put no call before\n"
    "#   driver ADDRESS START SIZE SECTION FAST-IO FLAGS DIRECTORY SOURCES MODULE NAME\n"
    "#                        SECTION is the list's entry, FAST-IO the table, or 0. SOURCES: "
    "directory\n"
    "#                        and pool, joined by +, or -, then there are no records of its "
    "parts.\n"
    "#                        MODULE is - if none\n"
    "#   pointer DRIVER KIND ADDRESS PLACE\n"
    "#                        KIND is major-N (hexadecimal), init, start-io, unload, add-device, "
    "or\n"
    "#                        of fast I/O its name; pointers of 0 are left out but for majors. In\n"
    "#                        frames too PLACE is MODULE+0xOFFSET, or - in no module\n"
    "#   device DRIVER ADDRESS TYPE FLAGS NAME\n"
    "#   extension DRIVER ADDRESS ID PLACE\n"
    "#                        both in the order of their lists; NAME is - if none\n";

/* ---- words ------------------------------------------------------------------------------- */

static bool is_whole(const struct image *image, uint64_t start, uint64_t end)
{
    for (uint64_t at = start; at < end; at = (at / PAGE_SIZE + 1) * PAGE_SIZE) {
        if (!truth_is_held(image, image->spec->nt.space, at))
            return false;
    }
    return true;
}

/** The block's header, the object's, and all of its body. */
static bool is_object_held(const struct image *image, const struct object *object)
{
    return is_whole(image, object->block, object->header + object->length);
}

/** Words joined by +, or - if there is none. */
static void write_sources(const char *const *words, const bool *are_there, size_t count, FILE *file)
{
    bool is_first = true;
    fputc(' ', file);
    for (size_t i = 0; i < count; i++) {
        if (!are_there[i])
            continue;
        fprintf(file, "%s%s", is_first ? "" : "+", words[i]);
        is_first = false;
    }
    if (is_first)
        fputc('-', file);
}

/** MODULE+0xOFFSET, or - in no module. */
static void write_place(const struct image *image, uint64_t address, FILE *file)
{
    const struct machinery *machinery = image->spec->machinery;
    for (size_t i = 0; i < machinery->n_modules; i++) {
        const struct module *module = &machinery->modules[i];
        uint64_t rva = address - module->spec->base;
        if (module->spec->space == image->spec->nt.space && rva < module->size) {
            fprintf(file, " %s+0x%" PRIx64, module->spec->name, rva);
            return;
        }
    }
    fputs(" -", file);
}

static void write_name(const char *name, FILE *file)
{
    fputc(' ', file);
    truth_write_word(name ? name : "-", file);
    fputc('\n', file);
}

/** What a field has; nothing where the build does not have it, or it is not known where. */
static uint64_t held_in(const struct image *image, enum object_field field, uint64_t value)
{
    return image->spec->machinery->objects->layout.at[field] == NO_OFFSET ? 0 : value;
}

/* ---- processes --------------------------------------------------------------------------- */

static void write_process(const struct image *image, const struct process_spec *spec,
                          const struct object *object, FILE *file)
{
    static const char *const words[] = {"list", "pool"};
    bool is_held = is_object_held(image, object);
    bool sources[] = {is_held && !spec->is_hidden && !spec->is_free, is_held && !spec->is_free};
    fprintf(file, "process 0x%" PRIx64 " %" PRIu64 " %" PRIu64 " 0x%" PRIx64 " 0x%" PRIx64,
            object->body.address, spec->pid, held_in(image, PROCESS_PARENT, spec->ppid), spec->root,
            held_in(image, PROCESS_USER_ROOT, spec->user_root));
    if (held_in(image, PROCESS_SESSION, spec->has_session))
        fprintf(file, " %" PRIu64, spec->session);
    else
        fputs(" -", file);
    fprintf(file, " %" PRIu64 " %" PRIu64 " 0x%" PRIx64 " 0x%" PRIx64,
            held_in(image, PROCESS_CREATED, spec->created),
            held_in(image, PROCESS_EXITED, spec->exited), spec->peb,
            held_in(image, PROCESS_FLAGS, spec->flags));
    write_sources(words, sources, 2, file);
    write_name(spec->name, file);
}

/* ---- threads ----------------------------------------------------------------------------- */

static uint64_t missing_pages(const struct image *image, const struct thread_spec *spec)
{
    uint64_t missing = 0;
    for (uint64_t i = 0; i < spec->n_stack_pages; i++)
        missing += !truth_is_held(image, image->spec->nt.space, spec->stack + i * PAGE_SIZE);
    return missing;
}

static const char *frame_state(const struct image *image, const struct frame_spec *spec,
                               const struct frame_result *frame)
{
    if (spec->is_stale)
        return "stale";
    if (spec->call == CALL_NONE)
        return "plain";
    if (!truth_is_held(image, image->spec->nt.space, frame->slot))
        return "missing";
    return is_whole(image, frame->value - frame->call_bytes, frame->value) ? "held" : "unproven";
}

static void write_frames(const struct image *image, const struct thread_spec *spec,
                         const struct thread_result *thread, FILE *file)
{
    for (size_t i = 0; i < spec->n_frames; i++) {
        const struct frame_result *frame = &thread->frames[i];
        fprintf(file, "frame %" PRIu64 " 0x%" PRIx64 " 0x%" PRIx64, spec->tid, frame->slot,
                frame->value);
        write_place(image, frame->value, file);
        fprintf(file, " %zu %s\n", frame->call_bytes, frame_state(image, &spec->frames[i], frame));
    }
}

static void write_thread(const struct image *image, const struct thread_spec *spec,
                         const struct thread_result *thread, FILE *file)
{
    static const char *const words[] = {"kernel", "process", "pool"};
    const struct process_spec *process = &image->spec->nt.objects.processes[spec->process];
    bool is_held = is_object_held(image, &thread->object);
    bool sources[] = {is_held && spec->lists & THREAD_IN_KERNEL_LIST,
                      is_held && spec->lists & THREAD_IN_PROCESS_LIST, is_held && !spec->is_free};
    fprintf(file,
            "thread 0x%" PRIx64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
            " 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64,
            thread->object.body.address, process->pid, spec->tid, spec->state, spec->wait_reason,
            spec->priority, thread->start, thread->win32_start, spec->teb);
    fprintf(file, " 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 " %s %s %" PRIu64,
            thread->stack_limit, thread->stack_base, thread->initial_stack, thread->kernel_stack,
            held_in(image, THREAD_RESIDENT, spec->is_swapped) ? "swapped" : "resident",
            spec->is_terminated ? "terminated" : "-", missing_pages(image, spec));
    write_sources(words, sources, 3, file);
    fputc('\n', file);
    if (is_held && !spec->is_free)
        write_frames(image, spec, thread, file);
}

/* ---- drivers ----------------------------------------------------------------------------- */

static void write_kind(size_t pointer, FILE *file)
{
    static const char *const names[] = {
        [POINTER_INIT] = "init",
        [POINTER_START_IO] = "start-io",
        [POINTER_UNLOAD] = "unload",
        [POINTER_ADD_DEVICE] = "add-device",
    };
    if (pointer < POINTER_INIT)
        fprintf(file, "major-%02zx", pointer);
    else if (pointer < POINTER_FAST_IO)
        fputs(names[pointer], file);
    else
        fputs(fast_io_names[pointer - POINTER_FAST_IO], file);
}

static void write_pointers(const struct image *image, const struct driver_result *driver,
                           FILE *file)
{
    for (size_t i = 0; i < N_POINTERS; i++) {
        if (driver->pointers[i] == 0 && i >= POINTER_INIT)
            continue;
        fprintf(file, "pointer 0x%" PRIx64 " ", driver->object.body.address);
        write_kind(i, file);
        fprintf(file, " 0x%" PRIx64, driver->pointers[i]);
        write_place(image, driver->pointers[i], file);
        fputc('\n', file);
    }
}

static void write_parts(const struct image *image, const struct driver_spec *spec,
                        const struct driver_result *driver, FILE *file)
{
    uint64_t address = driver->object.body.address;
    for (size_t i = spec->n_devices; i-- > 0;) {
        const struct device_spec *device = &spec->devices[i];
        fprintf(file, "device 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64, address,
                driver->devices[i], device->type, device->flags);
        write_name(device->name, file);
    }
    for (size_t i = spec->n_extensions; i-- > 0;) {
        fprintf(file, "extension 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64, address,
                driver->extensions[i].address, driver->extensions[i].id);
        write_place(image, driver->extensions[i].id, file);
        fputc('\n', file);
    }
}

static void write_driver(const struct image *image, const struct driver_spec *spec,
                         const struct driver_result *driver, FILE *file)
{
    static const char *const words[] = {"directory", "pool"};
    bool is_held = is_object_held(image, &driver->object);
    bool sources[] = {is_held && !spec->is_hidden && !spec->is_free, is_held && !spec->is_free};
    fprintf(file,
            "driver 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64
            " 0x%" PRIx64 " %s",
            driver->object.body.address, driver->start, driver->size, driver->section,
            driver->fast_io, spec->flags, spec->is_file_system ? "FileSystem" : "Driver");
    write_sources(words, sources, 2, file);
    fprintf(file, " %s", spec->module ? spec->module : "-");
    write_name(spec->name, file);
    if (!is_held || spec->is_free)
        return; // then there is nothing of it
    write_pointers(image, driver, file);
    write_parts(image, spec, driver, file);
}

void truth_write_objects(const struct image *image, FILE *file)
{
    const struct objects_spec *spec = &image->spec->nt.objects;
    const struct objects *objects = image->spec->machinery->objects;
    if (!objects)
        return;
    fprintf(file, "layout %" PRIu64 "\n", objects->layout.build);
    for (size_t i = 0; i < spec->n_processes; i++)
        write_process(image, &spec->processes[i], &objects->processes[i], file);
    for (size_t i = 0; i < spec->n_threads; i++)
        write_thread(image, &spec->threads[i], &objects->threads[i], file);
    for (size_t i = 0; i < spec->n_drivers; i++)
        write_driver(image, &spec->drivers[i], &objects->drivers[i], file);
}
