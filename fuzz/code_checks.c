// SPDX-License-Identifier: MIT
//
// The naive search shares no code with the engine's: it takes operands as Zydis tells them, and not
// where they stand in the instruction; only their widths and places come from there.

#include "code_checks.h"

#include "fuzz.h"
#include "windows/code_scan.h"

#include <Zydis/Zydis.h>

enum {
    BEFORE = 32, // bytes in which starts are tried
    OPERAND = 4,
};

struct found {
    struct ms_code_ref *items;
    size_t n, room;
};

static void add(struct found *found, const struct ms_code_ref *ref)
{
    if (found->n == found->room) {
        found->room = found->room ? 2 * found->room : 64;
        found->items = realloc(found->items, found->room * sizeof(*found->items));
        CHECK(found->items, "out of memory");
    }
    found->items[found->n++] = *ref;
}

// == What the scan is given ==

UNWATCHED static size_t read_case(void *user, uint64_t address, uint8_t *bytes, bool *present,
                                  size_t length)
{
    const struct code_case *code = user;
    size_t n = 0;

    for (size_t i = 0; i < length; i++) {
        uint64_t at = address + i - code->base;

        present[i] = address + i >= address && at < code->size && !code->hidden[at];
        bytes[i] = present[i] ? code->bytes[at] : 0;
        n += present[i];
    }
    return n;
}

UNWATCHED static bool is_in(const struct ms_range *range, uint64_t address)
{
    return range->first <= address && address <= range->last;
}

UNWATCHED static bool find_case(void *user, uint64_t address, uint64_t last, uint64_t *found_ret)
{
    const struct code_case *code = user;

    for (size_t i = 0; i < code->size; i++) {
        uint64_t at = code->base + i;

        if (at >= address && at <= last && !code->hidden[i]) {
            *found_ret = at;
            return true;
        }
    }
    return false;
}

UNWATCHED static enum ms_status function_case(void *user, uint64_t address,
                                              struct ms_range *function_ret)
{
    const struct code_case *code = user;

    for (size_t i = code->n_functions; i-- > 0;) {
        if (code->functions[i].first <= address) {
            *function_ret = code->functions[i];
            return is_in(function_ret, address) ? MS_OK : MS_MISSING;
        }
    }
    return MS_MISSING;
}

UNWATCHED static enum ms_status data_case(void *user, uint64_t address)
{
    const struct code_case *code = user;

    for (uint64_t i = 0; i < OPERAND; i++) {
        if (is_in(&code->data, address + i))
            return MS_OK;
    }
    return MS_MISSING;
}

static int progress_case(void *user, uint64_t bytes)
{
    unsigned *calls = user;

    (void)bytes;
    return ++*calls % 2;
}

// == One instruction ==

UNWATCHED static bool wanted(const struct code_case *code, uint64_t address)
{
    for (size_t i = 0; i < code->n_targets; i++) {
        if (is_in(&code->targets[i], address))
            return true;
    }
    return false;
}

struct decoded {
    ZydisDecodedInstruction instruction;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

UNWATCHED static bool decode(const struct code_case *code, uint64_t address,
                             struct decoded *decoded)
{
    uint64_t at = address - code->base;
    ZydisDecoder decoder;
    size_t n = 0;

    if (at >= code->size)
        return false;
    while (n < MS_INSTRUCTION_BYTES && at + n < code->size && address + n >= address &&
           !code->hidden[at + n])
        n++;
    if (code->bits == 64)
        ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    else
        ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32);
    return n > 0 && ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, code->bytes + at, n,
                                                        &decoded->instruction, decoded->operands));
}

// Whether the operand reaches an address; where it stands.
static bool reach_of(const struct code_case *code, uint64_t address, const struct decoded *decoded,
                     const ZydisDecodedOperand *operand, uint64_t *target_ret, uint8_t *at_ret)
{
    const ZydisDecodedInstruction *instruction = &decoded->instruction;
    const ZydisDecodedOperandMem *memory = &operand->mem;
    int i = 0;

    if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY) {
        bool relative = memory->base == ZYDIS_REGISTER_RIP || memory->base == ZYDIS_REGISTER_EIP;

        *at_ret = instruction->raw.disp.offset;
        *target_ret = (uint32_t)memory->disp.value;
        if (relative)
            ZydisCalcAbsoluteAddress(instruction, operand, address, target_ret);
        return instruction->raw.disp.size == 32 && (relative || code->bits == 32);
    }
    if (operand->type == ZYDIS_OPERAND_TYPE_POINTER) {
        *at_ret = instruction->raw.imm[0].offset;
        *target_ret = operand->ptr.offset;
        return code->bits == 32 && instruction->raw.imm[0].size == 32;
    }
    if (operand->type != ZYDIS_OPERAND_TYPE_IMMEDIATE ||
        (code->bits == 64 && !operand->imm.is_relative))
        return false;
    while (i < 2 && instruction->raw.imm[i].size != 32)
        i++;
    if (i == 2)
        return false;
    *at_ret = instruction->raw.imm[i].offset;
    *target_ret = (uint32_t)operand->imm.value.u;
    if (operand->imm.is_relative)
        ZydisCalcAbsoluteAddress(instruction, operand, address, target_ret);
    if (code->bits == 32) // which the library leaves to the caller
        *target_ret = (uint32_t)*target_ret;
    // Of two immediates, one is a selector or the like.
    return operand->imm.is_relative || operand->imm.value.u == instruction->raw.imm[i].value.u;
}

