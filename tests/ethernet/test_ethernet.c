/* test_ethernet.c - the MAC's driver against a MAC, a PHY and a hypervisor made of a few variables
 *
 * The MAC stops at a descriptor that is not its own and keeps its enable bits cleared then, as the
 * real one does; a transfer to the PHY takes the slot in which it was begun, or for ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <xm.h>

#include "ethernet.h"

#define REGISTERS 0x80000e00u
#define SLOT_US 50000u
#define RE 2u
#define TE 1u
#define FAST_FULL 0x90u

struct ring {
    xmAddress_t buffer[128];
    uint32_t bytes[128];
    uint32_t status[128];
    uint32_t given, done, taken;
};

static struct {
    uint32_t ctrl, status, mac_high, mac_low, mdio;
    uint32_t wired_at, answers_at; /* addresses of the PHY */
    bool mdio_sticks, granted, there;
    uint16_t phy[32];
    bool linked, negotiates;
    uint32_t resets;
    struct ring ring[2];
    uint64_t now_us;
} mac;

static const uint8_t own[6] = { 2, 0, 0x5e, 0, 0, 1 };

/* ---- the hypervisor and the MAC -------------------------------------------------------------- */

xm_s32_t XM_eth_reset(void)
{
    if (!mac.there) {
        return XM_OP_NOT_ALLOWED;
    }
    memset(mac.ring, 0, sizeof(mac.ring));
    mac.ctrl = 0;
    mac.resets++;
    return XM_OK;
}

xm_s32_t XM_eth_give(xm_u32_t number, xmAddress_t buffer, xm_u32_t bytes)
{
    struct ring *ring = &mac.ring[number];
    uint32_t at = ring->given % 128;

    assert_true((buffer & 3u) == 0 && ring->given - ring->taken < 128);
    ring->buffer[at] = buffer;
    ring->bytes[at] = bytes;
    ring->given++;
    return XM_OK;
}

xm_s32_t XM_eth_take(xm_u32_t number, xm_u32_t *status)
{
    struct ring *ring = &mac.ring[number];

    if (ring->taken == ring->done) {
        return XM_NO_ACTION;
    }
    *status = ring->status[ring->taken++ % 128];
    return XM_OK;
}

static uint16_t phy_read(uint32_t number)
{
    uint16_t value = mac.phy[number];

    if (number == 1) {
        value = (uint16_t)(0x7809u | (mac.linked && mac.negotiates ? 0x20u : 0) |
                           (mac.linked ? 4u : 0));
    }
    return value;
}

static void mdio_write(uint32_t value)
{
    uint32_t number = value >> 6 & 31;

    mac.mdio = value & 0xfffff800u;
    if (mac.mdio_sticks) {
        mac.mdio |= 8;
    } else if ((value >> 11 & 31) != mac.answers_at) {
        mac.mdio |= 0xffff0004u;
    } else if ((value & 2) != 0) {
        mac.mdio = (mac.mdio & 0xffffu) | (uint32_t)phy_read(number) << 16;
    } else if (number != 0 || value >> 31 == 0) { /* a reset is over at once */
        mac.phy[number] = (uint16_t)(value >> 16);
    }
}

xm_s32_t XM_sparc_inport(xmAddress_t port, xm_u32_t *value)
{
    if (!mac.granted) {
        return XM_PERM_ERROR;
    }
    *value = port == REGISTERS ? mac.ctrl : port == REGISTERS + 4 ? mac.status : mac.mdio;
    assert_true(port == REGISTERS || port == REGISTERS + 4 || port == REGISTERS + 0x10);
    return XM_OK;
}

xm_s32_t XM_sparc_outport(xmAddress_t port, xm_u32_t value)
{
    if (!mac.granted) {
        return XM_PERM_ERROR;
    }
    switch (port - REGISTERS) {
    case 0x00:
        mac.ctrl = value;
        break;
    case 0x04:
        mac.status &= ~value;
        break;
    case 0x08:
        mac.mac_high = value;
        break;
    case 0x0c:
        mac.mac_low = value;
        break;
    case 0x10:
        mdio_write(value);
        break;
    default:
        fail_msg("register 0x%x is not the driver's", port - REGISTERS);
    }
    return XM_OK;
}

/* The MAC sends what it has been given. */
static void mac_sends(void)
{
    struct ring *ring = &mac.ring[XM_ETH_SEND];

    while ((mac.ctrl & TE) != 0 && ring->done != ring->given) {
        ring->status[ring->done++ % 128] = 0;
    }
    mac.ctrl &= ~TE;
}

/* A frame arrives; false: the MAC had no room. */
static bool mac_receives(uint32_t bytes, uint32_t status)
{
    struct ring *ring = &mac.ring[XM_ETH_RECEIVE];

    if ((mac.ctrl & RE) == 0 || ring->done == ring->given) {
        mac.ctrl &= ~RE;
        return false;
    }
    ring->status[ring->done++ % 128] = bytes | status;
    if (ring->done == ring->given) {
        mac.ctrl &= ~RE;
    }
    return true;
}

