/* arch_trap.h - what the hardware reported about a trap; arch.h and the architecture's arch_impl.h
 * both need it */
#ifndef XM_CORE_ARCH_TRAP_H
#define XM_CORE_ARCH_TRAP_H

#include <stdbool.h>
#include "../abi/types.h"

/* Valid during core_trap(). */
struct arch_trap {
    xm_u32_t psr, pc, npc;    /* core may change them: execution continues there */
    xm_u32_t result;          /* assembler calls: goes to the caller's %o0 */
    xm_u32_t fault_status;    /* MMU */
    xm_u32_t fault_address;
    bool fault_valid;
    bool deferred; /* of an instruction before pc: the one at pc has not been executed */
};

#endif
