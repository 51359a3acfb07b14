// SPDX-License-Identifier: MIT
//
// Offsets and sizes count in granules here.

#include "windows/pool_page.h"

#include "base/bytes.h"

#include <string.h>

enum {
    TYPE_IN_USE = 0x02,
    TYPE_STRANGE = 0x10, // a bit that no type has
    TYPE_RARE = 0xd0,    // ... that few have: Driver Verifier sets some of them
    TYPE_OF_FREE = 0x29, // what is left of a type by freeing: paged, with quota, of a session
    INDEX_WIDE = 0x20, // indexes are below: there are no more pools of a kind, and text begins here
    INDEX = 0x10,      // the same, without the bit that text has least
    MIN_SEGMENT_BLOCK = 2,
};

struct header {
    unsigned previous, index, size, type;
    uint32_t tag;
};

struct page {
    const struct ms_pool_rules *rules;
    uint64_t address;
    const uint8_t *bytes;
    const bool *present; // NULL: all are
    unsigned n;          // granules
    bool is_pool;
};

// Not all there: of size 0.
static struct header header_at(const struct page *page, unsigned at)
{
    const uint8_t *bytes = page->bytes + (size_t)at * page->rules->granule;

    if (page->present && memchr(page->present + (bytes - page->bytes), 0, 8))
        return (struct header){0};
    if (page->rules->granule == 16)
        return (struct header){bytes[0], bytes[1], bytes[2], bytes[3], ms_le32(bytes + 4)};
    return (struct header){.previous = ms_le16(bytes) & 0x1ffu,
                           .index = bytes[1] >> 1,
                           .size = ms_le16(bytes + 2) & 0x1ffu,
                           .type = bytes[3] >> 1,
                           .tag = ms_le32(bytes + 4)};
}

static bool has_text(const struct page *page, const struct header *header)
{
    return ms_pool_tag_is_text(page->rules->has_protected ? header->tag & INT32_MAX : header->tag);
}

static bool is_allocated(const struct page *page, const struct header *header)
{
    return page->rules->has_old_types ? header->type != 0 : header->type & TYPE_IN_USE;
}

static void add_entry(const struct page *page, struct ms_pool_entries *entries, unsigned at,
                      bool guessed)
{
    size_t offset = (size_t)at * page->rules->granule;
    struct ms_pool_entry *entry = &entries->items[entries->n];

    if (!ms_pool_block_parse(page->rules, page->address + offset, page->bytes + offset,
                             &entry->block))
        return;
    entry->damaged = false;
    entry->guessed = guessed;
    entries->n++;
}

static bool has_sane_type(const struct page *page, const struct header *header)
{
    if (page->rules->has_old_types)
        return header->type == 0 || !((header->type - 1) & TYPE_STRANGE);
    return !(header->type & TYPE_STRANGE) &&
           (is_allocated(page, header) || !(header->type & ~(unsigned)TYPE_OF_FREE));
}

// == Linked all through ==

#define MANY 8 // blocks: so many are not linked by chance

// Tags are any numbers, but most people give them names.
static bool is_whole(const struct page *page)
{
    unsigned previous = 0, n = 0, n_text = 0, n_allocated = 0, n_allocated_text = 0, n_sane = 0;

    for (unsigned at = 0; at < page->n; n++) {
        struct header header = header_at(page, at);
        bool text, allocated;

        if (header.size == 0 || header.previous != previous || header.size > page->n - at)
            return false;
        text = has_text(page, &header);
        allocated = is_allocated(page, &header);
        n_text += text;
        n_allocated += allocated;
        n_allocated_text += text && allocated;
        n_sane += has_sane_type(page, &header);
        previous = header.size;
        at += header.size;
    }
    return (n_text > 0 && 2 * n_allocated_text >= n_allocated) ||
           (n >= MANY && n_sane == n && 2 * n_allocated >= n);
}

static void take_whole(const struct page *page, struct ms_pool_entries *entries)
{
    entries->state = MS_POOL_PAGE_WHOLE;
    for (unsigned at = 0; at < page->n; at += header_at(page, at).size)
        add_entry(page, entries, at, false);
}

