// SPDX-License-Identifier: MIT
//
// Windows kernel crash dumps, 32 and 64 bits: a header that says what was going on, and the pages
// of physical memory, either all of some runs (full dumps) or those of a bitmap (kernel, automatic
// and active dumps). Dumps of other types hold no physical pages, or in a way that is not read;
// they are named. Layout: the public descriptions of DUMP_HEADER32/64 in Volatility's crash*.json,
// kdmp-parser and QEMU's win_dump_defs.h.

#include "format/crashdump.h"

#include "base/extent.h"
#include "format/formats.h"

#include <inttypes.h>
#include <string.h>

#define PAGE_BYTES MS_CRASHDUMP_PAGE

// Physical addresses have at most 52 bits, so page numbers and counts from here on are absurd. It
// keeps products with the page size, and sums of these, far from overflow.
#define MAX_PAGES (UINT64_C(1) << 40)

// Bitmap header, behind the main one.
#define BITMAP_FIRST_PAGE 0x20
#define BITMAP_N_PRESENT  0x28
#define BITMAP_N_BITS     0x30
#define BITMAP_BITS       0x38

static const struct ms_crashdump_class class32 = {
    .signature = "PAGEDUMP",
    .address_bytes = 4,
    .header_bytes = 0x1000,
    .max_runs = 86,
    .runs = 0x6c,
    .comment = 0x820,
    .fields =
        {
            [MS_CRASHDUMP_MAJOR_VERSION] = {0x008, 4},
            [MS_CRASHDUMP_MINOR_VERSION] = {0x00c, 4},
            [MS_CRASHDUMP_DIRECTORY_TABLE_BASE] = {0x010, 4},
            [MS_CRASHDUMP_PFN_DATABASE] = {0x014, 4},
            [MS_CRASHDUMP_LOADED_MODULE_LIST] = {0x018, 4},
            [MS_CRASHDUMP_ACTIVE_PROCESS_HEAD] = {0x01c, 4},
            [MS_CRASHDUMP_MACHINE] = {0x020, 4},
            [MS_CRASHDUMP_N_PROCESSORS] = {0x024, 4},
            [MS_CRASHDUMP_BUGCHECK_CODE] = {0x028, 4},
            [MS_CRASHDUMP_BUGCHECK_PARAMETER_1] = {0x02c, 4},
            [MS_CRASHDUMP_BUGCHECK_PARAMETER_2] = {0x030, 4},
            [MS_CRASHDUMP_BUGCHECK_PARAMETER_3] = {0x034, 4},
            [MS_CRASHDUMP_BUGCHECK_PARAMETER_4] = {0x038, 4},
            [MS_CRASHDUMP_PAE_ENABLED] = {0x05c, 1},
            [MS_CRASHDUMP_DEBUGGER_DATA_BLOCK] = {0x060, 4},
            [MS_CRASHDUMP_N_RUNS] = {0x064, 4},
            [MS_CRASHDUMP_N_PAGES] = {0x068, 4},
            [MS_CRASHDUMP_DUMP_TYPE] = {0xf88, 4},
            [MS_CRASHDUMP_PRODUCT_TYPE] = {0xf94, 4},
            [MS_CRASHDUMP_SYSTEM_TIME] = {0xfc0, 8},
            [MS_CRASHDUMP_UPTIME] = {0xfb8, 8},
        },
};

