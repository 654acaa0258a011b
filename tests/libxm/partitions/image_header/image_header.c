#include <xm.h>
#include <stdio.h>
#include <config.h>

static xm_u8_t pageTable[PAGE_SIZE * CONFIG_SIZE_PAGE_TABLE]
    __attribute__((aligned(PAGE_SIZE))) __attribute__((section(".bss.noinit")));
static xm_u8_t customFile[256] __attribute__((section(".custom"))) = { 0 };

struct xmImageHdr xmImageHdr __XMIHDR = {
    .sSignature = XMEF_PARTITION_MAGIC,
    .compilationXmAbiVersion = XM_SET_VERSION(XM_ABI_VERSION, XM_ABI_SUBVERSION, XM_ABI_REVISION),
    .compilationXmApiVersion = XM_SET_VERSION(XM_API_VERSION, XM_API_SUBVERSION, XM_API_REVISION),
    .pageTable = (xmAddress_t)pageTable,
    .pageTableSize = CONFIG_SIZE_PAGE_TABLE * PAGE_SIZE,
    .noCustomFiles = 1,
    .customFileTab = {
        [0] = {
            .sAddr = (xmAddress_t)customFile,
            .size = sizeof(customFile),
        },
    },
    .eSignature = XMEF_PARTITION_MAGIC,
};

void PartitionMain(void)
{
    printf("%s\n", (char *)customFile);
}
