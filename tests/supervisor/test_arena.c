/* test_arena.c - requests that need more memory than there is; the arena is made small
 * (ARENA_BYTES) for this program */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"
#include "fake_kernel.h"
#include "frame.h"
#include "ground.h"
#include "requests.h"

/* A request with many unknown fields, which the decoder keeps one by one. */
static uint32_t hostile(uint8_t *payload, uint8_t first)
{
    uint32_t at = 0;

    payload[at++] = first;
    payload[at++] = 0x2a; /* id 42 if `first` is its tag */
    while (at + 3 <= FRAME_RX_PAYLOAD) {
        payload[at++] = 0xf8; /* field 127, varint */
        payload[at++] = 0x07;
        payload[at++] = 0x01;
    }
    return at;
}

static void the_arena_gives_aligned_memory_until_it_is_empty(void **state)
{
    ProtobufCAllocator *allocator = arena_allocator();
    uint8_t *first, *second;

    (void)state;
    arena_reset();
    first = allocator->alloc(allocator->allocator_data, 1);
    second = allocator->alloc(allocator->allocator_data, 9);
    assert_int_equal((uintptr_t)first % 8, 0);
    assert_ptr_equal(second, first + 8);
    assert_false(arena_exhausted());
    assert_null(allocator->alloc(allocator->allocator_data, ARENA_BYTES));
    assert_true(arena_exhausted());
    assert_null(allocator->alloc(allocator->allocator_data, SIZE_MAX));
    assert_non_null(
        allocator->alloc(allocator->allocator_data, ARENA_BYTES - 24)); /* what fits still does */
    assert_null(allocator->alloc(allocator->allocator_data, 1));
    arena_reset();
    assert_false(arena_exhausted());
    assert_ptr_equal(allocator->alloc(allocator->allocator_data, ARENA_BYTES), first);
    assert_int_equal(arena_high_water(), ARENA_BYTES);
}

static void a_request_too_large_for_the_arena_is_refused_by_its_id(void **state)
{
    uint8_t payload[FRAME_RX_PAYLOAD];
    PING(ping, 43);
    LINK_STATUS(status, 44);

    (void)state;
    ground_send_payload(payload, hostile(payload, 0x08));
    fake_slot();
    ground_listen();
    assert_non_null(ground_last_reply(42));
    assert_int_equal(ground_last_reply(42)->stage, XM__STAGE__STAGE_REJECTED);
    assert_int_equal(ground_last_reply(42)->status->code, XM__STATUS_CODE__STATUS_TOO_LARGE);
    assert_int_equal(ground_ask(&ping)->stage, XM__STAGE__STAGE_COMPLETED);
    assert_int_equal(ground_ask(&status)->link_state->decode_errors, 1);
}

static void without_an_id_it_is_only_counted(void **state)
{
    uint8_t payload[FRAME_RX_PAYLOAD];
    LINK_STATUS(status, 45);

    (void)state;
    ground_send_payload(payload, hostile(payload, 0x10));
    fake_slot();
    ground_listen();
    assert_int_equal(ground_count_type(FRAME_REPLY), 0);
    assert_int_equal(ground_ask(&status)->link_state->decode_errors, 1);
}

static void protobuf_has_no_heap(void **state)
{
    uint8_t payload[16];
    PING(ping, 46);
    uint32_t length = (uint32_t)xm__request__pack(&ping, payload);

    (void)state;
    assert_null(xm__request__unpack(NULL, length, payload));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_arena_gives_aligned_memory_until_it_is_empty),
        cmocka_unit_test_setup_teardown(a_request_too_large_for_the_arena_is_refused_by_its_id,
                                        ground_fresh, ground_clean),
        cmocka_unit_test_setup_teardown(without_an_id_it_is_only_counted, ground_fresh,
                                        ground_clean),
        cmocka_unit_test_setup_teardown(protobuf_has_no_heap, ground_fresh, ground_clean),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
