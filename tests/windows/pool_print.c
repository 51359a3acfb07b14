// SPDX-License-Identifier: MIT
//
// pool_print IMAGE: prints what the engine knows of kernel pool, as standard input asks, a line a
// fact. For a script that knows the truth. Lines of the input:
//
//     find PATTERN    all blocks with such a tag
//     used            what each tag has
//     at ADDRESS      the block that it lies in
//     page ADDRESS    the blocks of its page
//
// Tags are printed as the four bytes in hexadecimal. A line "end" follows each answer.

#include <memscan/memscan.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct opened {
    struct ms_image *image;
    struct ms_spaces *spaces;
    struct ms_modules *modules;
    struct ms_pool *pool;
};

static void print_tag(uint32_t tag)
{
    for (unsigned i = 0; i < 4; i++)
        printf("%02x", tag >> 8 * i & 0xff);
}

static int print_block(void *user, const struct ms_pool_info *info)
{
    (void)user;
    printf("%s %#" PRIx64 " %" PRIu64 " %u ", ms_pool_form_name(info->form), info->address,
           info->size, info->previous_size);
    print_tag(info->tag);
    printf(" %s %s %s %s data %#" PRIx64 "+%" PRIu64 "\n",
           info->is_session ? "session" : ms_pool_kind_name(info->kind),
           info->allocated ? "allocated" : "free", info->is_protected ? "protected" : "plain",
           info->guessed ? "guessed" : "sure", info->data, info->data_size);
    return 0;
}

static void print_totals(const char *name, const struct ms_pool_totals *totals)
{
    printf(" %s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64, name, totals->nonpaged_allocs,
           totals->nonpaged_bytes, totals->paged_allocs, totals->paged_bytes);
}

static enum ms_status print_used(struct ms_pool *pool, struct ms_error *error)
{
    const unsigned flags = MS_POOL_USAGE_TRACKER | MS_POOL_USAGE_COUNTED;
    struct ms_pool_usage *usage;
    enum ms_status status = ms_pool_usage_create(pool, flags, NULL, &usage, error);

    if (status != MS_OK)
        return status;
    for (size_t i = 0; i < ms_pool_usage_count(usage); i++) {
        const struct ms_pool_usage_row *row = ms_pool_usage_row(usage, i);

        printf("tag ");
        print_tag(row->tag);
        print_totals(row->has_tracker ? "tracker" : "untracked", &row->tracker);
        print_totals("counted", &row->counted);
        printf(" session %" PRIu64 " %" PRIu64 " special %" PRIu64 " %" PRIu64 " frees %" PRIu64
               " %" PRIu64 " guessed %" PRIu64 "\n",
               row->session_allocs, row->session_bytes, row->special_allocs, row->special_bytes,
               row->nonpaged_frees, row->paged_frees, row->guessed);
    }
    ms_pool_usage_free(usage);
    return MS_OK;
}

static void print_page(struct ms_pool *pool, uint64_t address)
{
    static const char *const states[] = {
        [MS_POOL_PAGE_NONE] = "none",       [MS_POOL_PAGE_ABSENT] = "absent",
        [MS_POOL_PAGE_WHOLE] = "whole",     [MS_POOL_PAGE_DAMAGED] = "damaged",
        [MS_POOL_PAGE_GUESSED] = "guessed", [MS_POOL_PAGE_BIG] = "big",
        [MS_POOL_PAGE_SPECIAL] = "special",
    };
    struct ms_pool_page page = ms_pool_page(pool, address);

    printf("page %#" PRIx64 " %s %s\n", page.address, states[page.state],
           page.is_session ? "session" : ms_pool_kind_name(page.kind));
    for (size_t i = 0; i < page.n; i++)
        print_block(NULL, &page.rows[i]);
}

static enum ms_status answer(struct ms_pool *pool, char *line, struct ms_error *error)
{
    const struct ms_pool_pass pass = {.block = print_block};
    char *argument = strchr(line, ' ');
    struct ms_pool_info info;
    enum ms_status status = MS_OK;

    line[strcspn(line, "\n")] = '\0';
    argument = argument ? argument + 1 : line;
    if (strncmp(line, "find ", 5) == 0)
        status = ms_pool_find(pool, argument, &pass, error);
    else if (strcmp(line, "used") == 0)
        status = print_used(pool, error);
    else if (strncmp(line, "page ", 5) == 0)
        print_page(pool, strtoull(argument, NULL, 0));
    else if (strncmp(line, "at ", 3) == 0 && ms_pool_at(pool, strtoull(argument, NULL, 0), &info))
        print_block(NULL, &info);
    puts("end");
    fflush(stdout); // somebody waits for it
    return status;
}

static void print_system(const struct ms_pool *pool)
{
    struct ms_pool_system system = ms_pool_system(pool);

    printf("system build %u chains %d granule %u big %#" PRIx64 " (%s) %zu trackers %#" PRIx64
           " (%s)\n",
           system.build, system.has_chains, system.granule, system.big_pages, system.big_origin,
           system.n_big, system.trackers, system.tracker_origin);
    for (size_t i = 0; i < ms_pool_n_notes(pool); i++)
        printf("note %s\n", ms_pool_note(pool, i));
    puts("end");
    fflush(stdout);
}

static enum ms_status open_all(const char *path, struct opened *opened, struct ms_error *error)
{
    const struct ms_open_options raw = {.flags = MS_OPEN_MAP, .format = "raw"};
    enum ms_status status = ms_image_open(path, &raw, &opened->image, error);

    if (!status)
        status = ms_spaces_create(opened->image, NULL, &opened->spaces, error);
    if (!status)
        status = ms_spaces_add(opened->spaces, "kernel", error);
    if (!status)
        status = ms_modules_create(opened->spaces, 0, NULL, &opened->modules, error);
    return status ? status : ms_pool_create(opened->modules, &opened->pool, error);
}

int main(int argc, char **argv)
{
    struct opened opened = {0};
    struct ms_error error = {0};
    char line[256];
    enum ms_status status = argc == 2 ? open_all(argv[1], &opened, &error) : MS_ARGUMENT;

    if (!status)
        print_system(opened.pool);
    while (!status && fgets(line, sizeof(line), stdin))
        status = answer(opened.pool, line, &error);
    if (status)
        fprintf(stderr, "pool_print: %s\n", error.text);
    ms_pool_free(opened.pool);
    ms_modules_free(opened.modules);
    ms_spaces_free(opened.spaces);
    ms_image_close(opened.image);
    return status != MS_OK;
}
