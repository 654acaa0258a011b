/* header.c - the image header that the boot loader and xmpack read (abi/image.h) */
#include "../../abi/guest.h"
#include "../../abi/image.h"

extern char kernel_config[];

static const struct xm_hypervisor_header header __attribute__((section(".xmHdr"), used)) = {
    .magic = XMEF_XM_MAGIC,
    .version = XM_SET_VERSION(XM_VERSION_MAJOR, XM_VERSION_MINOR, XM_VERSION_PATCH),
    .abi_version = XM_SET_VERSION(XM_ABI_VERSION, XM_ABI_SUBVERSION, XM_ABI_REVISION),
    .api_version = XM_SET_VERSION(XM_API_VERSION, XM_API_SUBVERSION, XM_API_REVISION),
    .config_address = (xmAddress_t)kernel_config,
};
