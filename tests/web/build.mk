# The web page in headless Chromium (tests/web): make web-test; XMG_SCREENSHOTS=docs/images keeps pictures
.PHONY: web-test
web-test: ground-tools sim
	@test -e $(DEMO_KEY) || XM_BUILD=$(BUILD) ground-tools/xmg key new $(DEMO_KEY)
	@$(DEMO_MAKE) SYSTEM=demo KEY=$(DEMO_KEY) system
	XM_BUILD=$(BUILD) DEMO_KEY=$(DEMO_KEY) $(PYTHON) -m pytest -q -rs -p no:cacheprovider tests/web $(WEB_TEST_ARGS)
