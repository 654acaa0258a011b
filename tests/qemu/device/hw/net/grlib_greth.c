/*
 * GRLIB GRETH 10/100 Mbit Ethernet MAC with a PHY on its MDIO bus
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Written from the description of the registers, descriptors and PHY in the
 * GRLIB IP core user's manual and in IEEE 802.3, clause 22.
 *
 * Modelled: both descriptor rings with wrap, interrupts, bus errors and the
 * enable bits that the core clears by itself; address filter with multicast
 * hash; MDIO with its busy time; a PHY with autonegotiation, link, loopback,
 * power down and isolation. Frames take the time of the wire, in virtual
 * time, in both directions. As in the hardware the receiver fetches its
 * descriptor before a frame arrives, and drops frames while it is disabled.
 *
 * Not there, as in a core without these options: the debug link (EDCL), RAM
 * debug access, the PHY's interrupt pin, the gigabit core's extensions. There
 * are no collisions, CRC errors or FIFO underruns.
 */

#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "exec/address-spaces.h"
#include "hw/irq.h"
#include "hw/net/grlib_greth.h"
#include "hw/net/mii.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "net/eth.h"
#include "trace.h"

#include <zlib.h> /* crc32 */

#define GRETH_REG_SIZE 0x100

/* Register offsets */
#define CTRL     0x00
#define STATUS   0x04
#define MAC_MSB  0x08
#define MAC_LSB  0x0C
#define MDIO     0x10
#define TXDP     0x14
#define RXDP     0x18
#define EDCL_IP  0x1C
#define HASH_MSB 0x20
#define HASH_LSB 0x24
#define EDCL_MSB 0x28
#define EDCL_LSB 0x2C

#define CTRL_MC (1u << 25) /* has the multicast hash */
#define CTRL_ME (1u << 11)
#define CTRL_SP (1u << 7)
#define CTRL_RS (1u << 6)
#define CTRL_PM (1u << 5)
#define CTRL_FD (1u << 4)
#define CTRL_RI (1u << 3)
#define CTRL_TI (1u << 2)
#define CTRL_RE (1u << 1)
#define CTRL_TE (1u << 0)
#define CTRL_WRITABLE (CTRL_ME | CTRL_SP | CTRL_PM | CTRL_FD | CTRL_RI | \
                       CTRL_TI | CTRL_RE | CTRL_TE)

#define STATUS_PS (1u << 8)
#define STATUS_IA (1u << 7)
#define STATUS_TS (1u << 6)
#define STATUS_TA (1u << 5)
#define STATUS_RA (1u << 4)
#define STATUS_TI (1u << 3)
#define STATUS_RI (1u << 2)
#define STATUS_RE (1u << 0)

#define MDIO_DATA_SHIFT 16
#define MDIO_PHY_SHIFT  11
#define MDIO_REG_SHIFT  6
#define MDIO_BU (1u << 3)
#define MDIO_LF (1u << 2)
#define MDIO_RD (1u << 1)
#define MDIO_WR (1u << 0)
#define MDIO_FIELDS (~(uint32_t)0x3f) /* data, PHY and register */
/* 65 periods of a clock of 2.5 MHz */
#define MDIO_TRANSFER_NS (65 * 400)

/* Descriptor tables of 128 descriptors, 8 bytes each */
#define TABLE_BASE  (~(uint32_t)0x3ff)
#define TABLE_INDEX 0x3f8u

/* Word 0 of a descriptor; word 1 is the address of the buffer */
#define DESC_LENGTH 0x7ffu
#define DESC_EN (1u << 11)
#define DESC_WR (1u << 12)
#define DESC_IE (1u << 13)
#define RX_DESC_FT (1u << 15)
#define RX_DESC_LE (1u << 18)
#define RX_DESC_MC (1u << 26)

#define MIN_FRAME 60 /* without CRC */
#define CRC_SIZE 4
/* Preamble and gap to the next frame, in bytes */
#define WIRE_OVERHEAD (8 + 12)
#define ETH_P_PAUSE 0x8808
#define ETH_MAX_LENGTH 1500 /* up to here the type field is a length */

