/* test_supervisor.c - the whole supervisor over the fake kernel: what goes in on the link, what
 * comes out, what was done */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bytes.h"
#include "fake_kernel.h"
#include "frame.h"
#include "ground.h"
#include "hazard.h"
#include "journal.h"
#include "logs.h"
#include "main.h"
#include "pending.h"
#include "requests.h"

#define STAGE(name) XM__STAGE__STAGE_##name
#define STATUS(name) XM__STATUS_CODE__STATUS_##name
#define HYPERVISOR XM__STATUS_DOMAIN__DOMAIN_HYPERVISOR
#define SUPERVISOR XM__STATUS_DOMAIN__DOMAIN_SUPERVISOR

static void run_us(uint64_t us)
{
    for (uint64_t t = 0; t < us; t += FAKE_SLOT_US) {
        fake_slot();
    }
    ground_listen();
}

static void assert_status(const Xm__Reply *reply, int stage, int domain, int code)
{
    assert_non_null(reply);
    assert_int_equal(reply->stage, stage);
    assert_int_equal(reply->status->domain, domain);
    assert_int_equal(reply->status->code, code);
}

static void assert_ok(const Xm__Reply *reply, int result)
{
    assert_status(reply, STAGE(COMPLETED), SUPERVISOR, STATUS(OK));
    assert_int_equal(reply->result_case, result);
}

static const Xm__LinkState *link_state(uint32_t id)
{
    LINK_STATUS(request, id);
    const Xm__Reply *reply = ground_ask(&request);

    assert_ok(reply, XM__REPLY__RESULT_LINK_STATE);
    return reply->link_state;
}

/* The link still serves: a ping is answered. */
static void assert_serves(uint32_t id)
{
    PING(request, id);
    assert_ok(ground_ask(&request), XM__REPLY__RESULT_PONG);
}

/* ---- frames ---------------------------------------------------------------------------------- */

static void ping_is_answered_with_time_and_boot(void **state)
{
    PING(request, 77);
    request_op.ground_time_us = 0x1122334455667788;
    const Xm__Reply *reply = ground_ask(&request);

    (void)state;
    assert_ok(reply, XM__REPLY__RESULT_PONG);
    assert_true(reply->pong->ground_time_us == 0x1122334455667788);
    assert_int_equal(reply->boot_id, 0xb0071d);
    assert_int_equal(reply->board_time_us, 1000000);
    assert_int_equal(ground_heard[0].counter, 1);
}

static void each_bad_frame_is_counted_and_the_next_good_one_served(void **state)
{
    static const uint8_t damaged[] = { 0, 0x13, 0x5a, 1, 1, 1, 1, 1, 1, 1, 1,
                                       1, 1,    1,    1, 1, 1, 1, 1, 1, 0 };
    static uint8_t big[600];
    const Xm__LinkState *counts;

    (void)state;
    ground_send_frame(0x5b, FRAME_COMMAND, 0, (const uint8_t *)"x", 1); /* other major version */
    assert_serves(1);
    ground_send_frame(0x5a, FRAME_REPLY, 0, (const uint8_t *)"x", 1); /* our own, echoed */
    assert_serves(2);
    ground_send_frame(0x5a, FRAME_COMMAND, 3, (const uint8_t *)"x", 1); /* unknown key */
    assert_serves(3);
    ground_send_frame(0x5a, FRAME_COMMAND, 0, big, 193); /* one byte more than the limit */
    assert_serves(4);
    ground_send_frame(0x5a, FRAME_COMMAND, 0, big, 600); /* far more */
    assert_serves(5);
    fake_type(damaged, sizeof(damaged)); /* decodes, wrong CRC */
    assert_serves(6);
    fake_type((const uint8_t *)"hello there", 12); /* text and its end */
    assert_serves(7);
    fake_type((const uint8_t *)"\x02z", 3); /* COBS, too short for a frame */
    assert_serves(8);
    ground_send_payload((const uint8_t *)"\xff\xff\xff", 3); /* no protobuf */
    assert_serves(9);
    counts = link_state(10);
    assert_int_equal(counts->version_errors, 2);
    assert_int_equal(counts->key_errors, 1);
    assert_int_equal(counts->length_errors, 3);
    assert_int_equal(counts->crc_errors, 1);
    assert_int_equal(counts->console_bytes, 11);
    assert_int_equal(counts->decode_errors, 1);
    assert_int_equal(counts->mac_errors, 0);
    assert_int_equal(counts->replay_errors, 0);
    assert_int_equal(counts->frames_good, 11);
    assert_false(counts->authenticated);
}

static void the_largest_payload_is_taken(void **state)
{
    uint8_t payload[FRAME_RX_PAYLOAD] = {
        0x08, 0x05, 0x52, 0x00, 0xfa, 0x06, 0xb9, 0x01
    }; /* id 5, ping, unknown bytes */

    (void)state;
    ground_send_payload(payload, sizeof(payload));
    fake_slot();
    ground_listen();
    assert_int_equal(link_state(6)->length_errors, 0);
    assert_int_equal(link_state(7)->decode_errors, 1); /* 185 announced, 184 there */
    payload[6] = 0xb8;
    ground_send_payload(payload, sizeof(payload));
    fake_slot();
    ground_listen();
    assert_ok(ground_last_reply(5), XM__REPLY__RESULT_PONG);
}

static void a_frame_may_come_byte_by_byte(void **state)
{
    uint8_t wire[FAKE_RING];
    uint32_t count;

    (void)state;
    PING(request, 9);
    ground_send(&request);
    count = fake.rx_count;
    memcpy(wire, fake.rx, count);
    fake.rx_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(ground_count, 0);
        fake_type(wire + i, 1);
        fake_slot();
        ground_listen();
    }
    assert_ok(ground_last_reply(9), XM__REPLY__RESULT_PONG);
}

static void unknown_operation_is_answered(void **state)
{
    static const uint8_t future[] = { 0x08, 0x21, 0xda, 0x06, 0x00 }; /* id 33, field 107 */
    Xm__Request none = XM__REQUEST__INIT;

    (void)state;
    none.id = 34;
    ground_send_payload(future, sizeof(future));
    fake_slot();
    ground_listen();
    assert_status(ground_last_reply(33), STAGE(REJECTED), SUPERVISOR, STATUS(UNSUPPORTED));
    assert_status(ground_ask(&none), STAGE(REJECTED), SUPERVISOR, STATUS(UNSUPPORTED));
}

static void request_id_zero_is_refused(void **state)
{
    PING(request, 0);

    (void)state;
    assert_status(ground_ask(&request), STAGE(REJECTED), SUPERVISOR, STATUS(INVALID));
}

static void a_burst_is_served_over_several_slots(void **state)
{
    (void)state;
    for (uint32_t id = 1; id <= 40; id++) {
        PING(request, id);
        ground_send(&request);
    }
    fake_slot();
    ground_listen();
    assert_int_equal(ground_count_type(FRAME_REPLY), 16);
    run_us(3 * FAKE_SLOT_US);
    assert_int_equal(ground_count_type(FRAME_REPLY), 40);
    for (uint32_t id = 1; id <= 40; id++) {
        assert_ok(ground_last_reply(id), XM__REPLY__RESULT_PONG);
    }
}

static void a_stopped_line_loses_no_reply(void **state)
{
    (void)state;
    fake.line_bytes = 0;
    for (uint32_t id = 1; id <= 400; id++) {
        PARTITION_LIST(request, id, 0);
        if (fake.rx_count + 40 <= FAKE_RING) {
            ground_send(&request);
            continue;
        }
        fake_slot();
        id--;
        if (fake.rx_count + 40 > FAKE_RING) {
            break; /* queue, ring and receive ring are full: the board takes no more */
        }
    }
    run_us(1000000);
    assert_int_equal(ground_count, 0);
    uint64_t asked = fake.link.rx_bytes / 31; /* more than there are requests */
    fake.line_bytes = FAKE_RING;
    run_us(2000000);
    for (uint32_t id = 1; id <= asked && ground_last_reply(id) != NULL; id++) {
        assert_ok(ground_last_reply(id), XM__REPLY__RESULT_PARTITIONS);
        assert_null(ground_reply(id, 1));
    }
    assert_true(ground_count_type(FRAME_REPLY) > 20);
    const Xm__LinkState *counts = link_state(1000);
    assert_int_equal(ground_count_type(FRAME_REPLY),
                     counts->frames_good); /* the last one included */
    assert_int_equal(fake.link.rx_dropped, 0);
    for (unsigned i = 0; i < ground_count; i++) {
        assert_int_equal(ground_heard[i].counter,
                         i + 1); /* nothing in halves, nothing lost after its counter was given */
    }
}

/* ---- asking ---------------------------------------------------------------------------------- */

static void hello_tells_who_and_how_much(void **state)
{
    REQUEST(request, 3, HELLO, hello, Xm__Hello, XM__HELLO__INIT);
    const Xm__Reply *reply = ground_ask(&request);

    (void)state;
    assert_ok(reply, XM__REPLY__RESULT_HELLO_ACK);
    assert_int_equal(reply->hello_ack->mtu, 192);
    assert_int_equal(reply->hello_ack->credit, FAKE_RING);
    assert_string_equal(reply->hello_ack->system_name, "fake system");
    assert_int_equal(reply->hello_ack->config_crc32c, 0xc0ffee01);
    assert_int_equal(reply->hello_ack->xm_version, 0x000100);
    assert_false(reply->hello_ack->authenticated);
    assert_true(reply->hello_ack->nonce_board != 0);
}

static void partition_list_tells_state(void **state)
{
    PARTITION_LIST(request, 4, 0);
    const Xm__Reply *reply;
    const Xm__PartitionState *p1;

    (void)state;
    fake.partition[1].status = (xmPartitionStatus_t){ .state = XM_STATUS_SUSPENDED,
                                                      .opMode = 3,
                                                      .resetCounter = 2,
                                                      .resetStatus = 9,
                                                      .execClock = 123456789012,
                                                      .noSamplingPortMsgsRead = 1,
                                                      .noSamplingPortMsgsWritten = 20,
                                                      .noQueuingPortMsgsSent = 300,
                                                      .noQueuingPortMsgsReceived = 4000 };
    reply = ground_ask(&request);
    assert_ok(reply, XM__REPLY__RESULT_PARTITIONS);
    assert_int_equal(reply->partitions->total, 4);
    assert_int_equal(reply->partitions->n_partition, 4);
    assert_string_equal(reply->partitions->partition[0]->name, "supervisor");
    assert_true(reply->partitions->partition[0]->system);
    p1 = reply->partitions->partition[1];
    assert_string_equal(p1->name, "P1");
    assert_false(p1->system);
    assert_int_equal(p1->state, XM__PARTITION_RUN_STATE__RUN_SUSPENDED);
    assert_int_equal(p1->reset_counter, 2);
    assert_int_equal(p1->reset_status, 9);
    assert_true(p1->exec_clock_us == 123456789012);
    assert_int_equal(p1->op_mode, 3);
    assert_int_equal(p1->messages_in, 4001);
    assert_int_equal(p1->messages_out, 320);
}

