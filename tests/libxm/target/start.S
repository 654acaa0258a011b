/* start.S - runs the runtime's objects on the bare processor: trap table with window handlers only, no hypervisor
 *
 * Entry: supervisor mode from the emulator's loader, traps off, windows in any state. Ends in C with power_off(). Any other
 * trap stops the emulator in error mode, which the test sees. */
#define WINDOWS 8
#define PSR_RUN 0xfa0 /* PIL 15, S, ET: no interrupts, window traps */

    .section .text.traptab, "ax", @progbits
    .align 4096
    .globl _start
_start:
    ba boot
     nop
    nop
    nop
    .rept 4
    ba stop
     nop
    nop
    nop
    .endr
    ba spill
     mov %wim, %l3
    nop
    nop
    ba fill
     mov %wim, %l3
    nop
    nop
    .rept 249
    ba stop
     nop
    nop
    nop
    .endr

boot:
    wr %g0, 0xf80, %psr                 ! window 0, traps off
    nop
    nop
    nop
    wr %g0, 2, %wim                     ! window 1 is invalid
    set _start, %g1
    wr %g1, %tbr
    nop
    nop
    nop
    set _sbss, %g2
    set _ebss, %g3
1:  st %g0, [%g2]
    add %g2, 4, %g2
    cmp %g2, %g3
    blu 1b
     nop
    set stack_end - 96, %sp
    mov 0, %fp
    wr %g0, PSR_RUN, %psr
    nop
    nop
    nop
    call target_main
     nop

/* Traps off, then a trap: the emulator ends. From here with status 0, from error mode with another. */
    .globl power_off
power_off:
    wr %g0, 0xf80, %psr
    nop
    nop
    nop
    ta 0
    nop

stop:
    unimp 0                             ! in a trap: error mode

/* A save met the invalid window, which is current now: move the mark one window further down, and store the window that
 * it then stands at. */
spill:
    srl %l3, 1, %l4
    sll %l3, WINDOWS - 1, %l5
    or %l4, %l5, %l4
    mov %g1, %l6
    mov %l4, %g1
    save                                ! to the window that becomes invalid
    wr %g1, %wim
    nop
    nop
    nop
    std %l0, [%sp + 0]
    std %l2, [%sp + 8]
    std %l4, [%sp + 16]
    std %l6, [%sp + 24]
    std %i0, [%sp + 32]
    std %i2, [%sp + 40]
    std %i4, [%sp + 48]
    std %i6, [%sp + 56]
    restore
    mov %l6, %g1
    jmp %l1
     rett %l2

/* A restore met the invalid window: move the mark up, and load the window it stood at. */
fill:
    sll %l3, 1, %l4
    srl %l3, WINDOWS - 1, %l5
    or %l4, %l5, %l4
    wr %l4, %wim
    nop
    nop
    nop
    restore
    restore
    ldd [%sp + 0], %l0
    ldd [%sp + 8], %l2
    ldd [%sp + 16], %l4
    ldd [%sp + 24], %l6
    ldd [%sp + 32], %i0
    ldd [%sp + 40], %i2
    ldd [%sp + 48], %i4
    ldd [%sp + 56], %i6
    save
    save
    jmp %l1
     rett %l2

    .section .bss
    .align 8
    .skip 16384
stack_end:

    .section .note.GNU-stack, "", @progbits
