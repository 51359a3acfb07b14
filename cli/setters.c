// SPDX-License-Identifier: MIT
//
// A table from options to the functions that check and store their arguments; options that only
// switch something on need none.

#include "setters.h"

#include "count_number.h"
#include "space_names.h"
#include <stdio.h>
#include <string.h>

#define PAGE_BYTES  4096
#define MAX_CONTEXT 1048576
#define MAX_THREADS 1024
#define MAX_CHUNK   ((uint64_t)1 << 40)

_Static_assert(OPT_REGEX - OPT_BYTE + 1 == MS_N_PATTERN_KINDS && (int)OPT_HEX == (int)MS_HEX,
               "the options of patterns stand in the order of their kinds");

static const char *set_pattern(struct given *given)
{
    struct settings *settings = given->settings;

    // `dump` has them without a value: how to print.
    if (given->argument == NULL)
        settings->dump_kind = (enum ms_pattern_kind)given->option->id;
    else
        settings->patterns[settings->n_patterns++] =
            (struct pattern_argument){given->option, given->argument};
    return NULL;
}

static const char *set_range(struct given *given)
{
    given->settings->ranges[given->settings->n_ranges++] = given->argument;
    return NULL;
}

static const char *set_align(struct given *given)
{
    uint64_t value;

    if (!number_parse(given->argument, MS_MAX_ALIGN, &value) || value == 0 ||
        (value & (value - 1)) != 0)
        return "a power of two from 1 to 4096 is expected";
    given->settings->align = (uint32_t)value;
    return NULL;
}

static const char *set_space(struct given *given)
{
    const char *problem =
        space_names_check(given->argument, given->error.text, sizeof(given->error.text));

    if (problem == NULL)
        given->settings->space_lists[given->settings->n_space_lists++] = given->argument;
    return problem;
}

// The address in SPACE:ADDR, where ADDR may have p: in front.
static const char *find_address(const char *text)
{
    const char *colon = strrchr(text, ':');

    if (colon == NULL)
        return text;
    if (colon > text && (colon[-1] | 0x20) == 'p' && (colon - 1 == text || colon[-2] == ':'))
        return colon - 1;
    return colon + 1;
}

static const char *set_from_space(struct given *given, size_t length)
{
    struct from *from = &given->settings->from;
    char name[SPACE_NAME_ROOM];

    if (length >= sizeof(name) || memchr(given->argument, ',', length) != NULL)
        return "ADDR or SPACE:ADDR is expected";
    snprintf(name, sizeof(name), "%.*s", (int)length, given->argument);
    from->space = given->argument;
    from->space_length = length;
    return space_names_check(name, given->error.text, sizeof(given->error.text));
}

static const char *set_from(struct given *given)
{
    struct from *from = &given->settings->from;
    const char *address = find_address(given->argument);
    const char *problem = NULL;

    *from = (struct from){.given = true};
    if (address > given->argument)
        problem = set_from_space(given, (size_t)(address - given->argument) - 1);
    if (problem != NULL)
        return problem;
    if (ms_address_parse(address, &from->address, &from->physical, &given->error) != MS_OK)
        return given->error.text;
    return NULL;
}

static const char *set_page_flag(struct given *given)
{
    given->settings->page_flags |=
        given->option->id == OPT_WRITABLE ? MS_PAGE_WRITABLE : MS_PAGE_EXECUTABLE;
    return NULL;
}

static const char *set_module(struct given *given)
{
    given->settings->module_globs[given->settings->n_module_globs++] = given->argument;
    return NULL;
}

static const char *set_of(struct given *given)
{
    given->settings->of = given->argument;
    return NULL;
}

static const char *set_tag(struct given *given)
{
    given->settings->tags[given->settings->n_tags++] = given->argument;
    return NULL;
}

