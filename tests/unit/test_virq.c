/* Virtual interrupts: pending, masks, order of delivery, services. */
#include <string.h>
#include "fixture.h"

#define TABLE 0x40205000u /* P1's trap table */

static struct partition *p;

static void start(void)
{
    fixture_start();
    fixture_pass_us(250); /* P1's slot */
    p = partition_current();
    assert_int_equal(p->id, 1);
    p->pct->extIrqsPend = 0;
    p->pct->arch.tbr = TABLE;
    p->pct->iFlags = VIRQ_FLAG_ET;
}

static xm_u32_t next_vector(void)
{
    xm_u32_t vector = 0xffff;

    return virq_take(p, &vector) ? vector : 0xffff;
}

static void virq_everything_is_masked_at_the_start(void **state)
{
    (void)state;
    fixture_start();
    p = &partitions[1];
    assert_int_equal(p->pct->iFlags, VIRQ_FLAG_ET | VIRQ_FLAG_PIL);
    assert_int_equal(p->pct->hwIrqsMask, ~0u);
    assert_int_equal(p->pct->extIrqsMask, ~0u);
    assert_int_equal(p->pct->hwIrq2Vector[5], 0x15);
    assert_int_equal(p->pct->extIrq2Vector[8], 0xe8);
    assert_int_equal(p->pct->trap2Vector[18], 0x2a);
    assert_int_equal(p->pct->trap2Vector[0], 0x2b);
    virq_raise_ext(p, 3);
    assert_false(virq_wakes(p));
    assert_int_equal(next_vector(), 0xffff);
}

static void virq_order_of_delivery(void **state)
{
    static const xm_u32_t order[] = { 0x77, 0xf0, 0x19, 0x15, 0xe8, 0xe5, 0xe0 };

    (void)state;
    start();
    p->pct->hwIrqsMask = 0;
    p->pct->extIrqsMask = 0;
    virq_raise_ext(p, 0);
    virq_raise_ext(p, 8);
    virq_raise_ext(p, 5);
    virq_raise_hw(p, 5);
    virq_raise_hw(p, 9);
    virq_raise_ext(p, XM_VT_EXT_MEM_PROTECT);
    p->trap_vector = 0x77;
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        assert_int_equal(next_vector(), order[i]);
        assert_int_equal(p->pct->iFlags & VIRQ_FLAG_ET, 0); /* off in the handler */
        assert_int_equal(p->context.delivery_flags & VIRQ_FLAG_ET, VIRQ_FLAG_ET);
        assert_int_equal(next_vector(), 0xffff);
        p->pct->iFlags |= VIRQ_FLAG_ET;
    }
    assert_int_equal(next_vector(), 0xffff);
    assert_int_equal(p->pct->hwIrqsPend | p->pct->extIrqsPend, 0);
}

static void virq_level_and_traps_off_hold_interrupts_back(void **state)
{
    (void)state;
    start();
    p->pct->hwIrqsMask = 0;
    p->pct->extIrqsMask = 0;
    virq_raise_hw(p, 5);
    virq_raise_ext(p, 5);
    p->pct->iFlags = VIRQ_FLAG_ET | 0x100u;
    assert_int_equal(next_vector(), 0xffff);
    virq_raise_ext(p, XM_VT_EXT_MEM_PROTECT); /* of trap class: the level does not hold it */
    assert_int_equal(next_vector(), 0xf0);
    p->pct->iFlags = 0;
    assert_int_equal(next_vector(), 0xffff);
    assert_true(virq_wakes(p)); /* but it is pending and unmasked */
    p->pct->iFlags = VIRQ_FLAG_ET;
    assert_int_equal(next_vector(), 0x15);
}

static void virq_mask_holds_back_one_by_one(void **state)
{
    (void)state;
    start();
    p->pct->extIrqsMask = ~(1u << 5);
    virq_raise_ext(p, 8);
    virq_raise_ext(p, 5);
    virq_raise_ext(p, XM_VT_EXT_MEM_PROTECT); /* not maskable */
    assert_int_equal(next_vector(), 0xf0);
    p->pct->iFlags |= VIRQ_FLAG_ET;
    assert_int_equal(next_vector(), 0xe5);
    p->pct->iFlags |= VIRQ_FLAG_ET;
    assert_int_equal(next_vector(), 0xffff);
    assert_int_equal(p->pct->extIrqsPend, 1u << 8);
}

