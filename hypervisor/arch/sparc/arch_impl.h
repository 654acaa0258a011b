/* arch_impl.h - the part of arch.h that is particular to SPARC: register contexts and address
 * conversions
 *
 * The kernel is compiled with -mflat: its C code never executes SAVE or RESTORE and lives in the
 * one window that the trap opened (the trap window T). All other windows are the partition's and
 * stay in the register file until another partition is switched to. That is why an entry costs no
 * window traffic, and why kernel code cannot overflow into guest stacks.
 *
 * A saved context is all eight windows, counted from T: window[0] is T itself, window[1] the
 * interrupted one. Locals and ins of eight windows are every windowed register there is. T's own
 * registers carry, as at every kernel entry:
 *   %l0 psr  %l1 pc  %l2 npc  %l3 y  %l4-%l7 the partition's %g1-%g4,  %i0-%i7 its %o0-%o7 */
#ifndef XM_SPARC_ARCH_IMPL_H
#define XM_SPARC_ARCH_IMPL_H

#include "../../core/arch_trap.h"

#define ARCH_VECTOR_BYTES 16

#define CONTEXT_PSR 0 /* index in window[0] */
#define CONTEXT_PC 1
#define CONTEXT_NPC 2
#define CONTEXT_G1 4
#define CONTEXT_FP 14 /* index of %i6 in any window */

struct arch_context {
    xm_u32_t window[8][16]; /* %l0-%l7, %i0-%i7 */
    xm_u32_t wim;
    xm_u32_t g5, g6, g7;
    /* Window spills and fills inside [base, base + limit + 64) need no further check. */
    xm_u32_t stack_base, stack_limit;
    xm_u32_t delivery; /* trap vector address to enter first; 0: none, or entered */
    xm_u32_t space;    /* MMU context number */
    xm_u32_t delivery_flags; /* virtual PSR bits for the handler's %l0 */
    xm_u32_t reserved;
} __attribute__((aligned(8)));

struct arch_fpu {
    xm_u32_t f[32];
    xm_u32_t fsr;
    xm_u32_t reserved;
} __attribute__((aligned(8)));

/* All registers of the partition at a synchronous trap, to find the address a load or store was
 * about to use. */
struct arch_registers {
    xm_u32_t g[8], o[8], l[8], i[8];
};

/* The low ten bits of its address are 0: SETHI loads all of it. */
#define ARCH_CPU_ALIGNMENT 1024

struct arch_cpu {
    xm_u32_t outs
        [8]; /* the trap window's %o0-%o7 at entry: the ins of the oldest live frame may be there */
    xm_u32_t kernel_sp;
    xm_u32_t idle_sp;
    xm_u32_t attention;      /* arch_request_leave() */
    struct arch_context *current; /* NULL: idle, or its registers are worthless */
    struct arch_context *next;
    xm_u32_t restart;        /* arch_restart_call() */
    xm_u32_t stack_base, stack_limit; /* of the current context */
    struct arch_trap trap;
    xm_u32_t reserved;
    struct arch_registers registers;
} __attribute__((aligned(ARCH_CPU_ALIGNMENT)));

/* What the entry code keeps per processor; offsets for assembler come from asm_offsets.c. */
extern struct arch_cpu arch_cpu;

static inline void arch_set_next(struct arch_context *context)
{
    arch_cpu.next = context;
}

static inline struct arch_context *arch_current(void)
{
    return arch_cpu.current;
}

static inline void arch_request_leave(void)
{
    arch_cpu.attention = 1;
}

static inline void arch_restart_call(void)
{
    arch_cpu.restart = 1;
    arch_cpu.attention = 1;
}

/* Memory of the current partition at one of its addresses; the range was checked. */
static inline void *arch_guest_pointer(xmAddress_t address)
{
    return (void *)address;
}

/* Physical memory; only in space 0, or before the MMU is on. */
static inline void *arch_physical_pointer(xmAddress_t address)
{
    return (void *)address;
}

/* Address of a kernel object as partitions and page tables see it: kernel memory is mapped 1:1. */
static inline xmAddress_t arch_kernel_address(const void *object)
{
    return (xmAddress_t)object;
}

#endif
