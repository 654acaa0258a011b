/* Forces its own line, and one that is nobody's; moves the vector; leaves its slot with the line masked and pending. */
#include "../testlib.h"

#define LINE (1u << 10)
#define NOT_MINE (1u << 11)

static volatile xm_s32_t count;
static volatile xm_u32_t vector, slot_id;

static void came(trapCtxt_t *context)
{
    count++;
    vector = context->irqNr;
    slot_id = XM_get_PCT()->schedInfo.id;
}

static int wait_for(int wanted)
{
    xmTime_t end = time_us() + 2000;

    while (count < wanted && time_us() < end) {
    }
    return count;
}

void PartitionMain(void)
{
    int a, b, c;

    InstallTrapHandler(SPARC_HWIRQ_TRAP(10), came);
    InstallTrapHandler(SPARC_HWIRQ_TRAP(11), came);
    InstallTrapHandler(0x61, came);
    HwSti();
    XM_clear_irqmask(LINE, 0);
    XM_set_irqpend(LINE, 0);
    printf("unmasked: came %d, ", wait_for(1));
    printf("vector %x\n", vector);
    printf("routed %d: ", XM_route_irq(XM_HWIRQ_TYPE, 10, 0x61));
    XM_set_irqpend(LINE, 0);
    a = wait_for(2);
    printf("came %d, vector %x\n", a, vector);
    XM_set_irqmask(LINE, 0);
    XM_set_irqpend(LINE, 0);
    a = wait_for(3);
    XM_idle_self(); /* over the keeper's slot */
    b = wait_for(3);
    XM_clear_irqmask(LINE, 0);
    c = wait_for(3);
    printf("masked: came %d, a slot later %d, unmasked %d in slot %d\n", a, b, c, slot_id);
    XM_set_irqmask(LINE, 0);
    XM_set_irqpend(LINE, 0);
    XM_clear_irqpend(LINE, 0);
    XM_clear_irqmask(LINE, 0);
    printf("cleared while masked: came %d\n", wait_for(4));
    /* Not the controller's: a virtual one, only for the caller. */
    XM_clear_irqmask(NOT_MINE, 0);
    XM_set_irqpend(NOT_MINE, 0);
    a = wait_for(4);
    printf("another's line is virtual: came %d, vector %x\n", a, vector);
    a = XM_route_irq(XM_HWIRQ_TYPE, 16, 0x61);
    b = XM_route_irq(XM_HWIRQ_TYPE, 10, 256);
    c = XM_route_irq(XM_TRAP_TYPE, NO_TRAPS, 0x61);
    printf("route: no line %d, no vector %d, no trap %d\n", a, b, c);
}
