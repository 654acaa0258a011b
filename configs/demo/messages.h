/* messages.h - what the sensor sends and the consumer checks
 *
 * Sizes, periods and queue lengths must equal those of the channels in system.xml: the hypervisor compares them when a port
 * is opened. Each message carries the sensor's life, because its numbering starts again when the sensor is restarted. */
#ifndef DEMO_MESSAGES_H
#define DEMO_MESSAGES_H

#include <xm.h>

#define ATTITUDE_PORT "attitude"
#define ATTITUDE_BYTES 64
#define ATTITUDE_VALID_US 200000

#define MEASUREMENT_PORT "measurements"
#define MEASUREMENT_BYTES 32
#define MEASUREMENT_QUEUE 8
#define MEASUREMENTS_PER_FRAME 2

struct attitude {
    xm_u32_t life;
    xm_u32_t number;       /* from 1, one per frame of the sensor */
    xmTime_t time_us;      /* hardware clock when it was measured */
    xm_s32_t angle_mdeg[3]; /* roll, pitch, yaw */
    xm_u32_t checksum;     /* of the words before */
};

struct measurement {
    xm_u32_t life;
    xm_u32_t number;  /* from 1, no gaps */
    xm_s32_t value;
    xm_u32_t checksum;
};

/* Fletcher-like sum of the words: order matters, and all zero is not its own checksum. */
static inline xm_u32_t checksum(const void *message, xm_u32_t bytes)
{
    const xm_u32_t *word = message;
    xm_u32_t low = 1, high = 0;
    xm_u32_t i;

    for (i = 0; i < bytes / 4; i++) {
        low += word[i];
        high += low;
    }
    return high ^ low;
}

#define CHECKSUM_OF(message) checksum(&(message), sizeof(message) - sizeof(xm_u32_t))

#endif