/* Asks page by page as the ground does; every item must come exactly once, in order. */
static void check_pages(bool large_values)
{
    const struct fake_shape large = {
        .partitions = 40, .plans = 30, .slots = 200, .large_values = large_values
    };
    uint32_t id = 0, found, pages;

    fake_init(&large);
    for (unsigned i = 0; large_values && i < 40; i++) {
        struct fake_partition *p = &fake.partition[i];

        memset(&p->status, 0xff, sizeof(p->status));
        p->status.state = XM_STATUS_HALTED;
        p->console.oldest = p->console.next = UINT64_MAX / 2;
        p->trace.oldest = p->trace.next = UINT64_MAX / 2;
    }
    for (found = 0, pages = 0; found < 40; pages++) {
        PARTITION_LIST(request, ++id, found);
        const Xm__Partitions *page = ground_ask(&request)->partitions;
        assert_int_equal(page->total, 40);
        assert_true(page->n_partition > 0);
        for (size_t i = 0; i < page->n_partition; i++) {
            assert_int_equal(page->partition[i]->partition, found++);
        }
    }
    assert_in_range(pages, 2, 10);
    for (found = 0, pages = 0; found < 30; pages++) {
        REQUEST(request, ++id, PLAN_LIST, plan_list, Xm__PlanList, XM__PLAN_LIST__INIT);
        request_op.first = found;
        const Xm__Plans *page = ground_ask(&request)->plans;
        assert_int_equal(page->total, 30);
        assert_true(page->n_plan > 0);
        assert_non_null(page->state);
        for (size_t i = 0; i < page->n_plan; i++) {
            assert_int_equal(page->plan[i]->plan, found++);
        }
    }
    assert_in_range(pages, 2, 10);
    for (found = 0, pages = 0; found < 199; pages++) {
        REQUEST(request, ++id, PLAN_SHOW, plan_show, Xm__PlanShow, XM__PLAN_SHOW__INIT);
        request_op.first_slot = found;
        const Xm__Slots *page = ground_ask(&request)->slots;
        assert_int_equal(page->total, 199);
        assert_true(page->n_slot > 0);
        for (size_t i = 0; i < page->n_slot; i++, found++) {
            assert_int_equal(page->slot[i]->slot,
                             found == 0 ? 0 : found + 1); /* slot 1 is the gap */
        }
    }
    for (found = 0, pages = 0; found < 81;
         pages++) { /* HM, hypervisor's trace, 40 consoles, 39 traces */
        REQUEST(request, ++id, BOOK_LIST, book_list, Xm__BookList, XM__BOOK_LIST__INIT);
        request_op.first = found;
        const Xm__Books *page = ground_ask(&request)->books;
        assert_int_equal(page->total, 81);
        assert_true(page->n_book > 0);
        found += (uint32_t)page->n_book;
    }
    assert_int_equal(found, 81);
    for (unsigned i = 0; i < ground_count; i++) {
        assert_true(ground_heard[i].payload_bytes <= FRAME_TX_PAYLOAD);
    }
}

static void long_lists_come_in_pages(void **state)
{
    (void)state;
    check_pages(false);
}

static void pages_are_as_long_as_their_items_let_them(void **state)
{
    (void)state;
    check_pages(true);
}

static void lists_from_beyond_their_end_are_empty(void **state)
{
    PARTITION_LIST(partitions, 1, 0xffffffff);
    REQUEST(plans, 2, PLAN_LIST, plan_list, Xm__PlanList, XM__PLAN_LIST__INIT);
    REQUEST(slots, 3, PLAN_SHOW, plan_show, Xm__PlanShow, XM__PLAN_SHOW__INIT);
    REQUEST(books, 4, BOOK_LIST, book_list, Xm__BookList, XM__BOOK_LIST__INIT);

    (void)state;
    plans_op.first = slots_op.first_slot = books_op.first = 0xffffffff;
    assert_int_equal(ground_ask(&partitions)->partitions->n_partition, 0);
    assert_int_equal(ground_ask(&plans)->plans->n_plan, 0);
    assert_int_equal(ground_ask(&slots)->slots->n_slot, 0);
    assert_int_equal(ground_ask(&books)->books->n_book, 0);
}

static void plan_list_and_show_read_the_configuration(void **state)
{
    REQUEST(list, 5, PLAN_LIST, plan_list, Xm__PlanList, XM__PLAN_LIST__INIT);
    REQUEST(show, 6, PLAN_SHOW, plan_show, Xm__PlanShow, XM__PLAN_SHOW__INIT);
    REQUEST(wrong, 7, PLAN_SHOW, plan_show, Xm__PlanShow, XM__PLAN_SHOW__INIT);
    const Xm__Reply *reply = ground_ask(&list);

    (void)state;
    assert_ok(reply, XM__REPLY__RESULT_PLANS);
    assert_int_equal(reply->plans->n_plan, 3);
    assert_string_equal(reply->plans->plan[0]->name, "nominal");
    assert_int_equal(reply->plans->plan[0]->major_frame_us, 250000);
    assert_int_equal(reply->plans->plan[0]->slot_count, 3);
    assert_true(reply->plans->plan[0]->supervisor_slot);
    assert_string_equal(reply->plans->plan[2]->name, "locked");
    assert_false(reply->plans->plan[2]->supervisor_slot);
    assert_int_equal(reply->plans->state->previous, -1);
    reply = ground_ask(&show);
    assert_ok(reply, XM__REPLY__RESULT_SLOTS);
    assert_int_equal(reply->slots->n_slot, 3);
    assert_int_equal(reply->slots->slot[2]->slot, 3);
    assert_int_equal(reply->slots->slot[2]->partition, 2);
    assert_int_equal(reply->slots->slot[2]->start_us, 30000);
    assert_int_equal(reply->slots->slot[2]->duration_us, 10000);
    wrong_op.plan = 3;
    assert_status(ground_ask(&wrong), STAGE(REJECTED), SUPERVISOR, STATUS(INVALID));
}

static void system_status_puts_kernel_and_counts_together(void **state)
{
    REQUEST(request, 8, SYSTEM_STATUS, system_status, Xm__SystemStatus, XM__SYSTEM_STATUS__INIT);
    const Xm__SystemState *system;

    (void)state;
    fake.system.noHmEvents = 41;
    fake.system.noIrqs = 42;
    fake.info.hm_lost = 43;
    fake.info.system_reset_counter = 44;
    assert_ok(ground_ask(&request), XM__REPLY__RESULT_SYSTEM_STATE);
    system = ground_last_reply(8)->system_state;
    assert_string_equal(system->name, "fake system");
    assert_int_equal(system->hm_events, 41);
    assert_int_equal(system->interrupts, 42);
    assert_int_equal(system->hm_lost, 43);
    assert_int_equal(system->reset_counter, 44);
    assert_int_equal(system->slot_lateness_max_us, 9);
    assert_int_equal(system->kernel_bytes_total, 2000);
    assert_int_equal(system->partition_count, 4);
    assert_int_equal(system->cpu_khz, 50000);
    assert_int_equal(system->plan->current, 0);
}

static void link_status_tells_the_device_and_the_arena(void **state)
{
    const Xm__LinkState *counts = link_state(1);

    (void)state;
    assert_true(counts->rx_bytes > 0);
    assert_int_equal(counts->budget_bytes, 256);
    assert_true(counts->arena_high_water > 0 && counts->arena_high_water < 1024);
    assert_int_equal(counts->frames_sent, 0); /* before this reply */
    counts = link_state(2);
    assert_int_equal(counts->frames_sent, 2); /* the reply, and a beacon */
}

static void books_are_those_that_exist(void **state)
{
    REQUEST(request, 9, BOOK_LIST, book_list, Xm__BookList, XM__BOOK_LIST__INIT);
    const Xm__Books *books;

    (void)state;
    fake_log_hm(100); /* 64 fit */
    fake_print(1, "abc");
    books = ground_ask(&request)->books;
    assert_int_equal(books->total, 9); /* HM, hypervisor's trace, 4 consoles, 3 traces */
    assert_int_equal(books->n_book, 9);
    assert_int_equal(books->boot_id, 0xb0071d);
    assert_int_equal(books->book[0]->book, XM__BOOK__BOOK_HM);
    assert_int_equal(books->book[0]->oldest, 37);
    assert_int_equal(books->book[0]->next, 101);
    assert_int_equal(books->book[1]->source, XM_HYPERVISOR_ID);
    assert_int_equal(books->book[5]->book, XM__BOOK__BOOK_CONSOLE);
    assert_int_equal(books->book[5]->source, 1);
    assert_int_equal(books->book[5]->next, 4);
}

/* ---- partition control ----------------------------------------------------------------------- */

static void suspend_and_resume_are_seen_at_once(void **state)
{
    CONTROL(suspend, 20, 1, SUSPEND);
    CONTROL(resume, 21, 1, RESUME);

    (void)state;
    assert_ok(ground_ask(&suspend), XM__REPLY__RESULT_PARTITION_STATE);
    assert_int_equal(ground_last_reply(20)->partition_state->state,
                     XM__PARTITION_RUN_STATE__RUN_SUSPENDED);
    assert_int_equal(fake.partition[1].status.state, XM_STATUS_SUSPENDED);
    assert_ok(ground_ask(&resume), XM__REPLY__RESULT_PARTITION_STATE);
    assert_int_equal(fake.partition[1].status.state, XM_STATUS_READY);
}

static void what_is_so_already_completes_and_says_so(void **state)
{
    CONTROL(request, 22, 1, HALT);

    (void)state;
    fake.partition[1].status.state = XM_STATUS_HALTED;
    assert_status(ground_ask(&request), STAGE(COMPLETED), HYPERVISOR, XM_NO_ACTION);
}

static void suspending_a_halted_partition_is_rejected(void **state)
{
    CONTROL(request, 23, 1, SUSPEND);

    (void)state;
    fake.partition[1].status.state = XM_STATUS_HALTED;
    assert_status(ground_ask(&request), STAGE(REJECTED), HYPERVISOR, XM_NO_ACTION);
}

static void a_refusal_of_the_hypervisor_is_passed_on(void **state)
{
    CONTROL(request, 24, 1, HALT);
    SWITCH(other, 25, 1);

    (void)state;
    fake.refuse = XM_PERM_ERROR;
    assert_status(ground_ask(&request), STAGE(REJECTED), HYPERVISOR, XM_PERM_ERROR);
    assert_status(ground_ask(&other), STAGE(REJECTED), HYPERVISOR, XM_PERM_ERROR);
}

