// SPDX-License-Identifier: MIT
//
// The object manager: objects with their headers, types, directories.

#include "build_objects.h"

#include "little_endian.h"
#include "random.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
    VISTA = 6000,
    WINDOWS_7 = 7600,
    WINDOWS_8 = 9200,
    WINDOWS_10 = 10240,
    WINDOWS_10_1607 = 14393,
    N_BUCKETS = 37,
    N_TYPE_INDICES = 256,
};

/** Bits of InfoMask; of the headers, the lower one's is the closer to OBJECT_HEADER. */
enum { INFO_CREATOR = 1, INFO_NAME = 2, INFO_HANDLES = 4, INFO_QUOTA = 8, N_INFOS = 7 };

static const struct {
    const char *name;
    char tag[5];
    uint8_t index;
    uint8_t infos;
} types[N_TYPES] = {
    [TYPE_TYPE] = {"Type", "ObjT", 2, INFO_CREATOR | INFO_NAME},
    [TYPE_DIRECTORY] = {"Directory", "Dire", 3, INFO_NAME},
    [TYPE_PROCESS] = {"Process", "Proc", 7, INFO_QUOTA},
    [TYPE_THREAD] = {"Thread", "Thre", 8, INFO_QUOTA},
    [TYPE_DEVICE] = {"Device", "Devi", 25, INFO_CREATOR | INFO_NAME},
    [TYPE_DRIVER] = {"Driver", "Driv", 26, INFO_NAME},
};

static bool is_wide(const struct object_builder *builder)
{
    return builder->nt->width == 8;
}

/* ---- bytes ------------------------------------------------------------------------------- */

void builder_store(struct pool_block block, size_t at, unsigned width, uint64_t value)
{
    store_le(block.bytes + at, width, value);
}

void builder_store_field(const struct object_builder *builder, struct pool_block body,
                         enum object_field field, unsigned width, uint64_t value)
{
    uint16_t at = builder->objects->layout.at[field];
    if (at != NO_OFFSET)
        builder_store(body, at, width, value);
}

static struct pool_block take(const struct object_builder *builder, size_t length, const char *tag,
                              bool is_object, bool is_free, struct place place)
{
    static char no_name[] = "-";
    struct block_spec spec = {.name = no_name,
                              .size = length,
                              .is_free = is_free,
                              .is_protected = is_object && builder->nt->build < WINDOWS_8,
                              .times = 1,
                              .place = place};
    memcpy(spec.tag.text, tag, sizeof(spec.tag.text));
    return pool_take_block(builder->nt->pool, &spec, 1);
}

struct pool_block builder_take(const struct object_builder *builder, size_t length, const char *tag,
                               struct place place)
{
    return take(builder, length, tag, false, false, place);
}

void builder_store_text(const struct object_builder *builder, struct pool_block block, size_t at,
                        const char *text, struct place place)
{
    struct bytes name = {.length = strlen(text) * 2};
    struct pool_block buffer = builder_take(builder, name.length, "ObNm", place);
    for (size_t i = 0; text[i]; i++)
        buffer.bytes[i * 2] = (uint8_t)text[i];
    nt_store_string(builder->nt, block, at, &name, buffer.address);
}

/* ---- lists ------------------------------------------------------------------------------- */

void builder_link(const struct object_builder *builder, struct pool_block head,
                  const struct link *links, size_t count)
{
    unsigned width = builder->nt->width;
    uint64_t next = head.address, last = head.address;
    for (size_t i = count; i-- > 0;) {
        builder_store(links[i].at, 0, width, next);
        if (links[i].is_listed)
            next = links[i].at.address;
    }
    for (size_t i = 0; i < count; i++) {
        builder_store(links[i].at, width, width, last);
        if (links[i].is_listed)
            last = links[i].at.address;
    }
    builder_store(head, 0, width, next);
    builder_store(head, width, width, last);
}

/* ---- headers ----------------------------------------------------------------------------- */

static size_t header_bytes(const struct object_builder *builder)
{
    return is_wide(builder) ? 0x30 : 0x18;
}

/** Creator, name, handles, quota, process, audit, and what became extended information. */
static size_t info_bytes(const struct object_builder *builder, unsigned info)
{
    static const uint8_t sizes[2][N_INFOS] = {{0x10, 0x10, 8, 0x10, 8, 8, 8},
                                              {0x20, 0x20, 0x10, 0x20, 0x10, 0x10, 0x10}};
    bool is_revocation = info == N_INFOS - 1 && builder->nt->build < WINDOWS_10_1607;
    return sizes[is_wide(builder)][is_revocation ? 0 : info];
}

/** From OBJECT_HEADER down to where the one of that bit begins. */
static size_t distance_of(const struct object_builder *builder, unsigned infos, unsigned info)
{
    size_t distance = 0;
    for (unsigned i = 0; i < N_INFOS && 1u << i <= info; i++) {
        if (infos & 1u << i)
            distance += info_bytes(builder, i);
    }
    return distance;
}

