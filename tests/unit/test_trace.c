/* Trace streams and their services. */
#include <string.h>
#include "fixture.h"

#define EVENT FIXTURE_SCRATCH(1)

static xmTraceEvent_t *event_of(xm_u32_t n)
{
    return arch_guest_pointer(FIXTURE_SCRATCH(n));
}

static void prepare(xm_u32_t criticality, xm_u32_t code)
{
    xmTraceEvent_t *e = event_of(1);

    memset(e, 0, sizeof(*e));
    e->opCodeH = criticality << TRACE_OPCODE_CRIT_BIT | 1u;
    e->opCodeL = code << TRACE_OPCODE_CODE_BIT | 0x2299u;
    e->payload[0] = 100;
    e->payload[3] = 103;
}

static void start(void)
{
    fixture_start();
    (void)fixture_enter(1);
}

static void trace_event_completes_the_callers_buffer(void **state)
{
    xmTraceEvent_t *e = event_of(1);
    xm_u16_t checksum;

    (void)state;
    start();
    fixture_pass_us(250);
    (void)fixture_enter(1);
    prepare(XM_TRACE_WARNING, 0x1234);
    assert_int_equal(sys_trace_event(1, EVENT), XM_OK);
    assert_int_equal(e->signature, XMTRACE_SIGNATURE);
    assert_int_equal(e->opCodeH, 1u << TRACE_OPCODE_SEQ_BIT | XM_TRACE_WARNING << TRACE_OPCODE_CRIT_BIT | 1u);
    assert_int_equal(e->opCodeL, 0x1234u << TRACE_OPCODE_CODE_BIT | 1u);
    assert_int_equal(e->timestamp, 250);
    assert_int_equal(e->payload[0], 100);
    assert_int_equal(e->payload[3], 103);
    checksum = e->checksum;
    e->checksum = 0;
    assert_int_equal(checksum, fixture_checksum(e, sizeof(*e)));
}

static void trace_event_is_filtered_by_the_configured_mask(void **state)
{
    xmTraceEvent_t before;

    (void)state;
    start();
    prepare(XM_TRACE_NOTIFY, 1);
    before = *event_of(1);
    assert_int_equal(sys_trace_event(4, EVENT), XM_INVALID_CONFIG);
    assert_int_equal(sys_trace_event(0, EVENT), XM_INVALID_CONFIG);
    assert_memory_equal(&before, event_of(1), sizeof(before));
    assert_int_equal(sys_trace_event(2, EVENT), XM_OK);
    assert_int_equal(sys_trace_event(TRACE_BM_ALWAYS, EVENT), XM_OK);
}

static void trace_event_without_device_is_not_stored(void **state)
{
    struct fixture *f = fixture_new();

    (void)state;
    f->partition[1].trace_stream = XM_CONFIG_NONE;
    fixture_boot();
    (void)fixture_enter(1);
    prepare(XM_TRACE_NOTIFY, 1);
    assert_int_equal(sys_trace_event(1, EVENT), XM_INVALID_CONFIG);
    assert_int_equal(sys_trace_read(sys_trace_open(1), EVENT), 0);
}

static void trace_event_refuses_bad_pointers(void **state)
{
    (void)state;
    start();
    assert_int_equal(sys_trace_event(1, EVENT + 2), XM_INVALID_PARAM);
    assert_int_equal(sys_trace_event(1, 0), XM_INVALID_PARAM);
    assert_int_equal(sys_trace_event(1, FIXTURE_SCRATCH(2)), XM_INVALID_PARAM);
    assert_int_equal(sys_trace_event(1, FIXTURE_READONLY(1)), XM_INVALID_PARAM);
    assert_int_equal(sys_trace_event(1, FIXTURE_READONLY(1) - 8), XM_INVALID_PARAM);
}

