#include "../testlib.h"

static xm_u32_t number(const xmHmLog_t *log)
{
    return log->opCodeH >> HMLOG_OPCODE_SEQ_BIT;
}

void PartitionMain(void)
{
    xmHmStatus_t status;
    xmHmLog_t log;
    int a, b, c;

    wait_slots(2);
    XM_hm_status(&status);
    printf("stored %d, read position %d\n", status.noEvents, status.currentEvent);
    while (XM_hm_read(&log)) {
        printf("record %d event %d partition %d\n", number(&log),
               (log.opCodeL & HMLOG_OPCODE_EVENT_MASK) >> HMLOG_OPCODE_EVENT_BIT,
               (log.opCodeL & HMLOG_OPCODE_PARTID_MASK) >> HMLOG_OPCODE_PARTID_BIT);
    }
    a = XM_hm_read(&log);
    XM_hm_status(&status);
    printf("then %d, unread %d\n", a, status.noEvents);
    a = XM_hm_seek(-2, XM_OBJ_SEEK_CUR);
    b = XM_hm_read(&log);
    printf("back by two: %d, then %d record %d\n", a, b, number(&log));
    a = XM_hm_seek(0, XM_OBJ_SEEK_SET);
    b = XM_hm_read(&log);
    printf("from the start: %d, then %d record %d\n", a, b, number(&log));
    a = XM_hm_seek(1, XM_OBJ_SEEK_END);
    b = XM_hm_seek(-1, XM_OBJ_SEEK_SET);
    c = XM_hm_seek(0, 3);
    printf("beyond the end %d, before the start %d, bad whence %d\n", a, b, c);
    printf("null pointer %d\n", XM_hm_read(0));
    XM_halt_system();
}
