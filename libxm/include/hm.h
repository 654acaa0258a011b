/* hm.h - the health-monitor log; the calls XM_hm_* are in xmhypercalls.h */
#ifndef LIBXM_HM_H
#define LIBXM_HM_H

#include <xm_inc/objects/hm.h>
#include <xm_inc/xmconf.h>
#include <xm_inc/hypercalls.h>
#include <xmhypercalls.h>

#define XM_HM_SEEK_CUR XM_OBJ_SEEK_CUR
#define XM_HM_SEEK_SET XM_OBJ_SEEK_SET
#define XM_HM_SEEK_END XM_OBJ_SEEK_END

#ifndef __ASSEMBLER__
xm_s32_t XM_hm_open(void);
#endif

#endif
