/* Overwrites the ABI version in its own image header. A warm start finds memory as it is. */
#include "../testlib.h"

extern struct xmImageHdr xmImageHdr;

void PartitionMain(void)
{
    printf("spoiler: status %d\n", XM_get_PCT()->resetStatus);
    xmImageHdr.compilationXmAbiVersion++;
    for (;;) {
    }
}
