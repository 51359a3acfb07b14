// SPDX-License-Identifier: MIT
//
// Driver objects as !drvobj prints them. What it does not say stands behind its columns: where a
// pointer leads that leaves the image.

#include "drivers_view.h"

#include "escape.h"
#include <inttypes.h>
#include <stdio.h>

#define SLOT_WIDTH     40
#define ROUTINE_WIDTH  15
#define DEVICES_A_LINE 4
#define TEXT_BYTES     1100
#define N_ROUTINES     4

static void begin_line(struct drivers_view *view)
{
    listing_print_prefix(view->listing);
}

static void end_line(struct drivers_view *view)
{
    output_char(&view->listing->out, '\n');
}

static void print_line(struct drivers_view *view, const char *text)
{
    begin_line(view);
    output_text(&view->listing->out, text);
    end_line(view);
}

static void print_address(struct drivers_view *view, uint64_t address)
{
    listing_print_address(view->listing, view->space, address);
}

static void print_escaped(struct output *out, const char *text)
{
    char escaped[TEXT_BYTES];

    output_bytes(out, escaped,
                 (size_t)(format_ascii(escaped, text, strlen(text), TEXT_BYTES) - escaped));
}

// == Where pointers lead ==

static void print_memory(struct drivers_view *view, uint64_t address)
{
    struct output *out = &view->listing->out;
    unsigned bits = view_space(&view->listing->view, view->space).address_bits;
    struct ms_pool_info block;

    if (find_driver_block(view, address, &block))
        print_pool_owner(out, &block, bits, address);
    else
        output_text(out, "no module");
}

static void print_place(struct drivers_view *view, uint64_t address, enum ms_driver_place place,
                        size_t module)
{
    static const char *const remarks[] = {
        [MS_DRIVER_UNSET] = " (not set)",        [MS_DRIVER_FRAMEWORK] = " (framework)",
        [MS_DRIVER_ABSENT] = "not in the image", [MS_DRIVER_UNMAPPED] = "not mapped",
        [MS_DRIVER_USER] = "user memory",
    };
    struct output *out = &view->listing->out;
    char name[SYMBOL_NAME_ROOM];

    if (place == MS_DRIVER_MEMORY) {
        print_memory(view, address);
        return;
    }
    format_driver_target(view, address, module, name);
    output_text(out, name);
    if (module == MS_NO_MODULE && name[0] != '\0')
        output_text(out, ", ");
    if (place < sizeof(remarks) / sizeof(remarks[0]) && remarks[place] != NULL)
        output_text(out, remarks[place]);
}

static void print_trampoline(struct drivers_view *view, const struct ms_driver_pointer *pointer)
{
    struct output *out = &view->listing->out;
    char text[MS_TRAMPOLINE_TEXT];

    ms_drivers_trampoline_text(view->drivers, pointer->value, text);
    output_text(out, ", ");
    output_text(out, text);
    output_text(out, " -> ");
    print_place(view, pointer->target, pointer->target_place, pointer->target_module);
}

static void print_target(struct drivers_view *view, const struct ms_driver_pointer *pointer)
{
    print_place(view, pointer->value, pointer->place, pointer->module);
    if (pointer->has_trampoline)
        print_trampoline(view, pointer);
    if (pointer->hooked)
        output_text(&view->listing->out, ", hooked");
}

// == Slots ==

static const struct ms_driver_pointer *find_pointer(const struct ms_driver_info *info,
                                                    enum ms_driver_slot_kind kind, size_t index)
{
    for (size_t i = 0; i < info->n_pointers; i++)
        if (info->pointers[i].kind == kind && info->pointers[i].index == index)
            return &info->pointers[i];
    return NULL;
}

// Slots of which all are printed have their zeros, too.
static bool slot_is_told(const struct drivers_view *view, enum ms_driver_slot_kind kind,
                         const struct ms_driver_pointer *pointer)
{
    const struct settings *settings = view->listing->settings;

    if (!settings->verbose || settings->hooked)
        return pointer != NULL && pointer_is_told(settings, pointer);
    return pointer != NULL || kind != MS_DRIVER_FAST_IO;
}

