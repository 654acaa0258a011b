/* guest.h - the partition control table, virtual interrupts and bitmaps */
#ifndef XM_INC_GUEST_H
#define XM_INC_GUEST_H

#include <xm_inc/config.h>
#include <xm_inc/arch/arch_types.h>
#include <xm_inc/abi/guest.h>
#include <xm_inc/arch/guest.h>
#include <xm_inc/arch/irqs.h>
#include <xm_inc/arch/processor.h>

#define XM_VT_EXT_IPVI1 (XM_VT_EXT_IPVI0 + 1)
#define XM_VT_EXT_IPVI2 (XM_VT_EXT_IPVI0 + 2)
#define XM_VT_EXT_IPVI3 (XM_VT_EXT_IPVI0 + 3)
#define XM_VT_EXT_IPVI4 (XM_VT_EXT_IPVI0 + 4)
#define XM_VT_EXT_IPVI5 (XM_VT_EXT_IPVI0 + 5)
#define XM_VT_EXT_IPVI6 (XM_VT_EXT_IPVI0 + 6)
#define XM_VT_EXT_IPVI7 (XM_VT_EXT_IPVI0 + 7)
#define XM_VT_EXT_IPVI(n) (XM_VT_EXT_IPVI0 + (n))
#define XM_MAX_IPVI CONFIG_XM_MAX_IPVI
/* XtratuM 3.2 had one interrupt for both kinds of port. */
#define XM_VT_EXT_OBJDESC XM_VT_EXT_SAMPLING_PORT

#define CYCLIC_SCHED 0
#define FP_SCHED 1

#ifndef __ASSEMBLER__

/* Bitmaps are arrays of words, bit 0 is the least significant one of the first word. A bit outside
 * is ignored. */
static inline void xmSetBit(xmWord_t bm[], xm_u32_t bp, xm_s32_t maxBits)
{
    if (bp < (xm_u32_t)maxBits) {
        bm[bp >> XM_LOG2_WORD_SZ] |= 1u << (bp & 31u);
    }
}

static inline void xmClearBit(xmWord_t bm[], xm_u32_t bp, xm_s32_t maxBits)
{
    if (bp < (xm_u32_t)maxBits) {
        bm[bp >> XM_LOG2_WORD_SZ] &= ~(1u << (bp & 31u));
    }
}

/* 1 or 0; -1 when there is no such bit. */
static inline xm_s32_t xmIsBitSet(const xmWord_t bm[], xm_u32_t bp, xm_s32_t maxBits)
{
    if (bp >= (xm_u32_t)maxBits) {
        return -1;
    }
    return (xm_s32_t)((bm[bp >> XM_LOG2_WORD_SZ] >> (bp & 31u)) & 1u);
}

static inline void xmClearBitmap(xmWord_t bm[], xm_s32_t maxBits)
{
    xm_s32_t word;

    for (word = 0; word < (maxBits + 31) / 32; word++) {
        bm[word] = 0;
    }
}

static inline void xmSetBitmap(xmWord_t bm[], xm_s32_t maxBits)
{
    xm_s32_t word;

    for (word = 0; word < (maxBits + 31) / 32; word++) {
        bm[word] = ~0u;
    }
}

#endif
#endif
