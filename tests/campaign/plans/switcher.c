/* switcher.c - asks for plans at random moments: once, twice, for one that is not there, for the one in force, and forces the
 * maintenance plan through the health monitor; writes down what the hypervisor said before and after */
#include "shared.h"

static xm_u32_t random_state;

static xm_u32_t random_below(xm_u32_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % n;
}

static void take(struct log_head *head, xm_u32_t kind, xm_u32_t plan)
{
    const struct xmPhysicalMemMap *area = (const struct xmPhysicalMemMap *)(XM_params_get_PCT() + 1);
    struct action_entry *entry = (struct action_entry *)area[2].startAddr + head->actions;

    entry->kind = kind;
    entry->plan = plan;
    entry->current = ~0;
    XM_kernel_info(&entry->before);
    XM_get_time(XM_HW_CLOCK, &entry->time_us);
    if (kind == ACTION_REQUEST) {
        entry->code = XM_switch_sched_plan(plan, &entry->current);
    } else {
        entry->code = XM_hm_raise_event(XM_HM_EV_APP_POWER_FAIL);
    }
    XM_kernel_info(&entry->after);
    head->actions++;
}

static void act(struct log_head *head)
{
    static const xm_u32_t bad[] = { 5, 6, 0xff, 0x80000000, 0x80000001, 0xffffffff };
    xm_u32_t dice = random_below(100);

    if (dice < 70) {
        take(head, ACTION_REQUEST, random_below(5));
    } else if (dice < 80) {
        take(head, ACTION_REQUEST, random_below(5));
        take(head, ACTION_REQUEST, random_below(5));
    } else if (dice < 85) {
        take(head, ACTION_REQUEST, bad[random_below(6)]);
    } else if (dice < 88) {
        take(head, ACTION_MAINTENANCE, 1);
    }
}

void PartitionMain(void)
{
    struct log_head *head = log_head();

    random_state = head->seed | 1;
    for (;;) {
        xmTime_t end, now;

        XM_idle_self();
        note_slot(head);
        XM_get_time(XM_HW_CLOCK, &now);
        end = now + random_below(XM_params_get_PCT()->schedInfo.slotDuration);
        while (now < end) {
            XM_get_time(XM_HW_CLOCK, &now);
        }
        act(head);
        if (head->actions >= head->wanted) {
            head->finished = 1;
            XM_halt_system();
        }
    }
}
