// SPDX-License-Identifier: MIT
//
// Slots of import tables: what each asks for, and whether it points there. Slots of a module are
// read when they are first asked for. They need other modules' symbols, whose making takes the
// lock, so two threads may read them at once; the first one's are kept.

#include "windows/imports.h"

#include "base/cleanup.h"

#include <stdio.h>

#define ORDINAL_BYTES 16  // of "Ordinal65535" and its end
#define MAX_FILE_NAME 255 // of a DLL

const char *ms_import_kind_name(size_t kind)
{
    static const char *const names[] = {"normal", "delayed", "iat", "by-value"};

    return kind < sizeof(names) / sizeof(names[0]) ? names[kind] : NULL;
}

const char *ms_import_state_name(size_t state)
{
    static const char *const names[] = {"unknown", "as-asked", "hooked", "unbound", "no-export"};

    return state < sizeof(names) / sizeof(names[0]) ? names[state] : NULL;
}

void ms_module_imports_free(struct ms_module_imports *imports)
{
    if (!imports)
        return;
    for (size_t i = 0; i < imports->names.n; i++)
        free(imports->names.items[i]);
    ms_pe_imports_free(imports->tables);
    free(imports->names.items);
    free(imports->list.items);
    free(imports->ordinals);
    free(imports);
}

static void free_local(struct ms_module_imports **imports)
{
    ms_module_imports_free(*imports);
}

bool ms_import_point(const struct ms_modules *modules, struct ms_import *item,
                     const struct ms_export_key *key)
{
    const struct ms_module_detail *detail;

    item->module = item->has_value ? ms_modules_at(modules, item->value) : MS_NO_MODULE;
    if (item->module == MS_NO_MODULE)
        return true;
    detail = ms_module_detail(modules, item->module);
    if (detail && detail->pe)
        item->symbol = ms_symbol_exactly(detail, item->value, key);
    return detail != NULL;
}

// == Tables ==

struct reader {
    const struct ms_modules *modules;
    size_t module;
    const struct ms_module_detail *detail;
    struct ms_module_imports *imports;
    // The list that is being read.
    const struct ms_pe_import_dll *dll;
    const char *asked_module; // "": not known
    size_t dll_module;        // that it is here
    bool is_lie;              // its descriptor is none: the table is overwritten
};

// What a descriptor that is something else's bytes by now hardly has. That the name's page is not
// in memory says nothing.
static bool is_plausible(const struct ms_pe_text *name)
{
    if (name->state == MS_PE_MISSING)
        return true;
    if (name->state != MS_PE_WHOLE || name->length == 0 || name->length > MAX_FILE_NAME)
        return false;
    for (uint32_t i = 0; i < name->length; i++)
        if (name->bytes[i] <= ' ' || name->bytes[i] > '~')
            return false;
    return true;
}

// The name of a module that is not loaded. False without memory.
static bool name_after_file(struct reader *reader, const struct ms_pe_text *name)
{
    MS_FREE char *file = strndup((const char *)name->bytes, name->length);
    char *module = file ? ms_module_name_of(file) : NULL;

    if (module && ms_vec_push(&reader->imports->names, module)) {
        reader->asked_module = module;
        return true;
    }
    free(module);
    return false;
}

static bool begin_list(struct reader *reader, const struct ms_pe_import_dll *dll)
{
    reader->dll = dll;
    reader->asked_module = "";
    reader->dll_module = MS_NO_MODULE;
    reader->is_lie = dll->kind != MS_PE_IMPORT_IAT && !is_plausible(&dll->name);
    if (dll->name.state != MS_PE_WHOLE || reader->is_lie)
        return true;
    reader->dll_module = ms_module_of_file(reader->modules, dll->name.bytes, dll->name.length);
    if (reader->dll_module == MS_NO_MODULE)
        return name_after_file(reader, &dll->name);
    reader->asked_module = reader->modules->list.items[reader->dll_module].name;
    return true;
}

// What a slot asks for. False: the tables do not tell.
static bool asked_key(const struct reader *reader, const struct ms_pe_import *from,
                      struct ms_export_key *key)
{
    bool by_name =
        from->asked == MS_PE_ASKED_NAME && from->name.state == MS_PE_WHOLE && from->name.length > 0;

    if (reader->is_lie || (!by_name && from->asked != MS_PE_ASKED_ORDINAL))
        return false;
    *key = (struct ms_export_key){.name = by_name ? from->name.bytes : NULL,
                                  .length = by_name ? from->name.length : 0,
                                  .ordinal = from->ordinal};
    return true;
}

static void name_asked(struct reader *reader, size_t index, const struct ms_export_key *key,
                       struct ms_import *item)
{
    char *ordinal = reader->imports->ordinals + index * ORDINAL_BYTES;

