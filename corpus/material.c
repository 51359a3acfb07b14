// SPDX-License-Identifier: MIT
//
// Page generators. Each draws one random number per word, instruction or qword and stores it
// whole, advancing by the length that counts: no loop over bytes, hence the slack behind a page.

#include "material.h"

#include "random.h"

#include <string.h>

#define ITEMS(array) (sizeof(array) / sizeof((array)[0]))

void material_random(uint8_t *page, uint64_t key, uint64_t number, const uint64_t *arguments)
{
    struct random random = random_from(key, number);
    (void)arguments;
    for (size_t at = 0; at < PAGE_SIZE; at += 8) {
        uint64_t value = random_next(&random);
        memcpy(page + at, &value, 8);
    }
}

/* ---- text ----------------------------------------------------------------------------- */

struct text_word {
    char text[PAGE_SLACK];
    unsigned length;
};

#define W(text)                                                                                    \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }

// 128 entries, so that seven random bits choose one. Frequent words come several times.
static const struct text_word text_words[] = {
    W("the "),     W("the "),     W("the "),      W("the "),       W("the "),      W("the "),
    W("of "),      W("of "),      W("of "),       W("and "),       W("and "),      W("and "),
    W("to "),      W("to "),      W("to "),       W("a "),         W("a "),        W("in "),
    W("in "),      W("is "),      W("is "),       W("that "),      W("for "),      W("it "),
    W("as "),      W("was "),     W("with "),     W("be "),        W("by "),       W("on "),
    W("not "),     W("this "),    W("memory "),   W("page "),      W("table "),    W("kernel "),
    W("driver "),  W("system "),  W("file "),     W("process "),   W("thread "),   W("object "),
    W("handle "),  W("device "),  W("request "),  W("address "),   W("pointer "),  W("module "),
    W("section "), W("value "),   W("number "),   W("string "),    W("buffer "),   W("length "),
    W("offset "),  W("error "),   W("failed "),   W("could not "), W("invalid "),  W("unknown "),
    W("version "), W("service "), W("network "),  W("printer "),   W("window "),   W("message "),
    W("button "),  W("option "),  W("default "),  W("setting "),   W("user "),     W("password "),
    W("access "),  W("denied "),  W("allowed "),  W("security "),  W("policy "),   W("update "),
    W("install "), W("remove "),  W("restart "),  W("computer "),  W("disk "),     W("volume "),
    W("free "),    W("used "),    W("total "),    W("bytes "),     W("first "),    W("second "),
    W("last "),    W("next "),    W("previous "), W("new "),       W("old "),      W("open "),
    W("close "),   W("read "),    W("write "),    W("wait "),      W("signal "),   W("event "),
    W("time "),    W("date "),    W("name "),     W("type "),      W("size "),     W("state "),
    W("running "), W("stopped "), W("when "),     W("where "),     W("which "),    W("because "),
    W("before "),  W("after "),   W("there "),    W("again.\r\n"), W("done.\r\n"), W("here.\r\n"),
    W(". The "),   W(". It "),    W(", and "),    W(", but "),     W(": "),        W("; "),
    W("(see "),    W(") "),
};

_Static_assert(ITEMS(text_words) == 128, "seven bits choose a word");

void material_text(uint8_t *page, uint64_t key, uint64_t number, const uint64_t *arguments)
{
    struct random random = random_from(key, number);
    (void)arguments;
    for (size_t at = 0; at < PAGE_SIZE;) {
        const struct text_word *word = &text_words[random_next(&random) >> 57];
        memcpy(page + at, word->text, PAGE_SLACK);
        at += word->length;
    }
}

/* ---- code ----------------------------------------------------------------------------- */

/** An instruction: fixed bytes, lowest first, and the bits in which an operand varies. */
struct instruction {
    uint64_t bits;
    uint64_t operand;
    unsigned length;
};

