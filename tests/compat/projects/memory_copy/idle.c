#include <stdio.h>
#include <xm.h>

static xm_u32_t word;

void PartitionMain(void)
{
        printf("[1] foreign: %d\n", XM_memory_copy(0, 0x40080000, 1, (xmAddress_t)&word, 4));
}
