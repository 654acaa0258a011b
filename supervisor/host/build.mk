# The supervisor on the workstation: its sources over the fake kernel of tools/sim, for the simulated
# board and for the tests
#
# A user names a variant once: SUPERVISOR_HOST_CC_<variant> is its compiler with flags, then
#   $(eval $(call supervisor_host_variant,<variant>))   the rules; the fake kernel's, too
#   $(call supervisor_host_objects,<variant>)           what a program of that variant links

SUPERVISOR_HOST_DIR  := $(BUILD)/supervisor/host
SUPERVISOR_HOST_HDRS := $(SUPERVISOR_HDRS) $(PROTO_H) $(wildcard tools/sim/*.h tools/sim/fake/*.h)
SUPERVISOR_HOST_CPPFLAGS := -Itools/sim/fake -Itools/sim -Isupervisor \
                            $(PROTO_CPPFLAGS) -isystem $(BEARSSL_DIR)/inc
# protobuf-c does harmless things that the sanitizer reports: null pointers of length 0, 127 << 25.
SUPERVISOR_HOST_FOREIGN := -w -fno-sanitize=nonnull-attribute,shift,pointer-overflow \
                           -Dmalloc=supervisor_no_malloc -Dfree=supervisor_no_free
SUPERVISOR_HOST_STAMP   := $(BUILD)/third_party/protobuf-c.stamp $(BUILD)/third_party/bearssl.stamp

supervisor_host_objects = $(addprefix $(SUPERVISOR_HOST_DIR)/$(1)/, \
    $(SUPERVISOR_HOST_SRCS:supervisor/%.c=%.o) fake_kernel.o \
    supervisor.pb-c.o protobuf-c.o $(notdir $(SUPERVISOR_BEARSSL:.c=.o)))

# $(1): variant
define supervisor_host_variant
$(SUPERVISOR_HOST_DIR)/$(1)/%.o: supervisor/%.c $(SUPERVISOR_HOST_HDRS) | $(SUPERVISOR_HOST_STAMP)
	@mkdir -p $$(@D)
	$$(SUPERVISOR_HOST_CC_$(1)) $$(WARN) $$(SUPERVISOR_HOST_CPPFLAGS) -Dprintf=fake_printf -c $$< -o $$@
$(SUPERVISOR_HOST_DIR)/$(1)/fake_kernel.o: tools/sim/fake_kernel.c $(SUPERVISOR_HOST_HDRS) | $(SUPERVISOR_HOST_STAMP)
	@mkdir -p $$(@D)
	$$(SUPERVISOR_HOST_CC_$(1)) $$(WARN) $$(SUPERVISOR_HOST_CPPFLAGS) -c $$< -o $$@
$(SUPERVISOR_HOST_DIR)/$(1)/supervisor.pb-c.o: $(PROTO_C) supervisor/host/build.mk \
                                               | $(SUPERVISOR_HOST_STAMP)
	@mkdir -p $$(@D)
	$$(SUPERVISOR_HOST_CC_$(1)) $$(SUPERVISOR_HOST_FOREIGN) $$(SUPERVISOR_HOST_CPPFLAGS) -c $$< -o $$@
$(SUPERVISOR_HOST_DIR)/$(1)/protobuf-c.o: $(PROTO_RUNTIME_C) supervisor/host/build.mk
	@mkdir -p $$(@D)
	$$(SUPERVISOR_HOST_CC_$(1)) $$(SUPERVISOR_HOST_FOREIGN) $$(SUPERVISOR_HOST_CPPFLAGS) -c $$< -o $$@
$(foreach source,$(SUPERVISOR_BEARSSL),$(eval $(call SUPERVISOR_HOST_BEARSSL_RULE,$(1),$(source))))
endef
# $(1): variant, $(2): source
define SUPERVISOR_HOST_BEARSSL_RULE
$(SUPERVISOR_HOST_DIR)/$(1)/$(notdir $(2:.c=.o)): $(BEARSSL_DIR)/src/$(2) supervisor/host/build.mk
	@mkdir -p $$(@D)
	$$(SUPERVISOR_HOST_CC_$(1)) -w -I$(BEARSSL_DIR)/inc -I$(BEARSSL_DIR)/src -c $$< -o $$@
endef
