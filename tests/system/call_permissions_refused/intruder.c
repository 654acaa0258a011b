#include "../testlib.h"

static struct {
    xmPartitionStatus_t partition;
    xmSystemStatus_t system;
    xmPlanStatus_t plan;
    xmHmLog_t log;
    xmHmStatus_t log_status;
    struct xm_kernel_info info;
    xm_u8_t bytes[256];
    xm_u32_t word;
} out;

void PartitionMain(void)
{
    int a, b, c, d, e;

    a = XM_halt_partition(0);
    b = XM_suspend_partition(0);
    c = XM_resume_partition(0);
    d = XM_reset_partition(0, XM_WARM_RESET, 0);
    e = XM_shutdown_partition(0);
    printf("halt_partition %d suspend %d resume %d reset %d shutdown %d\n", a, b, c, d, e);
    a = XM_get_partition_status(0, &out.partition);
    b = XM_get_partition_status(1, &out.partition);
    printf("get_partition_status %d, own %d\n", a, b);
    a = XM_halt_system();
    b = XM_reset_system(XM_WARM_RESET);
    c = XM_get_system_status(&out.system);
    printf("halt_system %d reset_system %d get_system_status %d\n", a, b, c);
    a = XM_switch_sched_plan(0, &out.word);
    b = XM_get_plan_status(&out.plan);
    printf("switch_sched_plan %d, get_plan_status %d\n", a, b);
    a = XM_hm_read(&out.log);
    b = XM_hm_seek(0, XM_OBJ_SEEK_SET);
    c = XM_hm_status(&out.log_status);
    d = XM_hm_fetch(1, out.bytes, sizeof out.bytes);
    printf("hm_read %d hm_seek %d hm_status %d hm_fetch %d\n", a, b, c, d);
    a = XM_trace_open(0);
    b = XM_trace_fetch(0, 1, out.bytes, sizeof out.bytes);
    c = XM_console_fetch(0, 1, out.bytes, sizeof out.bytes);
    printf("trace_open %d trace_fetch %d console_fetch %d\n", a, b, c);
    a = XM_kernel_info(&out.info);
    b = XM_read_config(0, out.bytes, sizeof out.bytes);
    c = XM_port_status(0, 0, (struct xm_port_status *)out.bytes);
    printf("kernel_info %d read_config %d port_status %d\n", a, b, c);
    printf("memory_copy %d\n", XM_memory_copy(1, (xmAddress_t)out.bytes, 0, 0x40100000, 64));
    a = XM_sparc_inport(0x80000100, &out.word);
    b = XM_sparc_outport(0x80000100, 'x');
    printf("inport %d outport %d\n", a, b);
}
