// SPDX-License-Identifier: MIT
//
// memscan stacks: whose kernel stacks lead through which modules, as !stacks prints it.

#include "message.h"
#include "modules_open.h"
#include "stacks_rows.h"
#include <stdlib.h>

struct stack_list {
    struct listing *listing;
    size_t space;
    struct threads_view view;
    bool *asked; // of the modules, by index
    struct stack_text text;
};

// Whether a stack leads into one of the modules that are asked for, if any are.
static bool is_asked(const struct stack_list *list, const struct ms_stack *stack)
{
    for (size_t i = 0; i < stack->n_frames; i++)
        if (list->asked[stack->frames[i].module])
            return true;
    return list->listing->settings->n_module_globs == 0;
}

static bool print(struct stack_list *list, const struct ms_thread_info *info,
                  const struct ms_stack *stack)
{
    const struct stack_row row = {list->listing, list->space, &list->view, info, stack};

    list->listing->outcome.found = true;
    switch (list->listing->settings->format) {
    case FORMAT_JSONL:
        return stack_row_json(&row);
    case FORMAT_CSV:
        return stack_row_csv(&row);
    default:
        return stack_row_text(&row, &list->text);
    }
}

static bool list_thread(struct stack_list *list, size_t index, const struct ms_thread_info *info)
{
    struct ms_error error = {0};
    struct ms_stack stack;
    bool go_on = true;

    if (ms_threads_stack(list->view.threads, index, &stack, &error) != MS_OK) {
        message_error(list->listing->opened.path, &error);
        list->listing->outcome.error = true;
        return false;
    }
    if (is_asked(list, &stack))
        go_on = print(list, info, &stack);
    ms_stack_release(&stack);
    return go_on;
}

static bool list_threads(struct stack_list *list)
{
    for (size_t i = 0; i < ms_threads_count(list->view.threads); i++) {
        struct ms_thread_info info = ms_threads_info(list->view.threads, i);

        if (listing_stops(list->listing, list->space, info.address))
            return false;
        if (thread_is_asked(&list->view, list->listing->settings, &info) &&
            !list_thread(list, i, &info))
            return false;
    }
    return true;
}

// False after an error message.
static bool choose_modules(struct stack_list *list)
{
    size_t n = ms_modules_count(list->view.modules), n_asked = 0;

    list->asked = calloc(n + 1, sizeof(*list->asked));
    if (list->asked == NULL) {
        message_no_memory();
        list->listing->outcome.error = true;
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        struct ms_module_info info = ms_modules_info(list->view.modules, i);

        list->asked[i] = module_is_named(list->listing->settings, info.name, info.image_name);
        n_asked += list->asked[i];
    }
    if (n == 0 || n_asked > 0)
        return true;
    message("%s: no module is of that name: memscan modules lists what there is",
            list->listing->opened.path);
    list->listing->outcome.error = true;
    return false;
}

// Looking through the stacks takes long, too: who interrupted wants none of them.
static bool list_space(struct listing *listing, size_t space)
{
    struct stack_list list = {.listing = listing, .space = space};
    bool go_on = !threads_view_open(&list.view, listing, space) || listing->outcome.interrupted ||
                 !choose_modules(&list) || list_threads(&list);

    free(list.asked);
    threads_view_close(&list.view, listing);
    return go_on;
}

int command_stacks(const struct settings *settings)
{
    const struct lister lister = {
        .columns = &stack_columns,
        .choice = {.by_default = DEFAULT_KERNEL, .only_virtual = true},
        .list_space = list_space,
    };

    if (settings->n_operands == 0) {
        message("no image: name the files to describe: see memscan stacks --help");
        return EXIT_ERROR;
    }
    return listing_run(&lister, settings, settings->operands, settings->n_operands);
}
