// SPDX-License-Identifier: MIT
//
// Fields lie where the engine's tables have them: what is tested is what becomes of their values.

#include "objects_machine.h"

#include "windows/nt_layout.h"

enum {
    IMAGE = 0x1000, // the kernel: 10 pages, the last two are its data
    CODE = IMAGE + 0x1000,
    DATA = IMAGE + 0x8000,
    LIST = DATA + 0x100,
    PROCESS_HEAD = DATA + 0x180,
    KDBG = DATA + 0x200,
    ROOT_DIRECTORY = DATA + 0x600, // the variable
    BUILD_NUMBER = DATA + 0x700,   // another
    DRIVER = 0xc000,
    ENTRIES = 0x10000,
    NAMES = 0x10800,
    DIRECTORY = 0x11000,
    PROCESSES = 0x12000, // a page each
    THREADS = 0x16000,
    STACKS = 0x1a000, // two pages each
    DRIVERS = 0x22000,
    BODY = 0x60, // in its pool block
    FIRST_10 = 10240,
    FIRST_8 = 9200,
    FIRST_7 = 7600,
};

// Of both widths the tables have a build, or one near it.
static const uint32_t builds[8] = {2600, 7601, 9600, 10240, 17763, 19041, 18950, 26100};

// A UNICODE_STRING, and its text.
static void put_string(struct machine *machine, size_t at, size_t text_at, const char *text)
{
    size_t n = strlen(text);

    put(machine, at, 2 * n, 2);
    put(machine, at + 2, 2 * n, 2);
    put_pointer(machine, at + word(machine), text_at);
    for (size_t i = 0; i < n; i++)
        put(machine, text_at + 2 * i, (uint8_t)text[i], 2);
}

// == The kernel ==

// NtBuildNumber alone.
static void make_exports(struct machine *machine)
{
    size_t at = IMAGE + 0x2000, directory = IMAGE + 0x80 + (machine->wide ? 0x88 : 0x78);

    put(machine, directory, 0x2000, 4);
    put(machine, directory + 4, 0x100, 4);
    put(machine, at + 0x10, 1, 4);
    put(machine, at + 0x14, 1, 4);
    put(machine, at + 0x18, 1, 4);
    put(machine, at + 0x1c, 0x2040, 4);
    put(machine, at + 0x20, 0x2050, 4);
    put(machine, at + 0x24, 0x2060, 4);
    put(machine, at + 0x40, BUILD_NUMBER - IMAGE, 4);
    put(machine, at + 0x50, 0x2070, 4);
    put_text(machine, at + 0x70, "NtBuildNumber");
    put(machine, BUILD_NUMBER, machine->build, 4);
}

static void make_entry(struct machine *machine, size_t index, uint32_t image, uint32_t size)
{
    size_t at = ENTRIES + 0x100 * index, wide = machine->wide;

    put_pointer(machine, at, index == 0 ? at + 0x100 : LIST);
    put_pointer(machine, at + word(machine), index ? at - 0x100 : LIST);
    put_pointer(machine, at + (wide ? 0x30 : 0x18), image);
    put(machine, at + (wide ? 0x40 : 0x20), size, 4);
    put_string(machine, at + (wide ? 0x58 : 0x2c), NAMES + 0x40 * index,
               index ? "disk.sys" : "ntoskrnl.exe");
}

static void make_kernel(struct machine *machine)
{
    put_image(machine, IMAGE, 0xa000, "POOLCODE");
    make_exports(machine);
    put_image(machine, DRIVER, 0x3000, ".text");
    make_entry(machine, 0, IMAGE, 0xa000);
    make_entry(machine, 1, DRIVER, 0x3000);
    put_pointer(machine, LIST, ENTRIES);
    put_pointer(machine, LIST + word(machine), ENTRIES + 0x100);
    put_text(machine, KDBG + 0x10, "KDBG");
    put(machine, KDBG + 0x14, 0x360, 4);
    put_pointer(machine, KDBG + 0x18, IMAGE);
    put_pointer(machine, KDBG + 0x48, LIST);
    put_pointer(machine, KDBG + 0x50, PROCESS_HEAD);
    put_pointer(machine, KDBG + 0x98, ROOT_DIRECTORY);
}

// == Objects ==

// The body of an object of so many bytes, whose block begins a page. From the top its optional
// headers are a name, or none.
static size_t make_block(struct machine *machine, size_t page, const char *tag, size_t bytes,
                         bool named)
{
    size_t granule = 2 * word(machine), header = machine->wide ? 0x30 : 0x18;
    size_t name = named ? 2 * granule : 0, body = page + granule + name + header;
    size_t size = (body - page + bytes + granule - 1) / granule * granule;

    put(machine, page + 2, size / granule | (machine->wide ? 0x200 : 0x400), 2);
    put_text(machine, page + 4, tag);
    if (machine->build < FIRST_8)
        put(machine, page + 7, (uint8_t)tag[3] | 0x80, 1);
    body =
        machine->build < FIRST_8 ? page + size - (bytes + granule - 1) / granule * granule : body;
    put(machine, body - header + (machine->wide ? 0x1a : 0xe), named ? 2 : 0, 1);
    return body;
}

