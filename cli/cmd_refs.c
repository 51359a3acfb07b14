// SPDX-License-Identifier: MIT
//
// memscan refs: a search for words whose values are addresses of the target. What these are, each
// image's modules tell.

#include "message.h"
#include "refs_code.h"
#include "refs_print.h"
#include "search_run.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define ALL_TARGETS                                                                                \
    (1u << TARGET_ADDRESS | 1u << TARGET_RANGE | 1u << TARGET_MODULE | 1u << TARGET_NAME)

// What pointers may hold.
struct values {
    struct ms_range *items;
    size_t n;
};

// == What the target is ==

static bool add_modules(struct values *values, const struct refs *refs)
{
    size_t n = refs->modules != NULL ? ms_modules_count(refs->modules) : 0;

    values->items = calloc(n + 1, sizeof(*values->items));
    for (size_t i = 0; values->items != NULL && i < n; i++) {
        struct ms_module_info info = ms_modules_info(refs->modules, i);

        if (info.size > 0 && target_has_module(&refs->target, info.name))
            values->items[values->n++] =
                (struct ms_range){.first = info.base, .last = info.end - 1};
    }
    return values->items != NULL;
}

static bool add_exports(struct values *values, const struct refs *refs)
{
    values->items = calloc(refs->exports.n + 1, sizeof(*values->items));
    for (size_t i = 0; values->items != NULL && i < refs->exports.n; i++) {
        uint64_t address = refs->exports.items[i].item.address;

        if (address != 0)
            values->items[values->n++] = (struct ms_range){.first = address, .last = address};
    }
    return values->items != NULL;
}

static bool add_range(struct values *values, const struct refs *refs)
{
    values->items = calloc(1, sizeof(*values->items));
    if (values->items != NULL)
        values->items[values->n++] = refs->target.range;
    return values->items != NULL;
}

// Makes ranges larger, and joins those that then touch: of a pointer there is one line. They ascend
// by their first addresses.
static void widen(struct values *values, uint64_t within, uint64_t top)
{
    size_t n = 0;

    for (size_t i = 0; i < values->n; i++) {
        struct ms_range range = values->items[i];

        range.first -= range.first < within ? range.first : within;
        range.last = range.last > top || top - range.last < within ? top : range.last + within;
        if (range.first > top)
            continue;
        if (n > 0 &&
            (values->items[n - 1].last == top || range.first <= values->items[n - 1].last + 1)) {
            if (range.last > values->items[n - 1].last)
                values->items[n - 1].last = range.last;
        } else {
            values->items[n++] = range;
        }
    }
    values->n = n;
}

static bool is_module(const struct ms_modules *modules, const char *name)
{
    for (size_t i = 0; modules != NULL && i < ms_modules_count(modules); i++)
        if (strcasecmp(ms_modules_info(modules, i).name, name) == 0)
            return true;
    return false;
}

static bool find_values(struct values *values, const struct search_run *run,
                        const struct refs *refs)
{
    static bool (*const adders[])(struct values *, const struct refs *) = {
        [TARGET_ADDRESS] = add_range,
        [TARGET_RANGE] = add_range,
        [TARGET_MODULE] = add_modules,
        [TARGET_NAME] = add_exports,
    };
    const char *image = run->context.image_name, *text = refs->target.text;

    if (!adders[refs->target.kind](values, refs)) {
        message_no_memory();
        return false;
    }
    widen(values, run->job->settings->within, view_top(&run->view, 0));
    if (values->n > 0)
        return true;
    if (refs->target.kind == TARGET_MODULE)
        message("%s: no module is called %s: memscan modules lists them", image,
                refs->target.module);
    else if (refs->target.kind == TARGET_NAME && is_module(refs->modules, text))
        message("%s: no module is known to export %s: the module is written %s:", image, text,
                text);
    else if (refs->target.kind == TARGET_NAME)
        message("%s: no module is known to export %s", image, text);
    else
        message("%s: %s: addresses have 32 bits here", image, text);
    return false;
}

