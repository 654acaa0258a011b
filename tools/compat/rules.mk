# rules.mk - building partition projects written for XtratuM 3.x: included by a project's own Makefile
#
#   XAL_PATH = ...                          the folder above this one
#   all: container.bin resident_sw
#   include $(XAL_PATH)/common/rules.mk
#   PARTITIONS = ...  PACK_ARGS = ...  and the rules that link each partition and run $(XMPACK)
#
# The project's Makefile may set or extend any variable below after the include; what is on the command line wins as always.

.DEFAULT_GOAL := $(or $(.DEFAULT_GOAL),all)
XAL_PATH := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))..)
include $(XAL_PATH)/common/config.mk
include $(XTRATUM_PATH)/xmconfig

# Target tools: BCC 2 if it is on the PATH, else CROSS, else Debian's sparc64 compiler in 32-bit mode.
ifeq ($(origin CROSS),undefined)
CROSS := $(if $(shell command -v sparc-gaisler-elf-gcc 2>/dev/null),sparc-gaisler-elf-,sparc64-linux-gnu-)
endif
export CROSS
TARGET_CC      := $(CROSS)gcc
TARGET_AS      := $(CROSS)as
TARGET_LD      := $(CROSS)ld
TARGET_AR      := $(CROSS)ar
TARGET_OBJCOPY := $(CROSS)objcopy
TARGET_OBJDUMP := $(CROSS)objdump
TARGET_M32     := $(if $(findstring sparc64,$(CROSS)),-m32)
# For xmcbuilder, which lets this compiler lay out the configuration.
export XM_CC := $(strip $(TARGET_CC) $(TARGET_M32))

XMBIN      := $(XTRATUM_PATH)/bin
XMCORE     := $(XTRATUM_PATH)/lib/xm_core.xef
XMPACK     := $(XMBIN)/xmpack
XMCPARSER  := $(XMBIN)/xmcparser
RSWBUILD   := $(XMBIN)/rswbuild
XEF        := $(XMBIN)/xmeformat build
XPATH      := $(XMBIN)/xpath
XPATHSTART := $(XMBIN)/xpathstart

LIBXM_PATH := $(XTRATUM_PATH)/lib
XAL_LIB    := $(XAL_PATH)/lib

# Sources of the 3.x era: implicit int, tentative definitions, mixed char pointers. None of that may become an error.
TARGET_CFLAGS_ARCH := $(TARGET_M32) -mcpu=leon3 -msoft-float
TARGET_INCLUDES := -nostdinc -isystem $(shell $(TARGET_CC) $(TARGET_M32) -print-file-name=include) \
    -I$(XTRATUM_PATH)/include -I$(XAL_PATH)/include -Dsparcv8 '-D__XM_INCFLD(_fld)=<xm_inc/_fld>'
TARGET_CFLAGS := -std=gnu11 $(TARGET_CFLAGS_ARCH) -O2 -g -Wall -ffreestanding -fno-builtin -fno-strict-aliasing \
    -fomit-frame-pointer -fno-stack-protector -fno-pic -fno-pie -fno-asynchronous-unwind-tables \
    -fno-delete-null-pointer-checks -fgnu89-inline -fcommon -Wno-pointer-sign -Wno-error=implicit-int \
    -Wno-error=implicit-function-declaration -Wno-error=int-conversion -Wno-error=incompatible-pointer-types \
    $(TARGET_INCLUDES) -include xm_inc/config.h -include xm_inc/arch/arch_types.h
TARGET_ASFLAGS := $(TARGET_CFLAGS_ARCH) -fno-pic -g -D__ASSEMBLY__ $(TARGET_INCLUDES) -include xm_inc/config.h
# A source of XtratuM 3.1 or 3.2, or of the qualified branch: make XM_DIALECT=32, or XM_DIALECT=Q.
ifneq ($(XM_DIALECT),)
TARGET_CFLAGS += -DXM_DIALECT_$(XM_DIALECT)
endif

# BCC has a libgcc for LEON; Debian's 32-bit one is made for another processor, and libxal.a has what code without floating
# point needs of it.
TARGET_LIBGCC := $(if $(findstring sparc64,$(CROSS)),,$(shell $(TARGET_CC) $(TARGET_CFLAGS_ARCH) -print-libgcc-file-name))
TARGET_LDFLAGS := -m elf32_sparc -nostdlib -static -n -z noexecstack -u start -u xmImageHdr -T $(XAL_LIB)/partition.ld \
    -L$(LIBXM_PATH) -L$(XAL_LIB) --start-group $(TARGET_LIBGCC) -lxm -lxal --end-group

# Older form: address of the partition at position $(1) (from 1) in file $(2).
xpathstart = $(shell $(XPATH) -f $(2) -c "string(/*/xm:PartitionTable/xm:Partition[$(1)]/xm:PhysicalMemoryAreas/xm:Area[1]/@start)")

%.o: %.c
	$(TARGET_CC) $(TARGET_CFLAGS) -MMD -MP -c $< -o $@

%.o: %.S
	$(TARGET_CC) $(TARGET_ASFLAGS) -MMD -MP -c $< -o $@

%.xef: %
	$(XEF) $< -c -o $@

xm_cf.bin.xmc: xm_cf.$(ARCH).xml
	$(XMCPARSER) -o $@ $<

xm_cf.c.xmc: xm_cf.$(ARCH).xml
	$(XMCPARSER) -c -o $@ $<

%.xef.xmc: %.bin.xmc
	$(XEF) -m $< -c -o $@

resident_sw: container.bin
	$(RSWBUILD) $< $@

.PHONY: clean distclean
clean:
	@rm -f $(PARTITIONS) $(PARTITIONS:%=%.xef) $(patsubst %.bin,%.xef,$(wildcard *.bin)) \
	    $(wildcard *.o *.d *.xef *.xmc) container.bin resident_sw

distclean: clean
	@rm -f $(wildcard *~)

-include $(wildcard *.d)
