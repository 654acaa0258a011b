/* autoconf.h - the configuration macros that partition sources test; usable from assembler
 *
 * Only what this hypervisor really has is defined. Limits that the contract fixes are not repeated
 * here: see abi/types.h. */
#ifndef XM_INC_AUTOCONF_H
#define XM_INC_AUTOCONF_H

#define CONFIG_SPARCv8 1
#define CONFIG_LEON3 1
#define CONFIG_MMU 1
#define CONFIG_TARGET_BIG_ENDIAN 1
#define CONFIG_ARCH "sparcv8"

#define CONFIG_XM_LOAD_ADDR 0x40000000
#define CONFIG_XM_OFFSET 0xfc000000

#define CONFIG_NO_CPUS 1
#define CONFIG_MAX_NO_VCPUS 1
#define CONFIG_XM_MAX_IPVI 8
#define CONFIG_CYCLIC_SCHED 1

#define CONFIG_DEV_UART 1
#define CONFIG_DEV_NO_UARTS 2
#define CONFIG_DEV_MEMBLOCK 1
#define CONFIG_AUDIT_EVENTS 1

#endif
