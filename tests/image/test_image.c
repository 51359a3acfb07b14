// SPDX-License-Identifier: MIT
//
// Images through the public interface: opening, what is told of them, and reading across runs.

#include "../format/golden.h"
#include "image/memory.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <memscan/memscan.h>

TestSuite(image);

// Opens a file of the bytes, which is removed again, and gives its path for the error texts.
static enum ms_status open_bytes(const uint8_t *bytes, size_t n,
                                 const struct ms_open_options *options, struct ms_image **ret,
                                 struct ms_error *error, char *path)
{
    enum ms_status status;

    write_file(bytes, n, path);
    status = ms_image_open(path, options, ret, error);
    unlink(path);
    return status;
}

static struct ms_image *open_lime(const struct file_bytes *file, unsigned flags)
{
    struct ms_open_options options = {.flags = flags};
    struct ms_image *image = NULL;
    struct ms_error error = {0};
    char path[32];

    cr_assert(eq(int, open_bytes(file->bytes, file->n, &options, &image, &error, path), MS_OK),
              "%s", error.text);
    return image;
}

// Physical 10..1F, 20..27 (abutting, but elsewhere in the file), and 30..4F, of which the file
// has only the first 16 bytes.
static struct file_bytes make_lime(void)
{
    struct file_bytes file = filled(0x20 + 8 + 0x20 + 16 + 0x20 + 16, "\0\0\0\0");
    size_t at = 0;

    put_hex(&file, at, "454D694C 01000000 2000000000000000 2700000000000000");
    put_hex(&file, at += 0x20, "A0A1A2A3A4A5A6A7");
    put_hex(&file, at += 8, "454D694C 01000000 1000000000000000 1F00000000000000");
    put_hex(&file, at += 0x20, "B0B1B2B3B4B5B6B7B8B9BABBBCBDBEBF");
    put_hex(&file, at += 16, "454D694C 01000000 3000000000000000 4F00000000000000");
    put_hex(&file, at += 0x20, "C0C1C2C3C4C5C6C7C8C9CACBCCCDCECF");
    return file;
}

// == Opening ==

Test(image, tells_what_it_is)
{
    struct file_bytes file = make_lime();
    struct ms_image *image = open_lime(&file, 0);

    cr_expect(eq(str, (char *)ms_image_format(image), "lime"));
    cr_expect(eq(str, (char *)ms_image_machine(image), "unknown"));
    cr_expect(eq(uint, ms_image_address_bits(image), 32));
    cr_expect(eq(u64, ms_image_file_size(image), file.n));
    cr_expect(strncmp(ms_image_path(image), "/tmp/memscan-test-", 18) == 0);
    cr_expect(eq(sz, ms_image_n_facts(image), 0));
    cr_assert(eq(sz, ms_image_n_warnings(image), 1));
    cr_expect(contains(ms_image_warning(image, 0), "16 bytes"), "%s", ms_image_warning(image, 0));
    cr_assert(eq(sz, ms_image_n_runs(image), 4));
    cr_expect(eq(u64, ms_image_run(image, 0).start, 0x10));
    cr_expect(eq(u64, ms_image_run(image, 1).start, 0x20));
    cr_expect(eq(u64, ms_image_run(image, 2).offset, 0x78));
    cr_expect(eq(int, ms_image_run(image, 3).presence, MS_ABSENT));
    ms_image_close(image);
    free(file.bytes);
}

Test(image, gives_facts_with_their_names)
{
    struct file_bytes file = filled(0x40 + 56 + 64, "\0\0\0\0");
    struct ms_image *image = NULL;
    struct ms_error error = {0};
    char path[32];

    put_hex(&file, 0, "7F454C46 020101");
    put_hex(&file, 0x10, "0400 F300");
    put_hex(&file, 0x20, "40");
    put_hex(&file, 0x36, "3800 0100");
    put_hex(&file, 0x40, "01");
    put_hex(&file, 0x40 + 0x28, "40");
    cr_assert(eq(int, open_bytes(file.bytes, file.n, NULL, &image, &error, path), MS_OK), "%s",
              error.text);
    cr_assert(eq(sz, ms_image_n_facts(image), 1));
    cr_assert(eq(str, (char *)ms_image_fact(image, 0).name, "e_machine"));
    cr_assert(eq(str, (char *)ms_image_fact(image, 0).text, "243"));
    cr_assert(eq(str, (char *)ms_image_machine(image), "unknown"));
    cr_assert(eq(uint, ms_image_address_bits(image), 64));
    ms_image_close(image);
    free(file.bytes);
}

