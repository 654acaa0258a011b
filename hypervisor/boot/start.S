/* start.S - entry of the boot loader, and the jump into the hypervisor
 *
 * Reached from power-on (at PROM address 0), from a debug monitor or QEMU's own start code, and
 * again from a running hypervisor that resets the system. Entry: supervisor mode, traps off or
 * unknown, MMU off, any window, any stack. Nothing of an earlier run is used: all state is set
 * here, and the loader has no writable data but its stack.
 *
 * The C code is compiled with -mflat, so there is no save and no restore: one register window does
 * for everything, and with traps off no window trap could be taken anyway. */

/* Supervisor, previous supervisor, interrupt level 15; traps off, FPU off, window 0. */
#define PSR_BOOT 0xfc0
/* Any window but the current one. */
#define WIM_BOOT 2
/* Smallest frame: 64 bytes of window save, 4 struct return, 24 arguments, rounded to 8. */
#define FRAME_BYTES 96

    .section .text.start, "ax"
    .global boot_start
    .type boot_start, #function
boot_start:
    wr      %g0, PSR_BOOT, %psr
    nop                                 /* WRPSR and WRWIM may take three instructions to act (SPARC V8, B.29) */
    nop
    nop
    wr      %g0, WIM_BOOT, %wim
    nop
    nop
    nop
    set     boot_stack_top, %sp
    sub     %sp, FRAME_BYTES, %sp
    clr     %fp
    set     boot_container, %o0
    set     boot_container_size, %o1
    set     boot_from_prom, %o2
    call    boot_main
     nop
    /* boot_main returns only when it refused: stop. With traps off this is error mode on a board;
     * QEMU ends with status 0. */
    ta      0
    nop

/* void boot_enter(entry, container, loader): clean the caches of what was written as data, then go.
 * Does not return. The hypervisor finds the container in %o0 and the loader's entry in %o1
 * (abi/image.h). */
    .section .text.enter, "ax"
    .global boot_enter
    .type boot_enter, #function
boot_enter:
    flush   %g0
    nop
    nop
    nop
    mov     %o0, %g1
    mov     %o1, %o0
    jmp     %g1
     mov    %o2, %o1

    .section .note.GNU-stack, "", %progbits
