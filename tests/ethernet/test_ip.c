/* test_ip.c - lwIP as the supervisor builds it: what it answers, what it takes, and what it must
 * never look at
 *
 * Every frame is shown to it in memory of exactly its size, so that a byte read behind it is an
 * error of the sanitizer. Each test of the second half fails when its rule is taken away
 * (rules.py). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <lwip/memp.h>
#include <lwip/stats.h>
#include <lwip/udp.h>

#include "bytes.h"
#include "ethernet.h"
#include "fake_mac.h"
#include "ip.h"
#include "packets.h"

static uint8_t frame[4096];
static uint8_t got[2048]; /* payload of the last datagram */
static struct ip_datagram datagram;

static struct ip_counters counters(void)
{
    struct ip_counters now;

    ip_counters(&now);
    return now;
}

/* Shows a frame, in its own piece of memory; true: it was a datagram. */
static bool show(const uint8_t *bytes, uint32_t count)
{
    uint8_t *alone = malloc(count);
    bool is;

    memcpy(alone, bytes, count);
    is = ip_frame(alone, count, &datagram);
    if (is) {
        assert_true(datagram.bytes >= alone && datagram.bytes + datagram.count <= alone + count);
        memcpy(got, datagram.bytes, datagram.count);
    }
    free(alone);
    return is;
}

static int start(void **state)
{
    (void)state;
    fake_fresh_start();
    fake_mac.sent = 0; /* it has announced its address */
    return 0;
}

/* After every test: nothing is kept of what came, and nothing was found wrong. */
static int end(void **state)
{
    (void)state;
    assert_int_equal(lwip_stats.memp[MEMP_PBUF]->used, 0);
    for (unsigned i = MEMP_POOL_FIRST; i <= MEMP_POOL_LAST; i++) {
        assert_int_equal(lwip_stats.memp[i]->used, 0);
    }
    assert_int_equal(fake_mac.events, counters().assertions);
    return 0;
}

static void introduce_ground(void)
{
    assert_false(show(frame, packet_arp_request(frame, GROUND_IP, BOARD_IP)));
    assert_int_equal(fake_mac.sent, 1);
    fake_mac.sent = 0;
}

/* ---- what it does ---------------------------------------------------------------------------- */

static void arp_request_is_answered(void **state)
{
    const uint8_t *answer = fake_mac.frame[0];

    (void)state;
    assert_false(show(frame, packet_arp_request(frame, GROUND_IP, BOARD_IP)));
    assert_int_equal(fake_mac.sent, 1);
    assert_true(fake_mac.bytes[0] >= 42);
    assert_memory_equal(answer, ground_mac, 6);
    assert_memory_equal(answer + 6, board_mac, 6);
    assert_int_equal(bytes_be16(answer + 20), 2);
    assert_memory_equal(answer + 22, board_mac, 6);
    assert_int_equal(bytes_be32(answer + 28), BOARD_IP);
    assert_false(show(frame, packet_arp_request(frame, GROUND_IP, BOARD_IP + 1)));
    assert_int_equal(fake_mac.sent, 1);
}

static void address_is_announced_when_the_line_comes_up(void **state)
{
    (void)state;
    fake_fresh_start();
    assert_int_equal(fake_mac.sent, 1);
    ip_tick(1, true);
    ip_tick(2, false);
    assert_int_equal(fake_mac.sent, 1);
    ip_tick(3, true);
    assert_int_equal(fake_mac.sent, 2);
    assert_memory_equal(fake_mac.frame[1], all_mac, 6);
    assert_int_equal(bytes_be16(fake_mac.frame[1] + 12), 0x0806);
    assert_int_equal(bytes_be32(fake_mac.frame[1] + 28), BOARD_IP);
}

static void echo_is_answered_up_to_a_whole_frame(void **state)
{
    static const uint32_t sizes[] = { 0, 1, 56, 57, 1472 };

    (void)state;
    introduce_ground();
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        const uint8_t *answer = fake_mac.frame[i];
        uint32_t count = packet_echo(frame, BOARD_IP, sizes[i]);

        assert_false(show(frame, count));
        assert_int_equal(fake_mac.sent, i + 1);
        assert_int_equal(fake_mac.bytes[i], count);
        assert_int_equal(bytes_be32(answer + 26), BOARD_IP);
        assert_int_equal(bytes_be32(answer + 30), GROUND_IP);
        assert_int_equal(packet_sum(answer + 14, 20, 0), 0);
        assert_int_equal(answer[34], 0);
        assert_int_equal(packet_sum(answer + 34, count - 34, 0), 0);
        assert_memory_equal(answer + 38, frame + 38, count - 38);
    }
}

