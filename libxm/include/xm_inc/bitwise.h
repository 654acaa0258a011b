/* bitwise.h - first and last bit of a word */
#ifndef XM_INC_BITWISE_H
#define XM_INC_BITWISE_H

#include <xm_inc/arch/arch_types.h>

#ifndef __ASSEMBLER__

/* Number of the lowest bit that is 1; -1 for 0. */
static inline xm_s32_t _Ffs(xm_u32_t x)
{
    return x ? 31 - (xm_s32_t)__builtin_clz(x & -x) : -1;
}

/* Number of the highest bit that is 1; -1 for 0. */
static inline xm_s32_t _Fls(xm_u32_t x)
{
    return x ? 31 - (xm_s32_t)__builtin_clz(x) : -1;
}

/* Number of the lowest bit that is 0; -1 when there is none. */
static inline xm_s32_t _Ffz(xm_u32_t x)
{
    return _Ffs(~x);
}

#endif
#endif
