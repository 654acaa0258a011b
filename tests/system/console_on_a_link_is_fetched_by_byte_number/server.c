/* Prints through the link itself. */
#include <string.h>
#include "../testlib.h"

static struct {
    struct xm_batch head;
    char byte[64];
} batch __attribute__((aligned(8)));
static char line[128];

void PartitionMain(void)
{
    int a, b, c;

    wait_slots(1);
    a = XM_console_fetch(1, 99, &batch, sizeof batch);
    b = XM_console_fetch(1, 0, &batch, sizeof batch.head + 3);
    c = XM_console_fetch(1, 3, &batch, sizeof batch);
    sprintf(line, "beyond the end %d, room for three %d, from 3 on %d: %s\r\n", a, b, c, batch.byte);
    XM_link_write(line, strlen(line));
    wait_slots(1);
    XM_halt_system();
}
