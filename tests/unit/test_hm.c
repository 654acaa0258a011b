/* Health monitor: every action, both tables, the log and its services. */
#include <string.h>
#include "fixture.h"

static const struct xm_hm_record *last_record(void)
{
    const struct xm_batch *batch = arch_guest_pointer(FIXTURE_SCRATCH(0));
    struct partition *before = partition_current();

    (void)fixture_enter(0);
    assert_true(sys_hm_fetch(0, FIXTURE_SCRATCH(0), 4096) > 0);
    arch_set_next(before == NULL ? NULL : &before->context);
    return (const struct xm_hm_record *)(const void *)(batch + 1) + batch->count - 1;
}

static xm_u64_t stored_next(void)
{
    const struct xm_batch *batch = arch_guest_pointer(FIXTURE_SCRATCH(0));

    (void)fixture_enter(0);
    (void)sys_hm_fetch(0, FIXTURE_SCRATCH(0), sizeof(struct xm_batch));
    return batch->next;
}

/* Boot with one row of P1's table changed. */
static struct partition *start_with(enum xm_hm_event event, xm_u32_t action)
{
    struct fixture *f = fixture_new();

    fixture_hm_row(f, 1, event, action, true);
    fixture_boot();
    return fixture_enter(1);
}

static void hm_halt_action_halts_the_partition(void **state)
{
    struct partition *p = start_with(XM_HM_EV_WATCHDOG_TIMER, XM_HM_AC_PARTITION_HALT);

    (void)state;
    assert_int_equal(fixture_raise(XM_HM_EV_WATCHDOG_TIMER, p), XM_HM_AC_PARTITION_HALT);
    assert_int_equal(p->state, PARTITION_HALTED);
    assert_int_equal(partitions[0].state, PARTITION_READY);
    assert_int_equal(partitions[2].state, PARTITION_READY);
}

static void hm_suspend_action_suspends_the_partition(void **state)
{
    struct partition *p = start_with(XM_HM_EV_WATCHDOG_TIMER, XM_HM_AC_SUSPEND);

    (void)state;
    assert_int_equal(fixture_raise(XM_HM_EV_WATCHDOG_TIMER, p), XM_HM_AC_SUSPEND);
    assert_int_equal(p->state, PARTITION_SUSPENDED);
}

static void hm_shutdown_action_pends_the_interrupt(void **state)
{
    struct partition *p = start_with(XM_HM_EV_WATCHDOG_TIMER, XM_HM_AC_SHUTDOWN);

    (void)state;
    (void)fixture_raise(XM_HM_EV_WATCHDOG_TIMER, p);
    assert_int_equal(p->state, PARTITION_READY);
    assert_true((p->pct->extIrqsPend & 1u << XM_VT_EXT_SHUTDOWN) != 0);
}

static void hm_warm_reset_action_counts_and_tells_the_event(void **state)
{
    struct partition *p = start_with(XM_HM_EV_WATCHDOG_TIMER, XM_HM_AC_PARTITION_WARM_RESET);

    (void)state;
    host.discards = 0;
    (void)fixture_raise(XM_HM_EV_WATCHDOG_TIMER, p);
    (void)fixture_raise(XM_HM_EV_WATCHDOG_TIMER, p);
    assert_int_equal(p->pct->resetCounter, 2);
    assert_int_equal(p->pct->resetStatus, XM_HM_EV_WATCHDOG_TIMER);
    assert_int_equal(p->state, PARTITION_READY);
    assert_false(p->load.active);
    assert_int_equal(host.discards, 2);
}

static void hm_cold_reset_action_reloads(void **state)
{
    struct partition *p = start_with(XM_HM_EV_APP_POWER_FAIL, XM_HM_AC_PARTITION_COLD_RESET);

    (void)state;
    p->pct->resetCounter = 5;
    (void)fixture_raise(XM_HM_EV_APP_POWER_FAIL, p);
    assert_int_equal(p->pct->resetCounter, 0);
    assert_int_equal(p->pct->resetStatus, XM_HM_EV_APP_POWER_FAIL);
    assert_true(p->load.active);
}

