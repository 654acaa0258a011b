# The simulated board of `xmg sim`: the supervisor's own sources over a kernel made of memory
#
#   XM_SIM  the program; `make sim` builds it. A product: without sanitizers, with logs of 64 KiB.
#
# fake_kernel.c and fake/xm.h also stand behind the supervisor in its tests (supervisor/host/build.mk).
XM_SIM := $(BUILD)/bin/xm-sim
SUPERVISOR_HOST_CC_sim := $(HCC) $(HCFLAGS) -DFAKE_ITEMS=65536
$(eval $(call supervisor_host_variant,sim))

.PHONY: sim
sim: $(XM_SIM)

$(XM_SIM): $(SUPERVISOR_HOST_DIR)/sim/sim.o $(call supervisor_host_objects,sim)
	@mkdir -p $(@D)
	$(SUPERVISOR_HOST_CC_sim) $^ -o $@
