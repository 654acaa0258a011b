/* cpu.h - what the entry code keeps per processor; offsets for assembler come from asm_offsets.c */
#ifndef XM_SPARC_CPU_H
#define XM_SPARC_CPU_H

#include "../../core/arch.h"

/* All registers of the partition at a synchronous trap, to find the address a load or store was about to use. */
struct arch_registers {
    xm_u32_t g[8], o[8], l[8], i[8];
};

struct arch_cpu {
    xm_u32_t outs[8];        /* the trap window's %o0-%o7 at entry: the ins of the oldest live frame may be there */
    xm_u32_t kernel_sp;
    xm_u32_t idle_sp;
    xm_u32_t attention;      /* arch_request_leave() */
    struct arch_context *current; /* NULL: idle, or its registers are worthless */
    struct arch_context *next;
    xm_u32_t reserved;
    xm_u32_t delivery;       /* vector address to enter, 0: none */
    xm_u32_t delivery_flags;
    xm_u32_t stack_base, stack_limit; /* of the current context */
    struct arch_trap trap;
    xm_u32_t reserved2;
    struct arch_registers registers;
} __attribute__((aligned(8)));

extern struct arch_cpu arch_cpu;

#endif