#define PHY_ID1 0x2000 /* DP83848C */
#define PHY_ID2 0x5C90
#define PHY_ABILITIES (MII_ANAR_TXFD | MII_ANAR_TX | MII_ANAR_10FD | \
                       MII_ANAR_10 | MII_ANAR_CSMACD)
#define PHY_BMCR_WRITABLE (MII_BMCR_LOOPBACK | MII_BMCR_SPEED100 | \
                           MII_BMCR_AUTOEN | MII_BMCR_PDOWN | \
                           MII_BMCR_ISOLATE | MII_BMCR_FD)

/*
 * The core's master port reaches memory only: descriptors and buffers in
 * device registers make no sense, and end as a bus error here.
 */
static const MemTxAttrs dma_attrs = { .memory = true };

static bool dma_read(hwaddr address, void *data, size_t size)
{
    return address_space_read(&address_space_memory, address, dma_attrs, data,
                              size) == MEMTX_OK;
}

static bool dma_write(hwaddr address, const void *data, size_t size)
{
    return address_space_write(&address_space_memory, address, dma_attrs, data,
                               size) == MEMTX_OK;
}

static bool read_descriptor(hwaddr address, uint32_t *word0, uint32_t *word1)
{
    uint32_t words[2];

    if (!dma_read(address, words, sizeof(words))) {
        return false;
    }
    *word0 = be32_to_cpu(words[0]);
    *word1 = be32_to_cpu(words[1]);
    return true;
}

static bool write_word0(hwaddr address, uint32_t word0)
{
    uint32_t word = cpu_to_be32(word0);

    return dma_write(address, &word, sizeof(word));
}

static uint32_t next_descriptor(uint32_t pointer, uint32_t word0)
{
    uint32_t index = word0 & DESC_WR ? 0 : (pointer + 8) & TABLE_INDEX;

    return (pointer & TABLE_BASE) | index;
}

/* PHY */

static uint16_t phy_common(GrlibGrethState *s)
{
    /* The partner can do all this PHY can. */
    return s->phy_negotiated ? s->phy_anar & PHY_ABILITIES & ~MII_ANAR_CSMACD : 0;
}

static bool phy_carrier(GrlibGrethState *s)
{
    NetClientState *nc = qemu_get_queue(s->nic);

    return nc->peer && !nc->link_down && !(s->phy_bmcr & MII_BMCR_PDOWN);
}

static bool phy_link(GrlibGrethState *s)
{
    return phy_carrier(s) &&
           (!(s->phy_bmcr & MII_BMCR_AUTOEN) || phy_common(s) != 0);
}

/* Frames pass between the wire and the MAC. */
static bool phy_connected(GrlibGrethState *s)
{
    return phy_link(s) &&
           !(s->phy_bmcr & (MII_BMCR_ISOLATE | MII_BMCR_LOOPBACK));
}

static int64_t phy_wire_ns(GrlibGrethState *s, size_t size)
{
    bool is_100 = s->phy_bmcr & MII_BMCR_AUTOEN ?
                  phy_common(s) & (MII_ANAR_TXFD | MII_ANAR_TX) :
                  s->phy_bmcr & MII_BMCR_SPEED100;

    return (int64_t)(size + CRC_SIZE + WIRE_OVERHEAD) * (is_100 ? 80 : 800);
}

/* Begin a negotiation, if there is somebody to negotiate with. */
static void phy_negotiate(GrlibGrethState *s)
{
    s->phy_negotiated = false;
    s->phy_link_lost = true;
    timer_del(&s->autoneg_timer);
    if (phy_carrier(s) && (s->phy_bmcr & MII_BMCR_AUTOEN)) {
        timer_mod(&s->autoneg_timer,
                  qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                  (int64_t)s->autoneg_ms * SCALE_MS);
    }
}

static void phy_autoneg_done(void *opaque)
{
    GrlibGrethState *s = opaque;

    s->phy_negotiated = true;
}

static void phy_reset(GrlibGrethState *s)
{
    s->phy_bmcr = MII_BMCR_AUTOEN | MII_BMCR_SPEED100 | MII_BMCR_FD;
    s->phy_anar = PHY_ABILITIES;
    phy_negotiate(s);
}

