#include <string.h>
#include <stdio.h>
#include <xm.h>
#include <irqs.h>
#include "common.h"

static xm_s32_t sDesc, qDesc;
static char sMessage[SPORT_SIZE], qMessage[QPORT_SIZE];

void SamplingExtHandler(trapCtxt_t *ctxt)
{
        xm_u32_t flags;

        if (XM_read_sampling_message(sDesc, sMessage, sizeof(sMessage), &flags) > 0)
                PRINT("got %s, shared 0x%x\n", sMessage, *(volatile xm_u32_t *)SHARED_ADDR);
}

void QueuingExtHandler(trapCtxt_t *ctxt)
{
        if (XM_receive_queuing_message(qDesc, qMessage, sizeof(qMessage)) > 0)
                PRINT("got %s\n", qMessage);
}

void PartitionMain(void)
{
        InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_SAMPLING_PORT), SamplingExtHandler);
        InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_QUEUING_PORT), QueuingExtHandler);

        sDesc = XM_create_sampling_port(PORT_S, SPORT_SIZE, XM_DESTINATION_PORT, 0);
        if (sDesc < 0)
                PRINT("no sampling port: %d\n", sDesc);
        if (XM_PARTITION_SELF == 1) {
                qDesc = XM_create_queuing_port(PORT_Q, QPORT_MSGS, QPORT_SIZE, XM_DESTINATION_PORT);
                if (qDesc < 0)
                        PRINT("no queuing port: %d\n", qDesc);
        }
        HwSti();
        XM_clear_irqmask(0, (1 << XM_VT_EXT_SAMPLING_PORT) | (1 << XM_VT_EXT_QUEUING_PORT));
        while (1)
                XM_idle_self();
}
