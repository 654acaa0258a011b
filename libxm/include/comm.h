/* comm.h - ports: constants and records; the calls are in xmhypercalls.h */
#ifndef LIBXM_COMM_H
#define LIBXM_COMM_H

#include <xm_inc/objects/commports.h>
#include <xmhypercalls.h>

#endif
