# The demo: an operator's session with the demo system. A second make builds, because the tools that this one looked for when
# it started may have been installed only now. Commands are authenticated: without KEY or XM_KEY a key is made for the demo.
DEMO_KEY = $(abspath $(or $(KEY),$(XM_KEY),$(BUILD)/demo.key))
DEMO_MAKE = $(MAKE) -s --no-print-directory BUILD=$(BUILD)

# $(1): system
define demo_build
	@tools/install-deps.sh
	@echo "demo: building $(BUILD)/$(1)/system.elf and the console"
	@$(DEMO_MAKE) ground-tools
	@test -e $(DEMO_KEY) || XM_BUILD=$(BUILD) ground-tools/xmg key new $(DEMO_KEY)
	@$(DEMO_MAKE) SYSTEM=$(1) KEY=$(DEMO_KEY) system
endef

.PHONY: demo demo-eth
demo:
	$(call demo_build,demo)
	@XMG_KEY=$(DEMO_KEY) $(PYTHON) tests/demo/demo.py --build $(BUILD)

# The same session over Ethernet: UDP through QEMU's user network, nothing for root.
demo-eth:
	$(call demo_build,demo-eth)
	@$(DEMO_MAKE) qemu
	@XMG_KEY=$(DEMO_KEY) $(PYTHON) tests/demo/demo.py --build $(BUILD) --ethernet

# For `make test`: both, counted.
.PHONY: demo-test
demo-test:
	@$(DEMO_MAKE) demo
	@echo "demo: 1 passed, 0 failed"
	@$(DEMO_MAKE) qemu-if-had
	@test -x $(QEMU_XM) || { echo "demo-eth: $(QEMU_XM_SKIP)"; exit; }; \
	$(DEMO_MAKE) demo-eth && echo "demo-eth: 1 passed, 0 failed"
