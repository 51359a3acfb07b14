// SPDX-License-Identifier: MIT
//
// Instructions that reach targets, written byte by byte; and random code, held to a naive search.

#include "fuzz/code_checks.h"
#include "windows/code_filter.h"
#include "windows/code_scan.h"
#include "windows/instruction.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

// Criterion's assertions store an int in a bit-field, wherever they are used.
#pragma GCC diagnostic ignored "-Wconversion"

#define BASE64 UINT64_C(0xfffff80000d00000)
#define BASE32 UINT64_C(0x80400000)

// == Forms of operands ==

// Each reaches 0x100 bytes behind its own end, or where it is absolute the address 0x80400123.
static const struct form {
    const char *name;
    unsigned bits;
    const char *hex; // RRRRRRRR: a distance; AAAAAAAA: an address
    int operand;     // where it stands; -1: it is none
} forms[] = {
    {"call", 64, "e8RRRRRRRR", 1},
    {"jmp", 64, "e9RRRRRRRR", 1},
    {"jz", 64, "0f84RRRRRRRR", 2},
    {"jg", 64, "0f8fRRRRRRRR", 2},
    {"call of a slot", 64, "ff15RRRRRRRR", 2},
    {"call of a slot, rex.w", 64, "48ff15RRRRRRRR", 3},
    {"jmp through a slot", 64, "ff25RRRRRRRR", 2},
    {"lea", 64, "488d05RRRRRRRR", 3},
    {"lea r15", 64, "4c8d3dRRRRRRRR", 3},
    {"mov load", 64, "488b0dRRRRRRRR", 3},
    {"mov store", 64, "890dRRRRRRRR", 2},
    {"cmp with a register", 64, "483b05RRRRRRRR", 3},
    {"cmp of a byte with a number", 64, "803dRRRRRRRR7f", 2},
    {"cmp with a short number", 64, "48833dRRRRRRRR00", 3},
    {"mov of a word", 64, "66c705RRRRRRRR3412", 3},
    {"mov of a dword", 64, "c705RRRRRRRR78563412", 2},
    {"mov of a qword", 64, "48c705RRRRRRRR78563412", 3},
    {"test of a dword", 64, "f705RRRRRRRR00000080", 2},
    {"lock", 64, "f0480fb10dRRRRRRRR", 5},
    {"gs", 64, "65488b05RRRRRRRR", 4},
    {"vector", 64, "c5fd6f05RRRRRRRR", 4},
    {"vector with a number", 64, "660f3a0f05RRRRRRRR08", 5},
    {"bnd", 64, "f2e8RRRRRRRR", 2},
    {"relative to eip", 64, "678b05RRRRRRRR", -1},
    {"short jump", 64, "ebRRRRRRRR", -1},
    {"number", 64, "b8AAAAAAAA", -1},
    {"sib", 64, "488b0425AAAAAAAA", -1},
    {"register and displacement", 64, "488b80AAAAAAAA", -1},
    {"call", 32, "e8RRRRRRRR", 1},
    {"jmp", 32, "e9RRRRRRRR", 1},
    {"jnz", 32, "0f85RRRRRRRR", 2},
    {"call of a slot", 32, "ff15AAAAAAAA", 2},
    {"jmp through a table", 32, "ff2485AAAAAAAA", 3},
    {"mov eax load", 32, "a1AAAAAAAA", 1},
    {"mov eax store", 32, "a3AAAAAAAA", 1},
    {"mov load", 32, "8b0dAAAAAAAA", 2},
    {"mov of a number to memory", 32, "c705AAAAAAAA78563412", 2},
    {"mov of an offset to memory", 32, "c70578563412AAAAAAAA", 6},
    {"mov of an offset to the stack", 32, "c744240cAAAAAAAA", 4},
    {"behind a register", 32, "8b80AAAAAAAA", 2},
    {"fs", 32, "648b0dAAAAAAAA", 3},
    {"push", 32, "68AAAAAAAA", 1},
    {"mov", 32, "beAAAAAAAA", 1},
    {"cmp", 32, "3dAAAAAAAA", 1},
    {"cmp of a byte in memory", 32, "803dAAAAAAAA00", 2},
    {"far call", 32, "9aAAAAAAAA0800", 1},
    {"lock", 32, "f00fc105AAAAAAAA", 4},
    {"word", 32, "66b8AAAAAAAA", -1},
    {"distance that is none", 32, "b8RRRRRRRR", -1},
};

