# Host tests of the supervisor: its sources with sanitizers over the fake kernel of tools/sim
#
#   make supervisor-test  all of them; the last line is "N passed, N failed"
#
# The targets of libFuzzer (tests/fuzz) that work on the supervisor's sources are built here too.

SUPERVISOR_TEST_DIR  := $(SUPERVISOR_HOST_DIR)
SUPERVISOR_TEST_HDRS := $(SUPERVISOR_HOST_HDRS) $(wildcard tests/supervisor/*.h)
SUPERVISOR_TEST_CPPFLAGS := $(SUPERVISOR_HOST_CPPFLAGS) -Itests/supervisor
SUPERVISOR_TEST_PROGRAMS := $(addprefix $(SUPERVISOR_TEST_DIR)/, \
                            test_frame test_supervisor test_memory test_session test_mac_path \
                            test_arena \
                            campaign fuzz_loop)
SUPERVISOR_TEST_BOARD    := $(SUPERVISOR_TEST_DIR)/board
# The board of tests/link.
SUPERVISOR_TEST_LINE     := $(SUPERVISOR_TEST_DIR)/line_board

# $(call supervisor_test_objects,VARIANT): the supervisor over the fake kernel, and the ground's end
supervisor_test_objects = $(call supervisor_host_objects,$(1)) $(SUPERVISOR_TEST_DIR)/$(1)/ground.o

SUPERVISOR_HOST_CC_san   := $(HCC) $(HCFLAGS) $(HSAN)
# An arena that a hostile request can exhaust within the 192 bytes of a frame.
SUPERVISOR_HOST_CC_small := $(HCC) $(HCFLAGS) $(HSAN) -DARENA_BYTES=512u
# Logs of 64 KiB, for transfers of that size.
SUPERVISOR_HOST_CC_line  := $(HCC) $(HCFLAGS) $(HSAN) -DFAKE_ITEMS=65536
SUPERVISOR_HOST_CC_fuzz   = $(FUZZ_CC)

# $(1): variant
define supervisor_test_variant
$(call supervisor_host_variant,$(1))
$(SUPERVISOR_TEST_DIR)/$(1)/%.o: tests/supervisor/%.c $(SUPERVISOR_TEST_HDRS) \
                                 | $(SUPERVISOR_HOST_STAMP)
	@mkdir -p $$(@D)
	$$(SUPERVISOR_HOST_CC_$(1)) $$(WARN) $$(SUPERVISOR_TEST_CPPFLAGS) -c $$< -o $$@
endef
$(foreach variant,san small line fuzz,$(eval $(call supervisor_test_variant,$(variant))))

$(addprefix $(SUPERVISOR_TEST_DIR)/,test_frame test_supervisor test_memory test_session campaign \
                                     fuzz_loop board): \
$(SUPERVISOR_TEST_DIR)/%: $(SUPERVISOR_TEST_DIR)/san/%.o $(call supervisor_test_objects,san)
	$(SUPERVISOR_HOST_CC_san) $^ -lcmocka -o $@
# Without sanitizers, which add branches of their own.
$(SUPERVISOR_TEST_DIR)/test_mac_path: tests/supervisor/test_mac_path.c supervisor/mac.c \
    supervisor/mac.h $(SUPERVISOR_BEARSSL:%=$(BEARSSL_DIR)/src/%) | $(SUPERVISOR_HOST_STAMP)
	@mkdir -p $(@D)
	$(HCC) -std=gnu11 -O2 -w $(SUPERVISOR_TEST_CPPFLAGS) -I$(BEARSSL_DIR)/src $(filter %.c,$^) -o $@
$(SUPERVISOR_TEST_DIR)/fuzz_loop: $(SUPERVISOR_TEST_DIR)/san/fuzz_dispatcher.o
$(SUPERVISOR_TEST_DIR)/test_arena: $(SUPERVISOR_TEST_DIR)/small/test_arena.o \
                                   $(call supervisor_test_objects,small)
	$(SUPERVISOR_HOST_CC_small) $^ -lcmocka -o $@
$(SUPERVISOR_TEST_LINE): $(SUPERVISOR_TEST_DIR)/line/line_board.o \
                         $(call supervisor_test_objects,line)
	$(SUPERVISOR_HOST_CC_line) $^ -o $@
$(addprefix $(BUILD)/fuzz/,frame gate decoder dispatcher): $(BUILD)/fuzz/%: \
    $(SUPERVISOR_TEST_DIR)/fuzz/fuzz_%.o $(call supervisor_test_objects,fuzz)
	@mkdir -p $(@D)
	$(FUZZ_LINK) $^ -o $@

.PHONY: supervisor-test
supervisor-test: $(SUPERVISOR_TEST_PROGRAMS) $(SUPERVISOR_TEST_BOARD) $(PROTO_PY)
	$(PYTHON) tests/supervisor/run.py --python-path $(dir $(PROTO_PY)) \
	    --board $(SUPERVISOR_TEST_BOARD) $(SUPERVISOR_TEST_PROGRAMS)
