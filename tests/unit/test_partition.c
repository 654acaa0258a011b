/* Partition states: every cell of state x call, resets, reload, status. */
#include <string.h>
#include "fixture.h"

#define STATUS(n) FIXTURE_SCRATCH(n)

static struct partition *target; /* P1, from the system partition */

static void start_in(enum partition_state from)
{
    fixture_start();
    target = &partitions[1];
    (void)fixture_enter(0);
    target->pct->extIrqsPend = 0;
    if (from == PARTITION_SUSPENDED) {
        assert_int_equal(sys_suspend_partition(1), XM_OK);
    } else if (from == PARTITION_HALTED) {
        assert_int_equal(sys_halt_partition(1), XM_OK);
    }
    assert_int_equal(target->state, from);
}

static void partition_every_state_and_call(void **state)
{
    enum { SUSPEND, RESUME, HALT, WARM, COLD, SHUTDOWN, CALLS };
    static const struct {
        enum partition_state from;
        xm_s32_t result[CALLS];
        enum partition_state to[CALLS];
    } row[] = {
        { PARTITION_READY,
          { XM_OK, XM_NO_ACTION, XM_OK, XM_OK, XM_OK, XM_OK },
          { PARTITION_SUSPENDED, PARTITION_READY, PARTITION_HALTED, PARTITION_READY, PARTITION_READY, PARTITION_READY } },
        { PARTITION_SUSPENDED,
          { XM_NO_ACTION, XM_OK, XM_OK, XM_OK, XM_OK, XM_OK },
          { PARTITION_SUSPENDED, PARTITION_READY, PARTITION_HALTED, PARTITION_READY, PARTITION_READY, PARTITION_SUSPENDED } },
        { PARTITION_HALTED,
          { XM_NO_ACTION, XM_NO_ACTION, XM_NO_ACTION, XM_OK, XM_OK, XM_NO_ACTION },
          { PARTITION_HALTED, PARTITION_HALTED, PARTITION_HALTED, PARTITION_READY, PARTITION_READY, PARTITION_HALTED } },
    };

    (void)state;
    for (size_t r = 0; r < sizeof(row) / sizeof(row[0]); r++) {
        for (int call = 0; call < CALLS; call++) {
            xm_s32_t result = XM_UNKNOWN_HYPERCALL;
            bool shutdown_pending;

            start_in(row[r].from);
            switch (call) {
            case SUSPEND:
                result = sys_suspend_partition(1);
                break;
            case RESUME:
                result = sys_resume_partition(1);
                break;
            case HALT:
                result = sys_halt_partition(1);
                break;
            case WARM:
                result = sys_reset_partition(1, XM_WARM_RESET, 0);
                break;
            case COLD:
                result = sys_reset_partition(1, XM_COLD_RESET, 0);
                break;
            case SHUTDOWN:
                result = sys_shutdown_partition(1);
                break;
            default:
                break;
            }
            if (result != row[r].result[call] || target->state != row[r].to[call]) {
                fail_msg("state %d, call %d: result %d, state %d", (int)row[r].from, call, result, (int)target->state);
            }
            shutdown_pending = (target->pct->extIrqsPend & 1u << XM_VT_EXT_SHUTDOWN) != 0;
            assert_int_equal(shutdown_pending, call == SHUTDOWN && row[r].from != PARTITION_HALTED);
        }
    }
}

static void partition_state_is_shown_in_its_table(void **state)
{
    (void)state;
    start_in(PARTITION_READY);
    assert_int_equal(target->pct->flags & 0x1c, XM_PCT_FLAG_READY);
    (void)sys_suspend_partition(1);
    assert_int_equal(target->pct->flags & 0x1c, XM_PCT_FLAG_SUSPENDED);
    (void)sys_halt_partition(1);
    assert_int_equal(target->pct->flags & 0x1c, XM_PCT_FLAG_HALTED);
    assert_true((partitions[0].pct->flags & XM_PART_SYSTEM) != 0);
    assert_int_equal(partitions[0].pct->flags >> XM_PCT_PARTITIONS_SHIFT, FIXTURE_PARTITIONS);
    assert_int_equal(target->pct->flags >> XM_PCT_PARTITIONS_SHIFT, 0);
}

