// SPDX-License-Identifier: MIT
//
// Symbol files as Volatility 3 writes them for PDB files ("Intermediate Symbol Format"), read by
// jansson. What is wanted of the tree is copied, and the tree is freed.
//
// Facts: Volatility 3 (schemas/schema-6.3.0.json, framework/symbols/windows/pdbconv.py).

#include "windows/symbols.h"

#include "base/error.h"
#include "windows/modules.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ms_symbols_free(struct ms_symbols *symbols)
{
    if (!symbols)
        return;
    free(symbols->path);
    free(symbols->pdb_name);
    free(symbols->items);
    free(symbols->names);
    free(symbols);
}

struct ms_symbols_info ms_symbols_info(const struct ms_symbols *symbols)
{
    return (struct ms_symbols_info){
        .path = symbols->path,
        .pdb_name = symbols->pdb_name,
        .pdb_guid = symbols->guid,
        .pdb_age = symbols->age,
        .machine = symbols->machine,
        .n_symbols = symbols->n,
    };
}

size_t ms_symbols_below(const struct ms_symbols *symbols, uint64_t rva)
{
    size_t low = 0, high = symbols->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (symbols->items[middle].rva < rva)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

#ifdef MS_HAVE_JANSSON

#include "source/whole_file.h"
#include "windows/symbols_json.h"

#define MAX_TEXT   ((size_t)128 << 20) // bytes; a kernel's file has 10 MiB
#define MAX_TREE   ((size_t)1 << 30)
#define MAX_FORMAT 6 // of its versions

// == The text ==

// Memory that the tree takes at most, besides the bytes of texts: 10 GiB come of 128 MiB that are
// "[],[],[],...". Each value follows one of these characters, and a few more may stand in texts.
static size_t tree_bytes(const uint8_t *text, size_t n)
{
    size_t sum = n;

    for (size_t i = 0; i < n; i++) {
        switch (text[i]) {
        case '{':
            sum += 256; // an object with its first buckets
            break;
        case '[':
            sum += 160; // an array with room for 8 values
            break;
        case ':':
        case ',':
            sum += 128; // half a member, or a value
            break;
        default:
            break;
        }
    }
    return sum;
}

// All numbers are read as doubles, which hold any address of a module; integers of more than 63
// bits, which constants of enumerations are, would be errors.
static enum ms_status parse(struct ms_symbols_loading *loading, const struct ms_whole_file *file,
                            json_t **root_ret)
{
    const char *path = loading->symbols->path;
    json_error_t problem = {.text = ""};

    if (tree_bytes(file->bytes.items, file->bytes.n) > MAX_TREE)
        return ms_fail(loading->error, MS_UNSUPPORTED,
                       "%s: it has so many values that reading it takes more than %zu MiB", path,
                       MAX_TREE >> 20);
    *root_ret = json_loadb(file->bytes.n > 0 ? (const char *)file->bytes.items : "", file->bytes.n,
                           JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &problem);
    if (*root_ret)
        return MS_OK;
    if (problem.text[0] == '\0' || json_error_code(&problem) == json_error_out_of_memory)
        return ms_fail_nomem(loading->error);
    return ms_fail(loading->error, MS_MALFORMED, "%s:%d:%d: no JSON: %s", path, problem.line,
                   problem.column, problem.text);
}

// == Values ==

enum ms_status ms_symbols_expect(const struct ms_symbols_loading *loading, const char *what,
                                 const char *const *names)
{
    char where[300] = "";
    size_t used = 0;

    for (; *names; names++)
        used += (size_t)snprintf(where + used, sizeof(where) - used, "%s%.60s", used ? "." : "",
                                 *names);
    return ms_fail(loading->error, MS_MALFORMED, "%s: %s: %s", loading->symbols->path, where, what);
}

// Doubles have no fractions from 2^53 on.
static bool is_whole(const json_t *value)
{
    const double limit = 0x1p53;
    double number = json_real_value(value);

    return json_is_real(value) &&
           (number <= -limit || number >= limit || (double)(int64_t)number == number);
}

bool ms_symbols_get_number(const json_t *value, uint32_t first, uint32_t last, uint32_t *number_ret)
{
    double number = json_real_value(value);

    if (!is_whole(value) || number < first || number > last)
        return false;
    *number_ret = (uint32_t)number;
    return true;
}

// == Whose it is ==

#define PDB "metadata", "windows", "pdb"

static bool set_guid(struct ms_symbols *symbols, const char *guid)
{
    if (strlen(guid) != MS_GUID_DIGITS || strspn(guid, "0123456789abcdefABCDEF") != MS_GUID_DIGITS)
        return false;
    for (size_t i = 0; i < MS_GUID_DIGITS; i++)
        symbols->guid[i] = (char)toupper((unsigned char)guid[i]);
    return true;
}

static enum ms_status take_machine(struct ms_symbols_loading *loading, const json_t *pdb)
{
    struct ms_symbols *symbols = loading->symbols;

    if (!ms_symbols_get_number(json_object_get(pdb, "machine_type"), 0, UINT16_MAX,
                               &symbols->machine))
        return EXPECT(loading, "the number of a machine is expected", PDB, "machine_type");
    if (symbols->machine != MS_PE_MACHINE_AMD64 && symbols->machine != MS_PE_MACHINE_I386)
        return ms_fail(loading->error, MS_UNSUPPORTED,
                       "%s: it is for the machine 0x%x; those for x86 (0x14c) and x64 (0x8664) can "
                       "be used",
                       symbols->path, symbols->machine);
    symbols->bits = symbols->machine == MS_PE_MACHINE_AMD64 ? 64 : 32;
    return MS_OK;
}

static enum ms_status take_pdb(struct ms_symbols_loading *loading, const json_t *pdb)
{
    const char *guid = json_string_value(json_object_get(pdb, "GUID"));
    const char *name = json_string_value(json_object_get(pdb, "database"));
    struct ms_symbols *symbols = loading->symbols;

    if (!json_is_object(pdb))
        return EXPECT(loading,
                      "GUID, age, database and machine_type are expected: it is no symbol file of "
                      "a Windows module",
                      PDB);
    if (!guid || !set_guid(symbols, guid))
        return EXPECT(loading, "32 hexadecimal digits are expected", PDB, "GUID");
    if (!ms_symbols_get_number(json_object_get(pdb, "age"), 0, UINT32_MAX, &symbols->age))
        return EXPECT(loading, "a number is expected", PDB, "age");
    if (!name || !*name)
        return EXPECT(loading, "the name of a PDB file is expected", PDB, "database");
    symbols->pdb_name = strdup(name);
    return symbols->pdb_name ? take_machine(loading, pdb) : ms_fail_nomem(loading->error);
}

static enum ms_status take_metadata(struct ms_symbols_loading *loading, const json_t *root)
{
    const json_t *metadata = json_object_get(root, "metadata");
    const char *format = json_string_value(json_object_get(metadata, "format"));
    const json_t *windows = json_object_get(metadata, "windows");

    if (!json_is_object(root) || !json_is_object(metadata))
        return EXPECT(loading, "an object is expected: it is no symbol file", "metadata");
    if (!format || !isdigit((unsigned char)*format))
        return EXPECT(loading, "a version is expected, as \"6.2.0\"", "metadata", "format");
    if (strtoul(format, NULL, 10) > MAX_FORMAT)
        return ms_fail(loading->error, MS_UNSUPPORTED,
                       "%s: its format has version %.20s: versions up to %d can be read",
                       loading->symbols->path, format, MAX_FORMAT);
    return take_pdb(loading, json_object_get(windows, "pdb"));
}

// == Symbols ==

static enum ms_status make_room(struct ms_symbols_loading *loading, json_t *object)
{
    struct ms_symbols *symbols = loading->symbols;
    size_t n_bytes = 1;
    const char *name;
    json_t *value;

    json_object_foreach(object, name, value) n_bytes += strlen(name) + 1;
    symbols->items = calloc(json_object_size(object) + 1, sizeof(*symbols->items));
    symbols->names = malloc(n_bytes);
    return symbols->items && symbols->names ? MS_OK : ms_fail_nomem(loading->error);
}

// `*names` is where names go; those without bytes name nothing.
static enum ms_status take_symbol(struct ms_symbols_loading *loading, const char *name,
                                  const json_t *value, char **names)
{
    const json_t *address = json_object_get(value, "address");
    struct ms_symbols *symbols = loading->symbols;
    size_t length = strlen(name);
    uint32_t rva;

    if (!is_whole(address))
        return EXPECT(loading, "a whole number is expected", "symbols", name, "address");
    if (!ms_symbols_get_number(address, 0, MS_MAX_MODULE_SIZE - 1, &rva)) {
        symbols->n_outside++;
    } else if (length > 0) {
        symbols->items[symbols->n++] = (struct ms_file_symbol){*names, (uint32_t)length, rva};
        memcpy(*names, name, length + 1);
        *names += length + 1;
    }
    return MS_OK;
}

static int compare_symbols(const void *a, const void *b)
{
    const struct ms_file_symbol *x = a, *y = b;

    if (x->rva != y->rva)
        return x->rva < y->rva ? -1 : 1;
    if (x->length != y->length)
        return x->length < y->length ? -1 : 1;
    return strcmp(x->name, y->name);
}

static enum ms_status take_symbols(struct ms_symbols_loading *loading, json_t *object)
{
    struct ms_symbols *symbols = loading->symbols;
    enum ms_status status;
    const char *name;
    json_t *value;
    char *names;

    if (!json_is_object(object))
        return EXPECT(loading, "an object is expected", "symbols");
    status = make_room(loading, object);
    names = symbols->names;
    if (status)
        return status;
    json_object_foreach(object, name, value)
    {
        status = take_symbol(loading, name, value, &names);
        if (status)
            return status;
    }
    if (symbols->n > 0)
        qsort(symbols->items, symbols->n, sizeof(*symbols->items), compare_symbols);
    return MS_OK;
}

// == All of it ==

static enum ms_status load(struct ms_symbols_loading *loading)
{
    struct ms_whole_file file = {0};
    json_t *root = NULL;
    enum ms_status status =
        ms_whole_file_read(loading->symbols->path, MAX_TEXT, &file, loading->error);

    if (!status)
        status = parse(loading, &file, &root);
    free(file.bytes.items);
    if (!status)
        status = take_metadata(loading, root);
    if (!status)
        status = take_symbols(loading, json_object_get(root, "symbols"));
    if (!status)
        status = ms_symbols_take_layout(loading, root);
    json_decref(root);
    return status;
}

#else

struct ms_symbols_loading {
    struct ms_symbols *symbols;
    struct ms_error *error;
};

static enum ms_status load(struct ms_symbols_loading *loading)
{
    return ms_fail(loading->error, MS_UNSUPPORTED,
                   "%s: memscan was built without jansson, which reads symbol files",
                   loading->symbols->path);
}

#endif

static bool set_path(struct ms_symbols *symbols, const char *path)
{
    symbols->path = strdup(path);
    return symbols->path != NULL;
}

enum ms_status ms_symbols_open(const char *path, struct ms_symbols **symbols_ret,
                               struct ms_error *error)
{
    struct ms_symbols_loading loading = {.symbols = calloc(1, sizeof(*loading.symbols)),
                                         .error = error};
    enum ms_status status =
        loading.symbols && set_path(loading.symbols, path) ? load(&loading) : ms_fail_nomem(error);

    if (status)
        ms_symbols_free(loading.symbols);
    else
        *symbols_ret = loading.symbols;
    return status;
}
