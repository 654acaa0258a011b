/* status.h - status of system, partitions and plans; the calls are in xmhypercalls.h */
#ifndef LIBXM_STATUS_H
#define LIBXM_STATUS_H

#include <xm_inc/objects/status.h>
#include <xmhypercalls.h>

#endif