static void partition_calls_refuse_unknown_ids_and_modes(void **state)
{
    (void)state;
    start_in(PARTITION_READY);
    assert_int_equal(sys_suspend_partition(3), XM_INVALID_PARAM);
    assert_int_equal(sys_resume_partition(3), XM_INVALID_PARAM);
    assert_int_equal(sys_halt_partition(~0u), XM_INVALID_PARAM);
    assert_int_equal(sys_shutdown_partition(XM_HYPERVISOR_ID), XM_INVALID_PARAM);
    assert_int_equal(sys_reset_partition(3, XM_WARM_RESET, 0), XM_INVALID_PARAM);
    assert_int_equal(sys_get_partition_status(3, STATUS(0)), XM_INVALID_PARAM);
    assert_int_equal(sys_reset_partition(1, 2, 0), XM_INVALID_PARAM);
    assert_int_equal(sys_reset_partition(1, 0x10001, 0), XM_INVALID_PARAM); /* the whole value counts */
    assert_int_equal(target->context.init_count, 1);
    target->image.present = false;
    assert_int_equal(sys_reset_partition(1, XM_WARM_RESET, 0), XM_INVALID_CONFIG);
    assert_int_equal(target->state, PARTITION_READY);
}

static void partition_warm_reset_starts_a_new_life(void **state)
{
    (void)state;
    start_in(PARTITION_READY);
    target->pct->extIrqsPend = 0xff;
    target->pct->extIrqsMask = 0;
    target->pct->iFlags = 0;
    target->pct->arch.tbr = 0x40200000u;
    target->timer[XM_HW_CLOCK].expiry_us = 5;
    target->trap_vector = 9;
    target->idle = true;
    memset(arch_guest_pointer(FIXTURE_SCRATCH(1)), 0x5a, 16);
    assert_int_equal(sys_reset_partition(1, XM_WARM_RESET, 77), XM_OK);
    assert_int_equal(target->pct->resetCounter, 1);
    assert_int_equal(target->pct->resetStatus, 77);
    assert_int_equal(target->pct->extIrqsPend, 0);
    assert_int_equal(target->pct->extIrqsMask, ~0u);
    assert_int_equal(target->pct->arch.tbr, 0);
    assert_int_equal(target->timer[XM_HW_CLOCK].expiry_us, 0);
    assert_int_equal(target->trap_vector, -1);
    assert_false(target->idle);
    assert_int_equal(target->context.entry, FIXTURE_AREA(1) + 0x100);
    assert_int_equal(target->context.pct, arch_kernel_address(target->pct));
    assert_int_equal(target->context.init_count, 2);
    assert_int_equal(*(xm_u8_t *)arch_guest_pointer(FIXTURE_SCRATCH(1)), 0x5a); /* memory stays */
    (void)sys_reset_partition(1, XM_WARM_RESET, 78);
    assert_int_equal(target->pct->resetCounter, 2);
    (void)sys_reset_partition(1, XM_COLD_RESET, 0);
    assert_int_equal(target->pct->resetCounter, 0);
}

static void partition_self_reset_discards_registers(void **state)
{
    (void)state;
    start_in(PARTITION_READY);
    (void)sys_reset_partition(1, XM_WARM_RESET, 0);
    assert_int_equal(host.discards, 0);
    (void)fixture_enter(1);
    (void)sys_reset_partition(1, XM_WARM_RESET, 0);
    assert_int_equal(host.discards, 1);
}

static void load_all(void)
{
    for (int step = 0; step < 1000 && target->load.active; step++) {
        partition_load_step(target);
    }
    assert_false(target->load.active);
}

static void partition_cold_reset_restores_the_image(void **state)
{
    xm_u8_t *image = arch_guest_pointer(FIXTURE_AREA(1));
    xm_u8_t expected[FIXTURE_IMAGE_BYTES];

    (void)state;
    start_in(PARTITION_READY);
    memcpy(expected, image, sizeof(expected));
    memset(image, 0xdd, FIXTURE_IMAGE_BYTES + 4096);
    image[FIXTURE_IMAGE_BYTES + 4096] = 0xdd;
    assert_int_equal(sys_reset_partition(1, XM_COLD_RESET, 5), XM_OK);
    assert_false(partition_runnable(target)); /* not before it is loaded */
    assert_int_equal(target->pct->resetStatus, 5);
    load_all();
    assert_true(partition_runnable(target));
    assert_memory_equal(image, expected, sizeof(expected));
    assert_int_equal(image[FIXTURE_IMAGE_BYTES], 0);
    assert_int_equal(image[FIXTURE_IMAGE_BYTES + 4095], 0);
    assert_int_equal(image[FIXTURE_IMAGE_BYTES + 4096], 0xdd); /* not of the segment */
}

