# make bench             measure the hypervisor (no test: missed targets are named); M='switch calls': some measures
# make bench-report      the same, and build/bench.html with plots
# make bench-docs        the same, and the figures of docs/performance.md
# make bench-listing CALL=get_time_hw   the instructions of a figure; CALL=switch, or a mark of bench-hypercalls
.PHONY: bench bench-report bench-docs bench-listing
BENCH_ENV = CROSS=$(CROSS) BOARD=$(BOARD) HCC=$(HCC)

bench:
	@$(BENCH_ENV) $(PYTHON) tests/bench/bench.py --build $(BUILD) $(M)

bench-report:
	@$(BENCH_ENV) $(PYTHON) tests/bench/bench.py --build $(BUILD) --report $(BUILD)/bench.html $(M)

bench-docs:
	@$(BENCH_ENV) $(PYTHON) tests/bench/bench.py --build $(BUILD) --markdown docs/performance.md

bench-listing:
	@$(BENCH_ENV) $(PYTHON) tests/bench/listing.py --build $(BUILD) $(CALL)
