/* round.S - one round: fill every register, run a segment, look at every register
 *
 * xm_u32_t stepped_round(xm_u32_t depth, const void *segment): runs the segment `depth` + 2 windows below the caller, whose
 * own frames were all written to the stack, and puts what the registers are behind it into `found`. Returns 0 if the windows
 * between still hold what they were filled with. A segment may change what driver.py expects of it, and comes back with a
 * branch to stepped_done. */
#include <xm.h>
#include "stepped.h"

#define FRAME 128

#define XM_CALL(nr, name, who, args, text) .set nr_##name, nr
#include <xm_inc/abi/hypercalls.def>

.macro ASM_CALL number
    mov     \number, %o0
    ta      XM_ASMHYPERCALL_TRAP & 0x7f
.endm

.macro HYPERCALL number
    mov     \number, %o0
    ta      XM_HYPERCALL_TRAP & 0x7f
.endm

/* The registers of a window by number, without %g (common to all) and the stack pointers. */
.macro FOR_LOCALS_AND_INS do
    \do     %l0, 16
    \do     %l1, 17
    \do     %l2, 18
    \do     %l3, 19
    \do     %l4, 20
    \do     %l5, 21
    \do     %l6, 22
    \do     %l7, 23
    \do     %i0, 24
    \do     %i1, 25
    \do     %i2, 26
    \do     %i3, 27
    \do     %i4, 28
    \do     %i5, 29
    \do     %i7, 31
.endm

.macro FILL_LEVEL register, number
    set     LEVEL + \number, \register
    add     \register, %g4, \register
.endm

.macro CHECK_LEVEL register, number
    set     LEVEL + \number, %g2
    add     %g2, %g4, %g2
    xor     %g2, \register, %g2
    or      %g5, %g2, %g5
.endm

.macro FILL_BOTTOM register, number
    set     BOTTOM + \number, \register
.endm

    .text
    .globl  stepped_round
stepped_round:
    save    %sp, -FRAME, %sp
    .rept   6                       /* leaves this window alone in the register file */
    save    %sp, -FRAME, %sp
    .endr
    .rept   6
    restore
    .endr
    set     kept, %g1
    st      %i0, [%g1]              /* depth */
    st      %i1, [%g1 + 4]          /* segment */
    mov     0, %g3
descend:
    ld      [%g1], %g2
    cmp     %g3, %g2
    be      bottom
    nop
    save    %sp, -FRAME, %sp
    inc     %g3
    sll     %g3, 8, %g4
    FOR_LOCALS_AND_INS FILL_LEVEL
    ba      descend
    nop

bottom:
    save    %sp, -FRAME, %sp
    set     fill_f, %g2
    .irp n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
    ldd     [%g2 + 4 * \n], %f\n
    .endr
    set     FILL_FSR, %g2
    st      %g2, [%g1 + 8]
    ld      [%g1 + 8], %fsr
    set     FILL_Y, %g2
    wr      %g2, %y
    ld      [%g1 + 4], %g7
    set     0x80000000, %g2
    addcc   %g2, %g2, %g0           /* zero, overflow, carry */
    FOR_LOCALS_AND_INS FILL_BOTTOM
    FILL_BOTTOM %g1, 1
    FILL_BOTTOM %g2, 2
    FILL_BOTTOM %g3, 3
    FILL_BOTTOM %g4, 4
    FILL_BOTTOM %g5, 5
    FILL_BOTTOM %g6, 6
    FILL_BOTTOM %o0, 8
    FILL_BOTTOM %o1, 9
    FILL_BOTTOM %o2, 10
    FILL_BOTTOM %o3, 11
    FILL_BOTTOM %o4, 12
    FILL_BOTTOM %o5, 13
    FILL_BOTTOM %o7, 15
    ba      stepped_start
    nop

    /* On a page of its own: QEMU is slow on every page that has a breakpoint. */
    .section .text.start_page, "ax", @progbits
    .align  4096
    .globl  stepped_start
stepped_start:
    nop
    nop
    nop
    jmp     %g7
    nop
    .globl  stepped_done
stepped_done:
    ba      bottom_again
    nop
    .align  4096

    .text
