# system.mk - builds one system folder: SYSTEM_DIR=path/to/folder, called by the target `system` in the top of the tree
#
# The folder holds system.xml, the partitions' sources and, if wanted, its own system.mk with these variables (N: partition id):
#   SRC_N      sources, relative to the folder; `none`: no image, the partition stays halted
#   CUSTOM_N   custom files to pack with the partition, at most three, relative to the folder
#   CFLAGS_N   further compiler options
#   KEYS       key file for the product's own supervisor (xmg key new FILE makes one); default: KEY of the command line,
#              else XM_KEY of the environment. Without one anybody on the link may command the system. With one the
#              results hold the key, so nobody but their owner may read them.
# Without SRC_N: <name>.c, pN.c or partition.c of the folder; for a partition named supervisor else the product's own.
#
# Results, in $(BUILD)/<folder name>/: system.elf (RAM), system.bin (PROM), container, conf.xmc, pN.elf.

include Makefile
.DEFAULT_GOAL := system-image

SYSTEM_FOLDER := $(notdir $(abspath $(SYSTEM_DIR)))
SYSTEM_OUT := $(BUILD)/$(SYSTEM_FOLDER)
SYSTEM_XML := $(SYSTEM_DIR)/system.xml
SYSTEM_CONF := $(SYSTEM_OUT)/conf.xmc
SYSTEM_HYPERVISOR := $(BUILD)/hypervisor/$(BOARD)/xm.elf

ifneq ($(words $(SYSTEM_DIR)),1)
$(error SYSTEM_DIR names one folder, without spaces in its path: got '$(SYSTEM_DIR)')
endif
ifneq ($(wildcard $(SYSTEM_FOLDER)/build.mk)$(filter bin boot third_party,$(SYSTEM_FOLDER)),)
$(error a system cannot be named $(SYSTEM_FOLDER): the build keeps its own files in $(SYSTEM_OUT); rename the folder)
endif

SYSTEM_OWN_MK := $(wildcard $(SYSTEM_DIR)/system.mk)
-include $(SYSTEM_OWN_MK)

# PARTITION_IDS, NAME_N, START_N, SIZE_N, LINK_UART, ETHERNET_PARTITION: made from the XML, and read again when that changes.
include $(SYSTEM_OUT)/partitions.mk
$(SYSTEM_OUT)/partitions.mk: $(SYSTEM_XML) $(BUILD)/bin/xmcparser
	@mkdir -p $(@D)
	@$(BUILD)/bin/xmcparser -m $< > $@.part && mv $@.part $@ || { rm -f $@.part; exit 1; }

$(SYSTEM_CONF): $(SYSTEM_XML) $(BUILD)/bin/xmcparser
	@mkdir -p $(@D)
	$(BUILD)/bin/xmcparser -o $@ $<

# The product's own supervisor: with the Ethernet link if the partition has a MAC, else without its code.
system_supervisor = $(if $(filter $(1),$(ETHERNET_PARTITION)),$(SUPERVISOR_ETHERNET_OBJ),$(SUPERVISOR_OBJ))
# Sources of partition $(1), with the folder in front; "none" stays.
system_default = $(firstword $(wildcard $(addprefix $(SYSTEM_DIR)/,$(NAME_$(1)).c p$(1).c partition.c)))
system_sources = $(if $(SRC_$(1)),$(if $(filter none,$(SRC_$(1))),none,$(addprefix $(SYSTEM_DIR)/,$(SRC_$(1)))),$\
                 $(or $(call system_default,$(1)),$(if $(filter supervisor,$(NAME_$(1))),$(call system_supervisor,$(1)))))
# Object of source $(2) of partition $(1).
system_object = $(if $(filter %.o,$(2)),$(2),$(SYSTEM_OUT)/p$(1)/$(subst ../,__/,$(patsubst $(SYSTEM_DIR)/%,%,$(2))).o)

define SYSTEM_OBJECT_RULE
$(call system_object,$(1),$(2)): $(2) $$(SYSTEM_OWN_MK) $$(LIBXM_NEEDS)
	@mkdir -p $$(@D)
	$$(TCC) $(if $(filter %.S,$(2)),$$(LIBXM_ASFLAGS),$$(LIBXM_CPPFLAGS) $$(LIBXM_CFLAGS)) -I$$(SYSTEM_DIR) $$(CFLAGS_$(1)) \
	    -MMD -MP -c $$< -o $$@
-include $(patsubst %.o,%.d,$(call system_object,$(1),$(2)))
endef

