#include <stdio.h>
#include <xm.h>
#include <irqs.h>

#define PRINT(...) do { \
        printf("[%d] ", XM_PARTITION_SELF); \
        printf(__VA_ARGS__); \
} while (0)

static int count;

static void PrintHmLog(xmHmLog_t *log)
{
        PRINT("log %d: event 0x%x of partition %d, system %d", count++,
              (log->opCodeL & HMLOG_OPCODE_EVENT_MASK) >> HMLOG_OPCODE_EVENT_BIT,
              (log->opCodeL & HMLOG_OPCODE_PARTID_MASK) >> HMLOG_OPCODE_PARTID_BIT,
              (log->opCodeH & HMLOG_OPCODE_SYS_MASK) >> HMLOG_OPCODE_SYS_BIT);
        if (log->opCodeH & HMLOG_OPCODE_VALID_CPUCTXT_MASK)
                printf(", next 0x%x\n", log->cpuCtxt.nPc - log->cpuCtxt.pc);
        else
                printf("\n");
}

void PartitionMain(void)
{
        xmHmStatus_t status;
        xmPartitionStatus_t part;
        xmHmLog_t log;
        int frame, id;

        for (frame = 0; frame < 3; frame++) {
                XM_hm_status(&status);
                PRINT("%d of %s events\n", status.noEvents, status.maxEvents > 100 ? "many" : "few");
                while (XM_hm_read(&log))
                        PrintHmLog(&log);
                XM_idle_self();
        }
        XM_hm_seek(0, XM_OBJ_SEEK_SET);
        XM_hm_status(&status);
        PRINT("after seek %d\n", status.noEvents);
        for (id = 0; id < 3; id++) {
                XM_get_partition_status(id, &part);
                PRINT("partition %d is in state %d\n", id, part.state);
        }
        XM_halt_system();
}