static void datagram_for_the_port_arrives(void **state)
{
    static const uint32_t sizes[] = { 1, 2, 33, 1024, 1058, 1472 };
    uint8_t payload[1472];

    (void)state;
    for (uint32_t i = 0; i < sizeof(payload); i++) {
        payload[i] = (uint8_t)(i * 7);
    }
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        assert_true(show(frame, packet_udp(frame, BOARD_IP, IP_PORT, payload, sizes[i])));
        assert_int_equal(datagram.count, sizes[i]);
        assert_memory_equal(got, payload, sizes[i]);
        assert_int_equal(datagram.from.address, GROUND_IP);
        assert_int_equal(datagram.from.port, GROUND_PORT);
    }
    assert_int_equal(counters().datagrams_in, 6);
}

static void datagram_is_sent_to_whom_it_is_for(void **state)
{
    struct ip_peer ground = { .address = GROUND_IP, .port = GROUND_PORT };
    uint8_t payload[1058];
    const uint8_t *sent = fake_mac.frame[0];

    (void)state;
    memset(payload, 0xa5, sizeof(payload));
    introduce_ground();
    assert_true(ip_send(&ground, payload, sizeof(payload)));
    assert_int_equal(fake_mac.sent, 1);
    assert_int_equal(fake_mac.bytes[0], 42 + sizeof(payload));
    assert_memory_equal(sent, ground_mac, 6);
    assert_int_equal(packet_sum(sent + 14, 20, 0), 0);
    assert_int_equal(bytes_be32(sent + 30), GROUND_IP);
    assert_int_equal(bytes_be16(sent + 34), IP_PORT);
    assert_int_equal(bytes_be16(sent + 36), GROUND_PORT);
    assert_int_equal(packet_sum(sent + 34, 8 + sizeof(payload),
                                (BOARD_IP >> 16) + (BOARD_IP & 0xffff) + (GROUND_IP >> 16) +
                                    (GROUND_IP & 0xffff) + UDP + 8 + (uint32_t)sizeof(payload)),
                     0);
    assert_memory_equal(sent + 42, payload, sizeof(payload));
}

/* Nobody has told where the ground is: the board asks, and the datagram leaves after the answer. */
static void datagram_waits_for_the_address(void **state)
{
    struct ip_peer far = { .address = 0xc0a80101u, .port = 7 }; /* behind the gateway */
    const uint8_t payload[4] = { 1, 2, 3, 4 };

    (void)state;
    assert_true(ip_send(&far, payload, 4));
    assert_int_equal(fake_mac.sent, 1);
    assert_int_equal(bytes_be16(fake_mac.frame[0] + 12), 0x0806);
    assert_int_equal(bytes_be32(fake_mac.frame[0] + 38), GATEWAY_IP);
    packet_arp_request(frame, GATEWAY_IP, BOARD_IP);
    frame[21] = 2; /* the answer */
    assert_false(show(frame, 42));
    assert_int_equal(fake_mac.sent, 2);
    assert_memory_equal(fake_mac.frame[1] + 42, payload, 4);
    assert_memory_equal(fake_mac.frame[1], ground_mac, 6);
}

/* An address that nobody answers for is given up, and what waited for it is let go (end()). */
static void unanswered_address_is_given_up(void **state)
{
    struct ip_peer nobody = { .address = BOARD_IP + 50, .port = 7 };

    (void)state;
    assert_true(ip_send(&nobody, board_mac, 6));
    for (uint64_t second = 1; second <= 10; second++) {
        ip_tick(second * 1000000u, true);
    }
    assert_true(fake_mac.sent >= 2 && fake_mac.sent <= 6);
}

static void full_mac_loses_only_that_frame(void **state)
{
    struct ip_peer ground = { .address = GROUND_IP, .port = GROUND_PORT };

    (void)state;
    introduce_ground();
    fake_mac.full = true;
    assert_false(ip_send(&ground, board_mac, 6));
    assert_false(show(frame, packet_echo(frame, BOARD_IP, 56)));
    fake_mac.full = false;
    assert_true(ip_send(&ground, board_mac, 6));
    assert_int_equal(fake_mac.sent, 1);
    assert_true(counters().dropped >= 2);
}

