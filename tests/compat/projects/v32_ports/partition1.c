#include <stdio.h>
#include <xm.h>
#include <irqs.h>

void PartitionMain(void)
{
        xm_s32_t port = XM_create_sampling_port("gyro", 32, XM_SOURCE_PORT);
        char text[32] = "one";

        printf("[%d] writing: %d\n", XM_PARTITION_SELF, XM_write_sampling_message(port, text, 4));
        XM_idle_self();
        XM_idle_self();
        printf("[%d] and again: %d\n", XM_PARTITION_SELF, XM_write_sampling_message(port, text, 4));
        XM_halt_partition(XM_PARTITION_SELF);
}
