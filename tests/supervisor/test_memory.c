/* test_memory.c - ports and memory of partitions, asked for over the link */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_kernel.h"
#include "frame.h"
#include "ground.h"
#include "memory.h"
#include "requests.h"

#define STAGE(name) XM__STAGE__STAGE_##name
#define STATUS(name) XM__STATUS_CODE__STATUS_##name
#define TABLE(partition) (FAKE_AREA(partition) + FAKE_AREA_BYTES)
#define END(partition) (TABLE(partition) + FAKE_TABLE_BYTES)

static void run_slots(unsigned slots)
{
    while (slots-- > 0) {
        fake_slot();
    }
    ground_listen();
}

static void assert_ok(const Xm__Reply *reply, int result)
{
    assert_non_null(reply);
    assert_int_equal(reply->stage, STAGE(COMPLETED));
    assert_int_equal(reply->status->code, STATUS(OK));
    assert_int_equal(reply->result_case, result);
}

static void assert_refused(const Xm__Reply *reply, const char *detail)
{
    assert_non_null(reply);
    assert_int_equal(reply->stage, STAGE(REJECTED));
    assert_int_equal(reply->status->domain, XM__STATUS_DOMAIN__DOMAIN_SUPERVISOR);
    assert_int_equal(reply->status->code, STATUS(INVALID));
    assert_string_equal(reply->status->detail, detail);
}

/* The link still serves: a ping is answered, and whoever listens is known again. */
static void assert_serves(uint32_t id)
{
    PING(request, id);

    ground_send(&request);
    run_slots(40);
    assert_ok(ground_last_reply(id), XM__REPLY__RESULT_PONG);
}

/* ---- ports ----------------------------------------------------------------------------------- */

static const Xm__Port *port_of(uint32_t id, uint32_t number)
{
    PORT_LIST(request, id, number);
    const Xm__Reply *reply = ground_ask(&request);

    assert_ok(reply, XM__REPLY__RESULT_PORTS);
    assert_true(reply->ports->n_port > 0);
    return reply->ports->port[0];
}

static void ports_are_those_of_the_configuration(void **state)
{
    PORT_LIST(request, 1, 0);
    PORT_LIST(rest, 2, 5);
    const Xm__Reply *reply = ground_ask(&request);
    const Xm__Port *port;

    (void)state;
    assert_ok(reply, XM__REPLY__RESULT_PORTS);
    assert_int_equal(reply->ports->total, 6);
    assert_int_equal(reply->ports->n_port, 6);
    port = reply->ports->port[2]; /* P1's second */
    assert_int_equal(port->partition, 1);
    assert_int_equal(port->port, 1);
    assert_string_equal(port->name, "packets");
    assert_int_equal(port->kind, XM__PORT_KIND__PORT_QUEUING);
    assert_int_equal(port->direction, XM__PORT_DIRECTION__PORT_SOURCE);
    assert_int_equal(port->channel, FAKE_QUEUE);
    assert_int_equal(port->message_bytes, 256);
    assert_int_equal(port->depth, FAKE_QUEUE_DEPTH);
    assert_true(port->open);
    port = reply->ports->port[3];
    assert_int_equal(port->partition, 2);
    assert_int_equal(port->kind, XM__PORT_KIND__PORT_SAMPLING);
    assert_int_equal(port->direction, XM__PORT_DIRECTION__PORT_DESTINATION);
    assert_int_equal(port->channel, FAKE_SAMPLING);
    assert_int_equal(port->valid_period_us, FAKE_PERIOD_US);
    port = reply->ports->port[4];
    assert_string_equal(port->name, "spare");
    assert_int_equal(port->channel, -1);
    assert_int_equal(port->message_bytes, 0);
    reply = ground_ask(&rest);
    assert_int_equal(reply->ports->n_port, 1);
    assert_int_equal(reply->ports->port[0]->partition, 3);
}

