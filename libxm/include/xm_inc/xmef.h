/* xmef.h - the image header of a partition; its structure is in abi/guest.h */
#ifndef XM_INC_XMEF_H
#define XM_INC_XMEF_H

#include <xm_inc/config.h>
#include <xm_inc/arch/arch_types.h>
#include <xm_inc/linkage.h>
#include <xm_inc/abi/guest.h>

#ifndef __ASSEMBLER__
#define __XMIHDR __attribute__((section(".xmImageHdr"), used))
#endif

#endif
