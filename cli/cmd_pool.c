// SPDX-License-Identifier: MIT
//
// memscan pool: the pool of a Windows kernel, by tag (!poolfind), by address (!pool) and as a whole
// (!poolused). --special has its own file.

#include "address_list.h"
#include "message.h"
#include "modules_open.h"
#include "pool_rows.h"
#include "pool_used.h"
#include "special_pool.h"
#include <inttypes.h>

// What is asked for.
struct request {
    struct address_list addresses; // as they were given
    struct ms_pool_tags *tags;
};

// The pool of a space while it is listed.
struct opened_pool {
    struct pool_rows rows;
    struct ms_pool *pool;
    size_t tag; // --tag: which of them is looked for
    uint64_t n_blocks, n_bytes;
};

static const struct request *request_of(const struct opened_pool *opened)
{
    return opened->rows.listing->lister->user;
}

// == Long passes ==

static int on_progress(void *user, const struct ms_progress *progress)
{
    const struct opened_pool *opened = user;

    return listing_on_progress(opened->rows.listing, progress);
}

static bool finish_pass(struct opened_pool *opened, enum ms_status status,
                        const struct ms_error *error)
{
    return listing_search_ends(opened->rows.listing, status, error) && status == MS_OK;
}

// == --tag ==

// Of a block that fits two of them there is one row.
static bool is_of_earlier(const struct settings *settings, size_t index, uint32_t tag)
{
    for (size_t i = 0; i < index; i++)
        if (ms_pool_tag_matches(settings->tags[i], tag))
            return true;
    return false;
}

static int on_block(void *user, const struct ms_pool_info *block)
{
    struct opened_pool *opened = user;
    struct listing *listing = opened->rows.listing;

    if (is_of_earlier(listing->settings, opened->tag, block->tag))
        return 0;
    if (listing_stops(listing, opened->rows.space, block->address))
        return 1;
    listing->outcome.found = true;
    opened->n_blocks++;
    opened->n_bytes += block->size;
    pool_row_found(&opened->rows, block);
    return 0;
}

static bool list_tags(struct opened_pool *opened)
{
    const struct settings *settings = opened->rows.listing->settings;
    const struct ms_pool_pass pass = {.block = on_block, .progress = on_progress, .user = opened};
    bool go_on = true;

    for (opened->tag = 0; go_on && opened->tag < settings->n_tags; opened->tag++) {
        struct ms_error error = {0};

        listing_search_begins(opened->rows.listing);
        go_on = finish_pass(
            opened, ms_pool_find(opened->pool, settings->tags[opened->tag], &pass, &error), &error);
    }
    if (go_on && !settings->quiet)
        message("%s: %" PRIu64 " %s, %" PRIu64 " bytes", opened->rows.listing->opened.path,
                opened->n_blocks, opened->n_blocks == 1 ? "block" : "blocks", opened->n_bytes);
    return go_on;
}

// == --at ==

static void tell_nothing(const struct opened_pool *opened, uint64_t address,
                         const struct ms_pool_page *page)
{
    if (!opened->rows.listing->settings->quiet)
        message("%s: 0x%" PRIx64 ": %s", opened->rows.listing->opened.path, address,
                page->state == MS_POOL_PAGE_ABSENT ? "its page is not in the image"
                                                   : "its page is of no pool that is known");
}

static void list_page(struct opened_pool *opened, uint64_t address)
{
    struct ms_pool_page page = ms_pool_page(opened->pool, address);

    if (page.n == 0) {
        tell_nothing(opened, address, &page);
        return;
    }
    pool_page_title(&opened->rows, address, &page);
    for (size_t i = 0; i < page.n; i++)
        pool_row_of_page(&opened->rows, &page.rows[i], address);
    opened->rows.listing->outcome.found = true;
}

static bool list_pages(struct opened_pool *opened)
{
    const struct address_list *addresses = &request_of(opened)->addresses;

    for (size_t i = 0; i < addresses->count; i++) {
        if (listing_stops(opened->rows.listing, opened->rows.space, addresses->items[i].address))
            return false;
        list_page(opened, addresses->items[i].address);
    }
    return true;
}

// == --used ==

static bool list_used(struct opened_pool *opened)
{
    const struct ms_pool_pass pass = {.progress = on_progress, .user = opened};
    struct ms_pool_system system = ms_pool_system(opened->pool);
    struct ms_pool_usage *usage = NULL;
    struct ms_error error = {0};
    bool go_on;

    listing_search_begins(opened->rows.listing);
    go_on = finish_pass(opened,
                        ms_pool_usage_create(opened->pool,
                                             MS_POOL_USAGE_TRACKER | MS_POOL_USAGE_COUNTED, &pass,
                                             &usage, &error),
                        &error);
    if (go_on && !pool_used_print(&opened->rows, &system, usage)) {
        opened->rows.listing->outcome.error = true;
        go_on = false;
    }
    ms_pool_usage_free(usage);
    return go_on;
}

