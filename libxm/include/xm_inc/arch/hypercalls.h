/* hypercalls.h - entry into the hypervisor from assembler
 *
 * __XM_HC:  number in %o0, arguments in %o1..%o5, result in %o0; take %o0-%o5 and %o7 as
 * overwritten.
 * __XM_AHC: number in %o0, argument in %o1, result in %o0; only %o registers change.
 * A trap instruction takes the low seven bits of the trap type. */
#ifndef XM_INC_ARCH_HYPERCALLS_H
#define XM_INC_ARCH_HYPERCALLS_H

#include <xm_inc/abi/guest.h>

#ifdef __ASSEMBLER__
#define __XM_HC                                                                                    \
    ta XM_HYPERCALL_TRAP & 0x7f;                                                                   \
    nop
#define __XM_AHC                                                                                   \
    ta XM_ASMHYPERCALL_TRAP & 0x7f;                                                                \
    nop
#endif

#endif