// 64 entries, so that six random bits choose one. Displacements are small, as in real code, which
// leaves about a fifth of the bytes zero.
static const struct instruction instructions[] = {
    {0x245c8948, 0x7800000000, 5},     // mov [rsp+x], rbx
    {0x24748948, 0x7800000000, 5},     // mov [rsp+x], rsi
    {0x247c8948, 0x7800000000, 5},     // mov [rsp+x], rdi
    {0x245c8b48, 0x7800000000, 5},     // mov rbx, [rsp+x]
    {0x24748b48, 0x7800000000, 5},     // mov rsi, [rsp+x]
    {0x24448b48, 0x7800000000, 5},     // mov rax, [rsp+x]
    {0x244c8d48, 0x7800000000, 5},     // lea rcx, [rsp+x]
    {0x28ec8348, 0x78000000, 4},       // sub rsp, x
    {0x28c48348, 0x78000000, 4},       // add rsp, x
    {0x0d8b48, 0x0007ffff000000, 7},   // mov rcx, [rip+x]
    {0x058b48, 0x0007ffff000000, 7},   // mov rax, [rip+x]
    {0x158d48, 0x0007ffff000000, 7},   // lea rdx, [rip+x]
    {0x0d8d48, 0x0007ffff000000, 7},   // lea rcx, [rip+x]
    {0x058948, 0x0007ffff000000, 7},   // mov [rip+x], rax
    {0xe8, 0x0007ffff00, 5},           // call x
    {0xe8, 0x0007ffff00, 5},           // call x
    {0xfff80000e8, 0x0007ffff00, 5},   // call -x
    {0xfff80000e8, 0x0007ffff00, 5},   // call -x
    {0x15ff, 0x0007ffff0000, 6},       // call [rip+x]
    {0xe9, 0x0000ffff00, 5},           // jmp x
    {0x74, 0x7f00, 2},                 // je x
    {0x74, 0x3f00, 2},                 // je x
    {0x75, 0x7f00, 2},                 // jne x
    {0x75, 0x3f00, 2},                 // jne x
    {0xeb, 0xff00, 2},                 // jmp short x
    {0x7d, 0x3f00, 2},                 // jge x
    {0x76, 0x1f00, 2},                 // jbe x
    {0x840f, 0x00000fff0000, 6},       // je x
    {0x850f, 0x00000fff0000, 6},       // jne x
    {0x880f, 0x000003ff0000, 6},       // js x
    {0xc08548, 0, 3},                  // test rax, rax
    {0xdb8548, 0, 3},                  // test rbx, rbx
    {0xc085, 0, 2},                    // test eax, eax
    {0xc033, 0, 2},                    // xor eax, eax
    {0xdb33, 0, 2},                    // xor ebx, ebx
    {0xc03345, 0, 3},                  // xor r8d, r8d
    {0xc93345, 0, 3},                  // xor r9d, r9d
    {0xd88b48, 0, 3},                  // mov rbx, rax
    {0xcb8b48, 0, 3},                  // mov rcx, rbx
    {0xd68b48, 0, 3},                  // mov rdx, rsi
    {0xc38b4c, 0, 3},                  // mov r8, rbx
    {0xf98b48, 0, 3},                  // mov rdi, rcx
    {0x438b48, 0x78000000, 4},         // mov rax, [rbx+x]
    {0x4b8b48, 0x78000000, 4},         // mov rcx, [rbx+x]
    {0x438948, 0x78000000, 4},         // mov [rbx+x], rax
    {0x478b, 0x7c0000, 3},             // mov eax, [rdi+x]
    {0x4e89, 0x7c0000, 3},             // mov [rsi+x], ecx
    {0x838b48, 0x0000fff8000000, 7},   // mov rax, [rbx+x]
    {0x868948, 0x00000ff8000000, 7},   // mov [rsi+x], rax
    {0xb841, 0x0000000f0000, 6},       // mov r8d, x
    {0xba, 0x000000ff00, 5},           // mov edx, x
    {0xb9, 0x000000ff00, 5},           // mov ecx, x
    {0xc00000bb, 0x0000003f00, 5},     // mov ebx, status
    {0x2444c7, 0x0000000f78000000, 8}, // mov dword [rsp+x], y
    {0xf883, 0x1f0000, 3},             // cmp eax, x
    {0x43f6, 0x0f3f0000, 4},           // test byte [rbx+x], y
    {0xc0b60f, 0, 3},                  // movzx eax, al
    {0x1f0f, 0, 3},                    // nop [rax]
    {0x53, 0, 1},                      // push rbx
    {0x57, 0, 1},                      // push rdi
    {0xc3, 0, 1},                      // ret
    {0xccccccccccccccc3, 0, 8},        // ret and padding
    {0xcccccccccccccccc, 0, 8},        // padding
    {0, 0, 8},                         // padding, tables
};

