/* xm.h - the partition side of the hypervisor's interface: include this
 *
 * Source compatible with XtratuM 3.7 on SPARC; names of older lines that do not collide are offered
 * too. From assembler it gives the constants, the numbers <name>_nr and the entry macros __XM_HC
 * and __XM_AHC. */
#ifndef LIBXM_XM_H
#define LIBXM_XM_H

#ifdef _XM_KERNEL_
#error "xm.h is for partitions; the hypervisor includes abi/ only"
#endif

#include <xm_inc/config.h>
#include <xm_inc/arch/arch_types.h>
#include <xm_inc/linkage.h>
#include <xm_inc/xmef.h>
#include <xm_inc/xmconf.h>
#include <xm_inc/hypercalls.h>
#include <xm_inc/guest.h>
#include <xm_inc/records.h>
#include <xmhypercalls.h>
#include <arch/xmhypercalls.h>
#include <comm.h>
#include <hm.h>
#include <hypervisor.h>
#include <trace.h>
#include <status.h>

#ifndef __ASSEMBLER__

/* Where the tables shared with the hypervisor lie, per vCPU. Filled by init_libxm. */
struct libXmParams {
    partitionControlTable_t *partCtrlTab[CONFIG_MAX_NO_VCPUS];
    struct xmPhysicalMemMap *partMemMap[CONFIG_MAX_NO_VCPUS];
    xmWord_t *commPortBitmap[CONFIG_MAX_NO_VCPUS];
};
extern struct libXmParams libXmParams;

void init_libxm(partitionControlTable_t *partCtrlTab);
partitionControlTable_t *XM_get_PCT(void);
partitionControlTable_t *XM_get_PCT0(void);
struct xmPhysicalMemMap *XM_get_partition_mmap(void);
xmWord_t *XM_get_commport_bitmap(void);
xmId_t XM_get_number_vcpus(void);
xmId_t XM_get_vcpuid(void);

/* Name of XM_get_PCT in XtratuM 3.2. */
#define XM_params_get_PCT() XM_get_PCT()

#endif

#include <dialect.h>

#endif
