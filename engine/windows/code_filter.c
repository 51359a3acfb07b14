// SPDX-License-Identifier: MIT
//
// Distances are compared modulo 2^32, as wide as they are in the code: of those that pass by that,
// ms_code_filter_may() takes a closer look. Targets too far away for any distance are left out
// beforehand.

#include "windows/code_filter.h"

#include "base/bytes.h"

#include <string.h>

enum {
    MOST_BEHIND = 4, // bytes of an instruction behind a displacement
    BLOCK = 256,     // bytes that are tested together
};

// What operands are tested for: value + bias + step * index is at most `width`, modulo 2^32.
struct test {
    uint32_t bias, step, width;
};

struct tests {
    struct test items[2 * MS_CODE_WINDOWS];
    size_t n;
};

// == Windows ==

// Splits the targets at the widest gaps between them.
static void find_splits(const struct ms_range *targets, size_t n, size_t splits[MS_CODE_WINDOWS])
{
    for (size_t i = 1; i < n; i++) {
        uint64_t gap = targets[i].first - targets[i - 1].last;
        size_t k = MS_CODE_WINDOWS - 1;

        for (; k > 0; k--) {
            size_t other = splits[k - 1];

            if (other > 0 && gap <= targets[other].first - targets[other - 1].last)
                break;
            splits[k] = other;
        }
        splits[k] = i; // the last place is for those that did not get in
    }
}

void ms_code_filter_init(struct ms_code_filter *filter, unsigned bits,
                         const struct ms_range *targets, size_t n_targets)
{
    size_t splits[MS_CODE_WINDOWS] = {0};

    *filter = (struct ms_code_filter){.bits = bits, .targets = targets, .n_targets = n_targets};
    find_splits(targets, n_targets, splits);
    for (size_t i = 0; i < n_targets; i++) {
        bool begins = i == 0;

        for (size_t k = 0; k + 1 < MS_CODE_WINDOWS; k++)
            begins = begins || splits[k] == i;
        if (begins)
            filter->windows[filter->n_windows++] = targets[i];
        filter->windows[filter->n_windows - 1].last = targets[i].last;
    }
}

// == One operand ==

// The first target that ends at or above an address; n_targets: none.
static size_t find_target(const struct ms_code_filter *filter, uint64_t address)
{
    size_t low = 0, high = filter->n_targets;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (filter->targets[middle].last < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool ms_code_filter_wants(const struct ms_code_filter *filter, uint64_t address)
{
    size_t at = find_target(filter, address);

    return at < filter->n_targets && filter->targets[at].first <= address;
}

bool ms_code_filter_may(const struct ms_code_filter *filter, uint64_t address, uint32_t value)
{
    static const uint8_t behind[] = {0, 1, 2, 4};
    uint64_t end = address + MS_OPERAND_BYTES + (uint64_t)(int64_t)(int32_t)value;

    if (filter->bits == 32)
        return ms_code_filter_wants(filter, (uint32_t)end) || ms_code_filter_wants(filter, value);
    for (size_t i = 0; i < sizeof(behind); i++) {
        if (ms_code_filter_wants(filter, end + behind[i]))
            return true;
    }
    return false;
}

// == Many ==

// Whether a window can be reached from n bytes at an address.
static bool in_reach(const struct ms_range *window, uint64_t address, size_t n)
{
    uint64_t lowest = address - UINT64_C(0x80000000), room = UINT64_C(0x100000000) + n + 8;

    return window->first - lowest <= room || lowest - window->first <= window->last - window->first;
}

static void add_test(struct tests *tests, uint64_t bias, uint32_t step, uint64_t width)
{
    tests->items[tests->n++] =
        (struct test){.bias = (uint32_t)bias,
                      .step = step,
                      .width = width < UINT32_MAX ? (uint32_t)width : UINT32_MAX};
}

static void make_tests(const struct ms_code_filter *filter, uint64_t address, size_t n,
                       struct tests *tests)
{
    unsigned behind = filter->bits == 64 ? MOST_BEHIND : 0;

    tests->n = 0;
    for (size_t i = 0; i < filter->n_windows; i++) {
        const struct ms_range *window = &filter->windows[i];
        uint64_t width = window->last - window->first;

        if (filter->bits == 32 || in_reach(window, address, n))
            add_test(tests, address + MS_OPERAND_BYTES + behind - window->first, 1, width + behind);
        if (filter->bits == 32)
            add_test(tests, 0 - window->first, 0, width);
    }
}

static uint32_t load(const uint8_t *bytes)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint32_t value; // compilers make vectors of this, and not of ms_le32()

    memcpy(&value, bytes, sizeof(value));
    return value;
#else
    return ms_le32(bytes);
#endif
}

static bool passes(const struct test *test, const uint8_t *bytes, size_t index)
{
    return load(bytes + index) + test->bias + test->step * (uint32_t)index <= test->width;
}

// Whether an operand of a block passes. Compilers make vectors of the loop, of every fourth operand
// each; they compare signed numbers, which all vector units can do.
static inline __attribute__((always_inline)) bool block_passes(const struct test *test,
                                                               const uint8_t *bytes, size_t index)
{
    uint32_t bias = test->bias + test->step * (uint32_t)index + UINT32_C(0x80000000);
    uint32_t step = test->step;
    int32_t most = (int32_t)(test->width - UINT32_C(0x80000000));
    int32_t found = 0;

    bytes += index;
    for (uint32_t i = 0; i < BLOCK; i += 4) {
        uint32_t here = bias + step * i;

        found |= (int32_t)(load(bytes + i) + here) <= most;
        found |= (int32_t)(load(bytes + i + 1) + here + step) <= most;
        found |= (int32_t)(load(bytes + i + 2) + here + 2 * step) <= most;
        found |= (int32_t)(load(bytes + i + 3) + here + 3 * step) <= most;
    }
    return found;
}

static bool any_block_passes(const struct tests *tests, const uint8_t *bytes, size_t index)
{
    for (size_t i = 0; i < tests->n; i++) {
        if (block_passes(&tests->items[i], bytes, index))
            return true;
    }
    return false;
}

#ifdef MS_HAVE_AVX2
// The same with vectors of 32 bytes, which is four times as fast.
__attribute__((target("avx2"))) static bool
any_block_passes_avx2(const struct tests *tests, const uint8_t *bytes, size_t index)
{
    for (size_t i = 0; i < tests->n; i++) {
        if (block_passes(&tests->items[i], bytes, index))
            return true;
    }
    return false;
}
#endif

static bool (*select_block_test(void))(const struct tests *, const uint8_t *, size_t)
{
#ifdef MS_HAVE_AVX2
    if (__builtin_cpu_supports("avx2"))
        return any_block_passes_avx2;
#endif
    return any_block_passes;
}

static bool any_passes(const struct tests *tests, const uint8_t *bytes, size_t index)
{
    for (size_t i = 0; i < tests->n; i++) {
        if (passes(&tests->items[i], bytes, index))
            return true;
    }
    return false;
}

size_t ms_code_filter_next(const struct ms_code_filter *filter, uint64_t address,
                           const uint8_t *bytes, size_t at, size_t n)
{
    bool (*block_test)(const struct tests *, const uint8_t *, size_t) = select_block_test();
    struct tests tests;

    make_tests(filter, address, n, &tests);
    while (tests.n > 0 && at < n) {
        if (at % BLOCK == 0 && n - at >= BLOCK && !block_test(&tests, bytes, at)) {
            at += BLOCK;
            continue;
        }
        do {
            if (any_passes(&tests, bytes, at))
                return at;
            at++;
        } while (at < n && at % BLOCK);
    }
    return n;
}
