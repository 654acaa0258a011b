/* calls.S - hypercalls and assembler calls
 *
 * Most calls are C. The few that a partition makes in its innermost loops (the time, its interrupt
 * masks) have a short way besides, in the trap window's locals alone: nothing to keep, no stack, no
 * C. A short way handles the usual case and nothing else; at the first doubt it goes to the C
 * handler, before or after a store that the C handler will repeat. It must do exactly what that
 * handler does (tests/system/call_short_ways_do_what_c_does). Traps are off there, so each address
 * it touches is the kernel's own or was checked. */
#include "trap.inc"
#include "board_impl.h"

/* ---- dispatch -------------------------------------------------------------------------------- */

    .text
/* From the vector: condition codes of number - CALL_COUNT, unsigned (a negative number is a large
 * one), and %l4 = 8 * number. */
    .globl  hypercall_entry
hypercall_entry:
    bgeu    hypercall_unknown
    sethi   %hi(call_table), %l5
    or      %l5, %lo(call_table), %l5
    ldd     [%l5 + %l4], %l4        /* %l4 its way in, %l5 its C handler */
    jmp     %l4
    CPU     %l3                     /* for the short ways */

/* What a short way left to C: %l5 = handler again. */
call_slow:
    sethi   %hi(call_table), %l5
    or      %l5, %lo(call_table), %l5
    sll     %i0, 3, %l4
    add     %l5, 4, %l5
    ld      [%l5 + %l4], %l5

/* Everything a C handler needs. %g3 = handler, %l5 on entry. */
.macro CALL_BEGIN
    mov     %g1, %l4
    mov     %g3, %l6
    mov     %l5, %g3
    mov     %g2, %l5
    mov     %g4, %l7
    rd      %y, %l3
    KEEP_OUTS
    TRAPS_ON
.endm

call_any:
    CALL_BEGIN
call_go:
    mov     %i1, %o0
    mov     %i2, %o1
    mov     %i3, %o2
    mov     %i4, %o3
    jmpl    %g3, %o7
    mov     %i5, %o4
call_done:
    CPU     %g1
    ld      [%g1 + CPU_ATTENTION], %g2
    tst     %g2
    bne     call_leave
    nop
    mov     %o0, %i0
    RESTORE_OUTS
    wr      %l0, %psr               /* traps off; the partition's condition codes and EF */
    wr      %l3, %y
    mov     %l4, %g1
    mov     %l5, %g2
    mov     %l6, %g3
    mov     %l7, %g4
    jmp     %l2                     /* the call is done: continue behind it */
    rett    %l2 + 4

/* The call is done, or is to be made again from where it stopped: then pc and the number in %i0
 * stay. */
call_leave:
    ld      [%g1 + CPU_RESTART], %g3
    tst     %g3
    bne     kernel_leave
    st      %g0, [%g1 + CPU_RESTART]
    mov     %o0, %i0
    mov     %l2, %l1
    ba      kernel_leave
    add     %l2, 4, %l2

/* Not for everybody. */
call_reserved:
    CALL_BEGIN
    mov     %i1, %o1
    call    core_call_permitted
    mov     %i0, %o0
    tst     %o0
    bne     call_done
    sll     %i0, 3, %g2
    sethi   %hi(call_table + 4), %g3
    or      %g3, %lo(call_table + 4), %g3
    ba      call_go
    ld      [%g3 + %g2], %g3

hypercall_unknown:
    CALL_BEGIN
    ba      call_done
    mov     CALL_UNKNOWN, %o0

/* ---- short ways ------------------------------------------------------------------------------ */

/* Continue behind the call with result 0 (XM_OK). Three instructions after the write of %psr. */
.macro FAST_RETURN
    clr     %i0
    jmp     %l2
    rett    %l2 + 4
.endm

/* XM_get_time(clock, &time): sys_get_time() and partition_exec_us(). An area is whole pages, so an
 * aligned doubleword that begins in it lies in it. */