// The reference of the instruction at an address whose operand is the 4 bytes at `place`.
UNWATCHED static bool ref_of(const struct code_case *code, uint64_t address,
                             const struct decoded *decoded, uint64_t place, struct ms_code_ref *ref)
{
    for (size_t i = 0; i < decoded->instruction.operand_count; i++) {
        uint64_t target;
        uint8_t at;

        if (reach_of(code, address, decoded, &decoded->operands[i], &target, &at) &&
            address + at == place && wanted(code, target)) {
            *ref = (struct ms_code_ref){.address = address,
                                        .target = target,
                                        .operand = at,
                                        .length = decoded->instruction.length};
            return true;
        }
    }
    return false;
}

// == All of them ==

// The instruction of a row that holds a place. False: the row breaks off before it.
UNWATCHED static bool go_to(const struct code_case *code, uint64_t start, uint64_t last,
                            uint64_t place, uint64_t *address_ret, struct decoded *decoded)
{
    while (start <= place) {
        if (!decode(code, start, decoded) || decoded->instruction.length - 1u > last - start)
            return false;
        *address_ret = start;
        start += decoded->instruction.length;
    }
    return true;
}

// Whether the bytes at the place can reach a target, whatever instruction they are in: mostly they
// cannot.
UNWATCHED static bool may_reach(const struct code_case *code, uint64_t place)
{
    const uint8_t *bytes = code->bytes + (place - code->base);
    uint32_t value = (uint32_t)(bytes[0] | bytes[1] << 8 | bytes[2] << 16) | (uint32_t)bytes[3]
                                                                                 << 24;
    uint64_t end = place + OPERAND + (uint64_t)(int64_t)(int32_t)value;

    for (size_t i = 0; i < code->n_targets; i++) {
        const struct ms_range *target = &code->targets[i];

        // Before or behind the first one, or cut to 32 bits; an instruction has 15 bytes at most.
        if (is_in(target, value) || is_in(target, end) || is_in(target, (uint32_t)end) ||
            target->first - end < MS_INSTRUCTION_BYTES ||
            (uint32_t)target->first - (uint32_t)end < MS_INSTRUCTION_BYTES)
            return true;
    }
    return false;
}

UNWATCHED static bool try_place(const struct code_case *code, uint64_t place,
                                struct ms_code_ref *ref)
{
    unsigned votes[BEFORE + 1] = {0}, best = 0;
    struct decoded decoded;
    uint64_t address = 0;

    if (data_case((void *)(uintptr_t)code, place) == MS_OK)
        return false;
    for (uint64_t i = 1; i <= BEFORE && i <= place - code->area.first; i++) {
        if (go_to(code, place - i, UINT64_MAX, place, &address, &decoded) &&
            ref_of(code, address, &decoded, place, ref))
            votes[place - address]++;
    }
    for (unsigned i = 1; i <= BEFORE; i++) {
        if (votes[i] > 0 && votes[i] >= votes[best])
            best = i;
    }
    if (best == 0 || !decode(code, place - best, &decoded))
        return false;
    ref_of(code, place - best, &decoded, place, ref);
    ref->uncertain = true;
    return true;
}

UNWATCHED static bool find_at(const struct code_case *code, uint64_t place, struct ms_code_ref *ref)
{
    struct ms_range function;
    struct decoded decoded;
    uint64_t address = 0;

    if (!may_reach(code, place))
        return false;
    if (function_case((void *)(uintptr_t)code, place, &function) == MS_OK &&
        go_to(code, function.first, function.last, place, &address, &decoded))
        return ref_of(code, address, &decoded, place, ref);
    return try_place(code, place, ref);
}

static int compare_refs(const void *left, const void *right)
{
    const struct ms_code_ref *a = left, *b = right;

    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    return (int)a->operand - (int)b->operand;
}

