/* Cyclic plans: slots, frames, switches, lateness. */
#include <string.h>
#include "fixture.h"

static xm_u32_t owner_id(void)
{
    struct partition *p = sched_slot_owner();

    return p == NULL ? XM_CONFIG_IDLE : p->id;
}

static xmPlanStatus_t plan_status(void)
{
    xmPlanStatus_t status;

    memset(&status, 0, sizeof(status));
    sched_fill_plan_status(&status);
    return status;
}

static struct xm_kernel_info info(void)
{
    struct xm_kernel_info i;

    memset(&i, 0, sizeof(i));
    sched_fill_info(&i);
    return i;
}

static void sched_every_instant_has_the_owner_of_the_plan(void **state)
{
    static const struct {
        xm_u32_t end, owner;
    } plan0[] = { { 200, 0 }, { 500, 1 }, { 600, XM_CONFIG_IDLE }, { 1000, 2 } };

    (void)state;
    fixture_start();
    for (xm_u32_t t = 0; t < 3000; t++) {
        xm_u32_t i = 0;

        while (t % 1000 >= plan0[i].end) {
            i++;
        }
        assert_int_equal(owner_id(), plan0[i].owner);
        assert_int_equal(sched_slot_end_us(), t - t % 1000 + plan0[i].end);
        assert_int_equal(sched_frame_count(), t / 1000);
        fixture_pass_us(1);
    }
}

static void sched_timer_is_armed_for_the_nominal_slot_end(void **state)
{
    (void)state;
    fixture_start();
    assert_int_equal(host.armed_us, 200);
    fixture_pass_us(213); /* the interrupt comes late: what is left is shorter */
    assert_int_equal(owner_id(), 1);
    assert_int_equal(host.armed_us, 287);
    fixture_pass_us(287);
    assert_int_equal(host.armed_us, 100);
}

static void sched_partition_sees_its_slot(void **state)
{
    const partitionControlTable_t *pct;

    (void)state;
    fixture_start();
    pct = partitions[1].pct;
    partitions[1].pct->extIrqsPend = 0;
    fixture_pass_us(200);
    assert_int_equal(pct->schedInfo.noSlot, 1);
    assert_int_equal(pct->schedInfo.id, 1);
    assert_int_equal(pct->schedInfo.slotDuration, 300);
    assert_true((pct->extIrqsPend & 1u << XM_VT_EXT_CYCLIC_SLOT_START) != 0);
    assert_ptr_equal(partition_current(), &partitions[1]);
    assert_int_equal(host.space, 2);
    fixture_pass_us(300);
    assert_null(partition_current()); /* the gap */
}

static void sched_plan_switch_waits_for_frame_end(void **state)
{
    (void)state;
    fixture_start();
    fixture_pass_us(100);
    assert_int_equal(sched_request_plan(2), XM_OK);
    assert_int_equal(plan_status().next, 2);
    for (xm_u32_t t = 100; t < 999; t++) {
        fixture_pass_us(1);
        assert_int_equal(plan_status().current, 0);
    }
    assert_int_equal(owner_id(), 2); /* all slots of the frame ran */
    fixture_pass_us(1);
    assert_int_equal(plan_status().current, 2);
    assert_int_equal(plan_status().next, 2);
    assert_int_equal(plan_status().prev, 0);
    assert_int_equal(plan_status().switchTime, 1000);
    assert_int_equal(owner_id(), 1);
    assert_int_equal(sched_slot_end_us(), 1300);
    assert_int_equal(partitions[1].pct->schedInfo.id, 7);
    assert_int_equal(info().switch_frame, 1);
}

static void sched_late_switch_is_still_anchored_to_the_plan(void **state)
{
    (void)state;
    fixture_start();
    (void)sched_request_plan(2);
    fixture_pass_us(1037);
    assert_int_equal(plan_status().switchTime, 1000);
    assert_int_equal(sched_slot_end_us(), 1300);
    assert_int_equal(info().slot_lateness_last_us, 37);
    assert_int_equal(info().slot_lateness_max_us, 37);
    fixture_pass_us(263);
    assert_int_equal(info().slot_lateness_last_us, 0);
    assert_int_equal(info().slot_lateness_max_us, 37);
}

