/* caller.c - the services that a partition calls about itself, the writing end of all channels, and
 * system services */
#include <stdio.h>
#include <xm.h>
#include "mark.h"

#define QUEUE 16
#define SECOND_US 1000000

static xm_u8_t message[4096] __attribute__((aligned(8)));

static xm_s32_t sampling(const char *name, xm_u32_t bytes)
{
    return XM_create_sampling_port(name, bytes, XM_SOURCE_PORT, SECOND_US);
}

static xm_s32_t queuing(const char *name, xm_u32_t bytes)
{
    return XM_create_queuing_port(name, QUEUE, bytes, XM_SOURCE_PORT);
}

static void create_ports(xm_s32_t port[8])
{
    MARK(create_sampling_first);
    port[0] = sampling("s32", 32);
    port[1] = sampling("s256", 256);
    port[2] = sampling("s1024", 1024);
    MARK(create_sampling_fourth);
    port[3] = sampling("s4096", 4096);
    port[4] = queuing("q32", 32);
    port[5] = queuing("q256", 256);
    port[6] = queuing("q1024", 1024);
    MARK(create_queuing_eighth);
    port[7] = queuing("q4096", 4096);
}

static void own_calls(void)
{
    xmTime_t now;
    xmHmStatus_t hm;
    xmPlanStatus_t plan;
    xmPartitionStatus_t status;
    xm_s32_t repeat;

    XM_get_time(XM_HW_CLOCK, &now);
    MEASURE(get_time_hw, XM_get_time(XM_HW_CLOCK, &now));
    MEASURE(get_time_exec, XM_get_time(XM_EXEC_CLOCK, &now));
    for (repeat = 1; repeat <= REPEAT; repeat++) {
        MARK(set_timer_hw);
        XM_set_timer(XM_HW_CLOCK, now + SECOND_US * repeat, 0);
    }
    for (repeat = 1; repeat <= REPEAT; repeat++) {
        MARK(set_timer_exec);
        XM_set_timer(XM_EXEC_CLOCK, now + SECOND_US * repeat, 0);
    }
    /* Earlier than the end of the slot: the hardware timer has to be armed anew each time. */
    for (repeat = 0; repeat < REPEAT; repeat++) {
        MARK(set_timer_hw_soon);
        XM_set_timer(XM_HW_CLOCK, now + 40000 - repeat * 100, 0);
    }
    XM_set_timer(XM_HW_CLOCK, 0, 0);
    XM_set_timer(XM_EXEC_CLOCK, 0, 0);
    MEASURE(irq_mask, XM_set_irqmask(0, 1u << XM_VT_EXT_HW_TIMER));
    MEASURE(irq_unmask, XM_clear_irqmask(0, 1u << XM_VT_EXT_WATCHDOG_TIMER));
    MEASURE(irq_disable, XM_sparc_set_pil());
    MEASURE(irq_enable, XM_sparc_clear_pil());
    XM_sparc_set_pil();
    MEASURE(hm_status, XM_hm_status(&hm));
    MEASURE(plan_status, XM_get_plan_status(&plan));
    MEASURE(partition_status, XM_get_partition_status(1, &status));
}

static void log_calls(void)
{
    xmHmLog_t record;
    xmTraceEvent_t event = { 0 };
    xmTraceStatus_t status;
    xm_s32_t trace;

    /* Ten records to be read, then the log is empty. */
    MEASURE(hm_raise_event, XM_hm_raise_event(XM_HM_EV_APP_APPLICATION_ERROR));
    MEASURE(hm_read, XM_hm_read(&record));
    MEASURE(trace_open, XM_trace_open(XM_PARTITION_SELF));
    MEASURE(trace_event, XM_trace_event(1, &event));
    trace = XM_trace_open(XM_PARTITION_SELF);
    MEASURE(trace_status, XM_trace_status(trace, &status));
    MEASURE(trace_read, XM_trace_read(trace, &event));
}

static void write_all(const xm_s32_t port[8])
{
    MEASURE(sampling_write_32, XM_write_sampling_message(port[0], message, 32));
    MEASURE(sampling_write_256, XM_write_sampling_message(port[1], message, 256));
    MEASURE(sampling_write_1024, XM_write_sampling_message(port[2], message, 1024));
    MEASURE(sampling_write_4096, XM_write_sampling_message(port[3], message, 4096));
    MEASURE(queuing_send_32, XM_send_queuing_message(port[4], message, 32));
    MEASURE(queuing_send_256, XM_send_queuing_message(port[5], message, 256));
    MEASURE(queuing_send_1024, XM_send_queuing_message(port[6], message, 1024));
    MEASURE(queuing_send_4096, XM_send_queuing_message(port[7], message, 4096));
}

void PartitionMain(void)
{
    xm_s32_t port[8];
    xm_u32_t before;

    create_ports(port);
    own_calls();
    log_calls();
    XM_idle_self();
    /* The peer has opened its ports: from here messages are announced to it. */
    write_all(port);
    XM_idle_self();
    MEASURE(plan_switch, XM_switch_sched_plan(1, &before));
    XM_idle_self();
    MEASURE(partition_reset, XM_reset_partition(1, XM_WARM_RESET, 0));
    printf("bench: done\n");
    XM_halt_system();
}
