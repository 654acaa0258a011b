# xmcbuilder: makes the binary of a compiled configuration (host program, runs the target compiler)
XMCBUILDER := $(BUILD)/bin/xmcbuilder

$(XMCBUILDER): $(wildcard tools/xmcbuilder/*.c hypervisor/abi/*.h)
	@mkdir -p $(@D)
	$(HCC) $(HCFLAGS) -D_GNU_SOURCE $(WARN) -DXM_CC_DEFAULT='"$(strip $(TCC) $(M32))"' \
	    -DXM_OBJCOPY_DEFAULT='"$(TOBJCOPY)"' -DXM_ABI_DEFAULT='"$(abspath hypervisor/abi)"' $(filter %.c,$^) -o $@
