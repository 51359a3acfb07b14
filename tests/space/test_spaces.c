// SPDX-License-Identifier: MIT
//
// The set of spaces: names, order, windows of the kernel, physical and unmapped memory.

#include "small_machine.h"
#include "space/space.h"

TestSuite(spaces);

// x64, 16 pages: root 1000 maps 8000 and 9000 in the upper half and a000 in the lower one, root
// 5000 maps b000 in the lower one and shares the upper one.
static struct small_machine two_roots(void)
{
    struct small_machine machine = machine_of(0x10000);

    put64(&machine, 0x1000, 0x1f0, 0x2063);
    put64(&machine, 0x2000, 0, 0x3063);
    put64(&machine, 0x3000, 0, 0x4063);
    put64(&machine, 0x4000, 0, 0x8063);
    put64(&machine, 0x4000, 7, 0x9063);
    put64(&machine, 0x1000, 0, 0xc067);
    put64(&machine, 0xc000, 0, 0xd067);
    put64(&machine, 0xd000, 0, 0xe067);
    put64(&machine, 0xe000, 1, 0xa067);
    put64(&machine, 0x5000, 0x1f0, 0x2063);
    put64(&machine, 0x5000, 0, 0x6067);
    put64(&machine, 0x6000, 0, 0x7067);
    put64(&machine, 0x7000, 0, 0xf067);
    put64(&machine, 0xf000, 1, 0xb067);
    return machine;
}

static struct ms_spaces *set_of(const struct ms_image *image)
{
    const uint64_t root = 0x1000;
    const struct ms_spaces_options options = {.root = &root, .paging = "x64"};
    struct ms_spaces *spaces = NULL;

    cr_assert(ms_spaces_create(image, &options, &spaces, NULL) == MS_OK);
    return spaces;
}

static void add(struct ms_spaces *spaces, const char *name)
{
    struct ms_error error = {0};

    cr_assert(ms_spaces_add(spaces, name, &error) == MS_OK, "%s: %s", name, error.text);
}

static const char *names_of(const struct ms_spaces *spaces)
{
    static char text[256];

    text[0] = '\0';
    for (size_t i = 0; i < ms_spaces_count(spaces); i++) {
        strcat(text, i ? " " : "");
        strcat(text, ms_spaces_info(spaces, i).name);
    }
    return text;
}

Test(spaces, are_in_the_order_of_a_search)
{
    struct small_machine machine = two_roots();
    struct ms_image *image = open_machine(&machine);
    struct ms_spaces *spaces = set_of(image);

    add(spaces, "unmapped");
    add(spaces, "root:0x5000");
    add(spaces, "kernel");
    add(spaces, "root:1003"); // low bits of a register are not part of the address
    add(spaces, "physical");
    add(spaces, "root:5000");
    add(spaces, "kernel");
    add(spaces, "unmapped");
    cr_assert(eq(str, (char *)names_of(spaces),
                 (char *)"physical kernel root:0x1000 root:0x5000 unmapped"));
    cr_assert(eq(u64, ms_spaces_info(spaces, 3).root, 0x5000));
    cr_assert(eq(int, (int)ms_spaces_info(spaces, 3).paging, MS_PAGING_X64));
    cr_assert(eq(u32, ms_spaces_info(spaces, 3).address_bits, 64));
    cr_assert(eq(u32, ms_spaces_info(spaces, 0).address_bits, 32));
    cr_assert(eq(u64, ms_spaces_info(spaces, 4).root, 0));
    cr_assert(ms_spaces_image(spaces) == image);
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(machine.bytes);
}

Test(spaces, name_what_is_there)
{
    static const struct {
        const char *name;
        enum ms_status status;
        const char *text;
    } cases[] = {
        {"process:4", MS_UNSUPPORTED, "ms_spaces_add_process()"},
        {"process:vmms.exe", MS_UNSUPPORTED, "ms_spaces_add_process()"},
        {"session:1", MS_UNSUPPORTED, "ms_spaces_add_session()"},
        {"user", MS_UNSUPPORTED, "minidump"},
        {"Kernel", MS_ARGUMENT, "there is no space called 'Kernel'"},
        {"", MS_ARGUMENT, "physical, kernel, root:ADDR and unmapped"},
        {"root:", MS_ARGUMENT, "'root:'"},
        {"root:xyz", MS_ARGUMENT, "'root:xyz'"},
        {"rooted", MS_ARGUMENT, "there is no space called"},
        {"kernel", MS_MALFORMED, "no page tables of a kernel were found"},
        {"root:1000", MS_MALFORMED, "does not say how its machine translates"},
    };
    struct small_machine machine = machine_of(0x10000);
    struct ms_image *image = open_machine(&machine);
    struct ms_spaces *spaces = spaces_found(image);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ms_error error = {0};

        cr_expect(eq(int, (int)ms_spaces_add(spaces, cases[i].name, &error), (int)cases[i].status),
                  "%s", cases[i].name);
        cr_expect(strstr(error.text, cases[i].text) != NULL, "%s: %s", cases[i].name, error.text);
    }
    cr_assert(eq(sz, ms_spaces_count(spaces), 0));
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(machine.bytes);
}

