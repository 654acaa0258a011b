/* fake_mac.c - instead of ethernet.c (see fake_mac.h) */
#include "fake_mac.h"

#include <stddef.h>
#include <string.h>
#include <xm.h>

#include <lwip/etharp.h>
#include <lwip/stats.h>
#include <lwip/udp.h>

#include "ethernet.h"
#include "ip.h"
#include "packets.h"

struct fake_mac fake_mac;

uint8_t *ethernet_buffer(void)
{
    return fake_mac.full ? NULL : fake_mac.frame[fake_mac.sent % FAKE_FRAMES];
}

void ethernet_send(uint32_t bytes)
{
    fake_mac.bytes[fake_mac.sent++ % FAKE_FRAMES] = bytes;
}

/* A new life of the partition: lwIP forgets everything, and starts. */
void fake_fresh_start(void)
{
    struct ip_config config = { .address = BOARD_IP, .netmask = NETMASK, .gateway = GATEWAY_IP };

    if (netif_default != NULL) {
        struct netif *netif = netif_default;

        etharp_cleanup_netif(netif);
        netif_remove(netif);
        udp_remove(udp_pcbs);
    }
    memset(&lwip_stats, 0, sizeof(lwip_stats));
    memcpy(config.mac, board_mac, 6);
    memset(&fake_mac, 0, sizeof(fake_mac));
    ip_start(&config);
    ip_tick(0, true);
}

xm_s32_t XM_hm_raise_event(xm_u32_t event)
{
    fake_mac.events += event == XM_HM_EV_APP_APPLICATION_ERROR;
    return XM_OK;
}
