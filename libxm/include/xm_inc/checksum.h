/* checksum.h - the 16-bit sum that health-monitor and trace records carry */
#ifndef XM_INC_CHECKSUM_H
#define XM_INC_CHECKSUM_H

#include <xm_inc/arch/arch_types.h>

#ifndef __ASSEMBLER__

/* Ones' complement sum over size bytes (a last odd byte counts as the high half of a word), carries
 * folded, inverted. Over a record whose checksum field is right the result is 0. */
static inline xm_u16_t CalcCheckSum(const void *record, xm_u32_t size)
{
    const xm_u8_t *byte = (const xm_u8_t *)record;
    xm_u32_t sum = 0;
    xm_u32_t i;

    for (i = 0; i < size; i++) {
        sum += (i & 1u) ? byte[i] : (xm_u32_t)byte[i] << 8;
        sum = (sum & 0xffffu) + (sum >> 16);
    }
    return (xm_u16_t)~sum;
}

#endif
#endif
