#include "../testlib.h"

static char text[17];

void PartitionMain(void)
{
    xm_u32_t value = 4711;
    xmAddress_t at = (xmAddress_t)text;
    int a, b, c, d;

    wait_slots(1);
    a = XM_memory_copy(0, at, 1, 0x40230000, 16);
    printf("from other: %d, \"%s\"\n", a, text);
    a = XM_memory_copy(1, 0x40230020, 0, (xmAddress_t)&value, 4);
    b = XM_memory_copy(0, at, 1, 0x40230000, 0);
    printf("to other: %d, nothing: %d\n", a, b);
    a = XM_memory_copy(0, at, 1, 0x4023fff8, 16);
    b = XM_memory_copy(0, at, 1, 0x40001000, 16);
    c = XM_memory_copy(0, 0x40180000, 1, 0x40230000, 16);
    d = XM_memory_copy(0, at, 5, 0x40230000, 16);
    printf("beyond the area %d, hypervisor's memory %d, read-only target %d, no such partition %d\n", a, b, c, d);
    wait_slots(2);
    XM_halt_system();
}