static void hm_reset_that_cannot_be_done_halts(void **state)
{
    struct partition *p = start_with(XM_HM_EV_WATCHDOG_TIMER, XM_HM_AC_PARTITION_WARM_RESET);

    (void)state;
    p->image.present = false;
    (void)fixture_raise(XM_HM_EV_WATCHDOG_TIMER, p);
    assert_int_equal(p->state, PARTITION_HALTED);
}

static void hm_ignore_continues_behind_a_trapped_instruction(void **state)
{
    struct partition *p = start_with(XM_HM_EV_SPARC_DIVIDE_EXCEPTION, XM_HM_AC_IGNORE);
    struct arch_trap trap = { .pc = 0x40201000u, .npc = 0x40202000u }; /* in the delay slot of a branch */
    struct hm_info info = { .trap = &trap, .propagate_vector = 0x2a };

    (void)state;
    assert_int_equal(hm_raise(XM_HM_EV_SPARC_DIVIDE_EXCEPTION, p, &info), XM_HM_AC_IGNORE);
    assert_int_equal(trap.pc, 0x40202000u);
    assert_int_equal(trap.npc, 0x40202004u);
    assert_int_equal(p->trap_vector, -1);
}

static void hm_ignore_skips_nothing_of_an_imprecise_or_asynchronous_event(void **state)
{
    struct partition *p = start_with(XM_HM_EV_SPARC_WRITE_ERROR, XM_HM_AC_IGNORE);
    struct arch_trap trap = { .pc = 0x40201000u, .npc = 0x40201004u };
    struct hm_info info = { .trap = &trap, .propagate_vector = 0x2b };

    (void)state;
    (void)hm_raise(XM_HM_EV_SPARC_WRITE_ERROR, p, &info);
    assert_int_equal(trap.pc, 0x40201000u);
    assert_int_equal(fixture_raise(XM_HM_EV_OVERRUN, p), XM_HM_AC_IGNORE);
    assert_int_equal(p->state, PARTITION_READY);
}

static void hm_ignore_skips_nothing_of_a_deferred_trap(void **state)
{
    struct partition *p = start_with(XM_HM_EV_SPARC_FP_EXCEPTION, XM_HM_AC_IGNORE);
    struct arch_trap trap = { .pc = 0x40201000u, .npc = 0x40201004u, .deferred = true };
    struct hm_info info = { .trap = &trap, .propagate_vector = 0x08 };

    (void)state;
    (void)hm_raise(XM_HM_EV_SPARC_FP_EXCEPTION, p, &info);
    assert_int_equal(trap.pc, 0x40201000u);
    trap.deferred = false;
    (void)hm_raise(XM_HM_EV_SPARC_FP_EXCEPTION, p, &info);
    assert_int_equal(trap.pc, 0x40201004u);
}

static void hm_propagate_passes_vector_and_fault(void **state)
{
    struct partition *p = start_with(XM_HM_EV_SPARC_DATA_ACCESS_EXCEPTION, XM_HM_AC_PROPAGATE);
    struct arch_trap trap = { .pc = 0x1000, .npc = 0x1004, .fault_status = 0x3a, .fault_address = 0x9000, .fault_valid = true };
    struct hm_info info = { .trap = &trap, .address = 0x9123, .has_address = true, .propagate_vector = 0x55 };

    (void)state;
    host.leave_requests = 0;
    assert_int_equal(hm_raise(XM_HM_EV_SPARC_DATA_ACCESS_EXCEPTION, p, &info), XM_HM_AC_PROPAGATE);
    assert_true(host.leave_requests > 0); /* the trap is entered on the way out */
    assert_int_equal(p->trap_vector, 0x55);
    assert_int_equal(p->pct->arch.faultStatusReg, 0x3a);
    assert_int_equal(p->pct->arch.faultAddressReg, 0x9123);
    assert_int_equal(trap.pc, 0x1000);
}

