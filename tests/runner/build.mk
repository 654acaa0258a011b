# Tests of the test runners themselves.
.PHONY: runner-test
runner-test:
	$(PYTHON) -m pytest -q -p no:cacheprovider tests/runner
