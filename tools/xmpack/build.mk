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

# Whole systems. SYSTEM is a folder of configs/, or a path to a folder with a system.xml anywhere.
SYSTEM_PATH = $(patsubst %/system.xml,%,$(firstword $(wildcard configs/$(SYSTEM)/system.xml $(SYSTEM)/system.xml)))
PORT ?= 5500

.PHONY: system run
system: $(BUILD)/bin/xmcparser
	@$(if $(SYSTEM_PATH),,echo "make: no system.xml in configs/$(SYSTEM) or $(SYSTEM); there are:" \
	    $(patsubst configs/%/system.xml,%,$(wildcard configs/*/system.xml)) >&2; exit 2)
	@# a refusal here ends with the parser's message; inside of system.mk, make would add its own
	@$(BUILD)/bin/xmcparser -m $(SYSTEM_PATH)/system.xml > /dev/null
	+@$(MAKE) --no-print-directory -f tools/system.mk SYSTEM_DIR=$(SYSTEM_PATH)

run: system
	@QEMU_XM=$(BUILD)/bin/qemu-system-sparc-xm tools/run-system $(addprefix $(BUILD)/$(notdir $(abspath $(SYSTEM_PATH)))/,system.elf partitions.mk) $(PORT)
