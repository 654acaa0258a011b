/* counter.c - increments a counter, after it has told the reader where that lies */
#include <xm.h>

#define VALID_US 100000000

static volatile xm_u32_t counter;

void PartitionMain(void)
{
    xmAddress_t address = (xmAddress_t)&counter;
    xm_s32_t port = XM_create_sampling_port("address", sizeof address, XM_SOURCE_PORT, VALID_US);

    XM_write_sampling_message(port, &address, sizeof address);
    for (;;) {
        counter++;
    }
}
