// SPDX-License-Identifier: MIT
//
// Goes through the areas of an address space, one after the other, and tells what a scan needs to
// know of them: memory, functions, import slots.

#include <memscan/code_refs.h>

#include "base/extent.h"
#include "windows/code_areas.h"
#include "windows/code_scan.h"
#include "windows/instruction.h"
#include "windows/modules.h"
#include <memscan/imports.h>

#include <stdlib.h>
#include <string.h>

struct ms_code_refs {
    struct ms_code_refs_options options; // once made, its arrays are the caller's no longer
    unsigned bits;
    struct ms_range *targets;
    ms_code_area_vec areas;
    size_t next_area; // those before it have been begun
    struct ms_code_scan *scan;
};

bool ms_code_refs_available(void)
{
    return ms_instructions_known();
}

// The area that is being looked through.
static const struct ms_code_area *area_of(const struct ms_code_refs *refs)
{
    return &refs->areas.items[refs->next_area - 1];
}

// == Memory ==

static size_t read_memory(void *user, uint64_t address, uint8_t *bytes, bool *present,
                          size_t length)
{
    const struct ms_code_refs *refs = user;

    return ms_spaces_read(refs->options.spaces, refs->options.space, address, bytes, present,
                          length);
}

static bool is_code(const struct ms_code_refs *refs, const struct ms_mapping_info *mapping)
{
    unsigned flags = area_of(refs)->page_flags;

    return mapping->state == MS_MAPPED_PRESENT && (mapping->flags & flags) == flags;
}

// What was read, and what of it has been found to be code.
struct reading {
    const struct ms_code_refs *refs;
    uint64_t address;
    bool *present;
    bool whole;  // all of it was present
    size_t done; // up to here; what is no code before it is no longer present
    size_t n;    // present bytes
};

static void hide(struct reading *reading, size_t end)
{
    memset(reading->present + reading->done, false, end - reading->done);
    reading->done = end;
}

static int keep_code(void *user, const struct ms_mapping_info *mapping)
{
    struct reading *reading = user;
    size_t end = (size_t)(mapping->last - reading->address) + 1;

    if (!is_code(reading->refs, mapping))
        return 0;
    hide(reading, (size_t)(mapping->first - reading->address));
    if (reading->whole)
        reading->n += end - reading->done;
    for (size_t i = reading->done; !reading->whole && i < end; i++)
        reading->n += reading->present[i];
    reading->done = end;
    return 0;
}

static size_t read_code(void *user, uint64_t address, uint8_t *bytes, bool *present, size_t length)
{
    const struct ms_code_refs *refs = user;
    struct reading reading = {.refs = refs, .address = address, .present = present};
    size_t n = read_memory(user, address, bytes, present, length);
    struct ms_range range = {.first = address};

    if (n == 0 || area_of(refs)->page_flags == 0)
        return n;
    reading.whole = n == length;
    range.last = address + ms_min_u64(length - 1, UINT64_MAX - address);
    ms_spaces_visit(refs->options.spaces, refs->options.space, &range, keep_code, &reading);
    hide(&reading, length);
    return reading.n;
}

struct finding {
    const struct ms_code_refs *refs;
    uint64_t found;
};

static int take_first(void *user, const struct ms_mapping_info *mapping)
{
    struct finding *finding = user;

    finding->found = mapping->first;
    return is_code(finding->refs, mapping);
}

static bool find_code(void *user, uint64_t address, uint64_t last, uint64_t *found_ret)
{
    struct finding finding = {.refs = user};
    const struct ms_code_refs_options *options = &finding.refs->options;
    struct ms_range range = {.first = address, .last = last};
    bool found = ms_spaces_visit(options->spaces, options->space, &range, take_first, &finding);

    *found_ret = finding.found;
    return found;
}

// == Modules ==

static enum ms_status find_function(void *user, uint64_t address, struct ms_range *function_ret)
{
    const struct ms_code_refs *refs = user;
    const struct ms_modules *modules = refs->options.modules;
    size_t module = modules ? ms_modules_at(modules, address) : MS_NO_MODULE;
    const struct ms_module_detail *detail;
    struct ms_pe_function function;

    if (module == MS_NO_MODULE)
        return MS_MISSING;
    detail = ms_module_detail(modules, module);
    if (!detail)
        return MS_NOMEM;
    if (!detail->pe ||
        ms_pe_function_at(detail->functions, detail->pe, (uint32_t)(address - detail->pe->base),
                          &function) != MS_PE_WHOLE)
        return MS_MISSING;
    *function_ret = (struct ms_range){.first = detail->pe->base + function.begin,
                                      .last = detail->pe->base + (function.end - 1)};
    return MS_OK;
}

