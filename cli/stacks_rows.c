// SPDX-License-Identifier: MIT
//
// A return address may be the first byte behind its function: it is named by the byte before it,
// which is the CALL's, and offsets are its own.

#include "stacks_rows.h"

#include "json.h"
#include "message.h"
#include "owner.h"
#include <inttypes.h>
#include <stdio.h>

enum {
    NAME_COLUMN = 37,  // of a process's name
    STATE_WIDTH = 11,  // of a thread's state
    NUMBER_WIDTH = 11, // "   4.000050"
    N_THREAD_COLUMNS = 22,
};

const struct columns stack_columns = {
    .type = "stack",
    .count = N_THREAD_COLUMNS + N_MODULE_COLUMNS,
    .names = {"image",      "space",          "thread",      "process",    "name",        "pid",
              "tid",        "state",          "wait_reason", "stack",      "pages",       "missing",
              "unverified", "of_last_switch", "whole",       "terminated", "freed",       "hidden",
              "guessed",    "frame",          "address",     "slot",       MODULE_COLUMNS},
};

static bool find_owner(const struct stack_row *row, const struct ms_frame *frame,
                       struct owner *owner)
{
    struct ms_error error = {0};

    if (owner_find(row->view->modules, frame->address - 1, owner, &error) != MS_OK) {
        message_error(row->listing->opened.path, &error);
        row->listing->outcome.error = true;
        return false;
    }
    owner->near.offset++;
    return true;
}

// == Text ==

// A line below the thread's own, where its blocker stands.
static void print_below(const struct stack_row *row)
{
    size_t address = view_space(&row->listing->view, row->space).address_bits == 64 ? 17 : 8;

    listing_print_prefix(row->listing);
    output_blanks(&row->listing->out, 0, NUMBER_WIDTH + 2 + address + 2 + STATE_WIDTH);
}

static void print_header(const struct stack_row *row, struct stack_text *text)
{
    struct output *out = &row->listing->out;
    bool wide = view_space(&row->listing->view, row->space).address_bits == 64;

    if (text->any)
        return;
    listing_print_prefix(row->listing);
    output_text(out, wide ? "Proc.Thread  .Thread            ThreadState  Blocker\n"
                          : "Proc.Thread  .Thread  ThreadState  Blocker\n");
}

static void print_process(const struct stack_row *row, struct stack_text *text)
{
    struct ms_process_info process = {.address = UINT64_MAX}; // none that is known
    struct output *out = &row->listing->out;
    bool known = thread_process(row->view, row->info, &process);

    if (text->any && text->process == process.address)
        return;
    if (text->any) {
        listing_print_prefix(row->listing);
        output_char(out, '\n');
    }
    text->any = true;
    text->process = process.address;
    listing_print_prefix(row->listing);
    output_blanks(out, 0, NAME_COLUMN);
    output_char(out, '[');
    if (known) {
        listing_print_address(row->listing, row->space, process.address);
        output_char(out, ' ');
        print_process_name(out, &process);
    }
    output_text(out, known ? "]\n" : "process not known]\n");
}

// "   4.000050  827eea10  Blocked    "
static void print_thread(const struct stack_row *row)
{
    struct output *out = &row->listing->out;
    char cid[32] = "????.??????", state[THREAD_STATE_ROOM];

    format_thread_state(state, row->info);
    if (row->info->has_state && row->info->state == MS_THREAD_WAITING)
        snprintf(state, sizeof(state), "Blocked");
    if (row->info->has_cid)
        snprintf(cid, sizeof(cid), "%4x.%06x", row->info->pid, row->info->tid);
    listing_print_prefix(row->listing);
    output_text(out, cid);
    output_text(out, "  ");
    listing_print_address(row->listing, row->space, row->info->address);
    output_text(out, "  ");
    output_text(out, state);
    output_blanks(out, strlen(state), STATE_WIDTH);
    if (strlen(state) >= STATE_WIDTH)
        output_char(out, ' ');
}