// Numbers in text are hexadecimal, with zeros in front: one that was copied from there would pass
// for a decimal one, and find nothing.
static const char *check_copied(struct given *given)
{
    const char *text = given->argument;
    size_t n_zeros = strspn(text, "0");

    if (n_zeros == 0 || text[strspn(text, "0123456789abcdefABCDEF")] != '\0' || text[1] == '\0')
        return NULL;
    if (text[n_zeros] == '\0')
        n_zeros--;
    text += n_zeros;
    snprintf(given->error.text, sizeof(given->error.text),
             text[strspn(text, "0123456789")] == '\0' ? "hexadecimal: 0x%.64s, decimal: %.64s"
                                                      : "hexadecimal: 0x%.64s",
             text, text);
    return given->error.text;
}

static const char *set_pid(struct given *given)
{
    const char *problem = check_copied(given);

    if (problem != NULL)
        return problem;
    if (!number_parse(given->argument, UINT32_MAX, &given->settings->pids[given->settings->n_pids]))
        return "a number is expected, decimal or behind 0x";
    given->settings->n_pids++;
    return NULL;
}

static const char *set_name(struct given *given)
{
    given->settings->name_globs[given->settings->n_name_globs++] = given->argument;
    return NULL;
}

static const char *set_top(struct given *given)
{
    if (!number_parse(given->argument, UINT64_MAX, &given->settings->top))
        return "a number is expected, decimal or behind 0x";
    return NULL;
}

static const char *set_tags(struct given *given)
{
    given->settings->tags_path = given->argument;
    return NULL;
}

static const char *set_not_module(struct given *given)
{
    given->settings->not_module_globs[given->settings->n_not_module_globs++] = given->argument;
    return NULL;
}

static const char *set_section(struct given *given)
{
    given->settings->section_globs[given->settings->n_section_globs++] = given->argument;
    return NULL;
}

static const char *set_symbols(struct given *given)
{
    given->settings->symbol_paths[given->settings->n_symbol_paths++] = given->argument;
    return NULL;
}

static const char *set_within(struct given *given)
{
    bool physical;

    if (ms_address_parse(given->argument, &given->settings->within, &physical, &given->error) !=
        MS_OK)
        return given->error.text;
    return physical ? "a number of bytes is expected" : NULL;
}

static const char *set_at(struct given *given)
{
    given->settings->at[given->settings->n_at++] = given->argument;
    return NULL;
}

static const char *set_root(struct given *given)
{
    struct settings *settings = given->settings;

    if (ms_address_parse(given->argument, &settings->root_value, NULL, &given->error) != MS_OK)
        return given->error.text;
    settings->root = &settings->root_value;
    return NULL;
}

static const char *set_kernel_start(struct given *given)
{
    struct settings *settings = given->settings;
    bool physical;

    if (ms_address_parse(given->argument, &settings->kernel_start_value, &physical,
                         &given->error) != MS_OK)
        return given->error.text;
    if (physical || settings->kernel_start_value > UINT32_MAX)
        return "a virtual address of 32 bits is expected";
    settings->kernel_start = &settings->kernel_start_value;
    return NULL;
}

static const char *set_hole(struct given *given)
{
    struct settings *settings = given->settings;
    struct ms_range *hole = &settings->hole_value;

    if (ms_range_parse(given->argument, 1, hole, &given->error) != MS_OK)
        return given->error.text;
    if (hole->first % PAGE_BYTES != 0 || hole->last % PAGE_BYTES != PAGE_BYTES - 1)
        return "whole pages are expected, as in c0000000,ffffffff";
    if (hole->last == UINT64_MAX)
        return "it ends below the top of the address space, or nothing could be behind it";
    settings->hole = hole;
    return NULL;
}

static const char *set_as(struct given *given)
{
    size_t used;
    char *text = given->error.text;

    for (size_t i = 0; ms_format_name(i) != NULL; i++) {
        if (strcmp(ms_format_name(i), given->argument) == 0) {
            given->settings->as = given->argument;
            return NULL;
        }
    }
    used = (size_t)snprintf(text, sizeof(given->error.text), "one of these is expected:");
    for (size_t i = 0; ms_format_name(i) != NULL && used < sizeof(given->error.text); i++)
        used += (size_t)snprintf(text + used, sizeof(given->error.text) - used, " %s",
                                 ms_format_name(i));
    return text;
}

