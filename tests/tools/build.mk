# Tests of xmpack, rswbuild and the boot loader; they need no hypervisor and no xmcparser.
.PHONY: tools-test
tools-test: $(BUILD)/bin/xmpack $(BUILD)/bin/xmpack-san $(BOOT_OBJECT)
	BUILD='$(BUILD)' BOARD='$(BOARD)' CROSS='$(CROSS)' TCC='$(TCC)' TLD='$(TLD) $(TLD_EMU)' \
	TARCH='$(TARCH) $(TNOSTD)' $(PYTHON) -m pytest -q -p no:cacheprovider tests/tools
