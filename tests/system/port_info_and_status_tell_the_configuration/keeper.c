#include "../testlib.h"

void PartitionMain(void)
{
    xmSamplingPortStatus_t sampling_status;
    xmQueuingPortStatus_t queuing_status;
    xmSamplingPortInfo_t sampling;
    xmQueuingPortInfo_t queuing;
    struct xm_port_status any, sampling_any;
    char message[16] = "hello";
    int a, b, c, d, s, q;

    a = XM_get_sampling_port_info("s", &sampling);
    printf("sampling %d: direction %d, %d bytes, %d us\n", a, sampling.direction, sampling.maxMsgSize, (int)sampling.validPeriod);
    a = XM_get_queuing_port_info("q", &queuing);
    printf("queuing %d: direction %d, %d bytes, %d messages\n", a, queuing.direction, queuing.maxMsgSize, queuing.maxNoMsgs);
    a = XM_get_sampling_port_info("q", &sampling);
    b = XM_get_queuing_port_info("s", &queuing);
    c = XM_get_sampling_port_info("x", &sampling);
    d = XM_get_queuing_port_info("x", &queuing);
    printf("wrong kind %d %d, unknown name %d %d\n", a, b, c, d);
    a = XM_get_sampling_port_info("s", 0);
    b = XM_get_queuing_port_info("q", (xmQueuingPortInfo_t *)0x40001000);
    c = XM_get_sampling_port_info((char *)0x40001000, &sampling);
    d = XM_get_queuing_port_info(0, &queuing);
    printf("bad pointers %d %d, bad names %d %d\n", a, b, c, d);
    a = XM_get_sampling_port_status(0, &sampling_status);
    b = XM_get_queuing_port_status(1, &queuing_status);
    printf("not open %d %d\n", a, b);
    s = XM_create_sampling_port("s", 16, XM_SOURCE_PORT, 15000);
    q = XM_create_queuing_port("q", 4, 32, XM_SOURCE_PORT);
    XM_write_sampling_message(s, message, 5);
    a = XM_get_sampling_port_status((xm_u32_t)s, &sampling_status);
    printf("sampling %d: last message %d bytes, valid %d\n", a, sampling_status.lastMsgSize,
           (sampling_status.flags & XM_COMM_MSG_VALID) != 0);
    XM_send_queuing_message(q, message, 5);
    a = XM_get_queuing_port_status((xm_u32_t)q, &queuing_status);
    printf("queuing %d: %d waiting\n", a, queuing_status.noMsgs);
    a = XM_get_sampling_port_status((xm_u32_t)s, (xmSamplingPortStatus_t *)((xmAddress_t)&sampling_status + 4));
    b = XM_get_queuing_port_status((xm_u32_t)q, 0);
    c = XM_get_sampling_port_status((xm_u32_t)q, &sampling_status);
    d = XM_get_queuing_port_status(2, &queuing_status);
    printf("status: misaligned %d, null %d, wrong kind %d, no port %d\n", a, b, c, d);
    a = XM_send_queuing_message(q, message, 0);
    b = XM_send_queuing_message(q, message, 33);
    c = XM_send_queuing_message(q, (char *)0x40001000, 8);
    d = XM_send_queuing_message(s, message, 8);
    printf("send: empty %d, too long %d, hypervisor's %d, wrong kind %d\n", a, b, c, d);
    a = XM_write_sampling_message(s, (char *)0x40001000, 8);
    b = XM_write_sampling_message(q, message, 8);
    printf("write: hypervisor's %d, wrong kind %d\n", a, b);
    a = XM_port_status(1, 1, &any);
    printf("other's queue %d: open %d, %d waiting, %d moved, %d refused\n", a, any.is_open, any.waiting, any.moved,
           any.refused);
    a = XM_port_status(1, 2, &any);
    b = XM_port_status(2, 0, &any);
    c = XM_port_status(0, 0, (struct xm_port_status *)0x40001000);
    printf("port status: no port %d, no partition %d, hypervisor's %d\n", a, b, c);
    wait_slots(1);
    a = XM_port_status(1, 1, &any);
    b = XM_port_status(1, 0, &sampling_any);
    printf("other has read %d %d: %d moved, %d waiting, sampling %d bytes\n", a, b, any.moved, any.waiting,
           sampling_any.last.lastMsgSize);
    XM_halt_system();
}
