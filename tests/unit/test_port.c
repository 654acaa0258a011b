/* Sampling and queuing ports: every refusal, delivery, validity, notification. */
#include <string.h>
#include "fixture.h"

#define BUF(n) FIXTURE_SCRATCH(n)
#define FLAGS(n) (FIXTURE_SCRATCH(n) + 0x1000u)

static xm_u8_t *buffer(xm_u32_t n)
{
    return arch_guest_pointer(BUF(n));
}

static xm_u32_t *flags(xm_u32_t n)
{
    return arch_guest_pointer(FLAGS(n));
}

static xm_s32_t create_sampling(xm_u32_t n, const char *name, xm_u32_t size, xm_u32_t direction, xmTime_t period)
{
    (void)fixture_enter(n);
    return sys_create_sampling_port(fixture_name(n, name), size, direction, period);
}

static xm_s32_t create_queuing(xm_u32_t n, const char *name, xm_u32_t count, xm_u32_t size, xm_u32_t direction)
{
    (void)fixture_enter(n);
    return sys_create_queuing_port(fixture_name(n, name), count, size, direction);
}

static void open_all(void)
{
    fixture_start();
    assert_int_equal(create_sampling(0, "sOut", 64, XM_SOURCE_PORT, 1000), P0_SAMPLING_OUT);
    assert_int_equal(create_queuing(0, "qIn", 3, 32, XM_DESTINATION_PORT), P0_QUEUING_IN);
    assert_int_equal(create_sampling(1, "sIn", 64, XM_DESTINATION_PORT, 1000), P1_SAMPLING_IN);
    assert_int_equal(create_queuing(1, "qOut", 3, 32, XM_SOURCE_PORT), P1_QUEUING_OUT);
    assert_int_equal(create_sampling(1, "zIn", 16, XM_DESTINATION_PORT, 0), P1_ZERO_IN);
    assert_int_equal(create_sampling(2, "sIn", 64, XM_DESTINATION_PORT, 1000), P2_SAMPLING_IN);
    assert_int_equal(create_sampling(2, "zOut", 16, XM_SOURCE_PORT, 0), P2_ZERO_OUT);
}

static xm_s32_t write_text(const char *text)
{
    (void)fixture_enter(0);
    strcpy((char *)buffer(0), text);
    return sys_write_sampling_message(P0_SAMPLING_OUT, BUF(0), (xm_u32_t)strlen(text) + 1);
}

static xm_s32_t read_by(xm_u32_t n, xm_u32_t size)
{
    (void)fixture_enter(n);
    memset(buffer(n), 0xee, 128);
    *flags(n) = 77;
    return sys_read_sampling_message(n == 1 ? P1_SAMPLING_IN : P2_SAMPLING_IN, BUF(n), size, FLAGS(n));
}

static xm_s32_t send(xm_u8_t value, xm_u32_t size)
{
    (void)fixture_enter(1);
    memset(buffer(1), value, size);
    return sys_send_queuing_message(P1_QUEUING_OUT, BUF(1), size);
}

static xm_s32_t take(xm_u32_t size)
{
    (void)fixture_enter(0);
    memset(buffer(0), 0xee, 64);
    return sys_receive_queuing_message(P0_QUEUING_IN, BUF(0), size);
}

static bool pending(xm_u32_t n, xm_u32_t interrupt)
{
    return (partitions[n].pct->extIrqsPend & 1u << interrupt) != 0;
}

static void drop_pending(void)
{
    for (xm_u32_t n = 0; n < FIXTURE_PARTITIONS; n++) {
        partitions[n].pct->extIrqsPend = 0;
    }
}

static bool marked(xm_u32_t n, xm_u32_t port)
{
    return (partitions[n].port_bitmap[0] & 1u << port) != 0;
}

static void port_sampling_creation_is_checked(void **state)
{
    (void)state;
    fixture_start();
    assert_int_equal(create_sampling(0, "nowhere", 64, XM_SOURCE_PORT, 1000), XM_INVALID_PARAM);
    assert_int_equal(create_sampling(0, "sIn", 64, XM_DESTINATION_PORT, 1000), XM_INVALID_PARAM); /* P1's */
    assert_int_equal(create_sampling(0, "sOu", 64, XM_SOURCE_PORT, 1000), XM_INVALID_PARAM);
    assert_int_equal(create_sampling(0, "sOutX", 64, XM_SOURCE_PORT, 1000), XM_INVALID_PARAM);
    assert_int_equal(create_sampling(0, "", 64, XM_SOURCE_PORT, 1000), XM_INVALID_PARAM);
    assert_int_equal(create_sampling(0, "sOut", 64, 0, 1000), XM_INVALID_PARAM);
    assert_int_equal(create_sampling(0, "sOut", 64, 3, 1000), XM_INVALID_PARAM);
    assert_int_equal(create_sampling(0, "sOut", 64, XM_DESTINATION_PORT, 1000), XM_INVALID_CONFIG);
    assert_int_equal(create_sampling(0, "sOut", 63, XM_SOURCE_PORT, 1000), XM_INVALID_CONFIG);
    assert_int_equal(create_sampling(0, "sOut", 64, XM_SOURCE_PORT, 999), XM_INVALID_CONFIG);
    assert_int_equal(create_sampling(0, "sOut", 64, XM_SOURCE_PORT, -1), XM_INVALID_CONFIG);
    assert_int_equal(create_sampling(0, "qIn", 32, XM_DESTINATION_PORT, 0), XM_INVALID_CONFIG);
    assert_int_equal(sys_create_sampling_port(0, 64, XM_SOURCE_PORT, 1000), XM_INVALID_PARAM);
    assert_int_equal(create_sampling(0, "sOut", 64, XM_SOURCE_PORT, 1000), P0_SAMPLING_OUT);
    assert_int_equal(create_sampling(0, "sOut", 64, XM_SOURCE_PORT, 1000), XM_NO_ACTION);
}