static uint16_t phy_read(GrlibGrethState *s, unsigned int reg)
{
    uint16_t value;

    switch (reg) {
    case MII_BMCR:
        return s->phy_bmcr;
    case MII_BMSR:
        value = MII_BMSR_100TX_FD | MII_BMSR_100TX_HD | MII_BMSR_10T_FD |
                MII_BMSR_10T_HD | MII_BMSR_AUTONEG | MII_BMSR_EXTCAP;
        if (s->phy_negotiated) {
            value |= MII_BMSR_AN_COMP;
        }
        /* A link that was lost is reported once, even if it is back. */
        if (phy_link(s) && !s->phy_link_lost) {
            value |= MII_BMSR_LINK_ST;
        }
        s->phy_link_lost = !phy_link(s);
        return value;
    case MII_PHYID1:
        return PHY_ID1;
    case MII_PHYID2:
        return PHY_ID2;
    case MII_ANAR:
        return s->phy_anar;
    case MII_ANLPAR:
        return s->phy_negotiated ? PHY_ABILITIES | MII_ANLPAR_ACK : 0;
    case MII_ANER:
        return s->phy_negotiated ? 1 : 0; /* the partner can negotiate */
    default:
        return 0;
    }
}

static void phy_write(GrlibGrethState *s, unsigned int reg, uint16_t value)
{
    uint16_t old = s->phy_bmcr;

    switch (reg) {
    case MII_BMCR:
        if (value & MII_BMCR_RESET) {
            phy_reset(s);
            return;
        }
        s->phy_bmcr = value & PHY_BMCR_WRITABLE;
        if ((value & MII_BMCR_ANRESTART) ||
            ((old ^ value) & (MII_BMCR_AUTOEN | MII_BMCR_PDOWN))) {
            phy_negotiate(s);
        }
        return;
    case MII_ANAR:
        s->phy_anar = value;
        return;
    default:
        return; /* read-only or not there */
    }
}

static void greth_link_status_changed(NetClientState *nc)
{
    phy_negotiate(qemu_get_nic_opaque(nc));
}

/* MDIO */

static void mdio_start(GrlibGrethState *s, uint32_t value)
{
    if (s->mdio & MDIO_BU) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "grlib-greth: MDIO written while it is busy\n");
        return;
    }
    s->mdio = (value & MDIO_FIELDS) | (s->mdio & MDIO_LF);
    if (value & (MDIO_RD | MDIO_WR)) {
        s->mdio &= ~MDIO_LF;
        s->mdio |= MDIO_BU | (value & (MDIO_RD | MDIO_WR));
        timer_mod(&s->mdio_timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                  MDIO_TRANSFER_NS);
    }
}

static void mdio_done(void *opaque)
{
    GrlibGrethState *s = opaque;
    unsigned int reg = extract32(s->mdio, MDIO_REG_SHIFT, 5);
    bool is_read = s->mdio & MDIO_RD;
    uint16_t data = s->mdio >> MDIO_DATA_SHIFT;

    if (extract32(s->mdio, MDIO_PHY_SHIFT, 5) != s->phy_address) {
        s->mdio |= MDIO_LF;
        data = is_read ? 0xffff : data;
    } else if (is_read) {
        data = phy_read(s, reg);
    } else {
        phy_write(s, reg, data);
    }
    trace_grlib_greth_mdio(is_read ? "read" : "write", s->mdio, data);
    s->mdio = deposit32(s->mdio, MDIO_DATA_SHIFT, 16, data);
    s->mdio &= ~(MDIO_BU | MDIO_RD | MDIO_WR);
    /* A reset of the core waits for the transfer. */
    s->ctrl &= ~CTRL_RS;
}

/* Receiver */

static void rx_bus_error(GrlibGrethState *s)
{
    s->status |= STATUS_RA;
    s->ctrl &= ~CTRL_RE;
    s->rx_fetched = false;
}

/* Fetch a descriptor; the receiver stops at one that is not the core's. */
static void rx_fetch(GrlibGrethState *s)
{
    if (s->rx_fetched) {
        return;
    }
    if (!read_descriptor(s->rxdp, &s->rx_descriptor, &s->rx_buffer)) {
        rx_bus_error(s);
    } else if (!(s->rx_descriptor & DESC_EN)) {
        s->ctrl &= ~CTRL_RE;
    } else {
        s->rx_fetched = true;
    }
}

