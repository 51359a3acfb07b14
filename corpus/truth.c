// SPDX-License-Identifier: MIT
//
// Writes the truth file. A truncated image's truth says what is left of it.

#include "truth.h"

#include <inttypes.h>

static const char explanation[] =
    "# Ground truth of a memory image made by memscan-mkimage. One record a line, fields "
    "separated\n"
    "# by one blank. Numbers with 0x are hexadecimal, others decimal.\n"
    "#\n"
    "#   format NAME          the container\n"
    "#   machine NAME         x86_64, x86 or x86pae\n"
    "#   seed N\n"
    "#   image-bytes N        size of the file\n"
    "#   memory-bytes N       physical memory that the spec describes; bytes in several runs count "
    "once\n"
    "#   run START LENGTH OFFSET HELD\n"
    "#                        physical memory from START lies at file offset OFFSET; HELD of its\n"
    "#                        LENGTH bytes are in the file (fewer if the file was truncated).\n"
    "#                        In file order. raw and bitmap dumps: touching runs are one.\n"
    "#   plant ADDRESS OFFSET LENGTH HEX NAME\n"
    "#                        known bytes; OFFSET is that of the first. By address. NAME is - if "
    "none.\n"
    "#   lost ADDRESS OFFSET LENGTH HEX NAME\n"
    "#                        a plant of which truncation took a byte\n"
    "#   space NAME MODE ROOT\n"
    "#   mapping SPACE VIRTUAL LENGTH BACKING PHYSICAL FLAGS\n"
    "#                        what a space maps, as the spec says it: later lines lie over "
    "earlier\n"
    "#                        ones. BACKING is present, transition, pagefile, demand-zero, entry "
    "or\n"
    "#                        nothing; behind a prototype with prototype- before it. PHYSICAL is "
    "-\n"
    "#                        where there are no pages. FLAGS: w writable, x executable, u user.\n"
    "#   share SPACE VIRTUAL LENGTH OTHER VIRTUAL\n"
    "#                        the tables of the first are those of the other space\n"
    "#   vplant SPACE VIRTUAL LENGTH HEX NAME\n"
    "#                        known bytes by their address in a space. Those that are neighbours "
    "in\n"
    "#                        physical memory are a plant too.\n"
    "#                        In what follows names have blanks, % and what is no ASCII as %XX.\n"
    "#   nt SPACE KERNEL LIST KDBG ADDRESS\n"
    "#                        the system: its kernel, PsLoadedModuleList, and whether the "
    "debugger's\n"
    "#                        data block is plain, encoded or none\n"
    "#   unloaded START END TIME NAME\n"
    "#   module NAME START END TIMESTAMP CHECKSUM SOURCE PAGES PRESENT FILE PATH\n"
    "#                        END is the first byte after it. TIMESTAMP is - where nothing has "
    "it.\n"
    "#                        SOURCE is list, scan (by its "
    "headers),\n"
    "#                        pool (by its entry alone) or - (nothing of it can be found). FILE "
    "and\n"
    "#                        PATH are the list's, - where they are gone or no plain text.\n"
    "#   pdb MODULE NAME GUID AGE\n"
    "#   version MODULE A.B.C.D\n"
    "#   section MODULE NAME RVA SIZE CHARACTERISTICS\n"
    "#   export MODULE ORDINAL ADDRESS NAME FORWARD\n"
    "#                        - where there is none\n"
    "#   label MODULE ADDRESS NAME\n"
    "#                        what no export names\n"
    "#   import MODULE SLOT VALUE NAME RESOLVED KIND STATE NAMES\n"
    "#                        NAME is what the name table asks for, RESOLVED the export at VALUE, "
    "or\n"
    "#                        MODULE+0xOFFSET, or - in no module. KIND is import, delay or\n"
    "#                        delay-unbound, import-unbound (left as in a file); STATE of the "
    "slot's\n"
    "#                        page is held or missing; it is named or, if headers or names are\n"
    "#                        gone, nameless.\n";

static uint64_t held_of(const struct image *image, const struct extent *extent)
{
    if (extent->offset >= image->file_bytes)
        return 0;
    uint64_t left = image->file_bytes - extent->offset;
    return extent->length < left ? extent->length : left;
}

static void write_runs(const struct image *image, FILE *file)
{
    for (size_t i = 0; i < image->extents.count; i++) {
        const struct extent *extent = &image->extents.items[i];
        fprintf(file, "run 0x%" PRIx64 " %" PRIu64 " 0x%" PRIx64 " %" PRIu64 "\n", extent->start,
                extent->length, extent->offset, held_of(image, extent));
    }
}

/** Where the byte at `address` lies; the lowest offset if overlapping runs hold it twice. */
static uint64_t offset_of(const struct image *image, uint64_t address)
{
    struct extent_search search = extents_search(&image->extents, address, 1);
    const struct extent *extent;
    uint64_t lowest = UINT64_MAX;
    while ((extent = extents_next(&image->extents, &search))) {
        uint64_t offset = extent->offset + (address - extent->start);
        lowest = offset < lowest ? offset : lowest;
    }
    return lowest;
}

