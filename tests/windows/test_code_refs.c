// SPDX-License-Identifier: MIT
//
// Where instructions are looked for, and what is certain there: in machines with modules.

#include "windows/small_windows.h"

#include <memscan/code_refs.h>

enum {
    DRIVER = DRIVERS, // its code: the page at 1000
    CODE = DRIVER + 0x1000,
    PDATA = DRIVER + 0x400,
    TARGET = NT_IMAGE + 0x1230,
    POOL = 0x180000, // in no module
};

// Kernel and a driver of 3 pages, a hole behind its code.
static struct windows two_modules(void)
{
    struct windows windows = windows_of(10);

    add_module(&windows, NT_IMAGE, 0x10000, "ntoskrnl.exe");
    poke_image(&windows, DRIVER, 0x4000, ".text");
    poke(&windows, DRIVER + 0x80 + 0x108 + 0x08, 0x2000, 4); // 2 pages of code
    add_module(&windows, DRIVER, 0x4000, "disk.sys");
    return windows;
}

static void poke_function(struct windows *windows, uint32_t begin, uint32_t end)
{
    poke(windows, DRIVER + 0x80 + 0x88 + 8 * 3, PDATA - DRIVER, 4);
    poke(windows, DRIVER + 0x80 + 0x88 + 8 * 3 + 4, 12, 4);
    poke(windows, PDATA, begin, 4);
    poke(windows, PDATA + 4, end, 4);
    poke(windows, PDATA + 8, 0x500, 4);
}

// call
static void poke_call(struct windows *windows, uint64_t at, uint64_t target)
{
    poke(windows, at, 0xe8, 1);
    poke(windows, at + 1, (uint32_t)(target - (at + 5)), 4);
}

static void poke_nops(struct windows *windows, uint64_t at, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        poke(windows, at + i, 0x90, 1);
}

// A page is mapped to another frame, which has its bytes.
static void move_page(struct windows *windows, uint64_t offset, uint64_t frame)
{
    memcpy(windows->machine.bytes + frame, windows->machine.bytes + MEMORY + offset, 0x1000);
    memset(windows->machine.bytes + MEMORY + offset, 0xcc, 0x1000);
    put64(&windows->machine, 0x4000, (unsigned)(offset / 0x1000), frame | 0x63);
}

#define NO_EXECUTE (UINT64_C(1) << 63)

static void set_entry(struct windows *windows, uint64_t offset, uint64_t entry)
{
    put64(&windows->machine, 0x4000, (unsigned)(offset / 0x1000), entry);
}

// References to the target, one a line: offset, "?" if uncertain. A static buffer.
static char *refs_text(const struct windows *windows, struct ms_code_refs_options options,
                       bool with_modules)
{
    static const struct ms_range target = {.first = KERNEL + TARGET, .last = KERNEL + TARGET};
    static char text[4096];
    struct found_windows found = find_windows(windows, 0);
    struct ms_code_refs *refs = NULL;
    struct ms_error error = {0};
    struct ms_code_ref ref;
    bool is_found = true;
    size_t used = 0;

    options.spaces = found.spaces;
    options.modules = with_modules ? found.modules : NULL;
    options.targets = &target;
    options.n_targets = 1;
    cr_assert(ms_code_refs_create(&options, &refs, &error) == MS_OK, "%s", error.text);
    text[0] = '\0';
    for (;;) {
        cr_assert(ms_code_refs_next(refs, UINT64_MAX, &is_found, &ref, &error) == MS_OK);
        if (!is_found)
            break;
        cr_assert(eq(u64, ref.target, target.first));
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%" PRIx64 "%s",
                                 used ? " " : "", ref.address - KERNEL, ref.uncertain ? "?" : "");
    }
    cr_assert(eq(u64, ms_code_refs_position(refs), UINT64_MAX));
    ms_code_refs_free(refs);
    release_found(&found);
    return text;
}

#define ALL ((struct ms_range){.first = 0, .last = UINT64_MAX})

static void check(const struct windows *windows, const char *expected)
{
    const struct ms_range all = ALL;

    cr_expect(eq(
        str, refs_text(windows, (struct ms_code_refs_options){.ranges = &all, .n_ranges = 1}, true),
        (char *)(uintptr_t)expected));
}

static void check_everywhere(const struct windows *windows, bool with_modules, const char *expected)
{
    cr_expect(
        eq(str, refs_text(windows, (struct ms_code_refs_options){.everywhere = true}, with_modules),
           (char *)(uintptr_t)expected));
}

