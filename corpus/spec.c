// SPDX-License-Identifier: MIT
//
// The statements of the spec language: one function each, found through one table.

#include "parser.h"

#include "file_pages.h"
#include "machinery.h"
#include "material.h"
#include "quantity.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ITEMS(array) (sizeof(array) / sizeof((array)[0]))

enum { MAX_RUN_TIMES = 1 << 20 };

const char *const machine_names[] = {"any", "x86_64", "x86", "x86pae"};

/* ---- statements: the machine ---------------------------------------------------------- */

static void parse_default(struct parser *parser)
{
    char *name = copy_text(next_word(parser, "a variable's name")->text);
    variables_define(parser->variables, name, next_word(parser, "a value")->text);
    free(name);
}

static void parse_seed(struct parser *parser)
{
    uint64_t seed = next_quantity(parser, "a seed");
    if (!parser->spec->seed_forced)
        parser->spec->seed = seed;
}

static void parse_machine(struct parser *parser)
{
    const struct word *name = next_word(parser, "x86_64, x86 or x86pae");
    for (size_t i = MACHINE_X86_64; i < ITEMS(machine_names); i++) {
        if (strcmp(machine_names[i], name->text) == 0) {
            parser->spec->machine = (enum machine)i;
            parser->spec->machine_place = name->place;
            return;
        }
    }
    fail_at(name->place, "x86_64, x86 or x86pae, not '%s'", name->text);
}

static const struct {
    const char *statement;
    const char *name;
    size_t most; // values
} settings[SETTING_COUNT] = {
    [FACT_ATTRIBUTES] = {"fact", "attributes", 1},
    [FACT_BOOT_ID] = {"fact", "boot-id", 1},
    [FACT_BUGCHECK] = {"fact", "bugcheck", 5},
    [FACT_BUILD] = {"fact", "build", 1},
    [FACT_CPUS] = {"fact", "cpus", 1},
    [FACT_CR0] = {"fact", "cr0", 1},
    [FACT_CR4] = {"fact", "cr4", 1},
    [FACT_DTB] = {"fact", "dtb", MAX_SETTING_VALUES},
    [FACT_EXCEPTION] = {"fact", "exception", 2},
    [FACT_GDT] = {"fact", "gdt", 1},
    [FACT_GS_BASE] = {"fact", "gs-base", 1},
    [FACT_IDT] = {"fact", "idt", 1},
    [FACT_KDBG] = {"fact", "kdbg", 1},
    [FACT_KERNEL_GS] = {"fact", "kernel-gs", 1},
    [FACT_ACTIVE_PROCESSES] = {"fact", "active-processes", 1},
    [FACT_LOADED_MODULES] = {"fact", "loaded-modules", 1},
    [FACT_MAJOR] = {"fact", "major", 1},
    [FACT_PFN_DATABASE] = {"fact", "pfn-database", 1},
    [FACT_PRODUCT_TYPE] = {"fact", "product-type", 1},
    [FACT_RIP] = {"fact", "rip", 1},
    [FACT_RSP] = {"fact", "rsp", 1},
    [FACT_SUITE_MASK] = {"fact", "suite-mask", 1},
    [FACT_SYSTEM_TIME] = {"fact", "system-time", 1},
    [FACT_UP_TIME] = {"fact", "up-time", 1},
    [OPTION_BITMAP_BITS] = {"option", "bitmap-bits", 1},
    [OPTION_ELF_ALIGN] = {"option", "elf-align", 1},
    [OPTION_QEMU_NOTE_SIZE] = {"option", "qemu-note-size", 1},
};

