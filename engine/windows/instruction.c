// SPDX-License-Identifier: MIT

#include "windows/instruction.h"

#ifdef MS_HAVE_ZYDIS

#include <Zydis/Zydis.h>

enum { OPERAND_BITS = 32 };

bool ms_instructions_known(void)
{
    return true;
}

static void start_decoder(ZydisDecoder *decoder, unsigned bits)
{
    if (bits == 64)
        ZydisDecoderInit(decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    else
        ZydisDecoderInit(decoder, ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32);
}

static void add(struct ms_instruction *instruction, uint8_t at, uint64_t target)
{
    instruction->reaches[instruction->n_reaches++] = (struct ms_reach){at, target};
}

// Displacements stand in front of immediates.
static void add_displacement(struct ms_instruction *instruction, unsigned bits, uint64_t end,
                             const ZydisDecodedInstruction *decoded)
{
    uint64_t displacement = (uint64_t)decoded->raw.disp.value;

    if (decoded->raw.disp.size != OPERAND_BITS)
        return;
    if (bits == 32) {
        add(instruction, decoded->raw.disp.offset, (uint32_t)displacement);
    } else if (decoded->raw.modrm.mod == 0 && decoded->raw.modrm.rm == 5 &&
               decoded->raw.disp.offset == decoded->raw.modrm.offset + 1) {
        uint64_t target = end + displacement; // relative to RIP, or behind a prefix to EIP

        add(instruction, decoded->raw.disp.offset,
            decoded->address_width == 64 ? target : (uint32_t)target);
    }
}

static void add_immediates(struct ms_instruction *instruction, unsigned bits, uint64_t end,
                           const ZydisDecodedInstruction *decoded)
{
    for (int i = 0; i < 2; i++) {
        uint64_t value = decoded->raw.imm[i].value.u;
        bool relative = decoded->raw.imm[i].is_relative;

        if (decoded->raw.imm[i].size != OPERAND_BITS || (bits == 64 && !relative))
            continue;
        if (relative)
            value += end;
        add(instruction, decoded->raw.imm[i].offset, bits == 64 ? value : (uint32_t)value);
    }
}

bool ms_instruction_decode(unsigned bits, uint64_t address, const uint8_t *bytes, size_t length,
                           struct ms_instruction *instruction_ret)
{
    ZydisDecoder decoder;
    ZydisDecodedInstruction decoded;

    start_decoder(&decoder, bits);
    if (ZYAN_FAILED(ZydisDecoderDecodeInstruction(&decoder, NULL, bytes, length, &decoded)))
        return false;
    *instruction_ret = (struct ms_instruction){.length = decoded.length};
    add_displacement(instruction_ret, bits, address + decoded.length, &decoded);
    add_immediates(instruction_ret, bits, address + decoded.length, &decoded);
    return true;
}

// Displacements that may be addresses are no negative numbers.
static bool start_formatter(ZydisFormatter *formatter, unsigned bits,
                            const ZydisDecodedInstruction *decoded)
{
    bool is_address = bits == 32 && decoded->raw.disp.size == OPERAND_BITS;

    return ZYAN_SUCCESS(ZydisFormatterInit(formatter, ZYDIS_FORMATTER_STYLE_INTEL)) &&
           ZYAN_SUCCESS(ZydisFormatterSetProperty(formatter, ZYDIS_FORMATTER_PROP_HEX_UPPERCASE,
                                                  ZYAN_FALSE)) &&
           (!is_address ||
            ZYAN_SUCCESS(ZydisFormatterSetProperty(formatter, ZYDIS_FORMATTER_PROP_DISP_SIGNEDNESS,
                                                   ZYDIS_SIGNEDNESS_UNSIGNED)));
}

void ms_instruction_text(unsigned bits, uint64_t address, const uint8_t *bytes, size_t length,
                         char *text, size_t room)
{
    ZydisDecoder decoder;
    ZydisFormatter formatter;
    ZydisDecodedInstruction decoded;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];

    text[0] = '\0';
    start_decoder(&decoder, bits);
    if (ZYAN_FAILED(ZydisDecoderDecodeFull(&decoder, bytes, length, &decoded, operands)) ||
        !start_formatter(&formatter, bits, &decoded) ||
        ZYAN_FAILED(ZydisFormatterFormatInstruction(&formatter, &decoded, operands,
                                                    decoded.operand_count_visible, text, room,
                                                    address, NULL)))
        text[0] = '\0';
}

#else

bool ms_instructions_known(void)
{
    return false;
}

bool ms_instruction_decode(unsigned bits, uint64_t address, const uint8_t *bytes, size_t length,
                           struct ms_instruction *instruction_ret)
{
    (void)bits, (void)address, (void)bytes, (void)length, (void)instruction_ret;
    return false;
}

void ms_instruction_text(unsigned bits, uint64_t address, const uint8_t *bytes, size_t length,
                         char *text, size_t room)
{
    (void)bits, (void)address, (void)bytes, (void)length, (void)room;
    text[0] = '\0';
}

#endif