fast_get_time:
    ld      [%l3 + CPU_CURRENT], %l4
    andcc   %i2, 7, %g0
    bne     call_slow
    ld      [%l4 + PARTITION_LAST_AREA], %l5
    ld      [%l5 + AREA_MAPPED_AT], %l6
    ld      [%l5 + AREA_SIZE], %l7
    sub     %i2, %l6, %l6
    cmp     %l6, %l7
    bgeu    call_slow               /* not in the area of the last pointer */
    ld      [%l5 + AREA_FLAGS], %l6
    andcc   %l6, AREA_NOT_WRITABLE, %g0
    bne     call_slow
    sethi   %hi(BOARD_GPTIMER), %l6
    ld      [%l6 + %lo(BOARD_GPTIMER + GPTIMER_1 + GPTIMER_COUNTER)], %l6
    xnor    %g0, %l6, %l6           /* counts down */
    sethi   %hi(kernel_clock), %l3
    or      %l3, %lo(kernel_clock), %l3
    ld      [%l3 + CLOCK_LAST], %l7
    cmp     %l6, %l7
    blu     call_slow               /* it wrapped, which C has to find by CLOCK_LAST */
    cmp     %i1, XM_EXEC_CLOCK
    st      %l6, [%l3 + CLOCK_LAST]
    be      fast_exec_time
    ldd     [%l3 + CLOCK_BASE], %l6
    bgu     call_slow               /* no clock to read */
    ld      [%l3 + CLOCK_LAST], %l5
    addcc   %l7, %l5, %l7
    addx    %l6, 0, %l6
    wr      %l0, %psr
    std     %l6, [%i2]
    FAST_RETURN

/* The running partition's: what it had when it began to run, and the time since. */
fast_exec_time:
    ld      [%l3 + CLOCK_LAST], %l5
    addcc   %l7, %l5, %l7
    addx    %l6, 0, %l6
    ldd     [%l4 + PARTITION_EXEC], %l4
    addcc   %l7, %l5, %l7
    addx    %l6, %l4, %l6
    sethi   %hi(sched + SCHED_RUN_START), %l3
    or      %l3, %lo(sched + SCHED_RUN_START), %l3
    ldd     [%l3], %l4
    subcc   %l7, %l5, %l7
    subx    %l6, %l4, %l6
    wr      %l0, %psr
    std     %l6, [%i2]
    FAST_RETURN

/* XM_set_irqmask(hw, ext): sys_set_irqmask(). A line that the partition owns concerns the interrupt
 * controller: C. */
fast_set_irqmask:
    ld      [%l3 + CPU_CURRENT], %l4
    ld      [%l4 + PARTITION_CONFIG], %l5
    ld      [%l4 + PARTITION_PCT], %l4
    ld      [%l5 + CONFIG_HW_IRQS], %l5
    andcc   %l5, %i1, %g0
    bne     call_slow
    ld      [%l4 + PCT_HW_MASK], %l5
    or      %l5, %i1, %l5
    ld      [%l4 + PCT_EXT_MASK], %l6
    or      %l6, %i2, %l6
    wr      %l0, %psr
    st      %l5, [%l4 + PCT_HW_MASK]
    st      %l6, [%l4 + PCT_EXT_MASK]
    FAST_RETURN

/* XM_clear_irqmask(hw, ext): sys_clear_irqmask(). Something pending behind the new masks may have to
 * be delivered: C. (Of trap class it would have been delivered before, whatever the mask.) */
fast_clear_irqmask:
    ld      [%l3 + CPU_CURRENT], %l4
    ld      [%l4 + PARTITION_CONFIG], %l5
    ld      [%l4 + PARTITION_PCT], %l4
    ld      [%l5 + CONFIG_HW_IRQS], %l5
    andcc   %l5, %i1, %g0
    bne     call_slow
    ld      [%l4 + PCT_HW_MASK], %l5
    andn    %l5, %i1, %l5
    ld      [%l4 + PCT_HW_PENDING], %l6
    andn    %l6, %l5, %l6
    ld      [%l4 + PCT_EXT_MASK], %l7
    andn    %l7, %i2, %l7
    ld      [%l4 + PCT_EXT_PENDING], %l3
    andn    %l3, %l7, %l3
    orcc    %l3, %l6, %g0
    bne     call_slow
    st      %l5, [%l4 + PCT_HW_MASK]
    wr      %l0, %psr
    st      %l7, [%l4 + PCT_EXT_MASK]
    FAST_RETURN