bottom_again:
    st      %g1, [%sp + 96]
    set     found, %g1
    st      %g2, [%g1 + 8]
    st      %g3, [%g1 + 12]
    std     %g4, [%g1 + 16]
    std     %g6, [%g1 + 24]
    std     %o0, [%g1 + 32]
    std     %o2, [%g1 + 40]
    std     %o4, [%g1 + 48]
    std     %o6, [%g1 + 56]
    std     %l0, [%g1 + 64]
    std     %l2, [%g1 + 72]
    std     %l4, [%g1 + 80]
    std     %l6, [%g1 + 88]
    std     %i0, [%g1 + 96]
    std     %i2, [%g1 + 104]
    std     %i4, [%g1 + 112]
    std     %i6, [%g1 + 120]
    ld      [%sp + 96], %g2
    st      %g2, [%g1 + 4]
    rd      %y, %g2
    st      %g2, [%g1 + 4 * FOUND_Y]
    mov     0, %g2
    bneg,a  1f
    or      %g2, 8, %g2
1:  be,a    1f
    or      %g2, 4, %g2
1:  bvs,a   1f
    or      %g2, 2, %g2
1:  bcs,a   1f
    or      %g2, 1, %g2
1:  st      %g2, [%g1 + 4 * FOUND_ICC]
    st      %fsr, [%g1 + 4 * FOUND_FSR]
    .irp n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
    std     %f\n, [%g1 + 4 * FOUND_F + 4 * \n]
    .endr

    set     kept, %g1
    ld      [%g1], %g3
    mov     0, %g5
ascend:
    restore
    cmp     %g3, 0
    be      top
    sll     %g3, 8, %g4
    FOR_LOCALS_AND_INS CHECK_LEVEL
    ba      ascend
    dec     %g3
top:
    ret
    restore %g5, 0, %o0

/* ---- segments -------------------------------------------------------------------------------- */

/* Words that are never executed are `unimp`: nothing else tells them from code that was missed. */
    .globl  segment_plain, segment_windows, segment_areas, segment_calls, segment_asm_calls
    .globl  segment_trap, segment_float, segment_interrupt, segments_end

/* What hangs on condition codes, %y and the order of pc and npc. */
segment_plain:
    addx    %l1, %l2, %o0           /* 1 more: the carry */
    bvs,a   1f                      /* taken: the delay slot counts */
    add     %o0, 1, %o0
    unimp   0
1:  bne,a   1f                      /* not taken: the delay slot is annulled */
    unimp   0
    ba,a    1f
    unimp   0
1:  ba      1f
    ba      2f                      /* a branch in the delay slot of one (QEMU 7.2 cannot do it with bcs) */
1:  inc     %o0
    unimp   0
2:  bl      1f                      /* overflow without sign */
    inc     %o0
    unimp   0
1:  subcc   %g0, %l3, %o1
    rd      %y, %o2
    umul    %l4, %l5, %o3
    rd      %y, %o4
    udiv    %o3, %l4, %o5           /* back to %l5 */
    sub     %o5, %l5, %o5
    wr      %g0, 5, %y
    mulscc  %l6, %l7, %o3
    subxcc  %o3, 0, %o3
    rd      %y, %o4
    wr      %o2, %y
    std     %l6, [%sp + 96]
    ldd     [%sp + 96], %l4
    st      %l3, [%sp + 104]
    swap    [%sp + 104], %o1
    ldstub  [%sp + 104], %g1
    ldsb    [%sp + 104], %g2
2:  call    1f
    inc     %g4
1:  set     2b, %g3
    sub     %o7, %g3, %g3           /* a call leaves its own address */
    set     BOTTOM + 15, %o7
    taddcc  %l1, %l2, %g0           /* tags: overflow */
    ba      stepped_done
    addx    %o5, 0, %o5

/* More windows than there are, down and up. */
segment_windows:
    .irp level, 1, 2, 3, 4, 5, 6, 7, 8, 9
    save    %sp, -96, %sp
    add     %i0, \level, %o0
    mov     3 * \level, %l0
    .endr
    .rept   9
    restore %o0, %l0, %o0
    .endr
    ba      stepped_done
    nop

/* Frames by turns in two memory areas: each spill and fill has its check in C, and so has the way into the software trap at the
 * bottom. At last a return as from a handler with a stack of its own in the other area: the window returned to has to be filled
 * from this one. */
