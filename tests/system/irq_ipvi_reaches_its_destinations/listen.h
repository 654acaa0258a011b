/* listen.h - counts the inter-partition interrupts that arrive, by line */
#include "../testlib.h"

static volatile xm_s32_t came[8];

static void ipvi(trapCtxt_t *context)
{
    came[context->irqNr - XAL_XMEXT_TRAP(XM_VT_EXT_IPVI0)]++;
}

static void listen(void)
{
    int i;

    for (i = 0; i < 8; i++) {
        InstallTrapHandler(XAL_XMEXT_TRAP(XM_VT_EXT_IPVI0 + i), ipvi);
    }
    XM_clear_irqmask(0, 0xffu << XM_VT_EXT_IPVI0);
    HwSti();
}
