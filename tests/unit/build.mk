# Unit tests: all of core on arch/host, with sanitizers; one program per test_<module>.c.
UNIT_OUT := $(BUILD)/unit
# Target memory is at the target's addresses, so the program itself must lie low and fixed (not PIE), and the symbols of the
# target's linker script are addresses in that memory.
UNIT_FLAGS = $(HCFLAGS) $(HSAN) $(WARN) -fno-pie -Ihypervisor/arch/host
UNIT_LDFLAGS = $(HSAN) -no-pie -Wl,--defsym=kernel_text_end=0x40010000 -Wl,--defsym=kernel_config=0x40020000
UNIT_CORE := $(filter-out %/string.c,$(wildcard hypervisor/core/*.c)) $(wildcard hypervisor/arch/host/*.c)
UNIT_TESTS := $(wildcard tests/unit/test_*.c)
UNIT_HEADERS := $(wildcard hypervisor/abi/* hypervisor/core/*.h hypervisor/arch/host/*.h tests/unit/*.h)
UNIT_OBJECTS := $(UNIT_CORE:%.c=$(UNIT_OUT)/%.o) $(UNIT_OUT)/tests/unit/fixture.o
UNIT_PROGRAMS := $(UNIT_TESTS:tests/unit/%.c=$(UNIT_OUT)/%)

$(UNIT_OUT)/%.o: %.c $(UNIT_HEADERS)
	@mkdir -p $(@D)
	$(HCC) $(UNIT_FLAGS) -c $< -o $@

$(UNIT_OUT)/test_%: $(UNIT_OUT)/tests/unit/test_%.o $(UNIT_OBJECTS)
	$(HCC) $(UNIT_LDFLAGS) $^ -lcmocka -o $@

.SECONDARY: $(UNIT_OBJECTS) $(UNIT_TESTS:%.c=$(UNIT_OUT)/%.o)

.PHONY: unit
unit: $(UNIT_PROGRAMS)
	$(PYTHON) tests/unit/run.py $(UNIT_PROGRAMS)

# Statements and branches of core that the unit tests reach (docs/coverage.md). A build of its own, without sanitizers.
.PHONY: coverage
coverage:
	@command -v gcovr >/dev/null || { echo "coverage: gcovr is missing: apt-get install gcovr" >&2; exit 1; }
	@mkdir -p $(BUILD)/coverage
	$(MAKE) -s unit BUILD=$(BUILD)/coverage HSAN='--coverage -O0' >$(BUILD)/coverage/unit.log 2>&1 || \
	    { tail -5 $(BUILD)/coverage/unit.log; exit 1; }
	gcovr -r . --object-directory $(BUILD)/coverage/unit --filter hypervisor/core/ --exclude-throw-branches --branches -s
	gcovr -r . --object-directory $(BUILD)/coverage/unit --filter hypervisor/core/ -s \
	    --html-details $(BUILD)/coverage/index.html
