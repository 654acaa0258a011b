/* Who may call what, and the services that belong to no other module. */
#include <string.h>
#include "fixture.h"

#define BUF(n) FIXTURE_SCRATCH(n)

static xm_u32_t *words(xm_u32_t n)
{
    return arch_guest_pointer(BUF(n));
}

/* Stated here once more, from the manual and not from the table: what is reserved. */
static const enum hypercall_number reserved[] = {
    HYPERCALL_resume_partition, HYPERCALL_halt_system, HYPERCALL_reset_system,  HYPERCALL_get_system_status,
    HYPERCALL_switch_sched_plan, HYPERCALL_hm_read,    HYPERCALL_hm_seek,       HYPERCALL_hm_status,
    HYPERCALL_hm_fetch,          HYPERCALL_trace_fetch, HYPERCALL_console_fetch, HYPERCALL_kernel_info,
    HYPERCALL_read_config,       HYPERCALL_port_status,
};
static const enum hypercall_number own[] = {
    HYPERCALL_halt_partition,     HYPERCALL_suspend_partition,     HYPERCALL_reset_partition,
    HYPERCALL_shutdown_partition, HYPERCALL_get_partition_status, HYPERCALL_trace_open,
};

static bool holds(const enum hypercall_number *list, size_t count, xm_u32_t number)
{
    for (size_t i = 0; i < count; i++) {
        if ((xm_u32_t)list[i] == number) {
            return true;
        }
    }
    return false;
}

static void hypercall_permission_of_every_call(void **state)
{
    (void)state;
    fixture_start();
    for (xm_u32_t number = 0; number < HYPERCALL_COUNT; number++) {
        bool is_reserved = holds(reserved, sizeof(reserved) / sizeof(reserved[0]), number);
        bool is_own = holds(own, sizeof(own) / sizeof(own[0]), number);

        (void)fixture_enter(1);
        assert_int_equal(core_call_permitted(number, 1), is_reserved ? XM_PERM_ERROR : XM_OK);
        for (xm_u32_t other = 0; other < 400; other++) {
            if (other != 1) {
                assert_int_equal(core_call_permitted(number, other), is_reserved || is_own ? XM_PERM_ERROR : XM_OK);
            }
        }
        assert_int_equal(core_call_permitted(number, 1u << 31 | 1u), is_reserved || is_own ? XM_PERM_ERROR : XM_OK);
        (void)fixture_enter(0);
        assert_int_equal(core_call_permitted(number, 2), XM_OK);
        assert_int_equal(core_call_permitted(number, ~0u), XM_OK);
    }
}

static void call_halt(void *nothing)
{
    (void)nothing;
    (void)sys_halt_system();
}

static void call_warm_reset(void *nothing)
{
    (void)nothing;
    (void)sys_reset_system(XM_WARM_RESET);
}

static void hypercall_system_halt_and_reset(void **state)
{
    (void)state;
    fixture_start();
    (void)fixture_enter(0);
    assert_int_equal(sys_reset_system(2), XM_INVALID_PARAM);
    assert_int_equal(sys_reset_system(0x100), XM_INVALID_PARAM);
    assert_int_equal(host_run(call_warm_reset, NULL), HOST_TO_LOADER);
    fixture_reboot();
    assert_int_equal(kernel_reset_counter, 1);
    assert_int_equal(partitions[0].pct->resetStatus, 0);
    assert_int_equal(host_run(call_halt, NULL), HOST_HALTED);
}

static void hypercall_system_status_sums_up(void **state)
{
    xmSystemStatus_t *s = arch_guest_pointer(BUF(0));

    (void)state;
    fixture_start();
    fixture_pass_us(900);
    fixture_pass_us(1200);
    (void)fixture_raise(XM_HM_EV_OVERRUN, &partitions[1]);
    partitions[1].queuing_sent = 3;
    partitions[2].queuing_sent = 4;
    (void)fixture_enter(0);
    assert_int_equal(sys_get_system_status(BUF(0)), XM_OK);
    assert_int_equal(s->noHmEvents, hm_count());
    assert_int_equal(s->currentMaf, 2);
    assert_int_equal(s->noQueuingPortMsgsSent, 7);
    assert_int_equal(s->noIrqs, kernel_irq_count());
    assert_int_equal(sys_get_system_status(BUF(0) + 4), XM_INVALID_PARAM);
    assert_int_equal(sys_get_system_status(FIXTURE_READONLY(0)), XM_INVALID_PARAM);
}