// The index of `length` characters among words separated by blanks, -1 if it is none of them.
static int word_index(const char *words, const char *text, size_t length)
{
    for (int index = 0;; index++) {
        size_t word = strcspn(words, " ");

        if (word == length && strncmp(words, text, length) == 0)
            return index;
        if (words[word] == '\0')
            return -1;
        words += word + 1;
    }
}

// The index of the argument in `words`, which may be more than the command accepts, -1 if it does
// not.
static int choice(const struct given *given, const char *words)
{
    size_t length = strlen(given->argument);

    if (word_index(given->option->values, given->argument, length) < 0)
        return -1;
    return word_index(words, given->argument, length);
}

static const char *refuse_choice(struct given *given)
{
    snprintf(given->error.text, sizeof(given->error.text), "one of these is expected: %s",
             given->option->values);
    return given->error.text;
}

static const char *set_format(struct given *given)
{
    int index = choice(given, "text kd jsonl csv");

    if (index < 0)
        return refuse_choice(given);
    given->settings->format = (enum output_format)index;
    return NULL;
}

static const char *set_sort(struct given *given)
{
    int index = choice(given, "tag nonpaged paged difference");

    if (index < 0)
        return refuse_choice(given);
    given->settings->sort = (enum tag_order)index;
    return NULL;
}

static const char *set_color(struct given *given)
{
    int index = choice(given, "auto always never");

    if (index < 0)
        return refuse_choice(given);
    given->settings->color = (enum color_when)index;
    return NULL;
}

static const char *set_arch(struct given *given)
{
    if (word_index(given->option->values, given->argument, strlen(given->argument)) < 0)
        return refuse_choice(given);
    given->settings->arch = given->argument;
    return NULL;
}

static const char *set_engine(struct given *given)
{
    given->settings->engine_mask = 0;
    for (const char *name = given->argument;; name++) {
        size_t length = strcspn(name, ",");
        int engine = 0;

        while (engine < MS_N_ENGINES &&
               word_index(ms_engine_name((enum ms_engine)engine), name, length) < 0)
            engine++;
        if (engine == MS_N_ENGINES)
            return refuse_choice(given);
        given->settings->engine_mask |= 1u << engine;
        name += length;
        if (*name == '\0')
            return NULL;
    }
}

static const char *set_context(struct given *given)
{
    uint64_t value;

    if (!number_parse(given->argument, MAX_CONTEXT, &value))
        return "a number of bytes up to 1048576 is expected";
    given->settings->context = (uint32_t)value;
    given->settings->context_given = true;
    return NULL;
}

static const char *set_max_hits(struct given *given)
{
    if (!number_parse(given->argument, UINT64_MAX, &given->settings->max_hits))
        return "a number is expected, decimal or behind 0x";
    given->settings->max_hits_given = true;
    return NULL;
}

static const char *set_coverage(struct given *given)
{
    if (!number_parse_percent(given->argument, &given->settings->coverage_ppm))
        return "a percentage up to 100% is expected";
    given->settings->coverage_required = true;
    return NULL;
}

static const char *set_threads(struct given *given)
{
    uint64_t value;

    if (!number_parse(given->argument, MAX_THREADS, &value))
        return "a number up to 1024 is expected";
    given->settings->threads = (unsigned)value;
    return NULL;
}

static const char *set_chunk(struct given *given)
{
    uint64_t value;

    if (!number_parse_size(given->argument, MAX_CHUNK, &value) || value == 0)
        return "a number of bytes is expected, such as 4096 or 2M";
    given->settings->chunk_bytes = (size_t)value;
    return NULL;
}

static const char *set_simd(struct given *given)
{
    given->settings->simd = given->argument;
    return NULL;
}

static const char *set_mapping(struct given *given)
{
    given->settings->map = given->option->id == OPT_MMAP;
    return NULL;
}

struct setter {
    const char *(*set)(struct given *given); // NULL: the bool at `flag` becomes true
    size_t flag;
};

#define FLAG(member)                                                                               \
    {                                                                                              \
        NULL, offsetof(struct settings, member)                                                    \
    }