segment_areas:
    set     FAR_STACK, %g1
    mov     %sp, %g2
    .irp level, 1, 3, 5, 7, 9
    sub     %g1, 96, %g1
    save    %g1, 0, %sp
    add     %i0, \level, %o0
    mov     3 * \level, %l0
    .if     \level < 9
    sub     %g2, 96, %g2
    save    %g2, 0, %sp
    add     %i0, \level + 1, %o0
    mov     3 * (\level + 1), %l0
    .endif
    .endr
    ta      0x10
    .rept   9
    restore %o0, %l0, %o0
    .endr
    sub     %g1, 96, %g1
    save    %g1, 0, %sp
    .rept   9
    save    %sp, -96, %sp
    .endr
    .rept   9
    restore
    .endr
    set     0x00700000, %l0         /* zero, overflow, carry; virtual traps on */
    set     1f, %l1
    add     %l1, 4, %l2
    ASM_CALL sparc_iret_nr
    unimp   0
1:  ba      stepped_done
    nop

/* One of each way through a hypercall: short ones, a result in memory, refused, reserved, unknown. */
segment_calls:
    mov     XM_HW_CLOCK, %o1
    set     room, %o2
    HYPERCALL nr_get_time
    mov     %o0, %l0
    mov     XM_EXEC_CLOCK, %o1
    HYPERCALL nr_get_time
    or      %o0, %l0, %l0
    mov     0, %o1
    sethi   %hi(1 << 20), %o2
    HYPERCALL nr_set_irqmask
    or      %o0, %l0, %l0
    HYPERCALL nr_clear_irqmask
    or      %o0, %l0, %l0
    mov     0, %o2
    mov     0, %o3
    mov     0, %o4
    mov     0, %o5
    mov     XM_EXEC_CLOCK, %o1
    HYPERCALL nr_set_timer            /* not armed, and stays so */
    or      %o0, %l0, %l0
    set     room, %o2
    mov     0, %o1
    HYPERCALL nr_get_partition_status
    or      %o0, %l0, %l0
    set     name, %o1
    mov     XM_PARTITION_NAME, %o2
    HYPERCALL nr_get_gid_by_name    /* multiplies: %y */
    or      %o0, %l0, %l0
    set     room, %o2
    mov     9, %o1
    HYPERCALL nr_get_time
    mov     %o0, %l1                /* no such clock */
    HYPERCALL -1
    ba      stepped_done
    mov     %o0, %l2                /* no such call */

segment_asm_calls:
    ASM_CALL sparc_get_psr_nr
    mov     %o0, %l0
    ASM_CALL sparc_set_pil_nr
    ASM_CALL sparc_get_psr_nr
    mov     %o0, %l1
    addcc   %l0, %l0, %g0
    ASM_CALL sparc_clear_pil_nr     /* an interrupt held comes here */
    ASM_CALL sparc_set_pil_nr
    mov     %l0, %o1
    ASM_CALL sparc_set_psr_nr       /* or here */
    ASM_CALL sparc_flush_regwin_nr
    mov     %o0, %l2
    ASM_CALL 99
    ba      stepped_done
    mov     %o0, %l3

/* The partition's own software traps, also where pc and npc do not follow each other; the way into the handler, the handler
 * and the way back are part of what is stepped. */
segment_trap:
    ta      0x10
    ba      1f
    ta      0x10
    unimp   0
1:  te      0x10
    ba      stepped_done
    nop

segment_float:
    fadds   %f0, %f1, %f2
    fcmps   %f1, %f0
    nop
    fbg     1f
    fmuls   %f2, %f1, %f4
    unimp   0
1:  std     %f4, [%sp + 96]
    ldd     [%sp + 96], %f6
    fdivs   %f6, %f1, %f7
    st      %fsr, [%sp + 104]
    ld      [%sp + 104], %fsr
    fcmps   %f7, %f2
    nop
    fbe     1f
    fmovs   %f0, %f8
    unimp   0
1:  ba      stepped_done
    fnegs   %f8, %f9

/* An interrupt of a line that the call forces: the way from the vector into the handler, and back. */
segment_interrupt:
    set     1 << SECOND_LINE, %o1
    mov     0, %o2
    HYPERCALL nr_set_irqpend
    ba      stepped_done
    nop
segments_end:

    .data
    .align  8
fill_f:
    .set    n, 0
    .rept   32
    .word   FILL_F + (n << 16)
    .set    n, n + 1
    .endr

name:
    .asciz  "stepped"

    .bss
    .align  8
kept:
    .skip   16
room:
    .skip   128
    .globl  found
    .align  8
found:
    .skip   4 * FOUND_WORDS

    .section .note.GNU-stack, "", @progbits