struct bits_case {
    const char *name;
    uint64_t last; // of a LiME range of one byte
    unsigned bits;
};

static const struct bits_case bits_cases[] = {
    {"low", 0, 32},
    {"the last below 4 GiB", 0xffffffff, 32},
    {"the first above", 0x100000000, 64},
    {"the top", UINT64_MAX, 64},
};

Test(image, writes_addresses_as_wide_as_its_runs_need)
{
    for (size_t i = 0; i < sizeof(bits_cases) / sizeof(bits_cases[0]); i++) {
        struct file_bytes file = filled(0x21, "\0\0\0\0");
        struct ms_image *image;

        put_hex(&file, 0, "454D694C 01000000");
        put_number(&file, 8, bits_cases[i].last, 8);
        put_number(&file, 16, bits_cases[i].last, 8);
        image = open_lime(&file, 0);
        cr_expect(eq(uint, ms_image_address_bits(image), bits_cases[i].bits), "%s",
                  bits_cases[i].name);
        ms_image_close(image);
        free(file.bytes);
    }
}

struct error_case {
    const char *name;
    const char *bytes;
    size_t n;
    const char *format; // NULL: recognised
    enum ms_status status;
    const char *text; // behind "PATH: "; NULL: no path in front
};

static const struct error_case error_cases[] = {
    {"empty", "", 0, NULL, MS_MALFORMED, "raw image: the file is empty"},
    {"foreign", "KDUMP   ", 8, NULL, MS_UNSUPPORTED, "compressed kdump"},
    {"cut", "EMiL\1", 5, NULL, MS_MALFORMED, "LiME image: a range header at offset 0x0 needs 32"},
    {"forced", "EMiL\1", 5, "elf64", MS_MALFORMED,
     "64-bit ELF core: the ELF header at offset 0x0 needs 64 bytes, of which the file has 5"},
    {"no such format", "EMiL\1", 5, "lyme", MS_ARGUMENT, NULL},
};

Test(image, says_what_is_wrong_and_where)
{
    for (size_t i = 0; i < sizeof(error_cases) / sizeof(error_cases[0]); i++) {
        const struct error_case *c = &error_cases[i];
        struct ms_open_options options = {.format = c->format};
        struct ms_image *image = NULL;
        struct ms_error error = {0};
        size_t length;
        char path[32];

        cr_expect(eq(int,
                     open_bytes((const uint8_t *)c->bytes, c->n, &options, &image, &error, path),
                     c->status),
                  "%s", c->name);
        cr_expect(eq(int, error.status, c->status), "%s", c->name);
        cr_expect(image == NULL, "%s", c->name);
        length = strlen(path);
        if (c->text)
            cr_expect(strncmp(error.text, path, length) == 0 &&
                          strncmp(error.text + length, ": ", 2) == 0 &&
                          strncmp(error.text + length + 2, c->text, strlen(c->text)) == 0,
                      "%s: %s", c->name, error.text);
        cr_expect(eq(int, contains(error.text, "--as raw"), !c->format && c->n > 0), "%s: %s",
                  c->name, error.text);
    }
}

Test(image, fails_where_there_is_no_file)
{
    struct ms_image *image = NULL;
    struct ms_error error = {0};

    cr_assert(eq(int, ms_image_open("/nonexistent/image", NULL, &image, &error), MS_IO));
    cr_assert(eq(int, error.os_errno, ENOENT));
    cr_assert(contains(error.text, "/nonexistent/image"), "%s", error.text);
    cr_assert(eq(int, ms_image_open("/nonexistent/image", NULL, &image, NULL), MS_IO));
    cr_assert(eq(ptr, image, NULL));
    ms_image_close(NULL);
}

