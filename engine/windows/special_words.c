// SPDX-License-Identifier: MIT
//
// The DWORDs that the garbage of several pages shares: all of them in one list, sorted by value and
// page, in which those that are equal stand together.

#include "windows/special_case.h"

#include "base/bytes.h"
#include "base/error.h"

#include <stdlib.h>
#include <string.h>

// A DWORD in the garbage of a page.
struct garbage_word {
    uint32_t value;
    uint32_t kept; // index of the page; ascending with the dumps
};

struct garbage_words {
    MS_VEC(struct garbage_word) list;
    MS_VEC(uint32_t) tags; // of special pool, ascending
};

// == What leads nowhere ==

static int compare_values(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static bool list_tags(const struct ms_special_case *special, struct garbage_words *words)
{
    for (size_t i = 0; i < special->rows.n; i++) {
        uint32_t tag = special->rows.items[i].page.tag;

        // Mostly few drivers are verified.
        if (words->tags.n > 0 && words->tags.items[words->tags.n - 1] == tag)
            continue;
        if (!ms_vec_push(&words->tags, tag))
            return false;
    }
    if (words->tags.n > 0)
        qsort(words->tags.items, words->tags.n, sizeof(uint32_t), compare_values);
    return true;
}

// Bit 31 of a tag may say that the block is protected.
static bool is_tag(const struct garbage_words *words, uint32_t value)
{
    value &= INT32_MAX;
    return words->tags.n > 0 && bsearch(&value, words->tags.items, words->tags.n, sizeof(uint32_t),
                                        compare_values) != NULL;
}

// Of one byte over and over, or of two; or a number so small that it is everywhere, or flags.
static bool is_trivial(uint32_t value)
{
    unsigned zeros = 0, ones = 0;

    for (unsigned i = 0; i < 4; i++) {
        zeros += (value >> 8 * i & 0xff) == 0;
        ones += (value >> 8 * i & 0xff) == 0xff;
    }
    return value >> 16 == (value & 0xffff) || zeros == 3 || ones == 3;
}

static bool is_mapped(const struct ms_kernel_memory *memory, uint64_t address)
{
    struct ms_mapping_info mapping;

    return ms_in_kernel(memory, address, 1) &&
           ms_spaces_translate(memory->spaces, memory->space, address, &mapping);
}

#define UPPER_HALF UINT32_C(0xffff8000) // of addresses of 64 bits in the kernel's half, and above

// Whether a DWORD at an offset of a page is an address, or half of one.
static bool is_pointer(const struct ms_kernel_memory *memory, const struct ms_special_kept *kept,
                       unsigned at)
{
    uint32_t value = ms_le32(kept->bytes + at);

    if (memory->bits == 32)
        return is_mapped(memory, value);
    return value >= UPPER_HALF || is_mapped(memory, ms_le64(kept->bytes + (at & ~7u)));
}

// == Collecting ==

// Those that lie wholly in a stretch.
static bool add_stretch(const struct ms_special_case *special, struct garbage_words *words,
                        size_t index, const struct ms_special_stretch *stretch)
{
    const struct ms_special_kept *kept = &special->kept.items[index];
    const struct ms_special_row *row = &special->rows.items[kept->row];
    const struct ms_kernel_memory *memory = &special->dumps.items[row->dump].modules->memory;

    for (unsigned at = (stretch->first + 3) & ~3u; at + 4 <= stretch->end; at += 4) {
        struct garbage_word word = {ms_le32(kept->bytes + at), (uint32_t)index};

        if (is_trivial(word.value) || is_tag(words, word.value) || is_pointer(memory, kept, at))
            continue;
        if (!ms_vec_push(&words->list, word))
            return false;
    }
    return true;
}

static int compare_garbage(const void *a, const void *b)
{
    const struct garbage_word *x = a, *y = b;

    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return (x->kept > y->kept) - (x->kept < y->kept);
}

static bool collect(const struct ms_special_case *special, struct garbage_words *words)
{
    if (!list_tags(special, words))
        return false;
    for (size_t i = 0; i < special->kept.n; i++) {
        const struct ms_special_kept *kept = &special->kept.items[i];

        for (size_t k = 0; k < kept->n_stretches; k++)
            if (!add_stretch(special, words, i, &special->stretches.items[kept->first_stretch + k]))
                return false;
    }
    if (words->list.n > 0)
        qsort(words->list.items, words->list.n, sizeof(struct garbage_word), compare_garbage);
    return true;
}

// == Counting ==

static size_t dump_of(const struct ms_special_case *special, const struct garbage_word *word)
{
    return special->rows.items[special->kept.items[word->kept].row].dump;
}

// The word that begins at index `*at` of the list, which is moved behind it.
static struct ms_special_word count_word(const struct ms_special_case *special,
                                         const struct garbage_words *words, size_t *at)
{
    const struct garbage_word *list = words->list.items;
    size_t first = *at, i = first;
    struct ms_special_word word = {.value = list[first].value};

    for (; i < words->list.n && list[i].value == word.value; i++) {
        if (i > first && list[i].kept == list[i - 1].kept)
            continue;
        word.n_pages++;
        word.n_dumps += i == first || dump_of(special, &list[i]) != dump_of(special, &list[i - 1]);
    }
    *at = i;
    return word;
}

static int compare_shared(const void *a, const void *b)
{
    const struct ms_special_word *x = a, *y = b;

    if (x->n_dumps != y->n_dumps)
        return x->n_dumps > y->n_dumps ? -1 : 1;
    if (x->n_pages != y->n_pages)
        return x->n_pages > y->n_pages ? -1 : 1;
    return (x->value > y->value) - (x->value < y->value);
}

static bool count(struct ms_special_case *special, const struct garbage_words *words)
{
    size_t least = special->kept.n > 1 ? 2 : 1; // pages

    for (size_t at = 0; at < words->list.n;) {
        struct ms_special_word word = count_word(special, words, &at);

        if (word.n_pages >= least && !ms_vec_push(&special->words, word))
            return false;
    }
    if (special->words.n > 0)
        qsort(special->words.items, special->words.n, sizeof(struct ms_special_word),
              compare_shared);
    if (special->words.n > MS_SPECIAL_MAX_WORDS) {
        special->n_words_untold = special->words.n - MS_SPECIAL_MAX_WORDS;
        special->words.n = MS_SPECIAL_MAX_WORDS;
    }
    return true;
}

bool ms_special_share(struct ms_special_case *special)
{
    struct garbage_words words = {0};
    bool ok;

    special->words.n = special->n_words_untold = 0;
    ok = collect(special, &words) && count(special, &words);
    free(words.list.items);
    free(words.tags.items);
    return ok;
}

// == What is elsewhere ==

struct elsewhere {
    struct ms_special_case *special;
    size_t dump;
};

// Pages of special pool lie alone, and matches are folded within a mapping: so a hit lies in such a
// page as a whole, or not at all.
static bool count_hit(void *user, const struct ms_special_hit *hit)
{
    struct elsewhere *elsewhere = user;
    const struct ms_special_row *row =
        ms_special_row_at(elsewhere->special, elsewhere->dump, hit->address);

    if (!row || row->page.n_overwritten == 0)
        elsewhere->special->words.items[hit->value].elsewhere += hit->repeat + hit->untold;
    return true;
}

static enum ms_status search_dumps(struct ms_special_case *special, const uint32_t *values,
                                   const struct ms_special_callbacks *callbacks,
                                   struct ms_error *error)
{
    enum ms_status status = MS_OK;

    for (size_t dump = 0; !status && dump < special->dumps.n; dump++) {
        struct elsewhere elsewhere = {special, dump};
        struct ms_special_search search = {
            .special = special,
            .dump = dump,
            .values = values,
            .n_values = special->words.n,
            .fold = true,
            .hit = count_hit,
            .user = &elsewhere,
            .callbacks = callbacks,
        };

        status = ms_special_search(&search, error);
    }
    return status;
}

// What is nowhere else comes last of its kind.
static int compare_words(const void *a, const void *b)
{
    const struct ms_special_word *x = a, *y = b;
    uint64_t rare_x = x->elsewhere - 1, rare_y = y->elsewhere - 1; // 0 becomes the most

    if (x->n_dumps != y->n_dumps || x->n_pages != y->n_pages || rare_x == rare_y)
        return compare_shared(a, b);
    return rare_x < rare_y ? -1 : 1;
}

enum ms_status ms_special_case_compare(struct ms_special_case *special,
                                       const struct ms_special_callbacks *callbacks,
                                       struct ms_error *error)
{
    enum ms_status status = ms_special_share(special) ? MS_OK : ms_fail_nomem(error);
    uint32_t *values = NULL;

    if (!status && special->words.n > 0) {
        values = calloc(special->words.n, sizeof(*values));
        status = values ? MS_OK : ms_fail_nomem(error);
    }
    for (size_t i = 0; values && i < special->words.n; i++)
        values[i] = special->words.items[i].value;
    if (values)
        status = search_dumps(special, values, callbacks, error);
    free(values);
    if (status)
        special->words.n = special->n_words_untold = 0;
    else if (special->words.n > 0)
        qsort(special->words.items, special->words.n, sizeof(struct ms_special_word),
              compare_words);
    return status;
}

size_t ms_special_case_n_words(const struct ms_special_case *special)
{
    return special->words.n;
}

struct ms_special_word ms_special_case_word(const struct ms_special_case *special, size_t index)
{
    return special->words.items[index];
}

size_t ms_special_case_n_compared(const struct ms_special_case *special)
{
    return special->kept.n;
}

size_t ms_special_case_n_words_untold(const struct ms_special_case *special)
{
    return special->n_words_untold;
}
