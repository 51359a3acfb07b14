// SPDX-License-Identifier: MIT
//
// Reading symbol files: what they give, and what is wrong with others.

#include "windows/isf_file.h"

#include "windows/symbols.h"

#include <stdlib.h>
#ifdef MS_HAVE_LZMA
#include <lzma.h>
#endif

TestSuite(symbols);

#ifdef MS_HAVE_JANSSON

static bool is_item(const struct ms_symbols *symbols, size_t index, uint32_t rva, const char *name)
{
    const struct ms_file_symbol *item = &symbols->items[index];

    return item->rva == rva && item->length == strlen(name) && strcmp(item->name, name) == 0;
}

Test(symbols, sorted_by_address_then_length)
{
    struct ms_symbols *symbols =
        open_isf(ISF("{\"_foo@4\":{\"address\":4096},\"foo\":{\"address\":4096},\"Bar\":{"
                     "\"address\":32,\"type\":{\"kind\":\"function\"}},\"\":{\"address\":1},"
                     "\"a\\u0001\\n\":{\"address\":4097.0},\"Abc\":{\"address\":4096}}",
                     "{}"));
    struct ms_symbols_info info = ms_symbols_info(symbols);

    cr_assert(eq(sz, info.n_symbols, 5));
    cr_assert(is_item(symbols, 0, 32, "Bar") && is_item(symbols, 1, 4096, "Abc"));
    cr_assert(is_item(symbols, 2, 4096, "foo") && is_item(symbols, 3, 4096, "_foo@4"));
    cr_assert(is_item(symbols, 4, 4097, "a\x01\n"));
    cr_assert(eq(str, (char *)(uintptr_t)info.pdb_name, "ntkrnlmp.pdb"));
    cr_assert(eq(str, (char *)(uintptr_t)info.pdb_guid, ISF_GUID));
    cr_assert(info.pdb_age == 7 && info.machine == 0x8664);
    ms_symbols_free(symbols);
}

Test(symbols, below_an_address)
{
    struct ms_symbols *symbols =
        open_isf(ISF("{\"A\":{\"address\":5},\"B\":{\"address\":5},\"C\":{\"address\":9}}", "{}"));

    cr_assert(eq(sz, ms_symbols_below(symbols, 5), 0));
    cr_assert(eq(sz, ms_symbols_below(symbols, 6), 2));
    cr_assert(eq(sz, ms_symbols_below(symbols, UINT64_MAX), 3));
    ms_symbols_free(symbols);
}

Test(symbols, guid_in_small_letters_and_empty)
{
    struct ms_symbols *symbols = open_isf(
        ISF_OF(ISF_PDB("00112233445566778899aabbccddeeff", 4294967295, "x.pdb", 332), "{}", "{}"));

    cr_assert(eq(str, symbols->guid, ISF_GUID));
    cr_assert(symbols->age == UINT32_MAX && symbols->bits == 32 && symbols->n == 0);
    ms_symbols_free(symbols);
}

Test(symbols, addresses_of_no_module_are_counted)
{
    struct ms_symbols *symbols = open_isf(
        ISF("{\"A\":{\"address\":-1},\"B\":{\"address\":268435455},\"C\":{\"address\":268435456},"
            "\"D\":{\"address\":18446735277616529408},\"E\":{\"address\":1e300}}",
            "{}"));

    cr_assert(eq(sz, symbols->n, 1));
    cr_assert(is_item(symbols, 0, 268435455, "B"));
    cr_assert(eq(sz, symbols->n_outside, 4));
    ms_symbols_free(symbols);
}

Test(symbols, long_name)
{
    const int length = 65536;
    struct ms_symbols *symbols;
    char *text;

    cr_assert(asprintf(&text, ISF("{\"%0*d\":{\"address\":3}}", "{}"), length, 1) > length);
    symbols = open_isf(text);
    cr_assert(symbols->n == 1 && symbols->items[0].length == (uint32_t)length);
    ms_symbols_free(symbols);
    free(text);
}

