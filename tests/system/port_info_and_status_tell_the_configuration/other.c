#include "../testlib.h"

void PartitionMain(void)
{
    char message[32];
    xm_u32_t flags;
    int s, q, a, b, c, d;

    wait_slots(1);
    s = XM_create_sampling_port("s", 16, XM_DESTINATION_PORT, 15000);
    q = XM_create_queuing_port("q", 4, 32, XM_DESTINATION_PORT);
    a = XM_read_sampling_message(s, (char *)0x40001000, 16, &flags);
    b = XM_read_sampling_message(s, message, 17, &flags);
    c = XM_read_sampling_message(s, message, 16, (xm_u32_t *)0x40001000);
    d = XM_read_sampling_message(q, message, 16, &flags);
    printf("read: hypervisor's %d, too long %d, flags there %d, wrong kind %d\n", a, b, c, d);
    a = XM_receive_queuing_message(q, (char *)0x40001000, 32);
    b = XM_receive_queuing_message(q, message, 33);
    c = XM_receive_queuing_message(s, message, 32);
    printf("receive: hypervisor's %d, too long %d, wrong kind %d, still there %d\n", a, b, c,
           XM_receive_queuing_message(q, message, 32));
    a = XM_write_sampling_message(s, message, 8);
    b = XM_send_queuing_message(q, message, 8);
    printf("writing to a destination: %d %d\n", a, b);
}
