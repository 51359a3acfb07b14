// SPDX-License-Identifier: MIT
//
// Containers that are recognised but not read, and files that only look a little like them.

#include "format/foreign.h"
#include "golden.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

TestSuite(foreign);

struct head_case {
    const char *name;
    const char *hex;   // the file's first bytes; zeros follow
    const char *title; // part of it; NULL: a raw image
};

static const struct head_case head_cases[] = {
    {"minidump", "4D444D50 93A7 0000", "user-mode minidump (MDMP)"},
    {"minidump of another version", "4D444D50 94A7 0000", NULL},
    {"AVML v2", "41564D4C 02000000", "AVML"},
    {"AVML of another version", "41564D4C 07000000", NULL},
    {"kdump", "4B44554D50202020 06000000", "kdump"},
    {"kdump without its blanks", "4B44554D50", NULL},
    {"diskdump", "4449534B44554D50", "diskdump"},
    {"flattened", "6D616B6564756D7066696C65 00000000 0000000000000001", "makedumpfile"},
    {"a text about makedumpfile", "6D616B6564756D7066696C65 20697320", NULL},
    {"VMware version 0", "D0BED2BE 00000000 10000000", "VMware"},
    {"VMware version 1", "D1BAD1BA 08000000 60000000", "VMware"},
    {"VMware version 2", "D2BED2BE 08000000 60000000", "VMware"},
    {"VMware version 3", "D3BED3BE 08000000 60000000", "VMware"},
    {"VMware without groups", "D2BED2BE 08000000 00000000", NULL},
    {"VMware with a billion groups", "D2BED2BE 08000000 00000040", NULL},
    {"hiberfil hibr", "68696272", "hiberfil.sys"},
    {"hiberfil HIBR", "48494252", "hiberfil.sys"},
    {"hiberfil wake", "77616B65", "hiberfil.sys"},
    {"hiberfil WAKE", "57414B45", "hiberfil.sys"},
    {"hiberfil RSTR", "52535452", "hiberfil.sys"},
    {"hiberfil BRKP", "42524B50", "hiberfil.sys"},
    {"hiberfil HORM", "484F524D", "hiberfil.sys"},
    {"EWF", "45564609 0D0AFF00", "E01"},
    {"AFF", "41464631 300D0A00", "AFF image"},
    {"AFF4, container.description",
     "504B0304 14000000 0000 0000 0000 00000000 00000000 00000000 1500 0000"
     "636F6E7461696E65722E6465736372697074696F6E",
     "AFF4"},
    {"AFF4, information.turtle",
     "504B0304 14000000 0000 0000 0000 00000000 00000000 00000000 1200 0000"
     "696E666F726D6174696F6E2E747572746C65",
     "AFF4"},
    {"AFF4, a stream",
     "504B0304 14000000 0000 0000 0000 00000000 00000000 00000000 2000 0000"
     "616666342533412532462532",
     "AFF4"},
    {"another ZIP",
     "504B0304 14000000 0000 0000 0000 00000000 00000000 00000000 0900 0000"
     "666F6C6465722F612E",
     NULL},
    {"a ZIP of a short name",
     "504B0304 14000000 0000 0000 0000 00000000 00000000 00000000 0400 0000"
     "616666343A2F2F",
     NULL},
    {"zeros", "00000000", NULL},
};

Test(foreign, names_what_it_recognises)
{
    for (size_t i = 0; i < sizeof(head_cases) / sizeof(head_cases[0]); i++) {
        const struct head_case *c = &head_cases[i];
        struct file_bytes file = filled(4096, "\0\0\0\0");
        struct reading reading;

        put_hex(&file, 0, c->hex);
        reading = read_bytes(file.bytes, file.n, NULL);
        cr_expect(eq(int, reading.status, c->title ? MS_UNSUPPORTED : MS_OK), "%s", c->name);
        cr_expect(c->title == NULL || (contains(reading.error.text, c->title) &&
                                       contains(reading.error.text, "--as raw")),
                  "%s: %s", c->name, reading.error.text);
        ms_layout_release(&reading.layout);

        reading = read_bytes(file.bytes, file.n, "raw");
        cr_expect(eq(int, reading.status, MS_OK), "%s: forced to be raw", c->name);
        ms_layout_release(&reading.layout);
        free(file.bytes);
    }
}

// What is missing at the end of a short file must not be taken for the zeros behind the head.
Test(foreign, does_not_read_past_a_short_file)
{
    for (size_t i = 0; i < sizeof(head_cases) / sizeof(head_cases[0]); i++) {
        for (size_t n = 0; n < 4; n++) {
            struct file_bytes file = filled(64, "\0\0\0\0");
            struct ms_head head = {.length = n, .file_size = n};
            const char *title = NULL;

            put_hex(&file, 0, head_cases[i].hex);
            memcpy(head.bytes, file.bytes, n);
            cr_expect(eq(uint, ms_foreign_bid(&head, &title), 0), "%s", head_cases[i].name);
            cr_expect(title == NULL, "%s", head_cases[i].name);
            free(file.bytes);
        }
    }
}

// The same where a magic number itself ends in zeros.
Test(foreign, wants_all_of_a_magic_number)
{
    static const char *const magics[] = {"makedumpfile\0\0\0\0", "EVF\x09\x0d\x0a\xff\0"};
    static const size_t lengths[] = {16, 8};

    for (size_t i = 0; i < 2; i++) {
        struct ms_head head = {.length = lengths[i]};
        const char *title = NULL;

        memcpy(head.bytes, magics[i], lengths[i]);
        cr_expect(eq(uint, ms_foreign_bid(&head, &title), 8 * (unsigned)lengths[i]));
        head.length--;
        cr_expect(eq(uint, ms_foreign_bid(&head, &title), 0), "%s", magics[i]);
    }
}

struct sample_case {
    const char *name;
    const char *title;
};

static const struct sample_case samples[] = {
    {"breakpad_ascii_read_av.dmp", "minidump"},
    {"breakpad_minidump2.dmp", "minidump"},
    {"breakpad_stack_exhaustion.dmp", "minidump"},
    {"lldb_sigsegv.dmp", "minidump"},
    {"node_windows.dmp", "minidump"},
    {"r2_trunc_memory64.dmp", "minidump"},
    {"rustmd_invalid-parameter.dmp", "minidump"},
    {"rustmd_invalid-range.dmp", "minidump"},
    {"rustmd_linux-mini.dmp", "minidump"},
    {"rustmd_simple-crashpad.dmp", "minidump"},
    {"rustmd_test.dmp", "minidump"},
    {"rustmd_invalid-record-count.dmp", "minidump"},
};

Test(foreign, names_the_sample_minidumps)
{
    char path[512];

    if (!sample_path(samples[0].name, path))
        cr_skip_test(NO_SAMPLES);
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        const struct ms_format_ops *ops = NULL;
        struct ms_source *source = NULL;
        struct ms_error error = {0};
        struct ms_head head;

        cr_assert(sample_path(samples[i].name, path), "%s", samples[i].name);
        cr_assert(eq(int, ms_source_open(path, false, &source, &error), MS_OK));
        cr_expect(eq(int, ms_format_choose(source, NULL, &head, &ops, &error), MS_UNSUPPORTED),
                  "%s", samples[i].name);
        cr_expect(contains(error.text, samples[i].title), "%s: %s", samples[i].name, error.text);
        ms_source_close(source);
    }
}