static void print_slot_name(struct output *out, enum ms_driver_slot_kind kind, size_t index)
{
    static const char *const routines[N_ROUTINES] = {
        "DriverEntry:", "DriverStartIo:", "DriverUnload:", "AddDevice:"};
    char text[SLOT_WIDTH + 1];
    int length;

    if (kind == MS_DRIVER_ROUTINE)
        length = snprintf(text, sizeof(text), "%s", routines[index]);
    else if (kind == MS_DRIVER_MAJOR)
        length =
            snprintf(text, sizeof(text), "[%02zx] %s", index, ms_driver_slot_name(kind, index));
    else
        length = snprintf(text, sizeof(text), "%s", ms_driver_slot_name(kind, index));
    output_text(out, text);
    output_blanks(out, (size_t)length, kind == MS_DRIVER_ROUTINE ? ROUTINE_WIDTH : SLOT_WIDTH);
}

static void print_slot(struct drivers_view *view, enum ms_driver_slot_kind kind, size_t index,
                       const struct ms_driver_pointer *pointer)
{
    begin_line(view);
    print_slot_name(&view->listing->out, kind, index);
    print_address(view, pointer != NULL ? pointer->value : 0);
    output_char(&view->listing->out, '\t');
    if (pointer != NULL)
        print_target(view, pointer);
    end_line(view);
}

static void print_slots(struct drivers_view *view, const struct ms_driver_info *info,
                        enum ms_driver_slot_kind kind, const char *title)
{
    bool any = false;

    for (size_t i = 0; ms_driver_slot_name(kind, i) != NULL; i++) {
        const struct ms_driver_pointer *pointer = find_pointer(info, kind, i);

        if (!slot_is_told(view, kind, pointer))
            continue;
        if (!any) {
            print_line(view, "");
            if (title != NULL)
                print_line(view, title);
        }
        any = true;
        print_slot(view, kind, i, pointer);
    }
}

// == The object ==

static void print_name(struct drivers_view *view, const struct ms_driver_info *info)
{
    struct output *out = &view->listing->out;

    begin_line(view);
    output_text(out, "Driver object (");
    print_address(view, info->address);
    output_text(out, ") is for:");
    end_line(view);
    begin_line(view);
    output_char(out, ' ');
    print_escaped(out, info->name[0] != '\0' ? info->name : "(no name)");
    if (info->freed)
        output_text(out, "  freed");
    if (info->hidden)
        output_text(out, "  hidden: in no directory");
    end_line(view);
}

static void print_image(struct drivers_view *view, const struct ms_driver_info *info)
{
    struct output *out = &view->listing->out;
    char size[24];

    begin_line(view);
    output_text(out, "Image: ");
    output_text(out, info->module != MS_NO_MODULE ? driver_module_name(view, info)
                     : info->start != 0           ? "no module"
                                                  : "none");
    if (info->start != 0) {
        output_text(out, ", ");
        print_address(view, info->start);
        snprintf(size, sizeof(size), "+%" PRIx64, info->size);
        output_text(out, size);
    }
    end_line(view);
}

static void print_clients(struct drivers_view *view, const struct ms_driver_info *info)
{
    struct output *out = &view->listing->out;

    print_line(view, "Driver Extension List: (id , addr)");
    begin_line(view);
    for (size_t i = 0; i < info->n_clients; i++) {
        output_text(out, i == 0 ? "(" : "  (");
        print_address(view, info->clients[i].id);
        output_char(out, ' ');
        print_address(view, info->clients[i].address);
        output_char(out, ')');
    }
    end_line(view);
}

static void print_devices(struct drivers_view *view, const struct ms_driver_info *info)
{
    struct output *out = &view->listing->out;

    print_line(view, "Device Object list:");
    for (size_t i = 0; i < info->n_devices; i++) {
        if (i % DEVICES_A_LINE == 0)
            begin_line(view);
        else
            output_text(out, "  ");
        print_address(view, info->devices[i]);
        if (i % DEVICES_A_LINE == DEVICES_A_LINE - 1 || i + 1 == info->n_devices)
            end_line(view);
    }
}

void driver_print_text(struct drivers_view *view, const struct ms_driver_info *info, bool first)
{
    const struct settings *settings = view->listing->settings;

    if (!first)
        print_line(view, "");
    print_name(view, info);
    print_image(view, info);
    if (settings->verbose)
        print_clients(view, info);
    if (settings->verbose || !settings->hooked)
        print_devices(view, info);
    print_slots(view, info, MS_DRIVER_ROUTINE, NULL);
    print_slots(view, info, MS_DRIVER_MAJOR, "Dispatch routines:");
    print_slots(view, info, MS_DRIVER_FAST_IO, "Fast I/O routines:");
}
