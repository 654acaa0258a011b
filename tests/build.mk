# Tests. `make test` is everything, from installing what is missing to the last line "N passed, N failed".
include $(sort $(wildcard tests/*/build.mk))

.PHONY: test check covered
test:
	tools/install-deps.sh
	$(PYTHON) tests/run_all.py --build $(BUILD)

# System tests on QEMU: all, or those whose folder name matches the shell pattern T.
check: ground-tools
	$(PYTHON) tests/system/run.py --build $(BUILD) $(if $(T),'$(T)')

# Does docs/tests.md name a test for each event, action and service?
covered:
	$(PYTHON) tests/system/covered.py
