# The ground link under noise: a proxy that damages it, transfers in virtual time, figures
#
#   make link-test    the proxy's own tests
#   make bench-link   throughput of the paced UART, instructions a byte over Ethernet (after
#                     `make qemu`); build/bench-link.json. No test: missed targets are named
#   make machines N=1000  state machines of session, pull and commands: that many rows of events each,
#                     others in every run; `make link-test` has always the same few hundred
.PHONY: link-test bench-link machines
link-test: ground-tools $(BUILD)/supervisor/host/line_board
	XM_BUILD=$(BUILD) $(PYTHON) -m pytest -q -p no:cacheprovider tests/link $(LINK_TEST_ARGS)

bench-link: ground-tools $(BUILD)/supervisor/host/line_board
	@CROSS=$(CROSS) XM_BUILD=$(BUILD) $(PYTHON) tests/link/bench.py --build $(BUILD) $(M)

machines: ground-tools $(BUILD)/supervisor/host/line_board
	XM_BUILD=$(BUILD) XM_EXAMPLES=$(or $(N),1000) $(PYTHON) -m pytest -q -p no:cacheprovider tests/link/test_machine_*.py
