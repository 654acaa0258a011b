/* A program in the place of the hypervisor, for tests of the boot loader: entered as abi/image.h says, it prints what it
 * was given and found, and resets the system warm, then cold, then stops. See hypervisor.c. */
#include "../../hypervisor/abi/types.h"
    .section .trap_table, "ax"
    .global entry
entry:
    rd      %psr, %o2
    set     stack_top - 96, %sp
    call    hypervisor_main
     clr    %fp
stop:
    ta      0
    nop
    .org    4096                        /* XM_HYPERVISOR_HEADER_OFFSET */
    .word   0x24584d68, 0
#ifdef WRONG_ABI
    .word   XM_SET_VERSION(9, 9, 9)
#else
    .word   XM_SET_VERSION(XM_ABI_VERSION, XM_ABI_SUBVERSION, XM_ABI_REVISION)
#endif
    .word   XM_SET_VERSION(XM_API_VERSION, XM_API_SUBVERSION, XM_API_REVISION)
    .word   config_area, 0, 0, 0

    .text
    .global jump
jump:                                   /* jump(address): with a register window state the loader must not rely on */
    wr      %g0, 0xe5, %psr             /* window 5, traps enabled */
    nop
    nop
    nop
    jmp     %g1
     wr     %g0, 0xff, %wim
    .section .note.GNU-stack, "", %progbits