// == Structures ==

#define ENTRY(base, more)                                                                          \
    "\"_KLDR_DATA_TABLE_ENTRY\":{\"kind\":\"struct\",\"size\":300,\"fields\":{"                    \
    "\"DllBase\":{\"offset\":" #base ",\"type\":{}},\"SizeOfImage\":{\"offset\":50},"              \
    "\"FullDllName\":{\"offset\":60},\"BaseDllName\":{\"offset\":80},"                             \
    "\"CheckSum\":{\"offset\":100}" more "}}"

Test(symbols, layout)
{
    struct ms_symbols *symbols =
        open_isf(ISF("{}", "{" ENTRY(40, ",\"TimeDateStamp\":{\"offset\":4080}") "}"));
    const uint16_t *at = symbols->layout.at;

    cr_assert(at[MS_ENTRY_BASE] == 40 && at[MS_ENTRY_SIZE] == 50 && at[MS_ENTRY_PATH] == 60);
    cr_assert(at[MS_ENTRY_NAME] == 80 && at[MS_ENTRY_CHECKSUM] == 100);
    cr_assert(at[MS_ENTRY_TIMESTAMP] == 4080);
    cr_assert(symbols->tells[MS_ENTRY_BASE] && symbols->tells[MS_ENTRY_TIMESTAMP]);
    cr_assert(symbols->tells[MS_UNLOADED_BYTES] == false);
    cr_assert(symbols->tells[MS_PROCESS_ID] == false);
    ms_symbols_free(symbols);
}

// An older entry has no time stamp; another structure of the name is none that is meant.
Test(symbols, layout_of_parts)
{
    struct ms_symbols *symbols =
        open_isf(ISF("{}", "{" ENTRY(40, "") ",\"_UNLOADED_DRIVERS\":{\"size\":8,\"fields\":{"
                                             "\"UnloadedDrivers\":{\"offset\":0}}}}"));
    const uint16_t *at = symbols->layout.at;

    cr_assert(at[MS_ENTRY_BASE] == 40 && at[MS_ENTRY_TIMESTAMP] == MS_NO_FIELD);
    cr_assert(symbols->tells[MS_ENTRY_TIMESTAMP]);
    cr_assert(symbols->tells[MS_UNLOADED_START] == false);
    cr_assert(symbols->tells[MS_UNLOADED_BYTES] == false);
    ms_symbols_free(symbols);
}

// Parts of a thread: the field of a structure in it, a bit field, and a byte that is none.
#define THREAD(resident, apc_type)                                                                 \
    "\"_KTHREAD\":{\"size\":1072,\"fields\":{\"InitialStack\":{\"offset\":40},"                    \
    "\"StackLimit\":{\"offset\":48},\"KernelStack\":{\"offset\":88},"                              \
    "\"ApcState\":{\"offset\":152,\"type\":{\"kind\":\"struct\",\"name\":\"" apc_type "\"}},"      \
    "\"KernelStackResident\":{\"offset\":120,\"type\":" resident "}}},"                            \
    "\"_KAPC_STATE\":{\"size\":48,\"fields\":{\"Process\":{\"offset\":32}}}"
#define BIT(position) "{\"kind\":\"bitfield\",\"bit_position\":" #position ",\"bit_length\":1}"

Test(symbols, layout_of_parts_of_parts)
{
    struct ms_symbols *symbols = open_isf(ISF("{}", "{" THREAD(BIT(17), "_KAPC_STATE") "}"));
    const uint16_t *at = symbols->layout.at;

    cr_assert(at[MS_THREAD_KERNEL_STACK] == 88 && at[MS_THREAD_APC_PROCESS] == 152 + 32);
    cr_assert(at[MS_THREAD_STACK_RESIDENT] == 120 && at[MS_THREAD_STACK_RESIDENT_BIT] == 17);
    cr_assert(at[MS_THREAD_TEB] == MS_NO_FIELD && symbols->tells[MS_THREAD_TEB]);
    cr_assert(symbols->tells[MS_THREAD_CID] == false, "another structure");
    ms_symbols_free(symbols);
}

