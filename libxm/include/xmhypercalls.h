/* xmhypercalls.h - prototype XM_<name> of every row of abi/hypercalls.def
 *
 * Each returns a value >= 0, or a negative code of abi/errors.def. Who may call what, and what it
 * does, is in the rows and in docs/hypercalls.md. */
#ifndef LIBXM_XMHYPERCALLS_H
#define LIBXM_XMHYPERCALLS_H

#include <xm_inc/config.h>
#include <xm_inc/arch/arch_types.h>
#include <xm_inc/abi/guest.h>
#include <xm_inc/abi/records.h>

#ifndef __ASSEMBLER__

/* The rows use short words that a partition source may have defined for itself: put its definitions
 * aside. */
#pragma push_macro("U32")
#pragma push_macro("S32")
#pragma push_macro("U64")
#pragma push_macro("TIME")
#pragma push_macro("NAME")
#pragma push_macro("IN")
#pragma push_macro("OUT")
#pragma push_macro("OUT_OPT")
#pragma push_macro("INOUT")
#pragma push_macro("BUF_IN")
#pragma push_macro("BUF_OUT")
#pragma push_macro("ADDR")
#pragma push_macro("NONE")
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
#undef NONE

/* Only a pointer that the hypervisor reads may be const: sources pass string literals and plain
 * buffers alike. */
#define U32(x) xm_u32_t x
#define S32(x) xm_s32_t x
#define U64(x) xm_u64_t x
#define TIME(x) xmTime_t x
#define NAME(x) const char *x
#define IN(t, x) const t *x
#define OUT(t, x) t *x
#define OUT_OPT(t, x) t *x
#define INOUT(t, x) t *x
#define BUF_IN(x) const void *x
#define BUF_OUT(x) void *x
#define ADDR(x) xmAddress_t x
#define NONE void
#define XM_CALL(nr, name, who, args, text) xm_s32_t XM_##name args;
#include <xm_inc/abi/hypercalls.def>
#undef XM_CALL
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
#undef NONE

#pragma pop_macro("U32")
#pragma pop_macro("S32")
#pragma pop_macro("U64")
#pragma pop_macro("TIME")
#pragma pop_macro("NAME")
#pragma pop_macro("IN")
#pragma pop_macro("OUT")
#pragma pop_macro("OUT_OPT")
#pragma pop_macro("INOUT")
#pragma pop_macro("BUF_IN")
#pragma pop_macro("BUF_OUT")
#pragma pop_macro("ADDR")
#pragma pop_macro("NONE")

#endif
#endif
