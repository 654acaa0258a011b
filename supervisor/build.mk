SUPERVISOR_OBJ := $(BUILD)/supervisor/supervisor.o
