# xmcparser: compiles XM_CF.xml (host program). xmcparser-san is the same with sanitizers, for tests.
XMCPARSER := $(BUILD)/bin/xmcparser
XMCPARSER_SOURCES := $(wildcard tools/xmcparser/*.c)
XMCPARSER_DEPS := $(XMCPARSER_SOURCES) $(wildcard tools/xmcparser/*.h hypervisor/abi/*.h hypervisor/abi/*.def hypervisor/board/*/registers.h configs/*.xsd)
# The schemas are compiled into the program (schema.c). libxml2's headers are not ours to warn about.
XMCPARSER_XML = $(patsubst -I%,-isystem %,$(shell pkg-config --cflags libxml-2.0)) $(shell pkg-config --libs libxml-2.0)

$(XMCPARSER): $(XMCPARSER_DEPS) $(BUILD)/bin/xmcbuilder
	@mkdir -p $(@D)
	$(HCC) $(HCFLAGS) -D_GNU_SOURCE $(WARN) $(XMCPARSER_SOURCES) $(XMCPARSER_XML) -o $@

$(BUILD)/bin/xmcparser-san: $(XMCPARSER_DEPS) $(BUILD)/bin/xmcbuilder
	@mkdir -p $(@D)
	$(HCC) $(HCFLAGS) -D_GNU_SOURCE $(WARN) $(HSAN) $(XMCPARSER_SOURCES) $(XMCPARSER_XML) -o $@
