include $(wildcard tools/*/build.mk)
