# libxm: the partition library (libxm.a) and the bare-C runtime XAL (libxal.a).
#
# Published for whoever builds partitions (tools/system.mk, supervisor/):
#   LIBXM_CPPFLAGS  include path, forced includes and definitions that XtratuM 3.x sources take for granted (C)
#   LIBXM_ASFLAGS   the same for .S files; replaces LIBXM_CPPFLAGS and LIBXM_CFLAGS
#   LIBXM_CFLAGS    code generation and warnings for partition sources: no -Werror, they are not ours
#   LIBXM_LDFLAGS   options understood by $(TLD) $(TLD_EMU) and by $(TCC) $(M32) alike
#   LIBXM_LDSCRIPT  linker script; the start of the partition's first Area goes into -Ttext=
#   LIBXM_LIBS      the archives, repeated because they refer to each other; prerequisites of a link
#
#   $(TCC) $(LIBXM_CPPFLAGS) $(LIBXM_CFLAGS) -c p.c -o p.o
#   $(TLD) $(TLD_EMU) $(LIBXM_LDFLAGS) -T $(LIBXM_LDSCRIPT) -Ttext=0x40100000 p.o $(LIBXM_LIBS) -o p.elf

LIBXM_INCLUDES := $(TNOSTD) -Ilibxm/include -Ilibxm/xal/include
LIBXM_DEFINES  := -Dsparcv8 '-D__XM_INCFLD(_fld)=<xm_inc/_fld>'
LIBXM_CPPFLAGS := $(LIBXM_INCLUDES) $(LIBXM_DEFINES) -include xm_inc/config.h -include xm_inc/arch/arch_types.h
LIBXM_ASFLAGS  := $(LIBXM_INCLUDES) $(LIBXM_DEFINES) -include xm_inc/config.h -D__ASSEMBLY__ $(TARCH) -g

# Sources of the 3.x era: implicit int, tentative definitions in headers, plain inline, mixed char pointers. None of these
# may become an error, also not in a compiler newer than gcc 14 that makes some of them errors by default.
LIBXM_OLD_C    := -fgnu89-inline -fcommon -Wno-pointer-sign -Wno-error=implicit-int \
                  -Wno-error=implicit-function-declaration -Wno-error=int-conversion -Wno-error=incompatible-pointer-types
LIBXM_CFLAGS   := -std=gnu11 $(TARCH) $(LIBXM_OLD_C) -O2 -g -Wall -fno-strict-aliasing -fomit-frame-pointer -fno-builtin

# Where the flags of objects stand: of these, and of partitions compiled with the variables above.
LIBXM_NEEDS    := Makefile libxm/build.mk

LIBXM_A        := $(BUILD)/libxm/libxm.a
LIBXAL_A       := $(BUILD)/libxm/libxal.a
LIBXM_LDFLAGS  := -nostdlib -static -n -u start -u xmImageHdr
LIBXM_LDSCRIPT := libxm/xal/partition.ld
LIBXM_LIBS     := $(LIBXAL_A) $(LIBXM_A) $(LIBXAL_A) $(LIBXM_A)

LIBXM_OBJS     := $(patsubst %,$(BUILD)/%.o,$(basename $(wildcard libxm/*.c libxm/*.S)))
LIBXAL_OBJS    := $(patsubst %,$(BUILD)/%.o,$(basename $(wildcard libxm/xal/*.c libxm/xal/*.S)))

.PHONY: libxm
libxm: $(LIBXM_A) $(LIBXAL_A)

$(LIBXM_A): $(LIBXM_OBJS)
$(LIBXAL_A): $(LIBXAL_OBJS)
$(LIBXM_A) $(LIBXAL_A):
	@rm -f $@
	$(TAR) rcs $@ $^

# -fno-tree-loop-distribute-patterns: gcc must not turn the loop inside memcpy into a call of memcpy.
$(BUILD)/libxm/%.o: libxm/%.c $(LIBXM_NEEDS)
	@mkdir -p $(@D)
	$(TCC) $(LIBXM_CPPFLAGS) $(TCFLAGS) $(WARN) -fno-builtin -fno-tree-loop-distribute-patterns -MMD -MP -c $< -o $@

$(BUILD)/libxm/%.o: libxm/%.S $(LIBXM_NEEDS)
	@mkdir -p $(@D)
	$(TCC) $(LIBXM_ASFLAGS) -MMD -MP -c $< -o $@

-include $(LIBXM_OBJS:.o=.d) $(LIBXAL_OBJS:.o=.d)