_Static_assert(ITEMS(instructions) == 64, "six bits choose an instruction");

void material_code(uint8_t *page, uint64_t key, uint64_t number, const uint64_t *arguments)
{
    struct random random = random_from(key, number);
    (void)arguments;
    for (size_t at = 0; at < PAGE_SIZE;) {
        uint64_t draw = random_next(&random);
        const struct instruction *instruction = &instructions[draw >> 58];
        uint64_t value = instruction->bits | (draw & instruction->operand);
        memcpy(page + at, &value, 8);
        at += instruction->length;
    }
}

/* ---- qwords --------------------------------------------------------------------------- */

void material_pointers(uint8_t *page, uint64_t key, uint64_t number, const uint64_t *arguments)
{
    struct random random = random_from(key, number);
    uint64_t base = arguments[0];
    uint64_t units = arguments[1] / 8;
    for (size_t at = 0; at < PAGE_SIZE; at += 8) {
        // 32 random bits times at most 2^32 units: the product's upper half is below `units`.
        uint64_t value = base + (((random_next(&random) >> 32) * units) >> 32) * 8;
        memcpy(page + at, &value, 8);
    }
}

/** One qword of a structure: fixed bits and those that vary. */
struct member {
    uint64_t bits;
    uint64_t varying;
};

// 16 entries, so that four random bits choose one: lists, counters, flags, pool headers, and as
// in real structures more zeros than anything else.
static const struct member members[] = {
    {0, 0},
    {0, 0},
    {0, 0},
    {0, 0},
    {0, 0},
    {0, 0},
    {0, 0},
    {0, 0},
    {0, 0x3f},                                // a count
    {0, 0x00000007000000ff},                  // two counts
    {0, 0x0000ffff},                          // a size
    {0x0000000100000000, 0x0000000f00000003}, // flags
    {0xffffe00000000000, 0x0000000ffffffff0}, // a pool pointer
    {0xffffe00000000000, 0x0000000000fffff0}, // a pool pointer
    {0xfffff80000000000, 0x0000000003fffff8}, // a pointer into a module
    {0x2065534602000000, 0x0f0f000000ff00ff}, // a pool header with a tag
};

_Static_assert(ITEMS(members) == 16, "four bits choose a member");

void material_structs(uint8_t *page, uint64_t key, uint64_t number, const uint64_t *arguments)
{
    struct random random = random_from(key, number);
    uint64_t choices = 0;
    (void)arguments;
    for (size_t at = 0; at < PAGE_SIZE; at += 8, choices >>= 4) {
        if (at % 128 == 0)
            choices = random_next(&random);
        const struct member *member = &members[choices & 15];
        uint64_t value = member->bits | (random_next(&random) & member->varying);
        memcpy(page + at, &value, 8);
    }
}

/* ---- a machine's mix ------------------------------------------------------------------ */

static void material_zero(uint8_t *page, uint64_t key, uint64_t number, const uint64_t *arguments)
{
    (void)key;
    (void)number;
    (void)arguments;
    memset(page, 0, PAGE_SIZE);
}

void material_mixed(uint8_t *page, uint64_t key, uint64_t number, const uint64_t *arguments)
{
    static const uint64_t kernel_modules[2] = {0xfffff80000000000, UINT64_C(64) << 20};
    static const struct {
        unsigned below; // in percent, cumulative
        material_fn *make;
    } mix[] = {
        {35, material_zero}, {45, material_random},   {62, material_code},
        {72, material_text}, {80, material_pointers}, {100, material_structs},
    };
    struct random random = random_from(random_fold(key, 1), number);
    uint64_t draw = random_below(&random, 100);
    size_t i = 0;
    (void)arguments;
    while (draw >= mix[i].below)
        i++;
    mix[i].make(page, key, number, kernel_modules);
}