/* Whom is the frame for? false: for somebody else. */
static bool rx_accepts(GrlibGrethState *s, const uint8_t *frame, uint32_t *mc)
{
    uint64_t own = (uint64_t)s->mac_msb << 32 | s->mac_lsb;
    uint64_t hash = (uint64_t)s->hash_msb << 32 | s->hash_lsb;
    uint64_t to = (uint64_t)lduw_be_p(frame) << 32 | (uint32_t)ldl_be_p(frame + 2);

    *mc = 0;
    if (lduw_be_p(frame + 12) == ETH_P_PAUSE) {
        return false;
    }
    if ((s->ctrl & CTRL_PM) || is_broadcast_ether_addr(frame) || to == own) {
        return true;
    }
    if ((s->ctrl & CTRL_ME) && is_multicast_ether_addr(frame) &&
        extract64(hash, net_crc32(frame, ETH_ALEN) & 0x3f, 1)) {
        *mc = RX_DESC_MC;
        return true;
    }
    return false;
}

/* Length and error bits of a received frame, as its descriptor has them. */
static uint32_t rx_result(const uint8_t *frame, size_t size)
{
    size_t length = lduw_be_p(frame + 12);

    if (size > GRETH_MAX_FRAME) {
        return RX_DESC_FT | GRETH_MAX_FRAME;
    }
    if (length > ETH_MAX_LENGTH) {
        return size;
    }
    /* IEEE 802.3 with a length: padding does not count. */
    if (size != MAX(ETH_HLEN + length, MIN_FRAME)) {
        return RX_DESC_LE | size;
    }
    return ETH_HLEN + length;
}

/* Frame and CRC to the buffer, in whole words. */
static bool rx_store(GrlibGrethState *s, const uint8_t *frame, size_t size)
{
    uint8_t data[QEMU_ALIGN_UP(GRETH_MAX_WIRE, 4)] = { 0 };

    size = MIN(size, GRETH_MAX_FRAME);
    memcpy(data, frame, size);
    stl_le_p(data + size, crc32(0, frame, size));
    return dma_write(s->rx_buffer & ~3u, data,
                     QEMU_ALIGN_UP(size + CRC_SIZE, 4));
}

/* A frame without its CRC has arrived at the MAC. */
static void rx_frame(GrlibGrethState *s, const uint8_t *frame, size_t size)
{
    uint32_t result, mc;

    if (!(s->ctrl & CTRL_RE)) {
        trace_grlib_greth_rx_drop("receiver is off", size);
        return;
    }
    if (size < MIN_FRAME) {
        trace_grlib_greth_rx_drop("too short", size);
        s->status |= STATUS_TS;
        return;
    }
    if (!rx_accepts(s, frame, &mc)) {
        trace_grlib_greth_rx_drop("not for this address", size);
        s->status |= STATUS_IA;
        return;
    }
    result = rx_result(frame, size) | mc;
    trace_grlib_greth_rx(s->rxdp, s->rx_buffer, result);
    if (!rx_store(s, frame, size) || !write_word0(s->rxdp, result)) {
        rx_bus_error(s);
        return;
    }
    s->status |= result & (RX_DESC_FT | RX_DESC_LE) ? STATUS_RE : STATUS_RI;
    s->rxdp = next_descriptor(s->rxdp, s->rx_descriptor);
    s->rx_fetched = false;
    if ((s->rx_descriptor & DESC_IE) && (s->ctrl & CTRL_RI)) {
        qemu_irq_pulse(s->irq);
    }
    rx_fetch(s);
}

static bool greth_can_receive(NetClientState *nc)
{
    GrlibGrethState *s = qemu_get_nic_opaque(nc);

    /* The wire carries one frame at a time. */
    return !timer_pending(&s->rx_timer);
}

static ssize_t greth_receive(NetClientState *nc, const uint8_t *frame,
                             size_t size)
{
    GrlibGrethState *s = qemu_get_nic_opaque(nc);

    if (!phy_connected(s)) {
        trace_grlib_greth_rx_drop("no link", size);
        return size;
    }
    timer_mod(&s->rx_timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
              phy_wire_ns(s, MAX(size, MIN_FRAME)));
    rx_frame(s, frame, size);
    return size;
}

