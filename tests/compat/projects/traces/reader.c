#include <stdio.h>
#include <xm.h>

#define PRINT(...) do { \
        printf("[%d] ", XM_PARTITION_SELF); \
        printf(__VA_ARGS__); \
} while (0)

void PartitionMain(void)
{
        xmTraceEvent_t event;
        xmTraceStatus_t status;
        xm_s32_t td[2];
        int frame, id;

        for (id = 0; id < 2; id++) {
                td[id] = XM_trace_open(id);
                if (td[id] < 0)
                        PRINT("cannot open trace %d\n", id);
        }
        for (frame = 0; frame < 4; frame++) {
                for (id = 0; id < 2; id++) {
                        while (XM_trace_read(td[id], &event))
                                PRINT("partition %d, code %d, criticality %d, payload 0x%x\n",
                                      (event.opCodeL & TRACE_OPCODE_PARTID_MASK) >> TRACE_OPCODE_PARTID_BIT,
                                      (event.opCodeL & TRACE_OPCODE_CODE_MASK) >> TRACE_OPCODE_CODE_BIT,
                                      (event.opCodeH & TRACE_OPCODE_CRIT_MASK) >> TRACE_OPCODE_CRIT_BIT,
                                      event.payload[0]);
                }
                XM_idle_self();
        }
        XM_trace_seek(td[1], 0, XM_TRACE_SEEK_SET);
        XM_trace_status(td[1], &status);
        PRINT("%d events to read again\n", status.noEvents);
        XM_halt_system();
}