static void trace_unrecoverable_raises_an_event_even_when_filtered(void **state)
{
    struct fixture *f = fixture_new();

    (void)state;
    fixture_hm_row(f, 1, XM_HM_EV_PARTITION_ERROR, XM_HM_AC_SUSPEND, true);
    fixture_boot();
    (void)fixture_enter(1);
    prepare(XM_TRACE_WARNING, 7);
    (void)sys_trace_event(1, EVENT);
    assert_int_equal(partitions[1].state, PARTITION_READY);
    prepare(XM_TRACE_UNRECOVERABLE, 7);
    assert_int_equal(sys_trace_event(0, EVENT), XM_INVALID_CONFIG);
    assert_int_equal(partitions[1].state, PARTITION_SUSPENDED);
    assert_int_equal(hm_count(), 1);
    assert_int_equal(sys_trace_event(1, EVENT), XM_OK);
    assert_int_equal(hm_count(), 2);
}

static void trace_read_gives_back_what_was_traced(void **state)
{
    xm_s32_t stream;

    (void)state;
    start();
    for (xm_u32_t code = 1; code <= 6; code++) {
        prepare(XM_TRACE_DEBUG, code);
        assert_int_equal(sys_trace_event(1, EVENT), XM_OK);
    }
    stream = sys_trace_open(1);
    assert_true(stream > 0);
    for (xm_u32_t code = 3; code <= 6; code++) { /* four records fit */
        assert_int_equal(sys_trace_read(stream, EVENT), 1);
        assert_int_equal(event_of(1)->opCodeL >> TRACE_OPCODE_CODE_BIT, code);
        assert_int_equal(event_of(1)->opCodeH >> TRACE_OPCODE_SEQ_BIT, code);
    }
    assert_int_equal(sys_trace_read(stream, EVENT), 0);
    assert_int_equal(sys_trace_seek(stream, 0, XM_OBJ_SEEK_SET), XM_OK);
    assert_int_equal(sys_trace_status(stream, EVENT), XM_OK);
    assert_int_equal(((xmTraceStatus_t *)(void *)event_of(1))->noEvents, 4);
    assert_int_equal(((xmTraceStatus_t *)(void *)event_of(1))->maxEvents, FIXTURE_TRACE_RECORDS);
    assert_int_equal(sys_trace_read(stream, EVENT + 1), XM_INVALID_PARAM);
    assert_int_equal(sys_trace_read(stream, FIXTURE_READONLY(1)), XM_INVALID_PARAM);
    assert_int_equal(sys_trace_status(stream, FIXTURE_READONLY(1)), XM_INVALID_PARAM);
    assert_int_equal(sys_trace_seek(stream, 5, XM_OBJ_SEEK_SET), XM_INVALID_PARAM);
    assert_int_equal(sys_trace_read(stream, EVENT), 1);
    assert_int_equal(event_of(1)->opCodeH >> TRACE_OPCODE_SEQ_BIT, 3);
}

static void trace_descriptor_is_checked_bit_by_bit(void **state)
{
    xm_s32_t stream;

    (void)state;
    start();
    stream = sys_trace_open(1);
    for (xm_u32_t bit = 0; bit < 32; bit++) {
        xm_s32_t wrong = stream ^ (xm_s32_t)(1u << bit);
        xm_s32_t result = sys_trace_read(wrong, EVENT);

        assert_true(result == XM_INVALID_PARAM || result == XM_PERM_ERROR);
        assert_int_equal(sys_trace_seek(wrong, 0, XM_OBJ_SEEK_SET), result);
        assert_int_equal(sys_trace_status(wrong, EVENT), result);
    }
    assert_int_equal(sys_trace_read(0, EVENT), XM_INVALID_PARAM);
    assert_int_equal(sys_trace_read(-1, EVENT), XM_INVALID_PARAM);
}

