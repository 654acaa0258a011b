/* Range check and copies of partition memory. */
#include <string.h>
#include "fixture.h"

#define AREA FIXTURE_AREA(1)
#define AREA_END (FIXTURE_AREA(1) + FIXTURE_AREA_BYTES)
#define READONLY_END (FIXTURE_READONLY(1) + FIXTURE_READONLY_BYTES)

static struct partition *p;

static void start(void)
{
    fixture_start();
    p = fixture_enter(1);
}

static void guest_mem_range_edges(void **state)
{
    (void)state;
    start();
    assert_true(guest_range_ok(p, AREA, 1, true));
    assert_true(guest_range_ok(p, AREA, FIXTURE_AREA_BYTES, true));
    assert_false(guest_range_ok(p, AREA, FIXTURE_AREA_BYTES + 1, true));
    assert_false(guest_range_ok(p, AREA - 1, 1, false));
    assert_false(guest_range_ok(p, AREA - 1, 2, false));
    assert_true(guest_range_ok(p, AREA_END - 1, 1, true));
    assert_true(guest_range_ok(p, READONLY_END - 1, 1, false));
    assert_false(guest_range_ok(p, READONLY_END - 1, 2, false));
    assert_false(guest_range_ok(p, READONLY_END, 1, false));
}

static void guest_mem_range_does_not_wrap(void **state)
{
    (void)state;
    start();
    assert_false(guest_range_ok(p, AREA, ~0u, false));
    assert_false(guest_range_ok(p, AREA + 16, ~0u - 15, false));
    assert_false(guest_range_ok(p, ~0u, 2, false));
    assert_false(guest_range_ok(p, 0xfffffffcu, AREA + 8, false));
    assert_false(guest_range_ok(p, 0, 1, false));
    assert_false(guest_range_ok(p, 0, ~0u, false));
}

static void guest_mem_readonly_may_be_read_only(void **state)
{
    (void)state;
    start();
    assert_true(guest_range_ok(p, FIXTURE_READONLY(1), 16, false));
    assert_false(guest_range_ok(p, FIXTURE_READONLY(1), 16, true));
    assert_true(guest_range_ok(p, AREA, 16, true)); /* and the area remembered does not change that */
    assert_false(guest_range_ok(p, FIXTURE_READONLY(1), 1, true));
}

static void guest_mem_adjacent_areas_are_not_one(void **state)
{
    (void)state;
    start();
    assert_int_equal(AREA_END, FIXTURE_READONLY(1));
    assert_false(guest_range_ok(p, AREA_END - 8, 16, false));
    assert_true(guest_range_ok(p, AREA_END - 8, 8, false));
    assert_false(guest_range_ok(p, AREA_END - 8, 9, false));
}

static void guest_mem_unmapped_and_foreign_memory_is_refused(void **state)
{
    (void)state;
    start();
    assert_false(guest_range_ok(p, 0x40700000u, 4, false));
    assert_false(guest_range_ok(p, FIXTURE_AREA(0), 4, false));
    assert_false(guest_range_ok(p, FIXTURE_AREA(2), 4, false));
    assert_false(guest_range_ok(p, XM_HYPERVISOR_START, 4, false));
    assert_false(guest_range_ok(p, arch_kernel_address(p->pct), 4, true));
    assert_false(guest_range_ok(p, board.device_start, 4, false));
}

static void guest_mem_checks_virtual_addresses(void **state)
{
    struct fixture *f = fixture_new();

    (void)state;
    f->area[2].mapped_at = 0x20000000u;
    fixture_boot();
    p = fixture_enter(1);
    assert_true(guest_range_ok(p, 0x20000000u, FIXTURE_AREA_BYTES, true));
    assert_false(guest_range_ok(p, AREA, 16, false));
}

static void guest_mem_copies_check_alignment(void **state)
{
    xm_u64_t value = 0x1122334455667788ull;
    xm_u64_t copy = 0;

    (void)state;
    start();
    for (xm_u32_t offset = 1; offset < 8; offset++) {
        assert_false(guest_write(p, AREA + offset, 8, &value, 8));
        assert_false(guest_read(p, AREA + offset, 8, &copy, 8));
    }
    assert_int_equal(copy, 0);
    assert_true(guest_write(p, AREA + 8, 8, &value, 8));
    assert_true(guest_read(p, AREA + 8, 8, &copy, 8));
    assert_true(copy == value);
    assert_true(guest_write(p, AREA + 3, 1, &value, 8));
    assert_false(guest_write(p, FIXTURE_READONLY(1), 8, &value, 8));
    assert_true(guest_read(p, FIXTURE_READONLY(1), 8, &copy, 8));
}

