/* ethernet.c - GRETH driver of the supervisor (see ethernet.h; GRLIB IP manual, GRETH; IEEE 802.3
 * clause 22 for the PHY) */
#include "ethernet.h"

#include <stdio.h>
#include <string.h>
#include <xm.h>

#define CTRL 0x00u
#define STATUS 0x04u
#define MAC_HIGH 0x08u
#define MAC_LOW 0x0cu
#define MDIO 0x10u

#define CTRL_SP 0x80u /* 100 Mbit */
#define CTRL_FD 0x10u /* full duplex */
#define CTRL_RE 0x02u
#define CTRL_TE 0x01u

#define STATUS_EVENTS 0x1ffu /* cleared by writing them back */
#define STATUS_TA 0x20u
#define STATUS_RA 0x10u

#define MDIO_WRITE 0x01u
#define MDIO_READ 0x02u
#define MDIO_LF 0x04u /* nobody answered */
#define MDIO_BU 0x08u

#define DESCRIPTOR_LENGTH 0x7ffu
#define RECEIVE_BAD 0x7c000u /* alignment, too long, CRC, overrun, length field */
#define SEND_BAD 0xc000u     /* underrun, attempt limit */

#define BMCR 0u
#define BMCR_RESET 0x8000u
#define BMCR_NEGOTIATE 0x1200u /* enable, restart */
#define BMSR 1u
#define BMSR_HAS_GIGABIT 0x100u
#define BMSR_NEGOTIATED 0x20u
#define BMSR_LINK 0x04u /* a loss stays until it was read */
#define PHY_ID 2u
#define ANAR 4u
#define ANLPAR 5u
#define GIGABIT 9u
#define AN_100_FULL 0x100u
#define AN_100_HALF 0x80u
#define AN_10_FULL 0x40u
#define AN_10_HALF 0x20u
#define AN_802_3 0x01u
#define AN_OURS (AN_100_FULL | AN_100_HALF | AN_10_FULL | AN_10_HALF | AN_802_3)

#define PHYS 32u
/* A transfer takes 26 us; one that lasts into so many slots does not end. */
#define MDIO_SLOTS 20u
#define PHY_RESET_US 500000u     /* at most, by the standard */
#define NEGOTIATION_US 5000000u  /* then 10 Mbit half duplex is taken, what everybody can */
#define LOOK_DOWN_US 100000u     /* at the line, while it is down */
#define LOOK_UP_US 1000000u      /* while it is up */
#define STALL_US 100000u         /* 1,514 bytes at 10 Mbit take 1.3 ms, 16 collisions 20 ms more */

/* What the transfer in progress, or the next one, is for. */
enum phy_step {
    PHY_FIND,
    PHY_RESET,
    PHY_RESETTING,
    PHY_ADVERTISE,
    PHY_CAPABLE,
    PHY_NO_GIGABIT,
    PHY_NEGOTIATE,
    PHY_LOOK,
    PHY_PARTNER,
};

static struct {
    uint32_t registers;
    uint8_t mac[6];
    bool present;
    uint64_t now_us;
    /* PHY */
    enum phy_step step;
    uint32_t phy;
    bool transfer; /* in progress, for `step` */
    uint32_t transfer_slots;
    uint64_t step_us; /* when reset or negotiation began */
    uint64_t next_us; /* no transfer before */
    bool line_up;
    uint32_t mode; /* CTRL_SP, CTRL_FD */
    /* frames; counts that never go back, their remainder is the buffer */
    uint32_t received;     /* taken from the MAC */
    bool held;             /* the last of them is still looked at */
    uint32_t given, taken; /* to be sent, and finished */
    uint64_t progress_us;  /* when the MAC last finished one, or had none */
    struct ethernet_counters counters;
} eth;

static uint8_t receive_buffers[ETHERNET_RECEIVE_BUFFERS][XM_ETH_RECEIVE_BYTES]
    __attribute__((aligned(8)));
static uint8_t send_buffers[ETHERNET_SEND_BUFFERS][XM_ETH_RECEIVE_BYTES]
    __attribute__((aligned(8)));

