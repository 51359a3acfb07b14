// SPDX-License-Identifier: MIT
//
// The instructions are carried out, as far as they move values that are known from the code alone,
// until one leaves for such a value. Anything else is no trampoline.

#include "windows/trampoline.h"

#ifdef MS_HAVE_ZYDIS

#include "windows/instruction.h"

#include <Zydis/Zydis.h>
#include <stdio.h>
#include <string.h>

#define MAX_INSTRUCTIONS  8
#define INSTRUCTION_BYTES 15
#define N_REGISTERS       16
#define STACK_POINTER     4 // number of RSP and ESP
#define HOT_PATCH_BYTES   5 // of a jmp in front of a function

struct value {
    bool known;
    uint64_t number;
    uint64_t through; // memory that it comes from; 0: none
};

struct machine {
    const struct ms_kernel_memory *memory;
    ZydisDecoder decoder;
    struct value registers[N_REGISTERS];
    bool pushed; // one word, which is this
    struct value top;

    uint64_t address, end; // of the instruction
    ZydisDecodedInstruction instruction;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    struct value target;
};

enum step { NO_TRAMPOLINE, GO_ON, GO_TO_TARGET, ARRIVED };

static uint64_t cut(const struct machine *machine, uint64_t number)
{
    return machine->memory->bits == 64 ? number : (uint32_t)number;
}

// == Operands ==

// The number of a whole general register; -1: it is none, or a part of one that keeps the rest.
static int register_number(const struct machine *machine, ZydisRegister name)
{
    ZydisRegisterClass class = ZydisRegisterGetClass(name);
    unsigned number = (uint8_t)ZydisRegisterGetId(name);

    if (class != ZYDIS_REGCLASS_GPR32 &&
        (class != ZYDIS_REGCLASS_GPR64 || machine->memory->bits != 64))
        return -1;
    return number < N_REGISTERS ? (int)number : -1;
}

static bool is_stack_pointer(const struct machine *machine, ZydisRegister name)
{
    return register_number(machine, name) == STACK_POINTER;
}

// The address that an operand in memory names.
static bool address_of(const struct machine *machine, const ZydisDecodedOperand *operand,
                       uint64_t *address_ret)
{
    uint64_t base = 0;
    int number;

    if (operand->mem.index != ZYDIS_REGISTER_NONE || operand->mem.segment == ZYDIS_REGISTER_FS ||
        operand->mem.segment == ZYDIS_REGISTER_GS)
        return false;
    if (operand->mem.base == ZYDIS_REGISTER_RIP) {
        base = machine->end;
    } else if (operand->mem.base != ZYDIS_REGISTER_NONE) {
        number = register_number(machine, operand->mem.base);
        if (number < 0 || !machine->registers[number].known)
            return false;
        base = machine->registers[number].number;
    }
    *address_ret = cut(machine, base + (uint64_t)operand->mem.disp.value);
    return true;
}

static struct value value_in_memory(const struct machine *machine,
                                    const ZydisDecodedOperand *operand)
{
    struct value value = {0};

    if (operand->size != machine->memory->bits || !address_of(machine, operand, &value.through))
        return value;
    value.known = ms_kernel_pointer(machine->memory, value.through, &value.number);
    return value;
}

static struct value value_of(const struct machine *machine, const ZydisDecodedOperand *operand)
{
    struct value value = {0};
    int number;

    switch (operand->type) {
    case ZYDIS_OPERAND_TYPE_IMMEDIATE:
        value.known = true;
        value.number = operand->imm.value.u;
        break;
    case ZYDIS_OPERAND_TYPE_REGISTER:
        number = register_number(machine, operand->reg.value);
        if (number >= 0)
            value = machine->registers[number];
        break;
    case ZYDIS_OPERAND_TYPE_MEMORY:
        value = value_in_memory(machine, operand);
        break;
    default:
        break;
    }
    value.number = cut(machine, value.number);
    return value;
}

// == Steps ==

static enum step put_register(struct machine *machine, ZydisRegister name, struct value value)
{
    int number = register_number(machine, name);

    if (number < 0 || number == STACK_POINTER || !value.known)
        return NO_TRAMPOLINE;
    // Half a register is written with zeros above it.
    if (ZydisRegisterGetClass(name) == ZYDIS_REGCLASS_GPR32)
        value.number = (uint32_t)value.number;
    machine->registers[number] = value;
    return GO_ON;
}

// Whether a memory operand is the word that was pushed, from byte `at` on.
static bool is_top(const struct machine *machine, const ZydisDecodedOperand *operand, int64_t at)
{
    return operand->type == ZYDIS_OPERAND_TYPE_MEMORY && machine->pushed &&
           is_stack_pointer(machine, operand->mem.base) &&
           operand->mem.index == ZYDIS_REGISTER_NONE && operand->mem.disp.value == at;
}

static enum step put_top(struct machine *machine, struct value value)
{
    machine->top = value;
    return value.known ? GO_ON : NO_TRAMPOLINE;
}

static enum step put_upper_half(struct machine *machine, struct value value)
{
    if (!value.known || !machine->top.known)
        return NO_TRAMPOLINE;
    machine->top.number = (uint32_t)machine->top.number | value.number << 32;
    return GO_ON;
}

static enum step step_mov(struct machine *machine)
{
    const ZydisDecodedOperand *to = &machine->operands[0], *from = &machine->operands[1];
    struct value value = value_of(machine, from);