static void port_queuing_creation_is_checked(void **state)
{
    (void)state;
    fixture_start();
    assert_int_equal(create_queuing(1, "qIn", 3, 32, XM_DESTINATION_PORT), XM_INVALID_PARAM); /* P0's */
    assert_int_equal(create_queuing(1, "qOut", 3, 32, 4), XM_INVALID_PARAM);
    assert_int_equal(create_queuing(1, "qOut", 3, 32, XM_DESTINATION_PORT), XM_INVALID_CONFIG);
    assert_int_equal(create_queuing(1, "qOut", 2, 32, XM_SOURCE_PORT), XM_INVALID_CONFIG);
    assert_int_equal(create_queuing(1, "qOut", 3, 31, XM_SOURCE_PORT), XM_INVALID_CONFIG);
    assert_int_equal(create_queuing(1, "sIn", 1, 64, XM_DESTINATION_PORT), XM_INVALID_CONFIG);
    assert_int_equal(create_queuing(1, "qOut", 3, 32, XM_SOURCE_PORT), P1_QUEUING_OUT);
    assert_int_equal(create_queuing(1, "qOut", 3, 32, XM_SOURCE_PORT), XM_NO_ACTION);
}

static void port_name_must_end_inside_memory(void **state)
{
    xmAddress_t end = FIXTURE_READONLY(0) + FIXTURE_READONLY_BYTES;

    (void)state;
    fixture_start();
    (void)fixture_enter(0);
    memcpy(arch_guest_pointer(end - 5), "sOut", 5);
    assert_int_equal(sys_create_sampling_port(end - 5, 64, XM_SOURCE_PORT, 1000), P0_SAMPLING_OUT);
    memcpy(arch_guest_pointer(end - 4), "qFre", 4);
    assert_int_equal(sys_create_queuing_port(end - 4, 3, 32, XM_SOURCE_PORT), XM_INVALID_PARAM);
    memset(buffer(0), 'x', 64); /* no NUL in the length of a name */
    assert_int_equal(sys_create_sampling_port(BUF(0), 64, XM_SOURCE_PORT, 1000), XM_INVALID_PARAM);
}

static void port_unconnected_succeeds_without_effect(void **state)
{
    (void)state;
    fixture_start();
    assert_int_equal(create_sampling(0, "sFree", 5, XM_DESTINATION_PORT, 77), P0_SAMPLING_FREE);
    assert_int_equal(create_queuing(0, "qFree", 9, 9, XM_SOURCE_PORT), P0_QUEUING_FREE);
    *flags(0) = 77;
    assert_int_equal(sys_read_sampling_message(P0_SAMPLING_FREE, BUF(0), 5, FLAGS(0)), 0);
    assert_int_equal(*flags(0), 0);
    assert_int_equal(sys_send_queuing_message(P0_QUEUING_FREE, BUF(0), 5), XM_OK);
    assert_int_equal(partitions[0].queuing_sent, 0);
}

