/* peer.c - the reading end of all channels */
#include <stdio.h>
#include <xm.h>
#include "mark.h"

#define QUEUE 16
#define SECOND_US 1000000

static xm_u8_t message[4096] __attribute__((aligned(8)));

static xm_s32_t sampling(const char *name, xm_u32_t bytes)
{
    return XM_create_sampling_port(name, bytes, XM_DESTINATION_PORT, SECOND_US);
}

static xm_s32_t queuing(const char *name, xm_u32_t bytes)
{
    return XM_create_queuing_port(name, QUEUE, bytes, XM_DESTINATION_PORT);
}

/* All that was sent has been taken by now. A transfer refused or cut short would make the figures
 * mean something else. */
static void check(const xm_s32_t port[8])
{
    static const xm_s32_t bytes[4] = { 32, 256, 1024, 4096 };
    xm_s32_t i;

    for (i = 0; i < 4; i++) {
        xm_s32_t sampled = XM_read_sampling_message(port[i], message, (xm_u32_t)bytes[i], 0);
        xm_s32_t left = XM_receive_queuing_message(port[4 + i], message, (xm_u32_t)bytes[i]);

        if (sampled != bytes[i] || left != XM_OP_NOT_ALLOWED) {
            printf("bench: channel of %d bytes refuses: %d, %d\n", bytes[i], sampled, left);
        }
    }
}

static void read_all(const xm_s32_t port[8])
{
    xm_u32_t valid;

    MEASURE(sampling_read_32, XM_read_sampling_message(port[0], message, 32, &valid));
    MEASURE(sampling_read_256, XM_read_sampling_message(port[1], message, 256, &valid));
    MEASURE(sampling_read_1024, XM_read_sampling_message(port[2], message, 1024, &valid));
    MEASURE(sampling_read_4096, XM_read_sampling_message(port[3], message, 4096, &valid));
    MEASURE(queuing_receive_32, XM_receive_queuing_message(port[4], message, 32));
    MEASURE(queuing_receive_256, XM_receive_queuing_message(port[5], message, 256));
    MEASURE(queuing_receive_1024, XM_receive_queuing_message(port[6], message, 1024));
    MEASURE(queuing_receive_4096, XM_receive_queuing_message(port[7], message, 4096));
}

void PartitionMain(void)
{
    xm_s32_t port[8] = { sampling("s32", 32),     sampling("s256", 256), sampling("s1024", 1024),
                         sampling("s4096", 4096), queuing("q32", 32),    queuing("q256", 256),
                         queuing("q1024", 1024),  queuing("q4096", 4096) };

    if (XM_get_PCT()->resetCounter == 0) {
        XM_idle_self();
        read_all(port);
        check(port);
    }
    for (;;) {
        XM_idle_self();
    }
}
