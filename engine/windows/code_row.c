// SPDX-License-Identifier: MIT
//
// A table of functions may lie: of functions that overlap, the second one gets no row, and of one
// that has no end, MS_CODE_REFS_ROW bytes are decoded for an operand at most. So no byte is decoded
// twice in rows. Operands that get no row are tried.

#include "windows/code_row.h"

#include "base/extent.h"

#include <string.h>

enum {
    BEFORE = 32, // bytes in front of an operand in which starts are tried: rows that begin at
                 // different bytes mostly are the same after a few instructions
    NOWHERE = BEFORE,
};

void ms_code_rows_start(struct ms_code_rows *rows, const struct ms_code_source *source,
                        const struct ms_code_filter *filter)
{
    *rows = (struct ms_code_rows){.source = source, .filter = filter};
}

// Whether an operand of the instruction stands at an index of it and reaches a target.
static bool find_reach(const struct ms_code_rows *rows, const struct ms_instruction *instruction,
                       uint64_t at, uint64_t *target_ret)
{
    for (size_t i = 0; i < instruction->n_reaches; i++) {
        const struct ms_reach *reach = &instruction->reaches[i];

        if (reach->at == at && ms_code_filter_wants(rows->filter, reach->target)) {
            *target_ret = reach->target;
            return true;
        }
    }
    return false;
}

// Makes `length` bytes from an address on readable: their index in the view.
static size_t look(const struct ms_code_rows *rows, struct ms_code_view *view, uint64_t address,
                   size_t length)
{
    const struct ms_vmem *memory = &rows->source->memory;

    if (!view->filled || address < view->start || address - view->start > MS_CODE_VIEW - length) {
        view->start = address;
        view->filled = true;
        memory->read(memory->user, address, view->bytes, view->present, MS_CODE_VIEW);
    }
    return (size_t)(address - view->start);
}

static bool decode(struct ms_code_rows *rows, const struct ms_code_view *view, size_t at,
                   struct ms_instruction *instruction)
{
    size_t n = 0;

    while (n < MS_INSTRUCTION_BYTES && at + n < MS_CODE_VIEW && view->present[at + n])
        n++;
    rows->decoded++;
    return n > 0 && ms_instruction_decode(rows->filter->bits, view->start + at, view->bytes + at, n,
                                          instruction);
}

static void make_ref(const struct ms_code_view *view, size_t at, uint8_t length,
                     struct ms_code_ref *ref)
{
    *ref = (struct ms_code_ref){.address = view->start + at, .length = length};
    memcpy(ref->bytes, view->bytes + at, length);
}

// == In a row ==

// Turns to the function of a place. MS_MISSING: there is no row for it.
static enum ms_status enter(struct ms_code_rows *rows, uint64_t place)
{
    struct ms_range function;
    enum ms_status status = rows->source->function(rows->source->user, place, &function);

    if (status != MS_OK)
        return status;
    if (rows->begun && function.first == rows->function.first) {
        rows->function = function;
        return MS_OK;
    }
    if (rows->begun && function.first < rows->next)
        return MS_MISSING;
    rows->function = function;
    rows->begun = true;
    rows->broken = false;
    rows->here = rows->next = function.first;
    return MS_OK;
}

static void decode_next(struct ms_code_rows *rows)
{
    size_t at = look(rows, &rows->row_view, rows->next, MS_INSTRUCTION_BYTES);
    struct ms_instruction instruction;

    if (!decode(rows, &rows->row_view, at, &instruction) ||
        instruction.length - 1u > rows->function.last - rows->next) {
        rows->broken = true;
        return;
    }
    rows->instruction = instruction;
    rows->here = rows->next;
    rows->next += instruction.length;
}

// Decodes up to the instruction that holds a place. MS_MISSING: the row does not come to it.
static enum ms_status go_to(struct ms_code_rows *rows, uint64_t place)
{
    enum ms_status status = enter(rows, place);

    if (status != MS_OK)
        return status;
    while (!rows->broken && rows->next <= place && place - rows->next < MS_CODE_REFS_ROW)
        decode_next(rows);
    return rows->here <= place && place < rows->next ? MS_OK : MS_MISSING;
}

// == Tried ==

// For each start in front of the operand, at index n of the view's part, the start of the
// instruction that has the operand and that a row from there on comes to, or NOWHERE. False: there
// is no such instruction.
static bool try_starts(struct ms_code_rows *rows, size_t first, size_t n, uint8_t leads[BEFORE])
{
    bool found = false;

    for (size_t i = n; i-- > 0;) {
        struct ms_instruction instruction;
        uint64_t target;
        size_t end;

        leads[i] = NOWHERE;
        if (!found && n - i > MS_INSTRUCTION_BYTES)
            return false;
        if (!decode(rows, &rows->try_view, first + i, &instruction))
            continue;
        end = i + instruction.length;
        if (end < n) {
            leads[i] = leads[end];
        } else if (end > n && find_reach(rows, &instruction, n - i, &target)) {
            leads[i] = (uint8_t)i;
            found = true;
        }
    }
    return found;
}

// The instruction that most starts lead to; of several, the longest.
static size_t most_led_to(const uint8_t *leads, size_t n)
{
    uint8_t votes[BEFORE + 1] = {0};
    size_t best = 0;

    for (size_t i = 0; i < n; i++)
        votes[leads[i]]++;
    for (size_t i = 1; i < n; i++) {
        if (votes[i] > votes[best])
            best = i;
    }
    return best;
}

static enum ms_status try_place(struct ms_code_rows *rows, const struct ms_range *area,
                                uint64_t place, struct ms_code_ref *ref)
{
    uint64_t room = ms_min_u64(BEFORE, place - area->first);
    size_t n = (size_t)room, at, first;
    uint8_t leads[BEFORE];
    struct ms_instruction instruction;
    enum ms_status status = rows->source->data(rows->source->user, place);

    if (status != MS_MISSING)
        return status == MS_OK ? MS_MISSING : status;
    first = look(rows, &rows->try_view, place - n, BEFORE + MS_INSTRUCTION_BYTES);
    if (!try_starts(rows, first, n, leads))
        return MS_MISSING;
    at = first + most_led_to(leads, n);
    if (!decode(rows, &rows->try_view, at, &instruction))
        return MS_MISSING;
    make_ref(&rows->try_view, at, instruction.length, ref);
    ref->uncertain = true;
    ref->operand = (uint8_t)(first + n - at);
    find_reach(rows, &instruction, ref->operand, &ref->target);
    return MS_OK;
}

enum ms_status ms_code_rows_find(struct ms_code_rows *rows, const struct ms_range *area,
                                 uint64_t place, struct ms_code_ref *ref_ret)
{
    enum ms_status status = go_to(rows, place);
    uint64_t target;
    size_t at;

    if (status != MS_OK)
        return status == MS_MISSING ? try_place(rows, area, place, ref_ret) : status;
    if (!find_reach(rows, &rows->instruction, place - rows->here, &target))
        return MS_MISSING;
    at = look(rows, &rows->row_view, rows->here, MS_INSTRUCTION_BYTES);
    make_ref(&rows->row_view, at, rows->instruction.length, ref_ret);
    ref_ret->operand = (uint8_t)(place - rows->here);
    ref_ret->target = target;
    return MS_OK;
}