// 43 runs, one more than the field's 700 bytes hold: QEMU declares 704, and the 4 are padding.
static const struct ms_crashdump_class class64 = {
    .signature = "PAGEDU64",
    .address_bytes = 8,
    .header_bytes = 0x2000,
    .max_runs = 43,
    .runs = 0x98,
    .comment = 0xfb0,
    .fields =
        {
            [MS_CRASHDUMP_MAJOR_VERSION] = {0x008, 4},
            [MS_CRASHDUMP_MINOR_VERSION] = {0x00c, 4},
            [MS_CRASHDUMP_DIRECTORY_TABLE_BASE] = {0x010, 8},
            [MS_CRASHDUMP_PFN_DATABASE] = {0x018, 8},
            [MS_CRASHDUMP_LOADED_MODULE_LIST] = {0x020, 8},
            [MS_CRASHDUMP_ACTIVE_PROCESS_HEAD] = {0x028, 8},
            [MS_CRASHDUMP_MACHINE] = {0x030, 4},
            [MS_CRASHDUMP_N_PROCESSORS] = {0x034, 4},
            [MS_CRASHDUMP_BUGCHECK_CODE] = {0x038, 4},
            [MS_CRASHDUMP_BUGCHECK_PARAMETER_1] = {0x040, 8},
            [MS_CRASHDUMP_BUGCHECK_PARAMETER_2] = {0x048, 8},
            [MS_CRASHDUMP_BUGCHECK_PARAMETER_3] = {0x050, 8},
            [MS_CRASHDUMP_BUGCHECK_PARAMETER_4] = {0x058, 8},
            [MS_CRASHDUMP_DEBUGGER_DATA_BLOCK] = {0x080, 8},
            [MS_CRASHDUMP_N_RUNS] = {0x088, 4},
            [MS_CRASHDUMP_N_PAGES] = {0x090, 8},
            [MS_CRASHDUMP_DUMP_TYPE] = {0xf98, 4},
            [MS_CRASHDUMP_PRODUCT_TYPE] = {0x1040, 4},
            [MS_CRASHDUMP_SYSTEM_TIME] = {0xfa8, 8},
            [MS_CRASHDUMP_UPTIME] = {0x1030, 8},
        },
};

struct machine {
    uint32_t number; // MachineImageType
    const char *name;
};

static const struct machine machines[] = {
    {0x14c, "x86"}, {0x1c4, "arm"}, {0x8664, "x86_64"}, {0xaa64, "arm64"}, {0x200, "ia64"},
};

struct reader {
    const struct ms_crashdump *dump;
    const struct ms_source *source;
    struct ms_layout *layout;
    struct ms_error *error;
};

bool ms_crashdump_is_set(const struct ms_crashdump *dump, enum ms_crashdump_field id)
{
    static const uint8_t unset[] = {'P', 'A', 'G', 'E'};
    struct ms_field field = dump->class->fields[id];
    unsigned unlike = 0;

    for (unsigned i = field.offset; i < field.offset + field.width; i++)
        unlike += dump->header[i] != unset[i % 4];
    return unlike != 0;
}

// == Runs of a full dump ==

// Page number and number of pages of run `i`.
static void get_run(const struct ms_crashdump *dump, uint32_t i, uint64_t *first_ret,
                    uint64_t *n_pages_ret)
{
    uint32_t width = dump->class->address_bytes;
    const uint8_t *run = dump->header + dump->class->runs + (size_t)2 * width * i;

    *first_ret = ms_le(run, width);
    *n_pages_ret = ms_le(run + width, width);
}

static enum ms_status check_run_count(const struct reader *reader)
{
    uint64_t n = ms_crashdump_value(reader->dump, MS_CRASHDUMP_N_RUNS);

    if (!ms_crashdump_is_set(reader->dump, MS_CRASHDUMP_N_RUNS))
        return ms_fail(reader->error, MS_MALFORMED, "the list of memory runs was never filled in");
    if (n == 0 || n > reader->dump->class->max_runs)
        return ms_fail(reader->error, MS_MALFORMED,
                       "the header counts %" PRIu64 " memory runs, where 1 to %u can be", n,
                       reader->dump->class->max_runs);
    return MS_OK;
}

static enum ms_status check_page_count(const struct reader *reader, uint64_t n_pages)
{
    uint64_t n_told = ms_crashdump_value(reader->dump, MS_CRASHDUMP_N_PAGES);

    if (!ms_crashdump_is_set(reader->dump, MS_CRASHDUMP_N_PAGES) || n_told == n_pages)
        return MS_OK;
    return ms_layout_warn(reader->layout, reader->error, "page counts",
                          "the header counts %" PRIu64 " pages, but its runs have %" PRIu64, n_told,
                          n_pages);
}

static enum ms_status add_pages(const struct reader *reader, uint64_t first, uint64_t n_pages,
                                uint64_t offset, uint64_t index)
{
    struct ms_format_run run = {first * PAGE_BYTES, n_pages * PAGE_BYTES, offset,
                                n_pages * PAGE_BYTES};

    if (first >= MAX_PAGES)
        return ms_layout_warn(reader->layout, reader->error, "runs beyond physical memory",
                              "run %" PRIu64 " begins at page 0x%" PRIx64 ": left out", index,
                              first);
    return ms_layout_add_run(reader->layout, run, "run", index, reader->error);
}

