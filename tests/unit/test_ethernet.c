/* ethernet.c: which buffers a MAC may be given, and when it stops */
#include "fixture.h"

#define OWNER 2u

static void start(void)
{
    fixture_start();
    (void)fixture_enter(OWNER);
}

static void ethernet_gives_and_takes_in_order(void **state)
{
    xmAddress_t at = FIXTURE_SCRATCH(OWNER);
    xm_u32_t *word = arch_guest_pointer(at);

    (void)state;
    start();
    assert_int_equal(sys_eth_take(XM_ETH_SEND, at), XM_NO_ACTION);
    for (xm_u32_t i = 0; i < 3 * MAC_DESCRIPTORS; i++) {
        xm_u32_t place = i % MAC_DESCRIPTORS;

        assert_int_equal(sys_eth_give(XM_ETH_SEND, at + 64 * (i % 7), 60 + i % 5), XM_OK);
        assert_int_equal(host.mac.buffer[0][place], at + 64 * (i % 7));
        assert_int_equal(host.mac.bytes[0][place], 60 + i % 5);
        assert_int_equal(sys_eth_take(XM_ETH_SEND, at), XM_NO_ACTION);
        host.mac.done[0][place] = true;
        host.mac.status[0][place] = 0x4000u | i;
        assert_int_equal(sys_eth_take(XM_ETH_SEND, at), XM_OK);
        assert_int_equal(*word, 0x4000u | i);
    }
}

static void ethernet_a_full_ring_refuses(void **state)
{
    xmAddress_t at = FIXTURE_SCRATCH(OWNER);

    (void)state;
    start();
    for (xm_u32_t i = 0; i < MAC_DESCRIPTORS; i++) {
        assert_int_equal(sys_eth_give(XM_ETH_RECEIVE, at, XM_ETH_RECEIVE_BYTES), XM_OK);
        assert_int_equal(host.mac.bytes[1][i], 0);
    }
    assert_int_equal(sys_eth_give(XM_ETH_RECEIVE, at, XM_ETH_RECEIVE_BYTES), XM_OP_NOT_ALLOWED);
    host.mac.done[1][0] = true;
    assert_int_equal(sys_eth_take(XM_ETH_RECEIVE, at), XM_OK);
    assert_int_equal(sys_eth_give(XM_ETH_RECEIVE, at, XM_ETH_RECEIVE_BYTES), XM_OK);
    assert_int_equal(sys_eth_reset(), XM_OK); /* takes everything back */
    assert_int_equal(sys_eth_take(XM_ETH_RECEIVE, at), XM_NO_ACTION);
    for (xm_u32_t i = 0; i < MAC_DESCRIPTORS; i++) {
        assert_int_equal(sys_eth_give(XM_ETH_RECEIVE, at, XM_ETH_RECEIVE_BYTES), XM_OK);
    }
}

/* Another partition's memory, the kernel's, read-only memory to receive into, a range that leaves the area: refused, told. */
static void ethernet_buffers_are_memory_of_the_owner(void **state)
{
    static const struct {
        xm_u32_t ring;
        xmAddress_t buffer;
        xm_u32_t bytes;
    } wrong[] = {
        { XM_ETH_SEND, FIXTURE_AREA(1), 60 },
        { XM_ETH_RECEIVE, FIXTURE_AREA(0), XM_ETH_RECEIVE_BYTES },
        { XM_ETH_SEND, HOST_MEMORY_START, 60 },
        { XM_ETH_SEND, 0, 60 },
        { XM_ETH_SEND, 0xfffffffcu, 60 },
        { XM_ETH_RECEIVE, FIXTURE_READONLY(OWNER), XM_ETH_RECEIVE_BYTES },
        { XM_ETH_RECEIVE, FIXTURE_AREA(OWNER) + FIXTURE_AREA_BYTES - 1532, XM_ETH_RECEIVE_BYTES },
        { XM_ETH_RECEIVE, FIXTURE_AREA(OWNER), FIXTURE_AREA_BYTES + 4 },
    };

    (void)state;
    start();
    for (xm_u32_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        xm_u64_t events = hm_count();

        assert_int_equal(sys_eth_give(wrong[i].ring, wrong[i].buffer, wrong[i].bytes), XM_INVALID_PARAM);
        assert_int_equal(hm_count(), events + 1);
        assert_int_equal(host.mac.buffer[wrong[i].ring][0], 0);
    }
    assert_int_equal(sys_eth_give(XM_ETH_SEND, FIXTURE_READONLY(OWNER), 60), XM_OK); /* reading it is its right */
}

