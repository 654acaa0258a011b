/* Without a console of its own here, it tells the server by shared memory. */
#include "../testlib.h"

void PartitionMain(void)
{
    struct xm_link_status status;
    char bytes[16];
    volatile xm_s32_t *told = (volatile xm_s32_t *)0x40180000;

    told[0] = XM_link_read(bytes, sizeof bytes);
    told[1] = XM_link_write(bytes, sizeof bytes);
    told[2] = XM_link_status(&status);
}