/** `fact` and `option`: the first word of the line says which of the two. */
static void parse_setting(struct parser *parser)
{
    const char *statement = parser->lexer.words[0].text;
    const struct word *name = next_word(parser, "a name");
    size_t id = 0;
    while (id < SETTING_COUNT && (strcmp(settings[id].name, name->text) != 0 ||
                                  strcmp(settings[id].statement, statement) != 0))
        id++;
    if (id == SETTING_COUNT)
        fail_at(name->place, "a name that '%s' knows, not '%s'", statement, name->text);
    struct setting *setting = &parser->spec->settings[id];
    setting->place = place_here(parser);
    setting->count = 0;
    do {
        setting->values[setting->count++] = next_quantity(parser, "a value");
    } while (has_word(parser) && setting->count < settings[id].most);
}

/* ---- statements: memory --------------------------------------------------------------- */

static void add_run(struct spec *spec, struct run run)
{
    spec->runs = grow(spec->runs, spec->n_runs, &spec->runs_capacity, sizeof(run));
    spec->runs[spec->n_runs++] = run;
}

/** The optional "times COUNT every STRIDE" of a run; without it, once. */
static void next_repetition(struct parser *parser, uint64_t *times, uint64_t *stride)
{
    *times = 1;
    *stride = 0;
    if (!accept(parser, "times"))
        return;
    struct place place = place_here(parser);
    *times = next_quantity(parser, "a count");
    if (*times == 0 || *times > MAX_RUN_TIMES)
        fail_at(place, "a count of 1 to %d", MAX_RUN_TIMES);
    require(parser, "every");
    place = place_here(parser);
    *stride = next_quantity(parser, "a stride");
    if (*stride > PHYSICAL_LIMIT / MAX_RUN_TIMES)
        fail_at(place, "a stride of at most 2^32");
}

/** run START LENGTH [times COUNT every STRIDE] [memsz N] [vaddr V] */
static void parse_run(struct parser *parser)
{
    struct run run = {.place = place_here(parser)};
    uint64_t times, stride;
    run.start = next_quantity(parser, "a start address");
    struct place length_place = place_here(parser);
    run.length = run.memory_size = next_quantity(parser, "a length");
    next_repetition(parser, &times, &stride);
    if (accept(parser, "memsz"))
        run.memory_size = next_quantity(parser, "a size in memory");
    if (accept(parser, "vaddr"))
        run.virtual_start = next_quantity(parser, "a virtual address");
    if (run.length == 0 && run.memory_size == 0)
        fail_at(length_place, "a length that is not zero");
    for (; times > 0; times--) {
        if (run.start > PHYSICAL_LIMIT || run.length > PHYSICAL_LIMIT - run.start)
            fail_at(length_place, "a run below the end of physical memory (2^52)");
        add_run(parser->spec, run);
        run.start += stride;
        run.virtual_start += run.virtual_start ? stride : 0;
    }
}

static void parse_allow_overlap(struct parser *parser)
{
    parser->spec->allow_overlap = true;
}

int next_file(struct parser *parser, uint64_t *size)
{
    const struct spec *spec = parser->spec;
    const struct word *name = next_word(parser, "a path");
    struct stat status;
    char *path;
    bool absolute = name->text[0] == '/';
    if (asprintf(&path, "%s%s%s", absolute ? "" : spec->folder, absolute ? "" : "/", name->text) <
        0)
        fail("out of memory");
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &status) != 0)
        fail_at(name->place, "a file that can be read: %s: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode) || status.st_size == 0)
        fail_at(name->place, "a regular file that is not empty: %s", path);
    *size = (uint64_t)status.st_size;
    free(path);
    return file;
}

