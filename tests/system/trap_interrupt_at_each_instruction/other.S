/* other.S - the partition that gets the processor between: every register filled with its own values, and looked at for ever
 *
 * `other_seen` counts rounds, `other_wrong` gathers every bit that was ever wrong. Seven windows deep, so that all there are
 * hold its values. */
#include <xm.h>

#define FRAME 96
#define OWN 0xc0000000
#define OWN_Y 0x0badcafe
#define OWN_F 0x40400000
#define OWN_FSR 0xc0000000 /* round down */

.macro FOR_LOCALS do, level
    \do     %l0, \level * 256 + 16
    \do     %l1, \level * 256 + 17
    \do     %l2, \level * 256 + 18
    \do     %l3, \level * 256 + 19
    \do     %l4, \level * 256 + 20
    \do     %l5, \level * 256 + 21
    \do     %l6, \level * 256 + 22
    \do     %l7, \level * 256 + 23
    \do     %i0, \level * 256 + 24
    \do     %i1, \level * 256 + 25
    \do     %i2, \level * 256 + 26
    \do     %i3, \level * 256 + 27
    \do     %i4, \level * 256 + 28
    \do     %i5, \level * 256 + 29
    \do     %i7, \level * 256 + 31
.endm

.macro FILL register, value
    set     OWN + \value, \register
.endm

/* %g3 gathers what is wrong. */
.macro CHECK register, value
    set     OWN + \value, %g2
    xor     %g2, \register, %g2
    or      %g3, %g2, %g3
.endm

    .text
    .globl  PartitionMain
PartitionMain:
    set     own_f, %g1
    .irp n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
    ldd     [%g1 + 4 * \n], %f\n
    .endr
    ld      [%g1 + 128], %fsr
    mov     0, %g3
forever:
    .irp level, 1, 2, 3, 4, 5, 6, 7
    save    %sp, -FRAME, %sp
    FOR_LOCALS FILL, \level
    .endr
    set     OWN_Y, %g2
    wr      %g2, %y
    FILL    %g4, 4
    FILL    %g5, 5
    FILL    %g6, 6
    FILL    %g7, 7
    set     0x7fffffff, %g2
    addcc   %g2, 1, %g0             /* negative, overflow; nothing up to the branches changes it */
    set     seen_f, %g1
    .irp n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
    std     %f\n, [%g1 + 4 * \n]
    .endr
    .set    n, 0
    .rept   32
    ld      [%g1 + 4 * n], %g2
    set     OWN_F + (n << 16), %o0
    xor     %g2, %o0, %g2
    or      %g3, %g2, %g3
    .set    n, n + 1
    .endr
    st      %fsr, [%g1]
    ld      [%g1], %g2
    srl     %g2, 30, %g2
    xor     %g2, OWN_FSR >> 30, %g2
    or      %g3, %g2, %g3
    CHECK   %g4, 4
    CHECK   %g5, 5
    CHECK   %g6, 6
    CHECK   %g7, 7
    rd      %y, %o0
    set     OWN_Y, %g2
    xor     %o0, %g2, %g2
    or      %g3, %g2, %g3
    bpos    broken
    nop
    bvc     broken
    nop
    bcs     broken
    nop
    be      broken
    nop
    .irp level, 7, 6, 5, 4, 3, 2, 1
    FOR_LOCALS CHECK, \level
    restore
    .endr
report:
    set     other_wrong, %g1
    st      %g3, [%g1]
    ld      [%g1 + 4], %g2
    inc     %g2
    ba      forever
    st      %g2, [%g1 + 4]

broken:
    .irp level, 7, 6, 5, 4, 3, 2, 1
    restore
    .endr
    ba      report
    mov     -1, %g3

    .data
    .align  8
own_f:
    .set    n, 0
    .rept   32
    .word   OWN_F + (n << 16)
    .set    n, n + 1
    .endr
    .word   OWN_FSR

    .bss
    .align  8
seen_f:
    .skip   128
    .globl  other_wrong, other_rounds
other_wrong:
    .skip   4
other_rounds:
    .skip   4

    .section .note.GNU-stack, "", @progbits
