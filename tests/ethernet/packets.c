/* packets.c - Ethernet frames for the tests (see packets.h) */
#include "packets.h"

#include <string.h>

#include "bytes.h"

const uint8_t board_mac[6] = { 0x02, 0, 0x5e, 0, 0, 1 };
const uint8_t ground_mac[6] = { 0x02, 0, 0x5e, 0, 0, 2 };
const uint8_t all_mac[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static uint32_t head(uint8_t *frame, const uint8_t to[6], uint16_t type)
{
    memcpy(frame, to, 6);
    memcpy(frame + 6, ground_mac, 6);
    bytes_put_be16(frame + 12, type);
    return 14;
}

/* One's complement sum of RFC 1071, over the bytes and what `sum` holds already. */
uint16_t packet_sum(const uint8_t *bytes, uint32_t count, uint32_t sum)
{
    for (uint32_t i = 0; i < count; i++) {
        sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
    }
    while (sum > 0xffffu) {
        sum = (sum & 0xffffu) + (sum >> 16);
    }
    return (uint16_t)~sum;
}

/* Who has `target`? Asked by `source`. */
uint32_t packet_arp_request(uint8_t *frame, uint32_t source, uint32_t target)
{
    static const uint8_t fixed[8] = { 0, 1, 8, 0, 6, 4, 0, 1 };
    uint8_t *arp = frame + head(frame, all_mac, 0x0806);

    memcpy(arp, fixed, 8);
    memcpy(arp + 8, ground_mac, 6);
    bytes_put_be32(arp + 14, source);
    memset(arp + 18, 0, 6);
    bytes_put_be32(arp + 24, target);
    return 42;
}

/* An IP packet around the body. */
uint32_t packet_ip(uint8_t *frame, const struct ip_header *ip, const uint8_t *body, uint32_t count)
{
    bool to_all = (ip->destination & ~NETMASK) == ~NETMASK || ip->destination >= 0xe0000000u;
    uint8_t *h = frame + head(frame, to_all ? all_mac : board_mac, 0x0800);
    uint32_t header = 20u + 4u * ip->option_words;

    memset(h, 1, header); /* options: "no operation" */
    memset(h, 0, 20);
    h[0] = (uint8_t)(0x40u | header / 4);
    bytes_put_be16(h + 2, (uint16_t)(header + count));
    bytes_put_be16(h + 4, 0x1234);
    bytes_put_be16(h + 6, ip->fragment);
    h[8] = 64;
    h[9] = (uint8_t)ip->protocol;
    bytes_put_be32(h + 12, ip->source);
    bytes_put_be32(h + 16, ip->destination);
    bytes_put_be16(h + 10, packet_sum(h, header, 0));
    memcpy(h + header, body, count);
    return 14 + header + count;
}

/* A UDP datagram from the ground, without IP header. */
uint32_t packet_udp_body(uint8_t *body, uint32_t destination, uint16_t port, const uint8_t *payload,
                         uint32_t count)
{
    uint32_t pseudo = (GROUND_IP >> 16) + (GROUND_IP & 0xffffu) + (destination >> 16) +
                      (destination & 0xffffu) + UDP + 8 + count;

    bytes_put_be16(body, GROUND_PORT);
    bytes_put_be16(body + 2, port);
    bytes_put_be16(body + 4, (uint16_t)(8 + count));
    bytes_put_be16(body + 6, 0);
    memcpy(body + 8, payload, count);
    bytes_put_be16(body + 6, packet_sum(body, 8 + count, pseudo));
    return 8 + count;
}

/* A whole frame with a UDP datagram from the ground. */
uint32_t packet_udp(uint8_t *frame, uint32_t destination, uint16_t port, const uint8_t *payload,
                    uint32_t count)
{
    struct ip_header ip = { .source = GROUND_IP, .destination = destination, .protocol = UDP };
    uint8_t body[2048];

    return packet_ip(frame, &ip, body, packet_udp_body(body, destination, port, payload, count));
}

/* An echo request from the ground with that much data. */
uint32_t packet_echo(uint8_t *frame, uint32_t destination, uint32_t count)
{
    struct ip_header ip = { .source = GROUND_IP, .destination = destination, .protocol = ICMP };
    uint8_t body[2048] = { 8, 0, 0, 0, 0x77, 0x77, 0, 1 };

    for (uint32_t i = 0; i < count; i++) {
        body[8 + i] = (uint8_t)i;
    }
    bytes_put_be16(body + 2, packet_sum(body, 8 + count, 0));
    return packet_ip(frame, &ip, body, 8 + count);
}