static const struct setter setters[N_OPTIONS] = {
    [OPT_BYTE] = {set_pattern, 0},
    [OPT_WORD] = {set_pattern, 0},
    [OPT_DWORD] = {set_pattern, 0},
    [OPT_QWORD] = {set_pattern, 0},
    [OPT_ASCII] = {set_pattern, 0},
    [OPT_UTF16] = {set_pattern, 0},
    [OPT_HEX] = {set_pattern, 0},
    [OPT_REGEX] = {set_pattern, 0},
    [OPT_FILE] = {set_pattern, 0},
    [OPT_IGNORE_CASE] = FLAG(ignore_case),
    [OPT_ALIGN] = {set_align, 0},
    [OPT_SPACE] = {set_space, 0},
    [OPT_RANGE] = {set_range, 0},
    [OPT_FROM] = {set_from, 0},
    [OPT_WRITABLE] = {set_page_flag, 0},
    [OPT_EXECUTABLE] = {set_page_flag, 0},
    [OPT_MODULES] = FLAG(modules),
    [OPT_MODULE] = {set_module, 0},
    [OPT_NOT_MODULE] = {set_not_module, 0},
    [OPT_SECTION] = {set_section, 0},
    [OPT_EVERYWHERE] = FLAG(everywhere),
    [OPT_WITHIN] = {set_within, 0},
    [OPT_UNALIGNED] = FLAG(unaligned),
    [OPT_CODE] = FLAG(code),
    [OPT_AT] = {set_at, 0},
    [OPT_OF] = {set_of, 0},
    [OPT_TAG] = {set_tag, 0},
    [OPT_USED] = FLAG(used),
    [OPT_SPECIAL] = FLAG(special),
    [OPT_FIND] = FLAG(find),
    [OPT_PID] = {set_pid, 0},
    [OPT_NAME] = {set_name, 0},
    [OPT_HOOKED] = FLAG(hooked),
    [OPT_SCAN] = FLAG(scan),
    [OPT_UNLOADED] = FLAG(unloaded),
    [OPT_SYMBOLS] = {set_symbols, 0},
    [OPT_DTB] = {set_root, 0},
    [OPT_ARCH] = {set_arch, 0},
    [OPT_KERNEL_START] = {set_kernel_start, 0},
    [OPT_HOLE] = {set_hole, 0},
    [OPT_AS] = {set_as, 0},
    [OPT_FORMAT] = {set_format, 0},
    [OPT_SORT] = {set_sort, 0},
    [OPT_TOP] = {set_top, 0},
    [OPT_TAGS] = {set_tags, 0},
    [OPT_VERBOSE] = FLAG(verbose),
    [OPT_ADDRESSES] = FLAG(addresses_only),
    [OPT_COUNT] = FLAG(count_only),
    [OPT_CONTEXT] = {set_context, 0},
    [OPT_MAX_HITS] = {set_max_hits, 0},
    [OPT_ONCE] = FLAG(once),
    [OPT_EDGE] = FLAG(edge),
    [OPT_GAPS] = FLAG(gaps),
    [OPT_REQUIRE_COVERAGE] = {set_coverage, 0},
    [OPT_STATS] = FLAG(stats),
    [OPT_EXPLAIN] = FLAG(explain),
    [OPT_QUIET] = FLAG(quiet),
    [OPT_COLOR] = {set_color, 0},
    [OPT_NO_PROGRESS] = FLAG(no_progress),
    [OPT_THREADS] = {set_threads, 0},
    [OPT_SIMD] = {set_simd, 0},
    [OPT_CHUNK] = {set_chunk, 0},
    [OPT_ENGINE] = {set_engine, 0},
    [OPT_MMAP] = {set_mapping, 0},
    [OPT_NO_MMAP] = {set_mapping, 0},
    [OPT_HELP] = FLAG(help),
    [OPT_VERSION] = FLAG(version),
};

const char *setter_apply(struct given *given)
{
    const struct setter *setter = &setters[given->option->id];

    if (setter->set != NULL)
        return setter->set(given);
    *(bool *)((char *)given->settings + setter->flag) = true;
    return NULL;
}
