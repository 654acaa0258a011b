/* audit.h - modules and events of the hypervisor's own trace stream
 *
 * What the hypervisor records is in abi/guest.h; the remaining names of the 3.7 interface are kept
 * for readers of old logs. */
#ifndef XM_INC_AUDIT_H
#define XM_INC_AUDIT_H

#include <xm_inc/abi/guest.h>

#define AUDIT_IRQ_RAISED 1
#define AUDIT_TRAP_RAISED 2
#define AUDIT_IRQ_EMULATED 3
#define AUDIT_HCALL_BEGIN 1
#define AUDIT_HCALL_BEGIN2 2
#define AUDIT_HCALL_END 3
#define AUDIT_ASMHCALL 4
#define AUDIT_SCHED_VCPU_SUSPEND 0xc
#define AUDIT_SCHED_VCPU_RESUME 0xd
#define AUDIT_SCHED_VCPU_HALT 0xe
#define AUDIT_SCHED_VCPU_RESET 0xf

#endif
