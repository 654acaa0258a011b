# ground-tools: generated parts of the console, and its tests
#
#   make ground-tools   protocol classes and name tables, below $(BUILD)/ground-tools; then
#                       ground-tools/xmg runs from the checkout
#   make ground-test    pytest; give arguments with GROUND_TEST_ARGS="-k session"
#   make bench-archive  questions to an archive of 10^6 records, in seconds; POSTGRESQL=1: on a server of its own

GROUND_TOOLS_GEN := $(BUILD)/ground-tools/xmground/_generated
GROUND_TOOLS_ABI := $(addprefix hypervisor/abi/,hm_events.def errors.def hypercalls.def guest.h)
GROUND_TOOLS_SUPERVISOR := supervisor/journal.h proto/supervisor.proto

.PHONY: ground-tools ground-test
ground-tools: $(addprefix $(GROUND_TOOLS_GEN)/,supervisor_pb2.py names.py __init__.py)

$(GROUND_TOOLS_GEN)/supervisor_pb2.py: proto/supervisor.proto
	@mkdir -p $(@D)
	protoc --proto_path=proto --python_out=$(@D) $<

$(GROUND_TOOLS_GEN)/names.py: ground-tools/gen_names.py $(GROUND_TOOLS_ABI) $(GROUND_TOOLS_SUPERVISOR)
	@mkdir -p $(@D)
	$(PYTHON) ground-tools/gen_names.py hypervisor/abi $(GROUND_TOOLS_SUPERVISOR) $@

$(GROUND_TOOLS_GEN)/__init__.py:
	@mkdir -p $(@D)
	touch $@

ground-test: ground-tools sim
	XM_BUILD=$(BUILD) $(PYTHON) -m pytest -q -p no:cacheprovider tests/ground $(GROUND_TEST_ARGS)

.PHONY: bench-archive
bench-archive: ground-tools
	XM_BUILD=$(BUILD) $(PYTHON) tests/ground/bench_archive.py $(if $(POSTGRESQL),--postgresql)
