// SPDX-License-Identifier: MIT
//
// pe_print FILE...: lays PE files out in memory as a loader does, without binding or relocating
// them, and prints what the engine then reads, a line a fact. For a script that knows the truth.

#include "windows/pe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define BASE UINT64_C(0xfffff80000200000)

struct image {
    uint8_t *bytes;
    size_t size;
};

static size_t read_image(void *user, uint64_t address, uint8_t *bytes, bool *present, size_t length)
{
    const struct image *image = user;
    size_t n = 0;

    for (size_t i = 0; i < length; i++) {
        uint64_t at = address + i - BASE;

        present[i] = at < image->size;
        bytes[i] = present[i] ? image->bytes[at] : 0;
        n += present[i];
    }
    return n;
}

static uint32_t number(const uint8_t *bytes, size_t at, unsigned width)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < width; i++)
        value |= (uint32_t)bytes[at + i] << 8 * i;
    return value;
}

// == Loading ==

static uint8_t *read_file(const char *path, size_t *size_ret)
{
    FILE *file = fopen(path, "rb");
    struct stat facts;
    uint8_t *bytes = NULL;

    if (!file)
        return NULL;
    if (fstat(fileno(file), &facts) == 0) {
        *size_ret = (size_t)facts.st_size;
        bytes = malloc(*size_ret + 1);
    }
    if (bytes && fread(bytes, 1, *size_ret, file) != *size_ret) {
        free(bytes);
        bytes = NULL;
    }
    fclose(file);
    return bytes;
}

// Copies a part of the file, as much of it as there is and fits.
static void place(struct image *image, size_t at, const uint8_t *file, size_t size, size_t from,
                  size_t length)
{
    if (at >= image->size || from >= size)
        return;
    if (length > image->size - at)
        length = image->size - at;
    if (length > size - from)
        length = size - from;
    memcpy(image->bytes + at, file + from, length);
}

// Files that are known to be sound: of a Debian package.
static struct image load(const uint8_t *file, size_t size)
{
    uint32_t nt = number(file, 0x3c, 4), n_sections = number(file, nt + 6, 2);
    uint32_t table = nt + 0x18 + number(file, nt + 0x14, 2);
    struct image image = {.size = number(file, nt + 0x50, 4)};

    image.bytes = calloc(image.size, 1);
    if (!image.bytes)
        return image;
    place(&image, 0, file, size, 0, number(file, nt + 0x54, 4));
    for (uint32_t i = 0; i < n_sections; i++) {
        uint32_t at = table + 0x28 * i;

        place(&image, number(file, at + 0xc, 4), file, size, number(file, at + 0x14, 4),
              number(file, at + 0x10, 4));
    }
    return image;
}

// == Printing ==

static void print_text(const char *before, const struct ms_pe_text *text)
{
    printf("%s%.*s%s", before, (int)text->length, text->length ? (const char *)text->bytes : "",
           text->state > MS_PE_WHOLE ? " (not whole)" : "");
}

static void print_lost(const char *what, const struct ms_pe_lost *lost)
{
    if (lost->missing + lost->bad + lost->left_out > 0)
        printf("lost %s %zu %zu %zu\n", what, lost->missing, lost->bad, lost->left_out);
}

static void print_headers(const struct ms_pe *pe)
{
    printf("header size %" PRIx32 " checksum %" PRIx32 " entry %" PRIx32 " base %" PRIx64 "\n",
           pe->size_of_image, pe->checksum, pe->entry_point, pe->image_base);
    print_lost("sections", &pe->sections_lost);
}

static void print_export(const struct ms_pe_export *item)
{
    printf("export %" PRIu32, item->ordinal);
    print_text(" ", &item->name);
    if (item->has_rva)
        printf(" at %" PRIx32, item->rva);
    if (item->forwarder.state != MS_PE_NONE)
        print_text(" to ", &item->forwarder);
    putchar('\n');
}