/** The bits of InfoMask that the build knows. */
static unsigned known_infos(uint64_t build)
{
    if (build < WINDOWS_7)
        return 0xf;
    if (build < WINDOWS_8)
        return 0x1f;
    return build < WINDOWS_10 ? 0x3f : 0x7f;
}

static unsigned infos_of(const struct object_builder *builder, enum object_type type,
                         const struct object_wish *wish)
{
    unsigned known = known_infos(builder->nt->build);
    unsigned infos = wish->infos.are_given ? (unsigned)wish->infos.mask : types[type].infos;
    if (infos & ~known)
        fail_at(wish->infos.place, "bits of %#x, which build %llu has", known,
                (unsigned long long)builder->nt->build);
    return wish->has_name ? infos | INFO_NAME : infos & ~(unsigned)INFO_NAME;
}

/** Up to Vista the type by its address, and how far below the header the others begin. */
static void store_old_header(const struct object_builder *builder, struct pool_block header,
                             const struct object *type, unsigned infos)
{
    static const uint8_t told[] = {INFO_NAME, INFO_HANDLES, INFO_QUOTA};
    unsigned width = builder->nt->width;
    size_t told_at = (size_t)3 * width;
    builder_store(header, (size_t)2 * width, width, type->body.address);
    for (size_t i = 0; i < sizeof(told); i++) {
        if (infos & told[i])
            builder_store(header, told_at + i, 1, distance_of(builder, infos, told[i]));
    }
    builder_store(header, told_at + 3, 1, infos & INFO_CREATOR ? 0x24 : 0x20);
}

static void store_header(const struct object_builder *builder, struct pool_block header,
                         enum object_type type, unsigned infos, bool is_free)
{
    unsigned width = builder->nt->width;
    size_t index_at = (size_t)3 * width;
    uint8_t index = types[type].index;
    builder_store(header, 0, width, is_free ? 0 : 3);
    builder_store(header, width, width, is_free ? 0 : 1);
    if (builder->nt->build < WINDOWS_7) {
        store_old_header(builder, header, &builder->types[type], infos);
        return;
    }
    if (builder->nt->build >= WINDOWS_10)
        index = (uint8_t)(index ^ builder->cookie ^ (header.address >> 8));
    builder_store(header, index_at, 1, index);
    builder_store(header, index_at + 2, 1, infos);
    builder_store(header, index_at + 3, 1, 0x20);
}

struct object object_create(struct object_builder *builder, enum object_type type,
                            struct object_wish wish)
{
    unsigned infos = infos_of(builder, type, &wish);
    size_t header = header_bytes(builder);
    size_t before = distance_of(builder, infos, known_infos(builder->nt->build));
    struct pool_block block = take(builder, before + header + wish.length, types[type].tag, true,
                                   wish.is_free, wish.place);
    struct object object = {
        .block = block.address - 2 * (uint64_t)builder->nt->width,
        .header = block.address + before,
        .length = header + wish.length,
        .body = {block.address + before + header, block.bytes + before + header},
        .infos = infos,
    };
    store_header(builder, (struct pool_block){object.header, block.bytes + before}, type, infos,
                 wish.is_free);
    return object;
}

/* ---- directories ------------------------------------------------------------------------- */

static struct object create_directory(struct object_builder *builder)
{
    size_t length = is_wide(builder) ? 0x158 : 0xb0;
    struct object_wish wish = {
        .length = length, .has_name = true, .place = builder->nt->spec->place};
    return object_create(builder, TYPE_DIRECTORY, wish);
}

static unsigned bucket_of(const char *name)
{
    uint32_t hash = 0;
    for (; *name; name++)
        hash += (hash << 1) + (hash >> 1) + (uint32_t)toupper((unsigned char)*name);
    return hash % N_BUCKETS;
}

void directory_add_entry(struct object_builder *builder, const struct object *directory,
                         uint64_t object, const char *name, struct place place)
{
    unsigned width = builder->nt->width;
    size_t bucket = (size_t)bucket_of(name) * width;
    struct pool_block entry = builder_take(builder, 3 * (size_t)width, "ObDi", place);
    builder_store(entry, 0, width, load_le(directory->body.bytes + bucket, width));
    builder_store(entry, width, width, object);
    builder_store(directory->body, bucket, width, entry.address);
}

/** Says in the object's own header where it is. */
static void store_name(const struct object_builder *builder, const struct object *object,
                       uint64_t directory, const char *name, struct place place)
{
    size_t below = header_bytes(builder) + distance_of(builder, object->infos, INFO_NAME);
    struct pool_block info = {object->body.address - below, object->body.bytes - below};
    builder_store(info, 0, builder->nt->width, directory);
    builder_store_text(builder, info, builder->nt->width, name, place);
}

void directory_insert(struct object_builder *builder, const struct object *directory,
                      const struct object *object, const char *name, struct place place)
{
    store_name(builder, object, directory->body.address, name, place);
    directory_add_entry(builder, directory, object->body.address, name, place);
}

/* ---- types ------------------------------------------------------------------------------- */

