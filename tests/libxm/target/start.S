/* start.S - runs the runtime's objects on the bare processor: window handlers, sparc_iret, and
 * nothing else of a hypervisor
 *
 * Entry: supervisor mode from the emulator's loader, traps off, windows in any state. Ends in C
 * with power_off(). Any other trap stops the emulator in error mode, which the test sees. */
#define WINDOWS 8
#define PSR_RUN 0xfa0 /* PIL 15, S, ET: no interrupts, window traps */

    .section .text.traptab, "ax", @progbits
    .align 4096
    .globl bare_start
bare_start:
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
    .rept 0xf1 - 7
    ba stop
     nop
    nop
    nop
    .endr
    ba iret                             ! the trap of assembler calls
     nop
    nop
    nop
    .rept 255 - 0xf1
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
    set bare_start, %g1
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
    set 0xdeadbeef, %g2                 ! registers as a reset partition may find them
    set 0xdeadbeef, %g3
    set partition_table, %g1
    ba start                            ! the runtime's own start, as the hypervisor enters it
     nop

/* Traps off, then a trap: the emulator ends. From here with status 0, from error mode with
 * another. */
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

/* A save met the invalid window, which is current now: move the mark one window further down, and
 * store the window that it then stands at. */
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

/* The hypervisor's side of sparc_iret, as the contract states it: the caller's %l0 = flags, %l1 =
 * pc, %l2 = npc; condition codes come back and the window moves up by one, after a fill if the
 * interrupted code's window was spilled meanwhile. */
iret:
    cmp %i0, 0                          ! sparc_iret_nr
    bne stop
     nop
    restore                             ! to the caller's window, which was current a moment ago
    rd %psr, %l4
    and %l4, 0x1f, %l5
    inc %l5
    and %l5, WINDOWS - 1, %l5
    rd %wim, %l6
    srl %l6, %l5, %l7
    btst 1, %l7
    be 1f
     nop
    sll %l6, 1, %l7
    srl %l6, WINDOWS - 1, %l6
    or %l7, %l6, %l7
    wr %l7, %wim
    nop
    nop
    nop
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
1:  set 0x00f00000, %l5                 ! condition codes
    andn %l4, %l5, %l4
    and %l0, %l5, %l5
    wr %l4, %l5, %psr
    nop
    nop
    nop
    jmp %l1
     rett %l2

/* void interrupt(xm_u32_t vector_address, xm_u32_t registers[25]): every register gets a known
 * value, then a virtual trap is entered at vector_address as the hypervisor would do it; what the
 * interrupted code finds afterwards goes to registers: %g1-%g7, %y, %l0-%l7, %o0-%o5, %o7,
 * condition codes, marker. */
    .globl interrupt
interrupt:
    save %sp, -96, %sp
    set vector_address, %l0
    st %i0, [%l0]
    set 0x1001, %g1
    set 0x1002, %g2
    set 0x1003, %g3
    set 0x1004, %g4
    set 0x1005, %g5
    set 0x1006, %g6
    set 0x1007, %g7
    set 0x1008, %l0
    wr %l0, %y
    set 0x2000, %l0
    set 0x2001, %l1
    set 0x2002, %l2
    set 0x2003, %l3
    set 0x2004, %l4
    set 0x2005, %l5
    set 0x2006, %l6
    set 0x2007, %l7
    set 0x3000, %o0
    set 0x3001, %o1
    set 0x3002, %o2
    set 0x3003, %o3
    set 0x3004, %o4
    set 0x3005, %o5
    set 0x3007, %o7
    subcc %g0, 1, %g0                   ! negative and carry
    save %g0, %g0, %g0                  ! the new window of a trap; its %sp is not set
    rd %psr, %l0
    set resumed, %l1
    add %l1, 4, %l2
    set vector_address, %l4
    ld [%l4], %l4
    jmp %l4
     nop
    .globl resumed
resumed:
    st %g1, [%i1 + 0]
    st %g2, [%i1 + 4]
    st %g3, [%i1 + 8]
    st %g4, [%i1 + 12]
    st %g5, [%i1 + 16]
    st %g6, [%i1 + 20]
    st %g7, [%i1 + 24]
    rd %y, %g1
    st %g1, [%i1 + 28]
    std %l0, [%i1 + 32]
    std %l2, [%i1 + 40]
    std %l4, [%i1 + 48]
    std %l6, [%i1 + 56]
    std %o0, [%i1 + 64]
    std %o2, [%i1 + 72]
    std %o4, [%i1 + 80]
    st %o7, [%i1 + 88]
    rd %psr, %g1
    st %g1, [%i1 + 92]
    set 0x4000, %g1
    ba 2f
     st %g1, [%i1 + 96]
    .globl resumed_elsewhere
resumed_elsewhere:
    set 0x5000, %g1
    st %g1, [%i1 + 96]
2:  ret
     restore

    .section .bss
    .align 4
vector_address:
    .skip 4
    .align 8
    .skip 16384
stack_end:

    .section .note.GNU-stack, "", @progbits
