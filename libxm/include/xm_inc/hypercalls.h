/* hypercalls.h - numbers of the calls (<name>_nr), return codes, and constants of the calls
 *
 * The numbers come from abi/hypercalls.def, the codes from abi/errors.def, the other constants from
 * abi/guest.h. */
#ifndef XM_INC_HYPERCALLS_H
#define XM_INC_HYPERCALLS_H

#include <xm_inc/config.h>
#include <xm_inc/arch/arch_types.h>
#include <xm_inc/abi/guest.h>
#include <xm_inc/arch/hypercalls.h>

#ifdef __ASSEMBLER__
#define XM_CALL(nr, name, who, args, text) .set name##_nr, nr
#define XM_ERROR(code, name, text) .set name, code
#include <xm_inc/abi/hypercalls.def>
#include <xm_inc/abi/errors.def>
#else
#define XM_CALL(nr, name, who, args, text) name##_nr = nr,
#define XM_ERROR(code, name, text) name = code,
enum {
#include <xm_inc/abi/hypercalls.def>
};
enum {
#include <xm_inc/abi/errors.def>
};
#endif
#undef XM_CALL
#undef XM_ERROR

/* Name of XM_OP_NOT_ALLOWED in XtratuM 3.2. */
#define XM_NOT_AVAILABLE XM_OP_NOT_ALLOWED

#define PPAG_STD 0
#define PPAG_PTDL1 1
#define PPAG_PTDL2 2
#define PPAG_PTDL3 3

#define XM_DCACHE 1
#define XM_ICACHE 2

#endif
