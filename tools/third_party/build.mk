# Third-party sources, fetched by tools/fetch.sh to $(BUILD)/third_party/NAME. A rule that names a file of such a tree as
# prerequisite gets the tree; one that compiles with -I into it names the stamp $(BUILD)/third_party/NAME.stamp after a |.
THIRD_PARTY := $(BUILD)/third_party
THIRD_PARTY_NAMES := lwip protobuf-c bearssl

$(THIRD_PARTY_NAMES:%=$(THIRD_PARTY)/%.stamp): $(THIRD_PARTY)/%.stamp: tools/fetch.sh
	@mkdir -p $(@D)
	BUILD=$(BUILD) tools/fetch.sh $*
	@touch $@

# The files are older than the stamp for ever; order-only, so that they do not count as new in every run.
define THIRD_PARTY_RULE
$(THIRD_PARTY)/$(1)/%: | $(THIRD_PARTY)/$(1).stamp ;
endef
$(foreach name,$(THIRD_PARTY_NAMES),$(eval $(call THIRD_PARTY_RULE,$(name))))