    item->asked_module = reader->asked_module;
    item->asked = (const char *)key->name;
    item->asked_length = key->length;
    if (!key->name) {
        item->asked = ordinal;
        item->asked_length = (size_t)snprintf(ordinal, ORDINAL_BYTES, "Ordinal%u", key->ordinal);
    }
}

// == States ==

// Whether a slot holds what it has in the file: the address of a name, or an ordinal; or 0.
static bool is_as_in_file(const struct reader *reader, const struct ms_import *item,
                          const struct ms_pe_import *from)
{
    uint64_t by_ordinal = UINT64_C(1) << (8 * reader->imports->slot_bytes - 1);

    return item->value < reader->detail->pe->size_of_image ||
           (from->asked == MS_PE_ASKED_ORDINAL && item->value == (by_ordinal | from->ordinal));
}

static bool has_whole_exports(const struct reader *reader, size_t module)
{
    const struct ms_module_detail *detail = ms_module_detail(reader->modules, module);

    return detail && detail->exports && detail->exports->state <= MS_PE_WHOLE &&
           detail->exports->lost.missing == 0;
}

static enum ms_import_state state_by_value(const struct reader *reader,
                                           const struct ms_import *item)
{
    bool could_be_export = item->module != MS_NO_MODULE && !has_whole_exports(reader, item->module);

    return item->symbol || could_be_export ? MS_IMPORT_UNKNOWN : MS_IMPORT_NO_EXPORT;
}

// Where the module that is asked is not here, or its table is not, the name alone tells.
static enum ms_import_state state_by_name(const struct reader *reader, const struct ms_import *item)
{
    bool right_module = reader->dll_module == MS_NO_MODULE || reader->dll_module == item->module;

    return right_module && item->symbol && item->symbol->length == item->asked_length &&
                   memcmp(item->symbol->name, item->asked, item->asked_length) == 0
               ? MS_IMPORT_AS_ASKED
               : MS_IMPORT_UNKNOWN;
}

// Where nothing is asked for, a slot that points into its own module is taken for a delayed one,
// which lists of their own may describe.
static enum ms_import_state state_of(const struct reader *reader, const struct ms_import *item,
                                     const struct ms_pe_import *from)
{
    if (!item->has_value)
        return MS_IMPORT_UNKNOWN;
    if (is_as_in_file(reader, item, from) ||
        (item->module == reader->module && (item->kind == MS_IMPORT_DELAYED || !item->asked)))
        return MS_IMPORT_UNBOUND;
    if (!item->asked)
        return state_by_value(reader, item);
    if (item->asked_address == 0)
        return state_by_name(reader, item);
    return item->value == item->asked_address ? MS_IMPORT_AS_ASKED : MS_IMPORT_HOOKED;
}

// == Reading ==

static bool take_slot(struct reader *reader, size_t index)
{
    static const enum ms_import_kind kinds[] = {[MS_PE_IMPORT] = MS_IMPORT_NORMAL,
                                                [MS_PE_IMPORT_DELAY] = MS_IMPORT_DELAYED,
                                                [MS_PE_IMPORT_IAT] = MS_IMPORT_IAT};
    const struct ms_pe_import *from = &reader->imports->tables->items[index];
    struct ms_import item = {.slot = reader->detail->pe->base + from->slot,
                             .kind = reader->is_lie ? MS_IMPORT_IAT : kinds[reader->dll->kind],
                             .has_value = from->has_value,
                             .value = from->value,
                             .asked_module = "",
                             .module = MS_NO_MODULE};
    struct ms_export_key key;
    bool is_asked = asked_key(reader, from, &key);

    if (is_asked) {
        name_asked(reader, index, &key, &item);
        if (!ms_export_address(reader->modules, reader->dll_module, key, &item.asked_address))
            return false;
    }
    if (!ms_import_point(reader->modules, &item, is_asked ? &key : NULL))
        return false;
    if (reader->is_lie && !item.symbol)
        return true;
    item.state = state_of(reader, &item, from);
    return ms_vec_push(&reader->imports->list, item);
}

static bool read_tables(struct reader *reader, const struct ms_vmem *memory)
{
    struct ms_module_imports *imports = reader->imports;
    struct ms_pe pe = *reader->detail->pe;

    pe.memory = *memory;
    if (ms_pe_imports_read(&pe, &imports->tables, NULL) != MS_OK)
        return false;
    imports->slot_bytes = imports->tables->slot_bytes;
    imports->ordinals = malloc(imports->tables->n * ORDINAL_BYTES + 1);
    if (!imports->ordinals)
        return false;
    for (size_t i = 0; i < imports->tables->n_dlls; i++) {
        const struct ms_pe_import_dll *dll = &imports->tables->dlls[i];

        if (!begin_list(reader, dll))
            return false;
        for (size_t k = 0; k < dll->n; k++)
            if (!take_slot(reader, dll->first + k))
                return false;
    }
    return true;
}

