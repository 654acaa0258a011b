# Compatibility with XtratuM 3.x projects: `make install` into a temporary folder, then whole projects with their own
# Makefiles, on QEMU.
.PHONY: compat-test
compat-test:
	BUILD='$(BUILD)' $(PYTHON) -m pytest -q -p no:cacheprovider tests/compat
