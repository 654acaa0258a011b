/* irqs.h - SPARC trap types by name, as InstallTrapHandler takes them
 *
 * The names of exceptions are expanded from abi/hm_events.def. */
#ifndef XM_INC_ARCH_IRQS_H
#define XM_INC_ARCH_IRQS_H

#include <xm_inc/abi/types.h>
#include <xm_inc/abi/hm.h>

#define HM_EVENT(id, name, group, action, log, cause)
#define HM_EVENT_ALIAS(old_name, name)
#define HM_ACTION(id, name, short_name, effect)
#define HM_ACTION_ALIAS(old_name, in_partition, in_hypervisor)

#ifdef __ASSEMBLER__
#define HM_TRAP(tt, index, trap_name, event) .set trap_name, tt
#include <xm_inc/abi/hm_events.def>
#else
#define HM_TRAP(tt, index, trap_name, event) trap_name = tt,
enum {
#include <xm_inc/abi/hm_events.def>
};

struct trapHandler {
    xmAddress_t pc;
};
#endif

#undef HM_EVENT
#undef HM_EVENT_ALIAS
#undef HM_ACTION
#undef HM_ACTION_ALIAS
#undef HM_TRAP

#define INTERRUPT_LEVEL_1 0x11
#define INTERRUPT_LEVEL_2 0x12
#define INTERRUPT_LEVEL_3 0x13
#define INTERRUPT_LEVEL_4 0x14
#define INTERRUPT_LEVEL_5 0x15
#define INTERRUPT_LEVEL_6 0x16
#define INTERRUPT_LEVEL_7 0x17
#define INTERRUPT_LEVEL_8 0x18
#define INTERRUPT_LEVEL_9 0x19
#define INTERRUPT_LEVEL_10 0x1a
#define INTERRUPT_LEVEL_11 0x1b
#define INTERRUPT_LEVEL_12 0x1c
#define INTERRUPT_LEVEL_13 0x1d
#define INTERRUPT_LEVEL_14 0x1e
#define INTERRUPT_LEVEL_15 0x1f

#endif
