/* trap.S - the virtual trap table and the way into a handler and back
 *
 * The hypervisor enters vector n at _traptab + 16 n with: a new register window (its %i registers
 * are the interrupted %o registers), %l0 = interrupted PSR view, %l1 = pc, %l2 = npc, virtual ET
 * 0, globals and %y of the interrupted code. Windows are the hypervisor's business: a save or
 * restore here never traps to the partition. */
#include <xm.h>
#include <arch/irqs.h>

#define MIN_FRAME 96
#define FRAME (MIN_FRAME + TRAPCTXT_SIZE)
#define CTXT(field) [%sp + MIN_FRAME + TRAPCTXT_##field]
#define CTXT_G(n) [%sp + MIN_FRAME + TRAPCTXT_G1 + 4 * ((n) - 1)]

    .section .text.traptab, "ax", @progbits
    .align 4096
    .globl _traptab
    .type _traptab, #object
_traptab:
    sethi %hi(start), %l3
    jmp %l3 + %lo(start)
     nop
    nop

    .set vector, 1
    .rept TRAPTAB_LENGTH - 1
    ba trap_entry
     mov vector, %l3
    nop
    nop
    .set vector, vector + 1
    .endr
    .size _traptab, . - _traptab

    .text
/* %l3 = vector. The frame lies below the interrupted one, whose %sp is our %fp. */
    .type trap_entry, #function
trap_entry:
    sub %fp, FRAME, %sp
    rd %y, %l4
    st %l4, CTXT(Y)
    st %g1, CTXT_G(1)
    std %g2, CTXT_G(2)
    std %g4, CTXT_G(4)
    std %g6, CTXT_G(6)
    st %l2, CTXT(NPC)
    st %l3, CTXT(IRQNR)
    st %l0, CTXT(FLAGS)
    st %l1, CTXT(PC)

    set trapHandlersTab, %l4
    sll %l3, 2, %l3
    ld [%l4 + %l3], %l4
    call %l4
     add %sp, MIN_FRAME, %o0

    /* The handler may have changed the record: everything comes from there. */
    ld CTXT(Y), %l4
    wr %l4, %y
    ld CTXT_G(1), %g1
    ldd CTXT_G(2), %g2
    ldd CTXT_G(4), %g4
    ldd CTXT_G(6), %g6
    ld CTXT(NPC), %l2
    ld CTXT(FLAGS), %l0
    ld CTXT(PC), %l1
    mov sparc_iret_nr, %o0
    __XM_AHC                            ! continues at %l1 in the interrupted window
    .size trap_entry, . - trap_entry

    .section .note.GNU-stack, "", @progbits
