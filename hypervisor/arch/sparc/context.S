/* context.S - context switch, idle, start and end, and what C asks of the processor */
#include "trap.inc"

    .text
/* ---- context switch -------------------------------------------------------------------------- */

/* From %g2 to %g3, each a context or 0 for idle. %g1 = arch_cpu, T-state, traps off. */
    .globl  context_switch
context_switch:
    tst     %g2
    be      context_load
    tst     %g3
    SAVE_CONTEXT
    tst     %g3
    .globl  context_load
context_load:
    be      idle_enter
    st      %g3, [%g1 + CPU_CURRENT]
    ld      [%g3], %g4              /* psr: its CWP is the window that all others are counted from */
    wr      %g4, %psr
    wr      %g0, %wim
    ldd     [%g3 + CONTEXT_STACK], %g4
    std     %g4, [%g1 + CPU_STACK]
    nop                             /* the windows move with %psr */
    .irp window, 0, 64, 128, 192, 256, 320, 384, 448
    ldd     [%g3 + \window + 0], %l0
    ldd     [%g3 + \window + 8], %l2
    ldd     [%g3 + \window + 16], %l4
    ldd     [%g3 + \window + 24], %l6
    ldd     [%g3 + \window + 32], %i0
    ldd     [%g3 + \window + 40], %i2
    ldd     [%g3 + \window + 48], %i4
    ldd     [%g3 + \window + 56], %i6
    restore
    .endr
    ld      [%g3 + CONTEXT_SPACE], %g4
    mov     MMU_CONTEXT, %g2
    sta     %g4, [%g2] ASI_MMU
    ldd     [%g3 + CONTEXT_WIM], %g4        /* and %g5 */
    wr      %g4, %wim
    ba      check_delivery
    ldd     [%g3 + CONTEXT_G6], %g6

/* ---- idle ------------------------------------------------------------------------------------ */

/* Start the idle loop afresh, in the kernel's own space. Nothing of an interrupted idle loop is
 * worth keeping. */
    .globl  idle_enter
idle_enter:
    mov     PSR_S | PSR_PIL, %g2
    wr      %g2, %psr               /* CWP 0 */
    nop
    nop
    nop
    mov     1 << 2, %g3             /* any window that a trap from window 0 does not touch */
    WIM_SET %g3
    mov     MMU_CONTEXT, %g3
    sta     %g0, [%g3] ASI_MMU
    ld      [%g1 + CPU_IDLE_SP], %sp
    wr      %g2, PSR_ET, %psr
    nop
    nop
    nop
    call    idle_loop
    nop

    .globl  arch_idle_window
arch_idle_window:
    rd      %psr, %g1
    andn    %g1, PSR_PIL, %g2
    wr      %g2, %psr
    nop
    nop
    nop
    nop
    wr      %g1, %psr
    nop
    nop
    retl
    nop

    .globl  arch_idle_wait
arch_idle_wait:
    rd      %psr, %g1
    andn    %g1, PSR_PIL, %g2
    wr      %g2, %psr               /* some cores wake only for an interrupt that PIL lets through */
    nop
    nop
    nop
    wr      %g0, %asr19             /* power down */
    nop
    nop
    nop
    wr      %g1, %psr
    nop
    nop
    retl
    nop

    .globl  arch_idle_yield
arch_idle_yield:
    retl
    ta      TRAP_KERNEL_YIELD - 0x80

/* ---- device registers ------------------------------------------------------------------------ */

/* Around a guarded access. Its trap opens the window below this one, where a live frame of the
 * partition may be: hardware and handler overwrite %l0-%l3 there, so these wait in globals. WIM is
 * 0, or RETT might find its window invalid. */
.macro GUARD_BEGIN
    rd      %wim, %o3
    WIM_CLEAR
    save
    mov     %l0, %g1
    mov     %l1, %g2
    mov     %l2, %g3
    mov     %l3, %g4
    restore
    mov     1, %o4                  /* io_failed clears it */
.endm

.macro GUARD_END
    save
    mov     %g1, %l0
    mov     %g2, %l1
    mov     %g3, %l2
    mov     %g4, %l3
    restore
    WIM_SET %o3
.endm

/* bool arch_io_read(xmAddress_t address, xm_u32_t *value): past MMU and cache; false if the bus
 * reports an error. */
    .globl  arch_io_read
arch_io_read:
    clr     %o2
    GUARD_BEGIN
    .globl  io_read_access
io_read_access:
    lda     [%o0] ASI_BYPASS, %o2
    nop
    GUARD_END
    st      %o2, [%o1]
    retl
    mov     %o4, %o0