static void guest_mem_names_are_bounded(void **state)
{
    char name[CONFIG_ID_STRING_LENGTH];
    char *end = arch_guest_pointer(READONLY_END);

    (void)state;
    start();
    assert_true(guest_read_name(p, fixture_name(1, "fifteen letters"), name));
    assert_string_equal(name, "fifteen letters");
    assert_false(guest_read_name(p, fixture_name(1, "sixteen letters!"), name));
    assert_true(guest_read_name(p, fixture_name(1, ""), name));
    memcpy(end - 3, "ab", 3);
    assert_true(guest_read_name(p, READONLY_END - 3, name));
    assert_string_equal(name, "ab");
    end[-1] = 'c';
    assert_false(guest_read_name(p, READONLY_END - 3, name));
    assert_false(guest_read_name(p, 0, name));
}

static void guest_mem_name_never_leaves_the_partition(void **state)
{
    char name[CONFIG_ID_STRING_LENGTH];

    (void)state;
    start();
    memset(arch_guest_pointer(READONLY_END - 8), 'x', 8);
    memset(arch_physical_pointer(READONLY_END), 0, 8); /* nobody's memory would end it */
    assert_false(guest_read_name(p, READONLY_END - 8, name));
}

/* ---- long copies ------------------------------------------------------------------------------------------------- */

#define LONG_BYTES 5000

static xm_u8_t buffer_from[LONG_BYTES + 1] __attribute__((aligned(8)));
static xm_u8_t buffer_to[LONG_BYTES + 1] __attribute__((aligned(8)));
static xm_u8_t *long_from = buffer_from + 1, *long_to = buffer_to;

static void start_copy(void)
{
    start();
    for (xm_u32_t i = 0; i < LONG_BYTES; i++) {
        long_from[i] = (xm_u8_t)(i * 7);
    }
    memset(long_to, 0, LONG_BYTES);
    host.restarts = 0;
    host.irq_due = true;
}

static bool copy(xm_u32_t stamp)
{
    return guest_copy(p, long_to, long_from, LONG_BYTES, stamp);
}

static void expect_steps_of(xm_u32_t step)
{
    xm_u32_t calls = 0;

    start_copy();
    while (!copy(0)) {
        calls++;
        assert_int_equal(host.restarts, calls);
        assert_memory_equal(long_to, long_from, calls * step);
        assert_int_equal(long_to[calls * step + 1], 0); /* one step a call */
    }
    assert_int_equal(calls, (LONG_BYTES - 1) / step);
    assert_memory_equal(long_to, long_from, LONG_BYTES);
}

static void guest_copy_gives_way_and_goes_on(void **state)
{
    (void)state;
    expect_steps_of(GUEST_COPY_STEP);
    long_from = buffer_from;
    expect_steps_of(GUEST_COPY_STEP_DOUBLES);
    long_to = buffer_to + 1;
    expect_steps_of(GUEST_COPY_STEP);
    long_to = buffer_to;
    long_from = buffer_from + 1;
}

static void guest_copy_short_ones_never_give_way(void **state)
{
    (void)state;
    start_copy();
    assert_true(guest_copy(p, long_to, long_from, GUEST_COPY_STEP, 0));
    assert_int_equal(host.restarts, 0);
}

static void guest_copy_without_interrupt_is_one_call(void **state)
{
    (void)state;
    start_copy();
    host.irq_due = false;
    assert_true(copy(0));
    assert_memory_equal(long_to, long_from, LONG_BYTES);
}

/* What was copied is taken again when the source is another, or another copy came between, or a new life began. */
static void guest_copy_begins_again(void **state)
{
    (void)state;
    start_copy();
    assert_false(copy(0));
    long_from[0] = 99;
    host.irq_due = false;
    assert_true(copy(1));
    assert_int_equal(long_to[0], 99);

    start_copy();
    assert_false(copy(0));
    long_from[0] = 99;
    host.irq_due = false;
    assert_true(guest_copy(p, long_to + 1, long_from, 1000, 0));
    assert_true(copy(0));
    assert_int_equal(long_to[0], 99);

    start_copy();
    assert_false(copy(0));
    long_from[0] = 99;
    host.irq_due = false;
    assert_int_equal(partition_reset(p, XM_WARM_RESET, 0), XM_OK);
    assert_true(copy(0));
    assert_int_equal(long_to[0], 99);
}

