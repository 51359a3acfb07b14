// SPDX-License-Identifier: MIT
//
// Overwritten special pool of one or several machines, and what its garbage shares.

#include "windows/special_machine.h"

#include "windows/special_case.h"

#define MAX_DUMPS 3

struct subject {
    struct windows windows[MAX_DUMPS];
    struct found_windows found[MAX_DUMPS];
    size_t n;
    struct ms_special_case *special;
};

static struct subject subject_of(size_t n_dumps)
{
    struct subject subject = {.n = n_dumps};

    for (size_t i = 0; i < n_dumps; i++)
        subject.windows[i] = special_windows();
    return subject;
}

static void gather(struct subject *subject)
{
    struct ms_error error = {0};

    cr_assert(ms_special_case_create(&subject->special, &error) == MS_OK);
    for (size_t i = 0; i < subject->n; i++) {
        subject->found[i] = find_windows(&subject->windows[i], 0);
        cr_assert(ms_special_case_add(subject->special, subject->found[i].modules, NULL, &error) ==
                      MS_OK,
                  "%s", error.text);
    }
}

static void release(struct subject *subject)
{
    ms_special_case_free(subject->special);
    for (size_t i = 0; i < subject->n; i++) {
        release_found(&subject->found[i]);
        free(subject->windows[i].machine.bytes);
    }
}

// "value dumps/pages elsewhere", one behind the other.
static char *words_text(struct subject *subject)
{
    static char text[4096];
    struct ms_error error = {0};
    size_t used = 0;

    gather(subject);
    cr_assert(ms_special_case_compare(subject->special, NULL, &error) == MS_OK, "%s", error.text);
    text[0] = '\0';
    for (size_t i = 0; i < ms_special_case_n_words(subject->special); i++) {
        struct ms_special_word word = ms_special_case_word(subject->special, i);

        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%" PRIx32 " %zu/%zu %" PRIu64,
                                 used ? ", " : "", word.value, word.n_dumps, word.n_pages,
                                 word.elsewhere);
    }
    release(subject);
    return text;
}

// == Pages ==

Test(special_case, pages)
{
    struct subject subject = subject_of(2);
    struct ms_special_page_info info;
    struct ms_special_garbage garbage;
    struct ms_special_dump dump;

    add_special(&subject.windows[0], 0, "FMsl");
    add_special(&subject.windows[0], 2, "FMsl");
    add_special(&subject.windows[1], 1, "Abc ");
    spoil(&subject.windows[0], 2, 0, 0x78090043);
    spoil(&subject.windows[0], 2, 9, 0x11223344);
    gather(&subject);

    cr_assert(eq(sz, ms_special_case_n_dumps(subject.special), 2));
    dump = ms_special_case_dump(subject.special, 0);
    cr_assert(dump.n_pages == 2 && dump.n_overwritten == 1);
    cr_assert(dump.n_untold == 0 && dump.n_uncompared == 0);
    dump = ms_special_case_dump(subject.special, 1);
    cr_assert(dump.n_pages == 1 && dump.n_overwritten == 0);

    cr_assert(eq(sz, ms_special_case_n_pages(subject.special), 3));
    info = ms_special_case_page(subject.special, 0);
    cr_assert(info.dump == 0 && info.address == special_address(0));
    cr_assert(info.header == info.address && info.data == info.address + 0xf00);
    cr_assert(info.size == 0x100 && info.fill == 0xa0 && info.tag == 0x6c734d46);
    cr_assert(info.is_paged && !info.is_underrun && !info.is_freed);
    cr_assert(info.n_missing == 0 && info.n_overwritten == 0 && info.n_garbage == 0);

    info = ms_special_case_page(subject.special, 1);
    cr_assert(info.address == special_address(2) && info.n_overwritten == 8);
    cr_assert(eq(sz, info.n_garbage, 2));
    garbage = ms_special_case_garbage(subject.special, 1, 1);
    cr_assert(garbage.address == special_address(2) + GARBAGE + 36 && garbage.length == 4);
    cr_assert(memcmp(garbage.bytes, "\x44\x33\x22\x11", 4) == 0);

    info = ms_special_case_page(subject.special, 2);
    cr_assert(info.dump == 1 && info.address == special_address(1));
    release(&subject);
}