static void hypercall_kernel_info_is_complete(void **state)
{
    struct xm_kernel_info *info = arch_guest_pointer(BUF(0));

    (void)state;
    fixture_start();
    fixture_pass_us(1234);
    (void)fixture_enter(0);
    assert_int_equal(sys_kernel_info(BUF(0)), XM_OK);
    assert_int_equal(info->partition_count, FIXTURE_PARTITIONS);
    assert_int_equal(info->plan_count, 3);
    assert_int_equal(info->boot_id, 1);
    assert_int_equal(info->now_us, 1234);
    assert_int_equal(info->frame, 1);
    assert_int_equal(info->frame_start_us, 1000);
    assert_int_equal(info->config_length, config->length);
    assert_int_equal(info->config_crc32c, config->crc32c);
    assert_int_equal(info->previous_plan, -1);
    assert_in_range(info->kernel_bytes_used, 1, info->kernel_bytes_total);
    assert_int_equal(sys_kernel_info(BUF(1)), XM_INVALID_PARAM);
}

static void hypercall_read_config_is_bounded(void **state)
{
    (void)state;
    fixture_start();
    (void)fixture_enter(0);
    assert_int_equal(sys_read_config(0, BUF(0), 64), 64);
    assert_memory_equal(words(0), config, 64);
    assert_int_equal(sys_read_config(config->length - 4, BUF(0), 64), 4);
    assert_int_equal(sys_read_config(config->length, BUF(0), 64), 0);
    assert_int_equal(sys_read_config(config->length + 1, BUF(0), 64), XM_INVALID_PARAM);
    assert_int_equal(sys_read_config(~0u, BUF(0), 64), XM_INVALID_PARAM);
    assert_int_equal(sys_read_config(0, BUF(1), 64), XM_INVALID_PARAM);
}

static void hypercall_memory_copy_refusals(void **state)
{
    (void)state;
    fixture_start();
    (void)fixture_enter(1);
    assert_int_equal(sys_memory_copy(2, BUF(2), 1, BUF(1), 16), XM_PERM_ERROR);
    assert_int_equal(sys_memory_copy(1, BUF(1), 2, BUF(2), 16), XM_PERM_ERROR);
    assert_int_equal(sys_memory_copy(1, BUF(1), 1, BUF(2), 16), XM_INVALID_PARAM);
    assert_int_equal(sys_memory_copy(1, BUF(2), 1, BUF(1), 16), XM_INVALID_PARAM);
    assert_int_equal(sys_memory_copy(1, FIXTURE_READONLY(1), 1, BUF(1), 16), XM_INVALID_PARAM);
    assert_int_equal(sys_memory_copy(1, FIXTURE_READONLY(1) - 8, 1, BUF(1), 16), XM_INVALID_PARAM);
    assert_int_equal(sys_memory_copy(1, BUF(1), 1, BUF(1) + 64, ~0u), XM_INVALID_PARAM);
    (void)fixture_enter(0);
    assert_int_equal(sys_memory_copy(3, BUF(1), 0, BUF(0), 16), XM_INVALID_PARAM);
    assert_int_equal(sys_memory_copy(1, XM_HYPERVISOR_START, 0, BUF(0), 16), XM_INVALID_PARAM);
}

static void hypercall_memory_copy_between_partitions(void **state)
{
    (void)state;
    fixture_start();
    (void)fixture_enter(0);
    memset(words(0), 0x3c, 64);
    memset(words(2), 0, 128);
    assert_int_equal(sys_memory_copy(2, BUF(2), 0, BUF(0), 64), 64);
    assert_memory_equal(words(0), words(2), 64);
    assert_int_equal(words(2)[16], 0);
    assert_int_equal(sys_memory_copy(2, BUF(2), 0, BUF(0), 0), 0);
    assert_int_equal(host.space, 1); /* the caller's own again */
}

static void hypercall_atomics(void **state)
{
    (void)state;
    fixture_start();
    (void)fixture_enter(1);
    words(1)[0] = 0xf0;
    assert_int_equal(sys_sparc_atomic_add(BUF(1), 0x11), XM_OK);
    assert_int_equal(words(1)[0], 0x101);
    assert_int_equal(sys_sparc_atomic_or(BUF(1), 0xe), XM_OK);
    assert_int_equal(words(1)[0], 0x10f);
    assert_int_equal(sys_sparc_atomic_and(BUF(1), 0x3), XM_OK);
    assert_int_equal(words(1)[0], 0x3);
    assert_int_equal(sys_sparc_atomic_add(BUF(1) + 2, 1), XM_INVALID_PARAM);
    assert_int_equal(sys_sparc_atomic_and(BUF(2), 0), XM_INVALID_PARAM);
    assert_int_equal(sys_sparc_atomic_or(FIXTURE_READONLY(1), 1), XM_INVALID_PARAM);
}