define SYSTEM_PARTITION_RULE
ifeq ($(call system_sources,$(1)),)
$$(error partition $(1) ($(NAME_$(1))) has no source: write $(NAME_$(1)).c, p$(1).c or partition.c in $(SYSTEM_DIR), or \
SRC_$(1) in its system.mk)
endif
SYSTEM_OBJECTS_$(1) := $(foreach source,$(call system_sources,$(1)),$(call system_object,$(1),$(source)))
$(foreach source,$(filter-out %.o,$(call system_sources,$(1))),$(eval $(call SYSTEM_OBJECT_RULE,$(1),$(source))))
$(SYSTEM_OUT)/p$(1).elf: $$(SYSTEM_OBJECTS_$(1)) $$(LIBXM_LIBS) $$(LIBXM_LDSCRIPT) $(SYSTEM_OUT)/partitions.mk \
                        $$(SYSTEM_OWN_MK)
	$$(TLD) $$(TLD_EMU) $$(LIBXM_LDFLAGS) -z noexecstack -T $$(LIBXM_LDSCRIPT) -Ttext=$$(START_$(1)) $$(SYSTEM_OBJECTS_$(1)) \
	    $$(LIBXM_LIBS) -o $$@
endef

SYSTEM_IDS := $(foreach n,$(PARTITION_IDS),$(if $(filter none,$(call system_sources,$(n))),,$(n)))
$(foreach n,$(SYSTEM_IDS),$(eval $(call SYSTEM_PARTITION_RULE,$(n))))
# The product's own supervisor takes the key file as its first custom file.
KEYS ?= $(or $(KEY),$(XM_KEY))
SYSTEM_SUPERVISOR := $(foreach n,$(SYSTEM_IDS),$(if $(filter $(SUPERVISOR_OBJ) $(SUPERVISOR_ETHERNET_OBJ),$(call system_sources,$(n))),$(n)))
SYSTEM_KEYS := $(if $(SYSTEM_SUPERVISOR),$(if $(strip $(KEYS)),$(SYSTEM_OUT)/keys))
SYSTEM_PRIVATE := $(if $(SYSTEM_KEYS),umask 077;)

SYSTEM_IMAGES := $(SYSTEM_IDS:%=$(SYSTEM_OUT)/p%.elf)
# Custom files of partition $(1).
system_custom = $(if $(filter $(1),$(SYSTEM_SUPERVISOR)),$(SYSTEM_KEYS)) $(addprefix $(SYSTEM_DIR)/,$(CUSTOM_$(1)))
SYSTEM_CUSTOM := $(foreach n,$(SYSTEM_IDS),$(call system_custom,$(n)))
system_empty :=
system_colons = $(subst $(system_empty) ,:,$(strip $(1)))

# Written again only when it differs: which file is named, or none, is not seen in its time.
ifneq ($(SYSTEM_KEYS),)
$(SYSTEM_KEYS): FORCE $(KEYCHECK)
	@$(KEYCHECK) $(KEYS)
	@cmp -s $(KEYS) $@ || install -m 600 $(KEYS) $@
else ifneq ($(wildcard $(SYSTEM_OUT)/keys),)
SYSTEM_KEYS_GONE := $(SYSTEM_OUT)/keys
$(SYSTEM_KEYS_GONE): FORCE
	@rm -f $@ $(SYSTEM_OUT)/container
endif
.PHONY: FORCE

$(SYSTEM_OUT)/container: $(SYSTEM_HYPERVISOR) $(SYSTEM_CONF) $(SYSTEM_IMAGES) $(SYSTEM_CUSTOM) $(BUILD)/bin/xmpack \
                         $(SYSTEM_OWN_MK) $(SYSTEM_KEYS_GONE)
	$(SYSTEM_PRIVATE) $(BUILD)/bin/xmpack build -h $(SYSTEM_HYPERVISOR):$(SYSTEM_CONF) \
	    $(foreach n,$(SYSTEM_IDS),-p $(n):$(call system_colons,$(SYSTEM_OUT)/p$(n).elf $(call system_custom,$(n)))) $@

# One run makes both files.
$(SYSTEM_OUT)/system.bin: $(SYSTEM_OUT)/system.elf ;
$(SYSTEM_OUT)/system.elf: $(SYSTEM_OUT)/container $(BOOT_OBJECT) tools/rswbuild hypervisor/boot/boot.ld
	@$(TSIZE) $(SYSTEM_HYPERVISOR) $(SYSTEM_IMAGES)
	@$(SYSTEM_PRIVATE) BUILD=$(BUILD) BOOT_OBJECT=$(BOOT_OBJECT) CROSS=$(CROSS) tools/rswbuild $< $@ $(SYSTEM_OUT)/system.bin

.PHONY: system-image
system-image: $(SYSTEM_OUT)/system.elf $(SYSTEM_OUT)/system.bin
	@$(if $(SYSTEM_SUPERVISOR),$(if $(SYSTEM_KEYS),:,echo "WARNING: $(SYSTEM_FOLDER) has no key: anybody on its link may \
	command it; build it with KEY=file (xmg key new FILE makes one)" >&2),:)
