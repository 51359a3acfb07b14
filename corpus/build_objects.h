// SPDX-License-Identifier: MIT
//
// Objects being built: what the files that build them share.

#ifndef CORPUS_BUILD_OBJECTS_H
#define CORPUS_BUILD_OBJECTS_H

#include "build_nt.h"
#include "objects.h"

enum object_type { TYPE_TYPE, TYPE_DIRECTORY, TYPE_PROCESS, TYPE_THREAD, TYPE_DEVICE, TYPE_DRIVER };

enum { N_TYPES = TYPE_DRIVER + 1 };

enum object_directory {
    DIRECTORY_TYPES,
    DIRECTORY_DRIVERS,
    DIRECTORY_FILE_SYSTEMS,
    DIRECTORY_DEVICES,
    N_DIRECTORIES
};

struct object_builder {
    const struct nt *nt;
    struct objects *objects;
    uint8_t cookie; // ObHeaderCookie
    struct object types[N_TYPES];
    struct object directories[N_DIRECTORIES];
};

/** What an object is to be like. One without a name can be in no directory. */
struct object_wish {
    size_t length; // of the body
    bool has_name, is_free;
    struct infos_spec infos;
    struct place place;
};

/** An object with a body of zeros. */
struct object object_create(struct object_builder *builder, enum object_type type,
                            struct object_wish wish);

/** Puts an object into a directory, under a name in ASCII. */
void directory_insert(struct object_builder *builder, const struct object *directory,
                      const struct object *object, const char *name, struct place place);

/** The same without the object knowing of it. */
void directory_add_entry(struct object_builder *builder, const struct object *directory,
                         uint64_t object, const char *name, struct place place);

/** A nonpaged block of zeros. */
struct pool_block builder_take(const struct object_builder *builder, size_t length, const char *tag,
                               struct place place);

/** A UNICODE_STRING at `at` of a block, with a block for its text, in ASCII. */
void builder_store_text(const struct object_builder *builder, struct pool_block block, size_t at,
                        const char *text, struct place place);

void builder_store(struct pool_block block, size_t at, unsigned width, uint64_t value);

/** Stores a number in a process or thread, if it is known where. */
void builder_store_field(const struct object_builder *builder, struct pool_block body,
                         enum object_field field, unsigned width, uint64_t value);

/** What may be linked into a list. */
struct link {
    struct pool_block at;
    bool is_listed; // else the list leaves it out, while it still leads to its neighbours
};

void builder_link(const struct object_builder *builder, struct pool_block head,
                  const struct link *links, size_t count);

/** All objects are there before they are filled, since they lead to one another. */
void create_processes(struct object_builder *builder);
void create_threads(struct object_builder *builder);
void create_drivers(struct object_builder *builder);
void build_processes(struct object_builder *builder);
void build_threads(struct object_builder *builder);
void build_drivers(struct object_builder *builder);

#endif