static void assertion_goes_to_the_health_monitor(void **state)
{
    (void)state;
    pbuf_free(NULL); /* lwIP asserts that nobody does that */
    assert_int_equal(counters().assertions, 1);
    assert_int_equal(fake_mac.events, 1);
}

/* ---- what it must not do --------------------------------------------------------------------- */

/* Is anything of that protocol among what was sent last? */
static bool sent_protocol(enum protocol protocol)
{
    for (uint32_t i = 0; i < fake_mac.sent && i < FAKE_FRAMES; i++) {
        if (bytes_be16(fake_mac.frame[i] + 12) == 0x0800 && fake_mac.frame[i][23] == protocol) {
            return true;
        }
    }
    return false;
}

static void short_arp_is_not_looked_at(void **state)
{
    uint32_t whole = packet_arp_request(frame, GROUND_IP, BOARD_IP);

    (void)state;
    for (uint32_t count = 1; count < whole; count++) {
        assert_false(show(frame, count));
    }
    assert_int_equal(fake_mac.sent, 0);
    assert_int_equal(counters().short_frames, whole - 1);
}

static void cut_ip_packet_is_not_looked_at(void **state)
{
    uint32_t whole = packet_udp(frame, BOARD_IP, IP_PORT, board_mac, 6);

    (void)state;
    for (uint32_t count = 1; count < whole; count++) {
        assert_false(show(frame, count));
    }
    assert_true(counters().short_frames == 33);
    assert_int_equal(counters().datagrams_in, 0);
}

static void fragments_are_dropped(void **state)
{
    struct ip_header ip = { .source = GROUND_IP, .destination = BOARD_IP, .protocol = UDP };
    uint8_t payload[100] = { 0 }, body[128];
    uint32_t count = packet_udp_body(body, BOARD_IP, IP_PORT, payload, sizeof(payload));

    (void)state;
    ip.fragment = 0x2000; /* more follow */
    assert_false(show(frame, packet_ip(frame, &ip, body, 64)));
    ip.fragment = 8;
    assert_false(show(frame, packet_ip(frame, &ip, body + 64, count - 64)));
    assert_int_equal(counters().datagrams_in, 0);
    assert_int_equal(counters().dropped, 2);
}

static void nothing_longer_than_a_frame_is_sent(void **state)
{
    struct ip_peer ground = { .address = GROUND_IP, .port = GROUND_PORT };
    static const uint8_t payload[1473 + 0x10000];

    (void)state;
    introduce_ground();
    assert_true(ip_send(&ground, payload, IP_DATAGRAM_BYTES));
    assert_false(ip_send(&ground, payload, IP_DATAGRAM_BYTES + 1));
    assert_false(ip_send(&ground, payload, 0x10000));
    assert_int_equal(fake_mac.sent, 1);
}

static void tcp_is_not_answered(void **state)
{
    static const uint16_t ports[] = { 22, 80, 5501 };
    const uint32_t pseudo = (GROUND_IP >> 16) + (GROUND_IP & 0xffff) + (BOARD_IP >> 16) +
                            (BOARD_IP & 0xffff) + TCP + 20;
    struct ip_header ip = { .source = GROUND_IP, .destination = BOARD_IP, .protocol = TCP };

    (void)state;
    introduce_ground();
    for (unsigned i = 0; i < 3; i++) {
        uint8_t body[20] = { 0x9c, 0x40, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0x10, 0 };

        bytes_put_be16(body + 2, ports[i]);
        bytes_put_be16(body + 16, packet_sum(body, 20, pseudo));
        assert_false(show(frame, packet_ip(frame, &ip, body, sizeof(body))));
    }
    assert_false(sent_protocol(TCP));
}

static void ipv6_is_an_unknown_protocol(void **state)
{
    uint8_t packet[14 + 40 + 8] = { 0x33, 0x33, 0, 0, 0, 1, 2, 0, 0x5e, 0, 0, 2, 0x86, 0xdd, 0x60 };

    (void)state;
    packet[14 + 5] = 8;   /* payload */
    packet[14 + 6] = 58;  /* ICMPv6 */
    packet[14 + 7] = 255; /* hops */
    packet[14 + 8] = 0xfe;
    packet[14 + 9] = 0x80;
    packet[14 + 23] = 2;
    packet[14 + 24] = 0xff;
    packet[14 + 25] = 2;
    packet[14 + 39] = 1;
    packet[14 + 40] = 128; /* echo request */
    assert_false(show(packet, sizeof(packet)));
    assert_int_equal(fake_mac.sent, 0);
    assert_int_equal(lwip_stats.etharp.proterr, 1);
}

