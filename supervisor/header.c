/* header.c - image header of the supervisor's program: room for its key file
 *
 * Only on the target: on the workstation tests write keys_text themselves. */
#include <xm.h>

#include "keys.h"

struct xmImageHdr xmImageHdr __XMIHDR = {
    .sSignature = XMEF_PARTITION_MAGIC,
    .compilationXmAbiVersion = XM_SET_VERSION(XM_ABI_VERSION, XM_ABI_SUBVERSION, XM_ABI_REVISION),
    .compilationXmApiVersion = XM_SET_VERSION(XM_API_VERSION, XM_API_SUBVERSION, XM_API_REVISION),
    .noCustomFiles = 1,
    .customFileTab = { { .sAddr = (xmAddress_t)keys_text, .size = KEYFILE_BYTES } },
    .eSignature = XMEF_PARTITION_MAGIC,
};
