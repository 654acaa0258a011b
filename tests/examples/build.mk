# The scripts of ground-tools/examples, run as users run them: against the simulated board, and the demo system on QEMU
.PHONY: examples-test
examples-test: ground-tools sim
	XM_BUILD=$(BUILD) $(PYTHON) -m pytest -q -p no:cacheprovider tests/examples