static void port_transfers_need_an_open_port_of_that_kind(void **state)
{
    (void)state;
    fixture_start();
    (void)fixture_enter(0);
    assert_int_equal(sys_write_sampling_message(P0_SAMPLING_OUT, BUF(0), 8), XM_INVALID_PARAM); /* closed */
    open_all();
    (void)fixture_enter(0);
    for (xm_u32_t bit = 0; bit < 32; bit++) {
        xm_s32_t wrong = P0_SAMPLING_OUT ^ (xm_s32_t)(1u << bit);

        assert_int_equal(sys_write_sampling_message(wrong, BUF(0), 8), XM_INVALID_PARAM);
        assert_int_equal(sys_read_sampling_message(wrong, BUF(0), 8, 0), XM_INVALID_PARAM);
        assert_int_equal(sys_send_queuing_message(wrong, BUF(0), 8), XM_INVALID_PARAM);
        assert_int_equal(sys_get_sampling_port_status((xm_u32_t)wrong, BUF(0)), XM_INVALID_PARAM);
    }
    assert_int_equal(sys_write_sampling_message(-1, BUF(0), 8), XM_INVALID_PARAM);
    assert_int_equal(sys_write_sampling_message(4, BUF(0), 8), XM_INVALID_PARAM); /* P1's first, by global number */
    assert_int_equal(sys_read_sampling_message(P0_SAMPLING_OUT, BUF(0), 8, 0), XM_INVALID_PARAM);
    assert_int_equal(sys_send_queuing_message(P0_QUEUING_IN, BUF(0), 8), XM_INVALID_PARAM);
    assert_int_equal(sys_receive_queuing_message(P0_SAMPLING_OUT, BUF(0), 8), XM_INVALID_PARAM);
    assert_int_equal(sys_get_queuing_port_status(P0_SAMPLING_OUT, BUF(0)), XM_INVALID_PARAM);
    (void)fixture_enter(1);
    assert_int_equal(sys_write_sampling_message(P1_SAMPLING_IN, BUF(1), 8), XM_INVALID_PARAM);
    assert_int_equal(sys_receive_queuing_message(P1_QUEUING_OUT, BUF(1), 8), XM_INVALID_PARAM);
}

static void port_transfers_check_size_and_buffer(void **state)
{
    (void)state;
    open_all();
    (void)fixture_enter(0);
    assert_int_equal(sys_write_sampling_message(P0_SAMPLING_OUT, BUF(0), 0), XM_INVALID_CONFIG);
    assert_int_equal(sys_write_sampling_message(P0_SAMPLING_OUT, BUF(0), 65), XM_INVALID_CONFIG);
    assert_int_equal(sys_write_sampling_message(P0_SAMPLING_OUT, BUF(0), ~0u), XM_INVALID_CONFIG);
    assert_int_equal(sys_write_sampling_message(P0_SAMPLING_OUT, BUF(1), 64), XM_INVALID_PARAM);
    assert_int_equal(sys_write_sampling_message(P0_SAMPLING_OUT, 0, 64), XM_INVALID_PARAM);
    assert_int_equal(sys_write_sampling_message(P0_SAMPLING_OUT, FIXTURE_READONLY(0) - 32, 64), XM_INVALID_PARAM);
    assert_int_equal(sys_write_sampling_message(P0_SAMPLING_OUT, 0xfffffff0u, 64), XM_INVALID_PARAM);
    assert_int_equal(sys_receive_queuing_message(P0_QUEUING_IN, BUF(0), 0), XM_INVALID_CONFIG);
    assert_int_equal(sys_receive_queuing_message(P0_QUEUING_IN, BUF(0), 33), XM_INVALID_CONFIG);
    assert_int_equal(sys_receive_queuing_message(P0_QUEUING_IN, FIXTURE_READONLY(0), 32), XM_INVALID_PARAM);
    assert_int_equal(partitions[0].sampling_written, 0);
    assert_int_equal(read_by(1, 64), 0); /* nothing of it arrived */
    (void)fixture_enter(1);
    assert_int_equal(sys_read_sampling_message(P1_SAMPLING_IN, BUF(1), 0, 0), XM_INVALID_CONFIG);
    assert_int_equal(sys_read_sampling_message(P1_SAMPLING_IN, BUF(1), 65, 0), XM_INVALID_CONFIG);
    assert_int_equal(sys_read_sampling_message(P1_SAMPLING_IN, FIXTURE_READONLY(1), 64, 0), XM_INVALID_PARAM);
    assert_int_equal(sys_read_sampling_message(P1_SAMPLING_IN, BUF(1), 64, FLAGS(1) + 1), XM_INVALID_PARAM);
    assert_int_equal(sys_read_sampling_message(P1_SAMPLING_IN, BUF(1), 64, FIXTURE_READONLY(1)), XM_INVALID_PARAM);
    assert_int_equal(sys_send_queuing_message(P1_QUEUING_OUT, BUF(1), 0), XM_INVALID_CONFIG);
    assert_int_equal(sys_send_queuing_message(P1_QUEUING_OUT, BUF(1), 33), XM_INVALID_CONFIG);
    assert_int_equal(sys_send_queuing_message(P1_QUEUING_OUT, BUF(0), 32), XM_INVALID_PARAM);
    /* read-only memory may be sent */
    assert_int_equal(sys_send_queuing_message(P1_QUEUING_OUT, FIXTURE_READONLY(1), 32), XM_OK);
}

static void port_refused_read_takes_nothing(void **state)
{
    (void)state;
    open_all();
    assert_int_equal(send(7, 10), XM_OK);
    (void)fixture_enter(0);
    assert_int_equal(sys_receive_queuing_message(P0_QUEUING_IN, FIXTURE_READONLY(0), 32), XM_INVALID_PARAM);
    assert_int_equal(take(32), 10);
}

