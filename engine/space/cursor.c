// SPDX-License-Identifier: MIT
//
// Mappings in three steps: the tables (or the image's runs, or the unmapped pages) give pieces, a
// piece of memory is cut where the image begins and ends to hold it, and what continues the last
// piece is joined to it.

#include "base/extent.h"
#include "space/spaces.h"

static const struct ms_paging_mode *mode_of(const struct ms_mapping_cursor *cursor)
{
    return cursor->mode;
}

// == Pieces of tables ==

static uint64_t extent_first(const struct ms_mapping_cursor *cursor, unsigned level,
                             ms_table_extent extent)
{
    return cursor->levels[level].base +
           ((uint64_t)ms_extent_index(extent) << mode_of(cursor)->levels[level].shift);
}

static uint64_t extent_last(const struct ms_mapping_cursor *cursor, unsigned level,
                            ms_table_extent extent)
{
    uint64_t bytes = (uint64_t)ms_extent_count(extent) << mode_of(cursor)->levels[level].shift;

    return extent_first(cursor, level, extent) + bytes - 1;
}

// Opens a table, at its first extent that does not lie wholly below the range.
static void open_table(struct ms_mapping_cursor *cursor, unsigned level, uint32_t number,
                       uint64_t base, unsigned flags)
{
    const struct ms_table *table = &cursor->spaces->tables.tables.items[number];
    struct ms_mapping_cursor_level *open = &cursor->levels[level];
    unsigned low = 0, high = table->n_extents;

    *open = (struct ms_mapping_cursor_level){
        .extents = table->extents, .n_extents = table->n_extents, .base = base, .flags = flags};
    cursor->level = level;
    if (base >= cursor->first)
        return;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;

        if (extent_last(cursor, level, open->extents[middle]) < cursor->first)
            low = middle + 1;
        else
            high = middle;
    }
    open->at = low;
    if (low < open->n_extents) {
        uint64_t first = extent_first(cursor, level, open->extents[low]);

        if (first < cursor->first)
            open->repeat =
                (unsigned)((cursor->first - first) >> mode_of(cursor)->levels[level].shift);
    }
}

// Goes on behind the table of the level, at the level above.
static bool close_table(struct ms_mapping_cursor *cursor)
{
    if (++cursor->level == mode_of(cursor)->n_levels)
        return false;
    cursor->levels[cursor->level].repeat++;
    return true;
}

static void set_piece(struct ms_mapping_cursor *cursor, unsigned level, ms_table_extent extent)
{
    static const enum ms_mapping_state states[] = {
        [MS_EXTENT_PAGES] = MS_MAPPED_PRESENT,
        [MS_EXTENT_PAGED_OUT] = MS_MAPPED_PAGED_OUT,
        [MS_EXTENT_UNREADABLE] = MS_MAPPED_UNREADABLE,
    };
    struct ms_mapping_piece *piece = &cursor->piece;
    uint64_t first = extent_first(cursor, level, extent);

    piece->first = ms_max_u64(first, cursor->first);
    piece->last = ms_min_u64(extent_last(cursor, level, extent), cursor->last);
    piece->flags = ms_extent_flags(extent) & cursor->levels[level].flags;
    piece->state = states[ms_extent_kind(extent)];
    piece->is_memory = ms_extent_kind(extent) == MS_EXTENT_PAGES;
    piece->physical = 0;
    if (piece->is_memory)
        piece->physical = (ms_extent_target(extent) << MS_PAGE_SHIFT) + (piece->first - first);
}

// Whether the table that the level's entry at linear address `first` points to is not walked.
static bool is_taken_whole(const struct ms_mapping_cursor *cursor, unsigned level, uint64_t first)
{
    uint64_t span = UINT64_C(1) << mode_of(cursor)->levels[level].shift;

    return span < cursor->whole_below && first >= cursor->first &&
           first + (span - 1) <= cursor->last;
}

static void set_table(struct ms_mapping_cursor *cursor, unsigned level, ms_table_extent extent,
                      uint64_t first)
{
    cursor->piece = (struct ms_mapping_piece){
        .first = first,
        .last = first + ((UINT64_C(1) << mode_of(cursor)->levels[level].shift) - 1),
        .physical = ms_extent_target(extent),
        .state = MS_MAPPED_TABLE,
    };
}