// == Linked in parts ==

// Whether a header that nothing is known of could be one.
static bool looks_right(const struct page *page, unsigned at, const struct header *header)
{
    return header->size > 0 && header->size <= page->n - at &&
           header->index < (page->rules->granule == 16 ? INDEX_WIDE : INDEX) &&
           has_sane_type(page, header) && has_text(page, header);
}

// Blocks in a row from a place on, each linked with the next one.
struct run {
    uint16_t n;    // 0: there is no header that looks right
    bool ends;     // the last one ends with the page
    uint16_t size; // of the first
    uint16_t previous;
};

struct runs {
    struct run at[MS_POOL_PAGE_ENTRIES];
};

// From the end on, so that each is the one behind it and a block more.
static void find_runs(const struct page *page, struct runs *runs)
{
    for (unsigned at = page->n; at-- > 0;) {
        struct header header = header_at(page, at);
        struct run *run = &runs->at[at];

        *run = (struct run){0};
        if (!looks_right(page, at, &header))
            continue;
        *run = (struct run){.n = 1,
                            .ends = header.size == page->n - at,
                            .size = (uint16_t)header.size,
                            .previous = (uint16_t)header.previous};
        if (!run->ends) {
            const struct run *next = run + header.size;

            if (next->n > 0 && next->previous == header.size) {
                run->n = (uint16_t)(next->n + 1);
                run->ends = next->ends;
            }
        }
    }
}

static bool is_bound(const struct runs *runs, unsigned at)
{
    return runs->at[at].ends || (at == 0 && runs->at[at].previous == 0);
}

// Whether a run proves that its page is of the pool: chance does not link so many.
static bool proves(const struct page *page, const struct runs *runs, unsigned at)
{
    unsigned n = runs->at[at].n;

    return n >= 3 || (n >= 1 && (n == 2 || page->is_pool) && is_bound(runs, at));
}

// Whether a run is believed in such a page.
static bool is_believed(const struct runs *runs, unsigned at)
{
    return runs->at[at].n >= 2 || (runs->at[at].n == 1 && is_bound(runs, at));
}

static bool has_proof(const struct page *page, const struct runs *runs)
{
    for (unsigned at = 0; at < page->n; at++) {
        if (proves(page, runs, at))
            return true;
    }
    return false;
}

static void add_damage(const struct page *page, struct ms_pool_entries *entries, unsigned first,
                       unsigned end)
{
    const uint32_t granule = page->rules->granule;

    if (first == end)
        return;
    entries->items[entries->n++] = (struct ms_pool_entry){
        .block = {.address = page->address + (uint64_t)first * granule,
                  .size = (end - first) * granule},
        .damaged = true,
    };
}

// A block with whose size no other agrees: where one inside of it says that it begins behind a
// block that begins there, the size is wrong. Returns where that is; else where the block ends.
static unsigned find_contradiction(const struct runs *runs, unsigned at)
{
    unsigned end = at + runs->at[at].size;

    for (unsigned inside = at + 1; inside < end; inside++) {
        if (is_believed(runs, inside) && runs->at[inside].previous == inside - at)
            return inside;
    }
    return end;
}

// Takes a run up to its end, which is returned; of its last block the size may be wrong, and then
// it is left out, and its start is returned.
static unsigned take_run(const struct page *page, const struct runs *runs, unsigned at,
                         struct ms_pool_entries *entries)
{
    bool is_alone = runs->at[at].n == 1;

    for (; runs->at[at].n > 1; at += runs->at[at].size)
        add_entry(page, entries, at, false);
    if (!runs->at[at].ends && find_contradiction(runs, at) < at + runs->at[at].size)
        return at;
    add_entry(page, entries, at, is_alone);
    return at + runs->at[at].size;
}

static void take_parts(const struct page *page, const struct runs *runs,
                       struct ms_pool_entries *entries)
{
    unsigned done = 0; // of the page