static void a_sampling_port_tells_its_message(void **state)
{
    const Xm__Port *port = port_of(1, 3);

    (void)state;
    assert_int_equal(port->waiting, 0);
    assert_int_equal(port->state, XM__MESSAGE_STATE__MESSAGE_NONE);
    assert_false(port->valid);
    fake_write_sampling(FAKE_SAMPLING, 12);
    fake_read_sampling(3);
    port = port_of(2, 3);
    assert_int_equal(port->waiting, 1);
    assert_int_equal(port->sent, 1);
    assert_int_equal(port->received, 0);
    assert_int_equal(port->last_bytes, 12);
    assert_int_equal(port->state, XM__MESSAGE_STATE__MESSAGE_CONSUMED);
    assert_true(port->valid);
    assert_true(port->written_us != 0);
    assert_int_equal(port_of(3, 5)->state, XM__MESSAGE_STATE__MESSAGE_NEW);
    fake_tick(FAKE_PERIOD_US);
    assert_false(port_of(4, 3)->valid);
}

static void a_queuing_port_tells_what_moved_and_what_did_not(void **state)
{
    const Xm__Port *port;

    (void)state;
    for (unsigned i = 0; i < FAKE_QUEUE_DEPTH + 2; i++) {
        fake_send_queuing(FAKE_QUEUE, 100);
    }
    assert_true(fake_receive_queuing(FAKE_QUEUE));
    for (uint32_t number = 0; number <= 2; number += 2) { /* both ends tell the same */
        port = port_of(number + 1, number);
        assert_int_equal(port->waiting, FAKE_QUEUE_DEPTH - 1);
        assert_int_equal(port->sent, FAKE_QUEUE_DEPTH);
        assert_int_equal(port->received, 1);
        assert_int_equal(port->refused, 2);
        assert_int_equal(port->last_bytes, 100);
        assert_int_equal(port->written_us, 0);
        assert_int_equal(port->state, XM__MESSAGE_STATE__MESSAGE_NONE);
    }
}

static void many_ports_come_in_pages(void **state)
{
    const struct fake_shape large = { .partitions = 40, .plans = 3, .slots = 4,
                                      .large_values = true };
    uint32_t found = 0, pages = 0;

    (void)state;
    fake_init(&large);
    fake.channel[FAKE_SAMPLING] = (struct fake_channel){ INT64_MAX, 0xffffffff, 1, 0xffffffff, 0 };
    while (found < 42) {
        PORT_LIST(request, ++pages, found);
        const Xm__Reply *reply = ground_ask(&request);

        assert_ok(reply, XM__REPLY__RESULT_PORTS);
        assert_int_equal(reply->ports->total, 42);
        assert_true(reply->ports->n_port > 0);
        found += (uint32_t)reply->ports->n_port;
    }
    assert_in_range(pages, 5, 14);
    for (unsigned i = 0; i < ground_count; i++) {
        assert_true(ground_heard[i].payload_bytes <= FRAME_TX_PAYLOAD);
    }
}

static void ports_from_beyond_the_end_are_none(void **state)
{
    PORT_LIST(at_end, 1, 6);
    PORT_LIST(beyond, 2, 0xffffffff);

    (void)state;
    assert_int_equal(ground_ask(&at_end)->ports->n_port, 0);
    assert_int_equal(ground_ask(&beyond)->ports->n_port, 0);
    assert_int_equal(ground_last_reply(2)->ports->total, 6);
}

/* ---- areas ----------------------------------------------------------------------------------- */

static void areas_are_those_of_the_partition(void **state)
{
    MEMORY_LIST(request, 1, 2, 0);
    MEMORY_LIST(second, 2, 2, 1);
    MEMORY_LIST(beyond, 3, 2, 2);
    MEMORY_LIST(far, 4, 2, 0xffffffff);
    const Xm__Reply *reply = ground_ask(&request);

    (void)state;
    assert_ok(reply, XM__REPLY__RESULT_MEMORY_AREAS);
    assert_int_equal(reply->memory_areas->total, FAKE_AREAS);
    assert_int_equal(reply->memory_areas->n_area, FAKE_AREAS);
    assert_int_equal(reply->memory_areas->area[0]->start, FAKE_AREA(2));
    assert_int_equal(reply->memory_areas->area[0]->size, FAKE_AREA_BYTES);
    assert_int_equal(reply->memory_areas->area[0]->mapped_at, FAKE_AREA(2));
    assert_string_equal(reply->memory_areas->area[0]->name, "");
    assert_int_equal(reply->memory_areas->area[1]->flags, XM_MEM_AREA_READONLY);
    assert_string_equal(reply->memory_areas->area[1]->name, "tables");
    assert_int_equal(ground_ask(&second)->memory_areas->n_area, 1);
    assert_int_equal(ground_ask(&beyond)->memory_areas->n_area, 0);
    assert_int_equal(ground_ask(&far)->memory_areas->n_area, 0);
}

