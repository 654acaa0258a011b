/* counter.c - a partition that computes and never gives its slot back */
#include <xm.h>

static volatile xm_u32_t counter;

void PartitionMain(void)
{
    for (;;) {
        counter++;
    }
}