// Headers that are sound but describe nothing: the error says why, by the first warning.
Test(image, fails_where_headers_describe_no_memory)
{
    struct file_bytes file = filled(0x40 + 2 * 56, "\0\0\0\0");
    struct ms_image *image = NULL;
    struct ms_error error = {0};
    char path[32];

    put_hex(&file, 0, "7F454C46 020101");
    put_hex(&file, 0x10, "0400 3E00");
    put_hex(&file, 0x20, "40");
    put_hex(&file, 0x36, "3800 0100");
    put_hex(&file, 0x40, "01");
    put_hex(&file, 0x40 + 0x18, "01");
    put_hex(&file, 0x40 + 0x28, "FFFFFFFF FFFFFFFF");
    put_hex(&file, 0x40 + 0x18, "FFFFFFFF 01");
    cr_assert(eq(int, open_bytes(file.bytes, file.n, NULL, &image, &error, path), MS_MALFORMED));
    cr_assert(contains(error.text, "describe no memory: program header 0"), "%s", error.text);
    free(file.bytes);
}

// == Reading ==

// Addresses 0 to 5F as make_lime() has them; -1: not there.
static int expected_byte(uint64_t address)
{
    if (address >= 0x10 && address <= 0x1f)
        return 0xb0 + (int)(address - 0x10);
    if (address >= 0x20 && address <= 0x27)
        return 0xa0 + (int)(address - 0x20);
    if (address >= 0x30 && address <= 0x3f)
        return 0xc0 + (int)(address - 0x30);
    return -1;
}

static void expect_read(const struct ms_image *image, uint64_t address, size_t length)
{
    uint8_t bytes[0x60 + 2];
    bool present[0x60 + 2];
    size_t n_present = 0;

    memset(bytes, 0xee, sizeof(bytes));
    memset(present, true, sizeof(present));
    present[length] = false;
    for (size_t i = 0; i < length; i++)
        n_present += expected_byte(address + i) >= 0;
    cr_assert(eq(sz, ms_image_read(image, address, bytes, present, length), n_present),
              "%zu bytes from %x", length, (unsigned)address);
    for (size_t i = 0; i < length; i++) {
        int byte = expected_byte(address + i);

        cr_assert(eq(int, present[i], byte >= 0), "byte %zu of those from %x", i,
                  (unsigned)address);
        cr_assert(eq(int, bytes[i], byte < 0 ? 0 : byte), "byte %zu of those from %x", i,
                  (unsigned)address);
    }
    cr_assert(bytes[length] == 0xee && !present[length], "wrote behind the buffer");
}

Test(image, reads_any_stretch_over_runs_and_holes)
{
    struct file_bytes file = make_lime();

    for (unsigned flags = 0; flags <= MS_OPEN_MAP; flags += MS_OPEN_MAP) {
        struct ms_image *image = open_lime(&file, flags);

        for (uint64_t address = 0; address < 0x58; address++) {
            for (size_t length = 0; address + length <= 0x60; length++)
                expect_read(image, address, length);
        }
        ms_image_close(image);
    }
    free(file.bytes);
}

Test(image, reads_at_the_top_of_the_address_space)
{
    struct file_bytes file = filled(0x20 + 4, "\0\0\0\0");
    uint8_t bytes[16];
    bool present[16];
    struct ms_image *image;

    put_hex(&file, 0, "454D694C 01000000 FCFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF");
    put_hex(&file, 0x20, "01020304");
    image = open_lime(&file, 0);
    memset(bytes, 0xee, sizeof(bytes));
    cr_assert(eq(sz, ms_image_read(image, UINT64_MAX - 5, bytes, present, 16), 4));
    for (size_t i = 0; i < 16; i++) {
        cr_assert(eq(int, present[i], i >= 2 && i < 6), "byte %zu", i);
        cr_assert(eq(int, bytes[i], i >= 2 && i < 6 ? (int)i - 1 : 0), "byte %zu", i);
    }
    ms_image_close(image);
    free(file.bytes);
}