// The pages lie run after run in the order of the list, whether it is sorted or not.
static enum ms_status read_full(const struct reader *reader)
{
    enum ms_status status = check_run_count(reader);
    uint64_t first, n_pages, total = 0;
    uint64_t n = ms_crashdump_value(reader->dump, MS_CRASHDUMP_N_RUNS);

    for (uint32_t i = 0; !status && i < n; i++) {
        get_run(reader->dump, i, &first, &n_pages);
        if (n_pages >= MAX_PAGES)
            return ms_layout_warn(reader->layout, reader->error, "runs beyond physical memory",
                                  "run %u has 0x%" PRIx64 " pages: it and all behind it are left "
                                  "out",
                                  i, n_pages);
        status = add_pages(reader, first, n_pages,
                           reader->dump->class->header_bytes + total * PAGE_BYTES, i);
        total += n_pages;
    }
    return status ? status : check_page_count(reader, total);
}

// Writers that do not fill in DumpType write full dumps. That is believed if nothing in the list
// of runs speaks against it.
static enum ms_status read_untyped(const struct reader *reader)
{
    enum ms_status status = check_run_count(reader);
    uint64_t n = ms_crashdump_value(reader->dump, MS_CRASHDUMP_N_RUNS);
    uint64_t total = 0;

    for (uint32_t i = 0; !status && i < n; i++) {
        uint64_t first, n_pages;

        get_run(reader->dump, i, &first, &n_pages);
        if (n_pages == 0 || n_pages >= MAX_PAGES || first >= MAX_PAGES)
            return ms_fail(reader->error, MS_MALFORMED,
                           "DumpType says nothing, and run %u (page 0x%" PRIx64 ", 0x%" PRIx64
                           " pages) is no memory",
                           i, first, n_pages);
        total += n_pages;
    }
    if (!status && total != ms_crashdump_value(reader->dump, MS_CRASHDUMP_N_PAGES))
        return ms_fail(reader->error, MS_MALFORMED,
                       "DumpType says nothing, and the number of pages differs from that of the "
                       "runs, %" PRIu64,
                       total);
    return status ? status : read_full(reader);
}

// == Pages of a bitmap ==

struct bitmap {
    uint64_t first_page; // offset in the file of the first page
    uint64_t n_present;  // pages, as told
    uint64_t n_bits;
    uint64_t bits; // offset of the bitmap in the file
    uint64_t n_bytes;
};

// Adjacent set bits, gathered to runs.
struct page_run {
    uint64_t first;
    uint64_t n;       // 0: no run is open
    uint64_t n_added; // pages of the runs already added
    uint64_t index;
};

static bool has_bitmap_signature(const uint8_t *header)
{
    return (memcmp(header, "FDMP", 4) == 0 || memcmp(header, "SDMP", 4) == 0) &&
           memcmp(header + 4, "DUMP", 4) == 0;
}

static enum ms_status check_bitmap(const struct reader *reader, const struct bitmap *bitmap)
{
    uint64_t size = ms_source_size(reader->source);

    if (bitmap->n_bits > MAX_PAGES || !ms_in_file(bitmap->bits, bitmap->n_bytes, size))
        return ms_fail(reader->error, MS_MALFORMED,
                       "a bitmap of 0x%" PRIx64 " pages does not fit in the file's 0x%" PRIx64
                       " bytes",
                       bitmap->n_bits, size);
    if (bitmap->first_page % PAGE_BYTES != 0 ||
        bitmap->first_page < bitmap->bits + bitmap->n_bytes || bitmap->first_page > INT64_MAX)
        return ms_fail(reader->error, MS_MALFORMED,
                       "the first page cannot lie at offset 0x%" PRIx64
                       ": the bitmap ends at 0x%" PRIx64 ", and pages are aligned",
                       bitmap->first_page, bitmap->bits + bitmap->n_bytes);
    return MS_OK;
}

static enum ms_status read_bitmap_header(const struct reader *reader, struct bitmap *ret)
{
    uint64_t start = reader->dump->class->header_bytes;
    uint8_t header[BITMAP_BITS];
    enum ms_status status = ms_source_read(reader->source, start, header, sizeof(header),
                                           "the bitmap's header", reader->error);

