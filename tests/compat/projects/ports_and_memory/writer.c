#include <string.h>
#include <stdio.h>
#include <xm.h>
#include <irqs.h>
#include "common.h"

static int space;

/* a reader took a message out of the queue */
void QueuingExtHandler(trapCtxt_t *ctxt)
{
        space++;
}

void PartitionMain(void)
{
        char sMessage[SPORT_SIZE], qMessage[QPORT_SIZE];
        volatile xm_u32_t *shared = (volatile xm_u32_t *)SHARED_ADDR;
        xm_s32_t sPort, qPort, e;
        xmQueuingPortStatus_t status;

        sPort = XM_create_sampling_port(PORT_S, SPORT_SIZE, XM_SOURCE_PORT, 0);
        if (sPort < 0) {
                PRINT("error %d\n", sPort);
                goto end;
        }
        qPort = XM_create_queuing_port(PORT_Q, QPORT_MSGS, QPORT_SIZE, XM_SOURCE_PORT);
        if (qPort < 0) {
                PRINT("error %d\n", qPort);
                goto end;
        }
        InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_QUEUING_PORT), QueuingExtHandler);
        HwSti();
        XM_clear_irqmask(0, 1 << XM_VT_EXT_QUEUING_PORT);

        memset(sMessage, 0, sizeof(sMessage));
        memset(qMessage, 0, sizeof(qMessage));
        for (e = 0; e < 3; e++) {
                sprintf(sMessage, "<<sampling %d>>", e);
                sprintf(qMessage, "<<queuing %d>>", e);
                shared[0] = 0x100 + e;
                if (XM_write_sampling_message(sPort, sMessage, sizeof(sMessage)) < 0)
                        PRINT("cannot write\n");
                if (XM_send_queuing_message(qPort, qMessage, sizeof(qMessage)) < 0)
                        PRINT("cannot send\n");
                PRINT("sent %s and %s, shared 0x%x\n", sMessage, qMessage, shared[0]);
                XM_idle_self();
        }
        XM_get_queuing_port_status(qPort, &status);
        PRINT("%d messages wait, taken %d\n", status.noMsgs, space);
end:
        XM_halt_partition(XM_PARTITION_SELF);
}
