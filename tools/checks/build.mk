# Checks of the source itself, and the documents generated from its tables.
#
#   make docs          write docs/hypercalls.md, hm-events.md, protocol.md, and the transcripts in xmg.md
#   make docs-check    fail if one of them is not current
#   make lint          layers, conditionals, headers alone

.PHONY: docs docs-check lint
docs: ground-tools
	$(PYTHON) tools/abigen.py
	XM_BUILD=$(BUILD) $(PYTHON) tools/consoledoc.py

docs-check: ground-tools
	$(PYTHON) tools/abigen.py --check
	XM_BUILD=$(BUILD) $(PYTHON) tools/consoledoc.py --check

lint:
	$(PYTHON) tools/check_layers.py --tcc '$(TCC) $(TCFLAGS)'
