# Robustness campaigns on QEMU; on the host transfers and commands in virtual time, the daemon, and abuse of the console with the
# simulated board. `make campaign` in full size (release), `make campaign-small` as part of `make test`.
# Results: $(BUILD)/campaign/<name>.json. One campaign alone: make campaign C=calls
CAMPAIGN_LAYOUT := $(BUILD)/campaign/layout.s

$(CAMPAIGN_LAYOUT): tests/campaign/layout.c hypervisor/abi/hypercalls.def hypervisor/abi/guest.h hypervisor/abi/records.h
	@mkdir -p $(@D)
	$(TCC) $(LIBXM_CPPFLAGS) $(LIBXM_CFLAGS) -S $< -o $@

.PHONY: campaign campaign-small
campaign: qemu
campaign-small: qemu-if-had
campaign campaign-small: $(CAMPAIGN_LAYOUT) ground-tools $(BUILD)/supervisor/host/line_board $(BUILD)/bin/xm-sim
	XM_BUILD=$(BUILD) $(PYTHON) tests/campaign/run.py --build $(BUILD) $(if $(filter %-small,$@),--small) $(if $(SEED),--seed $(SEED)) $(C)