Test(spaces, refuse_options_that_make_no_sense)
{
    const uint64_t root = 0x1000, kernel = UINT64_C(0x100000000);
    const struct ms_spaces_options bad[] = {{.paging = "arm64"},
                                            {.root = &root},
                                            {.root = &root, .paging = "X64"},
                                            {.kernel = &kernel}};
    struct small_machine machine = machine_of(0x10000);
    struct ms_image *image = open_machine(&machine);

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct ms_spaces *spaces = NULL;
        struct ms_error error = {0};

        cr_expect(eq(int, (int)ms_spaces_create(image, &bad[i], &spaces, &error), MS_ARGUMENT),
                  "options %zu", i);
        cr_expect(error.text[0] != '\0');
        cr_assert_null(spaces);
    }
    ms_spaces_free(NULL);
    ms_image_close(image);
    free(machine.bytes);
}

// == The kernel's half ==

Test(spaces, kernel_is_the_upper_half)
{
    struct small_machine machine = two_roots();
    struct ms_image *image = open_machine(&machine);
    struct ms_spaces *spaces = set_of(image);

    add(spaces, "kernel");
    add(spaces, "root:1000");
    cr_expect(eq(str, mappings_of(spaces, 0),
                 (char *)"fffff80000000000-fffff80000000fff wx- present 8000\n"
                         "fffff80000007000-fffff80000007fff wx- present 9000"));
    cr_expect(eq(str, mappings_of(spaces, 1),
                 (char *)"1000-1fff wxu present a000\n"
                         "fffff80000000000-fffff80000000fff wx- present 8000\n"
                         "fffff80000007000-fffff80000007fff wx- present 9000"));
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(machine.bytes);
}

// Where it begins on 32 bits can be told, also in the midst of a table's range.
Test(spaces, kernel_of_32_bits_begins_where_it_is_told)
{
    static const struct {
        const char *paging;
        uint64_t kernel;
        const char *expected;
    } cases[] = {
        {"x86", 0x80000000,
         "80000000-80001fff wx- present 8000\nc0000000-c0001fff wx- present 8000"},
        {"x86", 0x80001000,
         "80001000-80001fff wx- present 9000\nc0000000-c0001fff wx- present 8000"},
        {"x86", 0xc0000000, "c0000000-c0001fff wx- present 8000"},
        {"x86", 0xc0001abc, "c0001abc-c0001fff wx- present 9abc"},
        {"x86", 0xffffffff, ""},
        {"x86", 0,
         "0-1fff wxu present 8000\n80000000-80001fff wx- present 8000\n"
         "c0000000-c0001fff wx- present 8000"},
    };
    struct small_machine machine = machine_of(0x10000);
    struct ms_image *image;

    put32(&machine, 0x1000, 0x000, 0x4067);
    put32(&machine, 0x1000, 0x200, 0x4063);
    put32(&machine, 0x1000, 0x300, 0x4063);
    put32(&machine, 0x4000, 0, 0x8067);
    put32(&machine, 0x4000, 1, 0x9067);
    image = open_machine(&machine);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const uint64_t root = 0x1000;
        const struct ms_spaces_options options = {
            .root = &root, .paging = cases[i].paging, .kernel = &cases[i].kernel};
        struct ms_spaces *spaces = NULL;

        cr_assert(ms_spaces_create(image, &options, &spaces, NULL) == MS_OK);
        add(spaces, "kernel");
        cr_expect(eq(str, mappings_of(spaces, 0), (char *)cases[i].expected), "case %zu", i);
        ms_spaces_free(spaces);
    }
    ms_image_close(image);
    free(machine.bytes);
}

// A table that is cut by the kernel's start at one place is whole at another.
Test(spaces, frames_of_a_table_that_is_cut_once)
{
    const uint64_t root = 0x1000, kernel = 0x80001000;
    const struct ms_spaces_options options = {.root = &root, .paging = "x86", .kernel = &kernel};
    struct small_machine machine = machine_of(0x10000);
    struct ms_image *image;
    struct ms_spaces *spaces = NULL;

    put32(&machine, 0x1000, 0x200, 0x4063);
    put32(&machine, 0x4000, 0, 0x8067);
    put32(&machine, 0x4000, 1, 0x9067);
    image = open_machine(&machine);
    for (unsigned again = 0; again < 2; again++) {
        cr_assert(ms_spaces_create(image, &options, &spaces, NULL) == MS_OK);
        add(spaces, "kernel");
        add(spaces, "unmapped");
        cr_expect(eq(str, mappings_of(spaces, 1),
                     (char *)(again ? "0-7fff --- present 0\na000-ffff --- present a000"
                                    : "0-8fff --- present 0\na000-ffff --- present a000")));
        ms_spaces_free(spaces);
        ms_image_close(image);
        put32(&machine, 0x1000, 0x300, 0x4063);
        image = open_machine(&machine);
    }
    ms_image_close(image);
    free(machine.bytes);
}

