# The simulated board of `xmg sim`: the supervisor's sources with the fake kernel of its tests
XM_SIM := $(BUILD)/bin/xm-sim

.PHONY: sim
sim: $(XM_SIM)

$(SUPERVISOR_TEST_DIR)/sim/sim.o: tools/sim/sim.c $(SUPERVISOR_TEST_HDRS) | $(SUPERVISOR_TEST_STAMP)
	@mkdir -p $(@D)
	$(SUPERVISOR_TEST_CC_sim) $(WARN) $(SUPERVISOR_TEST_CPPFLAGS) -c $< -o $@
$(XM_SIM): $(SUPERVISOR_TEST_DIR)/sim/sim.o $(call supervisor_test_objects,sim)
	@mkdir -p $(@D)
	$(SUPERVISOR_TEST_CC_sim) $(filter-out %/ground.o,$^) -o $@
