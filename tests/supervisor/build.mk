# Host tests of the supervisor: its sources with sanitizers over a fake kernel
#
#   make supervisor-test  all of them; the last line is "N passed, N failed"
#
# The targets of libFuzzer (tests/fuzz) that work on the supervisor's sources are built here too.

SUPERVISOR_TEST_DIR  := $(BUILD)/supervisor/host
SUPERVISOR_TEST_HDRS := $(SUPERVISOR_HDRS) $(PROTO_H) \
                        $(wildcard tests/supervisor/*.h tests/supervisor/fake/*.h)
SUPERVISOR_TEST_CPPFLAGS := -Itests/supervisor/fake -Itests/supervisor -Isupervisor \
                            $(PROTO_CPPFLAGS) -isystem $(BEARSSL_DIR)/inc
# protobuf-c does harmless things that the sanitizer reports: null pointers of length 0, 127 << 25.
SUPERVISOR_TEST_FOREIGN := -w -fno-sanitize=nonnull-attribute,shift,pointer-overflow \
                           -Dmalloc=supervisor_no_malloc -Dfree=supervisor_no_free
SUPERVISOR_TEST_PROGRAMS := $(addprefix $(SUPERVISOR_TEST_DIR)/, \
                            test_frame test_supervisor test_session test_mac_path test_arena \
                            campaign fuzz_loop)
SUPERVISOR_TEST_STAMP    := $(BUILD)/third_party/protobuf-c.stamp $(BUILD)/third_party/bearssl.stamp
SUPERVISOR_TEST_BOARD    := $(SUPERVISOR_TEST_DIR)/board
# The board of tests/link.
SUPERVISOR_TEST_LINE     := $(SUPERVISOR_TEST_DIR)/line_board

# $(call supervisor_test_objects,VARIANT): the supervisor and its fake surroundings, compiled for
# one variant
supervisor_test_objects = $(addprefix $(SUPERVISOR_TEST_DIR)/$(1)/, \
    $(SUPERVISOR_HOST_SRCS:supervisor/%.c=%.o) fake_kernel.o ground.o \
    supervisor.pb-c.o protobuf-c.o $(notdir $(SUPERVISOR_BEARSSL:.c=.o)))

SUPERVISOR_TEST_CC_san   := $(HCC) $(HCFLAGS) $(HSAN)
# An arena that a hostile request can exhaust within the 192 bytes of a frame.
SUPERVISOR_TEST_CC_small := $(HCC) $(HCFLAGS) $(HSAN) -DARENA_BYTES=512u
# Logs of 64 KiB, for transfers of that size.
SUPERVISOR_TEST_CC_line  := $(HCC) $(HCFLAGS) $(HSAN) -DFAKE_ITEMS=65536
# The simulated board (tools/sim): a product, without sanitizers.
SUPERVISOR_TEST_CC_sim   := $(HCC) $(HCFLAGS) -DFAKE_ITEMS=65536
SUPERVISOR_TEST_CC_fuzz   = $(FUZZ_CC)

# $(1): variant
define supervisor_test_variant
$(SUPERVISOR_TEST_DIR)/$(1)/%.o: supervisor/%.c $(SUPERVISOR_TEST_HDRS) | $(SUPERVISOR_TEST_STAMP)
	@mkdir -p $$(@D)
	$(SUPERVISOR_TEST_CC_$(1)) $(WARN) $(SUPERVISOR_TEST_CPPFLAGS) -Dprintf=fake_printf -c $$< -o $$@
$(SUPERVISOR_TEST_DIR)/$(1)/%.o: tests/supervisor/%.c $(SUPERVISOR_TEST_HDRS) \
                                 | $(SUPERVISOR_TEST_STAMP)
	@mkdir -p $$(@D)
	$(SUPERVISOR_TEST_CC_$(1)) $(WARN) $(SUPERVISOR_TEST_CPPFLAGS) -c $$< -o $$@
$(SUPERVISOR_TEST_DIR)/$(1)/supervisor.pb-c.o: $(PROTO_C) tests/supervisor/build.mk \
                                                 | $(SUPERVISOR_TEST_STAMP)
	@mkdir -p $$(@D)
	$(SUPERVISOR_TEST_CC_$(1)) $(SUPERVISOR_TEST_FOREIGN) $(SUPERVISOR_TEST_CPPFLAGS) -c $$< -o $$@
$(SUPERVISOR_TEST_DIR)/$(1)/protobuf-c.o: $(PROTO_RUNTIME_C) tests/supervisor/build.mk
	@mkdir -p $$(@D)
	$(SUPERVISOR_TEST_CC_$(1)) $(SUPERVISOR_TEST_FOREIGN) $(SUPERVISOR_TEST_CPPFLAGS) -c $$< -o $$@
$(foreach source,$(SUPERVISOR_BEARSSL),$(eval $(call SUPERVISOR_TEST_BEARSSL_RULE,$(1),$(source))))
endef
# $(1): variant, $(2): source
define SUPERVISOR_TEST_BEARSSL_RULE
$(SUPERVISOR_TEST_DIR)/$(1)/$(notdir $(2:.c=.o)): $(BEARSSL_DIR)/src/$(2) tests/supervisor/build.mk
	@mkdir -p $$(@D)
	$(SUPERVISOR_TEST_CC_$(1)) -w -I$(BEARSSL_DIR)/inc -I$(BEARSSL_DIR)/src -c $$< -o $$@
endef
$(foreach variant,san small line fuzz sim,$(eval $(call supervisor_test_variant,$(variant))))

$(addprefix $(SUPERVISOR_TEST_DIR)/,test_frame test_supervisor test_session campaign fuzz_loop \
                                     board): \
$(SUPERVISOR_TEST_DIR)/%: $(SUPERVISOR_TEST_DIR)/san/%.o $(call supervisor_test_objects,san)
	$(SUPERVISOR_TEST_CC_san) $^ -lcmocka -o $@
# Without sanitizers, which add branches of their own.
$(SUPERVISOR_TEST_DIR)/test_mac_path: tests/supervisor/test_mac_path.c supervisor/mac.c \
    supervisor/mac.h $(SUPERVISOR_BEARSSL:%=$(BEARSSL_DIR)/src/%) | $(SUPERVISOR_TEST_STAMP)
	@mkdir -p $(@D)
	$(HCC) -std=gnu11 -O2 -w $(SUPERVISOR_TEST_CPPFLAGS) -I$(BEARSSL_DIR)/src $(filter %.c,$^) -o $@
$(SUPERVISOR_TEST_DIR)/fuzz_loop: $(SUPERVISOR_TEST_DIR)/san/fuzz_dispatcher.o
$(SUPERVISOR_TEST_DIR)/test_arena: $(SUPERVISOR_TEST_DIR)/small/test_arena.o \
                                   $(call supervisor_test_objects,small)
	$(SUPERVISOR_TEST_CC_small) $^ -lcmocka -o $@
$(SUPERVISOR_TEST_LINE): $(SUPERVISOR_TEST_DIR)/line/line_board.o \
                         $(call supervisor_test_objects,line)
	$(SUPERVISOR_TEST_CC_line) $^ -o $@
$(addprefix $(BUILD)/fuzz/,frame gate decoder dispatcher): $(BUILD)/fuzz/%: \
    $(SUPERVISOR_TEST_DIR)/fuzz/fuzz_%.o $(call supervisor_test_objects,fuzz)
	@mkdir -p $(@D)
	$(FUZZ_LINK) $^ -o $@

.PHONY: supervisor-test
supervisor-test: $(SUPERVISOR_TEST_PROGRAMS) $(SUPERVISOR_TEST_BOARD) $(PROTO_PY)
	$(PYTHON) tests/supervisor/run.py --python-path $(dir $(PROTO_PY)) \
	    --board $(SUPERVISOR_TEST_BOARD) $(SUPERVISOR_TEST_PROGRAMS)