/* bool arch_io_write(xmAddress_t address, xm_u32_t value). On a core with a write buffer an error
 * may come too late to be seen here; it is then reported as the trap DATA_STORE_ERROR. */
    .globl  arch_io_write
arch_io_write:
    GUARD_BEGIN
    .globl  io_write_access
io_write_access:
    sta     %o1, [%o0] ASI_BYPASS
    nop
    nop
    nop
    GUARD_END
    retl
    mov     %o4, %o0

/* ---- floating point -------------------------------------------------------------------------- */

/* bool arch_fpu_settle(xm_u32_t *fsr): waits for running operations; true if one of them failed. An
 * exception is deferred: it traps at a later floating-point instruction, and that may be the one
 * here. It traps once, and then leaves the FPU refusing all but stores until its queue is empty
 * (SPARC V8 manual, 4.4 and L.9). Kernel PSR gets EF for the time. */
    .globl  arch_fpu_settle
arch_fpu_settle:
    rd      %psr, %o5
    sethi   %hi(PSR_EF), %g1
    or      %o5, %g1, %g1
    wr      %g1, %psr
    GUARD_BEGIN
    .globl  fpu_settle_access
fpu_settle_access:
    st      %fsr, [%o0]             /* trap_in_kernel comes back to it */
    GUARD_END
    ld      [%o0], %g1
    clr     %o4
    sethi   %hi(FSR_QNE), %g2
1:  andcc   %g1, %g2, %g0
    be      2f
    nop
    mov     1, %o4
    .globl  fpu_settle_queue
fpu_settle_queue:
    std     %fq, [%sp + 72]         /* where a callee may keep its arguments */
    st      %fsr, [%sp + 80]
    ba      1b
    ld      [%sp + 80], %g1
2:  wr      %o5, %psr
    nop
    nop
    retl
    mov     %o4, %o0

/* void arch_fpu_exchange(struct arch_fpu *save, const struct arch_fpu *load): all but save's FSR, which
 * is settled. Kernel PSR gets EF for the time. */
    .globl  arch_fpu_exchange
arch_fpu_exchange:
    rd      %psr, %g1
    sethi   %hi(PSR_EF), %g2
    or      %g1, %g2, %g2
    wr      %g2, %psr
    nop
    nop
    nop
    tst     %o0
    be      1f
    nop
    .irp n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
    std     %f\n, [%o0 + FPU_F + 4 * \n]
    .endr
1:
    .irp n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
    ldd     [%o1 + FPU_F + 4 * \n], %f\n
    .endr
    ld      [%o1 + FPU_FSR], %fsr
    wr      %g1, %psr
    nop
    nop
    retl
    nop

/* ---- start and end --------------------------------------------------------------------------- */

    .section .boot.text, "ax"
/* From the boot loader: %o0 container, %o1 its entry; MMU off, traps off. */
    .globl  kernel_start
kernel_start:
    mov     %o0, %g6
    mov     %o1, %g7
    wr      %g0, PSR_S | PSR_PIL, %psr
    nop
    nop
    nop
    wr      %g0, %wim
    sethi   %hi(kernel_trap_table), %g1
    wr      %g1, %tbr
    nop
    nop
    nop
    sethi   %hi(arch_kernel_stack_top), %sp
    or      %sp, %lo(arch_kernel_stack_top), %sp
    mov     %g6, %o0
    mov     %g7, %o1
    wr      %g0, PSR_S | PSR_PIL | PSR_ET, %psr
    nop
    nop
    nop
    call    arch_boot
    nop

    .text
/* First way out: as if the idle loop had been interrupted. */
    .globl  arch_start
arch_start:
    CPU     %g1
    ld      [%g1 + CPU_KERNEL_SP], %sp
    rd      %psr, %l0
    ba      kernel_leave
    andn    %l0, PSR_ET, %l0

/* End of the system: with traps off, a trap puts the processor into error mode, where a debug
 * monitor reports it and QEMU ends. */
    .globl  arch_halt
arch_halt:
    rd      %psr, %g1
    andn    %g1, PSR_ET, %g1
    wr      %g1, %psr
    nop
    nop
    nop
    ta      0
1:  ba      1b
    nop

/* void arch_jump_to_loader(xmAddress_t entry): MMU and traps off, as the loader expects. The kernel
 * is mapped 1:1. */
    .globl  arch_jump_to_loader
arch_jump_to_loader:
    rd      %psr, %g1
    andn    %g1, PSR_ET, %g1
    wr      %g1, %psr
    nop
    nop
    nop
    mov     MMU_CONTROL, %g2
    sta     %g0, [%g2] ASI_MMU
    nop
    nop
    nop
    jmp     %o0
    nop

    .section .note.GNU-stack, "", %progbits