static void port_sampling_delivers_to_every_reader(void **state)
{
    (void)state;
    open_all();
    assert_int_equal(write_text("first"), XM_OK);
    assert_int_equal(write_text("second"), XM_OK);
    assert_int_equal(read_by(1, 64), 7);
    assert_string_equal((char *)buffer(1), "second");
    assert_int_equal(*flags(1), XM_COMM_MSG_VALID);
    assert_int_equal(read_by(1, 64), 7); /* reading consumes nothing */
    assert_int_equal(read_by(2, 64), 7);
    assert_string_equal((char *)buffer(2), "second");
    assert_int_equal(partitions[0].sampling_written, 2);
    assert_int_equal(partitions[1].sampling_read, 2);
    assert_int_equal(partitions[2].sampling_read, 1);
}

static void port_sampling_never_written_reads_nothing(void **state)
{
    (void)state;
    open_all();
    drop_pending();
    assert_int_equal(read_by(1, 64), 0);
    assert_int_equal(*flags(1), 0);
    assert_int_equal(buffer(1)[0], 0xee);
    assert_false(pending(0, XM_VT_EXT_SAMPLING_PORT));
    assert_int_equal(partitions[1].sampling_read, 0);
}

static void port_sampling_short_buffer_truncates(void **state)
{
    (void)state;
    open_all();
    (void)write_text("abcdefgh");
    assert_int_equal(read_by(1, 3), 3);
    assert_memory_equal(buffer(1), "abc\xee", 4);
    assert_int_equal(read_by(1, 64), 9);
}

static void port_sampling_largest_message_fits_exactly(void **state)
{
    (void)state;
    open_all();
    (void)fixture_enter(0);
    for (xm_u32_t i = 0; i < 64; i++) {
        buffer(0)[i] = (xm_u8_t)i;
    }
    assert_int_equal(sys_write_sampling_message(P0_SAMPLING_OUT, BUF(0), 64), XM_OK);
    assert_int_equal(read_by(1, 64), 64);
    assert_memory_equal(buffer(0), buffer(1), 64);
    assert_int_equal(buffer(1)[64], 0xee);
}

static void port_validity_ends_at_the_period(void **state)
{
    xmSamplingPortStatus_t *status = arch_guest_pointer(BUF(1));

    (void)state;
    open_all();
    (void)write_text("x");
    host_advance_us(999);
    (void)read_by(1, 64);
    assert_int_equal(*flags(1), XM_COMM_MSG_VALID);
    assert_int_equal(sys_get_sampling_port_status(P1_SAMPLING_IN, BUF(1)), XM_OK);
    assert_int_equal(status->flags & XM_COMM_MSG_VALID, XM_COMM_MSG_VALID);
    host_advance_us(1);
    assert_int_equal(read_by(1, 64), 2);
    assert_int_equal(*flags(1), 0);
    assert_int_equal(sys_get_sampling_port_status(P1_SAMPLING_IN, BUF(1)), XM_OK);
    assert_int_equal(status->flags & XM_COMM_MSG_VALID, 0);
    host_advance_us(1);
    assert_int_equal(read_by(1, 64), 2);
    assert_int_equal(*flags(1), 0);
    (void)write_text("y");
    (void)read_by(1, 64);
    assert_int_equal(*flags(1), XM_COMM_MSG_VALID);
}

static void port_period_zero_is_never_valid(void **state)
{
    (void)state;
    open_all();
    (void)fixture_enter(2);
    assert_int_equal(sys_write_sampling_message(P2_ZERO_OUT, BUF(2), 4), XM_OK);
    (void)fixture_enter(1);
    *flags(1) = 77;
    assert_int_equal(sys_read_sampling_message(P1_ZERO_IN, BUF(1), 16, FLAGS(1)), 4);
    assert_int_equal(*flags(1), 0);
}

static void port_infinite_period_is_always_valid(void **state)
{
    struct fixture *f = fixture_new();

    (void)state;
    f->channel[2].valid_period_us = XM_INFINITE_TIME;
    fixture_boot();
    assert_int_equal(create_sampling(2, "zOut", 16, XM_SOURCE_PORT, XM_INFINITE_TIME), P2_ZERO_OUT);
    assert_int_equal(create_sampling(1, "zIn", 16, XM_DESTINATION_PORT, XM_INFINITE_TIME), P1_ZERO_IN);
    (void)fixture_enter(2);
    (void)sys_write_sampling_message(P2_ZERO_OUT, BUF(2), 4);
    for (int hour = 0; hour < 4; hour++) {
        host_advance_us(3600000000u);
        (void)clock_now();
    }
    (void)fixture_enter(1);
    (void)sys_read_sampling_message(P1_ZERO_IN, BUF(1), 16, FLAGS(1));
    assert_int_equal(*flags(1), XM_COMM_MSG_VALID);
}

static xm_u32_t status_flags(xm_u32_t n, xm_u32_t port)
{
    xmSamplingPortStatus_t *status = arch_guest_pointer(BUF(n));

    (void)fixture_enter(n);
    assert_int_equal(sys_get_sampling_port_status(port, BUF(n)), XM_OK);
    return status->flags & ~(xm_u32_t)XM_COMM_MSG_VALID;
}

