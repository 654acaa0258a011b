#include "../testlib.h"

#define LINE (1u << 31)
#define LOWER (1u << 30)

static volatile xm_s32_t count;
static volatile xm_u32_t order[4];
static volatile xm_s32_t rerouted;

static void handler(trapCtxt_t *context)
{
    order[count & 3] = context->irqNr;
    count++;
}

static void other_vector(trapCtxt_t *context)
{
    (void)context;
    rerouted++;
}

static int pending(void)
{
    return (XM_get_PCT()->extIrqsPend & LINE) != 0;
}

void PartitionMain(void)
{
    int bad_line, bad_type;

    InstallTrapHandler(XAL_XMEXT_TRAP(31), handler);
    InstallTrapHandler(XAL_XMEXT_TRAP(30), handler);
    InstallTrapHandler(SPARC_HWIRQ_TRAP(15), handler);
    InstallTrapHandler(0x60, other_vector);
    HwSti();
    XM_set_irqpend(0, LINE);
    XM_set_irqpend(0, LINE);
    printf("masked: count %d pending %d\n", count, pending());
    HwCli();
    XM_clear_irqmask(0, LINE);
    printf("unmasked, interrupts off: count %d pending %d\n", count, pending());
    HwSti();
    printf("on: count %d pending %d\n", count, pending());
    XM_set_irqmask(0, LINE);
    XM_set_irqpend(0, LINE);
    XM_clear_irqpend(0, LINE);
    XM_clear_irqmask(0, LINE);
    printf("cleared before delivery: count %d\n", count);
    HwCli();
    count = 0;
    XM_clear_irqmask(1u << 15, LINE | LOWER);
    XM_set_irqpend(0, LINE | LOWER);
    HwSti();
    printf("highest number first: %d then %d\n", order[0] - 224, order[1] - 224);
    HwCli();
    count = 0;
    XM_set_irqpend(1u << 15, LINE);
    HwSti();
    printf("hardware before extended: vector %d then %d\n", order[0], order[1]);
    XM_route_irq(XM_EXTIRQ_TYPE, 30, 0x60);
    XM_set_irqpend(0, LOWER);
    printf("rerouted to 0x60: %d\n", rerouted);
    bad_line = XM_route_irq(XM_EXTIRQ_TYPE, 32, 0x60);
    bad_type = XM_route_irq(3, 1, 0x60);
    printf("route: bad line %d, bad type %d\n", bad_line, bad_type);
    XM_halt_system();
}
