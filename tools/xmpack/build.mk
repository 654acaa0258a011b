# xmpack: checks and packs a system (host program). xmpack-san is the same with sanitizers, for tests.
XMPACK_SOURCES := $(wildcard tools/xmpack/*.c)
XMPACK_HEADERS := $(wildcard tools/xmpack/*.h hypervisor/abi/*.h hypervisor/abi/*.def)
XMPACK := $(BUILD)/bin/xmpack

$(XMPACK): $(XMPACK_SOURCES) $(XMPACK_HEADERS)
	@mkdir -p $(@D)
	$(HCC) $(HCFLAGS) $(WARN) $(XMPACK_SOURCES) -lbearssl -o $@

$(BUILD)/bin/xmpack-san: $(XMPACK_SOURCES) $(XMPACK_HEADERS)
	@mkdir -p $(@D)
	$(HCC) $(HCFLAGS) $(WARN) $(HSAN) $(XMPACK_SOURCES) -lbearssl -o $@