static void ethernet_refuses_what_no_mac_can_do(void **state)
{
    xmAddress_t at = FIXTURE_SCRATCH(OWNER);
    xm_u64_t events;

    (void)state;
    start();
    events = hm_count();
    assert_int_equal(sys_eth_give(2, at, 60), XM_INVALID_PARAM);
    assert_int_equal(sys_eth_give(~0u, at, 60), XM_INVALID_PARAM);
    assert_int_equal(sys_eth_give(XM_ETH_SEND, at + 2, 60), XM_INVALID_PARAM);
    assert_int_equal(sys_eth_give(XM_ETH_SEND, at, 0), XM_INVALID_PARAM);
    assert_int_equal(sys_eth_give(XM_ETH_SEND, at, 1515), XM_INVALID_PARAM);
    assert_int_equal(sys_eth_give(XM_ETH_RECEIVE, at, XM_ETH_RECEIVE_BYTES - 1), XM_INVALID_PARAM);
    assert_int_equal(sys_eth_take(2, at), XM_INVALID_PARAM);
    assert_int_equal(sys_eth_take(XM_ETH_SEND, at + 1), XM_INVALID_PARAM);
    assert_int_equal(sys_eth_take(XM_ETH_SEND, FIXTURE_AREA(1)), XM_INVALID_PARAM);
    assert_int_equal(hm_count(), events);
    (void)fixture_enter(1); /* has no MAC */
    assert_int_equal(sys_eth_give(XM_ETH_SEND, FIXTURE_SCRATCH(1), 60), XM_INVALID_CONFIG);
    assert_int_equal(sys_eth_take(XM_ETH_SEND, FIXTURE_SCRATCH(1)), XM_INVALID_CONFIG);
    assert_int_equal(sys_eth_reset(), XM_INVALID_CONFIG);
}

static void ethernet_stops_with_the_life_of_its_owner(void **state)
{
    xm_u32_t resets;

    (void)state;
    start();
    resets = host.mac.resets;
    assert_int_equal(partition_reset(&partitions[OWNER], XM_WARM_RESET, 0), XM_OK);
    assert_int_equal(host.mac.resets, resets + 1);
    assert_int_equal(partition_reset(&partitions[OWNER], XM_COLD_RESET, 0), XM_OK);
    assert_int_equal(host.mac.resets, resets + 2);
    assert_int_equal(partition_halt(&partitions[OWNER]), XM_OK);
    assert_int_equal(host.mac.resets, resets + 3);
    assert_int_equal(partition_reset(&partitions[1], XM_WARM_RESET, 0), XM_OK); /* not its MAC */
    assert_int_equal(host.mac.resets, resets + 3);
}

static void ethernet_absent_device_is_refused(void **state)
{
    (void)state;
    host_power_on(true);
    host.mac.absent = true;
    fixture_boot();
    (void)fixture_enter(OWNER);
    assert_int_equal(sys_eth_give(XM_ETH_SEND, FIXTURE_SCRATCH(OWNER), 60), XM_INVALID_CONFIG);
    assert_int_equal(sys_eth_reset(), XM_OP_NOT_ALLOWED);
    host.mac.absent = false;
    assert_int_equal(sys_eth_reset(), XM_OK); /* it was only slow */
    assert_int_equal(sys_eth_give(XM_ETH_SEND, FIXTURE_SCRATCH(OWNER), 60), XM_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ethernet_gives_and_takes_in_order),
        cmocka_unit_test(ethernet_a_full_ring_refuses),
        cmocka_unit_test(ethernet_buffers_are_memory_of_the_owner),
        cmocka_unit_test(ethernet_refuses_what_no_mac_can_do),
        cmocka_unit_test(ethernet_stops_with_the_life_of_its_owner),
        cmocka_unit_test(ethernet_absent_device_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