static void sched_last_request_wins(void **state)
{
    (void)state;
    fixture_start();
    assert_int_equal(sched_request_plan(1), XM_OK);
    assert_int_equal(sched_request_plan(2), XM_OK);
    fixture_pass_us(1000);
    assert_int_equal(plan_status().current, 2);
    assert_int_equal(sched_request_plan(1), XM_OK);
    assert_int_equal(sched_request_plan(2), XM_NO_ACTION); /* takes the request back */
    fixture_pass_us(700);
    assert_int_equal(plan_status().current, 2);
    assert_int_equal(sched_request_plan(0), XM_OK); /* back to the initial plan is allowed */
    fixture_pass_us(700);
    assert_int_equal(plan_status().current, 0);
    assert_int_equal(plan_status().prev, 2);
}

static void sched_switch_service_refusals(void **state)
{
    xm_u32_t *current = arch_guest_pointer(FIXTURE_SCRATCH(0));

    (void)state;
    fixture_start();
    (void)fixture_enter(0);
    assert_int_equal(sys_switch_sched_plan(3, FIXTURE_SCRATCH(0)), XM_INVALID_PARAM);
    assert_int_equal(sys_switch_sched_plan(~0u, FIXTURE_SCRATCH(0)), XM_INVALID_PARAM);
    assert_int_equal(sys_switch_sched_plan(1, 0), XM_INVALID_PARAM);
    assert_int_equal(sys_switch_sched_plan(1, FIXTURE_SCRATCH(0) + 2), XM_INVALID_PARAM);
    assert_int_equal(sys_switch_sched_plan(1, FIXTURE_READONLY(0)), XM_INVALID_PARAM);
    assert_int_equal(plan_status().next, 0); /* nothing was requested */
    *current = 99;
    assert_int_equal(sys_switch_sched_plan(0, FIXTURE_SCRATCH(0)), XM_NO_ACTION);
    assert_int_equal(*current, 0);
    assert_int_equal(sys_switch_sched_plan(2, FIXTURE_SCRATCH(0)), XM_OK);
    assert_int_equal(sys_get_plan_status(FIXTURE_SCRATCH(0) + 4), XM_INVALID_PARAM);
    assert_int_equal(sys_get_plan_status(FIXTURE_SCRATCH(0)), XM_OK);
    assert_int_equal(((xmPlanStatus_t *)(void *)current)->next, 2);
    assert_int_equal(((xmPlanStatus_t *)(void *)current)->prev, -1);
    assert_int_equal(((xmPlanStatus_t *)(void *)current)->switchTime, 0);
}

static void sched_a_million_switches_drift_nothing(void **state)
{
    xmTime_t nominal_us = 0;
    xm_u32_t noise = 1;
    xm_u32_t plan = 0;

    (void)state;
    fixture_start();
    for (xm_u32_t i = 0; i < 1000000; i++) {
        nominal_us += plan == 0 ? 1000 : 700;
        plan = plan == 0 ? 2 : 0;
        assert_int_equal(sched_request_plan(plan), XM_OK);
        noise = noise * 1103515245u + 12345u;
        sched_advance(nominal_us + (noise >> 16) % 150); /* noticed late */
        if (plan_status().switchTime != nominal_us || info().frame_start_us != nominal_us) {
            fail_msg("drifted at switch %u", i);
        }
    }
    assert_int_equal(plan_status().current, 0);
    assert_int_equal(sched_frame_count(), 1000000);
}

static void sched_late_by_slots_begins_only_the_current_one(void **state)
{
    (void)state;
    fixture_start();
    partitions[1].pct->extIrqsPend = 0;
    partitions[2].pct->extIrqsPend = 0;
    fixture_pass_us(650);
    assert_int_equal(owner_id(), 2);
    assert_int_equal(partitions[1].pct->extIrqsPend, 0);
    assert_true((partitions[2].pct->extIrqsPend & 1u << XM_VT_EXT_CYCLIC_SLOT_START) != 0);
    assert_int_equal(info().slot_lateness_last_us, 50);
}