static void store_type(const struct object_builder *builder, enum object_type type)
{
    struct pool_block body = builder->types[type].body;
    bool is_old = builder->nt->build < VISTA;
    size_t name = is_old ? (is_wide(builder) ? 0x78 : 0x40) : 2 * (size_t)builder->nt->width;
    size_t index = is_old ? (is_wide(builder) ? 0x90 : 0x4c)
                          : name + 2 * (size_t)builder->nt->width + builder->nt->width;
    builder_store_text(builder, body, name, types[type].name, builder->nt->spec->place);
    builder_store(body, index, is_old ? 4 : 1, types[type].index);
}

static void create_types(struct object_builder *builder)
{
    size_t length = is_wide(builder) ? 0x2c0 : 0x190;
    if (builder->nt->build >= VISTA)
        length = is_wide(builder) ? 0xd8 : 0x90;
    struct object_wish wish = {
        .length = length, .has_name = true, .place = builder->nt->spec->place};
    for (unsigned i = 0; i < N_TYPES; i++) {
        builder->types[i] = object_create(builder, TYPE_TYPE, wish);
        store_type(builder, (enum object_type)i);
    }
    struct object *type = &builder->types[TYPE_TYPE]; // which is of its own type
    store_header(builder,
                 (struct pool_block){type->header, type->body.bytes - header_bytes(builder)},
                 TYPE_TYPE, type->infos, false);
}

static void store_type_table(const struct object_builder *builder)
{
    const struct nt *nt = builder->nt;
    uint64_t table = nt_variable(nt, "ObTypeIndexTable");
    if (nt->build < WINDOWS_7)
        return;
    module_store(nt->kernel, table + nt->width, nt->width, 0xbad0b0b0);
    for (size_t i = 0; i < N_TYPES; i++)
        module_store(nt->kernel, table + (uint64_t)types[i].index * nt->width, nt->width,
                     builder->types[i].body.address);
    if (nt->build >= WINDOWS_10)
        nt_store_variable(nt, "ObHeaderCookie", 1, builder->cookie);
}

/* ---- the debugger's block ---------------------------------------------------------------- */

static struct object_layout layout_of(const struct nt *nt)
{
    uint64_t build = nt->spec->objects.layout;
    return object_layout_of(nt->width, build ? build : nt->build);
}

void nt_store_kdbg_offsets(const struct nt *nt, uint64_t at, uint64_t size)
{
    static const struct {
        uint16_t at;
        enum object_field field;
    } offsets[] = {
        {0x29a, THREAD_TEB},         {0x29c, THREAD_KERNEL_STACK}, {0x29e, THREAD_INITIAL_STACK},
        {0x2a0, THREAD_APC_PROCESS}, {0x2a2, THREAD_STATE},        {0x2a8, PROCESS_BYTES},
        {0x2aa, PROCESS_PEB},        {0x2ac, PROCESS_PARENT},      {0x2ae, PROCESS_ROOT},
        {0x2c0, THREAD_BYTES},
    };
    struct object_layout layout = layout_of(nt);
    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        uint16_t value = layout.at[offsets[i].field];
        if (offsets[i].at + 2u <= size && value != NO_OFFSET)
            module_store(nt->kernel, at + offsets[i].at, 2, value);
    }
}

/* ---- all --------------------------------------------------------------------------------- */

static void create_directories(struct object_builder *builder)
{
    static const char *const names[N_DIRECTORIES] = {
        [DIRECTORY_TYPES] = "ObjectTypes",
        [DIRECTORY_DRIVERS] = "Driver",
        [DIRECTORY_FILE_SYSTEMS] = "FileSystem",
        [DIRECTORY_DEVICES] = "Device",
    };
    const struct nt *nt = builder->nt;
    struct object root = create_directory(builder);
    store_name(builder, &root, 0, "\\", nt->spec->place);
    for (size_t i = 0; i < N_DIRECTORIES; i++) {
        builder->directories[i] = create_directory(builder);
        directory_insert(builder, &root, &builder->directories[i], names[i], nt->spec->place);
    }
    for (size_t i = 0; i < N_TYPES; i++)
        directory_insert(builder, &builder->directories[DIRECTORY_TYPES], &builder->types[i],
                         types[i].name, nt->spec->place);
    nt_store_variable(nt, "ObpRootDirectoryObject", nt->width, root.body.address);
}

void nt_build_objects(const struct nt *nt)
{
    if (!has_objects(&nt->spec->objects))
        return;
    struct objects *objects = allocate(1, sizeof(*objects));
    struct object_builder builder = {.nt = nt, .objects = objects};
    nt->machinery->objects = objects;
    objects->layout = layout_of(nt);
    builder.cookie = (uint8_t)random_fold(nt->machinery->spec->seed, nt->build);
    create_types(&builder);
    store_type_table(&builder);
    create_directories(&builder);
    create_processes(&builder);
    create_threads(&builder);
    create_drivers(&builder);
    build_processes(&builder);
    build_threads(&builder);
    build_drivers(&builder);
}
