// SPDX-License-Identifier: MIT
//
// Any text as a range, as an address, and as the sizes, counts and percentages of options, all of
// which come from the user's command line, or from a script that makes one of what it was given.
// The input's first byte chooses the size of an element, the rest is the text, up to a NUL.
//
// Held to: what is accepted means the same when it is written in each other form; what is refused
// has one line of text and a column in the text.

#include "fuzz.h"

#include "cli/count_number.h"
#include <inttypes.h>

#define MAX_INPUT 256
#define TEXT_ROOM 96

static void check_refused(enum ms_status status, const struct ms_error *error, const char *text,
                          const char *what)
{
    CHECK(status == MS_ARGUMENT, "%s: status %d", what, (int)status);
    check_error(status, error, what);
    CHECK(error->column >= 1, "%s: no column", what);
    check_column(error, text, strlen(text));
}

// == Ranges ==

static void expect_range(const char *text, uint32_t element_size, const struct ms_range *expected)
{
    struct ms_range range;
    struct ms_error error = {0};

    CHECK(ms_range_parse(text, element_size, &range, &error) == MS_OK, "%s: %s", text, error.text);
    CHECK(range.first == expected->first && range.last == expected->last &&
              range.physical == expected->physical,
          "%s is 0x%" PRIx64 "-0x%" PRIx64 ", not 0x%" PRIx64 "-0x%" PRIx64, text, range.first,
          range.last, expected->first, expected->last);
}

// A range in each form that can name it. One of 2^64 bytes has no number of bytes.
static void check_forms(const struct ms_range *range, uint32_t element_size)
{
    const char *p = range->physical ? "p:" : "";
    uint64_t first = range->first, last = range->last, bytes = last - first + 1;
    char text[TEXT_ROOM];

    snprintf(text, sizeof(text), "%s%" PRIx64 ",%" PRIx64, p, first, last);
    expect_range(text, 0, range);
    snprintf(text, sizeof(text), "%s0n%" PRIu64 ",%s0x%" PRIX64, p, first, p, last);
    expect_range(text, 0, range);
    if (bytes == 0)
        return;
    snprintf(text, sizeof(text), "%s%" PRIx64 "+%" PRIx64, p, first, bytes);
    expect_range(text, 0, range);
    if (element_size == 0 || bytes % element_size != 0)
        return;
    snprintf(text, sizeof(text), "%s%" PRIx64 ",L?%" PRIx64, p, first, bytes / element_size);
    expect_range(text, element_size, range);
    snprintf(text, sizeof(text), "%s%" PRIx64 ",l0n%" PRIu64, p, first, bytes / element_size);
    expect_range(text, element_size, range);
    if (last == UINT64_MAX)
        return;
    snprintf(text, sizeof(text), "%s%" PRIx64 ",L-%" PRIx64, p, last + 1, bytes / element_size);
    expect_range(text, element_size, range);
}

static void check_range(const char *text, uint32_t element_size)
{
    struct ms_range range;
    struct ms_error error = {0};
    enum ms_status status = ms_range_parse(text, element_size, &range, &error);

    if (status != MS_OK) {
        check_refused(status, &error, text, "a range");
        return;
    }
    CHECK(range.first <= range.last, "an empty range was accepted: %s", text);
    check_forms(&range, element_size);
}

// == Addresses ==

static void expect_address(const char *text, uint64_t expected, bool expected_physical)
{
    struct ms_error error = {0};
    uint64_t address;
    bool physical;

    CHECK(ms_address_parse(text, &address, &physical, &error) == MS_OK, "%s: %s", text, error.text);
    CHECK(address == expected && physical == expected_physical, "%s is 0x%" PRIx64, text, address);
}

static void check_address(const char *text)
{
    struct ms_error error = {0};
    uint64_t address;
    bool physical;
    enum ms_status status = ms_address_parse(text, &address, &physical, &error);
    const char *p;
    char again[TEXT_ROOM];

    if (status != MS_OK) {
        check_refused(status, &error, text, "an address");
        return;
    }
    p = physical ? "P:" : "";
    snprintf(again, sizeof(again), "%s%" PRIx64, p, address);
    expect_address(again, address, physical);
    snprintf(again, sizeof(again), "%s0n%" PRIu64, p, address);
    expect_address(again, address, physical);
    snprintf(again, sizeof(again), "%s0X%08" PRIx64 "`%08" PRIX64, p, address >> 32,
             address & UINT32_MAX);
    expect_address(again, address, physical);
}

// == Counts and sizes ==

typedef bool parse_function(const char *text, uint64_t max, uint64_t *value_ret);

static void expect_number(parse_function *parse, const char *text, uint64_t expected)
{
    uint64_t value;

    CHECK(parse(text, expected, &value) && value == expected, "%s is not %" PRIu64, text, expected);
    CHECK(expected == 0 || !parse(text, expected - 1, &value), "%s passes below %" PRIu64, text,
          expected);
}

static void check_number(parse_function *parse, const char *text)
{
    uint64_t value;
    char again[TEXT_ROOM];

    if (!parse(text, UINT64_MAX, &value))
        return;
    expect_number(parse, text, value);
    snprintf(again, sizeof(again), "%" PRIu64, value);
    expect_number(parse, again, value);
    snprintf(again, sizeof(again), "0x%" PRIX64, value);
    expect_number(parse, again, value);
}

// Kibibytes and mebibytes are written as whole ones.
static void check_size(const char *text)
{
    uint64_t value;
    char again[TEXT_ROOM];

    check_number(number_parse_size, text);
    if (!number_parse_size(text, UINT64_MAX, &value))
        return;
    if (value % 1024 == 0) {
        snprintf(again, sizeof(again), "%" PRIu64 "k", value >> 10);
        expect_number(number_parse_size, again, value);
    }
    if (value % 1048576 == 0) {
        snprintf(again, sizeof(again), "0x%" PRIx64 "M", value >> 20);
        expect_number(number_parse_size, again, value);
    }
}

static void check_percent(const char *text)
{
    uint64_t ppm, again;
    char plain[TEXT_ROOM];

    if (!number_parse_percent(text, &ppm))
        return;
    CHECK(ppm <= 1000000, "%s is more than all", text);
    snprintf(plain, sizeof(plain), "%" PRIu64 ".%04" PRIu64 "%%", ppm / 10000, ppm % 10000);
    CHECK(number_parse_percent(plain, &again) && again == ppm, "%s is not %s", text, plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t sizes[] = {0, 1, 2, 4, 8};
    char text[MAX_INPUT + 1] = "";

    if (size < 1 || size > MAX_INPUT)
        return 0;
    memcpy(text, data + 1, size - 1);
    check_range(text, sizes[data[0] % 5]);
    check_address(text);
    check_number(number_parse, text);
    check_size(text);
    check_percent(text);
    return 0;
}
