/* psr.h - processor state bits and address spaces of SPARC V8 and the LEON3, for C and assembler */
#ifndef XM_SPARC_PSR_H
#define XM_SPARC_PSR_H

#define PSR_CWP 0x1f
#define PSR_ET 0x20
#define PSR_PS 0x40
#define PSR_S 0x80
#define PSR_PIL 0xf00
#define PSR_EF 0x1000
#define PSR_ICC 0x00f00000

#define FSR_QNE 0x2000 /* a failed operation waits in the queue */

/* LEON2 and LEON3 have eight register windows; arch_boot() checks. */
#define NWINDOWS 8

#define TRAP_FP_EXCEPTION 0x08

/* Software trap with which the idle loop enters the kernel; from a partition the same number is its
 * own trap. */
#define TRAP_KERNEL_YIELD 0xf2

/* Address spaces and SRMMU registers (GRLIB IP manual, LEON3 MMU). */
#define ASI_TLB_FLUSH 0x18
#define ASI_MMU 0x19
#define ASI_BYPASS 0x1c
#define MMU_CONTROL 0x000
#define MMU_CONTEXT_TABLE 0x100
#define MMU_CONTEXT 0x200
#define MMU_FAULT_STATUS 0x300
#define MMU_FAULT_ADDRESS 0x400

#endif