static void port_sampling_status_is_each_readers_own(void **state)
{
    xmSamplingPortStatus_t *status = arch_guest_pointer(BUF(1));

    (void)state;
    open_all();
    assert_int_equal(status_flags(1, P1_SAMPLING_IN), XM_COMM_EMPTY_PORT);
    host_advance_us(40);
    (void)write_text("abc");
    assert_int_equal(status_flags(1, P1_SAMPLING_IN), XM_COMM_NEW_MSG);
    assert_int_equal(status->timestamp, 40);
    assert_int_equal(status->lastMsgSize, 4);
    (void)read_by(1, 64);
    assert_int_equal(status_flags(1, P1_SAMPLING_IN), XM_COMM_CONSUMED_MSG);
    assert_int_equal(status_flags(2, P2_SAMPLING_IN), XM_COMM_NEW_MSG);
    assert_int_equal(status_flags(0, P0_SAMPLING_OUT), XM_COMM_NEW_MSG);
    (void)write_text("def");
    assert_int_equal(status_flags(1, P1_SAMPLING_IN), XM_COMM_NEW_MSG);
    assert_int_equal(sys_get_sampling_port_status(P1_SAMPLING_IN, BUF(1) + 4), XM_INVALID_PARAM);
    assert_int_equal(sys_get_sampling_port_status(P1_SAMPLING_IN, FIXTURE_READONLY(1)), XM_INVALID_PARAM);
}

static void port_write_notifies_open_destinations_only(void **state)
{
    (void)state;
    fixture_start();
    (void)create_sampling(0, "sOut", 64, XM_SOURCE_PORT, 1000);
    (void)create_sampling(1, "sIn", 64, XM_DESTINATION_PORT, 1000);
    drop_pending();
    (void)write_text("x");
    assert_true(pending(1, XM_VT_EXT_SAMPLING_PORT));
    assert_true(marked(1, P1_SAMPLING_IN));
    assert_false(pending(2, XM_VT_EXT_SAMPLING_PORT));
    assert_false(marked(2, P2_SAMPLING_IN));
    assert_false(pending(0, XM_VT_EXT_SAMPLING_PORT));
    /* who opens late was not signalled, but finds the message */
    (void)create_sampling(2, "sIn", 64, XM_DESTINATION_PORT, 1000);
    assert_false(pending(2, XM_VT_EXT_SAMPLING_PORT));
    assert_true(marked(2, P2_SAMPLING_IN));
    assert_int_equal(read_by(2, 64), 2);
    assert_false(marked(2, P2_SAMPLING_IN));
    assert_true(marked(1, P1_SAMPLING_IN)); /* another reader's mark is its own */
}

static void port_read_notifies_the_writer(void **state)
{
    (void)state;
    open_all();
    (void)write_text("x");
    drop_pending();
    (void)read_by(1, 64);
    assert_true(pending(0, XM_VT_EXT_SAMPLING_PORT));
    assert_false(pending(2, XM_VT_EXT_SAMPLING_PORT));
    (void)send(1, 4);
    drop_pending();
    (void)take(32);
    assert_true(pending(1, XM_VT_EXT_QUEUING_PORT));
    assert_false(pending(1, XM_VT_EXT_SAMPLING_PORT));
}

static void port_halted_destination_is_not_notified(void **state)
{
    (void)state;
    open_all();
    (void)partition_halt(&partitions[1]);
    drop_pending();
    (void)write_text("x");
    assert_false(pending(1, XM_VT_EXT_SAMPLING_PORT));
    assert_true(pending(2, XM_VT_EXT_SAMPLING_PORT));
}

static void port_queue_is_first_in_first_out(void **state)
{
    xmQueuingPortStatus_t *status = arch_guest_pointer(BUF(0));

    (void)state;
    open_all();
    for (xm_u8_t round = 0; round < 5; round++) { /* past the end of the ring */
        assert_int_equal(send((xm_u8_t)(10 + round), 5), XM_OK);
        assert_int_equal(send((xm_u8_t)(20 + round), 32), XM_OK);
        (void)fixture_enter(0);
        assert_int_equal(sys_get_queuing_port_status(P0_QUEUING_IN, BUF(0)), XM_OK);
        assert_int_equal(status->noMsgs, 2);
        assert_int_equal(take(32), 5);
        assert_int_equal(buffer(0)[0], 10 + round);
        assert_int_equal(buffer(0)[5], 0xee);
        assert_int_equal(take(32), 32);
        assert_int_equal(buffer(0)[31], 20 + round);
    }
    assert_int_equal(partitions[1].queuing_sent, 10);
    assert_int_equal(partitions[0].queuing_received, 10);
    assert_int_equal(sys_get_queuing_port_status(P0_QUEUING_IN, BUF(0) + 2), XM_INVALID_PARAM);
}