Test(symbols, layout_of_types_that_lack)
{
    struct ms_symbols *symbols = open_isf(
        ISF("{}", "{" THREAD("{\"kind\":\"base\",\"name\":\"unsigned char\"}", "_OTHER") "}"));
    const uint16_t *at = symbols->layout.at;

    cr_assert(at[MS_THREAD_STACK_RESIDENT] == 120 && at[MS_THREAD_STACK_RESIDENT_BIT] == 0);
    cr_assert(at[MS_THREAD_APC_PROCESS] == MS_NO_FIELD);
    ms_symbols_free(symbols);
}

// The counters of the pool's table are 4 bytes wide, or 8.
#define TRACKER(count)                                                                             \
    "\"_POOL_TRACKER_TABLE\":{\"size\":56,\"fields\":{\"Key\":{\"offset\":0},"                     \
    "\"NonPagedBytes\":{\"offset\":8},\"NonPagedAllocs\":{\"offset\":16},"                         \
    "\"NonPagedFrees\":{\"offset\":24},\"PagedBytes\":{\"offset\":32},"                            \
    "\"PagedAllocs\":{\"offset\":40,\"type\":{\"kind\":\"base\",\"name\":\"" count "\"}},"         \
    "\"PagedFrees\":{\"offset\":48}}}"
#define WITH_BASES(types)                                                                          \
    "{\"metadata\":{\"format\":\"6.2.0\",\"windows\":{\"pdb\":" ISF_PDB(                           \
        ISF_GUID, 7, "a.pdb", 34404) "}},\"base_types\":{\"unsigned long\":{\"size\":4},"          \
                                     "\"long long\":{\"size\":8},\"wide\":{\"size\":9}},"          \
                                     "\"user_types\":{" types "},\"symbols\":{}}"

Test(symbols, width_of_a_field)
{
    struct ms_symbols *narrow = open_isf(WITH_BASES(TRACKER("unsigned long")));
    struct ms_symbols *wide = open_isf(WITH_BASES(TRACKER("long long")));

    cr_assert(narrow->layout.at[MS_TRACKER_COUNT_BYTES] == 4);
    cr_assert(wide->layout.at[MS_TRACKER_COUNT_BYTES] == 8);
    cr_assert(wide->layout.at[MS_TRACKER_BYTES] == 56);
    cr_assert(wide->layout.at[MS_TRACKER_PAGED_FREES] == 48);
    ms_symbols_free(narrow);
    ms_symbols_free(wide);
}

// == What is wrong ==

#define GOOD_PDB ISF_PDB(ISF_GUID, 7, "a.pdb", 34404)

