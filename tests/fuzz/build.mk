# Coverage-guided fuzzing of all that hostile bytes reach, on the workstation, with ASan and UBSan (clang, libFuzzer)
#
#   make fuzz [RUNS=N] [TARGETS='frame ip']  N executions, shared out among the targets; inputs that reach something new go
#                                            to $(BUILD)/fuzz/corpus
#   make fuzz-test                           FUZZ_TEST_RUNS executions; part of `make test`; the last line is
#                                            "N passed, N failed"
#   make fuzz-corpus                         the fewest inputs, of those kept and those found, that reach the same, to
#                                            tests/fuzz/corpus
#
# The targets: dispatcher (the whole supervisor behind a good frame), frame (reader of the line), gate (keys, codes,
# sessions), decoder (protobuf-c), ip (lwIP). tests/supervisor and tests/ethernet build them.
FUZZ_CC   := clang -std=gnu11 -O2 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
FUZZ_LINK := clang -fsanitize=fuzzer,address,undefined

FUZZ_TARGETS := dispatcher frame gate decoder ip
FUZZ_TEST_RUNS ?= 1000000
RUNS    ?= 10000000
TARGETS ?= $(FUZZ_TARGETS)
FUZZ_RUN := $(PYTHON) tests/fuzz/run.py --programs $(BUILD)/fuzz

.PHONY: fuzz fuzz-test fuzz-corpus fuzz-programs
fuzz-programs: $(TARGETS:%=$(BUILD)/fuzz/%)
fuzz: fuzz-programs
	$(FUZZ_RUN) --runs $(RUNS) $(TARGETS)
fuzz-corpus: fuzz-programs
	$(FUZZ_RUN) --minimise $(TARGETS)
# Without clang and its libFuzzer nothing is built, and the last line says so.
fuzz-test:
	@if $(FUZZ_RUN) --missing >/dev/null; then $(MAKE) -s --no-print-directory BUILD=$(BUILD) fuzz-programs; fi
	$(FUZZ_RUN) --repeatable --runs $(FUZZ_TEST_RUNS)
