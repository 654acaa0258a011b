# Checks of the source itself, and the documents generated from its tables.
#
#   make docs          write docs/hypercalls.md, hm-events.md, protocol.md, and the transcripts in xmg.md
#   make docs-check    fail if one of them is not current
#   make lint          layers, conditionals, headers alone; types and form of the console's Python

.PHONY: docs docs-check lint lint-c lint-python
docs: ground-tools
	$(PYTHON) tools/abigen.py
	XM_BUILD=$(BUILD) $(PYTHON) tools/consoledoc.py

docs-check: ground-tools
	$(PYTHON) tools/abigen.py --check
	XM_BUILD=$(BUILD) $(PYTHON) tools/consoledoc.py --check

lint: lint-c lint-python
lint-c:
	$(PYTHON) tools/check_layers.py --tcc '$(TCC) $(TCFLAGS)'

lint-python: ground-tools
	$(PYTHON) tools/check_python.py
