/* What the architecture calls: traps, stack faults, assembler calls, interrupts. */
#include <string.h>
#include "fixture.h"

static struct partition *p;

/* Boot with one row of P1's table, and P1 running in its slot with a trap table. */
static void start_with(enum xm_hm_event event, xm_u32_t action)
{
    struct fixture *f = fixture_new();

    fixture_hm_row(f, 1, event, action, true);
    fixture_boot();
    fixture_pass_us(250);
    p = partition_current();
    p->pct->extIrqsPend = 0;
    p->pct->arch.tbr = FIXTURE_AREA(1) + 0x1000;
    p->pct->iFlags = VIRQ_FLAG_ET;
}

static const struct xm_hm_record *last_record(void)
{
    static struct xm_hm_record copy;
    const struct xm_batch *batch = arch_guest_pointer(FIXTURE_SCRATCH(0));

    (void)fixture_enter(0);
    assert_true(sys_hm_fetch(0, FIXTURE_SCRATCH(0), 4096) > 0);
    copy = ((const struct xm_hm_record *)(const void *)(batch + 1))[batch->count - 1];
    (void)fixture_enter(1);
    return &copy;
}

static void entry_every_trap_raises_its_event(void **state)
{
    static const struct {
        xm_u32_t tt;
        enum xm_hm_event event;
    } traps[] = {
#define HM_EVENT(id, name, group, action, log, cause)
#define HM_EVENT_ALIAS(old_name, name)
#define HM_ACTION(id, name, short_name, effect)
#define HM_ACTION_ALIAS(old_name, in_partition, in_hypervisor)
#define HM_TRAP(tt, index, trap_name, event) { tt, event },
#include "../../hypervisor/abi/hm_events.def"
#undef HM_EVENT
#undef HM_EVENT_ALIAS
#undef HM_ACTION
#undef HM_ACTION_ALIAS
#undef HM_TRAP
    };

    (void)state;
    for (size_t i = 0; i < sizeof(traps) / sizeof(traps[0]); i++) {
        struct arch_trap trap = { .pc = 0x40201000u, .npc = 0x40201004u };

        start_with(traps[i].event, XM_HM_AC_SUSPEND);
        host.fpu = false; /* else a partition with the fp flag is simply given the FPU */
        core_trap(traps[i].tt, &trap);
        assert_int_equal(p->state, PARTITION_SUSPENDED);
        assert_int_equal(last_record()->event, traps[i].event);
        assert_int_equal(last_record()->payload[0], traps[i].tt);
        assert_int_equal(last_record()->pc, 0x40201000u);
    }
    assert_int_equal(sizeof(traps) / sizeof(traps[0]), 19);
}

static void entry_access_to_the_hypervisor_is_its_own_event(void **state)
{
    static const xmAddress_t addresses[] = { XM_HYPERVISOR_START, XM_HYPERVISOR_START + 0xfffffu };
    struct arch_trap trap = { .fault_valid = true, .fault_address = FIXTURE_AREA(0) };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct arch_trap inside = { .fault_valid = true, .fault_address = addresses[i] };

        start_with(XM_HM_EV_MEM_PROTECTION, XM_HM_AC_PARTITION_HALT);
        core_trap(0x09, &inside);
        assert_int_equal(last_record()->event, XM_HM_EV_MEM_PROTECTION);
        assert_int_equal(last_record()->fault_address, addresses[i]);
    }
    start_with(XM_HM_EV_MEM_PROTECTION, XM_HM_AC_PARTITION_HALT);
    core_trap(0x09, &trap);
    assert_int_equal(last_record()->event, XM_HM_EV_SPARC_DATA_ACCESS_EXCEPTION);
    assert_int_equal(last_record()->flags, XM_HM_FLAG_CONTEXT | XM_HM_FLAG_ADDRESS);
}

static void entry_propagated_trap_enters_the_routed_vector(void **state)
{
    struct arch_trap trap = { .pc = 0x40201000u, .npc = 0x40201004u };

    (void)state;
    start_with(XM_HM_EV_SPARC_DIVIDE_EXCEPTION, XM_HM_AC_PROPAGATE);
    assert_int_equal(sys_route_irq(XM_TRAP_TYPE, 18, 0x66), XM_OK);
    core_trap(0x2a, &trap);
    core_leave();
    assert_int_equal(host.current->delivery, FIXTURE_AREA(1) + 0x1000 + 0x66 * 16);
    assert_int_equal(trap.pc, 0x40201000u);
    assert_int_equal(p->pct->iFlags & VIRQ_FLAG_ET, 0);
}

