/* trace.h - traces; the calls XM_trace_* are in xmhypercalls.h */
#ifndef LIBXM_TRACE_H
#define LIBXM_TRACE_H

#include <xm_inc/objects/trace.h>
#include <xm_inc/audit.h>
#include <xm_inc/hypercalls.h>
#include <xmhypercalls.h>

#define XM_TRACE_SEEK_CUR XM_OBJ_SEEK_CUR
#define XM_TRACE_SEEK_SET XM_OBJ_SEEK_SET
#define XM_TRACE_SEEK_END XM_OBJ_SEEK_END

#endif