static const struct {
    const char *name, *text;
    enum ms_status status;
    const char *error; // a part of it
} broken[] = {
    {"empty", "", MS_MALFORMED, "no JSON"},
    {"not JSON", "{\n  \"a\": x}", MS_MALFORMED, ":2:8: no JSON"},
    {"cut", "{\"metadata\":{", MS_MALFORMED, ":1:13: no JSON"},
    {"more behind it", "{} {}", MS_MALFORMED, "no JSON"},
    {"not UTF-8", "{\"\xff\":1}", MS_MALFORMED, "no JSON"},
    {"NUL in a name", ISF("{\"a\\u0000\":{\"address\":1}}", "{}"), MS_MALFORMED, "no JSON"},
    {"twice", ISF("{\"A\":{\"address\":1},\"A\":{\"address\":2}}", "{}"), MS_MALFORMED,
     "duplicate"},
    {"array", "[]", MS_MALFORMED, "metadata: an object"},
    {"nothing", "{}", MS_MALFORMED, "metadata: an object"},
    {"metadata text", "{\"metadata\":\"x\"}", MS_MALFORMED, "metadata: an object"},
    {"no format", "{\"metadata\":{}}", MS_MALFORMED, "metadata.format"},
    {"format number", "{\"metadata\":{\"format\":6}}", MS_MALFORMED, "metadata.format"},
    {"later format", "{\"metadata\":{\"format\":\"7.0.0\"}}", MS_UNSUPPORTED, "version 7.0.0"},
    {"Linux", "{\"metadata\":{\"format\":\"6.2.0\",\"linux\":{}}}", MS_MALFORMED,
     "no symbol file of a Windows module"},
    {"pdb text", ISF_OF("\"x\"", "{}", "{}"), MS_MALFORMED, "metadata.windows.pdb: GUID"},
    {"no GUID", ISF_OF("{}", "{}", "{}"), MS_MALFORMED, "pdb.GUID: 32 hex"},
    {"short GUID", ISF_OF(ISF_PDB("0011", 7, "a.pdb", 34404), "{}", "{}"), MS_MALFORMED,
     "pdb.GUID"},
    {"GUID with dashes",
     ISF_OF(ISF_PDB("00112233-4455-6677-8899-AABBCCDDEE", 7, "a.pdb", 34404), "{}", "{}"),
     MS_MALFORMED, "pdb.GUID"},
    {"age text", ISF_OF(ISF_PDB(ISF_GUID, "x", "a.pdb", 34404), "{}", "{}"), MS_MALFORMED,
     "pdb.age"},
    {"age below 0", ISF_OF(ISF_PDB(ISF_GUID, -1, "a.pdb", 34404), "{}", "{}"), MS_MALFORMED,
     "pdb.age"},
    {"age in part", ISF_OF(ISF_PDB(ISF_GUID, 1.5, "a.pdb", 34404), "{}", "{}"), MS_MALFORMED,
     "pdb.age"},
    {"no name", ISF_OF(ISF_PDB(ISF_GUID, 7, "", 34404), "{}", "{}"), MS_MALFORMED, "pdb.database"},
    {"machine text", ISF_OF(ISF_PDB(ISF_GUID, 7, "a.pdb", "x"), "{}", "{}"), MS_MALFORMED,
     "pdb.machine_type"},
    {"ARM64", ISF_OF(ISF_PDB(ISF_GUID, 7, "a.pdb", 43620), "{}", "{}"), MS_UNSUPPORTED, "0xaa64"},
    {"symbols array", ISF_OF(GOOD_PDB, "[]", "{}"), MS_MALFORMED, ": symbols: an object"},
    {"symbol number", ISF_OF(GOOD_PDB, "{\"A\":1}", "{}"), MS_MALFORMED, "symbols.A.address"},
    {"no address", ISF_OF(GOOD_PDB, "{\"A\":{}}", "{}"), MS_MALFORMED, "symbols.A.address"},
    {"address text", ISF_OF(GOOD_PDB, "{\"A\":{\"address\":\"1\"}}", "{}"), MS_MALFORMED,
     "symbols.A.address"},
    {"address in part", ISF_OF(GOOD_PDB, "{\"A\":{\"address\":0.5}}", "{}"), MS_MALFORMED,
     "symbols.A.address"},
    {"types array", ISF_OF(GOOD_PDB, "{}", "[]"), MS_MALFORMED, "user_types: an object"},
    {"structure number", ISF_OF(GOOD_PDB, "{}", "{\"_UNLOADED_DRIVERS\":1}"), MS_MALFORMED,
     "user_types._UNLOADED_DRIVERS.fields"},
    {"offset text", ISF_OF(GOOD_PDB, "{}", "{" ENTRY("x", "") "}"), MS_MALFORMED,
     "_KLDR_DATA_TABLE_ENTRY.fields.DllBase.offset"},
    {"offset below 0", ISF_OF(GOOD_PDB, "{}", "{" ENTRY(-8, "") "}"), MS_MALFORMED,
     "fields.DllBase.offset"},
    {"bit too high", ISF_OF(GOOD_PDB, "{}", "{" THREAD(BIT(32), "_KAPC_STATE") "}"), MS_MALFORMED,
     "_KTHREAD.fields.KernelStackResident.type.bit_position"},
    {"width of no type", WITH_BASES(TRACKER("nothing")), MS_MALFORMED,
     "_POOL_TRACKER_TABLE.fields.PagedAllocs.type.name"},
    {"width of a wide type", WITH_BASES(TRACKER("wide")), MS_MALFORMED, "PagedAllocs.type.name"},
    {"size too large",
     ISF_OF(GOOD_PDB, "{}",
            "{\"_EPROCESS\":{\"size\":4097,\"fields\":{\"UniqueProcessId\":{\"offset\":0},"
            "\"ActiveProcessLinks\":{\"offset\":8},\"ImageFileName\":{\"offset\":16}}}}"),
     MS_MALFORMED, "_EPROCESS.size: a number up to 4096"},
    {"offset too large", ISF_OF(GOOD_PDB, "{}", "{" ENTRY(4081, "") "}"), MS_MALFORMED,
     "fields.DllBase.offset"},
};

