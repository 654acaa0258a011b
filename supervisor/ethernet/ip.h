/* ip.h - UDP port 5501 over Ethernet: ARP, IPv4, ICMP echo and UDP, by lwIP
 *
 * Frames come from the MAC's driver (ethernet.h) and go to it. A datagram that has arrived is not
 * copied: it lies in the frame's buffer.
 *
 * Rules:     ip_start() first; ip_tick() in every slot. One caller, never an interrupt.
 * Invariant: what lwIP keeps is a fixed number of elements of fixed size (lwippools.h); a frame
 *            that it has been given is not looked at after ip_frame(). */
#ifndef SUPERVISOR_IP_H
#define SUPERVISOR_IP_H

#include <stdbool.h>
#include <stdint.h>

#define IP_PORT 5501u
#define IP_DATAGRAM_BYTES 1472u /* most that a frame carries */

/* Host byte order; netmask and gateway 0: none. */
struct ip_config {
    uint8_t mac[6];
    uint32_t address, netmask, gateway;
};

struct ip_peer {
    uint32_t address; /* 0: nobody */
    uint16_t port;
};

struct ip_datagram {
    const uint8_t *bytes;
    uint32_t count;
    struct ip_peer from;
};

/* Since ip_start(). */
struct ip_counters {
    uint32_t datagrams_in, datagrams_out;
    uint32_t dropped;         /* by lwIP, at any layer, for any reason */
    uint32_t checksum_errors; /* of these: IP, ICMP, UDP */
    uint32_t short_frames;    /* too short for what they say they are: not shown to lwIP */
    uint32_t out_of_memory;   /* a pool was empty */
    uint32_t pool_high_water; /* elements, of all pools together */
    uint32_t assertions;
};

void ip_start(const struct ip_config *config);
void ip_tick(uint64_t now_us, bool line_up);
bool ip_frame(const uint8_t *frame, uint32_t bytes, struct ip_datagram *datagram);
bool ip_send(const struct ip_peer *to, const uint8_t *bytes, uint32_t count);
void ip_counters(struct ip_counters *counters);

#endif