    if (status)
        return status;
    if (!has_bitmap_signature(header))
        return ms_fail(reader->error, MS_MALFORMED,
                       "no bitmap (SDMP or FDMP) at offset 0x%" PRIx64
                       ", where a dump of this type has one",
                       start);
    ret->first_page = ms_le64(header + BITMAP_FIRST_PAGE);
    ret->n_present = ms_le64(header + BITMAP_N_PRESENT);
    ret->n_bits = ms_le64(header + BITMAP_N_BITS);
    ret->bits = start + BITMAP_BITS;
    ret->n_bytes = ret->n_bits / 8 + (ret->n_bits % 8 != 0);
    return check_bitmap(reader, ret);
}

static enum ms_status close_run(const struct reader *reader, const struct bitmap *bitmap,
                                struct page_run *run)
{
    uint64_t offset = bitmap->first_page + run->n_added * PAGE_BYTES;
    uint64_t n = run->n;

    if (n == 0)
        return MS_OK;
    run->n = 0;
    run->n_added += n;
    return add_pages(reader, run->first, n, offset, run->index++);
}

// Takes 64 bits, those of the pages from `first` on.
static enum ms_status add_bits(const struct reader *reader, const struct bitmap *bitmap,
                               struct page_run *run, uint64_t first, uint64_t bits)
{
    unsigned at = 0;

    while (at < 64 && bits >> at != 0) {
        unsigned start = at + (unsigned)__builtin_ctzll(bits >> at);
        uint64_t clear = ~(bits >> start);
        unsigned n = clear ? (unsigned)__builtin_ctzll(clear) : 64;

        if (run->n == 0 || run->first + run->n != first + start) {
            enum ms_status status = close_run(reader, bitmap, run);

            if (status)
                return status;
            run->first = first + start;
        }
        run->n += n;
        at = start + n;
    }
    return MS_OK;
}

// Takes `length` bytes of the bitmap, from byte `at` on; they are followed by room for 7 more.
static enum ms_status add_piece(const struct reader *reader, const struct bitmap *bitmap,
                                struct page_run *run, uint64_t at, uint8_t *piece, size_t length)
{
    enum ms_status status = MS_OK;

    // Bits past the last page, which a careless writer may have left set, and bytes past the last.
    memset(piece + length, 0, 7);
    if (at + length == bitmap->n_bytes && bitmap->n_bits % 8 != 0)
        piece[length - 1] &= (uint8_t)((1u << bitmap->n_bits % 8) - 1);
    for (size_t i = 0; !status && i < length; i += 8)
        status = add_bits(reader, bitmap, run, (at + i) * 8, ms_le64(piece + i));
    return status;
}

static enum ms_status check_present(const struct reader *reader, const struct bitmap *bitmap,
                                    uint64_t n_present)
{
    if (reader->layout->full || bitmap->n_present == n_present)
        return MS_OK;
    return ms_layout_warn(reader->layout, reader->error, "page counts",
                          "the header counts %" PRIu64 " pages, but the bitmap has %" PRIu64
                          ": the bitmap is used",
                          bitmap->n_present, n_present);
}

static enum ms_status read_bitmap(const struct reader *reader)
{
    uint8_t piece[16384 + 7];
    struct bitmap bitmap = {0};
    struct page_run run = {0};
    enum ms_status status = read_bitmap_header(reader, &bitmap);

    for (uint64_t at = 0; !status && at < bitmap.n_bytes && !reader->layout->full;) {
        size_t length = (size_t)ms_min_u64(bitmap.n_bytes - at, sizeof(piece) - 7);

        status = ms_source_read(reader->source, bitmap.bits + at, piece, length, "the bitmap",
                                reader->error);
        if (!status)
            status = add_piece(reader, &bitmap, &run, at, piece, length);
        at += length;
    }
    if (!status)
        status = close_run(reader, &bitmap, &run);
    return status ? status : check_present(reader, &bitmap, run.n_added);
}

// Newer Windows call a bitmap dump "automatic"; no public description says that all of them are.
static enum ms_status read_automatic(const struct reader *reader)
{
    uint8_t signature[8];
    enum ms_status status =
        ms_source_read(reader->source, reader->dump->class->header_bytes, signature,
                       sizeof(signature), "the bitmap's signature", reader->error);

    if (status == MS_IO)
        return status;
    if (status || !has_bitmap_signature(signature))
        return ms_fail(reader->error, MS_UNSUPPORTED,
                       "an automatic dump (DumpType 7) without a bitmap is not read");
    return read_bitmap(reader);
}