static void areas_of_no_partition_are_refused(void **state)
{
    MEMORY_LIST(request, 1, 4, 0);
    MEMORY_LIST(hypervisor, 2, XM_HYPERVISOR_ID, 0);

    (void)state;
    assert_refused(ground_ask(&request), "no such partition: ask for the list");
    assert_refused(ground_ask(&hypervisor), "no such partition: ask for the list");
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Puts the chunks of a read together and compares them with what the partition has there. */
static void assert_read(uint32_t id, uint32_t partition, uint32_t address, uint32_t size)
{
    uint32_t count = 0;

    for (unsigned i = 0; i < ground_count; i++) {
        const Xm__Chunk *chunk = ground_heard[i].chunk;

        if (chunk != NULL && chunk->id == id) {
            assert_true(chunk->first_seq == (uint64_t)address + count + 1);
            assert_int_equal(chunk->boot_id, 0xb0071d);
            for (uint32_t n = 0; n < chunk->items.len; n++) {
                assert_int_equal(chunk->items.data[n], fake_memory(partition, address + count++));
            }
        }
    }
    assert_int_equal(count, size);
}

static void memory_comes_in_chunks_numbered_by_address(void **state)
{
    LOG_READ(request, 1, MEMORY, 1, FAKE_AREA(1) + 1, 1000);
    const Xm__LogEnd *end;

    (void)state;
    (void)ground_ask(&request);
    run_slots(4);
    assert_read(1, 1, FAKE_AREA(1), 1000);
    assert_ok(ground_last_reply(1), XM__REPLY__RESULT_LOG_END);
    end = ground_last_reply(1)->log_end;
    assert_int_equal(end->oldest, FAKE_AREA(1) + 1);
    assert_int_equal(end->next, TABLE(1) + 1);
    assert_int_equal(end->first, FAKE_AREA(1) + 1);
    assert_int_equal(end->count, 1000);
    assert_int_equal(end->chunks, 3); /* 474 + 474 + 52 */
}

static void memory_is_read_from_any_byte_to_any_byte(void **state)
{
    uint32_t id = 0;

    (void)state;
    for (uint32_t lead = 0; lead < 4; lead++) {
        for (uint32_t size = 1; size < 6; size++) {
            LOG_READ(request, ++id, MEMORY, 2, FAKE_AREA(2) + 0x101 + lead, size);

            (void)ground_ask(&request);
            run_slots(1);
            assert_read(id, 2, FAKE_AREA(2) + 0x100 + lead, size);
        }
    }
}

static void the_last_byte_of_an_area_is_its_own(void **state)
{
    LOG_READ(last, 1, MEMORY, 1, TABLE(1), 1); /* item n is the byte at n - 1 */
    LOG_READ(all, 2, MEMORY, 1, TABLE(1) + 1, FAKE_TABLE_BYTES);

    (void)state;
    (void)ground_ask(&last);
    (void)ground_ask(&all);
    run_slots(10);
    assert_read(1, 1, TABLE(1) - 1, 1);
    assert_read(2, 1, TABLE(1), FAKE_TABLE_BYTES);
}

/* A reader of the line could command with the keys in it; a check sum tells a byte as well. */
static void memory_of_the_supervisor_itself_is_refused(void **state)
{
    LOG_READ(bytes, 1, MEMORY, 0, FAKE_AREA(0) + 1, 16);
    MEMORY_CHECK(sum, 2, 0, FAKE_AREA(0), 1);
    MEMORY_LIST(areas, 3, 0, 0);

    (void)state;
    assert_refused(ground_ask(&bytes), "the supervisor's own memory holds the keys of the link");
    assert_refused(ground_ask(&sum), "the supervisor's own memory holds the keys of the link");
    assert_ok(ground_ask(&areas), XM__REPLY__RESULT_MEMORY_AREAS);
}

static void a_range_outside_is_refused_with_the_area_it_missed(void **state)
{
    LOG_READ(across, 1, MEMORY, 1, TABLE(1), 2);
    LOG_READ(below, 2, MEMORY, 1, FAKE_AREA(1), 1);
    LOG_READ(above, 3, MEMORY, 1, END(1) + 1, 1);
    LOG_READ(others, 4, MEMORY, 1, FAKE_AREA(2) + 1, 16);
    LOG_READ(hypervisor, 5, MEMORY, 1, 0x40000001, 16);
    LOG_READ(all, 6, MEMORY, 1, FAKE_AREA(1) + 1, 0);
    LOG_READ(zero, 7, MEMORY, 1, 0, 16);
    LOG_READ(wide, 8, MEMORY, 1, UINT64_C(0x100000000) + FAKE_AREA(1) + 1, 16);
    LOG_READ(whole, 9, MEMORY, 1, 1, 0xffffffff);
    LOG_READ(nobody, 10, MEMORY, 4, FAKE_AREA(1) + 1, 16);
    LOG_READ(kernel, 11, MEMORY, XM_HYPERVISOR_ID, 0x40000001, 16);

    (void)state;
    assert_refused(ground_ask(&across),
                   "no area of the partition holds 2 bytes at 0x4020ffff: the nearest, number 0, "
                   "is 0x40200000 to 0x4020ffff");
    assert_refused(ground_ask(&below),
                   "no area of the partition holds 1 bytes at 0x401fffff: the nearest, number 0, "
                   "is 0x40200000 to 0x4020ffff");
    assert_refused(ground_ask(&above),
                   "no area of the partition holds 1 bytes at 0x40211000: the nearest, number 1, "
                   "is 0x40210000 to 0x40210fff");
    assert_refused(ground_ask(&others),
                   "no area of the partition holds 16 bytes at 0x40300000: the nearest, number 1, "
                   "is 0x40210000 to 0x40210fff");
    assert_refused(ground_ask(&hypervisor),
                   "no area of the partition holds 16 bytes at 0x40000000: the nearest, number 0, "
                   "is 0x40200000 to 0x4020ffff");
    assert_refused(ground_ask(&all),
                   "no such range of memory: an address of 32 bits and at least one byte");
    assert_refused(ground_ask(&zero),
                   "no such range of memory: an address of 32 bits and at least one byte");
    assert_refused(ground_ask(&wide),
                   "no such range of memory: an address of 32 bits and at least one byte");
    assert_refused(ground_ask(&whole),
                   "no area of the partition holds 4294967295 bytes at 0x00000000: the nearest, "
                   "number 0, is 0x40200000 to 0x4020ffff");
    assert_refused(ground_ask(&nobody), "no such partition: ask for the list");
    assert_refused(ground_ask(&kernel), "no such partition: ask for the list");
    assert_int_equal(ground_count_type(FRAME_BULK), 0);
    assert_int_equal(fake.copied_bytes, 0);
}

static void memory_is_no_book_of_the_list(void **state)
{
    REQUEST(request, 1, BOOK_LIST, book_list, Xm__BookList, XM__BOOK_LIST__INIT);
    const Xm__Reply *reply = ground_ask(&request);

    (void)state;
    for (size_t i = 0; i < reply->books->n_book; i++) {
        assert_int_not_equal(reply->books->book[i]->book, XM__BOOK__BOOK_MEMORY);
    }
}

static void memory_that_the_hypervisor_refuses_ends_the_read(void **state)
{
    LOG_READ(request, 1, MEMORY, 1, FAKE_AREA(1) + 1, FAKE_AREA_BYTES);

    (void)state;
    ground_send(&request);
    run_slots(1);
    fake.refuse = XM_PERM_ERROR;
    run_slots(20);
    assert_int_equal(ground_last_reply(1)->stage, STAGE(FAILED));
    assert_int_equal(ground_last_reply(1)->status->domain,
                     XM__STATUS_DOMAIN__DOMAIN_HYPERVISOR);
    assert_int_equal(ground_last_reply(1)->status->code, XM_PERM_ERROR);
}

/* ---- check sums ------------------------------------------------------------------------------ */

static uint32_t crc_of(uint32_t partition, uint32_t address, uint32_t size)
{
    uint32_t crc = 0;

    for (uint32_t i = 0; i < size; i++) {
        uint8_t byte = fake_memory(partition, address + i);

        crc = frame_crc32c_more(crc, &byte, 1);
    }
    return crc;
}

static void a_small_range_is_summed_in_the_slot_that_asks(void **state)
{
    static const struct {
        uint32_t address, size;
    } ranges[] = {
        { FAKE_AREA(1), 1 },         { FAKE_AREA(1) + 3, 1 },    { FAKE_AREA(1) + 1, 1023 },
        { FAKE_AREA(1) + 2, 1024 },  { FAKE_AREA(1) + 3, 2049 }, { TABLE(1) - 1, 1 },
        { TABLE(1), FAKE_TABLE_BYTES }, { FAKE_AREA(1), MEMORY_SLOT_BYTES },
    };

    (void)state;
    for (uint32_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        MEMORY_CHECK(request, i + 1, 1, ranges[i].address, ranges[i].size);
        const Xm__Reply *reply;

        ground_send(&request);
        run_slots(2);
        reply = ground_last_reply(i + 1);
        assert_ok(reply, XM__REPLY__RESULT_MEMORY_CHECKED);
        assert_int_equal(reply->memory_checked->crc32c,
                         crc_of(1, ranges[i].address, ranges[i].size));
        assert_int_equal(reply->memory_checked->slots, 1);
        assert_int_equal(reply->memory_checked->bytes, ranges[i].size);
        assert_true(reply->memory_checked->begun_us <= reply->board_time_us);
    }
}

/* No slot copies more than its part, however often it is asked. */
static void a_large_range_is_summed_over_slots(void **state)
{
    MEMORY_CHECK(request, 1, 1, FAKE_AREA(1), FAKE_AREA_BYTES);
    const Xm__MemoryChecked *checked;
    uint32_t copied = 0;

    (void)state;
    fake.partition[1].runs = false; /* its clock stands */
    for (unsigned slot = 1; slot <= FAKE_AREA_BYTES / MEMORY_SLOT_BYTES; slot++) {
        ground_send(&request);
        ground_send(&request);
        run_slots(1);
        assert_int_equal(fake.copied_bytes - copied, MEMORY_SLOT_BYTES);
        copied = fake.copied_bytes;
        checked = ground_last_reply(1)->memory_checked;
        assert_non_null(checked);
        assert_int_equal(checked->slots, slot);
        assert_int_equal(checked->bytes, slot * MEMORY_SLOT_BYTES);
        assert_int_equal(checked->crc32c, crc_of(1, FAKE_AREA(1), checked->bytes));
        assert_int_equal(ground_last_reply(1)->stage, checked->bytes == FAKE_AREA_BYTES
                                                          ? STAGE(COMPLETED)
                                                          : STAGE(ACCEPTED));
    }
    run_slots(1);
    assert_int_equal(fake.copied_bytes, copied);
}

static void one_byte_more_than_a_slot_takes_another(void **state)
{
    MEMORY_CHECK(request, 1, 1, FAKE_AREA(1), MEMORY_SLOT_BYTES + 1);

    (void)state;
    ground_send(&request);
    run_slots(1);
    assert_int_equal(fake.copied_bytes, MEMORY_SLOT_BYTES);
    ground_send(&request);
    run_slots(2);
    assert_ok(ground_last_reply(1), XM__REPLY__RESULT_MEMORY_CHECKED);
    assert_int_equal(ground_last_reply(1)->memory_checked->slots, 2);
    assert_int_equal(ground_last_reply(1)->memory_checked->crc32c,
                     crc_of(1, FAKE_AREA(1), MEMORY_SLOT_BYTES + 1));
}

/* The answer was lost: the question comes again, and nothing is summed again. */
static void a_finished_sum_is_told_again(void **state)
{
    MEMORY_CHECK(request, 1, 1, FAKE_AREA(1), 100);
    uint32_t copied;

    (void)state;
    ground_send(&request);
    run_slots(1);
    copied = fake.copied_bytes;
    ground_forget();
    ground_send(&request);
    run_slots(2);
    assert_ok(ground_last_reply(1), XM__REPLY__RESULT_MEMORY_CHECKED);
    assert_int_equal(ground_last_reply(1)->memory_checked->crc32c, crc_of(1, FAKE_AREA(1), 100));
    assert_int_equal(fake.copied_bytes, copied);
}

static void the_same_id_with_another_range_is_another_sum(void **state)
{
    MEMORY_CHECK(first, 1, 1, FAKE_AREA(1), 100);
    MEMORY_CHECK(second, 1, 1, FAKE_AREA(1), 101);

    (void)state;
    ground_send(&first);
    run_slots(1);
    ground_send(&second);
    run_slots(2);
    assert_int_equal(ground_last_reply(1)->memory_checked->bytes, 101);
    assert_int_equal(ground_last_reply(1)->memory_checked->crc32c, crc_of(1, FAKE_AREA(1), 101));
}

static void a_later_sum_takes_the_place_and_both_are_answered(void **state)
{
    MEMORY_CHECK(first, 1, 1, FAKE_AREA(1), FAKE_AREA_BYTES);
    MEMORY_CHECK(second, 2, 2, FAKE_AREA(2), 10);

    (void)state;
    ground_send(&first);
    ground_send(&second);
    run_slots(2);
    assert_int_equal(ground_last_reply(1)->stage, STAGE(ACCEPTED));
    assert_int_equal(ground_last_reply(1)->memory_checked->bytes, 0);
    assert_ok(ground_last_reply(2), XM__REPLY__RESULT_MEMORY_CHECKED);
    assert_int_equal(ground_last_reply(2)->memory_checked->crc32c, crc_of(2, FAKE_AREA(2), 10));
}

static void a_sum_outside_is_refused_with_the_area_it_missed(void **state)
{
    MEMORY_CHECK(across, 1, 1, TABLE(1) - 1, 2);
    MEMORY_CHECK(empty, 2, 1, FAKE_AREA(1), 0);
    MEMORY_CHECK(top, 3, 1, 0xffffffff, 0xffffffff);
    MEMORY_CHECK(nobody, 4, 77, FAKE_AREA(1), 4);

    (void)state;
    assert_refused(ground_ask(&across),
                   "no area of the partition holds 2 bytes at 0x4020ffff: the nearest, number 0, "
                   "is 0x40200000 to 0x4020ffff");
    assert_refused(ground_ask(&empty),
                   "no such range of memory: an address of 32 bits and at least one byte");
    assert_refused(ground_ask(&top),
                   "no area of the partition holds 4294967295 bytes at 0xffffffff: the nearest, "
                   "number 1, is 0x40210000 to 0x40210fff");
    assert_refused(ground_ask(&nobody), "no such partition: ask for the list");
    assert_int_equal(fake.copied_bytes, 0);
}

static void a_sum_that_the_hypervisor_refuses_fails_and_may_be_asked_again(void **state)
{
    MEMORY_CHECK(request, 1, 1, FAKE_AREA(1), FAKE_AREA_BYTES);

    (void)state;
    ground_send(&request);
    run_slots(1);
    fake.refuse = XM_INVALID_PARAM;
    run_slots(1);
    ground_send(&request);
    run_slots(1);
    assert_int_equal(ground_last_reply(1)->stage, STAGE(FAILED));
    assert_int_equal(ground_last_reply(1)->status->domain,
                     XM__STATUS_DOMAIN__DOMAIN_HYPERVISOR);
    fake.refuse = XM_OK;
    ground_forget();
    ground_send(&request);
    run_slots(1);
    assert_int_equal(ground_last_reply(1)->memory_checked->bytes, MEMORY_SLOT_BYTES);
}

static void a_sum_that_nobody_asks_about_ends(void **state)
{
    MEMORY_CHECK(request, 1, 1, FAKE_AREA(1), FAKE_AREA_BYTES);
    uint32_t copied;

    (void)state;
    ground_send(&request);
    run_slots(1);
    fake_tick(MEMORY_PATIENCE_US - 2 * FAKE_SLOT_US);
    copied = fake.copied_bytes;
    run_slots(1);
    assert_int_equal(fake.copied_bytes - copied, MEMORY_SLOT_BYTES);
    run_slots(1);
    copied = fake.copied_bytes;
    run_slots(5);
    assert_int_equal(fake.copied_bytes, copied);
    ground_send(&request);
    run_slots(1);
    assert_int_equal(ground_last_reply(1)->memory_checked->bytes, MEMORY_SLOT_BYTES);
    assert_int_equal(ground_last_reply(1)->memory_checked->slots, 1);
}

/* Fills the queue of replies until the sum's does not fit it. */
static void fill_replies(struct link *link)
{
    char words[400] = "";
    Xm__Status status = XM__STATUS__INIT;
    Xm__Reply reply = XM__REPLY__INIT;
    uint8_t packed[FRAME_TX_PAYLOAD];
    uint32_t length;

    memset(words, 'x', sizeof(words) - 1);
    status.detail = words;
    reply.id = 9;
    reply.status = &status;
    for (uint32_t shorter = 0; shorter < 2; shorter++) {
        length = (uint32_t)xm__reply__pack(&reply, packed);
        while (link->replies.last - link->replies.first + 3 + length <= LINK_QUEUE_BYTES) {
            assert_true(link_send(link, FRAME_REPLY, packed, length));
        }
        reply.status = NULL;
    }
}

/* Commands that came behind it took the room, and they are answered first. */
static void a_sum_without_room_for_its_answer_is_answered_later(void **state)
{
    struct asker asker = { link_at(0), 1, false };
    MEMORY_CHECK(request, 1, 1, FAKE_AREA(1), 100);

    (void)state;
    memory_check(&asker, &request);
    fill_replies(asker.link);
    memory_poll();
    assert_int_equal(asker.link->counters.frames_unsent, 0);
    assert_serves(2);
    run_slots(40);
    assert_ok(ground_last_reply(1), XM__REPLY__RESULT_MEMORY_CHECKED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ground_fresh, ground_clean)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(ports_are_those_of_the_configuration),
        TEST(a_sampling_port_tells_its_message),
        TEST(a_queuing_port_tells_what_moved_and_what_did_not),
        TEST(many_ports_come_in_pages),
        TEST(ports_from_beyond_the_end_are_none),
        TEST(areas_are_those_of_the_partition),
        TEST(areas_of_no_partition_are_refused),
        TEST(memory_comes_in_chunks_numbered_by_address),
        TEST(memory_is_read_from_any_byte_to_any_byte),
        TEST(the_last_byte_of_an_area_is_its_own),
        TEST(memory_of_the_supervisor_itself_is_refused),
        TEST(a_range_outside_is_refused_with_the_area_it_missed),
        TEST(memory_is_no_book_of_the_list),
        TEST(memory_that_the_hypervisor_refuses_ends_the_read),
        TEST(a_small_range_is_summed_in_the_slot_that_asks),
        TEST(a_large_range_is_summed_over_slots),
        TEST(one_byte_more_than_a_slot_takes_another),
        TEST(a_finished_sum_is_told_again),
        TEST(the_same_id_with_another_range_is_another_sum),
        TEST(a_later_sum_takes_the_place_and_both_are_answered),
        TEST(a_sum_outside_is_refused_with_the_area_it_missed),
        TEST(a_sum_that_the_hypervisor_refuses_fails_and_may_be_asked_again),
        TEST(a_sum_that_nobody_asks_about_ends),
        TEST(a_sum_without_room_for_its_answer_is_answered_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
