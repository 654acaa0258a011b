/* listener.c - opens what it owns of the fan's ports; the first listener also reads, resets itself
 * and is reset */
#include <stdio.h>
#include <xm.h>
#include "../bench-hypercalls/mark.h"

#define SECOND_US 1000000
#define FAN 4096
#define LARGE 16384

static xm_u8_t message[LARGE + 8] __attribute__((aligned(8)));

static void open_rest(void)
{
    char name[16] = "port_number_00";
    int i;

    for (i = 0; i < 12; i++) {
        name[12] = (char)('0' + i / 10);
        name[13] = (char)('0' + i % 10);
        XM_create_sampling_port(name, 8, XM_DESTINATION_PORT, SECOND_US);
    }
}

static void read_all(xm_s32_t fan, xm_s32_t large, xm_s32_t queue)
{
    xm_u32_t valid;

    MEASURE(w_sampling_read_4096, XM_read_sampling_message(fan, message, FAN, &valid));
    MEASURE(w_sampling_read_4096_odd, XM_read_sampling_message(fan, message + 1, FAN, &valid));
    MEASURE(w_sampling_read_16384, XM_read_sampling_message(large, message, LARGE, &valid));
    MARK(w_queuing_receive_4096_odd);
    XM_receive_queuing_message(queue, message + 1, FAN);
}

void PartitionMain(void)
{
    xm_s32_t fan = XM_create_sampling_port("port_fan_4096", FAN, XM_DESTINATION_PORT, SECOND_US);
    xm_s32_t large =
        XM_create_sampling_port("port_fan_large", LARGE, XM_DESTINATION_PORT, SECOND_US);
    xm_u32_t life = XM_get_PCT()->resetCounter;

    if (XM_PARTITION_SELF == 1) {
        xm_s32_t queue = XM_create_queuing_port("port_queuing_12", 4, FAN, XM_DESTINATION_PORT);

        open_rest();
        XM_idle_self();
        if (life == 0) {
            read_all(fan, large, queue);
            MARK(w_trap_warm_reset);
            __asm__ volatile("unimp");
        }
    }
    for (;;) {
        XM_idle_self();
    }
}