/* Of a register that the configuration does not grant: no bit is set. */
static uint32_t read_register(uint32_t offset)
{
    xm_u32_t value = 0;

    return XM_sparc_inport(eth.registers + offset, &value) == XM_OK ? value : 0;
}

static bool write_register(uint32_t offset, uint32_t value)
{
    return XM_sparc_outport(eth.registers + offset, value) == XM_OK;
}

/* ---- the MAC --------------------------------------------------------------------------------- */

static xmAddress_t address_of(const uint8_t *buffer)
{
    return (xmAddress_t)(uintptr_t)buffer;
}

static void give_receive(uint32_t buffer)
{
    (void)XM_eth_give(XM_ETH_RECEIVE, address_of(receive_buffers[buffer]), XM_ETH_RECEIVE_BYTES);
}

/* The MAC stops by itself at a descriptor that is not its own: told to go on after each one. */
static void run(void)
{
    (void)write_register(CTRL, eth.mode | CTRL_RE | CTRL_TE);
}

/* Stops the MAC, takes all buffers back and starts it anew. False: it does not answer, or its
 * registers are not granted. */
static bool reset(void)
{
    eth.received = 0;
    eth.held = false;
    eth.counters.unsent += eth.given - eth.taken;
    eth.given = 0;
    eth.taken = 0;
    eth.progress_us = eth.now_us;
    if (XM_eth_reset() != XM_OK || !write_register(STATUS, STATUS_EVENTS) ||
        !write_register(MAC_HIGH, (uint32_t)eth.mac[0] << 8 | eth.mac[1]) ||
        !write_register(MAC_LOW, (uint32_t)eth.mac[2] << 24 | (uint32_t)eth.mac[3] << 16 |
                                     (uint32_t)eth.mac[4] << 8 | eth.mac[5])) {
        return false;
    }
    for (uint32_t i = 0; i < ETHERNET_RECEIVE_BUFFERS; i++) {
        give_receive(i);
    }
    return write_register(CTRL, eth.mode | CTRL_RE | CTRL_TE);
}

static void recover(void)
{
    eth.counters.resets++;
    eth.present = reset();
}

/* Takes back what has been sent. */
static void reclaim(void)
{
    xm_u32_t status;

    while (eth.taken != eth.given && XM_eth_take(XM_ETH_SEND, &status) == XM_OK) {
        eth.taken++;
        eth.progress_us = eth.now_us;
        eth.counters.send_errors += (status & SEND_BAD) != 0;
    }
    if (eth.taken == eth.given) {
        eth.progress_us = eth.now_us;
    }
}

static void check(void)
{
    uint32_t status = read_register(STATUS) & STATUS_EVENTS;

    (void)write_register(STATUS, status);
    if ((status & (STATUS_TA | STATUS_RA)) != 0) {
        eth.counters.bus_errors++;
        recover();
        return;
    }
    reclaim();
    if (eth.now_us - eth.progress_us > STALL_US) {
        eth.counters.stalls++;
        recover();
    }
}

/* ---- the PHY --------------------------------------------------------------------------------- */

/* Begins a transfer; its end is looked at from the next slot on. */
static void transfer(enum phy_step step, uint32_t phy_register, uint32_t action, uint32_t value)
{
    eth.step = step;
    eth.transfer = true;
    eth.transfer_slots = 0;
    (void)write_register(MDIO, value << 16 | eth.phy << 11 | phy_register << 6 | action);
}

static void find_phy(uint32_t address)
{
    eth.phy = address % PHYS;
    eth.line_up = false;
    transfer(PHY_FIND, PHY_ID, MDIO_READ, 0);
}

static void lose_phy(void)
{
    eth.counters.phy_errors++;
    eth.line_up = false;
    eth.step = PHY_FIND;
    eth.transfer = false;
    eth.next_us = eth.now_us + LOOK_UP_US;
}

