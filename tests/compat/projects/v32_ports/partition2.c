#include <stdio.h>
#include <xm.h>
#include <irqs.h>

static int news;

static void PortHandler(trapCtxt_t *ctxt)
{
        news++;
}

void PartitionMain(void)
{
        xm_s32_t port = XM_create_sampling_port("gyro", 32, XM_DESTINATION_PORT);
        xmSamplingPortStatus_t status;
        char text[32];
        xm_u32_t flags;
        int n;

        InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_OBJDESC), PortHandler);
        XM_enable_irqs();
        XM_unmask_irq(XM_VT_EXT_OBJDESC);
        for (n = 0; n < 4; n++) {
                xm_s32_t length = XM_read_sampling_message(port, text, sizeof(text), &flags);

                XM_get_sampling_port_status(port, &status);
                printf("[%d] %d bytes, %s, last %d, notified %d\n", XM_PARTITION_SELF, length,
                       flags & XM_COMM_MSG_VALID ? "valid" : "stale", status.lastMsgSize, news);
                XM_idle_self();
        }
        XM_sparcv8_set_psr(XM_sparcv8_get_psr() | 0xf00);
        printf("[%d] shut: %d\n", XM_PARTITION_SELF, HwIsSti());
        XM_halt_partition(XM_PARTITION_SELF);
}
