#include "../testlib.h"

void PartitionMain(void)
{
    xm_u32_t value[4];
    xm_s32_t port = XM_create_queuing_port("in", 4, 16, XM_DESTINATION_PORT);
    xmQueuingPortStatus_t status;
    xm_s32_t got;

    XM_get_queuing_port_status((xm_u32_t)port, &status);
    printf("keeper: waiting %d\n", status.noMsgs);
    while ((got = XM_receive_queuing_message(port, value, 16)) > 0) {
        printf("keeper: %d bytes value %d\n", got, value[0]);
    }
    printf("keeper: empty %d\n", got);
    wait_slots(1);
    got = XM_receive_queuing_message(port, value, 2);
    printf("keeper: %d of 8 bytes, the rest of the message is gone: %d\n", got,
           XM_receive_queuing_message(port, value, 16));
    XM_halt_system();
}