    entries->state = MS_POOL_PAGE_DAMAGED;
    for (unsigned at = 0; at < page->n;) {
        unsigned end;

        if (!is_believed(runs, at)) {
            at++;
            continue;
        }
        // What comes behind the damage may know where it begins: where the block before it ends.
        if (entries->n > 0 && at > done && runs->at[at].previous == at - done)
            entries->items[entries->n - 1].guessed = false;
        add_damage(page, entries, done, at);
        end = take_run(page, runs, at, entries);
        done = end;
        at = end > at ? end : at + 1;
    }
    add_damage(page, entries, done, page->n);
}

// == Not linked ==

static bool is_name(uint32_t tag)
{
    for (unsigned i = 0; i < 4; i++, tag >>= 8) {
        uint32_t c = tag & 0xff;
        bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';

        if (!letter && !(c >= '0' && c <= '9') && c != ' ' && c != '_')
            return false;
    }
    return true;
}

static bool looks_like_segment(const struct page *page, unsigned at, const struct header *header)
{
    return looks_right(page, at, header) && header->previous == 0 &&
           header->size >= MIN_SEGMENT_BLOCK && !(header->type & TYPE_RARE) &&
           (header->index == 0 || is_name(header->tag));
}

// Freeing may leave a header as it was, but for the type. It is easily mistaken; so another one has
// to follow: at once, or behind the header of a chunk.
static bool is_followed(const struct page *page, unsigned end)
{
    for (unsigned at = end; at <= end + 1 && at < page->n; at++) {
        struct header header = header_at(page, at);

        if (looks_like_segment(page, at, &header))
            return true;
    }
    return end >= page->n;
}

static void take_segment(const struct page *page, struct ms_pool_entries *entries)
{
    bool any = false; // that is allocated

    for (unsigned at = 0; at < page->n;) {
        struct header header = header_at(page, at);
        bool allocated = is_allocated(page, &header);

        if (!looks_like_segment(page, at, &header) ||
            (!allocated && !is_followed(page, at + header.size))) {
            at++;
            continue;
        }
        any |= allocated;
        add_entry(page, entries, at, true);
        at += header.size;
    }
    if (any)
        entries->state = MS_POOL_PAGE_GUESSED;
    else
        entries->n = 0;
}

// == All ==

// The kind that most blocks have.
static void find_kind(struct ms_pool_entries *entries)
{
    size_t n_paged = 0, n_nonpaged = 0, n_session = 0;

    for (size_t i = 0; i < entries->n; i++) {
        const struct ms_pool_entry *entry = &entries->items[i];

        if (entry->damaged)
            continue;
        n_paged += entry->block.kind == MS_POOL_PAGED;
        n_nonpaged += entry->block.kind == MS_POOL_NONPAGED;
        n_session += entry->block.is_session;
    }
    entries->is_session = 2 * n_session > n_paged + n_nonpaged;
    if (n_paged + n_nonpaged > 0)
        entries->kind = n_paged > n_nonpaged ? MS_POOL_PAGED : MS_POOL_NONPAGED;
}

void ms_pool_page_judge(const struct ms_pool_rules *rules, uint64_t address,
                        const uint8_t bytes[MS_POOL_PAGE_BYTES], const bool *present, bool is_pool,
                        struct ms_pool_entries *entries_ret)
{
    struct page page = {rules,  address, bytes, present, MS_POOL_PAGE_BYTES / rules->granule,
                        is_pool};
    struct runs runs;

    entries_ret->state = MS_POOL_PAGE_NONE;
    entries_ret->kind = MS_POOL_KIND_UNKNOWN;
    entries_ret->is_session = false;
    entries_ret->n = 0;
    if (is_whole(&page)) {
        take_whole(&page, entries_ret);
    } else if (rules->has_chains) {
        find_runs(&page, &runs);
        if (has_proof(&page, &runs))
            take_parts(&page, &runs, entries_ret);
    } else {
        take_segment(&page, entries_ret);
    }
    find_kind(entries_ret);
}

const struct ms_pool_entry *ms_pool_entry_at(const struct ms_pool_entries *entries,
                                             uint64_t address)
{
    size_t low = 0, high = entries->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (entries->items[middle].block.address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 ||
        address - entries->items[low - 1].block.address >= entries->items[low - 1].block.size)
        return NULL;
    return &entries->items[low - 1];
}