// What is like special pool, but has a neighbour, is none.
Test(special_case, neighbours)
{
    struct subject subject = subject_of(1);
    struct small_machine *machine = &subject.windows[0].machine;

    for (unsigned i = 0; i < 8; i++)
        add_special(&subject.windows[0], i, "FMsl");
    put64(machine, 0xb000, 2, 0x120063);           // between the first two, in the image
    put64(machine, 0xb000, 6, UINT64_C(0x900063)); // ... and not in it
    put64(machine, 0xb000, 12, 0x1234500000080);   // in a page file: may not be touched
    gather(&subject);
    cr_assert(eq(sz, ms_special_case_n_pages(subject.special), 4));
    for (unsigned i = 0; i < 4; i++)
        cr_assert(
            eq(u64, ms_special_case_page(subject.special, i).address, special_address(4 + i)));
    release(&subject);
}

Test(special_case, page_at)
{
    struct subject subject = subject_of(1);
    const struct ms_kernel_memory *memory;
    struct ms_special_page page;

    add_special(&subject.windows[0], 3, "FMsl");
    add_special(&subject.windows[0], 5, "FMsl");
    add_special(&subject.windows[0], 8, "FMsl");
    put64(&subject.windows[0].machine, 0xb000, 12, 0x120063); // behind the second
    put64(&subject.windows[0].machine, 0xb000, 16, 0x120063); // before the third
    gather(&subject);
    memory = &subject.found[0].modules->memory;
    cr_assert(ms_special_page_at(memory, special_address(3), &page));
    cr_assert(ms_special_page_at(memory, special_address(3) + 0xfff, &page));
    cr_assert(page.address == special_address(3) && page.size == 0x100);
    cr_assert(not(ms_special_page_at(memory, special_address(3) - 1, &page)));
    cr_assert(not(ms_special_page_at(memory, special_address(3) + 0x1000, &page)));
    cr_assert(not(ms_special_page_at(memory, special_address(5), &page)));
    cr_assert(not(ms_special_page_at(memory, special_address(8), &page)));
    cr_assert(not(ms_special_page_at(memory, KERNEL + NT_IMAGE, &page)));
    cr_assert(not(ms_special_page_at(memory, 0x1000, &page)));
    cr_assert(not(ms_special_page_at(memory, UINT64_MAX, &page)));
    release(&subject);
}

// == What is shared ==

Test(special_case, nothing_overwritten)
{
    struct subject subject = subject_of(1);

    add_special(&subject.windows[0], 0, "FMsl");
    cr_assert(eq(str, words_text(&subject), ""));
    subject = subject_of(1);
    cr_assert(eq(str, words_text(&subject), ""));
}

// The most dumps win, then the most pages.
Test(special_case, order)
{
    struct subject subject = subject_of(3);

    for (unsigned dump = 0; dump < 3; dump++)
        for (unsigned i = 0; i < 3; i++) {
            add_special(&subject.windows[dump], i, "FMsl");
            spoil(&subject.windows[dump], i, 0, 0x10000000 + 0x10000 * dump + 0x77 + i); // alone
        }
    for (unsigned dump = 0; dump < 3; dump++)
        spoil(&subject.windows[dump], 1, 1 + dump, 0x78090043); // at different offsets
    for (unsigned i = 0; i < 3; i++) {
        spoil(&subject.windows[0], i, 4, 0x22220001);
        spoil(&subject.windows[1], i, 4, 0x22220001);
        spoil(&subject.windows[2], i, 5, 0x33330001);
        spoil(&subject.windows[2], i, 6, 0x33330001); // twice in a page
    }
    spoil(&subject.windows[1], 2, 5, 0x44440001);
    spoil(&subject.windows[0], 2, 5, 0x44440001);
    cr_assert(eq(str, words_text(&subject),
                 "78090043 3/3 0, 22220001 2/6 0, 44440001 2/2 0, 33330001 1/3 0"));
}

