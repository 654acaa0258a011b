#include "../testlib.h"

static volatile int count;
static volatile int slot[8];

static void slot_start(trapCtxt_t *context)
{
    (void)context;
    slot[count & 7] = (int)XM_get_PCT()->schedInfo.id / 2;
    count++;
}

void PartitionMain(void)
{
    while (XM_get_PCT()->schedInfo.id != 2) {
        XM_idle_self();
    }
    InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_CYCLIC_SLOT_START), slot_start);
    XM_clear_irqpend(0, 1u << XM_VT_EXT_CYCLIC_SLOT_START);
    XM_clear_irqmask(0, 1u << XM_VT_EXT_CYCLIC_SLOT_START);
    HwSti();
    while (count < 6) {
    }
    printf("slots %d %d %d %d %d %d\n", slot[0], slot[1], slot[2], slot[3], slot[4], slot[5]);
    XM_halt_system();
}
