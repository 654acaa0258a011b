#include "../testlib.h"

void PartitionMain(void)
{
    xm_u32_t message[4] = { 0 }, flags = 9;
    xm_s32_t port = XM_create_sampling_port("in", 16, XM_DESTINATION_PORT, 15000);
    xm_s32_t got = XM_read_sampling_message(port, message, 16, &flags);
    int i;

    printf("keeper: open %d, nothing written yet: read %d flags %d\n", port, got, flags);
    for (i = 0; i < 2; i++) {
        wait_slots(1);
        got = XM_read_sampling_message(port, message, 16, &flags);
        printf("keeper: read %d value %d flags %d\n", got, message[0], flags);
    }
    XM_halt_system();
}