// == Physical and unmapped memory ==

Test(spaces, physical_is_what_the_image_describes)
{
    struct small_machine machine = two_roots();
    struct ms_image *image = open_machine(&machine);
    struct ms_spaces *spaces = set_of(image);

    add(spaces, "physical");
    cr_expect(eq(str, mappings_of(spaces, 0), (char *)"0-ffff --- present 0"));
    cr_expect(
        eq(str, mappings_in(spaces, 0, 0x1234, 0x1fff), (char *)"1234-1fff --- present 1234"));
    cr_expect(eq(str, mappings_in(spaces, 0, 0x10000, UINT64_MAX), (char *)""));
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(machine.bytes);
}

// Alone, it is what root 0 does not map; with others, what none of them does, in whatever order
// they come.
Test(spaces, unmapped_is_what_no_other_space_maps)
{
    static const struct {
        const char *names[4];
        const char *expected;
    } cases[] = {
        {{"unmapped"}, "0-7fff --- present 0\nb000-ffff --- present b000"},
        {{"physical", "unmapped"}, "0-7fff --- present 0\nb000-ffff --- present b000"},
        {{"kernel", "unmapped"}, "0-7fff --- present 0\na000-ffff --- present a000"},
        {{"unmapped", "kernel"}, "0-7fff --- present 0\na000-ffff --- present a000"},
        {{"unmapped", "root:5000"},
         "0-7fff --- present 0\na000-afff --- present a000\nc000-ffff --- present c000"},
        {{"root:1000", "unmapped", "root:5000"},
         "0-7fff --- present 0\nc000-ffff --- present c000"},
    };
    struct small_machine machine = two_roots();
    struct ms_image *image = open_machine(&machine);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ms_spaces *spaces = set_of(image);
        size_t unmapped;
        char *text;

        for (size_t k = 0; k < 4 && cases[i].names[k]; k++)
            add(spaces, cases[i].names[k]);
        unmapped = ms_spaces_count(spaces) - 1;
        text = mappings_of(spaces, unmapped);
        cr_expect(eq(str, text, (char *)cases[i].expected), "case %zu", i);
        for (uint64_t page = 0; page < 0x11000; page += 0x1000) {
            struct ms_mapping_info mapping;

            cr_expect(eq(int, ms_space_page_unmapped(spaces, page + 0x123),
                         ms_spaces_translate(spaces, unmapped, page + 0x123, &mapping)),
                      "case %zu, page %d", i, (int)page);
        }
        ms_spaces_free(spaces);
    }
    ms_image_close(image);
    free(machine.bytes);
}

Test(spaces, unmapped_is_cut_to_a_range)
{
    struct small_machine machine = two_roots();
    struct ms_image *image = open_machine(&machine);
    struct ms_spaces *spaces = set_of(image);

    add(spaces, "unmapped");
    cr_expect(eq(str, mappings_in(spaces, 0, 0x7ffe, 0xb001),
                 (char *)"7ffe-7fff --- present 7ffe\nb000-b001 --- present b000"));
    cr_expect(eq(str, mappings_in(spaces, 0, 0x8000, 0xafff), (char *)""));
    cr_expect(
        eq(str, mappings_in(spaces, 0, 0xb234, UINT64_MAX), (char *)"b234-ffff --- present b234"));
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(machine.bytes);
}

// Without any page tables all memory is unmapped.
Test(spaces, unmapped_is_everything_where_there_are_no_tables)
{
    struct small_machine machine = machine_of(0x1800);
    struct ms_image *image = open_machine(&machine);
    struct ms_spaces *spaces = spaces_found(image);

    add(spaces, "unmapped");
    cr_expect(eq(str, mappings_of(spaces, 0), (char *)"0-17ff --- present 0"));
    cr_assert(ms_space_page_unmapped(spaces, 0x17ff));
    cr_assert(ms_space_page_unmapped(spaces, 0x1fff)); // a part of its page is there
    cr_assert(not(ms_space_page_unmapped(spaces, 0x2000)));
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(machine.bytes);
}

