#include <stdio.h>
#include <xm.h>
#include <irqs.h>

void PartitionMain(void)
{
        xm_u8_t record[8] = {17, 0, 0, 0, 0, 0, 0, 99};
        xm_s32_t port, length;
        xm_u32_t flags;
        char text[16];

        printf("[%d] start, status %d\n", XM_PARTITION_SELF, XM_params_get_PCT()->resetStatus);
        port = XM_create_queuing_port("telecommands", 4, 16, XM_DESTINATION_PORT);
        length = XM_receive_queuing_message(port, text, 16);
        if (length > 0)
                printf("[%d] told to %s\n", XM_PARTITION_SELF, text);
        else
                printf("[%d] nothing: %d\n", XM_PARTITION_SELF, length == XM_OP_NOT_ALLOWED || length == XM_NOT_AVAILABLE);
        port = XM_create_sampling_port("attitude", 16, XM_DESTINATION_PORT, 0);
        printf("[%d] no attitude yet: %d\n", XM_PARTITION_SELF,
               XM_read_sampling_message(port, text, 16, &flags) == XM_NO_ACTION);
        XM_hm_raise_event(XM_HM_EV_APP_DEADLINE_MISSED);
        XM_trace_event(1, record);
        if (XM_params_get_PCT()->resetStatus)
                XM_halt_partition(XM_PARTITION_SELF);
        __asm__ __volatile__(".word 0"); /* unimp */
}