// "nt!KiSwapThread+0x26"; where that is not the function that it lies in, "nt+0x4711". With
// --verbose, slot and return address are before it.
static void print_frame(const struct stack_row *row, const struct ms_frame *frame,
                        const struct owner *owner)
{
    struct output *out = &row->listing->out;
    char name[SYMBOL_NAME_ROOM];

    if (row->listing->settings->verbose) {
        listing_print_address(row->listing, row->space, frame->slot);
        output_char(out, ' ');
        listing_print_address(row->listing, row->space, frame->address);
        output_char(out, ' ');
    }
    if (owner->near.symbol == NULL || owner->near.same_function == MS_FUNCTION_OTHER) {
        format_offset(name, owner->module.name, owner->near.offset);
        output_text(out, name);
    } else {
        output_text(out, owner->symbol);
        output_char(out, '+');
        output_hex(out, frame->address - owner->near.symbol->address);
    }
    output_char(out, '\n');
}

// What stands for the blocker where there is no frame.
static const char *why_no_frame(const struct stack_row *row)
{
    if (row->info->residence == MS_STACK_PAGED_OUT)
        return "Stack paged out\n";
    if (row->stack->end == 0)
        return "No stack\n";
    return row->stack->n_missing == row->stack->n_pages ? "Stack not in the image\n"
                                                        : "No return address\n";
}

static void print_remark(const struct stack_row *row, bool holds, const char *text)
{
    if (!holds)
        return;
    print_below(row);
    output_text(&row->listing->out, text);
}

static void print_missing(const struct stack_row *row)
{
    struct output *out = &row->listing->out;

    print_below(row);
    output_char(out, '(');
    output_decimal(out, row->stack->n_missing);
    output_text(out, " of ");
    output_decimal(out, row->stack->n_pages);
    output_text(out, " pages of the stack are not in the image)\n");
}

static void print_unverified(const struct stack_row *row)
{
    struct output *out = &row->listing->out;

    print_below(row);
    output_text(out, "(pointers into code that is not in the image: ");
    output_decimal(out, row->stack->n_unverified);
    output_text(out, ")\n");
}

// What makes the frames less than what they look like.
static void print_remarks(const struct stack_row *row)
{
    const struct ms_stack *stack = row->stack;
    const struct ms_thread_info *info = row->info;
    bool any = stack->n_frames > 0;

    print_remark(row, stack->of_last_switch, "(it runs: this is the stack of its last switch)\n");
    print_remark(row, any && info->residence == MS_STACK_PAGED_OUT,
                 "(stack paged out: this is what is left of it)\n");
    print_remark(row, any && stack->whole,
                 "(where the stack ends is not known: all of it was looked through)\n");
    if (stack->n_missing > 0 && stack->n_missing < stack->n_pages)
        print_missing(row);
    if (stack->n_unverified > 0)
        print_unverified(row);
    print_remark(row, info->hidden, "(hidden: no list has this thread)\n");
    print_remark(row, info->freed, "(freed: this is what is left of a thread)\n");
    print_remark(row, info->guessed, "(guessed: the layout is that of another build)\n");
}

bool stack_row_text(const struct stack_row *row, struct stack_text *text)
{
    print_header(row, text);
    print_process(row, text);
    print_thread(row);
    for (size_t i = 0; i < row->stack->n_frames; i++) {
        struct owner owner;

        if (!find_owner(row, &row->stack->frames[i], &owner))
            return false;
        if (i > 0)
            print_below(row);
        print_frame(row, &row->stack->frames[i], &owner);
    }
    if (row->stack->n_frames == 0)
        output_text(&row->listing->out, why_no_frame(row));
    print_remarks(row);
    return true;
}

// == For programs ==