void next_fill_kind(struct parser *parser, struct fill *fill)
{
    const struct word *kind = next_word(parser, fill_kinds);
    fill->file = -1;
    fill->kind = fill_kind_find(kind->text);
    if (!fill->kind)
        fail_at(kind->place, "%s, not '%s'", fill_kinds, kind->text);
    struct place place = place_here(parser);
    switch (fill_kind_argument(fill->kind)) {
    case FILL_NONE:
        break;
    case FILL_BYTE:
        fill->arguments[0] = next_quantity(parser, "a byte");
        if (fill->arguments[0] > 0xff)
            fail_at(place, "a byte, 0 to 0xff");
        break;
    case FILL_BASE_SPAN:
        fill->arguments[0] = next_quantity(parser, "a base address");
        place = place_here(parser);
        fill->arguments[1] = next_quantity(parser, "a span in bytes");
        if (fill->arguments[1] < 8 || fill->arguments[1] > MAX_POINTER_SPAN)
            fail_at(place, "a span of 8 bytes to 32G");
        break;
    case FILL_PATTERN:
        fill->pattern = hex_of(next_word(parser, "hex bytes"));
        break;
    case FILL_FILE:
        fill->file = next_file(parser, &fill->file_size);
        break;
    case FILL_FOLDERS:
        fill->pages = file_pages_open(parser->spec->folder, next_word(parser, "folders")->text);
        if (!fill->pages)
            fail_at(place, "folders with files that can be read, separated by colons");
        break;
    }
}

static void parse_fill(struct parser *parser)
{
    struct spec *spec = parser->spec;
    struct fill fill = {0};
    next_range(parser, &fill.start, &fill.length);
    next_fill_kind(parser, &fill);
    spec->fills = grow(spec->fills, spec->n_fills, &spec->fills_capacity, sizeof(fill));
    spec->fills[spec->n_fills++] = fill;
}

/* ---- statements: plants --------------------------------------------------------------- */

static void next_value(struct parser *parser, struct plant_rule *rule)
{
    const struct word *kind = next_word(parser, value_kinds);
    rule->value = value_of(kind, next_word(parser, "a value"));
}

/** Ends a plant statement: takes the optional name. */
static void add_rule(struct parser *parser, struct plant_rule rule)
{
    struct spec *spec = parser->spec;
    rule.place = parser->lexer.words[0].place;
    const struct word *name = has_word(parser) ? next_word(parser, "a name") : NULL;
    if (name &&
        (name->length == 0 || name->length != strlen(name->text) || strpbrk(name->text, " \t\r\n")))
        fail_at(name->place, "a name without blanks");
    rule.name = copy_text(name ? name->text : "-");
    spec->rules = grow(spec->rules, spec->n_rules, &spec->rules_capacity, sizeof(rule));
    spec->rules[spec->n_rules++] = rule;
}

/** An address in words begins with a name, a physical one with a digit. */
static bool at_target(const struct parser *parser)
{
    return has_word(parser) && !isdigit((unsigned char)parser->lexer.words[parser->at].text[0]);
}

/**
 * The bytes of an instruction, with ________ for an operand of 4 bytes, and what that leads to, as
 * an address or as the distance from the end of the instruction.
 */
static void next_instruction(struct parser *parser, struct plant_rule *rule)
{
    struct word word = *next_word(parser, "an instruction");
    char *hex = copy_text(word.text), *operand = strstr(hex, "________");
    if (!operand || operand == hex || (operand - hex) % 2 != 0)
        fail_at(word.place, "hex bytes with ________ for 4 of them, not '%s'", word.text);
    rule->operand = (size_t)(operand - hex) / 2;
    memset(operand, '0', 8);
    word.text = hex;
    rule->value = hex_of(&word);
    free(hex);
    rule->pointer = next_target(parser, "an address");
}

/**
 * plant [SPACE:]ADDRESS KIND VALUE [NAME]; the KIND `pointer` has an address as its value,
 * `relative` and `absolute` an instruction and an address
 */
