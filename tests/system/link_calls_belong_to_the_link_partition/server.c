/* Prints through the link itself: what it queues goes out on the UART as it is. */
#include <string.h>
#include "../testlib.h"

static char line[128];

static void say(void)
{
    XM_link_write(line, strlen(line));
}

void PartitionMain(void)
{
    struct xm_link_status status;
    char bytes[16];
    int a, b, c, d, e;

    a = XM_link_read(bytes, sizeof bytes);
    b = XM_link_read(bytes, 0);
    c = XM_link_read((void *)0x40001000, 16);
    d = XM_link_write((void *)0x40001000, 16);
    e = XM_link_write(bytes, 0);
    sprintf(line, "read %d %d, refused %d %d, write nothing %d\r\n", a, b, c, d, e);
    say();
    a = XM_link_status(&status);
    b = XM_link_status((struct xm_link_status *)0x40001000);
    sprintf(line, "status %d %d: room %d, received %d\r\n", a, b, status.tx_size, (int)status.rx_bytes);
    say();
    wait_slots(2);
    sprintf(line, "other: %d %d %d\r\n", ((volatile xm_s32_t *)0x40180000)[0], ((volatile xm_s32_t *)0x40180000)[1],
            ((volatile xm_s32_t *)0x40180000)[2]);
    say();
    wait_slots(1);
    XM_halt_system();
}
