#include <string.h>
#include <stdio.h>
#include <xm.h>

#define PRINT(...) do { \
        printf("[%d] ", XM_PARTITION_SELF); \
        printf(__VA_ARGS__); \
} while (0)

void PartitionMain(void)
{
        PRINT("Hello from %s, vCPU %d\n", XM_get_PCT()->name, XM_get_vcpuid());
        PRINT("%d areas, the first of %d KB at 0x%x\n", XM_get_PCT()->noPhysicalMemAreas,
              XM_get_partition_mmap()[0].size / 1024, XM_get_partition_mmap()[0].startAddr);
        XM_halt_partition(XM_PARTITION_SELF);
}
