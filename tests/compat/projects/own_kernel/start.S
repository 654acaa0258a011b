#include <xm.h>
#include "frame.h"

        .section .text.init, "ax"
        .global start, _start
start:
_start:
        mov %g1, %l0
        set _sbss, %o0
        set _ebss, %o1
1:      cmp %o0, %o1
        bgeu 2f
         nop
        st %g0, [%o0]
        ba 1b
         add %o0, 4, %o0
2:      set boot_stack_top - 96, %sp
        mov 0, %fp
        call init_libxm
         mov %l0, %o0

        /* the call by hand, as assembler code makes it */
        mov sparc_write_tbr_nr, %o0
        set vectors, %o1
        __XM_HC
        call kernel_main
         nop
3:      ba 3b
         nop

        /* vector n: 16 bytes */
        .text
        .align 4096
vectors:
        .rept 256
        ba enter
         mov (. - vectors) / 16, %l3
        nop
        nop
        .endr

        /* %l0 flags, %l1 pc, %l2 npc, %l3 vector; the interrupted %sp is %fp */
enter:
        sub %fp, FRAME_SIZE, %sp
        rd %y, %l4
        st %l4, [%sp + FRAME_GLOBALS]
        st %g1, [%sp + FRAME_GLOBALS + 4]
        std %g2, [%sp + FRAME_GLOBALS + 8]
        std %g4, [%sp + FRAME_GLOBALS + 16]
        std %g6, [%sp + FRAME_GLOBALS + 24]
        mov %l3, %o0
        call kernel_trap                ! returns the frame of the task that goes on
         mov %sp, %o1
        cmp %o0, %sp
        be leave
         mov %o0, %l5

        mov sparc_flush_regwin_nr, %o0  ! all windows of the old task to its stack
        __XM_AHC
        std %l0, [%sp + FRAME_WINDOW]
        std %l2, [%sp + FRAME_WINDOW + 8]
        std %i0, [%sp + FRAME_WINDOW + 32]
        std %i2, [%sp + FRAME_WINDOW + 40]
        std %i4, [%sp + FRAME_WINDOW + 48]
        std %i6, [%sp + FRAME_WINDOW + 56]
        mov %l5, %sp
        ldd [%sp + FRAME_WINDOW], %l0
        ldd [%sp + FRAME_WINDOW + 8], %l2
        ldd [%sp + FRAME_WINDOW + 32], %i0
        ldd [%sp + FRAME_WINDOW + 40], %i2
        ldd [%sp + FRAME_WINDOW + 48], %i4
        ldd [%sp + FRAME_WINDOW + 56], %i6
leave:
        ld [%sp + FRAME_GLOBALS], %l4
        wr %l4, %y
        ld [%sp + FRAME_GLOBALS + 4], %g1
        ldd [%sp + FRAME_GLOBALS + 8], %g2
        ldd [%sp + FRAME_GLOBALS + 16], %g4
        ldd [%sp + FRAME_GLOBALS + 24], %g6
        mov sparc_iret_nr, %o0
        __XM_AHC

        .section .bss.noinit, "aw", @nobits
        .align 8
        .skip 4096
boot_stack_top:
