/* The owner of the MAC tries to make it read and write what is not the owner's: one try in each of its lives, as each ends
 * it. */
#include "../testlib.h"

#define REGISTERS 0x80000e00
#define ROOM XM_ETH_RECEIVE_BYTES
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
    const char *what;
    xm_u32_t ring;
    xmAddress_t buffer;
    xm_u32_t bytes;
} tries[] = {
    { "the keeper's, to receive", XM_ETH_RECEIVE, 0x40100000, ROOM },
    { "the keeper's, to send", XM_ETH_SEND, 0x40100000, 60 },
    { "the hypervisor's, to receive", XM_ETH_RECEIVE, 0x40000000, ROOM },
    { "the hypervisor's, to send", XM_ETH_SEND, 0x40001000, 60 },
    { "across the end of its own", XM_ETH_RECEIVE, 0x4023ff00, ROOM },
    { "read-only, to receive", XM_ETH_RECEIVE, 0x40300000, ROOM },
    { "the MAC's own registers", XM_ETH_RECEIVE, REGISTERS, ROOM },
    { "around the end of the address space", XM_ETH_RECEIVE, 0xfffffff0, ROOM },
};
static xm_u8_t own[ROOM] __attribute__((aligned(8)));

void PartitionMain(void)
{
    xm_u32_t life = XM_get_PCT()->resetCounter;

    if (life < LENGTH(tries)) {
        printf("%s:\n", tries[life].what);
        printf("given: %d\n", XM_eth_give(tries[life].ring, tries[life].buffer, tries[life].bytes));
    }
    printf("reset %d\n", XM_eth_reset());
    printf("own memory: to receive %d, to send %d; read-only: to send %d\n", XM_eth_give(XM_ETH_RECEIVE, (xmAddress_t)own, ROOM),
           XM_eth_give(XM_ETH_SEND, (xmAddress_t)own, 60), XM_eth_give(XM_ETH_SEND, 0x40300000, 60));
    printf("tables of descriptors: to send %d, to receive %d\n", XM_sparc_outport(REGISTERS + 0x14, 0x40200000),
           XM_sparc_outport(REGISTERS + 0x18, 0x40200000));
    printf("enabled %d\n", XM_sparc_outport(REGISTERS, 0x93));
    while (1) {
        XM_idle_self();
    }
}