// Slots hold addresses, and what is in front of them is not always code.
static enum ms_status find_slot(void *user, uint64_t address)
{
    const struct ms_code_refs *refs = user;
    const struct ms_import *slot = NULL;
    enum ms_status status = MS_OK;

    for (uint64_t i = 0; refs->options.modules && i < 4 && !slot && status == MS_OK; i += 3)
        status = ms_modules_import_at(refs->options.modules, address + i, &slot, NULL);
    if (status != MS_OK)
        return status;
    return slot ? MS_OK : MS_MISSING;
}

// == Making ==

static enum ms_status check_options(const struct ms_code_refs_options *options,
                                    struct ms_error *error)
{
    struct ms_space_info info = ms_spaces_info(options->spaces, options->space);

    if (!ms_code_refs_available())
        return ms_fail(error, MS_UNSUPPORTED,
                       "instructions cannot be decoded: this was built without Zydis");
    if (info.kind == MS_SPACE_PHYSICAL || info.kind == MS_SPACE_UNMAPPED)
        return ms_fail(error, MS_ARGUMENT, "space %s: it has no virtual addresses", info.name);
    return MS_OK;
}

static bool copy_targets(struct ms_code_refs *refs)
{
    size_t n = refs->options.n_targets;

    refs->targets = malloc((n + 1) * sizeof(*refs->targets));
    if (refs->targets && n > 0)
        memcpy(refs->targets, refs->options.targets, n * sizeof(*refs->targets));
    return refs->targets != NULL;
}

// Makes the rest of it.
static enum ms_status prepare(struct ms_code_refs *refs, struct ms_error *error)
{
    const struct ms_code_source source = {
        .memory = {.read = read_memory, .user = refs},
        .code = {.read = read_code, .user = refs},
        .find = find_code,
        .function = find_function,
        .data = find_slot,
        .progress = refs->options.progress,
        .progress_user = refs->options.user,
        .user = refs,
    };
    enum ms_status status;

    if (!copy_targets(refs))
        return ms_fail_nomem(error);
    status = ms_code_areas_list(&refs->options, &refs->areas, error);
    if (status != MS_OK)
        return status;
    refs->scan = ms_code_scan_create(&source, refs->bits, refs->targets, refs->options.n_targets);
    return refs->scan ? MS_OK : ms_fail_nomem(error);
}

enum ms_status ms_code_refs_create(const struct ms_code_refs_options *options,
                                   struct ms_code_refs **refs_ret, struct ms_error *error)
{
    enum ms_status status = check_options(options, error);
    struct ms_code_refs *refs;

    if (status != MS_OK)
        return status;
    refs = calloc(1, sizeof(*refs));
    if (!refs)
        return ms_fail_nomem(error);
    refs->options = *options;
    refs->bits = ms_spaces_info(options->spaces, options->space).address_bits;
    status = prepare(refs, error);
    if (status == MS_OK)
        *refs_ret = refs;
    else
        ms_code_refs_free(refs);
    return status;
}

void ms_code_refs_free(struct ms_code_refs *refs)
{
    if (!refs)
        return;
    ms_code_scan_free(refs->scan);
    free(refs->areas.items);
    free(refs->targets);
    free(refs);
}

// == Results ==

static bool begin_area(struct ms_code_refs *refs, uint64_t last)
{
    if (refs->next_area == refs->areas.n || refs->areas.items[refs->next_area].range.first > last)
        return false;
    ms_code_scan_begin(refs->scan, &refs->areas.items[refs->next_area++].range, refs->options.from);
    return true;
}

enum ms_status ms_code_refs_next(struct ms_code_refs *refs, uint64_t last, bool *found_ret,
                                 struct ms_code_ref *ref_ret, struct ms_error *error)
{
    *found_ret = false;
    do {
        enum ms_status status = ms_code_scan_next(refs->scan, last, found_ret, ref_ret);

        if (status == MS_NOMEM)
            return ms_fail_nomem(error);
        if (status != MS_OK)
            return status;
    } while (!*found_ret && ms_code_scan_is_done(refs->scan) && begin_area(refs, last));
    return MS_OK;
}

uint64_t ms_code_refs_position(const struct ms_code_refs *refs)
{
    if (!ms_code_scan_is_done(refs->scan))
        return ms_code_scan_position(refs->scan);
    return refs->next_area < refs->areas.n ? refs->areas.items[refs->next_area].range.first
                                           : UINT64_MAX;
}

void ms_code_ref_text(const struct ms_code_refs *refs, const struct ms_code_ref *ref,
                      char text_ret[MS_INSTRUCTION_TEXT])
{
    ms_instruction_text(refs->bits, ref->address, ref->bytes, ref->length, text_ret,
                        MS_INSTRUCTION_TEXT);
}

struct ms_code_refs_work ms_code_refs_work(const struct ms_code_refs *refs)
{
    return ms_code_scan_work(refs->scan);
}