// Of those that are equal, the rarest elsewhere; what is nowhere else is last.
Test(special_case, rarity)
{
    struct subject subject = subject_of(2);

    for (unsigned dump = 0; dump < 2; dump++) {
        add_special(&subject.windows[dump], 0, "FMsl");
        add_special(&subject.windows[dump], 1, "FMsl"); // not overwritten
        for (unsigned nth = 0; nth < 4; nth++)
            spoil(&subject.windows[dump], 0, nth, 0x22220001 + 0x11110000 * nth);
    }
    poke(&subject.windows[0], DRIVERS + 0x1100, 0x44440001, 4);
    poke(&subject.windows[1], DRIVERS + 0x1100, 0x33330001, 4);
    poke(&subject.windows[1], 0x60000, 0x33330001, 4);
    poke(&subject.windows[1], 0x60006, 0x44440001, 4); // not at a multiple of 4
    for (unsigned i = 0; i < 100; i++)                 // folded
        poke(&subject.windows[1], 0x70000 + 4 * i, 0x55550001, 4);
    cr_assert(eq(str, words_text(&subject),
                 "44440001 2/2 1, 33330001 2/2 2, 55550001 2/2 100, 22220001 2/2 0"));
}

// A page that was not overwritten holds it in its data; one that was, outside of the garbage.
Test(special_case, elsewhere_is_not_in_overwritten_pages)
{
    struct subject subject = subject_of(1);
    struct windows *windows = &subject.windows[0];

    for (unsigned i = 0; i < 3; i++)
        add_special(windows, i, "FMsl");
    spoil(windows, 0, 0, 0x78090043);
    spoil(windows, 1, 0, 0x78090043);
    special_put(special_page_bytes(windows, 1), 0xf10, 0x78090043, 4);
    special_put(special_page_bytes(windows, 2), 0xf10, 0x78090043, 4);
    cr_assert(eq(str, words_text(&subject), "78090043 1/2 1"));
}

// A search lists 64 places of a page; it counts all of them.
Test(special_case, elsewhere_in_a_page_mapped_often)
{
    struct subject subject = subject_of(1);
    struct small_machine *machine = &subject.windows[0].machine;

    for (unsigned i = 0; i < 2; i++) {
        add_special(&subject.windows[0], i, "FMsl");
        spoil(&subject.windows[0], i, 0, 0x78090043);
    }
    put64(machine, 0xa000, 1, 0xc063);
    for (unsigned i = 0; i < 100; i++)
        put64(machine, 0xc000, i, 0x180063);
    put_number(machine, 0x180800, 0x78090043, 4);
    cr_assert(eq(str, words_text(&subject), "78090043 1/2 100"));
}

// Other spaces of the set hold the same, and do not count.
Test(special_case, one_space_of_several)
{
    struct windows windows = special_windows();
    struct small_machine *machine = &windows.machine;
    struct ms_special_case *special = NULL;
    struct ms_modules *modules = NULL;
    struct ms_error error = {0};
    struct ms_image *image;
    struct ms_spaces *spaces;

    for (unsigned i = 0; i < 2; i++) {
        add_special(&windows, i, "FMsl");
        spoil(&windows, i, 0, 0x78090043);
    }
    poke(&windows, DRIVERS + 0x1100, 0x78090043, 4);
    put64(machine, 0xa000, 1, 0xc063);
    for (unsigned i = 0; i < 40; i++)
        put64(machine, 0xc000, i, 0x180063);
    put_number(machine, 0x180800, 0x78090043, 4);
    image = open_machine(machine);
    spaces = spaces_of(image, ROOT, "x64", "kernel");
    cr_assert(ms_spaces_add(spaces, "root:0x1000", &error) == MS_OK, "%s", error.text);
    cr_assert(ms_modules_create(spaces, 0, NULL, &modules, &error) == MS_OK, "%s", error.text);
    cr_assert(ms_special_case_create(&special, &error) == MS_OK);
    cr_assert(ms_special_case_add(special, modules, NULL, &error) == MS_OK);
    cr_assert(ms_special_case_compare(special, NULL, &error) == MS_OK);
    cr_assert(eq(sz, ms_special_case_n_words(special), 1));
    cr_assert(eq(u64, ms_special_case_word(special, 0).elsewhere, 41));
    ms_special_case_free(special);
    ms_modules_free(modules);
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(machine->bytes);
}