static bool next_of_tables(struct ms_mapping_cursor *cursor)
{
    while (true) {
        unsigned level = cursor->level;
        struct ms_mapping_cursor_level *open = &cursor->levels[level];
        ms_table_extent extent;
        uint64_t first;

        if (open->at == open->n_extents) {
            if (!close_table(cursor))
                return false;
            continue;
        }
        extent = open->extents[open->at];
        first = extent_first(cursor, level, extent);
        if (first > cursor->last)
            return false;
        if (ms_extent_kind(extent) != MS_EXTENT_TABLE) {
            open->at++;
            open->repeat = 0;
            set_piece(cursor, level, extent);
            return true;
        }
        if (open->repeat == ms_extent_count(extent)) {
            open->at++;
            open->repeat = 0;
            continue;
        }
        first += (uint64_t)open->repeat << mode_of(cursor)->levels[level].shift;
        if (first > cursor->last)
            return false;
        if (is_taken_whole(cursor, level, first)) {
            open->repeat++;
            set_table(cursor, level, extent, first);
            return true;
        }
        open_table(cursor, level - 1, (uint32_t)ms_extent_target(extent), first,
                   open->flags & ms_extent_flags(extent));
    }
}

// == Pieces of physical memory ==

static void set_physical(struct ms_mapping_cursor *cursor, uint64_t first, uint64_t last,
                         enum ms_mapping_state state)
{
    first = ms_max_u64(first, cursor->first);
    cursor->piece = (struct ms_mapping_piece){
        .first = first,
        .last = ms_min_u64(last, cursor->last),
        .physical = first,
        .state = state,
    };
}

static bool next_run(struct ms_mapping_cursor *cursor)
{
    const struct ms_memory *memory = ms_image_memory(cursor->spaces->image);
    const struct ms_run *run;

    if (cursor->run == memory->runs.n || memory->runs.items[cursor->run].start > cursor->last)
        return false;
    run = &memory->runs.items[cursor->run++];
    set_physical(cursor, run->start, ms_last(run->start, run->length),
                 run->presence == MS_PRESENT ? MS_MAPPED_PRESENT : MS_MAPPED_ABSENT);
    return true;
}

// The next unmapped pages of a stretch, those before page cursor->next being done.
static bool next_unmapped_of(struct ms_mapping_cursor *cursor, const struct ms_stretch *stretch)
{
    const struct ms_frames *frames = &cursor->spaces->frames;
    uint64_t in_page = ms_page_start(stretch->first);
    uint64_t first = ms_max_u64(cursor->first, stretch->first), last = stretch->last;
    uint64_t from = ms_max_u64(ms_present_page(stretch, first), cursor->next);
    uint64_t end = ms_present_page(stretch, last) + 1;
    uint64_t page = ms_frames_find(frames, from, end, false);
    uint64_t behind = ms_frames_find(frames, page, end, true);

    if (page >= end)
        return false;
    first = ms_max_u64(first, in_page + ((page - stretch->page) << MS_PAGE_SHIFT));
    if (behind < end)
        last = in_page + ((behind - stretch->page) << MS_PAGE_SHIFT) - 1;
    if (first > cursor->last)
        return false;
    set_physical(cursor, first, last, MS_MAPPED_PRESENT);
    cursor->next = behind;
    return true;
}

static bool next_unmapped(struct ms_mapping_cursor *cursor)
{
    const struct ms_present *present = &cursor->spaces->present;

    while (cursor->run < present->stretches.n &&
           present->stretches.items[cursor->run].first <= cursor->last) {
        if (next_unmapped_of(cursor, &present->stretches.items[cursor->run]))
            return true;
        cursor->run++;
        cursor->next = 0; // the next stretch may begin in the same page
    }
    return false;
}

// == Joining ==

static bool next_piece(struct ms_mapping_cursor *cursor)
{
    if (cursor->mode)
        return next_of_tables(cursor);
    return cursor->unmapped ? next_unmapped(cursor) : next_run(cursor);
}

