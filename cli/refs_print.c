// SPDX-License-Identifier: MIT
//
// A line of dps: where the pointer lies, its value, what is there; and behind it whose it is.
// Instructions have the same, the address that they reach being the value.

#include "refs_print.h"

#include "escape.h"
#include "fields.h"
#include "json.h"
#include <stdio.h>
#include <string.h>

#define PLACE_ROOM (SYMBOL_NAME_ROOM + 24)

#define N_OWN_COLUMNS 7 // before the owner's
#define N_COLUMNS     (N_OWN_COLUMNS + N_OWNER_COLUMNS + 2)

static const struct columns columns = {
    .type = "ref",
    .count = N_COLUMNS,
    .names = {"image", "space", "address", "physical", "value", "target", "kind", OWNER_COLUMNS,
              "instruction", "uncertain"},
};

// A pointer or an instruction, and what is known of it.
struct ref {
    size_t space;
    uint64_t address, physical, value;
    struct owner owner; // of the place
    bool owned;
    const char *kind;                      // see the option table; NULL: nobody's
    char target[PLACE_ROOM];               // "nt!SeTokenType+0x3d", "nt+0x2000"; "": in no module
    const struct ms_code_ref *code;        // NULL: a pointer
    char instruction[MS_INSTRUCTION_TEXT]; // "" of a pointer
};

// == What a pointer is ==