static uint64_t digits(const char *hex, size_t n)
{
    char text[17] = {0};

    memcpy(text, hex, n);
    return strtoull(text, NULL, 16);
}

static void put(uint8_t *bytes, uint64_t value, size_t width)
{
    for (size_t i = 0; i < width; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

// Writes a form; returns its length, and what it reaches.
static size_t assemble(const struct form *form, uint64_t address, uint8_t *bytes,
                       uint64_t *target_ret)
{
    size_t length = strlen(form->hex) / 2;

    for (size_t i = 0; i < length; i++) {
        const char *hex = form->hex + 2 * i;

        if (hex[0] == 'R' || hex[0] == 'A') {
            put(bytes + i, hex[0] == 'R' ? 0x100 : BASE32 + 0x123, 4);
            *target_ret = hex[0] == 'R' ? address + length + 0x100 : BASE32 + 0x123;
            i += 3;
        } else {
            bytes[i] = (uint8_t)digits(hex, 2);
        }
    }
    return length;
}

enum { AT = 0x40, CASE_BYTES = 0x400 };

struct laid_out {
    struct code_case code;
    uint8_t bytes[CASE_BYTES];
    bool hidden[CASE_BYTES];
};

// Code of one-byte instructions. One function holds all of it.
static void lay_out(struct laid_out *laid, unsigned bits)
{
    memset(laid, 0, sizeof(*laid));
    memset(laid->bytes, 0x90, CASE_BYTES);
    laid->code = (struct code_case){.bits = bits,
                                    .base = bits == 64 ? BASE64 : BASE32,
                                    .size = CASE_BYTES,
                                    .bytes = laid->bytes,
                                    .hidden = laid->hidden,
                                    .data = {.first = 1},
                                    .n_functions = 1,
                                    .n_targets = 1};
    laid->code.area.first = laid->code.from = laid->code.base;
    laid->code.area.last = laid->code.base + (CASE_BYTES - 1);
    laid->code.functions[0] = laid->code.area;
}

// The same with a form in it, and what that reaches as the target.
static void lay_out_form(struct laid_out *laid, const struct form *form)
{
    uint64_t target = 0;

    lay_out(laid, form->bits);
    assemble(form, laid->code.base + AT, laid->bytes + AT, &target);
    laid->code.targets[0] = (struct ms_range){.first = target, .last = target};
}

static void check_form(const struct form *form, bool in_function)
{
    struct laid_out laid;
    size_t n;

    lay_out_form(&laid, form);
    laid.code.n_functions = in_function;
    n = code_case_check(&laid.code);
    // Without a function, something else may be seen in the bytes of what is none.
    cr_expect(form->operand < 0 ? n == 0 || !in_function : n == 1, "%s, %u bits: %zu", form->name,
              form->bits, n);
}

Test(code_scan, forms)
{
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        check_form(&forms[i], true);
        check_form(&forms[i], false);
    }
}

Test(code_scan, operands)
{
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct ms_instruction instruction;
        uint8_t bytes[16] = {0};
        uint64_t target = 0, address = forms[i].bits == 64 ? BASE64 : BASE32;
        size_t length = assemble(&forms[i], address, bytes, &target), k = 0;

        cr_assert(ms_instruction_decode(forms[i].bits, address, bytes, 15, &instruction));
        for (; k < instruction.n_reaches; k++) {
            if (instruction.reaches[k].target == target &&
                instruction.reaches[k].at == forms[i].operand)
                break;
        }
        cr_expect(eq(int, k < instruction.n_reaches, forms[i].operand >= 0), "%s", forms[i].name);
        cr_expect(forms[i].operand < 0 || instruction.length == length, "%s", forms[i].name);
        for (size_t cut = 0; cut < instruction.length; cut++)
            cr_expect(eq(int,
                         ms_instruction_decode(forms[i].bits, address, bytes, cut, &instruction),
                         false));
    }
}

