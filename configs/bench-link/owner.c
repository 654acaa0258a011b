/* owner.c - sends with two lengths, then takes what arrives, until it has it all */
#include <xm.h>
#include "../bench-hypercalls/mark.h"

#define EXPECTED_BYTES 1000

static xm_u8_t bytes[256] __attribute__((aligned(8)));

void PartitionMain(void)
{
    xm_s32_t received = 0;

    MEASURE(link_write_1, XM_link_write(bytes, 1));
    MEASURE(link_write_33, XM_link_write(bytes, 33));
    MARK(ready);
    XM_link_write(">", 1);
    while (received < EXPECTED_BYTES) {
        received += XM_link_read(bytes, sizeof bytes);
    }
    XM_halt_system();
}
