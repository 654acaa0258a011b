# Tests of libxm and XAL: the runtime on the workstation (with sanitizers) and on the bare processor, partition sources in
# the style of XtratuM 3.x, headers, and the table of stubs. They need no hypervisor.
LIBXM_TEST     := $(BUILD)/tests/libxm
LIBXM_TESTS    := $(patsubst tests/libxm/host/%.c,$(LIBXM_TEST)/%,$(wildcard tests/libxm/host/test_*.c))
LIBXM_HOST_XAL := $(patsubst %,$(LIBXM_TEST)/host/%.o,stdio string stdlib gcc_helpers)
LIBXM_TARGET   := $(LIBXM_TEST)/target.elf

# Freestanding, so that the compiler knows nothing of the functions' usual meaning; linked after the test's own functions.
$(LIBXM_TEST)/host/%.o: libxm/xal/%.c tests/libxm/host/rename.h
	@mkdir -p $(@D)
	$(HCC) $(HCFLAGS) $(HSAN) $(WARN) -ffreestanding -fno-tree-loop-distribute-patterns -Ilibxm/include -Ilibxm/xal/include \
	    -include tests/libxm/host/rename.h -MMD -MP -c $< -o $@

$(LIBXM_TEST)/test_%: tests/libxm/host/test_%.c tests/libxm/host/test.h $(LIBXM_HOST_XAL)
	@mkdir -p $(@D)
	$(HCC) $(HCFLAGS) $(HSAN) $(WARN) -fno-builtin $< $(LIBXM_HOST_$*) -lcmocka -o $@

LIBXM_HOST_stdio       := $(LIBXM_TEST)/host/stdio.o
LIBXM_HOST_string      := $(LIBXM_TEST)/host/string.o $(LIBXM_TEST)/host/stdlib.o
LIBXM_HOST_gcc_helpers := $(LIBXM_TEST)/host/gcc_helpers.o

$(LIBXM_TARGET): tests/libxm/target/start.S tests/libxm/target/target.c $(LIBXAL_A) $(LIBXM_A)
	@mkdir -p $(@D)
	$(TCC) $(LIBXM_ASFLAGS) -c tests/libxm/target/start.S -o $(LIBXM_TEST)/start.o
	$(TCC) $(LIBXM_CPPFLAGS) $(TCFLAGS) $(WARN) -c tests/libxm/target/target.c -o $(LIBXM_TEST)/target.o
	$(TLD) $(TLD_EMU) -nostdlib -static -n -e bare_start -T $(LIBXM_LDSCRIPT) -Ttext=0x40000000 \
	    $(LIBXM_TEST)/start.o $(LIBXM_TEST)/target.o $(LIBXAL_A) -o $@

.SECONDARY: $(LIBXM_HOST_XAL)
-include $(LIBXM_HOST_XAL:.o=.d)

.PHONY: libxm-test
libxm-test: $(LIBXM_TESTS) $(LIBXM_TARGET) $(LIBXM_A) $(LIBXAL_A)
	@CC="$(TCC)" CPPFLAGS="$(LIBXM_CPPFLAGS)" CFLAGS="$(LIBXM_CFLAGS)" ASFLAGS="$(LIBXM_ASFLAGS)" LD="$(TLD) $(TLD_EMU)" \
	LDFLAGS="$(LIBXM_LDFLAGS) -T $(LIBXM_LDSCRIPT)" LIBS="$(LIBXM_LIBS)" CROSS="$(CROSS)" \
	$(PYTHON) tests/libxm/run.py --build $(LIBXM_TEST) --target $(LIBXM_TARGET) $(LIBXM_TESTS)
