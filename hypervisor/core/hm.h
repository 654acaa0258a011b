/* hm.h - health monitor: event in, log record, configured action out
 *
 * Rules:     log first, act after: some actions do not return. A partition's event is looked up in
 *            its own table; an event of the hypervisor (partition NULL) in the hypervisor's.
 * Invariant: sequence numbers go on over resets as long as the log memory keeps its content. */
#ifndef XM_CORE_HM_H
#define XM_CORE_HM_H

#include "partition.h"
#include "../abi/records.h"

/* What is known about an event. Zero what is not. */
struct hm_info {
    struct arch_trap
        *trap; /* NULL: no processor context. XM_HM_AC_IGNORE moves its pc past the instruction */
    xmAddress_t address;          /* valid if has_address */
    bool has_address;
    int propagate_vector;         /* trap vector for XM_HM_AC_PROPAGATE, -1: cannot be propagated */
    xm_u32_t payload[3];
};
/* For an event that says all by its name. */
extern const struct hm_info hm_nothing_known;

void hm_init(void);
/* Returns the action taken. A partition that is halted, suspended or reset by it leaves at the next
 * core_leave(). */
xm_u32_t hm_raise(enum xm_hm_event event, struct partition *p, const struct hm_info *info);
const char *hm_event_name(xm_u32_t event);
xm_u64_t hm_count(void);     /* events since boot */
xm_u32_t hm_lost(void);      /* not stored: no log memory */

#endif