Test(special_case, equal_words_by_value)
{
    struct subject subject = subject_of(1);

    for (unsigned i = 0; i < 2; i++) {
        add_special(&subject.windows[0], i, "FMsl");
        spoil(&subject.windows[0], i, 0, 0x99990001);
        spoil(&subject.windows[0], i, 1, 0x22220001);
    }
    cr_assert(eq(str, words_text(&subject), "22220001 1/2 0, 99990001 1/2 0"));
}

// One page has nothing to be compared with: its own DWORDs.
Test(special_case, one_page)
{
    struct subject subject = subject_of(1);

    add_special(&subject.windows[0], 0, "FMsl");
    spoil(&subject.windows[0], 0, 0, 0x78090043);
    spoil(&subject.windows[0], 0, 1, 0x12345678);
    poke(&subject.windows[0], DRIVERS + 0x1100, 0x78090043, 4);
    cr_assert(eq(str, words_text(&subject), "78090043 1/1 1, 12345678 1/1 0"));
}

Test(special_case, nothing_shared)
{
    struct subject subject = subject_of(3);

    for (unsigned dump = 0; dump < 3; dump++) {
        add_special(&subject.windows[dump], 0, "FMsl");
        spoil(&subject.windows[dump], 0, 0, 0x78090043 + dump);
    }
    cr_assert(eq(str, words_text(&subject), ""));
}

// DWORDs count where they are whole: at multiples of 4, in garbage.
Test(special_case, alignment_and_edges)
{
    struct subject subject = subject_of(1);

    for (unsigned i = 0; i < 2; i++) {
        uint8_t *page = special_page_bytes(&subject.windows[0], i);

        add_special(&subject.windows[0], i, "FMsl");
        special_put(page, 0x801, 0x78090043, 4); // unaligned
        special_put(page, 0x8fe, 0x11223344, 2); // half of one
        special_put(page, 0x900, UINT64_C(0x5566778899aabbcc), 8);
        special_put(page, 0xf00, 0x31415926, 4); // in the data
    }
    cr_assert(eq(str, words_text(&subject), "55667788 1/2 0, 99aabbcc 1/2 0"));
}

Test(special_case, what_leads_nowhere)
{
    static const uint32_t nowhere[] = {
        0x00000000, 0xffffffff, 0xcccccccc, 0x00200020, 0x6c736c73, // what fills
        0x00000001, 0x02000000, 0x00ff0000, 0xfffffffe, 0xff7fffff, // small numbers, flags
        0x6c734d46, 0x20636241, 0xec734d46,                         // tags, also another page's
        0xfffff800, 0xffffa000,                                     // halves of addresses
    };
    struct subject subject = subject_of(1);
    struct windows *windows = &subject.windows[0];

    add_special(windows, 0, "FMsl");
    add_special(windows, 1, "FMsl");
    add_special(windows, 2, "Abc ");
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned k = 0; k < sizeof(nowhere) / sizeof(nowhere[0]); k++)
            spoil(windows, i, 2 * k, nowhere[k]);
        // Addresses: of memory, and of none.
        special_put(special_page_bytes(windows, i), 0xa00, KERNEL + NT_IMAGE + 0x1234, 8);
        special_put(special_page_bytes(windows, i), 0xa10, KERNEL + 0x12345678, 8);
    }
    cr_assert(eq(str, words_text(&subject), "12345678 1/2 0"));
}

// == Limits ==

// One table under each of many entries: as many pages as an image of some megabytes can have. They
// all are the same memory, which a search tells of 64 times.
static void map_many(struct windows *windows, unsigned n_entries)
{
    for (unsigned i = 0; i < 256; i++)
        put64(&windows->machine, 0xb000, 1 + 2 * i, SPECIAL_MEMORY | 0x63);
    for (unsigned i = 0; i < n_entries; i++)
        put64(&windows->machine, 0xa000, i, 0xb063);
}

static int stop_at(void *user, const struct ms_progress *progress)
{
    int *left = user;

    (void)progress;
    return --*left < 0;
}