static void slot(void)
{
    uint32_t bytes;

    mac.now_us += SLOT_US;
    ethernet_begin_slot(mac.now_us);
    while (ethernet_receive(&bytes) != NULL) {
    }
}

static void slots(unsigned count)
{
    while (count-- > 0) {
        slot();
        mac_sends();
    }
}

static int start(void **state)
{
    (void)state;
    memset(&mac, 0, sizeof(mac));
    mac.granted = mac.there = mac.linked = mac.negotiates = true;
    mac.wired_at = mac.answers_at = 1;
    mac.mdio = 1u << 11;
    mac.phy[2] = 0x2000;
    mac.phy[5] = 0x1e1; /* the partner can do everything */
    assert_true(ethernet_start(REGISTERS, own));
    return 0;
}

static const struct ethernet_counters *count(void)
{
    return ethernet_counters();
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void start_gives_all_room_and_the_address(void **state)
{
    (void)state;
    assert_int_equal(mac.ring[XM_ETH_RECEIVE].given, ETHERNET_RECEIVE_BUFFERS);
    assert_int_equal(mac.mac_high, 0x0200);
    assert_int_equal(mac.mac_low, 0x5e000001);
    assert_int_equal(mac.ctrl & RE, RE);
    assert_false(ethernet_line_up());
    assert_null(ethernet_buffer());
}

static void line_comes_up_as_negotiated(void **state)
{
    static const struct {
        uint16_t partner;
        bool fast, full;
    } cases[] = { { 0x1e1, true, true }, { 0x0a1, true, false }, { 0x061, false, true },
                  { 0x021, false, false } };

    for (unsigned i = 0; i < 4; i++) {
        start(state);
        mac.phy[5] = cases[i].partner;
        slots(15);
        assert_true(ethernet_line_up());
        assert_int_equal(mac.phy[0], 0x1200);
        assert_int_equal(mac.phy[4], 0x1e1);
        assert_int_equal(mac.ctrl & FAST_FULL,
                         (cases[i].fast ? 0x80u : 0) | (cases[i].full ? 0x10u : 0));
        assert_int_equal(ethernet_fast(), cases[i].fast);
        assert_int_equal(ethernet_full_duplex(), cases[i].full);
        assert_int_equal(count()->phy_errors, 0);
    }
}

static void phy_is_found_wherever_it_answers(void **state)
{
    (void)state;
    mac.answers_at = 0; /* the MAC says 1: all others are tried, in order */
    slots(31 + 25 + 20);
    assert_true(ethernet_line_up());
    assert_int_equal(count()->phy_errors, 1);
}

static void partner_that_does_not_negotiate_gets_the_least(void **state)
{
    (void)state;
    mac.negotiates = false;
    mac.phy[5] = 0;
    slots(50);
    assert_false(ethernet_line_up());
    slots(80); /* 5 s are over */
    assert_true(ethernet_line_up());
    assert_int_equal(mac.ctrl & FAST_FULL, 0);
}

static void lost_line_is_noticed_and_comes_back(void **state)
{
    (void)state;
    slots(15);
    mac.linked = false;
    slots(25);
    assert_false(ethernet_line_up());
    assert_null(ethernet_buffer());
    mac.linked = true;
    slots(15);
    assert_true(ethernet_line_up());
    assert_int_equal(count()->line_ups, 2);
}

static void transfer_that_does_not_end_is_given_up(void **state)
{
    (void)state;
    mac.mdio_sticks = true;
    slots(60);
    assert_true(count()->phy_errors >= 1);
    assert_false(ethernet_line_up());
    mac.mdio_sticks = false;
    slots(60);
    assert_true(ethernet_line_up());
}

static void frames_go_out_in_order(void **state)
{
    struct ring *ring = &mac.ring[XM_ETH_SEND];

    (void)state;
    slots(15);
    for (uint32_t i = 0; i < 200; i++) {
        uint8_t *buffer = ethernet_buffer();

        assert_non_null(buffer);
        buffer[0] = (uint8_t)i;
        ethernet_send(60 + i);
        assert_int_equal(ring->buffer[i % 128], (xmAddress_t)(uintptr_t)buffer);
        assert_int_equal(ring->bytes[i % 128], 60 + i);
        assert_int_equal(mac.ctrl & (RE | TE), RE | TE);
        mac_sends();
    }
    assert_int_equal(count()->frames_out, 200);
    assert_int_equal(ethernet_sending(), 0);
    assert_int_equal(count()->unsent, 0);
}

static void full_ring_is_refused_and_counted(void **state)
{
    (void)state;
    slots(15);
    for (uint32_t i = 0; i < ETHERNET_SEND_BUFFERS; i++) {
        assert_non_null(ethernet_buffer());
        ethernet_send(60);
    }
    assert_null(ethernet_buffer());
    assert_int_equal(count()->unsent, 1);
    assert_int_equal(ethernet_sending(), ETHERNET_SEND_BUFFERS);
    mac_sends();
    assert_non_null(ethernet_buffer());
}

static void frames_come_in_order_and_buffers_go_round(void **state)
{
    const uint8_t *frame, *last = NULL;
    uint32_t bytes;

    (void)state;
    for (uint32_t i = 0; i < 300; i++) {
        assert_true(mac_receives(60 + i, 0));
        frame = ethernet_receive(&bytes);
        assert_non_null(frame);
        assert_ptr_not_equal(frame, last);
        assert_int_equal(bytes, 60 + i);
        assert_int_equal(mac.ring[XM_ETH_RECEIVE].given, ETHERNET_RECEIVE_BUFFERS + i);
        last = frame;
    }
    assert_null(ethernet_receive(&bytes));
    assert_int_equal(mac.ring[XM_ETH_RECEIVE].given, ETHERNET_RECEIVE_BUFFERS + 300);
    assert_int_equal(count()->frames_in, 300);
}

static void receiver_that_ran_out_goes_on(void **state)
{
    uint32_t bytes, came = 0;

    (void)state;
    while (mac_receives(100, 0)) {
        came++;
    }
    assert_int_equal(came, ETHERNET_RECEIVE_BUFFERS);
    assert_int_equal(mac.ctrl & RE, 0);
    while (ethernet_receive(&bytes) != NULL) {
        came--;
    }
    assert_int_equal(came, 0);
    assert_int_equal(mac.ctrl & RE, RE);
    assert_true(mac_receives(100, 0));
}

static void damaged_frame_is_dropped(void **state)
{
    uint32_t bytes;

    (void)state;
    for (uint32_t bit = 14; bit <= 18; bit++) {
        assert_true(mac_receives(100, 1u << bit));
    }
    assert_true(mac_receives(101, 1u << 26)); /* accepted by the hash: nothing wrong with it */
    assert_non_null(ethernet_receive(&bytes));
    assert_int_equal(bytes, 101);
    assert_null(ethernet_receive(&bytes));
    assert_int_equal(count()->receive_errors, 5);
}

static void send_error_is_counted(void **state)
{
    struct ring *ring = &mac.ring[XM_ETH_SEND];

    (void)state;
    slots(15);
    (void)ethernet_buffer();
    ethernet_send(60);
    ring->status[ring->done++ % 128] = 0x8000; /* 16 collisions */
    slots(1);
    assert_int_equal(count()->send_errors, 1);
    assert_int_equal(count()->resets, 0);
}

static void bus_error_resets_the_mac(void **state)
{
    uint32_t bytes;

    (void)state;
    slots(15);
    for (uint32_t bit = 4; bit <= 5; bit++) {
        (void)ethernet_buffer();
        ethernet_send(60);
        mac.status = 1u << bit;
        mac.ctrl = 0;
        slot();
        assert_int_equal(count()->bus_errors, bit - 3);
        assert_int_equal(count()->resets, bit - 3);
        assert_int_equal(count()->unsent, bit - 3);
        assert_int_equal(mac.status, 0);
        assert_int_equal(mac.ring[XM_ETH_RECEIVE].given, ETHERNET_RECEIVE_BUFFERS);
        assert_int_equal(mac.ctrl & FAST_FULL, FAST_FULL);
        assert_true(mac_receives(64, 0));
        assert_non_null(ethernet_receive(&bytes));
        (void)ethernet_receive(&bytes);
    }
    assert_true(ethernet_line_up());
    assert_non_null(ethernet_buffer());
}

static void frame_that_stays_resets_the_mac(void **state)
{
    (void)state;
    slots(15);
    (void)ethernet_buffer();
    ethernet_send(60);
    slot();
    slot();
    assert_int_equal(count()->resets, 0);
    slot();
    assert_int_equal(count()->stalls, 1);
    assert_int_equal(count()->resets, 1);
    assert_int_equal(ethernet_sending(), 0);
    slots(20);
    assert_int_equal(count()->resets, 1);
}

static void mac_that_is_not_there_is_left_alone(void **state)
{
    uint32_t bytes;

    (void)state;
    mac.granted = false;
    assert_false(ethernet_start(REGISTERS, own));
    mac.granted = true;
    mac.there = false;
    assert_false(ethernet_start(REGISTERS, own));
    mac.mdio = 0;
    slots(100);
    assert_int_equal(mac.mdio, 0);
    assert_false(ethernet_line_up());
    assert_null(ethernet_buffer());
    assert_null(ethernet_receive(&bytes));
}

#define TEST(name) cmocka_unit_test_setup(name, start)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(start_gives_all_room_and_the_address),
        TEST(line_comes_up_as_negotiated),
        TEST(phy_is_found_wherever_it_answers),
        TEST(partner_that_does_not_negotiate_gets_the_least),
        TEST(lost_line_is_noticed_and_comes_back),
        TEST(transfer_that_does_not_end_is_given_up),
        TEST(frames_go_out_in_order),
        TEST(full_ring_is_refused_and_counted),
        TEST(frames_come_in_order_and_buffers_go_round),
        TEST(receiver_that_ran_out_goes_on),
        TEST(damaged_frame_is_dropped),
        TEST(send_error_is_counted),
        TEST(bus_error_resets_the_mac),
        TEST(frame_that_stays_resets_the_mac),
        TEST(mac_that_is_not_there_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
