# make bench             measure the hypervisor: not a test, missed targets are named. M='switch calls' runs some of the measures
# make bench-report      the same, and build/bench.html with plots
# make bench-listing CALL=get_time_hw    the instructions a figure consists of; CALL=switch, or a mark of configs/bench-hypercalls
.PHONY: bench bench-report bench-listing
BENCH_ENV = CROSS=$(CROSS) BOARD=$(BOARD) HCC=$(HCC)

bench:
	@$(BENCH_ENV) $(PYTHON) tests/bench/bench.py --build $(BUILD) $(M)

bench-report:
	@$(BENCH_ENV) $(PYTHON) tests/bench/bench.py --build $(BUILD) --report $(BUILD)/bench.html $(M)

bench-listing:
	@$(BENCH_ENV) $(PYTHON) tests/bench/listing.py --build $(BUILD) $(CALL)
