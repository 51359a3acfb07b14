// SPDX-License-Identifier: MIT
//
// Addresses and ranges from text. Each way to write a range is a line of the table `forms`.

#include "base/extent.h"
#include "match/number.h"
#include <memscan/range.h>

#include <string.h>

static const struct ms_number_syntax address_syntax = {.base = 16, .width = 8};

// Skips the mark of a physical address; returns whether it was there.
static bool skip_physical(const struct ms_subject *subject, size_t *at)
{
    const char *text = subject->text + *at;

    if (subject->length - *at < 2 || (text[0] | 0x20) != 'p' || text[1] != ':')
        return false;
    *at += 2;
    return true;
}

enum ms_status ms_address_parse(const char *text, uint64_t *address_ret, bool *physical_ret,
                                struct ms_error *error)
{
    struct ms_subject subject = {"address", text, strlen(text)};
    struct ms_number number;
    size_t at = 0;
    bool physical = skip_physical(&subject, &at);
    enum ms_status status =
        ms_number_parse(&subject, at, subject.length, &address_syntax, &number, error);

    if (status != MS_OK)
        return status;
    *address_ret = number.value;
    if (physical_ret)
        *physical_ret = physical;
    return MS_OK;
}

// The functions of the forms finish a range whose `first` is START. They return false if nothing is
// left of it.

static bool end_at(struct ms_range *range, uint64_t end, uint32_t element_size)
{
    (void)element_size;
    range->last = end;
    return end >= range->first;
}

static bool run_on(struct ms_range *range, uint64_t count, uint32_t element_size)
{
    uint64_t bytes;

    if (count == 0)
        return false;
    // What passes the top of the address space ends there, also if its length is beyond 64 bits.
    range->last = UINT64_MAX;
    if (!__builtin_mul_overflow(count, element_size, &bytes) &&
        ms_extent_valid(range->first, bytes))
        range->last = ms_last(range->first, bytes);
    return true;
}

static bool run_before(struct ms_range *range, uint64_t count, uint32_t element_size)
{
    uint64_t start = range->first;
    uint64_t bytes;

    if (count == 0 || start == 0)
        return false;
    if (__builtin_mul_overflow(count, element_size, &bytes))
        bytes = UINT64_MAX;
    range->first = start - ms_min_u64(start, bytes);
    range->last = start - 1;
    return true;
}

struct form {
    const char *mark; // between START and the number; an L may be small
    bool elements;    // the number counts elements, not bytes
    bool address;     // the number is an address
    bool (*finish)(struct ms_range *range, uint64_t number, uint32_t element_size);
    const char *refusal; // why `finish` returned false
};

// The first mark that fits counts, so longer ones come first.
static const struct form forms[] = {
    {"+", false, false, run_on, "the range is empty"},
    {",L?", true, false, run_on, "the range is empty"},
    {",L-", true, false, run_before, "the range is empty"},
    {",L", true, false, run_on, "the range is empty"},
    {",", false, true, end_at, "the end lies below the start"},
};

static bool has_mark(const struct ms_subject *subject, size_t at, const char *mark)
{
    for (; *mark; mark++, at++) {
        char c = at < subject->length ? subject->text[at] : '\0';

        if ((c == 'l' ? 'L' : c) != *mark)
            return false;
    }
    return true;
}

static const struct form *find_form(const struct ms_subject *subject, size_t at)
{
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (has_mark(subject, at, forms[i].mark))
            return &forms[i];
    }
    return NULL;
}

// Parses START and what stands in front of it; *at_ret is where it ends.
static enum ms_status parse_start(const struct ms_subject *subject, struct ms_range *range,
                                  size_t *at_ret, struct ms_error *error)
{
    struct ms_number number;
    size_t at = 0;
    size_t end = strcspn(subject->text, "+,");
    enum ms_status status;

    range->physical = skip_physical(subject, &at);
    status = ms_number_parse(subject, at, end, &address_syntax, &number, error);
    if (status != MS_OK)
        return status;
    range->first = number.value;
    *at_ret = end;
    return MS_OK;
}

static enum ms_status parse_rest(const struct ms_subject *subject, size_t at, uint32_t element_size,
                                 struct ms_range *range, struct ms_error *error)
{
    const struct form *form = find_form(subject, at);
    struct ms_number number;
    enum ms_status status;

    if (!form)
        return ms_fail_text(error, subject, at,
                            "START+BYTES, START,END, START,LN or START,L-N is expected");
    if (form->elements && element_size == 0)
        return ms_fail_text(error, subject, at + 1,
                            "L counts elements, and the patterns' sizes differ; "
                            "START+BYTES counts bytes");
    at += strlen(form->mark);
    // p:1000,p:1fff says the same thing twice; a mark at the end alone would contradict the start.
    if (form->address && range->physical)
        skip_physical(subject, &at);
    status = ms_number_parse(subject, at, subject->length, &address_syntax, &number, error);
    if (status != MS_OK)
        return status;
    if (!form->finish(range, number.value, form->elements ? element_size : 1))
        return ms_fail_text(error, subject, at, "%s", form->refusal);
    return MS_OK;
}

enum ms_status ms_range_parse(const char *text, uint32_t element_size, struct ms_range *range_ret,
                              struct ms_error *error)
{
    struct ms_subject subject = {"range", text, strlen(text)};
    struct ms_range range = {0};
    size_t at;
    enum ms_status status = parse_start(&subject, &range, &at, error);

    if (status == MS_OK)
        status = parse_rest(&subject, at, element_size, &range, error);
    if (status == MS_OK)
        *range_ret = range;
    return status;
}
