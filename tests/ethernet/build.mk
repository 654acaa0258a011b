# Host tests of the Ethernet link: lwIP with the supervisor's options, its glue and the MAC's driver
#
#   make ethernet-test  all of them; two lines "N passed, N failed": the tests, the rules taken away
#
# The target of libFuzzer (tests/fuzz) that works on these sources is built here too.

ETHERNET_TEST_DIR := $(BUILD)/supervisor/ethernet-host
ETHERNET_TEST_HDRS := $(SUPERVISOR_HDRS) $(SUPERVISOR_ETHERNET_HDRS) $(wildcard tests/ethernet/*.h)
ETHERNET_TEST_CPPFLAGS := -Itools/sim/fake -Itests/ethernet -Isupervisor/ethernet -Isupervisor

ETHERNET_TEST_CC_san  := $(HCC) $(HCFLAGS) $(HSAN)
ETHERNET_TEST_CC_fuzz  = $(FUZZ_CC)
# lwIP loads a word of a packed header where it happens to lie, knowing that.
ETHERNET_TEST_FOREIGN := -w -fno-sanitize=alignment

# $(1): variant
define ethernet_test_variant
$(LWIP_SRCS:%.c=$(ETHERNET_TEST_DIR)/$(1)/lwip/%.o): $(ETHERNET_TEST_DIR)/$(1)/lwip/%.o: $(LWIP_DIR)/%.c \
    $(SUPERVISOR_ETHERNET_HDRS)
	@mkdir -p $$(@D)
	$$(ETHERNET_TEST_CC_$(1)) $$(ETHERNET_TEST_FOREIGN) $$(LWIP_CPPFLAGS) -c $$< -o $$@
$(ETHERNET_TEST_DIR)/$(1)/%.o: supervisor/ethernet/%.c $(ETHERNET_TEST_HDRS) | $(BUILD)/third_party/lwip.stamp
	@mkdir -p $$(@D)
	$$(ETHERNET_TEST_CC_$(1)) $$(WARN) $$(ETHERNET_TEST_CPPFLAGS) $$(LWIP_CPPFLAGS) -c $$< -o $$@
$(ETHERNET_TEST_DIR)/$(1)/%.o: tests/ethernet/%.c $(ETHERNET_TEST_HDRS) | $(BUILD)/third_party/lwip.stamp
	@mkdir -p $$(@D)
	$$(ETHERNET_TEST_CC_$(1)) $$(WARN) $$(ETHERNET_TEST_CPPFLAGS) $$(LWIP_CPPFLAGS) -c $$< -o $$@
endef
$(foreach variant,san fuzz,$(eval $(call ethernet_test_variant,$(variant))))

ETHERNET_TEST_IP := ip.o fake_mac.o packets.o $(LWIP_SRCS:%.c=lwip/%.o)
$(ETHERNET_TEST_DIR)/test_ip: $(addprefix $(ETHERNET_TEST_DIR)/san/,test_ip.o $(ETHERNET_TEST_IP))
	$(ETHERNET_TEST_CC_san) $^ -lcmocka -o $@
$(ETHERNET_TEST_DIR)/test_ethernet: $(addprefix $(ETHERNET_TEST_DIR)/san/,test_ethernet.o ethernet.o)
	$(ETHERNET_TEST_CC_san) $^ -lcmocka -o $@
$(ETHERNET_TEST_DIR)/san/fuzz_ip.o: ETHERNET_TEST_CPPFLAGS += -DFUZZ_LOOP
$(ETHERNET_TEST_DIR)/fuzz_loop: $(addprefix $(ETHERNET_TEST_DIR)/san/,fuzz_ip.o $(ETHERNET_TEST_IP))
	$(ETHERNET_TEST_CC_san) $^ -o $@
$(BUILD)/fuzz/ip: $(addprefix $(ETHERNET_TEST_DIR)/fuzz/,fuzz_ip.o $(ETHERNET_TEST_IP))
	@mkdir -p $(@D)
	$(FUZZ_LINK) $^ -o $@

ETHERNET_TEST_PROGRAMS := $(addprefix $(ETHERNET_TEST_DIR)/,test_ip test_ethernet)

.PHONY: ethernet-test
ethernet-test: $(ETHERNET_TEST_PROGRAMS) $(ETHERNET_TEST_DIR)/fuzz_loop $(LWIP_OBJS)
	$(ETHERNET_TEST_DIR)/fuzz_loop tests/fuzz/corpus/ip/*
	$(PYTHON) tests/unit/run.py $(ETHERNET_TEST_PROGRAMS)
	$(PYTHON) tests/ethernet/rules.py --lwip $(LWIP_DIR) --nm $(CROSS)nm $(LWIP_OBJS)

# The board on a network namespace of its own, over a TAP device (root); says what is missing, and is then skipped.
.PHONY: ethernet-network-test
ethernet-network-test: ground-tools
	@$(MAKE) -s --no-print-directory BUILD=$(BUILD) SYSTEM=demo-eth system
	$(PYTHON) tests/ethernet/network.py --build $(BUILD)
