// SPDX-License-Identifier: MIT

#include "pool_owner.h"

#include "json.h"
#include <string.h>

// == Parts ==

char *format_tag(char room[TAG_CHARACTERS + 1], uint32_t tag)
{
    for (unsigned i = 0; i < TAG_CHARACTERS; i++) {
        uint8_t byte = (uint8_t)(tag >> 8 * i);

        room[i] = byte >= 0x20 && byte < 0x7f ? (char)byte : '.';
    }
    room[TAG_CHARACTERS] = '\0';
    return room;
}

const char *pool_state(const struct ms_pool_info *block)
{
    if (block->form == MS_POOL_DAMAGED)
        return "damaged";
    return block->allocated ? "allocated" : "free";
}

void print_pool_kind(struct output *out, const struct ms_pool_info *block)
{
    if (block->form == MS_POOL_SPECIAL) {
        output_text(out, "special pool");
        return;
    }
    if (block->kind != MS_POOL_KIND_UNKNOWN) {
        output_text(out, ms_pool_kind_name(block->kind));
        output_char(out, ' ');
    }
    output_text(out, block->is_session ? "session pool" : "pool");
}

// == Text ==

// What is in brackets behind, of a block that is not simply allocated.
static void print_remarks(struct output *out, const struct ms_pool_info *block)
{
    const struct {
        bool holds;
        const char *text;
    } remarks[] = {
        {block->form == MS_POOL_SPECIAL && block->kind == MS_POOL_PAGED, "paged"},
        {block->form == MS_POOL_SPECIAL && block->kind == MS_POOL_NONPAGED, "nonpaged"},
        {block->form != MS_POOL_DAMAGED && !block->allocated, "free"},
        {block->form != MS_POOL_DAMAGED && block->is_protected, "protected"},
        {block->guessed, "guessed"},
    };
    bool any = false;

    for (size_t i = 0; i < sizeof(remarks) / sizeof(remarks[0]); i++) {
        if (!remarks[i].holds)
            continue;
        output_text(out, any ? ", " : " (");
        output_text(out, remarks[i].text);
        any = true;
    }
    if (any)
        output_char(out, ')');
}

void print_pool_owner(struct output *out, const struct ms_pool_info *block, unsigned bits,
                      uint64_t address)
{
    static const char *const nouns[] = {
        [MS_POOL_SMALL] = "block ",
        [MS_POOL_BIG] = "big block ",
        [MS_POOL_SPECIAL] = "page ",
        [MS_POOL_DAMAGED] = "damaged: ",
    };
    // In special pool, what lies behind the data tells that it was written past its end.
    bool in_data = block->form == MS_POOL_SPECIAL && address >= block->data;
    uint64_t shown = in_data ? block->data : block->address;
    char text[FORMAT_NUMBER_ROOM], tag[TAG_CHARACTERS + 1];

    print_pool_kind(out, block);
    output_text(out, ", ");
    if (block->form != MS_POOL_DAMAGED) {
        output_text(out, "tag ");
        output_text(out, format_tag(tag, block->tag));
        output_text(out, ", ");
    }
    output_text(out, in_data ? "data " : nouns[block->form]);
    output_bytes(out, text, (size_t)(format_address(text, shown, bits) - text));
    output_char(out, '+');
    output_hex(out, address - shown);
    output_text(out, " of ");
    output_hex(out, in_data ? block->data_size : block->size);
    print_remarks(out, block);
}

// == For programs ==

void json_pool_owner(struct output *out, const struct ms_pool_info *block, uint64_t address)
{
    char tag[TAG_CHARACTERS + 1];

    json_key(out, "pool");
    output_text(out, "{\"address\":\"");
    output_hex(out, block->address);
    output_char(out, '"');
    json_number(out, "size", block->size);
    json_address(out, "offset", address - block->address);
    if (block->form != MS_POOL_DAMAGED)
        json_text(out, "tag", format_tag(tag, block->tag));
    if (block->kind != MS_POOL_KIND_UNKNOWN)
        json_text(out, "pool", ms_pool_kind_name(block->kind));
    json_text(out, "form", ms_pool_form_name(block->form));
    json_text(out, "state", pool_state(block));
    if (block->form == MS_POOL_SPECIAL) {
        json_address(out, "data", block->data);
        json_number(out, "data_size", block->data_size);
    }
    if (block->is_session)
        json_true(out, "session");
    if (block->is_protected)
        json_true(out, "protected");
    if (block->guessed)
        json_true(out, "guessed");
    output_char(out, '}');
}

void pool_owner_fields(struct field fields[N_POOL_OWNER_COLUMNS], const char *tag,
                       const struct ms_pool_info *block, uint64_t address)
{
    bool damaged = block->form == MS_POOL_DAMAGED;
    const struct field known[N_POOL_OWNER_COLUMNS] = {
        damaged ? field_none() : field_text(tag),
        block->kind == MS_POOL_KIND_UNKNOWN ? field_none()
                                            : field_text(ms_pool_kind_name(block->kind)),
        field_address(block->address),
        field_number(block->size),
        field_address(address - block->address),
        field_text(ms_pool_form_name(block->form)),
        field_text(pool_state(block)),
        field_flag(block->guessed),
    };

    memcpy(fields, known, sizeof(known));
}
