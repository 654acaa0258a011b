/* windows.S - register windows: spills, fills, and the windows of virtual trap handlers */
#include "trap.inc"

    .text
/* ---- register windows ------------------------------------------------------------------------ */

/* SAVE met the invalid window T: spill the oldest frame, in the window below, to the partition's
 * own stack. */
    .globl  window_overflow
window_overflow:
    KEEP_GLOBALS
    CPU     %g4
    rd      %wim, %g1
    WIM_CLEAR
    save
    CHECK_STACK %sp, overflow_bad_stack
    STORE_FRAME
    restore
    WIM_DOWN
    wr      %g2, %wim
window_return:
    wr      %l0, %psr               /* condition codes */
    mov     %l4, %g1
    mov     %l5, %g2
    mov     %l6, %g3
    mov     %l7, %g4
    jmp     %l1
    rett    %l2

overflow_bad_stack:
    mov     %sp, %g2
    restore
    wr      %g1, %wim
    nop
    nop
    nop

/* A stack pointer outside the area remembered, in %g2. core_stack_fault() looks at all areas of the
 * partition: it remembers the right one and the instruction is tried again, or raises the event.
 * T-state but y. */
stack_fault:
    rd      %y, %l3
stack_fault_with_y:
    mov     %g2, %g4
    KEEP_OUTS
    TRAPS_ON
    call    core_stack_fault
    mov     %g4, %o0
    ba      kernel_leave
    nop

/* RESTORE met the invalid window: fill it from the stack of the frame it returns to. */
    .globl  window_underflow
window_underflow:
    KEEP_GLOBALS
    CPU     %g4
    rd      %wim, %g1
    WIM_CLEAR
    restore                         /* the window that executed RESTORE */
    CHECK_STACK %fp, underflow_bad_stack
    restore                         /* the window to fill: its %sp is that %fp */
    LOAD_FRAME
    save
    save
    WIM_UP
    ba      window_return
    wr      %g2, %wim

underflow_bad_stack:
    mov     %fp, %g2
    save
    wr      %g1, %wim
    nop
    nop
    ba      stack_fault
    nop

/* ---- virtual traps --------------------------------------------------------------------------- */

/* Enter the partition's trap table at context->delivery: T becomes its handler's window, as a
 * native trap would have it. T-state, outs in place, traps off, %g1 = arch_cpu. */
    .globl  deliver
deliver:
    rd      %psr, %g3
    mov     1, %g2
    sll     %g2, %g3, %g2           /* shifts by CWP: the low five bits */
    mov     %g1, %g4
    rd      %wim, %g1
    cmp     %g1, %g2
    bne     deliver_window_free
    nop
    WIM_CLEAR                       /* T is the invalid window: make it valid as an overflow would */
    save
    CHECK_STACK %sp, deliver_bad_stack
    STORE_FRAME
    restore
    WIM_DOWN
    WIM_SET %g2
deliver_window_free:
    ld      [%g4 + CPU_CURRENT], %g3
    ld      [%g3 + CONTEXT_DELIVERY], %o0   /* T's outs are the handler's, and free */
    ld      [%g3 + CONTEXT_DELIVERY_FLAGS], %g2
    st      %g0, [%g3 + CONTEXT_DELIVERY]
    wr      %l3, %y
    sethi   %hi(PSR_ICC | PSR_EF), %g3
    and     %l0, %g3, %l0
    or      %l0, %g2, %l0                   /* what the handler finds in %l0: condition codes, EF, virtual PIL and ET */
    rd      %wim, %o1
    wr      %g0, %wim
    mov     %l4, %g1
    mov     %l5, %g2
    mov     %l6, %g3
    mov     %l7, %g4
    save                                    /* a window below T to return from */
    mov     %i0, %l1
    add     %l1, 4, %l2
    wr      %i1, %wim
    nop
    nop
    nop
    jmp     %l1
    rett    %l2

deliver_bad_stack:
    mov     %sp, %g2
    restore
    wr      %g1, %wim
    nop
    nop
    ba      stack_fault_with_y
    nop

/* Return from a virtual trap. The handler's window H becomes the trap window of the interrupted
 * code: the T-state is brought about in it, and the rest is the ordinary way out. */
    .globl  asm_iret
asm_iret:
    mov     %l4, %i0                /* %g1-%g4 to where H sees them: its outs, which are dead */
    mov     %l5, %i1
    mov     %l6, %i2
    mov     %l7, %i3
    CPU     %g4
    restore                         /* H */
    or      %l1, %l2, %g1
    andcc   %g1, 3, %g0
    bne     iret_misaligned
    rd      %psr, %g3
    add     %g3, 1, %g3             /* the interrupted window, H + 1: still in the register file? */
    and     %g3, NWINDOWS - 1, %g3
    mov     1, %g2
    sll     %g2, %g3, %g2
    rd      %wim, %g1
    cmp     %g1, %g2
    bne     iret_window_there
    nop
    CHECK_STACK %fp, iret_bad_stack
    WIM_CLEAR
    restore
    LOAD_FRAME
    save
    WIM_UP
    wr      %g2, %wim
iret_window_there:
    mov     %o0, %l4
    mov     %o1, %l5
    mov     %o2, %l6
    mov     %o3, %l7
    rd      %y, %l3
    mov     %l0, %g4                /* the flags the handler returns with */
    sethi   %hi(PSR_ICC), %g2
    and     %l0, %g2, %g1
    rd      %psr, %g3
    andn    %g3, %g2, %g3
    or      %g3, %g1, %l0           /* native psr: the flags' condition codes, CWP = H */
    KEEP_OUTS
    TRAPS_ON
    call    core_iret
    mov     %g4, %o0
    CPU     %g1
    ba      asm_done
    nop

iret_bad_stack:
    mov     %fp, %g2
    save
    ba      stack_fault             /* the call is tried again */
    mov     sparc_iret_nr, %i0

iret_misaligned:
    rd      %wim, %g1
    WIM_CLEAR                       /* T may be the invalid window */
    save
    wr      %g1, %wim
    mov     sparc_iret_nr, %i0
    ba      trap_take
    mov     0x07, %g4               /* memory address not aligned */

/* Write all windows but the current to the partition's stacks: through the saved context, where C
 * can check each frame. */
    .globl  asm_flush
asm_flush:
    clr     %i0
    ld      [%g1 + CPU_CURRENT], %g2
    SAVE_CONTEXT
    ld      [%g2 + CONTEXT_WIM], %g4
    WIM_SET %g4
    ld      [%g1 + CPU_KERNEL_SP], %sp
    TRAPS_ON
    call    core_flush_windows
    nop
    ba      kernel_leave
    nop

    .section .note.GNU-stack, "", %progbits