static void trace_other_streams_need_the_system_flag(void **state)
{
    xm_s32_t own, other, hypervisor;

    (void)state;
    start();
    own = sys_trace_open(1);
    other = sys_trace_open(2);
    hypervisor = sys_trace_open(XM_HYPERVISOR_ID);
    assert_true(other > 0 && hypervisor > 0);
    assert_int_equal(sys_trace_open(3), XM_INVALID_PARAM);
    assert_int_equal(sys_trace_open(254), XM_INVALID_PARAM);
    assert_int_equal(sys_trace_open(0x1ff), XM_INVALID_PARAM);
    assert_int_equal(sys_trace_read(own, EVENT), 0);
    assert_int_equal(sys_trace_read(other, EVENT), XM_PERM_ERROR);
    assert_int_equal(sys_trace_read(hypervisor, EVENT), XM_PERM_ERROR);
    (void)fixture_enter(0);
    assert_int_equal(sys_trace_read(own, FIXTURE_SCRATCH(0)), 0);
    assert_int_equal(sys_trace_read(hypervisor, FIXTURE_SCRATCH(0)), 0);
}

static void trace_kernel_stream_obeys_its_mask(void **state)
{
    struct fixture *f = fixture_new();
    const struct xm_batch *batch = arch_guest_pointer(FIXTURE_SCRATCH(0));
    const struct xm_trace_record *r = (const struct xm_trace_record *)(const void *)(batch + 1);
    xm_u64_t next;

    (void)state;
    f->head.trace_mask = TRACE_BM_VMM_MODULE;
    fixture_boot();
    (void)fixture_enter(0);
    (void)sys_trace_fetch(XM_HYPERVISOR_ID, 0, FIXTURE_SCRATCH(0), 1024);
    next = batch->next;
    trace_kernel(TRACE_IRQ_MODULE, 1, 2, 3, 4);
    trace_kernel(TRACE_VMM_MODULE, 3, 5, 6, 7);
    assert_int_equal(sys_trace_fetch(XM_HYPERVISOR_ID, next, FIXTURE_SCRATCH(0), 1024), 1);
    assert_int_equal(r->opcode_l, (TRACE_VMM_MODULE << 8 | 3u) << TRACE_OPCODE_CODE_BIT | XM_HYPERVISOR_ID);
    assert_int_equal(r->opcode_h & 1u, 1);
    assert_int_equal(r->payload[0], 5);
    assert_int_equal(r->payload[2], 7);
    assert_int_equal(r->boot_id, kernel_boot_id);
    assert_int_equal(sys_trace_fetch(3, 0, FIXTURE_SCRATCH(0), 1024), XM_INVALID_PARAM);
}

static void trace_numbers_go_on_over_resets(void **state)
{
    const struct xm_batch *batch = arch_guest_pointer(FIXTURE_SCRATCH(0));

    (void)state;
    start();
    for (xm_u32_t life = 0; life < 3; life++) {
        (void)fixture_enter(1);
        prepare(XM_TRACE_NOTIFY, life);
        assert_int_equal(sys_trace_event(1, EVENT), XM_OK);
        assert_int_equal(event_of(1)->opCodeH >> TRACE_OPCODE_SEQ_BIT, life + 1);
        fixture_reboot();
    }
    (void)fixture_enter(0);
    assert_int_equal(sys_trace_fetch(1, 0, FIXTURE_SCRATCH(0), 1024), 3);
    assert_int_equal(batch->next, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trace_event_completes_the_callers_buffer),
        cmocka_unit_test(trace_event_is_filtered_by_the_configured_mask),
        cmocka_unit_test(trace_event_without_device_is_not_stored),
        cmocka_unit_test(trace_event_refuses_bad_pointers),
        cmocka_unit_test(trace_unrecoverable_raises_an_event_even_when_filtered),
        cmocka_unit_test(trace_read_gives_back_what_was_traced),
        cmocka_unit_test(trace_descriptor_is_checked_bit_by_bit),
        cmocka_unit_test(trace_other_streams_need_the_system_flag),
        cmocka_unit_test(trace_kernel_stream_obeys_its_mask),
        cmocka_unit_test(trace_numbers_go_on_over_resets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