// == What is no operand, what is cut ==

// mov rax, imm64 with a call in the number.
static void put_false_call(struct laid_out *laid)
{
    static const uint8_t code[] = {0x48, 0xb8, 0x90, 0x90, 0xe8, 0, 1, 0, 0, 0x90};

    memcpy(laid->bytes + AT, code, sizeof(code));
    laid->code.targets[0].first = laid->code.targets[0].last = laid->code.base + AT + 9 + 0x100;
}

Test(code_scan, in_another_instruction)
{
    struct laid_out laid;

    lay_out(&laid, 64);
    put_false_call(&laid);
    cr_expect(eq(sz, code_case_check(&laid.code), 0));
    laid.code.n_functions = 0; // nobody knows: perhaps
    cr_expect(eq(sz, code_case_check(&laid.code), 1));
    laid.code.data = (struct ms_range){.first = laid.code.base + AT + 8, .last = UINT64_MAX};
    cr_expect(eq(sz, code_case_check(&laid.code), 0));
}

// A hole anywhere in an instruction, or the end of the area, leaves nothing of it.
Test(code_scan, cut)
{
    const struct form form = {"cmp", 64, "803dRRRRRRRR7f", 2};

    for (size_t cut = 0; cut < 7; cut++) {
        for (int in_function = 0; in_function < 2; in_function++) {
            struct laid_out laid;

            lay_out_form(&laid, &form);
            laid.code.n_functions = (size_t)in_function;
            laid.hidden[AT + cut] = true;
            cr_expect(eq(sz, code_case_check(&laid.code), 0));
            laid.hidden[AT + cut] = false;
            laid.code.area.last = laid.code.base + AT + cut;
            cr_expect(eq(sz, code_case_check(&laid.code), cut == 6));
        }
    }
}

// Behind a hole a row goes no further: what is there is uncertain, and not lost.
Test(code_scan, behind_a_hole)
{
    const struct form form = {"call", 64, "e8RRRRRRRR", 1};
    struct laid_out laid;

    lay_out_form(&laid, &form);
    laid.hidden[8] = true;
    cr_expect(eq(sz, code_case_check(&laid.code), 1));
}

// An instruction that reaches over the end of its function is in no row.
Test(code_scan, over_the_end)
{
    const struct form form = {"call", 64, "e8RRRRRRRR", 1};
    struct laid_out laid;

    lay_out_form(&laid, &form);
    for (uint64_t length = 2; length <= 5; length++) {
        laid.code.functions[0].last = laid.code.base + AT + length - 1;
        cr_expect(eq(sz, code_case_check(&laid.code), 1));
    }
}

// == Tables that lie ==

static size_t read_nops(void *user, uint64_t address, uint8_t *bytes, bool *present, size_t length)
{
    uint64_t *n_read = user;

    (void)address;
    *n_read += length;
    memset(bytes, 0x90, length);
    memset(present, true, length);
    for (size_t i = 0; i < length; i++) { // a call each 64 bytes
        if (((address + i) & 63) == 0 && i + 5 <= length) {
            bytes[i] = 0xe8;
            put(bytes + i + 1, BASE64 - (address + i + 5), 4);
        }
    }
    return length;
}

static bool find_all(void *user, uint64_t address, uint64_t last, uint64_t *found_ret)
{
    (void)user;
    *found_ret = address;
    return address <= last;
}

// A function of 4 GiB that begins before each address, or one that begins at the start.
static enum ms_status endless_function(void *user, uint64_t address, struct ms_range *function_ret)
{
    bool *moves = user;

    *function_ret =
        (struct ms_range){.first = *moves ? address - 3000 : BASE64, .last = BASE64 + UINT32_MAX};
    return MS_OK;
}

