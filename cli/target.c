// SPDX-License-Identifier: MIT
//
// Names and numbers share letters: what could be both is refused, with both spellings.

#include "target.h"

#include "message.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Hexadecimal digits from which on a word is taken for an address; no function has such a name.
#define ADDRESS_DIGITS 8

#define NAMES_LISTED 8 // of modules, in an error message

// == Reading ==

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_number(const char *text)
{
    return is_digit(text[strncmp(text, "p:", 2) == 0 ? 2 : 0]) ||
           (strspn(text, "0123456789abcdefABCDEF`") == strlen(text) &&
            (strlen(text) >= ADDRESS_DIGITS || strchr(text, '`') != NULL));
}

static bool is_name_or_number(const char *text)
{
    return !is_digit(*text) && strspn(text, "0123456789abcdefABCDEF") == strlen(text);
}

static bool allows(unsigned kinds, enum target_kind kind)
{
    return kinds >> kind & 1;
}

static bool refuse_doubtful(const char *text, unsigned kinds)
{
    if (allows(kinds, TARGET_MODULE))
        message("\"%s\" may be a name or a number: write *:%s for the function, %s: for the "
                "module, 0x%s for the address",
                text, text, text, text);
    else
        message("\"%s\" may be a name or a number: write *:%s for the name, 0x%s for the address",
                text, text, text);
    return false;
}

static bool read_address(struct target *target)
{
    struct ms_error error = {0};
    bool physical;

    if (ms_address_parse(target->text, &target->address, &physical, &error) != MS_OK) {
        message("%s", error.text);
        return false;
    }
    if (physical) {
        message("\"%s\" is a physical address: pointers hold virtual ones", target->text);
        return false;
    }
    target->kind = TARGET_ADDRESS;
    target->range = (struct ms_range){.first = target->address, .last = target->address};
    return true;
}

static bool read_range(struct target *target, unsigned kinds)
{
    struct ms_error error = {0};

    if (!allows(kinds, TARGET_RANGE)) {
        message("\"%s\": a range does not make sense here: name a function or an address",
                target->text);
        return false;
    }
    if (ms_range_parse(target->text, 0, &target->range, &error) != MS_OK) {
        message("%s", error.text);
        return false;
    }
    if (target->range.physical) {
        message("\"%s\" is a physical range: pointers hold virtual addresses", target->text);
        return false;
    }
    target->kind = TARGET_RANGE;
    return true;
}

// "#12" is what the symbols of modules call "Ordinal12".
static char *copy_name(const char *name)
{
    static const char ordinal[] = "Ordinal";
    bool numbered = name[0] == '#' && is_digit(name[1]);
    size_t length = strlen(name), extra = numbered ? strlen(ordinal) : 0;
    char *copy = malloc(length + extra + 1);

    if (copy == NULL)
        return NULL;
    memcpy(copy, ordinal, extra);
    memcpy(copy + extra, name + numbered, length - numbered + 1);
    return copy;
}

static bool read_name(struct target *target, unsigned kinds)
{
    const char *mark = strpbrk(target->text, "!:");
    const char *name = mark != NULL ? mark + 1 : target->text;

    target->kind = *name != '\0' ? TARGET_NAME : TARGET_MODULE;
    if (*target->text == '\0' || mark == target->text || !allows(kinds, target->kind)) {
        message("\"%s\": the name of a function is expected, as in SeTokenType or nt:SeTokenType",
                target->text);
        return false;
    }
    if (mark != NULL)
        target->module = strndup(target->text, (size_t)(mark - target->text));
    if (target->kind == TARGET_NAME)
        target->name = copy_name(name);
    if ((mark != NULL && target->module == NULL) ||
        (target->kind == TARGET_NAME && target->name == NULL)) {
        message_no_memory();
        return false;
    }
    return true;
}

bool target_read(struct target *target, const char *text, unsigned kinds)
{
    *target = (struct target){.text = text};
    if (strpbrk(text, "+,") != NULL)
        return read_range(target, kinds);
    if (*text != '\0' && is_number(text))
        return read_address(target);
    if (*text != '\0' && is_name_or_number(text))
        return refuse_doubtful(text, kinds);
    return read_name(target, kinds);
}

