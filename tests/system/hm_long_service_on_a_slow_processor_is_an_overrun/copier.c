/* QEMU takes 1 us for an instruction here, a thirtieth of the speed that the bound of slot lateness is declared for. */
#include "../testlib.h"

static xm_u8_t from[4096] __attribute__((aligned(8))), to[4096] __attribute__((aligned(8)));

void PartitionMain(void)
{
    for (;;) {
        XM_memory_copy(1, (xmAddress_t)to, 1, (xmAddress_t)from, sizeof from);
    }
}
