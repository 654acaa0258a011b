#include "long.h"

static unsigned char memory[LONG_BYTES + 8] __attribute__((aligned(8)));

void PartitionMain(void)
{
    int sample = XM_create_sampling_port("sample", LONG_BYTES, XM_DESTINATION_PORT, 0);
    int queue = XM_create_queuing_port("queue", 3, LONG_BYTES, XM_DESTINATION_PORT);
    int bytes = XM_create_sampling_port("bytes", SHORT_BYTES, XM_DESTINATION_PORT, 0);
    int expected = 1, torn = 0, lost = 0, back = 0, seen = 0, at = 0, n, size;

    while (expected <= LAST) {
        unsigned char *m = memory + at++ % 8;

        size = XM_read_sampling_message(sample, m, LONG_BYTES, 0);
        if (size > 0) {
            n = number(m, size);
            torn += n < 0 || size != LONG_BYTES;
            back += n >= 0 && n < seen;
            seen = n < 0 ? seen : n;
        }
        size = XM_read_sampling_message(bytes, m, SHORT_BYTES, 0);
        if (size > 0) {
            n = number(m, size);
            torn += n < 0 || size != 4 + n % (SHORT_BYTES - 3);
        }
        if (XM_receive_queuing_message(queue, m, LONG_BYTES) == LONG_BYTES) {
            n = number(m, LONG_BYTES);
            torn += n < 0;
            lost += n != expected;
            expected++;
        }
    }
    printf("reader: %d queued messages, %d torn, %d lost, %d going back\n", expected - 1, torn, lost, back);
    XM_halt_system();
}