Test(code_refs, in_functions_and_outside)
{
    struct windows windows = two_modules();

    poke_nops(&windows, CODE, 0x2000);
    poke_function(&windows, 0x1100, 0x1200);
    poke_call(&windows, CODE + 0x10, TARGET);
    poke_call(&windows, CODE + 0x120, TARGET);
    poke_call(&windows, CODE + 0x200, TARGET);
    check(&windows, "81010? 81120 81200?");
    // The table's page is not there.
    set_entry(&windows, DRIVER, 0);
    check(&windows, "81010? 81120? 81200?");
    free(windows.machine.bytes);
}

// Data, headers and what no module has are no places for code, unless everything is.
Test(code_refs, sections_and_pages)
{
    struct windows windows = two_modules();
    const struct ms_range part = {.first = KERNEL + CODE + 0x20, .last = KERNEL + CODE + 0x44};
    const struct ms_range overlapping[] = {{.first = part.first + 4, .last = part.last + 0x20},
                                           part,
                                           {.first = part.first, .last = part.first}};

    poke_call(&windows, DRIVER + 0x600, TARGET);
    poke_call(&windows, CODE + 0x1f, TARGET);
    poke_call(&windows, CODE + 0x30, TARGET);
    poke_call(&windows, CODE + 0x41, TARGET);
    poke_call(&windows, DRIVER + 0x3000, TARGET);
    poke_call(&windows, NT_DATA + 0x10, TARGET);
    poke_call(&windows, POOL + 0x10, TARGET);
    poke_call(&windows, POOL + 0x1010, TARGET);
    set_entry(&windows, POOL + 0x1000, (MEMORY + POOL + 0x1000) | 0x63 | NO_EXECUTE);
    check(&windows, "8101f? 81030? 81041?");
    check_everywhere(&windows, true, "8101f? 81030? 81041? 180010?");
    cr_expect(
        eq(str,
           refs_text(&windows, (struct ms_code_refs_options){.ranges = &part, .n_ranges = 1}, true),
           "81030?"));
    cr_expect(
        eq(str,
           refs_text(&windows, (struct ms_code_refs_options){.ranges = overlapping, .n_ranges = 3},
                     true),
           "81030? 81041?"));
    cr_expect(eq(
        str,
        refs_text(&windows,
                  (struct ms_code_refs_options){.everywhere = true, .from = KERNEL + CODE + 0x31},
                  true),
        "81041? 180010?"));
    free(windows.machine.bytes);
}

Test(code_refs, without_modules)
{
    struct windows windows = two_modules();

    poke_function(&windows, 0x1100, 0x1200);
    poke_nops(&windows, CODE, 0x2000);
    poke_call(&windows, CODE + 0x120, TARGET);
    poke_call(&windows, DRIVER + 0x3000, TARGET);
    poke_call(&windows, POOL + 0x1010, TARGET);
    set_entry(&windows, POOL + 0x1000, (MEMORY + POOL + 0x1000) | 0x63 | NO_EXECUTE);
    check_everywhere(&windows, false, "81120? 83000?");
    free(windows.machine.bytes);
}

// A module without headers: all of its executable pages.
Test(code_refs, without_headers)
{
    struct windows windows = two_modules();

    set_entry(&windows, DRIVER, 0);
    set_entry(&windows, DRIVER + 0x2000, (MEMORY + DRIVER + 0x2000) | 0x63 | NO_EXECUTE);
    poke_call(&windows, CODE + 0x20, TARGET);
    poke_call(&windows, DRIVER + 0x2020, TARGET);
    poke_call(&windows, DRIVER + 0x3020, TARGET);
    poke_call(&windows, CODE + 0xffd, TARGET); // its end cannot be executed
    check(&windows, "81020? 83020?");
    free(windows.machine.bytes);
}

// A module of which nothing tells the size is a page.
Test(code_refs, without_size)
{
    struct windows windows = two_modules();

    add_module(&windows, POOL, 0, "empty.sys");
    poke_call(&windows, POOL, TARGET);
    poke_call(&windows, POOL + 0x1010, TARGET);
    check(&windows, "180000?");
    check_everywhere(&windows, true, "180000? 181010?");
    free(windows.machine.bytes);
}

