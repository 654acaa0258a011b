/* irqs.h - virtual traps on SPARC: vectors, context record, interrupt enabling
 *
 * trapCtxt_t is filled by the trap entry in trap.S; its layout is asserted in irqs.c. */
#ifndef XAL_ARCH_IRQS_H
#define XAL_ARCH_IRQS_H

#include <xm.h>

#define TRAPTAB_LENGTH 256

/* Vector of hardware line n and of extended interrupt n. */
#define SPARC_HWIRQ_TRAP(n) ((n) + XM_HWIRQ_VECTOR)
#define XAL_XMEXT_TRAP(n) (((n) - XM_VT_EXT_FIRST) + XM_EXTIRQ_VECTOR)

/* Names of the qualified branch. */
#define XM_VT_EXT_HW_TIMER_TTAB XAL_XMEXT_TRAP(XM_VT_EXT_HW_TIMER)
#define XM_VT_EXT_QUEUING_PORT_TTAB XAL_XMEXT_TRAP(XM_VT_EXT_QUEUING_PORT)
#define XM_VT_EXT_CYCLIC_SLOT_START_TTAB XAL_XMEXT_TRAP(XM_VT_EXT_CYCLIC_SLOT_START)
#define XM_VT_EXT_SHUTDOWN_TTAB XAL_XMEXT_TRAP(XM_VT_EXT_SHUTDOWN)

/* Offsets in trapCtxt_t, for trap.S. */
#define TRAPCTXT_Y 0
#define TRAPCTXT_G1 4
#define TRAPCTXT_NPC 32
#define TRAPCTXT_IRQNR 36
#define TRAPCTXT_FLAGS 40
#define TRAPCTXT_PC 44
#define TRAPCTXT_SIZE 48

#ifndef __ASSEMBLER__

/* State at the interrupted instruction. A handler may change pc and nPc, and flags, before it
 * returns. */
typedef struct {
    xm_u32_t y, g1, g2, g3, g4, g5, g6, g7;
    xm_u32_t nPc;
    xm_u32_t irqNr; /* vector, 0..255 */
    xm_u32_t flags; /* PSR view */
    xm_u32_t pc;
} trapCtxt_t;

#define HwSti() XM_sparc_clear_pil()
#define HwCli() XM_sparc_set_pil()
#define HwSaveFlags(flags) ((flags) = XM_sparc_get_psr())
#define HwRestoreFlags(flags) XM_sparc_set_psr(flags)
#define HwSaveFlagsCli(flags)                                                                      \
    do {                                                                                           \
        HwSaveFlags(flags);                                                                        \
        HwCli();                                                                                   \
    } while (0)
#define HwIsSti() ((XM_get_PCT()->iFlags & (PSR_ET_BIT | PSR_PIL_MASK)) == PSR_ET_BIT)

#endif
#endif
