/* Clocks and partition timers. */
#include <string.h>
#include "fixture.h"

static bool take_pending(xm_u32_t n, xm_u32_t interrupt)
{
    bool pending = (partitions[n].pct->extIrqsPend & 1u << interrupt) != 0;

    partitions[n].pct->extIrqsPend &= ~(1u << interrupt);
    return pending;
}

static void start(void)
{
    fixture_start();
    (void)fixture_enter(0);
    partitions[0].pct->extIrqsPend = 0;
}

static void time_clock_starts_at_zero_and_counts(void **state)
{
    (void)state;
    (void)fixture_new();
    host.count_us = 123456;
    fixture_boot();
    assert_int_equal(clock_now(), 0);
    host_advance_us(77);
    assert_int_equal(clock_now(), 77);
    assert_int_equal(clock_now(), 77);
}

static void time_clock_survives_the_wrap_of_the_counter(void **state)
{
    xmTime_t expected = 0;

    (void)state;
    (void)fixture_new();
    host.count_us = 0xffffff00u;
    fixture_boot();
    host_advance_us(0xff);
    assert_int_equal(clock_now(), 0xff);
    host_advance_us(1);
    assert_int_equal(host.count_us, 0);
    assert_int_equal(clock_now(), 0x100);
    expected = 0x100;
    for (int i = 0; i < 100; i++) { /* nearly five days */
        host_advance_us(4200000000u);
        expected += 4200000000ll;
        assert_int_equal(clock_now(), expected);
    }
}

static void time_arming_is_bounded_both_ways(void **state)
{
    (void)state;
    start();
    host_advance_us(500);
    clock_fired();
    clock_arm(400); /* already past */
    assert_int_equal(host.armed_us, 1);
    clock_fired();
    clock_arm(501);
    assert_int_equal(host.armed_us, 1);
    clock_fired();
    clock_arm(500 + XM_CONFIG_MAX_FRAME_US);
    assert_int_equal(host.armed_us, XM_CONFIG_MAX_FRAME_US);
    host.armed_count = 0;
    clock_arm(700);
    clock_arm(700); /* stands already */
    assert_int_equal(host.armed_count, 1);
}

/* The delay is the same wherever the 32-bit counter stands, and over its wrap. */
static void time_arming_over_the_wrap_of_the_counter(void **state)
{
    (void)state;
    start();
    for (int i = 0; i < 40; i++) {
        host_advance_us(400000000u);
        clock_fired();
        clock_arm(clock_now() + 1900000000);
        assert_int_equal(host.armed_us, 1900000000u);
    }
}

static void time_get_time_refusals(void **state)
{
    xmTime_t *t = arch_guest_pointer(FIXTURE_SCRATCH(0));

    (void)state;
    start();
    host_advance_us(42);
    assert_int_equal(sys_get_time(XM_HW_CLOCK, FIXTURE_SCRATCH(0)), XM_OK);
    assert_int_equal(*t, 42);
    assert_int_equal(sys_get_time(XM_WATCHDOG_TIMER, FIXTURE_SCRATCH(0)), XM_INVALID_PARAM);
    assert_int_equal(sys_get_time(~0u, FIXTURE_SCRATCH(0)), XM_INVALID_PARAM);
    assert_int_equal(sys_get_time(XM_HW_CLOCK, FIXTURE_SCRATCH(0) + 4), XM_INVALID_PARAM);
    assert_int_equal(sys_get_time(XM_HW_CLOCK, FIXTURE_SCRATCH(1)), XM_INVALID_PARAM);
    assert_int_equal(sys_get_time(XM_HW_CLOCK, FIXTURE_READONLY(0)), XM_INVALID_PARAM);
}

static void time_set_timer_refusals(void **state)
{
    (void)state;
    start();
    assert_int_equal(sys_set_timer(3, 1000, 0), XM_INVALID_PARAM);
    assert_int_equal(sys_set_timer(~0u, 1000, 0), XM_INVALID_PARAM);
    assert_int_equal(sys_set_timer(XM_HW_CLOCK, -1, 0), XM_INVALID_PARAM);
    assert_int_equal(sys_set_timer(XM_HW_CLOCK, 1000, -1), XM_INVALID_PARAM);
    assert_int_equal(sys_set_timer(XM_HW_CLOCK, 1000, 1), XM_INVALID_PARAM);
    assert_int_equal(sys_set_timer(XM_HW_CLOCK, 1000, 49), XM_INVALID_PARAM);
    assert_int_equal(partitions[0].timer[XM_HW_CLOCK].expiry_us, 0);
    assert_int_equal(sys_set_timer(XM_HW_CLOCK, 1000, 50), XM_OK);
}