static void partition_cold_reset_loads_in_its_own_slots(void **state)
{
    (void)state;
    start_in(PARTITION_READY);
    (void)sys_reset_partition(1, XM_COLD_RESET, 0);
    core_leave();
    (void)core_idle_step(); /* P0's slot: not its time */
    assert_int_equal(target->load.offset, 0);
    fixture_pass_us(200);
    assert_null(partition_current());
    while (target->load.active) {
        assert_true(core_idle_step());
    }
    assert_int_equal(host.idle_yields, 1);
    core_leave();
    assert_ptr_equal(partition_current(), target);
}

static void partition_damaged_image_raises_its_event(void **state)
{
    xm_u8_t *stored = arch_physical_pointer(FIXTURE_CONTAINER + 1024 + FIXTURE_IMAGE_BYTES);

    (void)state;
    start_in(PARTITION_READY);
    stored[300] ^= 1;
    (void)sys_reset_partition(1, XM_COLD_RESET, 0);
    load_all();
    assert_int_equal(target->state, PARTITION_HALTED);
    assert_int_equal(hm_count(), 1);
}

static void partition_incompatible_image_raises_its_event(void **state)
{
    struct xm_image_segment *segment = arch_physical_pointer(FIXTURE_CONTAINER + 512);
    xm_u8_t *stored = arch_physical_pointer(FIXTURE_CONTAINER + 1024 + FIXTURE_IMAGE_BYTES);

    (void)state;
    start_in(PARTITION_READY);
    ((struct xmImageHdr *)(void *)stored)->compilationXmApiVersion++;
    segment[1].crc32c = crc32c(stored, FIXTURE_IMAGE_BYTES);
    (void)sys_reset_partition(1, XM_COLD_RESET, 0);
    load_all();
    assert_int_equal(target->state, PARTITION_HALTED);
    assert_int_equal(hm_count(), 1);
}

/* A warm reset starts what the last life left: also when the caller is another one, in whose space the header is not mapped. */
static void partition_incompatible_memory_is_not_started_warm(void **state)
{
    struct xmImageHdr *header = arch_physical_pointer(FIXTURE_AREA(1));

    (void)state;
    start_in(PARTITION_READY);
    header->eSignature = 0;
    assert_int_equal(sys_reset_partition(1, XM_WARM_RESET, 0), XM_OK);
    assert_int_equal(target->state, PARTITION_HALTED);
    assert_int_equal(hm_count(), 1);
    assert_int_equal(sys_reset_partition(1, XM_WARM_RESET, 0), XM_INVALID_CONFIG);
    assert_int_equal(sys_reset_partition(1, XM_COLD_RESET, 0), XM_OK);
    load_all();
    assert_int_equal(target->state, PARTITION_READY);
    header->eSignature = 0;
    (void)fixture_enter(1);
    assert_int_equal(sys_reset_partition(1, XM_WARM_RESET, 0), XM_OK);
    assert_int_equal(target->state, PARTITION_HALTED);
    assert_int_equal(hm_count(), 2);
}

static void partition_halt_during_a_reload_ends_it(void **state)
{
    (void)state;
    start_in(PARTITION_READY);
    (void)sys_reset_partition(1, XM_COLD_RESET, 0);
    partition_load_step(target);
    (void)sys_halt_partition(1);
    assert_false(target->load.active);
    assert_int_equal(sys_reset_partition(1, XM_COLD_RESET, 0), XM_OK);
    load_all();
    assert_true(partition_runnable(target));
}

static void partition_cold_reset_reloads_custom_files_too(void **state)
{
    struct xm_image *image;
    struct xm_image_file *file;
    struct xm_image_segment *segment;
    xm_u8_t *stored;

    (void)state;
    (void)fixture_new();
    image = arch_physical_pointer(FIXTURE_CONTAINER);
    file = arch_physical_pointer(FIXTURE_CONTAINER + 256);
    segment = arch_physical_pointer(FIXTURE_CONTAINER + 512);
    stored = arch_physical_pointer(FIXTURE_CONTAINER + 4096);
    memset(stored, 0x77, 64);
    /* P2's image is last, so a custom file of P2 follows it */
    file[3] = (struct xm_image_file){ .kind = XM_IMAGE_CUSTOM, .partition = 2, .segment_first = 3, .segment_count = 1 };
    segment[3] = (struct xm_image_segment){ .address = FIXTURE_SCRATCH(2), .file_bytes = 64, .memory_bytes = 64,
                                            .offset = 4096, .crc32c = crc32c(stored, 64) };
    image->file_count = 4;
    image->segment_count = 4;
    fixture_boot();
    target = &partitions[2];
    (void)fixture_enter(0);
    (void)sys_reset_partition(2, XM_COLD_RESET, 0);
    load_all();
    assert_int_equal(*(xm_u8_t *)arch_guest_pointer(FIXTURE_SCRATCH(2) + 63), 0x77);
    assert_true(partition_runnable(target));
}