static void parse_plant(struct parser *parser)
{
    struct plant_rule rule = {.form = PLANT_AT};
    struct place place = place_here(parser);
    bool is_virtual = accept_virtual(parser, &rule);
    if (!is_virtual && at_target(parser)) {
        rule.at = next_target(parser, "an address");
        rule.is_virtual = is_virtual = true;
    } else if (!is_virtual) {
        rule.start = next_quantity(parser, "an address");
        if (rule.start >= PHYSICAL_LIMIT)
            fail_at(place, "an address in physical memory (below 2^52)");
    }
    if (is_virtual && accept(parser, "pointer"))
        rule.pointer = next_target(parser, "an address");
    else if (is_virtual &&
             ((rule.is_relative = accept(parser, "relative")) || accept(parser, "absolute")))
        next_instruction(parser, &rule);
    else
        next_value(parser, &rule);
    add_rule(parser, rule);
}

/** plant-random COUNT KIND VALUE in START LENGTH [align N] [NAME] */
static void parse_plant_random(struct parser *parser)
{
    struct plant_rule rule = {.form = PLANT_RANDOM, .spacing = 1};
    rule.count = next_quantity(parser, "a count");
    next_value(parser, &rule);
    require(parser, "in");
    next_range(parser, &rule.start, &rule.length);
    if (accept(parser, "align")) {
        struct place place = place_here(parser);
        rule.spacing = next_quantity(parser, "an alignment");
        if (rule.spacing == 0 || rule.spacing > PHYSICAL_LIMIT)
            fail_at(place, "an alignment of 1 to 2^52");
    }
    add_rule(parser, rule);
}

/** plant-crossing KIND VALUE every SIZE in [SPACE:]START LENGTH [NAME] */
static void parse_plant_crossing(struct parser *parser)
{
    struct plant_rule rule = {.form = PLANT_CROSSING};
    struct place value_place = place_here(parser);
    next_value(parser, &rule);
    if (rule.value.length < 2)
        fail_at(value_place, "a value of two bytes or more, to lie on both sides");
    require(parser, "every");
    struct place place = place_here(parser);
    rule.spacing = next_quantity(parser, "a size");
    if (rule.spacing < rule.value.length)
        fail_at(place, "a size not below the value's length");
    require(parser, "in");
    if (accept_virtual(parser, &rule))
        rule.length = next_quantity(parser, "a length");
    else
        next_range(parser, &rule.start, &rule.length);
    add_rule(parser, rule);
}

/* ---- statements: damage --------------------------------------------------------------- */

static void break_truncate(struct parser *parser)
{
    parser->spec->truncated = true;
    parser->spec->truncate_to = next_quantity(parser, "how many bytes stay");
}

static void break_cut(struct parser *parser)
{
    parser->spec->cut = next_quantity(parser, "how many bytes go");
}

static void break_one_field(struct parser *parser)
{
    struct spec *spec = parser->spec;
    const struct word *name = next_word(parser, "a field's name");
    struct break_field field = {.name = copy_text(name->text), .place = name->place};
    field.value = next_quantity(parser, "a value");
    spec->break_fields =
        grow(spec->break_fields, spec->n_break_fields, &spec->break_fields_capacity, sizeof(field));
    spec->break_fields[spec->n_break_fields++] = field;
}

static void break_some_bytes(struct parser *parser)
{
    struct spec *spec = parser->spec;
    struct break_bytes patch = {.place = place_here(parser)};
    patch.offset = next_quantity(parser, "a file offset");
    patch.bytes = hex_of(next_word(parser, "hex bytes"));
    spec->break_bytes =
        grow(spec->break_bytes, spec->n_break_bytes, &spec->break_bytes_capacity, sizeof(patch));
    spec->break_bytes[spec->n_break_bytes++] = patch;
}

/* ---- dispatch ------------------------------------------------------------------------- */

bool statement_find(struct parser *parser, const struct statement *table, size_t count,
                    const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(table[i].name, name) != 0)
            continue;
        table[i].parse(parser);
        return true;
    }
    return false;
}

static void parse_break(struct parser *parser)
{
    static const struct statement damages[] = {
        {"truncate", break_truncate},
        {"cut", break_cut},
        {"field", break_one_field},
        {"bytes", break_some_bytes},
    };
    static const char what[] = "truncate, cut, field or bytes";
    const struct word *name = next_word(parser, what);
    if (!statement_find(parser, damages, ITEMS(damages), name->text))
        fail_at(name->place, "%s, not '%s'", what, name->text);
}