static bool is_whole(const struct image *image, const struct plant *plant)
{
    for (size_t i = 0; i < plant->length; i++) {
        if (offset_of(image, plant->address + i) >= image->file_bytes)
            return false;
    }
    return true;
}

static void write_value(const struct plant_rule *rule, FILE *file)
{
    for (size_t i = 0; i < rule->value.length; i++)
        fprintf(file, "%02x", rule->value.data[i]);
    fprintf(file, " %s\n", rule->name);
}

static void write_plant(const struct image *image, const struct plant *plant, FILE *file)
{
    fprintf(file, "%s 0x%" PRIx64 " 0x%" PRIx64 " %zu ", is_whole(image, plant) ? "plant" : "lost",
            plant->address, offset_of(image, plant->address), plant->length);
    write_value(plant->rule, file);
}

/* ---- spaces ---------------------------------------------------------------------------- */

static const char *name_of(const struct image *image, size_t space)
{
    return image->spec->spaces[space].name;
}

static void write_spaces(const struct image *image, FILE *file)
{
    for (size_t i = 0; i < image->spec->n_spaces; i++)
        fprintf(file, "space %s %s 0x%" PRIx64 "\n", name_of(image, i),
                paging_modes[image->spec->spaces[i].paging].name, image->spaces.roots[i]);
}

static void write_mapping(const struct image *image, const struct mapping *mapping, FILE *file)
{
    static const char *const backings[] = {
        [BACKING_NOTHING] = "nothing",   [BACKING_PRESENT] = "present",
        [BACKING_SCATTER] = "present",   [BACKING_TRANSITION] = "transition",
        [BACKING_PAGEFILE] = "pagefile", [BACKING_DEMAND_ZERO] = "demand-zero",
        [BACKING_ENTRY] = "entry",
    };
    const struct space_rule *rule = mapping->rule;
    enum backing_kind kind = rule->backing.kind;
    bool has_pages =
        kind == BACKING_PRESENT || kind == BACKING_SCATTER || kind == BACKING_TRANSITION;
    fprintf(file, "mapping %s 0x%" PRIx64 " %" PRIu64 " %s%s ", name_of(image, mapping->space),
            mapping->start, mapping->length, rule->by_prototype ? "prototype-" : "",
            backings[kind]);
    if (has_pages)
        fprintf(file, "0x%" PRIx64, mapping->page);
    else
        fputc('-', file);
    fprintf(file, " %c%c%c\n", rule->flags & MAP_READ_ONLY ? '-' : 'w',
            rule->flags & MAP_NO_EXECUTE ? '-' : 'x', rule->flags & MAP_USER ? 'u' : '-');
}

static void write_shares(const struct image *image, FILE *file)
{
    for (size_t i = 0; i < image->spec->n_space_rules; i++) {
        const struct space_rule *rule = &image->spec->space_rules[i];
        for (size_t k = 0; rule->form == RULE_SHARE && k < rule->n_spaces; k++)
            fprintf(file, "share %s 0x%" PRIx64 " %" PRIu64 " %s 0x%" PRIx64 "\n",
                    name_of(image, rule->space + k), rule->start, rule->length,
                    name_of(image, rule->other), rule->other_start);
    }
}

static void write_virtual_plant(const struct image *image, const struct virtual_plant *plant,
                                FILE *file)
{
    fprintf(file, "vplant %s 0x%" PRIx64 " %zu ", name_of(image, plant->rule->space),
            plant->address, plant->rule->value.length);
    write_value(plant->rule, file);
}

/* ---- all ------------------------------------------------------------------------------- */

void truth_write(const struct image *image, FILE *file)
{
    fputs(explanation, file);
    fputs(truth_of_pool, file);
    fputs(truth_of_objects, file);
    fprintf(file, "format %s\nmachine %s\n", image->container->name, machine_names[image->machine]);
    fprintf(file, "seed %" PRIu64 "\nimage-bytes %" PRIu64 "\nmemory-bytes %" PRIu64 "\n",
            image->spec->seed, image->file_bytes, image->segments.total);
    write_runs(image, file);
    for (size_t i = 0; i < image->plants.count; i++) {
        if (!image->plants.items[i].is_part)
            write_plant(image, &image->plants.items[i], file);
    }
    write_spaces(image, file);
    for (size_t i = 0; i < image->spaces.n_mappings; i++)
        write_mapping(image, &image->spaces.mappings[i], file);
    write_shares(image, file);
    for (size_t i = 0; i < image->plants.n_virtuals; i++)
        write_virtual_plant(image, &image->plants.virtuals[i], file);
    truth_write_modules(image, file);
    truth_write_pool(image, file);
    truth_write_objects(image, file);
}
