/* hypervisor.h - who am I, plans, interrupt masks of older lines; console and memory copy are in
 * xmhypercalls.h */
#ifndef LIBXM_HYPERVISOR_H
#define LIBXM_HYPERVISOR_H

#include <xm_inc/guest.h>
#include <xm_inc/hypercalls.h>
#include <xmhypercalls.h>
#include <arch/hypervisor.h>

#ifndef __ASSEMBLER__

partitionControlTable_t *XM_get_PCT(void);

#define XM_PARTITION_SELF PCT_GET_PARTITION_ID(XM_get_PCT())
#define XM_VCPU_SELF PCT_GET_VCPU_ID(XM_get_PCT())

xm_s32_t XM_set_plan(xm_u32_t planId);
xm_s32_t XM_mask_irq(xm_u32_t noIrq);
xm_s32_t XM_unmask_irq(xm_u32_t noIrq);

#endif
#endif