static void virq_raised_twice_is_delivered_once(void **state)
{
    (void)state;
    start();
    p->pct->extIrqsMask = 0;
    virq_raise_ext(p, 4);
    virq_raise_ext(p, 4);
    assert_int_equal(next_vector(), 0xe4);
    p->pct->iFlags |= VIRQ_FLAG_ET;
    assert_int_equal(next_vector(), 0xffff);
}

static void virq_delivery_enters_the_trap_table(void **state)
{
    (void)state;
    start();
    p->pct->extIrqsMask = 0;
    p->pct->iFlags = VIRQ_FLAG_ET;
    virq_raise_ext(p, 4);
    core_leave();
    assert_int_equal(host.current->delivery, TABLE + 0xe4 * 16);
    assert_int_equal(host.current->delivery_flags, VIRQ_FLAG_ET | 0x1000u); /* it has the fp flag: its EF is on */
    /* not entered yet, and another one comes: the first is not lost or entered twice */
    virq_raise_ext(p, 5);
    core_leave();
    assert_int_equal(host.current->delivery, TABLE + 0xe4 * 16);
    host.current->delivery = 0; /* entered */
    core_leave();
    assert_int_equal(host.current->delivery, 0); /* virtual traps are off */
    core_iret(VIRQ_FLAG_ET);
    core_leave();
    assert_int_equal(host.current->delivery, TABLE + 0xe5 * 16);
}

static void virq_without_trap_table_is_a_system_error(void **state)
{
    (void)state;
    start();
    p->pct->arch.tbr = 0;
    p->pct->extIrqsMask = 0;
    virq_raise_ext(p, 4);
    core_leave();
    assert_int_equal(hm_count(), 1);
    assert_int_equal(p->state, PARTITION_HALTED);
    assert_null(partition_current());
}

static void virq_mask_services(void **state)
{
    (void)state;
    start();
    assert_int_equal(sys_clear_irqmask(0x20, 0x3), XM_OK);
    assert_int_equal(p->pct->hwIrqsMask, ~0x20u);
    assert_int_equal(p->pct->extIrqsMask, ~0x3u);
    assert_int_equal(sys_set_irqmask(0x20, 0x1), XM_OK);
    assert_int_equal(p->pct->hwIrqsMask, ~0u);
    assert_int_equal(p->pct->extIrqsMask, ~0x2u);
}

static void virq_pend_services(void **state)
{
    (void)state;
    start();
    host.irq_forced = 0;
    assert_int_equal(sys_set_irqpend(1u << 5 | 1u << 6, 1u << 9), XM_OK);
    assert_int_equal(host.irq_forced, 1u << 5); /* owned: through the controller */
    assert_int_equal(p->pct->hwIrqsPend, 1u << 6); /* not owned: virtual */
    assert_int_equal(p->pct->extIrqsPend, 1u << 9);
    assert_int_equal(sys_clear_irqpend(1u << 5 | 1u << 6, 1u << 9), XM_OK);
    assert_int_equal(host.irq_cleared, 1u << 5);
    assert_int_equal(p->pct->hwIrqsPend | p->pct->extIrqsPend, 0);
}

/* There are 15 lines and as many vectors: a bit without a line must never be delivered from behind the table. */
static void virq_pending_bits_without_a_line_are_ignored(void **state)
{
    (void)state;
    start();
    assert_int_equal(sys_set_irqpend(~0u, 0), XM_OK);
    assert_int_equal(p->pct->hwIrqsPend, 0xfffeu & ~(1u << 5));
    assert_int_equal(sys_clear_irqpend(~0u, 0), XM_OK);
}

static void virq_controller_mask_follows_the_running_partition(void **state)
{
    xm_u32_t kernel;

    (void)state;
    start();
    core_leave();
    kernel = host.irq_mask;
    assert_int_equal(kernel, 1u << BOARD_TIMER_LINE | console_irq_lines());
    (void)sys_clear_irqmask(~0u, 0);
    core_leave();
    assert_int_equal(host.irq_mask, kernel | 1u << 5); /* only what it owns */
    fixture_pass_us(250);
    assert_int_equal(host.irq_mask, kernel); /* the gap */
}

