#include "../testlib.h"

/* Everything of an ordinary system, eight times, in the 512 KB that published configurations give the hypervisor. */
void PartitionMain(void)
{
    int out = XM_create_sampling_port("out", 1024, XM_SOURCE_PORT, 100000);
    int in = XM_create_sampling_port("in", 1024, XM_DESTINATION_PORT, 100000);
    int send = XM_create_queuing_port("send", 16, 128, XM_SOURCE_PORT);
    int take = XM_create_queuing_port("take", 16, 128, XM_DESTINATION_PORT);
    int me = XM_PARTITION_SELF, from = -1, sent = me;

    XM_write_sampling_message(out, &sent, sizeof sent);
    XM_send_queuing_message(send, &sent, sizeof sent);
    wait_slots(2);
    if (XM_read_sampling_message(in, &from, sizeof from, 0) == sizeof from &&
        XM_receive_queuing_message(take, &sent, sizeof sent) == sizeof sent && sent == from) {
        printf("%s heard %d\n", XM_get_PCT()->name, from);
    }
    if (me == 0) {
        struct xm_kernel_info info;

        wait_slots(2);
        XM_kernel_info(&info);
        printf("hypervisor: %d bytes, %s\n", info.kernel_bytes_total,
               info.kernel_bytes_used <= info.kernel_bytes_total - 4096 ? "fits" : "does not fit");
        XM_halt_system();
    }
    XM_idle_self();
}
