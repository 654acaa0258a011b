# Tests of the configuration compiler: lexical helpers on their own, then files that must be refused or accepted.
TESTCONFIG_LEX := $(BUILD)/tests/config/test_lex

$(TESTCONFIG_LEX): tests/config/test_lex.c tools/xmcparser/lex.c tools/xmcparser/lex.h hypervisor/abi/types.h
	@mkdir -p $(@D)
	$(HCC) $(HCFLAGS) $(WARN) $(HSAN) $(filter %.c,$^) -lcmocka -o $@

.PHONY: config-test
config-test: $(TESTCONFIG_LEX) $(BUILD)/bin/xmcparser $(BUILD)/bin/xmcparser-san
	$(TESTCONFIG_LEX)
	$(PYTHON) tests/config/run.py --build $(BUILD)
