#include "../testlib.h"

static struct {
    struct xm_batch head;
    xm_u8_t byte[256];
} batch __attribute__((aligned(8)));

/* From a number, from before the oldest, and from beyond the newest; then what is refused. */
static void show(const char *name, int from, int early, int late)
{
    printf("%s: %d, all from 0 %d, beyond the end %d\n", name, from, early, late);
}

void PartitionMain(void)
{
    struct xm_kernel_info info;
    xmSystemStatus_t system;
    xm_u32_t magic[2];
    int a, b, c, d;

    wait_slots(2);
    a = XM_hm_fetch(2, &batch, sizeof batch);
    b = XM_hm_fetch(0, &batch, sizeof batch);
    c = XM_hm_fetch(99, &batch, sizeof batch);
    show("hm", a, b, c);
    a = XM_hm_fetch(1, &batch, sizeof batch.head - 1);
    b = XM_hm_fetch(1, (xm_u8_t *)&batch + 4, 128);
    c = XM_hm_fetch(1, (void *)0x40001000, 128);
    printf("hm: no room %d, misaligned %d, hypervisor's %d\n", a, b, c);
    a = XM_trace_fetch(1, 2, &batch, sizeof batch);
    b = XM_trace_fetch(1, 0, &batch, sizeof batch);
    c = XM_trace_fetch(1, 99, &batch, sizeof batch);
    show("trace", a, b, c);
    a = XM_trace_fetch(1, 1, &batch, sizeof batch.head - 1);
    b = XM_trace_fetch(2, 1, &batch, sizeof batch);
    c = XM_trace_fetch(1, 1, (void *)0x40001000, 128);
    printf("trace: no room %d, no partition %d, hypervisor's %d\n", a, b, c);
    a = XM_console_fetch(1, 1, &batch, sizeof batch.head - 1);
    b = XM_console_fetch(2, 1, &batch, sizeof batch);
    c = XM_console_fetch(1, 1, (void *)0x40001000, 128);
    d = XM_console_fetch(1, 1, (xm_u8_t *)&batch + 4, 128);
    printf("console: no room %d, no partition %d, hypervisor's %d, misaligned %d\n", a, b, c, d);
    a = XM_kernel_info(&info);
    printf("info %d: partitions %d, plans %d\n", a, info.partition_count, info.plan_count);
    a = XM_read_config(0, magic, sizeof magic);
    b = XM_read_config(info.config_length - 4, batch.byte, 64);
    c = XM_read_config(info.config_length, batch.byte, 64);
    d = XM_read_config(info.config_length + 1, batch.byte, 64);
    printf("configuration: %d bytes, at its end %d, behind it %d, beyond %d\n", a, b, c, d);
    a = XM_get_system_status(&system);
    b = XM_get_system_status((xmSystemStatus_t *)0x40001000);
    printf("system status %d: events %d; hypervisor's memory %d\n", a, (int)system.noHmEvents, b);
    a = XM_hm_status((xmHmStatus_t *)0x40001000);
    b = XM_get_plan_status((xmPlanStatus_t *)0x40001000);
    printf("hm_status %d, get_plan_status %d\n", a, b);
    XM_halt_system();
}
