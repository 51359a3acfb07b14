// SPDX-License-Identifier: MIT
//
// The ground truth of pool: its blocks, and what counts them.

#include "truth.h"

#include "machinery.h"
#include "material.h"
#include "pool.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const char truth_of_pool[] =
    "#   poolrange START LENGTH KIND LAYOUT\n"
    "#                        pages of blocks, big pages, and the tables that are in pool;\n"
    "#                        0 if there are none\n"
    "#   pool ADDRESS SIZE PREVIOUS TAG KIND STATE TYPE FORM LAYOUT HELD NAME\n"
    "#                        a block with a header, by address, which is the header's; bytes, "
    "the\n"
    "#                        header among them. KIND is nonpaged, paged or session; STATE "
    "allocated,\n"
    "#                        free, rest (free, the end of a page), or overwritten (no header is "
    "there);\n"
    "#                        TYPE the header's byte; FORM protected (bit 31 of the tag) or "
    "plain;\n"
    "#                        LAYOUT chained or vs; HELD held, or missing where the page is not "
    "there.\n"
    "#                        NAME#N is the N-th of its name, - has none.\n"
    "#   bigpage ADDRESS SIZE REQUESTED TAG KIND STATE FORM HELD NAME\n"
    "#                        a block of whole pages\n"
    "#   bigtable ADDRESS ENTRIES BYTES\n"
    "#   tagtable ADDRESS ENTRIES BYTES\n"
    "#                        PoolBigPageTable and PoolTrackTable, and an entry's size\n"
    "#   tracker TAG ALLOCS FREES BYTES ALLOCS FREES BYTES\n"
    "#                        what the kernel's totals say of nonpaged and of paged pool, by tag\n"
    "#   counted TAG BLOCKS BYTES BLOCKS BYTES BLOCKS BYTES\n"
    "#                        what is allocated of a tag in nonpaged, paged and session pool and "
    "can\n"
    "#                        be found: blocks that are held and not overwritten, and big pages, "
    "if\n"
    "#                        there is a table of them\n"
    "#   special PAGE DATA SIZE TAG KIND MODE STATE SLOP PATTERN HELD NAME GARBAGE...\n"
    "#                        MODE is overrun or underrun, STATE allocated or freed, SLOP intact "
    "or\n"
    "#                        overwritten, GARBAGE what lies over the pattern, as OFFSET:HEX\n";

static void write_tag(const struct pool_tag *tag, FILE *file)
{
    char text[sizeof(tag->text) + 1] = {0};
    fputc(' ', file);
    for (size_t i = 0; i < sizeof(tag->text); i++) {
        text[0] = tag->text[i];
        if (text[0])
            truth_write_word(text, file);
        else
            fputs("%00", file);
    }
}

static void write_name(const char *name, uint64_t number, FILE *file)
{
    fprintf(file, " %s", name);
    if (strcmp(name, "-") != 0)
        fprintf(file, "#%" PRIu64, number);
}

static bool is_found(const struct image *image, const struct pool_record *record)
{
    return truth_is_held(image, image->spec->nt.space, record->address);
}

/* ---- blocks ------------------------------------------------------------------------------ */

static const char *state_of(const struct pool_record *record)
{
    if (record->is_over)
        return "overwritten";
    if (record->is_rest)
        return "rest";
    return record->is_free ? "free" : "allocated";
}

static void write_block(const struct image *image, const struct pool_record *record, FILE *file)
{
    fprintf(file, "pool 0x%" PRIx64 " %" PRIu64 " %" PRIu64, record->address, record->size,
            record->previous);
    write_tag(&record->tag, file);
    fprintf(file, " %s %s 0x%x %s %s %s", pool_kind_names[record->kind], state_of(record),
            record->type, record->is_protected ? "protected" : "plain",
            record->is_vs ? "vs" : "chained", is_found(image, record) ? "held" : "missing");
    write_name(record->name, record->number, file);
    fputc('\n', file);
}

static void write_big(const struct image *image, const struct pool_record *record, FILE *file)
{
    fprintf(file, "bigpage 0x%" PRIx64 " %" PRIu64 " %" PRIu64, record->address, record->size,
            record->requested);
    write_tag(&record->tag, file);
    fprintf(file, " %s %s %s %s", pool_kind_names[record->kind], state_of(record),
            record->is_protected ? "protected" : "plain",
            is_found(image, record) ? "held" : "missing");
    write_name(record->name, record->number, file);
    fputc('\n', file);
}

static int compare_records(const void *left, const void *right)
{
    const struct pool_record *a = left, *b = right;
    return a->address < b->address ? -1 : a->address > b->address;
}

static void write_ranges(const struct pool_result *result, FILE *file)
{
    for (size_t i = 0; i < result->n_uses; i++) {
        const struct pool_use *use = &result->uses[i];
        fprintf(file, "poolrange 0x%" PRIx64 " %" PRIu64 " %s %s\n", use->start, use->length,
                pool_kind_names[use->kind], use->is_vs ? "vs" : "chained");
    }
}

