# What a partition project written for XtratuM 3.x finds when it points at an installed xm: tools of the names it calls, and
# the rules its Makefile includes.
#
#   make install [DESTDIR=/staging] [PREFIX=/opt/xm]
#
#   PREFIX/bin      xmcparser xmcbuilder xmpack xmeformat rswbuild xpath xpathstart
#   PREFIX/include  libxm's headers
#   PREFIX/lib      libxm.a, the hypervisor (xm_core.xef), the boot loader
#   PREFIX/xal      XAL_PATH of a project: common/rules.mk, include, lib, examples
#   PREFIX/xmconfig PREFIX is the project's XTRATUM_PATH
PREFIX ?= /opt/xm
INSTALL_ROOT = $(DESTDIR)$(PREFIX)

COMPAT_BINARIES := $(BUILD)/bin/xmeformat $(BUILD)/bin/xpath
COMPAT_UTILITY := tools/xmpack/elf32.c tools/xmpack/util.c

$(BUILD)/bin/xmeformat: tools/compat/xmeformat.c $(COMPAT_UTILITY) $(wildcard tools/xmpack/*.h hypervisor/abi/*)
	@mkdir -p $(@D)
	$(HCC) $(HCFLAGS) $(WARN) tools/compat/xmeformat.c $(COMPAT_UTILITY) -lbearssl -o $@

$(BUILD)/bin/xpath: tools/compat/xpath.c
	@mkdir -p $(@D)
	$(HCC) $(HCFLAGS) -D_GNU_SOURCE $(WARN) $< $(XMCPARSER_XML) -o $@

# Nothing is ever removed: PREFIX may be a folder that others use too. -L makes files of links.
.PHONY: install
install: $(LIBXM_A) $(LIBXAL_A) $(XM_ELF) $(BOOT_OBJECT) $(XMCPARSER) $(XMCBUILDER) $(XMPACK) $(COMPAT_BINARIES)
	@install -d $(INSTALL_ROOT)/bin $(INSTALL_ROOT)/lib $(INSTALL_ROOT)/include $(INSTALL_ROOT)/xal/common \
	    $(INSTALL_ROOT)/xal/lib $(INSTALL_ROOT)/xal/include $(INSTALL_ROOT)/xal/examples
	@cp -RL libxm/include/. $(INSTALL_ROOT)/include
	@cp -RL libxm/xal/include/. $(INSTALL_ROOT)/xal/include
	@cp -RL tests/compat/projects/. $(INSTALL_ROOT)/xal/examples
	@install -m 755 $(XMCPARSER) $(XMCBUILDER) $(XMPACK) $(COMPAT_BINARIES) tools/rswbuild tools/compat/xpathstart \
	    $(INSTALL_ROOT)/bin
	@install -m 644 $(XM_ELF) $(INSTALL_ROOT)/lib/xm_core.xef
	@install -m 644 $(LIBXM_A) $(BOOT_OBJECT) hypervisor/boot/boot.ld $(INSTALL_ROOT)/lib
	@install -m 644 $(LIBXAL_A) $(LIBXM_LDSCRIPT) $(INSTALL_ROOT)/xal/lib
	@install -m 644 tools/compat/rules.mk tools/compat/config.mk $(INSTALL_ROOT)/xal/common
	@install -m 644 tools/compat/run.mk $(INSTALL_ROOT)/xal/examples
	@install -m 644 tools/compat/xmconfig LICENSE $(INSTALL_ROOT)
	@echo "installed in $(INSTALL_ROOT); partition projects set XAL_PATH=$(PREFIX)/xal"