static void impossible_values_are_refused(void **state)
{
    CONTROL(who, 25, 4, HALT);
    CONTROL(none, 26, 1, ACTION_NONE);
    CONTROL(what, 27, 1, HALT);

    (void)state;
    what_op.action = (Xm__PartitionAction)7;
    assert_status(ground_ask(&who), STAGE(REJECTED), SUPERVISOR, STATUS(INVALID));
    assert_status(ground_ask(&none), STAGE(REJECTED), SUPERVISOR, STATUS(INVALID));
    assert_status(ground_ask(&what), STAGE(REJECTED), SUPERVISOR, STATUS(INVALID));
    what.id = 28;
    what_op.action = (Xm__PartitionAction)-1;
    assert_status(ground_ask(&what), STAGE(REJECTED), SUPERVISOR, STATUS(INVALID));
    assert_int_equal(fake.partition[1].status.state, XM_STATUS_READY);
}

static void check_reset(int action, uint32_t mode)
{
    CONTROL(request, 30, 2, RESET_WARM);
    const Xm__Reply *reply;

    request_op.action = (Xm__PartitionAction)action;
    request_op.reset_status = 0xabcd;
    fake.partition[2].status.resetCounter = 5;
    ground_send(&request);
    fake_slot();
    ground_listen();
    reply = ground_reply(30, 0);
    assert_status(reply, STAGE(STARTED), SUPERVISOR, STATUS(OK));
    run_us(100000);
    reply = ground_reply(30, 1);
    assert_ok(reply, XM__REPLY__RESULT_PARTITION_STATE);
    assert_int_equal(reply->partition_state->reset_counter, mode == XM_WARM_RESET ? 6 : 0);
    assert_int_equal(reply->partition_state->reset_status, 0xabcd);
    assert_null(ground_reply(30, 2));
    assert_int_equal(fake.reset_calls, 1);
}

static void warm_reset_starts_and_completes(void **state)
{
    (void)state;
    check_reset(XM__PARTITION_ACTION__PARTITION_RESET_WARM, XM_WARM_RESET);
}

static void cold_reset_starts_and_completes(void **state)
{
    (void)state;
    check_reset(XM__PARTITION_ACTION__PARTITION_RESET_COLD, XM_COLD_RESET);
}

static void a_reset_partition_that_halts_again_has_failed(void **state)
{
    CONTROL(request, 31, 2, RESET_COLD);

    (void)state;
    fake.partition[2].halts_at_start = true;
    assert_status(ground_ask(&request), STAGE(STARTED), SUPERVISOR, STATUS(OK));
    run_us(FAKE_SLOT_US);
    assert_status(ground_last_reply(31), STAGE(FAILED), SUPERVISOR, STATUS(INVALID));
}

static void a_reset_partition_that_never_runs_times_out(void **state)
{
    CONTROL(request, 32, 2, RESET_WARM);

    (void)state;
    fake.partition[2].runs = false;
    ground_send(&request);
    run_us(9900000);
    assert_int_equal(ground_last_reply(32)->stage, STAGE(STARTED));
    run_us(200000);
    assert_status(ground_last_reply(32), STAGE(FAILED), SUPERVISOR, STATUS(TIMEOUT));
}

static void a_warm_reset_without_a_new_life_times_out(void **state)
{
    CONTROL(request, 32, 2, RESET_WARM);

    (void)state;
    fake.partition[2].ignores_reset = true;
    ground_send(&request);
    run_us(9900000);
    assert_int_equal(ground_last_reply(32)->stage, STAGE(STARTED));
    run_us(200000);
    assert_status(ground_last_reply(32), STAGE(FAILED), SUPERVISOR, STATUS(TIMEOUT));
}

static void shutdown_completes_when_the_partition_has_halted(void **state)
{
    CONTROL(request, 33, 1, SHUTDOWN);

    (void)state;
    fake.partition[1].ignores_shutdown = true;
    assert_status(ground_ask(&request), STAGE(STARTED), SUPERVISOR, STATUS(OK));
    run_us(200000);
    assert_null(ground_reply(33, 1));
    fake.partition[1].status.state = XM_STATUS_HALTED;
    run_us(FAKE_SLOT_US);
    assert_ok(ground_last_reply(33), XM__REPLY__RESULT_PARTITION_STATE);
}

static void the_ground_may_set_the_time_limit(void **state)
{
    CONTROL(request, 34, 1, SHUTDOWN);

    (void)state;
    fake.partition[1].ignores_shutdown = true;
    request.deadline_ms = 300;
    ground_send(&request);
    run_us(290000);
    assert_int_equal(ground_last_reply(34)->stage, STAGE(STARTED));
    run_us(50000);
    assert_status(ground_last_reply(34), STAGE(FAILED), SUPERVISOR, STATUS(TIMEOUT));
}

static void too_many_commands_in_progress_are_refused(void **state)
{
    (void)state;
    fake.partition[1].ignores_shutdown = true;
    for (uint32_t i = 0; i < PENDING_MAX; i++) {
        CONTROL(request, 40 + i, 1, SHUTDOWN);
        assert_status(ground_ask(&request), STAGE(STARTED), SUPERVISOR, STATUS(OK));
    }
    CONTROL(request, 60, 2, HALT);
    assert_status(ground_ask(&request), STAGE(REJECTED), SUPERVISOR, STATUS(BUSY));
    assert_int_equal(fake.partition[2].status.state, XM_STATUS_READY);
    fake.partition[1].status.state = XM_STATUS_HALTED;
    run_us(FAKE_SLOT_US);
    request.id = 61;
    assert_ok(ground_ask(&request), XM__REPLY__RESULT_PARTITION_STATE);
}

static void own_reset_waits_for_its_reply_to_leave(void **state)
{
    CONTROL(request, 35, FAKE_SELF, RESET_WARM);

    (void)state;
    request_op.reset_status = 7;
    fake.line_bytes = 10; /* slow: the reply takes several slots */
    ground_send(&request);
    for (int i = 0; i < 100 && fake.end == FAKE_GOES_ON; i++) {
        fake_slot();
    }
    ground_listen();
    assert_int_equal(fake.end, FAKE_SELF_RESET);
    assert_int_equal(fake.end_mode, XM_WARM_RESET);
    assert_int_equal(fake.end_status, 7);
    assert_int_equal(fake.tx_count, 0);
    assert_int_equal(ground_last_reply(35)->stage, STAGE(STARTED));
    /* its next life serves, and remembers nothing */
    fake.end = FAKE_GOES_ON;
    fake.line_bytes = FAKE_RING;
    supervisor_start();
    assert_serves(36);
}

static void own_reset_leaves_the_device_a_slot_to_send(void **state)
{
    CONTROL(request, 35, FAKE_SELF, RESET_WARM);

    (void)state;
    ground_send(&request);
    fake_slot(); /* answers */
    fake_slot(); /* sees the ring empty: the last bytes may still be in the device */
    assert_int_equal(fake.end, FAKE_GOES_ON);
    fake_slot();
    assert_int_equal(fake.end, FAKE_SELF_RESET);
}

/* Partition 1 prints ten bytes so many times. */
static void print_tens(int times)
{
    for (int i = 0; i < times; i++) {
        fake_print(1, "abcdefghij");
    }
}

static void own_reset_is_not_held_up_by_a_log_read(void **state)
{
    LOG_READ(read, 34, CONSOLE, 1, 0, 0);
    CONTROL(reset, 35, FAKE_SELF, RESET_WARM);

    (void)state;
    print_tens(400);
    fake.line_bytes = 10; /* the read takes 4 s */
    ground_send(&read);
    run_us(500000);
    ground_send(&reset);
    run_us(4000000); /* a frame's 2880 bytes of bulk and one chunk may be in the ring */
    assert_int_equal(fake.end, FAKE_SELF_RESET);
    assert_int_equal(ground_last_reply(35)->stage, STAGE(STARTED));
}

static void own_reset_does_not_wait_for_ever(void **state)
{
    CONTROL(request, 36, FAKE_SELF, RESET_COLD);

    (void)state;
    fake.line_bytes = 0;
    ground_send(&request);
    run_us(4900000);
    assert_int_equal(fake.end, FAKE_GOES_ON);
    run_us(200000);
    assert_int_equal(fake.end, FAKE_SELF_RESET);
}

static void own_halt_and_shutdown_stop_the_supervisor(void **state)
{
    CONTROL(halt, 37, FAKE_SELF, HALT);
    CONTROL(shutdown, 38, FAKE_SELF, SHUTDOWN);

    (void)state;
    assert_int_equal(ground_ask(&halt)->stage, STAGE(STARTED));
    run_us(5 * FAKE_SLOT_US);
    assert_int_equal(fake.end, FAKE_SELF_HALTED);
    ground_fresh(NULL);
    assert_int_equal(ground_ask(&shutdown)->stage, STAGE(STARTED));
    run_us(5 * FAKE_SLOT_US);
    assert_int_equal(fake.end, FAKE_SELF_HALTED);
}

static void own_suspension_completes_when_resumed(void **state)
{
    CONTROL(request, 39, FAKE_SELF, SUSPEND);

    (void)state;
    ground_send(&request);
    run_us(5 * FAKE_SLOT_US);
    assert_int_equal(fake.suspend_calls, 1);
    assert_int_equal(ground_reply(39, 0)->stage, STAGE(STARTED));
    assert_int_equal(ground_reply(39, 1)->stage, STAGE(COMPLETED));
}

static void the_time_limit_grows_with_the_major_frame(void **state)
{
    static const struct fake_shape slow = {
        .partitions = 4, .plans = 3, .slots = 4, .frame_us = 8000000
    };

    (void)state;
    fake_init(&slow);
    fake.plan_never_switches = true;
    SWITCH(request, 35, 1);
    ground_send(&request);
    run_us(16900000); /* two frames and a second are 17 s */
    assert_int_equal(ground_last_reply(35)->stage, STAGE(STARTED));
    run_us(200000);
    assert_status(ground_last_reply(35), STAGE(FAILED), SUPERVISOR, STATUS(TIMEOUT));
}

/* ---- plans ----------------------------------------------------------------------------------- */

static void plan_switch_starts_and_completes_at_the_frame_end(void **state)
{
    SWITCH(request, 50, 1);
    const Xm__Reply *reply;
    uint64_t first_frame = fake.info.frame;

    (void)state;
    ground_send(&request);
    run_us(FAKE_SLOT_US);
    reply = ground_reply(50, 0);
    assert_status(reply, STAGE(STARTED), SUPERVISOR, STATUS(OK));
    assert_int_equal(reply->plan_state->current, 0);
    assert_int_equal(reply->plan_state->requested, 1);
    run_us(1300000);
    reply = ground_reply(50, 1);
    assert_ok(reply, XM__REPLY__RESULT_PLAN_STATE);
    assert_int_equal(reply->plan_state->current, 1);
    assert_int_equal(reply->plan_state->previous, 0);
    assert_true(reply->plan_state->switch_frame > first_frame);
    assert_int_equal(reply->plan_state->switch_frame, fake.info.switch_frame);
    assert_int_equal(reply->plan_state->switch_time_us, fake.info.switch_time_us);
    assert_null(ground_reply(50, 2));
    assert_int_equal(fake.switch_calls, 1);
}

