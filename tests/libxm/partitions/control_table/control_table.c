#include <xm.h>
#include <stdio.h>

void PartitionMain(void)
{
    partitionControlTable_t *pct = XM_params_get_PCT();
    struct xmPhysicalMemMap *map = XM_get_partition_mmap();
    xm_s32_t e;

    printf("magic %x version %d.%d.%d abi %x api %x\n", pct->magic, XM_GET_VERSION(pct->xmVersion),
           XM_GET_SUBVERSION(pct->xmVersion), XM_GET_REVISION(pct->xmVersion), pct->xmAbiVersion, pct->xmApiVersion);
    printf("%s id %x vcpus %d resets %d status %x khz %d policy %d\n", pct->name, pct->id, XM_get_number_vcpus(),
           pct->resetCounter, pct->resetStatus, pct->cpuKhz, pct->schedPolicy);
    printf("flags %x start %x lines %x iflags %x\n", pct->flags, pct->imgStart, pct->hwIrqs, pct->iFlags);
    printf("irqs %x %x %x %x\n", pct->hwIrqsPend, pct->hwIrqsMask, pct->extIrqsPend, pct->extIrqsMask);
    printf("tbr %x fault %x at %x\n", pct->arch.tbr, pct->arch.faultStatusReg, pct->arch.faultAddressReg);
    printf("slot %d id %d duration %d\n", pct->schedInfo.noSlot, pct->schedInfo.id, pct->schedInfo.slotDuration);
    printf("vectors %d %d %d of %d\n", pct->trap2Vector[0], pct->hwIrq2Vector[1], pct->extIrq2Vector[2], NO_TRAPS);
    for (e = 0; e < pct->noPhysicalMemAreas; e++) {
        printf("area %s 0x%08x at 0x%08x size %d flags %x\n", map[e].name, map[e].startAddr, map[e].mappedAt, map[e].size,
               map[e].flags & (XM_MEM_AREA_READONLY | XM_MEM_AREA_SHARED));
    }
    printf("%d %d %d\n", PCT_GET_PARTITION_ID(XM_get_PCT0()), XM_VCPU_SELF, XM_get_vcpuid());
}
