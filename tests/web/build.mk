# The web page in headless Chromium (tests/web): make web-test; XMG_SCREENSHOTS=docs/images keeps pictures
.PHONY: web-test
web-test: ground-tools sim
	$(call demo_build,demo)
	$(call demo_build,demo-slots)
	XM_BUILD=$(BUILD) DEMO_KEY=$(DEMO_KEY) $(PYTHON) -m pytest -q -rs -p no:cacheprovider tests/web $(WEB_TEST_ARGS)