UNWATCHED static struct found find_naively(const struct code_case *code)
{
    struct found found = {0};
    const struct ms_range *area = &code->area;

    for (size_t i = 0; i + OPERAND <= code->size; i++) {
        uint64_t place = code->base + i;
        struct ms_code_ref ref;

        if (!is_in(area, place) || !find_at(code, place, &ref) || ref.address < area->first ||
            ref.address < code->from || ref.length - 1u > area->last - ref.address)
            continue;
        add(&found, &ref);
    }
    if (found.n > 1)
        qsort(found.items, found.n, sizeof(*found.items), compare_refs);
    return found;
}

// == The comparison ==

static void check_ref(const struct code_case *code, const struct ms_code_ref *ref)
{
    struct decoded decoded;
    struct ms_code_ref again;

    CHECK(decode(code, ref->address, &decoded) && decoded.instruction.length == ref->length,
          "no instruction at 0x%llx", (unsigned long long)ref->address);
    CHECK(ref_of(code, ref->address, &decoded, ref->address + ref->operand, &again) &&
              again.target == ref->target,
          "no such operand at 0x%llx", (unsigned long long)ref->address);
    CHECK(!memcmp(ref->bytes, code->bytes + (ref->address - code->base), ref->length), "bytes");
}

// That every reference below the position has been told, and no other.
static void check_position(const struct ms_code_scan *scan, const struct found *found,
                           const struct found *expected)
{
    uint64_t position = ms_code_scan_position(scan);

    if (ms_code_scan_is_done(scan))
        return;
    CHECK(found->n == 0 || found->items[found->n - 1].address < position, "position 0x%llx",
          (unsigned long long)position);
    CHECK(!expected || found->n == expected->n || expected->items[found->n].address >= position,
          "position 0x%llx is behind a reference", (unsigned long long)position);
}

static void take_until(struct ms_code_scan *scan, uint64_t last, struct found *found,
                       const struct found *expected)
{
    struct ms_code_ref ref;
    bool is_found = true;

    while (is_found) {
        enum ms_status status = ms_code_scan_next(scan, last, &is_found, &ref);

        CHECK(status == MS_OK || (status == MS_STOPPED && !is_found), "status %d", (int)status);
        if (is_found)
            add(found, &ref);
        CHECK(!is_found || ref.address <= last, "a reference above what was asked for");
        if (!is_found)
            check_position(scan, found, expected);
        is_found = is_found || status == MS_STOPPED;
    }
}

static struct found find_by_scan(const struct code_case *code, const struct found *expected)
{
    unsigned calls = 0;
    const struct ms_vmem memory = {.read = read_case, .user = (void *)(uintptr_t)code};
    const struct ms_code_source source = {
        .memory = memory,
        .code = memory,
        .find = find_case,
        .function = function_case,
        .data = data_case,
        .progress = code->stops ? progress_case : NULL,
        .progress_user = &calls,
        .user = (void *)(uintptr_t)code,
    };
    struct found found = {0};
    struct ms_code_scan *scan =
        ms_code_scan_create(&source, code->bits, code->targets, code->n_targets);

    CHECK(scan, "out of memory");
    ms_code_scan_begin(scan, &code->area, code->from);
    for (uint64_t last = code->area.first;
         code->step > 0 && last<code->area.last; last = code->area.last - last> code->step
             ? last + code->step
             : code->area.last)
        take_until(scan, last, &found, expected);
    take_until(scan, UINT64_MAX, &found, expected);
    CHECK(ms_code_scan_is_done(scan), "not done");
    ms_code_scan_free(scan);
    return found;
}

static void compare(const struct found *found, const struct found *expected)
{
    for (size_t i = 0; i < found->n || i < expected->n; i++) {
        const struct ms_code_ref *a = &found->items[i], *b = &expected->items[i];

        CHECK(i < found->n, "0x%llx is not found", (unsigned long long)b->address);
        CHECK(i < expected->n, "0x%llx is found", (unsigned long long)a->address);
        CHECK(a->address == b->address && a->target == b->target && a->operand == b->operand &&
                  a->length == b->length && a->uncertain == b->uncertain,
              "0x%llx+%u to 0x%llx is found, 0x%llx+%u to 0x%llx is expected (uncertain %d, %d)",
              (unsigned long long)a->address, a->operand, (unsigned long long)a->target,
              (unsigned long long)b->address, b->operand, (unsigned long long)b->target,
              a->uncertain, b->uncertain);
    }
}

size_t code_case_check(const struct code_case *code)
{
    struct found expected = {0}, found;
    size_t n;

    if (!code->overlapping)
        expected = find_naively(code);
    found = find_by_scan(code, code->overlapping ? NULL : &expected);
    n = found.n;
    if (!code->overlapping)
        compare(&found, &expected);
    for (size_t i = 0; i < n; i++)
        check_ref(code, &found.items[i]);
    free(expected.items);
    free(found.items);
    return n;
}