static void write_blocks(const struct image *image, FILE *file)
{
    struct pool_result *result = &image->spec->machinery->pool;
    if (result->n_records)
        qsort(result->records, result->n_records, sizeof(*result->records), compare_records);
    for (size_t i = 0; i < result->n_records; i++)
        (result->records[i].is_big ? write_big : write_block)(image, &result->records[i], file);
}

/* ---- tables ------------------------------------------------------------------------------ */

static void write_table(const char *name, const struct pool_table *table, FILE *file)
{
    if (table->n_entries)
        fprintf(file, "%s 0x%" PRIx64 " %" PRIu64 " %" PRIu64 "\n", name, table->address,
                table->n_entries, table->entry_bytes);
}

static void write_trackers(const struct pool_result *result, FILE *file)
{
    for (size_t i = 0; i < result->n_totals; i++) {
        fputs("tracker", file);
        write_tag(&result->totals[i].tag, file);
        for (size_t kind = 0; kind < POOL_SESSION; kind++) {
            const struct pool_count *count = &result->totals[i].counts[kind];
            fprintf(file, " %" PRIu64 " %" PRIu64 " %" PRIu64, count->allocs, count->frees,
                    count->bytes);
        }
        fputc('\n', file);
    }
}

static bool counts(const struct image *image, const struct pool_record *record)
{
    bool is_live = !record->is_free && !record->is_over;
    if (record->is_big)
        return is_live && image->spec->machinery->pool.big_pages.n_entries;
    return is_live && is_found(image, record);
}

static int compare_tags(const void *left, const void *right)
{
    const struct pool_record *const *a = left, *const *b = right;
    return memcmp(&(*a)->tag, &(*b)->tag, sizeof((*a)->tag));
}

/** The totals of `count` records, all of one tag. */
static void write_counted_tag(const struct pool_record *const *records, size_t count, FILE *file)
{
    uint64_t blocks[POOL_KIND_COUNT] = {0}, bytes[POOL_KIND_COUNT] = {0};
    for (size_t i = 0; i < count; i++) {
        blocks[records[i]->kind]++;
        bytes[records[i]->kind] += records[i]->size;
    }
    fputs("counted", file);
    write_tag(&records[0]->tag, file);
    for (size_t kind = 0; kind < POOL_KIND_COUNT; kind++)
        fprintf(file, " %" PRIu64 " %" PRIu64, blocks[kind], bytes[kind]);
    fputc('\n', file);
}

static void write_counted(const struct image *image, FILE *file)
{
    const struct pool_result *result = &image->spec->machinery->pool;
    const struct pool_record **records =
        allocate(result->n_records, sizeof(const struct pool_record *));
    size_t n = 0, last;
    for (size_t i = 0; i < result->n_records; i++) {
        if (counts(image, &result->records[i]))
            records[n++] = &result->records[i];
    }
    if (n)
        qsort(records, n, sizeof(const struct pool_record *), compare_tags);
    for (size_t i = 0; i < n; i = last) {
        for (last = i + 1; last < n && compare_tags(&records[i], &records[last]) == 0;)
            last++;
        write_counted_tag(records + i, last - i, file);
    }
    free(records);
}

/* ---- special pool ------------------------------------------------------------------------ */

static void write_special(const struct image *image, const struct special_spec *special,
                          uint64_t number, FILE *file)
{
    const struct nt_spec *nt = &image->spec->nt;
    uint64_t page = special->address + (number - 1) * SPECIAL_STEP;
    bool is_wide = paging_modes[image->spec->spaces[nt->space].paging].address_bits != 32;
    fprintf(file, "special 0x%" PRIx64 " 0x%" PRIx64 " %" PRIu64, page,
            page + special_data(special, is_wide), special->size);
    write_tag(&special->tag, file);
    fprintf(file, " %s %s %s %s 0x%02" PRIx64 " %s", pool_kind_names[special->kind],
            special->is_underrun ? "underrun" : "overrun",
            special->is_freed ? "freed" : "allocated",
            special->n_garbage ? "overwritten" : "intact", special->pattern,
            truth_is_held(image, nt->space, page) ? "held" : "missing");
    write_name(special->name, number, file);
    for (size_t i = 0; i < special->n_garbage; i++) {
        const struct garbage_spec *garbage = &special->garbage[i];
        fprintf(file, " 0x%" PRIx64 ":", garbage->at);
        for (size_t k = 0; k < garbage->bytes.length; k++)
            fprintf(file, "%02x", garbage->bytes.data[k]);
    }
    fputc('\n', file);
}

static void write_specials(const struct image *image, FILE *file)
{
    const struct pool_spec *pool = &image->spec->nt.pool;
    for (size_t i = 0; i < pool->n_specials; i++) {
        for (uint64_t number = 1; number <= pool->specials[i].times; number++)
            write_special(image, &pool->specials[i], number, file);
    }
}

void truth_write_pool(const struct image *image, FILE *file)
{
    if (!image->spec->machinery || !image->spec->nt.is_there)
        return;
    const struct pool_result *result = &image->spec->machinery->pool;
    write_ranges(result, file);
    write_blocks(image, file);
    write_table("bigtable", &result->big_pages, file);
    write_table("tagtable", &result->tags, file);
    write_trackers(result, file);
    write_counted(image, file);
    write_specials(image, file);
}
