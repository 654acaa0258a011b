#include "std_c.h"
#include <xm.h>

static xm_u8_t bytes[8];
static xm_u8_t *volatile odd = &bytes[1];

void PartitionMain(void)
{
        xprintf("[%d] reading a word from an odd address\n", XM_PARTITION_SELF);
        xprintf("[%d] never printed: %d\n", XM_PARTITION_SELF, *(volatile xm_u32_t *)odd);
}