static void parse_statement(struct parser *parser)
{
    static const struct statement statements[] = {
        {"default", parse_default},
        {"seed", parse_seed},
        {"machine", parse_machine},
        {"fact", parse_setting},
        {"option", parse_setting},
        {"run", parse_run},
        {"allow-overlap", parse_allow_overlap},
        {"fill", parse_fill},
        {"plant", parse_plant},
        {"plant-random", parse_plant_random},
        {"plant-crossing", parse_plant_crossing},
        {"tables", parse_tables},
        {"space", parse_space},
        {"map", parse_map},
        {"share", parse_share},
        {"self-map", parse_self_map},
        {"break", parse_break},
    };
    const struct word *name = &parser->lexer.words[0];
    parser->at = 1;
    if (!statement_find(parser, statements, ITEMS(statements), name->text) &&
        !parse_module_statement(parser, name->text) && !parse_nt_statement(parser, name->text))
        fail_at(name->place,
                "a statement (default, seed, machine, fact, option, run, allow-overlap, fill, "
                "plant, plant-random, plant-crossing, tables, space, map, share, self-map, module, "
                "nt, one of theirs, or break), not '%s'",
                name->text);
    if (has_word(parser))
        fail_at(place_here(parser), "the end of the line, not '%s'",
                parser->lexer.words[parser->at].text);
}

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = copy_text(slash ? path : ".");
    if (slash)
        folder[slash == path ? 1 : slash - path] = '\0';
    return folder;
}

void spec_read(struct spec *spec, const char *path, struct variables *variables)
{
    struct parser parser = {.spec = spec, .variables = variables};
    bool standard_input = strcmp(path, "-") == 0;
    diag_set_spec(path);
    spec->folder = folder_of(path);
    parser.lexer.variables = variables;
    parser.lexer.file = standard_input ? stdin : fopen(path, "re");
    if (!parser.lexer.file)
        fail("cannot open the spec %s: %s", path, strerror(errno));
    while (lexer_next(&parser.lexer))
        parse_statement(&parser);
    if (spec->n_runs == 0)
        fail_at((struct place){parser.lexer.line + 1, 1}, "at least one 'run START LENGTH'");
    if (!standard_input)
        fclose(parser.lexer.file);
    lexer_release(&parser.lexer);
    machinery_create(spec);
}

uint64_t spec_setting(const struct spec *spec, enum setting_id id, size_t n, uint64_t otherwise)
{
    return n < spec->settings[id].count ? spec->settings[id].values[n] : otherwise;
}

void spec_release(struct spec *spec)
{
    for (size_t i = 0; i < spec->n_fills; i++)
        fill_release(&spec->fills[i]);
    for (size_t i = 0; i < spec->n_rules; i++) {
        free(spec->rules[i].value.data);
        free(spec->rules[i].name);
        free(spec->rules[i].at.text);
        free(spec->rules[i].pointer.text);
    }
    machinery_release(spec->machinery);
    for (size_t i = 0; i < spec->n_modules; i++)
        module_spec_release(&spec->modules[i]);
    free(spec->modules);
    nt_spec_release(&spec->nt);
    for (size_t i = 0; i < spec->n_break_fields; i++)
        free(spec->break_fields[i].name);
    for (size_t i = 0; i < spec->n_break_bytes; i++)
        free(spec->break_bytes[i].bytes.data);
    for (size_t i = 0; i < spec->n_spaces; i++)
        free(spec->spaces[i].name);
    free(spec->fills);
    free(spec->spaces);
    free(spec->space_rules);
    free(spec->rules);
    free(spec->runs);
    free(spec->break_fields);
    free(spec->break_bytes);
    free(spec->folder);
}