// == Types ==

struct dump_type {
    uint32_t number;
    const char *name;
    enum ms_status (*read)(const struct reader *reader); // NULL: not read, see `why`
    const char *why;
};

#define RDMP "its list of pages (RDMP) is not read"

static const struct dump_type dump_types[] = {
    {0x00, "unknown", read_untyped, NULL},
    {0x01, "full", read_full, NULL},
    {0x02, "summary", NULL, "its old form of bitmap is not read"},
    {0x03, "header-only", NULL, "it holds no memory"},
    {0x04, "triage", NULL, "it holds no physical pages, only some virtual ranges"},
    {0x05, "bitmap full", read_bitmap, NULL},
    {0x06, "bitmap kernel", read_bitmap, NULL},
    {0x07, "automatic", read_automatic, NULL},
    {0x08, "kernel memory", NULL, RDMP},
    {0x09, "kernel and user memory", NULL, RDMP},
    {0x0a, "complete memory", NULL, RDMP},
    {0xffffffff, "invalid", read_untyped, NULL},
    {0x45474150, "not set", read_untyped, NULL}, // "PAGE"
};

static const struct dump_type *find_type(uint32_t number)
{
    for (size_t i = 0; i < sizeof(dump_types) / sizeof(dump_types[0]); i++) {
        if (dump_types[i].number == number)
            return &dump_types[i];
    }
    return NULL;
}

const char *ms_crashdump_type_name(uint32_t dump_type)
{
    const struct dump_type *type = find_type(dump_type);

    return type ? type->name : NULL;
}

static enum ms_status read_pages(const struct reader *reader)
{
    uint32_t number = (uint32_t)ms_crashdump_value(reader->dump, MS_CRASHDUMP_DUMP_TYPE);
    const struct dump_type *type = find_type(number);

    if (!type)
        return ms_fail(reader->error, MS_UNSUPPORTED, "DumpType is 0x%x, which is not known",
                       number);
    if (!type->read)
        return ms_fail(reader->error, MS_UNSUPPORTED, "a %s dump (DumpType %x): %s", type->name,
                       number, type->why);
    return type->read(reader);
}

// == The header ==

static void set_machine(const struct ms_crashdump *dump, struct ms_layout *layout)
{
    uint64_t number = ms_crashdump_value(dump, MS_CRASHDUMP_MACHINE);

    layout->address_bits = 8u * dump->class->address_bytes;
    for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
        if (machines[i].number == number)
            layout->machine = machines[i].name;
    }
}

static enum ms_status read(const struct ms_crashdump_class *class, const struct ms_source *source,
                           struct ms_layout *layout, struct ms_error *error)
{
    struct ms_crashdump dump = {.class = class};
    struct reader reader = {&dump, source, layout, error};
    enum ms_status status;

    status = ms_source_read(source, 0, dump.header, class->header_bytes, "the header", error);
    if (status)
        return status;
    if (memcmp(dump.header, class->signature, 8) != 0)
        return ms_fail(error, MS_MALFORMED, "the file does not begin with %s", class->signature);
    set_machine(&dump, layout);
    ms_crashdump_tell_system(&dump, &layout->system);
    status = ms_crashdump_add_facts(&dump, layout, error);
    return status ? status : read_pages(&reader);
}

static enum ms_status read32(const struct ms_source *source, const struct ms_head *head,
                             struct ms_layout *layout, struct ms_error *error)
{
    (void)head;
    return read(&class32, source, layout, error);
}

static enum ms_status read64(const struct ms_source *source, const struct ms_head *head,
                             struct ms_layout *layout, struct ms_error *error)
{
    (void)head;
    return read(&class64, source, layout, error);
}

static unsigned bid32(const struct ms_head *head)
{
    return memcmp(head->bytes, class32.signature, 8) == 0 ? 64 : 0;
}

static unsigned bid64(const struct ms_head *head)
{
    return memcmp(head->bytes, class64.signature, 8) == 0 ? 64 : 0;
}

const struct ms_format_ops ms_format_crashdump32 = {
    .name = "crashdump32",
    .title = "32-bit Windows crash dump",
    .bid = bid32,
    .read = read32,
};

const struct ms_format_ops ms_format_crashdump64 = {
    .name = "crashdump64",
    .title = "64-bit Windows crash dump",
    .bid = bid64,
    .read = read64,
};