// Puts an entry into a ring, behind the last one.
static void link_last(struct machine *machine, size_t head, size_t last, size_t entry)
{
    put_pointer(machine, last, entry);
    put_pointer(machine, entry, head);
    put_pointer(machine, entry + word(machine), last);
    put_pointer(machine, head + word(machine), entry);
}

static void make_processes(struct machine *machine, const struct ms_nt_layout *layout,
                           size_t bodies[OBJECTS_PROCESSES])
{
    static const char *const names[OBJECTS_PROCESSES] = {"System", "smss.exe", "ghost.exe"};
    const uint16_t *at = layout->at;
    size_t bytes = at[MS_PROCESS_BYTES] == MS_NO_FIELD ? 0x800 : at[MS_PROCESS_BYTES];
    size_t last = PROCESS_HEAD;

    link_last(machine, PROCESS_HEAD, PROCESS_HEAD, PROCESS_HEAD);
    for (size_t i = 0; i < OBJECTS_PROCESSES; i++) {
        size_t body = make_block(machine, PROCESSES + 0x1000 * i, "Proc", bytes, false);

        bodies[i] = body;
        put(machine, body + at[MS_PROCESS_ID], 4 * (i + 1), word(machine));
        put(machine, body + at[MS_PROCESS_ROOT], 0x1000 * (i + 1), word(machine));
        put_text(machine, body + at[MS_PROCESS_NAME], names[i]);
        for (size_t list = 0; list < 2; list++) {
            size_t head = body + at[list ? MS_PROCESS_THREADS : MS_PROCESS_THREAD_LIST];

            link_last(machine, head, head, head);
        }
        link_last(machine, body + at[MS_PROCESS_LINKS], body + at[MS_PROCESS_LINKS],
                  body + at[MS_PROCESS_LINKS]);
        if (i < OBJECTS_PROCESSES - 1)
            link_last(machine, PROCESS_HEAD, last, body + at[MS_PROCESS_LINKS]);
        last = body + at[MS_PROCESS_LINKS];
    }
}

// Two return addresses, behind a CALL of each kind.
static void make_stack(struct machine *machine, size_t stack)
{
    size_t slot = stack + 0x2000 - 0x80;

    put(machine, CODE + 0x100, 0xd0ff, 2);
    put(machine, CODE + 0x200, 0x10e8, 5);
    put_pointer(machine, slot + 2 * word(machine), CODE + 0x102);
    put_pointer(machine, slot + 5 * word(machine), CODE + 0x205);
    put_pointer(machine, slot + 6 * word(machine), CODE + 0x300);
}

// Fields that lie in none but pointers are put if there are such.
static void put_field(struct machine *machine, size_t body, const struct ms_nt_layout *layout,
                      enum ms_nt_field field, uint64_t offset)
{
    if (ms_nt_has(layout, field))
        put_pointer(machine, body + layout->at[field], offset);
}

static void make_thread(struct machine *machine, const struct ms_nt_layout *layout, size_t body,
                        size_t index, size_t process, size_t pid)
{
    size_t stack = STACKS + 0x2000 * index;

    put_field(machine, body, layout, MS_THREAD_STACK_LIMIT, stack);
    put_field(machine, body, layout, MS_THREAD_STACK_BASE, stack + 0x2000);
    put_field(machine, body, layout, MS_THREAD_KERNEL_STACK, stack + 0x2000 - 0x80);
    put_field(machine, body, layout, MS_THREAD_PROCESS, process);
    put_field(machine, body, layout, MS_THREAD_APC_PROCESS, process);
    put(machine, body + layout->at[MS_THREAD_STATE], index ? 5 : 2, 1);
    put(machine, body + layout->at[MS_THREAD_CID], pid, word(machine));
    put(machine, body + layout->at[MS_THREAD_CID] + word(machine), 0x40 + 4 * index, word(machine));
    make_stack(machine, stack);
}

