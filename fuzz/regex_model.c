// SPDX-License-Identifier: MIT

#include "regex_model.h"

#define MAX_INNER  8  // nodes that are no bytes
#define MAX_REPEAT 24 // the product of all counts around a place

// == Text ==

static void put(struct regex_model *model, const char *text)
{
    size_t n = strlen(text);

    CHECK(n < MODEL_MAX_TEXT - model->length, "the expression is longer than thought");
    memcpy(model->text + model->length, text, n + 1);
    model->length += n;
}

uint8_t model_letter(unsigned choice)
{
    static const uint8_t letters[16] = {'a', 'b', 'c', 'A', 'B', 0,    0xff, '\n',
                                        ' ', '0', '_', 'a', 'b', 0x80, '\v', '-'};

    return letters[choice & 15];
}

// == Classes ==

static void add_byte(struct model_node *node, unsigned byte)
{
    node->bytes[byte >> 6] |= UINT64_C(1) << (byte & 63);
}

static bool has_byte(const struct model_node *node, unsigned byte)
{
    return node->bytes[byte >> 6] >> (byte & 63) & 1;
}

static bool is_letter(unsigned c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_digit(unsigned c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(unsigned c)
{
    return is_letter(c) || is_digit(c) || c == '_';
}

static bool is_space(unsigned c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_any(unsigned c)
{
    (void)c;
    return true;
}

static void fold(struct model_node *node)
{
    for (unsigned c = 'a'; c <= 'z'; c++) {
        if (has_byte(node, c) || has_byte(node, c ^ 0x20)) {
            add_byte(node, c);
            add_byte(node, c ^ 0x20);
        }
    }
}

static void negate(struct model_node *node)
{
    for (size_t i = 0; i < 4; i++)
        node->bytes[i] = ~node->bytes[i];
}

static void add_escaped(struct regex_model *model, struct model_node *node, uint8_t byte)
{
    char text[8];

    snprintf(text, sizeof(text), "\\x%02x", byte);
    put(model, text);
    add_byte(node, byte);
}

static void make_byte(struct regex_model *model, struct model_node *node, unsigned choice)
{
    add_escaped(model, node, model_letter(choice));
    if (model->ignore_case)
        fold(node);
}

static void make_class(struct regex_model *model, struct model_node *node, struct input *input,
                       unsigned form)
{
    bool negated = form & 0x20;

    put(model, negated ? "[^" : "[");
    for (unsigned i = 0; i <= (form >> 6 & 1); i++)
        add_escaped(model, node, model_letter((unsigned)take(input, 1)));
    put(model, form & 0x80 ? "a-c]" : "]");
    for (unsigned c = 'a'; form & 0x80 && c <= 'c'; c++)
        add_byte(node, c);
    if (model->ignore_case)
        fold(node);
    if (negated)
        negate(node);
}

static void make_name(struct regex_model *model, struct model_node *node, unsigned form)
{
    static const struct {
        const char *text;
        bool (*holds)(unsigned c);
        bool negated;
    } names[8] = {
        {".", is_any, false},    {"\\w", is_word, false},           {"\\d", is_digit, false},
        {"\\W", is_word, true},  {"\\s", is_space, false},          {"\\D", is_digit, true},
        {"\\S", is_space, true}, {"[[:alpha:]]", is_letter, false},
    };
    size_t choice = form >> 5;

    put(model, names[choice].text);
    for (unsigned c = 0; c < 256; c++) {
        if (names[choice].holds(c) != names[choice].negated)
            add_byte(node, c);
    }
}

// == Making the tree ==

// Returns the node's index; *width_ret is how many bytes it matches at most. `repeat` is how often
// it may be repeated by what is around it.
static uint8_t make_node(struct regex_model *model, struct input *input, uint32_t repeat,
                         uint32_t *width_ret);

static uint8_t new_node(struct regex_model *model, enum model_node_kind kind)
{
    CHECK(model->n_nodes < MODEL_MAX_NODES, "more nodes than thought");
    model->nodes[model->n_nodes] = (struct model_node){.kind = kind};
    return (uint8_t)model->n_nodes++;
}

static uint32_t limit_width(uint64_t width)
{
    return width < MODEL_UNBOUNDED ? (uint32_t)width : MODEL_UNBOUNDED;
}

static uint8_t make_children(struct regex_model *model, struct input *input,
                             enum model_node_kind kind, size_t n, uint32_t repeat,
                             uint32_t *width_ret)
{
    uint8_t index = new_node(model, kind);
    uint32_t width;

    *width_ret = 0;
    for (size_t i = 0; i < n; i++) {
        if (kind == MODEL_CHOICE)
            put(model, i == 0 ? "(?:" : "|");
        model->nodes[index].children[i] = make_node(model, input, repeat, &width);
        if (kind == MODEL_SEQUENCE)
            *width_ret = limit_width((uint64_t)*width_ret + width);
        else if (width > *width_ret)
            *width_ret = width;
    }
    if (kind == MODEL_CHOICE)
        put(model, ")");
    model->nodes[index].n_children = (uint8_t)n;
    return index;
}

static uint8_t make_repeat(struct regex_model *model, struct input *input, unsigned form,
                           uint32_t repeat, uint32_t *width_ret)
{
    static const struct {
        const char *text;
        uint32_t least, most;
    } counts[8] = {
        {"?", 0, 1},
        {"*", 0, MODEL_UNBOUNDED},
        {"+", 1, MODEL_UNBOUNDED},
        {"{2}", 2, 2},
        {"{1,3}", 1, 3},
        {"{2,}", 2, MODEL_UNBOUNDED},
        {"{0,9}", 0, 9},
        {"+?", 1, MODEL_UNBOUNDED},
    };
    size_t choice = form >> 5;
    uint32_t copies =
        counts[choice].most == MODEL_UNBOUNDED ? counts[choice].least + 1 : counts[choice].most;
    uint8_t index = new_node(model, MODEL_REPEAT), child;

    if (copies * repeat > MAX_REPEAT)
        choice = copies = 1;
    put(model, "(?:");
    child = make_node(model, input, repeat * copies, width_ret);
    put(model, ")");
    put(model, counts[choice].text);
    model->nodes[index].children[0] = child;
    model->nodes[index].least = counts[choice].least;
    model->nodes[index].most = counts[choice].most;
    *width_ret = limit_width((uint64_t)*width_ret * counts[choice].most);
    return index;
}

static uint8_t make_leaf(struct regex_model *model, struct input *input, unsigned form,
                         uint32_t *width_ret)
{
    uint8_t index = new_node(model, MODEL_CLASS);
    struct model_node *node = &model->nodes[index];

    *width_ret = 1;
    if ((form & 7) == 7)
        make_name(model, node, form);
    else if ((form & 7) == 6)
        make_class(model, node, input, form);
    else
        make_byte(model, node, form >> 3);
    return index;
}

static uint8_t make_node(struct regex_model *model, struct input *input, uint32_t repeat,
                         uint32_t *width_ret)
{
    unsigned form = (unsigned)take(input, 1);

    if (model->n_nodes < MAX_INNER) {
        switch (form & 7) {
        case 2:
            return make_children(model, input, MODEL_SEQUENCE, 2 + (form >> 5 & 1), repeat,
                                 width_ret);
        case 3:
            return make_children(model, input, MODEL_CHOICE, 2, repeat, width_ret);
        case 4:
        case 5:
            return make_repeat(model, input, form, repeat, width_ret);
        default:
            break;
        }
    }
    return make_leaf(model, input, form, width_ret);
}

// == Matching ==

// Offsets from the start of a match.
struct positions {
    uint64_t bits[MODEL_POSITIONS / 64];
};

struct memory {
    const struct regex_model *model;
    const uint8_t *bytes; // from the start on
    size_t length;        // below MODEL_POSITIONS
};

UNWATCHED static void add_position(struct positions *set, size_t at)
{
    set->bits[at >> 6] |= UINT64_C(1) << (at & 63);
}

UNWATCHED static bool has_position(const struct positions *set, size_t at)
{
    return set->bits[at >> 6] >> (at & 63) & 1;
}

UNWATCHED static bool join(struct positions *set, const struct positions *more)
{
    uint64_t added = 0;

    for (size_t i = 0; i < MODEL_POSITIONS / 64; i++) {
        added |= more->bits[i] & ~set->bits[i];
        set->bits[i] |= more->bits[i];
    }
    return added;
}

static struct positions ends(const struct memory *memory, uint8_t index, struct positions starts);

UNWATCHED static struct positions class_ends(const struct memory *memory,
                                             const struct model_node *node,
                                             const struct positions *starts)
{
    struct positions found = {{0}};

    for (size_t i = 0; i < MODEL_POSITIONS / 64; i++) {
        for (uint64_t bits = starts->bits[i]; bits; bits &= bits - 1) {
            size_t at = 64 * i + (size_t)__builtin_ctzll(bits);

            if (at < memory->length &&
                node->bytes[memory->bytes[at] >> 6] >> (memory->bytes[at] & 63) & 1)
                add_position(&found, at + 1);
        }
    }
    return found;
}

// What more turns of the repeat reach: until nothing is new.
UNWATCHED static struct positions
repeat_ends(const struct memory *memory, const struct model_node *node, struct positions starts)
{
    struct positions found;

    for (uint32_t i = 0; i < node->least; i++)
        starts = ends(memory, node->children[0], starts);
    found = starts;
    for (uint32_t i = node->least; i < node->most; i++) {
        starts = ends(memory, node->children[0], starts);
        if (!join(&found, &starts))
            break;
    }
    return found;
}

UNWATCHED static struct positions ends(const struct memory *memory, uint8_t index,
                                       struct positions starts)
{
    const struct model_node *node = &memory->model->nodes[index];
    struct positions found = {{0}};

    if (node->kind == MODEL_CLASS)
        return class_ends(memory, node, &starts);
    if (node->kind == MODEL_REPEAT)
        return repeat_ends(memory, node, starts);
    for (uint8_t i = 0; i < node->n_children; i++) {
        struct positions these = ends(memory, node->children[i], starts);

        if (node->kind == MODEL_SEQUENCE)
            starts = these;
        else
            join(&found, &these);
    }
    return node->kind == MODEL_SEQUENCE ? starts : found;
}

UNWATCHED static bool in_a_piece(const struct ms_range *pieces, size_t n, uint64_t first,
                                 uint64_t last)
{
    for (size_t i = 0; i < n; i++) {
        if (first >= pieces[i].first && last <= pieces[i].last)
            return true;
    }
    return n == 0;
}

// == All ==

static bool matches_nothing(const struct regex_model *model, uint8_t node)
{
    struct memory none = {.model = model};
    struct positions start = {{1}}, set = ends(&none, node, start);

    return has_position(&set, 0);
}

static uint8_t put_byte_behind(struct regex_model *model, uint8_t node, unsigned choice)
{
    uint8_t both = new_node(model, MODEL_SEQUENCE), byte = new_node(model, MODEL_CLASS);

    make_byte(model, &model->nodes[byte], choice);
    model->nodes[both].n_children = 2;
    model->nodes[both].children[0] = node;
    model->nodes[both].children[1] = byte;
    return both;
}

void regex_model_make(struct regex_model *model, struct input *input, bool ignore_case)
{
    unsigned form = (unsigned)take(input, 1);

    *model = (struct regex_model){.ignore_case = ignore_case};
    model->root = make_node(model, input, 1, &model->widest);
    // What matches the empty text is refused; with another byte behind it, it is not.
    if (form & 1 || matches_nothing(model, model->root)) {
        model->root = put_byte_behind(model, model->root, form >> 1);
        model->widest = limit_width((uint64_t)model->widest + 1);
    }
}

UNWATCHED void regex_model_find(const struct regex_model *model, const struct segment *segment,
                                const struct ms_range *pieces, size_t n_pieces, uint32_t align,
                                uint32_t number, struct matches *found)
{
    bool *claimed = calloc(segment->length + 1, sizeof(*claimed)); // ends with an earlier start

    if (!claimed)
        abort();
    for (size_t start = 0; start < segment->length; start++) {
        struct memory memory = {model, segment->bytes + start, segment->length - start};
        uint64_t address = segment->start + start;
        struct positions set = {{1}};
        uint32_t longest = 0;

        if (memory.length > model->widest)
            memory.length = model->widest;
        set = ends(&memory, model->root, set);
        for (uint32_t length = 1; length <= memory.length; length++) {
            if (!has_position(&set, length) || claimed[start + length] ||
                !in_a_piece(pieces, n_pieces, address, address + (length - 1)))
                continue;
            claimed[start + length] = true;
            longest = length;
        }
        if (longest > 0 && address % align == 0)
            matches_add(found, address, number, longest);
    }
    free(claimed);
}