static void port_queue_full_and_empty_are_not_allowed(void **state)
{
    (void)state;
    open_all();
    assert_int_equal(take(32), XM_OP_NOT_ALLOWED);
    for (xm_u8_t i = 0; i < 3; i++) {
        assert_int_equal(send(i, 8), XM_OK);
    }
    assert_int_equal(send(99, 8), XM_OP_NOT_ALLOWED);
    assert_int_equal(partitions[1].queuing_sent, 3);
    for (xm_u8_t i = 0; i < 3; i++) {
        assert_int_equal(take(32), 8);
        assert_int_equal(buffer(0)[0], i);
    }
    assert_int_equal(take(32), XM_OP_NOT_ALLOWED);
}

static void port_queue_short_buffer_truncates_and_consumes(void **state)
{
    (void)state;
    open_all();
    (void)send(1, 20);
    (void)send(2, 20);
    assert_int_equal(take(4), 4);
    assert_int_equal(buffer(0)[3], 1);
    assert_int_equal(buffer(0)[4], 0xee);
    assert_int_equal(take(32), 20);
    assert_int_equal(buffer(0)[0], 2);
}

static void port_queue_bit_stays_until_empty(void **state)
{
    (void)state;
    open_all();
    drop_pending();
    (void)send(1, 4);
    assert_true(pending(0, XM_VT_EXT_QUEUING_PORT));
    assert_true(marked(0, P0_QUEUING_IN));
    (void)send(2, 4);
    (void)take(32);
    assert_true(marked(0, P0_QUEUING_IN));
    (void)take(32);
    assert_false(marked(0, P0_QUEUING_IN));
}

static void port_info_needs_no_open_port(void **state)
{
    xmSamplingPortInfo_t *s = arch_guest_pointer(BUF(0));
    xmQueuingPortInfo_t *q = arch_guest_pointer(BUF(0));
    xmAddress_t name;

    (void)state;
    fixture_start();
    (void)fixture_enter(0);
    name = fixture_name(0, "sOut");
    assert_int_equal(sys_get_sampling_port_info(name, BUF(0)), XM_OK);
    assert_ptr_equal(s->portName, arch_guest_pointer(name));
    assert_int_equal(s->validPeriod, 1000);
    assert_int_equal(s->maxMsgSize, 64);
    assert_int_equal(s->direction, XM_SOURCE_PORT);
    assert_int_equal(sys_get_queuing_port_info(name, BUF(0)), XM_INVALID_PARAM);
    name = fixture_name(0, "qIn");
    assert_int_equal(sys_get_queuing_port_info(name, BUF(0)), XM_OK);
    assert_int_equal(q->maxMsgSize, 32);
    assert_int_equal(q->maxNoMsgs, 3);
    assert_int_equal(q->direction, XM_DESTINATION_PORT);
    assert_int_equal(sys_get_sampling_port_info(name, BUF(0)), XM_INVALID_PARAM);
    assert_int_equal(sys_get_queuing_port_info(name, FIXTURE_READONLY(0)), XM_INVALID_PARAM);
    assert_int_equal(sys_get_queuing_port_info(fixture_name(0, "no"), BUF(0)), XM_INVALID_PARAM);
    assert_int_equal(sys_get_sampling_port_info(fixture_name(0, "sFree"), BUF(0)), XM_OK);
    assert_int_equal(s->maxMsgSize, 0);
}

static const struct xm_port_status *status_of(xm_u32_t partition, xm_u32_t port)
{
    (void)fixture_enter(0);
    memset(buffer(0), 0xee, sizeof(struct xm_port_status));
    assert_int_equal(sys_port_status(partition, port, BUF(0)), XM_OK);
    return arch_guest_pointer(BUF(0));
}

static void port_status_of_any_partition_counts_a_sampling_channel(void **state)
{
    const struct xm_port_status *status;

    (void)state;
    open_all();
    status = status_of(1, P1_SAMPLING_IN);
    assert_int_equal(status->is_open, 1);
    assert_int_equal(status->waiting, 0);
    assert_int_equal(status->moved, 0);
    assert_int_equal(status->last.timestamp, 0);
    host_advance_us(40);
    (void)write_text("abc");
    (void)write_text("abcd");
    status = status_of(1, P1_SAMPLING_IN);
    assert_int_equal(status->last.lastMsgSize, 5);
    assert_int_equal(status->last.timestamp, clock_now());
    assert_int_equal(status->last.flags, XM_COMM_MSG_VALID | XM_COMM_NEW_MSG);
    assert_int_equal(status->waiting, 1);
    assert_int_equal(status->moved, 2);
    (void)read_by(1, 64);
    assert_int_equal(status_of(1, P1_SAMPLING_IN)->last.flags, XM_COMM_MSG_VALID | XM_COMM_CONSUMED_MSG);
    assert_int_equal(status_of(2, P2_SAMPLING_IN)->last.flags, XM_COMM_MSG_VALID | XM_COMM_NEW_MSG);
    assert_int_equal(status_of(0, P0_SAMPLING_OUT)->moved, 2);
    port_close_all(&partitions[1]);
    assert_int_equal(status_of(1, P1_SAMPLING_IN)->is_open, 0);
    assert_int_equal(status_of(1, P1_SAMPLING_IN)->last.lastMsgSize, 5);
}

