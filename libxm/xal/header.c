/* header.c - image header of a program that does not define its own
 *
 * Alone in its archive member: the linker takes it only when xmImageHdr is not defined yet. */
#include <xm.h>
#include <config.h>

/* The hypervisor keeps page tables itself; the area is here because partition memory is laid out
 * with it in mind. */
static xm_u8_t pageTable[CONFIG_SIZE_PAGE_TABLE * PAGE_SIZE]
    __attribute__((aligned(PAGE_SIZE), section(".bss.noinit")));

struct xmImageHdr xmImageHdr __XMIHDR = {
    .sSignature = XMEF_PARTITION_MAGIC,
    .compilationXmAbiVersion = XM_SET_VERSION(XM_ABI_VERSION, XM_ABI_SUBVERSION, XM_ABI_REVISION),
    .compilationXmApiVersion = XM_SET_VERSION(XM_API_VERSION, XM_API_SUBVERSION, XM_API_REVISION),
    .pageTable = (xmAddress_t)pageTable,
    .pageTableSize = sizeof pageTable,
    .noCustomFiles = 0,
    .eSignature = XMEF_PARTITION_MAGIC,
};
