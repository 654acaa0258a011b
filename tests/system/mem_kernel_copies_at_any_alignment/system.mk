SRC_0 := tester.c ../../../hypervisor/arch/sparc/memcpy.S ../../../hypervisor/core/string.c
