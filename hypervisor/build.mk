# The hypervisor: core + arch/sparc + drivers + one board, linked to $(XM_ELF).
# -mflat: C code lives in the trap's window (arch/sparc/arch_impl.h). -mno-user-mode: atomics with supervisor rights.
# -ffixed-o7: the compiler else takes the return address' register for values first, and so gives leaf functions a stack frame.
XM_OUT := $(BUILD)/hypervisor/$(BOARD)
XM_ELF := $(XM_OUT)/xm.elf
XM_FLAGS = $(TCFLAGS) -fmacro-prefix-map=hypervisor/= -mflat -ffixed-o7 -mno-user-mode -Ihypervisor/arch/sparc -Ihypervisor/board/$(BOARD) \
           -fno-tree-loop-distribute-patterns -fno-inline-functions -freorder-blocks-algorithm=simple \
           -ffunction-sections -fdata-sections $(WARN) $(XM_LTO) $(XM_SPEED)
# -fno-inline-functions: of functions with several callers, those marked inline only. -freorder-blocks...: no copies of code for
# fewer jumps.
# One program for the compiler: small functions of other files and the constants of the board become part of their callers,
# which saves a twentieth of the text and a call or two on every way. Each file keeps its own -O2 or -Os. Empty: without.
XM_LTO := -flto
XM_C := $(wildcard hypervisor/core/*.c hypervisor/drivers/*.c hypervisor/board/$(BOARD)/*.c) \
        $(filter-out %/asm_offsets.c,$(wildcard hypervisor/arch/sparc/*.c))
XM_S := $(wildcard hypervisor/arch/sparc/*.S)
XM_OBJECTS = $(patsubst %.c,$(XM_OUT)/%.o,$(XM_C)) $(patsubst %.S,$(XM_OUT)/%.o,$(XM_S)) \
             $(XM_OUT)/gcc_helpers.o
# For speed what runs at every entry, slot or message; for size what runs at boot, at an event or for the supervisor.
XM_FAST := $(addprefix hypervisor/core/,entry.c sched.c time.c virq.c trace.c)
XM_SMALL := $(filter-out $(XM_FAST),$(XM_C))
$(patsubst %.c,$(XM_OUT)/%.o,$(XM_SMALL)): XM_SPEED := -Os -fno-guess-branch-probability
# gcc makes calls of these by itself, after the linker has chosen what to give it.
$(patsubst %.c,$(XM_OUT)/%.o,hypervisor/core/string.c): XM_LTO :=
# What every object depends on: headers, and the files where flags stand. (Flags of the command line need a BUILD of their own.)
XM_NEEDS := Makefile hypervisor/build.mk $(wildcard hypervisor/abi/* hypervisor/*/*.h hypervisor/arch/sparc/*.h hypervisor/arch/sparc/*.inc hypervisor/board/$(BOARD)/*.h)

$(XM_OUT)/%.o: %.c $(XM_NEEDS)
	@mkdir -p $(@D)
	$(TCC) $(XM_FLAGS) -c $< -o $@

$(XM_OUT)/gcc_helpers.o: libxm/xal/gcc_helpers.c $(XM_NEEDS)
	@mkdir -p $(@D)
	$(TCC) $(TCFLAGS) -mflat -ffunction-sections -Ihypervisor -c $< -o $@

$(XM_OUT)/asm_offsets.h: hypervisor/arch/sparc/asm_offsets.c $(XM_NEEDS)
	@mkdir -p $(@D)
	$(TCC) $(XM_FLAGS) -fno-lto -S $< -o $(XM_OUT)/asm_offsets.s
	sed -n 's/^->\([A-Z0-9_]*\) \(.*\)/#define \1 \2/p' $(XM_OUT)/asm_offsets.s > $@

$(XM_OUT)/%.o: %.S $(XM_OUT)/asm_offsets.h $(XM_NEEDS)
	@mkdir -p $(@D)
	$(TCC) $(TARCH) -g -Ihypervisor/arch/sparc -Ihypervisor/board/$(BOARD) -I$(XM_OUT) -c $< -o $@

$(XM_ELF): $(XM_OBJECTS) hypervisor/arch/sparc/link.ld
	$(TCC) $(XM_FLAGS) -flto-partition=none -nostdlib -static -Wl,--gc-sections,--build-id=none,-n \
	  -Wl,-T,hypervisor/arch/sparc/link.ld,-Map=$(XM_OUT)/xm.map -o $@ $(XM_OBJECTS)

.PHONY: hypervisor size
hypervisor: $(XM_ELF)

# Text, code of the boot and constants by source file; the sum is the footprint of make bench.
size: $(XM_ELF)
	@CROSS=$(CROSS) BOARD=$(BOARD) $(PYTHON) tests/bench/sizes.py --build $(BUILD)

include $(wildcard hypervisor/*/build.mk)
