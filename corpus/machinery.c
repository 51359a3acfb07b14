// SPDX-License-Identifier: MIT
//
// Builds modules and system in turn, and tells the rest of the spec where they are.

#include "machinery.h"

#include "little_endian.h"
#include "material.h"
#include "objects.h"
#include "pool.h"
#include "quantity.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

void machinery_add(struct machinery *machinery, struct piece piece)
{
    machinery->pieces =
        grow(machinery->pieces, machinery->n_pieces, &machinery->pieces_capacity, sizeof(piece));
    machinery->pieces[machinery->n_pieces++] = piece;
}

void module_add_slot(struct module *module, struct slot slot)
{
    module->slots =
        grow(module->slots, module->n_slots, &module->slots_capacity, sizeof(*module->slots));
    module->slots[module->n_slots++] = slot;
}

/* ---- addresses in words ------------------------------------------------------------------ */

struct module *machinery_find(const struct machinery *machinery, const char *name, size_t length)
{
    for (size_t i = 0; i < machinery->n_modules; i++) {
        struct module *module = &machinery->modules[i];
        if (strlen(module->spec->name) == length && strncmp(module->spec->name, name, length) == 0)
            return module;
    }
    return NULL;
}

static struct target tail_of(const struct target *target, size_t skip)
{
    struct target tail = {target->text + skip, target->place};
    tail.place.column += (unsigned)skip;
    return tail;
}

static uint64_t number_of(struct target target, const char *what)
{
    struct word word = {target.text, strlen(target.text), target.place};
    return quantity_of(&word, what);
}

/** entry, name or path: what the list has of the module. */
static uint64_t listed_address(const struct module *module, const struct target *target)
{
    static const char *const names[MISSING_PART_COUNT] = {
        [MISSING_ENTRY] = "entry", [MISSING_NAME] = "name", [MISSING_PATH] = "path"};
    size_t length = strcspn(target->text, "+");
    for (size_t i = MISSING_ENTRY; i < MISSING_PART_COUNT; i++) {
        if (strlen(names[i]) != length || strncmp(names[i], target->text, length) != 0)
            continue;
        if (module->listed[i].size == 0)
            fail_at(target->place, "a module that has an entry, not %s", module->spec->name);
        if (!target->text[length])
            return module->listed[i].rva;
        return module->listed[i].rva + number_of(tail_of(target, length + 1), "a distance");
    }
    fail_at(target->place, "entry, name or path, not '%.*s'", (int)length, target->text);
}

/** pool/NAME+N, pool@NAME+N */
static uint64_t address_in_pool(const struct machinery *machinery, const struct target *target,
                                bool is_header, size_t *space_ret)
{
    struct target tail = tail_of(target, strlen("pool/"));
    if (space_ret)
        *space_ret = machinery->spec->nt.space;
    return pool_place(machinery, &tail, is_header);
}

/** MODULE+N, MODULE!SYMBOL, MODULE/SECTION, MODULE@PART, and those in pool. */
static uint64_t address_in_module(const struct machinery *machinery, const struct target *target,
                                  size_t *space_ret)
{
    size_t length = strcspn(target->text, "+!/@");
    bool is_header = strncmp(target->text, "pool@", 5) == 0;
    if (is_header || strncmp(target->text, "pool/", 5) == 0)
        return address_in_pool(machinery, target, is_header, space_ret);
    const struct module *module = machinery_find(machinery, target->text, length);
    if (!module)
        fail_at(target->place, "a module's name before + ! / or @, not '%.*s'", (int)length,
                target->text);
    struct target tail = tail_of(target, target->text[length] ? length + 1 : length);
    if (space_ret)
        *space_ret = module->spec->space;
    switch (target->text[length]) {
    case '@':
        if (space_ret)
            *space_ret = machinery->spec->nt.space;
        return listed_address(module, &tail);
    case '\0':
        return module->spec->base;
    case '+':
        return module->spec->base + number_of(tail, "a distance");
    default:
        return module->spec->base + module_place(module, &tail);
    }
}

uint64_t machinery_address(const struct machinery *machinery, const struct target *target,
                           size_t *space_ret)
{
    uint64_t address;
    if (isdigit((unsigned char)target->text[0]))
        return number_of(*target, "an address");
    if (objects_address(machinery, target, &address)) {
        if (space_ret)
            *space_ret = machinery->spec->nt.space;
        return address;
    }
    return address_in_module(machinery, target, space_ret);
}

/* ---- what the rest of the spec learns ---------------------------------------------------- */

static void set_fact(struct spec *spec, enum setting_id id, uint64_t value)
{
    struct setting *setting = &spec->settings[id];
    if (setting->count == 0)
        *setting = (struct setting){.values = {value}, .count = 1};
}

static void set_facts(struct machinery *machinery)
{
    struct spec *spec = machinery->spec;
    static const struct {
        const char *symbol;
        enum setting_id fact;
    } facts[] = {
        {"PsLoadedModuleList", FACT_LOADED_MODULES},
        {"PsActiveProcessHead", FACT_ACTIVE_PROCESSES},
        {"KdDebuggerDataBlock", FACT_KDBG},
    };
    const struct module *kernel = spec->nt.is_there ? machinery_find(machinery, "nt", 2) : NULL;
    if (!kernel)
        return;
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
        const struct symbol *symbol = module_symbol(kernel, facts[i].symbol);
        if (symbol && !(facts[i].fact == FACT_KDBG && spec->nt.kdbg == KDBG_NONE))
            set_fact(spec, facts[i].fact, kernel->spec->base + symbol->rva);
    }
}

