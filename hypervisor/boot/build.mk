# Boot loader: one relocatable object, $(BOOT_OBJECT); tools/rswbuild links it with a container, for RAM and for PROM.
# -mflat: no register windows, so no window trap handlers. -fno-tree-loop-distribute-patterns: memcpy is not its own loop.
BOOT_OUT := $(BUILD)/boot/$(BOARD)
BOOT_OBJECT := $(BOOT_OUT)/loader.o
BOOT_BEARSSL := hash/sha2small.c codec/enc32be.c codec/dec32be.c
BOOT_FLAGS = $(TCFLAGS) -Os -mflat -mno-user-mode -ffunction-sections -fdata-sections \
             -fno-tree-loop-distribute-patterns -Ihypervisor/board/$(BOARD) -isystem hypervisor/boot/include \
             -isystem $(BUILD)/third_party/bearssl/inc
BOOT_OBJECTS := $(patsubst %,$(BOOT_OUT)/%.o,$(basename $(notdir \
                  $(wildcard hypervisor/boot/*.c) start.S memcpy.S string.c board.c $(BOOT_BEARSSL))))

$(BOOT_OUT)/%.o: hypervisor/boot/%.c $(wildcard hypervisor/boot/*.h hypervisor/boot/include/*.h hypervisor/abi/*) \
                 hypervisor/core/board.h $(wildcard hypervisor/board/$(BOARD)/*.h hypervisor/drivers/*.h) | $(BUILD)/third_party/bearssl.stamp
	@mkdir -p $(@D)
	$(TCC) $(BOOT_FLAGS) $(WARN) -c $< -o $@

$(BOOT_OUT)/start.o: hypervisor/boot/start.S
	@mkdir -p $(@D)
	$(TCC) $(TARCH) -g -c $< -o $@

$(BOOT_OUT)/memcpy.o: hypervisor/arch/sparc/memcpy.S
	@mkdir -p $(@D)
	$(TCC) $(TARCH) -g -c $< -o $@

$(BOOT_OUT)/string.o: hypervisor/core/string.c hypervisor/core/kernel.h
	@mkdir -p $(@D)
	$(TCC) $(BOOT_FLAGS) $(WARN) -c $< -o $@

$(BOOT_OUT)/board.o: hypervisor/board/$(BOARD)/board.c hypervisor/core/board.h
	@mkdir -p $(@D)
	$(TCC) $(BOOT_FLAGS) $(WARN) -c $< -o $@

# Foreign code: our flags for the target, its own warnings. _LIBC_LIMITS_H_ keeps the compiler's limits.h from the host's.
define BOOT_BEARSSL_RULE
$(BOOT_OUT)/$(notdir $(1:.c=.o)): $(BUILD)/third_party/bearssl/src/$(1) hypervisor/boot/include/string.h
	@mkdir -p $$(@D)
	$$(TCC) $$(BOOT_FLAGS) -D_LIBC_LIMITS_H_ -I$(BUILD)/third_party/bearssl/src -c $$< -o $$@
endef
$(foreach source,$(BOOT_BEARSSL),$(eval $(call BOOT_BEARSSL_RULE,$(source))))

$(BOOT_OBJECTS): Makefile hypervisor/boot/build.mk # where the flags stand

$(BOOT_OBJECT): $(BOOT_OBJECTS)
	$(TLD) $(TLD_EMU) -r $^ -o $@