static void print_exports(const struct ms_pe *pe)
{
    struct ms_pe_exports *exports;

    if (ms_pe_exports_read(pe, &exports, NULL) != MS_OK)
        return;
    for (size_t i = 0; i < exports->n; i++)
        print_export(&exports->items[i]);
    print_lost("exports", &exports->lost);
    ms_pe_exports_free(exports);
}

static void print_import(const struct ms_pe_imports *imports, const struct ms_pe_import *item)
{
    if (imports->dlls[item->dll].kind == MS_PE_IMPORT_IAT) {
        printf("rest %" PRIx32 " %" PRIx64 "\n", item->slot, item->value);
        return;
    }
    printf("import %" PRIx32, item->slot);
    print_text(" ", &imports->dlls[item->dll].name);
    if (item->asked == MS_PE_ASKED_ORDINAL)
        printf(" #%u", item->ordinal);
    if (item->asked == MS_PE_ASKED_NAME)
        print_text(" ", &item->name);
    if (item->asked == MS_PE_ASKED_NAME)
        printf(" hint %u", item->ordinal);
    if (item != ms_pe_imports_at(imports, item->slot))
        printf(" (another is found there)");
    putchar('\n');
}

static void print_imports(const struct ms_pe *pe)
{
    struct ms_pe_imports *imports;

    if (ms_pe_imports_read(pe, &imports, NULL) != MS_OK)
        return;
    for (size_t i = 0; i < imports->n; i++)
        print_import(imports, &imports->items[i]);
    print_lost("imports", &imports->lost);
    ms_pe_imports_free(imports);
}

// Each function, by asking for each address that may begin one.
static void print_functions(const struct ms_pe *pe)
{
    struct ms_pe_functions *functions;
    struct ms_pe_lost lost;

    if (ms_pe_functions_read(pe, &functions, NULL) != MS_OK)
        return;
    for (uint32_t rva = 0; rva < pe->size_of_image; rva++) {
        struct ms_pe_function at;

        if (ms_pe_function_at(functions, pe, rva, &at) != MS_PE_WHOLE || at.begin != rva)
            continue;
        printf("function %" PRIx32 " %" PRIx32 "%s\n", at.begin, at.end,
               at.primary_state == MS_PE_WHOLE ? "" : " (broken chain)");
    }
    lost = ms_pe_functions_lost(functions);
    print_lost("functions", &lost);
    ms_pe_functions_free(functions);
}

static void print_version(const struct ms_pe *pe)
{
    struct ms_pe_version version;

    if (ms_pe_version(pe, &version) == MS_PE_WHOLE)
        printf("version %u.%u.%u.%u\n", version.file[0], version.file[1], version.file[2],
               version.file[3]);
}

static void print_name(const struct ms_pe *pe)
{
    uint8_t name[MS_PE_MAX_NAME];
    struct ms_pe_text text;

    ms_pe_own_name(pe, name, sizeof(name), &text);
    if (text.state == MS_PE_NONE)
        return;
    print_text("name ", &text);
    putchar('\n');
}

static int print_file(const char *path)
{
    size_t size = 0;
    uint8_t *file = read_file(path, &size);
    struct image image = {0};
    struct ms_vmem memory = {.read = read_image, .user = &image};
    struct ms_pe *pe = NULL;
    struct ms_error error;

    if (file)
        image = load(file, size);
    free(file);
    if (!image.bytes) {
        perror(path);
        return 1;
    }
    if (ms_pe_open(&memory, BASE, &pe, &error) == MS_OK) {
        print_headers(pe);
        print_name(pe);
        print_version(pe);
        print_exports(pe);
        print_imports(pe);
        print_functions(pe);
    } else {
        fprintf(stderr, "%s: %s\n", path, error.text);
    }
    ms_pe_close(pe);
    free(image.bytes);
    return pe ? 0 : 1;
}

int main(int argc, char **argv)
{
    int failed = argc < 2;

    for (int i = 1; i < argc; i++)
        failed |= print_file(argv[i]);
    return failed;
}
