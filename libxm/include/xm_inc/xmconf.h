/* xmconf.h - names of the configuration: health-monitor events and actions, ports, flags; all from
 * the contract */
#ifndef XM_INC_XMCONF_H
#define XM_INC_XMCONF_H

#include <xm_inc/arch/xmconf.h>
#include <xm_inc/abi/hm.h>
#include <xm_inc/abi/guest.h>

#define XM_PART_BOOT 1

#endif
