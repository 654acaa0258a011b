#include <string.h>
#include <stdio.h>
#include <xm.h>
#include <irqs.h>

#define SPORT "portS"
#define QPORT "portQ"

static xm_s32_t sampling, queuing;
static char message[128];

void SamplingHandler(trapCtxt_t *ctxt)
{
    xm_u32_t flags;
    xm_s32_t length = XM_read_sampling_message(sampling, message, sizeof(message), &flags);

    if (length > 0) {
        printf("sampling %d %s%s\n", length, message, flags & XM_COMM_MSG_VALID ? "" : " (old)");
    }
    (void)ctxt;
}

void QueuingHandler(trapCtxt_t *ctxt)
{
    xm_s32_t length;

    while ((length = XM_receive_queuing_message(queuing, message, sizeof(message))) > 0) {
        printf("queuing %d\n", length);
    }
    if (length != XM_OP_NOT_ALLOWED) {
        printf("error %d\n", length);
    }
    (void)ctxt;
}

void PartitionMain(void)
{
    xmSamplingPortStatus_t samplingStatus;
    xmSamplingPortInfo_t samplingInfo;
    xmQueuingPortStatus_t queuingStatus;
    xmQueuingPortInfo_t queuingInfo;

    sampling = XM_create_sampling_port(SPORT, 48, XM_DESTINATION_PORT, 0);
    queuing = XM_create_queuing_port(QPORT, 16, 128, XM_DESTINATION_PORT);
    if (sampling < 0 || queuing < 0) {
        printf("[%d] ports: %d %d\n", XM_PARTITION_SELF, sampling, queuing);
        return;
    }
    InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_SAMPLING_PORT), SamplingHandler);
    InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_QUEUING_PORT), QueuingHandler);
    XM_clear_irqmask(0, (1 << XM_VT_EXT_SAMPLING_PORT) | (1 << XM_VT_EXT_QUEUING_PORT));
    HwSti();
    XM_get_sampling_port_status(sampling, &samplingStatus);
    XM_get_sampling_port_info(SPORT, &samplingInfo);
    XM_get_queuing_port_status(queuing, &queuingStatus);
    XM_get_queuing_port_info(QPORT, &queuingInfo);
    printf("%d %d %lld\n", queuingStatus.noMsgs, queuingInfo.maxNoMsgs, samplingInfo.validPeriod);
    strncpy(message, "data", sizeof(message));
    XM_write_sampling_message(sampling, message, strlen(message) + 1);
    XM_send_queuing_message(queuing, message, sizeof(message));
    while (1) {
        xm_s32_t port;

        for (port = 0; port < XM_get_PCT()->noCommPorts; port++) {
            if (xmIsBitSet(XM_get_commport_bitmap(), port, XM_get_PCT()->noCommPorts) == 1) {
                printf("port %d has news\n", port);
            }
        }
        XM_idle_self();
    }
}
