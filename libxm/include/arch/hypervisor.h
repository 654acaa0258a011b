/* hypervisor.h - processor-specific part of libxm's start */
#ifndef LIBXM_ARCH_HYPERVISOR_H
#define LIBXM_ARCH_HYPERVISOR_H

#ifndef __ASSEMBLER__
/* Nothing to prepare on SPARC; called by init_libxm. */
static inline void init_arch_libxm(void)
{
}
#endif

#endif