static void a_plan_without_the_supervisor_is_locked_out(void **state)
{
    SWITCH(request, 51, 2);

    (void)state;
    assert_status(ground_ask(&request), STAGE(REJECTED), SUPERVISOR, STATUS(LOCKOUT));
    assert_int_equal(fake.switch_calls, 0);
}

static void an_unknown_plan_is_refused(void **state)
{
    SWITCH(request, 52, 3);

    (void)state;
    assert_status(ground_ask(&request), STAGE(REJECTED), SUPERVISOR, STATUS(INVALID));
}

static void switching_to_the_plan_in_force_completes_at_once(void **state)
{
    SWITCH(request, 53, 0);

    (void)state;
    assert_status(ground_ask(&request), STAGE(COMPLETED), HYPERVISOR, XM_NO_ACTION);
    assert_int_equal(ground_last_reply(53)->plan_state->current, 0);
}

static void a_second_plan_switch_waits_its_turn(void **state)
{
    SWITCH(first, 54, 1);
    SWITCH(second, 55, 0);

    (void)state;
    fake.plan_never_switches = true;
    assert_int_equal(ground_ask(&first)->stage, STAGE(STARTED));
    assert_status(ground_ask(&second), STAGE(REJECTED), SUPERVISOR, STATUS(BUSY));
}

static void a_plan_that_does_not_begin_times_out(void **state)
{
    SWITCH(request, 56, 1);

    (void)state;
    fake.plan_never_switches = true;
    ground_send(&request);
    run_us(9900000);
    assert_int_equal(ground_last_reply(56)->stage, STAGE(STARTED));
    run_us(200000);
    assert_status(ground_last_reply(56), STAGE(FAILED), SUPERVISOR, STATUS(TIMEOUT));
}

static void a_plan_switch_overridden_by_another_partition_fails(void **state)
{
    SWITCH(request, 57, 1);

    (void)state;
    fake.plan_never_switches = true;
    ground_send(&request);
    run_us(FAKE_SLOT_US);
    fake.info.requested_plan = 0;
    run_us(FAKE_SLOT_US);
    assert_status(ground_last_reply(57), STAGE(FAILED), SUPERVISOR, STATUS(BUSY));
}

/* ---- at most once ---------------------------------------------------------------------------- */

static void a_repeated_command_is_answered_and_not_executed_again(void **state)
{
    CONTROL(request, 60, 2, RESET_WARM);

    (void)state;
    ground_send(&request);
    ground_send(&request); /* the ground was impatient */
    fake_slot();
    ground_listen();
    assert_int_equal(ground_reply(60, 0)->stage, STAGE(STARTED));
    assert_int_equal(ground_reply(60, 1)->stage, STAGE(STARTED));
    run_us(5 * FAKE_SLOT_US);
    assert_int_equal(ground_reply(60, 2)->stage, STAGE(COMPLETED));
    uint64_t completed_us = ground_reply(60, 2)->board_time_us;
    run_us(1000000);
    assert_int_equal(ground_ask(&request)->stage, STAGE(COMPLETED));
    assert_non_null(ground_reply(60, 3));
    assert_int_equal(ground_reply(60, 3)->board_time_us, completed_us); /* the stored one */
    assert_int_equal(ground_reply(60, 3)->partition_state->partition, 2);
    assert_int_equal(fake.reset_calls, 1);
}

static void the_last_sixteen_commands_are_remembered(void **state)
{
    (void)state;
    CONTROL(first, 100, 2, RESET_WARM);
    ground_ask(&first);
    run_us(100000);
    for (uint32_t i = 1; i < JOURNAL_PLACES; i++) {
        CONTROL(request, 100 + i, 1, RESUME);
        ground_ask(&request);
    }
    assert_int_equal(ground_ask(&first)->stage, STAGE(COMPLETED));
    assert_int_equal(fake.reset_calls, 1);
    CONTROL(one_more, 200, 1, RESUME);
    ground_ask(&one_more);
    assert_int_equal(ground_ask(&first)->stage,
                     STAGE(STARTED)); /* now it is forgotten, and done again */
    assert_int_equal(fake.reset_calls, 2);
}

static void a_command_in_progress_is_never_forgotten(void **state)
{
    CONTROL(first, 100, 1, SHUTDOWN);

    (void)state;
    fake.partition[1].ignores_shutdown = true;
    assert_int_equal(ground_ask(&first)->stage, STAGE(STARTED));
    for (uint32_t i = 1; i < 40; i++) {
        CONTROL(request, 100 + i, 2, RESUME);
        ground_ask(&request);
    }
    fake.partition[1].status.state = XM_STATUS_HALTED;
    run_us(FAKE_SLOT_US);
    assert_int_equal(ground_last_reply(100)->stage, STAGE(COMPLETED));
    fake.partition[1].status.state = XM_STATUS_READY;
    assert_int_equal(ground_ask(&first)->stage, STAGE(COMPLETED));
}

static void the_same_id_with_other_contents_is_refused(void **state)
{
    CONTROL(suspend, 70, 1, SUSPEND);
    CONTROL(resume, 70, 1, RESUME);

    (void)state;
    ground_ask(&suspend);
    assert_status(ground_ask(&resume), STAGE(REJECTED), SUPERVISOR, STATUS(INVALID));
    assert_int_equal(fake.partition[1].status.state, XM_STATUS_SUSPENDED);
    /* and the refusal has not taken the place of the first command's reply */
    assert_status(ground_ask(&suspend), STAGE(COMPLETED), SUPERVISOR, STATUS(OK));
    assert_int_equal(fake.suspend_calls, 1);
}

static void a_question_with_the_id_of_a_command_leaves_its_reply_alone(void **state)
{
    CONTROL(suspend, 71, 1, SUSPEND);
    PING(ping, 71);

    (void)state;
    ground_ask(&suspend);
    assert_ok(ground_ask(&ping), XM__REPLY__RESULT_PONG);
    assert_ok(ground_ask(&suspend), XM__REPLY__RESULT_PARTITION_STATE);
    assert_int_equal(fake.suspend_calls, 1);
}

static void a_token_is_no_part_of_what_is_asked(void **state)
{
    SYSTEM_CONTROL(first, 72, RESET_WARM, 0x12345678);
    SYSTEM_CONTROL(again, 72, RESET_WARM, 0x87654321);
    const char *detail;

    (void)state;
    detail = ground_ask(&first)->status->detail;
    assert_status(ground_last_reply(72), STAGE(REJECTED), SUPERVISOR, STATUS(NEEDS_TOKEN));
    assert_string_equal(ground_ask(&again)->status->detail, detail);
    assert_int_equal(again.hazard_token, 0x87654321);
}

static void critical_commands_must_be_confirmed(void **state)
{
    CONTROL(control, 73, 1, SUSPEND);
    SWITCH(change, 74, 1);

    (void)state;
    control.confirmed = change.confirmed = false;
    assert_status(ground_ask(&control), STAGE(REJECTED), SUPERVISOR, STATUS(NEEDS_CONFIRMATION));
    assert_status(ground_ask(&change), STAGE(REJECTED), SUPERVISOR, STATUS(NEEDS_CONFIRMATION));
    assert_int_equal(fake.suspend_calls + fake.switch_calls, 0);
    /* a refusal is an outcome: the confirmed command is another one */
    control.confirmed = true;
    assert_status(ground_ask(&control), STAGE(REJECTED), SUPERVISOR, STATUS(INVALID));
    control.id = 75;
    assert_status(ground_ask(&control), STAGE(COMPLETED), SUPERVISOR, STATUS(OK));
}

/* ---- commands over a reset ------------------------------------------------------------------- */

static const Xm__CommandState *command_state(uint32_t id, uint32_t which)
{
    REQUEST(request, id, COMMAND_STATUS, command_status, Xm__CommandStatus,
            XM__COMMAND_STATUS__INIT);
    const Xm__Reply *reply;

    request_op.id = which;
    reply = ground_ask(&request);
    assert_ok(reply, XM__REPLY__RESULT_COMMAND_STATE);
    assert_int_equal(reply->command_state->id, which);
    return reply->command_state;
}

static void assert_known(const Xm__CommandState *state, int knowledge, int stage, int domain,
                         int code)
{
    assert_int_equal(state->knowledge, knowledge);
    assert_int_equal(state->stage, stage);
    assert_int_equal(state->status->domain, domain);
    assert_int_equal(state->status->code, code);
}

#define KNOWN(name) XM__KNOWLEDGE__##name

static void what_became_of_a_command_can_be_asked(void **state)
{
    CONTROL(slow, 80, 1, SHUTDOWN);
    CONTROL(done, 81, 2, SUSPEND);
    CONTROL(refused, 82, 3, SUSPEND);
    const Xm__CommandState *known;

    (void)state;
    fake.partition[1].ignores_shutdown = true;
    ground_ask(&slow);
    fake_tick(5000);
    ground_ask(&done);
    fake.refuse = XM_OP_NOT_ALLOWED;
    ground_ask(&refused);
    known = command_state(1, 80);
    assert_known(known, KNOWN(IN_PROGRESS), STAGE(STARTED), SUPERVISOR, STATUS(OK));
    assert_int_equal(known->operation, XM__REQUEST__OP_PARTITION_CONTROL);
    assert_int_equal(known->board_time_us, 1000000);
    assert_int_equal(known->boot_id, 0xb0071d);
    assert_known(command_state(2, 81), KNOWN(FINISHED), STAGE(COMPLETED), SUPERVISOR, STATUS(OK));
    assert_known(command_state(3, 82), KNOWN(FINISHED), STAGE(REJECTED), HYPERVISOR,
                 XM_OP_NOT_ALLOWED);
    known = command_state(4, 83);
    assert_int_equal(known->knowledge, KNOWN(NEVER_RECEIVED));
    assert_int_equal(known->stage, STAGE(NONE));
    assert_int_equal(command_state(5, 0)->knowledge, KNOWN(NEVER_RECEIVED));
}

