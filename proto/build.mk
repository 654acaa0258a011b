# proto: C and Python from supervisor.proto, the one description of the wire
#
#   $(PROTO_C) $(PROTO_H)  for the supervisor; compile with $(PROTO_CPPFLAGS) and link
#                          $(PROTO_RUNTIME_C)
#   $(PROTO_PY)            for test programs on the host; ground-tools/build.mk makes its own copy
#                          inside its package

PROTO_DIR := $(BUILD)/proto
PROTO_C   := $(PROTO_DIR)/supervisor.pb-c.c
PROTO_H   := $(PROTO_DIR)/supervisor.pb-c.h
PROTO_PY  := $(PROTO_DIR)/python/supervisor_pb2.py
PROTO_RUNTIME_C := $(BUILD)/third_party/protobuf-c/protobuf-c/protobuf-c.c
PROTO_CPPFLAGS  := -I$(PROTO_DIR) -isystem $(BUILD)/third_party/protobuf-c

.PHONY: proto
proto: $(PROTO_C) $(PROTO_PY)

$(PROTO_C) $(PROTO_H) &: proto/supervisor.proto
	@mkdir -p $(PROTO_DIR)
	protoc-c --proto_path=proto --c_out=$(PROTO_DIR) $<

$(PROTO_PY): proto/supervisor.proto
	@mkdir -p $(@D)
	protoc --proto_path=proto --python_out=$(@D) $<
