/* watch.c - computes and makes no call, so that the end of its slot never finds the processor in
 * the hypervisor */
#include <xm.h>

static volatile xm_u32_t counter;

void PartitionMain(void)
{
    for (;;) {
        counter++;
    }
}
