// SPDX-License-Identifier: MIT
//
// The choice of a reader: by name, or by the bits that it verified.

#include "golden.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

TestSuite(registry);

Test(registry, lists_each_name_once_and_chooses_by_it)
{
    struct ms_source *source = source_of((const uint8_t *)"0123456789abcdef", 16);
    struct ms_head head;
    size_t n = 0;

    for (; ms_format_name(n); n++) {
        const struct ms_format_ops *ops = NULL;

        for (size_t k = 0; k < n; k++)
            cr_expect(ne(str, (char *)ms_format_name(n), (char *)ms_format_name(k)));
        cr_expect(eq(int, ms_format_choose(source, ms_format_name(n), &head, &ops, NULL), MS_OK));
        cr_expect(eq(str, (char *)ops->name, (char *)ms_format_name(n)));
        cr_expect(ops->title && ops->bid && ops->read, "%s", ops->name);
    }
    cr_assert(eq(sz, n, 6));
    cr_assert(eq(ptr, (void *)ms_format_name(SIZE_MAX), NULL));
    ms_source_close(source);
}

Test(registry, says_which_names_there_are)
{
    struct reading reading = read_bytes((const uint8_t *)"x", 1, "elf");

    cr_assert(eq(int, reading.status, MS_ARGUMENT));
    cr_assert(contains(reading.error.text, "'elf'"));
    for (size_t i = 0; ms_format_name(i); i++)
        cr_expect(contains(reading.error.text, ms_format_name(i)), "%s", reading.error.text);
}

struct bid_case {
    const char *name;
    const char *hex;
    const char *format;
};

static const struct bid_case bid_cases[] = {
    {"64-bit crash dump", "50414745 44553634", "crashdump64"},
    {"32-bit crash dump", "50414745 44554D50", "crashdump32"},
    {"half a crash dump's signature", "50414745 00000000", "raw"},
    {"64-bit ELF", "7F454C46 02 01 01", "elf64"},
    {"32-bit ELF", "7F454C46 01 01 00", "elf32"},
    {"big-endian ELF", "7F454C46 01 02 01", "elf32"},
    {"ELF of no class", "7F454C46 03 01 01", "raw"},
    {"LiME", "454D694C 01000000", "lime"},
    {"LiME of another version", "454D694C 02000000", "lime"},
    {"zeros", "00", "raw"},
};

Test(registry, takes_the_highest_bidder)
{
    for (size_t i = 0; i < sizeof(bid_cases) / sizeof(bid_cases[0]); i++) {
        const struct bid_case *c = &bid_cases[i];
        struct file_bytes file = filled(8192, "\0\0\0\0");
        struct reading reading;

        put_hex(&file, 0, c->hex);
        reading = read_bytes(file.bytes, file.n, NULL);
        cr_expect(reading.ops && strcmp(reading.ops->name, c->format) == 0, "%s", c->name);
        ms_layout_release(&reading.layout);
        free(file.bytes);
    }
}

// The head of a file that is no image of the forced kind; "raw" takes anything.
Test(registry, forced_readers_fail_cleanly)
{
    static const char *const fillers[] = {"\0\0\0\0", "PAGE", "\xff\xff\xff\xff", "EMiL",
                                          "\177ELF"};
    static const size_t sizes[] = {0, 1, 63, 64, 4096, 8192, 20000};

    for (size_t i = 0; ms_format_name(i); i++) {
        if (strcmp(ms_format_name(i), "raw") == 0)
            continue;
        for (size_t k = 0; k < 5 * 7; k++) {
            struct file_bytes file = filled(sizes[k / 5], fillers[k % 5]);
            struct reading reading = read_bytes(file.bytes, file.n, ms_format_name(i));

            cr_expect(reading.status == MS_MALFORMED || reading.status == MS_UNSUPPORTED ||
                          (reading.status == MS_OK && reading.layout.runs.n == 0),
                      "%s on %zu bytes of %s", ms_format_name(i), file.n, fillers[k % 5]);
            ms_layout_release(&reading.layout);
            free(file.bytes);
        }
    }
}
