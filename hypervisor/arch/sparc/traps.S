/* traps.S - trap table, interrupts and synchronous traps (trap.inc has what they are made of) */
#include "trap.inc"

/* ---- trap table ------------------------------------------------------------------------------ */

.macro VECTOR_TRAP
    rd      %psr, %l0
    ba      trap_entry
    rd      %tbr, %l3
    nop
.endm

.macro VECTOR_IRQ
    rd      %psr, %l0
    ba      irq_entry
    rd      %tbr, %l3
    nop
.endm

.macro VECTOR target
    rd      %psr, %l0
    ba      \target
    nop
    nop
.endm

/* Calls: the first steps of the dispatch (calls.S) stand where there is room. */
.macro VECTOR_CALL
    rd      %psr, %l0
    cmp     %i0, CALL_COUNT
    ba      hypercall_entry
    sll     %i0, 3, %l4
.endm

.macro VECTOR_ASM_CALL
    rd      %psr, %l0
    cmp     %i0, sparc_clear_pil_nr
    ba      asm_call_entry
    CPU     %l3
.endm

    .section .text.vectors, "ax"
    .align  4096
    .globl  kernel_trap_table
kernel_trap_table:
    ba      kernel_start            /* 0x00: the boot loader jumps here */
    nop
    nop
    nop
    .rept   4                       /* 0x01-0x04 */
    VECTOR_TRAP
    .endr
    VECTOR  window_overflow         /* 0x05 */
    VECTOR  window_underflow        /* 0x06 */
    .rept   10                      /* 0x07-0x10 */
    VECTOR_TRAP
    .endr
    .rept   15                      /* 0x11-0x1f: interrupts */
    VECTOR_IRQ
    .endr
    .rept   0xf0 - 0x20
    VECTOR_TRAP
    .endr
    VECTOR_CALL                     /* 0xf0 */
    VECTOR_ASM_CALL                 /* 0xf1 */
    .rept   0x100 - 0xf2
    VECTOR_TRAP
    .endr

/* ---- interrupts ------------------------------------------------------------------------------ */

    .text
irq_entry:
    KEEP_GLOBALS
    srl     %l3, 4, %g4
    and     %g4, 0xf, %g4           /* level = line */
irq_take:
    rd      %y, %l3
    KEEP_OUTS
    TRAPS_ON
    call    core_irq
    mov     %g4, %o0

/* Leave through core_leave(). T-state, traps on. */
    .globl  kernel_leave
kernel_leave:
    call    core_leave
    nop
    TRAPS_OFF
    CPU     %g1
    st      %g0, [%g1 + CPU_ATTENTION]
    ld      [%g1 + CPU_CURRENT], %g2
    ld      [%g1 + CPU_NEXT], %g3
    cmp     %g2, %g3
    bne     context_switch
    tst     %g3
    be      idle_enter
    nop
    RESTORE_OUTS

/* %g3 = the context whose registers are live. T-state, outs in place, traps off, %g1 = arch_cpu. */
    .globl  check_delivery
check_delivery:
    ld      [%g3 + CONTEXT_DELIVERY], %g2
    tst     %g2
    bne     deliver
    nop
    .globl  return_to_partition
return_to_partition:
    wr      %l0, %psr               /* traps off; the partition's condition codes and EF */
    wr      %l3, %y
    mov     %l4, %g1
    mov     %l5, %g2
    mov     %l6, %g3
    mov     %l7, %g4
    jmp     %l1
    rett    %l2

/* ---- synchronous traps ----------------------------------------------------------------------- */

trap_entry:
    andcc   %l0, PSR_PS, %g0
    bne     trap_in_kernel
    srl     %l3, 4, %l3
    KEEP_GLOBALS
    and     %l3, 0xff, %g4
    .globl  trap_take
