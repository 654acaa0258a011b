/* owner.c - sends with each length, then takes what arrives until the line has been silent for a while */
#include <xm.h>
#include "../bench-hypercalls/mark.h"

#define SILENCE_US 1000000

static xm_u8_t bytes[256] __attribute__((aligned(8)));

static xmTime_t now_us(void)
{
    xmTime_t now;

    XM_get_time(XM_HW_CLOCK, &now);
    return now;
}

void PartitionMain(void)
{
    xmTime_t last_us;
    xm_s32_t count;

    MEASURE(link_write_1, XM_link_write(bytes, 1));
    MEASURE(link_write_65, XM_link_write(bytes, 65));
    last_us = now_us();
    do {
        count = XM_link_read(bytes, sizeof bytes);
        if (count > 0) {
            last_us = now_us();
        }
    } while (now_us() - last_us < SILENCE_US);
    XM_halt_system();
}
