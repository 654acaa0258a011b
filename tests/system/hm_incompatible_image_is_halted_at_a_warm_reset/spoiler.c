/* Overwrites the ABI version in its own image header. In its life after the cold reset it also resets itself. */
#include "../testlib.h"

extern struct xmImageHdr xmImageHdr;

void PartitionMain(void)
{
    printf("spoiler: status %d\n", XM_get_PCT()->resetStatus);
    xmImageHdr.compilationXmAbiVersion++;
    XM_idle_self();
    if (XM_get_PCT()->resetStatus == 7) {
        XM_idle_self();
        XM_reset_partition(XM_PARTITION_SELF, XM_WARM_RESET, 8);
    }
    for (;;) {
    }
}