// The fields of a thread; those of a frame are behind them.
static void thread_fields(const struct stack_row *row, struct field fields[N_THREAD_COLUMNS],
                          struct ms_process_info *process, char state[THREAD_STATE_ROOM],
                          char reason[THREAD_STATE_ROOM])
{
    const struct ms_thread_info *info = row->info;
    bool named = thread_process(row->view, info, process);

    format_thread_state(state, info);
    format_wait_reason(reason, info);
    memcpy(fields,
           (const struct field[N_THREAD_COLUMNS]){
               field_text(row->listing->opened.path),
               field_text(view_space(&row->listing->view, row->space).name),
               field_address(info->address),
               named ? field_address(process->address) : field_none(),
               named && process->has_name ? field_text(process->name) : field_none(),
               info->has_cid ? field_number(info->pid) : field_none(),
               info->has_cid ? field_number(info->tid) : field_none(),
               field_known(state),
               field_known(reason),
               field_known(thread_residence_name(info->residence)),
               field_number(row->stack->n_pages),
               field_number(row->stack->n_missing),
               field_number(row->stack->n_unverified),
               field_flag(row->stack->of_last_switch),
               field_flag(row->stack->whole),
               field_flag(info->terminated),
               field_flag(info->freed),
               field_flag(info->hidden),
               field_flag(info->guessed),
           },
           N_THREAD_COLUMNS * sizeof(*fields));
}

static bool json_frame(const struct stack_row *row, size_t index)
{
    const struct ms_frame *frame = &row->stack->frames[index];
    struct output *out = &row->listing->out;
    struct owner owner;

    if (!find_owner(row, frame, &owner))
        return false;
    output_text(out, index > 0 ? ",{\"address\":\"" : "{\"address\":\"");
    output_hex(out, frame->address);
    output_char(out, '"');
    json_address(out, "slot", frame->slot);
    json_owner(out, &owner, frame->address);
    output_char(out, '}');
    return true;
}

bool stack_row_json(const struct stack_row *row)
{
    struct output *out = &row->listing->out;
    struct field fields[N_THREAD_COLUMNS];
    struct ms_process_info process;
    char state[THREAD_STATE_ROOM], reason[THREAD_STATE_ROOM];
    bool ok = true;

    thread_fields(row, fields, &process, state, reason);
    output_text(out, "{\"type\":\"stack\"");
    for (size_t i = 0; i < N_THREAD_COLUMNS; i++)
        fields_json_member(out, stack_columns.names[i], &fields[i]);
    json_key(out, "frames");
    output_char(out, '[');
    for (size_t i = 0; i < row->stack->n_frames && ok; i++)
        ok = json_frame(row, i);
    output_text(out, "]}\n");
    return ok;
}

static bool print_csv_frame(const struct stack_row *row, struct field *fields, size_t index)
{
    const struct ms_frame *frame = &row->stack->frames[index];
    struct field owned[N_OWNER_COLUMNS];
    struct owner owner;

    if (!find_owner(row, frame, &owner))
        return false;
    owner_fields(owned, &owner, frame->address);
    fields[N_THREAD_COLUMNS - 3] = field_number(index);
    fields[N_THREAD_COLUMNS - 2] = field_address(frame->address);
    fields[N_THREAD_COLUMNS - 1] = field_address(frame->slot);
    memcpy(fields + N_THREAD_COLUMNS, owned, N_MODULE_COLUMNS * sizeof(*owned));
    listing_print_row(row->listing, fields);
    return true;
}

bool stack_row_csv(const struct stack_row *row)
{
    struct field fields[N_THREAD_COLUMNS + N_MODULE_COLUMNS] = {0};
    struct ms_process_info process;
    char state[THREAD_STATE_ROOM], reason[THREAD_STATE_ROOM];

    thread_fields(row, fields, &process, state, reason);
    if (row->stack->n_frames == 0)
        listing_print_row(row->listing, fields);
    for (size_t i = 0; i < row->stack->n_frames; i++) {
        if (!print_csv_frame(row, fields, i))
            return false;
    }
    return true;
}
