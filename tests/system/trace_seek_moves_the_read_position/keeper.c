#include "../testlib.h"

static xm_u32_t next_code(xm_s32_t stream)
{
    xmTraceEvent_t event;

    return XM_trace_read(stream, &event) == 1 ? event.payload[0] : 0;
}

void PartitionMain(void)
{
    xmTraceStatus_t status;
    xmTraceEvent_t event;
    xm_s32_t stream;
    int a, b, c;

    wait_slots(2);
    stream = XM_trace_open(1);
    a = (int)next_code(stream);
    printf("first %d, second %d\n", a, next_code(stream));
    XM_trace_status(stream, &status);
    printf("unread %d, position %d\n", status.noEvents, status.currentEvent);
    a = XM_trace_seek(stream, -1, XM_OBJ_SEEK_CUR);
    printf("back by one %d: %d\n", a, next_code(stream));
    a = XM_trace_seek(stream, -1, XM_OBJ_SEEK_END);
    b = (int)next_code(stream);
    printf("last %d: %d, then %d\n", a, b, next_code(stream));
    a = XM_trace_seek(stream, 0, XM_OBJ_SEEK_SET);
    printf("from the start %d: %d\n", a, next_code(stream));
    a = XM_trace_seek(stream, 1, XM_OBJ_SEEK_END);
    b = XM_trace_seek(stream, 0, 3);
    c = XM_trace_seek(stream + 1, 0, XM_OBJ_SEEK_SET);
    printf("beyond the end %d, bad whence %d, bad stream %d\n", a, b, c);
    a = XM_trace_read(stream, 0);
    b = XM_trace_status(stream, (xmTraceStatus_t *)0x40001000);
    c = XM_trace_status(stream + 1, &status);
    printf("read to null %d, status to the hypervisor %d, bad stream %d\n", a, b, c);
    a = XM_trace_event(1, 0);
    b = XM_trace_read(stream + 1, &event);
    printf("event at null %d, read of a bad stream %d, still next %d\n", a, b, next_code(stream));
    XM_halt_system();
}
