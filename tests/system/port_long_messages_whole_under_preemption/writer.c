#include "long.h"

/* Writes at a different address each time, so that slots end in copies of every alignment. */
static unsigned char memory[LONG_BYTES + 8] __attribute__((aligned(8)));

void PartitionMain(void)
{
    int sample = XM_create_sampling_port("sample", LONG_BYTES, XM_SOURCE_PORT, 0);
    int queue = XM_create_queuing_port("queue", 3, LONG_BYTES, XM_SOURCE_PORT);
    int bytes = XM_create_sampling_port("bytes", SHORT_BYTES, XM_SOURCE_PORT, 0);
    unsigned n;

    for (n = 1; n <= LAST; n++) {
        unsigned char *m = memory + n % 8;

        fill(m, LONG_BYTES, n);
        XM_write_sampling_message(sample, m, LONG_BYTES);
        while (XM_send_queuing_message(queue, m, LONG_BYTES) == XM_OP_NOT_ALLOWED) {
            XM_idle_self();
        }
        XM_write_sampling_message(bytes, m, 4 + n % (SHORT_BYTES - 3));
    }
    for (;;) {
        XM_idle_self();
    }
}