static enum ms_status no_data(void *user, uint64_t address)
{
    (void)user, (void)address;
    return MS_MISSING;
}

// References of which the first `n_certain` are certain, and work that is in proportion.
static void check_endless(bool moves, uint64_t from)
{
    const struct ms_range targets = {.first = BASE64, .last = BASE64};
    const struct ms_range area = {.first = BASE64 + from, .last = BASE64 + from + 0xfffff};
    uint64_t n_read = 0;
    const struct ms_vmem memory = {.read = read_nops, .user = &n_read};
    const struct ms_code_source source = {.memory = memory,
                                          .code = memory,
                                          .find = find_all,
                                          .function = endless_function,
                                          .data = no_data,
                                          .user = &moves};
    struct ms_code_scan *scan = ms_code_scan_create(&source, 64, &targets, 1);
    struct ms_code_ref ref;
    bool found = true;
    size_t n = 0, n_uncertain = 0;

    ms_code_scan_begin(scan, &area, 0);
    for (;; n++, n_uncertain += ref.uncertain) {
        cr_assert(ms_code_scan_next(scan, UINT64_MAX, &found, &ref) == MS_OK);
        if (!found)
            break;
    }
    cr_expect(eq(sz, n, 0x100000 / 64));
    cr_expect(from < MS_CODE_REFS_ROW || n_uncertain == n);
    cr_expect(from >= MS_CODE_REFS_ROW || moves || n_uncertain == 0);
    cr_expect(lt(u64, ms_code_scan_work(scan).decoded, 64 * n + 0x100000));
    ms_code_scan_free(scan);
}

Test(code_scan, endless_functions)
{
    check_endless(false, 0);
    check_endless(false, 4 * (uint64_t)MS_CODE_REFS_ROW);
    check_endless(true, 0);
}

// add eax, imm32 is found by its operand before the mov that it lies in, and begins behind it.
Test(code_scan, one_in_another)
{
    static const uint8_t code[] = {0x83, 0xc0, 0xc7, 0x05};
    struct laid_out laid;
    const uint64_t target = BASE32 + 0x123;

    lay_out(&laid, 32);
    laid.code.n_functions = 0;
    memcpy(laid.bytes + AT - 2, code, sizeof(code));
    put(laid.bytes + AT + 2, target, 4);
    put(laid.bytes + AT + 6, target, 4);
    laid.code.targets[0] = (struct ms_range){.first = target, .last = target};
    for (unsigned step = 0; step < 4; step++) {
        laid.code.step = step;
        cr_expect(eq(sz, code_case_check(&laid.code), 2));
    }
}

// == Random code ==

struct random_case {
    struct code_case code;
    uint8_t *bytes;
    bool *hidden;
};

static uint64_t below(uint64_t n)
{
    return (uint64_t)rand() % n;
}

static void fill(struct random_case *random)
{
    static const uint8_t usual[] = {0xe8, 0xe9, 0x48, 0x8b, 0x05, 0x8d, 0x0f,
                                    0x84, 0xff, 0x15, 0x25, 0x68, 0xc7, 0xb8,
                                    0x80, 0x3d, 0x66, 0x67, 0x00, 0x90, 0xa1};

    for (size_t i = 0; i < random->code.size; i++)
        random->bytes[i] = rand() % 3 ? (uint8_t)rand() : usual[below(sizeof(usual))];
}

// Operands that may reach a target, wherever they come to stand.
static void plant(struct random_case *random)
{
    const struct code_case *code = &random->code;

    for (uint64_t i = 0; i < code->size / 16; i++) {
        uint64_t at = below(code->size - 8), target = code->targets[below(code->n_targets)].first;

        if (code->bits == 64 || rand() % 2)
            target -= code->base + at + 4 + below(6);
        put(random->bytes + at, target, 4);
    }
}

