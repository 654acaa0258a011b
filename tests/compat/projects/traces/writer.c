#include <stdio.h>
#include <xm.h>

#define PRINT(...) do { \
        printf("[%d] ", XM_PARTITION_SELF); \
        printf(__VA_ARGS__); \
} while (0)

void PartitionMain(void)
{
        xmTraceEvent_t event; /* on the stack, as it comes: its criticality must be NOTIFY */
        xm_u32_t step = 0;

        while (step < 3) {
                event.opCodeL |= (step << TRACE_OPCODE_CODE_BIT) & TRACE_OPCODE_CODE_MASK;
                event.payload[0] = 0x1000 * XM_PARTITION_SELF + step;
                if (XM_trace_event(1 << step, &event) != XM_OK)
                        PRINT("trace %d filtered\n", step);
                step++;
                XM_idle_self();
        }
        XM_halt_partition(XM_PARTITION_SELF);
}
