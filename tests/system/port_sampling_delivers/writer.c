#include "../testlib.h"

void PartitionMain(void)
{
    xm_u32_t message[8] = { 1, 0x55 };
    xm_s32_t port;

    wait_slots(1); /* the readers go first */
    port = XM_create_sampling_port("out", 16, XM_SOURCE_PORT, 15000);
    printf("writer: open %d, write %d\n", port, XM_write_sampling_message(port, message, 8));
    wait_slots(1);
    message[0] = 2;
    XM_write_sampling_message(port, message, 8);
    printf("writer: too long %d, empty %d, bad port %d\n", XM_write_sampling_message(port, message, 17),
           XM_write_sampling_message(port, message, 0), XM_write_sampling_message(port + 1, message, 8));
}