void target_release(struct target *target)
{
    free(target->module);
    free(target->name);
    *target = (struct target){0};
}

bool target_has_module(const struct target *target, const char *module)
{
    return target->module == NULL || ms_name_matches(target->module, module, strlen(module));
}

// == Finding ==

struct collector {
    struct target_exports *exports;
    size_t module;
};

static int collect(void *user, const struct ms_export *item)
{
    const struct collector *collector = user;
    struct target_exports *exports = collector->exports;

    if (exports->n == exports->room) {
        size_t room = exports->room > 0 ? 2 * exports->room : 64;
        struct target_export *items = reallocarray(exports->items, room, sizeof(*items));

        if (items == NULL)
            return 1;
        exports->items = items;
        exports->room = room;
    }
    exports->items[exports->n++] = (struct target_export){collector->module, *item};
    return 0;
}

// What symbol files name besides.
static bool collect_symbols(struct collector *collector, const struct target *target,
                            const struct ms_modules *modules)
{
    const struct ms_symbol *symbols;
    size_t n;

    if (ms_modules_symbols(modules, collector->module, &symbols, &n, NULL) != MS_OK)
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct ms_symbol *symbol = &symbols[i];
        struct ms_export item = {symbol->name, symbol->length, symbol->address, false};

        if (!symbol->exported && ms_name_matches(target->name, symbol->name, symbol->length) &&
            collect(collector, &item) != 0)
            return false;
    }
    return true;
}

static bool collect_all(const struct target *target, const struct ms_modules *modules,
                        struct target_exports *exports)
{
    for (size_t i = 0; i < ms_modules_count(modules); i++) {
        struct collector collector = {exports, i};
        int result;

        if (target_has_module(target, ms_modules_info(modules, i).name) &&
            (ms_modules_exports(modules, i, target->name, collect, &collector, &result, NULL) !=
                 MS_OK ||
             result != 0 || !collect_symbols(&collector, target, modules)))
            return false;
    }
    return true;
}

static int compare(const void *a, const void *b)
{
    const struct target_export *x = a, *y = b;

    if (x->item.address != y->item.address)
        return x->item.address < y->item.address ? -1 : 1;
    return x->module < y->module ? -1 : x->module > y->module;
}

// Modules that forward to one function do not make its name ambiguous.
static bool is_ambiguous(const struct target *target, const struct target_exports *exports)
{
    const struct target_export *items = exports->items;

    if (target->module != NULL || strpbrk(target->name, "*?[") != NULL)
        return false;
    for (size_t i = 1; i < exports->n; i++)
        if (items[i].module != items[0].module && items[i].item.address != items[0].item.address)
            return true;
    return false;
}

static void tell_ambiguous(const struct target *target, const struct ms_modules *modules,
                           const char *image, const struct target_exports *exports)
{
    char list[400] = "";
    size_t used = 0, i = 0;

    for (; i < exports->n && i < NAMES_LISTED; i++) {
        struct ms_module_info info = ms_modules_info(modules, exports->items[i].module);

        used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%.40s:%s", i > 0 ? ", " : "",
                                 info.name, target->name);
        if (used >= sizeof(list))
            break;
    }
    message("%s: several modules have %s: write one of %s%s, or *:%s for all", image, target->name,
            list, i < exports->n ? ", ..." : "", target->name);
}

bool target_find(const struct target *target, const struct ms_modules *modules, const char *image,
                 struct target_exports *exports)
{
    *exports = (struct target_exports){0};
    if (target->kind != TARGET_NAME)
        return true;
    if (!collect_all(target, modules, exports)) {
        message_no_memory();
        return false;
    }
    if (exports->n > 0)
        qsort(exports->items, exports->n, sizeof(*exports->items), compare);
    if (!is_ambiguous(target, exports))
        return true;
    tell_ambiguous(target, modules, image, exports);
    return false;
}

void target_exports_release(struct target_exports *exports)
{
    free(exports->items);
    *exports = (struct target_exports){0};
}

const struct target_export *target_exports_at(const struct target_exports *exports,
                                              uint64_t address)
{
    size_t low = 0, high = exports->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (exports->items[middle].item.address < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < exports->n && exports->items[low].item.address == address ? &exports->items[low]
                                                                           : NULL;
}