static void make_threads(struct machine *machine, const struct ms_nt_layout *layout,
                         const size_t processes[OBJECTS_PROCESSES])
{
    static const size_t owners[OBJECTS_THREADS] = {0, 0, 1, 2};
    const uint16_t *at = layout->at;
    size_t bytes = at[MS_THREAD_BYTES] == MS_NO_FIELD ? 0x800 : at[MS_THREAD_BYTES], last[2] = {0};

    for (size_t i = 0; i < OBJECTS_THREADS; i++) {
        size_t body = make_block(machine, THREADS + 0x1000 * i, "Thre", bytes, false);
        size_t process = processes[owners[i]];

        make_thread(machine, layout, body, i, process, 4 * (owners[i] + 1));
        for (size_t list = 0; list < 2; list++) {
            size_t entry = body + at[list ? MS_THREAD_K_LINKS : MS_THREAD_LINKS];
            size_t head = process + at[list ? MS_PROCESS_THREADS : MS_PROCESS_THREAD_LIST];

            link_last(machine, entry, entry, entry);
            link_last(machine, head, i == 1 ? last[list] : head, entry);
            last[list] = entry;
        }
    }
}

// == Drivers ==

// The header of the directory of drivers, which has its name.
static void make_directory_header(struct machine *machine, size_t body)
{
    size_t w = word(machine), header = body - (machine->wide ? 0x30 : 0x18), name = header - 4 * w;

    put_string(machine, name + w, DIRECTORY + 0xc00, "Driver");
    if (machine->build < FIRST_7)
        put(machine, header + (machine->wide ? 0x18 : 0xc), 4 * w, 1);
    else
        put(machine, header + (machine->wide ? 0x1a : 0xe), 2, 1);
}

// A driver's two device objects.
static void make_devices(struct machine *machine, size_t body, size_t at)
{
    size_t w = word(machine), next = machine->wide ? 0x10 : 0xc;

    put_pointer(machine, body + w, at);
    put_pointer(machine, at + next, at + 0x40);
    for (size_t i = 0; i < 2; i++) {
        put(machine, at + 0x40 * i, 3, 2);
        put_pointer(machine, at + 0x40 * i + 8, body);
    }
}

// Each is in the only chain of its directory, which is in that of the directory of all objects.
static void make_drivers(struct machine *machine)
{
    size_t w = word(machine), entry = DIRECTORY + 0x800, size = machine->wide ? 0x150 : 0xa8;
    size_t majors = machine->wide ? 0x70 : 0x38;

    put_pointer(machine, ROOT_DIRECTORY, DIRECTORY);
    put_pointer(machine, DIRECTORY, entry);
    put_pointer(machine, entry + w, DIRECTORY + 0x400);
    make_directory_header(machine, DIRECTORY + 0x400);
    for (size_t i = 0; i < OBJECTS_DRIVERS; i++) {
        size_t page = DRIVERS + 0x1000 * i, body = make_block(machine, page, "Driv", size, true);
        size_t fast_io = page + 0x800, extension = page + 0x900;

        put(machine, body, 4 | size << 16, 4);
        put_pointer(machine, body + (machine->wide ? 0x18 : 0xc), DRIVER);
        put(machine, body + (machine->wide ? 0x20 : 0x10), 0x3000, 4);
        put_string(machine, body + (machine->wide ? 0x38 : 0x1c), page + 0xa00, "\\Driver\\disk");
        put_pointer(machine, body + (machine->wide ? 0x30 : 0x18), extension);
        put_pointer(machine, extension, body);
        put_pointer(machine, body + (machine->wide ? 0x50 : 0x28), fast_io);
        put(machine, fast_io, machine->wide ? 0xe0 : 0x70, 4);
        put_pointer(machine, fast_io + 3 * w, page + 0xb00);
        put(machine, page + 0xb00, 0xe990, 2); // a jump
        make_devices(machine, body, page + 0xc00);
        for (size_t k = 0; k < 28; k++)
            put_pointer(machine, body + majors + k * w, i ? CODE + 0x40 : DRIVER + 0x1000 + k);
        put_pointer(machine, DIRECTORY + 0x400 + i * w, entry + 0x40 * (i + 1));
        put_pointer(machine, entry + 0x40 * (i + 1) + w, body);
    }
}

// == All of it ==

static void find_layout(const struct machine *machine, struct ms_nt_layout *layout)
{
    ms_nt_layout_for(machine->wide ? 64 : 32, machine->build, layout);
}

bool objects_machine_has_threads(const struct machine *machine)
{
    struct ms_nt_layout layout;

    find_layout(machine, &layout);
    return ms_nt_has(&layout, MS_THREAD_LINKS);
}

void objects_machine_make(struct machine *machine, unsigned how)
{
    struct ms_nt_layout layout;
    size_t processes[OBJECTS_PROCESSES];

    kernel_machine_make(machine, !(how & 1), MAX_PAGES);
    machine->build = builds[how >> 2 & 7];
    find_layout(machine, &layout);
    make_kernel(machine);
    make_processes(machine, &layout, processes);
    if (ms_nt_has(&layout, MS_THREAD_LINKS))
        make_threads(machine, &layout, processes);
    make_drivers(machine);
}

void objects_machine_change(struct machine *machine, struct input *input)
{
    kernel_machine_change(machine, input, 4, 16);
}
