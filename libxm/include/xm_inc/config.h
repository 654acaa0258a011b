/* config.h - build-time facts of the hypervisor; forced into every partition source, C and
 * assembler */
#ifndef XM_INC_CONFIG_H
#define XM_INC_CONFIG_H

#include <xm_inc/autoconf.h>
#include <xm_inc/abi/types.h>

#define CONFIG_XM_VERSION XM_VERSION_MAJOR
#define CONFIG_XM_SUBVERSION XM_VERSION_MINOR
#define CONFIG_XM_REVISION XM_VERSION_PATCH
#define XM_VERSION XM_SET_VERSION(CONFIG_XM_VERSION, CONFIG_XM_SUBVERSION, CONFIG_XM_REVISION)

#endif