static void hm_propagate_of_what_is_no_trap_halts(void **state)
{
    struct partition *p = start_with(XM_HM_EV_WATCHDOG_TIMER, XM_HM_AC_PROPAGATE);

    (void)state;
    assert_int_equal(fixture_raise(XM_HM_EV_WATCHDOG_TIMER, p), XM_HM_AC_PARTITION_HALT);
    assert_int_equal(last_record()->action, XM_HM_AC_PARTITION_HALT);
    assert_int_equal(p->state, PARTITION_HALTED);
}

static void hm_maintenance_action_switches_at_once(void **state)
{
    struct partition *p = start_with(XM_HM_EV_WATCHDOG_TIMER, XM_HM_AC_SWITCH_TO_MAINTENANCE);
    xmPlanStatus_t plan;

    (void)state;
    fixture_pass_us(50);
    (void)fixture_raise(XM_HM_EV_WATCHDOG_TIMER, p);
    sched_fill_plan_status(&plan);
    assert_int_equal(plan.current, 1);
    assert_int_equal(plan.next, 1);
    assert_int_equal(plan.prev, 0);
    assert_int_equal(plan.switchTime, 50);
}

static void raise_watchdog(void *p)
{
    (void)fixture_raise(XM_HM_EV_WATCHDOG_TIMER, p);
}

static void hm_hypervisor_halt_action_logs_then_halts(void **state)
{
    struct partition *p = start_with(XM_HM_EV_WATCHDOG_TIMER, XM_HM_AC_HYPERVISOR_HALT);

    (void)state;
    assert_int_equal(host_run(raise_watchdog, p), HOST_HALTED);
    assert_int_equal(last_record()->event, XM_HM_EV_WATCHDOG_TIMER);
    assert_int_equal(last_record()->action, XM_HM_AC_HYPERVISOR_HALT);
    assert_non_null(strstr(fixture_output(0), "XM_HM_EV_WATCHDOG_TIMER"));
}

static void hypervisor_reset(xm_u32_t action, xm_u32_t counter)
{
    struct partition *p = start_with(XM_HM_EV_WATCHDOG_TIMER, action);
    xm_u32_t boot_id = kernel_boot_id;
    xm_u64_t next = stored_next();

    assert_int_equal(host_run(raise_watchdog, p), HOST_TO_LOADER);
    assert_int_equal(host.loader_entry, FIXTURE_LOADER);
    fixture_reboot();
    assert_int_equal(kernel_boot_id, boot_id + 1);
    assert_int_equal(kernel_reset_counter, counter);
    assert_int_equal(partitions[0].pct->resetStatus,
                     XM_HM_RESET_STATUS_MODULE_RESTART << 16 | XM_HM_EV_WATCHDOG_TIMER);
    assert_int_equal(stored_next(), next + 1);
    assert_int_equal(last_record()->action, action);
    assert_int_equal(last_record()->boot_id, boot_id);
}

static void hm_hypervisor_warm_reset_action_keeps_the_log(void **state)
{
    (void)state;
    hypervisor_reset(XM_HM_AC_HYPERVISOR_WARM_RESET, 1);
}

static void hm_hypervisor_cold_reset_action_keeps_the_log(void **state)
{
    (void)state;
    hypervisor_reset(XM_HM_AC_HYPERVISOR_COLD_RESET, 0);
}

static void hm_sequence_goes_on_over_resets(void **state)
{
    xm_u64_t expected = 1;

    (void)state;
    (void)start_with(XM_HM_EV_OVERRUN, XM_HM_AC_IGNORE);
    for (int life = 0; life < 5; life++) {
        for (int i = 0; i < 5; i++) {
            (void)fixture_raise(XM_HM_EV_OVERRUN, &partitions[1]);
            assert_int_equal(last_record()->seq, expected);
            assert_int_equal(last_record()->boot_id, kernel_boot_id);
            expected++;
        }
        fixture_reboot();
    }
}