static void port_status_of_any_partition_counts_a_queue(void **state)
{
    const struct xm_port_status *status;

    (void)state;
    open_all();
    for (xm_u8_t i = 0; i < 3; i++) {
        assert_int_equal(send(i, 10u + i), XM_OK);
    }
    assert_int_equal(send(3, 8), XM_OP_NOT_ALLOWED);
    assert_int_equal(send(3, 8), XM_OP_NOT_ALLOWED);
    assert_int_equal(take(32), 10);
    status = status_of(1, P1_QUEUING_OUT);
    assert_int_equal(status->is_open, 1);
    assert_int_equal(status->waiting, 2);
    assert_int_equal(status->moved, 1);
    assert_int_equal(status->refused, 2);
    assert_int_equal(status->last.lastMsgSize, 11);
    assert_int_equal(status->last.flags & XM_COMM_MSG_VALID, 0);
}

static void port_status_of_an_unconnected_port_is_empty(void **state)
{
    static const struct xm_port_status empty;

    (void)state;
    open_all();
    assert_memory_equal(status_of(0, P0_SAMPLING_FREE), &empty, sizeof(empty));
    assert_memory_equal(status_of(0, P0_QUEUING_FREE), &empty, sizeof(empty));
}

static void port_status_is_refused_for_what_is_not_there(void **state)
{
    (void)state;
    open_all();
    (void)fixture_enter(0);
    assert_int_equal(sys_port_status(FIXTURE_PARTITIONS, 0, BUF(0)), XM_INVALID_PARAM);
    assert_int_equal(sys_port_status(~0u, 0, BUF(0)), XM_INVALID_PARAM);
    assert_int_equal(sys_port_status(2, P2_ZERO_OUT + 1, BUF(0)), XM_INVALID_PARAM);
    assert_int_equal(sys_port_status(2, ~0u, BUF(0)), XM_INVALID_PARAM);
    assert_int_equal(sys_port_status(2, P2_ZERO_OUT, BUF(0) + 4), XM_INVALID_PARAM);
    assert_int_equal(sys_port_status(2, P2_ZERO_OUT, FIXTURE_READONLY(0)), XM_INVALID_PARAM);
    assert_int_equal(sys_port_status(2, P2_ZERO_OUT, 0), XM_INVALID_PARAM);
}

static void port_reset_closes_ports_and_keeps_messages(void **state)
{
    (void)state;
    open_all();
    (void)send(42, 6);
    (void)write_text("kept");
    assert_int_equal(partition_reset(&partitions[0], XM_WARM_RESET, 0), XM_OK);
    assert_int_equal(partition_reset(&partitions[2], XM_WARM_RESET, 0), XM_OK);
    assert_int_equal(take(32), XM_INVALID_PARAM);
    assert_false(marked(0, P0_QUEUING_IN));
    /* the other reader of the sampling channel notices nothing */
    assert_int_equal(read_by(1, 64), 5);
    assert_int_equal(create_queuing(0, "qIn", 3, 32, XM_DESTINATION_PORT), P0_QUEUING_IN);
    assert_true(marked(0, P0_QUEUING_IN));
    assert_int_equal(take(32), 6);
    assert_int_equal(buffer(0)[0], 42);
    assert_int_equal(create_sampling(2, "sIn", 64, XM_DESTINATION_PORT, 1000), P2_SAMPLING_IN);
    assert_int_equal(read_by(2, 64), 5);
    assert_string_equal((char *)buffer(2), "kept");
}

#define LONG_MESSAGE 1501u /* several steps, its buffer is odd */

static xm_s32_t receive_long(xm_u32_t n, xm_s32_t descriptor)
{
    (void)fixture_enter(n);
    return sys_receive_queuing_message(descriptor, BUF(n) + 1, LONG_MESSAGE);
}

static void send_long(xm_u8_t value)
{
    (void)fixture_enter(1);
    memset(buffer(1), value, LONG_MESSAGE);
    assert_int_equal(sys_send_queuing_message(P1_QUEUING_OUT, BUF(1), LONG_MESSAGE), XM_OK);
}