static void found(uint32_t id)
{
    if (id != 0 && id != 0xffffu) {
        transfer(PHY_RESET, BMCR, MDIO_WRITE, BMCR_RESET);
        eth.step_us = eth.now_us;
    } else if ((eth.phy + 1) % PHYS == 0) {
        lose_phy(); /* all tried, from where the MAC is wired to on: again later */
        eth.phy = 0;
    } else {
        find_phy(eth.phy + 1);
    }
}

static void line(uint32_t common)
{
    uint32_t mode = 0;

    if ((common & AN_100_FULL) != 0) {
        mode = CTRL_SP | CTRL_FD;
    } else if ((common & AN_100_HALF) != 0) {
        mode = CTRL_SP;
    } else if ((common & AN_10_FULL) != 0) {
        mode = CTRL_FD;
    }
    eth.mode = mode;
    eth.line_up = true;
    eth.counters.line_ups++;
    eth.step = PHY_LOOK;
    eth.next_us = eth.now_us + LOOK_UP_US;
    run();
}

static void looked(uint32_t status)
{
    bool linked = (status & BMSR_LINK) != 0;
    bool settled =
        (status & BMSR_NEGOTIATED) != 0 || eth.now_us - eth.step_us > NEGOTIATION_US;

    if (linked && settled && !eth.line_up) {
        transfer(PHY_PARTNER, ANLPAR, MDIO_READ, 0);
        return;
    }
    if (!linked && eth.line_up) {
        eth.line_up = false;
        eth.step_us = eth.now_us;
    }
    eth.next_us = eth.now_us + (eth.line_up ? LOOK_UP_US : LOOK_DOWN_US);
}

/* A transfer for eth.step has ended: what comes next. */
static void transferred(uint32_t value)
{
    switch (eth.step) {
    case PHY_FIND:
        found(value);
        break;
    case PHY_RESET:
        transfer(PHY_RESETTING, BMCR, MDIO_READ, 0);
        break;
    case PHY_RESETTING:
        if ((value & BMCR_RESET) == 0) {
            transfer(PHY_ADVERTISE, ANAR, MDIO_WRITE, AN_OURS);
        } else if (eth.now_us - eth.step_us > PHY_RESET_US) {
            lose_phy();
        } else {
            transfer(PHY_RESETTING, BMCR, MDIO_READ, 0);
        }
        break;
    case PHY_ADVERTISE:
        transfer(PHY_CAPABLE, BMSR, MDIO_READ, 0);
        break;
    case PHY_CAPABLE:
        if ((value & BMSR_HAS_GIGABIT) != 0) { /* the MAC has no such mode */
            transfer(PHY_NO_GIGABIT, GIGABIT, MDIO_WRITE, 0);
            break;
        }
        /* fall through */
    case PHY_NO_GIGABIT:
        transfer(PHY_NEGOTIATE, BMCR, MDIO_WRITE, BMCR_NEGOTIATE);
        eth.step_us = eth.now_us;
        break;
    case PHY_NEGOTIATE:
        eth.step = PHY_LOOK;
        eth.next_us = eth.now_us + LOOK_DOWN_US;
        break;
    case PHY_LOOK:
        looked(value);
        break;
    case PHY_PARTNER:
        line(value & AN_OURS);
        break;
    }
}

/* One step of the PHY's: the end of a transfer, or the next look. */
static void phy_step(void)
{
    if (!eth.transfer) {
        if (eth.now_us < eth.next_us) {
            return;
        }
        if (eth.step == PHY_FIND) {
            find_phy(eth.phy);
        } else {
            transfer(PHY_LOOK, BMSR, MDIO_READ, 0);
        }
        return;
    }
    uint32_t mdio = read_register(MDIO);

    if ((mdio & MDIO_BU) != 0) {
        if (++eth.transfer_slots > MDIO_SLOTS) {
            lose_phy();
        }
        return;
    }
    eth.transfer = false;
    if ((mdio & MDIO_LF) != 0 && eth.step != PHY_FIND) {
        lose_phy();
        return;
    }
    transferred((mdio & MDIO_LF) != 0 ? 0xffffu : mdio >> 16);
}

