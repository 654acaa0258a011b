#include <xm.h>
#include <irqs.h>
#include <xm_inc/arch/asm_offsets.h>

    .text
ENTRY(read_clock)
    mov %o1, %o2
    mov %o0, %o1
    mov get_time_nr, %o0
    mov %o7, %o3
    __XM_HC
    cmp %o0, XM_INVALID_PARAM
    cmp %o0, XM_OK
    retl
     nop

ENTRY(read_psr)
    mov sparc_get_psr_nr, %o0
    __XM_AHC
    mov DIVISION_BY_ZERO, %o2
    retl
     and %o0, PSR_PIL_MASK, %o0