/* What the ground was told of it holds, also if its frame was only late. */
static void a_command_that_was_told_as_never_received_is_void(void **state)
{
    CONTROL(late, 84, 1, SUSPEND);
    uint64_t records = fake.partition[FAKE_SELF].trace.next;

    (void)state;
    assert_int_equal(command_state(1, 84)->knowledge, KNOWN(NEVER_RECEIVED));
    assert_int_equal(command_state(2, 84)->knowledge, KNOWN(NEVER_RECEIVED));
    assert_int_equal(fake.partition[FAKE_SELF].trace.next, records + 1); /* asked again: no more */
    assert_status(ground_ask(&late), STAGE(REJECTED), SUPERVISOR, STATUS(INVALID));
    fake_start_again(true); /* which the supervisor's trace outlives */
    assert_status(ground_ask(&late), STAGE(REJECTED), SUPERVISOR, STATUS(INVALID));
    assert_int_not_equal(fake.partition[1].status.state, XM_STATUS_SUSPENDED);
    assert_int_equal(command_state(3, 84)->knowledge, KNOWN(NEVER_RECEIVED));
    late.id = 85;
    assert_status(ground_ask(&late), STAGE(COMPLETED), SUPERVISOR, STATUS(OK));
}

static void a_reset_keeps_what_is_known_of_commands(void **state)
{
    CONTROL(slow, 90, 1, SHUTDOWN);
    CONTROL(done, 91, 2, RESET_WARM);
    CONTROL(refused, 92, 3, SUSPEND);

    (void)state;
    fake.partition[1].ignores_shutdown = true;
    ground_ask(&slow);
    ground_ask(&done);
    run_us(100000);
    fake.refuse = XM_OP_NOT_ALLOWED;
    ground_ask(&refused);
    fake.refuse = 0;
    fake_start_again(true);
    assert_known(command_state(1, 90), KNOWN(STARTED_NOT_CONFIRMED), STAGE(STARTED), SUPERVISOR,
                 STATUS(UNCONFIRMED));
    assert_int_equal(command_state(2, 90)->boot_id, 0xb0071d);
    assert_known(command_state(3, 91), KNOWN(FINISHED), STAGE(COMPLETED), SUPERVISOR, STATUS(OK));
    assert_known(command_state(4, 92), KNOWN(FINISHED), STAGE(REJECTED), HYPERVISOR,
                 XM_OP_NOT_ALLOWED);
    /* and none is executed again */
    assert_status(ground_ask(&slow), STAGE(STARTED), SUPERVISOR, STATUS(UNCONFIRMED));
    assert_status(ground_ask(&done), STAGE(COMPLETED), SUPERVISOR, STATUS(OK));
    assert_status(ground_ask(&refused), STAGE(REJECTED), HYPERVISOR, XM_OP_NOT_ALLOWED);
    assert_int_equal(fake.reset_calls, 1);
    assert_int_equal(fake.suspend_calls, 1);
    /* asking again has changed nothing, and neither does the next reset */
    fake_start_again(true);
    assert_known(command_state(5, 90), KNOWN(STARTED_NOT_CONFIRMED), STAGE(STARTED), SUPERVISOR,
                 STATUS(UNCONFIRMED));
    assert_known(command_state(6, 91), KNOWN(FINISHED), STAGE(COMPLETED), SUPERVISOR, STATUS(OK));
}

/* The board is reset at each of the points of a command that could be its last. */
static void a_reset_at_any_point_of_a_command_is_told_truly(void **state)
{
    CONTROL(request, 95, 2, RESET_WARM);
    unsigned executed, points;

    (void)state;
    for (points = 1;; points++) {
        fake_init(NULL);
        ground_forget();
        fake.stop_in = points;
        ground_send(&request);
        run_us(100000);
        executed = fake.reset_calls;
        if (fake.end == FAKE_GOES_ON) {
            break;
        }
        assert_int_equal(fake.end, FAKE_STOPPED);
        fake_start_again(true);
        const Xm__CommandState *known = command_state(1, 95);
        if (known->knowledge == KNOWN(NEVER_RECEIVED)) {
            assert_int_equal(executed, 0);
            continue;
        }
        if (known->knowledge == KNOWN(FINISHED)) {
            assert_int_equal(executed, 1);
        } else {
            assert_int_equal(known->knowledge, KNOWN(STARTED_NOT_CONFIRMED));
        }
        ground_ask(&request);
        run_us(100000);
        assert_int_equal(fake.reset_calls, executed);
    }
    assert_int_equal(points, 9); /* 3 records and the call, before and behind each */
    assert_int_equal(executed, 1);
}

static void only_the_supervisor_restarted_is_a_cut_too(void **state)
{
    CONTROL(slow, 96, 1, SHUTDOWN);

    (void)state;
    fake.partition[1].ignores_shutdown = true;
    ground_ask(&slow);
    fake_start_again(false);
    assert_int_equal(command_state(1, 96)->knowledge, KNOWN(STARTED_NOT_CONFIRMED));
}

/* Two commands of a life that ended early must not keep the places of those of later lives. */
static void commands_cut_off_make_room_for_later_ones(void **state)
{
    (void)state;
    fake.partition[1].ignores_shutdown = true;
    for (uint32_t i = 0; i < 2; i++) {
        CONTROL(slow, 100 + i, 1, SHUTDOWN);
        ground_ask(&slow);
        fake_start_again(true);
    }
    for (uint32_t i = 0; i < JOURNAL_PLACES; i++) {
        CONTROL(request, 200 + i, 2, RESUME);
        ground_ask(&request);
    }
    fake_start_again(true);
    assert_int_equal(command_state(1, 100)->knowledge, KNOWN(NEVER_RECEIVED));
    for (uint32_t i = 0; i < JOURNAL_PLACES; i++) {
        assert_int_equal(command_state(2 + i, 200 + i)->knowledge, KNOWN(FINISHED));
    }
}

static void an_id_given_again_later_is_its_last_command(void **state)
{
    CONTROL(first, 100, 1, SUSPEND);
    CONTROL(second, 100, 1, RESUME);

    (void)state;
    ground_ask(&first);
    for (uint32_t i = 0; i < JOURNAL_PLACES; i++) {
        CONTROL(request, 200 + i, 2, RESUME);
        ground_ask(&request);
    }
    assert_int_equal(ground_ask(&second)->stage, STAGE(COMPLETED));
    fake_start_again(true);
    assert_int_equal(ground_ask(&second)->stage, STAGE(COMPLETED));
    assert_status(ground_ask(&first), STAGE(REJECTED), SUPERVISOR, STATUS(INVALID));
    assert_int_equal(fake.suspend_calls, 1);
}

static void without_a_trace_stream_commands_are_forgotten_and_it_says_so(void **state)
{
    CONTROL(request, 97, 1, SUSPEND);

    (void)state;
    fake.partition[FAKE_SELF].trace.exists = false;
    fake_configure_trace(FAKE_SELF, false);
    fake_start_again(true);
    assert_non_null(strstr(fake.said, "no trace stream"));
    assert_int_equal(ground_ask(&request)->stage, STAGE(COMPLETED));
    assert_int_equal(command_state(1, 97)->knowledge, KNOWN(FINISHED));
    fake_start_again(true);
    assert_int_equal(command_state(2, 97)->knowledge, KNOWN(NEVER_RECEIVED));
}

static void foreign_records_in_the_stream_are_passed_over(void **state)
{
    CONTROL(request, 98, 1, SUSPEND);

    (void)state;
    ground_ask(&request);
    fake_log_trace(FAKE_SELF, 30);
    fake.partition[FAKE_SELF].trace.damaged_from =
        1; /* the mark of the start, no longer readable */
    fake.partition[FAKE_SELF].trace.damaged_to = 2;
    fake_start_again(true);
    assert_int_equal(command_state(1, 98)->knowledge, KNOWN(FINISHED));
    REQUEST(list, 2, COMMAND_LIST, command_list, Xm__CommandList, XM__COMMAND_LIST__INIT);
    assert_int_equal(ground_ask(&list)->command_states->total, 1);
}

static void the_list_of_commands_comes_newest_first(void **state)
{
    uint32_t found = 0, pages = 0;

    (void)state;
    for (uint32_t i = 0; i < 20; i++) {
        CONTROL(request, 0xfff00000 + i, 1, RESUME);
        ground_ask(&request);
    }
    while (found < JOURNAL_PLACES) {
        REQUEST(request, 1000 + pages, COMMAND_LIST, command_list, Xm__CommandList,
                XM__COMMAND_LIST__INIT);
        request_op.first = found;
        const Xm__CommandStates *page = ground_ask(&request)->command_states;
        assert_int_equal(page->total, JOURNAL_PLACES);
        assert_true(page->n_command > 0);
        for (size_t i = 0; i < page->n_command; i++) {
            assert_int_equal(page->command[i]->id, 0xfff00000 + 19 - found++);
        }
        pages++;
    }
    assert_in_range(pages, 1, 4);
    REQUEST(beyond, 2000, COMMAND_LIST, command_list, Xm__CommandList, XM__COMMAND_LIST__INIT);
    beyond_op.first = UINT32_MAX;
    assert_int_equal(ground_ask(&beyond)->command_states->n_command, 0);
}

static void a_repeated_question_is_answered_afresh(void **state)
{
    PING(request, 80);

    (void)state;
    ground_ask(&request);
    fake_tick(500000);
    ground_ask(&request);
    assert_true(ground_reply(80, 1)->board_time_us > ground_reply(80, 0)->board_time_us + 400000);
}

/* ---- hazardous ------------------------------------------------------------------------------- */

static uint32_t arm(uint32_t id, int action)
{
    SYSTEM_CONTROL(request, id, HALT, 0);
    const Xm__Reply *reply;

    request_op.action = (Xm__SystemAction)action;
    reply = ground_ask(&request);
    assert_status(reply, STAGE(REJECTED), SUPERVISOR, STATUS(NEEDS_TOKEN));
    assert_int_equal(reply->result_case, XM__REPLY__RESULT_ARMED);
    assert_int_equal(reply->armed->valid_ms, 30000);
    assert_true(reply->armed->hazard_token != 0);
    return reply->armed->hazard_token;
}

static void check_system_end(int action, enum fake_end end, uint32_t mode)
{
    uint32_t token = arm(90, action);

    run_us(1000000);
    assert_int_equal(fake.end, FAKE_GOES_ON);
    SYSTEM_CONTROL(fire, 91, HALT, token);
    fire_op.action = (Xm__SystemAction)action;
    assert_status(ground_ask(&fire), STAGE(STARTED), SUPERVISOR, STATUS(OK));
    assert_int_equal(fake.end, FAKE_GOES_ON); /* the reply leaves first */
    run_us(5 * FAKE_SLOT_US);
    assert_int_equal(fake.end, end);
    assert_int_equal(fake.end_mode, mode);
}

static void system_halt_needs_its_token(void **state)
{
    (void)state;
    check_system_end(XM__SYSTEM_ACTION__SYSTEM_HALT, FAKE_SYSTEM_HALTED, 0);
}

