/* subject.c - lives, leaves as much behind as it can, and is reset: partition 1 by itself, partition 2 by the controller */
#include "shared.h"
#include <irqs.h>

extern xm_u32_t _sguest[], _sdata[];

static volatile xm_u32_t data = 1000;
static volatile xm_u32_t bss;
static volatile xm_u32_t timers;

static void handle_timer(trapCtxt_t *context)
{
    (void)context;
    timers++;
}

static xm_u32_t hash_image(void)
{
    const xm_u32_t *p;
    xm_u32_t hash = 0;

    for (p = _sguest; p < _sdata; p++) {
        hash = (hash << 5 | hash >> 27) ^ *p;
    }
    return hash;
}

static void wait_slots(int n)
{
    while (n-- > 0) {
        XM_idle_self();
    }
}

/* What a life finds, before it does anything. From here on it counts, however short it is. */
static struct life *write_down(struct history *history)
{
    const partitionControlTable_t *pct = XM_params_get_PCT();
    struct announcement *said = &CONTROL->subject[XM_PARTITION_SELF];
    struct life *life = &history->life[history->lives];

    life->cause = said->cause;
    life->mode = said->mode;
    life->status = said->status;
    life->reset_counter = pct->resetCounter;
    life->reset_status = pct->resetStatus;
    life->hw_mask = pct->hwIrqsMask;
    life->ext_mask = pct->extIrqsMask;
    life->ext_pend = pct->extIrqsPend;
    life->flags = pct->iFlags;
    life->data = data;
    life->bss = bss;
    life->complete = 0;
    history->lives++;
    said->cause = CAUSE_NONE;
    life->hash = hash_image();
    life->sampling = XM_create_sampling_port("s_out", 16, XM_SOURCE_PORT, 0);
    life->queuing = XM_create_queuing_port("q_out", 4, 16, XM_SOURCE_PORT);
    return life;
}

/* Everything that a reset must take back. */
static void leave_behind(void)
{
    xmTime_t now;
    xm_u32_t i;

    XM_get_time(XM_HW_CLOCK, &now);
    XM_set_timer(XM_HW_CLOCK, now + 200, 300);
    XM_get_time(XM_EXEC_CLOCK, &now);
    XM_set_timer(XM_EXEC_CLOCK, now + 100, 250);
    for (i = 0; i < 32; i++) {
        XM_route_irq(XM_EXTIRQ_TYPE, i, 0xe0 + (i ^ 1));
    }
    XM_write_sampling_message(0, "sixteen bytes ..", 16);
    XM_send_queuing_message(1, "sixteen bytes ..", 16);
    XM_hm_raise_event(XM_HM_EV_APP_DEADLINE_MISSED);
}

void PartitionMain(void)
{
    const struct xmPhysicalMemMap *area = (const struct xmPhysicalMemMap *)(XM_params_get_PCT() + 1);
    struct history *history = (struct history *)area[1].startAddr;
    struct announcement *said = &CONTROL->subject[XM_PARTITION_SELF];
    struct life *life = write_down(history);
    xm_u32_t i;

    for (i = 0; i < 256; i++) {
        trapHandlersTab[i] = i == 0 ? trapHandlersTab[0] : handle_timer;
    }
    XM_clear_irqmask(0, 1 << XM_VT_EXT_HW_TIMER | 1 << XM_VT_EXT_EXEC_TIMER);
    HwSti();
    wait_slots(3);
    life->timers = timers;
    life->complete = 1;
    data++;
    bss = 77;
    history->data = data;
    leave_behind();
    said->ready = 1;
    if (XM_PARTITION_SELF == 1) {
        xmTime_t now;

        XM_get_time(XM_HW_CLOCK, &now);
        said->mode = (xm_u32_t)now * 2654435761u >> 13 & 1;
        said->status = (xm_u32_t)now;
        said->ready = 0;
        said->cause = CAUSE_SELF;
        CONTROL->partition_resets++;
        XM_reset_partition(1, said->mode, said->status);
    }
    for (;;) {
        XM_idle_self();
    }
}