/* Whoever ran held the kernel past the end of its slot: it is blamed, if the bound is broken. */
static void sched_overrun_blames_the_one_that_ran(void **state)
{
    struct fixture *f = fixture_new();

    (void)state;
    fixture_hm_row(f, 0, XM_HM_EV_OVERRUN, XM_HM_AC_SUSPEND, true);
    fixture_boot();
    (void)fixture_enter(0);
    sched_account(&partitions[0], clock_now());
    fixture_pass_us(200 + 200);
    assert_int_equal(hm_count(), 0);
    f = fixture_new();
    fixture_hm_row(f, 0, XM_HM_EV_OVERRUN, XM_HM_AC_SUSPEND, true);
    fixture_boot();
    sched_account(&partitions[0], clock_now());
    fixture_pass_us(200 + 201);
    assert_int_equal(hm_count(), 1);
    assert_int_equal(partitions[0].state, PARTITION_SUSPENDED);
}

static void sched_late_by_frames_keeps_the_grid_and_says_so(void **state)
{
    struct fixture *f = fixture_new();

    (void)state;
    fixture_hm_row(f, XM_HYPERVISOR_ID, XM_HM_EV_SCHED_ERROR, XM_HM_AC_IGNORE, true);
    fixture_boot();
    fixture_pass_us(10250);
    assert_int_equal(hm_count(), 1);
    assert_int_equal(info().frame_start_us, 10000);
    assert_int_equal(sched_frame_count(), 10);
    assert_int_equal(owner_id(), 1);
    assert_int_equal(sched_slot_end_us(), 10500);
    fixture_pass_us(250);
    assert_int_equal(hm_count(), 1);
}

/* The answer to a missed frame may be another plan: its first slot then begins once, and on time. */
static void sched_late_by_frames_may_lead_to_maintenance(void **state)
{
    struct fixture *f = fixture_new();
    xm_u64_t begun;

    (void)state;
    fixture_hm_row(f, XM_HYPERVISOR_ID, XM_HM_EV_SCHED_ERROR, XM_HM_AC_SWITCH_TO_MAINTENANCE, true);
    fixture_boot();
    begun = partitions[0].virq_count;
    fixture_pass_us(10250); /* in the middle of P1's slot */
    assert_int_equal(plan_status().current, 1);
    assert_int_equal(plan_status().switchTime, 10250);
    assert_int_equal(owner_id(), 0);
    assert_int_equal(partitions[0].virq_count, begun + 1);
    assert_int_equal(info().slot_lateness_last_us, 0);
    assert_int_equal(info().slot_lateness_max_us, 50);
}

static void sched_late_by_a_whole_frame_is_the_first_that_counts(void **state)
{
    (void)state;
    fixture_start();
    fixture_pass_us(1999);
    assert_int_equal(hm_count(), 1); /* an overrun, not yet a frame */
    assert_int_equal(info().frame_start_us, 1000);
    assert_int_equal(owner_id(), 2);
    fixture_start();
    fixture_pass_us(2000);
    assert_int_equal(hm_count(), 1);
    assert_int_equal(info().frame_start_us, 2000);
    assert_int_equal(owner_id(), 0);
}

static void sched_late_by_frames_still_switches_plans(void **state)
{
    struct fixture *f = fixture_new();

    (void)state;
    fixture_hm_row(f, XM_HYPERVISOR_ID, XM_HM_EV_SCHED_ERROR, XM_HM_AC_IGNORE, true);
    fixture_boot();
    (void)sched_request_plan(2);
    fixture_pass_us(1000 + 5 * 700 + 310);
    assert_int_equal(plan_status().current, 2);
    assert_int_equal(plan_status().switchTime, 1000);
    assert_int_equal(info().frame_start_us, 1000 + 5 * 700);
    assert_int_equal(owner_id(), 2);
}

