include $(wildcard hypervisor/*/build.mk)
