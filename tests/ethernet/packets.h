/* packets.h - Ethernet frames for the tests, as some host on the board's network sends them
 *
 * Each builder writes a whole frame and returns its bytes; nothing is padded. */
#ifndef TESTS_ETHERNET_PACKETS_H
#define TESTS_ETHERNET_PACKETS_H

#include <stdbool.h>
#include <stdint.h>

#define BOARD_IP 0x0a00020fu /* 10.0.2.15/24 */
#define NETMASK 0xffffff00u
#define GATEWAY_IP 0x0a000202u
#define GROUND_IP 0x0a000203u
#define GROUND_PORT 40000u

enum protocol { ICMP = 1, TCP = 6, UDP = 17 };

struct ip_header {
    uint32_t source, destination;
    enum protocol protocol;
    uint16_t fragment; /* flags and offset */
    uint8_t option_words;
};

extern const uint8_t board_mac[6], ground_mac[6], all_mac[6];

uint32_t packet_arp_request(uint8_t *frame, uint32_t source, uint32_t target);
uint32_t packet_ip(uint8_t *frame, const struct ip_header *ip, const uint8_t *body, uint32_t count);
uint32_t packet_udp(uint8_t *frame, uint32_t destination, uint16_t port, const uint8_t *payload,
                    uint32_t count);
uint32_t packet_echo(uint8_t *frame, uint32_t destination, uint32_t count);
uint16_t packet_sum(const uint8_t *bytes, uint32_t count, uint32_t sum);
uint32_t packet_udp_body(uint8_t *body, uint32_t destination, uint16_t port, const uint8_t *payload,
                         uint32_t count);

#endif
