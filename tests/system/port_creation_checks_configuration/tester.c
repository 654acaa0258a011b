#include "../testlib.h"

void PartitionMain(void)
{
    char message[16] = "x";
    int a, b, c;

    printf("unknown name %d\n", XM_create_sampling_port("nobody", 16, XM_SOURCE_PORT, 15000));
    a = XM_create_sampling_port("q", 16, XM_SOURCE_PORT, 15000);
    b = XM_create_queuing_port("s", 4, 16, XM_SOURCE_PORT);
    printf("wrong kind %d %d\n", a, b);
    a = XM_create_sampling_port("s", 16, XM_DESTINATION_PORT, 15000);
    b = XM_create_sampling_port("s", 16, 3, 15000);
    printf("wrong direction %d, no direction %d\n", a, b);
    a = XM_create_sampling_port("s", 17, XM_SOURCE_PORT, 15000);
    b = XM_create_sampling_port("s", 16, XM_SOURCE_PORT, 15001);
    c = XM_create_queuing_port("q", 5, 16, XM_SOURCE_PORT);
    printf("wrong size %d, wrong period %d, wrong count %d\n", a, b, c);
    printf("not open yet %d\n", XM_write_sampling_message(0, message, 1));
    a = XM_create_sampling_port("s", 16, XM_SOURCE_PORT, 15000);
    b = XM_create_queuing_port("q", 4, 16, XM_SOURCE_PORT);
    printf("good %d %d\n", a, b);
    a = XM_create_sampling_port("s", 16, XM_SOURCE_PORT, 15000);
    b = XM_create_queuing_port("q", 4, 16, XM_SOURCE_PORT);
    printf("again %d %d\n", a, b);
    a = XM_create_sampling_port("lonely", 16, XM_DESTINATION_PORT, 0);
    printf("unconnected %d, read %d\n", a, XM_read_sampling_message(a, message, 16, 0));
    XM_halt_system();
}