static uint64_t read_pointer(struct print_context *context, uint64_t address, size_t n_bytes)
{
    uint8_t bytes[8] = {0};
    bool present[8];
    uint64_t value = 0;

    window_read(context->window, address, bytes, present, n_bytes);
    for (size_t i = n_bytes; i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

static void add_offset(char *name, uint64_t offset)
{
    size_t length = strlen(name);

    if (offset > 0)
        snprintf(name + length, PLACE_ROOM - length, "+0x%llx", (unsigned long long)offset);
}

// Of several names that an address has, the one that was asked for.
static void describe_target(struct print_context *context, size_t space, struct ref *ref)
{
    const struct refs *refs = context->user;
    const struct target_export *export = target_exports_at(&refs->exports, ref->value);
    const struct owner *owner = attribution_find(context->attribution, space, ref->value);

    ref->target[0] = '\0';
    if (owner == NULL || owner->kind != OWNER_MODULE)
        return;
    // Whose name it is, a forwarder, need not be where it is.
    if (export != NULL && export->module == owner->near.module) {
        struct ms_symbol symbol = {.name = export->item.name, .length = export->item.length};

        format_symbol(ref->target, owner->module.name, &symbol);
    } else if (owner->near.symbol != NULL) {
        format_text(ref->target, owner->symbol)[0] = '\0';
        add_offset(ref->target, ref->value - owner->near.symbol->address);
    } else {
        *format_ascii(ref->target, owner->module.name, strlen(owner->module.name), 280) = '\0';
        add_offset(ref->target, owner->near.offset);
    }
}

static const char *kind_by_section(const struct refs *refs, const struct ref *ref)
{
    const struct ms_module_section *sections, *section;
    size_t n;

    if (ms_modules_sections(refs->modules, ref->owner.near.module, &sections, &n, NULL) != MS_OK ||
        n == 0)
        return "module";
    section = ms_section_at(sections, n, ref->address);
    if (section == NULL)
        return "header";
    return section->flags & MS_SECTION_EXECUTABLE ? "code" : "data";
}

static void find_owner(struct print_context *context, struct ref *ref)
{
    const struct owner *owner = attribution_find(context->attribution, ref->space, ref->address);

    ref->owned = owner != NULL;
    if (ref->owned)
        ref->owner = *owner;
}

static void describe_place(struct print_context *context, struct ref *ref)
{
    const struct ms_import *slot;

    ref->kind = NULL;
    find_owner(context, ref);
    if (!ref->owned)
        return;
    if (ref->owner.kind == OWNER_BLOCK) {
        ref->kind = "pool";
        return;
    }
    slot = ref->owner.slot;
    if (slot != NULL && slot->slot == ref->address) {
        ref->kind = "iat";
        return;
    }
    ref->kind = kind_by_section(context->user, ref);
    ref->owner.import[0] = '\0'; // a pointer across slots is none of them
}

static void describe_pointer(struct print_context *context, const struct ms_hit *hit,
                             struct ref *ref)
{
    const struct refs *refs = context->user;

    ref->space = hit->space;
    ref->address = hit->address;
    ref->physical = hit->physical;
    ref->value = read_pointer(context, hit->address, refs->pointer_bytes);
    ref->code = NULL;
    ref->instruction[0] = '\0';
    describe_target(context, ref->space, ref);
    describe_place(context, ref);
}

// Instructions are those of the first space. Wherever they lie, they are code.
static void describe_code(struct print_context *context, const struct ms_code_ref *code,
                          struct ref *ref)
{
    const struct refs *refs = context->user;
    struct ms_mapping_info mapping = {.physical = 0};

    if (ms_spaces_translate(context->view->spaces, 0, code->address, &mapping))
        mapping.physical += code->address - mapping.first;
    ref->space = 0;
    ref->address = code->address;
    ref->physical = mapping.physical;
    ref->value = code->target;
    ref->code = code;
    ms_code_ref_text(refs->code, code, ref->instruction);
    describe_target(context, ref->space, ref);
    find_owner(context, ref);
    ref->kind = "code";
    if (ref->owned)
        ref->owner.import[0] = '\0';
}

// == Text ==

static void print_address(struct print_context *context, size_t space, uint64_t address)
{
    char text[VIEW_ADDRESS_ROOM];

    output_bytes(context->out, text,
                 (size_t)(view_format_address(text, context->view, space, address) - text));
}

// "   DRIVER_X+0x5040 .idata, iat nt!SeTokenType"
static void print_place(struct output *out, const struct ref *ref)
{
    output_text(out, "   ");
    if (ref->owner.kind == OWNER_BLOCK) {
        print_owner(out, &ref->owner, ref->address);
        return;
    }
    print_owner_place(out, &ref->owner);
    output_text(out, ", ");
    output_text(out, ref->kind);
    if (ref->owner.import[0] != '\0') {
        output_char(out, ' ');
        output_text(out, ref->owner.import);
    }
}

// ", code: call 0x80521000"
static void print_instruction(struct output *out, const struct ref *ref)
{
    if (!ref->owned)
        output_text(out, "   code");
    output_text(out, ref->code->uncertain ? ", uncertain: " : ": ");
    output_text(out, ref->instruction);
}

static void text_ref(struct print_context *context, const struct ref *ref)
{
    struct output *out = context->out;

    if (context->image_prefix != NULL) {
        output_text(out, context->image_prefix);
        output_char(out, ':');
    }
    print_address(context, ref->space, ref->address);
    output_text(out, "  ");
    print_address(context, ref->space, ref->value);
    if (ref->target[0] != '\0') {
        output_char(out, ' ');
        output_text(out, ref->target);
    }
    if (ref->owned)
        print_place(out, ref);
    if (ref->code != NULL)
        print_instruction(out, ref);
    output_char(out, '\n');
}

// == For programs ==

static void jsonl_ref(struct print_context *context, const struct ref *ref)
{
    struct output *out = context->out;

    output_text(out, "{\"type\":\"ref\"");
    json_text(out, "image", context->image_name);
    json_text(out, "space", view_space(context->view, ref->space).name);
    json_address(out, "address", ref->address);
    json_address(out, "physical", ref->physical);
    json_address(out, "value", ref->value);
    if (ref->target[0] != '\0')
        json_text(out, "target", ref->target);
    if (ref->kind != NULL)
        json_text(out, "kind", ref->kind);
    if (ref->code != NULL) {
        json_text(out, "instruction", ref->instruction);
        if (ref->code->uncertain)
            output_text(out, ",\"uncertain\":true");
    }
    if (ref->owned)
        json_owner(out, &ref->owner, ref->address);
    output_text(out, "}\n");
}

static void csv_start(struct print_context *context)
{
    fields_header(context->out, FORMAT_CSV, &columns);
}

static void csv_ref(struct print_context *context, const struct ref *ref)
{
    struct field fields[N_COLUMNS] = {{.kind = FIELD_NONE}};
    bool uncertain = ref->code != NULL && ref->code->uncertain;

    memcpy(fields,
           (const struct field[]){
               field_text(context->image_name),
               field_text(view_space(context->view, ref->space).name),
               field_address(ref->address),
               field_address(ref->physical),
               field_address(ref->value),
               field_known(ref->target),
               ref->kind != NULL ? field_text(ref->kind) : field_none(),
           },
           N_OWN_COLUMNS * sizeof(*fields));
    if (ref->owned)
        owner_fields(fields + N_OWN_COLUMNS, &ref->owner, ref->address);
    fields[N_COLUMNS - 2] = field_known(ref->instruction);
    fields[N_COLUMNS - 1] = field_known(uncertain ? "true" : "");
    fields_row(context->out, FORMAT_CSV, &columns, fields);
}

// == By format ==

static void print_ref(struct print_context *context, const struct ref *ref)
{
    static void (*const printers[N_FORMATS])(struct print_context *, const struct ref *) = {
        [FORMAT_TEXT] = text_ref,
        [FORMAT_JSONL] = jsonl_ref,
        [FORMAT_CSV] = csv_ref,
    };

    printers[context->settings->format](context, ref);
}

static void print_hit(struct print_context *context, const struct ms_hit *hit)
{
    struct ref ref;

    describe_pointer(context, hit, &ref);
    print_ref(context, &ref);
}

void refs_print_code(struct print_context *context, const struct ms_code_ref *code)
{
    struct ref ref;

    describe_code(context, code, &ref);
    print_ref(context, &ref);
}

// What is not about references is as in a search.

static void jsonl_begin(struct print_context *context)
{
    jsonl_printer.begin(context);
}

static void jsonl_coverage(struct print_context *context, size_t space,
                           const struct ms_coverage *coverage)
{
    jsonl_printer.coverage(context, space, coverage);
}

static void jsonl_module_coverage(struct print_context *context, const char *module,
                                  const struct ms_coverage *coverage)
{
    jsonl_printer.module_coverage(context, module, coverage);
}

static void jsonl_end(struct print_context *context, const struct print_end *end)
{
    jsonl_printer.end(context, end);
}

const struct printer refs_printers[N_FORMATS] = {
    [FORMAT_TEXT] = {.closing = true, .hit = print_hit},
    [FORMAT_JSONL] = {.closing = true,
                      .begin = jsonl_begin,
                      .hit = print_hit,
                      .coverage = jsonl_coverage,
                      .module_coverage = jsonl_module_coverage,
                      .end = jsonl_end},
    [FORMAT_CSV] = {.closing = true, .start = csv_start, .hit = print_hit},
};