static void hm_tables_of_partitions_differ(void **state)
{
    struct fixture *f = fixture_new();

    (void)state;
    fixture_hm_row(f, 1, XM_HM_EV_APP_NUMERIC_ERROR, XM_HM_AC_SUSPEND, true);
    fixture_hm_row(f, 2, XM_HM_EV_APP_NUMERIC_ERROR, XM_HM_AC_IGNORE, false);
    fixture_boot();
    assert_int_equal(fixture_raise(XM_HM_EV_APP_NUMERIC_ERROR, &partitions[1]), XM_HM_AC_SUSPEND);
    assert_int_equal(fixture_raise(XM_HM_EV_APP_NUMERIC_ERROR, &partitions[2]), XM_HM_AC_IGNORE);
    assert_int_equal(partitions[1].state, PARTITION_SUSPENDED);
    assert_int_equal(partitions[2].state, PARTITION_READY);
}

static void hm_stores_only_what_is_to_be_logged(void **state)
{
    struct fixture *f = fixture_new();
    xm_u64_t count;

    (void)state;
    fixture_hm_row(f, 2, XM_HM_EV_OVERRUN, XM_HM_AC_IGNORE, false);
    fixture_boot();
    count = hm_count();
    (void)fixture_raise(XM_HM_EV_OVERRUN, &partitions[2]);
    assert_int_equal(stored_next(), 1);
    assert_int_equal(hm_lost(), 0);
    assert_int_equal(hm_count(), count + 1);
    (void)fixture_raise(XM_HM_EV_OVERRUN, &partitions[1]);
    assert_int_equal(stored_next(), 2);
}

static void hm_counts_what_it_cannot_store(void **state)
{
    struct fixture *f = fixture_new();

    (void)state;
    f->head.hm_stream = XM_CONFIG_NONE;
    fixture_boot();
    (void)fixture_raise(XM_HM_EV_OVERRUN, &partitions[1]);
    assert_int_equal(hm_lost(), 1);
    (void)fixture_enter(0);
    assert_int_equal(sys_hm_read(FIXTURE_SCRATCH(0)), 0);
}

static void hm_hypervisor_event_uses_its_own_table(void **state)
{
    struct fixture *f = fixture_new();

    (void)state;
    fixture_hm_row(f, XM_HYPERVISOR_ID, XM_HM_EV_SCHED_ERROR, XM_HM_AC_IGNORE, true);
    fixture_boot();
    assert_int_equal(fixture_raise(XM_HM_EV_SCHED_ERROR, NULL), XM_HM_AC_IGNORE);
    assert_int_equal(last_record()->partition, XM_HYPERVISOR_ID);
    assert_int_equal(last_record()->flags, XM_HM_FLAG_SYSTEM);
}

static void hm_hypervisor_table_partition_action_means_the_slot_owner(void **state)
{
    struct fixture *f = fixture_new();

    (void)state;
    fixture_hm_row(f, XM_HYPERVISOR_ID, XM_HM_EV_UNEXPECTED_TRAP, XM_HM_AC_SUSPEND, true);
    fixture_boot();
    fixture_pass_us(300); /* P1's slot */
    assert_int_equal(fixture_raise(XM_HM_EV_UNEXPECTED_TRAP, NULL), XM_HM_AC_SUSPEND);
    assert_int_equal(partitions[1].state, PARTITION_SUSPENDED);
    fixture_pass_us(250); /* the gap: nobody to suspend */
    assert_int_equal(fixture_raise(XM_HM_EV_UNEXPECTED_TRAP, NULL), XM_HM_AC_IGNORE);
    assert_int_equal(partitions[0].state, PARTITION_READY);
    assert_int_equal(partitions[2].state, PARTITION_READY);
}