/* ---- what others call ------------------------------------------------------------------------ */

/* Takes the MAC at that address into use. False, and a line on the console: it does not answer, or
 * a register is not granted; then there is no line, ever. */
bool ethernet_start(uint32_t registers, const uint8_t mac[6])
{
    memset(&eth, 0, sizeof(eth));
    eth.registers = registers;
    memcpy(eth.mac, mac, sizeof(eth.mac));
    eth.present = reset();
    if (!eth.present) {
        printf("supervisor: no use of the Ethernet MAC at 0x%x: is it there, and do the IoPorts "
               "of XM_CF.xml grant bits 0x93 of its first register and the four after it?\n",
               registers);
        return false;
    }
    /* The field says where the design has wired the PHY. */
    eth.phy = read_register(MDIO) >> 11 & (PHYS - 1);
    return true;
}

/* A slot starts: what happened since the last one. */
void ethernet_begin_slot(uint64_t now_us)
{
    eth.now_us = now_us;
    if (!eth.present) {
        return;
    }
    check();
    if (eth.present) {
        phy_step();
    }
}

static void release(void)
{
    if (eth.held) {
        eth.held = false;
        /* the oldest buffer that is ours: so buffers go round in order */
        give_receive((eth.received - 1) % ETHERNET_RECEIVE_BUFFERS);
    }
}

/* The next sound frame, without its CRC, valid until the next call; NULL: none. */
const uint8_t *ethernet_receive(uint32_t *bytes)
{
    bool refilled = eth.held;
    xm_u32_t status;

    release();
    while (eth.present && XM_eth_take(XM_ETH_RECEIVE, &status) == XM_OK) {
        const uint8_t *frame = receive_buffers[eth.received++ % ETHERNET_RECEIVE_BUFFERS];

        eth.held = true;
        if ((status & RECEIVE_BAD) == 0) {
            *bytes = status & DESCRIPTOR_LENGTH;
            eth.counters.frames_in++;
            eth.counters.bytes_in += *bytes;
            return frame;
        }
        eth.counters.receive_errors++;
        release();
        refilled = true;
    }
    if (refilled) {
        run(); /* it may have run out of room */
    }
    return NULL;
}

/* Room for a frame of ETHERNET_FRAME_BYTES; NULL, and counted: none, or the line is down. */
uint8_t *ethernet_buffer(void)
{
    if (eth.line_up && eth.given - eth.taken == ETHERNET_SEND_BUFFERS) {
        reclaim();
    }
    if (!eth.present || !eth.line_up || eth.given - eth.taken == ETHERNET_SEND_BUFFERS) {
        eth.counters.unsent++;
        return NULL;
    }
    return send_buffers[eth.given % ETHERNET_SEND_BUFFERS];
}

/* Sends the frame in the buffer that ethernet_buffer() gave last. */
void ethernet_send(uint32_t bytes)
{
    if (XM_eth_give(XM_ETH_SEND, address_of(send_buffers[eth.given % ETHERNET_SEND_BUFFERS]),
                    bytes) != XM_OK) {
        eth.counters.unsent++;
        return;
    }
    if (eth.given++ == eth.taken) {
        eth.progress_us = eth.now_us;
    }
    eth.counters.frames_out++;
    eth.counters.bytes_out += bytes;
    run();
}

/* Is there a partner at the other end? */
bool ethernet_line_up(void)
{
    return eth.line_up;
}

/* What both ends can do, as of when the line came up. */
bool ethernet_full_duplex(void)
{
    return (eth.mode & CTRL_FD) != 0;
}

/* 100 Mbit/s, and not 10. */
bool ethernet_fast(void)
{
    return (eth.mode & CTRL_SP) != 0;
}

/* Frames that the MAC still has to send. */
uint32_t ethernet_sending(void)
{
    if (eth.present) {
        reclaim();
    }
    return eth.given - eth.taken;
}

/* The counters of now. */
const struct ethernet_counters *ethernet_counters(void)
{
    return &eth.counters;
}
