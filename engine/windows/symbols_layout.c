// SPDX-License-Identifier: MIT
//
// The structures of a symbol file. A structure that it has counts whole, also in what it lacks; the
// built-in tables tell the others.

#include "windows/symbols.h"

#ifdef MS_HAVE_JANSSON

#include "windows/symbols_json.h"

#include <string.h>

#define LAST_OFFSET (MS_NT_STRUCTURE_BYTES - MS_NT_FIELD_BYTES)

// What is wrong with numbers, in the words of the limits above.
#define EXPECT_SIZE   "a number up to 4096 is expected"
#define EXPECT_OFFSET "a number up to 4080 is expected"
#define EXPECT_BIT    "a number up to 31 is expected"
#define EXPECT_WIDTH  "the name of a base type of 1 to 8 bytes is expected"

_Static_assert(MS_NT_STRUCTURE_BYTES == 4096 && LAST_OFFSET == 4080, "as the texts say");

// A structure of the tree.
struct structure {
    struct ms_symbols_loading *loading;
    const json_t *root;
    const char *name;
    const json_t *value;
};

// == Fields ==

static const json_t *fields_of(const json_t *type)
{
    return json_object_get(type, "fields");
}

// Follows "A.B" through the type of A. *base_ret is the offset of A, or 0.
static const json_t *find_field(const struct structure *structure, const char *path,
                                uint32_t *base_ret)
{
    const json_t *types = json_object_get(structure->root, "user_types"), *outer;
    const char *dot = strchr(path, '.');
    char name[32] = "";

    *base_ret = 0;
    if (!dot)
        return json_object_get(fields_of(structure->value), path);
    memcpy(name, path, (size_t)(dot - path));
    outer = json_object_get(fields_of(structure->value), name);
    if (!ms_symbols_get_number(json_object_get(outer, "offset"), 0, LAST_OFFSET, base_ret))
        return NULL;
    outer = json_object_get(json_object_get(outer, "type"), "name");
    return json_object_get(fields_of(json_object_get(types, json_string_value(outer))), dot + 1);
}

static bool get_offset(const json_t *field, uint32_t base, uint32_t *number_ret)
{
    if (!ms_symbols_get_number(json_object_get(field, "offset"), 0, LAST_OFFSET - base, number_ret))
        return false;
    *number_ret += base;
    return true;
}

static bool get_bit(const json_t *field, uint32_t *number_ret)
{
    const json_t *position = json_object_get(json_object_get(field, "type"), "bit_position");

    *number_ret = 0;
    return !position || ms_symbols_get_number(position, 0, 31, number_ret);
}

static bool get_width(const struct structure *structure, const json_t *field, uint32_t *number_ret)
{
    const json_t *types = json_object_get(structure->root, "base_types");
    const json_t *name = json_object_get(json_object_get(field, "type"), "name");
    const json_t *type = json_object_get(types, json_string_value(name));

    return ms_symbols_get_number(json_object_get(type, "size"), 1, 8, number_ret);
}

// == Structures ==

static bool is_of(enum ms_nt_field index, const struct structure *structure)
{
    return strcmp(ms_nt_field_names[index].structure, structure->name) == 0;
}

// Another structure of the same name lacks fields.
static bool has_fields(const struct structure *structure)
{
    for (enum ms_nt_field i = 0; i < MS_N_NT_FIELDS; i++) {
        const struct ms_nt_field_name *name = &ms_nt_field_names[i];
        uint32_t base;

        if (is_of(i, structure) && name->field && !name->may_lack &&
            !find_field(structure, name->field, &base))
            return false;
    }
    return true;
}

static enum ms_status take_size(const struct structure *structure, uint32_t *number_ret)
{
    if (ms_symbols_get_number(json_object_get(structure->value, "size"), 1, MS_NT_STRUCTURE_BYTES,
                              number_ret))
        return MS_OK;
    return EXPECT(structure->loading, EXPECT_SIZE, "user_types", structure->name, "size");
}

static enum ms_status take_fact(const struct structure *structure,
                                const struct ms_nt_field_name *name, uint32_t *number_ret)
{
    struct ms_symbols_loading *loading = structure->loading;
    uint32_t base;
    const json_t *field = find_field(structure, name->field, &base);

    *number_ret = MS_NO_FIELD;
    if (!field)
        return MS_OK;
    if (name->fact == MS_NT_BIT && !get_bit(field, number_ret))
        return EXPECT(loading, EXPECT_BIT, "user_types", name->structure, "fields", name->field,
                      "type", "bit_position");
    if (name->fact == MS_NT_WIDTH && !get_width(structure, field, number_ret))
        return EXPECT(loading, EXPECT_WIDTH, "user_types", name->structure, "fields", name->field,
                      "type", "name");
    if (name->fact == MS_NT_OFFSET && !get_offset(field, base, number_ret))
        return EXPECT(loading, EXPECT_OFFSET, "user_types", name->structure, "fields", name->field,
                      "offset");
    return MS_OK;
}

static enum ms_status take_structure(const struct structure *structure)
{
    struct ms_symbols *symbols = structure->loading->symbols;
    enum ms_status status = MS_OK;

    for (enum ms_nt_field i = 0; !status && i < MS_N_NT_FIELDS; i++) {
        uint32_t number = 0;

        if (!is_of(i, structure))
            continue;
        status = ms_nt_field_names[i].fact == MS_NT_SIZE
                     ? take_size(structure, &number)
                     : take_fact(structure, &ms_nt_field_names[i], &number);
        symbols->layout.at[i] = (uint16_t)number;
        symbols->tells[i] = true;
    }
    return status;
}

enum ms_status ms_symbols_take_layout(struct ms_symbols_loading *loading, const json_t *root)
{
    const json_t *types = json_object_get(root, "user_types");
    enum ms_status status = MS_OK;

    if (types && !json_is_object(types))
        return EXPECT(loading, "an object is expected", "user_types");
    for (enum ms_nt_field i = 0; !status && i < MS_N_NT_FIELDS; i++) {
        const char *name = ms_nt_field_names[i].structure;
        struct structure structure = {loading, root, name, json_object_get(types, name)};

        if (!structure.value || loading->symbols->tells[i])
            continue;
        if (!json_is_object(fields_of(structure.value)))
            return EXPECT(loading, "an object is expected", "user_types", name, "fields");
        if (has_fields(&structure))
            status = take_structure(&structure);
    }
    return status;
}

#endif