static uint64_t pages_of(uint64_t start, uint64_t length)
{
    return (start % PAGE_SIZE + length + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
}

static void set_range(struct spec *spec, size_t rule, uint64_t start, uint64_t length)
{
    spec->space_rules[rule].start = start / PAGE_SIZE * PAGE_SIZE;
    spec->space_rules[rule].length = pages_of(start, length);
}

static void set_missing(struct spec *spec, const struct module *module,
                        const struct missing_spec *missing)
{
    uint64_t start = module->spec->base;
    uint64_t length = missing->length;
    if (missing->part == MISSING_PART_COUNT) {
        start += module_place(module, &missing->at);
    } else if (missing->part > MISSING_ALL) {
        start = module->listed[missing->part].rva;
        length = module->listed[missing->part].size;
        spec->space_rules[missing->rule].space = spec->nt.space;
    } else if (missing->part == MISSING_ALL) {
        length = module->size;
    } else {
        start += module->parts[missing->part].rva;
        length = module->parts[missing->part].size;
    }
    if (length == 0 || (missing->part == MISSING_PART_COUNT &&
                        length > pages_of(0, module->size) - (start - module->spec->base)))
        fail_at(missing->place, "what %s has", module->spec->name);
    set_range(spec, missing->rule, start, length);
}

static void set_rules(struct machinery *machinery)
{
    for (size_t i = 0; i < machinery->n_modules; i++) {
        const struct module *module = &machinery->modules[i];
        if (module->spec->map_rule != SIZE_MAX)
            set_range(machinery->spec, module->spec->map_rule, module->spec->base, module->size);
        for (size_t k = 0; k < module->spec->n_missing; k++)
            set_missing(machinery->spec, module, &module->spec->missing[k]);
    }
}

static void set_pointer(const struct machinery *machinery, struct plant_rule *rule)
{
    const struct space_spec *space = &machinery->spec->spaces[rule->space];
    unsigned width = paging_modes[space->paging].address_bits == 32 ? 4 : 8;
    uint64_t value = machinery_address(machinery, &rule->pointer, NULL);
    if (width == 4 && value > UINT32_MAX)
        fail_at(rule->pointer.place, "an address of 32 bits");
    rule->value = (struct bytes){allocate(width, 1), width};
    store_le(rule->value.data, width, value);
}

/** In 64 bits, the processor extends the sign of addresses and distances. */
static void set_operand(const struct machinery *machinery, struct plant_rule *rule)
{
    const struct space_spec *space = &machinery->spec->spaces[rule->space];
    bool is_narrow = paging_modes[space->paging].address_bits == 32;
    uint64_t value = machinery_address(machinery, &rule->pointer, NULL);
    if (rule->is_relative)
        value -= rule->start + rule->value.length;
    if (!is_narrow && value != (uint64_t)(int64_t)(int32_t)value)
        fail_at(rule->pointer.place, "an address that 32 bits reach");
    store_le(rule->value.data + rule->operand, 4, value & UINT32_MAX);
}

static void set_plants(struct machinery *machinery)
{
    for (size_t i = 0; i < machinery->spec->n_rules; i++) {
        struct plant_rule *rule = &machinery->spec->rules[i];
        if (rule->at.text)
            rule->start = machinery_address(machinery, &rule->at, &rule->space);
        if (rule->operand)
            set_operand(machinery, rule);
        else if (rule->pointer.text)
            set_pointer(machinery, rule);
    }
}

/* ---- all --------------------------------------------------------------------------------- */

static void check_end(const struct module *module, const struct paging_mode *mode)
{
    uint64_t last = module->spec->base + (module->size - 1);
    if (last < module->spec->base || !paging_has_address(mode, last))
        fail_at(module->spec->place, "a module that ends within the address space");
}

static void build_modules(struct machinery *machinery)
{
    struct spec *spec = machinery->spec;
    machinery->modules = allocate(spec->n_modules, sizeof(*machinery->modules));
    for (; machinery->n_modules < spec->n_modules; machinery->n_modules++) {
        struct module *module = &machinery->modules[machinery->n_modules];
        module->spec = &spec->modules[machinery->n_modules];
        const struct space_spec *space = &spec->spaces[module->spec->space];
        module->pointer_bytes = paging_modes[space->paging].address_bits == 32 ? 4 : 8;
        if (module->spec->file >= 0)
            module_map_file(module);
        else
            module_build(module, spec);
        check_end(module, &paging_modes[space->paging]);
    }
}

/** Modules are pieces when nothing changes them any more. */
static void add_modules(struct machinery *machinery)
{
    for (size_t i = 0; i < machinery->n_modules; i++) {
        struct module *module = &machinery->modules[i];
        machinery_add(machinery, (struct piece){module->spec->space, module->spec->base,
                                                module->bytes, module->size, module->spec->place});
    }
}

void machinery_create(struct spec *spec)
{
    struct machinery *machinery = allocate(1, sizeof(*machinery));
    spec->machinery = machinery;
    machinery->spec = spec;
    build_modules(machinery);
    nt_build(machinery);
    machinery_bind(machinery);
    add_modules(machinery);
    set_facts(machinery);
    set_rules(machinery);
    set_plants(machinery);
}

static void module_release(struct module *module)
{
    for (size_t i = 0; i < module->n_slots; i++) {
        free(module->slots[i].dll);
        free(module->slots[i].name);
    }
    free(module->slots);
    free(module->sections);
    free(module->symbols);
}

void machinery_release(struct machinery *machinery)
{
    if (!machinery)
        return;
    for (size_t i = 0; i < machinery->n_modules; i++)
        module_release(&machinery->modules[i]);
    for (size_t i = 0; i < machinery->n_pieces; i++)
        free(machinery->pieces[i].bytes); // modules' bytes are among them
    pool_result_release(&machinery->pool);
    objects_release(machinery->objects, &machinery->spec->nt.objects);
    free(machinery->modules);
    free(machinery->pieces);
    free(machinery);
}