// Splits off the front of the piece: as far as the image has, or has not, what is there.
static void take_front(struct ms_mapping_cursor *cursor, struct ms_mapping_info *front)
{
    const struct ms_present *present = &cursor->spaces->present;
    struct ms_mapping_piece *piece = &cursor->piece;
    uint64_t last = piece->last;

    front->state = piece->state;
    if (piece->is_memory) {
        uint64_t length = piece->last - piece->first;
        size_t i = ms_present_find(present, piece->physical, cursor->stretch);
        const struct ms_stretch *stretch =
            i < present->stretches.n ? &present->stretches.items[i] : NULL;

        cursor->stretch = i;
        front->state = MS_MAPPED_ABSENT;
        if (stretch && stretch->first <= piece->physical) {
            front->state = MS_MAPPED_PRESENT;
            length = ms_min_u64(length, stretch->last - piece->physical);
        } else if (stretch) {
            length = ms_min_u64(length, stretch->first - piece->physical - 1);
        }
        last = piece->first + length;
    }
    front->first = cursor->mode ? ms_canonical(cursor->mode, piece->first) : piece->first;
    front->last = cursor->mode ? ms_canonical(cursor->mode, last) : last;
    front->physical = piece->physical;
    front->flags = piece->flags;
    cursor->piece_left = last != piece->last;
    piece->physical += last - piece->first + 1;
    piece->first = last + 1;
}

// Joins `next` to the mapping, if it continues it.
static bool join(struct ms_mapping_info *mapping, const struct ms_mapping_info *next)
{
    bool memory = mapping->state == MS_MAPPED_PRESENT || mapping->state == MS_MAPPED_ABSENT;

    if (mapping->last + 1 != next->first || mapping->state != next->state ||
        mapping->flags != next->flags || mapping->state == MS_MAPPED_TABLE ||
        (memory && mapping->physical + (mapping->last - mapping->first) + 1 != next->physical))
        return false;
    mapping->last = next->last;
    return true;
}

bool ms_mapping_cursor_next(struct ms_mapping_cursor *cursor, struct ms_mapping_info *mapping_ret)
{
    while (!cursor->done) {
        struct ms_mapping_info front;

        if (!cursor->piece_left && !next_piece(cursor)) {
            cursor->done = true;
            break;
        }
        take_front(cursor, &front);
        if (!cursor->mapping_set) {
            cursor->mapping = front;
            cursor->mapping_set = true;
        } else if (!join(&cursor->mapping, &front)) {
            *mapping_ret = cursor->mapping;
            cursor->mapping = front;
            return true;
        }
    }
    if (!cursor->mapping_set)
        return false;
    *mapping_ret = cursor->mapping;
    cursor->mapping_set = false;
    return true;
}

// == Starting ==

static void start_physical(struct ms_mapping_cursor *cursor, const struct ms_range *range)
{
    cursor->first = range->first;
    cursor->last = range->last;
    cursor->run = cursor->unmapped
                      ? ms_present_find(&cursor->spaces->present, range->first, 0)
                      : ms_memory_find(ms_image_memory(cursor->spaces->image), range->first);
}

static void start_virtual(struct ms_mapping_cursor *cursor, const struct ms_space *space,
                          const struct ms_range *range)
{
    uint64_t first, last;

    cursor->mode = space->mode;
    cursor->done = true;
    if (!ms_linear_range(space->mode, range->first, range->last, &first, &last))
        return;
    cursor->first = ms_max_u64(first, space->first);
    cursor->last = ms_min_u64(last, space->last);
    if (cursor->first > cursor->last)
        return;
    cursor->done = false;
    open_table(cursor, space->mode->n_levels - 1, space->table, 0, MS_PTE_ALL_FLAGS);
}

void ms_mapping_cursor_start(struct ms_mapping_cursor *cursor, const struct ms_spaces *spaces,
                             size_t space, const struct ms_range *range)
{
    const struct ms_space *of = &spaces->list.items[space];

    *cursor = (struct ms_mapping_cursor){.spaces = spaces};
    cursor->unmapped = of->kind == MS_SPACE_UNMAPPED;
    if (of->mode)
        start_virtual(cursor, of, range);
    else
        start_physical(cursor, range);
}

bool ms_space_page_unmapped(const struct ms_spaces *spaces, uint64_t physical)
{
    const struct ms_present *present = &spaces->present;
    uint64_t page = ms_page_start(physical);
    size_t i = ms_present_find(present, page, 0);

    if (i == present->stretches.n ||
        present->stretches.items[i].first > (page | (MS_PAGE_BYTES - 1)))
        return false;
    return !ms_frames_mapped(&spaces->frames,
                             ms_present_page(&present->stretches.items[i],
                                             ms_max_u64(page, present->stretches.items[i].first)));
}