static size_t place_ranges(uint64_t at, uint64_t gap, uint64_t length, struct ms_range *ranges)
{
    size_t n = 1 + below(MAX_CASE_RANGES - 1);

    for (size_t i = 0; i < n; i++) {
        at += below(gap);
        ranges[i].first = at;
        at += below(length);
        ranges[i].last = at++;
    }
    return n;
}

static void check_random(unsigned seed, uint8_t *bytes, bool *hidden, size_t size)
{
    struct random_case random = {.bytes = bytes, .hidden = hidden};
    struct code_case *code = &random.code;

    srand(seed);
    *code = (struct code_case){.bits = rand() % 2 ? 64 : 32, .size = size, .data = {.first = 1}};
    code->base = code->bits == 64 ? BASE64 : BASE32;
    code->bytes = bytes;
    code->hidden = hidden;
    fill(&random);
    code->n_targets =
        place_ranges(code->base - 0x2000, 4000, rand() % 2 ? 2 : 0x200, code->targets);
    plant(&random);
    if (rand() % 4)
        code->n_functions = place_ranges(code->base, 100, 400, code->functions);
    memset(hidden, false, size);
    for (uint64_t i = below(4), at = below(size - 64); i-- > 0; at = below(size - 64))
        memset(hidden + at, true, below(64));
    code->area = (struct ms_range){.first = code->base + below(40),
                                   .last = code->base + size - 1 - below(20)};
    code->from = code->base + (rand() % 2 ? 0 : below(size));
    code->step = rand() % 2 ? 0 : 1 + (unsigned)below(size / 4);
    code->stops = rand() % 2;
    code_case_check(code);
}

Test(code_scan, random)
{
    static uint8_t bytes[1000];
    static bool hidden[1000];

    for (unsigned seed = 0; seed < 300; seed++)
        check_random(seed, bytes, hidden, sizeof(bytes));
}

// More than is looked through at a time.
Test(code_scan, random_chunks)
{
    static uint8_t bytes[140000];
    static bool hidden[140000];

    for (unsigned seed = 0; seed < 2; seed++)
        check_random(seed, bytes, hidden, sizeof(bytes));
}

// == The filter ==

// It lets through what may reach a target, and little else.
Test(code_scan, filter)
{
    static uint8_t bytes[1024 + 3];

    for (unsigned seed = 0; seed < 400; seed++) {
        struct ms_range targets[MAX_CASE_RANGES];
        unsigned bits = seed % 2 ? 64 : 32;
        uint64_t base = seed % 2 ? BASE64 : BASE32;
        struct ms_code_filter filter;
        size_t n, next = 0, n_passed = 0, n_wanted = 0;

        srand(seed);
        n = place_ranges(base + (seed % 7 ? 0 : UINT32_MAX / 2), seed % 5 ? 0x10000 : 0x7000000, 64,
                         targets);
        ms_code_filter_init(&filter, bits, targets, n);
        for (size_t i = 0; i < sizeof(bytes); i++)
            bytes[i] = (uint8_t)rand();
        // Many, or one near the end of what is tested together.
        for (size_t i = seed % 3 ? below(20) : 255 - below(6) + 256 * below(3); i < 1000;
             i += seed % 3 ? 4 + below(200) : 1000)
            put(bytes + i,
                targets[below(n)].first - (bits == 32 && i % 2 ? 0 : base + i + 4 + below(6)), 4);
        for (size_t i = 0; i < 1024; i++) {
            uint32_t value = (uint32_t)(bytes[i] | bytes[i + 1] << 8 | bytes[i + 2] << 16) |
                             (uint32_t)bytes[i + 3] << 24;
            bool may = ms_code_filter_may(&filter, base + i, value);

            if (next <= i)
                next = ms_code_filter_next(&filter, base, bytes, i, 1024);
            cr_assert(next == i || !may, "seed %u, %zu", seed, i);
            n_wanted += may;
            n_passed += next == i;
            next += next == i;
        }
        cr_expect(n_passed <= n_wanted + 64 || n > MS_CODE_WINDOWS, "%zu of %zu", n_passed,
                  n_wanted);
    }
}
