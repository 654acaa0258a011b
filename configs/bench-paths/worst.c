/* worst.c - the services with the arguments that take longest */
#include <stdio.h>
#include <irqs.h>
#include <xm.h>
#include "../bench-hypercalls/mark.h"

#define SECOND_US 1000000
#define FAN 4096
#define LARGE 16384
#define LISTENER 1
#define LISTENER_MEMORY 0x40640000
#define LAST_AREA 0x40500000
#define BATCH ((xm_u8_t *)LAST_AREA)
#define OTHER ((xm_u8_t *)LAST_AREA + 32768)
#define CONSOLE_BYTES 16384

/* The area used last is tried first: make it the wrong one. */
static void forget_area(void)
{
    xmTime_t now;

    XM_get_time(XM_HW_CLOCK, &now);
}

#define WORST(name, call)                                                                          \
    do {                                                                                           \
        forget_area();                                                                             \
        MARK(w_##name);                                                                            \
        (void)(call);                                                                              \
    } while (0)

static void open_ports(xm_s32_t *fan, xm_s32_t *large, xm_s32_t *queue)
{
    WORST(create_sampling_last_of_15,
          *large = XM_create_sampling_port("port_fan_large", LARGE, XM_SOURCE_PORT, SECOND_US));
    *fan = XM_create_sampling_port("port_fan_4096", FAN, XM_SOURCE_PORT, SECOND_US);
    *queue = XM_create_queuing_port("port_queuing_12", 4, FAN, XM_SOURCE_PORT);
    WORST(sampling_port_info,
          XM_get_sampling_port_info("port_fan_large", (xmSamplingPortInfo_t *)BATCH));
    WORST(sampling_port_status,
          XM_get_sampling_port_status((xm_u32_t)*large, (xmSamplingPortStatus_t *)BATCH));
    WORST(queuing_port_status,
          XM_get_queuing_port_status((xm_u32_t)*queue, (xmQueuingPortStatus_t *)BATCH));
    WORST(port_status, XM_port_status(0, (xm_u32_t)*large, (struct xm_port_status *)BATCH));
}

static void ports(xm_s32_t fan, xm_s32_t large, xm_s32_t queue)
{
    WORST(sampling_write_4096_to_5, XM_write_sampling_message(fan, OTHER, FAN));
    WORST(sampling_write_4096_odd_to_5, XM_write_sampling_message(fan, OTHER + 1, FAN));
    WORST(sampling_write_16384_to_5, XM_write_sampling_message(large, OTHER, LARGE));
    WORST(queuing_send_4096, XM_send_queuing_message(queue, OTHER, FAN));
    WORST(queuing_send_4096_odd, XM_send_queuing_message(queue, OTHER + 1, FAN));
    WORST(raise_ipvi_to_5, XM_raise_ipvi(XM_VT_EXT_IPVI0));
    WORST(raise_partition_ipvi, XM_raise_partition_ipvi(5, XM_VT_EXT_IPVI0));
}

static void logs(void)
{
    xmTraceEvent_t event = { 0 };
    xm_s32_t trace = XM_trace_open(0);
    int i;

    for (i = 0; i < 40; i++) {
        XM_hm_raise_event(XM_HM_EV_APP_APPLICATION_ERROR);
        XM_trace_event(1, &event);
    }
    WORST(hm_raise_event, XM_hm_raise_event(XM_HM_EV_APP_APPLICATION_ERROR));
    WORST(hm_read, XM_hm_read((xmHmLog_t *)BATCH));
    WORST(hm_status, XM_hm_status((xmHmStatus_t *)BATCH));
    WORST(hm_seek, XM_hm_seek(-1, XM_OBJ_SEEK_END));
    WORST(hm_fetch_all, XM_hm_fetch(1, BATCH, 8192));
    WORST(trace_event, XM_trace_event(1, (xmTraceEvent_t *)OTHER));
    WORST(trace_read, XM_trace_read(trace, (xmTraceEvent_t *)BATCH));
    WORST(trace_fetch_all, XM_trace_fetch(0, 1, BATCH, 8192));
}

static void consoles(void)
{
    int i;

    WORST(write_console_4096, XM_write_console((char *)OTHER, 4096));
    WORST(write_console_16384_odd, XM_write_console((char *)OTHER + 1, CONSOLE_BYTES));
    for (i = 0; i < 3; i++) {
        WORST(console_fetch_16384, XM_console_fetch(0, 1, BATCH, 32000));
    }
    WORST(link_write_4096, XM_link_write(OTHER, 4096));
    WORST(link_write_full, XM_link_write(OTHER, 4096));
    WORST(link_read, XM_link_read(BATCH, 4096));
    WORST(link_status, XM_link_status((struct xm_link_status *)BATCH));
}

static void system_calls(void)
{
    xm_u32_t before;

    WORST(get_partition_status, XM_get_partition_status(5, (xmPartitionStatus_t *)BATCH));
    WORST(get_system_status, XM_get_system_status((xmSystemStatus_t *)BATCH));
    WORST(get_plan_status, XM_get_plan_status((xmPlanStatus_t *)BATCH));
    WORST(kernel_info, XM_kernel_info((struct xm_kernel_info *)BATCH));
    WORST(read_config_all, XM_read_config(0, BATCH, 32768));
    WORST(gid_of_partition, XM_get_gid_by_name("worst_of_all_05", XM_PARTITION_NAME));
    WORST(gid_of_plan, XM_get_gid_by_name("all_partitionz", XM_PLAN_NAME));
    WORST(memory_copy_4096,
          XM_memory_copy(LISTENER, LISTENER_MEMORY + 0x1f000, 0, (xmAddress_t)OTHER, 4096));
    WORST(memory_copy_4096_odd,
          XM_memory_copy(LISTENER, LISTENER_MEMORY + 0x1e004, 0, (xmAddress_t)OTHER, 4096));
    WORST(memory_copy_4093_overlap,
          XM_memory_copy(0, (xmAddress_t)OTHER + 4, 0, (xmAddress_t)OTHER, 4093));
    WORST(memory_copy_4096_overlap,
          XM_memory_copy(0, (xmAddress_t)OTHER + 4, 0, (xmAddress_t)OTHER, 4096));
    WORST(inport, XM_sparc_inport(0x800ff018, (xm_u32_t *)BATCH));
    WORST(outport, XM_sparc_outport(0x800ff018, 0));
    WORST(atomic_add, XM_sparc_atomic_add((xm_u32_t *)BATCH, 1));
    WORST(write_tbr, XM_sparc_write_tbr((xmAddress_t)LAST_AREA));
    WORST(route_irq, XM_route_irq(XM_EXTIRQ_TYPE, 31, 0xff));
    WORST(set_irqmask, XM_set_irqmask(~0u, ~0u));
    WORST(clear_irqmask, XM_clear_irqmask(0, 1u << XM_VT_EXT_WATCHDOG_TIMER));
    WORST(get_time_exec, XM_get_time(XM_EXEC_CLOCK, (xmTime_t *)BATCH));
    WORST(set_timer_passed, XM_set_timer(XM_HW_CLOCK, 1, 50));
    WORST(set_timer_exec_soon, XM_set_timer(XM_EXEC_CLOCK, 60 * SECOND_US, 0));
    WORST(set_watchdog_passed, XM_set_timer(XM_WATCHDOG_TIMER, 1, 0));
    XM_set_timer(XM_HW_CLOCK, 0, 0);
    XM_set_timer(XM_EXEC_CLOCK, 0, 0);
    WORST(flush_windows, XM_sparc_flush_regwin());
    WORST(plan_switch, XM_switch_sched_plan(1, &before));
    XM_switch_sched_plan(0, &before);
}

static void control(void)
{
    WORST(suspend, XM_suspend_partition(LISTENER));
    WORST(resume, XM_resume_partition(LISTENER));
    WORST(shutdown, XM_shutdown_partition(LISTENER));
    WORST(reset_warm, XM_reset_partition(LISTENER, XM_WARM_RESET, 0));
    WORST(halt, XM_halt_partition(LISTENER));
    WORST(reset_cold, XM_reset_partition(LISTENER, XM_COLD_RESET, 0));
}

static void traps(void)
{
    MARK(w_trap_divide_logged);
    __asm__ volatile("wr %%g0, %%g0, %%y\n\tnop\n\tnop\n\tnop\n\tudiv %%g1, %%g0, %%g0" ::: "g1");
    MARK(w_trap_access_logged);
    __asm__ volatile("ld [%0], %%g1" ::"r"(LISTENER_MEMORY) : "g1");
}

void PartitionMain(void)
{
    xm_s32_t fan, large, queue;
    xm_u32_t before;

    open_ports(&fan, &large, &queue);
    XM_idle_self();
    ports(fan, large, queue);
    logs();
    consoles();
    system_calls();
    traps();
    XM_idle_self();
    control();
    MARK(w_idle_with_reload);
    XM_idle_self();
    XM_idle_self();
    /* The frame that ends with a change of plan. */
    XM_switch_sched_plan(1, &before);
    XM_idle_self();
    printf("bench: done\n");
    XM_halt_system();
}