static void sched_maintenance_begins_now_and_voids_requests(void **state)
{
    (void)state;
    fixture_start();
    fixture_pass_us(250);
    (void)sched_request_plan(2);
    sched_switch_to_maintenance();
    core_leave();
    assert_int_equal(plan_status().current, 1);
    assert_int_equal(plan_status().next, 1);
    assert_int_equal(plan_status().switchTime, 250);
    assert_int_equal(owner_id(), 0);
    assert_int_equal(sched_slot_end_us(), 650);
    assert_int_equal(host.armed_us, 400);
    assert_ptr_equal(partition_current(), &partitions[0]);
    fixture_pass_us(500);
    assert_int_equal(plan_status().current, 1);
    (void)sched_request_plan(2);
    sched_switch_to_maintenance(); /* already there: only the request is void */
    assert_int_equal(info().frame_start_us, 750);
    fixture_pass_us(500);
    assert_int_equal(plan_status().current, 1);
}

static void sched_slot_of_a_stopped_partition_is_left_idle(void **state)
{
    (void)state;
    fixture_start();
    (void)partition_suspend(&partitions[1]);
    (void)partition_halt(&partitions[2]);
    fixture_pass_us(200);
    assert_int_equal(owner_id(), 1);
    assert_null(sched_pick());
    assert_null(partition_current());
    fixture_pass_us(400);
    assert_null(partition_current());
    (void)partition_resume(&partitions[1]);
    fixture_pass_us(600);
    assert_ptr_equal(partition_current(), &partitions[1]);
}

static void sched_idle_self_ends_at_the_next_slot(void **state)
{
    (void)state;
    fixture_start();
    partitions[0].pct->extIrqsPend = 0;
    assert_int_equal(sys_idle_self(), XM_OK);
    core_leave();
    assert_null(partition_current());
    assert_int_equal(owner_id(), 0);
    fixture_pass_us(1000);
    assert_ptr_equal(partition_current(), &partitions[0]);
    assert_false(partitions[0].idle);
}

static void sched_idle_self_ends_at_an_unmasked_interrupt(void **state)
{
    (void)state;
    fixture_start();
    partitions[0].pct->extIrqsPend = 0;
    partitions[0].pct->arch.tbr = FIXTURE_AREA(0) + 0x1000;
    (void)sys_clear_irqmask(0, 1u << XM_VT_EXT_HW_TIMER);
    assert_int_equal(sys_set_timer(XM_HW_CLOCK, 120, 0), XM_OK);
    (void)sys_idle_self();
    core_leave();
    assert_null(partition_current());
    assert_int_equal(host.armed_us, 120);
    fixture_pass_us(119);
    assert_null(partition_current());
    fixture_pass_us(1);
    assert_ptr_equal(partition_current(), &partitions[0]);
    /* with one pending and unmasked it does not idle at all */
    (void)sys_idle_self();
    assert_false(partitions[0].idle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sched_every_instant_has_the_owner_of_the_plan),
        cmocka_unit_test(sched_timer_is_armed_for_the_nominal_slot_end),
        cmocka_unit_test(sched_partition_sees_its_slot),
        cmocka_unit_test(sched_plan_switch_waits_for_frame_end),
        cmocka_unit_test(sched_late_switch_is_still_anchored_to_the_plan),
        cmocka_unit_test(sched_last_request_wins),
        cmocka_unit_test(sched_switch_service_refusals),
        cmocka_unit_test(sched_a_million_switches_drift_nothing),
        cmocka_unit_test(sched_late_by_slots_begins_only_the_current_one),
        cmocka_unit_test(sched_overrun_blames_the_one_that_ran),
        cmocka_unit_test(sched_late_by_frames_keeps_the_grid_and_says_so),
        cmocka_unit_test(sched_late_by_frames_may_lead_to_maintenance),
        cmocka_unit_test(sched_late_by_a_whole_frame_is_the_first_that_counts),
        cmocka_unit_test(sched_late_by_frames_still_switches_plans),
        cmocka_unit_test(sched_maintenance_begins_now_and_voids_requests),
        cmocka_unit_test(sched_slot_of_a_stopped_partition_is_left_idle),
        cmocka_unit_test(sched_idle_self_ends_at_the_next_slot),
        cmocka_unit_test(sched_idle_self_ends_at_an_unmasked_interrupt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
