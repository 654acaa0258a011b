/* link_udp.c - frames as datagrams (see link_udp.h) */
#include "link_udp.h"

#include <stdio.h>
#include <string.h>

#include "system_view.h"

/* Frames of any kind that one slot looks at: what the MAC's buffers hold, and as many again that
 * may come meanwhile. The rest stays with the MAC, and then on the line. */
#define SLOT_FRAMES (2u * ETHERNET_RECEIVE_BUFFERS)

/* The line is faster than the processor makes frames: time limits bulk, not the line. 4 frames
 * of 1,024 bytes take about as long as everything else in a slot. */
#define SLOT_BULK 4u

/* Buffers kept free for what lwIP answers by itself. */
#define SPARE_BUFFERS 4u

/* One command takes a whole buffer, however short it is; the ground counts bytes. */
#define COMMAND_BYTES 128u

static struct {
    uint32_t slot_frames, slot_bulk; /* that this slot may still look at, and send */
} udp;

/* An address as sessions keep it. */
static uint64_t number_of(const struct ip_peer *peer)
{
    return (uint64_t)peer->address << 16 | peer->port;
}

static void start(void)
{
    struct view_ethernet own = { .registers = 0 };
    struct ip_config config;

    memset(&udp, 0, sizeof(udp));
    if (!view_ethernet(&own)) {
        printf("supervisor: the hypervisor's configuration shows no Ethernet MAC of this "
               "partition\n");
    }
    memcpy(config.mac, own.mac, sizeof(config.mac));
    config.address = own.ip;
    config.netmask = own.netmask;
    config.gateway = own.gateway;
    (void)ethernet_start(own.registers, config.mac); /* says what is wrong; the line stays down */
    ip_start(&config);
}

static void begin_slot(void)
{
    uint64_t now_us = (uint64_t)view_kernel()->now_us;

    udp.slot_frames = SLOT_FRAMES;
    udp.slot_bulk = SLOT_BULK;
    ethernet_begin_slot(now_us);
    ip_tick(now_us, ethernet_line_up());
}

static const uint8_t *receive(struct link *link, uint32_t *bytes)
{
    const uint8_t *frame;
    struct ip_datagram datagram;

    while (udp.slot_frames != 0 && (frame = ethernet_receive(bytes)) != NULL) {
        udp.slot_frames--;
        if (ip_frame(frame, *bytes, &datagram)) {
            link->sessions.sender = number_of(&datagram.from);
            *bytes = datagram.count;
            return datagram.bytes;
        }
    }
    return NULL;
}

static bool ready(void)
{
    return ethernet_line_up() && ethernet_sending() < ETHERNET_SEND_BUFFERS - SPARE_BUFFERS;
}

static void send(const uint8_t *frame, uint32_t bytes, uint64_t to)
{
    struct ip_peer peer = { .address = (uint32_t)(to >> 16), .port = (uint16_t)to };

    (void)ip_send(&peer, frame, bytes); /* counted there, or at the MAC */
}

/* Says yes so many times a slot. */
static bool bulk_has_room(void)
{
    if (udp.slot_bulk == 0) {
        return false;
    }
    udp.slot_bulk--;
    return true;
}

static bool idle(void)
{
    return ethernet_sending() == 0;
}

static xm_s32_t status(struct xm_link_status *status)
{
    const struct ethernet_counters *c = ethernet_counters();

    memset(status, 0, sizeof(*status));
    status->rx_bytes = c->bytes_in;
    status->tx_bytes = c->bytes_out;
    status->rx_errors = c->receive_errors;
    status->rx_size = ETHERNET_RECEIVE_BUFFERS * COMMAND_BYTES;
    status->tx_size = ETHERNET_SEND_BUFFERS * ETHERNET_FRAME_BYTES;
    status->tx_waiting = ethernet_sending() * ETHERNET_FRAME_BYTES;
    return XM_OK;
}

static void tell(Xm__LinkState *state)
{
    static Xm__EthernetState e; /* goes out before the next call */
    const struct ethernet_counters *mac = ethernet_counters();
    struct ip_counters ip;

    ip_counters(&ip);
    xm__ethernet_state__init(&e);
    e.line_up = ethernet_line_up();
    e.full_duplex = ethernet_full_duplex();
    e.fast = ethernet_fast();
    e.line_ups = mac->line_ups;
    e.phy_errors = mac->phy_errors;
    e.frames_in = mac->frames_in;
    e.frames_out = mac->frames_out;
    e.send_errors = mac->send_errors;
    e.unsent = mac->unsent;
    e.bus_errors = mac->bus_errors;
    e.stalls = mac->stalls;
    e.resets = mac->resets;
    e.datagrams_in = ip.datagrams_in;
    e.datagrams_out = ip.datagrams_out;
    e.dropped = ip.dropped;
    e.checksum_errors = ip.checksum_errors;
    e.short_frames = ip.short_frames;
    e.out_of_memory = ip.out_of_memory;
    e.pool_high_water = ip.pool_high_water;
    e.assertions = ip.assertions;
    state->ethernet = &e;
}

static struct link state;

const struct link_device link_udp = {
    .kind = XM__LINK_KIND__LINK_ETHERNET,
    .link = &state,
    .rx_payload = FRAME_PAYLOAD,
    .chunk_payload = FRAME_PAYLOAD,
    .start = start,
    .begin_slot = begin_slot,
    .receive = receive,
    .ready = ready,
    .send = send,
    .bulk_has_room = bulk_has_room,
    .idle = idle,
    .status = status,
    .tell = tell,
};