static void entry_trap_inside_a_handler_is_a_system_error(void **state)
{
    struct arch_trap trap = { .pc = 0x40201000u, .npc = 0x40201004u };

    (void)state;
    start_with(XM_HM_EV_SPARC_DIVIDE_EXCEPTION, XM_HM_AC_PROPAGATE);
    p->pct->iFlags = 0;
    core_trap(0x2a, &trap);
    assert_int_equal(last_record()->event, XM_HM_EV_SYSTEM_ERROR);
    assert_int_equal(p->state, PARTITION_HALTED);
    assert_int_equal(p->trap_vector, -1);
}

static void entry_software_trap_goes_to_the_partition(void **state)
{
    struct arch_trap trap = { .pc = 0x40201000u, .npc = 0x40201004u };

    (void)state;
    start_with(XM_HM_EV_OVERRUN, XM_HM_AC_IGNORE);
    core_trap(0x85, &trap);
    core_leave();
    assert_int_equal(hm_count(), 0);
    assert_int_equal(host.current->delivery, FIXTURE_AREA(1) + 0x1000 + 0x85 * 16);
}

static void entry_unknown_trap_is_unexpected(void **state)
{
    struct arch_trap trap = { .pc = 0x40201000u, .npc = 0x40201004u };

    (void)state;
    start_with(XM_HM_EV_UNEXPECTED_TRAP, XM_HM_AC_IGNORE);
    core_trap(0x60, &trap);
    assert_int_equal(last_record()->event, XM_HM_EV_UNEXPECTED_TRAP);
    assert_int_equal(last_record()->payload[0], 0x60);
    assert_int_equal(trap.pc, 0x40201004u);
}

static void entry_fpu_is_given_to_partitions_with_the_flag(void **state)
{
    struct arch_trap trap = { .pc = 0x40201000u, .npc = 0x40201004u };

    (void)state;
    start_with(XM_HM_EV_FP_ERROR, XM_HM_AC_PARTITION_HALT);
    core_trap(0x04, &trap);
    assert_int_equal(hm_count(), 0);
    assert_int_equal(trap.psr, 0x1000);
    assert_int_equal(trap.pc, 0x40201000u); /* tried again */
    assert_int_equal(host.fpu_switches, 1);
    trap.psr = 0;
    core_trap(0x04, &trap); /* its own still: nothing to switch */
    assert_int_equal(host.fpu_switches, 1);
    p = fixture_enter(2);
    trap.psr = 0;
    core_trap(0x04, &trap);
    assert_int_equal(trap.psr, 0);
    assert_int_equal(p->state, PARTITION_HALTED);
    assert_int_equal(last_record()->event, XM_HM_EV_FP_ERROR);
}

/* Spills go there without asking, with traps off: a store that the MMU refuses would stop the processor. */
static void entry_stack_area_of_a_new_life_is_writable(void **state)
{
    static const xm_u32_t flags[] = { XM_MEM_AREA_READONLY, XM_MEM_AREA_ROM, XM_MEM_AREA_UNMAPPED };

    (void)state;
    for (xm_u32_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        struct fixture *f = fixture_new();

        f->area[f->partition[1].area_first].flags = flags[i];
        fixture_boot();
        assert_int_equal(partitions[1].context.stack_size, 0);
        assert_int_equal(partitions[2].context.stack_size, FIXTURE_AREA_BYTES);
    }
}

static void entry_stack_area_is_remembered(void **state)
{
    (void)state;
    start_with(XM_HM_EV_SYSTEM_ERROR, XM_HM_AC_PARTITION_HALT);
    p->context.stack_size = 0;
    core_stack_fault(FIXTURE_SCRATCH(1));
    assert_int_equal(p->context.stack_base, FIXTURE_AREA(1));
    assert_int_equal(p->context.stack_size, FIXTURE_AREA_BYTES);
    core_stack_fault(FIXTURE_READONLY(1) - 64); /* the last frame that fits */
    assert_int_equal(hm_count(), 0);
}

static void entry_bad_stack_is_a_system_error(void **state)
{
    static const xmAddress_t bad[] = { FIXTURE_SCRATCH(1) + 4, FIXTURE_READONLY(1), FIXTURE_READONLY(1) - 56, 0,
                                       FIXTURE_SCRATCH(2), XM_HYPERVISOR_START, 0xfffffff8u, 0x40700000u };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        start_with(XM_HM_EV_SYSTEM_ERROR, XM_HM_AC_PARTITION_HALT);
        core_stack_fault(bad[i]);
        assert_int_equal(hm_count(), 1);
        assert_int_equal(last_record()->event, XM_HM_EV_SYSTEM_ERROR);
        assert_int_equal(last_record()->fault_address, bad[i]);
        assert_int_equal(p->state, PARTITION_HALTED);
    }
    start_with(XM_HM_EV_SYSTEM_ERROR, XM_HM_AC_PARTITION_HALT);
    host.bad_stack = 0x123;
    core_flush_windows();
    assert_int_equal(p->state, PARTITION_HALTED);
}