/* A queue of one place and two readers. P0 gives way in the middle of its copy, and P2 takes the message. */
static void lose_the_message_to_another_reader(void)
{
    struct fixture *f = fixture_new();

    f->port[7] = f->port[1]; /* of P2 now */
    f->port[7].partition = 2;
    f->channel[0].destination_count = 1;
    f->channel[1].destination_first = 1;
    f->channel[1].destination_count = 2;
    f->channel[1].max_message_bytes = LONG_MESSAGE;
    f->channel[1].max_messages = 1;
    fixture_boot();
    assert_int_equal(create_queuing(1, "qOut", 1, LONG_MESSAGE, XM_SOURCE_PORT), P1_QUEUING_OUT);
    assert_int_equal(create_queuing(0, "qIn", 1, LONG_MESSAGE, XM_DESTINATION_PORT), P0_QUEUING_IN);
    assert_int_equal(create_queuing(2, "qIn", 1, LONG_MESSAGE, XM_DESTINATION_PORT), P2_SAMPLING_IN);
    send_long(1);
    host.irq_due = true;
    host.restarts = 0;
    (void)receive_long(0, P0_QUEUING_IN);
    assert_int_equal(host.restarts, 1);
    host.irq_due = false;
    assert_int_equal(receive_long(2, P2_SAMPLING_IN), LONG_MESSAGE);
}

static void queuing_message_lost_to_another_reader(void **state)
{
    (void)state;
    lose_the_message_to_another_reader();
    assert_int_equal(receive_long(0, P0_QUEUING_IN), XM_OP_NOT_ALLOWED);
    assert_null(partitions[0].copy.to); /* its interrupts wait no longer */
}

static void queuing_message_is_whole_whoever_else_reads(void **state)
{
    xm_u8_t expected[LONG_MESSAGE];

    (void)state;
    lose_the_message_to_another_reader();
    send_long(2); /* into the same place */
    assert_int_equal(receive_long(0, P0_QUEUING_IN), LONG_MESSAGE);
    memset(expected, 2, sizeof(expected));
    assert_memory_equal(buffer(0) + 1, expected, LONG_MESSAGE);
}

/* The call is made again until the copy is complete; the message is there once, and not before. */
static void queuing_message_is_sent_once_by_a_call_that_gave_way(void **state)
{
    xm_u32_t calls = 0;

    (void)state;
    lose_the_message_to_another_reader();
    (void)fixture_enter(1);
    host.irq_due = true;
    do {
        assert_int_equal(partitions[1].queuing_sent, 1);
        host.restarts = 0;
        assert_int_equal(sys_send_queuing_message(P1_QUEUING_OUT, BUF(1) + 1, LONG_MESSAGE), XM_OK);
        calls++;
    } while (host.restarts != 0);
    assert_int_equal(calls, (LONG_MESSAGE + GUEST_COPY_STEP - 1) / GUEST_COPY_STEP);
    assert_int_equal(partitions[1].queuing_sent, 2);
    host.irq_due = false;
    assert_int_equal(receive_long(2, P2_SAMPLING_IN), LONG_MESSAGE);
    assert_int_equal(receive_long(2, P2_SAMPLING_IN), XM_OP_NOT_ALLOWED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(port_sampling_creation_is_checked),
        cmocka_unit_test(port_queuing_creation_is_checked),
        cmocka_unit_test(port_name_must_end_inside_memory),
        cmocka_unit_test(port_unconnected_succeeds_without_effect),
        cmocka_unit_test(port_transfers_need_an_open_port_of_that_kind),
        cmocka_unit_test(port_transfers_check_size_and_buffer),
        cmocka_unit_test(port_refused_read_takes_nothing),
        cmocka_unit_test(port_sampling_delivers_to_every_reader),
        cmocka_unit_test(port_sampling_never_written_reads_nothing),
        cmocka_unit_test(port_sampling_short_buffer_truncates),
        cmocka_unit_test(port_sampling_largest_message_fits_exactly),
        cmocka_unit_test(port_validity_ends_at_the_period),
        cmocka_unit_test(port_period_zero_is_never_valid),
        cmocka_unit_test(port_infinite_period_is_always_valid),
        cmocka_unit_test(port_sampling_status_is_each_readers_own),
        cmocka_unit_test(port_write_notifies_open_destinations_only),
        cmocka_unit_test(port_read_notifies_the_writer),
        cmocka_unit_test(port_halted_destination_is_not_notified),
        cmocka_unit_test(port_queue_is_first_in_first_out),
        cmocka_unit_test(port_queue_full_and_empty_are_not_allowed),
        cmocka_unit_test(port_queue_short_buffer_truncates_and_consumes),
        cmocka_unit_test(port_queue_bit_stays_until_empty),
        cmocka_unit_test(port_info_needs_no_open_port),
        cmocka_unit_test(port_status_of_any_partition_counts_a_sampling_channel),
        cmocka_unit_test(port_status_of_any_partition_counts_a_queue),
        cmocka_unit_test(port_status_of_an_unconnected_port_is_empty),
        cmocka_unit_test(port_status_is_refused_for_what_is_not_there),
        cmocka_unit_test(port_reset_closes_ports_and_keeps_messages),
        cmocka_unit_test(queuing_message_lost_to_another_reader),
        cmocka_unit_test(queuing_message_is_whole_whoever_else_reads),
        cmocka_unit_test(queuing_message_is_sent_once_by_a_call_that_gave_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
