# QEMU with what its LEON3 board lacks: an Ethernet MAC and a second UART (README.md there). Stock QEMU does for the rest.
#
#   make qemu        build it, or take it from the cache; prints where it is. QEMU_TARBALL=file: from that source
#   make qemu-test   the new devices against a program on the board and a peer on the host
#   make qemu-if-had the same as qemu for those that can do without: no failure where its source cannot be had
.PHONY: qemu qemu-if-had qemu-test

# For other makefiles: depend on it and run it.
QEMU_XM := $(BUILD)/bin/qemu-system-sparc-xm

# The script knows what the program depends on and leaves it alone when nothing changed; that takes 0.2 s.
$(QEMU_XM): FORCE
	@tests/qemu/build.sh $@

.PHONY: FORCE
FORCE:

qemu: $(QEMU_XM)
	@echo $<

qemu-if-had: # an older one must not pass for it
	@tests/qemu/build.sh $(QEMU_XM) || { test $$? = 3 && rm -f $(QEMU_XM); }

# The last line of a test without it.
QEMU_XM_SKIP = 0 passed, 0 failed, 1 skipped: no QEMU with Ethernet: its source cannot be had (make qemu)

QEMU_TEST_PROGRAM := $(BUILD)/tests/qemu/board.elf
$(QEMU_TEST_PROGRAM): tests/qemu/board.c tests/qemu/board.S tests/qemu/board.ld
	@mkdir -p $(@D)
	$(TCC) $(TCFLAGS) $(WARN) -mflat -c tests/qemu/board.c -o $(@D)/board.o
	$(TCC) $(TCFLAGS) -c tests/qemu/board.S -o $(@D)/board.start.o
	$(TLD) $(TLD_EMU) -n -T tests/qemu/board.ld $(@D)/board.start.o $(@D)/board.o -o $@

qemu-test: qemu-if-had $(QEMU_TEST_PROGRAM)
	@test -x $(QEMU_XM) || { echo "$(QEMU_XM_SKIP)"; exit; }; \
	QEMU='$(QEMU_XM)' PROGRAM='$(QEMU_TEST_PROGRAM)' $(PYTHON) -m pytest -q -p no:cacheprovider tests/qemu
