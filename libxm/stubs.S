/* stubs.S - XM_<name> for every row of abi/hypercalls.def
 *
 * A stub loads the call's number and joins the common end, which moves the arguments up by one
 * register (the compiler's %o0..%o4 are the call's %o1..%o5). A 64-bit argument already lies in
 * two consecutive registers, high word first, so one end serves every row. On entry and exit: an
 * ordinary leaf call, current window unchanged, result in %o0. */
#include <xm_inc/abi/guest.h>

/* A call that the library completes (memory.c) has its stub under another name. */
#define XM_memory_copy xm_memory_copy_piece
#define XM_CALL(nr, name, who, args, text) stub nr, XM_##name

    .macro stub nr, name
    .globl \name
    .type \name, #function
\name:
    ba hypercall
     mov \nr, %g1
    .size \name, . - \name
    .endm

    .text
    .align 4
#include <xm_inc/abi/hypercalls.def>

    .type hypercall, #function
hypercall:
    mov %o4, %o5
    mov %o3, %o4
    mov %o2, %o3
    mov %o1, %o2
    mov %o0, %o1
    mov %g1, %o0
    ta XM_HYPERCALL_TRAP & 0x7f
    nop
    retl
     nop
    .size hypercall, . - hypercall

    .section .note.GNU-stack, "", @progbits
