#include <stdio.h>
#include <string.h>
#include <xm.h>
#include <xm_inc/objdir.h>
#include <xm_inc/objects/commports.h>

void PartitionMain(void)
{
        union queuingPortCmd queuing;
        union samplingPortCmd sampling;
        xmObjDesc_t numbers, state, trace, foreign;
        xm_u32_t divisor, flags = 0, mask = 1;
        xmTraceEvent_t event;
        xm_s32_t got;

        queuing.create.portName = "numbers";
        queuing.create.maxNoMsgs = 2;
        queuing.create.maxMsgSize = 4;
        queuing.create.direction = XM_DESTINATION_PORT;
        numbers = OBJDESC_BUILD(OBJ_CLASS_QUEUING_PORT, XM_PARTITION_SELF, 0);
        OBJDESC_SET_ID(numbers, XM_ctrl_object(numbers, XM_COMM_CREATE_PORT, &queuing));
        sampling.create.portName = "state";
        sampling.create.maxMsgSize = 4;
        sampling.create.direction = XM_DESTINATION_PORT;
        sampling.create.validPeriod = 2000000;
        state = OBJDESC_BUILD(OBJ_CLASS_SAMPLING_PORT, XM_PARTITION_SELF, 0);
        OBJDESC_SET_ID(state, XM_ctrl_object(state, XM_COMM_CREATE_PORT, &sampling));
        trace = OBJDESC_BUILD(OBJ_CLASS_TRACE, XM_PARTITION_SELF, 0);
        foreign = OBJDESC_BUILD(OBJ_CLASS_CONSOLE, 1, 0);

        printf("[0] foreign console: %d, no class: %d, seek a port: %d\n", XM_write_object(foreign, "x", 1, 0),
               XM_read_object(0, &divisor, 4, 0), XM_seek_object(numbers, 0, XM_OBJ_SEEK_SET));
        XM_ctrl_object(numbers, XM_COMM_GET_PORT_STATUS, &queuing);
        printf("[0] %d numbers wait\n", queuing.status.noMsgs);
        got = XM_read_object(state, &divisor, 4, &flags);
        printf("[0] state 0x%x of %d bytes, valid %d\n", divisor, got, flags & XM_COMM_MSG_VALID);
        while ((got = XM_read_object(numbers, &divisor, 4, 0)) == 4) {
                memset(&event, 0, sizeof(event));
                event.payload[0] = divisor;
                printf("[0] tracing %d: %d\n", divisor, XM_write_object(trace, &event, sizeof(event), &mask));
                if (divisor)
                        divisor = 100 / divisor;
        }
        printf("[0] queue empty: %d\n", got == XM_OP_NOT_ALLOWED);
        __asm__ __volatile__("wr %%g0, %%g0, %%y\n\tnop\n\tnop\n\tnop\n\tudiv %%g0, %%g0, %%g0" : : );
}
