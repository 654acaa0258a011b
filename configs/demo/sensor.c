/* sensor.c - measures once a frame and sends the results
 *
 * The attitude goes into a sampling channel (a reader wants the last value), the measurements into a queuing channel (a
 * reader wants all of them). When the queue is full the measurement is kept and offered again in the next slot, so a
 * consumer that stopped for a while misses none as long as it comes back. */
#include <stdio.h>
#include <xm.h>
#include "messages.h"

#define FRAMES_PER_REPORT 10
#define TRACE_STARTED 1

static struct {
    xm_u32_t attitude, measurement; /* numbers used last */
    xm_u32_t postponed;             /* times the queue was full */
} sent;

static void send_attitude(xm_s32_t port, xm_u32_t life)
{
    struct attitude message = { .life = life };

    message.number = ++sent.attitude;
    XM_get_time(XM_HW_CLOCK, &message.time_us);
    message.angle_mdeg[0] = (xm_s32_t)(sent.attitude * 125 % 360000);
    message.angle_mdeg[1] = 1500 - (xm_s32_t)(sent.attitude * 7 % 3000);
    message.angle_mdeg[2] = (xm_s32_t)(sent.attitude * sent.attitude % 360000);
    message.checksum = CHECKSUM_OF(message);
    XM_write_sampling_message(port, &message, sizeof message);
}

static void send_measurements(xm_s32_t port, xm_u32_t life)
{
    int i;

    for (i = 0; i < MEASUREMENTS_PER_FRAME; i++) {
        struct measurement message = { .life = life, .number = sent.measurement + 1 };

        message.value = (xm_s32_t)(message.number * 17 % 1000) - 500;
        message.checksum = CHECKSUM_OF(message);
        if (XM_send_queuing_message(port, &message, sizeof message) != XM_OK) {
            sent.postponed++;
            return;
        }
        sent.measurement = message.number;
    }
}

static void trace_start(xm_u32_t life)
{
    xmTraceEvent_t event = { 0 };

    event.opCodeH = XM_TRACE_NOTIFY << TRACE_OPCODE_CRIT_BIT;
    event.opCodeL = TRACE_STARTED << TRACE_OPCODE_CODE_BIT;
    event.payload[0] = life;
    XM_trace_event(1, &event);
}

void PartitionMain(void)
{
    partitionControlTable_t *pct = XM_get_PCT();
    xm_u32_t life = pct->resetCounter + 1;
    xm_s32_t attitude = XM_create_sampling_port(ATTITUDE_PORT, ATTITUDE_BYTES, XM_SOURCE_PORT, ATTITUDE_VALID_US);
    xm_s32_t queue = XM_create_queuing_port(MEASUREMENT_PORT, MEASUREMENT_QUEUE, MEASUREMENT_BYTES, XM_SOURCE_PORT);

    printf("sensor: life %d after reset status %d\n", life, pct->resetStatus);
    if (attitude < 0 || queue < 0) {
        printf("sensor: cannot open my ports: %d %d\n", attitude, queue);
        return;
    }
    trace_start(life);
    for (;;) {
        send_attitude(attitude, life);
        send_measurements(queue, life);
        if (sent.attitude % FRAMES_PER_REPORT == 0) {
            printf("sensor: %d attitudes and %d measurements sent, %d postponed\n", sent.attitude, sent.measurement,
                   sent.postponed);
        }
        XM_idle_self();
    }
}
