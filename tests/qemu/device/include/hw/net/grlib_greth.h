/*
 * GRLIB GRETH 10/100 Mbit Ethernet MAC
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * QEMU interface:
 *  + sysbus MMIO region 0: the APB registers, 256 bytes
 *  + sysbus IRQ 0: one pulse for each event
 *  + property "mac", "netdev": as any network card; the address of the MAC
 *    itself is what the guest writes to its registers
 *  + property "phy-address": where the PHY answers on MDIO
 *  + property "autoneg-ms": how long the PHY negotiates, in virtual time
 */

#ifndef HW_NET_GRLIB_GRETH_H
#define HW_NET_GRLIB_GRETH_H

#include "hw/sysbus.h"
#include "net/net.h"
#include "qemu/timer.h"
#include "qom/object.h"

#define TYPE_GRLIB_GRETH "grlib-greth"
OBJECT_DECLARE_SIMPLE_TYPE(GrlibGrethState, GRLIB_GRETH)

/* Longest frame, without and with its CRC.  */
#define GRETH_MAX_FRAME (1514)
#define GRETH_MAX_WIRE  (GRETH_MAX_FRAME + 4)

struct GrlibGrethState {
    SysBusDevice parent_obj;

    MemoryRegion iomem;
    qemu_irq irq;
    NICState *nic;
    NICConf conf;

    /* Registers */
    uint32_t ctrl;
    uint32_t status;
    uint32_t mac_msb;
    uint32_t mac_lsb;
    uint32_t mdio;
    uint32_t txdp;
    uint32_t rxdp;
    uint32_t hash_msb;
    uint32_t hash_lsb;

    /* Transmitter: the frame on the wire, until tx_timer expires */
    QEMUTimer tx_timer;
    bool tx_busy;
    uint32_t tx_descriptor;
    uint32_t tx_size;
    uint8_t tx_frame[GRETH_MAX_FRAME];

    /* Receiver: the descriptor fetched ahead; rx_timer while the wire is busy */
    QEMUTimer rx_timer;
    bool rx_fetched;
    uint32_t rx_descriptor;
    uint32_t rx_buffer;

    /* PHY and the MDIO transfer to it */
    QEMUTimer mdio_timer;
    QEMUTimer autoneg_timer;
    uint16_t phy_bmcr;
    uint16_t phy_anar;
    bool phy_negotiated;
    bool phy_link_lost;
    uint8_t phy_address;
    uint32_t autoneg_ms;
};

#endif
