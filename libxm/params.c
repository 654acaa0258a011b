/* params.c - where the partition's own tables lie
 *
 * The hypervisor passes the address of the partition control table at the entry point; memory map
 * and port bitmap follow it (abi/guest.h). Invariant: a partition has one virtual processor, number
 * 0, so table 0 is always the caller's own. */
#include <xm.h>
#include <xm_inc/arch/asm_offsets.h>

_Static_assert(__builtin_offsetof(partitionControlTable_t, id) == PCT_ID_OFFSET,
               "xm_inc/arch/asm_offsets.h");
_Static_assert(__builtin_offsetof(partitionControlTable_t, iFlags) == PCT_IFLAGS_OFFSET,
               "xm_inc/arch/asm_offsets.h");
_Static_assert(CONFIG_MAX_NO_VCPUS == 1, "XM_get_PCT would have to find out which vCPU it runs on");

struct libXmParams libXmParams;

/* Finds the tables of the vCPU whose control table is given. Called once by the start code, before
 * anything else here. */
void init_libxm(partitionControlTable_t *partCtrlTab)
{
    xmId_t vcpu = PCT_GET_VCPU_ID(partCtrlTab);
    struct xmPhysicalMemMap *map = (struct xmPhysicalMemMap *)(partCtrlTab + 1);

    init_arch_libxm();
    if (vcpu >= CONFIG_MAX_NO_VCPUS) {
        return;
    }
    libXmParams.partCtrlTab[vcpu] = partCtrlTab;
    libXmParams.partMemMap[vcpu] = map;
    libXmParams.commPortBitmap[vcpu] = (xmWord_t *)(map + partCtrlTab->noPhysicalMemAreas);
}

/* Control table of the calling vCPU. */
partitionControlTable_t *XM_get_PCT(void)
{
    return libXmParams.partCtrlTab[0];
}

/* Control table of vCPU 0. */
partitionControlTable_t *XM_get_PCT0(void)
{
    return libXmParams.partCtrlTab[0];
}

/* The partition's memory areas: XM_get_PCT()->noPhysicalMemAreas entries. */
struct xmPhysicalMemMap *XM_get_partition_mmap(void)
{
    return libXmParams.partMemMap[0];
}

/* Bit n: a message arrived at the n-th port of the partition's PortTable and was not read yet. */
xmWord_t *XM_get_commport_bitmap(void)
{
    return libXmParams.commPortBitmap[0];
}

/* Number of virtual processors of the partition. */
xmId_t XM_get_number_vcpus(void)
{
    return XM_get_PCT0()->noVCpus;
}

/* Number of the calling virtual processor. */
xmId_t XM_get_vcpuid(void)
{
    return PCT_GET_VCPU_ID(XM_get_PCT());
}
