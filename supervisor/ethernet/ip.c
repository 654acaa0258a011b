/* ip.c - lwIP between the MAC's driver and the link (see ip.h) */
#include "ip.h"

#include <stdio.h>
#include <string.h>
#include <xm.h>

#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/memp.h>
#include <lwip/netif.h>
#include <lwip/stats.h>
#include <lwip/udp.h>
#include <netif/ethernet.h>

#include "bytes.h"
#include "ethernet.h"

_Static_assert(BYTE_ORDER == __BYTE_ORDER__, "lwIP must know the byte order");
_Static_assert(MEM_ALIGNMENT == 8, "LEON3 loads pairs of words");

#define MTU 1500u
#define TYPE_AT 12u /* in a frame */
#define ARP_FRAME_BYTES 42u
#define IP_FRAME_BYTES 34u

static struct {
    struct netif netif;
    struct udp_pcb *pcb;
    struct ip_datagram *arrived; /* where the frame that is being looked at leaves its datagram */
    bool has_arrived;
    uint64_t arp_us; /* when the ARP table was last made older */
    uint32_t short_frames, assertions;
    uint32_t datagrams_in, datagrams_out;
} ip;

/* lwIP found its memory or its caller out of order. */
void ip_assertion_failed(const char *what)
{
    ip.assertions++;
    printf("supervisor: lwIP: %s\n", what);
    XM_hm_raise_event(XM_HM_EV_APP_APPLICATION_ERROR);
}

/* A frame leaves: pieces in a row. */
static err_t output(struct netif *netif, struct pbuf *p)
{
    uint8_t *frame = p->tot_len <= ETHERNET_FRAME_BYTES ? ethernet_buffer() : NULL;

    (void)netif;
    if (frame == NULL) {
        LINK_STATS_INC(link.drop);
        return ERR_BUF;
    }
    pbuf_copy_partial(p, frame, p->tot_len, 0);
    ethernet_send(p->tot_len);
    return ERR_OK;
}

static err_t prepare(struct netif *netif)
{
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->hwaddr_len = 6;
    netif->mtu = MTU;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP;
    netif->output = etharp_output;
    netif->linkoutput = output;
    return ERR_OK;
}

static void receive(void *nothing, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from,
                    u16_t port)
{
    (void)nothing;
    (void)pcb;
    /* a PBUF_REF is one piece, and what it refers to stays when it goes */
    ip.arrived->bytes = p->payload;
    ip.arrived->count = p->len;
    ip.arrived->from.address = lwip_ntohl(ip4_addr_get_u32(ip_2_ip4(from)));
    ip.arrived->from.port = port;
    ip.has_arrived = true;
    ip.datagrams_in++;
    pbuf_free(p);
}

/* Takes lwIP into use. Its own memory is as fresh as the partition's: XAL clears it at every start,
 * also after a warm reset. */
void ip_start(const struct ip_config *config)
{
    ip_addr_t address = IPADDR4_INIT(lwip_htonl(config->address));
    ip4_addr_t netmask = { lwip_htonl(config->netmask) };
    ip4_addr_t gateway = { lwip_htonl(config->gateway) };

    memset(&ip, 0, sizeof(ip));
    lwip_init();
    netif_add(&ip.netif, ip_2_ip4(&address), &netmask, &gateway, NULL, prepare, ethernet_input);
    memcpy(ip.netif.hwaddr, config->mac, sizeof(config->mac));
    netif_set_default(&ip.netif);
    netif_set_up(&ip.netif);
    ip.pcb = udp_new();
    /* the own address alone: a datagram to all is refused */
    udp_bind(ip.pcb, &address, IP_PORT);
    udp_recv(ip.pcb, receive, NULL);
}

/* ARP entries age by the second, however long the supervisor's slots lie apart. When the line comes
 * up, its neighbours are told who is here. */
void ip_tick(uint64_t now_us, bool line_up)
{
    if (line_up != (netif_is_link_up(&ip.netif) != 0)) {
        (line_up ? netif_set_link_up : netif_set_link_down)(&ip.netif);
    }
    if (now_us - ip.arp_us >= 1000000u) {
        ip.arp_us = now_us;
        etharp_tmr();
    }
}

/* lwIP 2.1.3 reads an ARP message and the addresses of an IP header without asking how long the
 * frame is. */
static bool is_whole(const uint8_t *frame, uint32_t bytes)
{
    if (bytes < TYPE_AT + 2) {
        return false;
    }
    switch (bytes_be16(frame + TYPE_AT)) {
    case ETHTYPE_ARP:
        return bytes >= ARP_FRAME_BYTES;
    case ETHTYPE_IP:
        return bytes >= IP_FRAME_BYTES;
    default:
        return true;
    }
}

/* Looks at a frame and answers it, if it is ARP or an echo request. True: it was a datagram for the
 * port, valid as long as the frame. */
bool ip_frame(const uint8_t *frame, uint32_t bytes, struct ip_datagram *datagram)
{
    struct pbuf *p;

    if (!is_whole(frame, bytes)) {
        ip.short_frames++;
        return false;
    }
    p = pbuf_alloc(PBUF_RAW, (u16_t)bytes, PBUF_REF);
    if (p == NULL) {
        return false; /* counted by the pool */
    }
    p->payload = (void *)(uintptr_t)frame;
    ip.arrived = datagram;
    ip.has_arrived = false;
    if (ip.netif.input(p, &ip.netif) != ERR_OK) {
        pbuf_free(p);
    }
    return ip.has_arrived;
}

/* Sends a datagram from the port. False: no room, or too long; a datagram that waits for an ARP
 * answer counts as sent. */
bool ip_send(const struct ip_peer *to, const uint8_t *bytes, uint32_t count)
{
    ip_addr_t address = IPADDR4_INIT(lwip_htonl(to->address));
    struct pbuf *p;
    bool sent;

    if (count > 0xffffu || (p = pbuf_alloc(PBUF_RAW, (u16_t)count, PBUF_REF)) == NULL) {
        return false;
    }
    p->payload = (void *)(uintptr_t)bytes;
    sent = udp_sendto(ip.pcb, p, &address, to->port) == ERR_OK;
    pbuf_free(p);
    ip.datagrams_out += sent;
    return sent;
}

/* The counters of now. */
void ip_counters(struct ip_counters *counters)
{
    const struct stats_ *s = &lwip_stats;

    *counters = (struct ip_counters){
        .datagrams_in = ip.datagrams_in,
        .datagrams_out = ip.datagrams_out,
        .dropped =
            s->link.drop + s->etharp.drop + s->ip.drop + s->icmp.drop + s->udp.drop,
        .checksum_errors = s->ip.chkerr + s->icmp.chkerr + s->udp.chkerr,
        .short_frames = ip.short_frames,
        .assertions = ip.assertions,
    };
    for (unsigned i = 0; i < MEMP_MAX; i++) {
        counters->out_of_memory += s->memp[i]->err;
        counters->pool_high_water += s->memp[i]->max;
    }
}