static void time_one_shot_fires_once(void **state)
{
    (void)state;
    start();
    assert_int_equal(sys_set_timer(XM_HW_CLOCK, 100, 0), XM_OK);
    core_leave();
    assert_int_equal(host.armed_us, 100);
    fixture_pass_us(99);
    assert_false(take_pending(0, XM_VT_EXT_HW_TIMER));
    fixture_pass_us(1);
    assert_true(take_pending(0, XM_VT_EXT_HW_TIMER));
    fixture_pass_us(50);
    assert_false(take_pending(0, XM_VT_EXT_HW_TIMER));
    assert_int_equal(partitions[0].timer[XM_HW_CLOCK].expiry_us, 0);
}

/* A call that asked for core_leave(), with which it then ends. */
static void end_of_call(void)
{
    assert_int_equal(host.leave_requests, 1);
    host.leave_requests = 0;
    core_leave();
}

static void time_past_expiry_fires_at_once(void **state)
{
    (void)state;
    start();
    host_advance_us(150);
    host.leave_requests = 0;
    assert_int_equal(sys_set_timer(XM_HW_CLOCK, 1, 0), XM_OK);
    end_of_call();
    assert_true(take_pending(0, XM_VT_EXT_HW_TIMER));
    host.leave_requests = 0;
    assert_int_equal(sys_set_timer(XM_HW_CLOCK, 110, 60), XM_OK);
    end_of_call();
    assert_true(take_pending(0, XM_VT_EXT_HW_TIMER));
    assert_int_equal(partitions[0].timer[XM_HW_CLOCK].expiry_us, 170); /* goes on from what was asked */
}

static void time_zero_disarms(void **state)
{
    (void)state;
    start();
    (void)sys_set_timer(XM_HW_CLOCK, 100, 60);
    assert_int_equal(sys_set_timer(XM_HW_CLOCK, 0, 60), XM_OK);
    fixture_pass_us(190);
    assert_false(take_pending(0, XM_VT_EXT_HW_TIMER));
}

static void time_periodic_timer_does_not_drift(void **state)
{
    struct partition *p;
    xmTime_t now_us = 0;

    (void)state;
    start();
    p = &partitions[0];
    (void)sys_set_timer(XM_HW_CLOCK, 130, 70);
    for (xm_u32_t n = 0; n < 100000; n++) {
        xmTime_t due_us = 130 + (xmTime_t)n * 70;

        assert_int_equal(p->timer[XM_HW_CLOCK].expiry_us, due_us);
        now_us = due_us + (n * 37) % 70; /* noticed late */
        timers_check(p, due_us - 1);
        assert_false(take_pending(0, XM_VT_EXT_HW_TIMER));
        timers_check(p, now_us);
        assert_true(take_pending(0, XM_VT_EXT_HW_TIMER));
    }
}

static void time_missed_periods_count_as_one(void **state)
{
    struct partition *p;
    xm_u64_t count;

    (void)state;
    start();
    p = &partitions[0];
    (void)sys_set_timer(XM_HW_CLOCK, 100, 50);
    count = p->virq_count;
    timers_check(p, 100 + 1000 * 50 + 7);
    assert_int_equal(p->virq_count, count + 1);
    assert_int_equal(p->timer[XM_HW_CLOCK].expiry_us, 100 + 1001 * 50);
    timers_check(p, 100 + 1001 * 50); /* exactly on the grid */
    assert_int_equal(p->virq_count, count + 2);
    assert_int_equal(p->timer[XM_HW_CLOCK].expiry_us, 100 + 1002 * 50);
}

static void time_huge_interval_does_not_overflow(void **state)
{
    (void)state;
    start();
    host_advance_us(10);
    host.leave_requests = 0;
    assert_int_equal(sys_set_timer(XM_HW_CLOCK, 5, MAX_XMTIME), XM_OK);
    end_of_call();
    assert_true(take_pending(0, XM_VT_EXT_HW_TIMER));
    core_leave();
    fixture_pass_us(100);
    assert_false(take_pending(0, XM_VT_EXT_HW_TIMER)); /* not before the end of time */
    assert_true(partitions[0].timer[XM_HW_CLOCK].expiry_us > 0);
}

