# supervisor: the service partition, and the same sources as a host library for its tests
#
#   SUPERVISOR_OBJ        one relocatable object for the target: a system links it as the sources
#                         of its partition `supervisor`, with libxm and XAL. Its only global
#                         symbols are PartitionMain and xmImageHdr.
#   SUPERVISOR_HOST_SRCS  the sources that supervisor/host/build.mk compiles for the workstation,
#   SUPERVISOR_BEARSSL    and those of BearSSL, in $(BEARSSL_DIR)/src
#   KEYCHECK              program for the build: would the supervisor take this key file?

SUPERVISOR_OBJ := $(BUILD)/supervisor/supervisor.o

SUPERVISOR_SRCS := $(wildcard supervisor/*.c)
SUPERVISOR_HDRS := $(wildcard supervisor/*.h hypervisor/abi/*.h hypervisor/abi/*.def)
# Where the flags of all objects stand, foreign ones too.
SUPERVISOR_NEEDS := $(LIBXM_NEEDS) supervisor/build.mk
SUPERVISOR_OBJS := $(SUPERVISOR_SRCS:supervisor/%.c=$(BUILD)/supervisor/%.o)
SUPERVISOR_HOST_SRCS := $(filter-out supervisor/header.c,$(SUPERVISOR_SRCS))
SUPERVISOR_BEARSSL := hash/sha2small.c mac/hmac.c codec/enc32be.c codec/dec32be.c
SUPERVISOR_BEARSSL_OBJS := $(patsubst %.c,$(BUILD)/supervisor/bearssl/%.o, \
                             $(notdir $(SUPERVISOR_BEARSSL)))
BEARSSL_DIR := $(BUILD)/third_party/bearssl
KEYCHECK := $(BUILD)/bin/keycheck

# Foreign and generated code: smaller, without our warnings, without a heap (arena.c). Without
# WORDS_BIGENDIAN every fixed32 and fixed64 would go out turned round, and a test that decodes and
# encodes again would not notice.
SUPERVISOR_FOREIGN := -Os -w -DWORDS_BIGENDIAN=1 \
                      -Dmalloc=supervisor_no_malloc -Dfree=supervisor_no_free
SUPERVISOR_CFLAGS   = $(LIBXM_CPPFLAGS) $(PROTO_CPPFLAGS) -isystem $(BEARSSL_DIR)/inc -Isupervisor \
                      $(TCFLAGS) -fstack-usage -ffunction-sections -fdata-sections

.PHONY: supervisor
supervisor: $(SUPERVISOR_OBJ) $(BUILD)/supervisor/supervisor-ethernet.o

$(SUPERVISOR_OBJS): $(BUILD)/supervisor/%.o: supervisor/%.c $(SUPERVISOR_HDRS) $(SUPERVISOR_NEEDS) $(PROTO_H) \
                    | $(BUILD)/third_party/protobuf-c.stamp $(BUILD)/third_party/bearssl.stamp
	@mkdir -p $(@D)
	$(TCC) $(SUPERVISOR_CFLAGS) $(WARN) -c $< -o $@

$(BUILD)/supervisor/pb/supervisor.pb-c.o: $(PROTO_C) $(SUPERVISOR_NEEDS) \
                                          | $(BUILD)/third_party/protobuf-c.stamp
	@mkdir -p $(@D)
	$(TCC) $(SUPERVISOR_CFLAGS) $(SUPERVISOR_FOREIGN) -c $< -o $@

$(BUILD)/supervisor/pb/protobuf-c.o: $(PROTO_RUNTIME_C) $(SUPERVISOR_NEEDS)
	@mkdir -p $(@D)
	$(TCC) $(SUPERVISOR_CFLAGS) $(SUPERVISOR_FOREIGN) -c $< -o $@

# -O3, unlike the other foreign code: each byte on the link goes through it, and a block of SHA-256
# takes 3,753 instructions instead of 4,442. Its schedule stays in registers then, and does not spill
# as long as nothing is moved before they are given out.
# dec32be reads blocks and states, in contexts and arrays of BearSSL's own. gcc for SPARC puts both on
# words (LOCAL_ALIGNMENT for the arrays), so words may be loaded: 160 instructions a block less.
SUPERVISOR_BEARSSL_CFLAGS := -O3 -fno-schedule-insns -w
$(BUILD)/supervisor/bearssl/dec32be.o: SUPERVISOR_BEARSSL_CFLAGS += -DBR_BE_UNALIGNED=1
define SUPERVISOR_BEARSSL_RULE
$(BUILD)/supervisor/bearssl/$(notdir $(1:.c=.o)): $(BEARSSL_DIR)/src/$(1) $(SUPERVISOR_NEEDS)
	@mkdir -p $$(@D)
	$$(TCC) $$(SUPERVISOR_CFLAGS) $$(SUPERVISOR_BEARSSL_CFLAGS) -I$(BEARSSL_DIR)/src -c $$< -o $$@
endef
$(foreach source,$(SUPERVISOR_BEARSSL),$(eval $(call SUPERVISOR_BEARSSL_RULE,$(source))))

include supervisor/ethernet/build.mk
include supervisor/host/build.mk

# One object, names hidden: a partition's own names cannot clash with those of libxm and XAL.
$(SUPERVISOR_OBJ) $(SUPERVISOR_ETHERNET_OBJ): $(SUPERVISOR_OBJS) $(SUPERVISOR_BEARSSL_OBJS) \
                   $(addprefix $(BUILD)/supervisor/pb/,supervisor.pb-c.o protobuf-c.o)
	$(TLD) $(TLD_EMU) -r --gc-sections -u PartitionMain -u xmImageHdr $(if $(filter %/link_udp.o,$^),-u link_udp) \
	    -e PartitionMain -o $@.all $^
	$(TOBJCOPY) --keep-global-symbol=PartitionMain --keep-global-symbol=xmImageHdr $@.all $@
	@rm -f $@.all

$(KEYCHECK): supervisor/host/keycheck.c supervisor/keyfile.c supervisor/keyfile.h
	@mkdir -p $(@D)
	$(HCC) $(HCFLAGS) $(WARN) -Isupervisor $(filter %.c,$^) -o $@
