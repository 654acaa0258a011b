# make bench: measure the hypervisor (not a test: missed targets are named, the status is 0). M='switch calls' runs some only.
.PHONY: bench
bench:
	@CROSS=$(CROSS) BOARD=$(BOARD) HCC=$(HCC) $(PYTHON) tests/bench/bench.py --build $(BUILD) $(M)