Test(symbols, broken_files)
{
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        struct ms_symbols *symbols = NULL;
        struct ms_error error = {0};
        enum ms_status status =
            open_isf_bytes(broken[i].text, strlen(broken[i].text), &symbols, &error);

        cr_expect(status == broken[i].status && error.status == status, "%s: %d", broken[i].name,
                  (int)status);
        cr_expect(strstr(error.text, broken[i].error) != NULL, "%s: %s", broken[i].name,
                  error.text);
        cr_expect(strncmp(error.text, "/proc/self/fd/", 14) == 0, "%s: %s", broken[i].name,
                  error.text);
        cr_expect(symbols == NULL, "%s", broken[i].name);
    }
}

Test(symbols, deep)
{
    enum { DEPTH = 5000 };
    struct ms_symbols *symbols = NULL;
    struct ms_error error = {0};
    char text[DEPTH];

    memset(text, '[', sizeof(text));
    cr_assert(open_isf_bytes(text, sizeof(text), &symbols, &error) == MS_MALFORMED);
}

// What would take a hundred times its size is not even begun.
Test(symbols, many_values)
{
    const size_t n = (size_t)24 << 20;
    struct ms_symbols *symbols = NULL;
    struct ms_error error = {0};
    char *text = malloc(n);

    cr_assert(ne(ptr, text, NULL));
    for (size_t i = 0; i < n; i++)
        text[i] = "[],"[i % 3];
    cr_assert(open_isf_bytes(text, n, &symbols, &error) == MS_UNSUPPORTED);
    cr_assert(strstr(error.text, "so many values") != NULL, "%s", error.text);
    free(text);
}

// == Files ==

Test(symbols, no_file)
{
    struct ms_symbols *symbols = NULL;
    struct ms_error error = {0};

    cr_assert(ms_symbols_open("/nonexistent/x", &symbols, &error) == MS_IO);
    cr_assert(strncmp(error.text, "/nonexistent/x: ", 16) == 0, "%s", error.text);
    cr_assert(ms_symbols_open("/", &symbols, &error) == MS_IO);
    ms_symbols_free(NULL);
}

#ifdef MS_HAVE_LZMA

struct packed {
    uint8_t bytes[4096];
    size_t n;
};

static struct packed pack(const char *text)
{
    struct packed packed = {.n = 0};

    cr_assert(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC64, NULL, (const uint8_t *)text,
                                      strlen(text), packed.bytes, &packed.n,
                                      sizeof(packed.bytes)) == LZMA_OK);
    return packed;
}

Test(symbols, packed)
{
    struct packed packed = pack(ISF("{\"A\":{\"address\":5}}", "{}"));
    struct ms_symbols *symbols = NULL;
    struct ms_error error = {0};

    cr_assert(open_isf_bytes(packed.bytes, packed.n, &symbols, &error) == MS_OK, "%s", error.text);
    cr_assert(is_item(symbols, 0, 5, "A"));
    ms_symbols_free(symbols);
}