// == A space ==

static void print_notes(const struct opened_pool *opened, size_t first)
{
    const struct listing *listing = opened->rows.listing;

    for (size_t i = first; !listing->settings->quiet && i < ms_pool_n_notes(opened->pool); i++)
        message("%s: warning: %s", listing->opened.path, ms_pool_note(opened->pool, i));
}

// False: nothing more is to be listed.
static bool list_pool(struct opened_pool *opened, const struct ms_modules *modules)
{
    struct listing *listing = opened->rows.listing;
    struct ms_error error = {0};
    enum ms_status status = ms_pool_create(modules, &opened->pool, &error);
    size_t n_notes;
    bool go_on;

    if (status == MS_MISSING)
        return true; // there is no Windows kernel, as modules_open() has told
    if (status != MS_OK) {
        message_error(listing->opened.path, &error);
        listing->outcome.error = true;
        return true;
    }
    n_notes = ms_pool_n_notes(opened->pool);
    print_notes(opened, 0);
    go_on = listing->settings->used       ? list_used(opened)
            : listing->settings->n_at > 0 ? list_pages(opened)
                                          : list_tags(opened);
    print_notes(opened, n_notes);
    ms_pool_free(opened->pool);
    return go_on;
}

static bool list_space(struct listing *listing, size_t space)
{
    const struct request *request = listing->lister->user;
    struct ms_modules *modules = modules_open(listing, space);
    struct opened_pool opened = {
        .rows = {.listing = listing, .space = space, .tags = request->tags}};
    bool go_on = modules == NULL || list_pool(&opened, modules);

    modules_close(listing, modules);
    return go_on;
}

// == The command ==

// One thing at a time; --tag also says which tags of --used are meant.
static bool check_what(const struct settings *settings)
{
    int n = (settings->n_at > 0) + settings->special + settings->used;

    if (n == 0 && settings->n_tags == 0) {
        message("pool: say what to list: --tag TAG, --at ADDR, --used or --special");
        return false;
    }
    if (n > 1 || (n == 1 && settings->n_tags > 0 && !settings->used)) {
        message("pool: --tag, --at, --used and --special are different lists: give one of them");
        return false;
    }
    return true;
}

static bool check_details(const struct settings *settings)
{
    const struct {
        const char *option;
        bool given;
        const char *belongs_to;
        bool has;
    } rules[] = {
        {"--find", settings->find, "--special", settings->special},
        {"--sort", settings->sort != BY_TAG, "--used", settings->used},
        {"--top", settings->top != UINT64_MAX, "--used", settings->used},
        {"--tags", settings->tags_path != NULL, "--tag, --at or --used", !settings->special},
    };

    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (!rules[i].given || rules[i].has)
            continue;
        message("%s: only with %s: leave it out", rules[i].option, rules[i].belongs_to);
        return false;
    }
    return true;
}

static bool check_tags(const struct settings *settings)
{
    for (size_t i = 0; i < settings->n_tags; i++) {
        if (ms_pool_tag_pattern_valid(settings->tags[i]))
            continue;
        message("--tag \"%s\": a tag has four characters, of which * is any text and ? any one",
                settings->tags[i]);
        return false;
    }
    return true;
}

static bool read_tags(struct request *request, const struct settings *settings)
{
    struct ms_error error = {0};

    if (ms_pool_tags_open(settings->tags_path, &request->tags, &error) != MS_OK) {
        message_error(settings->tags_path != NULL ? "--tags" : NULL, &error);
        return false;
    }
    for (size_t i = 0; !settings->quiet && i < ms_pool_tags_n_notes(request->tags); i++)
        message("warning: %s", ms_pool_tags_note(request->tags, i));
    return true;
}

static bool read_addresses(struct request *request, const struct settings *settings)
{
    for (size_t i = 0; i < settings->n_at; i++)
        if (!address_list_add(&request->addresses, settings->at[i], false))
            return false;
    return true;
}

int command_pool(const struct settings *settings)
{
    struct request request = {.tags = NULL};
    const struct lister lister = {
        .columns = settings->used ? &pool_used_columns : &pool_block_columns,
        .choice = {.by_default = DEFAULT_KERNEL, .only_virtual = true},
        .list_space = list_space,
        .user = &request,
    };
    int status = EXIT_ERROR;

    if (settings->n_operands == 0) {
        message("no image: name the files to describe: see memscan pool --help");
        return EXIT_ERROR;
    }
    if (!check_what(settings) || !check_details(settings))
        return EXIT_ERROR;
    if (settings->special)
        return command_pool_special(settings);
    if (check_tags(settings) && read_tags(&request, settings) && read_addresses(&request, settings))
        status = listing_run(&lister, settings, settings->operands, settings->n_operands);
    ms_pool_tags_free(request.tags);
    address_list_release(&request.addresses);
    return status;
}
