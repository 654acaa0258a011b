/* consumer.c - checks what the sensor sends: checksum, freshness, and that no measurement is missing
 *
 * Also shows a partition that handles its own faults: its health-monitor table propagates division and access faults, and
 * the handler counts the fault, says where it was and steps over the instruction. */
#include <irqs.h>
#include <stdio.h>
#include <xm.h>
#include "messages.h"

#define FRAMES_PER_REPORT 10

static struct {
    xm_u32_t attitudes, stale, repeated, corrupt;
    xm_u32_t measurements, lost;
    xm_u32_t faults;
} count;

static xm_u32_t sensor_life;
static xm_u32_t last_attitude, last_measurement;

static void fault(trapCtxt_t *context)
{
    count.faults++;
    printf("consumer: trap %d at %08x, stepping over it\n", context->irqNr, context->pc);
    context->pc = context->nPc;
    context->nPc += 4;
}

/* The sensor's numbering starts again with each of its lives. */
static void notice_life(xm_u32_t life)
{
    if (life != sensor_life) {
        printf("consumer: sensor is in life %d\n", life);
        sensor_life = life;
        last_attitude = last_measurement = 0;
    }
}

static void check_attitude(xm_s32_t port)
{
    struct attitude message;
    xm_u32_t flags;

    if (XM_read_sampling_message(port, &message, sizeof message, &flags) != (xm_s32_t)sizeof message) {
        return; /* nothing measured yet */
    }
    if (message.checksum != CHECKSUM_OF(message)) {
        count.corrupt++;
        printf("consumer: attitude %d is corrupt\n", message.number);
        return;
    }
    notice_life(message.life);
    count.attitudes++;
    count.stale += !(flags & XM_COMM_MSG_VALID);
    count.repeated += message.number == last_attitude;
    last_attitude = message.number;
}

static void check_measurements(xm_s32_t port)
{
    struct measurement message;

    while (XM_receive_queuing_message(port, &message, sizeof message) == (xm_s32_t)sizeof message) {
        if (message.checksum != CHECKSUM_OF(message)) {
            count.corrupt++;
            printf("consumer: measurement %d is corrupt\n", message.number);
            continue;
        }
        notice_life(message.life);
        if (message.number != last_measurement + 1) {
            count.lost += message.number - last_measurement - 1;
            printf("consumer: measurement %d follows %d\n", message.number, last_measurement);
        }
        last_measurement = message.number;
        count.measurements++;
    }
}

void PartitionMain(void)
{
    partitionControlTable_t *pct = XM_get_PCT();
    xm_s32_t attitude =
        XM_create_sampling_port(ATTITUDE_PORT, ATTITUDE_BYTES, XM_DESTINATION_PORT, ATTITUDE_VALID_US);
    xm_s32_t queue =
        XM_create_queuing_port(MEASUREMENT_PORT, MEASUREMENT_QUEUE, MEASUREMENT_BYTES, XM_DESTINATION_PORT);
    xm_u32_t frame;

    printf("consumer: life %d after reset status %d\n", pct->resetCounter + 1, pct->resetStatus);
    if (attitude < 0 || queue < 0) {
        printf("consumer: cannot open my ports: %d %d\n", attitude, queue);
        return;
    }
    InstallTrapHandler(DATA_ACCESS_EXCEPTION, fault);
    InstallTrapHandler(DIVISION_BY_ZERO, fault);
    for (frame = 1;; frame++) {
        check_attitude(attitude);
        check_measurements(queue);
        if (frame % FRAMES_PER_REPORT == 0) {
            printf("consumer: %d attitudes (%d stale, %d repeated), %d measurements, %d lost, %d corrupt\n",
                   count.attitudes, count.stale, count.repeated, count.measurements, count.lost, count.corrupt);
        }
        XM_idle_self();
    }
}
