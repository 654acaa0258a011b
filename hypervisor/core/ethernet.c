/* ethernet.c - descriptor rings of Ethernet MACs (ethernet.h) */
#include "ethernet.h"
#include "board.h"
#include "config.h"
#include "guest_mem.h"
#include "hm.h"
#include "hypercall.h"
#include "kernel.h"

#define RINGS 2u /* XM_ETH_SEND, XM_ETH_RECEIVE */
#define FRAME_MAX_BYTES 1514u /* without CRC: longer ones the MAC does not send */

/* Running counts; their difference is what the MAC, or the finished frames, still hold. */
struct mac_ring {
    xmAddress_t table;
    xm_u32_t given, taken;
};

struct mac {
    const struct xm_config_ethernet *config;
    bool answers; /* false: nothing is at its address */
    struct mac_ring ring[RINGS];
};

static struct mac *macs; /* like the configuration's table */

static void stop(struct mac *mac)
{
    for (xm_u32_t i = 0; i < RINGS; i++) {
        mac->ring[i].given = 0;
        mac->ring[i].taken = 0;
    }
    /* First the MAC, then the descriptors: it may still be reading them. */
    mac->answers = mac_reset(mac->config->registers, mac->ring[XM_ETH_SEND].table,
                             mac->ring[XM_ETH_RECEIVE].table);
    for (xm_u32_t i = 0; i < RINGS; i++) {
        memset(arch_physical_pointer(mac->ring[i].table), 0, MAC_TABLE_BYTES);
    }
}

BOOT_ONLY void ethernet_init(void)
{
    macs = kernel_carve(config->ethernets.count * (xm_u32_t)sizeof(*macs), 8);
    for (xm_u32_t i = 0; i < config->ethernets.count; i++) {
        struct mac *mac = &macs[i];

        mac->config = config_ethernet(i);
        for (xm_u32_t ring = 0; ring < RINGS; ring++) {
            mac->ring[ring].table =
                arch_kernel_address(kernel_carve(MAC_TABLE_BYTES, MAC_TABLE_ALIGNMENT));
        }
        stop(mac);
        if (!mac->answers) {
            kernel_print("xm: no Ethernet MAC answers at %x\n", mac->config->registers);
        }
    }
}

static struct mac *mac_of(const struct partition *p)
{
    for (xm_u32_t i = 0; i < config->ethernets.count; i++) {
        if (macs[i].config->partition == p->id) {
            return &macs[i];
        }
    }
    return NULL;
}

void ethernet_stop(const struct partition *p)
{
    struct mac *mac = mac_of(p);

    if (mac != NULL && mac->answers) {
        stop(mac);
    }
}

void ethernet_stop_all(void)
{
    for (xm_u32_t i = 0; macs != NULL && i < config->ethernets.count; i++) {
        if (macs[i].answers) {
            stop(&macs[i]);
        }
    }
}

/* ---- services -------------------------------------------------------------------------------- */

/* XM_INVALID_CONFIG: the caller has no MAC; XM_OP_NOT_ALLOWED: nothing answers at its address. */
xm_s32_t sys_eth_reset(void)
{
    struct mac *mac = mac_of(partition_current());

    if (mac == NULL) {
        return XM_INVALID_CONFIG;
    }
    stop(mac);
    return mac->answers ? XM_OK : XM_OP_NOT_ALLOWED;
}

static xm_s32_t refuse_buffer(struct partition *p, xmAddress_t buffer)
{
    struct hm_info info = { .address = buffer, .has_address = true, .propagate_vector = -1 };

    hm_raise(XM_HM_EV_MEM_PROTECTION, p, &info);
    return XM_INVALID_PARAM;
}

/* XM_INVALID_CONFIG: no MAC; XM_INVALID_PARAM: no such ring, a length that cannot be sent or is no
 * room, or a buffer that is not word aligned; not memory of the caller (writable, to receive): the
 * same, and the event MEM_PROTECTION; XM_OP_NOT_ALLOWED: the ring is full. */
xm_s32_t sys_eth_give(xm_u32_t number, xmAddress_t buffer, xm_u32_t bytes)
{
    struct partition *p = partition_current();
    struct mac *mac = mac_of(p);
    bool receive = number == XM_ETH_RECEIVE;
    struct mac_ring *ring;

    if (mac == NULL || !mac->answers) {
        return XM_INVALID_CONFIG;
    }
    if (number >= RINGS || (buffer & 3u) != 0 || bytes == 0 ||
        (receive ? bytes < XM_ETH_RECEIVE_BYTES : bytes > FRAME_MAX_BYTES)) {
        return XM_INVALID_PARAM;
    }
    if (!guest_range_ok(p, buffer, bytes, receive)) {
        return refuse_buffer(p, buffer);
    }
    ring = &mac->ring[number];
    if (ring->given - ring->taken == MAC_DESCRIPTORS) {
        return XM_OP_NOT_ALLOWED;
    }
    /* The MAC sees physical memory; the range lies in one area, which the check just found. */
    mac_fill(ring->table, ring->given % MAC_DESCRIPTORS,
             buffer - p->last_area->mapped_at + p->last_area->start, receive ? 0 : bytes);
    ring->given++;
    return XM_OK;
}

/* XM_NO_ACTION: nothing given, or the MAC is not done. Refusals as sys_eth_give(). */
xm_s32_t sys_eth_take(xm_u32_t number, xmAddress_t address)
{
    struct partition *p = partition_current();
    struct mac *mac = mac_of(p);
    struct mac_ring *ring;
    xm_u32_t status;

    if (mac == NULL || !mac->answers) {
        return XM_INVALID_CONFIG;
    }
    if (number >= RINGS || (address & 3u) != 0 || !guest_range_ok(p, address, 4, true)) {
        return XM_INVALID_PARAM;
    }
    ring = &mac->ring[number];
    if (ring->given == ring->taken ||
        !mac_done(ring->table, ring->taken % MAC_DESCRIPTORS, &status)) {
        return XM_NO_ACTION;
    }
    ring->taken++;
    *(xm_u32_t *)arch_guest_pointer(address) = status;
    return XM_OK;
}