static void system_resets_need_their_token(void **state)
{
    (void)state;
    check_system_end(XM__SYSTEM_ACTION__SYSTEM_RESET_WARM, FAKE_SYSTEM_RESET, XM_WARM_RESET);
    ground_fresh(NULL);
    check_system_end(XM__SYSTEM_ACTION__SYSTEM_RESET_COLD, FAKE_SYSTEM_RESET, XM_COLD_RESET);
}

static void wrong_used_and_foreign_tokens_do_nothing(void **state)
{
    uint32_t token = arm(92, XM__SYSTEM_ACTION__SYSTEM_HALT);
    SYSTEM_CONTROL(wrong, 93, HALT, token + 1);
    SYSTEM_CONTROL(late, 94, HALT, token);
    SYSTEM_CONTROL(other, 96, RESET_COLD, 0);

    (void)state;
    assert_status(ground_ask(&wrong), STAGE(REJECTED), SUPERVISOR, STATUS(NEEDS_TOKEN));
    assert_int_equal(ground_last_reply(93)->result_case, XM__REPLY__RESULT__NOT_SET);
    assert_status(ground_ask(&late), STAGE(REJECTED), SUPERVISOR,
                  STATUS(NEEDS_TOKEN)); /* a wrong one disarmed */
    other.hazard_token = arm(95, XM__SYSTEM_ACTION__SYSTEM_HALT);
    assert_status(ground_ask(&other), STAGE(REJECTED), SUPERVISOR,
                  STATUS(NEEDS_TOKEN)); /* of another action */
    run_us(100000);
    assert_int_equal(fake.end, FAKE_GOES_ON);
}

static void a_token_expires(void **state)
{
    uint32_t token = arm(97, XM__SYSTEM_ACTION__SYSTEM_HALT);
    SYSTEM_CONTROL(fire, 98, HALT, token);

    (void)state;
    fake_tick(HAZARD_VALID_MS * 1000u);
    assert_status(ground_ask(&fire), STAGE(REJECTED), SUPERVISOR, STATUS(NEEDS_TOKEN));
}

static void a_repeated_arming_gives_the_same_token(void **state)
{
    uint32_t token = arm(99, XM__SYSTEM_ACTION__SYSTEM_HALT);

    (void)state;
    assert_int_equal(arm(99, XM__SYSTEM_ACTION__SYSTEM_HALT), token);
    SYSTEM_CONTROL(fire, 100, HALT, token);
    assert_int_equal(ground_ask(&fire)->stage, STAGE(STARTED));
}

static void unknown_system_actions_are_refused_unarmed(void **state)
{
    SYSTEM_CONTROL(request, 101, ACTION_NONE, 0);

    (void)state;
    assert_status(ground_ask(&request), STAGE(REJECTED), SUPERVISOR, STATUS(INVALID));
    request.id = 102;
    request_op.action = (Xm__SystemAction)4;
    assert_status(ground_ask(&request), STAGE(REJECTED), SUPERVISOR, STATUS(INVALID));
    assert_int_equal(ground_last_reply(102)->result_case, XM__REPLY__RESULT__NOT_SET);
}

static void a_system_command_that_the_hypervisor_refuses_fails(void **state)
{
    uint32_t token = arm(103, XM__SYSTEM_ACTION__SYSTEM_HALT);
    SYSTEM_CONTROL(fire, 104, HALT, token);

    (void)state;
    fake.refuse = XM_PERM_ERROR;
    ground_send(&fire);
    run_us(5 * FAKE_SLOT_US);
    assert_status(ground_last_reply(104), STAGE(FAILED), HYPERVISOR, XM_PERM_ERROR);
}

/* ---- logs ------------------------------------------------------------------------------------ */

/* Items of all chunks of a read, in order of arrival, checked to be consecutive from `first` on;
 * returns how many. */
static uint32_t collect(uint32_t id, uint64_t first, uint32_t item_bytes, uint8_t *items)
{
    uint32_t count = 0;

    for (unsigned i = 0; i < ground_count; i++) {
        const Xm__Chunk *chunk = ground_heard[i].chunk;

        if (chunk != NULL && chunk->id == id) {
            assert_int_equal(chunk->first_seq, first + count);
            assert_int_equal(chunk->items.len, chunk->count * item_bytes);
            assert_int_equal(chunk->boot_id, 0xb0071d);
            memcpy(items + count * item_bytes, chunk->items.data, chunk->items.len);
            count += chunk->count;
        }
    }
    return count;
}

static void assert_end(uint32_t id, uint64_t oldest, uint64_t next, uint64_t first, uint32_t count,
                       uint32_t chunks)
{
    const Xm__Reply *reply = ground_last_reply(id);

    assert_ok(reply, XM__REPLY__RESULT_LOG_END);
    assert_int_equal(reply->log_end->oldest, oldest);
    assert_int_equal(reply->log_end->next, next);
    assert_int_equal(reply->log_end->first, first);
    assert_int_equal(reply->log_end->count, count);
    assert_int_equal(reply->log_end->chunks, chunks);
}

static void hm_records_arrive_as_stored(void **state)
{
    LOG_READ(request, 110, HM, 0, 1, 0);
    uint8_t items[64 * 64];

    (void)state;
    fake_log_hm(20);
    ground_ask(&request);
    assert_int_equal(collect(110, 1, 64, items), 20);
    assert_end(110, 1, 21, 1, 20, 3); /* 7 + 7 + 6 */
    for (uint32_t i = 0; i < 20; i++) {
        assert_int_equal(bytes_be32(items + 64 * i + 4), i + 1);
        assert_int_equal(bytes_be32(items + 64 * i + 60), frame_crc32c(items + 64 * i, 60));
    }
}

static void a_range_is_served_as_asked(void **state)
{
    LOG_READ(request, 111, HM, 0, 5, 4);
    uint8_t items[64 * 64];

    (void)state;
    fake_log_hm(20);
    ground_ask(&request);
    assert_int_equal(collect(111, 5, 64, items), 4);
    assert_end(111, 1, 21, 5, 4, 1);
}

static void what_was_overwritten_shows_in_the_numbers(void **state)
{
    LOG_READ(request, 112, HM, 0, 1, 10);
    uint8_t items[64 * 64];

    (void)state;
    fake_log_hm(100);
    ground_ask(&request);
    assert_int_equal(collect(112, 37, 64, items), 10);
    assert_end(112, 37, 101, 37, 10, 2);
}

/* More damaged records in a row than the hypervisor looks at in one call do not end the read. */
static void records_behind_many_damaged_ones_arrive(void **state)
{
    LOG_READ(request, 109, HM, 0, 1, 0);
    uint8_t items[64 * 64];

    (void)state;
    fake_log_hm(50);
    fake.hm.damaged_from = 1;
    fake.hm.damaged_to = 41;
    ground_send(&request);
    run_us(1000000);
    assert_int_equal(collect(109, 41, 64, items), 10);
    assert_end(109, 1, 51, 41, 10, 2);
}

static void reading_at_or_beyond_the_end_gives_an_empty_end(void **state)
{
    LOG_READ(at_end, 113, HM, 0, 21, 5);
    LOG_READ(beyond, 114, HM, 0, 1000, 5);
    LOG_READ(empty, 115, CONSOLE, 3, 0, 5);

    (void)state;
    fake_log_hm(20);
    ground_ask(&at_end);
    assert_end(113, 1, 21, 21, 0, 0);
    ground_ask(&beyond);
    assert_end(114, 1, 21, 1000, 0, 0);
    ground_ask(&empty);
    assert_end(115, 1, 1, 1, 0, 0);
    assert_int_equal(ground_count_type(FRAME_BULK), 0);
}

static void traces_and_consoles_are_served_by_source(void **state)
{
    LOG_READ(trace, 116, TRACE, 1, 0, 0);
    LOG_READ(hypervisor, 117, TRACE, XM_HYPERVISOR_ID, 0, 0);
    LOG_READ(console, 118, CONSOLE, 2, 0, 0);
    uint8_t items[FAKE_ITEMS];

    (void)state;
    fake_log_trace(1, 10);
    fake_log_trace(XM_HYPERVISOR_ID, 3);
    for (int i = 0; i < 100; i++) {
        fake_print(2, "0123456789");
    }
    ground_ask(&trace);
    assert_int_equal(collect(116, 1, 48, items), 10);
    assert_end(116, 1, 11, 1, 10, 2);
    ground_ask(&hypervisor);
    assert_int_equal(collect(117, 1, 48, items), 3);
    ground_ask(&console);
    assert_int_equal(collect(118, 1, 1, items), 1000);
    assert_end(118, 1, 1001, 1, 1000, 3); /* 448 + 448 + 104 */
    assert_memory_equal(items + 990, "0123456789", 10);
}

static void logs_that_do_not_exist_are_refused(void **state)
{
    LOG_READ(book, 120, NONE, 0, 0, 0);
    LOG_READ(future, 121, HM, 0, 0, 0);
    LOG_READ(trace, 122, TRACE, 2, 0, 0);
    LOG_READ(console, 123, CONSOLE, 77, 0, 0);

    (void)state;
    future_op.book = (Xm__Book)5;
    assert_status(ground_ask(&book), STAGE(REJECTED), SUPERVISOR, STATUS(INVALID));
    assert_status(ground_ask(&future), STAGE(REJECTED), SUPERVISOR, STATUS(INVALID));
    assert_status(ground_ask(&trace), STAGE(REJECTED), HYPERVISOR, XM_INVALID_PARAM);
    assert_status(ground_ask(&console), STAGE(REJECTED), HYPERVISOR, XM_INVALID_PARAM);
}

static void a_long_read_pauses_with_the_line_and_goes_on(void **state)
{
    LOG_READ(request, 124, CONSOLE, 1, 0, 0);
    uint8_t items[FAKE_ITEMS];

    (void)state;
    print_tens(400);
    fake.line_bytes = 120; /* 1.2 of 250 ms at 115200 baud, a slot here is 10 ms */
    ground_send(&request);
    run_us(100000);
    assert_true(ground_count_type(FRAME_BULK) < 9);
    assert_null(ground_last_reply(124));
    run_us(2000000);
    assert_int_equal(collect(124, 1, 1, items), 4000);
    assert_end(124, 1, 4001, 1, 4000, 9);
    assert_int_equal(link_state(125)->frames_unsent, 0);
}

static void items_overwritten_during_a_read_are_left_out(void **state)
{
    LOG_READ(request, 126, CONSOLE, 1, 0, 0);
    uint64_t last_end = 0, sent = 0;
    bool gap = false;

    (void)state;
    print_tens(409);
    fake.line_bytes = 60;
    ground_send(&request);
    run_us(100000);
    for (int i = 0; i < 380; i++) {
        fake_print(1, "ABCDEFGHIJ");
    }
    run_us(2000000);
    for (unsigned i = 0; i < ground_count; i++) {
        const Xm__Chunk *chunk = ground_heard[i].chunk;

        if (chunk != NULL) {
            gap |= last_end != 0 && chunk->first_seq > last_end;
            last_end = chunk->first_seq + chunk->count;
            sent += chunk->count;
        }
    }
    assert_true(gap);
    assert_int_equal(last_end, 4091); /* what was there when the read began, not what came later */
    assert_int_equal(ground_last_reply(126)->log_end->count, sent);
    assert_int_equal(ground_last_reply(126)->log_end->next, 7891);
    assert_int_equal(ground_last_reply(126)->log_end->oldest, 7891 - FAKE_ITEMS);
}

