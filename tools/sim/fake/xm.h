/* xm.h - libxm as the supervisor sees it, on the workstation: the contract's own headers and one
 * prototype per hypercall
 *
 * Stands before libxm/include on the include path of the host build. fake_kernel.c is behind the
 * calls. */
#ifndef FAKE_XM_H
#define FAKE_XM_H

#include "../../../hypervisor/abi/guest.h"
#include "../../../hypervisor/abi/records.h"

#define XM_ERROR(code, name, meaning) name = code,
enum {
#include "../../../hypervisor/abi/errors.def"
};
#undef XM_ERROR

/* Every call of the table is declared, so a call that the table loses, or whose arguments change,
 * stops this build. */
#define NONE void
#define U32(name) xm_u32_t name
#define S32(name) xm_s32_t name
#define U64(name) xm_u64_t name
#define TIME(name) xmTime_t name
#define NAME(name) const char *name
#define IN(type, name) const type *name
#define OUT(type, name) type *name
#define OUT_OPT(type, name) type *name
#define INOUT(type, name) type *name
#define BUF_IN(name) const void *name
#define BUF_OUT(name) void *name
#define ADDR(name) xmAddress_t name
#define XM_CALL(number, name, who, arguments, text) xm_s32_t XM_##name arguments;
#include "../../../hypervisor/abi/hypercalls.def"
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

partitionControlTable_t *XM_get_PCT(void);
struct xmPhysicalMemMap *XM_get_partition_mmap(void);
#define XM_PARTITION_SELF (XM_get_PCT()->id & 0xff)

#endif