// What the file has lost since it was opened is not present.
Test(image, survives_a_file_that_shrinks)
{
    struct file_bytes file = filled(8192, "abcd");
    struct ms_image *image = NULL;
    uint8_t bytes[8192];
    bool present[8192];
    char path[32];

    for (unsigned flags = 0; flags <= MS_OPEN_MAP; flags += MS_OPEN_MAP) {
        struct ms_open_options options = {.flags = flags, .format = "raw"};

        write_file(file.bytes, file.n, path);
        cr_assert(eq(int, ms_image_open(path, &options, &image, NULL), MS_OK));
        cr_assert(eq(sz, ms_image_read(image, 0, bytes, present, 8192), 8192));
        cr_assert(eq(int, truncate(path, 4097), 0));
        cr_assert(eq(sz, ms_image_read(image, 0, bytes, present, 8192), 4097));
        cr_assert(present[4096] && !present[4097] && bytes[4096] == 'a' && bytes[4097] == 0);
        cr_assert(eq(u64, ms_image_file_size(image), 8192));
        ms_image_close(image);
        unlink(path);
    }
    free(file.bytes);
}

// == A small file that asks for much ==

// A bitmap of every other page, far more than the file can hold: the runs are bounded by the file.
Test(image, bounds_runs_by_the_size_of_the_file)
{
    const size_t n_bytes = 1 << 20;
    struct file_bytes file = filled(0x2038 + n_bytes, "UUUU");
    struct ms_image *image = NULL;
    struct ms_error error = {0};
    char path[32];

    put_hex(&file, 0, "50414745 44553634");
    put_hex(&file, 0xf98, "05000000");
    put_hex(&file, 0x2000, "46444D50 44554D50");
    put_number(&file, 0x2020, 0x2000 + 2 * n_bytes, 8);
    put_number(&file, 0x2030, 8 * n_bytes, 8);
    cr_assert(eq(int, open_bytes(file.bytes, file.n, NULL, &image, &error, path), MS_OK), "%s",
              error.text);
    cr_assert(eq(sz, ms_image_n_runs(image), 65536 + (0x2038 + n_bytes) / 4096));
    cr_assert(contains(ms_image_warning(image, 0), "too many for a file of this size"), "%s",
              ms_image_warning(image, 0));
    ms_image_close(image);
    free(file.bytes);
}

// A hole is for files without headers, and one of whole pages below other memory.
Test(image, takes_a_hole_of_raw_files_alone)
{
    static const struct {
        const char *format;
        struct ms_range hole;
        enum ms_status status;
        const char *text;
    } cases[] = {
        {"raw", {.first = 0x1000, .last = 0xfffff}, MS_OK, ""},
        {"raw", {.first = 0x1001, .last = 0xfffff}, MS_ARGUMENT, "whole pages"},
        {"raw", {.first = 0x1000, .last = 0xffffe}, MS_ARGUMENT, "whole pages"},
        {"raw", {.first = 0x2000, .last = 0x1fff}, MS_ARGUMENT, "whole pages"},
        {"raw", {.first = 0x1000, .last = UINT64_MAX}, MS_ARGUMENT, "whole pages"},
        {"lime", {.first = 0x1000, .last = 0xfffff}, MS_ARGUMENT, "raw images alone"},
    };
    uint8_t bytes[0x3000] = {0};
    char path[32];

    write_file(bytes, sizeof(bytes), path);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct ms_open_options options = {.format = cases[i].format, .hole = &cases[i].hole};
        struct ms_image *image = NULL;
        struct ms_error error = {0};

        cr_expect(eq(int, (int)ms_image_open(path, &options, &image, &error), (int)cases[i].status),
                  "case %zu", i);
        cr_expect(strstr(error.text, cases[i].text) != NULL, "case %zu: %s", i, error.text);
        if (image)
            cr_expect(eq(sz, ms_image_n_runs(image), 2));
        ms_image_close(image);
    }
    unlink(path);
}
