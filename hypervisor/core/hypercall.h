/* hypercall.h - prototypes of all service handlers, expanded from abi/hypercalls.def
 *
 * sys_<name> stands in the module that owns the service. A pointer argument arrives as an address
 * of the caller's space (guest_mem.h is the only way to use it); permission was checked before. The
 * result goes to the caller. */
#ifndef XM_CORE_HYPERCALL_H
#define XM_CORE_HYPERCALL_H

#include "partition.h"
#include "../abi/records.h"

#define XM_ANY 0u
#define XM_SYS 1u
#define XM_OWN 2u

#define NONE void
#define U32(x) xm_u32_t x
#define S32(x) xm_s32_t x
#define U64(x) xm_u64_t x
#define TIME(x) xmTime_t x
#define NAME(x) xmAddress_t x
#define IN(t, x) xmAddress_t x
#define OUT(t, x) xmAddress_t x
#define OUT_OPT(t, x) xmAddress_t x
#define INOUT(t, x) xmAddress_t x
#define BUF_IN(x) xmAddress_t x
#define BUF_OUT(x) xmAddress_t x
#define ADDR(x) xmAddress_t x

#define XM_CALL(nr, name, who, arguments, doc) xm_s32_t sys_##name arguments;
#include "../abi/hypercalls.def"
#undef XM_CALL

#undef NONE
#undef U32
#undef S32
#undef U64
#undef TIME
#undef NAME
#undef IN
#undef OUT
#undef OUT_OPT
#undef INOUT
#undef BUF_IN
#undef BUF_OUT
#undef ADDR

#define XM_CALL(nr, name, who, arguments, doc) HYPERCALL_##name = nr,
enum hypercall_number {
#include "../abi/hypercalls.def"
    HYPERCALL_COUNT
};
#undef XM_CALL

/* XM_ANY, XM_SYS or XM_OWN, by number. */
extern const xm_u8_t hypercall_who[HYPERCALL_COUNT];

/* Return codes. */
#define XM_ERROR(code, name, meaning) name = code,
enum xm_error {
#include "../abi/errors.def"
    XM_ERROR_LAST = 1
};
#undef XM_ERROR

#endif