static void rx_wire_free(void *opaque)
{
    GrlibGrethState *s = opaque;

    qemu_flush_queued_packets(qemu_get_queue(s->nic));
}

/* Transmitter */

static void tx_bus_error(GrlibGrethState *s)
{
    s->status |= STATUS_TA;
    s->ctrl &= ~CTRL_TE;
}

/* Fetch descriptor and frame; the transmitter stops at one not the core's. */
static void tx_fetch(GrlibGrethState *s)
{
    uint32_t buffer, length;

    if (!read_descriptor(s->txdp, &s->tx_descriptor, &buffer)) {
        tx_bus_error(s);
        return;
    }
    if (!(s->tx_descriptor & DESC_EN)) {
        s->ctrl &= ~CTRL_TE;
        return;
    }
    length = s->tx_descriptor & DESC_LENGTH;
    if (length > GRETH_MAX_FRAME) {
        length = 0; /* done without a frame, as a length of zero */
    }
    if (!dma_read(buffer & ~3u, s->tx_frame, length)) {
        tx_bus_error(s);
        return;
    }
    if (length > 0 && length < MIN_FRAME) {
        memset(s->tx_frame + length, 0, MIN_FRAME - length);
        length = MIN_FRAME;
    }
    s->tx_size = length;
    s->tx_busy = true;
    timer_mod(&s->tx_timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
              phy_wire_ns(s, length));
}

static void tx_send(GrlibGrethState *s)
{
    trace_grlib_greth_tx(s->txdp, s->tx_size);
    if (s->tx_size == 0) {
        return;
    }
    if (s->phy_bmcr & MII_BMCR_LOOPBACK) {
        rx_frame(s, s->tx_frame, s->tx_size);
    } else if (phy_connected(s)) {
        qemu_send_packet(qemu_get_queue(s->nic), s->tx_frame, s->tx_size);
    }
}

/* The frame has left: report it and go on. */
static void tx_done(void *opaque)
{
    GrlibGrethState *s = opaque;

    s->tx_busy = false;
    tx_send(s);
    if (!write_word0(s->txdp, 0)) {
        tx_bus_error(s);
        return;
    }
    s->status |= STATUS_TI;
    s->txdp = next_descriptor(s->txdp, s->tx_descriptor);
    if ((s->tx_descriptor & DESC_IE) && (s->ctrl & CTRL_TI)) {
        qemu_irq_pulse(s->irq);
    }
    if (s->ctrl & CTRL_TE) {
        tx_fetch(s);
    }
}

/* Registers */

/*
 * What the core's own reset does. It keeps addresses, the hash, table bases
 * and most of the status, and waits for a transfer to the PHY.
 */
static void core_reset(GrlibGrethState *s)
{
    s->ctrl = CTRL_SP | (s->mdio & MDIO_BU ? CTRL_RS : 0);
    s->status &= ~(STATUS_PS | STATUS_IA | STATUS_TS);
    s->txdp &= TABLE_BASE;
    s->rxdp &= TABLE_BASE;
    s->tx_busy = false;
    s->rx_fetched = false;
    timer_del(&s->tx_timer);
}

static void ctrl_write(GrlibGrethState *s, uint32_t value)
{
    if (s->ctrl & CTRL_RS) {
        return; /* still in reset */
    }
    if (value & CTRL_RS) {
        core_reset(s);
        return;
    }
    s->ctrl = value & CTRL_WRITABLE;
    if (s->ctrl & CTRL_RE) {
        rx_fetch(s);
    }
    if ((s->ctrl & CTRL_TE) && !s->tx_busy) {
        tx_fetch(s);
    }
}

/* A pointer changed under a running engine: a descriptor may be held. */
static void pointer_write(uint32_t *pointer, uint32_t value, bool is_in_use)
{
    if (is_in_use) {
        qemu_log_mask(LOG_GUEST_ERROR, "grlib-greth: descriptor pointer "
                      "written while the core holds a descriptor\n");
    }
    *pointer = value & (TABLE_BASE | TABLE_INDEX);
}