static void hypercall_io_ports_are_granted_by_bits(void **state)
{
    (void)state;
    fixture_start();
    (void)fixture_enter(1);
    host.io_value = 0x12345678u;
    assert_int_equal(sys_sparc_inport(0x80000600u, BUF(1)), XM_OK);
    assert_int_equal(words(1)[0], 0x12345678u);
    assert_int_equal(sys_sparc_inport(0x80000604u, BUF(1)), XM_OK);
    assert_int_equal(sys_sparc_inport(0x80000700u, BUF(1)), XM_OK);
    assert_int_equal(words(1)[0], 0x00005600u); /* only its bits */
    assert_int_equal(sys_sparc_outport(0x80000700u, 0xffffffffu), XM_OK);
    assert_int_equal(host.io_value, 0x1234ff78u); /* the others stay */
    host.io_reads = 0;
    assert_int_equal(sys_sparc_outport(0x80000604u, 7), XM_OK);
    assert_int_equal(host.io_reads, 0); /* a register of its own is only written */
    assert_int_equal(host.io_value, 7);
}

static void hypercall_io_port_refusals(void **state)
{
    static const xm_u32_t not_granted[] = { 0x80000608u, 0x800005fcu, 0x80000704u, 0x80000100u, 0u, 0xfffffffcu };

    (void)state;
    fixture_start();
    (void)fixture_enter(1);
    for (size_t i = 0; i < sizeof(not_granted) / sizeof(not_granted[0]); i++) {
        assert_int_equal(sys_sparc_inport(not_granted[i], BUF(1)), XM_PERM_ERROR);
        assert_int_equal(sys_sparc_outport(not_granted[i], 1), XM_PERM_ERROR);
    }
    assert_int_equal(sys_sparc_inport(0x80000602u, BUF(1)), XM_INVALID_PARAM);
    assert_int_equal(sys_sparc_outport(0x80000601u, 1), XM_INVALID_PARAM);
    assert_int_equal(sys_sparc_inport(0x80000600u, BUF(1) + 2), XM_INVALID_PARAM);
    assert_int_equal(sys_sparc_inport(0x80000600u, FIXTURE_READONLY(1)), XM_INVALID_PARAM);
    assert_int_equal(host.io_reads + host.io_writes, 0);
    (void)fixture_enter(0); /* the system flag grants no device */
    assert_int_equal(sys_sparc_inport(0x80000600u, BUF(0)), XM_PERM_ERROR);
}

static void hypercall_io_port_without_device_is_refused(void **state)
{
    (void)state;
    fixture_start();
    (void)fixture_enter(1);
    host.io_absent = true;
    words(1)[0] = 0x55;
    assert_int_equal(sys_sparc_inport(0x80000600u, BUF(1)), XM_OP_NOT_ALLOWED);
    assert_int_equal(words(1)[0], 0x55);
    assert_int_equal(sys_sparc_outport(0x80000600u, 1), XM_OP_NOT_ALLOWED);
    host.io_writes = 0;
    assert_int_equal(sys_sparc_outport(0x80000700u, 1), XM_OP_NOT_ALLOWED);
    assert_int_equal(host.io_writes, 0); /* what could not be read is not written back */
}

static void hypercall_trap_table_must_lie_in_own_memory(void **state)
{
    (void)state;
    fixture_start();
    (void)fixture_enter(1);
    assert_int_equal(sys_sparc_write_tbr(FIXTURE_AREA(1) + 0x1000), XM_OK);
    assert_int_equal(partitions[1].pct->arch.tbr, FIXTURE_AREA(1) + 0x1000);
    assert_int_equal(sys_sparc_write_tbr(FIXTURE_READONLY(1)), XM_OK);
    assert_int_equal(sys_sparc_write_tbr(FIXTURE_AREA(1) + 0x800), XM_INVALID_PARAM);
    assert_int_equal(sys_sparc_write_tbr(FIXTURE_READONLY(1) + FIXTURE_READONLY_BYTES), XM_INVALID_PARAM);
    assert_int_equal(sys_sparc_write_tbr(FIXTURE_AREA(2)), XM_INVALID_PARAM);
    assert_int_equal(partitions[1].pct->arch.tbr, FIXTURE_READONLY(1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hypercall_permission_of_every_call),
        cmocka_unit_test(hypercall_system_halt_and_reset),
        cmocka_unit_test(hypercall_system_status_sums_up),
        cmocka_unit_test(hypercall_kernel_info_is_complete),
        cmocka_unit_test(hypercall_read_config_is_bounded),
        cmocka_unit_test(hypercall_memory_copy_refusals),
        cmocka_unit_test(hypercall_memory_copy_between_partitions),
        cmocka_unit_test(hypercall_atomics),
        cmocka_unit_test(hypercall_io_ports_are_granted_by_bits),
        cmocka_unit_test(hypercall_io_port_refusals),
        cmocka_unit_test(hypercall_io_port_without_device_is_refused),
        cmocka_unit_test(hypercall_trap_table_must_lie_in_own_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