static void hm_record_carries_context_and_payload(void **state)
{
    struct partition *p = start_with(XM_HM_EV_SPARC_DATA_ACCESS_EXCEPTION, XM_HM_AC_PARTITION_HALT);
    struct arch_trap trap = { .psr = 0xf20000e0u, .pc = 0x40201000u, .npc = 0x40201004u, .fault_status = 0x1e,
                              .fault_address = 0x40300000u, .fault_valid = true };
    struct hm_info info = { .trap = &trap, .address = 0x40300010u, .has_address = true, .propagate_vector = -1,
                            .payload = { 9, 8, 7 } };
    const struct xm_hm_record *r;

    (void)state;
    fixture_pass_us(123);
    (void)hm_raise(XM_HM_EV_SPARC_DATA_ACCESS_EXCEPTION, p, &info);
    r = last_record();
    assert_int_equal(r->time_us, 123);
    assert_int_equal(r->event, XM_HM_EV_SPARC_DATA_ACCESS_EXCEPTION);
    assert_int_equal(r->partition, 1);
    assert_int_equal(r->flags, XM_HM_FLAG_CONTEXT | XM_HM_FLAG_ADDRESS);
    assert_int_equal(r->pc, 0x40201000u);
    assert_int_equal(r->npc, 0x40201004u);
    assert_int_equal(r->psr, 0xf20000e0u);
    assert_int_equal(r->fault_address, 0x40300010u);
    assert_int_equal(r->fault_status, 0x1e);
    assert_int_equal(r->payload[0], 9);
    assert_int_equal(r->payload[2], 7);
    assert_int_equal(r->crc32c, crc32c(r, sizeof(*r) - 4));
}

static void hm_read_converts_and_ends_with_zero(void **state)
{
    struct partition *p = start_with(XM_HM_EV_SPARC_DIVIDE_EXCEPTION, XM_HM_AC_IGNORE);
    struct arch_trap trap = { .psr = 3, .pc = 1, .npc = 2 };
    struct hm_info info = { .trap = &trap, .propagate_vector = -1 };
    struct hm_info words = { .propagate_vector = -1, .payload = { 11, 12, 13 } };
    xmHmLog_t *log = arch_guest_pointer(FIXTURE_SCRATCH(0));
    xm_u16_t checksum;

    (void)state;
    (void)hm_raise(XM_HM_EV_SPARC_DIVIDE_EXCEPTION, p, &info);
    (void)hm_raise(XM_HM_EV_OVERRUN, p, &words);
    (void)fixture_enter(0);
    assert_int_equal(sys_hm_read(FIXTURE_SCRATCH(0)), 1);
    assert_int_equal(log->signature, XM_HMLOG_SIGNATURE);
    assert_int_equal(log->opCodeH, 1u << 4 | 2u);
    assert_int_equal((log->opCodeL & HMLOG_OPCODE_EVENT_MASK) >> HMLOG_OPCODE_EVENT_BIT, XM_HM_EV_SPARC_DIVIDE_EXCEPTION);
    assert_int_equal(log->opCodeL & HMLOG_OPCODE_PARTID_MASK, 1);
    assert_int_equal(log->cpuCtxt.pc, 1);
    assert_int_equal(log->cpuCtxt.nPc, 2);
    assert_int_equal(log->cpuCtxt.psr, 3);
    checksum = log->checksum;
    log->checksum = 0;
    assert_int_equal(checksum, fixture_checksum(log, sizeof(*log)));
    assert_int_equal(sys_hm_read(FIXTURE_SCRATCH(0)), 1);
    assert_int_equal(log->opCodeH, 2u << 4);
    assert_int_equal(log->payload[2], 13);
    assert_int_equal(sys_hm_read(FIXTURE_SCRATCH(0)), 0);
}