static uint64_t greth_read(void *opaque, hwaddr offset, unsigned int size)
{
    GrlibGrethState *s = opaque;
    uint32_t value = 0;

    switch (offset) {
    case CTRL:
        value = s->ctrl | CTRL_MC;
        break;
    case STATUS:
        value = s->status;
        break;
    case MAC_MSB:
        value = s->mac_msb;
        break;
    case MAC_LSB:
        value = s->mac_lsb;
        break;
    case MDIO:
        value = s->mdio;
        break;
    case TXDP:
        value = s->txdp;
        break;
    case RXDP:
        value = s->rxdp;
        break;
    case HASH_MSB:
        value = s->hash_msb;
        break;
    case HASH_LSB:
        value = s->hash_lsb;
        break;
    case EDCL_IP:
    case EDCL_MSB:
    case EDCL_LSB:
        break; /* no debug link */
    default:
        qemu_log_mask(LOG_GUEST_ERROR,
                      "grlib-greth: read of register 0x%" HWADDR_PRIx "\n",
                      offset);
        break;
    }
    trace_grlib_greth_read(offset, value);
    return value;
}

static void greth_write(void *opaque, hwaddr offset, uint64_t value,
                        unsigned int size)
{
    GrlibGrethState *s = opaque;

    trace_grlib_greth_write(offset, value);
    switch (offset) {
    case CTRL:
        ctrl_write(s, value);
        break;
    case STATUS:
        s->status &= ~value;
        break;
    case MAC_MSB:
        s->mac_msb = value & 0xffff;
        break;
    case MAC_LSB:
        s->mac_lsb = value;
        break;
    case MDIO:
        mdio_start(s, value);
        break;
    case TXDP:
        pointer_write(&s->txdp, value, s->tx_busy);
        break;
    case RXDP:
        pointer_write(&s->rxdp, value, s->rx_fetched);
        break;
    case HASH_MSB:
        s->hash_msb = value;
        break;
    case HASH_LSB:
        s->hash_lsb = value;
        break;
    case EDCL_IP:
    case EDCL_MSB:
    case EDCL_LSB:
        break; /* no debug link */
    default:
        qemu_log_mask(LOG_GUEST_ERROR,
                      "grlib-greth: write of register 0x%" HWADDR_PRIx "\n",
                      offset);
        break;
    }
}

/* Only words are decoded: anything narrower is an access to its word. */
static const MemoryRegionOps greth_ops = {
    .read = greth_read,
    .write = greth_write,
    .endianness = DEVICE_BIG_ENDIAN,
    .impl = {
        .min_access_size = 4,
        .max_access_size = 4,
    },
};

/* Device */

static NetClientInfo greth_net_info = {
    .type = NET_CLIENT_DRIVER_NIC,
    .size = sizeof(NICState),
    .can_receive = greth_can_receive,
    .receive = greth_receive,
    .link_status_changed = greth_link_status_changed,
};

/*
 * A reset of the machine. MAC address, hash, table bases and event bits have
 * no reset in the core: they keep what was in them, and a driver has to write
 * them all.
 */
static void greth_reset_enter(Object *obj, ResetType type)
{
    GrlibGrethState *s = GRLIB_GRETH(obj);

    timer_del(&s->mdio_timer);
    timer_del(&s->rx_timer);
    /* The address of the PHY is wired to the register's reset value. */
    s->mdio = (uint32_t)s->phy_address << MDIO_PHY_SHIFT;
    core_reset(s);
    phy_reset(s);
}

