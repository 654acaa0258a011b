#include "../testlib.h"

void PartitionMain(void)
{
    xm_u32_t value[2] = { 10, 0 };
    xm_s32_t port = XM_create_queuing_port("out", 4, 16, XM_SOURCE_PORT);
    xmQueuingPortStatus_t status;
    int i, sent[5];

    for (i = 0; i < 5; i++) {
        sent[i] = XM_send_queuing_message(port, value, 4);
        value[0]++;
    }
    XM_get_queuing_port_status((xm_u32_t)port, &status);
    printf("sender: sent %d %d %d %d, full %d, waiting %d\n", sent[0], sent[1], sent[2], sent[3], sent[4],
           status.noMsgs);
    wait_slots(1);
    printf("sender: sent after that %d\n", XM_send_queuing_message(port, value, 8));
}
