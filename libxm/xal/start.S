/* start.S - first instructions of a partition: to PartitionMain, with a defined stack
 *
 * On entry: %g1 = partition control table; virtual ET 1, PIL 15, all interrupts masked. Reached at
 * boot, after a cold reset (whole image reloaded) and after a warm reset (memory as it was left).
 * The current window and %y are garbage. Vector 0 of the trap table leads here too. */
#include <xm.h>
#include <xm_inc/arch/asm_offsets.h>
#include <config.h>

#define MIN_FRAME 96 /* window save area, hidden parameter, argument slots (SPARC ABI) */

    .section .text.init, "ax", @progbits
    .align 8
    .globl start, _start
    .type start, #function
start:
_start:
    mov %g1, %l0                        ! calls keep %l0: the partition control table

    ld [%l0 + PCT_ID_OFFSET], %l1
    srl %l1, 8, %l1                     ! %l1 = number of this vCPU
    cmp %l1, 0
    bne 2f
     nop

    set _sbss, %o0                      ! only vCPU 0: the others would wipe its data
    set _ebss, %o1
1:  cmp %o0, %o1
    bgeu 2f
     nop
    st %g0, [%o0]
    ba 1b
     add %o0, 4, %o0

2:  set STACK_SIZE, %o0
    umul %l1, %o0, %o1
    set __stack, %l2
    add %l2, %o1, %l2                   ! %l2 = lowest byte of this vCPU's stack
    add %l2, %o0, %l3                   ! %l3 = its end
    sub %l3, MIN_FRAME, %sp
    mov 0, %fp                          ! end of the chain for a debugger

    call init_libxm
     mov %l0, %o0
    call SetupIrqs
     nop
    set _traptab, %o0
    call XM_sparc_write_tbr             ! after SetupIrqs: no trap may find an empty handler table
     nop

    /* The frames of the calls above, and of the life before a reset, lie where PartitionMain's
     * locals will: programs rely on reading zero there. Our own window may be spilled to the top
     * frame later; until then it need not survive. */
    mov 0, %g1                          ! std stores %g0 and %g1
3:  std %g0, [%l2]
    add %l2, 8, %l2
    cmp %l2, %l3
    blu 3b
     nop

    call PartitionMain
     nop

    call xal_halt_self                  ! returning from PartitionMain ends the partition
     nop
4:  ba 4b
     nop
    .size start, . - start

    .section .bss.noinit, "aw", @nobits
    .align 8
    .globl __stack
    .type __stack, #object
__stack:
    .skip STACK_SIZE * CONFIG_MAX_NO_VCPUS
    .size __stack, . - __stack

    .section .note.GNU-stack, "", @progbits
