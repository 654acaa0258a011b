/* A partition that is never run: what xmpack and the boot loader look at. The macros choose what is wrong with it. */
#include "../../hypervisor/abi/guest.h"

#ifndef SIGNATURE
#define SIGNATURE XMEF_PARTITION_MAGIC
#endif
#ifndef ABI
#define ABI XM_SET_VERSION(XM_ABI_VERSION, XM_ABI_SUBVERSION, XM_ABI_REVISION)
#endif
#ifndef CUSTOM_FILES
#define CUSTOM_FILES 1
#endif
#ifndef CUSTOM_ADDRESS
#define CUSTOM_ADDRESS 0x40100f00
#endif

__attribute__((section(".text.first"))) void start(void);
void start(void)
{
    for (;;) {
    }
}

#define HEADER(name)                                                                                          \
    const struct xmImageHdr name __attribute__((section(HEADER_SECTION))) = {                                 \
        .sSignature = SIGNATURE,                                                                              \
        .compilationXmAbiVersion = ABI,                                                                       \
        .compilationXmApiVersion = XM_SET_VERSION(XM_API_VERSION, XM_API_SUBVERSION, XM_API_REVISION),        \
        .noCustomFiles = CUSTOM_FILES,                                                                        \
        .customFileTab = { { CUSTOM_ADDRESS, 16 } },                                                          \
        .eSignature = XMEF_PARTITION_MAGIC,                                                                   \
    }
#ifndef HEADER_SECTION
#define HEADER_SECTION ".xmImageHdr"
#endif
#ifndef NO_HEADER
HEADER(xmImageHdr);
#endif
#ifdef TWO_HEADERS
HEADER(another);
#endif

char cleared[4096];