static void hm_read_refused_consumes_nothing(void **state)
{
    xmHmStatus_t *status = arch_guest_pointer(FIXTURE_SCRATCH(0));

    (void)state;
    (void)start_with(XM_HM_EV_OVERRUN, XM_HM_AC_IGNORE);
    (void)fixture_raise(XM_HM_EV_OVERRUN, &partitions[1]);
    (void)fixture_enter(0);
    assert_int_equal(sys_hm_read(FIXTURE_SCRATCH(0) + 2), XM_INVALID_PARAM);
    assert_int_equal(sys_hm_read(FIXTURE_SCRATCH(1)), XM_INVALID_PARAM);
    assert_int_equal(sys_hm_read(FIXTURE_READONLY(0)), XM_INVALID_PARAM);
    assert_int_equal(sys_hm_read(FIXTURE_READONLY(0) - 4), XM_INVALID_PARAM);
    assert_int_equal(sys_hm_status(FIXTURE_SCRATCH(0)), XM_OK);
    assert_int_equal(status->noEvents, 1);
    assert_int_equal(status->maxEvents, FIXTURE_HM_RECORDS);
    assert_int_equal(status->currentEvent, 0);
    assert_int_equal(sys_hm_status(FIXTURE_SCRATCH(0) + 1), XM_INVALID_PARAM);
    assert_int_equal(sys_hm_seek(2, XM_OBJ_SEEK_SET), XM_INVALID_PARAM);
    assert_int_equal(sys_hm_seek(1, XM_OBJ_SEEK_SET), XM_OK);
    assert_int_equal(sys_hm_read(FIXTURE_SCRATCH(0)), 0);
}

static void hm_raise_event_takes_application_events_only(void **state)
{
    (void)state;
    fixture_start();
    (void)fixture_enter(1);
    for (xm_u32_t event = 0; event < XM_HM_EV_APP_DEADLINE_MISSED; event++) {
        assert_int_equal(sys_hm_raise_event(event), XM_INVALID_PARAM);
    }
    assert_int_equal(sys_hm_raise_event(XM_HM_EV_APP_POWER_FAIL + 1), XM_INVALID_PARAM);
    assert_int_equal(sys_hm_raise_event(~0u), XM_INVALID_PARAM);
    assert_int_equal(hm_count(), 0);
    assert_int_equal(sys_hm_raise_event(XM_HM_EV_APP_DEADLINE_MISSED), XM_OK);
    assert_int_equal(partitions[1].state, PARTITION_READY);
    assert_int_equal(sys_hm_raise_event(XM_HM_EV_APP_POWER_FAIL), XM_OK);
    assert_int_equal(partitions[1].state, PARTITION_HALTED);
}

static void hm_audit_events_are_traced(void **state)
{
    struct fixture *f = fixture_new();
    const struct xm_batch *batch = arch_guest_pointer(FIXTURE_SCRATCH(0));
    const struct xm_trace_record *r = (const struct xm_trace_record *)(const void *)(batch + 1);

    (void)state;
    f->head.trace_mask = TRACE_BM_HM_MODULE;
    fixture_boot();
    (void)fixture_raise(XM_HM_EV_OVERRUN, &partitions[2]);
    (void)fixture_enter(0);
    assert_int_equal(sys_trace_fetch(XM_HYPERVISOR_ID, 0, FIXTURE_SCRATCH(0), 1024), 2);
    assert_int_equal(r[0].opcode_l >> TRACE_OPCODE_CODE_BIT, TRACE_HM_MODULE << 8 | AUDIT_HM_EVENT);
    assert_int_equal(r[0].payload[0], XM_HM_EV_OVERRUN);
    assert_int_equal(r[0].payload[1], 2);
    assert_int_equal(r[1].opcode_l >> TRACE_OPCODE_CODE_BIT, TRACE_HM_MODULE << 8 | AUDIT_HM_HYPERVISOR_ACTION);
    assert_int_equal(r[1].payload[0], XM_HM_AC_IGNORE);
}