static void time_huge_expiry_does_not_overflow(void **state)
{
    (void)state;
    start();
    fixture_pass_us(1100); /* the execution clock is behind the hardware clock */
    (void)fixture_enter(0);
    assert_int_equal(sys_set_timer(XM_HW_CLOCK, MAX_XMTIME, 0), XM_OK);
    assert_int_equal(sys_set_timer(XM_EXEC_CLOCK, MAX_XMTIME, 0), XM_OK);
    assert_int_equal(sys_set_timer(XM_WATCHDOG_TIMER, MAX_XMTIME, 0), XM_OK);
    assert_int_equal(timers_next(&partitions[0], clock_now(), true), MAX_XMTIME);
    core_leave();
    assert_int_equal(host.armed_us, 100);
}

static void time_execution_clock_counts_own_time(void **state)
{
    xmTime_t now_us = 0;

    (void)state;
    fixture_start();
    for (xm_u32_t t = 0; t < 5000; t += 50) {
        fixture_pass_us(50);
        now_us += 50;
    }
    assert_int_equal(partition_exec_us(&partitions[0], now_us), 5 * 200);
    assert_int_equal(partition_exec_us(&partitions[1], now_us), 5 * 300);
    assert_int_equal(partition_exec_us(&partitions[2], now_us), 5 * 400);
    fixture_pass_us(70);
    assert_int_equal(partition_exec_us(&partitions[0], now_us + 70), 5 * 200 + 70);
}

static void time_execution_timer_waits_for_own_time(void **state)
{
    (void)state;
    start();
    assert_int_equal(sys_set_timer(XM_EXEC_CLOCK, 250, 0), XM_OK);
    core_leave();
    assert_int_equal(host.armed_us, 200); /* its slot ends earlier */
    fixture_pass_us(200);
    fixture_pass_us(800);
    assert_false(take_pending(0, XM_VT_EXT_EXEC_TIMER));
    assert_int_equal(host.armed_us, 50);
    fixture_pass_us(49);
    assert_false(take_pending(0, XM_VT_EXT_EXEC_TIMER));
    fixture_pass_us(1);
    assert_true(take_pending(0, XM_VT_EXT_EXEC_TIMER));
}

static void time_expiry_outside_the_slot_is_told_at_the_next(void **state)
{
    xm_u64_t count;

    (void)state;
    start();
    (void)sys_set_timer(XM_HW_CLOCK, 300, 100);
    core_leave();
    count = partitions[0].virq_count;
    for (int i = 0; i < 9; i++) {
        fixture_pass_us(100);
    }
    assert_int_equal(partitions[0].virq_count, count);
    fixture_pass_us(100);
    assert_true(take_pending(0, XM_VT_EXT_HW_TIMER));
    assert_int_equal(partitions[0].virq_count, count + 2); /* the timer once, and the slot's start */
    assert_int_equal(partitions[0].timer[XM_HW_CLOCK].expiry_us, 1100);
}

static void time_watchdog_raises_its_event(void **state)
{
    struct fixture *f = fixture_new();

    (void)state;
    fixture_hm_row(f, 0, XM_HM_EV_WATCHDOG_TIMER, XM_HM_AC_PARTITION_WARM_RESET, true);
    fixture_boot();
    (void)sys_set_timer(XM_WATCHDOG_TIMER, 100, 0);
    core_leave();
    fixture_pass_us(50);
    (void)sys_set_timer(XM_WATCHDOG_TIMER, 150, 0); /* fed */
    core_leave();
    fixture_pass_us(99);
    assert_int_equal(hm_count(), 0);
    fixture_pass_us(1);
    assert_int_equal(hm_count(), 1);
    assert_int_equal(partitions[0].pct->resetCounter, 1);
    assert_int_equal(partitions[0].timer[XM_WATCHDOG_TIMER].expiry_us, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_clock_starts_at_zero_and_counts),
        cmocka_unit_test(time_clock_survives_the_wrap_of_the_counter),
        cmocka_unit_test(time_arming_is_bounded_both_ways),
        cmocka_unit_test(time_arming_over_the_wrap_of_the_counter),
        cmocka_unit_test(time_get_time_refusals),
        cmocka_unit_test(time_set_timer_refusals),
        cmocka_unit_test(time_one_shot_fires_once),
        cmocka_unit_test(time_past_expiry_fires_at_once),
        cmocka_unit_test(time_zero_disarms),
        cmocka_unit_test(time_periodic_timer_does_not_drift),
        cmocka_unit_test(time_missed_periods_count_as_one),
        cmocka_unit_test(time_huge_interval_does_not_overflow),
        cmocka_unit_test(time_huge_expiry_does_not_overflow),
        cmocka_unit_test(time_execution_clock_counts_own_time),
        cmocka_unit_test(time_execution_timer_waits_for_own_time),
        cmocka_unit_test(time_expiry_outside_the_slot_is_told_at_the_next),
        cmocka_unit_test(time_watchdog_raises_its_event),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