// A page of which the image holds two parts, in two LiME ranges, is one page: mapped or not.
Test(spaces, a_page_in_two_parts_is_one)
{
    struct small_machine machine = two_roots(), file = machine_of(0x9000 + 3 * 32 + 0x20);
    static const struct {
        uint64_t first, last;
    } parts[] = {{0, 0x8fff}, {0xa010, 0xa01f}, {0xa030, 0xa03f}};
    struct ms_image *image;
    struct ms_spaces *spaces;
    uint64_t at = 0;

    for (size_t i = 0; i < 3; i++) {
        uint64_t length = parts[i].last - parts[i].first + 1;

        put_text(&file, at, "EMiL");
        put_number(&file, at + 4, 1, 4);
        put_number(&file, at + 8, parts[i].first, 8);
        put_number(&file, at + 16, parts[i].last, 8);
        memcpy(file.bytes + at + 32, machine.bytes + parts[i].first, length);
        at += 32 + length;
    }
    image = open_bytes(file.bytes, file.size, NULL);
    spaces = set_of(image);
    add(spaces, "kernel");
    add(spaces, "unmapped");
    cr_expect(eq(str, mappings_of(spaces, 1),
                 (char *)"0-7fff --- present 0\n"
                         "a010-a01f --- present a010\n"
                         "a030-a03f --- present a030"));
    cr_assert(ms_space_page_unmapped(spaces, 0xa000));
    ms_spaces_free(spaces);
    ms_image_close(image);
    put64(&machine, 0x4000, 8, 0xa063);
    memcpy(file.bytes + 32, machine.bytes, 0x9000);
    image = open_bytes(file.bytes, file.size, NULL);
    spaces = set_of(image);
    add(spaces, "unmapped");
    add(spaces, "kernel");
    cr_expect(eq(str, mappings_of(spaces, 1), (char *)"0-7fff --- present 0"));
    cr_assert(not(ms_space_page_unmapped(spaces, 0xa010)));
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(file.bytes);
    free(machine.bytes);
}

// == Sharing ==

// Roots that share tables share what was read of them.
Test(spaces, roots_that_share_tables_are_cheap)
{
    enum { N_ROOTS = 200 };
    struct small_machine machine = machine_of(0x200000);
    struct ms_image *image;
    struct ms_spaces *spaces;

    put64(&machine, 0x2000, 0, 0x3063);
    put64(&machine, 0x3000, 0, 0x4063);
    for (unsigned i = 0; i < 512; i++)
        put64(&machine, 0x4000, i, 0x100063 + 0x1000 * (uint64_t)(i * 3 % 256));
    for (unsigned i = 0; i < N_ROOTS; i++)
        put64(&machine, 0x10000 + 0x1000 * (uint64_t)i, 0x1f0, 0x2063);
    image = open_machine(&machine);
    spaces = set_of(image);
    for (unsigned i = 0; i < N_ROOTS; i++) {
        char name[32];

        snprintf(name, sizeof(name), "root:%x", 0x10000 + 0x1000 * i);
        add(spaces, name);
    }
    cr_assert(eq(sz, ms_spaces_count(spaces), N_ROOTS));
    for (unsigned i = 0; i < N_ROOTS; i++)
        cr_assert(eq(u64, bytes_of(spaces, i).bytes[MS_MAPPED_PRESENT], 512 * 4096));
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(machine.bytes);
}

// == Without a root ==

static int stop_at_once(void *user, const struct ms_mapping_info *mapping)
{
    (void)mapping;
    ++*(int *)user;
    return 7;
}

// A root that only its name gives, where none was found; and a visit that ends early.
Test(spaces, no_root_but_by_name)
{
    const struct ms_spaces_options options = {.paging = "x64"};
    const struct ms_range all = {.first = 0, .last = UINT64_MAX};
    struct small_machine machine = machine_of(0x10000);
    struct ms_image *image;
    struct ms_spaces *spaces = NULL;
    struct ms_error error = {0};
    int n = 0;

    put64(&machine, 0x2000, 0, 0x3063);
    put64(&machine, 0x3000, 0, 0x4063);
    put64(&machine, 0x4000, 0, 0x5063);
    put64(&machine, 0x5000, 1, 0x6063);
    put64(&machine, 0x5000, 3, 0x7063);
    image = open_machine(&machine);
    cr_assert(ms_spaces_create(image, &options, &spaces, &error) == MS_OK, "%s", error.text);
    cr_assert(eq(sz, ms_spaces_n_roots(spaces), 0));
    cr_assert(ms_spaces_add(spaces, "root:2000", &error) == MS_OK, "%s", error.text);
    cr_assert(eq(str, mappings_of(spaces, 0),
                 (char *)"1000-1fff wx- present 6000\n3000-3fff wx- present 7000"));
    cr_assert(eq(int, ms_spaces_visit(spaces, 0, &all, stop_at_once, &n), 7));
    cr_assert(eq(int, n, 1));
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(machine.bytes);
}
