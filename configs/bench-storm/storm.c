/* storm.c - interrupts, events, traps, traces and reads, as fast as the hypervisor lets it */
#include <irqs.h>
#include <xm.h>

#define BYTES 4096
#define SHORTEST_US 50

static xm_u8_t message[BYTES + 8] __attribute__((aligned(8)));
static volatile xm_u32_t interrupts;

static void on_interrupt(trapCtxt_t *context)
{
    (void)context;
    interrupts++;
}

static void on_division(trapCtxt_t *context)
{
    context->pc = context->nPc;
    context->nPc += 4;
}

static void start_timers(void)
{
    xmTime_t now;

    InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_HW_TIMER), on_interrupt);
    InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_EXEC_TIMER), on_interrupt);
    InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_CYCLIC_SLOT_START), on_interrupt);
    InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_SAMPLING_PORT), on_interrupt);
    InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_QUEUING_PORT), on_interrupt);
    InstallTrapHandler(DIVISION_BY_ZERO, on_division);
    XM_clear_irqmask(0, 1u << XM_VT_EXT_HW_TIMER | 1u << XM_VT_EXT_EXEC_TIMER |
                            1u << XM_VT_EXT_CYCLIC_SLOT_START | 1u << XM_VT_EXT_SAMPLING_PORT |
                            1u << XM_VT_EXT_QUEUING_PORT);
    XM_get_time(XM_HW_CLOCK, &now);
    XM_set_timer(XM_HW_CLOCK, now + SHORTEST_US, SHORTEST_US);
    XM_set_timer(XM_EXEC_CLOCK, now + SHORTEST_US, SHORTEST_US);
    HwSti();
}

void PartitionMain(void)
{
    xmTraceEvent_t event = { 0 };
    xm_s32_t value = XM_create_sampling_port("last_value", BYTES, XM_DESTINATION_PORT, 1000000);
    xm_s32_t queue = XM_create_queuing_port("queue", 16, BYTES, XM_DESTINATION_PORT);

    start_timers();
    for (;;) {
        XM_hm_raise_event(XM_HM_EV_APP_APPLICATION_ERROR);
        __asm__ volatile("wr %%g0, %%g0, %%y\n\tnop\n\tnop\n\tnop\n\tudiv %%g1, %%g0, %%g0" ::
                             : "g1");
        XM_trace_event(1, &event);
        XM_read_sampling_message(value, message + 1, BYTES, 0);
        XM_receive_queuing_message(queue, message + 1, BYTES);
    }
}
