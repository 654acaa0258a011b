# xm - separation hypervisor for LEON processors with a ground interface
#
#   make demo               build, boot the demo system on QEMU and drive it with the console (installs what is missing)
#   make demo-eth           the same over Ethernet (UDP), on the QEMU that `make qemu` builds once (3 minutes)
#   make test               all tests; the last line is "N passed, N failed"
#   make run SYSTEM=demo    boot a system and stay; SYSTEM is a folder of configs/ or a path to one
#   make system SYSTEM=x    build build/x/system.elf and system.bin
#   make sim                build/bin/xm-sim, the simulated board of `xmg sim`
#   make web-test           the page of `xmg web` in headless Chromium
#   make qemu               build/bin/qemu-system-sparc-xm: QEMU with the Ethernet MAC and second UART that its LEON3 board lacks
#   make check T='mem_*'    system tests whose name matches
#   make campaign           robustness campaigns in full size (a quarter of an hour); C=calls: one of them; results in build/campaign/
#   make fuzz RUNS=N        coverage-guided fuzzing of the ground links' code, N executions (tests/fuzz)
#   make bench              what the hypervisor costs, in instructions (docs/performance.md); bench-report: with plots
#   make bench-link         throughput of the ground link under noise, cost of a byte over Ethernet (docs/performance.md)
#   make install            what partition projects with own Makefiles need, to $(DESTDIR)$(PREFIX) (/opt/xm)
#   make unit config-test ground-test lint docs size clean help

# Every folder has a build.mk, included below, that names its own products; flags and tools are named here only.

BUILD   ?= build
SYSTEM  ?= demo
BOARD   ?= leon3_generic
.DEFAULT_GOAL := help
.SUFFIXES:
.DELETE_ON_ERROR:

# Target tools: BCC 2 if present, else CROSS, else Debian's sparc64 compiler in 32-bit mode. Same flags, same result.
ifeq ($(origin CROSS),undefined)
CROSS   := $(if $(shell command -v sparc-gaisler-elf-gcc),sparc-gaisler-elf-,sparc64-linux-gnu-)
endif
TCC     := $(CROSS)gcc
TLD     := $(CROSS)ld
TAR     := $(CROSS)ar
TOBJCOPY := $(CROSS)objcopy
TSIZE   := $(CROSS)size
M32     := $(if $(findstring sparc64,$(CROSS)),-m32)
TLD_EMU := $(if $(findstring sparc64,$(CROSS)),-m elf32_sparc)

WARN    := -Wall -Wextra -Werror -Wconversion -Wsign-conversion -Wshadow -Wundef -Wmissing-prototypes -Wvla
# What every object for the target needs (facts: QEMU and real LEON3 refuse or crash without them).
TARCH   := $(M32) -mcpu=leon3 -msoft-float -ffreestanding -fno-pic -fno-pie -fno-stack-protector \
           -fno-asynchronous-unwind-tables -fno-delete-null-pointer-checks -fno-common
TNOSTD   = -nostdinc -isystem $(shell $(TCC) $(M32) -print-file-name=include)
TCFLAGS  = -std=gnu11 $(TARCH) -O2 -g $(TNOSTD)

# Host tools and unit tests.
HCC     ?= gcc
HCFLAGS := -std=gnu11 -O1 -g
HSAN    := -fsanitize=address,undefined -fno-sanitize-recover=all
PYTHON  := /usr/bin/python3

include $(sort $(wildcard */build.mk))

.PHONY: help clean
help:
	@sed -n '/^# xm/,/^$$/s/^# \{0,1\}//p' Makefile

clean:
	rm -rf $(BUILD)
