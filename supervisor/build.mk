# supervisor: the service partition, and the same sources as a host library for its tests
#
#   SUPERVISOR_OBJ        one relocatable object for the target: a system links it as the sources
#                         of its partition `supervisor`, with libxm and XAL. Its only global symbol
#                         is PartitionMain.
#   SUPERVISOR_HOST_SRCS  the sources that tests/supervisor compiles for the workstation

SUPERVISOR_OBJ := $(BUILD)/supervisor/supervisor.o

SUPERVISOR_SRCS := $(wildcard supervisor/*.c)
SUPERVISOR_HDRS := $(wildcard supervisor/*.h hypervisor/abi/*.h hypervisor/abi/*.def)
SUPERVISOR_OBJS := $(SUPERVISOR_SRCS:supervisor/%.c=$(BUILD)/supervisor/%.o)
SUPERVISOR_HOST_SRCS := $(SUPERVISOR_SRCS) $(PROTO_C) $(PROTO_RUNTIME_C)

# Foreign and generated code: smaller, without our warnings, without a heap (arena.c). Without
# WORDS_BIGENDIAN every fixed32 and fixed64 would go out turned round, and a test that decodes and
# encodes again would not notice.
SUPERVISOR_FOREIGN := -Os -w -DWORDS_BIGENDIAN=1 \
                      -Dmalloc=supervisor_no_malloc -Dfree=supervisor_no_free
SUPERVISOR_CFLAGS   = $(LIBXM_CPPFLAGS) $(PROTO_CPPFLAGS) -Isupervisor $(TCFLAGS) -fstack-usage \
                      -ffunction-sections -fdata-sections

.PHONY: supervisor
supervisor: $(SUPERVISOR_OBJ)

$(SUPERVISOR_OBJS): $(BUILD)/supervisor/%.o: supervisor/%.c $(SUPERVISOR_HDRS) $(PROTO_H) \
                    | $(BUILD)/third_party/protobuf-c.stamp
	@mkdir -p $(@D)
	$(TCC) $(SUPERVISOR_CFLAGS) $(WARN) -c $< -o $@

$(BUILD)/supervisor/pb/supervisor.pb-c.o: $(PROTO_C) supervisor/build.mk \
                                          | $(BUILD)/third_party/protobuf-c.stamp
	@mkdir -p $(@D)
	$(TCC) $(SUPERVISOR_CFLAGS) $(SUPERVISOR_FOREIGN) -c $< -o $@

$(BUILD)/supervisor/pb/protobuf-c.o: $(PROTO_RUNTIME_C) supervisor/build.mk
	@mkdir -p $(@D)
	$(TCC) $(SUPERVISOR_CFLAGS) $(SUPERVISOR_FOREIGN) -c $< -o $@

# One object, names hidden: a partition's own names cannot clash with those of libxm and XAL.
$(SUPERVISOR_OBJ): $(SUPERVISOR_OBJS) \
                   $(addprefix $(BUILD)/supervisor/pb/,supervisor.pb-c.o protobuf-c.o)
	$(TLD) $(TLD_EMU) -r --gc-sections -u PartitionMain -e PartitionMain -o $@.all $^
	$(TOBJCOPY) --keep-global-symbol=PartitionMain $@.all $@
	@rm -f $@.all
