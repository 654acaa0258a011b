# The demo: an operator's session with the demo system. A second make builds, because the tools that this one looked for when
# it started may have been installed only now.
.PHONY: demo
demo:
	@tools/install-deps.sh
	@echo "demo: building $(BUILD)/demo/system.elf and the console"
	@$(MAKE) -s --no-print-directory BUILD=$(BUILD) SYSTEM=demo system ground-tools
	@$(PYTHON) tests/demo/demo.py --build $(BUILD)
