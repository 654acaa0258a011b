/* greth.c - descriptors and reset of the GRETH Ethernet MAC (GRLIB IP manual, GRETH)
 *
 * Everything else about it is its driver's, in the partition that owns it. Registers and descriptors
 * are accessed past the cache, guarded: a configuration may name an address where nothing is. */
#include "../core/arch.h"
#include "../core/board.h"

#define CTRL 0x00
#define STATUS 0x04
#define TXDP 0x14
#define RXDP 0x18

#define CTRL_RS 0x40u
#define CTRL_ED 0x4000u /* debug link off: it would be a second master, past all checks */
#define STATUS_ALL 0x1ffu /* a reset keeps what it reported */

#define ENABLE 0x800u
#define WRAP 0x1000u
#define INTERRUPT 0x2000u

/* A reset waits for a transfer to the PHY, some 65 periods of a slow clock: 26 us. A look takes more
 * than half of one; nobody else may be held up for longer. */
#define RESET_POLLS 60u

bool mac_reset(xmAddress_t registers, xmAddress_t send_table, xmAddress_t receive_table)
{
    xm_u32_t control = CTRL_RS;

    if (!arch_io_write(registers + CTRL, CTRL_RS | CTRL_ED)) {
        return false;
    }
    for (xm_u32_t i = 0; i < RESET_POLLS && (control & CTRL_RS) != 0; i++) {
        if (!arch_io_read(registers + CTRL, &control)) {
            return false;
        }
    }
    return (control & CTRL_RS) == 0 && arch_io_write(registers + STATUS, STATUS_ALL) &&
           arch_io_write(registers + TXDP, send_table) &&
           arch_io_write(registers + RXDP, receive_table);
}

static xmAddress_t descriptor(xmAddress_t table, xm_u32_t index)
{
    return table + index * 8;
}

void mac_fill(xmAddress_t table, xm_u32_t index, xmAddress_t buffer, xm_u32_t bytes)
{
    xm_u32_t wrap = index == MAC_DESCRIPTORS - 1 ? WRAP : 0;

    /* The address first: with ENABLE the descriptor is the MAC's. */
    (void)arch_io_write(descriptor(table, index) + 4, buffer);
    (void)arch_io_write(descriptor(table, index), bytes | ENABLE | wrap | INTERRUPT);
}

bool mac_done(xmAddress_t table, xm_u32_t index, xm_u32_t *status)
{
    return arch_io_read(descriptor(table, index), status) && (*status & ENABLE) == 0;
}