static void entry_assembler_calls(void **state)
{
    struct arch_trap trap = { .psr = 0xf3a010e0u };

    (void)state;
    start_with(XM_HM_EV_OVERRUN, XM_HM_AC_IGNORE);
    core_asm_call(sparc_get_psr_nr, 0, &trap);
    assert_int_equal(trap.result, 0x00a01000u | VIRQ_FLAG_ET); /* nothing of the real S, PS, CWP or version */
    core_asm_call(sparc_set_pil_nr, 0, &trap);
    assert_int_equal(p->pct->iFlags, VIRQ_FLAG_ET | VIRQ_FLAG_PIL);
    core_asm_call(sparc_clear_pil_nr, 0, &trap);
    assert_int_equal(p->pct->iFlags, VIRQ_FLAG_ET);
    core_asm_call(sparc_set_psr_nr, 0xffffffffu, &trap);
    assert_int_equal(trap.psr, 0xf3f010e0u); /* only the condition codes */
    assert_int_equal(p->pct->iFlags, VIRQ_FLAG_ET | VIRQ_FLAG_PIL);
    assert_false(p->fpu_off);
    core_asm_call(sparc_set_psr_nr, 0x300u, &trap); /* traps can be turned off as well as on */
    assert_int_equal(p->pct->iFlags, 0x300u);
    assert_int_equal(trap.psr, 0xf30000e0u); /* EF too, though never on behind the FPU's owner */
    core_asm_call(sparc_get_psr_nr, 0, &trap);
    assert_int_equal(trap.result, 0x300u);
    core_asm_call(99, 0, &trap);
    assert_int_equal((xm_s32_t)trap.result, XM_UNKNOWN_HYPERCALL);
    p->pct->iFlags = 0;
    core_iret(0xffff0300u);
    assert_int_equal(p->pct->iFlags, VIRQ_FLAG_ET | 0x300u);
}

static void entry_fpu_turned_off_by_its_owner_traps(void **state)
{
    struct arch_trap trap = { .psr = 0x1080u, .pc = 0x40201000u, .npc = 0x40201004u };

    (void)state;
    start_with(XM_HM_EV_SPARC_FP_DISABLED, XM_HM_AC_PROPAGATE);
    core_asm_call(sparc_set_psr_nr, VIRQ_FLAG_ET, &trap);
    assert_int_equal(trap.psr, 0x80u);
    core_trap(0x04, &trap);
    assert_int_equal(last_record()->event, XM_HM_EV_SPARC_FP_DISABLED);
    assert_int_equal(p->trap_vector, 0x04);
    assert_int_equal(host.fpu_switches, 0);
    p->trap_vector = -1;
    core_asm_call(sparc_set_psr_nr, VIRQ_FLAG_ET | 0x1000u, &trap);
    assert_int_equal(trap.psr, 0x80u); /* given at the next instruction */
    core_trap(0x04, &trap);
    assert_int_equal(trap.psr, 0x1080u);
    assert_int_equal(hm_count(), 1);
    core_asm_call(sparc_set_psr_nr, 0, &trap);
    assert_int_equal(sys_reset_partition(1, XM_WARM_RESET, 0), XM_OK); /* a new life has it on again */
    assert_false(p->fpu_off);
}

static void entry_interrupts_find_their_owner(void **state)
{
    (void)state;
    start_with(XM_HM_EV_OVERRUN, XM_HM_AC_IGNORE);
    core_irq(5);
    assert_int_equal(p->pct->hwIrqsPend, 1u << 5);
    assert_int_equal(partitions[0].pct->hwIrqsPend, 0);
    core_irq(0); /* the idle loop yields: no interrupt */
    assert_int_equal(hm_count(), 0);
}

static void entry_link_interrupt_goes_to_the_link(void **state)
{
    (void)state;
    start_with(XM_HM_EV_OVERRUN, XM_HM_AC_IGNORE);
    host_uart_arrive(1, "abc", 3);
    core_irq(board.uart[1].irq);
    (void)fixture_enter(0);
    assert_int_equal(sys_link_read(FIXTURE_SCRATCH(0), 16), 3);
    assert_int_equal(hm_count(), 0);
}

