// SPDX-License-Identifier: MIT
//
// Addresses and ranges as text, above all at both ends of the address space.

#include <memscan/range.h>

#include <criterion/criterion.h>
#include <string.h>

#define TOP UINT64_MAX

Test(address, accepted)
{
    static const struct {
        const char *text;
        uint64_t address;
        bool physical;
    } cases[] = {
        {"0", 0, false},
        {"80000000", 0x80000000, false},
        {"0x80000000", 0x80000000, false},
        {"0n4096", 4096, false},
        {"fffff800`00d00813", 0xfffff80000d00813, false},
        {"ffffffffffffffff", TOP, false},
        {"p:1a2b038", 0x1a2b038, true},
        {"P:0x10", 0x10, true},
        {"p:0n10", 10, true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t address = 99;
        bool physical = !cases[i].physical;
        struct ms_error error = {0};

        cr_expect(ms_address_parse(cases[i].text, &address, &physical, &error) == MS_OK, "%s: %s",
                  cases[i].text, error.text);
        cr_expect(address == cases[i].address, "%s", cases[i].text);
        cr_expect(physical == cases[i].physical, "%s", cases[i].text);
        cr_expect(ms_address_parse(cases[i].text, &address, NULL, NULL) == MS_OK, "%s",
                  cases[i].text);
    }
}

Test(address, refused)
{
    static const struct {
        const char *text;
        uint32_t column;
        const char *message;
    } cases[] = {
        {"", 1, "address \"\": a number is missing at character 1"},
        {"p:", 3, "address \"p:\": a number is missing at character 3"},
        {"p", 1, "address \"p\": 'p' at character 1 is no hexadecimal digit"},
        {"p:p:1", 3, "address \"p:p:1\": 'p' at character 3 is no hexadecimal digit"},
        {"1000 ", 5, "address \"1000 \": ' ' at character 5 is no hexadecimal digit"},
        {" 1000", 1, "address \" 1000\": ' ' at character 1 is no hexadecimal digit"},
        {"1000+1", 5, "address \"1000+1\": '+' at character 5 is no hexadecimal digit"},
        {"nt", 1, "address \"nt\": 'n' at character 1 is no hexadecimal digit"},
        {"1?", 2, "address \"1?\": '?' at character 2 is no hexadecimal digit"},
        {"10000000000000000", 1,
         "address \"10000000000000000\": the number at character 1 does not fit 8 bytes"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t address = 99;
        bool physical = true;
        struct ms_error error = {0};

        cr_expect(ms_address_parse(cases[i].text, &address, &physical, &error) == MS_ARGUMENT, "%s",
                  cases[i].text);
        cr_expect(error.column == cases[i].column, "%s: column %u", cases[i].text, error.column);
        cr_expect_str_eq(error.text, cases[i].message);
        cr_expect(address == 99 && physical, "%s: the results were touched", cases[i].text);
    }
}

static const struct {
    const char *name;
    const char *text;
    uint32_t element_size;
    uint64_t first, last;
    bool physical;
} accepted_cases[] = {
    {"bytes", "80000000+7fffffff", 4, 0x80000000, 0xfffffffe, false},
    {"one byte", "1000+1", 4, 0x1000, 0x1000, false},
    {"bytes in decimal", "0x1000+0n10", 4, 0x1000, 0x1009, false},
    {"bytes without an element size", "1000+10", 0, 0x1000, 0x100f, false},
    {"both ends", "1000,1007", 4, 0x1000, 0x1007, false},
    {"both ends the same", "1000,1000", 4, 0x1000, 0x1000, false},
    {"both ends, everything", "0,ffffffffffffffff", 0, 0, TOP, false},
    {"backticks", "fffff800`00000000,fffff800`00000fff", 0, 0xfffff80000000000, 0xfffff80000000fff,
     false},
    {"elements", "1000,L20", 4, 0x1000, 0x107f, false},
    {"elements, small l", "1000,l20", 2, 0x1000, 0x103f, false},
    {"elements of a byte", "1000,L20", 1, 0x1000, 0x101f, false},
    {"elements with L?", "80000000,L?7fffffff", 1, 0x80000000, 0xfffffffe, false},
    {"elements with l?0n", "1000,l?0n10", 8, 0x1000, 0x104f, false},
    {"WinDbg's example", "80000000,L-20", 1, 0x7fffffe0, 0x7fffffff, false},
    {"elements before", "1000,L-2", 8, 0xff0, 0xfff, false},
    {"physical bytes", "p:1000+10", 4, 0x1000, 0x100f, true},
    {"physical ends", "p:1000,1fff", 4, 0x1000, 0x1fff, true},
    {"physical said twice", "p:1000,p:1fff", 4, 0x1000, 0x1fff, true},
    {"physical elements", "P:1000,L2", 4, 0x1000, 0x1007, true},

    {"bytes up to the top", "fffffffffffffff0+10", 1, 0xfffffffffffffff0, TOP, false},
    {"bytes past the top", "fffffffffffffff0+11", 1, 0xfffffffffffffff0, TOP, false},
    {"most bytes", "1+ffffffffffffffff", 1, 1, TOP, false},
    {"most bytes from 0", "0+ffffffffffffffff", 1, 0, TOP - 1, false},
    {"bytes from the top", "ffffffffffffffff+1", 1, TOP, TOP, false},
    {"more bytes from the top", "ffffffffffffffff+1000", 1, TOP, TOP, false},
    {"the top itself", "ffffffffffffffff,ffffffffffffffff", 1, TOP, TOP, false},
    {"elements up to the top", "fffffffffffffff0,L2", 8, 0xfffffffffffffff0, TOP, false},
    {"elements past the top", "fffffffffffffff0,L3", 8, 0xfffffffffffffff0, TOP, false},
    {"an element across the top", "ffffffffffffffff,L1", 4, TOP, TOP, false},
    {"2^64 bytes of elements", "0,L2000000000000000", 8, 0, TOP, false},
    {"more than 2^64 bytes", "0,Lffffffffffffffff", 8, 0, TOP, false},
    {"2^64 - 8 bytes of elements", "0,L1fffffffffffffff", 8, 0, TOP - 8, false},
    {"elements before, to address 0", "20,L-20", 1, 0, 0x1f, false},
    {"elements before, past address 0", "5,L-20", 1, 0, 4, false},
    {"elements before, 2^64 bytes", "1000,L-2000000000000000", 8, 0, 0xfff, false},
    {"elements before the top", "ffffffffffffffff,L-1", 4, TOP - 4, TOP - 1, false},
    {"before address 1", "1,L-1", 8, 0, 0, false},
};

Test(range, accepted)
{
    for (size_t i = 0; i < sizeof(accepted_cases) / sizeof(accepted_cases[0]); i++) {
        struct ms_range range = {0};
        struct ms_error error = {0};

        cr_expect(ms_range_parse(accepted_cases[i].text, accepted_cases[i].element_size, &range,
                                 &error) == MS_OK,
                  "%s: %s", accepted_cases[i].name, error.text);
        cr_expect(range.first == accepted_cases[i].first, "%s: first %jx", accepted_cases[i].name,
                  (uintmax_t)range.first);
        cr_expect(range.last == accepted_cases[i].last, "%s: last %jx", accepted_cases[i].name,
                  (uintmax_t)range.last);
        cr_expect(range.physical == accepted_cases[i].physical, "%s", accepted_cases[i].name);
    }
}

static const struct {
    const char *name;
    const char *text;
    uint32_t element_size;
    uint32_t column;
    const char *message;
} refused_cases[] = {
    {"nothing", "", 4, 1, "a number is missing at character 1"},
    {"an address", "1000", 4, 5, "START+BYTES, START,END, START,LN or START,L-N is expected"},
    {"no start", "+1000", 4, 1, "a number is missing at character 1"},
    {"no physical start", "p:,1000", 4, 3, "a number is missing at character 3"},
    {"no bytes", "1000+", 4, 6, "a number is missing at character 6"},
    {"no end", "1000,", 4, 6, "a number is missing at character 6"},
    {"no count", "1000,L", 4, 7, "a number is missing at character 7"},
    {"no count behind L?", "1000,L?", 4, 8, "a number is missing at character 8"},
    {"no count behind L-", "1000,L-", 4, 8, "a number is missing at character 8"},
    {"L?-", "1000,L?-2", 4, 8, "'-' at character 8 is no hexadecimal digit"},
    {"bad start", "10z0,20", 4, 3, "'z' at character 3 is no hexadecimal digit"},
    {"bad end", "1000,20 ", 4, 8, "' ' at character 8 is no hexadecimal digit"},
    {"a blank before the end", "1000, 2000", 4, 6, "' ' at character 6 is no hexadecimal"},
    {"two marks", "1000+20+30", 4, 8, "'+' at character 8 is no hexadecimal digit"},
    {"a physical end", "1000,p:2000", 4, 6, "'p' at character 6 is no hexadecimal digit"},
    {"physical bytes", "p:1000+p:20", 4, 8, "'p' at character 8 is no hexadecimal digit"},
    {"physical count", "p:1000,Lp:20", 4, 9, "'p' at character 9 is no hexadecimal digit"},
    {"end below start", "1000,fff", 4, 6, "the end lies below the start"},
    {"0 bytes", "1000+0", 4, 6, "the range is empty"},
    {"0 elements", "1000,L0", 4, 7, "the range is empty"},
    {"0 elements, L?", "1000,L?0", 4, 8, "the range is empty"},
    {"0 elements before", "1000,L-0", 4, 8, "the range is empty"},
    {"before address 0", "0,L-1", 4, 5, "the range is empty"},
    {"sizes differ", "1000,L20", 0, 6,
     "L counts elements, and the patterns' sizes differ; START+BYTES counts bytes"},
    {"sizes differ, L-", "1000,L-20", 0, 6, "L counts elements"},
    {"too many bytes for 64 bits", "0+10000000000000000", 4, 3,
     "the number at character 3 does not fit 8 bytes"},
    {"start too large", "10000000000000000+1", 4, 1,
     "the number at character 1 does not fit 8 bytes"},
};

Test(range, refused)
{
    for (size_t i = 0; i < sizeof(refused_cases) / sizeof(refused_cases[0]); i++) {
        struct ms_range range = {99, 99, true};
        struct ms_error error = {0};
        enum ms_status status =
            ms_range_parse(refused_cases[i].text, refused_cases[i].element_size, &range, &error);

        cr_expect(status == MS_ARGUMENT, "%s", refused_cases[i].name);
        cr_expect(error.column == refused_cases[i].column, "%s: column %u", refused_cases[i].name,
                  error.column);
        cr_expect(strncmp(error.text, "range \"", 7) == 0, "%s: %s", refused_cases[i].name,
                  error.text);
        cr_expect(strstr(error.text, refused_cases[i].message) != NULL, "%s: %s",
                  refused_cases[i].name, error.text);
        cr_expect(range.first == 99 && range.last == 99, "%s: the result was touched",
                  refused_cases[i].name);
        cr_expect(ms_range_parse(refused_cases[i].text, refused_cases[i].element_size, &range,
                                 NULL) == MS_ARGUMENT,
                  "%s", refused_cases[i].name);
    }
}
