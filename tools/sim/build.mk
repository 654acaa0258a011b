# The simulated board of `xmg sim`: the supervisor's own sources over a kernel made of memory
#
#   XM_SIM  the program; `make sim` builds it and the configurations that `xmg sim` and the pytest
#           plugin start without being given one, and the program itself when it is started
#           without them. A product: without sanitizers.
#
# fake_kernel.c and fake/xm.h also stand behind the supervisor in its tests (supervisor/host/build.mk).
XM_SIM := $(BUILD)/bin/xm-sim
XM_SIM_SYSTEMS := $(addprefix $(BUILD)/sim/,demo/system.xmc demo/mission.sim plain/system.xmc)
SUPERVISOR_HOST_CC_sim := $(HCC) $(HCFLAGS) -D_GNU_SOURCE -DFAKE_PARTITIONS=254 \
                          -DFAKE_CONFIG=1048576 -DFAKE_RING=65536 -DFAKE_CHANNELS=512 -DFAKE_PORTS=1024
$(eval $(call supervisor_host_variant,sim))

.PHONY: sim
sim: $(XM_SIM) $(XM_SIM_SYSTEMS)

$(SUPERVISOR_HOST_DIR)/sim/%.o: tools/sim/%.c $(SUPERVISOR_HOST_HDRS) | $(SUPERVISOR_HOST_STAMP)
	@mkdir -p $(@D)
	$(SUPERVISOR_HOST_CC_sim) $(WARN) $(SUPERVISOR_HOST_CPPFLAGS) -c $< -o $@
$(XM_SIM): $(addprefix $(SUPERVISOR_HOST_DIR)/sim/,sim.o board.o mission.o commands.o line.o) \
           $(call supervisor_host_objects,sim) | $(XM_SIM_SYSTEMS)
	@mkdir -p $(@D)
	$(SUPERVISOR_HOST_CC_sim) $^ -o $@
$(BUILD)/sim/demo/system.xmc: configs/demo/system.xml
$(BUILD)/sim/plain/system.xmc: tools/sim/plain.xml
$(BUILD)/sim/%/system.xmc: $(BUILD)/bin/xmcparser
	@mkdir -p $(@D)
	$(BUILD)/bin/xmcparser -o $@ $(filter %.xml,$^)
$(BUILD)/sim/demo/mission.sim: configs/demo/mission.sim
	@mkdir -p $(@D)
	cp $< $@
