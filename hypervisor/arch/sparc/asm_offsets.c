/* asm_offsets.c - structure offsets for assembler
 *
 * Compiled to assembly only; the build turns each "->NAME value" line into a #define of
 * asm_offsets.h. */
#include <stddef.h>
#include "../../core/arch.h"
#include "../../core/hypercall.h"
#include "../../core/sched.h"
#include "../../core/time.h"
#include "../../core/virq.h"

#define OFFSET(name, type, field)                                                                  \
    __asm__ volatile("\n->" #name " %0" : : "i"(offsetof(type, field)))
#define VALUE(name, value) __asm__ volatile("\n->" #name " %0" : : "i"(value))

void asm_offsets(void);
void asm_offsets(void)
{
    OFFSET(CPU_OUTS, struct arch_cpu, outs);
    OFFSET(CPU_KERNEL_SP, struct arch_cpu, kernel_sp);
    OFFSET(CPU_IDLE_SP, struct arch_cpu, idle_sp);
    OFFSET(CPU_ATTENTION, struct arch_cpu, attention);
    OFFSET(CPU_RESTART, struct arch_cpu, restart);
    OFFSET(CPU_CURRENT, struct arch_cpu, current);
    OFFSET(CPU_NEXT, struct arch_cpu, next);
    OFFSET(CPU_STACK, struct arch_cpu, stack_base);
    OFFSET(CPU_TRAP, struct arch_cpu, trap);
    OFFSET(TRAP_PSR, struct arch_cpu, trap.psr);
    OFFSET(TRAP_PC, struct arch_cpu, trap.pc);
    OFFSET(TRAP_NPC, struct arch_cpu, trap.npc);
    OFFSET(TRAP_RESULT, struct arch_cpu, trap.result);
    OFFSET(TRAP_FAULT_STATUS, struct arch_cpu, trap.fault_status);
    OFFSET(TRAP_FAULT_ADDRESS, struct arch_cpu, trap.fault_address);
    OFFSET(CPU_REGISTERS, struct arch_cpu, registers);
    OFFSET(REGISTERS_G, struct arch_cpu, registers.g);
    OFFSET(REGISTERS_O, struct arch_cpu, registers.o);
    OFFSET(REGISTERS_L, struct arch_cpu, registers.l);
    OFFSET(REGISTERS_I, struct arch_cpu, registers.i);
    OFFSET(CONTEXT_WIM, struct arch_context, wim);
    OFFSET(CONTEXT_G6, struct arch_context, g6);
    OFFSET(CONTEXT_SPACE, struct arch_context, space);
    OFFSET(CONTEXT_STACK, struct arch_context, stack_base);
    OFFSET(CONTEXT_DELIVERY, struct arch_context, delivery);
    OFFSET(CONTEXT_DELIVERY_FLAGS, struct arch_context, delivery_flags);
    OFFSET(PARTITION_CONFIG, struct partition, config);
    OFFSET(PARTITION_PCT, struct partition, pct);
    OFFSET(PARTITION_LAST_AREA, struct partition, last_area);
    OFFSET(PARTITION_EXEC, struct partition, exec_us);
    OFFSET(CONFIG_HW_IRQS, struct xm_config_partition, hw_irqs);
    OFFSET(AREA_MAPPED_AT, struct xm_config_area, mapped_at);
    OFFSET(AREA_SIZE, struct xm_config_area, size);
    OFFSET(AREA_FLAGS, struct xm_config_area, flags);
    VALUE(AREA_NOT_WRITABLE, XM_MEM_AREA_READONLY | XM_MEM_AREA_ROM | XM_MEM_AREA_UNMAPPED);
    OFFSET(PCT_IFLAGS, partitionControlTable_t, iFlags);
    OFFSET(PCT_HW_PENDING, partitionControlTable_t, hwIrqsPend);
    OFFSET(PCT_HW_MASK, partitionControlTable_t, hwIrqsMask);
    OFFSET(PCT_EXT_PENDING, partitionControlTable_t, extIrqsPend);
    OFFSET(PCT_EXT_MASK, partitionControlTable_t, extIrqsMask);
    VALUE(VIRQ_ET, VIRQ_FLAG_ET);
    VALUE(VIRQ_PIL, VIRQ_FLAG_PIL);
    VALUE(VIRQ_TRAP_CLASS, XM_EXT_TRAPS);
    OFFSET(CLOCK_BASE, struct clock, base_us);
    OFFSET(CLOCK_LAST, struct clock, last);
    OFFSET(SCHED_RUN_START, struct sched, run_start_us);
    OFFSET(FPU_F, struct arch_fpu, f);
    OFFSET(FPU_FSR, struct arch_fpu, fsr);
    VALUE(CALL_COUNT, HYPERCALL_COUNT);
    VALUE(CALL_UNKNOWN, XM_UNKNOWN_HYPERCALL);
    _Static_assert(ARCH_CPU_ALIGNMENT % 1024 == 0, "SETHI leaves the low ten bits 0");
    _Static_assert((XM_EXT_TRAPS & 0x3ffu) == 0, "sethi loads it");
    _Static_assert(offsetof(struct arch_context, wim) % 8 == 0 &&
                       offsetof(struct arch_context, g5) == offsetof(struct arch_context, wim) + 4,
                   "one ldd into %g4 and %g5");
    _Static_assert(offsetof(struct arch_cpu, stack_base) % 8 == 0, "loaded with ldd");
    _Static_assert(offsetof(struct arch_cpu, registers) % 8 == 0, "stored with std");
    _Static_assert(offsetof(struct arch_context, stack_base) % 8 == 0, "loaded with ldd");
    _Static_assert(offsetof(struct arch_context, g6) % 8 == 0, "stored with std");
}
