/* stubs.S - XM_<name> for every row of abi/hypercalls.def
 *
 * A stub moves its arguments up by one register (the compiler's %o0..%o4 are the call's %o1..%o5),
 * puts the call's number into %o0 and traps. A 64-bit argument already lies in two consecutive
 * registers, high word first. On entry and exit: an ordinary leaf call, current window unchanged,
 * result in %o0. */
#include <xm_inc/abi/guest.h>

/* A call that the library completes (memory.c) has its stub under another name. */
#define XM_memory_copy xm_memory_copy_piece
#define XM_CALL(nr, name, who, args, text) stub nr, XM_##name, WORDS args

/* Registers that an argument takes. */
#define WORDS(...) __VA_ARGS__
#define NONE 0
#define U32(x) 1
#define S32(x) 1
#define TIME(x) 2
#define U64(x) 2
#define NAME(x) 1
#define IN(t, x) 1
#define OUT(t, x) 1
#define OUT_OPT(t, x) 1
#define INOUT(t, x) 1
#define BUF_IN(x) 1
#define BUF_OUT(x) 1
#define ADDR(x) 1

    .macro stub nr, name, words:vararg
    .globl \name
    .type \name, #function
\name:
    .set count, 0
    .irp n, \words
    .set count, count + \n
    .endr
    .if count > 4
    mov %o4, %o5
    .endif
    .if count > 3
    mov %o3, %o4
    .endif
    .if count > 2
    mov %o2, %o3
    .endif
    .if count > 1
    mov %o1, %o2
    .endif
    .if count > 0
    mov %o0, %o1
    .endif
    mov \nr, %o0
    ta XM_HYPERCALL_TRAP & 0x7f
    retl
     nop
    .size \name, . - \name
    .endm

    .text
    .align 4
#include <xm_inc/abi/hypercalls.def>

    .section .note.GNU-stack, "", @progbits
