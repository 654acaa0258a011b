/* A file packed with the image, at the place that the image header names. Each life spoils its first letter. */
#include "../testlib.h"

#define TABLE_BYTES 64

static xm_u8_t table[TABLE_BYTES] __attribute__((section(".table"), aligned(8))) = { 0 };

struct xmImageHdr xmImageHdr __XMIHDR = {
    .sSignature = XMEF_PARTITION_MAGIC,
    .compilationXmAbiVersion = XM_SET_VERSION(XM_ABI_VERSION, XM_ABI_SUBVERSION, XM_ABI_REVISION),
    .compilationXmApiVersion = XM_SET_VERSION(XM_API_VERSION, XM_API_SUBVERSION, XM_API_REVISION),
    .noCustomFiles = 1,
    .customFileTab = { { .sAddr = (xmAddress_t)table, .size = TABLE_BYTES } },
    .eSignature = XMEF_PARTITION_MAGIC,
};

void PartitionMain(void)
{
    volatile xm_u8_t *letter = table;

    printf("status %d: %s", XM_get_PCT()->resetStatus, table);
    *letter = 'X';
    XM_suspend_partition(XM_PARTITION_SELF);
}