Test(special_case, stopped)
{
    struct subject subject = subject_of(2);
    struct ms_error error = {0};
    int left = 0;
    const struct ms_special_callbacks callbacks = {.progress = stop_at, .user = &left};

    for (unsigned dump = 0; dump < 2; dump++)
        for (unsigned i = 0; i < 2; i++) {
            add_special(&subject.windows[dump], i, "FMsl");
            spoil(&subject.windows[dump], i, 0, 0x78090043);
        }
    map_many(&subject.windows[1], 1);
    subject.n = 1;
    gather(&subject);
    subject.n = 2;
    subject.found[1] = find_windows(&subject.windows[1], 0);
    // At once, and when some pages have been found.
    for (int stop = 0; stop < 2; stop++) {
        left = stop;
        cr_assert(ms_special_case_add(subject.special, subject.found[1].modules, &callbacks,
                                      &error) == MS_STOPPED);
        cr_assert(eq(sz, ms_special_case_n_dumps(subject.special), 1));
        cr_assert(eq(sz, ms_special_case_n_pages(subject.special), 2));
    }
    cr_assert(ms_special_case_compare(subject.special, NULL, &error) == MS_OK);
    cr_assert(eq(sz, ms_special_case_n_compared(subject.special), 2));
    left = 0;
    cr_assert(ms_special_case_compare(subject.special, &callbacks, &error) == MS_STOPPED);
    cr_assert(eq(sz, ms_special_case_n_words(subject.special), 0));
    cr_assert(ms_special_case_compare(subject.special, NULL, &error) == MS_OK);
    cr_assert(eq(sz, ms_special_case_n_words(subject.special), 1));
    release(&subject);
}

Test(special_case, many_pages)
{
    static const struct {
        unsigned n_entries;
        struct ms_special_dump dump;
    } cases[] = {
        {4, {1024, 1024, 0, 0, 0}},
        {5, {1280, 1280, 0, 256, 0}},
        {260, {66560, 66560, 1024, 65536, 0}},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct subject subject = subject_of(1);
        struct ms_special_dump dump;
        struct ms_special_word word;

        add_special(&subject.windows[0], 0, "FMsl");
        spoil(&subject.windows[0], 0, 0, 0x78090043);
        map_many(&subject.windows[0], cases[i].n_entries);
        poke(&subject.windows[0], DRIVERS + 0x1100, 0x78090043, 4);
        gather(&subject);
        dump = ms_special_case_dump(subject.special, 0);
        cr_assert(memcmp(&dump, &cases[i].dump, sizeof(dump)) == 0, "%zu", i);
        cr_assert(eq(sz, ms_special_case_n_pages(subject.special), dump.n_pages - dump.n_untold));
        cr_assert(ms_special_case_compare(subject.special, NULL, NULL) == MS_OK);
        cr_assert(eq(sz, ms_special_case_n_words(subject.special), 1));
        word = ms_special_case_word(subject.special, 0);
        cr_assert(word.n_pages == 1024 && word.n_dumps == 1 && word.elsewhere == 1);
        cr_assert(ms_special_case_find(subject.special, word.value, NULL, NULL) == MS_OK);
        cr_assert(eq(sz, ms_special_case_n_owners(subject.special), 2));
        cr_assert(eq(u64, ms_special_case_owner(subject.special, 1).n_hits, 64));
        cr_assert(eq(u64, ms_special_case_n_unowned(subject.special), dump.n_pages - 64));
        release(&subject);
    }
}

// Of more than 1024 words the first by value are told: they all are in the same pages.
Test(special_case, many_words)
{
    struct subject subject = subject_of(1);
    struct windows *windows = &subject.windows[0];

    for (unsigned i = 0; i < 4; i++) {
        add_special(windows, i, "FMsl");
        for (unsigned at = 0x10; at < 0xd00; at += 4)
            special_put(special_page_bytes(windows, i), at, 0x10002 + (i / 2 << 20) + at, 4);
    }
    gather(&subject);
    cr_assert(ms_special_case_compare(subject.special, NULL, NULL) == MS_OK);
    cr_assert(eq(sz, ms_special_case_n_compared(subject.special), 4));
    cr_assert(eq(sz, ms_special_case_n_words(subject.special), 1024));
    cr_assert(eq(sz, ms_special_case_n_words_untold(subject.special), 2 * (0xcf0 / 4) - 1024));
    cr_assert(eq(u32, ms_special_case_word(subject.special, 0).value, 0x10012));
    release(&subject);
}