static void options_are_refused(void **state)
{
    struct ip_header ip = {
        .source = GROUND_IP, .destination = BOARD_IP, .protocol = UDP, .option_words = 3
    };
    uint8_t body[16];
    uint32_t count = packet_udp_body(body, BOARD_IP, IP_PORT, board_mac, 6);

    (void)state;
    assert_false(show(frame, packet_ip(frame, &ip, body, count)));
    assert_int_equal(counters().datagrams_in, 0);
}

static void datagram_to_all_is_refused(void **state)
{
    (void)state;
    assert_false(show(frame, packet_udp(frame, BOARD_IP | ~NETMASK, IP_PORT, board_mac, 6)));
    assert_false(show(frame, packet_udp(frame, 0xffffffffu, IP_PORT, board_mac, 6)));
    assert_false(show(frame, packet_udp(frame, 0xe0000001u, IP_PORT, board_mac, 6)));
    assert_int_equal(counters().datagrams_in, 0);
    assert_int_equal(fake_mac.sent, 0);
}

static void echo_to_all_is_not_answered(void **state)
{
    (void)state;
    introduce_ground();
    assert_false(show(frame, packet_echo(frame, BOARD_IP | ~NETMASK, 56)));
    assert_false(show(frame, packet_echo(frame, 0xe0000001u, 56)));
    assert_int_equal(fake_mac.sent, 0);
}

static void damage_is_refused_by_its_check_sum(void **state)
{
    uint32_t count = packet_udp(frame, BOARD_IP, IP_PORT, board_mac, 6);

    (void)state;
    introduce_ground();
    count = packet_udp(frame, BOARD_IP, IP_PORT, board_mac, 6);
    frame[count - 1] ^= 1; /* UDP */
    assert_false(show(frame, count));
    count = packet_udp(frame, BOARD_IP, IP_PORT, board_mac, 6);
    frame[22] ^= 1; /* IP, time to live */
    assert_false(show(frame, count));
    count = packet_echo(frame, BOARD_IP, 56);
    frame[count - 1] ^= 1; /* ICMP */
    assert_false(show(frame, count));
    assert_int_equal(counters().checksum_errors, 3);
    assert_int_equal(fake_mac.sent, 0);
    assert_int_equal(counters().datagrams_in, 0);
}

static void one_port_is_open(void **state)
{
    (void)state;
    assert_non_null(udp_pcbs);
    assert_null(udp_pcbs->next);
    assert_int_equal(udp_pcbs->local_port, IP_PORT);
    introduce_ground();
    for (uint16_t port = 1; port < 2000; port++) {
        assert_false(show(frame, packet_udp(frame, BOARD_IP, port, board_mac, 6)));
    }
    assert_false(sent_protocol(UDP));
    assert_int_equal(counters().datagrams_in, 0);
}

static void packet_for_another_is_not_passed_on(void **state)
{
    (void)state;
    introduce_ground();
    assert_false(show(frame, packet_udp(frame, 0xc0a80101u, IP_PORT, board_mac, 6)));
    assert_false(show(frame, packet_udp(frame, BOARD_IP + 1, IP_PORT, board_mac, 6)));
    assert_int_equal(fake_mac.sent, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(arp_request_is_answered),
        TEST(address_is_announced_when_the_line_comes_up),
        TEST(echo_is_answered_up_to_a_whole_frame),
        TEST(datagram_for_the_port_arrives),
        TEST(datagram_is_sent_to_whom_it_is_for),
        TEST(datagram_waits_for_the_address),
        TEST(unanswered_address_is_given_up),
        TEST(full_mac_loses_only_that_frame),
        TEST(assertion_goes_to_the_health_monitor),
        TEST(short_arp_is_not_looked_at),
        TEST(cut_ip_packet_is_not_looked_at),
        TEST(fragments_are_dropped),
        TEST(nothing_longer_than_a_frame_is_sent),
        TEST(tcp_is_not_answered),
        TEST(ipv6_is_an_unknown_protocol),
        TEST(options_are_refused),
        TEST(datagram_to_all_is_refused),
        TEST(echo_to_all_is_not_answered),
        TEST(damage_is_refused_by_its_check_sum),
        TEST(one_port_is_open),
        TEST(packet_for_another_is_not_passed_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
