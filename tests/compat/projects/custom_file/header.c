#include <xm.h>
#include <config.h>
#include "message.h"

xm_u8_t pageTable[PAGE_SIZE * CONFIG_SIZE_PAGE_TABLE] __attribute__((aligned(PAGE_SIZE))) \
        __attribute__((section(".bss.noinit")));

xm_u8_t message[MESSAGE_SIZE] __attribute__((section(".message"))) = {0};

struct xmImageHdr xmImageHdr __XMIHDR = {
        .sSignature = XMEF_PARTITION_MAGIC,
        .compilationXmAbiVersion = XM_SET_VERSION(XM_ABI_VERSION, XM_ABI_SUBVERSION, XM_ABI_REVISION),
        .compilationXmApiVersion = XM_SET_VERSION(XM_API_VERSION, XM_API_SUBVERSION, XM_API_REVISION),
        .pageTable = (xmAddress_t)pageTable,
        .pageTableSize = CONFIG_SIZE_PAGE_TABLE * PAGE_SIZE,
        .noCustomFiles = 1,
        .customFileTab = {[0] = (struct xefCustomFile){
                .sAddr = (xmAddress_t)message,
                .size = MESSAGE_SIZE,
        }},
        .eSignature = XMEF_PARTITION_MAGIC,
};
