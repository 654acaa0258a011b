/* writer.c - the largest messages, from an odd address */
#include <xm.h>

#define BYTES 4096

static xm_u8_t message[BYTES + 8] __attribute__((aligned(8)));

void PartitionMain(void)
{
    xm_s32_t value = XM_create_sampling_port("last_value", BYTES, XM_SOURCE_PORT, 1000000);
    xm_s32_t queue = XM_create_queuing_port("queue", 16, BYTES, XM_SOURCE_PORT);

    for (;;) {
        XM_write_sampling_message(value, message + 1, BYTES);
        XM_send_queuing_message(queue, message + 1, BYTES);
    }
}
