# Checks of the source itself, and the documents generated from its tables.
#
#   make docs          write docs/hypercalls.md, hm-events.md, protocol.md
#   make docs-check    fail if one of them is not current
#   make lint          layers, conditionals, headers alone

.PHONY: docs docs-check lint
docs:
	$(PYTHON) tools/abigen.py

docs-check:
	$(PYTHON) tools/abigen.py --check

lint:
	$(PYTHON) tools/check_layers.py --tcc '$(TCC) $(TCFLAGS)'
