// SPDX-License-Identifier: MIT

#include "kernel_machine.h"

void kernel_machine_make(struct machine *machine, bool wide, size_t n_pages)
{
    *machine = (struct machine){.wide = wide, .n_pages = n_pages};
    machine->base = wide ? UINT64_C(0xfffff80000000000) : 0x80000000;
}

void put_image(struct machine *machine, size_t at, uint32_t size, const char *section)
{
    size_t nt = at + 0x80, sections = nt + (machine->wide ? 0x108 : 0xf8);

    put_text(machine, at, "MZ");
    put(machine, at + 0x3c, 0x80, 4);
    put_text(machine, nt, "PE");
    put(machine, nt + 0x04, machine->wide ? 0x8664 : 0x14c, 2);
    put(machine, nt + 0x06, 2, 2);
    put(machine, nt + 0x14, machine->wide ? 0xf0 : 0xe0, 2);
    put(machine, nt + 0x18, machine->wide ? 0x20b : 0x10b, 2);
    put(machine, nt + 0x38, 0x1000, 4);
    put(machine, nt + 0x50, size, 4);
    put(machine, nt + 0x54, 0x400, 4);
    put(machine, nt + (machine->wide ? 0x84 : 0x74), 16, 4);
    put_text(machine, sections, section);
    put(machine, sections + 0x08, 0x1000, 4);
    put(machine, sections + 0x0c, 0x1000, 4);
    put(machine, sections + 0x24, 0x60000020, 4);
    put_text(machine, sections + 0x28, ".data");
    put(machine, sections + 0x30, 0x2000, 4);
    put(machine, sections + 0x34, 0x8000, 4);
    put(machine, sections + 0x4c, 0xc0000040, 4);
}

void kernel_machine_change(struct machine *machine, struct input *input, size_t step, size_t copied)
{
    size_t limit = machine->n_pages * 4096;
    unsigned kind = (unsigned)take(input, 1) % 4;
    size_t at = kind == 2 ? (size_t)take(input, 1) : (size_t)take(input, 2) * step % limit;

    if (kind == 0) {
        size_t width = 1 + take(input, 1) % 8;

        put(machine, at, take(input, width), width);
    } else if (kind == 1) {
        put_pointer(machine, at, take(input, 3));
    } else if (kind == 2) {
        machine->hidden[at % machine->n_pages] = true;
    } else {
        size_t to = (size_t)take(input, 2) * step % limit, length = copied * (size_t)take(input, 1);

        if (length < limit - at && length < limit - to)
            memmove(machine->bytes + TABLES + to, machine->bytes + TABLES + at, length);
    }
}

static void put_entry(struct machine *machine, size_t at, uint64_t entry)
{
    memcpy(machine->bytes + at, &entry, sizeof(entry));
}

void kernel_machine_map(struct machine *machine)
{
    // x64: the root at 0, then three tables; PAE: the root's four entries, and two tables.
    size_t last = machine->wide ? 0x3000 : 0x2000;

    put_entry(machine, machine->wide ? 8 * 0x1f0 : 8 * 2, machine->wide ? 0x1063 : 0x1001);
    put_entry(machine, 0x1000, 0x2063);
    if (machine->wide)
        put_entry(machine, 0x2000, 0x3063);
    for (size_t i = 0; i < machine->n_pages; i++)
        put_entry(machine, last + 8 * i, machine->hidden[i] ? 0 : TABLES + 4096 * i + 0x63);
}

void kernel_machine_open(const struct machine *machine, struct ms_image **image_ret,
                         struct ms_spaces **spaces_ret)
{
    const uint64_t root = 0;
    const struct ms_spaces_options options = {.root = &root,
                                              .paging = machine->wide ? "x64" : "pae"};
    const struct ms_open_options raw = {.flags = MS_OPEN_MAP, .format = "raw"};
    struct memory_file file = memory_file_open(machine->bytes, TABLES + machine->n_pages * 4096);
    struct ms_error error = {0};

    CHECK(ms_image_open(file.path, &raw, image_ret, &error) == MS_OK, "image: %s", error.text);
    memory_file_close(&file);
    CHECK(ms_spaces_create(*image_ret, &options, spaces_ret, &error) == MS_OK, "spaces: %s",
          error.text);
    CHECK(ms_spaces_add(*spaces_ret, "kernel", &error) == MS_OK, "kernel: %s", error.text);
}
