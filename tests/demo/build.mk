# The demo: an operator's session with the demo system. A second make builds, because the tools that this one looked for when
# it started may have been installed only now.
.PHONY: demo
demo:
	@tools/install-deps.sh
	@echo "demo: building $(BUILD)/demo/system.elf and the console"
	@$(MAKE) -s --no-print-directory BUILD=$(BUILD) SYSTEM=demo system ground-tools
	@$(PYTHON) tests/demo/demo.py --build $(BUILD)

# The same session over Ethernet: UDP through QEMU's user network, nothing for root. Wants the QEMU of `make qemu`.
.PHONY: demo-eth
demo-eth:
	@tools/install-deps.sh
	@echo "demo: building $(BUILD)/demo-eth/system.elf and the console"
	@$(MAKE) -s --no-print-directory BUILD=$(BUILD) SYSTEM=demo-eth system ground-tools
	@$(PYTHON) tests/demo/demo.py --build $(BUILD) --ethernet