static void partition_half_loaded_cannot_be_started_warm(void **state)
{
    (void)state;
    start_in(PARTITION_READY);
    (void)sys_reset_partition(1, XM_COLD_RESET, 0);
    partition_load_step(target);
    assert_int_equal(sys_reset_partition(1, XM_WARM_RESET, 0), XM_INVALID_CONFIG);
    assert_true(target->load.active); /* the refusal changed nothing */
    (void)sys_halt_partition(1);
    assert_int_equal(sys_reset_partition(1, XM_WARM_RESET, 0), XM_INVALID_CONFIG);
    assert_int_equal(target->state, PARTITION_HALTED);
    (void)sys_reset_partition(1, XM_COLD_RESET, 0);
    load_all();
    assert_int_equal(sys_reset_partition(1, XM_WARM_RESET, 0), XM_OK);
}

static void partition_bad_image_is_not_loaded_for_ever(void **state)
{
    struct fixture *f = fixture_new();
    xm_u8_t *stored = arch_physical_pointer(FIXTURE_CONTAINER + 1024 + FIXTURE_IMAGE_BYTES);

    (void)state;
    fixture_hm_row(f, 1, XM_HM_EV_PARTITION_INTEGRITY, XM_HM_AC_PARTITION_COLD_RESET, true);
    fixture_boot();
    target = &partitions[1];
    (void)fixture_enter(0);
    stored[300] ^= 1;
    (void)sys_reset_partition(1, XM_COLD_RESET, 0);
    load_all();
    assert_int_equal(target->state, PARTITION_HALTED);
    assert_int_equal(hm_count(), 1);
    assert_int_equal(sys_reset_partition(1, XM_WARM_RESET, 0), XM_INVALID_CONFIG);
}

static void partition_suspended_keeps_interrupts_pending(void **state)
{
    (void)state;
    start_in(PARTITION_SUSPENDED);
    virq_raise_ext(target, XM_VT_EXT_QUEUING_PORT);
    assert_true((target->pct->extIrqsPend & 1u << XM_VT_EXT_QUEUING_PORT) != 0);
    (void)sys_resume_partition(1);
    assert_true((target->pct->extIrqsPend & 1u << XM_VT_EXT_QUEUING_PORT) != 0);
}

static void partition_halted_drops_interrupts(void **state)
{
    (void)state;
    start_in(PARTITION_READY);
    virq_raise_hw(target, 5);
    (void)sys_halt_partition(1);
    assert_int_equal(target->pct->hwIrqsPend, 0);
    virq_raise_ext(target, XM_VT_EXT_QUEUING_PORT);
    virq_raise_hw(target, 5);
    assert_int_equal(target->pct->extIrqsPend | target->pct->hwIrqsPend, 0);
}

static void partition_status_is_complete(void **state)
{
    xmPartitionStatus_t *status = arch_guest_pointer(STATUS(0));

    (void)state;
    start_in(PARTITION_READY);
    fixture_pass_us(1000);
    (void)fixture_enter(0);
    target->sampling_read = 1;
    target->sampling_written = 2;
    target->queuing_sent = 3;
    target->queuing_received = 4;
    (void)sys_suspend_partition(1);
    assert_int_equal(sys_get_partition_status(1, STATUS(0)), XM_OK);
    assert_int_equal(status->state, XM_STATUS_SUSPENDED);
    assert_int_equal(status->opMode, XM_OPMODE_COLD_RESET);
    assert_int_equal(status->noSamplingPortMsgsRead, 1);
    assert_int_equal(status->noSamplingPortMsgsWritten, 2);
    assert_int_equal(status->noQueuingPortMsgsSent, 3);
    assert_int_equal(status->noQueuingPortMsgsReceived, 4);
    assert_int_equal(status->noVIrqs, target->virq_count);
    assert_int_equal(sys_get_partition_status(1, STATUS(0) + 4), XM_INVALID_PARAM);
    assert_int_equal(sys_get_partition_status(1, STATUS(1)), XM_INVALID_PARAM);
}