static void entry_fpu_changes_hands(void **state)
{
    struct fixture *f = fixture_new();
    struct arch_trap trap = { .pc = 0x40201000u, .npc = 0x40201004u };

    (void)state;
    f->partition[2].flags |= XM_PART_FP;
    fixture_boot();
    p = fixture_enter(1);
    core_trap(0x04, &trap);
    p->context.fpu_enabled = true;
    (void)fixture_enter(2);
    core_trap(0x04, &trap);
    assert_int_equal(host.fpu_switches, 2);
    assert_false(p->context.fpu_enabled); /* the next use traps again */
    (void)fixture_enter(1);
    core_trap(0x04, &trap);
    assert_int_equal(host.fpu_switches, 3);
    assert_int_equal(hm_count(), 0);
}

/* An operation that failed is told to whom it belongs, also when the FPU has gone to another one since; what trapped is
 * executed then. */
static void entry_fpu_exception_comes_to_the_former_owner(void **state)
{
    struct fixture *f = fixture_new();
    struct arch_trap trap = { .pc = 0x40201000u, .npc = 0x40201004u };

    (void)state;
    f->partition[2].flags |= XM_PART_FP;
    fixture_hm_row(f, 1, XM_HM_EV_SPARC_FP_EXCEPTION, XM_HM_AC_IGNORE, true);
    fixture_boot();
    (void)fixture_enter(1);
    core_trap(0x04, &trap);
    (void)fixture_enter(2);
    host.fpu_failed = true;
    core_trap(0x04, &trap);
    assert_int_equal(hm_count(), 0);
    host.fpu_failed = false;
    (void)fixture_enter(1);
    core_trap(0x04, &trap);
    assert_int_equal(hm_count(), 1);
    assert_int_equal(last_record()->event, XM_HM_EV_SPARC_FP_EXCEPTION);
    assert_int_equal(last_record()->partition, 1);
    assert_int_equal(trap.pc, 0x40201000u);
    assert_int_equal(trap.psr & 0x1000, 0x1000);
    core_trap(0x04, &trap);
    assert_int_equal(hm_count(), 1); /* once */
}

static void nobodys_interrupt(void *nothing)
{
    (void)nothing;
    core_irq(11);
}

static void entry_nobodys_interrupt_is_unexpected(void **state)
{
    (void)state;
    start_with(XM_HM_EV_OVERRUN, XM_HM_AC_IGNORE);
    assert_int_equal(host_run(nobodys_interrupt, NULL), HOST_HALTED);
    assert_int_equal(last_record()->event, XM_HM_EV_UNEXPECTED_TRAP);
    assert_int_equal(last_record()->flags, XM_HM_FLAG_SYSTEM);
    assert_int_equal(last_record()->payload[0], 11);
}

static void kernel_trap(void *nothing)
{
    (void)nothing;
    core_kernel_trap(0x09, 0x40001234u, 0xdead0000u);
}

/* Last: it is remembered for the rest of the program. */
static void entry_trap_in_the_hypervisor_is_logged(void **state)
{
    (void)state;
    start_with(XM_HM_EV_OVERRUN, XM_HM_AC_IGNORE);
    assert_int_equal(host_run(kernel_trap, NULL), HOST_HALTED);
    assert_int_equal(last_record()->event, XM_HM_EV_INTERNAL_ERROR);
    assert_int_equal(last_record()->fault_address, 0xdead0000u);
    assert_int_equal(last_record()->payload[1], 0x40001234u);
    assert_int_equal(host_run(kernel_trap, NULL), HOST_HALTED);
    assert_int_equal(hm_count(), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entry_every_trap_raises_its_event),
        cmocka_unit_test(entry_access_to_the_hypervisor_is_its_own_event),
        cmocka_unit_test(entry_propagated_trap_enters_the_routed_vector),
        cmocka_unit_test(entry_trap_inside_a_handler_is_a_system_error),
        cmocka_unit_test(entry_software_trap_goes_to_the_partition),
        cmocka_unit_test(entry_unknown_trap_is_unexpected),
        cmocka_unit_test(entry_fpu_is_given_to_partitions_with_the_flag),
        cmocka_unit_test(entry_stack_area_is_remembered),
        cmocka_unit_test(entry_stack_area_of_a_new_life_is_writable),
        cmocka_unit_test(entry_bad_stack_is_a_system_error),
        cmocka_unit_test(entry_assembler_calls),
        cmocka_unit_test(entry_interrupts_find_their_owner),
        cmocka_unit_test(entry_link_interrupt_goes_to_the_link),
        cmocka_unit_test(entry_fpu_changes_hands),
        cmocka_unit_test(entry_fpu_exception_comes_to_the_former_owner),
        cmocka_unit_test(entry_fpu_turned_off_by_its_owner_traps),
        cmocka_unit_test(entry_nobodys_interrupt_is_unexpected),
        cmocka_unit_test(entry_trap_in_the_hypervisor_is_logged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