static void a_read_whose_rest_was_overwritten_ends_with_what_was_sent(void **state)
{
    LOG_READ(request, 126, CONSOLE, 1, 0, 0);
    const Xm__LogEnd *end;

    (void)state;
    print_tens(400);
    fake.line_bytes = 60;
    ground_send(&request);
    run_us(100000);
    for (int i = 0; i < 1000; i++) {
        fake_print(1, "ABCDEFGHIJ");
    }
    run_us(2000000);
    assert_ok(ground_last_reply(126), XM__REPLY__RESULT_LOG_END);
    end = ground_last_reply(126)->log_end;
    assert_in_range(end->count, 448, 3999);
    assert_int_equal(end->chunks, ground_count_type(FRAME_BULK));
    assert_int_equal(end->oldest, 14001 - FAKE_ITEMS);
}

static void a_reply_waits_for_one_bulk_frame_at_most(void **state)
{
    LOG_READ(read, 127, CONSOLE, 1, 0, 0);
    PING(ping, 128);
    unsigned chunks_before;

    (void)state;
    print_tens(400);
    fake.link.tx_size = 400; /* less than a frame: what waits is in the supervisor's hands */
    fake.line_bytes = 100;
    ground_send(&read);
    run_us(150000);
    chunks_before = ground_count_type(FRAME_BULK);
    ground_send(&ping);
    for (int i = 0; i < 100 && ground_last_reply(128) == NULL; i++) {
        fake_slot();
        ground_listen();
    }
    assert_non_null(ground_last_reply(128));
    /* the one in the ring, and the one begun behind it */
    assert_true(ground_count_type(FRAME_BULK) <= chunks_before + 2);
}

static void bulk_fills_one_frame_of_the_line_ahead(void **state)
{
    LOG_READ(read, 129, CONSOLE, 1, 0, 0);

    (void)state;
    print_tens(400);
    fake.line_bytes = 0;
    ground_send(&read);
    run_us(500000);
    /* 250 ms at 115200 baud are 2880 bytes; a chunk that begins before that is allowed */
    assert_in_range(fake.tx_count, 2880, 2880 + FRAME_COBS_BYTES(FRAME_BYTES(FRAME_TX_PAYLOAD)));
}

static void the_ground_may_want_shorter_chunks(void **state)
{
    static const uint32_t wanted[][3] = {
        { 1, 1, 112 }, { 112, 1, 112 }, { 166, 2, 166 }, { 230, 3, 230 }, { 5000, 7, 512 }
    };
    uint8_t items[FAKE_ITEMS];

    (void)state;
    fake_log_hm(20);
    for (uint32_t i = 0; i < 5; i++) {
        LOG_READ(request, 145 + i, HM, 0, 0, 0);
        request_op.max_payload = wanted[i][0];
        ground_forget();
        ground_ask(&request);
        run_us(500000);
        assert_int_equal(collect(145 + i, 1, 64, items), 20);
        for (unsigned n = 0; n < ground_count; n++) {
            assert_true(ground_heard[n].chunk == NULL ||
                        (ground_heard[n].chunk->count <= wanted[i][1] &&
                         ground_heard[n].payload_bytes <= wanted[i][2]));
        }
        assert_int_equal(ground_last_reply(145 + i)->log_end->chunks,
                         (20 + wanted[i][1] - 1) / wanted[i][1]);
    }
}

static void a_terse_read_that_got_all_ends_with_its_last_chunk(void **state)
{
    LOG_READ(request, 160, HM, 0, 5, 10);

    (void)state;
    fake_log_hm(20);
    request_op.terse = 1;
    ground_send(&request);
    ground_send(&request); /* the line has doubled it: it is in progress */
    run_us(500000);
    assert_null(ground_last_reply(160));
    assert_int_equal(ground_count_type(FRAME_BULK), 2); /* 7 + 3 */
    for (unsigned n = 0; n < ground_count; n++) {
        const Xm__Chunk *chunk = ground_heard[n].chunk;

        if (chunk != NULL) {
            assert_int_equal(chunk->id, 160);
            assert_int_equal(chunk->boot_id, 0xb0071d);
            assert_int_equal(chunk->book + chunk->source + chunk->count, 0);
            assert_int_equal(bytes_be32(chunk->items.data + 4), chunk->first_seq);
        }
    }
}

/* Overwritten, damaged, not there yet: the ground must not wait for what does not come. */
static void a_terse_read_that_got_less_is_closed(void **state)
{
    static const uint32_t wanted[][3] = { { 1, 40, 37 }, { 90, 20, 90 }, { 37, 10, 37 },
                                          { 200, 5, 200 }, { 95, 0, 95 } };

    (void)state;
    fake_log_hm(100); /* 37 to 100 are there */
    fake.hm.damaged_from = 40;
    fake.hm.damaged_to = 42;
    for (uint32_t i = 0; i < 5; i++) {
        LOG_READ(request, 161 + i, HM, 0, wanted[i][0], wanted[i][1]);
        request_op.terse = 1;
        ground_ask(&request);
        run_us(500000);
        assert_ok(ground_last_reply(161 + i), XM__REPLY__RESULT_LOG_END);
        assert_int_equal(ground_last_reply(161 + i)->log_end->first, wanted[i][2]);
    }
}

static void several_reads_are_served_in_turn_and_too_many_refused(void **state)
{
    uint8_t items[FAKE_ITEMS];

    (void)state;
    print_tens(400);
    fake.line_bytes = 0;
    for (uint32_t i = 0; i <= LOGS_READS; i++) {
        LOG_READ(request, 130 + i, CONSOLE, 1, 0, 0);
        ground_send(&request);
    }
    fake_slot();
    fake_slot(); /* more than a slot's commands */
    fake.line_bytes = FAKE_RING;
    run_us(1000000);
    for (uint32_t i = 0; i < LOGS_READS; i++) {
        assert_int_equal(collect(130 + i, 1, 1, items), 4000);
        assert_end(130 + i, 1, 4001, 1, 4000, 9);
    }
    assert_status(ground_last_reply(130 + LOGS_READS), STAGE(REJECTED), SUPERVISOR, STATUS(BUSY));
}

/* Else the ground, which goes by the order, would take what is still to come for lost. */
static void a_read_beyond_the_end_waits_for_its_turn(void **state)
{
    LOG_READ(request, 164, CONSOLE, 1, 0, 0);
    LOG_READ(beyond, 165, CONSOLE, 1, 5000, 10);
    uint8_t items[FAKE_ITEMS];

    (void)state;
    print_tens(400);
    fake.line_bytes = 200;
    ground_send(&request);
    ground_send(&beyond);
    run_us(50000);
    assert_null(ground_last_reply(164));
    assert_null(ground_last_reply(165));
    run_us(1000000);
    assert_int_equal(collect(164, 1, 1, items), 4000);
    assert_end(165, 1, 4001, 5000, 0, 0);
}

static void a_repeated_read_in_progress_is_not_begun_again(void **state)
{
    LOG_READ(request, 140, CONSOLE, 1, 0, 0);
    uint8_t items[FAKE_ITEMS];

    (void)state;
    print_tens(400);
    fake.line_bytes = 200;
    ground_send(&request);
    run_us(50000);
    ground_send(&request);
    run_us(1000000);
    assert_int_equal(ground_reply(140, 0)->stage, STAGE(ACCEPTED));
    assert_int_equal(ground_reply(140, 1)->stage, STAGE(COMPLETED));
    assert_null(ground_reply(140, 2));
    assert_int_equal(collect(140, 1, 1, items), 4000);
}

static void a_log_that_vanishes_during_a_read_fails_it(void **state)
{
    LOG_READ(request, 141, CONSOLE, 1, 0, 0);

    (void)state;
    print_tens(400);
    fake.line_bytes = 100;
    ground_send(&request);
    run_us(50000);
    fake.partition[1].console.exists = false;
    run_us(1000000);
    assert_status(ground_last_reply(141), STAGE(FAILED), HYPERVISOR, XM_INVALID_PARAM);
}

/* ---- telemetry ------------------------------------------------------------------------------- */

static void nothing_is_sent_before_the_ground_is_heard(void **state)
{
    (void)state;
    fake.partition[1].status.state = XM_STATUS_HALTED;
    run_us(3000000);
    assert_int_equal(fake.sent_count, 0);
}

static void beacons_go_on_while_the_ground_is_heard(void **state)
{
    const Xm__Beacon *beacon;

    (void)state;
    fake_log_hm(4);
    assert_serves(1);
    run_us(5500000);
    assert_int_equal(ground_count_type(FRAME_BEACON), 6); /* at the ping, and each second */
    beacon = ground_heard[ground_count - 1].beacon;
    assert_int_equal(beacon->boot_id, 0xb0071d);
    assert_int_equal(beacon->credit, FAKE_RING);
    assert_int_equal(beacon->hm_next, 5);
    run_us(10000000);
    unsigned then = ground_count;
    run_us(10000000);
    assert_int_equal(ground_count, then); /* the ground has gone silent */
}

static void while_a_log_is_sent_beacons_come_each_second(void **state)
{
    LOG_READ(read, 170, CONSOLE, 1, 0, 0);
    LOG_READ(again, 0, CONSOLE, 1, 1, 1);

    (void)state;
    print_tens(400);
    fake.line_bytes = 20; /* of a slot: 4,000 bytes take 2 s */
    ground_send(&read);
    run_us(10000);
    for (uint32_t n = 0; n < 10; n++) {
        again.id = 171 + n;
        ground_send(&again);
        run_us(100000);
    }
    run_us(600000);
    assert_null(ground_last_reply(170));
    assert_in_range(ground_count_type(FRAME_BEACON), 1, 2);
}

static const Xm__Event *last_event(void)
{
    const Xm__Event *event = NULL;

    for (unsigned i = 0; i < ground_count; i++) {
        event = ground_heard[i].event != NULL ? ground_heard[i].event : event;
    }
    return event;
}