static void greth_realize(DeviceState *dev, Error **errp)
{
    GrlibGrethState *s = GRLIB_GRETH(dev);
    SysBusDevice *sbd = SYS_BUS_DEVICE(dev);

    if (s->phy_address > 31) {
        error_setg(errp, "phy-address is 0 to 31");
        return;
    }
    memory_region_init_io(&s->iomem, OBJECT(dev), &greth_ops, s,
                          TYPE_GRLIB_GRETH, GRETH_REG_SIZE);
    sysbus_init_mmio(sbd, &s->iomem);
    sysbus_init_irq(sbd, &s->irq);

    timer_init_ns(&s->tx_timer, QEMU_CLOCK_VIRTUAL, tx_done, s);
    timer_init_ns(&s->rx_timer, QEMU_CLOCK_VIRTUAL, rx_wire_free, s);
    timer_init_ns(&s->mdio_timer, QEMU_CLOCK_VIRTUAL, mdio_done, s);
    timer_init_ns(&s->autoneg_timer, QEMU_CLOCK_VIRTUAL, phy_autoneg_done, s);

    qemu_macaddr_default_if_unset(&s->conf.macaddr);
    s->nic = qemu_new_nic(&greth_net_info, &s->conf,
                          object_get_typename(OBJECT(dev)), dev->id,
#if QEMU_VERSION_MAJOR >= 9
                          &dev->mem_reentrancy_guard,
#endif
                          s);
    qemu_format_nic_info_str(qemu_get_queue(s->nic), s->conf.macaddr.a);
}

static const VMStateDescription vmstate_greth = {
    .name = TYPE_GRLIB_GRETH,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (VMStateField[]) {
        VMSTATE_UINT32(ctrl, GrlibGrethState),
        VMSTATE_UINT32(status, GrlibGrethState),
        VMSTATE_UINT32(mac_msb, GrlibGrethState),
        VMSTATE_UINT32(mac_lsb, GrlibGrethState),
        VMSTATE_UINT32(mdio, GrlibGrethState),
        VMSTATE_UINT32(txdp, GrlibGrethState),
        VMSTATE_UINT32(rxdp, GrlibGrethState),
        VMSTATE_UINT32(hash_msb, GrlibGrethState),
        VMSTATE_UINT32(hash_lsb, GrlibGrethState),
        VMSTATE_TIMER(tx_timer, GrlibGrethState),
        VMSTATE_BOOL(tx_busy, GrlibGrethState),
        VMSTATE_UINT32(tx_descriptor, GrlibGrethState),
        VMSTATE_UINT32(tx_size, GrlibGrethState),
        VMSTATE_UINT8_ARRAY(tx_frame, GrlibGrethState, GRETH_MAX_FRAME),
        VMSTATE_TIMER(rx_timer, GrlibGrethState),
        VMSTATE_BOOL(rx_fetched, GrlibGrethState),
        VMSTATE_UINT32(rx_descriptor, GrlibGrethState),
        VMSTATE_UINT32(rx_buffer, GrlibGrethState),
        VMSTATE_TIMER(mdio_timer, GrlibGrethState),
        VMSTATE_TIMER(autoneg_timer, GrlibGrethState),
        VMSTATE_UINT16(phy_bmcr, GrlibGrethState),
        VMSTATE_UINT16(phy_anar, GrlibGrethState),
        VMSTATE_BOOL(phy_negotiated, GrlibGrethState),
        VMSTATE_BOOL(phy_link_lost, GrlibGrethState),
        VMSTATE_END_OF_LIST()
    },
};

#if QEMU_VERSION_MAJOR >= 10
static const Property greth_properties[] = {
#else
static Property greth_properties[] = {
#endif
    DEFINE_NIC_PROPERTIES(GrlibGrethState, conf),
    DEFINE_PROP_UINT8("phy-address", GrlibGrethState, phy_address, 1),
    DEFINE_PROP_UINT32("autoneg-ms", GrlibGrethState, autoneg_ms, 20),
#ifdef DEFINE_PROP_END_OF_LIST
    DEFINE_PROP_END_OF_LIST(),
#endif
};

static void greth_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    dc->desc = "GRLIB 10/100 Mbit Ethernet MAC";
    dc->realize = greth_realize;
    dc->vmsd = &vmstate_greth;
    rc->phases.enter = greth_reset_enter;
    device_class_set_props(dc, greth_properties);
    set_bit(DEVICE_CATEGORY_NETWORK, dc->categories);
}

static const TypeInfo greth_info = {
    .name = TYPE_GRLIB_GRETH,
    .parent = TYPE_SYS_BUS_DEVICE,
    .instance_size = sizeof(GrlibGrethState),
    .class_init = greth_class_init,
};

static void greth_register_types(void)
{
    type_register_static(&greth_info);
}

type_init(greth_register_types)
