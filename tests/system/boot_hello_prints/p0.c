#include <stdio.h>
#include <xm.h>

void PartitionMain(void)
{
    printf("[P%d:%d] Hello World!\n", XM_PARTITION_SELF, XM_get_vcpuid());
}