static void changes_of_partitions_and_plans_are_told(void **state)
{
    (void)state;
    assert_serves(1);
    fake.partition[3].status.state = XM_STATUS_HALTED;
    run_us(FAKE_SLOT_US);
    assert_int_equal(ground_count_type(FRAME_EVENT), 1);
    assert_int_equal(last_event()->body_case, XM__EVENT__BODY_PARTITION_CHANGED);
    assert_int_equal(last_event()->partition_changed->partition, 3);
    assert_int_equal(last_event()->partition_changed->state, XM__PARTITION_RUN_STATE__RUN_HALTED);
    fake.partition[2].status.resetCounter++;
    run_us(FAKE_SLOT_US);
    assert_int_equal(last_event()->seq, 2);
    assert_int_equal(last_event()->partition_changed->partition, 2);
    fake.info.requested_plan = 1; /* another system partition */
    run_us(300000);
    assert_int_equal(last_event()->body_case, XM__EVENT__BODY_PLAN_SWITCHED);
    assert_int_equal(last_event()->plan_switched->current, 1);
    assert_int_equal(ground_count_type(FRAME_EVENT), 3);
}

static void idle_and_ready_are_no_change(void **state)
{
    (void)state;
    assert_serves(1);
    fake.partition[3].status.state = XM_STATUS_IDLE;
    run_us(100000);
    assert_int_equal(ground_count_type(FRAME_EVENT), 0);
}

static void changes_while_nobody_listened_are_told_later(void **state)
{
    (void)state;
    fake.partition[3].status.state = XM_STATUS_HALTED;
    run_us(1000000);
    assert_int_equal(ground_count, 0);
    assert_serves(1);
    run_us(FAKE_SLOT_US);
    assert_int_equal(ground_count_type(FRAME_EVENT), 1);
}

static void events_find_no_room_are_told_later(void **state)
{
    static const struct fake_shape many = { .partitions = 40, .plans = 3, .slots = 4 };

    (void)state;
    fake_init(&many);
    assert_serves(1);
    fake.line_bytes = 0;
    for (unsigned round = 0; round < 80; round++) {
        PING(request, 1000 + round);
        for (unsigned id = 1; id < 40; id++) {
            fake.partition[id].status.resetCounter++;
        }
        ground_send(&request);
        run_us(50000);
    }
    fake.line_bytes = FAKE_RING;
    for (unsigned id = 1; id < 40; id++) {
        fake.partition[id].status.resetCounter = 12345;
    }
    run_us(2000000);
    bool told[40] = { false };
    for (unsigned i = 0; i < ground_count; i++) {
        const Xm__Event *event = ground_heard[i].event;

        if (event != NULL && event->partition_changed->reset_counter == 12345) {
            told[event->partition_changed->partition] = true;
        }
    }
    for (unsigned id = 1; id < 40; id++) {
        assert_true(told[id]);
    }
    assert_true(link_state(2)->frames_unsent > 0); /* beacons are not kept for later */
}

static void replies_come_before_events_and_bulk(void **state)
{
    LOG_READ(read, 150, HM, 0, 0, 0);
    PING(ping, 151);

    (void)state;
    fake_log_hm(20);
    fake.partition[3].status.state = XM_STATUS_HALTED;
    ground_send(&read);
    ground_send(&ping);
    run_us(FAKE_SLOT_US);
    assert_int_equal(ground_heard[0].type, FRAME_REPLY); /* pong */
    assert_int_equal(ground_heard[1].type, FRAME_EVENT);
    assert_int_equal(ground_heard[2].type, FRAME_BEACON);
    assert_int_equal(ground_heard[3].type, FRAME_BULK);
    assert_int_equal(ground_heard[6].type, FRAME_REPLY); /* end of the log, behind its last chunk */
}

static void without_a_configuration_the_supervisor_still_answers(void **state)
{
    PARTITION_LIST(request, 160, 0);

    (void)state;
    fake.config[0] ^= 1;
    supervisor_start();
    assert_ok(ground_ask(&request), XM__REPLY__RESULT_PARTITIONS);
    assert_int_equal(ground_last_reply(160)->partitions->n_partition, 0);
    assert_serves(161);
}

static void without_a_link_device_the_supervisor_idles(void **state)
{
    (void)state;
    fake.no_link = true;
    supervisor_start();
    fake_type((const uint8_t *)"x", 1);
    run_us(1000000);
    assert_int_equal(fake.rx_count, 1);
    assert_int_equal(fake.sent_count, 0);
}

static void a_device_without_status_is_told(void **state)
{
    LINK_STATUS(request, 162);

    (void)state;
    fake.no_link_status = true;
    assert_status(ground_ask(&request), STAGE(FAILED), HYPERVISOR, XM_INVALID_CONFIG);
}

static void the_partition_serves_slot_by_slot_until_asked_to_shut_down(void **state)
{
    PING(request, 163);

    (void)state;
    fake.shutdown_at_idle = 20;
    ground_send(&request);
    fake_run(PartitionMain);
    assert_int_equal(fake.idle_calls, 20);
    assert_int_equal(fake.end, FAKE_SELF_HALTED);
    ground_listen();
    assert_ok(ground_last_reply(163), XM__REPLY__RESULT_PONG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ground_fresh, ground_clean)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(ping_is_answered_with_time_and_boot),
        TEST(each_bad_frame_is_counted_and_the_next_good_one_served),
        TEST(the_largest_payload_is_taken),
        TEST(a_frame_may_come_byte_by_byte),
        TEST(unknown_operation_is_answered),
        TEST(request_id_zero_is_refused),
        TEST(a_burst_is_served_over_several_slots),
        TEST(a_stopped_line_loses_no_reply),
        TEST(hello_tells_who_and_how_much),
        TEST(partition_list_tells_state),
        TEST(long_lists_come_in_pages),
        TEST(pages_are_as_long_as_their_items_let_them),
        TEST(lists_from_beyond_their_end_are_empty),
        TEST(plan_list_and_show_read_the_configuration),
        TEST(system_status_puts_kernel_and_counts_together),
        TEST(link_status_tells_the_device_and_the_arena),
        TEST(books_are_those_that_exist),
        TEST(suspend_and_resume_are_seen_at_once),
        TEST(what_is_so_already_completes_and_says_so),
        TEST(suspending_a_halted_partition_is_rejected),
        TEST(a_refusal_of_the_hypervisor_is_passed_on),
        TEST(impossible_values_are_refused),
        TEST(warm_reset_starts_and_completes),
        TEST(cold_reset_starts_and_completes),
        TEST(a_reset_partition_that_halts_again_has_failed),
        TEST(a_reset_partition_that_never_runs_times_out),
        TEST(a_warm_reset_without_a_new_life_times_out),
        TEST(shutdown_completes_when_the_partition_has_halted),
        TEST(the_ground_may_set_the_time_limit),
        TEST(the_time_limit_grows_with_the_major_frame),
        TEST(too_many_commands_in_progress_are_refused),
        TEST(own_reset_waits_for_its_reply_to_leave),
        TEST(own_reset_leaves_the_device_a_slot_to_send),
        TEST(own_reset_is_not_held_up_by_a_log_read),
        TEST(own_reset_does_not_wait_for_ever),
        TEST(own_halt_and_shutdown_stop_the_supervisor),
        TEST(own_suspension_completes_when_resumed),
        TEST(plan_switch_starts_and_completes_at_the_frame_end),
        TEST(a_plan_without_the_supervisor_is_locked_out),
        TEST(an_unknown_plan_is_refused),
        TEST(switching_to_the_plan_in_force_completes_at_once),
        TEST(a_second_plan_switch_waits_its_turn),
        TEST(a_plan_that_does_not_begin_times_out),
        TEST(a_plan_switch_overridden_by_another_partition_fails),
        TEST(a_repeated_command_is_answered_and_not_executed_again),
        TEST(the_last_sixteen_commands_are_remembered),
        TEST(a_command_in_progress_is_never_forgotten),
        TEST(the_same_id_with_other_contents_is_refused),
        TEST(a_question_with_the_id_of_a_command_leaves_its_reply_alone),
        TEST(a_token_is_no_part_of_what_is_asked),
        TEST(critical_commands_must_be_confirmed),
        TEST(what_became_of_a_command_can_be_asked),
        TEST(a_command_that_was_told_as_never_received_is_void),
        TEST(a_reset_keeps_what_is_known_of_commands),
        TEST(a_reset_at_any_point_of_a_command_is_told_truly),
        TEST(only_the_supervisor_restarted_is_a_cut_too),
        TEST(commands_cut_off_make_room_for_later_ones),
        TEST(an_id_given_again_later_is_its_last_command),
        TEST(without_a_trace_stream_commands_are_forgotten_and_it_says_so),
        TEST(foreign_records_in_the_stream_are_passed_over),
        TEST(the_list_of_commands_comes_newest_first),
        TEST(a_repeated_question_is_answered_afresh),
        TEST(system_halt_needs_its_token),
        TEST(system_resets_need_their_token),
        TEST(wrong_used_and_foreign_tokens_do_nothing),
        TEST(a_token_expires),
        TEST(a_repeated_arming_gives_the_same_token),
        TEST(unknown_system_actions_are_refused_unarmed),
        TEST(a_system_command_that_the_hypervisor_refuses_fails),
        TEST(hm_records_arrive_as_stored),
        TEST(a_range_is_served_as_asked),
        TEST(what_was_overwritten_shows_in_the_numbers),
        TEST(records_behind_many_damaged_ones_arrive),
        TEST(reading_at_or_beyond_the_end_gives_an_empty_end),
        TEST(traces_and_consoles_are_served_by_source),
        TEST(logs_that_do_not_exist_are_refused),
        TEST(a_long_read_pauses_with_the_line_and_goes_on),
        TEST(items_overwritten_during_a_read_are_left_out),
        TEST(a_read_whose_rest_was_overwritten_ends_with_what_was_sent),
        TEST(a_reply_waits_for_one_bulk_frame_at_most),
        TEST(bulk_fills_one_frame_of_the_line_ahead),
        TEST(the_ground_may_want_shorter_chunks),
        TEST(a_terse_read_that_got_all_ends_with_its_last_chunk),
        TEST(a_terse_read_that_got_less_is_closed),
        TEST(several_reads_are_served_in_turn_and_too_many_refused),
        TEST(a_read_beyond_the_end_waits_for_its_turn),
        TEST(a_repeated_read_in_progress_is_not_begun_again),
        TEST(a_log_that_vanishes_during_a_read_fails_it),
        TEST(nothing_is_sent_before_the_ground_is_heard),
        TEST(beacons_go_on_while_the_ground_is_heard),
        TEST(while_a_log_is_sent_beacons_come_each_second),
        TEST(changes_of_partitions_and_plans_are_told),
        TEST(idle_and_ready_are_no_change),
        TEST(changes_while_nobody_listened_are_told_later),
        TEST(events_find_no_room_are_told_later),
        TEST(replies_come_before_events_and_bulk),
        TEST(without_a_configuration_the_supervisor_still_answers),
        TEST(without_a_link_device_the_supervisor_idles),
        TEST(a_device_without_status_is_told),
        TEST(the_partition_serves_slot_by_slot_until_asked_to_shut_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