    if (to->type == ZYDIS_OPERAND_TYPE_REGISTER && from->type == ZYDIS_OPERAND_TYPE_REGISTER &&
        to->reg.value == ZYDIS_REGISTER_EDI && from->reg.value == ZYDIS_REGISTER_EDI)
        return GO_ON; // the place for a hot patch
    if (to->type == ZYDIS_OPERAND_TYPE_REGISTER)
        return put_register(machine, to->reg.value, value);
    if (is_top(machine, to, 0) && to->size == machine->memory->bits)
        return put_top(machine, value);
    if (is_top(machine, to, 4) && to->size == 32 && machine->memory->bits == 64)
        return put_upper_half(machine, value);
    return NO_TRAMPOLINE;
}

static enum step step_lea(struct machine *machine)
{
    struct value value = {0};

    value.known = address_of(machine, &machine->operands[1], &value.number);
    return put_register(machine, machine->operands[0].reg.value, value);
}

// What a register holds at first is not known, but may be saved.
static enum step step_push(struct machine *machine)
{
    if (machine->pushed || machine->instruction.operand_width != machine->memory->bits)
        return NO_TRAMPOLINE;
    machine->pushed = true;
    machine->top = value_of(machine, &machine->operands[0]);
    return GO_ON;
}

static enum step step_xchg(struct machine *machine)
{
    for (int i = 0; i < 2; i++) {
        const ZydisDecodedOperand *stack = &machine->operands[i],
                                  *other = &machine->operands[1 - i];

        if (is_top(machine, stack, 0) && stack->size == machine->memory->bits)
            return put_top(machine, value_of(machine, other));
    }
    return NO_TRAMPOLINE;
}

static enum step step_ret(struct machine *machine)
{
    machine->target = machine->top;
    return machine->pushed && machine->instruction.operand_count_visible == 0 ? ARRIVED
                                                                              : NO_TRAMPOLINE;
}

static enum step step_jmp(struct machine *machine)
{
    bool is_direct = machine->operands[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE;

    machine->target = value_of(machine, &machine->operands[0]);
    if (machine->pushed)
        return NO_TRAMPOLINE;
    if (is_direct)
        machine->target.number = cut(machine, machine->end + machine->operands[0].imm.value.u);
    return is_direct && machine->target.number == machine->address - HOT_PATCH_BYTES ? GO_TO_TARGET
                                                                                     : ARRIVED;
}

static enum step step_nothing(struct machine *machine)
{
    (void)machine;
    return GO_ON;
}

static const struct {
    ZydisMnemonic mnemonic;
    enum step (*step)(struct machine *machine);
} steps[] = {
    {ZYDIS_MNEMONIC_ENDBR32, step_nothing}, {ZYDIS_MNEMONIC_ENDBR64, step_nothing},
    {ZYDIS_MNEMONIC_NOP, step_nothing},     {ZYDIS_MNEMONIC_MOV, step_mov},
    {ZYDIS_MNEMONIC_LEA, step_lea},         {ZYDIS_MNEMONIC_PUSH, step_push},
    {ZYDIS_MNEMONIC_XCHG, step_xchg},       {ZYDIS_MNEMONIC_RET, step_ret},
    {ZYDIS_MNEMONIC_JMP, step_jmp},
};

// == Following ==

// Appends the text of the instruction.
static void add_text(const struct machine *machine, const uint8_t *bytes, char *text)
{
    size_t used = strlen(text);

    if (used > 0)
        used += (size_t)snprintf(text + used, MS_TRAMPOLINE_ROOM - used, "; ");
    if (used < MS_TRAMPOLINE_ROOM)
        ms_instruction_text(machine->memory->bits, machine->address, bytes,
                            machine->instruction.length, text + used, MS_TRAMPOLINE_ROOM - used);
}

static bool decode(struct machine *machine, uint64_t address, char *text)
{
    struct ms_vmem vmem = ms_kernel_vmem(machine->memory);
    uint8_t bytes[INSTRUCTION_BYTES];
    bool present[INSTRUCTION_BYTES];
    size_t n = 0;

    vmem.read(vmem.user, address, bytes, present, sizeof(bytes));
    while (n < sizeof(bytes) && present[n])
        n++;
    if (ZYAN_FAILED(ZydisDecoderDecodeFull(&machine->decoder, bytes, n, &machine->instruction,
                                           machine->operands)))
        return false;
    machine->address = address;
    machine->end = cut(machine, address + machine->instruction.length);
    add_text(machine, bytes, text);
    return true;
}

static enum step carry_out(struct machine *machine)
{
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        if (steps[i].mnemonic == machine->instruction.mnemonic)
            return steps[i].step(machine);
    return NO_TRAMPOLINE;
}

static void start_machine(struct machine *machine, const struct ms_kernel_memory *memory)
{
    *machine = (struct machine){.memory = memory};
    if (memory->bits == 64)
        ZydisDecoderInit(&machine->decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    else
        ZydisDecoderInit(&machine->decoder, ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32);
}

bool ms_trampoline_follow(const struct ms_kernel_memory *memory, uint64_t address,
                          struct ms_trampoline *trampoline_ret)
{
    struct machine machine;
    uint64_t at = address;
    enum step step = GO_ON;

    trampoline_ret->text[0] = '\0';
    start_machine(&machine, memory);
    for (int i = 0; i < MAX_INSTRUCTIONS && (step == GO_ON || step == GO_TO_TARGET); i++) {
        if (!decode(&machine, at, trampoline_ret->text))
            return false;
        step = carry_out(&machine);
        at = step == GO_TO_TARGET ? machine.target.number : machine.end;
    }
    trampoline_ret->target = machine.target.number;
    trampoline_ret->through = machine.target.through;
    return step == ARRIVED && machine.target.known && machine.target.number != address;
}

#else

bool ms_trampoline_follow(const struct ms_kernel_memory *memory, uint64_t address,
                          struct ms_trampoline *trampoline_ret)
{
    (void)memory, (void)address;
    trampoline_ret->text[0] = '\0';
    return false;
}

#endif