// The work is that of what was gone through: the code of modules, and no more than was asked for.
Test(code_refs, work)
{
    const struct ms_range target = {.first = KERNEL + TARGET, .last = KERNEL + TARGET};
    const struct ms_range page = {.first = KERNEL + CODE, .last = KERNEL + CODE + 0xfff};
    struct windows windows = two_modules();
    struct ms_code_refs_options options = {
        .targets = &target, .n_targets = 1, .ranges = &page, .n_ranges = 1};
    struct found_windows found;
    struct ms_code_refs *refs = NULL;
    struct ms_code_refs_work work;
    struct ms_code_ref ref;
    bool is_found;

    poke_call(&windows, CODE + 0x20, TARGET);
    found = find_windows(&windows, 0);
    options.spaces = found.spaces;
    options.modules = found.modules;
    cr_assert(ms_code_refs_create(&options, &refs, NULL) == MS_OK);
    work = ms_code_refs_work(refs);
    cr_expect(work.bytes == 0 && work.candidates == 0 && work.decoded == 0);
    cr_assert(ms_code_refs_next(refs, UINT64_MAX, &is_found, &ref, NULL) == MS_OK && is_found);
    work = ms_code_refs_work(refs);
    cr_expect(work.bytes == 0x1000 && work.candidates == 1 && work.decoded > 0);
    ms_code_refs_free(refs);
    release_found(&found);
    free(windows.machine.bytes);
}

Test(code_refs, page_flags)
{
    struct windows windows = two_modules();
    const struct ms_range all = ALL;

    poke_nops(&windows, CODE, 0x2000);
    poke_function(&windows, 0x1000, 0x3000);
    poke_call(&windows, CODE + 0x20, TARGET);
    poke_call(&windows, CODE + 0xffd, TARGET);
    poke_call(&windows, CODE + 0x1100, TARGET);
    set_entry(&windows, CODE, (MEMORY + CODE) | 0x61); // read-only
    check(&windows, "81020 81ffd 82100");
    cr_expect(eq(str,
                 refs_text(&windows,
                           (struct ms_code_refs_options){
                               .ranges = &all, .n_ranges = 1, .page_flags = MS_PAGE_WRITABLE},
                           true),
                 "82100"));
    free(windows.machine.bytes);
}

// Neighbours that are none in memory, and a hole.
Test(code_refs, across_pages)
{
    struct windows windows = two_modules();

    poke_nops(&windows, CODE, 0x2000);
    poke_function(&windows, 0x1000, 0x3000);
    for (unsigned i = 1; i < 5; i++) {
        poke_call(&windows, CODE + 0x1000 - i, TARGET);
        check(&windows, i == 1 ? "81fff" : i == 2 ? "81ffe" : i == 3 ? "81ffd" : "81ffc");
        poke_nops(&windows, CODE + 0x1000 - i, 5);
    }
    poke_call(&windows, CODE + 0xffe, TARGET);
    poke_call(&windows, CODE + 0x1100, TARGET);
    move_page(&windows, CODE + 0x1000, 0x3f0000);
    check(&windows, "81ffe 82100");
    set_entry(&windows, CODE + 0x1000, 0);
    check(&windows, "");
    set_entry(&windows, CODE + 0x1000, 0x3f0063);
    set_entry(&windows, CODE, 0);
    check(&windows, "82100?");
    free(windows.machine.bytes);
}

// == What is refused, what stops ==

Test(code_refs, physical)
{
    struct windows windows = two_modules();
    struct found_windows found = find_windows(&windows, 0);
    struct ms_code_refs *refs = NULL;
    struct ms_error error = {0};

    ms_spaces_add(found.spaces, "physical", &error);
    cr_expect(ms_code_refs_create(&(struct ms_code_refs_options){.spaces = found.spaces}, &refs,
                                  &error) == MS_ARGUMENT);
    cr_expect(eq(ptr, refs, NULL));
    release_found(&found);
    free(windows.machine.bytes);
}

static int stop_once(void *user, uint64_t bytes)
{
    unsigned *left = user;

    (void)bytes;
    return *left > 0 && (*left)-- > 0;
}

