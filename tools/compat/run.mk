# run.mk - `make run` for a project: boots resident_sw on QEMU; Ctrl-A X ends it
.PHONY: run
run: resident_sw
	qemu-system-sparc -M leon3_generic -nographic -kernel $<