// Cut anywhere, and with any byte changed behind the magic, it is refused or, where a byte means
// nothing, the same.
Test(symbols, packed_and_broken)
{
    const struct packed packed = pack(ISF("{\"A\":{\"address\":5}}", "{}"));

    for (size_t i = 6; i < packed.n; i++) {
        struct ms_symbols *symbols = NULL;
        struct ms_error error = {0};
        struct packed changed = packed;

        cr_assert(open_isf_bytes(packed.bytes, i, &symbols, &error) == MS_MALFORMED, "%zu", i);
        cr_assert(strstr(error.text, "the file ends, and its packed data does not") != NULL, "%s",
                  error.text);
        changed.bytes[i] ^= 0x55;
        cr_assert(open_isf_bytes(changed.bytes, changed.n, &symbols, &error) == MS_MALFORMED, "%zu",
                  i);
        cr_assert(strstr(error.text, ": byte ") != NULL, "%s", error.text);
        cr_assert(eq(ptr, symbols, NULL));
    }
}

// A few bytes may want a dictionary of 1.5 GiB.
Test(symbols, packed_with_a_large_dictionary)
{
    struct packed packed = pack(ISF("{\"A\":{\"address\":5}}", "{}"));
    uint8_t *block = packed.bytes + 12; // its header, with a filter: LZMA2, 1 byte, that byte
    size_t n = 4 * (size_t)block[0], filter = 2;
    struct ms_symbols *symbols = NULL;
    struct ms_error error = {0};
    uint32_t crc;

    while (filter < n && !(block[filter] == 0x21 && block[filter + 1] == 1))
        filter++;
    cr_assert(lt(sz, filter, n));
    block[filter + 2] = 37;
    crc = lzma_crc32(block, n, 0);
    for (unsigned i = 0; i < 4; i++)
        block[n + i] = (uint8_t)(crc >> 8 * i);
    cr_assert(open_isf_bytes(packed.bytes, packed.n, &symbols, &error) == MS_UNSUPPORTED);
    cr_assert(strstr(error.text, "unpacking it takes more than 256 MiB of memory") != NULL, "%s",
              error.text);
    cr_assert(eq(ptr, symbols, NULL));
}

// 130 MiB of blanks are 20 KiB of .xz.
Test(symbols, packed_too_large)
{
    struct ms_symbols *symbols = NULL;
    struct ms_error error = {0};
    uint8_t blanks[0x10000], out[0x20000];
    lzma_stream stream = LZMA_STREAM_INIT;

    memset(blanks, ' ', sizeof(blanks));
    cr_assert(lzma_easy_encoder(&stream, 0, LZMA_CHECK_NONE) == LZMA_OK);
    stream.next_out = out;
    stream.avail_out = sizeof(out);
    for (unsigned i = 0; i < 130 * 16; i++) {
        stream.next_in = blanks;
        stream.avail_in = sizeof(blanks);
        while (stream.avail_in > 0)
            cr_assert(lzma_code(&stream, LZMA_RUN) == LZMA_OK);
    }
    cr_assert(lzma_code(&stream, LZMA_FINISH) == LZMA_STREAM_END);
    cr_assert(open_isf_bytes(out, stream.total_out, &symbols, &error) == MS_UNSUPPORTED);
    cr_assert(strstr(error.text, "more than 128 MiB") != NULL, "%s", error.text);
    lzma_end(&stream);
}

#endif

#else

Test(symbols, not_built_in)
{
    struct ms_symbols *symbols = NULL;
    struct ms_error error = {0};

    cr_assert(open_isf_bytes("{}", 2, &symbols, &error) == MS_UNSUPPORTED);
    cr_assert(strstr(error.text, "without jansson") != NULL, "%s", error.text);
    ms_symbols_free(symbols);
}

#endif