// == What to search for ==

static bool add_pattern(struct search_query *query, const struct ms_range *values,
                        enum ms_pattern_kind kind, bool unaligned)
{
    struct ms_pattern_options options = {.align = unaligned ? 1 : 0};
    struct ms_error error = {0};
    char text[64];
    int length =
        values->first == values->last
            ? snprintf(text, sizeof(text), "%" PRIx64, values->first)
            : snprintf(text, sizeof(text), "%" PRIx64 "..%" PRIx64, values->first, values->last);

    if (ms_patterns_add(query->patterns, kind, text, (size_t)length, &options, &error) == MS_OK)
        return true;
    message_error(NULL, &error);
    return false;
}

static bool make_query(const struct search_run *run, const struct refs *refs,
                       const struct values *values)
{
    const struct settings *settings = run->job->settings;
    struct search_query *query = run->job->query;
    enum ms_pattern_kind kind = refs->pointer_bytes == 4 ? MS_DWORD : MS_QWORD;
    struct ms_matcher_options options = {
        .simd = settings->simd,
        .engine_mask = settings->engine_mask,
    };
    struct ms_error error = {0};

    search_query_release(query);
    if (ms_patterns_create(&query->patterns, &error) != MS_OK) {
        message_error(NULL, &error);
        return false;
    }
    for (size_t i = 0; i < values->n; i++)
        if (!add_pattern(query, &values->items[i], kind, settings->unaligned))
            return false;
    if (ms_matcher_create(query->patterns, &options, &query->matcher, &error) == MS_OK)
        return true;
    message_error(NULL, &error);
    return false;
}

static bool resolve(struct search_run *run)
{
    const char *image = run->context.image_name;
    struct refs *refs = run->job->user;
    struct values values = {0};
    bool ok;

    if (view_count(&run->view) != 1) {
        message("%s: pointers are searched in one space: name one with --space", image);
        return false;
    }
    target_exports_release(&refs->exports);
    refs->modules = attribution_modules(&run->attribution, 0);
    if (run->attribution.stopped)
        return false;
    refs->pointer_bytes = view_space(&run->view, 0).address_bits / 8;
    if (refs->modules != NULL && !target_find(&refs->target, refs->modules, image, &refs->exports))
        return false;
    ok = find_values(&values, run, refs) && make_query(run, refs, &values) &&
         (!run->job->settings->code || refs_code_open(run, values.items, values.n));
    free(values.items);
    return ok;
}

// == The command ==

static bool check_where(const struct settings *settings)
{
    bool both = settings->everywhere && where_is_modules(settings);

    if (both)
        message("--everywhere: not together with --module, --not-module or --section: leave it "
                "out");
    return !both;
}

static bool check_code(const struct settings *settings)
{
    bool missing = settings->code && !ms_code_refs_available();

    if (missing)
        message("--code: this memscan was built without Zydis, which decodes instructions");
    return !missing;
}

int command_refs(const struct settings *settings)
{
    struct search_query query = {0};
    struct refs refs = {0};
    struct search_job job = {
        .settings = settings,
        .printer = &refs_printers[settings->format],
        .images = settings->operands + 1,
        .n_images = settings->n_operands - 1,
        .choice = {.by_default = DEFAULT_KERNEL, .only_virtual = true},
        .in_modules = !settings->everywhere,
        .query = &query,
        .resolve = resolve,
        .also = settings->code ? &refs_code : NULL,
        .user = &refs,
    };
    int status = EXIT_ERROR;

    if (settings->n_operands < 2) {
        message("refs: a function, module, address or range and an image are expected, as in "
                "memscan refs SeTokenType DUMP");
        return EXIT_ERROR;
    }
    if (check_where(settings) && check_code(settings) &&
        target_read(&refs.target, settings->operands[0], ALL_TARGETS))
        status = search_run(&job);
    ms_code_refs_free(refs.code);
    target_exports_release(&refs.exports);
    target_release(&refs.target);
    search_query_release(&query);
    return status;
}
