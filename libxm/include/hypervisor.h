/* hypervisor.h - who am I, virtual processors, caches, objects, and calls of older lines; console
 * and memory copy are in xmhypercalls.h */
#ifndef LIBXM_HYPERVISOR_H
#define LIBXM_HYPERVISOR_H

#include <xm_inc/guest.h>
#include <xm_inc/hypercalls.h>
#include <xm_inc/objdir.h>
#include <xmhypercalls.h>
#include <arch/hypervisor.h>

#ifndef __ASSEMBLER__

partitionControlTable_t *XM_get_PCT(void);

#define XM_PARTITION_SELF PCT_GET_PARTITION_ID(XM_get_PCT())
#define XM_VCPU_SELF PCT_GET_VCPU_ID(XM_get_PCT())

xm_s32_t XM_suspend_vcpu(xm_u32_t vCpu);
xm_s32_t XM_resume_vcpu(xm_u32_t vCpu);
xm_s32_t XM_halt_vcpu(xm_u32_t vCpu);
xm_s32_t XM_reset_vcpu(xm_u32_t vCpu, xmAddress_t ptdL1, xmAddress_t entry, xm_u32_t status);

xm_s32_t XM_flush_cache(xm_u32_t cache);
xm_s32_t XM_set_cache_state(xm_u32_t cache);

xm_s32_t XM_read_object(xmObjDesc_t objDesc, void *buffer, xm_u32_t size, xm_u32_t *flags);
xm_s32_t XM_write_object(xmObjDesc_t objDesc, void *buffer, xm_u32_t size, xm_u32_t *flags);
xm_s32_t XM_seek_object(xmObjDesc_t objDesc, xm_u32_t offset, xm_u32_t whence);
xm_s32_t XM_ctrl_object(xmObjDesc_t objDesc, xm_u32_t cmd, void *arg);

xm_s32_t XM_override_trap_hndl(xm_s32_t entry, struct trapHandler *handler);
xm_s32_t XM_set_plan(xm_u32_t planId);
xm_s32_t XM_mask_irq(xm_u32_t noIrq);
xm_s32_t XM_unmask_irq(xm_u32_t noIrq);

#endif
#endif
