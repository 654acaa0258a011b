/* processor.h - fields of the processor state register, as a partition sees them in saved flags
 * (SPARC V8 manual, 4.2) */
#ifndef XM_INC_ARCH_PROCESSOR_H
#define XM_INC_ARCH_PROCESSOR_H

#define PSR_CWP_MASK 0x1f
#define PSR_ET_BIT 0x20
#define PSR_PS_BIT 0x40
#define PSR_S_BIT 0x80
#define PSR_PIL_MASK 0xf00
#define PSR_EF_BIT 0x1000
#define PSR_EC_BIT 0x2000
#define PSR_ICC_MASK 0x00f00000

#endif