static void virq_route_refusals(void **state)
{
    (void)state;
    start();
    assert_int_equal(sys_route_irq(XM_TRAP_TYPE, NO_TRAPS, 1), XM_INVALID_PARAM);
    assert_int_equal(sys_route_irq(XM_HWIRQ_TYPE, 32, 1), XM_INVALID_PARAM);
    assert_int_equal(sys_route_irq(XM_EXTIRQ_TYPE, XM_VT_EXT_MAX, 1), XM_INVALID_PARAM);
    assert_int_equal(sys_route_irq(3, 0, 1), XM_INVALID_PARAM);
    assert_int_equal(sys_route_irq(~0u, 0, 1), XM_INVALID_PARAM);
    assert_int_equal(sys_route_irq(XM_TRAP_TYPE, 0, 256), XM_INVALID_PARAM);
    assert_int_equal(sys_route_irq(XM_TRAP_TYPE, ~0u, 1), XM_INVALID_PARAM);
    assert_int_equal(sys_route_irq(XM_TRAP_TYPE, 18, 0x99), XM_OK);
    assert_int_equal(sys_route_irq(XM_HWIRQ_TYPE, 5, 0x9a), XM_OK);
    assert_int_equal(sys_route_irq(XM_EXTIRQ_TYPE, 31, 0x9b), XM_OK);
    assert_int_equal(p->pct->trap2Vector[18], 0x99);
    assert_int_equal(p->pct->hwIrq2Vector[5], 0x9a);
    assert_int_equal(p->pct->extIrq2Vector[31], 0x9b);
}

static void virq_ipvi_reaches_every_destination(void **state)
{
    (void)state;
    start();
    partitions[0].pct->extIrqsPend = 0;
    partitions[2].pct->extIrqsPend = 0;
    assert_int_equal(sys_raise_ipvi(XM_VT_EXT_IPVI0 + 1), XM_OK);
    assert_int_equal(partitions[0].pct->extIrqsPend, 1u << (XM_VT_EXT_IPVI0 + 1));
    assert_int_equal(partitions[2].pct->extIrqsPend, 1u << (XM_VT_EXT_IPVI0 + 1));
    assert_int_equal(p->pct->extIrqsPend, 0);
}

static void virq_ipvi_refusals(void **state)
{
    (void)state;
    start();
    partitions[2].pct->extIrqsPend = 0;
    assert_int_equal(sys_raise_ipvi(XM_VT_EXT_IPVI0 - 1), XM_INVALID_PARAM);
    assert_int_equal(sys_raise_ipvi(XM_VT_EXT_MAX), XM_INVALID_PARAM);
    assert_int_equal(sys_raise_ipvi(1), XM_INVALID_PARAM);
    assert_int_equal(sys_raise_ipvi(XM_VT_EXT_IPVI0 + 2), XM_NO_ACTION); /* P0's line */
    assert_int_equal(sys_raise_partition_ipvi(3, XM_VT_EXT_IPVI0 + 1), XM_INVALID_PARAM);
    assert_int_equal(sys_raise_partition_ipvi(2, 7), XM_INVALID_PARAM);
    assert_int_equal(sys_raise_partition_ipvi(1, XM_VT_EXT_IPVI0 + 1), XM_INVALID_CONFIG);
    assert_int_equal(sys_raise_partition_ipvi(2, XM_VT_EXT_IPVI0 + 3), XM_INVALID_CONFIG);
    assert_int_equal(partitions[2].pct->extIrqsPend, 0);
    assert_int_equal(sys_raise_partition_ipvi(2, XM_VT_EXT_IPVI0 + 1), XM_OK);
    assert_int_equal(sys_raise_partition_ipvi(2, XM_VT_EXT_IPVI0 + 1), XM_NO_ACTION);
    assert_int_equal(partitions[2].pct->extIrqsPend, 1u << (XM_VT_EXT_IPVI0 + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(virq_everything_is_masked_at_the_start),
        cmocka_unit_test(virq_order_of_delivery),
        cmocka_unit_test(virq_level_and_traps_off_hold_interrupts_back),
        cmocka_unit_test(virq_mask_holds_back_one_by_one),
        cmocka_unit_test(virq_raised_twice_is_delivered_once),
        cmocka_unit_test(virq_delivery_enters_the_trap_table),
        cmocka_unit_test(virq_without_trap_table_is_a_system_error),
        cmocka_unit_test(virq_mask_services),
        cmocka_unit_test(virq_pend_services),
        cmocka_unit_test(virq_pending_bits_without_a_line_are_ignored),
        cmocka_unit_test(virq_controller_mask_follows_the_running_partition),
        cmocka_unit_test(virq_route_refusals),
        cmocka_unit_test(virq_ipvi_reaches_every_destination),
        cmocka_unit_test(virq_ipvi_refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
