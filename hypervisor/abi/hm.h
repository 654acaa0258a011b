/* hm.h - numbers of the health-monitor events and actions, and which action may answer which event
 *
 * Everything here is expanded from hm_events.def. */
#ifndef XM_ABI_HM_H
#define XM_ABI_HM_H

#ifndef __ASSEMBLER__

#define HM_EVENT(id, name, group, action, log, cause) name = id,
#define HM_EVENT_ALIAS(old_name, name) old_name = name,
#define HM_ACTION(id, name, short_name, effect)
#define HM_ACTION_ALIAS(old_name, in_partition, in_hypervisor)
#define HM_TRAP(tt, index, trap_name, event)
enum xm_hm_event {
#include "hm_events.def"
    XM_HM_EVENT_COUNT = 40
};
#undef HM_EVENT
#undef HM_EVENT_ALIAS
#undef HM_ACTION

#define HM_EVENT(id, name, group, action, log, cause)
#define HM_EVENT_ALIAS(old_name, name)
#define HM_ACTION(id, name, short_name, effect) name = id,
enum xm_hm_action {
#include "hm_events.def"
    XM_HM_ACTION_COUNT = 11
};
#undef HM_EVENT
#undef HM_EVENT_ALIAS
#undef HM_ACTION
#undef HM_ACTION_ALIAS
#undef HM_TRAP

#endif

#define XM_HM_MAX_GENERIC_EVENTS 7
#define XM_HM_MAX_EVENTS XM_HM_EVENT_COUNT
#define XM_HM_MAX_ACTIONS XM_HM_ACTION_COUNT
#define XM_HM_LOG_DISABLED 0
#define XM_HM_LOG_ENABLED 1

/* Processor exceptions are numbered 0..18 by route_irq; 20 entries are kept in the partition
 * control table. */
#define NO_TRAPS 20

/* HM_GROUPS: bit n of a mask = action n is permitted. Rows of libxm-interface section 5.7 (XtratuM
 * 3.7); GENERIC follows the wider table of 3.2, whose events these are. */
#define XM_HM_BIT(action) (1u << XM_HM_AC_##action)
#define XM_HM_ALL_ACTIONS ((1u << XM_HM_ACTION_COUNT) - 1u)
#define XM_HM_SYSTEM_RESETS (XM_HM_BIT(HYPERVISOR_COLD_RESET) | XM_HM_BIT(HYPERVISOR_WARM_RESET))
#define XM_HM_PARTITION_RESETS (XM_HM_BIT(PARTITION_COLD_RESET) | XM_HM_BIT(PARTITION_WARM_RESET))

#define XM_HM_PARTITION_MASK_INTERNAL (XM_HM_BIT(PARTITION_HALT) | XM_HM_BIT(HYPERVISOR_HALT))
#define XM_HM_PARTITION_MASK_SYSTEM                                                                \
    (XM_HM_ALL_ACTIONS & ~(XM_HM_BIT(IGNORE) | XM_HM_BIT(PROPAGATE)))
#define XM_HM_PARTITION_MASK_PARTITION (XM_HM_ALL_ACTIONS & ~XM_HM_BIT(PROPAGATE))
#define XM_HM_PARTITION_MASK_UNEXPECTED (XM_HM_ALL_ACTIONS & ~XM_HM_BIT(PROPAGATE))
#define XM_HM_PARTITION_MASK_PROCESSOR XM_HM_ALL_ACTIONS
#define XM_HM_PARTITION_MASK_GENERIC (XM_HM_ALL_ACTIONS & ~XM_HM_BIT(PROPAGATE))
#define XM_HM_PARTITION_MASK_APPLICATION (XM_HM_ALL_ACTIONS & ~XM_HM_BIT(PROPAGATE))

#define XM_HM_HYPERVISOR_MASK_INTERNAL (XM_HM_SYSTEM_RESETS | XM_HM_BIT(HYPERVISOR_HALT))
#define XM_HM_HYPERVISOR_MASK_SYSTEM XM_HM_BIT(HYPERVISOR_HALT)
#define XM_HM_HYPERVISOR_MASK_PARTITION XM_HM_BIT(HYPERVISOR_HALT)
#define XM_HM_HYPERVISOR_MASK_UNEXPECTED                                                           \
    (XM_HM_ALL_ACTIONS & ~(XM_HM_BIT(PROPAGATE) | XM_HM_BIT(PARTITION_HALT)))
#define XM_HM_HYPERVISOR_MASK_PROCESSOR (XM_HM_SYSTEM_RESETS | XM_HM_BIT(HYPERVISOR_HALT))
#define XM_HM_HYPERVISOR_MASK_GENERIC                                                              \
    (XM_HM_SYSTEM_RESETS | XM_HM_BIT(HYPERVISOR_HALT) | XM_HM_BIT(IGNORE) |                        \
     XM_HM_BIT(SWITCH_TO_MAINTENANCE))
#define XM_HM_HYPERVISOR_MASK_APPLICATION 0u

#endif