// What was stopped goes on: by another call, and from its position.
Test(code_refs, stopped)
{
    struct windows windows = two_modules();
    const struct ms_range target = {.first = KERNEL + TARGET, .last = KERNEL + TARGET};
    struct found_windows found;
    unsigned left = 0;
    struct ms_code_refs_options options = {.targets = &target,
                                           .n_targets = 1,
                                           .everywhere = true,
                                           .progress = stop_once,
                                           .user = &left};
    struct ms_code_refs *refs = NULL;
    struct ms_code_ref ref;
    bool is_found;

    poke_call(&windows, CODE + 0x20, TARGET);
    poke_call(&windows, POOL + 0x20, TARGET);
    found = find_windows(&windows, 0);
    options.spaces = found.spaces;
    options.modules = found.modules;
    cr_assert(ms_code_refs_create(&options, &refs, NULL) == MS_OK);
    cr_assert(ms_code_refs_next(refs, KERNEL + CODE + 0x1f, &is_found, &ref, NULL) == MS_OK);
    cr_expect(eq(int, is_found, false));
    cr_assert(ms_code_refs_next(refs, KERNEL + CODE + 0x20, &is_found, &ref, NULL) == MS_OK);
    cr_expect(is_found && ref.address == KERNEL + CODE + 0x20);
    left = 1;
    cr_assert(ms_code_refs_next(refs, UINT64_MAX, &is_found, &ref, NULL) == MS_STOPPED);
    cr_expect(eq(int, is_found, false));
    options.from = ms_code_refs_position(refs);
    cr_expect(options.from > KERNEL + CODE + 0x20 && options.from <= KERNEL + POOL + 0x20);
    cr_assert(ms_code_refs_next(refs, UINT64_MAX, &is_found, &ref, NULL) == MS_OK);
    cr_expect(is_found && ref.address == KERNEL + POOL + 0x20);
    ms_code_refs_free(refs);
    cr_assert(ms_code_refs_create(&options, &refs, NULL) == MS_OK);
    cr_assert(ms_code_refs_next(refs, UINT64_MAX, &is_found, &ref, NULL) == MS_OK);
    cr_expect(is_found && ref.address == KERNEL + POOL + 0x20);
    ms_code_refs_free(refs);
    release_found(&found);
    free(windows.machine.bytes);
}

// What was found and is not yet wanted is where to go on, also when all was gone through.
Test(code_refs, position_of_what_waits)
{
    struct windows windows = two_modules();
    const struct ms_range target = {.first = KERNEL + TARGET, .last = KERNEL + TARGET};
    const struct ms_range end = {.first = KERNEL + CODE, .last = KERNEL + CODE + 0x24};
    struct ms_code_refs_options options = {
        .targets = &target, .n_targets = 1, .ranges = &end, .n_ranges = 1};
    struct found_windows found;
    struct ms_code_refs *refs = NULL;
    struct ms_code_ref ref;
    bool is_found;

    poke_call(&windows, CODE + 0x10, TARGET);
    poke_call(&windows, CODE + 0x20, TARGET);
    found = find_windows(&windows, 0);
    options.spaces = found.spaces;
    options.modules = found.modules;
    cr_assert(ms_code_refs_create(&options, &refs, NULL) == MS_OK);
    cr_assert(ms_code_refs_next(refs, KERNEL + CODE + 0x1f, &is_found, &ref, NULL) == MS_OK);
    cr_expect(is_found && ref.address == KERNEL + CODE + 0x10);
    cr_assert(ms_code_refs_next(refs, KERNEL + CODE + 0x1f, &is_found, &ref, NULL) == MS_OK);
    cr_expect(eq(int, is_found, false));
    cr_expect(eq(u64, ms_code_refs_position(refs), KERNEL + CODE + 0x20));
    cr_assert(ms_code_refs_next(refs, UINT64_MAX, &is_found, &ref, NULL) == MS_OK);
    cr_expect(is_found && ref.address == KERNEL + CODE + 0x20);
    ms_code_refs_free(refs);
    release_found(&found);
    free(windows.machine.bytes);
}

Test(code_refs, text)
{
    static const struct {
        uint8_t bytes[8];
        uint8_t length;
        const char *text;
    } cases[] = {
        {{0xe8, 0, 1, 0, 0}, 5, "call 0xfffff80000000105"},
        {{0x48, 0x8d, 0x05, 0, 1, 0, 0}, 7, "lea rax, [0xfffff80000000107]"},
        {{0x06}, 1, ""}, // no instruction in 64 bits
    };
    struct windows windows = two_modules();
    struct found_windows found = find_windows(&windows, 0);
    struct ms_code_refs *refs = NULL;

    cr_assert(ms_code_refs_create(&(struct ms_code_refs_options){.spaces = found.spaces}, &refs,
                                  NULL) == MS_OK);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ms_code_ref ref = {.address = KERNEL, .length = cases[i].length};
        char text[MS_INSTRUCTION_TEXT];

        memcpy(ref.bytes, cases[i].bytes, sizeof(cases[i].bytes));
        ms_code_ref_text(refs, &ref, text);
        cr_expect(eq(str, text, (char *)(uintptr_t)cases[i].text));
    }
    ms_code_refs_free(refs);
    release_found(&found);
    free(windows.machine.bytes);
}