/* sparc_set_pil: core_asm_call(). */
fast_set_pil:
    ld      [%l3 + CPU_CURRENT], %l4
    ld      [%l4 + PARTITION_PCT], %l4
    ld      [%l4 + PCT_IFLAGS], %l5
    or      %l5, VIRQ_PIL, %l5
    wr      %l0, %psr
    st      %l5, [%l4 + PCT_IFLAGS]
    FAST_RETURN

/* sparc_clear_pil: core_asm_call(). It opens the partition to whatever is pending: then C. */
fast_clear_pil:
    ld      [%l3 + CPU_CURRENT], %l4
    ld      [%l4 + PARTITION_PCT], %l4
    ld      [%l4 + PCT_HW_PENDING], %l5
    ld      [%l4 + PCT_HW_MASK], %l6
    andn    %l5, %l6, %l5
    ld      [%l4 + PCT_EXT_PENDING], %l6
    ld      [%l4 + PCT_EXT_MASK], %l7
    sethi   %hi(VIRQ_TRAP_CLASS), %l3
    andn    %l7, %l3, %l7           /* trap class is never masked */
    andn    %l6, %l7, %l6
    orcc    %l5, %l6, %g0
    bne     asm_call_slow
    ld      [%l4 + PCT_IFLAGS], %l5
    andn    %l5, VIRQ_PIL, %l5
    or      %l5, VIRQ_ET, %l5
    wr      %l0, %psr
    st      %l5, [%l4 + PCT_IFLAGS]
    FAST_RETURN

/* ---- table ----------------------------------------------------------------------------------- */

/* A row is the way in and the C handler. The way in is the short one where there is one. */
#define XM_ANY call_any
#define XM_SYS call_reserved
#define XM_OWN call_reserved
#define XM_CALL(nr, name, who, arguments, doc) row nr, sys_##name, who, fast_##name

.macro row nr, handler, way, short
    .if     . - call_table <> 8 * \nr
    .error  "hypercalls.def has a hole"
    .endif
    .ifdef  \short
    .word   \short, \handler
    .else
    .word   \way, \handler
    .endif
.endm

    .section .rodata.calls, "a"
    .align  8
call_table:
#include "../../abi/hypercalls.def"
    .if     . - call_table <> 8 * CALL_COUNT
    .error  "CALL_COUNT"
    .endif

/* ---- assembler calls ------------------------------------------------------------------------- */

    .text
/* From the vector: condition codes say whether it is clear_pil, %l3 = arch_cpu. */
    .globl  asm_call_entry
asm_call_entry:
    be      fast_clear_pil
    cmp     %i0, sparc_set_pil_nr
    be      fast_set_pil
    nop
asm_call_slow:
    KEEP_GLOBALS
    cmp     %i0, sparc_iret_nr
    be      asm_iret
    rd      %y, %l3
    KEEP_OUTS
    mov     %l2, %l1
    cmp     %i0, sparc_flush_regwin_nr
    be      asm_flush
    add     %l2, 4, %l2
    st      %l0, [%g1 + TRAP_PSR]
    st      %l1, [%g1 + TRAP_PC]
    st      %l2, [%g1 + TRAP_NPC]
    TRAPS_ON
    mov     %i0, %o0
    mov     %i1, %o1
    call    core_asm_call
    add     %g1, CPU_TRAP, %o2
    CPU     %g1
    ld      [%g1 + TRAP_PSR], %l0
    ld      [%g1 + TRAP_RESULT], %i0

/* Leave by the shortest way that is open. T-state with pc where to go on, traps on, %g1 =
 * arch_cpu. */
    .globl  asm_done
asm_done:
    ld      [%g1 + CPU_ATTENTION], %g2
    tst     %g2
    bne     kernel_leave
    nop
    RESTORE_OUTS
    ba      return_to_partition
    nop

    .section .note.GNU-stack, "", %progbits