trap_take:                          /* T-state but y, %g4 = trap type */
    rd      %y, %l3
    KEEP_OUTS
    st      %l0, [%g1 + TRAP_PSR]
    st      %l1, [%g1 + TRAP_PC]
    st      %l2, [%g1 + TRAP_NPC]
    mov     MMU_FAULT_ADDRESS, %g2  /* address first: reading the status forgets the fault */
    lda     [%g2] ASI_MMU, %g3
    st      %g3, [%g1 + TRAP_FAULT_ADDRESS]
    mov     MMU_FAULT_STATUS, %g2
    lda     [%g2] ASI_MMU, %g3
    st      %g3, [%g1 + TRAP_FAULT_STATUS]
    /* All registers of the partition, for the address that a load or store used. */
    st      %l4, [%g1 + REGISTERS_G + 4]
    st      %l5, [%g1 + REGISTERS_G + 8]
    st      %l6, [%g1 + REGISTERS_G + 12]
    st      %l7, [%g1 + REGISTERS_G + 16]
    st      %g5, [%g1 + REGISTERS_G + 20]
    std     %g6, [%g1 + REGISTERS_G + 24]
    std     %i0, [%g1 + REGISTERS_O + 0]
    std     %i2, [%g1 + REGISTERS_O + 8]
    std     %i4, [%g1 + REGISTERS_O + 16]
    std     %i6, [%g1 + REGISTERS_O + 24]
    rd      %wim, %g2
    WIM_CLEAR
    restore
    std     %l0, [%g1 + REGISTERS_L + 0]
    std     %l2, [%g1 + REGISTERS_L + 8]
    std     %l4, [%g1 + REGISTERS_L + 16]
    std     %l6, [%g1 + REGISTERS_L + 24]
    std     %i0, [%g1 + REGISTERS_I + 0]
    std     %i2, [%g1 + REGISTERS_I + 8]
    std     %i4, [%g1 + REGISTERS_I + 16]
    std     %i6, [%g1 + REGISTERS_I + 24]
    save
    WIM_SET %g2
    TRAPS_ON
    call    arch_trap
    mov     %g4, %o0
    CPU     %g1
    ld      [%g1 + TRAP_PSR], %l0
    ld      [%g1 + TRAP_PC], %l1
    ba      kernel_leave
    ld      [%g1 + TRAP_NPC], %l2

/* Supervisor mode was interrupted by a synchronous trap: the idle loop yields, a guarded device
 * access failed, a partition's floating-point operation did, or the hypervisor has a bug. Until that
 * is known only %l0-%l3 may change: see GUARD_BEGIN. */
trap_in_kernel:
    and     %l3, 0xff, %l3
    cmp     %l3, TRAP_KERNEL_YIELD
    be      kernel_yield
    sethi   %hi(fpu_settle_access), %l3
    or      %l3, %lo(fpu_settle_access), %l3
    cmp     %l1, %l3
    be      fpu_failed
    sethi   %hi(io_read_access), %l3
    or      %l3, %lo(io_read_access), %l3
    cmp     %l1, %l3
    be      io_failed
    sethi   %hi(io_write_access), %l3
    or      %l3, %lo(io_write_access), %l3
    sub     %l1, %l3, %l3
    cmp     %l3, 16                 /* a store error may be reported a little later */
    bgeu    kernel_bug
    rd      %tbr, %l3
io_failed:
    clr     %i4                     /* %o4 of the window that made the access */
    jmp     %l2
    rett    %l2 + 4

fpu_failed:                         /* the store of %fsr is made again: see arch_fpu_settle */
    rd      %tbr, %l3
    srl     %l3, 4, %l3
    and     %l3, 0xff, %l3
    cmp     %l3, TRAP_FP_EXCEPTION
    bne     kernel_bug
    rd      %tbr, %l3
    jmp     %l1
    rett    %l2

kernel_yield:
    ba      irq_take
    clr     %g4

kernel_bug:
    srl     %l3, 4, %l3
    and     %l3, 0xff, %o0
    mov     %l1, %o1
    mov     MMU_FAULT_ADDRESS, %g2
    lda     [%g2] ASI_MMU, %o2
    sethi   %hi(arch_panic_stack_top), %sp
    or      %sp, %lo(arch_panic_stack_top), %sp
    or      %l0, PSR_PIL, %g3
    wr      %g3, %psr
    wr      %g3, PSR_ET, %psr
    nop
    nop
    call    core_kernel_trap
    nop

    .section .note.GNU-stack, "", %progbits