static void partition_opmode_is_informational(void **state)
{
    (void)state;
    start_in(PARTITION_READY);
    (void)fixture_enter(1);
    assert_int_equal(sys_set_partition_opmode(-1), XM_INVALID_PARAM);
    assert_int_equal(sys_set_partition_opmode(4), XM_INVALID_PARAM);
    assert_int_equal(sys_set_partition_opmode(XM_OPMODE_NORMAL), XM_OK);
    assert_int_equal(target->op_mode, XM_OPMODE_NORMAL);
    assert_int_equal(target->state, PARTITION_READY);
}

static void partition_gid_by_name(void **state)
{
    (void)state;
    start_in(PARTITION_READY);
    assert_int_equal(sys_get_gid_by_name(fixture_name(0, "P2"), XM_PARTITION_NAME), 2);
    assert_int_equal(sys_get_gid_by_name(fixture_name(0, "maintenance"), XM_PLAN_NAME), 1);
    assert_int_equal(sys_get_gid_by_name(fixture_name(0, "P2"), XM_PLAN_NAME), XM_INVALID_CONFIG);
    assert_int_equal(sys_get_gid_by_name(fixture_name(0, "P"), XM_PARTITION_NAME), XM_INVALID_CONFIG);
    assert_int_equal(sys_get_gid_by_name(fixture_name(0, ""), XM_PLAN_NAME), XM_INVALID_CONFIG); /* plan 2 has none */
    assert_int_equal(sys_get_gid_by_name(fixture_name(0, "P2"), 2), XM_INVALID_PARAM);
    assert_int_equal(sys_get_gid_by_name(0, XM_PARTITION_NAME), XM_INVALID_PARAM);
}

static void partition_table_is_complete(void **state)
{
    const partitionControlTable_t *pct;
    const struct xmPhysicalMemMap *map;

    (void)state;
    start_in(PARTITION_READY);
    pct = target->pct;
    map = (const struct xmPhysicalMemMap *)(const void *)(pct + 1);
    assert_int_equal(pct->magic, KTHREAD_MAGIC);
    assert_int_equal(PCT_GET_PARTITION_ID(pct), 1);
    assert_int_equal(PCT_GET_VCPU_ID(pct), 0);
    assert_string_equal((const char *)pct->name, "P1");
    assert_int_equal(pct->cpuKhz, 40000);
    assert_int_equal(pct->hwIrqs, 1u << 5);
    assert_int_equal(pct->noCommPorts, 3);
    assert_int_equal(pct->noPhysicalMemAreas, 3);
    assert_int_equal(map[1].startAddr, FIXTURE_READONLY(1));
    assert_int_equal(map[1].size, FIXTURE_READONLY_BYTES);
    assert_int_equal(map[1].flags, XM_MEM_AREA_READONLY);
    assert_ptr_equal(target->port_bitmap, map + 3);
    assert_int_equal(pct->partCtrlTabSize, sizeof(*pct) + 3 * sizeof(*map) + 4);
    assert_true((pct->flags & XM_PCT_FLAG_FP) != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(partition_every_state_and_call),
        cmocka_unit_test(partition_state_is_shown_in_its_table),
        cmocka_unit_test(partition_calls_refuse_unknown_ids_and_modes),
        cmocka_unit_test(partition_warm_reset_starts_a_new_life),
        cmocka_unit_test(partition_self_reset_discards_registers),
        cmocka_unit_test(partition_cold_reset_restores_the_image),
        cmocka_unit_test(partition_cold_reset_loads_in_its_own_slots),
        cmocka_unit_test(partition_damaged_image_raises_its_event),
        cmocka_unit_test(partition_incompatible_image_raises_its_event),
        cmocka_unit_test(partition_incompatible_memory_is_not_started_warm),
        cmocka_unit_test(partition_halt_during_a_reload_ends_it),
        cmocka_unit_test(partition_cold_reset_reloads_custom_files_too),
        cmocka_unit_test(partition_half_loaded_cannot_be_started_warm),
        cmocka_unit_test(partition_bad_image_is_not_loaded_for_ever),
        cmocka_unit_test(partition_suspended_keeps_interrupts_pending),
        cmocka_unit_test(partition_halted_drops_interrupts),
        cmocka_unit_test(partition_status_is_complete),
        cmocka_unit_test(partition_opmode_is_informational),
        cmocka_unit_test(partition_gid_by_name),
        cmocka_unit_test(partition_table_is_complete),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