static void raise_in_the_middle_of_a_copy(void)
{
    start_copy();
    p = fixture_enter(0); /* its slot is current */
    p->pct->arch.tbr = FIXTURE_AREA(0);
    p->pct->iFlags = VIRQ_FLAG_ET;
    p->pct->extIrqsMask = ~(1u << XM_VT_EXT_SHUTDOWN);
    assert_false(copy(0));
    long_from[0] = 99;
    virq_raise_ext(p, XM_VT_EXT_SHUTDOWN);
}

/* Whatever interrupts the partition sets itself: the copy goes on, and they come when it is done. */
static void guest_copy_is_not_held_up_by_own_interrupts(void **state)
{
    const xm_u32_t shutdown = 1u << XM_VT_EXT_SHUTDOWN;

    (void)state;
    raise_in_the_middle_of_a_copy();
    do {
        core_leave(); /* out of the call */
        core_leave(); /* out of the interrupt */
        assert_int_equal(p->pct->extIrqsPend & shutdown, shutdown);
        assert_int_equal(host.current->delivery, 0);
    } while (!copy(0));
    assert_int_not_equal(long_to[0], 99);
    core_leave();
    assert_int_equal(p->pct->extIrqsPend & shutdown, 0);
    assert_int_not_equal(host.current->delivery, 0);
}

/* However many interrupts come before the partition makes its call again. */
static void guest_copy_holds_own_interrupts_as_long_as_it_takes(void **state)
{
    (void)state;
    raise_in_the_middle_of_a_copy();
    for (xm_u32_t leaves = 0; leaves < 20; leaves++) {
        core_leave();
        assert_int_equal(host.current->delivery, 0);
    }
    host.irq_due = false;
    assert_true(copy(0));
    core_leave();
    assert_int_not_equal(host.current->delivery, 0);
}

/* A handler that finds nothing to copy any more says so: what waited is delivered at once, and what it had copied counts no
 * more. */
static void guest_copy_forgotten_ends_the_wait(void **state)
{
    (void)state;
    raise_in_the_middle_of_a_copy();
    core_leave();
    assert_int_equal(host.current->delivery, 0);
    host.leave_requests = 0;
    guest_copy_forget(p);
    assert_int_equal(host.leave_requests, 1);
    guest_copy_forget(p);
    assert_int_equal(host.leave_requests, 1); /* nothing to forget */
    core_leave();
    assert_int_not_equal(host.current->delivery, 0);
    host.irq_due = false;
    assert_true(copy(0));
    assert_int_equal(long_to[0], 99);
}

/* A trap is not held up: its handler may change what is copied, or never come back to it. */
static void guest_copy_begins_again_after_a_trap(void **state)
{
    (void)state;
    raise_in_the_middle_of_a_copy();
    p->trap_vector = 5;
    core_leave();
    assert_int_not_equal(host.current->delivery, 0);
    host.irq_due = false;
    assert_true(copy(0));
    assert_int_equal(long_to[0], 99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guest_mem_range_edges),
        cmocka_unit_test(guest_mem_range_does_not_wrap),
        cmocka_unit_test(guest_mem_readonly_may_be_read_only),
        cmocka_unit_test(guest_mem_adjacent_areas_are_not_one),
        cmocka_unit_test(guest_mem_unmapped_and_foreign_memory_is_refused),
        cmocka_unit_test(guest_mem_checks_virtual_addresses),
        cmocka_unit_test(guest_mem_copies_check_alignment),
        cmocka_unit_test(guest_mem_names_are_bounded),
        cmocka_unit_test(guest_mem_name_never_leaves_the_partition),
        cmocka_unit_test(guest_copy_gives_way_and_goes_on),
        cmocka_unit_test(guest_copy_short_ones_never_give_way),
        cmocka_unit_test(guest_copy_without_interrupt_is_one_call),
        cmocka_unit_test(guest_copy_begins_again),
        cmocka_unit_test(guest_copy_is_not_held_up_by_own_interrupts),
        cmocka_unit_test(guest_copy_holds_own_interrupts_as_long_as_it_takes),
        cmocka_unit_test(guest_copy_forgotten_ends_the_wait),
        cmocka_unit_test(guest_copy_begins_again_after_a_trap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
