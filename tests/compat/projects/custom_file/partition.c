#include <stdio.h>
#include <string.h>
#include <xm.h>
#include "message.h"

void PartitionMain(void)
{
        printf("[%d] reset %d, status %d, %d bytes: %s", XM_PARTITION_SELF, XM_get_PCT()->resetCounter,
               XM_get_PCT()->resetStatus, strlen((char *)message), message);
        if (XM_get_PCT()->resetStatus == 0) {
                message[0] = 'l';
                XM_reset_partition(XM_PARTITION_SELF, XM_WARM_RESET, 1);
        }
        if (XM_get_PCT()->resetStatus == 1)
                XM_reset_partition(XM_PARTITION_SELF, XM_COLD_RESET, 2);
        XM_halt_system();
}