static void hm_event_raised_by_an_action_ends_in_halt(void **state)
{
    struct fixture *f = fixture_new();
    struct xm_config_partition broken;

    (void)state;
    fixture_hm_row(f, 1, XM_HM_EV_WATCHDOG_TIMER, XM_HM_AC_PARTITION_WARM_RESET, true);
    fixture_hm_row(f, XM_HYPERVISOR_ID, XM_HM_EV_INTERNAL_ERROR, XM_HM_AC_HYPERVISOR_WARM_RESET, true);
    fixture_boot();
    broken = *partitions[1].config;
    broken.area_first = 999; /* the reset trips over an own bug */
    broken.area_count = 0;
    partitions[1].config = &broken;
    assert_int_equal(host_run(raise_watchdog, &partitions[1]), HOST_HALTED);
    assert_int_equal(hm_count(), 2);
    assert_int_equal(last_record()->event, XM_HM_EV_INTERNAL_ERROR);
    assert_int_equal(last_record()->action, XM_HM_AC_HYPERVISOR_HALT);
}

static void hm_names_every_event(void **state)
{
    (void)state;
#define HM_EVENT(id, name, group, action, log, cause) assert_string_equal(hm_event_name(id), #name);
#define HM_EVENT_ALIAS(old_name, name)
#define HM_ACTION(id, name, short_name, effect)
#define HM_ACTION_ALIAS(old_name, in_partition, in_hypervisor)
#define HM_TRAP(tt, index, trap_name, event)
#include "../../hypervisor/abi/hm_events.def"
    assert_string_equal(hm_event_name(XM_HM_EVENT_COUNT), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hm_halt_action_halts_the_partition),
        cmocka_unit_test(hm_suspend_action_suspends_the_partition),
        cmocka_unit_test(hm_shutdown_action_pends_the_interrupt),
        cmocka_unit_test(hm_warm_reset_action_counts_and_tells_the_event),
        cmocka_unit_test(hm_cold_reset_action_reloads),
        cmocka_unit_test(hm_reset_that_cannot_be_done_halts),
        cmocka_unit_test(hm_ignore_continues_behind_a_trapped_instruction),
        cmocka_unit_test(hm_ignore_skips_nothing_of_an_imprecise_or_asynchronous_event),
        cmocka_unit_test(hm_ignore_skips_nothing_of_a_deferred_trap),
        cmocka_unit_test(hm_propagate_passes_vector_and_fault),
        cmocka_unit_test(hm_propagate_of_what_is_no_trap_halts),
        cmocka_unit_test(hm_maintenance_action_switches_at_once),
        cmocka_unit_test(hm_hypervisor_halt_action_logs_then_halts),
        cmocka_unit_test(hm_hypervisor_warm_reset_action_keeps_the_log),
        cmocka_unit_test(hm_hypervisor_cold_reset_action_keeps_the_log),
        cmocka_unit_test(hm_sequence_goes_on_over_resets),
        cmocka_unit_test(hm_tables_of_partitions_differ),
        cmocka_unit_test(hm_stores_only_what_is_to_be_logged),
        cmocka_unit_test(hm_counts_what_it_cannot_store),
        cmocka_unit_test(hm_hypervisor_event_uses_its_own_table),
        cmocka_unit_test(hm_hypervisor_table_partition_action_means_the_slot_owner),
        cmocka_unit_test(hm_record_carries_context_and_payload),
        cmocka_unit_test(hm_read_converts_and_ends_with_zero),
        cmocka_unit_test(hm_read_refused_consumes_nothing),
        cmocka_unit_test(hm_raise_event_takes_application_events_only),
        cmocka_unit_test(hm_audit_events_are_traced),
        cmocka_unit_test(hm_event_raised_by_an_action_ends_in_halt),
        cmocka_unit_test(hm_names_every_event),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