static bool lacks_tables(const struct ms_module_imports *imports)
{
    const struct ms_pe_imports *tables = imports->tables;

    return !tables || ((tables->state == MS_PE_MISSING || tables->state == MS_PE_BAD) &&
                       tables->iat_state != MS_PE_WHOLE);
}

static int compare(const void *left, const void *right)
{
    const struct ms_import *a = left, *b = right;

    if (a->slot != b->slot)
        return a->slot < b->slot ? -1 : 1;
    return a->kind < b->kind ? -1 : a->kind > b->kind;
}

// What a table has needs no finding by its value.
static void sort(struct ms_module_imports *imports)
{
    struct ms_import *items = imports->list.items;
    size_t n = 0;

    if (imports->list.n == 0)
        return;
    qsort(items, imports->list.n, sizeof(*items), compare);
    for (size_t i = 0; i < imports->list.n; i++)
        if (items[i].kind != MS_IMPORT_BY_VALUE || n == 0 || items[n - 1].slot != items[i].slot)
            items[n++] = items[i];
    imports->list.n = n;
}

static uint64_t count_bytes(const struct ms_module_imports *imports)
{
    uint64_t bytes = sizeof(*imports) + imports->list.capacity * sizeof(*imports->list.items) +
                     imports->names.n * (MAX_FILE_NAME + sizeof(char *));

    if (imports->tables)
        bytes += imports->tables->bytes + imports->tables->n * ORDINAL_BYTES;
    return bytes;
}

static bool read_slots(struct reader *reader)
{
    struct ms_vmem memory = ms_module_quota_vmem(ms_modules_quota(reader->modules));

    if (reader->detail->pe && !read_tables(reader, &memory))
        return false;
    if (lacks_tables(reader->imports) &&
        !ms_imports_by_value(reader->modules, reader->module, &memory, reader->imports))
        return false;
    sort(reader->imports);
    return true;
}

static struct ms_module_imports *make_empty(const struct ms_modules *modules)
{
    struct ms_module_imports *imports = calloc(1, sizeof(*imports));

    if (imports)
        imports->slot_bytes = modules->memory.bits / 8;
    return imports;
}

static struct ms_module_imports *make_whole(const struct ms_modules *modules, size_t index,
                                            const struct ms_module_detail *detail)
{
    MS_CLEANUP(free_local) struct ms_module_imports *imports = make_empty(modules);
    struct reader reader = {
        .modules = modules, .module = index, .detail = detail, .imports = imports};

    if (!imports || !read_slots(&reader))
        return NULL;
    imports->bytes = count_bytes(imports);
    return ms_keep(imports);
}

// Without its symbols, which are left out, nothing tells whether a module has tables.
static struct ms_module_imports *make_imports(const struct ms_modules *modules, size_t index)
{
    const struct ms_module_detail *detail = ms_module_detail(modules, index);
    struct ms_module_quota *quota = ms_modules_quota(modules);
    struct ms_module_imports *imports;

    if (!detail)
        return NULL;
    if (!detail->left_out && !ms_module_quota_is_spent(quota)) {
        imports = make_whole(modules, index, detail);
        if (!imports || ms_module_quota_keep(quota, imports->bytes))
            return imports;
        ms_module_imports_free(imports);
    }
    return ms_modules_leave_out(modules, index) ? make_empty(modules) : NULL;
}

static const struct ms_module_imports *imports_of(const struct ms_modules *modules, size_t index)
{
    struct ms_module *module = &modules->list.items[index];
    struct ms_module_imports *known = atomic_load(&module->imports), *made;

    if (known)
        return known;
    made = make_imports(modules, index);
    if (made && !atomic_compare_exchange_strong(&module->imports, &known, made)) {
        ms_module_quota_give_back(ms_modules_quota(modules), made->bytes);
        ms_module_imports_free(made);
        return known;
    }
    return made;
}

enum ms_status ms_modules_imports(const struct ms_modules *modules, size_t index,
                                  const struct ms_import **imports_ret, size_t *n_ret,
                                  struct ms_error *error)
{
    const struct ms_module_imports *imports = imports_of(modules, index);

    if (!imports)
        return ms_fail_nomem(error);
    *imports_ret = imports->list.items;
    *n_ret = imports->list.n;
    return MS_OK;
}

enum ms_status ms_modules_import_at(const struct ms_modules *modules, uint64_t address,
                                    const struct ms_import **import_ret, struct ms_error *error)
{
    size_t module = ms_modules_at(modules, address), low = 0, high;
    const struct ms_module_imports *imports;

    *import_ret = NULL;
    if (module == MS_NO_MODULE)
        return MS_OK;
    imports = imports_of(modules, module);
    if (!imports)
        return ms_fail_nomem(error);
    high = imports->list.n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (imports->list.items[middle].slot <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low > 0 && address - imports->list.items[low - 1].slot < imports->slot_bytes)
        *import_ret = &imports->list.items[low - 1];
    return MS_OK;
}
