/* ethernet.h - driver of the supervisor's Ethernet MAC, a GRETH
 *
 * The registers are the partition's, through XM_sparc_inport() and XM_sparc_outport(): its IoPorts
 * grant the control register's bits 0x93 and the whole of status, address and MDIO. The descriptors
 * are the hypervisor's: XM_eth_give() and XM_eth_take() hand buffers over, and refuse what is not
 * the partition's memory.
 *
 * Everything is polled, once a slot: no interrupts. Nothing waits: a transfer to the PHY that takes
 * longer than the slot is looked at in the next one, and each is given up after a limit.
 *
 * Rules:     ethernet_start() first; ethernet_begin_slot() first in every slot, then
 *            ethernet_receive() until it says NULL. ethernet_buffer() before each
 *            ethernet_send().
 * Invariant: buffers are static, and each is either the MAC's or ours. A MAC that reports a bus
 *            error, or that keeps a frame for longer than any line needs, is reset: what waited to
 *            be sent is lost and counted, reception goes on. */
#ifndef SUPERVISOR_ETHERNET_H
#define SUPERVISOR_ETHERNET_H

#include <stdbool.h>
#include <stdint.h>

#define ETHERNET_FRAME_BYTES 1514u /* longest frame, without its CRC */
#define ETHERNET_RECEIVE_BUFFERS 32u
#define ETHERNET_SEND_BUFFERS 32u

/* Since ethernet_start(). */
struct ethernet_counters {
    uint64_t bytes_in, bytes_out; /* of whole frames, without CRC */
    uint32_t frames_in, frames_out;
    uint32_t receive_errors; /* CRC, length, overrun: frames dropped here */
    uint32_t send_errors;    /* underrun, too many collisions */
    uint32_t unsent;         /* no buffer, line down, or lost by a reset */
    uint32_t bus_errors;     /* the MAC could not reach memory */
    uint32_t stalls;         /* a frame was never finished */
    uint32_t resets;         /* of the MAC after either */
    uint32_t line_ups;       /* the PHY found a partner */
    uint32_t phy_errors;     /* transfers that did not end, PHYs that did not answer */
};

bool ethernet_start(uint32_t registers, const uint8_t mac[6]);
void ethernet_begin_slot(uint64_t now_us);
const uint8_t *ethernet_receive(uint32_t *bytes);
uint8_t *ethernet_buffer(void);
void ethernet_send(uint32_t bytes);
bool ethernet_line_up(void);
bool ethernet_full_duplex(void);
bool ethernet_fast(void);
uint32_t ethernet_sending(void);
const struct ethernet_counters *ethernet_counters(void);

#endif
